#include "policies/nn/interval.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#define CONFIDENCE 0.95

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many readings at each end lie outside: the largest k with P(at most k - 1 below) <= 2.5 %; 0: none is outside. */
static size_t outside(size_t n)
{
    size_t k = 0;
    while (k < n / 2 && gsl_cdf_binomial_P((unsigned)k, 0.5, (unsigned)n) <= 0.5 * (1.0 - CONFIDENCE)) {
        k++;
    }
    return k;
}

struct dvfo_interval dvfo_interval_of(double *reading, size_t n)
{
    if (n == 0) {
        return (struct dvfo_interval){NAN, NAN, NAN};
    }
    qsort(reading, n, sizeof *reading, ascending);
    const double median = 0.5 * (reading[(n - 1) / 2] + reading[n / 2]);
    const size_t k = outside(n);
    return k == 0 ? (struct dvfo_interval){median, NAN, NAN}
                  : (struct dvfo_interval){median, reading[k - 1], reading[n - k]};
}

double dvfo_interval_width(const struct dvfo_interval *interval)
{
    return isnan(interval->low) ? INFINITY : (interval->high - interval->low) / interval->median;
}
