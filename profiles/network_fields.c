#include "profiles/network_fields.h"

#include <string.h>

#include "sim/base/nearest.h"

enum { MAX_KEYS = 24, MAX_OPERATORS = 64 };

static dvfo_yaml_node field(const struct dvfo_fields *fields, const char *key)
{
    const dvfo_yaml_node own = dvfo_yaml_find(fields->entry, key);
    if (!dvfo_yaml_is_null(own)) {
        return own;
    }
    return dvfo_yaml_find(dvfo_yaml_find(fields->defaults, fields->kind->name), key);
}

static bool has_key(const struct dvfo_operator *kind, const char *key)
{
    for (int i = 0; kind->keys[i] != NULL; i++) {
        if (strcmp(kind->keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* A whole number; `otherwise` below `min` means that the field is needed. Untouched when the operator has no such key.
 */
static dvfo_status read_int(const struct dvfo_fields *fields, const char *key, int min, int max, int otherwise,
                            int *out)
{
    if (!has_key(fields->kind, key)) {
        return DVFO_OK;
    }
    const dvfo_yaml_node node = field(fields, key);
    if (dvfo_yaml_is_null(node)) {
        *out = otherwise;
        return otherwise >= min
                   ? DVFO_OK
                   : dvfo_yaml_fail(fields->ctx, fields->entry, "%s needs the key '%s'", fields->kind->name, key);
    }
    long value = 0;
    DVFO_TRY(dvfo_scope_integer(fields->ctx, fields->scope, node, key, min, max, &value));
    *out = (int)value;
    return DVFO_OK;
}

/* One number for both directions or [vertical, horizontal]. */
static dvfo_status read_pair(const struct dvfo_fields *fields, dvfo_yaml_node node, const char *key, int min, int max,
                             int *h, int *w)
{
    const bool pair = dvfo_yaml_is_list(node);
    if (pair && dvfo_yaml_count(node) != 2) {
        return dvfo_yaml_fail(fields->ctx, node, "'%s' has %zu entries, expected one number or [height, width]", key,
                              dvfo_yaml_count(node));
    }
    int *const out[2] = {h, w};
    for (size_t i = 0; i < 2; i++) {
        long value = 0;
        DVFO_TRY(dvfo_scope_integer(fields->ctx, fields->scope, pair ? dvfo_yaml_item(node, i) : node, key, min, max,
                                    &value));
        *out[i] = (int)value;
    }
    return DVFO_OK;
}

static dvfo_status read_word(const struct dvfo_fields *fields, const char *key, const char *otherwise,
                             char word[DVFO_SCOPE_TEXT_SIZE])
{
    const dvfo_yaml_node node = field(fields, key);
    if (dvfo_yaml_is_null(node)) {
        strcpy(word, otherwise);
        return DVFO_OK;
    }
    return dvfo_scope_text(fields->ctx, fields->scope, node, key, word);
}

/* pad: half, same, valid, a number or [height, width]. */
static dvfo_status read_pad(const struct dvfo_fields *fields, const char *otherwise, struct dvfo_layer_def *def)
{
    const dvfo_yaml_node node = field(fields, "pad");
    if (dvfo_yaml_is_list(node)) {
        def->pad = DVFO_PAD_FIXED;
        return read_pair(fields, node, "pad", 0, 255, &def->pad_h, &def->pad_w);
    }
    char word[DVFO_SCOPE_TEXT_SIZE];
    DVFO_TRY(read_word(fields, "pad", otherwise, word));
    if (strcmp(word, "half") == 0 || strcmp(word, "same") == 0) {
        def->pad = word[0] == 'h' ? DVFO_PAD_HALF : DVFO_PAD_SAME;
        return DVFO_OK;
    }
    def->pad = DVFO_PAD_FIXED;
    if (strcmp(word, "valid") == 0) {
        return DVFO_OK;
    }
    if (strspn(word, "0123456789") != strlen(word)) {
        return dvfo_yaml_fail(fields->ctx, node, "'pad' is '%s', expected half, same, valid or a number", word);
    }
    return read_pair(fields, node, "pad", 0, 255, &def->pad_h, &def->pad_w);
}

static dvfo_status read_window(const struct dvfo_fields *fields, struct dvfo_layer_def *def)
{
    if (!has_key(fields->kind, "kernel")) {
        return DVFO_OK;
    }
    const bool pool = !has_key(fields->kind, "bias");
    const dvfo_yaml_node kernel = field(fields, "kernel");
    if (dvfo_yaml_is_null(kernel)) {
        return dvfo_yaml_fail(fields->ctx, fields->entry, "%s needs the key 'kernel'", fields->kind->name);
    }
    DVFO_TRY(read_pair(fields, kernel, "kernel", 1, 255, &def->kernel_h, &def->kernel_w));
    DVFO_TRY(read_int(fields, "stride", 1, 64, pool ? def->kernel_h : 1, &def->stride)); /* pools step by their size */
    DVFO_TRY(read_int(fields, "dilation", 1, 64, 1, &def->dilation));
    return read_pad(fields, pool ? "valid" : "half", def);
}

/* patches: kernel and stride are the patch. */
static dvfo_status read_patch(const struct dvfo_fields *fields, struct dvfo_layer_def *def)
{
    if (has_key(fields->kind, "size")) {
        DVFO_TRY(read_int(fields, "size", 1, 255, -1, &def->kernel_h));
        def->kernel_w = def->stride = def->kernel_h;
        def->pad = DVFO_PAD_FIXED;
    }
    return DVFO_OK;
}

static dvfo_status read_bias(const struct dvfo_fields *fields, bool has_norm, struct dvfo_layer_def *def)
{
    char word[DVFO_SCOPE_TEXT_SIZE];
    DVFO_TRY(read_word(fields, "bias", has_norm ? "false" : "true", word));
    def->bias = has_key(fields->kind, "bias") && strcmp(word, "true") == 0;
    if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0) {
        return dvfo_yaml_fail(fields->ctx, field(fields, "bias"), "'bias' is '%s', expected true or false", word);
    }
    return DVFO_OK;
}

static dvfo_status read_own(const struct dvfo_fields *fields, bool has_norm, struct dvfo_layer_def *def)
{
    int out = 0;
    *def = (struct dvfo_layer_def){
        .kind = fields->kind, .stride = 1, .dilation = 1, .groups = 1, .host = -1, .shared_with = -1};
    DVFO_TRY(read_int(fields, "out", 1, DVFO_MAX_CHANNELS, -1, &out));
    def->out = out;
    DVFO_TRY(read_window(fields, def));
    DVFO_TRY(read_patch(fields, def));
    DVFO_TRY(read_int(fields, "groups", 1, DVFO_MAX_CHANNELS, 1, &def->groups));
    DVFO_TRY(read_int(fields, "heads", 1, 1024, -1, &def->heads));
    DVFO_TRY(read_int(fields, "scale", 0, 64, 0, &def->scale));
    DVFO_TRY(read_int(fields, "to", 1, 1024, -1, &def->scale));
    DVFO_TRY(read_int(fields, "part", 1, 1024, -1, &def->part));
    DVFO_TRY(read_int(fields, "of", 1, 1024, -1, &def->of));
    return read_bias(fields, has_norm, def);
}

static dvfo_status read_norm(const struct dvfo_fields *fields, struct dvfo_layer_def *norm)
{
    char word[DVFO_SCOPE_TEXT_SIZE] = "none";
    *norm = (struct dvfo_layer_def){.kind = NULL};
    if (fields->kind->hosts_norm) {
        DVFO_TRY(read_word(fields, "norm", "none", word));
    }
    if (strcmp(word, "none") == 0 || strcmp(word, "false") == 0) {
        return DVFO_OK;
    }
    norm->frozen = strcmp(word, "frozen") == 0;
    if (!norm->frozen && strcmp(word, "batch") != 0 && strcmp(word, "true") != 0) {
        return dvfo_yaml_fail(fields->ctx, field(fields, "norm"),
                              "'norm' is '%s', expected batch, frozen or none (layer-norm is an operator)", word);
    }
    norm->kind = dvfo_operator_find("batch-norm");
    return DVFO_OK;
}

dvfo_status dvfo_fields_fail_operator(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *key, const char *word)
{
    const char *names[MAX_OPERATORS];
    const size_t count = dvfo_operator_names(names, MAX_OPERATORS);
    DVFO_REQUIRE(count <= MAX_OPERATORS);
    const char *near = dvfo_nearest(word, names, count);
    return dvfo_yaml_fail(ctx, node, "'%s' is '%s', expected %s%s%s%s", key, word,
                          strcmp(key, "op") == 0 ? "an operator" : "an activation like relu or none",
                          near ? "; did you mean '" : " such as conv", near ? near : "", near ? "'?" : "");
}

static dvfo_status read_activation(const struct dvfo_fields *fields, struct dvfo_layer_def *activation)
{
    char word[DVFO_SCOPE_TEXT_SIZE] = "none";
    *activation = (struct dvfo_layer_def){.kind = NULL};
    if (fields->kind->hosts_activation) {
        DVFO_TRY(read_word(fields, "act", "none", word));
    }
    if (strcmp(word, "none") == 0) {
        return DVFO_OK;
    }
    activation->kind = dvfo_operator_find(word);
    return activation->kind != NULL && dvfo_operator_is_activation(activation->kind)
               ? DVFO_OK
               : dvfo_fields_fail_operator(fields->ctx, field(fields, "act"), "act", word);
}

static dvfo_status allow_keys(struct dvfo_ctx *ctx, dvfo_yaml_node node, const struct dvfo_operator *kind,
                              bool is_default)
{
    const char *keys[MAX_KEYS];
    size_t n = 0;
    if (!is_default) {
        static const char *const common[] = {"op", "name", "from", "when", "share"};
        for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
            keys[n++] = common[i];
        }
    }
    for (size_t i = 0; kind->keys[i] != NULL; i++) {
        keys[n++] = kind->keys[i];
    }
    if (kind->hosts_norm) {
        keys[n++] = "norm";
    }
    if (kind->hosts_activation) {
        keys[n++] = "act";
    }
    if (n == 0) {
        return dvfo_yaml_fail(ctx, node, "%s has nothing that defaults could set", kind->name);
    }
    keys[n] = NULL;
    return dvfo_yaml_allow(ctx, node, keys);
}

dvfo_status dvfo_fields_read(const struct dvfo_fields *fields, struct dvfo_layer_def *def, struct dvfo_layer_def *norm,
                             struct dvfo_layer_def *activation)
{
    DVFO_TRY(allow_keys(fields->ctx, fields->entry, fields->kind, false));
    DVFO_TRY(read_norm(fields, norm));
    DVFO_TRY(read_activation(fields, activation));
    return read_own(fields, norm->kind != NULL, def);
}

dvfo_status dvfo_fields_check_defaults(struct dvfo_ctx *ctx, dvfo_yaml_node defaults)
{
    for (size_t i = 0; i < dvfo_yaml_count(defaults); i++) {
        const char *name = NULL;
        dvfo_yaml_node value;
        dvfo_yaml_pair(defaults, i, &name, &value);
        const struct dvfo_operator *kind = dvfo_operator_find(name);
        DVFO_TRY(kind != NULL ? allow_keys(ctx, value, kind, true) : dvfo_fields_fail_operator(ctx, value, "op", name));
    }
    return DVFO_OK;
}
