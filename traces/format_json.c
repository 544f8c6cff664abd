/* JSON traces (jansson): Sabre's array of steps, AlphaRTC's object of two directions. Both restart at their first step.
 */
#include "traces/format.h"

#include <jansson.h>
#include <string.h>

#include "sim/base/units.h"

#define ALPHARTC_MAX_BPS 1e9 /* its recordings hold impossible single steps; the source's users clip them */

static bool recognise_array(const struct dvfo_format_probe *probe)
{
    return probe->column_count > 0 && probe->columns[0][0] == '[';
}

static bool recognise_object(const struct dvfo_format_probe *probe)
{
    return probe->column_count > 0 && probe->columns[0][0] == '{';
}

static dvfo_status parse(struct dvfo_ctx *ctx, const struct dvfo_text *text, json_t **out)
{
    json_error_t error;
    *out = json_loadb(text->bytes, text->size, 0, &error);
    if (*out == NULL) {
        char shown[48];
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s, expected JSON", text->name, error.line > 0 ? error.line : 1,
                         dvfo_format_shown(error.text, shown));
    }
    return DVFO_OK;
}

static dvfo_status member_number(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, int place, const json_t *element,
                                 const char *key, double *out)
{
    if (!json_is_object(element)) {
        return dvfo_steps_fail(ctx, steps, place, "is not an object, expected one with '%s'", key);
    }
    const json_t *value = json_object_get(element, key);
    if (!json_is_number(value)) {
        return dvfo_steps_fail(ctx, steps, place, "'%s' is %s, expected a number", key,
                               value == NULL ? "missing" : "not a number");
    }
    *out = json_number_value(value);
    return DVFO_OK;
}

/* Times are summed in ms, exactly where the file has whole ones. */
static dvfo_status hold_for_ms(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int place, double *end_ms,
                               double duration_ms, double rate_bps)
{
    if (!(duration_ms >= 0.0)) {
        return dvfo_steps_fail(ctx, steps, place, "the duration is %g ms, expected 0 or more", duration_ms);
    }
    *end_ms += duration_ms;
    return duration_ms > 0.0 ? dvfo_steps_hold(ctx, steps, place, *end_ms / 1000.0, rate_bps) : DVFO_OK;
}

static dvfo_status add_sabre(struct dvfo_ctx *ctx, const json_t *array, struct dvfo_steps *steps)
{
    if (!json_is_array(array) || json_array_size(array) == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s:1: is not an array of steps, expected [{\"duration_ms\": ..., "
                         "\"bandwidth_kbps\": ...}, ...]",
                         steps->name);
    }
    double end_ms = 0.0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *element = json_array_get(array, i);
        const int place = (int)i + 1;
        double duration_ms = 0.0;
        double rate_kbps = 0.0;
        DVFO_TRY(member_number(ctx, steps, place, element, "duration_ms", &duration_ms));
        DVFO_TRY(member_number(ctx, steps, place, element, "bandwidth_kbps", &rate_kbps));
        DVFO_TRY(hold_for_ms(ctx, steps, place, &end_ms, duration_ms, rate_kbps * DVFO_BPS_PER_KBPS));
    }
    return DVFO_OK;
}

static dvfo_status read_sabre(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                              struct dvfo_steps *steps)
{
    (void)direction;
    steps->of_elements = true;
    json_t *root = NULL;
    DVFO_TRY(parse(ctx, text, &root));
    const dvfo_status status = add_sabre(ctx, root, steps);
    json_decref(root);
    return status;
}

static dvfo_status add_alphartc(struct dvfo_ctx *ctx, const json_t *pattern, struct dvfo_steps *steps)
{
    double end_ms = 0.0;
    double last_bps = -1.0;
    int replaced = 0;
    for (size_t i = 0; i < json_array_size(pattern); i++) {
        const json_t *element = json_array_get(pattern, i);
        const int place = (int)i + 1;
        double duration_ms = 0.0;
        double capacity_kbps = 0.0;
        DVFO_TRY(member_number(ctx, steps, place, element, "duration", &duration_ms));
        DVFO_TRY(member_number(ctx, steps, place, element, "capacity", &capacity_kbps));
        double rate_bps = capacity_kbps * DVFO_BPS_PER_KBPS;
        if (rate_bps > ALPHARTC_MAX_BPS) {
            if (last_bps < 0.0) {
                return dvfo_steps_fail(ctx, steps, place,
                                       "the capacity is %g Mbit/s, expected the first step at most %g",
                                       rate_bps / DVFO_BPS_PER_MBPS, ALPHARTC_MAX_BPS / DVFO_BPS_PER_MBPS);
            }
            rate_bps = last_bps;
            replaced++;
        }
        DVFO_TRY(hold_for_ms(ctx, steps, place, &end_ms, duration_ms, rate_bps));
        last_bps = rate_bps;
    }
    if (replaced > 0) {
        dvfo_note(ctx, "%s: %d step%s above 1 Gbit/s replaced by the one before", steps->name, replaced,
                  replaced == 1 ? "" : "s");
    }
    return DVFO_OK;
}

/* The uplink, unless the user asks for the other or there is none. */
static const json_t *pattern_of(const json_t *root, dvfo_direction direction)
{
    const json_t *up = json_object_get(json_object_get(root, "uplink"), "trace_pattern");
    const json_t *down = json_object_get(json_object_get(root, "downlink"), "trace_pattern");
    if (direction == DVFO_DIRECTION_DEFAULT) {
        return up != NULL ? up : down;
    }
    return direction == DVFO_DIRECTION_UPLOAD ? up : down;
}

static dvfo_status read_alphartc(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                                 struct dvfo_steps *steps)
{
    steps->of_elements = true;
    json_t *root = NULL;
    DVFO_TRY(parse(ctx, text, &root));
    const json_t *pattern = pattern_of(root, direction);
    dvfo_status status = DVFO_OK;
    if (!json_is_array(pattern) || json_array_size(pattern) == 0) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s:1: has no array '%s.trace_pattern', expected steps of duration and capacity",
                           steps->name, direction == DVFO_DIRECTION_DOWNLOAD ? "downlink" : "uplink");
    } else {
        status = add_alphartc(ctx, pattern, steps);
    }
    json_decref(root);
    return status;
}

const struct dvfo_format dvfo_format_sabre = {
    .name = "sabre",
    .summary = "JSON array of {duration_ms, bandwidth_kbps}",
    .recognise = recognise_array,
    .read = read_sabre,
};

const struct dvfo_format dvfo_format_alphartc = {
    .name = "alphartc",
    .summary = "JSON with uplink.trace_pattern: duration ms, capacity kbit/s",
    .two_directions = true,
    .recognise = recognise_object,
    .read = read_alphartc,
};
