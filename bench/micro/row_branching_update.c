#include <math.h>
#include <string.h>

#include "bench/micro/row.h"
#include "policies/nn/branching_naive.h"
#include "policies/nn/matrix.h"
#include "policies/nn/q_learner.h"
#include "sim/base/random.h"

enum { UPDATES = 1000, INPUTS = 32, BRANCHES = 4 };

/* 32 inputs, trunk 128-64, heads 10-10-10-11, double-Q target, Huber loss, clipping, Adam, a target that follows: on
 * one batch again and again, or on batches that a prioritised replay of 100,000 transitions draws. */
struct update {
    struct dvfo_q_learner *learner;
    bool from_replay;
    struct dvfo_double_q_report first, last;
};

static void free_state(void *state)
{
    struct update *update = state;
    if (update != NULL) {
        dvfo_q_learner_free(update->learner);
        free(update);
    }
}

static float number(gsl_rng *rng)
{
    return (float)(2.0 * gsl_rng_uniform(rng) - 1.0);
}

/* Transitions by chance, whose reward is how little the choices have to do with the observation. */
static void fill(struct dvfo_q_learner *learner, gsl_rng *rng)
{
    float observation[INPUTS], next[INPUTS];
    int action[BRANCHES];
    for (uint64_t n = 0; n < learner->def.replay_capacity; n++) {
        float reward = 0.0f;
        for (long i = 0; i < INPUTS; i++) {
            observation[i] = number(rng);
            next[i] = number(rng);
        }
        for (long d = 0; d < BRANCHES; d++) {
            action[d] = (int)gsl_rng_uniform_int(rng, (unsigned long)learner->def.q.network.choices[d]);
            reward -= fabsf(observation[d] - 0.2f * (float)action[d]);
        }
        const struct dvfo_transition transition = {
            .observation = observation, .action = action, .reward = reward, .discount = 0.9f, .next = next};
        dvfo_q_learner_remember(learner, 0, &transition);
    }
}

static dvfo_status make_learner(struct dvfo_ctx *ctx, long batch, struct dvfo_q_learner **out)
{
    struct dvfo_q_learner_def def = dvfo_q_learner_def_default();
    static const long choices[BRANCHES] = {10, 10, 10, 11};
    def.q.batch = batch;
    def.q.network.inputs = INPUTS;
    def.q.network.branches = BRANCHES;
    memcpy(def.q.network.choices, choices, sizeof choices);
    def.steps = 1;
    return dvfo_q_learner_create(ctx, &def, out);
}

static dvfo_status create(struct dvfo_ctx *ctx, long batch, bool from_replay, void **out)
{
    struct update *update = calloc(1, sizeof *update);
    gsl_rng *rng = dvfo_random_small_stream(1, 0, "transitions");
    dvfo_status status = update != NULL && rng != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    if (status == DVFO_OK) {
        status = make_learner(ctx, batch, &update->learner);
    }
    if (status == DVFO_OK) {
        dvfo_matrix_use_threads(1);
        update->from_replay = from_replay;
        fill(update->learner, rng);
        dvfo_replay_draw(update->learner->replay, 0.0, update->learner->batch);
        *out = update;
    } else {
        free_state(update);
    }
    gsl_rng_free(rng);
    return status;
}

static dvfo_status create_64(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, 64, false, out);
}

static dvfo_status create_256(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, 256, false, out);
}

static dvfo_status create_from_replay(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, 64, true, out);
}

static double run(void *state)
{
    struct update *update = state;
    struct dvfo_q_learner *learner = update->learner;
    for (int i = 0; i < UPDATES; i++) {
        struct dvfo_double_q_report *report = i == 0 ? &update->first : &update->last;
        const dvfo_status status = update->from_replay ? dvfo_q_learner_update(NULL, learner, report)
                                                       : dvfo_double_q_update(NULL, learner->q, learner->batch, report);
        if (status != DVFO_OK) {
            return (double)NAN;
        }
    }
    return UPDATES;
}

/* Largest difference between Q of the batch and what the naive twin says. */
static double distance(const struct dvfo_double_q *q, const struct dvfo_minibatch *batch, double *naive)
{
    double largest = 0.0;
    dvfo_branching_forward(q->network, batch->samples, batch->observation, q->pass);
    dvfo_branching_naive_forward(q->network, batch->samples, batch->observation, naive);
    for (long i = 0; i < batch->samples * q->network->actions; i++) {
        largest = fmax(largest, fabs((double)q->pass->q[i] - naive[i]));
    }
    return largest;
}

/* It has learnt, and what it has learnt is what the blackboard says. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    const struct update *update = state;
    const struct dvfo_double_q *q = update->learner->q;
    double *naive = calloc((size_t)(q->def.batch * q->network->actions), sizeof *naive);
    if (naive == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const double off = distance(q, update->learner->batch, naive);
    free(naive);
    snprintf(answer, size, "loss %.2g, then %.2g; Q as the naive twin's to %.1g", update->first.loss, update->last.loss,
             off);
    return off < 1e-4 && update->last.loss < 0.5 * update->first.loss ? DVFO_OK
                                                                      : dvfo_fail(ctx, DVFO_FAILED, "%s", answer);
}

static double work_flop(const void *state)
{
    return dvfo_double_q_flop(((const struct update *)state)->learner->q);
}

const struct dvfo_micro_row dvfo_micro_branching_update = {
    .name = "branching_update",
    .unit = "updates",
    .summary = "a thousand updates of a branching double Q-network on a batch of 64",
    .create = create_64,
    .run = run,
    .verify = verify,
    .work_flop = work_flop,
    .free = free_state,
};

const struct dvfo_micro_row dvfo_micro_branching_update_256 = {
    .name = "branching_update_256",
    .unit = "updates",
    .summary = "the same on a batch of 256",
    .create = create_256,
    .run = run,
    .verify = verify,
    .work_flop = work_flop,
    .free = free_state,
};

const struct dvfo_micro_row dvfo_micro_learner_update = {
    .name = "learner_update",
    .unit = "updates",
    .summary = "the same on batches of 64 drawn from 100,000 transitions by priority",
    .create = create_from_replay,
    .run = run,
    .verify = verify,
    .work_flop = work_flop,
    .free = free_state,
};
