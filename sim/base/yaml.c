#include "sim/base/yaml.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

#include "sim/base/nearest.h"

enum { MAX_YAML_BYTES = 4 << 20, MAX_OPEN_BRACKETS = 1000 };

struct dvfo_yaml {
    struct dvfo_text text;
    yaml_document_t document;
    bool loaded;
};

static yaml_node_t *raw(dvfo_yaml_node node)
{
    return node.id == 0 ? NULL : yaml_document_get_node(&node.yaml->document, node.id);
}

static const char *scalar(dvfo_yaml_node node)
{
    const yaml_node_t *n = raw(node);
    return n != NULL && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

static const char *kind_of(dvfo_yaml_node node)
{
    return dvfo_yaml_is_map(node) ? "a map" : dvfo_yaml_is_list(node) ? "a list" : "a single value";
}

/* libyaml's time grows with the square of the brackets that are open at once. */
static dvfo_status check_brackets(struct dvfo_ctx *ctx, const struct dvfo_text *text)
{
    long open = 0;
    size_t line = 1;
    for (size_t i = 0; i < text->size; i++) {
        const char c = text->bytes[i];
        line += c == '\n';
        open += c == '[' || c == '{' ? 1 : (c == ']' || c == '}') && open > 0 ? -1 : 0;
        if (open > MAX_OPEN_BRACKETS) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%zu: opens more than %d brackets, expected them to be closed",
                             text->name, line, MAX_OPEN_BRACKETS);
        }
    }
    return DVFO_OK;
}

/* What follows the first document would be passed over in silence. */
static dvfo_status check_end(struct dvfo_ctx *ctx, struct dvfo_yaml *yaml, yaml_parser_t *parser)
{
    yaml_document_t more;
    if (!yaml_parser_load(parser, &more)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%zu: is not valid YAML: %s", yaml->text.name,
                         parser->problem_mark.line + 1, parser->problem != NULL ? parser->problem : "unreadable");
    }
    const yaml_node_t *root = yaml_document_get_root_node(&more);
    const size_t line = root != NULL ? root->start_mark.line + 1 : 0;
    yaml_document_delete(&more);
    return root == NULL ? DVFO_OK
                        : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%zu: begins a second document, expected one",
                                    yaml->text.name, line);
}

static dvfo_status parse(struct dvfo_ctx *ctx, struct dvfo_yaml *yaml)
{
    DVFO_TRY(check_brackets(ctx, &yaml->text));
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return dvfo_fail_no_memory(ctx);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml->text.bytes, yaml->text.size);
    dvfo_status status = DVFO_OK;
    if (!yaml_parser_load(&parser, &yaml->document)) {
        const size_t line = parser.problem_mark.line + 1;
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%zu: is not valid YAML: %s", yaml->text.name, line,
                           parser.problem != NULL ? parser.problem : "unreadable");
    } else {
        yaml->loaded = true;
        if (yaml_document_get_root_node(&yaml->document) == NULL) {
            status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:1: holds no YAML document", yaml->text.name);
        } else {
            status = check_end(ctx, yaml, &parser);
        }
    }
    yaml_parser_delete(&parser);
    return status;
}

/* Takes the text over. */
static dvfo_status load(struct dvfo_ctx *ctx, struct dvfo_text text, struct dvfo_yaml **out)
{
    struct dvfo_yaml *yaml = calloc(1, sizeof *yaml);
    if (yaml == NULL) {
        dvfo_text_free(&text);
        return dvfo_fail_no_memory(ctx);
    }
    yaml->text = text;
    const dvfo_status status = parse(ctx, yaml);
    if (status != DVFO_OK) {
        dvfo_yaml_free(yaml);
        return status;
    }
    *out = yaml;
    return DVFO_OK;
}

dvfo_status dvfo_yaml_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_yaml **out)
{
    *out = NULL;
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_YAML_BYTES, &text));
    return load(ctx, text, out);
}

dvfo_status dvfo_yaml_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                  struct dvfo_yaml **out)
{
    *out = NULL;
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_from_memory(ctx, name, bytes, size, &text));
    return load(ctx, text, out);
}

void dvfo_yaml_free(struct dvfo_yaml *yaml)
{
    if (yaml == NULL) {
        return;
    }
    if (yaml->loaded) {
        yaml_document_delete(&yaml->document);
    }
    dvfo_text_free(&yaml->text);
    free(yaml);
}

dvfo_yaml_node dvfo_yaml_root(struct dvfo_yaml *yaml)
{
    return (dvfo_yaml_node){.yaml = yaml, .id = 1}; /* libyaml numbers nodes from 1, the root first */
}

const char *dvfo_yaml_name(const struct dvfo_yaml *yaml)
{
    return yaml->text.name;
}

const char *dvfo_yaml_sha256(const struct dvfo_yaml *yaml)
{
    return yaml->text.sha256;
}

dvfo_status dvfo_yaml_fail(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *format, ...)
{
    char sentence[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s", node.yaml->text.name, dvfo_yaml_line(node), sentence);
}

int dvfo_yaml_line(dvfo_yaml_node node)
{
    const yaml_node_t *n = raw(node);
    return n == NULL ? 1 : (int)n->start_mark.line + 1;
}

bool dvfo_yaml_is_null(dvfo_yaml_node node)
{
    return node.id == 0;
}

bool dvfo_yaml_is_map(dvfo_yaml_node node)
{
    const yaml_node_t *n = raw(node);
    return n != NULL && n->type == YAML_MAPPING_NODE;
}

bool dvfo_yaml_is_list(dvfo_yaml_node node)
{
    const yaml_node_t *n = raw(node);
    return n != NULL && n->type == YAML_SEQUENCE_NODE;
}

bool dvfo_yaml_is_scalar(dvfo_yaml_node node)
{
    return scalar(node) != NULL;
}

size_t dvfo_yaml_count(dvfo_yaml_node node)
{
    const yaml_node_t *n = raw(node);
    if (n != NULL && n->type == YAML_SEQUENCE_NODE) {
        return (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    }
    if (n != NULL && n->type == YAML_MAPPING_NODE) {
        return (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
    }
    return 0;
}

dvfo_yaml_node dvfo_yaml_item(dvfo_yaml_node list, size_t i)
{
    DVFO_REQUIRE(dvfo_yaml_is_list(list) && i < dvfo_yaml_count(list));
    return (dvfo_yaml_node){.yaml = list.yaml, .id = raw(list)->data.sequence.items.start[i]};
}

void dvfo_yaml_pair(dvfo_yaml_node map, size_t i, const char **key, dvfo_yaml_node *value)
{
    DVFO_REQUIRE(dvfo_yaml_is_map(map) && i < dvfo_yaml_count(map));
    const yaml_node_pair_t *pair = &raw(map)->data.mapping.pairs.start[i];
    const char *name = scalar((dvfo_yaml_node){.yaml = map.yaml, .id = pair->key});
    *key = name != NULL ? name : "";
    *value = (dvfo_yaml_node){.yaml = map.yaml, .id = pair->value};
}

dvfo_yaml_node dvfo_yaml_find(dvfo_yaml_node map, const char *key)
{
    const size_t count = dvfo_yaml_is_map(map) ? dvfo_yaml_count(map) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        dvfo_yaml_node value;
        dvfo_yaml_pair(map, i, &name, &value);
        if (strcmp(name, key) == 0) {
            return value;
        }
    }
    return (dvfo_yaml_node){.yaml = map.yaml, .id = 0};
}

dvfo_status dvfo_yaml_allow(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *const keys[])
{
    if (!dvfo_yaml_is_map(map)) {
        return dvfo_yaml_fail(ctx, map, "is %s, expected a map with '%s'", kind_of(map), keys[0]);
    }
    size_t known = 0;
    while (keys[known] != NULL) {
        known++;
    }
    for (size_t i = 0; i < dvfo_yaml_count(map); i++) {
        const char *name = NULL, *other = NULL;
        dvfo_yaml_node value, ignored;
        dvfo_yaml_pair(map, i, &name, &value);
        for (size_t j = 0; j < i; j++) {
            dvfo_yaml_pair(map, j, &other, &ignored);
            if (strcmp(other, name) == 0) {
                return dvfo_yaml_fail(ctx, value, "the key '%s' stands here a second time", name);
            }
        }
        size_t k = 0;
        while (k < known && strcmp(keys[k], name) != 0) {
            k++;
        }
        if (k == known) {
            const char *near = dvfo_nearest(name, keys, known);
            return near != NULL
                       ? dvfo_yaml_fail(ctx, value, "unknown key '%s'; did you mean '%s'?", name, near)
                       : dvfo_yaml_fail(ctx, value, "unknown key '%s', expected keys like '%s'", name, keys[0]);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_yaml_need(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, dvfo_yaml_node *out)
{
    if (!dvfo_yaml_is_map(map)) {
        return dvfo_yaml_fail(ctx, map, "is %s, expected a map with '%s'", kind_of(map), key);
    }
    *out = dvfo_yaml_find(map, key);
    return dvfo_yaml_is_null(*out) ? dvfo_yaml_fail(ctx, map, "the key '%s' is missing", key) : DVFO_OK;
}

dvfo_status dvfo_yaml_need_map(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, dvfo_yaml_node *out)
{
    DVFO_TRY(dvfo_yaml_need(ctx, map, key, out));
    return dvfo_yaml_is_map(*out) ? DVFO_OK
                                  : dvfo_yaml_fail(ctx, *out, "'%s' is %s, expected a map", key, kind_of(*out));
}

dvfo_status dvfo_yaml_need_list(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, dvfo_yaml_node *out)
{
    DVFO_TRY(dvfo_yaml_need(ctx, map, key, out));
    if (!dvfo_yaml_is_list(*out) || dvfo_yaml_count(*out) == 0) {
        return dvfo_yaml_fail(ctx, *out, "'%s' is %s, expected a list with at least one entry", key,
                              dvfo_yaml_is_list(*out) ? "an empty list" : kind_of(*out));
    }
    return DVFO_OK;
}

dvfo_status dvfo_yaml_as_number(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                double *out)
{
    const char *text = scalar(node);
    double value = 0.0;
    if (text == NULL || !dvfo_text_number(text, NULL, &value)) {
        return dvfo_yaml_fail(ctx, node, "'%s' is %s%.60s%s, expected a number", what, text ? "'" : "",
                              text ? text : kind_of(node), text ? "'" : "");
    }
    if (!(value >= min && value <= max)) {
        return dvfo_yaml_fail(ctx, node, "'%s' is %.60s, expected a number from %g to %g", what, text, min, max);
    }
    *out = value;
    return DVFO_OK;
}

dvfo_status dvfo_yaml_as_integer(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, long long min,
                                 long long max, long long *out)
{
    const char *text = scalar(node);
    long long value = 0;
    if (text == NULL || !dvfo_text_integer(text, NULL, &value) || value < min || value > max) {
        return dvfo_yaml_fail(ctx, node, "'%s' is %s%.60s%s, expected a whole number from %lld to %lld", what,
                              text ? "'" : "", text ? text : kind_of(node), text ? "'" : "", min, max);
    }
    *out = value;
    return DVFO_OK;
}

dvfo_status dvfo_yaml_as_string(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, const char **out)
{
    const char *text = scalar(node);
    if (text == NULL || text[0] == '\0') {
        return dvfo_yaml_fail(ctx, node, "'%s' is %s, expected a text", what, text ? "empty" : kind_of(node));
    }
    *out = text;
    return DVFO_OK;
}

dvfo_status dvfo_yaml_number(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, double min, double max,
                             double *out)
{
    dvfo_yaml_node node;
    DVFO_TRY(dvfo_yaml_need(ctx, map, key, &node));
    return dvfo_yaml_as_number(ctx, node, key, min, max, out);
}

dvfo_status dvfo_yaml_number_or(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, double min, double max,
                                double otherwise, double *out)
{
    *out = otherwise;
    const dvfo_yaml_node node = dvfo_yaml_find(map, key);
    return dvfo_yaml_is_null(node) ? DVFO_OK : dvfo_yaml_as_number(ctx, node, key, min, max, out);
}

dvfo_status dvfo_yaml_integer(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, long long min, long long max,
                              long long *out)
{
    dvfo_yaml_node node;
    DVFO_TRY(dvfo_yaml_need(ctx, map, key, &node));
    return dvfo_yaml_as_integer(ctx, node, key, min, max, out);
}

dvfo_status dvfo_yaml_integer_or(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, long long min,
                                 long long max, long long otherwise, long long *out)
{
    *out = otherwise;
    const dvfo_yaml_node node = dvfo_yaml_find(map, key);
    return dvfo_yaml_is_null(node) ? DVFO_OK : dvfo_yaml_as_integer(ctx, node, key, min, max, out);
}

dvfo_status dvfo_yaml_string(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, const char **out)
{
    dvfo_yaml_node node;
    DVFO_TRY(dvfo_yaml_need(ctx, map, key, &node));
    return dvfo_yaml_as_string(ctx, node, key, out);
}

dvfo_status dvfo_yaml_string_or(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, const char *otherwise,
                                const char **out)
{
    *out = otherwise;
    const dvfo_yaml_node node = dvfo_yaml_find(map, key);
    return dvfo_yaml_is_null(node) ? DVFO_OK : dvfo_yaml_as_string(ctx, node, key, out);
}
