/* Search: the action of least planned cost for a request that starts at a known time of the trace.
 *
 * The answer is that of a plain double loop over placements and clocks around dvfo_plan_request(), ties to the first; a
 * test holds it against that loop. Fast by the bounds of policies/actions.h. */
#ifndef DVFO_SEARCH_H
#define DVFO_SEARCH_H

#include "policies/common.h"
#include "policies/placements.h"
#include "sim/plan.h"

struct dvfo_trace;

struct dvfo_search;

/** @param clocks  entries to choose from; copied
 *  @param kinds   placements besides EDGE, DVFO_WITH_...
 *  @param trace   borrowed until dvfo_search_free, as is the scenario
 *  Cost: O(clocks x placements), schedules included. */
dvfo_status dvfo_search_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                               const struct dvfo_level_choice *clocks, int kinds, const struct dvfo_trace *trace,
                               struct dvfo_search **out);
void dvfo_search_free(struct dvfo_search *search);

/** The best action for a request that starts at trace time `start_s`, and its plan. Allocates nothing. */
struct dvfo_plan dvfo_search_best(struct dvfo_search *search, double start_s, struct dvfo_decision *decision);

#endif
