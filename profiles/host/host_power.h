/* Power of this machine while something runs: from energy counters (RAPL) or from rails (INA3221), whichever it has. */
#ifndef DVFO_HOST_POWER_H
#define DVFO_HOST_POWER_H

#include "profiles/hardware/rails.h"
#include "profiles/hardware/rapl.h"

struct dvfo_host_power {
    const struct dvfo_sysfs *sysfs; /* borrowed */
    struct dvfo_rapl rapl;
    size_t rail_count;
    struct dvfo_rail_sensor rail[DVFO_RAILS_MAX];
    char sensor[DVFO_RAPL_SENTENCE_SIZE]; /* "RAPL package-0, dram" or "rail VDD_IN"; "" when there is none */
};

/* A stretch of time over which power is averaged. */
struct dvfo_host_power_mean {
    double begun_s, begun_j; /* RAPL */
    double sum_w;            /* rails */
    long readings;
};

/** Find what there is; `sensor` is "" and rapl.missing says why when nothing can be read. */
struct dvfo_host_power dvfo_host_power_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs);

/** Begin a stretch at the time `now_s` of a monotonic clock. */
dvfo_status dvfo_host_power_begin(struct dvfo_ctx *ctx, struct dvfo_host_power *power, double now_s,
                                  struct dvfo_host_power_mean *out);

/** Take a reading; at least once a minute. */
dvfo_status dvfo_host_power_read(struct dvfo_ctx *ctx, struct dvfo_host_power *power,
                                 struct dvfo_host_power_mean *mean);

/** Mean power since the beginning [W]; NaN without a sensor, or when it counted nothing. */
double dvfo_host_power_mean_w(const struct dvfo_host_power *power, const struct dvfo_host_power_mean *mean,
                              double now_s);

#endif
