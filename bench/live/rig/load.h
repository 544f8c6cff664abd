/* How busy the board has been since the rig was opened, as counters in seconds, like those of an observation
 * (sim/world.h).
 *
 *   CPU     the busiest core's busy time. Which core that is, is seen over the last tenths of a second: /proc/stat
 * counts in ticks of 10 ms, and the largest of several such counts over a short time would always be too large. GPU its
 * load, as the driver tells it, times the time; on a host the same as CPU: kernels run there. memory  not told: kernels
 * differ in its unit. */
#ifndef DVFO_RIG_LOAD_H
#define DVFO_RIG_LOAD_H

#include "profiles/hardware/cores.h"
#include "profiles/hardware/hardware.h"

struct dvfo_rig_load {
    bool host;
    double at_s;
    double core_s[DVFO_CORES_MAX]; /* as read last; NaN for one that isn't told */
    double recent[DVFO_CORES_MAX]; /* work of each core, fading */
    bool told[DVFO_DOMAINS];       /* the counter below can be read here */
    double busy_s[DVFO_DOMAINS];   /* counters; stand still where nothing is told */
};

struct dvfo_rig_load dvfo_rig_load_begin(const struct dvfo_hardware *hardware, double now_s);
void dvfo_rig_load_read(struct dvfo_rig_load *load, const struct dvfo_hardware *hardware, double now_s);

/** What a reading of cores and of the GPU's load (NaN: none) adds: the arithmetic of the above. */
void dvfo_rig_load_add(struct dvfo_rig_load *load, double now_s, const double core_s[DVFO_CORES_MAX], double gpu_load);

#endif
