#include <criterion/criterion.h>
#include <string.h>

#include "policies/actmon.h"
#include "policies/cpufreq.h"
#include "policies/podgov.h"
#include "policies/policies.h"

/* --- governor rules, worked out by hand from the kernel's text ---------------------------------------------------- */

static struct dvfo_clock_domain table_khz(size_t n, const long khz[])
{
    struct dvfo_clock_domain clock = {.level_count = n};
    for (size_t i = 0; i < n; i++) {
        clock.level_hz[i] = (double)khz[i] * 1e3;
    }
    return clock;
}

static struct dvfo_clock_domain tx2_cpu(void)
{
    static const long khz[] = {345600,  499200,  652800,  806400,  960000,  1113600,
                               1267200, 1420800, 1574400, 1728000, 1881600, 2035200};
    return table_khz(12, khz);
}

static struct dvfo_clock_domain tx2_gpu(void)
{
    static const long khz[] = {114750, 216750, 318750,  420750,  522750,  624750, 726750,
                               828750, 930750, 1032750, 1134750, 1236750, 1300500};
    return table_khz(13, khz);
}

static struct dvfo_clock_domain some_emc(void)
{
    static const long khz[] = {204000, 408000, 665600, 800000, 1062400, 1331200, 1600000};
    return table_khz(7, khz);
}

Test(cpufreq, a_clock_between_entries_goes_where_its_relation_says)
{
    static const struct {
        long khz;
        int at_or_above, at_or_below, closest;
    } rows[] = {
        {345600, 0, 0, 0},  {100000, 0, 0, 0},  {3000000, 11, 11, 11},
        {806400, 3, 3, 3},  {700000, 3, 2, 2},  {760000, 3, 2, 3},
        {729600, 3, 2, 2}, /* half way: the lower */
    };
    const struct dvfo_clock_domain clock = tx2_cpu();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_cpufreq_entry(&clock, rows[i].khz, DVFO_RELATION_L) == rows[i].at_or_above, "row %zu", i);
        cr_expect(dvfo_cpufreq_entry(&clock, rows[i].khz, DVFO_RELATION_H) == rows[i].at_or_below, "row %zu", i);
        cr_expect(dvfo_cpufreq_entry(&clock, rows[i].khz, DVFO_RELATION_C) == rows[i].closest, "row %zu", i);
    }
}

Test(cpufreq, load_is_whole_per_cent_rounded_down)
{
    cr_expect(dvfo_cpufreq_load_percent(8.079e-3, 10e-3) == 80);
    cr_expect(dvfo_cpufreq_load_percent(8e-3, 10e-3) == 80);
    cr_expect(dvfo_cpufreq_load_percent(11e-3, 10e-3) == 100);
    cr_expect(dvfo_cpufreq_load_percent(0.0, 10e-3) == 0);
    cr_expect(dvfo_cpufreq_load_percent(0.0, 0.0) == 0);
}

Test(cpufreq, ondemand_jumps_above_80_per_cent_and_is_proportional_below)
{
    static const struct {
        int load, level;
    } rows[] = {
        {81, 11}, {100, 11},
        {80, 9}, /* 345600 + 80 * 16896 = 1697280: 1728000 is closer than 1574400 */
        {50, 5}, /* 1190400: half way between 1113600 and 1267200, the lower */
        {33, 4}, /* 903168: 960000 */
        {0, 0},
    };
    const struct dvfo_clock_domain clock = tx2_cpu();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_cpufreq_ondemand(&clock, rows[i].load) == rows[i].level, "load %d", rows[i].load);
    }
    cr_expect(dvfo_cpufreq_performance(&clock) == 11);
    cr_expect(dvfo_cpufreq_powersave(&clock) == 0);
}

Test(cpufreq, conservative_steps_by_5_per_cent_of_the_top_clock)
{
    static const struct {
        int load;
        long requested_khz;
        int level;
    } rows[] = {
        /* 5 % of 2035200 = 101760; upward the entry below, downward the entry above */
        {90, 447360, 0}, {90, 549120, 1}, {90, 650880, 1}, {90, 752640, 2}, {80, 752640, 2}, {20, 752640, 2},
        {10, 650880, 2}, {10, 549120, 2}, {10, 447360, 1}, {10, 345600, 0}, {0, 345600, 0},
    };
    const struct dvfo_clock_domain clock = tx2_cpu();
    struct dvfo_conservative state = dvfo_conservative_at(&clock, 0);
    int level = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        level = dvfo_conservative_step(&state, &clock, level, rows[i].load);
        cr_expect(state.requested_khz == rows[i].requested_khz && level == rows[i].level, "row %zu: %ld, %d", i,
                  state.requested_khz, level);
    }
}

Test(cpufreq, conservative_begins_anew_from_the_clock_in_force_when_its_request_left_the_table)
{
    const struct dvfo_clock_domain clock = tx2_cpu();
    struct dvfo_conservative state = {.requested_khz = 407040}; /* four steps of five from 0 */
    cr_expect(dvfo_conservative_step(&state, &clock, 1, 0) == 0);
    cr_expect(state.requested_khz == 305280, "below the table, as in the kernel");
    cr_expect(dvfo_conservative_step(&state, &clock, 0, 90) == 0);
    cr_expect(state.requested_khz == 447360);
}

Test(cpufreq, schedutil_asks_for_a_quarter_more_than_the_decaying_utilisation)
{
    struct dvfo_clock_domain clock = tx2_cpu();
    clock.change_s.value = 100e-6;
    struct dvfo_schedutil state = dvfo_schedutil_at_rest(&clock);
    cr_expect_float_eq(state.rate_limit_s, 10e-3, 1e-12, "1000 x 100 us, held to 10 ms");
    /* one half-life at the top clock: util 512 of 1024; 2544000 * 512 / 1024 = 1272000, entry above */
    cr_expect(dvfo_schedutil_step(&state, &clock, 11, 1.0, 32.768e-3, 32.768e-3) == 7);
    cr_expect(dvfo_schedutil_step(&state, &clock, 7, 1.005, 0.0, 5e-3) == 7, "rate limit");
    cr_expect(dvfo_schedutil_step(&state, &clock, 7, 11.0, 0.0, 10.0) == 0, "nothing ran for long");
    /* busy for long at the lowest clock: util 345600 / 2035200 = 173 of 1024; 2544000 * 173 / 1024 = 429796 */
    cr_expect(dvfo_schedutil_step(&state, &clock, 0, 21.0, 10.0, 10.0) == 1);
    clock.change_s.value = 2e-6;
    cr_expect_float_eq(dvfo_schedutil_at_rest(&clock).rate_limit_s, 2e-3, 1e-12);
}

Test(podgov, rises_by_a_third_of_the_top_when_busy_and_sinks_damped_when_idle)
{
    static const struct {
        double now_s, busy_s; /* of the 25 ms before */
        int level;
    } rows[] = {
        {0.025, 25e-3, 0},  /* held: 25 ms since the start */
        {0.050, 25e-3, 5},  /* 114 + 433 = 547 MHz: 624.75 */
        {0.075, 25e-3, 5},  /* held */
        {0.100, 25e-3, 10}, /* 624 + 433 = 1057: 1134.75 */
        {0.125, 25e-3, 10}, /* held */
        {0.150, 25e-3, 12}, /* 1134 + 433, clipped to 1300.5; freq_avg 49, 140, 269 */
        {0.175, 0.0, 12},   /* held; idle_avg 90 */
        {0.200, 0.0, 11},   /* idle_avg 172, load 828, boost 190; wanted 1490, freq_avg 380: (10430 + 1140) / 10 = 1157 */
        {0.225, 0.0, 11},   /* held; idle_avg 247 */
        {0.250, 0.0, 9},    /* idle_avg 315, load 685, boost -21; wanted 1215, freq_avg 455: 987 */
    };
    const struct dvfo_clock_domain clock = tx2_gpu();
    struct dvfo_podgov gov = dvfo_podgov_start(&clock, 0, 0.0);
    int level = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        level = dvfo_podgov_step(&gov, &clock, level, rows[i].now_s, rows[i].busy_s, 25e-3);
        cr_expect(level == rows[i].level, "row %zu: level %d", i, level);
    }
    cr_expect(gov.idle_avg == 315 && gov.freq_avg_mhz == 455);
}

Test(podgov, a_request_that_changes_no_entry_is_where_the_next_one_starts)
{
    const struct dvfo_clock_domain clock = tx2_gpu();
    struct dvfo_podgov gov = dvfo_podgov_start(&clock, 5, 0.0);
    gov.idle_avg = 300;
    gov.freq_avg_mhz = 600;
    /* on target: boost 0; wanted 624, freq_avg 602: (4368 + 1806) / 10 = 617, still the entry 624.75 */
    cr_expect(dvfo_podgov_step(&gov, &clock, 5, 1.0, 17.5e-3, 25e-3) == 5);
    cr_expect(gov.previous_hz == 617000000);
    /* no hold, because nothing changed; wanted 617, freq_avg 603: (4319 + 1809) / 10 = 612 */
    cr_expect(dvfo_podgov_step(&gov, &clock, 5, 1.025, 17.5e-3, 25e-3) == 5);
    cr_expect(gov.previous_hz == 612000000);
}

static int sample_emc(struct dvfo_actmon *gov, int level, long all_khz, long cpu_traffic_khz, long cpu_khz)
{
    const struct dvfo_clock_domain clock = some_emc();
    const long activity_khz[DVFO_ACTMON_MONITORS] = {all_khz, cpu_traffic_khz};
    return dvfo_actmon_step(gov, &clock, level, activity_khz, cpu_khz);
}

Test(actmon, boost_doubles_and_adds_16_mhz_with_every_sample_above_the_upper_watermark)
{
    static const long boost_khz[] = {16000, 48000, 112000, 240000};
    struct dvfo_actmon gov = {0};
    int level = 0;
    for (size_t i = 0; i < 4; i++) {
        cr_expect(level == 0);
        level = sample_emc(&gov, level, 150000, 0, 345600); /* above 60 % of 204 MHz */
        cr_expect(gov.device[DVFO_ACTMON_ALL].boost_khz == boost_khz[i], "sample %zu", i);
    }
    /* averages 28125, 55810, 83062, 109889; 109889 / 12 = 9157, * 166 % = 15200, + 240000: entry 408 MHz */
    cr_expect(gov.device[DVFO_ACTMON_ALL].avg_count == 109889);
    cr_expect(level == 1);
}

Test(actmon, boost_halves_after_three_samples_below_the_lower_watermark_and_ends_under_8_mhz)
{
    static const long boost_khz[] = {120000, 60000, 30000, 15000, 0};
    struct dvfo_actmon gov = {.device = {[DVFO_ACTMON_ALL] = {.boost_khz = 240000}}};
    for (size_t i = 0; i < 15; i++) {
        sample_emc(&gov, 1, 100000, 0, 345600); /* below 40 % of 408 MHz */
        cr_expect((i + 1) % 3 != 0 || gov.device[DVFO_ACTMON_ALL].boost_khz == boost_khz[i / 3], "sample %zu", i);
    }
}

Test(actmon, a_steady_average_asks_for_itself_over_the_upper_watermark)
{
    /* start: as if all of 1600 MHz were used; half of it from now on, so the average sinks to 800 MHz * 166 % */
    const struct dvfo_clock_domain clock = some_emc();
    struct dvfo_actmon gov = dvfo_actmon_start(&clock, 6);
    cr_expect(sample_emc(&gov, 6, 800000, 0, 345600) == 6);
    int level = 6;
    for (int i = 0; i < 1000; i++) {
        level = sample_emc(&gov, 6, 800000, 0, 345600);
    }
    cr_expect(level == 5, "1328 MHz and the band of 0.6 %% of the top: 1331.2 MHz or the next, found level %d", level);
}

Test(actmon, the_cpu_asks_for_a_floor_once_its_traffic_counts)
{
    static const struct {
        long cpu_khz, floor_khz;
    } rows[] = {
        {1400000, 1600000}, {1399999, 750000}, {1100000, 600000}, {1000000, 500000},
        {800000, 375000},   {500000, 200000},  {250000, 100000},  {249999, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_actmon_cpu_floor_khz(rows[i].cpu_khz, 1600000) == rows[i].floor_khz, "row %zu", i);
    }
    cr_expect(dvfo_actmon_cpu_floor_khz(1200000, 665600) == 665600);

    struct dvfo_actmon counts = {.device = {[DVFO_ACTMON_CPU] = {.average = 60000, .avg_count = 60000}}};
    cr_expect(sample_emc(&counts, 0, 0, 5000, 1200000) == 3, "5000 * 370 %% = 18.5 MHz: at least 750 MHz, entry 800");
    struct dvfo_actmon ignored = {.device = {[DVFO_ACTMON_CPU] = {.average = 48000, .avg_count = 48000}}};
    cr_expect(sample_emc(&ignored, 0, 0, 4000, 1200000) == 0, "14.8 MHz is under the 16 MHz that count");
}

Test(actmon, other_governors_see_a_quarter_of_the_bus_as_all_of_it)
{
    cr_expect_float_eq(dvfo_actmon_busy_share(0.10), 0.4, 1e-12);
    cr_expect_float_eq(dvfo_actmon_busy_share(0.25), 1.0, 1e-12);
    cr_expect_float_eq(dvfo_actmon_busy_share(0.80), 1.0, 1e-12);
}
