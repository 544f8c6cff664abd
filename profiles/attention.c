#include "profiles/attention.h"

enum { LAYERS = 9, REDUCTION = 16, KERNEL = 7 };

struct row {
    const char *name, *kind;
    dvfo_op op;
    struct dvfo_shape in, out;
    double macs, flop, weights, input, output;
    int kernel;
};

static dvfo_status fill(struct dvfo_ctx *ctx, const struct row *row, int index, struct dvfo_layer *layer)
{
    *layer = (struct dvfo_layer){.op = row->op,
                                 .in = row->in,
                                 .out = row->out,
                                 .kernel_h = row->kernel,
                                 .kernel_w = row->kernel,
                                 .stride = row->kernel > 0 ? 1 : 0,
                                 .host = -1,
                                 .shared_with = -1,
                                 .work_flop = 2.0 * row->macs + row->flop,
                                 .macs = row->macs,
                                 .params = row->weights,
                                 .weight_elements = row->weights,
                                 .input_elements = row->input,
                                 .output_elements = row->output,
                                 .inputs = {index - 1},
                                 .input_count = 1};
    layer->name = dvfo_text_copy(row->name);
    layer->kind = dvfo_text_copy(row->kind);
    return layer->name == NULL || layer->kind == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

dvfo_status dvfo_attention_network(struct dvfo_ctx *ctx, struct dvfo_shape feature, struct dvfo_network **out)
{
    const double C = (double)feature.channels, HW = (double)(feature.height * feature.width), CHW = C * HW;
    const long squeezed = feature.channels < REDUCTION ? 1 : feature.channels / REDUCTION;
    const double R = (double)squeezed;
    const struct dvfo_shape map = feature, channels = {feature.channels, 1, 1}, pooled = {2 * feature.channels, 1, 1};
    const struct dvfo_shape hidden = {2 * squeezed, 1, 1}, two = {2, feature.height, feature.width};
    const struct dvfo_shape one = {1, feature.height, feature.width};
    const struct row rows[LAYERS] = {
        {"channel.pool", "pool", DVFO_OP_POOL, map, pooled, 0.0, 2.0 * CHW, 0.0, CHW, 2.0 * C, 0},
        {"channel.squeeze", "dense", DVFO_OP_DENSE, pooled, hidden, 2.0 * C * R, 0.0, C * R, 2.0 * C, 2.0 * R, 0},
        {"channel.excite", "dense", DVFO_OP_DENSE, hidden, pooled, 2.0 * C * R, 0.0, C * R, 2.0 * R, 2.0 * C, 0},
        {"channel.gate", "add", DVFO_OP_ELEMENTWISE, pooled, channels, 0.0, 3.0 * C, 0.0, 2.0 * C, C, 0},
        {"channel.scale", "multiply", DVFO_OP_ELEMENTWISE, map, map, 0.0, CHW, 0.0, CHW + C, CHW, 0},
        {"spatial.pool", "pool", DVFO_OP_POOL, map, two, 0.0, 2.0 * CHW, 0.0, CHW, 2.0 * HW, 0},
        {"spatial.conv", "conv", DVFO_OP_CONV_OTHER, two, one, 2.0 * KERNEL * KERNEL * HW, 0.0, 2.0 * KERNEL * KERNEL,
         2.0 * HW, HW, KERNEL},
        {"spatial.scale", "multiply", DVFO_OP_ELEMENTWISE, map, map, 0.0, CHW, 0.0, CHW + HW, CHW, 0},
        {"importance", "softmax", DVFO_OP_SOFTMAX, channels, channels, 0.0, 3.0 * C, 0.0, C, C, 0},
    };
    struct dvfo_network *network = calloc(1, sizeof *network);
    *out = network;
    if (network == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = DVFO_OK;
    network->name = dvfo_text_copy("attention");
    network->layers = calloc(LAYERS, sizeof *network->layers);
    if (network->name == NULL || network->layers == NULL) {
        status = dvfo_fail_no_memory(ctx);
    }
    network->input = feature;
    network->split = network->own_split = -1;
    for (int i = 0; status == DVFO_OK && i < LAYERS; i++) {
        struct dvfo_layer *layer = &network->layers[network->n++];
        status = fill(ctx, &rows[i], i, layer);
        network->work_flop += layer->work_flop;
        network->macs += layer->macs;
        network->params += layer->params;
    }
    network->output_elements = C;
    if (status != DVFO_OK) {
        dvfo_network_free(network);
        *out = NULL;
    }
    return status;
}
