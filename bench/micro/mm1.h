/* The M/M/1 queue: the textbook case whose answer is known.
 *
 * Customers arrive at random (exponential gaps), one server takes them in order (exponential service). With arrival
 * rate a below service rate s, the mean time in the system is 1 / (s - a). Each customer costs two events, so the model
 * times an event queue; its statistics show that the queue is right. */
#ifndef DVFO_MM1_H
#define DVFO_MM1_H

#include <stdint.h>

#include "sim/base/status.h"

struct dvfo_mm1_def {
    uint64_t customers; /* at least 1000: the interval comes from batches */
    double arrival_rate_hz, service_rate_hz;
    uint64_t seed;
};

/** A million customers at 0.9 against 1.0 per second, seed 1. */
struct dvfo_mm1_def dvfo_mm1_def_default(void);

struct dvfo_mm1;

dvfo_status dvfo_mm1_create(struct dvfo_ctx *ctx, const struct dvfo_mm1_def *def, struct dvfo_mm1 **out);
void dvfo_mm1_free(struct dvfo_mm1 *mm1);

/** Serve all customers. Once per object. Fails only when memory is out. */
dvfo_status dvfo_mm1_run(struct dvfo_ctx *ctx, struct dvfo_mm1 *mm1);

/** Events handled: an arrival and a departure per customer. */
uint64_t dvfo_mm1_events(const struct dvfo_mm1 *mm1);

/** Mean time in the system [s]. */
double dvfo_mm1_mean_s(const struct dvfo_mm1 *mm1);

/** Half width [s] of the 95 % confidence interval of that mean: Student's t over the means of consecutive batches, each
 *  much longer than the queue's memory, so that they are nearly independent. */
double dvfo_mm1_half_width_s(const struct dvfo_mm1 *mm1);

/** The same mean from the same random numbers without any event queue: Lindley's recursion,
 *  time[n] = max(0, time[n-1] - gap[n]) + service[n]. Equal to dvfo_mm1_mean_s but for rounding. NaN: out of memory. */
double dvfo_mm1_lindley_mean_s(const struct dvfo_mm1_def *def);

#endif
