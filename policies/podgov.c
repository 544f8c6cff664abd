#include "policies/podgov.h"

#include <math.h>

#include "policies/cpufreq.h"
#include "sim/base/units.h"

enum {
    HZ_PER_MHZ = 1000000,
    HZ_PER_KHZ = 1000,
    EMC_BW_RATIO = 64 / 16,    /* TEGRA_GP10B_BW_PER_FREQ / TEGRA_DDR4_BW_PER_FREQ */
    EMC3D_RATIO_PERMILLE = 750 /* EMC3D_DEFAULT_RATIO */
};

static long hz(const struct dvfo_clock_domain *clock, int level)
{
    return lround(clock->level_hz[level]);
}

struct dvfo_podgov dvfo_podgov_start(const struct dvfo_clock_domain *clock, int level, double now_s)
{
    return (struct dvfo_podgov){
        .load_max = 900,
        .load_target = 700,
        .bias_percent = 80,
        .smooth = 10,
        .damp = 7,
        .hold_us = 50000,
        .previous_hz = hz(clock, level),
        .last_change_s = now_s,
    };
}

static void account(struct dvfo_podgov *gov, double busy_s, double total_s)
{
    const long long total_us = llround(total_s / DVFO_S_PER_US);
    const long long busy_us = llround(fmin(busy_s, total_s) / DVFO_S_PER_US);
    gov->idle = (long)(1000 * (total_us - busy_us) / total_us);
    gov->idle_avg = (gov->smooth * gov->idle_avg + gov->idle) / (gov->smooth + 1);
}

/* scaling_state_check(): the clock that the load calls for [Hz], inside the table. */
static long request_hz(struct dvfo_podgov *gov, long min_hz, long max_hz)
{
    const long freq_mhz = gov->previous_hz / HZ_PER_MHZ;
    const long max_boost_mhz = max_hz / 3 / HZ_PER_MHZ;
    const long load = 1000 - gov->idle_avg;
    const bool too_busy = 1000 - gov->idle > gov->load_max;
    const long damp = too_busy ? 10 : gov->damp; /* the jump is not damped */
    long boost_mhz = max_boost_mhz;
    if (!too_busy) {
        boost_mhz = (load - gov->load_target) * (gov->bias_percent * freq_mhz) / (100 * gov->load_target);
        boost_mhz = boost_mhz < max_boost_mhz ? boost_mhz : max_boost_mhz;
    }
    const long wanted_mhz = freq_mhz + boost_mhz;
    gov->freq_avg_mhz = (gov->freq_avg_mhz * gov->smooth + wanted_mhz) / (gov->smooth + 1);
    const long damped_hz = (damp * wanted_mhz + (10 - damp) * gov->freq_avg_mhz) / 10 * HZ_PER_MHZ;
    return damped_hz < min_hz ? min_hz : damped_hz > max_hz ? max_hz : damped_hz;
}

/* The lowest entry at or above; freqlist_up() and the driver's rounding agree on it. */
static int entry_of(const struct dvfo_clock_domain *clock, long request)
{
    int level = 0;
    while (level < dvfo_cpufreq_performance(clock) && hz(clock, level) < request) {
        level++;
    }
    return level;
}

int dvfo_podgov_step(struct dvfo_podgov *gov, const struct dvfo_clock_domain *clock, int level, double now_s,
                     double busy_s, double total_s)
{
    if (llround(total_s / DVFO_S_PER_US) <= 0) {
        return level;
    }
    account(gov, busy_s, total_s);
    if (llround((now_s - gov->last_change_s) / DVFO_S_PER_US) < gov->hold_us) {
        gov->previous_hz = hz(clock, level);
        return level;
    }
    const long request = request_hz(gov, hz(clock, 0), hz(clock, dvfo_cpufreq_performance(clock)));
    const int next = entry_of(clock, request);
    if (next == level) {
        gov->previous_hz = request; /* gk20a_scale_target() leaves a request that changes nothing unrounded */
        return level;
    }
    gov->previous_hz = hz(clock, next);
    gov->last_change_s = now_s;
    return next;
}

long dvfo_podgov_memory_floor_khz(const struct dvfo_clock_domain *gpu, int gpu_level, long memory_top_khz)
{
    if (gpu_level == 0) {
        return 0;
    }
    const long floor_khz = hz(gpu, gpu_level) / HZ_PER_KHZ * EMC_BW_RATIO * EMC3D_RATIO_PERMILLE / 1000;
    return floor_khz < memory_top_khz ? floor_khz : memory_top_khz;
}
