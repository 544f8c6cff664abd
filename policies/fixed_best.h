/* The fixed setting that hindsight finds best: one action for all requests of one or several traces. */
#ifndef DVFO_FIXED_BEST_H
#define DVFO_FIXED_BEST_H

#include "policies/common.h"

struct dvfo_trace;

enum { DVFO_FIXED_BEST_MOST = 1000 }; /* requests looked at per trace; of more, so many evenly spread */

/** The action of least mean planned cost over the requests of all traces, as the plain double loop over placements and
 *  clocks around dvfo_plan_request() finds it, ties to the first.
 *  @param choice        clocks to choose from
 *  @param kinds         placements besides EDGE, DVFO_WITH_... of policies/placements.h
 *  @param traces        (n) n >= 1; each weighs the same
 *  @param stride_s      request i meets a trace from from_s + i * stride_s on; NaN: requests are spread over a period
 *  @param requests      of each trace, >= 1
 *  @param mean_cost_j   may be NULL
 *  Cost: a few hundredths of a second for thousands of requests, most of it for the schedules of a new scenario. */
dvfo_status dvfo_fixed_best_choose(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                                   const struct dvfo_level_choice *choice, int kinds,
                                   const struct dvfo_trace *const traces[], size_t n, double stride_s, double from_s,
                                   long requests, struct dvfo_decision *out, double *mean_cost_j);

#endif
