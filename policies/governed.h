/* The governors of a board together: one for the CPU clock, podgov for the GPU, actmon for the memory, each polling on
 * its own period. */
#ifndef DVFO_GOVERNED_H
#define DVFO_GOVERNED_H

#include "policies/actmon.h"
#include "policies/common.h"
#include "policies/cpufreq.h"
#include "policies/podgov.h"

typedef enum dvfo_cpu_rule {
    DVFO_CPU_ONDEMAND,
    DVFO_CPU_CONSERVATIVE,
    DVFO_CPU_SCHEDUTIL,
} dvfo_cpu_rule;

/* Where a busy counter stood when its governor last looked. */
struct dvfo_busy_meter {
    double time_s, busy_s;
};

struct dvfo_governed {
    const struct dvfo_board *board; /* borrowed */
    dvfo_cpu_rule rule;
    bool leaves[DVFO_DOMAINS]; /* domains whose clock somebody else sets */
    int up_threshold_percent;  /* of ondemand */
    bool gpu_holds_memory;     /* as L4T's GPU driver does: a floor under the memory clock */
    bool started;
    struct dvfo_conservative conservative;
    struct dvfo_schedutil schedutil;
    struct dvfo_podgov podgov;
    struct dvfo_actmon actmon;
    int actmon_level; /* what actmon asked for last, the floor aside */
    struct dvfo_busy_meter meter[DVFO_DOMAINS];
    double period_s[DVFO_DOMAINS];
    double due_s[DVFO_DOMAINS];
};

void dvfo_governed_prepare(struct dvfo_governed *state, const struct dvfo_board *board, dvfo_cpu_rule rule);

/** Look and perhaps change clocks, as dvfo_policy_type.tick. */
double dvfo_governed_tick(struct dvfo_governed *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS]);

#endif
