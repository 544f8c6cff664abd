#include "traces/statistics.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

#define MAX_WINDOWS 2e7     /* most of a year of seconds */
#define WINDOW_SLACK_S 1e-9 /* sums of rounded steps */

struct windows {
    size_t n;
    double *rate_bps; /* (n) */
    double open_bits; /* of the window not yet complete */
    double open_s;
};

static void fill_windows(const struct dvfo_trace *trace, struct windows *windows);
static void add_step(struct windows *windows, double duration_s, double rate_bps);
static void summarise(const struct windows *windows, struct dvfo_trace_statistics *out);
static void rank(struct windows *windows, struct dvfo_trace_statistics *out);

static bool is_filled(const struct dvfo_trace *trace, size_t step)
{
    return trace->filled != NULL && trace->filled[step];
}

static double duration_s(const struct dvfo_trace *trace, size_t step)
{
    return (step + 1 < trace->n ? trace->start_s[step + 1] : trace->period_s) - trace->start_s[step];
}

dvfo_status dvfo_trace_statistics_of(struct dvfo_ctx *ctx, const struct dvfo_trace *trace,
                                     struct dvfo_trace_statistics *out)
{
    memset(out, 0, sizeof *out);
    double filled_s = 0.0;
    for (size_t i = 0; i < trace->n; i++) {
        filled_s += is_filled(trace, i) ? duration_s(trace, i) : 0.0;
    }
    out->duration_s = trace->period_s - filled_s;
    if (out->duration_s > MAX_WINDOWS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: lasts %g s, expected at most %g for statistics", trace->name,
                         out->duration_s, MAX_WINDOWS);
    }
    struct windows windows = {.rate_bps = malloc(((size_t)out->duration_s + 2) * sizeof(double))};
    if (windows.rate_bps == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    fill_windows(trace, &windows);
    summarise(&windows, out);
    rank(&windows, out);
    free(windows.rate_bps);
    return DVFO_OK;
}

static void fill_windows(const struct dvfo_trace *trace, struct windows *windows)
{
    for (size_t i = 0; i < trace->n; i++) {
        if (!is_filled(trace, i)) {
            add_step(windows, duration_s(trace, i), trace->rate_bps[i]);
        }
    }
    if (windows->n == 0) {
        windows->rate_bps[windows->n++] = windows->open_bits / windows->open_s;
    }
}

static void add_step(struct windows *windows, double step_s, double rate_bps)
{
    double left_s = step_s;
    while (left_s > 0.0) {
        const double part_s = fmin(left_s, 1.0 - windows->open_s);
        windows->open_bits += part_s * rate_bps;
        windows->open_s += part_s;
        left_s -= part_s;
        if (windows->open_s < 1.0 - WINDOW_SLACK_S) {
            return;
        }
        windows->rate_bps[windows->n++] = windows->open_bits;
        windows->open_bits = 0.0;
        windows->open_s = 0.0;
    }
}

static void summarise(const struct windows *windows, struct dvfo_trace_statistics *out)
{
    const double n = (double)windows->n;
    double sum_bps = 0.0;
    size_t low = 0;
    for (size_t i = 0; i < windows->n; i++) {
        sum_bps += windows->rate_bps[i];
        low += windows->rate_bps[i] < 0.5 * DVFO_BPS_PER_MBPS;
    }
    const double mean_bps = sum_bps / n;
    double squares = 0.0;
    double neighbours = 0.0;
    for (size_t i = 0; i < windows->n; i++) {
        const double d_bps = windows->rate_bps[i] - mean_bps;
        squares += d_bps * d_bps;
        neighbours += i > 0 ? d_bps * (windows->rate_bps[i - 1] - mean_bps) : 0.0;
    }
    const double noise_bps = 1e-12 * mean_bps; /* equal windows, but for rounding */
    out->mean_bps = mean_bps;
    out->coefficient_of_variation = mean_bps > 0.0 ? sqrt(squares / n) / mean_bps : NAN;
    out->lag1s_autocorrelation = squares > n * noise_bps * noise_bps ? neighbours / squares : NAN;
    out->fraction_1s_below_half_mbps = (double)low / n;
}

static int compare_rates(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the windows. */
static void rank(struct windows *windows, struct dvfo_trace_statistics *out)
{
    const double last = (double)(windows->n - 1);
    qsort(windows->rate_bps, windows->n, sizeof *windows->rate_bps, compare_rates);
    out->p5_bps = windows->rate_bps[lrint(0.05 * last)]; /* lrint rounds halves to even */
    out->median_bps = windows->rate_bps[lrint(0.5 * last)];
    out->p95_bps = windows->rate_bps[lrint(0.95 * last)];
}
