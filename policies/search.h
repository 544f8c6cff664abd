/* Search: the action of least planned cost for a request that starts at a known time of the trace.
 *
 * The answer is that of a plain double loop over placements and clocks around dvfo_plan_request(), ties to the first; a
 * test holds it against that loop. Fast, because of two bounds. A transfer that begins no later ends no later, so one
 * question to the trace bounds the end of all transfers of one placement that begin from a moment on; with it, a few
 * multiplications bound an action's cost from below, from numbers that don't depend on the trace and are made once.
 * Only actions whose bound reaches the best cost found are planned in full. And an action that could not beat the
 * device alone if the link always ran at its highest rate is dropped at once. */
#ifndef DVFO_SEARCH_H
#define DVFO_SEARCH_H

#include "policies/common.h"
#include "sim/plan.h"

struct dvfo_trace;

/* Placements to choose from, clocks not filled in: EDGE first, then by kind. */
struct dvfo_placements {
    struct dvfo_decision *at; /* (count) owned */
    int count;
};

enum { DVFO_WITH_SHARES = 1, DVFO_WITH_CUTS = 2, DVFO_WITH_CLOUD = 4 };

/** EDGE and the kinds asked for: shares 1..10 tenths, every layer cut, the encoded input. Free with
 *  dvfo_placements_free. */
dvfo_status dvfo_placements_create(struct dvfo_ctx *ctx, const struct dvfo_scenario *scenario, int kinds,
                                   struct dvfo_placements *out);
void dvfo_placements_free(struct dvfo_placements *placements);

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
