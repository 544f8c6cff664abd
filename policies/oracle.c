/* Oracles: per request the action of least planned cost with the trace known. Bounds for closed loop without
 * temperature and clock-change time; elsewhere greedy references. */
#include <math.h>

#include "policies/search.h"

struct oracle {
    struct dvfo_search *search;
    double trace_stride_s, trace_from_s;
};

static dvfo_status init(struct dvfo_ctx *ctx, struct oracle *state, const struct dvfo_policy_setup *setup,
                        const struct dvfo_level_choice *clocks, int kinds)
{
    state->trace_stride_s = setup->trace_stride_s;
    state->trace_from_s = setup->trace_from_s;
    return dvfo_search_create(ctx, setup->scenario, clocks, kinds, setup->trace, &state->search);
}

static dvfo_status oracle_dvfo_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    int kinds = 0;
    DVFO_TRY(dvfo_policy_input_argument(ctx, setup, "oracle-dvfo", &kinds));
    const struct dvfo_level_choice clocks = dvfo_level_choice_of_agents(setup->board);
    return init(ctx, state, setup, &clocks, kinds);
}

static dvfo_status oracle_all_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "oracle-all"));
    const struct dvfo_level_choice clocks = dvfo_level_choice_of_tables(setup->board);
    return init(ctx, state, setup, &clocks, DVFO_WITH_SHARES | DVFO_WITH_CUTS | DVFO_WITH_CLOUD);
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct oracle *state = block;
    const double way_s = isnan(state->trace_stride_s) ? seen->time_s : state->trace_stride_s * (double)seen->request;
    dvfo_search_best(state->search, state->trace_from_s + way_s, decision);
}

static void release(void *block)
{
    struct oracle *state = block;
    dvfo_search_free(state->search);
}

const struct dvfo_policy_type dvfo_policy_oracle_dvfo = {
    .name = "oracle-dvfo",
    .summary =
        "knows the trace: per request alone, the best of DVFO's levels and shares ([:input]: or the encoded input); no "
        "bound where requests queue",
    .sight = DVFO_SIGHT_TRACE,
    .state_size = sizeof(struct oracle),
    .init = oracle_dvfo_init,
    .decide = decide,
    .release = release,
};

const struct dvfo_policy_type dvfo_policy_oracle_all = {
    .name = "oracle-all",
    .summary = "knows the trace: per request alone, the best of all clocks, shares, layer cuts, encoded input",
    .sight = DVFO_SIGHT_TRACE,
    .state_size = sizeof(struct oracle),
    .init = oracle_all_init,
    .decide = decide,
    .release = release,
};
