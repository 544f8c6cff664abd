#include <stdio.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/units.h"
#include "traces/trace.h"

static dvfo_status open_constant(struct dvfo_ctx *ctx, const char *spec, struct dvfo_trace **out);

dvfo_status dvfo_trace_open(struct dvfo_ctx *ctx, const char *spec, const char *format, uint64_t seed,
                            struct dvfo_trace **out)
{
    (void)format;
    (void)seed;
    *out = NULL;
    if (strncmp(spec, "const:", 6) == 0) {
        return open_constant(ctx, spec, out);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: not a trace that can be opened yet", spec);
}

/* "5Mbps" and "5Mbit/s" say the same. */
static bool rate_unit_bps(const char *text, double *out)
{
    static const struct {
        const char *text;
        double bps;
    } units[] = {
        {"bps", 1.0},
        {"bit/s", 1.0},
        {"kbps", DVFO_BPS_PER_KBPS},
        {"kbit/s", DVFO_BPS_PER_KBPS},
        {"Mbps", DVFO_BPS_PER_MBPS},
        {"Mbit/s", DVFO_BPS_PER_MBPS},
        {"Gbps", DVFO_BPS_PER_GBPS},
        {"Gbit/s", DVFO_BPS_PER_GBPS},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].text) == 0) {
            *out = units[i].bps;
            return true;
        }
    }
    return false;
}

static dvfo_status open_constant(struct dvfo_ctx *ctx, const char *spec, struct dvfo_trace **out)
{
    const char *unit = NULL;
    double value = 0.0;
    double unit_bps = 0.0;
    if (!dvfo_text_number(spec + strlen("const:"), &unit, &value) || !rate_unit_bps(unit, &unit_bps)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: is not a constant rate, expected a number and its unit (bps, kbps, Mbps, Gbps) as in const:5Mbps",
                         spec);
    }
    const double start_s = 0.0;
    const double rate_bps = value * unit_bps;
    if (!(rate_bps > 0.0 && rate_bps <= DVFO_TRACE_MAX_BPS)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is %g bit/s, expected above 0 and at most %g", spec, rate_bps,
                         DVFO_TRACE_MAX_BPS);
    }
    DVFO_TRY(dvfo_trace_create(ctx, spec, "const", 1, &start_s, &rate_bps, 1.0, out));
    dvfo_hash_sha256_hex(spec, strlen(spec), (*out)->sha256);
    return DVFO_OK;
}
