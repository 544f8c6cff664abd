/* A sum that doesn't forget small terms: what each addition rounds off is summed beside it. The error stays at one
 * rounding however many terms there are, which keeps the energy ledger's totals equal to 1e-9 over 10^8 requests.
 *
 * What is rounded off is exact (Knuth's TwoSum), whichever of the two is the larger: no branch, as Neumaier's sum has
 * one, and the same result. */
#ifndef DVFO_SUM_H
#define DVFO_SUM_H

#include <math.h>

struct dvfo_sum {
    double sum, lost;
};

static inline void dvfo_sum_add(struct dvfo_sum *s, double x)
{
    const double t = s->sum + x, of_x = t - s->sum;
    s->lost += (s->sum - (t - of_x)) + (x - of_x);
    s->sum = t;
}

static inline double dvfo_sum_value(const struct dvfo_sum *s)
{
    return s->sum + s->lost;
}

#endif
