/* Means over a stretch of time: power of each rail, load of GPU and CPU. */
#ifndef DVFO_METER_H
#define DVFO_METER_H

#include "profiles/hardware/hardware.h"

/* Running mean and spread (Welford). */
struct dvfo_mean {
    long n;
    double mean, squares; /* sum of squared distances from the mean */
};

void dvfo_mean_add(struct dvfo_mean *mean, double value);
double dvfo_mean_of(const struct dvfo_mean *mean);     /* NaN without any */
double dvfo_mean_spread(const struct dvfo_mean *mean); /* standard deviation; NaN below two */

struct dvfo_meter {
    const struct dvfo_hardware *hardware; /* borrowed */
    struct dvfo_mean rail_w[DVFO_RAILS_MAX];
    struct dvfo_mean gpu_load;
    struct dvfo_cpu_time cpu_begun;
    double cpu_busy; /* cores' worth, since the beginning; NaN when not told */
};

/** Begin anew. */
struct dvfo_meter dvfo_meter_begin(const struct dvfo_hardware *hardware);

/** Take one reading of everything; a sensor that can't be read is passed over.
 *  @return DVFO_BAD_INPUT for a power that no rail can have */
dvfo_status dvfo_meter_read(struct dvfo_ctx *ctx, struct dvfo_meter *meter);

/** Mean power of a rail; NULL when the board has none of that name. */
const struct dvfo_mean *dvfo_meter_rail(const struct dvfo_meter *meter, const char *name);

#endif
