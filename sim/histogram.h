/* Percentiles in flat memory: a histogram with logarithmic bins.
 *
 * Neighbouring bins differ by a factor of 1.002, a value is reported as the geometric middle of its bin, so the
 * relative error is at most 0.1 %. Covers 1 ns to 10^6 s; what lies outside is counted in the first or last bin. */
#ifndef DVFO_HISTOGRAM_H
#define DVFO_HISTOGRAM_H

#include <stdint.h>

#include "sim/base/status.h"

struct dvfo_histogram {
    uint64_t *count; /* (bins); owned */
    uint64_t total;
    double min, max; /* exact */
};

dvfo_status dvfo_histogram_init(struct dvfo_ctx *ctx, struct dvfo_histogram *histogram);
void dvfo_histogram_free(struct dvfo_histogram *histogram);
/** As if nothing had been added. */
void dvfo_histogram_clear(struct dvfo_histogram *histogram);
void dvfo_histogram_add(struct dvfo_histogram *histogram, double value);

/** Value below which the share `q` (0..1) of all values lies (nearest rank); NaN when there is none. */
double dvfo_histogram_quantile(const struct dvfo_histogram *histogram, double q);

#endif
