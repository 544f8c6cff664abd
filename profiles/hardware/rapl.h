/* RAPL: energy counters of x86 processors, as the kernel's powercap folder shows them.
 *
 * Each package and its memory controller count microjoules and begin anew after max_energy_range_uj (minutes under
 * load), so readings must come more often than that. Counters need root on most systems. The zones "core" and "uncore"
 * lie inside a package and "psys" around it: they are left out, so that nothing counts twice. */
#ifndef DVFO_RAPL_H
#define DVFO_RAPL_H

#include "profiles/hardware/sysfs.h"

enum { DVFO_RAPL_MAX_ZONES = 16, DVFO_RAPL_SENTENCE_SIZE = 384 };

struct dvfo_rapl_zone {
    char name[DVFO_SYSFS_NAME_SIZE];   /* "package-0", "dram" */
    char energy[DVFO_SYSFS_PATH_SIZE]; /* of the counter */
    double range_uj, last_uj;
    double energy_j; /* since opening */
};

struct dvfo_rapl {
    const struct dvfo_sysfs *sysfs; /* borrowed */
    size_t count;                   /* 0: no counter can be read, for the reason below */
    struct dvfo_rapl_zone zone[DVFO_RAPL_MAX_ZONES];
    char missing[DVFO_RAPL_SENTENCE_SIZE];
};

/** Find the counters that can be read and take their first readings. */
struct dvfo_rapl dvfo_rapl_open(const struct dvfo_sysfs *sysfs);

/** Take readings: what was counted since the last ones is added. */
dvfo_status dvfo_rapl_read(struct dvfo_ctx *ctx, struct dvfo_rapl *rapl);

/** Energy of all zones since opening, at the latest reading [J]. */
double dvfo_rapl_energy_j(const struct dvfo_rapl *rapl);

#endif
