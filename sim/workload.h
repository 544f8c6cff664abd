/* A workload: when requests arrive.
 *
 * closed: the next request arrives when the one before has ended. periodic:RATE and poisson:RATE arrive whether the
 * device is ready or not, RATE per second, and queue. Arrivals have a random stream of their own, so two policies at
 * one trial index meet the same ones. */
#ifndef DVFO_WORKLOAD_H
#define DVFO_WORKLOAD_H

#include <gsl/gsl_rng.h>

#include "sim/base/status.h"

typedef enum dvfo_arrivals { DVFO_CLOSED, DVFO_PERIODIC, DVFO_POISSON } dvfo_arrivals;

struct dvfo_workload {
    dvfo_arrivals arrivals;
    double rate_hz; /* of periodic and poisson, > 0 */
    long requests;  /* >= 1 */
};

/** Read "closed", "periodic:30" or "poisson:20" into `workload` (its number of requests stays). */
dvfo_status dvfo_workload_parse(struct dvfo_ctx *ctx, const char *text, struct dvfo_workload *workload);

/** Time from one arrival to the next [s]; not for closed. */
double dvfo_workload_gap_s(const struct dvfo_workload *workload, gsl_rng *rng);

#endif
