/* Mean search: the action of least mean cost where what the link will do is one of several things, equally likely.
 *
 * The links are anything that can say how long a transfer takes: many requests along known traces, or draws of what a
 * link may do next. The actions are those of DVFO: levels and placements. The answer is that of the plain double loop
 * over placements and clocks around dvfo_plan_finish(), summed over the links in their order, ties to the first; fast
 * by the bounds of policies/actions.h. */
#ifndef DVFO_MEAN_SEARCH_H
#define DVFO_MEAN_SEARCH_H

#include "policies/common.h"
#include "sim/plan.h"

struct dvfo_links {
    const void *user; /* borrowed, passed to the hook */
    size_t count;     /* >= 1 */
    /** How long `bits` take on link i from `begin_s` after the request's start on [s]; INFINITY: longer than any
     *  timeout. Beginning later never ends earlier. */
    double (*send_s)(const void *user, size_t i, double begin_s, double bits);
};

struct dvfo_mean_search;

/** @param scenario  borrowed until dvfo_mean_search_free
 *  @param clocks    entries to choose from; copied
 *  @param kinds     placements besides EDGE, DVFO_WITH_...
 *  @param most_bps  no link is ever faster; INFINITY: nothing is known
 *  Cost: O(clocks x placements), schedules included. */
dvfo_status dvfo_mean_search_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                                    const struct dvfo_level_choice *clocks, int kinds, double most_bps,
                                    struct dvfo_mean_search **out);
void dvfo_mean_search_free(struct dvfo_mean_search *search);

/** The best action without any link: a plan that holds for every request. */
const struct dvfo_plan *dvfo_mean_search_edge(const struct dvfo_mean_search *search);

/** The latest begin of sending among the actions worth considering [s]; 0 when none sends. */
double dvfo_mean_search_latest_begin_s(const struct dvfo_mean_search *search);

/** The best action, and its mean cost [J]. Allocates nothing. */
double dvfo_mean_search_best(struct dvfo_mean_search *search, const struct dvfo_links *links,
                             struct dvfo_decision *decision);

#endif
