/* What stands after --trace: "const:5Mbps", "model:wifi", a file, a file with ":upload" or ":download" behind it. */
#include "traces/trace.h"

#include <string.h>
#include <sys/stat.h>

#include "sim/base/data_path.h"
#include "sim/base/hash.h"
#include "sim/base/units.h"
#include "traces/format.h"
#include "traces/generator.h"

static dvfo_status open_constant(struct dvfo_ctx *ctx, const char *spec, struct dvfo_trace **out);
static dvfo_status open_model(struct dvfo_ctx *ctx, const char *spec, uint64_t seed, struct dvfo_trace **out);
static dvfo_status open_file(struct dvfo_ctx *ctx, const char *spec, const char *format, struct dvfo_trace **out);

dvfo_status dvfo_trace_open(struct dvfo_ctx *ctx, const char *spec, const char *format, uint64_t seed,
                            struct dvfo_trace **out)
{
    *out = NULL;
    const bool is_file =
        strncmp(spec, "const:", strlen("const:")) != 0 && strncmp(spec, "model:", strlen("model:")) != 0;
    if (!is_file && format != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is not a file, so there is no format '%s' to take it for", spec,
                         format);
    }
    if (spec[0] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "the name of the trace is empty, expected a file, const:5Mbps or model:wifi");
    }
    if (strncmp(spec, "const:", strlen("const:")) == 0) {
        return open_constant(ctx, spec, out);
    }
    if (strncmp(spec, "model:", strlen("model:")) == 0) {
        return open_model(ctx, spec, seed, out);
    }
    return open_file(ctx, spec, format, out);
}

static dvfo_status open_model(struct dvfo_ctx *ctx, const char *spec, uint64_t seed, struct dvfo_trace **out)
{
    const struct dvfo_generator *generator = NULL;
    DVFO_TRY(dvfo_generator_find(ctx, spec + strlen("model:"), &generator));
    return dvfo_generator_draw(ctx, generator, spec, DVFO_GENERATOR_DURATION_S, seed, out);
}

/* Cut ":upload" or ":download" off the end. */
static dvfo_direction cut_direction(char *path)
{
    static const struct {
        const char *text;
        dvfo_direction direction;
    } rows[] = {{":upload", DVFO_DIRECTION_UPLOAD}, {":download", DVFO_DIRECTION_DOWNLOAD}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t length = strlen(path);
        const size_t cut = strlen(rows[i].text);
        if (length > cut && strcmp(path + length - cut, rows[i].text) == 0) {
            path[length - cut] = '\0';
            return rows[i].direction;
        }
    }
    return DVFO_DIRECTION_DEFAULT;
}

static dvfo_status open_file(struct dvfo_ctx *ctx, const char *spec, const char *format, struct dvfo_trace **out)
{
    char path[DVFO_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s", spec) >= (int)sizeof path) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of a trace is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    struct stat info;
    const bool exists = stat(path, &info) == 0; /* a file may really be called x:upload */
    const dvfo_direction direction = exists ? DVFO_DIRECTION_DEFAULT : cut_direction(path);
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_load(ctx, path, DVFO_FORMAT_MAX_BYTES, &text));
    const dvfo_status status = dvfo_format_read(ctx, &text, spec, format, direction, out);
    dvfo_text_free(&text);
    return status;
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
        return dvfo_fail(
            ctx, DVFO_BAD_INPUT,
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
