/* The simulation: one device, one link, one cloud, a stream of requests.
 *
 * A request arrives, the device takes it up (the policy decides), runs its pieces one after the other, perhaps sends
 * something, waits, joins, and ends. The device works on one piece at a time, oldest request first; the link carries
 * one transfer at a time, in order; the cloud has its own queue. While one request waits for the link, the device may
 * work on the next. Every interval between events is charged to the ledger before the event is handled. */
#ifndef DVFO_SIMULATION_H
#define DVFO_SIMULATION_H

#include "sim/trial.h"

struct dvfo_simulation;

/** @param trial           parameters are read, results untouched; borrowed until dvfo_simulation_free
 *  @param scenario        of that trial; borrowed
 *  @param trace_stride_s  see dvfo_policy_setup; NaN: unpaired
 *  @param decision_s      t_AS of Eq. (10), on one CPU core at its top clock */
dvfo_status dvfo_simulation_create(struct dvfo_ctx *ctx, const struct dvfo_trial *trial, struct dvfo_scenario *scenario,
                                   double trace_stride_s, double decision_s, struct dvfo_simulation **out);
void dvfo_simulation_free(struct dvfo_simulation *sim);

/** Run until all requests have ended, or until asked to stop. Results are valid in both cases. */
dvfo_status dvfo_simulation_run(struct dvfo_ctx *ctx, struct dvfo_simulation *sim, struct dvfo_trial_results *results);

#endif
