/* What is said of a trace in a table: figures of its 1-s averages.
 *
 * Only what was measured counts: steps that a reader filled are left out and the rest is joined. A last window that
 * isn't complete is left out too (unless there is no other). The 5th percentile, median and 95th are the values at the
 * rank nearest to q (n - 1), halves to even. The autocorrelation is the biased one, about the mean of all windows. */
#ifndef DVFO_STATISTICS_H
#define DVFO_STATISTICS_H

#include "traces/trace.h"

struct dvfo_trace_statistics {
    double duration_s; /* measured time */
    double mean_bps;
    double median_bps;
    double p5_bps;
    double p95_bps;
    double coefficient_of_variation; /* standard deviation / mean; NaN for a mean of 0 */
    double lag1s_autocorrelation;    /* NaN when all windows are equal */
    double fraction_1s_below_half_mbps;
};

dvfo_status dvfo_trace_statistics_of(struct dvfo_ctx *ctx, const struct dvfo_trace *trace,
                                     struct dvfo_trace_statistics *out);

#endif
