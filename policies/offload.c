/* Policies that send the same share of every request: the encoded input at clocks that suit the link, or the fixed
 * share that hindsight finds best. */
#include <math.h>

#include "policies/common.h"
#include "policies/rates.h"
#include "sim/plan.h"
#include "traces/trace.h"

/* --- cloud-only --- */

enum { RATES = 21 };

static const struct dvfo_rates rates = {.lowest_bps = 10e3, .per_decade = 4, .count = RATES}; /* up to 1 Gbit/s */

/* Clocks by rate, planned once: high ones for the encoding pay on a fast link, low ones for the wait on a slow one. */
struct cloud_only {
    struct dvfo_decision at[RATES];
};

static dvfo_status cloud_only_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct cloud_only *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "cloud-only"));
    const struct dvfo_level_choice choice = dvfo_level_choice_of_tables(setup->board);
    const int *const level[DVFO_DOMAINS] = {choice.level[DVFO_CPU], choice.level[DVFO_GPU], choice.level[DVFO_MEM]};
    for (int i = 0; i < RATES; i++) {
        const struct dvfo_plan_link link = {.rate_bps = dvfo_rates_at(&rates, i)};
        state->at[i].place = DVFO_PLACE_CLOUD;
        dvfo_plan_best_clocks(setup->scenario, &state->at[i], level, choice.count, &link);
    }
    return DVFO_OK;
}

static void cloud_only_decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    const struct cloud_only *state = block;
    const bool known = seen->bandwidth_bps > 0.0; /* false for NaN */
    *decision = state->at[dvfo_rates_nearest(&rates, known ? seen->bandwidth_bps : DVFO_PRIOR_BPS)];
}

/* --- offload-best --- */

enum { MOST_SAMPLES = 1000 };

struct offload_best {
    struct dvfo_decision decision;
};

/* Where sample i of n starts in the trace: as its request does when paired, else spread over a period. */
static double sample_start_s(const struct dvfo_policy_setup *setup, long i, long n)
{
    const double way = (double)i / (double)n;
    return setup->trace_from_s + (isnan(setup->trace_stride_s)
                                      ? way * setup->trace->period_s
                                      : floor(way * (double)setup->requests) * setup->trace_stride_s);
}

static double mean_cost_j(const struct dvfo_policy_setup *setup, const struct dvfo_decision *decision)
{
    const long n = setup->requests < 1 ? 1 : setup->requests < MOST_SAMPLES ? setup->requests : MOST_SAMPLES;
    double sum_j = 0.0;
    for (long i = 0; i < n; i++) {
        const struct dvfo_plan_link link = {.trace = setup->trace, .start_s = sample_start_s(setup, i, n)};
        sum_j += dvfo_plan_request(setup->scenario, decision, &link).cost_j;
    }
    return sum_j / (double)n;
}

static dvfo_status offload_best_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct offload_best *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "offload-best"));
    double least_j = INFINITY;
    int share[DVFO_SHARES];
    const int shares = dvfo_policy_allowed_shares(setup->forbidden_shares, share);
    for (int i = 0; i < shares; i++) {
        struct dvfo_decision decision;
        dvfo_policy_top_clocks(setup->board, decision.level);
        dvfo_policy_place_share(&decision, share[i]);
        const double cost_j = mean_cost_j(setup, &decision);
        if (cost_j < least_j) {
            least_j = cost_j;
            state->decision = decision;
        }
    }
    return DVFO_OK;
}

static void offload_best_decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    const struct offload_best *state = block;
    (void)seen;
    *decision = state->decision;
}

const struct dvfo_policy_type dvfo_policy_cloud_only = {
    .name = "cloud-only",
    .summary = "sends the encoded input; clocks of least planned cost at the bandwidth last seen (first: 5 Mbit/s)",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct cloud_only),
    .init = cloud_only_init,
    .decide = cloud_only_decide,
};

const struct dvfo_policy_type dvfo_policy_offload_best = {
    .name = "offload-best",
    .summary = "highest clocks; the fixed share of least mean cost over the trace, in hindsight",
    .sight = DVFO_SIGHT_TRACE,
    .state_size = sizeof(struct offload_best),
    .init = offload_best_init,
    .decide = offload_best_decide,
};
