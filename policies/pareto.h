/* Pareto: out of many points in latency and energy, those that no other beats in both.
 *
 * Point a dominates b when it is no worse in either and better in one. What is kept stands sorted by latency, and its
 * energy falls strictly from one to the next, so the least energy under a latency limit is the last within it. Of equal
 * points the one with the lowest action stays. */
#ifndef DVFO_PARETO_H
#define DVFO_PARETO_H

#include <stddef.h>

struct dvfo_pareto_point {
    double latency_s, energy_j;
    size_t action; /* what is behind it: the caller's own number */
};

/** Move the points that nothing dominates to the front, by latency. @return how many
 *  @param at  (n) reordered; what stands behind the kept ones is of no use any more
 *  Cost: O(n log n). */
size_t dvfo_pareto_keep(struct dvfo_pareto_point *at, size_t n);

/** Of kept points: the least energy with latency <= `limit_s`; the fastest when none is within it.
 *  @param n  at least 1
 *  Cost: O(log n). */
const struct dvfo_pareto_point *dvfo_pareto_pick(const struct dvfo_pareto_point *at, size_t n, double limit_s);

#endif
