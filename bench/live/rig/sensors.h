/* What measures power and heat on this board: rails or counters, and thermal zones. */
#ifndef DVFO_RIG_SENSORS_H
#define DVFO_RIG_SENSORS_H

#include "bench/live/rig/account.h"
#include "bench/live/rig/news.h"
#include "profiles/hardware/hardware.h"
#include "profiles/hardware/rapl.h"

struct dvfo_rig_sensors {
    const struct dvfo_hardware *hardware;  /* borrowed */
    struct dvfo_rapl rapl;                 /* of a host */
    size_t rail_count;                     /* rails, or zones of counters */
    bool power;                            /* the whole can be measured here */
    bool lost;                             /* the last reading of it failed */
    char missing[DVFO_RAPL_SENTENCE_SIZE]; /* why `power` is false */
};

struct dvfo_rig_sensors dvfo_rig_sensors_open(const struct dvfo_hardware *hardware);

/** Name of a rail or counter: "POM_5V_GPU", "dram". Borrowed. */
const char *dvfo_rig_sensors_name(const struct dvfo_rig_sensors *sensors, size_t rail);

/** Take a reading into the account.
 *  @param ctx  notes a sensor that is lost or comes back, each for the first time
 *  @param told  reasons that were noted already */
void dvfo_rig_sensors_read(struct dvfo_ctx *ctx, struct dvfo_rig_sensors *sensors, struct dvfo_rig_told *told,
                           double now_s, struct dvfo_rig_account *account);

/** The hottest zone [degree C]; NaN when none tells. What reads 0 or less, or above 150, is no temperature of a chip at
 * work and is passed over. */
double dvfo_rig_sensors_hottest_c(const struct dvfo_hardware *hardware);

#endif
