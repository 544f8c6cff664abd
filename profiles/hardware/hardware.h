/* An opened board: what its kernel offers, read from the tree.
 *
 * Which board it is, the clock tables, the rails, the temperatures, and for whatever is missing a sentence why. Opening
 * only reads. Clocks are set through control.h; a clock that is missing here can't be. The live testbed and the
 * collection of measurements stand on the same struct. */
#ifndef DVFO_HARDWARE_H
#define DVFO_HARDWARE_H

#include "profiles/cost.h"
#include "profiles/hardware/hardware_type.h"
#include "profiles/hardware/rails.h"

enum { DVFO_HARDWARE_MAX_POLICIES = 8, DVFO_HARDWARE_MAX_ZONES = 16, DVFO_HARDWARE_SENTENCE_SIZE = 512 };

struct dvfo_hardware_clock {
    size_t level_count; /* 0: can't be set, for the reason below */
    double level_hz[DVFO_MAX_LEVELS];
    char source[DVFO_SYSFS_PATH_SIZE]; /* where the table comes from */
    char missing[DVFO_HARDWARE_SENTENCE_SIZE];
};

struct dvfo_thermal_zone {
    char name[DVFO_RAIL_NAME_SIZE]; /* "GPU-therm" */
    char path[DVFO_SYSFS_PATH_SIZE];
};

struct dvfo_hardware {
    struct dvfo_sysfs sysfs;
    const struct dvfo_hardware_type *type;
    char model[DVFO_SYSFS_NAME_SIZE];   /* as the device tree says, "" when it doesn't */
    char release[DVFO_SYSFS_NAME_SIZE]; /* "R32.7.1", "" when not told */
    int jetpack;                        /* 3, 4, 5, ...: from the release, else from the form of the rails; 0 unknown */
    char power_mode[DVFO_SYSFS_NAME_SIZE]; /* "0 MAXN", "" when not told */
    struct dvfo_hardware_clock clock[DVFO_DOMAINS];
    int cpu_count, cpu_online;
    size_t policy_count; /* of online cores only */
    bool policies_left;  /* there are more, which this program doesn't hold */
    struct dvfo_scaler policy[DVFO_HARDWARE_MAX_POLICIES];
    struct dvfo_scaler gpu;          /* where clock[DVFO_GPU] has levels */
    const struct dvfo_emc_form *emc; /* NULL where there is none */
    const char *railgate, *gpu_load; /* NULL where there is none; borrowed from the type */
    size_t rail_count;
    struct dvfo_rail_sensor rail[DVFO_RAILS_MAX];
    const struct dvfo_rail_sensor *module_rail; /* among them, or NULL */
    size_t zone_count;
    struct dvfo_thermal_zone zone[DVFO_HARDWARE_MAX_ZONES];
};

/** Find the board below `sysfs` and read what it offers.
 *  @param sysfs   copied; a hook of it stays borrowed
 *  @param wanted  "auto" or a board's name
 *  @param out     free with dvfo_hardware_free */
dvfo_status dvfo_hardware_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *wanted,
                               struct dvfo_hardware **out);
void dvfo_hardware_free(struct dvfo_hardware *hardware);

/** The clocks that hold now, as measured; NaN where they can't be read. Of several CPU policies the slowest counts. */
struct dvfo_clocks dvfo_hardware_clocks(const struct dvfo_hardware *hardware);

/** Temperature of a zone [degree C]; NaN where it can't be read (a sensor that is off). */
double dvfo_hardware_temperature_c(const struct dvfo_hardware *hardware, size_t zone);

/** The hottest zone; NaN without any. */
double dvfo_hardware_hottest_c(const struct dvfo_hardware *hardware);

/** Share of time that the GPU has work, 0..1; NaN where it can't be read. */
double dvfo_hardware_gpu_load(const struct dvfo_hardware *hardware);

/* What /proc/stat has counted so far, over all cores. */
struct dvfo_cpu_time {
    double busy, total;
};

struct dvfo_cpu_time dvfo_hardware_cpu_time(const struct dvfo_hardware *hardware); /* NaN where it can't be read */

/** Cores' worth of work between two readings; NaN when no time was counted. */
double dvfo_hardware_cpu_busy(const struct dvfo_hardware *hardware, struct dvfo_cpu_time from,
                              struct dvfo_cpu_time until);

#endif
