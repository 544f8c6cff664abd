#include "policies/nn/adam.h"

#include <math.h>

#include "policies/nn/wide.h"

struct dvfo_adam_def dvfo_adam_def_default(void)
{
    return (struct dvfo_adam_def){.rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
}

dvfo_status dvfo_adam_create(struct dvfo_ctx *ctx, const struct dvfo_adam_def *def, size_t count,
                             struct dvfo_adam **out)
{
    *out = NULL;
    struct dvfo_adam *adam = calloc(1, sizeof *adam);
    float *block = calloc(2 * count, sizeof *block);
    if (adam == NULL || block == NULL) {
        free(block);
        free(adam);
        return dvfo_fail_no_memory(ctx);
    }
    *adam = (struct dvfo_adam){.def = *def, .count = count, .mean = block, .square = block + count};
    *out = adam;
    return DVFO_OK;
}

void dvfo_adam_free(struct dvfo_adam *adam)
{
    if (adam != NULL) {
        free(adam->mean);
        free(adam);
    }
}

/* What is the same for all parameters of a step; the corrections 1 / (1 - beta^t) are drawn into rate and epsilon. */
struct step {
    float scale, fresh_mean, fresh_square; /* 1 - beta: how much of an average is new */
    float rate, epsilon;
};

/* Averages of what has no gradient any more fade out; as denormal numbers they would cost a hundred cycles each. */
static inline float faded(float x)
{
    return fabsf(x) < 1e-30f ? 0.0f : x;
}

DVFO_WIDE static void sweep(size_t count, struct step s, const float *gradient, float *restrict mean,
                            float *restrict square, float *restrict parameters)
{
    for (size_t i = 0; i < count; i++) {
        const float g = s.scale * gradient[i];
        mean[i] = faded(mean[i] + s.fresh_mean * (g - mean[i]));
        square[i] = faded(square[i] + s.fresh_square * (g * g - square[i]));
        parameters[i] -= s.rate * mean[i] / (sqrtf(square[i]) + s.epsilon);
    }
}

void dvfo_adam_step(struct dvfo_adam *adam, const float *gradient, double scale, float *parameters)
{
    const struct dvfo_adam_def *def = &adam->def;
    const double t = (double)++adam->steps;
    const double root = sqrt(1.0 - pow(def->beta2, t));
    const struct step step = {
        .scale = (float)scale,
        .fresh_mean = (float)(1.0 - def->beta1),
        .fresh_square = (float)(1.0 - def->beta2),
        .rate = (float)(def->rate * root / (1.0 - pow(def->beta1, t))),
        .epsilon = (float)(def->epsilon * root),
    };
    sweep(adam->count, step, gradient, adam->mean, adam->square, parameters);
}

void dvfo_adam_step_naive(struct dvfo_adam *adam, const float *gradient, double scale, float *parameters)
{
    const struct dvfo_adam_def *def = &adam->def;
    const double t = (double)++adam->steps;
    for (size_t i = 0; i < adam->count; i++) {
        const double g = scale * (double)gradient[i];
        const double mean = def->beta1 * (double)adam->mean[i] + (1.0 - def->beta1) * g;
        const double square = def->beta2 * (double)adam->square[i] + (1.0 - def->beta2) * g * g;
        const double mean_hat = mean / (1.0 - pow(def->beta1, t));
        const double square_hat = square / (1.0 - pow(def->beta2, t));
        parameters[i] = (float)((double)parameters[i] - def->rate * mean_hat / (sqrt(square_hat) + def->epsilon));
        adam->mean[i] = (float)mean;
        adam->square[i] = (float)square;
    }
}

/* Sums side by side, which is what lets the loop be a vector instruction; each in single precision over a stretch. */
enum { LANES = 16, STRETCH = 4096 };

DVFO_WIDE static double sum_of_squares(size_t count, const float *x)
{
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            lane[k] += x[i + k] * x[i + k];
        }
    }
    double sum = 0.0;
    for (size_t k = 0; k < LANES; k++) {
        sum += (double)lane[k];
    }
    for (; i < count; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

double dvfo_adam_norm(size_t count, const float *gradient)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i += STRETCH) {
        sum += sum_of_squares(count - i < STRETCH ? count - i : STRETCH, gradient + i);
    }
    return sqrt(sum);
}
