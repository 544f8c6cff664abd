/* Profile and times; layer information is read in trtexec_layers.c. */
#include "profiles/logs/trtexec.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "profiles/logs/trtexec_json.h"
#include "sim/base/units.h"

#define MAX_MS 1e7      /* three hours: of one layer, one inference */
#define MAX_RUN_MS 1e10 /* stamps of a run */

enum { MAX_LAYERS = 5000, WHERE_SIZE = 128 };

double dvfo_trtexec_layer_s(const struct dvfo_trtexec_layer *layer)
{
    return isnan(layer->median_s) ? layer->mean_s : layer->median_s;
}

/* Sum and count stand in the files of all versions, the mean in most. */
static dvfo_status read_layer(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *element, size_t place,
                              long count, struct dvfo_trtexec_layer *layer)
{
    const char *name = json_string_value(json_object_get(element, "name"));
    char where[WHERE_SIZE];
    double sum_ms = 0.0, mean_ms = 0.0, median_ms = 0.0;
    snprintf(where, sizeof where, "layer %zu ('%.60s')", place, name == NULL ? "?" : name);
    if (name == NULL || name[0] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: layer %zu has no name, expected one as trtexec writes it",
                         text->name, place);
    }
    DVFO_TRY(dvfo_trtexec_json_number(ctx, text, where, element, "timeMs", MAX_RUN_MS, &sum_ms));
    DVFO_TRY(dvfo_trtexec_json_number(ctx, text, where, element, "averageMs", MAX_MS, &mean_ms));
    DVFO_TRY(dvfo_trtexec_json_number(ctx, text, where, element, "medianMs", MAX_MS, &median_ms));
    mean_ms = isnan(mean_ms) ? sum_ms / (double)count : mean_ms;
    if (isnan(mean_ms)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: %s: has neither 'averageMs' nor 'timeMs'", text->name, where);
    }
    layer->mean_s = mean_ms * DVFO_S_PER_MS;
    layer->median_s = median_ms * DVFO_S_PER_MS;
    layer->name = dvfo_text_copy(name);
    return layer->name == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

static dvfo_status fill_profile(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root,
                                struct dvfo_trtexec_profile *profile)
{
    const size_t n = json_array_size(root) - 1; /* without the count */
    double count = 0.0;
    DVFO_TRY(dvfo_trtexec_json_number(ctx, text, "its first element", json_array_get(root, 0), "count", 1e12, &count));
    if (count < 1.0 || n == 0 || n > MAX_LAYERS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: tells of %g inferences and %zu layers, expected 1 to %d layers",
                         text->name, count, n, MAX_LAYERS);
    }
    memcpy(profile->sha256, text->sha256, sizeof profile->sha256);
    profile->count = (long)count;
    profile->name = dvfo_text_copy(text->name);
    profile->layer = calloc(n, sizeof *profile->layer);
    if (profile->name == NULL || profile->layer == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (; profile->n < n; profile->n++) {
        struct dvfo_trtexec_layer *layer = &profile->layer[profile->n];
        DVFO_TRY(read_layer(ctx, text, json_array_get(root, profile->n + 1), profile->n + 1, profile->count, layer));
        profile->total_s += dvfo_trtexec_layer_s(layer);
    }
    return profile->total_s > 0.0 ? DVFO_OK
                                  : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: all its layers took no time", text->name);
}

static dvfo_status read_profile(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root, void *out)
{
    struct dvfo_trtexec_profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = fill_profile(ctx, text, root, profile);
    if (status != DVFO_OK) {
        dvfo_trtexec_profile_free(profile);
        return status;
    }
    *(struct dvfo_trtexec_profile **)out = profile;
    return DVFO_OK;
}

dvfo_status dvfo_trtexec_profile_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_trtexec_profile **out)
{
    *out = NULL;
    return dvfo_trtexec_json_load(ctx, path, DVFO_TRTEXEC_PROFILE, read_profile, out);
}

dvfo_status dvfo_trtexec_profile_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                             struct dvfo_trtexec_profile **out)
{
    *out = NULL;
    return dvfo_trtexec_json_from_memory(ctx, name, bytes, size, DVFO_TRTEXEC_PROFILE, read_profile, out);
}

void dvfo_trtexec_profile_free(struct dvfo_trtexec_profile *profile)
{
    if (profile != NULL) {
        for (size_t i = 0; i < profile->n; i++) {
            free(profile->layer[i].name);
        }
        free(profile->layer);
        free(profile->name);
        free(profile);
    }
}

/* One inference. */
struct inference {
    double compute_s, latency_s, start_s, end_s; /* NaN: not told */
};

/* The first of the keys that is there: names differ between versions. */
static dvfo_status read_ms(struct dvfo_ctx *ctx, const struct dvfo_text *text, const char *where, const json_t *element,
                           const char *const keys[], double max, double *out_s)
{
    *out_s = NAN;
    for (size_t i = 0; keys[i] != NULL && isnan(*out_s); i++) {
        DVFO_TRY(dvfo_trtexec_json_number(ctx, text, where, element, keys[i], max, out_s));
    }
    *out_s *= DVFO_S_PER_MS;
    return DVFO_OK;
}

static dvfo_status read_inference(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *element,
                                  size_t place, struct inference *out)
{
    static const char *const compute[] = {"computeMs", NULL}, *const latency[] = {"latencyMs", NULL};
    static const char *const start[] = {"startH2dMs", "startInMs", "startComputeMs", NULL};
    static const char *const end[] = {"endD2hMs", "endOutMs", "endComputeMs", NULL};
    char where[WHERE_SIZE];
    snprintf(where, sizeof where, "inference %zu", place);
    DVFO_TRY(read_ms(ctx, text, where, element, compute, MAX_MS, &out->compute_s));
    DVFO_TRY(read_ms(ctx, text, where, element, latency, MAX_MS, &out->latency_s));
    DVFO_TRY(read_ms(ctx, text, where, element, start, MAX_RUN_MS, &out->start_s));
    DVFO_TRY(read_ms(ctx, text, where, element, end, MAX_RUN_MS, &out->end_s));
    out->compute_s = isnan(out->compute_s) ? out->latency_s : out->compute_s;
    out->latency_s = isnan(out->latency_s) ? out->compute_s : out->latency_s;
    return out->compute_s > 0.0 ? DVFO_OK
                                : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: %s: 'computeMs' is %g, expected more than 0",
                                            text->name, where, out->compute_s / DVFO_S_PER_MS);
}

/* Median of latencies with the order statistics that enclose it in 95 of 100 samples. `values` is sorted. */
static void set_latency(struct dvfo_trtexec_times *times, double *values)
{
    const double n = (double)times->n, half = 0.98 * sqrt(n);
    gsl_sort(values, 1, times->n);
    times->latency_s = gsl_stats_median_from_sorted_data(values, 1, times->n);
    times->latency_low_s = values[(size_t)fmax(0.0, floor(n / 2.0 - half))];
    times->latency_high_s = values[(size_t)fmin(n - 1.0, ceil(n / 2.0 + half))];
}

static dvfo_status fill_times(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root,
                              struct dvfo_trtexec_times *times, double *compute_s, double *latency_s)
{
    double first_s = INFINITY, last_s = -INFINITY, sum_s = 0.0;
    for (size_t i = 0; i < times->n; i++) {
        struct inference one;
        DVFO_TRY(read_inference(ctx, text, json_array_get(root, i), i + 1, &one));
        compute_s[i] = one.compute_s;
        latency_s[i] = one.latency_s;
        sum_s += one.latency_s;
        first_s = fmin(first_s, one.start_s);
        last_s = fmax(last_s, one.end_s);
    }
    times->duration_s = last_s > first_s ? last_s - first_s : sum_s; /* without stamps: one after the other */
    gsl_sort(compute_s, 1, times->n);
    times->compute_s = gsl_stats_median_from_sorted_data(compute_s, 1, times->n);
    set_latency(times, latency_s);
    memcpy(times->sha256, text->sha256, sizeof times->sha256);
    times->name = dvfo_text_copy(text->name);
    return times->name == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

static dvfo_status read_times(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root, void *out)
{
    struct dvfo_trtexec_times *times = calloc(1, sizeof *times);
    const size_t n = json_array_size(root);
    double *values = calloc(2 * n, sizeof *values);
    dvfo_status status = times == NULL || values == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
    if (status == DVFO_OK) {
        times->n = n;
        status = fill_times(ctx, text, root, times, values, values + n);
    }
    free(values);
    if (status != DVFO_OK) {
        dvfo_trtexec_times_free(times);
        return status;
    }
    *(struct dvfo_trtexec_times **)out = times;
    return DVFO_OK;
}

dvfo_status dvfo_trtexec_times_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_trtexec_times **out)
{
    *out = NULL;
    return dvfo_trtexec_json_load(ctx, path, DVFO_TRTEXEC_TIMES, read_times, out);
}

dvfo_status dvfo_trtexec_times_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                           struct dvfo_trtexec_times **out)
{
    *out = NULL;
    return dvfo_trtexec_json_from_memory(ctx, name, bytes, size, DVFO_TRTEXEC_TIMES, read_times, out);
}

void dvfo_trtexec_times_free(struct dvfo_trtexec_times *times)
{
    if (times != NULL) {
        free(times->name);
        free(times);
    }
}
