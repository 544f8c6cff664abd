#include "profiles/network_scope.h"

#include <ctype.h>
#include <string.h>

#include "sim/base/nearest.h"

#define EXPRESSION_LIMIT 1000000000000LL /* keeps every product of two below 2^63 once checked */

enum { MAX_EXPRESSION = 200, MAX_DEPTH = 16 };

/* One pass over an expression, by recursive descent. The first mistake is kept in `problem`. */
struct parser {
    const struct dvfo_scope *scope;
    const char *at;
    int depth;
    char problem[160];
};

static long long parse_choice(struct parser *parser);

static const struct dvfo_parameter *find(const struct dvfo_scope *scope, const char *name, size_t length)
{
    for (int i = 0; i < scope->count; i++) {
        if (strlen(scope->parameter[i].name) == length && strncmp(scope->parameter[i].name, name, length) == 0) {
            return &scope->parameter[i];
        }
    }
    return NULL;
}

static long long mistake(struct parser *parser, const char *what, const char *where, int length)
{
    if (parser->problem[0] == '\0') {
        snprintf(parser->problem, sizeof parser->problem, "%s '%.*s'", what, length < 60 ? length : 60, where);
    }
    parser->at = ""; /* nothing more to read */
    return 0;
}

static void skip_blanks(struct parser *parser)
{
    while (*parser->at == ' ' || *parser->at == '\t') {
        parser->at++;
    }
}

static bool take(struct parser *parser, const char *token)
{
    skip_blanks(parser);
    const size_t length = strlen(token);
    if (strncmp(parser->at, token, length) != 0) {
        return false;
    }
    parser->at += length;
    return true;
}

static size_t name_length(const char *s)
{
    size_t length = 0;
    while (isalnum((unsigned char)s[length]) || s[length] == '_') {
        length++;
    }
    return length;
}

static long long parse_parameter(struct parser *parser)
{
    const char *name = parser->at;
    const size_t length = name_length(name);
    const struct dvfo_parameter *parameter = find(parser->scope, name, length);
    if (parameter == NULL) {
        return mistake(parser, "no such parameter: ", name - 1, (int)length + 1);
    }
    long long value = 0;
    if (!dvfo_text_integer(parameter->text, NULL, &value) || value > EXPRESSION_LIMIT || value < -EXPRESSION_LIMIT) {
        return mistake(parser, "a whole number is expected, found", parameter->text, 60);
    }
    parser->at += length;
    return value;
}

static long long parse_factor(struct parser *parser)
{
    skip_blanks(parser);
    if (take(parser, "(")) {
        if (++parser->depth > MAX_DEPTH) {
            return mistake(parser, "too many brackets at", parser->at, 20);
        }
        const long long value = parse_choice(parser);
        parser->depth--;
        return take(parser, ")") ? value : mistake(parser, "a closing bracket is missing at", parser->at, 20);
    }
    if (take(parser, "$")) {
        return parse_parameter(parser);
    }
    const char *end = parser->at;
    long long value = 0;
    if (!isdigit((unsigned char)*parser->at) || !dvfo_text_integer(parser->at, &end, &value) ||
        value > EXPRESSION_LIMIT) {
        return mistake(parser, "a whole number or $parameter is expected, found", parser->at, 20);
    }
    parser->at = end;
    return value;
}

static long long limited(struct parser *parser, double value)
{
    return value > (double)EXPRESSION_LIMIT || value < -(double)EXPRESSION_LIMIT
               ? mistake(parser, "the result is too large at", parser->at, 20)
               : (long long)value;
}

static long long parse_product(struct parser *parser)
{
    long long value = parse_factor(parser);
    for (;;) {
        if (take(parser, "*")) {
            value = limited(parser, (double)value * (double)parse_factor(parser));
        } else if (take(parser, "/")) {
            const long long by = parse_factor(parser);
            value = by != 0 ? value / by : mistake(parser, "division by zero before", parser->at, 20);
        } else if (take(parser, "%")) {
            const long long by = parse_factor(parser);
            value = by != 0 ? value % by : mistake(parser, "division by zero before", parser->at, 20);
        } else {
            return value;
        }
    }
}

static long long parse_sum(struct parser *parser)
{
    long long value = parse_product(parser);
    for (;;) {
        if (take(parser, "+")) {
            value = limited(parser, (double)value + (double)parse_product(parser));
        } else if (take(parser, "-")) {
            value = limited(parser, (double)value - (double)parse_product(parser));
        } else {
            return value;
        }
    }
}

static long long parse_comparison(struct parser *parser)
{
    const long long left = parse_sum(parser);
    if (take(parser, "==")) {
        return left == parse_sum(parser);
    }
    if (take(parser, "!=")) {
        return left != parse_sum(parser);
    }
    if (take(parser, "<=")) {
        return left <= parse_sum(parser);
    }
    if (take(parser, ">=")) {
        return left >= parse_sum(parser);
    }
    if (take(parser, "<")) {
        return left < parse_sum(parser);
    }
    return take(parser, ">") ? left > parse_sum(parser) : left;
}

static long long parse_choice(struct parser *parser)
{
    long long value = parse_comparison(parser);
    for (;;) {
        if (take(parser, "&")) {
            const long long right = parse_comparison(parser);
            value = value != 0 && right != 0;
        } else if (take(parser, "|")) {
            const long long right = parse_comparison(parser);
            value = value != 0 || right != 0;
        } else {
            return value;
        }
    }
}

static dvfo_status evaluate(struct dvfo_ctx *ctx, const struct dvfo_scope *scope, dvfo_yaml_node node, const char *what,
                            const char *text, long long *out)
{
    if (strlen(text) > MAX_EXPRESSION) {
        return dvfo_yaml_fail(ctx, node, "'%s' is longer than %d characters", what, MAX_EXPRESSION);
    }
    struct parser parser = {.scope = scope, .at = text};
    const long long value = parse_choice(&parser);
    skip_blanks(&parser);
    if (*parser.at != '\0') {
        mistake(&parser, "the expression doesn't end before", parser.at, 20);
    }
    if (parser.problem[0] != '\0') {
        return dvfo_yaml_fail(ctx, node, "'%s' is '%.60s': %s", what, text, parser.problem);
    }
    *out = value;
    return DVFO_OK;
}

dvfo_status dvfo_scope_add(struct dvfo_ctx *ctx, dvfo_yaml_node node, struct dvfo_scope *scope, const char *name,
                           const char *text)
{
    if (scope->count == DVFO_SCOPE_MAX) {
        return dvfo_yaml_fail(ctx, node, "the block has more than %d parameters", DVFO_SCOPE_MAX);
    }
    struct dvfo_parameter *parameter = &scope->parameter[scope->count];
    const size_t length = strlen(name);
    if (length == 0 || length != name_length(name) || length >= sizeof parameter->name) {
        return dvfo_yaml_fail(ctx, node,
                              "'%.60s' is no name for a parameter, expected letters, digits and _ (up to %zu)", name,
                              sizeof parameter->name - 1);
    }
    if (strlen(text) >= sizeof parameter->text) {
        return dvfo_yaml_fail(ctx, node, "the value of '%s' is longer than %d characters", name,
                              DVFO_SCOPE_TEXT_SIZE - 1);
    }
    strcpy(parameter->name, name);
    strcpy(parameter->text, text);
    scope->count++;
    return DVFO_OK;
}

dvfo_status dvfo_scope_text(struct dvfo_ctx *ctx, const struct dvfo_scope *scope, dvfo_yaml_node node, const char *what,
                            char text[DVFO_SCOPE_TEXT_SIZE])
{
    const char *written = NULL;
    DVFO_TRY(dvfo_yaml_as_string(ctx, node, what, &written));
    const struct dvfo_parameter *alone = written[0] == '$' ? find(scope, written + 1, strlen(written + 1)) : NULL;
    if (alone == NULL && strchr(written, '$') != NULL) {
        long long value = 0;
        DVFO_TRY(evaluate(ctx, scope, node, what, written, &value));
        snprintf(text, DVFO_SCOPE_TEXT_SIZE, "%lld", value);
        return DVFO_OK;
    }
    if (snprintf(text, DVFO_SCOPE_TEXT_SIZE, "%s", alone != NULL ? alone->text : written) >= DVFO_SCOPE_TEXT_SIZE) {
        return dvfo_yaml_fail(ctx, node, "'%s' is longer than %d characters", what, DVFO_SCOPE_TEXT_SIZE - 1);
    }
    return DVFO_OK;
}

dvfo_status dvfo_scope_integer(struct dvfo_ctx *ctx, const struct dvfo_scope *scope, dvfo_yaml_node node,
                               const char *what, long min, long max, long *out)
{
    const char *written = NULL;
    long long value = 0;
    DVFO_TRY(dvfo_yaml_as_string(ctx, node, what, &written));
    DVFO_TRY(evaluate(ctx, scope, node, what, written, &value));
    if (value < min || value > max) {
        return dvfo_yaml_fail(ctx, node, "'%s' is %lld, expected a whole number from %ld to %ld", what, value, min,
                              max);
    }
    *out = (long)value;
    return DVFO_OK;
}
