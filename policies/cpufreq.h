/* CPU governors of the Linux kernel, as pure rules.
 *
 * Each rule takes what the kernel's governor would measure (a load in per cent over one sampling period, a utilisation)
 * and gives the entry of the clock table that it would ask for. Arithmetic is the kernel's: integers, kHz, truncating
 * divisions, so that a row worked out from the kernel's text by hand is met exactly. Nothing here knows a world: the
 * policies of the same names feed the rules from a board's counters. Rules as in drivers/cpufreq and kernel/sched of
 * Linux 4.9 to 6.x. */
#ifndef DVFO_CPUFREQ_H
#define DVFO_CPUFREQ_H

#include "profiles/board.h"

#define DVFO_CPUFREQ_SAMPLING_S 10e-3 /* ondemand, conservative: 1000 x transition latency, at most 10 ms */
enum { DVFO_ONDEMAND_UP_THRESHOLD_PERCENT = 80 };

/* Which entry stands for a clock that isn't in the table (include/linux/cpufreq.h). Beyond the table: its first or
 * last. */
typedef enum dvfo_relation {
    DVFO_RELATION_L, /* the lowest entry at or above */
    DVFO_RELATION_H, /* the highest entry at or below */
    DVFO_RELATION_C  /* the closest entry; of two equally close ones the lower */
} dvfo_relation;

/** Entry of the table for `target_khz`. */
int dvfo_cpufreq_entry(const struct dvfo_clock_domain *clock, long target_khz, dvfo_relation relation);

/** Load over a sampling period, dbs_update(): 100 * busy / wall, whole per cent, counted in microseconds. */
int dvfo_cpufreq_load_percent(double busy_s, double wall_s);

/** performance and powersave: the ends of the table. */
int dvfo_cpufreq_performance(const struct dvfo_clock_domain *clock);
int dvfo_cpufreq_powersave(const struct dvfo_clock_domain *clock);

/** ondemand, od_update(): above the threshold the top; else min + load * (max - min) / 100, closest entry. No memory.
 *  @param up_threshold_percent  80 as documented; kernels that account idle time in microseconds (NO_HZ) start at 95 */
int dvfo_cpufreq_ondemand(const struct dvfo_clock_domain *clock, int up_threshold_percent, int load_percent);

/* conservative, cs_dbs_update(): 5 % of the top clock up above 80 %, down below 20 %, otherwise still. */
struct dvfo_conservative {
    long requested_khz; /* what the rule asked for last, between entries of the table as it may be */
};

struct dvfo_conservative dvfo_conservative_at(const struct dvfo_clock_domain *clock, int level);
int dvfo_conservative_step(struct dvfo_conservative *state, const struct dvfo_clock_domain *clock, int level,
                           int load_percent);

/* schedutil: f = 1.25 * f_max * util, with the scheduler's decaying utilisation (PELT), scaled by the clock it was
 * measured at. The clocks of Jetson's clusters are shared by their cores, so the busiest core counts and the rule for
 * single cores (no lowering while busy) doesn't apply. IO-wait and deadline boosts are left out: nothing here waits for
 * a disk. */
struct dvfo_schedutil {
    double util;          /* of the busiest core, 0..1 of the top clock; PELT: half of it is forgotten in 32.768 ms */
    double rate_limit_s;  /* no new clock sooner after the last one */
    double last_change_s; /* of the clock; -INFINITY before the first */
};

/** Start without load; the rate limit is 1000 x the time a clock change takes, at most 10 ms
 *  (cpufreq_policy_transition_delay_us). */
struct dvfo_schedutil dvfo_schedutil_at_rest(const struct dvfo_clock_domain *clock);

/** Account `wall_s` in which the busiest core ran for `busy_s` at the clock of `level`, then ask for an entry. */
int dvfo_schedutil_step(struct dvfo_schedutil *state, const struct dvfo_clock_domain *clock, int level, double now_s,
                        double busy_s, double wall_s);

#endif
