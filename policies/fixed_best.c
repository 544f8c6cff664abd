#include "policies/fixed_best.h"

#include <math.h>

#include "policies/mean_search.h"
#include "traces/trace.h"

/* Requests along traces, as links of a mean search: request i of trace k is link k * requests + i. */
struct course {
    const struct dvfo_trace *const *traces;
    size_t requests, looked_at; /* of each trace */
    double stride_s, from_s;
};

/* Where the i-th request looked at starts: as it does when paired, else spread over a period. */
static double start_s(const struct course *course, const struct dvfo_trace *trace, size_t i)
{
    if (isnan(course->stride_s)) {
        return course->from_s + (double)i / (double)course->looked_at * trace->period_s;
    }
    return course->from_s + (double)(i * course->requests / course->looked_at) * course->stride_s;
}

static double send_s(const void *user, size_t i, double begin_s, double bits)
{
    const struct course *course = user;
    const struct dvfo_trace *trace = course->traces[i / course->looked_at];
    return dvfo_trace_send_time_s(trace, start_s(course, trace, i % course->looked_at) + begin_s, bits);
}

static double highest_bps(const struct dvfo_trace *const traces[], size_t n)
{
    double most_bps = 0.0;
    for (size_t k = 0; k < n; k++) {
        most_bps = fmax(most_bps, dvfo_trace_highest_bps(traces[k]));
    }
    return most_bps;
}

dvfo_status dvfo_fixed_best_choose(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                                   const struct dvfo_level_choice *choice, int kinds,
                                   const struct dvfo_trace *const traces[], size_t n, double stride_s, double from_s,
                                   long requests, struct dvfo_decision *out, double *mean_cost_j)
{
    DVFO_REQUIRE(n >= 1 && requests >= 1);
    const long looked_at = requests < DVFO_FIXED_BEST_MOST ? requests : DVFO_FIXED_BEST_MOST;
    const struct course course = {traces, (size_t)requests, (size_t)looked_at, stride_s, from_s};
    const struct dvfo_links links = {&course, n * course.looked_at, send_s};
    struct dvfo_mean_search *search = NULL;
    DVFO_TRY(dvfo_mean_search_create(ctx, scenario, choice, kinds, highest_bps(traces, n), &search));
    const double mean_j = dvfo_mean_search_best(search, &links, out);
    if (mean_cost_j != NULL) {
        *mean_cost_j = mean_j;
    }
    dvfo_mean_search_free(search);
    return DVFO_OK;
}

/* --- the policy --- */

struct fixed_best {
    struct dvfo_decision decision;
};

static dvfo_status init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct fixed_best *state = block;
    int kinds = 0;
    DVFO_TRY(dvfo_policy_input_argument(ctx, setup, "fixed-best", &kinds));
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(setup->board);
    return dvfo_fixed_best_choose(ctx, setup->scenario, &choice, kinds, &setup->trace, 1, setup->trace_stride_s,
                                  setup->trace_from_s, setup->requests < 1 ? 1 : setup->requests, &state->decision,
                                  NULL);
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    const struct fixed_best *state = block;
    (void)seen;
    *decision = state->decision;
}

const struct dvfo_policy_type dvfo_policy_fixed_best = {
    .name = "fixed-best",
    .summary = "the fixed levels and share of DVFO's of least mean cost over the trace, in hindsight; [:input] "
               "may send the encoded input too",
    .sight = DVFO_SIGHT_TRACE,
    .state_size = sizeof(struct fixed_best),
    .init = init,
    .decide = decide,
};
