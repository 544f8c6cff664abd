#include <math.h>

#include "bench/micro/row.h"
#include "policies/attention/collaborative.h"
#include "policies/nn/matrix.h"
#include "policies/nn/train/convolve.h"
#include "sim/base/random.h"

enum { SAMPLES = 64, MOST = 8, ROUNDS = 4 };

/* The dense and pointwise convolutions of the collaborative network (extractor and full tail), each forward and
 * backward on a batch of 64: slopes in weights and inputs. */
struct convolutions {
    int count;
    struct dvfo_window window[MOST];
    float *weight, *in, *dout, *out, *dweight, *din, *scratch;
    float *block; /* owned */
};

static long patch(const struct dvfo_window *w)
{
    return w->C * w->kernel_h * w->kernel_w;
}

static void free_state(void *state)
{
    struct convolutions *c = state;
    if (c != NULL) {
        free(c->block);
        free(c);
    }
}

static void list_windows(struct convolutions *c)
{
    const struct dvfo_collaborative_def def = dvfo_collaborative_def_default();
    const struct dvfo_collaborative net = dvfo_collaborative_plan(&def);
    const dvfo_collaborative_piece pieces[] = {DVFO_PIECE_EXTRACTOR, DVFO_PIECE_PLAIN};
    for (int p = 0; p < 2; p++) {
        const struct dvfo_stack *stack = &net.stack[pieces[p]];
        for (int i = 0; i < stack->def.count; i++) {
            if (stack->def.layer[i].op == DVFO_STACK_CONVOLUTION) {
                c->window[c->count] = stack->at[i].window;
                c->window[c->count++].B = SAMPLES;
            }
        }
    }
}

static size_t larger(size_t a, long b)
{
    return (long)a > b ? a : (size_t)b;
}

static dvfo_status create(struct dvfo_ctx *ctx, void **out)
{
    struct convolutions *c = calloc(1, sizeof *c);
    gsl_rng *rng = dvfo_random_small_stream(1, 0, "convolutions");
    size_t weight = 0, seen = 0, made = 0, scratch = 0;
    if (c == NULL || rng == NULL) {
        gsl_rng_free(rng);
        free(c);
        return dvfo_fail_no_memory(ctx);
    }
    list_windows(c);
    for (int i = 0; i < c->count; i++) {
        const struct dvfo_window *w = &c->window[i];
        weight = larger(weight, w->O * patch(w));
        seen = larger(seen, w->B * w->C * w->H * w->W);
        made = larger(made, w->B * w->O * w->Y * w->X);
        scratch = larger(scratch, (long)dvfo_convolve_scratch(w));
    }
    const size_t numbers = 2 * weight + 2 * seen + 2 * made + scratch;
    c->block = calloc(numbers, sizeof(float));
    for (size_t i = 0; c->block != NULL && i < numbers; i++) {
        c->block[i] = (float)gsl_rng_uniform(rng) - 0.5f;
    }
    gsl_rng_free(rng);
    if (c->block == NULL) {
        free_state(c);
        return dvfo_fail_no_memory(ctx);
    }
    c->weight = c->block;
    c->dweight = c->weight + weight;
    c->in = c->dweight + weight;
    c->din = c->in + seen;
    c->dout = c->din + seen;
    c->out = c->dout + made;
    c->scratch = c->out + made;
    dvfo_matrix_use_threads(1);
    *out = c;
    return DVFO_OK;
}

static double run(void *state)
{
    struct convolutions *c = state;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < c->count; i++) {
            const struct dvfo_window *w = &c->window[i];
            const struct dvfo_matrix weight = dvfo_matrix_of(c->weight, w->O, patch(w));
            dvfo_convolve_forward(w, weight, c->scratch, c->in, c->out);
            dvfo_convolve_backward(w, weight, c->scratch, c->in, c->dout, c->dweight, i > 0 ? c->din : NULL);
        }
    }
    return ROUNDS * SAMPLES;
}

/* The outputs of the last one, a sample of them, by plain loops. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    const struct convolutions *c = state;
    const struct dvfo_window *w = &c->window[c->count - 1]; /* 1x1 */
    const long pixels = w->Y * w->X, N = w->B * pixels;
    double off = 0.0;
    for (long i = 0; i < w->O * N; i += 997) {
        double sum = 0.0;
        for (long channel = 0; channel < w->C; channel++) {
            sum += (double)c->weight[i / N * w->C + channel] * (double)c->in[channel * N + i % N];
        }
        off = fmax(off, fabs(sum - (double)c->out[i]));
    }
    snprintf(answer, size, "outputs as plain loops make them to %.1g", off);
    return off < 1e-4 ? DVFO_OK : dvfo_fail(ctx, DVFO_FAILED, "%s", answer);
}

/* Of one image: forward, weights and (but for the first) inputs. */
static double work_flop(const void *state)
{
    const struct convolutions *c = state;
    double flop = 0.0;
    for (int i = 0; i < c->count; i++) {
        const struct dvfo_window *w = &c->window[i];
        flop += 2.0 * (i > 0 ? 3.0 : 2.0) * (double)(w->O * patch(w) * w->Y * w->X);
    }
    return flop;
}

const struct dvfo_micro_row dvfo_micro_convolutions = {
    .name = "convolutions",
    .unit = "images",
    .summary = "the collaborative network's convolutions forward and backward on batches of 64",
    .create = create,
    .run = run,
    .verify = verify,
    .work_flop = work_flop,
    .free = free_state,
};
