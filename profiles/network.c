#include "profiles/network.h"

#include <string.h>

#include "profiles/network_graph.h"
#include "sim/base/data_path.h"

static const struct {
    const char *name;
} op_rows[] = {
#define OP_ROW(name, text, what) {text},
    DVFO_OP_LIST(OP_ROW)
#undef OP_ROW
};

const char *dvfo_op_name(dvfo_op op)
{
    return (int)op >= 0 && op < DVFO_OP_COUNT ? op_rows[op].name : "?";
}

dvfo_op dvfo_op_of_name(const char *name)
{
    int op = 0;
    while (op < DVFO_OP_COUNT && strcmp(op_rows[op].name, name) != 0) {
        op++;
    }
    return (dvfo_op)op;
}

double dvfo_shape_elements(struct dvfo_shape shape)
{
    return (double)shape.channels * (double)shape.height * (double)shape.width;
}

dvfo_status dvfo_network_load(struct dvfo_ctx *ctx, const char *name, long input_px, const char *variant,
                              struct dvfo_network **out)
{
    *out = NULL;
    if (input_px != 0 && variant != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "both an input size (%ld) and an input variant ('%s') are asked for, "
                         "expected one of them",
                         input_px, variant);
    }
    char path[DVFO_PATH_SIZE];
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_data_path(ctx, "network", "profiles/networks", name, ".yaml", path));
    DVFO_TRY(dvfo_yaml_load(ctx, path, &yaml));
    return dvfo_network_read(ctx, yaml, input_px, variant, out);
}

dvfo_status dvfo_network_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                     struct dvfo_network **out)
{
    *out = NULL;
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_yaml_from_memory(ctx, name, bytes, size, &yaml));
    return dvfo_network_read(ctx, yaml, 0, NULL, out);
}

void dvfo_network_free(struct dvfo_network *network)
{
    if (network == NULL) {
        return;
    }
    for (size_t i = 0; i < network->n; i++) {
        free(network->layers[i].name);
        free(network->layers[i].kind);
    }
    free(network->defs);
    free(network->cuts);
    free(network->layers);
    free(network->variant);
    free(network->path);
    free(network->source);
    free(network->title);
    free(network->name);
    free(network);
}

double dvfo_layer_traffic_byte(const struct dvfo_layer *layer, double bytes_per_element)
{
    if (layer->fused || layer->op == DVFO_OP_VIEW) {
        return 0.0;
    }
    return bytes_per_element * (layer->weight_elements + layer->input_elements + layer->output_elements);
}

struct dvfo_shape dvfo_network_shape(const struct dvfo_network *network, int index)
{
    return index < 0 ? network->input : network->layers[index].out;
}

/* Room for one more layer; arrays double at powers of two. */
static bool grow(struct dvfo_network *network)
{
    const size_t n = network->n;
    if (n != 0 && (n & (n - 1)) != 0) {
        return true;
    }
    const size_t capacity = n == 0 ? 1 : 2 * n;
    struct dvfo_layer *layers = realloc(network->layers, capacity * sizeof *layers);
    network->layers = layers != NULL ? layers : network->layers;
    struct dvfo_layer_def *defs = realloc(network->defs, capacity * sizeof *defs);
    network->defs = defs != NULL ? defs : network->defs;
    return layers != NULL && defs != NULL;
}

static dvfo_status share_parameters(struct dvfo_ctx *ctx, const struct dvfo_network *network, int owner_index,
                                    struct dvfo_layer *layer)
{
    const struct dvfo_layer *owner = &network->layers[owner_index];
    if (owner->params != layer->params || strcmp(owner->kind, layer->kind) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "shares the parameters of '%s' (%s with %.0f), but is %s with %.0f, expected the same",
                         owner->name, owner->kind, owner->params, layer->kind, layer->params);
    }
    layer->params = 0.0; /* counted where they were met first; the kernel reads them again */
    return DVFO_OK;
}

dvfo_status dvfo_network_append(struct dvfo_ctx *ctx, struct dvfo_network *network, const char *name,
                                const struct dvfo_layer_def *def, const int *inputs, int input_count, int *out_index)
{
    if (network->n >= DVFO_MAX_LAYERS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the network has more than %d layers", DVFO_MAX_LAYERS);
    }
    DVFO_REQUIRE(input_count <= DVFO_MAX_LAYER_INPUTS);
    struct dvfo_layer layer = {.input_count = input_count};
    struct dvfo_shape in[DVFO_MAX_LAYER_INPUTS];
    for (int i = 0; i < input_count; i++) {
        layer.inputs[i] = inputs[i];
        in[i] = dvfo_network_shape(network, inputs[i]);
    }
    DVFO_TRY(dvfo_layer_compute(ctx, def, in, &layer));
    layer.name = dvfo_text_copy(name);
    layer.kind = dvfo_text_copy(def->kind->name);
    dvfo_status status = layer.name != NULL && layer.kind != NULL && grow(network) ? DVFO_OK : dvfo_fail_no_memory(ctx);
    if (status == DVFO_OK && def->shared_with >= 0) {
        status = share_parameters(ctx, network, def->shared_with, &layer);
    }
    if (status != DVFO_OK) {
        free(layer.name);
        free(layer.kind);
        return status;
    }
    if (out_index != NULL) {
        *out_index = (int)network->n;
    }
    network->layers[network->n] = layer;
    network->defs[network->n++] = *def;
    return DVFO_OK;
}

/* What a fused layer computes is done by its host; folding a normalisation leaves one bias per channel to read. */
static void charge_hosts(struct dvfo_network *network)
{
    for (size_t i = 0; i < network->n; i++) {
        struct dvfo_layer *layer = &network->layers[i];
        if (!layer->fused) {
            continue;
        }
        const struct dvfo_layer_def *def = &network->defs[i];
        struct dvfo_layer *host = &network->layers[def->host];
        host->work_flop += layer->work_flop;
        layer->work_flop = 0.0;
        if (layer->op == DVFO_OP_NORM && !network->defs[def->host].bias) {
            host->weight_elements += (double)layer->out.channels;
        }
    }
}

/* last_use[i]: index of the last layer that reads i's output, -1 when none does; n for the network's outputs would lie:
 * an output is needed by the world, so it stays needed to the end. Entry 0 stands for the network's input. */
static void find_last_uses(const struct dvfo_network *network, int *last_use)
{
    for (size_t i = 0; i <= network->n; i++) {
        last_use[i] = -1;
    }
    for (size_t i = 0; i < network->n; i++) {
        for (int k = 0; k < network->layers[i].input_count; k++) {
            last_use[network->layers[i].inputs[k] + 1] = (int)i;
        }
    }
    for (size_t i = 1; i <= network->n; i++) {
        last_use[i] = last_use[i] < 0 ? (int)network->n : last_use[i];
    }
}

/* After layer i one tensor holds everything still needed when all tensors before i's are done with. */
static void find_cuts(struct dvfo_network *network, const int *last_use)
{
    int busy_until = last_use[0]; /* of everything before i */
    network->cut_count = 0;
    for (int i = 0; i + 1 < (int)network->n; i++) {
        const bool is_output = last_use[i + 1] == (int)network->n;
        if (busy_until <= i && !is_output && !network->layers[i + 1].fused) {
            network->cuts[network->cut_count++] = i;
        }
        busy_until = last_use[i + 1] > busy_until ? last_use[i + 1] : busy_until;
    }
}

static void sum_up(struct dvfo_network *network, const int *last_use)
{
    network->work_flop = network->macs = network->params = network->output_elements = 0.0;
    for (size_t i = 0; i < network->n; i++) {
        const struct dvfo_layer *layer = &network->layers[i];
        network->work_flop += layer->work_flop;
        network->macs += layer->macs;
        network->params += layer->params;
        network->output_elements += last_use[i + 1] == (int)network->n ? dvfo_shape_elements(layer->out) : 0.0;
    }
}

dvfo_status dvfo_network_finish(struct dvfo_ctx *ctx, struct dvfo_network *network)
{
    int *last_use = calloc(network->n + 1, sizeof *last_use);
    network->cuts = calloc(network->n, sizeof *network->cuts);
    if (last_use == NULL || network->cuts == NULL) {
        free(last_use);
        return dvfo_fail_no_memory(ctx);
    }
    charge_hosts(network);
    find_last_uses(network, last_use);
    find_cuts(network, last_use);
    sum_up(network, last_use);
    free(last_use);
    return DVFO_OK;
}
