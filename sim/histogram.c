#include "sim/histogram.h"

#include <math.h>
#include <string.h>

#define LOWEST 1e-9
#define LOG_RATIO 0.001998002662673058 /* ln(1.002) */
enum { BINS = 17287 };                 /* ln(10^15) / ln(1.002), rounded up */

dvfo_status dvfo_histogram_init(struct dvfo_ctx *ctx, struct dvfo_histogram *histogram)
{
    histogram->count = calloc(BINS, sizeof *histogram->count);
    histogram->total = 0;
    histogram->min = INFINITY;
    histogram->max = -INFINITY;
    return histogram->count == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

void dvfo_histogram_free(struct dvfo_histogram *histogram)
{
    free(histogram->count);
    histogram->count = NULL;
}

void dvfo_histogram_clear(struct dvfo_histogram *histogram)
{
    memset(histogram->count, 0, BINS * sizeof *histogram->count);
    histogram->total = 0;
    histogram->min = INFINITY;
    histogram->max = -INFINITY;
}

static size_t bin_of(double value)
{
    if (!(value > LOWEST)) {
        return 0;
    }
    const double bin = log(value / LOWEST) / LOG_RATIO;
    return bin >= BINS ? BINS - 1 : (size_t)bin;
}

void dvfo_histogram_add(struct dvfo_histogram *histogram, double value)
{
    histogram->count[bin_of(value)]++;
    histogram->total++;
    histogram->min = fmin(histogram->min, value);
    histogram->max = fmax(histogram->max, value);
}

double dvfo_histogram_quantile(const struct dvfo_histogram *histogram, double q)
{
    if (histogram->total == 0) {
        return NAN;
    }
    const double rank = fmax(ceil(q * (double)histogram->total), 1.0);
    uint64_t seen = 0;
    size_t bin = 0;
    while (bin < BINS - 1 && (double)(seen + histogram->count[bin]) < rank) {
        seen += histogram->count[bin++];
    }
    const double middle = LOWEST * exp(((double)bin + 0.5) * LOG_RATIO);
    return fmin(fmax(middle, histogram->min), histogram->max); /* never outside what was seen */
}
