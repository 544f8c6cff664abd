/* Policies that decide once: the same clocks and placement for every request. */
#include <math.h>

#include "policies/common.h"
#include "sim/plan.h"

struct fixed {
    struct dvfo_decision decision;
};

static void repeat(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    const struct fixed *state = block;
    (void)seen;
    *decision = state->decision;
}

static dvfo_status edge_only_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct fixed *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "edge-only"));
    dvfo_policy_top_clocks(setup->board, state->decision.level);
    return DVFO_OK;
}

static dvfo_status powersave_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    (void)block; /* zeroed: the lowest entry of every table, on the device */
    return dvfo_policy_no_argument(ctx, setup, "powersave");
}

static dvfo_status edge_best_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct fixed *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "edge-best"));
    const struct dvfo_level_choice choice = dvfo_level_choice_of_tables(setup->board);
    const int *const level[DVFO_DOMAINS] = {choice.level[DVFO_CPU], choice.level[DVFO_GPU], choice.level[DVFO_MEM]};
    const struct dvfo_plan_link unused = {.rate_bps = 1.0};
    dvfo_plan_best_clocks(setup->scenario, &state->decision, level, choice.count, &unused);
    return DVFO_OK;
}

const struct dvfo_policy_type dvfo_policy_edge_only = {
    .name = "edge-only",
    .summary = "on the device at the highest clocks",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct fixed),
    .init = edge_only_init,
    .decide = repeat,
};

const struct dvfo_policy_type dvfo_policy_powersave = {
    .name = "powersave",
    .summary = "on the device at the lowest clocks",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct fixed),
    .init = powersave_init,
    .decide = repeat,
};

const struct dvfo_policy_type dvfo_policy_edge_best = {
    .name = "edge-best",
    .summary = "on the device at the fixed clocks of least cost for a request alone, over the full clock tables",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct fixed),
    .init = edge_best_init,
    .decide = repeat,
};
