#include "profiles/quantity.h"

#include <math.h>
#include <string.h>

#include "sim/base/text.h"

enum { STANDINGS = 4 };

static const char *const standing_names[STANDINGS] = {"measured", "calibrated", "documented", "assumption"};

const char *dvfo_standing_name(dvfo_standing standing)
{
    return standing_names[standing];
}

static dvfo_status read_standing(struct dvfo_ctx *ctx, dvfo_yaml_node node, struct dvfo_quantity *out)
{
    const char *name = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, node, "standing", &name));
    for (int i = 0; i < STANDINGS; i++) {
        if (strcmp(name, standing_names[i]) == 0) {
            out->standing = (dvfo_standing)i;
            return DVFO_OK;
        }
    }
    return dvfo_yaml_fail(ctx, node, "'standing' is '%.60s', expected measured, calibrated, documented or assumption",
                          name);
}

static bool has(dvfo_yaml_node map, const char *key)
{
    return !dvfo_yaml_is_null(dvfo_yaml_find(map, key));
}

static dvfo_status read_low_and_high(struct dvfo_ctx *ctx, dvfo_yaml_node node, double min, double max,
                                     struct dvfo_quantity *out)
{
    DVFO_TRY(dvfo_yaml_number(ctx, node, "low", min, max, &out->low));
    return dvfo_yaml_number(ctx, node, "high", min, max, &out->high);
}

static dvfo_status read_assumption(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                   struct dvfo_quantity *out)
{
    if (has(node, "error") || has(node, "points")) {
        return dvfo_yaml_fail(ctx, node,
                              "'%s' is an assumption and has an 'error' or 'points', expected 'low' and 'high'", what);
    }
    DVFO_TRY(read_low_and_high(ctx, node, min, max, out));
    if (out->low > out->value || out->value > out->high) {
        return dvfo_yaml_fail(ctx, node, "'%s' is %g, expected it between its low %g and its high %g", what, out->value,
                              out->low, out->high);
    }
    return DVFO_OK;
}

/* What was expected of a calibrated one must be a range of positive numbers: the fit looks at its logarithm. */
static dvfo_status read_expectation(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                    struct dvfo_quantity *out)
{
    if (!has(node, "low") && !has(node, "high")) {
        return DVFO_OK;
    }
    if (out->standing != DVFO_CALIBRATED) {
        return dvfo_yaml_fail(
            ctx, node, "'%s' is %s and has 'low' or 'high', expected them at assumptions and calibrated ones only",
            what, dvfo_standing_name(out->standing));
    }
    DVFO_TRY(read_low_and_high(ctx, node, min, max, out));
    if (out->low <= 0.0 || out->low >= out->high) {
        return dvfo_yaml_fail(ctx, node, "'%s' was expected between %g and %g, expected 0 < low < high", what, out->low,
                              out->high);
    }
    return DVFO_OK;
}

static dvfo_status read_certainty(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                  struct dvfo_quantity *out)
{
    out->error = out->low = out->high = NAN;
    out->points = 0;
    if (out->standing == DVFO_ASSUMPTION) {
        return read_assumption(ctx, node, what, min, max, out);
    }
    double points = 0.0;
    DVFO_TRY(read_expectation(ctx, node, what, min, max, out));
    DVFO_TRY(dvfo_yaml_number_or(ctx, node, "points", 0.0, 1e9, 0.0, &points));
    out->points = (long)points;
    return dvfo_yaml_number_or(ctx, node, "error", 0.0, HUGE_VAL, NAN, &out->error);
}

dvfo_status dvfo_quantity_of_node(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                  struct dvfo_quantity *out)
{
    static const char *const keys[] = {"value", "standing", "error", "points", "low", "high", "source", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, node, keys));
    DVFO_TRY(dvfo_yaml_need(ctx, node, "value", &(dvfo_yaml_node){0}));
    DVFO_TRY(dvfo_yaml_as_number(ctx, dvfo_yaml_find(node, "value"), what, min, max, &out->value));
    DVFO_TRY(read_standing(ctx, node, out));
    DVFO_TRY(read_certainty(ctx, node, what, min, max, out));
    const char *source = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, node, "source", &source));
    out->source = dvfo_text_copy(source);
    out->line = dvfo_yaml_line(node);
    return out->source != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_quantity_read(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, double min, double max,
                               struct dvfo_quantity *out)
{
    dvfo_yaml_node node;
    DVFO_TRY(dvfo_yaml_need_map(ctx, map, key, &node));
    return dvfo_quantity_of_node(ctx, node, key, min, max, out);
}

dvfo_status dvfo_quantity_set(struct dvfo_ctx *ctx, double value, dvfo_standing standing, const char *source,
                              struct dvfo_quantity *out)
{
    *out = (struct dvfo_quantity){.value = value, .error = NAN, .low = NAN, .high = NAN, .standing = standing};
    out->source = dvfo_text_copy(source);
    return out->source != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

void dvfo_quantity_free(struct dvfo_quantity *quantity)
{
    free(quantity->source);
    quantity->source = NULL;
}
