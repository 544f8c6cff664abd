#include "policies/cpufreq.h"

#include <math.h>

#include "sim/base/units.h"

enum {
    UP_THRESHOLD_PERCENT = 80, /* conservative's */
    DOWN_THRESHOLD_PERCENT = 20,
    STEP_PERCENT = 5,
    LEAST_STEP_KHZ = 5, /* get_freq_step(): "max freq cannot be less than 100. But who knows..." */
    UTIL_SCALE = 1024   /* SCHED_CAPACITY_SCALE */
};

#define PELT_HALF_LIFE_S 32.768e-3 /* 32 periods of 1024 us */
#define RATE_LIMIT_LATENCIES 1000.0
#define MOST_RATE_LIMIT_S 10e-3

static long khz(const struct dvfo_clock_domain *clock, int level)
{
    return lround(clock->level_hz[level] / DVFO_HZ_PER_KHZ);
}

static int top(const struct dvfo_clock_domain *clock)
{
    return (int)clock->level_count - 1;
}

int dvfo_cpufreq_entry(const struct dvfo_clock_domain *clock, long target_khz, dvfo_relation relation)
{
    int above = 0;
    while (above < top(clock) && khz(clock, above) < target_khz) {
        above++;
    }
    const long above_khz = khz(clock, above);
    if (above_khz <= target_khz || above == 0 || relation == DVFO_RELATION_L) {
        return above;
    }
    const long to_lower_khz = target_khz - khz(clock, above - 1);
    const bool upper_is_closer = above_khz - target_khz < to_lower_khz;
    return relation == DVFO_RELATION_C && upper_is_closer ? above : above - 1;
}

int dvfo_cpufreq_load_percent(double busy_s, double wall_s)
{
    const long long wall_us = llround(wall_s / DVFO_S_PER_US);
    const long long busy_us = llround(busy_s / DVFO_S_PER_US);
    if (wall_us <= 0 || busy_us <= 0) {
        return 0;
    }
    return busy_us >= wall_us ? 100 : (int)(100 * busy_us / wall_us);
}

int dvfo_cpufreq_performance(const struct dvfo_clock_domain *clock)
{
    return top(clock);
}

int dvfo_cpufreq_powersave(const struct dvfo_clock_domain *clock)
{
    (void)clock;
    return 0;
}

int dvfo_cpufreq_ondemand(const struct dvfo_clock_domain *clock, int up_threshold_percent, int load_percent)
{
    if (load_percent > up_threshold_percent) {
        return top(clock);
    }
    const long min_khz = khz(clock, 0);
    const long max_khz = khz(clock, top(clock));
    return dvfo_cpufreq_entry(clock, min_khz + load_percent * (max_khz - min_khz) / 100, DVFO_RELATION_C);
}

struct dvfo_conservative dvfo_conservative_at(const struct dvfo_clock_domain *clock, int level)
{
    return (struct dvfo_conservative){.requested_khz = khz(clock, level)};
}

static long step_khz(const struct dvfo_clock_domain *clock)
{
    const long step = STEP_PERCENT * khz(clock, top(clock)) / 100;
    return step > 0 ? step : LEAST_STEP_KHZ;
}

/* The kernel's idle periods (steps made up for after a sleep without samples) don't arise: our ticks never sleep. */
int dvfo_conservative_step(struct dvfo_conservative *state, const struct dvfo_clock_domain *clock, int level,
                           int load_percent)
{
    const long min_khz = khz(clock, 0);
    const long max_khz = khz(clock, top(clock));
    const long step = step_khz(clock);
    if (state->requested_khz < min_khz || state->requested_khz > max_khz) {
        state->requested_khz = khz(clock, level);
    }
    if (load_percent > UP_THRESHOLD_PERCENT && state->requested_khz < max_khz) {
        const long raised_khz = state->requested_khz + step;
        state->requested_khz = raised_khz < max_khz ? raised_khz : max_khz;
        return dvfo_cpufreq_entry(clock, state->requested_khz, DVFO_RELATION_H);
    }
    if (load_percent < DOWN_THRESHOLD_PERCENT && state->requested_khz > min_khz) {
        state->requested_khz = state->requested_khz > step ? state->requested_khz - step : min_khz;
        return dvfo_cpufreq_entry(clock, state->requested_khz, DVFO_RELATION_L);
    }
    return level;
}

struct dvfo_schedutil dvfo_schedutil_at_rest(const struct dvfo_clock_domain *clock)
{
    const double limit_s = RATE_LIMIT_LATENCIES * clock->change_s.value;
    return (struct dvfo_schedutil){
        .rate_limit_s = limit_s < MOST_RATE_LIMIT_S ? limit_s : MOST_RATE_LIMIT_S,
        .last_change_s = -INFINITY,
    };
}

static void account(struct dvfo_schedutil *state, double share_of_top, double wall_s)
{
    const double kept = exp2(-wall_s / PELT_HALF_LIFE_S);
    state->util = kept * state->util + (1.0 - kept) * share_of_top;
}

int dvfo_schedutil_step(struct dvfo_schedutil *state, const struct dvfo_clock_domain *clock, int level, double now_s,
                        double busy_s, double wall_s)
{
    const long max_khz = khz(clock, top(clock));
    if (wall_s > 0.0) {
        const double busy_share = fmin(busy_s / wall_s, 1.0);
        account(state, busy_share * (double)khz(clock, level) / (double)max_khz, wall_s);
    }
    if (now_s - state->last_change_s < state->rate_limit_s) {
        return level;
    }
    const long util = (long)(state->util * UTIL_SCALE);
    const long next_khz = (max_khz + (max_khz >> 2)) * util / UTIL_SCALE; /* map_util_freq() */
    const int next = dvfo_cpufreq_entry(clock, next_khz, DVFO_RELATION_L);
    if (next != level) {
        state->last_change_s = now_s;
    }
    return next;
}
