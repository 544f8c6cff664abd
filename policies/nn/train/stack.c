#include "policies/nn/train/stack.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

static bool normalises(dvfo_stack_op op)
{
    return op == DVFO_STACK_CONVOLUTION || op == DVFO_STACK_DEPTHWISE;
}

/* Makes as many channels as it sees. */
static bool carries(dvfo_stack_op op)
{
    return op == DVFO_STACK_DEPTHWISE || op == DVFO_STACK_POOL;
}

static long after(long size, long stride)
{
    return (size + stride - 1) / stride;
}

/* Window of a layer that sees (C, H, W). */
static struct dvfo_window window_of(const struct dvfo_stack_layer *layer, long C, long H, long W)
{
    const long O = layer->out > 0 ? layer->out : C;
    struct dvfo_window w = {1, C, H, W, O, H, W, 1, 1, 1, 1, 0, 0, 1};
    if (normalises(layer->op)) {
        w.kernel_h = w.kernel_w = layer->kernel;
        w.stride = layer->stride;
        w.pad_h = w.pad_w = layer->kernel / 2;
        w.Y = after(H, w.stride);
        w.X = after(W, w.stride);
    } else {
        DVFO_REQUIRE(layer->op == DVFO_STACK_POOL || (H == 1 && W == 1));
        w.Y = w.X = 1;
    }
    DVFO_REQUIRE(O == C || !carries(layer->op));
    return w;
}

static size_t weights_of(dvfo_stack_op op, const struct dvfo_window *w)
{
    switch (op) {
    case DVFO_STACK_CONVOLUTION:
    case DVFO_STACK_DENSE:
        return (size_t)(w->O * w->C * w->kernel_h * w->kernel_w);
    case DVFO_STACK_DEPTHWISE:
        return (size_t)(w->C * w->kernel_h * w->kernel_w);
    case DVFO_STACK_POOL:
        return 0;
    }
    return 0;
}

struct dvfo_stack dvfo_stack_plan(const struct dvfo_stack_def *def)
{
    DVFO_REQUIRE(def->settings >= 1 && def->steps >= 1 && def->count >= 1 && def->count <= DVFO_STACK_MOST);
    struct dvfo_stack stack = {.def = *def};
    long C = def->channels, H = def->height, W = def->width;
    for (int i = 0; i < def->count; i++) {
        struct dvfo_stack_place *at = &stack.at[i];
        at->window = window_of(&def->layer[i], C, H, W);
        at->weight = stack.weights;
        stack.weights += weights_of(def->layer[i].op, &at->window);
        C = at->window.O;
        H = at->window.Y;
        W = at->window.X;
    }
    stack.parameters = stack.weights;
    for (int i = 0; i < def->count; i++) {
        struct dvfo_stack_place *at = &stack.at[i];
        const size_t each = (size_t)(at->window.O * def->settings);
        at->scale = at->shift = stack.parameters;
        at->mean = at->variance = stack.statistics;
        if (normalises(def->layer[i].op)) {
            at->shift += each;
            at->variance += each;
            stack.parameters += 2 * each;
            stack.statistics += 2 * each;
        } else if (def->layer[i].op == DVFO_STACK_DENSE) {
            stack.parameters += (size_t)at->window.O;
        }
    }
    stack.outputs = C * H * W;
    return stack;
}

static void fill(size_t count, float value, float *numbers)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] = value;
    }
}

void dvfo_stack_initialise(const struct dvfo_stack *stack, gsl_rng *rng, float *parameters, float *statistics)
{
    fill(stack->parameters - stack->weights, 0.0f, parameters + stack->weights);
    fill(stack->statistics, 0.0f, statistics);
    for (int i = 0; i < stack->def.count; i++) {
        const dvfo_stack_op op = stack->def.layer[i].op;
        const struct dvfo_stack_place *at = &stack->at[i];
        const struct dvfo_window *w = &at->window;
        const long seen = (op == DVFO_STACK_DEPTHWISE ? 1 : w->C) * w->kernel_h * w->kernel_w;
        const double spread = sqrt((op == DVFO_STACK_DENSE ? 1.0 : 2.0) / (double)seen);
        for (size_t n = 0; n < weights_of(op, w); n++) {
            parameters[at->weight + n] = (float)gsl_ran_gaussian(rng, spread);
        }
        if (normalises(op)) {
            fill((size_t)(w->O * stack->def.settings), 1.0f, parameters + at->scale);
            fill((size_t)(w->O * stack->def.settings), 1.0f, statistics + at->variance);
        }
    }
}

static void copy_rows(long O, int rows, const float *from, float *to)
{
    for (int row = 0; row < rows; row++) {
        memcpy(to + row * O, from, (size_t)O * sizeof *to);
    }
}

void dvfo_stack_copy(const struct dvfo_stack *from, const float *parameters, const float *statistics,
                     const struct dvfo_stack *to, float *to_parameters, float *to_statistics)
{
    DVFO_REQUIRE(from->def.count == to->def.count && from->weights == to->weights);
    memcpy(to_parameters, parameters, from->weights * sizeof *parameters);
    for (int i = 0; i < from->def.count; i++) {
        const struct dvfo_stack_place *at = &from->at[i], *into = &to->at[i];
        const long O = at->window.O;
        if (normalises(from->def.layer[i].op)) {
            const int rows = to->def.settings;
            copy_rows(O, rows, parameters + at->scale, to_parameters + into->scale);
            copy_rows(O, rows, parameters + at->shift, to_parameters + into->shift);
            copy_rows(O, rows, statistics + at->mean, to_statistics + into->mean);
            copy_rows(O, rows, statistics + at->variance, to_statistics + into->variance);
        } else if (from->def.layer[i].op == DVFO_STACK_DENSE) {
            copy_rows(O, 1, parameters + at->shift, to_parameters + into->shift);
        }
    }
}

long dvfo_stack_channels(const struct dvfo_stack *stack, int layer, int width)
{
    while (layer >= 0 && carries(stack->def.layer[layer].op)) {
        layer--;
    }
    if (layer < 0) {
        return stack->def.channels;
    }
    const long O = stack->at[layer].window.O;
    return stack->def.layer[layer].op == DVFO_STACK_DENSE ? O : (O * width + stack->def.steps - 1) / stack->def.steps;
}

double dvfo_stack_macs(const struct dvfo_stack *stack, int width)
{
    double macs = 0.0;
    for (int i = 0; i < stack->def.count; i++) {
        const struct dvfo_window *w = &stack->at[i].window;
        const dvfo_stack_op op = stack->def.layer[i].op;
        const long C = dvfo_stack_channels(stack, i - 1, width), O = dvfo_stack_channels(stack, i, width);
        const long seen = op == DVFO_STACK_DEPTHWISE ? 1 : op == DVFO_STACK_POOL ? 0 : C;
        macs += (double)(O * seen * w->kernel_h * w->kernel_w * w->Y * w->X);
    }
    return macs;
}
