/* The slimmable tail of Eq. (8): the same definitions behind the split, with a share of their channels. */
#include "profiles/network.h"

#include <math.h>
#include <string.h>

#include "profiles/network_graph.h"

static long scaled(long channels, double width)
{
    const long kept = lround(width * (double)channels);
    return kept > 1 ? kept : 1;
}

void dvfo_network_find_kept(const struct dvfo_network *network, bool *keeps)
{
    for (size_t i = 0; i < network->n; i++) {
        keeps[i] = true;
    }
    for (size_t i = 0; i < network->n; i++) { /* who feeds somebody is no output */
        for (int k = 0; k < network->layers[i].input_count; k++) {
            if (network->layers[i].inputs[k] >= 0) {
                keeps[network->layers[i].inputs[k]] = false;
            }
        }
    }
    for (int i = (int)network->n - 1; i >= 0; i--) {
        for (int k = 0; keeps[i] && !network->defs[i].kind->own_width && k < network->layers[i].input_count; k++) {
            if (network->layers[i].inputs[k] >= 0) {
                keeps[network->layers[i].inputs[k]] = true;
            }
        }
    }
}

static dvfo_status find_kept(struct dvfo_ctx *ctx, const struct dvfo_network *network, bool *keeps)
{
    dvfo_network_find_kept(network, keeps);
    return !keeps[network->split] ? DVFO_OK
                                  : dvfo_fail(ctx, DVFO_BAD_INPUT,
                                              "%s can't be slimmed behind '%s': no layer there has a width of its own",
                                              network->name, network->layers[network->split].name);
}

static long input_channels(const struct dvfo_network *slim, int input, int split, double width)
{
    const long channels = dvfo_network_shape(slim, input).channels;
    return input == split ? scaled(channels, width) : channels;
}

/* The definition at a width. Heads keep their size, so there are fewer; groups fall to a number that still divides. */
static struct dvfo_layer_def slim_def(const struct dvfo_network *network, const struct dvfo_network *slim, int i,
                                      bool keep, double width)
{
    struct dvfo_layer_def def = network->defs[i];
    if (keep || width == 1.0) {
        return def;
    }
    def.out = def.kind->own_width ? scaled(def.out, width) : def.out;
    def.heads = def.heads > 0 ? (int)scaled(def.heads, width) : 0;
    const long in = input_channels(slim, network->layers[i].inputs[0], network->split, width);
    const bool depthwise = network->layers[i].op == DVFO_OP_DEPTHWISE && def.kind->own_width;
    def.groups = depthwise && in == def.out ? (int)in : def.groups;
    while (def.groups > 1 && (in % def.groups != 0 || def.out % def.groups != 0)) {
        def.groups--;
    }
    return def;
}

static dvfo_status copy_words(struct dvfo_ctx *ctx, const struct dvfo_network *from, struct dvfo_network *to)
{
    to->name = dvfo_text_copy(from->name);
    to->title = dvfo_text_copy(from->title);
    to->source = dvfo_text_copy(from->source);
    to->path = dvfo_text_copy(from->path);
    to->variant = dvfo_text_copy(from->variant);
    memcpy(to->sha256, from->sha256, sizeof to->sha256);
    to->image_input = from->image_input;
    to->input_seconds = from->input_seconds;
    to->input = from->input;
    to->split = from->split;
    to->own_split = from->own_split;
    return to->name && to->title && to->source && to->path && to->variant ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

/* Layers 0..split as they are; behind it each is computed again, and reads a split of `width` of its channels. */
static dvfo_status append_all(struct dvfo_ctx *ctx, const struct dvfo_network *network, const bool *keeps, double width,
                              struct dvfo_network *slim)
{
    for (int i = 0; i < (int)network->n; i++) {
        const struct dvfo_layer *layer = &network->layers[i];
        const bool tail = i > network->split;
        const struct dvfo_layer_def def = tail ? slim_def(network, slim, i, keeps[i], width) : network->defs[i];
        const long full_channels = slim->n > (size_t)network->split ? slim->layers[network->split].out.channels : 0;
        if (tail) { /* what the tail sees of the split */
            slim->layers[network->split].out.channels = scaled(full_channels, width);
        }
        struct dvfo_ctx local = {0};
        const dvfo_status status =
            dvfo_network_append(&local, slim, layer->name, &def, layer->inputs, layer->input_count, NULL);
        if (tail) {
            slim->layers[network->split].out.channels = full_channels;
        }
        if (status != DVFO_OK) {
            return dvfo_fail(ctx, status, "%s can't be slimmed to %g: layer '%s': %s", network->name, width,
                             layer->name, local.message);
        }
    }
    return dvfo_network_finish(ctx, slim);
}

dvfo_status dvfo_network_slim(struct dvfo_ctx *ctx, const struct dvfo_network *network, double width,
                              struct dvfo_network **out)
{
    *out = NULL;
    if (!(width > 0.0 && width <= 1.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the width of a slim tail is %g, expected more than 0 and at most 1",
                         width);
    }
    DVFO_REQUIRE(network->defs != NULL);
    struct dvfo_network *slim = calloc(1, sizeof *slim);
    bool *keeps = calloc(network->n, sizeof *keeps);
    dvfo_status status = slim != NULL && keeps != NULL ? copy_words(ctx, network, slim) : dvfo_fail_no_memory(ctx);
    if (status == DVFO_OK && width < 1.0) {
        status = find_kept(ctx, network, keeps);
    }
    if (status == DVFO_OK) {
        status = append_all(ctx, network, keeps, width, slim);
    }
    if (status == DVFO_OK) {
        *out = slim;
        slim = NULL;
    }
    free(keeps);
    dvfo_network_free(slim);
    return status;
}
