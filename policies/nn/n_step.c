#include "policies/nn/n_step.h"

#include <string.h>

dvfo_status dvfo_n_step_create(struct dvfo_ctx *ctx, long n, long environments, long inputs, long branches,
                               struct dvfo_n_step **out)
{
    DVFO_REQUIRE(n >= 1 && environments >= 1);
    *out = NULL;
    struct dvfo_n_step *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    s->n = n;
    s->environments = environments;
    s->inputs = inputs;
    s->branches = branches;
    s->row_size = dvfo_replay_row_size(inputs, branches);
    s->begun = calloc(2 * (size_t)environments, sizeof *s->begun);
    s->row = calloc((size_t)(environments * n) * s->row_size, sizeof *s->row);
    if (s->begun == NULL || s->row == NULL) {
        dvfo_n_step_free(s);
        return dvfo_fail_no_memory(ctx);
    }
    s->oldest = s->begun + environments;
    *out = s;
    return DVFO_OK;
}

void dvfo_n_step_free(struct dvfo_n_step *n_step)
{
    if (n_step != NULL) {
        free(n_step->row);
        free(n_step->begun);
        free(n_step);
    }
}

/* The window begun as `age`-th, the oldest being 0. */
static float *window(const struct dvfo_n_step *s, long environment, long age)
{
    const long place = (s->oldest[environment] + age) % s->n;
    return s->row + (size_t)(environment * s->n + place) * s->row_size;
}

static struct dvfo_replay_row parts(const struct dvfo_n_step *s, float *at)
{
    return dvfo_replay_row_at(s->inputs, s->branches, at);
}

static void begin_window(struct dvfo_n_step *s, long environment, const struct dvfo_transition *t)
{
    const struct dvfo_replay_row row = parts(s, window(s, environment, s->begun[environment]++));
    memcpy(row.observation, t->observation, (size_t)s->inputs * sizeof(float));
    for (long d = 0; d < s->branches; d++) {
        row.action[d] = (float)t->action[d];
    }
    *row.reward = 0.0f;
    *row.discount = 1.0f;
    *row.tail = t->tail;
    *row.risky = (float)t->risky;
    *row.spared = (float)t->spared;
}

static void finish_oldest(struct dvfo_n_step *s, long environment, const float *next, struct dvfo_replay *replay)
{
    float *at = window(s, environment, 0);
    memcpy(parts(s, at).next, next, (size_t)s->inputs * sizeof(float));
    dvfo_replay_add(replay, at);
    s->oldest[environment] = (s->oldest[environment] + 1) % s->n;
    s->begun[environment]--;
}

void dvfo_n_step_add(struct dvfo_n_step *s, long environment, const struct dvfo_transition *t,
                     struct dvfo_replay *replay)
{
    begin_window(s, environment, t);
    for (long age = 0; age < s->begun[environment]; age++) {
        const struct dvfo_replay_row row = parts(s, window(s, environment, age));
        *row.reward += *row.discount * t->reward;
        *row.discount *= t->discount;
    }
    while (s->begun[environment] == s->n || (t->ended && s->begun[environment] > 0)) {
        finish_oldest(s, environment, t->next, replay);
    }
}
