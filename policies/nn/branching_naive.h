/* The Q-network as one would write it on a blackboard: one sample after the other, double precision throughout, value
 * and advantages apart and combined as the formula in branching.h says. Tests hold the fast passes against it. Kept
 * forever, never called by the program. */
#ifndef DVFO_BRANCHING_NAIVE_H
#define DVFO_BRANCHING_NAIVE_H

#include "policies/nn/branching.h"

/** @param in  (B, I)
 *  @param q   (B, A) */
void dvfo_branching_naive_forward(const struct dvfo_branching *net, long B, const float *in, double *q);

/** @param in        (B, I)
 *  @param dq        (B, A)
 *  @param gradient  (count) overwritten */
void dvfo_branching_naive_backward(const struct dvfo_branching *net, long B, const float *in, const float *dq,
                                   double trunk_scale, double *gradient);

#endif
