#include "traces/steps.h"

#include <stdarg.h>
#include <string.h>

#include "sim/base/units.h"
#include "traces/trace.h"

static bool grow(struct dvfo_steps *steps);

void dvfo_steps_free(struct dvfo_steps *steps)
{
    free(steps->filled);
    free(steps->rate_bps);
    free(steps->start_s);
    *steps = (struct dvfo_steps){.name = steps->name};
}

static dvfo_status append(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int place, double end_s, double rate_bps,
                          bool filled)
{
    if (!(end_s > steps->end_s)) {
        return dvfo_steps_fail(ctx, steps, place, "the time goes from %.9g to %.9g s, expected it to rise",
                               steps->end_s, end_s);
    }
    if (!(rate_bps >= 0.0 && rate_bps <= DVFO_TRACE_MAX_BPS)) {
        return dvfo_steps_fail(ctx, steps, place, "the rate is %g Mbit/s, expected 0 to %g",
                               rate_bps / DVFO_BPS_PER_MBPS, DVFO_TRACE_MAX_BPS / DVFO_BPS_PER_MBPS);
    }
    const size_t n = steps->n;
    if (n == 0 || steps->rate_bps[n - 1] != rate_bps || steps->filled[n - 1] != filled) {
        if (n == steps->capacity && !grow(steps)) {
            return dvfo_fail_no_memory(ctx);
        }
        steps->start_s[n] = steps->end_s;
        steps->rate_bps[n] = rate_bps;
        steps->filled[n] = filled;
        steps->n++;
    }
    steps->filled_s += filled ? end_s - steps->end_s : 0.0;
    steps->end_s = end_s;
    return DVFO_OK;
}

dvfo_status dvfo_steps_hold(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int place, double end_s, double rate_bps)
{
    return append(ctx, steps, place, end_s, rate_bps, false);
}

dvfo_status dvfo_steps_fill(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int place, double end_s)
{
    DVFO_REQUIRE(steps->n > 0);
    return append(ctx, steps, place, end_s, steps->rate_bps[steps->n - 1], true);
}

dvfo_status dvfo_steps_finish(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, const char *name,
                              const char *format, struct dvfo_trace **out)
{
    DVFO_TRY(dvfo_trace_create(ctx, name, format, steps->n, steps->start_s, steps->rate_bps, steps->end_s, out));
    if (steps->filled_s > 0.0) {
        (*out)->filled = malloc(steps->n * sizeof *steps->filled);
        if ((*out)->filled == NULL) {
            dvfo_trace_free(*out);
            *out = NULL;
            return dvfo_fail_no_memory(ctx);
        }
        memcpy((*out)->filled, steps->filled, steps->n * sizeof *steps->filled);
        dvfo_note(ctx, "%s: %.4g s of %.6g s hold no measurement; there the last rate is held", name, steps->filled_s,
                  steps->end_s);
    }
    return DVFO_OK;
}

dvfo_status dvfo_steps_fail(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, int place, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, steps->of_elements ? "%s: element %d: %s" : "%s:%d: %s", steps->name, place,
                     sentence);
}

static bool grow(struct dvfo_steps *steps)
{
    const size_t capacity = steps->capacity == 0 ? 256 : 2 * steps->capacity;
    double *start_s = realloc(steps->start_s, capacity * sizeof *start_s);
    steps->start_s = start_s != NULL ? start_s : steps->start_s;
    double *rate_bps = realloc(steps->rate_bps, capacity * sizeof *rate_bps);
    steps->rate_bps = rate_bps != NULL ? rate_bps : steps->rate_bps;
    bool *filled = realloc(steps->filled, capacity * sizeof *filled);
    steps->filled = filled != NULL ? filled : steps->filled;
    if (start_s == NULL || rate_bps == NULL || filled == NULL) {
        return false;
    }
    steps->capacity = capacity;
    return true;
}
