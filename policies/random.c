/* A uniform draw over DVFO's levels and shares for every request: what exploring without learning costs. */
#include "policies/common.h"
#include "sim/base/random.h"

struct random {
    struct dvfo_level_choice choice;
    int share[DVFO_SHARES], shares; /* that may be drawn, in tenths */
    gsl_rng *rng;                   /* its own stream: arrivals and links don't notice */
};

static dvfo_status random_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct random *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "random"));
    state->choice = dvfo_level_choice_of_agents(setup->board);
    state->shares = dvfo_policy_allowed_shares(setup->forbidden_shares, state->share);
    state->rng = dvfo_random_stream(setup->seed, 0, "random");
    return state->rng == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

static int draw(gsl_rng *rng, int count)
{
    return (int)gsl_rng_uniform_int(rng, (unsigned long)count);
}

static void random_decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct random *state = block;
    (void)seen;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        decision->level[d] = state->choice.level[d][draw(state->rng, state->choice.count[d])];
    }
    dvfo_policy_place_share(decision, state->share[draw(state->rng, state->shares)]);
}

static void random_release(void *block)
{
    struct random *state = block;
    if (state->rng != NULL) {
        gsl_rng_free(state->rng);
    }
}

const struct dvfo_policy_type dvfo_policy_random = {
    .name = "random",
    .summary = "uniform over DVFO's levels and shares, anew for every request",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct random),
    .init = random_init,
    .decide = random_decide,
    .release = random_release,
};
