#include "policies/actmon.h"

#include <math.h>

#include "policies/cpufreq.h"
#include "sim/base/units.h"

enum {
    WINDOW_SAMPLES = 64, /* 2^(K_VAL + 1), K_VAL = ACTMON_AVERAGE_WINDOW_LOG2 - 1 = 5 */
    BOOST_STEP_KHZ = 16000,
    BELOW_WINDOW = 3,         /* samples under the lower watermark that take boost back; above, one is enough */
    AVERAGE_BAND_PERMILLE = 6 /* of the top clock: the average interrupts when it leaves this band */
};

#define SATURATION_SHARE 0.25

/* actmon_device_configs: per cent of the boost, per cent of the current clock. */
static const struct settings {
    long boost_up, boost_down, up_threshold, down_threshold;
    long dependency_khz; /* from this target on the CPU's clock counts; 0: never */
} settings_of[DVFO_ACTMON_MONITORS] = {
    [DVFO_ACTMON_ALL] = {200, 50, 60, 40, 0},
    [DVFO_ACTMON_CPU] = {800, 40, 27, 10, 16000},
};

static long khz(const struct dvfo_clock_domain *clock, int level)
{
    return lround(clock->level_hz[level] / DVFO_HZ_PER_KHZ);
}

struct dvfo_actmon dvfo_actmon_start(const struct dvfo_clock_domain *clock, int level)
{
    struct dvfo_actmon gov = {0};
    for (int m = 0; m < DVFO_ACTMON_MONITORS; m++) {
        const long long count = (long long)khz(clock, level) * DVFO_ACTMON_POLLING_MS;
        gov.device[m] = (struct dvfo_actmon_device){.average = count, .avg_count = count};
    }
    return gov;
}

long dvfo_actmon_cpu_floor_khz(long cpu_khz, long max_khz)
{
    static const struct {
        long cpu_khz, emc_khz;
    } ratios[] = {
        {1400000, 0 /* the top */}, {1200000, 750000}, {1100000, 600000}, {1000000, 500000},
        {800000, 375000},           {500000, 200000},  {250000, 100000},
    };
    for (size_t i = 0; i < sizeof ratios / sizeof ratios[0]; i++) {
        if (cpu_khz >= ratios[i].cpu_khz) {
            return i == 0 || ratios[i].emc_khz > max_khz ? max_khz : ratios[i].emc_khz;
        }
    }
    return 0;
}

double dvfo_actmon_busy_share(double utilisation)
{
    return fmin(utilisation / SATURATION_SHARE, 1.0);
}

static void raise_boost(struct dvfo_actmon_device *device, const struct settings *set, long max_khz)
{
    const long boost_khz = device->boost_khz * set->boost_up / 100 + BOOST_STEP_KHZ;
    device->boost_khz = boost_khz < max_khz ? boost_khz : max_khz;
}

static void lower_boost(struct dvfo_actmon_device *device, const struct settings *set)
{
    const long boost_khz = device->boost_khz * set->boost_down / 100;
    device->boost_khz = boost_khz < BOOST_STEP_KHZ / 2 ? 0 : boost_khz;
}

/* What the monitor counts by itself, and the interrupt it may raise at the end of the sample. */
static void sample(struct dvfo_actmon_device *device, const struct settings *set, long current_khz, long max_khz,
                   long activity_khz)
{
    const long long count = (long long)activity_khz * DVFO_ACTMON_POLLING_MS;
    const long long band = (long long)max_khz * AVERAGE_BAND_PERMILLE / 1000 * DVFO_ACTMON_POLLING_MS;
    const long long full = (long long)current_khz * DVFO_ACTMON_POLLING_MS;
    device->average += (count - device->average) / WINDOW_SAMPLES;
    const bool above = count > full * set->up_threshold / 100 && device->boost_khz < max_khz;
    const bool below = count < full * set->down_threshold / 100 && device->boost_khz > 0;
    device->below = below ? device->below + 1 : 0;
    const bool below_long = device->below == BELOW_WINDOW;
    const long long drift = device->average - device->avg_count;
    if (above || below_long || drift > band || drift < -band) {
        device->avg_count = device->average;
    }
    if (above) {
        raise_boost(device, set, max_khz);
    } else if (below_long) {
        lower_boost(device, set);
        device->below = 0;
    }
}

/* actmon_update_target() [kHz]. The driver does it on interrupts, which come exactly when something in here changes. */
static long target_khz(const struct dvfo_actmon_device *device, const struct settings *set, long cpu_khz, long max_khz)
{
    const long sustain_percent = 100 * 100 / set->up_threshold;
    const long average_khz = (long)(device->avg_count / DVFO_ACTMON_POLLING_MS) * sustain_percent / 100;
    const long boosted_khz = average_khz + device->boost_khz;
    if (set->dependency_khz == 0 || average_khz < set->dependency_khz) {
        return boosted_khz;
    }
    const long floor_khz = dvfo_actmon_cpu_floor_khz(cpu_khz, max_khz);
    return boosted_khz > floor_khz ? boosted_khz : floor_khz;
}

int dvfo_actmon_step(struct dvfo_actmon *gov, const struct dvfo_clock_domain *clock, int level,
                     const long activity_khz[DVFO_ACTMON_MONITORS], long cpu_khz)
{
    const long max_khz = khz(clock, dvfo_cpufreq_performance(clock));
    long highest_khz = 0;
    for (int m = 0; m < DVFO_ACTMON_MONITORS; m++) {
        struct dvfo_actmon_device *device = &gov->device[m];
        sample(device, &settings_of[m], khz(clock, level), max_khz, activity_khz[m]);
        const long wanted_khz = target_khz(device, &settings_of[m], cpu_khz, max_khz);
        highest_khz = wanted_khz > highest_khz ? wanted_khz : highest_khz;
    }
    return dvfo_cpufreq_entry(clock, highest_khz, DVFO_RELATION_L);
}
