#include "profiles/logs/trtexec_json.h"

#include <math.h>
#include <string.h>

enum { MAX_JSON_BYTES = 256 << 20 };

static const char *const options[] = {"--exportProfile", "--exportLayerInfo", "--exportTimes"};

/* Which option wrote it; the number of options when none did. */
static size_t kind_of(const json_t *root)
{
    if (json_is_object(root)) {
        return json_is_array(json_object_get(root, "Layers")) ? DVFO_TRTEXEC_LAYERS : 3;
    }
    const json_t *first = json_array_get(root, 0);
    if (json_object_get(first, "count") != NULL) {
        return DVFO_TRTEXEC_PROFILE;
    }
    return json_object_get(first, "computeMs") != NULL || json_object_get(first, "latencyMs") != NULL
               ? DVFO_TRTEXEC_TIMES
               : 3;
}

dvfo_status dvfo_trtexec_json_parse(struct dvfo_ctx *ctx, const struct dvfo_text *text, dvfo_trtexec_kind kind,
                                    json_t **out)
{
    json_error_t error;
    *out = json_loadb(text->bytes, text->size, 0, &error);
    if (*out == NULL) {
        const bool cut = json_error_code(&error) == json_error_premature_end_of_input;
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s, expected JSON as trtexec %s writes it", text->name,
                         error.line > 0 ? error.line : 1, cut ? "is cut off" : "is not JSON", options[kind]);
    }
    const size_t found = kind_of(*out);
    if (found == (size_t)kind) {
        return DVFO_OK;
    }
    json_decref(*out);
    *out = NULL;
    return found < 3 ? dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:1: was written by trtexec %s, expected a file of %s",
                                 text->name, options[found], options[kind])
                     : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:1: is not of trtexec, expected a file of its option %s",
                                 text->name, options[kind]);
}

static dvfo_status read_text(struct dvfo_ctx *ctx, const struct dvfo_text *text, dvfo_trtexec_kind kind,
                             dvfo_trtexec_read *read, void *out)
{
    json_t *root = NULL;
    DVFO_TRY(dvfo_trtexec_json_parse(ctx, text, kind, &root));
    const dvfo_status status = read(ctx, text, root, out);
    json_decref(root);
    return status;
}

dvfo_status dvfo_trtexec_json_load(struct dvfo_ctx *ctx, const char *path, dvfo_trtexec_kind kind,
                                   dvfo_trtexec_read *read, void *out)
{
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_JSON_BYTES, &text));
    const dvfo_status status = read_text(ctx, &text, kind, read, out);
    dvfo_text_free(&text);
    return status;
}

dvfo_status dvfo_trtexec_json_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                          dvfo_trtexec_kind kind, dvfo_trtexec_read *read, void *out)
{
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_from_memory(ctx, name, bytes, size, &text));
    const dvfo_status status = read_text(ctx, &text, kind, read, out);
    dvfo_text_free(&text);
    return status;
}

dvfo_status dvfo_trtexec_json_number(struct dvfo_ctx *ctx, const struct dvfo_text *text, const char *where,
                                     const json_t *object, const char *key, double max, double *out)
{
    const json_t *value = json_object_get(object, key);
    *out = NAN;
    if (value == NULL) {
        return DVFO_OK;
    }
    if (!json_is_number(value)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: %s: '%s' is not a number", text->name, where, key);
    }
    *out = json_number_value(value);
    return *out >= 0.0 && *out <= max ? DVFO_OK
                                      : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: %s: '%s' is %g, expected 0 to %g",
                                                  text->name, where, key, *out, max);
}
