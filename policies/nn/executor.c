#include "policies/nn/executor.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "policies/nn/forward.h"
#include "policies/nn/memory_plan.h"
#include "sim/base/random.h"

struct step {
    const struct dvfo_forward *forward; /* NULL for a fused layer */
    struct dvfo_forward_call call;
};

struct dvfo_executor {
    const struct dvfo_network *network;
    struct dvfo_memory_plan plan;
    size_t parameter_count, scratch_size; /* numbers */
    float *parameters;                    /* (parameter_count) */
    float *activations;                   /* (plan.size) and the scratch behind it */
    size_t *parameters_at;                /* (n) where each layer's begin */
    struct step *step;                    /* (n) */
};

struct dvfo_executor_def dvfo_executor_def_default(void)
{
    return (struct dvfo_executor_def){.seed = 1};
}

static struct dvfo_forward_parameters parameters_of(const struct dvfo_forward *forward, const struct dvfo_layer *layer)
{
    return forward->parameters != NULL ? forward->parameters(layer) : (struct dvfo_forward_parameters){0};
}

static size_t count_of(struct dvfo_forward_parameters p)
{
    return p.weights + p.ones + p.zeros;
}

static dvfo_status find_forward_passes(struct dvfo_ctx *ctx, struct dvfo_executor *executor)
{
    const struct dvfo_network *network = executor->network;
    for (size_t i = 0; i < network->n; i++) {
        const struct dvfo_layer *layer = &network->layers[i];
        if (layer->fused) {
            continue;
        }
        executor->step[i].forward = dvfo_forward_find(layer->kind);
        if (executor->step[i].forward == NULL) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "layer '%s' of %s is %s, for which this machine has no kernel",
                             layer->name, network->name, layer->kind);
        }
    }
    return DVFO_OK;
}

/* Where parameters begin, shared ones with their owner, and how much scratch the hungriest layer wants. */
static void count_memory(struct dvfo_executor *executor)
{
    for (size_t i = 0; i < executor->network->n; i++) {
        const struct dvfo_layer *layer = &executor->network->layers[i];
        const struct dvfo_forward *forward = executor->step[i].forward;
        if (forward == NULL) {
            continue;
        }
        const size_t scratch = forward->scratch != NULL ? forward->scratch(layer) : 0;
        executor->scratch_size = scratch > executor->scratch_size ? scratch : executor->scratch_size;
        if (layer->shared_with >= 0) {
            executor->parameters_at[i] = executor->parameters_at[layer->shared_with];
        } else {
            executor->parameters_at[i] = executor->parameter_count;
            executor->parameter_count += count_of(parameters_of(forward, layer));
        }
    }
}

double dvfo_executor_size_byte(const struct dvfo_executor *executor)
{
    const size_t numbers = executor->parameter_count + executor->plan.size + executor->scratch_size;
    return (double)numbers * (double)sizeof(float);
}

static dvfo_status allocate(struct dvfo_ctx *ctx, struct dvfo_executor *executor)
{
    const double there_byte = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    const double needed_byte = dvfo_executor_size_byte(executor);
    if (needed_byte > 0.8 * there_byte) {
        const struct dvfo_network *network = executor->network;
        return dvfo_fail(ctx, DVFO_FAILED, "%s at %ldx%ld needs %.3g GiB of memory, this machine has %.3g",
                         network->name, network->input.height, network->input.width, needed_byte / (1 << 30),
                         there_byte / (1 << 30));
    }
    executor->parameters = malloc((executor->parameter_count + 1) * sizeof(float));
    executor->activations = calloc(executor->plan.size + executor->scratch_size + 1, sizeof(float));
    return executor->parameters != NULL && executor->activations != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

/* Uniform within +- sqrt(6 / fan_in), which has a variance of 2 / fan_in. */
static void draw_parameters(gsl_rng *rng, struct dvfo_forward_parameters p, float *at)
{
    const float bound = p.fan_in > 0 ? sqrtf(6.0f / (float)p.fan_in) : 0.0f;
    const float share = bound / 2147483648.0f; /* mt19937 gives 32 bits; half of them stand below 0 */
    for (size_t i = 0; i < p.weights; i++) {
        *at++ = share * (float)((int64_t)gsl_rng_get(rng) - INT64_C(2147483648));
    }
    for (size_t i = 0; i < p.ones; i++) {
        *at++ = 1.0f;
    }
    memset(at, 0, p.zeros * sizeof *at);
}

static dvfo_status draw_weights(struct dvfo_ctx *ctx, struct dvfo_executor *executor, uint64_t seed)
{
    gsl_rng *rng = dvfo_random_stream(seed, 0, "nn weights");
    if (rng == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < executor->network->n; i++) {
        const struct dvfo_layer *layer = &executor->network->layers[i];
        if (executor->step[i].forward != NULL && layer->shared_with < 0) {
            draw_parameters(rng, parameters_of(executor->step[i].forward, layer),
                            executor->parameters + executor->parameters_at[i]);
        }
    }
    gsl_rng_free(rng);
    return DVFO_OK;
}

static float *tensor_at(const struct dvfo_executor *executor, int index) /* -1: the network's input */
{
    return executor->activations + executor->plan.at[index + 1];
}

/* The softmax behind attention scores is one for each head. */
static long softmax_groups(const struct dvfo_network *network, const struct dvfo_layer *layer)
{
    const int input = layer->inputs[0];
    return input >= 0 && strcmp(network->layers[input].kind, "attention-scores") == 0 ? network->layers[input].heads
                                                                                      : 1;
}

static void prepare_call(struct dvfo_executor *executor, size_t i)
{
    const struct dvfo_network *network = executor->network;
    const struct dvfo_layer *layer = &network->layers[i];
    struct dvfo_forward_call *call = &executor->step[i].call;
    *call = (struct dvfo_forward_call){.layer = layer,
                                       .out = tensor_at(executor, (int)i),
                                       .parameters = executor->parameters + executor->parameters_at[i],
                                       .scratch = executor->activations + executor->plan.size,
                                       .groups = softmax_groups(network, layer)};
    for (int k = 0; k < layer->input_count; k++) {
        const int input = layer->inputs[k];
        call->in[k] = tensor_at(executor, input);
        call->in_shape[k] = input < 0 ? network->input : network->layers[input].out;
    }
}

static void prepare_calls(struct dvfo_executor *executor)
{
    const struct dvfo_network *network = executor->network;
    for (size_t i = 0; i < network->n; i++) {
        const struct dvfo_layer *layer = &network->layers[i];
        if (!layer->fused) {
            prepare_call(executor, i);
            continue;
        }
        const dvfo_activation activation = dvfo_activation_of_name(layer->kind);
        if (activation != DVFO_ACTIVATION_COUNT) { /* otherwise a normalisation, folded into the weights */
            executor->step[layer->host].call.activation = activation;
        }
    }
}

dvfo_status dvfo_executor_create(struct dvfo_ctx *ctx, const struct dvfo_network *network,
                                 const struct dvfo_executor_def *def, struct dvfo_executor **out)
{
    *out = NULL;
    struct dvfo_executor *executor = calloc(1, sizeof *executor);
    if (executor == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    executor->network = network;
    executor->step = calloc(network->n, sizeof *executor->step);
    executor->parameters_at = calloc(network->n, sizeof *executor->parameters_at);
    dvfo_status status = executor->step != NULL && executor->parameters_at != NULL ? find_forward_passes(ctx, executor)
                                                                                   : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? dvfo_memory_plan_create(ctx, network, !def->keep_all, &executor->plan) : status;
    if (status == DVFO_OK) {
        count_memory(executor);
        status = allocate(ctx, executor);
    }
    status = status == DVFO_OK ? draw_weights(ctx, executor, def->seed) : status;
    if (status != DVFO_OK) {
        dvfo_executor_free(executor);
        return status;
    }
    prepare_calls(executor);
    *out = executor;
    return DVFO_OK;
}

void dvfo_executor_free(struct dvfo_executor *executor)
{
    if (executor == NULL) {
        return;
    }
    free(executor->activations);
    free(executor->parameters);
    dvfo_memory_plan_free(&executor->plan);
    free(executor->parameters_at);
    free(executor->step);
    free(executor);
}

void dvfo_executor_load(struct dvfo_executor *executor, const float *input)
{
    memcpy(tensor_at(executor, -1), input, (size_t)dvfo_shape_elements(executor->network->input) * sizeof *input);
}

void dvfo_executor_run_layer(struct dvfo_executor *executor, size_t layer)
{
    const struct step *step = &executor->step[layer];
    if (step->forward != NULL) {
        step->forward->run(&step->call);
    }
}

void dvfo_executor_run(struct dvfo_executor *executor)
{
    for (size_t i = 0; i < executor->network->n; i++) {
        dvfo_executor_run_layer(executor, i);
    }
}

const float *dvfo_executor_output(const struct dvfo_executor *executor, size_t layer)
{
    return tensor_at(executor, (int)layer);
}
