#include <math.h>
#include <string.h>

#include "bench/micro/row.h"
#include "bench/micro/world.h"
#include "policies/agents/environments.h"
#include "sim/base/random.h"

enum { ENVIRONMENTS = 64, EPISODE = 256, EPISODES = 62, BRANCHES = DVFO_KNOBS };

#define DECISION_CYCLES 3.5e4 /* about what DVFO's network takes */

/* A million steps of 64 environments, each choice by chance: CPU, GPU and memory clock, share. */
struct steps {
    struct dvfo_micro_world world;
    struct dvfo_action_space space;
    struct dvfo_environments *environments;
    gsl_rng *rng;
    uint64_t episodes; /* begun so far */
    long finished;     /* requests, in `run` */
};

static void free_state(void *state)
{
    struct steps *steps = state;
    if (steps != NULL) {
        gsl_rng_free(steps->rng);
        dvfo_environments_free(steps->environments);
        dvfo_micro_world_close(&steps->world);
        free(steps);
    }
}

static void draw(struct steps *steps, int choice[BRANCHES])
{
    for (long d = 0; d < steps->space.branches; d++) {
        choice[d] = (int)gsl_rng_uniform_int(steps->rng, (unsigned long)steps->space.choices[d]);
    }
}

static dvfo_status run_episode(struct dvfo_ctx *ctx, struct steps *steps)
{
    DVFO_TRY(dvfo_environments_begin(ctx, steps->environments, steps->episodes++));
    for (long i = 0; i < EPISODE; i++) {
        for (long e = 0; e < ENVIRONMENTS; e++) {
            int choice[BRANCHES];
            struct dvfo_step_result result;
            draw(steps, choice);
            DVFO_TRY(dvfo_environments_step(ctx, steps->environments, e, choice, &result));
            steps->finished += result.finished;
        }
    }
    return DVFO_OK;
}

static dvfo_status make(struct dvfo_ctx *ctx, struct steps *steps)
{
    const struct dvfo_action_space_def actions = dvfo_action_space_def_default();
    DVFO_TRY(dvfo_micro_world_open(ctx, &steps->world));
    DVFO_TRY(dvfo_action_space_of(ctx, &actions, steps->world.board, &steps->space));
    const struct dvfo_environments_def def = {.conditions = steps->world.conditions,
                                              .space = &steps->space,
                                              .reward = dvfo_reward_def_default(),
                                              .count = ENVIRONMENTS,
                                              .twins = 1,
                                              .episode = EPISODE,
                                              .decision_cycles = DECISION_CYCLES,
                                              .seed = 1};
    DVFO_TRY(dvfo_environments_create(ctx, &def, &steps->environments));
    steps->rng = dvfo_random_small_stream(1, 0, "choices");
    return steps->rng != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status create(struct dvfo_ctx *ctx, void **out)
{
    struct steps *steps = calloc(1, sizeof *steps);
    if (steps == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = make(ctx, steps);
    for (int i = 0; i < 8 && status == DVFO_OK; i++) { /* the scenario comes to know all its costs */
        status = run_episode(ctx, steps);
    }
    if (status != DVFO_OK) {
        free_state(steps);
        return status;
    }
    *out = steps;
    return DVFO_OK;
}

static double run(void *state)
{
    struct steps *steps = state;
    steps->finished = 0;
    for (int i = 0; i < EPISODES; i++) {
        if (run_episode(NULL, steps) != DVFO_OK) {
            return (double)NAN;
        }
    }
    return (double)EPISODES * ENVIRONMENTS * EPISODE;
}

/* ---- the twin: a trial, whose policy plays what was chosen in an episode ---- */

/* Choices of an episode. */
struct script {
    const struct dvfo_action_space *space;
    int choice[EPISODE][BRANCHES];
};

struct player {
    const struct script *script;
};

static dvfo_status take_up(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    (void)ctx;
    ((struct player *)state)->script = (const void *)setup->argument;
    return DVFO_OK;
}

static void play(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    const struct script *script = ((const struct player *)state)->script;
    dvfo_action_space_decide(script->space, script->choice[seen->request], decision);
}

static const struct dvfo_policy_type player = {.name = "player",
                                               .summary = "plays what was chosen",
                                               .state_size = sizeof(struct player),
                                               .init = take_up,
                                               .decide = play};

/* Cost of an episode of one environment [J, as Eq. (9) has it]. */
static dvfo_status play_environment(struct dvfo_ctx *ctx, struct steps *steps, long e, struct script *script,
                                    double *cost)
{
    *cost = 0.0;
    for (long i = 0; i < EPISODE; i++) {
        struct dvfo_step_result result;
        draw(steps, script->choice[i]);
        DVFO_TRY(dvfo_environments_step(ctx, steps->environments, e, script->choice[i], &result));
        *cost += result.cost;
    }
    return DVFO_OK;
}

static dvfo_status play_trial(struct dvfo_ctx *ctx, const struct steps *steps, long e, const struct script *script,
                              double *cost)
{
    const struct dvfo_condition at =
        dvfo_condition_at(steps->world.conditions, dvfo_environments_condition(steps->environments, e));
    const struct dvfo_clock_domain *cpu = &steps->world.board->clock[DVFO_CPU];
    struct dvfo_trial trial = steps->world.base;
    trial.policy = &player;
    trial.policy_argument = (const void *)script;
    trial.trace = dvfo_environments_trace(steps->environments, e, &trial.trace_from_s);
    trial.workload.requests = EPISODE;
    trial.decision_s = DECISION_CYCLES / cpu->level_hz[cpu->level_count - 1];
    DVFO_TRY(dvfo_trial_run(ctx, &trial));
    *cost = trial.results.cost_j * EPISODE / at.yardstick.cost_j;
    return DVFO_OK;
}

/* Each step ends a request, and an episode costs what a trial of the same choices over the same link costs. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    struct steps *steps = state;
    struct script script = {.space = &steps->space};
    const long expected = (long)EPISODES * ENVIRONMENTS * EPISODE;
    double furthest = 0.0, mean = 0.0;
    DVFO_TRY(dvfo_environments_begin(ctx, steps->environments, steps->episodes++));
    for (long e = 0; e < ENVIRONMENTS; e++) {
        double cost = 0.0, twin = 0.0;
        DVFO_TRY(play_environment(ctx, steps, e, &script, &cost));
        DVFO_TRY(play_trial(ctx, steps, e, &script, &twin));
        furthest = fmax(furthest, fabs(cost / twin - 1.0));
        mean += cost / (ENVIRONMENTS * EPISODE);
    }
    snprintf(answer, size, "%ld requests, cost %.4g of edge-only, trials' to %.1g", steps->finished, mean, furthest);
    return steps->finished == expected && furthest < 1e-9 ? DVFO_OK : dvfo_fail(ctx, DVFO_FAILED, "%s", answer);
}

const struct dvfo_micro_row dvfo_micro_environment_steps = {
    .name = "environment_steps",
    .unit = "steps",
    .summary = "a million steps of 64 environments, decided by chance",
    .create = create,
    .run = run,
    .verify = verify,
    .free = free_state,
};
