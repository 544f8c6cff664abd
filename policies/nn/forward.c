#include "policies/nn/forward.h"

#include <string.h>

#include "policies/nn/convolution.h"
#include "policies/nn/dense.h"
#include "policies/nn/elementwise.h"
#include "policies/nn/normalisation.h"
#include "policies/nn/pooling.h"
#include "policies/nn/recurrent.h"

static size_t elements(struct dvfo_shape shape)
{
    return (size_t)(shape.channels * shape.height * shape.width);
}

static long pixels(struct dvfo_shape shape)
{
    return shape.height * shape.width;
}

/* ---- windows ---- */

static struct dvfo_window window_of(const struct dvfo_layer *layer)
{
    return (struct dvfo_window){.B = 1,
                                .C = layer->in.channels,
                                .H = layer->in.height,
                                .W = layer->in.width,
                                .O = layer->out.channels,
                                .Y = layer->out.height,
                                .X = layer->out.width,
                                .kernel_h = layer->kernel_h,
                                .kernel_w = layer->kernel_w,
                                .stride = layer->stride,
                                .dilation = layer->dilation,
                                .pad_h = layer->pad_h,
                                .pad_w = layer->pad_w,
                                .groups = layer->groups};
}

/* A patch embedding tells its output as a sequence. */
static struct dvfo_window patches_of(const struct dvfo_layer *layer)
{
    struct dvfo_window window = window_of(layer);
    window.Y = layer->in.height / layer->stride;
    window.X = layer->in.width / layer->stride;
    return window;
}

static bool is_depthwise(const struct dvfo_layer *layer)
{
    return layer->groups == layer->in.channels && layer->groups == layer->out.channels;
}

static struct dvfo_forward_parameters convolution_parameters(const struct dvfo_layer *layer)
{
    const size_t seen =
        (size_t)(layer->in.channels / layer->groups) * (size_t)layer->kernel_h * (size_t)layer->kernel_w;
    const size_t O = (size_t)layer->out.channels;
    return (struct dvfo_forward_parameters){.weights = O * seen, .fan_in = seen, .zeros = O};
}

static const float *bias_of(const struct dvfo_forward_call *call)
{
    return call->parameters + convolution_parameters(call->layer).weights;
}

static size_t convolution_scratch(const struct dvfo_layer *layer)
{
    const struct dvfo_window window = window_of(layer);
    return is_depthwise(layer) ? dvfo_convolution_depthwise_scratch(&window) : dvfo_convolution_scratch(&window);
}

static void run_convolution(const struct dvfo_forward_call *call)
{
    const struct dvfo_window window = window_of(call->layer);
    if (is_depthwise(call->layer)) {
        dvfo_convolution_depthwise(&window, call->parameters, bias_of(call), call->activation, call->scratch,
                                   call->in[0], call->out);
    } else {
        dvfo_convolution_forward(&window, call->parameters, bias_of(call), call->activation, call->scratch, call->in[0],
                                 call->out);
    }
}

static size_t patches_scratch(const struct dvfo_layer *layer)
{
    const struct dvfo_window window = patches_of(layer);
    return dvfo_convolution_scratch(&window);
}

static void run_patches(const struct dvfo_forward_call *call)
{
    const struct dvfo_window window = patches_of(call->layer);
    dvfo_convolution_forward(&window, call->parameters, bias_of(call), call->activation, call->scratch, call->in[0],
                             call->out);
}

static size_t pooling_scratch(const struct dvfo_layer *layer)
{
    const struct dvfo_window window = window_of(layer);
    return dvfo_pooling_scratch(&window);
}

static void run_maximum(const struct dvfo_forward_call *call)
{
    const struct dvfo_window window = window_of(call->layer);
    dvfo_pooling_maximum(&window, call->scratch, call->in[0], call->out);
}

static void run_average(const struct dvfo_forward_call *call)
{
    const struct dvfo_window window = window_of(call->layer);
    dvfo_pooling_average(&window, call->scratch, call->in[0], call->out);
}

static void run_adaptive(const struct dvfo_forward_call *call)
{
    const struct dvfo_window window = window_of(call->layer);
    dvfo_pooling_adaptive(&window, call->in[0], call->out);
}

/* ---- dense, recurrent, attention ---- */

static struct dvfo_forward_parameters dense_parameters(const struct dvfo_layer *layer)
{
    const size_t D = (size_t)layer->in.channels, O = (size_t)layer->out.channels;
    return (struct dvfo_forward_parameters){.weights = O * D, .fan_in = D, .zeros = O};
}

static void run_dense(const struct dvfo_forward_call *call)
{
    const struct dvfo_layer *layer = call->layer;
    const long D = layer->in.channels, O = layer->out.channels;
    dvfo_dense_forward(1, D, layer->in.height, O, call->parameters, call->parameters + D * O, call->activation,
                       call->in[0], call->out);
}

static dvfo_cell cell_of(const struct dvfo_layer *layer)
{
    return strcmp(layer->kind, "gru") == 0 ? DVFO_CELL_GRU : DVFO_CELL_LSTM;
}

static struct dvfo_forward_parameters recurrent_parameters(const struct dvfo_layer *layer)
{
    const size_t G = (size_t)dvfo_recurrent_gates(cell_of(layer));
    const size_t D = (size_t)layer->in.channels, H = (size_t)layer->out.channels;
    return (struct dvfo_forward_parameters){.weights = G * H * (D + H), .fan_in = D + H, .zeros = G * H};
}

static size_t recurrent_scratch(const struct dvfo_layer *layer)
{
    return dvfo_recurrent_scratch(cell_of(layer), layer->in.height, layer->out.channels);
}

static void run_recurrent(const struct dvfo_forward_call *call)
{
    const struct dvfo_layer *layer = call->layer;
    dvfo_recurrent_forward(cell_of(layer), layer->in.channels, layer->in.height, layer->out.channels, call->parameters,
                           call->parameters + recurrent_parameters(layer).weights, call->scratch, call->in[0],
                           call->out);
}

static void run_scores(const struct dvfo_forward_call *call)
{
    const struct dvfo_shape q = call->in_shape[0], k = call->in_shape[1];
    dvfo_dense_scores(call->layer->heads, q.channels, q.height, k.height, call->in[0], call->in[1], call->out);
}

static void run_values(const struct dvfo_forward_call *call)
{
    const struct dvfo_shape weights = call->in_shape[0], v = call->in_shape[1];
    dvfo_dense_values(call->layer->heads, v.channels, weights.height, v.height, call->in[0], call->in[1], call->out);
}

/* ---- normalisation, softmax ---- */

static struct dvfo_forward_parameters norm_parameters(const struct dvfo_layer *layer)
{
    return (struct dvfo_forward_parameters){.ones = (size_t)layer->in.channels, .zeros = (size_t)layer->in.channels};
}

static size_t two_per_pixel(const struct dvfo_layer *layer)
{
    return 2 * (size_t)pixels(layer->in);
}

static void run_batch_norm(const struct dvfo_forward_call *call)
{
    const long C = call->layer->in.channels;
    dvfo_normalisation_channels(C, pixels(call->layer->in), call->parameters, call->parameters + C, call->activation,
                                call->in[0], call->out);
}

static void run_layer_norm(const struct dvfo_forward_call *call)
{
    const long C = call->layer->in.channels;
    dvfo_normalisation_layer(C, pixels(call->layer->in), call->parameters, call->parameters + C, call->scratch,
                             call->in[0], call->out);
}

static void run_softmax(const struct dvfo_forward_call *call)
{
    const struct dvfo_shape shape = call->layer->in;
    dvfo_normalisation_softmax(call->groups, shape.channels / call->groups, pixels(shape), call->scratch, call->in[0],
                               call->out);
}

/* ---- element by element ---- */

static void run_add(const struct dvfo_forward_call *call)
{
    dvfo_elementwise_add(call->layer->input_count, call->in, call->activation, (long)elements(call->layer->out),
                         call->out);
}

static void run_multiply(const struct dvfo_forward_call *call)
{
    const struct dvfo_shape shape = call->layer->out;
    if (elements(call->in_shape[1]) == elements(shape)) {
        dvfo_elementwise_multiply(call->in[0], call->in[1], call->activation, (long)elements(shape), call->out);
    } else {
        dvfo_elementwise_scale(call->in[0], call->in[1], call->activation, shape.channels, pixels(shape), call->out);
    }
}

static void run_activation(const struct dvfo_forward_call *call)
{
    dvfo_elementwise_add(1, call->in, dvfo_activation_of_name(call->layer->kind), (long)elements(call->layer->out),
                         call->out);
}

static void run_upsample(const struct dvfo_forward_call *call)
{
    const struct dvfo_shape in = call->layer->in, out = call->layer->out;
    dvfo_elementwise_resize(in.channels, in.height, in.width, out.height, out.width, call->in[0], call->out);
}

static struct dvfo_forward_parameters embedding_parameters(const struct dvfo_layer *layer)
{
    return (struct dvfo_forward_parameters){.weights = elements(layer->in), .fan_in = (size_t)layer->in.channels};
}

static void run_position(const struct dvfo_forward_call *call)
{
    const float *const summands[] = {call->in[0], call->parameters};
    dvfo_elementwise_add(2, summands, DVFO_ACTIVATION_NONE, (long)elements(call->layer->out), call->out);
}

/* ---- views: they copy only what the memory plan couldn't place where it is read ---- */

static void copy(const float *from, size_t n, float *to)
{
    if (from != to) {
        memcpy(to, from, n * sizeof *to);
    }
}

static void run_concat(const struct dvfo_forward_call *call)
{
    float *out = call->out;
    for (int k = 0; k < call->layer->input_count; k++) {
        copy(call->in[k], elements(call->in_shape[k]), out);
        out += elements(call->in_shape[k]);
    }
}

static void run_same_numbers(const struct dvfo_forward_call *call)
{
    copy(call->in[0], elements(call->layer->out), call->out);
}

static void run_slice(const struct dvfo_forward_call *call)
{
    const size_t n = elements(call->layer->out);
    copy(call->in[0] + (size_t)(call->layer->part - 1) * n, n, call->out);
}

static struct dvfo_forward_parameters token_parameters(const struct dvfo_layer *layer)
{
    return (struct dvfo_forward_parameters){.weights = (size_t)layer->in.channels,
                                            .fan_in = (size_t)layer->in.channels};
}

static void run_class_token(const struct dvfo_forward_call *call)
{
    const struct dvfo_shape in = call->layer->in;
    dvfo_elementwise_prepend(in.channels, in.height, call->parameters, call->in[0], call->out);
}

static void run_first_step(const struct dvfo_forward_call *call)
{
    dvfo_elementwise_step(call->layer->in.channels, pixels(call->layer->in), 0, call->in[0], call->out);
}

static const struct dvfo_forward operators[] = {
    {"conv", convolution_parameters, convolution_scratch, run_convolution},
    {"depthwise", convolution_parameters, convolution_scratch, run_convolution},
    {"patches", convolution_parameters, patches_scratch, run_patches},
    {"dense", dense_parameters, NULL, run_dense},
    {"lstm", recurrent_parameters, recurrent_scratch, run_recurrent},
    {"gru", recurrent_parameters, recurrent_scratch, run_recurrent},
    {"attention-scores", NULL, NULL, run_scores},
    {"attention-values", NULL, NULL, run_values},
    {"maxpool", NULL, pooling_scratch, run_maximum},
    {"avgpool", NULL, pooling_scratch, run_average},
    {"adaptive-avgpool", NULL, NULL, run_adaptive},
    {"global-avgpool", NULL, NULL, run_adaptive},
    {"upsample", NULL, NULL, run_upsample},
    {"batch-norm", norm_parameters, NULL, run_batch_norm},
    {"layer-norm", norm_parameters, two_per_pixel, run_layer_norm},
    {"softmax", NULL, two_per_pixel, run_softmax},
    {"add", NULL, NULL, run_add},
    {"multiply", NULL, NULL, run_multiply},
    {"position-embedding", embedding_parameters, NULL, run_position},
    {"concat", NULL, NULL, run_concat},
    {"flatten", NULL, NULL, run_same_numbers},
    {"tokens", NULL, NULL, run_same_numbers},
    {"slice", NULL, NULL, run_slice},
    {"class-token", token_parameters, NULL, run_class_token},
    {"first-step", NULL, NULL, run_first_step},
};

static const struct dvfo_forward any_activation = {"activation", NULL, NULL, run_activation};

const struct dvfo_forward *dvfo_forward_find(const char *kind)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (strcmp(operators[i].kind, kind) == 0) {
            return &operators[i];
        }
    }
    return dvfo_activation_of_name(kind) != DVFO_ACTIVATION_COUNT ? &any_activation : NULL;
}
