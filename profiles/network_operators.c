/* The operators of the network language: one row and one function each. Shapes follow the usual definitions; work
 * counts 2 per multiply-add, parameters are what training learns, weights what the kernel reads.
 *
 * C, H, W: channels, height, width; T: steps of a sequence (its height); D: features (its channels). */
#include "profiles/network_graph.h"

#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static double elements(struct dvfo_shape shape)
{
    return dvfo_shape_elements(shape);
}

/* ---- windows: convolution and pooling ---- */

/* Output size along one axis, and the padding before its first pixel; an odd rest of `same` goes behind the last. */
static dvfo_status window_size(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, bool vertical, long in,
                               long *out, long *pad)
{
    const int kernel = vertical ? def->kernel_h : def->kernel_w;
    const long extent = (long)def->dilation * (kernel - 1) + 1;
    if (def->pad == DVFO_PAD_SAME) {
        *out = (in + def->stride - 1) / def->stride;
        const long lacking = (*out - 1) * def->stride + extent - in;
        *pad = lacking > 0 ? lacking / 2 : 0;
        return DVFO_OK;
    }
    *pad = def->pad == DVFO_PAD_HALF ? (extent - 1) / 2 : vertical ? def->pad_h : def->pad_w;
    if (in + 2 * *pad < extent) {
        return dvfo_fail(
            ctx, DVFO_BAD_INPUT,
            "its kernel covers %ld pixels of an input with %ld (%ld with padding), expected a larger input", extent, in,
            in + 2 * *pad);
    }
    *out = (in + 2 * *pad - extent) / def->stride + 1;
    return DVFO_OK;
}

static dvfo_status slide_window(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, struct dvfo_shape in,
                                struct dvfo_layer *layer)
{
    layer->kernel_h = def->kernel_h;
    layer->kernel_w = def->kernel_w;
    layer->stride = def->stride;
    layer->dilation = def->dilation;
    layer->groups = def->groups;
    DVFO_TRY(window_size(ctx, def, true, in.height, &layer->out.height, &layer->pad_h));
    return window_size(ctx, def, false, in.width, &layer->out.width, &layer->pad_w);
}

static double window_area(const struct dvfo_layer_def *def)
{
    return (double)def->kernel_h * def->kernel_w;
}

static void count_multiply_adds(struct dvfo_layer *layer, double macs)
{
    layer->macs = macs;
    layer->work_flop = 2.0 * macs;
}

static dvfo_op convolution_class(const struct dvfo_layer_def *def, long in_channels)
{
    if (def->groups > 1 && def->groups == in_channels && def->out == in_channels) {
        return DVFO_OP_DEPTHWISE;
    }
    if (def->kernel_h == 1 && def->kernel_w == 1) {
        return DVFO_OP_CONV_POINTWISE;
    }
    if (def->kernel_h == 3 && def->kernel_w == 3) {
        return def->stride == 1 ? DVFO_OP_CONV_3X3 : DVFO_OP_CONV_3X3_STRIDED;
    }
    return DVFO_OP_CONV_OTHER;
}

static dvfo_status compute_conv(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                int count, struct dvfo_layer *layer)
{
    (void)count;
    if (in->channels % def->groups != 0 || def->out % def->groups != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%d groups don't divide %ld input and %ld output channels", def->groups,
                         in->channels, def->out);
    }
    layer->op = convolution_class(def, in->channels);
    layer->out.channels = def->out;
    DVFO_TRY(slide_window(ctx, def, *in, layer));
    const double weights_per_output = (double)(in->channels / def->groups) * window_area(def);
    count_multiply_adds(layer, elements(layer->out) * weights_per_output);
    layer->params = (double)def->out * (weights_per_output + (def->bias ? 1.0 : 0.0));
    layer->weight_elements = layer->params;
    return DVFO_OK;
}

static dvfo_status compute_depthwise(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                     const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)count;
    layer->op = DVFO_OP_DEPTHWISE;
    layer->out.channels = in->channels;
    DVFO_TRY(slide_window(ctx, def, *in, layer));
    layer->groups = (int)in->channels;
    count_multiply_adds(layer, elements(layer->out) * window_area(def));
    layer->params = (double)in->channels * (window_area(def) + (def->bias ? 1.0 : 0.0));
    layer->weight_elements = layer->params;
    return DVFO_OK;
}

/* Patch embedding: a convolution whose stride is its kernel, its output taken as a sequence. */
static dvfo_status compute_patches(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                   int count, struct dvfo_layer *layer)
{
    const int side = def->kernel_h;
    if (in->height % side != 0 || in->width % side != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "an input of %ldx%ld doesn't divide into patches of %dx%d, expected a "
                         "multiple of %d",
                         in->height, in->width, side, side, side);
    }
    DVFO_TRY(compute_conv(ctx, def, in, count, layer));
    layer->out = (struct dvfo_shape){layer->out.channels, layer->out.height * layer->out.width, 1};
    return DVFO_OK;
}

static dvfo_status compute_pool(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                int count, struct dvfo_layer *layer)
{
    (void)count;
    layer->op = DVFO_OP_POOL;
    layer->out.channels = in->channels;
    DVFO_TRY(slide_window(ctx, def, *in, layer));
    layer->work_flop = elements(layer->out) * window_area(def);
    return DVFO_OK;
}

/* Average over as many windows as the output asks for, whatever the input (torch: AdaptiveAvgPool2d). */
static dvfo_status compute_adaptive(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                    int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)count;
    layer->op = DVFO_OP_POOL;
    layer->out = (struct dvfo_shape){in->channels, def->scale, def->scale};
    const double read = elements(*in), written = elements(layer->out);
    layer->work_flop = read > written ? read : written;
    return DVFO_OK;
}

static dvfo_status compute_global_pool(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                       const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_POOL;
    layer->out = (struct dvfo_shape){in->channels, 1, 1};
    layer->work_flop = elements(*in);
    return DVFO_OK;
}

static dvfo_status compute_upsample(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                    int count, struct dvfo_layer *layer)
{
    if ((count == 2) == (def->scale > 0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "expected either 'scale' or a second input whose size it takes");
    }
    layer->op = DVFO_OP_RESIZE;
    layer->out = count == 2 ? (struct dvfo_shape){in->channels, in[1].height, in[1].width}
                            : (struct dvfo_shape){in->channels, in->height * def->scale, in->width * def->scale};
    layer->input_elements = elements(*in); /* of the second input only the size is used */
    layer->work_flop = elements(layer->out);
    return DVFO_OK;
}

/* ---- dense, recurrent, attention ---- */

/* On a sequence the same weights serve every step. */
static dvfo_status compute_dense(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                 int count, struct dvfo_layer *layer)
{
    (void)count;
    if (in->width != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "its input is %ldx%ldx%ld, expected a vector or a sequence: put flatten, tokens or "
                         "global-avgpool before it",
                         in->channels, in->height, in->width);
    }
    layer->op = DVFO_OP_DENSE;
    layer->out = (struct dvfo_shape){def->out, in->height, 1};
    count_multiply_adds(layer, (double)in->height * (double)in->channels * (double)def->out);
    layer->params = (double)def->out * ((double)in->channels + (def->bias ? 1.0 : 0.0));
    layer->weight_elements = layer->params;
    return DVFO_OK;
}

/* `gates` products of (input, state) with (D + H, H) per step. The input's products of all steps are one matrix
 * product, the state's wait for each other, so the H x H weights are read again at every step (they exceed an edge
 * GPU's cache). */
static dvfo_status compute_recurrent(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                     const struct dvfo_shape *in, int gates, struct dvfo_layer *layer)
{
    if (in->width != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "its input is %ldx%ldx%ld, expected a sequence (width 1)", in->channels,
                         in->height, in->width);
    }
    const double D = (double)in->channels, H = (double)def->out, T = (double)in->height;
    layer->op = DVFO_OP_RECURRENT;
    layer->out = (struct dvfo_shape){def->out, in->height, 1};
    count_multiply_adds(layer, T * gates * (D + H) * H);
    layer->params = gates * ((D + H) * H + H);
    layer->weight_elements = gates * (D * H + T * H * H + H);
    return DVFO_OK;
}

static dvfo_status compute_lstm(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                int count, struct dvfo_layer *layer)
{
    (void)count;
    return compute_recurrent(ctx, def, in, 4, layer);
}

static dvfo_status compute_gru(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                               int count, struct dvfo_layer *layer)
{
    (void)count;
    return compute_recurrent(ctx, def, in, 3, layer);
}

/* Q K^T of all heads: (D, T) and (D, S) give heads x S scores for each of T steps. */
static dvfo_status compute_scores(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                  int count, struct dvfo_layer *layer)
{
    (void)count;
    if (in[0].width != 1 || in[1].width != 1 || in[0].channels != in[1].channels) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "queries have %ld features and keys %ld, expected sequences with as many",
                         in[0].channels, in[1].channels);
    }
    if (in[0].channels < def->heads) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%d heads share %ld features, expected at least one each", def->heads,
                         in[0].channels);
    }
    layer->op = DVFO_OP_ATTENTION;
    layer->out = (struct dvfo_shape){def->heads * in[1].height, in[0].height, 1};
    count_multiply_adds(layer, (double)in[0].channels * (double)in[0].height * (double)in[1].height);
    return DVFO_OK;
}

/* Weights times values of all heads: (heads x S, T) and (D, S) give (D, T). */
static dvfo_status compute_values(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                  int count, struct dvfo_layer *layer)
{
    (void)count;
    if (in[1].width != 1 || in[0].channels != def->heads * in[1].height) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%ld weights per step don't fit %d heads and values of %ld steps",
                         in[0].channels, def->heads, in[1].height);
    }
    layer->op = DVFO_OP_ATTENTION;
    layer->out = (struct dvfo_shape){in[1].channels, in[0].height, 1};
    count_multiply_adds(layer, (double)in[1].channels * (double)in[0].height * (double)in[1].height);
    return DVFO_OK;
}

static dvfo_status compute_class_token(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                       const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)def;
    (void)count;
    if (in->width != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "its input has a width of %ld, expected a sequence (width 1)", in->width);
    }
    layer->op = DVFO_OP_VIEW;
    layer->out = (struct dvfo_shape){in->channels, in->height + 1, 1};
    layer->params = (double)in->channels;
    return DVFO_OK;
}

static dvfo_status compute_position(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                    int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_ELEMENTWISE;
    layer->out = *in;
    layer->params = elements(*in);
    layer->weight_elements = layer->params;
    layer->work_flop = elements(*in);
    return DVFO_OK;
}

/* ---- normalisation, activations, softmax ---- */

/* Fused it folds into the weights before it and costs nothing; alone it is a scale and a shift. */
static dvfo_status compute_batch_norm(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                      const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)count;
    layer->op = DVFO_OP_NORM;
    layer->out = *in;
    layer->params = def->frozen ? 0.0 : 2.0 * (double)in->channels;
    layer->weight_elements = def->host >= 0 ? 0.0 : 2.0 * (double)in->channels;
    layer->work_flop = def->host >= 0 ? 0.0 : 2.0 * elements(*in);
    return DVFO_OK;
}

static dvfo_status compute_layer_norm(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                      const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_NORM;
    layer->out = *in;
    layer->params = 2.0 * (double)in->channels;
    layer->weight_elements = layer->params;
    layer->work_flop = 7.0 * elements(*in); /* sum; subtract, square, sum; divide; scale, shift */
    return DVFO_OK;
}

static dvfo_status compute_activation(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                      const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_ELEMENTWISE;
    layer->out = *in;
    layer->work_flop = elements(*in);
    return DVFO_OK;
}

static dvfo_status compute_softmax(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                   int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_SOFTMAX;
    layer->out = *in;
    layer->work_flop = 3.0 * elements(*in); /* exponential, sum, division */
    return DVFO_OK;
}

/* ---- elementwise and views ---- */

static bool same_shape(struct dvfo_shape a, struct dvfo_shape b)
{
    return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

static dvfo_status compute_elementwise(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                       const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    const bool broadcast = strcmp(def->kind->name, "multiply") == 0; /* squeeze-excite: one factor per channel */
    for (int i = 1; i < count; i++) {
        const bool per_channel = broadcast && same_shape(in[i], (struct dvfo_shape){in->channels, 1, 1});
        if (!same_shape(in[0], in[i]) && !per_channel) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "input %d is %ldx%ldx%ld, expected %ldx%ldx%ld as the first", i + 1,
                             in[i].channels, in[i].height, in[i].width, in->channels, in->height, in->width);
        }
    }
    layer->op = DVFO_OP_ELEMENTWISE;
    layer->out = *in;
    layer->work_flop = (count - 1) * elements(*in);
    return DVFO_OK;
}

static dvfo_status compute_concat(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                  int count, struct dvfo_layer *layer)
{
    (void)def;
    layer->op = DVFO_OP_VIEW;
    layer->out = (struct dvfo_shape){0, in->height, in->width};
    for (int i = 0; i < count; i++) {
        if (in[i].height != in->height || in[i].width != in->width) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "input %d is %ldx%ld, expected %ldx%ld as the first", i + 1,
                             in[i].height, in[i].width, in->height, in->width);
        }
        layer->out.channels += in[i].channels;
    }
    return DVFO_OK;
}

static dvfo_status compute_flatten(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                   int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_VIEW;
    layer->out = (struct dvfo_shape){in->channels * in->height * in->width, 1, 1};
    return DVFO_OK;
}

static dvfo_status compute_tokens(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                  int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_VIEW;
    layer->out = (struct dvfo_shape){in->channels, in->height * in->width, 1};
    return DVFO_OK;
}

static dvfo_status compute_slice(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                                 int count, struct dvfo_layer *layer)
{
    (void)count;
    if (def->part > def->of || in->channels < def->of) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "takes part %d of %d from %ld channels, expected a part that exists",
                         def->part, def->of, in->channels);
    }
    layer->op = DVFO_OP_VIEW;
    layer->out = (struct dvfo_shape){in->channels / def->of, in->height, in->width};
    layer->input_elements = elements(layer->out);
    return DVFO_OK;
}

static dvfo_status compute_first_step(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def,
                                      const struct dvfo_shape *in, int count, struct dvfo_layer *layer)
{
    (void)ctx;
    (void)def;
    (void)count;
    layer->op = DVFO_OP_VIEW;
    layer->out = (struct dvfo_shape){in->channels, 1, 1};
    layer->input_elements = elements(layer->out);
    return DVFO_OK;
}

/* ---- the table ---- */

static const char *const no_keys[] = {NULL};
static const char *const conv_keys[] = {"out", "kernel", "stride", "pad", "dilation", "groups", "bias", NULL};
static const char *const depthwise_keys[] = {"kernel", "stride", "pad", "dilation", "bias", NULL};
static const char *const patches_keys[] = {"out", "size", "bias", NULL};
static const char *const pool_keys[] = {"kernel", "stride", "pad", NULL};
static const char *const adaptive_keys[] = {"to", NULL};
static const char *const width_keys[] = {"out", "bias", NULL};
static const char *const recurrent_keys[] = {"out", NULL};
static const char *const upsample_keys[] = {"scale", NULL};
static const char *const heads_keys[] = {"heads", NULL};
static const char *const slice_keys[] = {"part", "of", NULL};

enum { MANY = DVFO_MAX_LAYER_INPUTS };

/* name, keys, inputs (fewest, most), width of its own, hosts normalisation, hosts activation, function */
static const struct dvfo_operator operators[] = {
    {"conv", conv_keys, 1, 1, true, true, true, compute_conv},
    {"depthwise", depthwise_keys, 1, 1, false, true, true, compute_depthwise},
    {"patches", patches_keys, 1, 1, true, true, true, compute_patches},
    {"dense", width_keys, 1, 1, true, true, true, compute_dense},
    {"lstm", recurrent_keys, 1, 1, true, false, false, compute_lstm},
    {"gru", recurrent_keys, 1, 1, true, false, false, compute_gru},
    {"attention-scores", heads_keys, 2, 2, false, false, false, compute_scores},
    {"attention-values", heads_keys, 2, 2, false, false, false, compute_values},
    {"maxpool", pool_keys, 1, 1, false, false, false, compute_pool},
    {"avgpool", pool_keys, 1, 1, false, false, false, compute_pool},
    {"adaptive-avgpool", adaptive_keys, 1, 1, false, false, false, compute_adaptive},
    {"global-avgpool", no_keys, 1, 1, false, false, false, compute_global_pool},
    {"upsample", upsample_keys, 1, 2, false, false, false, compute_upsample},
    {"batch-norm", no_keys, 1, 1, false, false, true, compute_batch_norm},
    {"layer-norm", no_keys, 1, 1, false, false, false, compute_layer_norm},
    {"softmax", no_keys, 1, 1, false, false, false, compute_softmax},
    {"add", no_keys, 2, MANY, false, false, true, compute_elementwise},
    {"multiply", no_keys, 2, 2, false, false, true, compute_elementwise},
    {"position-embedding", no_keys, 1, 1, false, false, false, compute_position},
    {"concat", no_keys, 2, MANY, false, false, false, compute_concat},
    {"flatten", no_keys, 1, 1, false, false, false, compute_flatten},
    {"tokens", no_keys, 1, 1, false, false, false, compute_tokens},
    {"slice", slice_keys, 1, 1, false, false, false, compute_slice},
    {"class-token", no_keys, 1, 1, false, false, false, compute_class_token},
    {"first-step", no_keys, 1, 1, false, false, false, compute_first_step},
    {"relu", no_keys, 1, 1, false, false, false, compute_activation},
    {"relu6", no_keys, 1, 1, false, false, false, compute_activation},
    {"clipped-relu", no_keys, 1, 1, false, false, false, compute_activation},
    {"leaky-relu", no_keys, 1, 1, false, false, false, compute_activation},
    {"swish", no_keys, 1, 1, false, false, false, compute_activation},
    {"hard-swish", no_keys, 1, 1, false, false, false, compute_activation},
    {"sigmoid", no_keys, 1, 1, false, false, false, compute_activation},
    {"hard-sigmoid", no_keys, 1, 1, false, false, false, compute_activation},
    {"tanh", no_keys, 1, 1, false, false, false, compute_activation},
    {"gelu", no_keys, 1, 1, false, false, false, compute_activation},
};

const struct dvfo_operator *dvfo_operator_find(const char *name)
{
    for (size_t i = 0; i < ROWS(operators); i++) {
        if (strcmp(operators[i].name, name) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}

size_t dvfo_operator_names(const char *names[], size_t max)
{
    for (size_t i = 0; i < ROWS(operators) && i < max; i++) {
        names[i] = operators[i].name;
    }
    return ROWS(operators);
}

bool dvfo_operator_is_activation(const struct dvfo_operator *kind)
{
    return kind->compute == compute_activation;
}

dvfo_status dvfo_layer_compute(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                               struct dvfo_layer *layer)
{
    layer->in = in[0];
    layer->fused = def->host >= 0;
    layer->host = def->host;
    layer->shared_with = def->shared_with;
    layer->heads = def->heads;
    layer->part = def->part;
    layer->of = def->of;
    layer->input_elements = 0.0;
    for (int i = 0; i < layer->input_count; i++) {
        layer->input_elements += elements(in[i]);
    }
    DVFO_TRY(def->kind->compute(ctx, def, in, layer->input_count, layer));
    layer->output_elements = elements(layer->out);
    if (layer->output_elements > DVFO_MAX_LAYER_ELEMENTS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "its output of %ldx%ldx%ld holds more than %g numbers",
                         layer->out.channels, layer->out.height, layer->out.width, DVFO_MAX_LAYER_ELEMENTS);
    }
    return DVFO_OK;
}
