/* {"Layers": [...], "Bindings": [...]}: names alone, or objects with shapes and kernels. */
#include <string.h>

#include "profiles/logs/trtexec.h"
#include "profiles/logs/trtexec_json.h"

enum { MAX_LAYERS = 5000 };

static dvfo_status copy_string(struct dvfo_ctx *ctx, const json_t *object, const char *key, char **out)
{
    const char *value = json_string_value(json_object_get(object, key));
    *out = dvfo_text_copy(value == NULL ? "" : value);
    return *out == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

/* A list of whole numbers; nothing is told (rank 0) when it is anything else. A size of -1 is one that varies. */
static struct dvfo_trtexec_shape shape_of(const json_t *list)
{
    struct dvfo_trtexec_shape shape = {0};
    const size_t rank = json_array_size(list);
    for (size_t i = 0; i < rank && rank <= DVFO_TRTEXEC_MAX_RANK; i++) {
        const json_int_t size = json_integer_value(json_array_get(list, i));
        if (!json_is_integer(json_array_get(list, i)) || size < -1 || size > 1000000000) {
            return (struct dvfo_trtexec_shape){0};
        }
        shape.size[i] = (long)size;
        shape.rank = i + 1;
    }
    return shape;
}

static struct dvfo_trtexec_shape shape_of_first(const json_t *tensors)
{
    return shape_of(json_object_get(json_array_get(tensors, 0), "Dimensions"));
}

static void read_kernel(const json_t *element, struct dvfo_trtexec_description *layer)
{
    const json_t *kernel = json_object_get(element, "Kernel");
    const struct dvfo_trtexec_shape size = shape_of(kernel == NULL ? json_object_get(element, "WindowSize") : kernel);
    const struct dvfo_trtexec_shape stride = shape_of(json_object_get(element, "Stride"));
    if (size.rank == 2) {
        layer->kernel_h = size.size[0];
        layer->kernel_w = size.size[1];
        layer->stride = stride.rank == 2 ? stride.size[0] : 0;
    }
}

static dvfo_status read_layer(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *element, size_t place,
                              struct dvfo_trtexec_description *layer)
{
    const char *name =
        json_is_string(element) ? json_string_value(element) : json_string_value(json_object_get(element, "Name"));
    if (name == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: layer %zu has no name, expected a text or an object with 'Name'",
                         text->name, place);
    }
    layer->name = dvfo_text_copy(name);
    if (layer->name == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    DVFO_TRY(copy_string(ctx, element, "LayerType", &layer->type));
    DVFO_TRY(copy_string(ctx, element, "ParameterType", &layer->parameters));
    layer->in = shape_of_first(json_object_get(element, "Inputs"));
    layer->out = shape_of_first(json_object_get(element, "Outputs"));
    read_kernel(element, layer);
    return DVFO_OK;
}

static dvfo_status fill(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root,
                        struct dvfo_trtexec_layers *layers)
{
    const json_t *list = json_object_get(root, "Layers");
    const size_t n = json_array_size(list);
    if (n == 0 || n > MAX_LAYERS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: tells of %zu layers, expected 1 to %d", text->name, n, MAX_LAYERS);
    }
    memcpy(layers->sha256, text->sha256, sizeof layers->sha256);
    layers->name = dvfo_text_copy(text->name);
    layers->layer = calloc(n, sizeof *layers->layer);
    if (layers->name == NULL || layers->layer == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    layers->n = n;
    for (size_t i = 0; i < n; i++) {
        DVFO_TRY(read_layer(ctx, text, json_array_get(list, i), i + 1, &layers->layer[i]));
        layers->detailed = layers->detailed || layers->layer[i].out.rank > 0;
    }
    return DVFO_OK;
}

static dvfo_status read_layers(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root, void *out)
{
    struct dvfo_trtexec_layers *layers = calloc(1, sizeof *layers);
    if (layers == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = fill(ctx, text, root, layers);
    if (status != DVFO_OK) {
        dvfo_trtexec_layers_free(layers);
        return status;
    }
    *(struct dvfo_trtexec_layers **)out = layers;
    return DVFO_OK;
}

dvfo_status dvfo_trtexec_layers_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_trtexec_layers **out)
{
    *out = NULL;
    return dvfo_trtexec_json_load(ctx, path, DVFO_TRTEXEC_LAYERS, read_layers, out);
}

dvfo_status dvfo_trtexec_layers_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                            struct dvfo_trtexec_layers **out)
{
    *out = NULL;
    return dvfo_trtexec_json_from_memory(ctx, name, bytes, size, DVFO_TRTEXEC_LAYERS, read_layers, out);
}

void dvfo_trtexec_layers_free(struct dvfo_trtexec_layers *layers)
{
    if (layers != NULL) {
        for (size_t i = 0; layers->layer != NULL && i < layers->n; i++) {
            free(layers->layer[i].name);
            free(layers->layer[i].type);
            free(layers->layer[i].parameters);
        }
        free(layers->layer);
        free(layers->name);
        free(layers);
    }
}
