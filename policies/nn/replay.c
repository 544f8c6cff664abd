#include "policies/nn/replay.h"

#include <math.h>
#include <string.h>

#include "sim/base/random.h"

struct dvfo_replay_def dvfo_replay_def_default(void)
{
    return (struct dvfo_replay_def){.capacity = 100000, .alpha = 0.6, .epsilon = 1e-6, .seed = 1};
}

static dvfo_status check_def(struct dvfo_ctx *ctx, const struct dvfo_replay_def *def)
{
    if (def->capacity < 1 || def->capacity > (size_t)1 << 28) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a replay of %zu transitions, expected 1 to 2^28", def->capacity);
    }
    if (!(def->alpha >= 0.0 && def->alpha <= 2.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the replay's alpha is %g, expected 0 to 2", def->alpha);
    }
    if (!(def->epsilon > 0.0 && def->epsilon <= 1.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the replay's epsilon is %g, expected more than 0, up to 1",
                         def->epsilon);
    }
    return DVFO_OK;
}

size_t dvfo_replay_row_size(long inputs, long branches)
{
    return 2 * (size_t)inputs + (size_t)branches + 5;
}

struct dvfo_replay_row dvfo_replay_row_at(long inputs, long branches, float *at)
{
    float *const action = at + 2 * inputs, *const reward = action + branches;
    return (struct dvfo_replay_row){at, at + inputs, action, reward, reward + 1, reward + 2, reward + 3, reward + 4};
}

dvfo_status dvfo_replay_create(struct dvfo_ctx *ctx, const struct dvfo_replay_def *def, struct dvfo_replay **out)
{
    *out = NULL;
    DVFO_TRY(check_def(ctx, def));
    struct dvfo_replay *replay = calloc(1, sizeof *replay);
    const size_t row_size = dvfo_replay_row_size(def->inputs, def->branches);
    const size_t nodes = dvfo_sum_tree_size(def->capacity);
    double *block = calloc(1, nodes * sizeof *block + def->capacity * row_size * sizeof(float));
    gsl_rng *rng = dvfo_random_small_stream(def->seed, 0, "replay");
    if (replay == NULL || block == NULL || rng == NULL) {
        gsl_rng_free(rng);
        free(block);
        free(replay);
        return dvfo_fail_no_memory(ctx);
    }
    *replay = (struct dvfo_replay){.def = *def, .row_size = row_size, .highest = 1.0, .rng = rng};
    replay->tree = dvfo_sum_tree_over(def->capacity, block);
    replay->row = (float *)(block + nodes);
    *out = replay;
    return DVFO_OK;
}

void dvfo_replay_free(struct dvfo_replay *replay)
{
    if (replay != NULL) {
        gsl_rng_free(replay->rng);
        free(replay->tree.node);
        free(replay);
    }
}

void dvfo_replay_add(struct dvfo_replay *replay, const float *row)
{
    const size_t i = (size_t)(replay->added++ % replay->def.capacity);
    memcpy(replay->row + i * replay->row_size, row, replay->row_size * sizeof *row);
    dvfo_sum_tree_set(&replay->tree, i, replay->highest);
    replay->size += replay->size < replay->def.capacity;
}

/* Rows lie anywhere in memory: they are on their way while the rest of a batch is drawn. */
static void ask_for_row(const struct dvfo_replay *replay, size_t row)
{
    enum { CACHE_LINE = 64 / sizeof(float) };
    const float *at = replay->row + row * replay->row_size;
    for (size_t i = 0; i < replay->row_size; i += CACHE_LINE) {
        __builtin_prefetch(at + i);
    }
}

static void copy_row(const struct dvfo_replay *replay, size_t row, struct dvfo_minibatch *batch, long b)
{
    const long I = replay->def.inputs, D = replay->def.branches;
    const struct dvfo_replay_row from = dvfo_replay_row_at(I, D, replay->row + row * replay->row_size);
    memcpy(batch->observation + b * I, from.observation, (size_t)I * sizeof(float));
    memcpy(batch->observation + (batch->samples + b) * I, from.next, (size_t)I * sizeof(float));
    for (long d = 0; d < D; d++) {
        batch->action[b * D + d] = (int)from.action[d];
    }
    batch->reward[b] = *from.reward;
    batch->discount[b] = *from.discount;
    batch->tail[b] = *from.tail;
    batch->risky[b] = *from.risky != 0.0f;
    batch->spared[b] = (unsigned)*from.spared;
}

/* All priorities are 1, then: a stretch of the total is as many rows, and nothing need be looked up. */
static bool is_uniform(const struct dvfo_replay *replay)
{
    return replay->def.alpha == 0.0;
}

static size_t row_of(const struct dvfo_replay *replay, double mass)
{
    if (is_uniform(replay)) {
        const size_t row = (size_t)mass;
        return row < replay->size ? row : replay->size - 1;
    }
    return dvfo_sum_tree_find(&replay->tree, mass);
}

/* (N P)^-beta, relative to the largest. The rarest of the batch has it. */
static void weigh(const struct dvfo_replay *replay, double beta, struct dvfo_minibatch *batch)
{
    double lowest = INFINITY;
    for (long b = 0; b < batch->samples; b++) {
        lowest = fmin(lowest, dvfo_sum_tree_get(&replay->tree, batch->row[b]));
    }
    for (long b = 0; b < batch->samples; b++) {
        batch->weight[b] = (float)pow(dvfo_sum_tree_get(&replay->tree, batch->row[b]) / lowest, -beta);
    }
}

static void weigh_alike(struct dvfo_minibatch *batch)
{
    for (long b = 0; b < batch->samples; b++) {
        batch->weight[b] = 1.0f;
    }
}

void dvfo_replay_draw(struct dvfo_replay *replay, double beta, struct dvfo_minibatch *batch)
{
    DVFO_REQUIRE(replay->size > 0);
    const double total = is_uniform(replay) ? (double)replay->size : dvfo_sum_tree_total(&replay->tree);
    const double stretch = total / (double)batch->samples;
    for (long b = 0; b < batch->samples; b++) {
        const double mass = stretch * ((double)b + gsl_rng_uniform(replay->rng));
        batch->row[b] = row_of(replay, mass);
        ask_for_row(replay, batch->row[b]);
    }
    for (long b = 0; b < batch->samples; b++) {
        copy_row(replay, batch->row[b], batch, b);
    }
    if (is_uniform(replay)) {
        weigh_alike(batch);
    } else {
        weigh(replay, beta, batch);
    }
}

void dvfo_replay_reprioritise(struct dvfo_replay *replay, const struct dvfo_minibatch *batch, const float *error)
{
    if (is_uniform(replay)) {
        return;
    }
    for (long b = 0; b < batch->samples; b++) {
        const double priority = pow((double)error[b] + replay->def.epsilon, replay->def.alpha);
        dvfo_sum_tree_set(&replay->tree, batch->row[b], priority);
        replay->highest = fmax(replay->highest, priority);
    }
}
