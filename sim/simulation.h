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

/** @param trial     parameters are read, results untouched; borrowed until dvfo_simulation_free
 *  @param scenario  of that trial; borrowed */
dvfo_status dvfo_simulation_create(struct dvfo_ctx *ctx, const struct dvfo_trial *trial, struct dvfo_scenario *scenario,
                                   struct dvfo_simulation **out);
void dvfo_simulation_free(struct dvfo_simulation *sim);

/** Run until all requests have ended, or until asked to stop. Results are valid in both cases. */
dvfo_status dvfo_simulation_run(struct dvfo_ctx *ctx, struct dvfo_simulation *sim, struct dvfo_trial_results *results);

/* The same in steps, for who decides from outside instead of through the trial's policy (whose ticks go on). Only sums
 * over requests are kept, then: a simulation that is stepped isn't run afterwards. */

/** Go on until a request waits for its decision.
 *  @param seen  what its policy sees; untouched at the end
 *  @return      false when all requests have ended, or memory is out */
bool dvfo_simulation_advance(struct dvfo_simulation *sim, struct dvfo_observation *seen);

/** Decide for the request that waits; clocks and placement as dvfo_policy_type.decide gives them. */
void dvfo_simulation_decide(struct dvfo_simulation *sim, const struct dvfo_decision *decision);

/** What the trial's own policy would decide for it: for who acts as a reference does, and tells what it did. Ask once
 *  for a request, and decide just that: policies remember what they have decided. */
void dvfo_simulation_ask(struct dvfo_simulation *sim, struct dvfo_decision *decision);

/* Sums over the requests that have ended so far, a difference of two of these is what a stretch of time has cost. */
struct dvfo_simulation_sums {
    long finished, timeouts;
    double energy_j, latency_s;
    double trace_s;            /* how far along the trace requests have begun */
    struct dvfo_decision last; /* under which the last of them ended: a late decision may not have moved it any more */
};

struct dvfo_simulation_sums dvfo_simulation_sums_of(const struct dvfo_simulation *sim);
bool dvfo_simulation_is_out_of_memory(const struct dvfo_simulation *sim);

/** Latency of a request on the device at the highest clocks [s]: by that much paired requests move along the trace. */
double dvfo_simulation_edge_s(struct dvfo_scenario *scenario);

#endif
