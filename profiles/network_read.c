/* A description as a whole: who it is, which inputs it takes, its layers, its split. */
#include <string.h>

#include "profiles/network_graph.h"
#include "sim/base/nearest.h"

enum { MAX_SIZE_PX = 8192, MAX_STEPS = 100000, MAX_VARIANTS = 16 };

/* One entry of `inputs`. A later one may be a single number, size or steps, and take the rest from the first. */
struct input {
    bool image;
    long long channels, size;           /* images */
    long long features, context, steps; /* sequences: a step sees `context` steps before and after it */
    double step_s;
};

static dvfo_status read_image(struct dvfo_ctx *ctx, dvfo_yaml_node node, struct input *input)
{
    static const char *const keys[] = {"channels", "size", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, node, keys));
    DVFO_TRY(dvfo_yaml_integer(ctx, node, "channels", 1, 4096, &input->channels));
    return dvfo_yaml_integer(ctx, node, "size", 1, MAX_SIZE_PX, &input->size);
}

static dvfo_status read_sequence(struct dvfo_ctx *ctx, dvfo_yaml_node node, struct input *input)
{
    static const char *const keys[] = {"features", "context", "steps", "step_s", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, node, keys));
    DVFO_TRY(dvfo_yaml_integer(ctx, node, "features", 1, 100000, &input->features));
    DVFO_TRY(dvfo_yaml_integer_or(ctx, node, "context", 0, 1000, 0, &input->context));
    DVFO_TRY(dvfo_yaml_integer(ctx, node, "steps", 1, MAX_STEPS, &input->steps));
    return dvfo_yaml_number(ctx, node, "step_s", 1e-6, 3600.0, &input->step_s);
}

static dvfo_status read_input(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *name, const struct input *first,
                              struct input *input)
{
    if (first != NULL && dvfo_yaml_is_scalar(node)) {
        *input = *first;
        return dvfo_yaml_as_integer(ctx, node, name, 1, first->image ? MAX_SIZE_PX : MAX_STEPS,
                                    first->image ? &input->size : &input->steps);
    }
    *input = (struct input){.image = dvfo_yaml_is_null(dvfo_yaml_find(node, "features"))};
    if (first != NULL && first->image != input->image) {
        return dvfo_yaml_fail(ctx, node, "'%s' is %s, expected %s as the first input", name,
                              input->image ? "an image" : "a sequence", first->image ? "an image" : "a sequence");
    }
    return input->image ? read_image(ctx, node, input) : read_sequence(ctx, node, input);
}

static dvfo_status fail_unknown_variant(struct dvfo_ctx *ctx, dvfo_yaml_node inputs, const char *variant)
{
    const char *names[MAX_VARIANTS];
    char list[200] = "";
    size_t used = 0;
    const size_t count = dvfo_yaml_count(inputs);
    for (size_t i = 0; i < count; i++) {
        dvfo_yaml_node value;
        dvfo_yaml_pair(inputs, i, &names[i], &value);
        if (used < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.40s", i > 0 ? ", " : "", names[i]);
        }
    }
    const char *near = dvfo_nearest(variant, names, count);
    return dvfo_yaml_fail(ctx, inputs, "has no input variant '%.60s', expected one of: %s%s%s%s", variant, list,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Read all variants (so that a mistake in any is told), keep the one asked for: the first when `variant` is NULL. */
static dvfo_status choose_input(struct dvfo_ctx *ctx, dvfo_yaml_node root, const char *variant, struct input *chosen,
                                const char **name)
{
    dvfo_yaml_node inputs, value;
    struct input first, input;
    DVFO_TRY(dvfo_yaml_need_map(ctx, root, "inputs", &inputs));
    const size_t count = dvfo_yaml_count(inputs);
    if (count == 0 || count > MAX_VARIANTS) {
        return dvfo_yaml_fail(ctx, inputs, "'inputs' has %zu variants, expected 1 to %d", count, MAX_VARIANTS);
    }
    *name = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        dvfo_yaml_pair(inputs, i, &key, &value);
        DVFO_TRY(read_input(ctx, value, key, i == 0 ? NULL : &first, &input));
        first = i == 0 ? input : first;
        if (*name == NULL && (variant == NULL || strcmp(variant, key) == 0)) {
            *name = key;
            *chosen = input;
        }
    }
    return *name != NULL ? DVFO_OK : fail_unknown_variant(ctx, inputs, variant);
}

static dvfo_status override_size(struct dvfo_ctx *ctx, dvfo_yaml_node root, long input_px, struct input *input)
{
    const long most = input->image ? MAX_SIZE_PX : MAX_STEPS;
    if (input_px < 1 || input_px > most) {
        return dvfo_yaml_fail(ctx, root, "an input of %ld %s is asked for, expected 1 to %ld", input_px,
                              input->image ? "px" : "steps", most);
    }
    *(input->image ? &input->size : &input->steps) = input_px;
    return DVFO_OK;
}

static void set_input(struct dvfo_network *network, const struct input *input)
{
    network->image_input = input->image;
    if (input->image) {
        network->input = (struct dvfo_shape){(long)input->channels, (long)input->size, (long)input->size};
        return;
    }
    network->input = (struct dvfo_shape){(long)(input->features * (2 * input->context + 1)), (long)input->steps, 1};
    network->input_seconds = (double)input->steps * input->step_s;
}

static dvfo_status read_names(struct dvfo_ctx *ctx, dvfo_yaml_node root, const char *variant,
                              struct dvfo_network *network)
{
    const char *name = NULL, *title = NULL, *source = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, root, "name", &name));
    DVFO_TRY(dvfo_yaml_string(ctx, root, "title", &title));
    DVFO_TRY(dvfo_yaml_string(ctx, root, "source", &source));
    network->name = dvfo_text_copy(name);
    network->title = dvfo_text_copy(title);
    network->source = dvfo_text_copy(source);
    network->path = dvfo_text_copy(dvfo_yaml_name(root.yaml));
    network->variant = dvfo_text_copy(variant);
    memcpy(network->sha256, dvfo_yaml_sha256(root.yaml), sizeof network->sha256);
    return network->name && network->title && network->source && network->path && network->variant
               ? DVFO_OK
               : dvfo_fail_no_memory(ctx);
}

/* The split as the file names it; a file without one takes the stated rule, or the first cut where that finds none. */
static dvfo_status set_split(struct dvfo_ctx *ctx, dvfo_yaml_node root, const char *name, int index,
                             struct dvfo_network *network)
{
    if (network->cut_count == 0) {
        return dvfo_yaml_fail(ctx, root,
                              "can't be split anywhere, expected a layer after which one tensor holds "
                              "everything still needed");
    }
    if (name == NULL) {
        const int by_rule = dvfo_network_split_by_rule(network);
        network->split = network->own_split = by_rule >= 0 ? by_rule : network->cuts[0];
        return DVFO_OK;
    }
    const dvfo_yaml_node node = dvfo_yaml_find(root, "split");
    if (index < 0) {
        return dvfo_yaml_fail(ctx, node, "'split' is '%.60s', expected the name of a layer", name);
    }
    if (!dvfo_network_is_cut(network, index)) {
        return dvfo_yaml_fail(ctx, node,
                              "'split' is '%.60s', expected a layer after which one tensor holds everything "
                              "still needed ('dvfo show network' marks them)",
                              name);
    }
    network->split = network->own_split = index;
    return DVFO_OK;
}

static dvfo_status read_root(struct dvfo_ctx *ctx, dvfo_yaml_node root, long input_px, const char *variant,
                             struct dvfo_network *network)
{
    static const char *const keys[] = {"name",   "title",  "source", "inputs", "defaults",
                                       "blocks", "layers", "split",  NULL};
    static const char *const maps[] = {"defaults", "blocks"};
    const char *variant_name = NULL, *split_name = NULL;
    struct input input = {.image = false};
    DVFO_TRY(dvfo_yaml_allow(ctx, root, keys));
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        dvfo_yaml_node node = dvfo_yaml_find(root, maps[i]);
        if (!dvfo_yaml_is_null(node)) {
            DVFO_TRY(dvfo_yaml_need_map(ctx, root, maps[i], &node));
        }
    }
    DVFO_TRY(dvfo_yaml_string_or(ctx, root, "split", NULL, &split_name));
    DVFO_TRY(choose_input(ctx, root, variant, &input, &variant_name));
    if (input_px != 0) {
        DVFO_TRY(override_size(ctx, root, input_px, &input));
        variant_name = "custom";
    }
    DVFO_TRY(read_names(ctx, root, variant_name, network));
    set_input(network, &input);

    int split = -1;
    DVFO_TRY(dvfo_network_expand(ctx, network, root, split_name, &split));
    if (network->n == 0) {
        return dvfo_yaml_fail(ctx, root, "has no layers, expected at least one");
    }
    DVFO_TRY(dvfo_network_finish(ctx, network));
    return set_split(ctx, root, split_name, split, network);
}

dvfo_status dvfo_network_read(struct dvfo_ctx *ctx, struct dvfo_yaml *yaml, long input_px, const char *variant,
                              struct dvfo_network **out)
{
    *out = NULL;
    struct dvfo_network *network = calloc(1, sizeof *network);
    dvfo_status status =
        network != NULL ? read_root(ctx, dvfo_yaml_root(yaml), input_px, variant, network) : dvfo_fail_no_memory(ctx);
    if (status == DVFO_OK) {
        *out = network;
        network = NULL;
    }
    dvfo_network_free(network);
    dvfo_yaml_free(yaml);
    return status;
}
