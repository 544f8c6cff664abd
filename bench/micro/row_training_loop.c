#include <math.h>

#include "bench/micro/row.h"
#include "bench/micro/world.h"
#include "policies/agents/training.h"
#include "policies/nn/matrix.h"

enum { ROUNDS = 4, UPDATE_EVERY = 4 };

/* Rounds of a training of DVFO, after a first one in which learning starts. */
struct loop {
    struct dvfo_micro_world world;
    struct dvfo_agent *agent;
    struct dvfo_training *training;
    struct dvfo_training_round first, last;
    uint64_t decisions, updates; /* in `run` */
};

static void free_state(void *state)
{
    struct loop *loop = state;
    if (loop != NULL) {
        dvfo_training_free(loop->training);
        dvfo_agent_free(loop->agent);
        dvfo_micro_world_close(&loop->world);
        free(loop);
    }
}

static dvfo_status make_agent(struct dvfo_ctx *ctx, const struct dvfo_board *board, struct dvfo_agent **agent)
{
    struct dvfo_agent_def def;
    DVFO_TRY(dvfo_agent_def_load(ctx, "dvfo", &def));
    DVFO_TRY(dvfo_agent_def_set(ctx, &def, "network.trunk=[128, 64]"));
    def.learner.q.batch = 64;
    def.learner.environments = 64;
    def.training.update_every = UPDATE_EVERY;
    return dvfo_agent_create(ctx, &def, board, "micro-benchmark", agent);
}

static dvfo_status make(struct dvfo_ctx *ctx, struct loop *loop)
{
    DVFO_TRY(dvfo_micro_world_open(ctx, &loop->world));
    DVFO_TRY(make_agent(ctx, loop->world.board, &loop->agent));
    DVFO_TRY(dvfo_training_create(ctx, loop->agent, loop->world.conditions, &loop->training));
    return dvfo_training_round(ctx, loop->training, &loop->first);
}

static dvfo_status create(struct dvfo_ctx *ctx, void **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_matrix_use_threads(1);
    const dvfo_status status = make(ctx, loop);
    if (status != DVFO_OK) {
        free_state(loop);
        return status;
    }
    *out = loop;
    return DVFO_OK;
}

static double run(void *state)
{
    struct loop *loop = state;
    for (int i = 0; i < ROUNDS; i++) {
        if (dvfo_training_round(NULL, loop->training, &loop->last) != DVFO_OK) {
            return (double)NAN;
        }
        loop->decisions += loop->last.decisions;
        loop->updates += loop->last.updates;
    }
    return (double)loop->decisions;
}

/* As many updates as are due, and something has been learnt from them. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    const struct loop *loop = state;
    snprintf(answer, size, "%llu updates, loss %.2g, reward %.3g, then %.3g", (unsigned long long)loop->updates,
             loop->last.loss, loop->first.reward, loop->last.reward);
    return loop->updates * UPDATE_EVERY == loop->decisions && isfinite(loop->last.loss) &&
                   loop->last.reward > loop->first.reward
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "%s", answer);
}

const struct dvfo_micro_row dvfo_micro_training_loop = {
    .name = "training_loop",
    .unit = "decisions",
    .summary = "four rounds of a training of DVFO, an update every four decisions",
    .create = create,
    .run = run,
    .verify = verify,
    .free = free_state,
};
