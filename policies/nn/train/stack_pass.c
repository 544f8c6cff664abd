#include <math.h>
#include <string.h>

#include "policies/nn/train/batch_norm.h"
#include "policies/nn/train/classify.h"
#include "policies/nn/train/convolve.h"
#include "policies/nn/train/depthwise.h"
#include "policies/nn/train/stack.h"

struct dvfo_stack_pass {
    const struct dvfo_stack *stack;
    struct dvfo_stack_mode mode;                /* of the last way through */
    const float *in;                            /* its input; borrowed */
    struct dvfo_window window[DVFO_STACK_MOST]; /* as run: its width, its samples */
    float *made[DVFO_STACK_MOST];               /* (O, B, Y, X) of the layer itself; NULL where nothing follows it */
    float *out[DVFO_STACK_MOST];                /* the same after normalisation and ReLU6 */
    float *mean[DVFO_STACK_MOST], *variance[DVFO_STACK_MOST]; /* (O) of the batch */
    float *slope[2];                                          /* (largest map) */
    float *scratch;
    float *block; /* all of the above; owned */
};

static bool normalises(const struct dvfo_stack *stack, int layer)
{
    const dvfo_stack_op op = stack->def.layer[layer].op;
    return op == DVFO_STACK_CONVOLUTION || op == DVFO_STACK_DEPTHWISE;
}

static size_t largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t scratch_of(dvfo_stack_op op, const struct dvfo_window *w)
{
    return op == DVFO_STACK_CONVOLUTION ? dvfo_convolve_scratch(w)
           : op == DVFO_STACK_DEPTHWISE ? dvfo_depthwise_scratch(w)
                                        : 0;
}

/* Take room for everything off `block`, or only count it when that is NULL. @return numbers taken */
static size_t lay_out(struct dvfo_stack_pass *pass, long samples, float *block)
{
    const struct dvfo_stack *stack = pass->stack;
    size_t used = 0, map = 0, scratch = 0;
    for (int i = 0; i < stack->def.count; i++) {
        struct dvfo_window w = stack->at[i].window;
        w.B = samples;
        const size_t numbers = (size_t)(w.O * w.B * w.Y * w.X), seen = (size_t)(w.C * w.B * w.H * w.W);
        map = largest(map, largest(numbers, seen));
        scratch = largest(scratch, scratch_of(stack->def.layer[i].op, &w));
        float **const parts[] = {&pass->out[i], &pass->made[i], &pass->mean[i], &pass->variance[i]};
        const size_t size[] = {numbers, numbers, (size_t)w.O, (size_t)w.O};
        for (int p = 0; p < (normalises(stack, i) ? 4 : 1); p++) {
            *parts[p] = block != NULL ? block + used : NULL;
            used += size[p];
        }
    }
    float **const last[] = {&pass->slope[0], &pass->slope[1], &pass->scratch};
    const size_t size[] = {map, map, scratch};
    for (int p = 0; p < 3; p++) {
        *last[p] = block != NULL ? block + used : NULL;
        used += size[p];
    }
    return used;
}

dvfo_status dvfo_stack_pass_create(struct dvfo_ctx *ctx, const struct dvfo_stack *stack, long samples,
                                   struct dvfo_stack_pass **out)
{
    *out = NULL;
    struct dvfo_stack_pass *pass = calloc(1, sizeof *pass);
    if (pass == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    pass->stack = stack;
    pass->block = calloc(lay_out(pass, samples, NULL), sizeof(float));
    if (pass->block == NULL) {
        free(pass);
        return dvfo_fail_no_memory(ctx);
    }
    lay_out(pass, samples, pass->block);
    *out = pass;
    return DVFO_OK;
}

void dvfo_stack_pass_free(struct dvfo_stack_pass *pass)
{
    if (pass != NULL) {
        free(pass->block);
        free(pass);
    }
}

/* Weights of a layer that runs with fewer channels: the first rows, of each the first columns. */
static struct dvfo_matrix weight_of(const struct dvfo_stack_pass *pass, int layer, const float *parameters)
{
    const struct dvfo_window *w = &pass->window[layer], *full = &pass->stack->at[layer].window;
    const long taps = w->kernel_h * w->kernel_w;
    return dvfo_matrix_strided(parameters + pass->stack->at[layer].weight, w->O, w->C * taps, full->C * taps);
}

/* Offset of a setting in a table (settings, O). */
static size_t row_of(const struct dvfo_stack_pass *pass, int layer)
{
    return (size_t)(pass->mode.setting * pass->stack->at[layer].window.O);
}

static void normalise(struct dvfo_stack_pass *pass, int i, const float *parameters, const float *statistics)
{
    const struct dvfo_stack_place *at = &pass->stack->at[i];
    const struct dvfo_window *w = &pass->window[i];
    const long N = w->B * w->Y * w->X;
    const size_t row = row_of(pass, i);
    if (pass->mode.learning) {
        dvfo_batch_norm_measure(w->O, N, pass->made[i], pass->mean[i], pass->variance[i]);
    } else {
        memcpy(pass->mean[i], statistics + at->mean + row, (size_t)w->O * sizeof(float));
        memcpy(pass->variance[i], statistics + at->variance + row, (size_t)w->O * sizeof(float));
    }
    dvfo_batch_norm_forward(w->O, N, true, pass->mean[i], pass->variance[i], parameters + at->scale + row,
                            parameters + at->shift + row, pass->made[i], pass->out[i]);
}

static void forward_layer(struct dvfo_stack_pass *pass, int i, const float *parameters, const float *statistics,
                          const float *in)
{
    const struct dvfo_window *w = &pass->window[i];
    const struct dvfo_stack_place *at = &pass->stack->at[i];
    switch (pass->stack->def.layer[i].op) {
    case DVFO_STACK_CONVOLUTION:
        dvfo_convolve_forward(w, weight_of(pass, i, parameters), pass->scratch, in, pass->made[i]);
        normalise(pass, i, parameters, statistics);
        break;
    case DVFO_STACK_DEPTHWISE:
        dvfo_depthwise_forward(w, parameters + at->weight, pass->scratch, in, pass->made[i]);
        normalise(pass, i, parameters, statistics);
        break;
    case DVFO_STACK_POOL:
        dvfo_classify_pool(w->C * w->B, w->H * w->W, in, pass->out[i]);
        break;
    case DVFO_STACK_DENSE:
        dvfo_classify_dense(w->B, w->C, w->O, parameters + at->weight, at->window.C, parameters + at->shift, in,
                            pass->out[i]);
        break;
    }
}

void dvfo_stack_begin(struct dvfo_stack_pass *pass, struct dvfo_stack_mode mode, long samples, const float *in)
{
    const struct dvfo_stack *stack = pass->stack;
    DVFO_REQUIRE(mode.setting >= 0 && mode.setting < stack->def.settings && mode.width >= 1 &&
                 mode.width <= stack->def.steps);
    pass->mode = mode;
    pass->in = in;
    for (int i = 0; i < stack->def.count; i++) {
        pass->window[i] = stack->at[i].window;
        pass->window[i].B = samples;
        pass->window[i].C = dvfo_stack_channels(stack, i - 1, mode.width);
        pass->window[i].O = dvfo_stack_channels(stack, i, mode.width);
    }
}

const float *dvfo_stack_step(struct dvfo_stack_pass *pass, int layer, const float *parameters, const float *statistics)
{
    forward_layer(pass, layer, parameters, statistics, layer == 0 ? pass->in : pass->out[layer - 1]);
    return pass->out[layer];
}

const float *dvfo_stack_forward(struct dvfo_stack_pass *pass, const float *parameters, const float *statistics,
                                struct dvfo_stack_mode mode, long samples, const float *in)
{
    dvfo_stack_begin(pass, mode, samples, in);
    for (int i = 0; i < pass->stack->def.count; i++) {
        in = dvfo_stack_step(pass, i, parameters, statistics);
    }
    return in;
}

static void backward_norm(struct dvfo_stack_pass *pass, int i, const float *parameters, float *dout, float *gradients)
{
    const struct dvfo_stack_place *at = &pass->stack->at[i];
    const struct dvfo_window *w = &pass->window[i];
    const long N = w->B * w->Y * w->X;
    const size_t row = row_of(pass, i);
    if (pass->mode.learning) {
        dvfo_batch_norm_backward(w->O, N, true, pass->mean[i], pass->variance[i], parameters + at->scale + row,
                                 pass->made[i], pass->out[i], dout, gradients + at->scale + row,
                                 gradients + at->shift + row, dout);
    } else {
        dvfo_batch_norm_backward_fixed(w->O, N, true, pass->variance[i], parameters + at->scale + row, pass->out[i],
                                       dout, dout);
    }
}

static void backward_layer(struct dvfo_stack_pass *pass, int i, const float *parameters, const float *in, float *dout,
                           float *gradients, float *din)
{
    const struct dvfo_window *w = &pass->window[i];
    const struct dvfo_stack_place *at = &pass->stack->at[i];
    switch (pass->stack->def.layer[i].op) {
    case DVFO_STACK_CONVOLUTION:
        backward_norm(pass, i, parameters, dout, gradients);
        dvfo_convolve_backward(w, weight_of(pass, i, parameters), pass->scratch, in, dout, gradients + at->weight, din);
        break;
    case DVFO_STACK_DEPTHWISE:
        backward_norm(pass, i, parameters, dout, gradients);
        dvfo_depthwise_backward(w, parameters + at->weight, pass->scratch, in, dout, gradients + at->weight, din);
        break;
    case DVFO_STACK_POOL:
        if (din != NULL) {
            dvfo_classify_pool_backward(w->C * w->B, w->H * w->W, dout, din);
        }
        break;
    case DVFO_STACK_DENSE:
        dvfo_classify_dense_backward(w->B, w->C, w->O, parameters + at->weight, at->window.C, in, dout,
                                     gradients + at->weight, gradients + at->shift, din);
        break;
    }
}

void dvfo_stack_backward(struct dvfo_stack_pass *pass, const float *parameters, float *dout, float *gradients,
                         float *din)
{
    int room = 0;
    for (int i = pass->stack->def.count - 1; i >= 0; i--) {
        float *const slope = i > 0 ? pass->slope[room] : din;
        backward_layer(pass, i, parameters, i > 0 ? pass->out[i - 1] : pass->in, dout, gradients, slope);
        dout = slope;
        room = 1 - room;
    }
}

int dvfo_stack_first_broken(const struct dvfo_stack_pass *pass)
{
    for (int i = 0; i < pass->stack->def.count; i++) {
        const struct dvfo_window *w = &pass->window[i];
        for (long n = 0; n < w->O * w->B * w->Y * w->X; n++) {
            if (!isfinite(pass->out[i][n])) {
                return i;
            }
        }
    }
    return -1;
}

void dvfo_stack_keep_statistics(const struct dvfo_stack_pass *pass, float share, float *statistics)
{
    for (int i = 0; i < pass->stack->def.count; i++) {
        const struct dvfo_stack_place *at = &pass->stack->at[i];
        float *const mean = statistics + at->mean + row_of(pass, i);
        float *const variance = statistics + at->variance + row_of(pass, i);
        for (long c = 0; normalises(pass->stack, i) && c < pass->window[i].O; c++) {
            mean[c] += share * (pass->mean[i][c] - mean[c]);
            variance[c] += share * (pass->variance[i][c] - variance[c]);
        }
    }
}
