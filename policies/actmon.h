/* EMC actmon: the memory governor of the tegra30-devfreq driver, as a pure rule.
 *
 * Two activity monitors, all traffic and the CPU's, average how many memory clocks carried data and add a boost when
 * one sample leaves its watermarks; the higher target wins. Arithmetic is the kernel's: kHz, whole numbers, truncation.
 *
 * Three details follow the driver rather than its description. The averaging window: the driver writes 5 into K_VAL, a
 * window of 2^(5 + 1) = 64 samples, where its comment speaks of 128. The 25 % at which the bus counts as saturated: the
 * driver's own governor doesn't use it, it only scales what other devfreq governors are told (dvfo_actmon_busy_share).
 * The lower watermark is watched only while there is a boost to take back.
 *
 * On TX2 and later the memory clock belongs to the boot processor's own bandwidth manager; this is a stand-in. */
#ifndef DVFO_ACTMON_H
#define DVFO_ACTMON_H

#include "profiles/board.h"

#define DVFO_ACTMON_POLLING_S 12e-3
enum { DVFO_ACTMON_POLLING_MS = 12 };

typedef enum dvfo_actmon_monitor { DVFO_ACTMON_ALL, DVFO_ACTMON_CPU, DVFO_ACTMON_MONITORS } dvfo_actmon_monitor;

struct dvfo_actmon_device {
    long long average;   /* the hardware's running average [kHz x polling ms] */
    long long avg_count; /* the average as the last interrupt left it */
    long boost_khz;
    int below; /* samples in a row under the lower watermark */
};

struct dvfo_actmon {
    struct dvfo_actmon_device device[DVFO_ACTMON_MONITORS];
};

/** The governor as it starts at the clock of `level`: averages as if the bus were fully busy, no boost. */
struct dvfo_actmon dvfo_actmon_start(const struct dvfo_clock_domain *clock, int level);

/** One sample of 12 ms.
 *  @param activity_khz  (monitor) memory clocks that carried data, per millisecond, in this sample
 *  @param cpu_khz       clock of the CPU, which asks for a floor once the CPU's traffic counts
 *  @return entry to ask for: at or above the target, the top when there is none */
int dvfo_actmon_step(struct dvfo_actmon *gov, const struct dvfo_clock_domain *clock, int level,
                     const long activity_khz[DVFO_ACTMON_MONITORS], long cpu_khz);

/** Memory clock that a CPU clock asks for at least [kHz], actmon_emc_ratios. */
long dvfo_actmon_cpu_floor_khz(long cpu_khz, long max_khz);

/** What the driver tells other governors: busy in full from 25 % utilisation on. */
double dvfo_actmon_busy_share(double utilisation);

#endif
