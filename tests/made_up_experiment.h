/* An experiment whose numbers are made up, so that its tables can be worked out by hand.
 *
 * Four points, networks a&b_net and small-network at eta 0.2 and 0.8; five policies. The cost of a run is that of its
 * point and policy times 1 + spread (seed - middle seed), the same for all policies of a seed: quotients of two
 * policies don't depend on the seed, means over seeds not on the spread. Energy is half the cost. */
#ifndef DVFO_MADE_UP_EXPERIMENT_H
#define DVFO_MADE_UP_EXPERIMENT_H

#include "bench/batch/gather.h"

enum { MADE_UP_POINTS = 4, MADE_UP_POLICIES = 5, MADE_UP_MOST_SEEDS = 10 };
enum { EDGE_ONLY, RANDOM, CLOUD_ONLY, EDGE_BEST, ORACLE }; /* policies, in the plan's order */

/* (points, policies) [J] */
extern const double made_up_cost_j[MADE_UP_POINTS][MADE_UP_POLICIES];

/** Write the plan as made-up.yaml into the working folder, beside the files that it names. */
void made_up_write(void);

/** Its records as if they had been gathered.
 *  @param plan  filled; free with dvfo_plan_free
 *  @param out   free with dvfo_gathered_free */
void made_up_gather(size_t seeds, double spread, struct dvfo_plan *plan, struct dvfo_gathered *out);

/** Its records as files of folder `results`, as if a batch had made them. */
void made_up_save(size_t seeds, double spread);

#endif
