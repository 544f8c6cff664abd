/* What the rig is made of, without a thread and at invented times: energy account, ceiling, load, news. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/live/rig/account.h"
#include "bench/live/rig/ceiling.h"
#include "bench/live/rig/load.h"
#include "bench/live/rig/news.h"
#include "fake_host.h"

/* ---- energy ---- */

Test(account, a_power_is_held_until_the_next_reading)
{
    struct dvfo_rig_account account = dvfo_rig_account_begin(100.0, 2);
    const double first_w[] = {1.5, 0.5}, second_w[] = {3.0, 1.0};
    dvfo_rig_account_power(&account, 100.0, 5.0, first_w);
    dvfo_rig_account_power(&account, 100.2, 8.0, second_w);
    const struct dvfo_rig_energy energy = dvfo_rig_account_at(&account, 100.3);
    cr_expect_float_eq(energy.module_j, 5.0 * 0.2 + 8.0 * 0.1, 1e-9);
    cr_expect_float_eq(energy.rail_j[0], 1.5 * 0.2 + 3.0 * 0.1, 1e-9);
    cr_expect_float_eq(energy.rail_j[1], 0.5 * 0.2 + 1.0 * 0.1, 1e-9);
    cr_expect(energy.measured && energy.lost == 0 && energy.rail_count == 2 && energy.time_s == 100.3);
}

Test(account, nothing_is_measured_before_the_first_reading)
{
    struct dvfo_rig_account account = dvfo_rig_account_begin(10.0, 1);
    const struct dvfo_rig_energy energy = dvfo_rig_account_at(&account, 20.0);
    cr_expect(!energy.measured && energy.module_j == 0.0 && energy.lost == 0);
}

Test(account, a_lost_reading_is_counted_and_adds_no_energy_until_the_sensor_is_back)
{
    const double rail_w[] = {1.0}, lost_w[] = {NAN};
    struct dvfo_rig_account account = dvfo_rig_account_begin(0.0, 1);
    dvfo_rig_account_power(&account, 0.0, 4.0, rail_w);
    const struct dvfo_rig_energy before = dvfo_rig_account_at(&account, 0.05);
    dvfo_rig_account_power(&account, 0.1, NAN, lost_w);
    dvfo_rig_account_power(&account, 0.2, NAN, lost_w);
    const struct dvfo_rig_energy during = dvfo_rig_account_at(&account, 0.25);
    cr_expect(!during.measured && during.lost == 2);
    cr_expect_float_eq(during.module_j, 0.4, 1e-12);
    cr_expect(!dvfo_rig_energy_measured(&before, &during));
    dvfo_rig_account_power(&account, 0.3, 4.0, rail_w);
    const struct dvfo_rig_energy back = dvfo_rig_account_at(&account, 0.3), after = dvfo_rig_account_at(&account, 0.4);
    cr_expect_float_eq(after.module_j, 0.4 + 0.4, 1e-12);
    cr_expect(!dvfo_rig_energy_measured(&before, &after), "the gap lies between them");
    cr_expect(dvfo_rig_energy_measured(&back, &after), "this stretch lies behind it");
}

Test(account, a_power_is_not_held_for_ever)
{
    const double none[] = {NAN};
    struct dvfo_rig_account account = dvfo_rig_account_begin(0.0, 0);
    dvfo_rig_account_power(&account, 0.0, 4.0, none);
    const struct dvfo_rig_energy begun = dvfo_rig_account_at(&account, 0.0), late = dvfo_rig_account_at(&account, 60.0);
    cr_expect(!late.measured);
    cr_expect_float_eq(late.module_j, 4.0 * DVFO_RIG_HOLD_S, 1e-12);
    dvfo_rig_account_power(&account, 60.0, 4.0, none);
    const struct dvfo_rig_energy back = dvfo_rig_account_at(&account, 60.0);
    cr_expect(back.measured && back.lost == 1 && !dvfo_rig_energy_measured(&begun, &back));
}

Test(account, counters_count_as_they_are_and_what_is_read_in_between_never_goes_back)
{
    const double first_j[] = {1.0, 0.2}, second_j[] = {0.25, 0.05};
    struct dvfo_rig_account account = dvfo_rig_account_begin(0.0, 2);
    dvfo_rig_account_energy(&account, 0.1, 1.2, first_j); /* 12 W */
    const struct dvfo_rig_energy between = dvfo_rig_account_at(&account, 0.15);
    cr_expect_float_eq(between.module_j, 1.2 + 12.0 * 0.05, 1e-12);
    dvfo_rig_account_energy(&account, 0.2, 0.3, second_j); /* less than the 1.2 J that 12 W would have been */
    const struct dvfo_rig_energy then = dvfo_rig_account_at(&account, 0.2);
    cr_expect(then.module_j >= between.module_j && then.rail_j[0] >= between.rail_j[0]);
    const struct dvfo_rig_energy later = dvfo_rig_account_at(&account, 0.4); /* 1.5 J, and 3 W since */
    cr_expect_float_eq(later.module_j, 1.5 + 3.0 * 0.2, 1e-12);
}

Test(account, a_counter_that_comes_back_tells_what_was_drawn_meanwhile)
{
    const double none[] = {NAN}, rail_j[] = {50.0};
    struct dvfo_rig_account account = dvfo_rig_account_begin(0.0, 1);
    dvfo_rig_account_energy(&account, 5.0, NAN, none);
    dvfo_rig_account_energy(&account, 10.0, 50.0, rail_j); /* 5 W over all ten seconds */
    const struct dvfo_rig_energy energy = dvfo_rig_account_at(&account, 10.1);
    cr_expect_float_eq(energy.module_j, 50.0 + 0.5, 1e-9);
    cr_expect(energy.measured && energy.lost == 1);
}

/* ---- heat ---- */

static struct dvfo_board board_of(size_t cpu, size_t gpu, size_t mem)
{
    struct dvfo_board board = {.name = NULL};
    board.clock[DVFO_CPU].level_count = cpu;
    board.clock[DVFO_GPU].level_count = gpu;
    board.clock[DVFO_MEM].level_count = mem;
    return board;
}

static void expect_levels(const struct dvfo_rig_ceiling *ceiling, const int asked[DVFO_DOMAINS], int cpu, int gpu)
{
    cr_expect(dvfo_rig_ceiling_level(ceiling, DVFO_CPU, asked[DVFO_CPU]) == cpu, "CPU %d, expected %d",
              dvfo_rig_ceiling_level(ceiling, DVFO_CPU, asked[DVFO_CPU]), cpu);
    cr_expect(dvfo_rig_ceiling_level(ceiling, DVFO_GPU, asked[DVFO_GPU]) == gpu, "GPU %d, expected %d",
              dvfo_rig_ceiling_level(ceiling, DVFO_GPU, asked[DVFO_GPU]), gpu);
    cr_expect(dvfo_rig_ceiling_level(ceiling, DVFO_MEM, asked[DVFO_MEM]) == asked[DVFO_MEM], "memory isn't capped");
}

Test(ceiling, heat_takes_clocks_down_a_step_a_second_and_gives_them_back_3_k_below)
{
    const struct dvfo_board board = board_of(12, 13, 11);
    const int asked[DVFO_DOMAINS] = {11, 8, 10};
    struct dvfo_rig_ceiling ceiling = dvfo_rig_ceiling_begin(&board, 90.0, 1.0, 0.0, 50.0);
    dvfo_rig_ceiling_hear(&ceiling, 0.1, 89.9, asked);
    expect_levels(&ceiling, asked, 11, 8);
    cr_expect(!dvfo_rig_ceiling_caps(&ceiling, asked));
    dvfo_rig_ceiling_hear(&ceiling, 0.2, 90.0, asked); /* at once, from what runs */
    expect_levels(&ceiling, asked, 10, 7);
    cr_expect(dvfo_rig_ceiling_caps(&ceiling, asked));
    dvfo_rig_ceiling_hear(&ceiling, 1.1, 91.0, asked); /* not yet */
    expect_levels(&ceiling, asked, 10, 7);
    dvfo_rig_ceiling_hear(&ceiling, 1.2, 88.0, asked); /* below the ceiling, but not 3 K */
    expect_levels(&ceiling, asked, 9, 6);
    dvfo_rig_ceiling_hear(&ceiling, 2.2, 87.0, asked);
    expect_levels(&ceiling, asked, 10, 7);
    dvfo_rig_ceiling_hear(&ceiling, 3.2, 89.0, asked); /* between: as before, on the way back */
    expect_levels(&ceiling, asked, 11, 8);
    cr_expect(!dvfo_rig_ceiling_caps(&ceiling, asked));
}

Test(ceiling, the_way_down_ends_at_the_slowest_clock)
{
    const struct dvfo_board board = board_of(3, 2, 1);
    const int asked[DVFO_DOMAINS] = {2, 1, 0};
    struct dvfo_rig_ceiling ceiling = dvfo_rig_ceiling_begin(&board, 90.0, 1.0, 0.0, 50.0);
    for (int second = 0; second < 10; second++) {
        dvfo_rig_ceiling_hear(&ceiling, second, 99.0, asked);
    }
    expect_levels(&ceiling, asked, 0, 0);
}

Test(ceiling, blind_for_a_second_clocks_stay_in_the_lower_half)
{
    const struct dvfo_board board = board_of(25, 15, 8);
    const int asked[DVFO_DOMAINS] = {24, 14, 7};
    struct dvfo_rig_ceiling ceiling = dvfo_rig_ceiling_begin(&board, 90.0, 1.0, 0.0, 50.0);
    dvfo_rig_ceiling_hear(&ceiling, 0.1, 50.0, asked);
    dvfo_rig_ceiling_hear(&ceiling, 1.0, NAN, asked); /* one reading that failed is none */
    expect_levels(&ceiling, asked, 24, 14);
    dvfo_rig_ceiling_hear(&ceiling, 1.1, NAN, asked);
    cr_expect(ceiling.blind);
    expect_levels(&ceiling, asked, 12, 7);
    dvfo_rig_ceiling_hear(&ceiling, 50.0, NAN, asked); /* and nothing comes back blindly */
    expect_levels(&ceiling, asked, 12, 7);
    dvfo_rig_ceiling_hear(&ceiling, 51.0, 50.0, asked);
    expect_levels(&ceiling, asked, 13, 8);
    cr_expect(!ceiling.blind);
    const struct dvfo_rig_ceiling never = dvfo_rig_ceiling_begin(&board, 90.0, 1.0, 0.0, NAN);
    expect_levels(&never, asked, 12, 7);
}

Test(ceiling, a_hot_board_that_goes_blind_stays_where_it_was)
{
    const struct dvfo_board board = board_of(25, 15, 8);
    const int asked[DVFO_DOMAINS] = {4, 4, 7};
    struct dvfo_rig_ceiling ceiling = dvfo_rig_ceiling_begin(&board, 90.0, 1.0, 0.0, 50.0);
    dvfo_rig_ceiling_hear(&ceiling, 0.0, 95.0, asked);
    dvfo_rig_ceiling_hear(&ceiling, 9.0, NAN, asked);
    expect_levels(&ceiling, asked, 3, 3);
}

/* ---- load ---- */

static void no_cores(double core_s[DVFO_CORES_MAX])
{
    for (size_t i = 0; i < DVFO_CORES_MAX; i++) {
        core_s[i] = NAN;
    }
}

Test(load, the_busiest_core_counts_though_ticks_fall_here_and_there)
{
    struct dvfo_rig_load load = {.at_s = 0.0};
    double core_s[DVFO_CORES_MAX];
    no_cores(load.core_s);
    no_cores(core_s);
    load.core_s[0] = load.core_s[1] = core_s[0] = core_s[1] = 7.0;
    for (int i = 1; i <= 100;
         i++) { /* core 1 works 3 ticks of 10 ms in 4, core 0 one in 4: never more than a tick each */
        core_s[1] += i % 4 != 0 ? 0.01 : 0.0;
        core_s[0] += i % 4 == 0 ? 0.01 : 0.0;
        dvfo_rig_load_add(&load, 0.01 * i, core_s, 0.5);
    }
    cr_expect_float_eq(load.busy_s[DVFO_CPU], 0.75, 0.02); /* the largest of each moment would be 1 s */
    cr_expect_float_eq(load.busy_s[DVFO_GPU], 0.5, 1e-9);
    cr_expect(load.busy_s[DVFO_MEM] == 0.0);
}

Test(load, cores_that_go_off_and_counts_that_go_back_add_nothing)
{
    struct dvfo_rig_load load = {.at_s = 0.0};
    double core_s[DVFO_CORES_MAX];
    no_cores(load.core_s);
    no_cores(core_s);
    load.core_s[3] = 5.0;
    dvfo_rig_load_add(&load, 0.1, core_s, NAN);
    core_s[3] = 9.0;
    dvfo_rig_load_add(&load, 0.2, core_s, NAN); /* back after it was off: who knows since when */
    core_s[3] = 1.0;
    dvfo_rig_load_add(&load, 0.3, core_s, NAN);
    cr_expect(load.busy_s[DVFO_CPU] == 0.0 && load.busy_s[DVFO_GPU] == 0.0);
}

static size_t cores_of(const struct fake_host *host, const char *stat, double busy_s[DVFO_CORES_MAX])
{
    struct dvfo_sysfs sysfs;
    fake_host_put(host, "/proc/stat", stat);
    cr_assert(dvfo_sysfs_open(NULL, host->root, &sysfs) == DVFO_OK);
    return dvfo_cores_read(&sysfs, busy_s);
}

Test(load, each_core_of_proc_stat_is_read_and_nothing_else)
{
    struct fake_host host;
    double busy_s[DVFO_CORES_MAX];
    fake_host_build(&host);
    cr_expect(cores_of(&host,
                       "cpu  9 9 9 9 9 9 9 0 0 0\ncpu0 200 1 50 4000 50 7 8 0 0 0\ncpu2 1 0 0 0 0 0 0 0 0 0\nintr 5",
                       busy_s) == 2);
    cr_expect_float_eq(busy_s[0], 2.66, 1e-9, "user, nice, system and interrupts, in ticks of 10 ms");
    cr_expect(isnan(busy_s[1]) && busy_s[2] == 0.01);
    cr_expect(cores_of(&host, "cpu  9 9 9 9 9 9 9", busy_s) == 0, "the sum of all is no core");
    cr_expect(cores_of(&host, "cpu0 1 2 3\ncpu1 x\ncpu-1 1 1 1 1 1 1 1\ncpu64 1 1 1 1 1 1 1\ncpu1 nan 1 1 1 1 1 1\n",
                       busy_s) == 0);
    fake_host_take_away(&host, "/proc/stat");
    struct dvfo_sysfs sysfs;
    cr_assert(dvfo_sysfs_open(NULL, host.root, &sysfs) == DVFO_OK);
    cr_expect(dvfo_cores_read(&sysfs, busy_s) == 0 && isnan(busy_s[0]));
    fake_host_remove(&host);
}

Test(load, a_page_that_ends_in_the_middle_of_a_number_gives_no_half_number)
{
    struct fake_host host;
    double busy_s[DVFO_CORES_MAX];
    char stat[8192];
    fake_host_build(&host);
    /* 4095 bytes are read: a line of 3793, ten of 28, and 22 of the next one's, "cpu10 1 1 1 1 1 1 1234" */
    int used = snprintf(stat, sizeof stat, "cpu  %3787s\n", "1");
    for (int core = 0; core < 20; core++) {
        used += snprintf(stat + used, sizeof stat - (size_t)used, "cpu%02d 1 1 1 1 1 1 123456789\n", core);
    }
    cr_expect(cores_of(&host, stat, busy_s) == 10);
    cr_expect_float_eq(busy_s[9], 0.04 + 1234567.89, 1e-6);
    cr_expect(isnan(busy_s[10]), "%g", busy_s[10]);
    fake_host_remove(&host);
}

/* ---- news ---- */

Test(news, sentences_are_fetched_in_order_and_the_oldest_go_when_nobody_does)
{
    static struct dvfo_rig_news news;
    char text[DVFO_RIG_NEWS_SIZE];
    cr_expect(!dvfo_rig_news_next(&news, text));
    for (int i = 0; i < DVFO_RIG_NEWS_KEPT + 3; i++) {
        snprintf(text, sizeof text, "sentence %d", i);
        dvfo_rig_news_add(&news, text);
    }
    cr_expect(news.dropped == 3);
    for (int i = 3; i < DVFO_RIG_NEWS_KEPT + 3; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "sentence %d", i);
        cr_expect(dvfo_rig_news_next(&news, text));
        cr_expect_str_eq(text, expected);
    }
    cr_expect(!dvfo_rig_news_next(&news, text));
}

Test(news, reasons_that_differ_in_numbers_only_are_one)
{
    static struct dvfo_rig_told told;
    char text[DVFO_RIG_NEWS_SIZE];
    cr_expect(dvfo_rig_told_first(&told, "max_freq: '510000000' cannot be written: Permission denied"));
    cr_expect(!dvfo_rig_told_first(&told, "max_freq: '114750000' cannot be written: Permission denied"));
    cr_expect(dvfo_rig_told_first(&told, "max_freq: '114750000' cannot be written: Device or resource busy"));
    cr_expect(dvfo_rig_told_first(&told, "the GPU clock holds 614.4 MHz"));
    cr_expect(!dvfo_rig_told_first(&told, "the GPU clock holds 76.8 MHz"));
    for (int i = 0; i < DVFO_RIG_NEWS_KEPT; i++) {
        snprintf(text, sizeof text, "reason %c", 'a' + i);
        (void)dvfo_rig_told_first(&told, text);
    }
    cr_expect(!dvfo_rig_told_first(&told, "one more than there is room for"));
}
