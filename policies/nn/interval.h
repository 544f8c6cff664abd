/* The median of repeated measurements and an interval that holds the true one.
 *
 * No shape of the distribution is assumed: how many of n readings lie below the true median is binomial(n, 1/2), so two
 * readings of the sorted list enclose it with a probability that depends on their places alone. */
#ifndef DVFO_INTERVAL_H
#define DVFO_INTERVAL_H

#include <stddef.h>

struct dvfo_interval {
    double median;
    double low, high; /* the narrowest symmetric pair of readings that holds the true median with at least 95 %; NaN
                         with fewer than 6 readings, where none does */
};

/** @param reading  (n) sorted here in place
 *  @param n        0 gives NaN everywhere */
struct dvfo_interval dvfo_interval_of(double *reading, size_t n);

/** Width relative to the median: (high - low) / median; infinite where there is no interval. */
double dvfo_interval_width(const struct dvfo_interval *interval);

#endif
