/* From the entries of a description to layers: operators, blocks with parameters, repetition, names.
 *
 * A frame is one use of a block: its prefix of names, its inputs, its parameters, the layer reached so far. Names are
 * looked up within the frame; the name of an entry stands for the last layer it became (conv1 is conv1.act when an
 * activation is fused to it), the name of a block for the last layer in it. */
#include "profiles/network_graph.h"

#include <string.h>

#include "profiles/network_fields.h"
#include "sim/base/nearest.h"

enum { NAME_SIZE = 160, MAX_DEPTH = 8, MAX_REPEAT = 1000, MAX_ENTRIES = 20000, MAX_BLOCK_INPUTS = 4, MAX_KEYS = 48 };

struct label {
    char *name;
    int layer;
};

struct labels {
    struct label *label;
    size_t count;
};

struct reader {
    struct dvfo_ctx *ctx;
    struct dvfo_network *network;
    dvfo_yaml_node blocks, defaults; /* null when the file has none */
    struct labels names;             /* entries and blocks by full name */
    struct labels owners;            /* layers that own shared parameters, by share key */
    int entries;                     /* met so far: bounds the work of nested repetition */
};

struct frame {
    const struct frame *outer; /* NULL at the top */
    const char *block;         /* name of the definition; NULL at the top */
    int depth;
    char prefix[NAME_SIZE]; /* "layer1.0.", "" at the top */
    char share[NAME_SIZE];  /* key under which parameters are shared, "" when they are not */
    int inputs[MAX_BLOCK_INPUTS];
    int input_count;
    int last; /* layer reached so far: the default input of the next entry */
    struct dvfo_scope scope;
};

static dvfo_status expand(struct reader *reader, struct frame *frame, dvfo_yaml_node entries);

/* ---- labels ---- */

static int find_label(const struct labels *labels, const char *name)
{
    for (size_t i = labels->count; i-- > 0;) {
        if (strcmp(labels->label[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static dvfo_status add_label(struct dvfo_ctx *ctx, struct labels *labels, const char *name, int layer)
{
    if ((labels->count & (labels->count - 1)) == 0) { /* full at powers of two */
        const size_t capacity = labels->count == 0 ? 1 : 2 * labels->count;
        struct label *grown = realloc(labels->label, capacity * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        labels->label = grown;
    }
    char *copy = dvfo_text_copy(name);
    if (copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    labels->label[labels->count++] = (struct label){copy, layer};
    return DVFO_OK;
}

static void free_labels(struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        free(labels->label[i].name);
    }
    free(labels->label);
}

/* ---- names and references ---- */

static bool is_plain_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return name[0] != '\0' && strspn(name, allowed) == strlen(name) && strcmp(name, "in") != 0;
}

static dvfo_status join(struct reader *reader, dvfo_yaml_node node, const char *a, const char *b, char out[NAME_SIZE])
{
    char joined[2 * NAME_SIZE + DVFO_SCOPE_TEXT_SIZE];
    const int length = snprintf(joined, sizeof joined, "%s%s", a, b);
    if (length >= NAME_SIZE) {
        return dvfo_yaml_fail(reader->ctx, node, "the name '%.60s...' is longer than %d characters", joined,
                              NAME_SIZE - 1);
    }
    strcpy(out, joined);
    return DVFO_OK;
}

/* The entry's name, or its operator's with a number when it has none: "add", "add2". */
static dvfo_status choose_name(struct reader *reader, const struct frame *frame, dvfo_yaml_node entry, const char *base,
                               char full[NAME_SIZE])
{
    const dvfo_yaml_node given = dvfo_yaml_find(entry, "name");
    char name[DVFO_SCOPE_TEXT_SIZE];
    if (!dvfo_yaml_is_null(given)) {
        DVFO_TRY(dvfo_scope_text(reader->ctx, &frame->scope, given, "name", name));
        if (!is_plain_name(name)) {
            return dvfo_yaml_fail(reader->ctx, given, "'%s' is no name, expected letters, digits, - and _, not 'in'",
                                  name);
        }
        DVFO_TRY(join(reader, given, frame->prefix, name, full));
        return find_label(&reader->names, full) < 0
                   ? DVFO_OK
                   : dvfo_yaml_fail(reader->ctx, given, "the name '%s' is taken already, expected another", full);
    }
    DVFO_TRY(join(reader, entry, frame->prefix, base, full));
    for (int number = 2; find_label(&reader->names, full) >= 0; number++) {
        snprintf(name, sizeof name, "%.50s%d", base, number);
        DVFO_TRY(join(reader, entry, frame->prefix, name, full));
    }
    return DVFO_OK;
}

static dvfo_status fail_unknown_reference(struct reader *reader, const struct frame *frame, dvfo_yaml_node node,
                                          const char *text)
{
    const size_t prefix = strlen(frame->prefix);
    const char **known = calloc(reader->names.count + 1, sizeof *known);
    size_t count = 0;
    for (size_t i = 0; known != NULL && i < reader->names.count; i++) {
        if (strncmp(reader->names.label[i].name, frame->prefix, prefix) == 0) {
            known[count++] = reader->names.label[i].name + prefix;
        }
    }
    const char *near = known != NULL ? dvfo_nearest(text, known, count) : NULL;
    const dvfo_status status = dvfo_yaml_fail(reader->ctx, node, "'from' names '%s', expected an earlier layer%s%s%s",
                                              text, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    free(known);
    return status;
}

/* "in", "in2", ...: the inputs of the block. */
static bool block_input(const struct frame *frame, const char *name, int *layer)
{
    static const char *const names[MAX_BLOCK_INPUTS] = {"in", "in2", "in3", "in4"};
    for (int i = 0; i < frame->input_count; i++) {
        if (strcmp(name, names[i]) == 0) {
            *layer = frame->inputs[i];
            return true;
        }
    }
    return false;
}

/* One reference; "a|b" is the first of them that exists. */
static dvfo_status resolve(struct reader *reader, const struct frame *frame, dvfo_yaml_node node, int *layer)
{
    char text[DVFO_SCOPE_TEXT_SIZE], full[NAME_SIZE];
    DVFO_TRY(dvfo_scope_text(reader->ctx, &frame->scope, node, "from", text));
    for (char *name = text; name != NULL;) {
        char *bar = strchr(name, '|');
        if (bar != NULL) {
            *bar = '\0';
        }
        if (block_input(frame, name, layer)) {
            return DVFO_OK;
        }
        DVFO_TRY(join(reader, node, frame->prefix, name, full));
        const int label = find_label(&reader->names, full);
        if (label >= 0) {
            *layer = reader->names.label[label].layer;
            return DVFO_OK;
        }
        name = bar != NULL ? bar + 1 : NULL;
    }
    return fail_unknown_reference(reader, frame, node, text);
}

/* The entry's inputs: what `from` says, the layer before otherwise. */
static dvfo_status resolve_all(struct reader *reader, const struct frame *frame, dvfo_yaml_node entry, const char *name,
                               int min, int max, int *inputs, int *count)
{
    const dvfo_yaml_node from = dvfo_yaml_find(entry, "from");
    const size_t given = dvfo_yaml_is_list(from) ? dvfo_yaml_count(from) : 1;
    if (given < (size_t)min || given > (size_t)max) {
        return dvfo_yaml_fail(reader->ctx, entry, "'%s' has %zu inputs, expected %d%s", name, given, min,
                              max > min ? " or more" : "");
    }
    *count = (int)given;
    if (dvfo_yaml_is_null(from)) {
        inputs[0] = frame->last;
        return DVFO_OK;
    }
    for (size_t i = 0; i < given; i++) {
        const dvfo_yaml_node node = dvfo_yaml_is_list(from) ? dvfo_yaml_item(from, i) : from;
        DVFO_TRY(resolve(reader, frame, node, &inputs[i]));
    }
    return DVFO_OK;
}

/* ---- one operator ---- */

/* One entry on its way to a layer or three: its place and where its parameters are shared. */
struct site {
    struct reader *reader;
    const struct frame *frame;
    dvfo_yaml_node entry;
    char share[NAME_SIZE]; /* prefix of share keys, "" when its parameters are its own */
};

/* Append a layer; a failure gets its place, shared parameters their owner. */
static dvfo_status append(const struct site *site, const char *full, struct dvfo_layer_def *def, const int *inputs,
                          int count, int *index)
{
    struct reader *reader = site->reader;
    char key[NAME_SIZE] = "";
    if (site->share[0] != '\0') {
        DVFO_TRY(join(reader, site->entry, site->share, full + strlen(site->frame->prefix), key));
        const int owner = find_label(&reader->owners, key);
        def->shared_with = owner >= 0 ? reader->owners.label[owner].layer : -1;
    }
    struct dvfo_ctx local = {0};
    const dvfo_status status = dvfo_network_append(&local, reader->network, full, def, inputs, count, index);
    if (status == DVFO_BAD_INPUT) {
        return dvfo_yaml_fail(reader->ctx, site->entry, "layer '%s': %s", full, local.message);
    }
    if (status != DVFO_OK) {
        return dvfo_fail(reader->ctx, status, "%s", local.message);
    }
    return key[0] != '\0' && def->shared_with < 0 ? add_label(reader->ctx, &reader->owners, key, *index) : DVFO_OK;
}

/* Append the normalisation or activation that `host` does on its way out, when there is one; *index moves on to it. */
static dvfo_status append_fused(const struct site *site, const char *name, const char *suffix,
                                struct dvfo_layer_def *def, int host, int *index)
{
    if (def->kind == NULL) {
        return DVFO_OK;
    }
    char full[NAME_SIZE];
    DVFO_TRY(join(site->reader, site->entry, name, suffix, full));
    def->host = host;
    def->shared_with = -1;
    const int input = *index;
    return append(site, full, def, &input, 1, index);
}

static dvfo_status choose_share(struct reader *reader, const struct frame *frame, dvfo_yaml_node entry,
                                const char *local, char share[NAME_SIZE])
{
    const dvfo_yaml_node given = dvfo_yaml_find(entry, "share");
    if (!dvfo_yaml_is_null(given)) {
        char word[DVFO_SCOPE_TEXT_SIZE];
        DVFO_TRY(dvfo_scope_text(reader->ctx, &frame->scope, given, "share", word));
        return join(reader, given, word, "/", share);
    }
    share[0] = '\0';
    if (frame->share[0] == '\0') {
        return DVFO_OK;
    }
    DVFO_TRY(join(reader, entry, frame->share, local, share));
    return local[0] != '\0' ? join(reader, entry, share, "/", share) : DVFO_OK;
}

static dvfo_status expand_operator(struct reader *reader, struct frame *frame, dvfo_yaml_node entry)
{
    dvfo_yaml_node op;
    char word[DVFO_SCOPE_TEXT_SIZE], full[NAME_SIZE];
    DVFO_TRY(dvfo_yaml_need(reader->ctx, entry, "op", &op));
    DVFO_TRY(dvfo_scope_text(reader->ctx, &frame->scope, op, "op", word));
    const struct dvfo_operator *kind = dvfo_operator_find(word);
    if (kind == NULL) {
        return dvfo_fields_fail_operator(reader->ctx, op, "op", word);
    }
    const struct dvfo_fields fields = {reader->ctx, &frame->scope, entry, reader->defaults, kind};
    struct site site = {.reader = reader, .frame = frame, .entry = entry};
    struct dvfo_layer_def def, norm, activation;
    int inputs[DVFO_MAX_LAYER_INPUTS], count = 0, host = -1;
    DVFO_TRY(dvfo_fields_read(&fields, &def, &norm, &activation));
    DVFO_TRY(choose_name(reader, frame, entry, word, full));
    DVFO_TRY(choose_share(reader, frame, entry, "", site.share));
    DVFO_TRY(resolve_all(reader, frame, entry, full, kind->min_inputs, kind->max_inputs, inputs, &count));
    DVFO_TRY(append(&site, full, &def, inputs, count, &host));
    frame->last = host;
    DVFO_TRY(append_fused(&site, full, ".norm", &norm, host, &frame->last));
    DVFO_TRY(append_fused(&site, full, ".act", &activation, host, &frame->last));
    return add_label(reader->ctx, &reader->names, full, frame->last);
}

/* ---- blocks ---- */

static const char *const use_keys[] = {"block", "name", "from", "repeat", "share", "when"};

enum { USE_KEYS = sizeof use_keys / sizeof use_keys[0] };

static dvfo_status find_block(struct reader *reader, const struct frame *frame, dvfo_yaml_node use, const char **name,
                              dvfo_yaml_node *block)
{
    static const char *const keys[] = {"with", "layers", NULL};
    DVFO_TRY(dvfo_yaml_string(reader->ctx, use, "block", name));
    *block = dvfo_yaml_find(reader->blocks, *name);
    if (dvfo_yaml_is_null(*block)) {
        const char *known[64], *near;
        size_t count = 0;
        for (dvfo_yaml_node value; count < 64 && count < dvfo_yaml_count(reader->blocks); count++) {
            dvfo_yaml_pair(reader->blocks, count, &known[count], &value);
        }
        near = dvfo_nearest(*name, known, count);
        return dvfo_yaml_fail(reader->ctx, use, "unknown block '%.60s', expected one of 'blocks'%s%s%s", *name,
                              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    for (const struct frame *outer = frame; outer != NULL && outer->block != NULL; outer = outer->outer) {
        if (strcmp(outer->block, *name) == 0) {
            return dvfo_yaml_fail(reader->ctx, use, "the block '%.60s' uses itself, expected no recursion", *name);
        }
    }
    return dvfo_yaml_allow(reader->ctx, *block, keys);
}

/* A use may set `use_keys` and the parameters of its block. */
static dvfo_status allow_use_keys(struct reader *reader, dvfo_yaml_node use, dvfo_yaml_node with)
{
    const char *keys[MAX_KEYS];
    size_t n = 0;
    for (; n < USE_KEYS; n++) {
        keys[n] = use_keys[n];
    }
    if (dvfo_yaml_count(with) > DVFO_SCOPE_MAX - 1) {
        return dvfo_yaml_fail(reader->ctx, with, "the block has more than %d parameters", DVFO_SCOPE_MAX - 1);
    }
    for (size_t i = 0; i < dvfo_yaml_count(with); i++) {
        dvfo_yaml_node value;
        dvfo_yaml_pair(with, i, &keys[n], &value);
        for (size_t k = 0; k < n; k++) {
            if (strcmp(keys[k], keys[n]) == 0) {
                return dvfo_yaml_fail(reader->ctx, value, "a parameter can't be named '%.60s'%s", keys[n],
                                      k < USE_KEYS ? ", a key of every use" : " twice");
            }
        }
        n++;
    }
    keys[n] = NULL;
    return dvfo_yaml_allow(reader->ctx, use, keys);
}

/* Value of one parameter in repetition `r`: what the use gives (of a list the r-th, then its last), else the default.
 */
static dvfo_status bind_parameter(struct reader *reader, const struct frame *caller, dvfo_yaml_node use,
                                  const char *name, dvfo_yaml_node otherwise, long r, struct frame *frame)
{
    char text[DVFO_SCOPE_TEXT_SIZE];
    dvfo_yaml_node given = dvfo_yaml_find(use, name);
    if (dvfo_yaml_is_list(given) && dvfo_yaml_count(given) > 0) {
        const size_t last = dvfo_yaml_count(given) - 1;
        given = dvfo_yaml_item(given, (size_t)r < last ? (size_t)r : last);
    }
    const char *ignored = NULL;
    if (!dvfo_yaml_is_null(given)) {
        DVFO_TRY(dvfo_scope_text(reader->ctx, &caller->scope, given, name, text));
    } else if (dvfo_yaml_as_string(NULL, otherwise, name, &ignored) == DVFO_OK) {
        DVFO_TRY(dvfo_scope_text(reader->ctx, &frame->scope, otherwise, name, text));
    } else {
        return dvfo_yaml_fail(reader->ctx, use, "the block '%s' needs '%.30s'", frame->block, name);
    }
    return dvfo_scope_add(reader->ctx, use, &frame->scope, name, text);
}

static dvfo_status bind(struct reader *reader, const struct frame *caller, dvfo_yaml_node use, dvfo_yaml_node with,
                        long r, struct frame *frame)
{
    char channels[DVFO_SCOPE_TEXT_SIZE];
    snprintf(channels, sizeof channels, "%ld", dvfo_network_shape(reader->network, frame->inputs[0]).channels);
    DVFO_TRY(dvfo_scope_add(reader->ctx, use, &frame->scope, "in", channels));
    for (size_t i = 0; i < dvfo_yaml_count(with); i++) {
        const char *name = NULL;
        dvfo_yaml_node otherwise;
        dvfo_yaml_pair(with, i, &name, &otherwise);
        DVFO_TRY(bind_parameter(reader, caller, use, name, otherwise, r, frame));
    }
    return DVFO_OK;
}

/* One repetition of a block: `frame` comes with its inputs and names, and leaves with the layer it reached. */
static dvfo_status expand_once(struct reader *reader, const struct frame *caller, dvfo_yaml_node use,
                               dvfo_yaml_node block, const char *full, long r, struct frame *frame)
{
    dvfo_yaml_node layers;
    frame->scope.count = 0;
    frame->last = frame->inputs[0];
    DVFO_TRY(join(reader, use, full, ".", frame->prefix));
    DVFO_TRY(choose_share(reader, caller, use, full + strlen(caller->prefix), frame->share));
    DVFO_TRY(bind(reader, caller, use, dvfo_yaml_find(block, "with"), r, frame));
    DVFO_TRY(dvfo_yaml_need_list(reader->ctx, block, "layers", &layers));
    const size_t before = reader->network->n;
    DVFO_TRY(expand(reader, frame, layers));
    return reader->network->n > before ? add_label(reader->ctx, &reader->names, full, frame->last) : DVFO_OK;
}

static dvfo_status repeat_block(struct reader *reader, struct frame *caller, dvfo_yaml_node use, dvfo_yaml_node block,
                                const char *full, long repeat, struct frame *frame)
{
    const size_t before = reader->network->n;
    for (long r = 0; r < repeat; r++) {
        char number[32], numbered[NAME_SIZE];
        snprintf(number, sizeof number, ".%ld", r);
        DVFO_TRY(join(reader, use, full, number, numbered));
        DVFO_TRY(expand_once(reader, caller, use, block, numbered, r, frame));
        frame->inputs[0] = frame->last;
        frame->input_count = 1;
    }
    return reader->network->n > before ? add_label(reader->ctx, &reader->names, full, frame->last) : DVFO_OK;
}

/* A list with more values than repetitions says two things at once. */
static dvfo_status check_lists(struct reader *reader, dvfo_yaml_node use, dvfo_yaml_node with, long repeat)
{
    for (size_t i = 0; i < dvfo_yaml_count(with); i++) {
        const char *name = NULL;
        dvfo_yaml_node otherwise;
        dvfo_yaml_pair(with, i, &name, &otherwise);
        const dvfo_yaml_node given = dvfo_yaml_find(use, name);
        if (dvfo_yaml_is_list(given) && dvfo_yaml_count(given) > (size_t)repeat) {
            return dvfo_yaml_fail(reader->ctx, given,
                                  "'%.30s' lists %zu values, expected at most %ld: one per repetition", name,
                                  dvfo_yaml_count(given), repeat);
        }
    }
    return DVFO_OK;
}

static dvfo_status expand_block(struct reader *reader, struct frame *caller, dvfo_yaml_node use)
{
    struct frame frame = {.outer = caller, .depth = caller->depth + 1};
    dvfo_yaml_node block;
    char full[NAME_SIZE];
    DVFO_TRY(find_block(reader, caller, use, &frame.block, &block));
    if (frame.depth > MAX_DEPTH) {
        return dvfo_yaml_fail(reader->ctx, use, "blocks are nested more than %d deep", MAX_DEPTH);
    }
    DVFO_TRY(allow_use_keys(reader, use, dvfo_yaml_find(block, "with")));
    DVFO_TRY(choose_name(reader, caller, use, frame.block, full));
    DVFO_TRY(resolve_all(reader, caller, use, full, 1, MAX_BLOCK_INPUTS, frame.inputs, &frame.input_count));
    const dvfo_yaml_node repeat = dvfo_yaml_find(use, "repeat");
    long times = 1;
    if (!dvfo_yaml_is_null(repeat)) {
        DVFO_TRY(dvfo_scope_integer(reader->ctx, &caller->scope, repeat, "repeat", 1, MAX_REPEAT, &times));
    }
    DVFO_TRY(check_lists(reader, use, dvfo_yaml_find(block, "with"), times));
    if (dvfo_yaml_is_null(repeat)) {
        DVFO_TRY(expand_once(reader, caller, use, block, full, 0, &frame));
    } else {
        DVFO_TRY(repeat_block(reader, caller, use, block, full, times, &frame));
    }
    caller->last = frame.last;
    return DVFO_OK;
}

/* ---- entries ---- */

static dvfo_status is_wanted(struct reader *reader, const struct frame *frame, dvfo_yaml_node entry, bool *wanted)
{
    long value = 1;
    const dvfo_yaml_node when = dvfo_yaml_find(entry, "when");
    if (!dvfo_yaml_is_null(when)) {
        DVFO_TRY(dvfo_scope_integer(reader->ctx, &frame->scope, when, "when", -1000000000, 1000000000, &value));
    }
    *wanted = value != 0;
    return DVFO_OK;
}

static dvfo_status expand(struct reader *reader, struct frame *frame, dvfo_yaml_node entries)
{
    for (size_t i = 0; i < dvfo_yaml_count(entries); i++) {
        const dvfo_yaml_node entry = dvfo_yaml_item(entries, i);
        bool wanted = false;
        if (!dvfo_yaml_is_map(entry)) {
            return dvfo_yaml_fail(reader->ctx, entry,
                                  "is no layer, expected a map like {op: conv, out: 64, kernel: 3}");
        }
        if (++reader->entries > MAX_ENTRIES) {
            return dvfo_yaml_fail(reader->ctx, entry, "blocks expand to more than %d entries", MAX_ENTRIES);
        }
        DVFO_TRY(is_wanted(reader, frame, entry, &wanted));
        if (wanted) {
            const bool block = !dvfo_yaml_is_null(dvfo_yaml_find(entry, "block"));
            DVFO_TRY(block ? expand_block(reader, frame, entry) : expand_operator(reader, frame, entry));
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_network_expand(struct dvfo_ctx *ctx, struct dvfo_network *network, dvfo_yaml_node root,
                                const char *split_name, int *split_index)
{
    struct reader reader = {.ctx = ctx,
                            .network = network,
                            .blocks = dvfo_yaml_find(root, "blocks"),
                            .defaults = dvfo_yaml_find(root, "defaults")};
    struct frame top = {.inputs = {-1}, .input_count = 1, .last = -1};
    dvfo_yaml_node layers;
    dvfo_status status = dvfo_yaml_need_list(ctx, root, "layers", &layers);
    if (status == DVFO_OK) {
        status = dvfo_fields_check_defaults(ctx, reader.defaults);
    }
    if (status == DVFO_OK) {
        status = expand(&reader, &top, layers);
    }
    const int label = split_name != NULL ? find_label(&reader.names, split_name) : -1;
    *split_index = label >= 0 ? reader.names.label[label].layer : -1;
    free_labels(&reader.names);
    free_labels(&reader.owners);
    return status;
}
