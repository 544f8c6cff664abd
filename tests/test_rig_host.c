/* The rig on a machine that is no Jetson (fake_host.h). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/live/rig/sensors.h"
#include "fake_host.h"
#include "profiles/hardware/hardware.h"
#include "rig_fixture.h"

static struct fake_host host;
static struct dvfo_board *profile;
static struct dvfo_rig_def def;
static struct dvfo_rig *rig;
static struct dvfo_ctx ctx;
static char noted[4096], news[8192];

/* The shipped profile of a host, its single clocks replaced. */
static void load_profile(const char *cpu_mhz, const char *gpu_mhz)
{
    static const char single[] = "levels_mhz: [2300]";
    const char *const levels[] = {cpu_mhz, gpu_mhz};
    struct dvfo_text text = {0};
    char path[512], *made = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/profiles/boards/host.yaml", DVFO_SOURCE_DIR);
    cr_assert(dvfo_text_load(&ctx, path, 1 << 20, &text) == DVFO_OK, "%s", ctx.message);
    FILE *file = open_memstream(&made, &size);
    const char *rest = text.bytes;
    for (size_t i = 0; i < 2; i++) {
        const char *found = strstr(rest, single);
        cr_assert(found != NULL);
        fprintf(file, "%.*slevels_mhz: [%s]", (int)(found - rest), rest, levels[i]);
        rest = found + strlen(single);
    }
    fputs(rest, file);
    fclose(file);
    dvfo_board_free(profile);
    cr_assert(dvfo_board_from_memory(&ctx, "host.yaml", made, size, &profile) == DVFO_OK, "%s", ctx.message);
    free(made);
    dvfo_text_free(&text);
    def.board = profile;
}

static void make_host(void)
{
    ctx = (struct dvfo_ctx){.note = rig_note, .note_user = noted};
    fake_host_build(&host);
    def = dvfo_rig_def_default(NULL);
    load_profile("1200, 1800, 2300", "1200, 1800, 2300");
    def.root = host.root;
    def.hook = &fake_host_kernel;
    def.hook_user = &host;
    def.sample_s = 0.002;
    def.step_s = 0.01;
    def.wait_s = 0.05;
}

static void remove_host(void)
{
    cr_expect(dvfo_rig_close(&ctx, rig) == DVFO_OK, "%s", ctx.message);
    dvfo_board_free(profile);
    fake_host_remove(&host);
}

TestSuite(rig_host, .init = make_host, .fini = remove_host);

static void open_rig(void)
{
    cr_assert(dvfo_rig_open(&ctx, &def, &rig) == DVFO_OK, "%s", ctx.message);
}

static void set(int cpu, int gpu)
{
    const int level[DVFO_DOMAINS] = {cpu, gpu, 0};
    dvfo_rig_ask(rig, level);
    cr_assert(dvfo_rig_settle(&ctx, rig) == DVFO_OK, "%s", ctx.message);
}

static struct dvfo_rig_look look_at(void)
{
    struct dvfo_rig_look look;
    dvfo_rig_look(rig, &look);
    return look;
}

static void expect_core(const char *name, const char *expected)
{
    for (int core = 0; core < FAKE_HOST_CORES; core++) {
        char path[128], text[64];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/%s", core, name);
        fake_host_get(&host, path, text, sizeof text);
        cr_expect_str_eq(text, expected, "%s", path);
    }
}

/* ---- clocks ---- */

Test(rig_host, the_processor_gets_the_higher_of_what_cpu_and_gpu_wish_for)
{
    open_rig();
    cr_expect_str_eq(dvfo_rig_sentence(rig), "clocks: CPU (3), GPU (3) set by the run, memory fixed (a host has no "
                                             "memory whose clock this program sets); energy: RAPL package-0, dram; "
                                             "heat: 1 zone, ceiling 90 C");
    set(0, 1);
    expect_core("scaling_governor", "userspace");
    expect_core("scaling_min_freq", "1800000");
    expect_core("scaling_max_freq", "1800000");
    expect_core("scaling_cur_freq", "1800000");
    set(2, 1);
    expect_core("scaling_cur_freq", "2300000");
    set(0, 0);
    expect_core("scaling_cur_freq", "1200000");
    cr_expect(look_at().refused == 0 && look_at().clamped == 0 && look_at().changes == 3);
    cr_expect(dvfo_rig_close(&ctx, rig) == DVFO_OK, "%s", ctx.message);
    rig = NULL;
    expect_core("scaling_governor", "performance");
    expect_core("scaling_min_freq", "1200000");
    expect_core("scaling_max_freq", "2300000");
    cr_expect_str_eq(noted, "");
}

Test(rig_host, a_profile_with_one_clock_leaves_the_processor_alone)
{
    load_profile("2300", "2300");
    open_rig();
    cr_expect(strstr(dvfo_rig_sentence(rig),
                     "clocks: CPU and GPU fixed (the profile host has one clock), memory fixed") != NULL,
              "%s", dvfo_rig_sentence(rig));
    set(0, 0);
    expect_core("scaling_governor", "performance");
}

Test(rig_host, a_table_of_the_gpu_alone_sets_the_processor)
{
    load_profile("2300", "1200, 2300");
    open_rig();
    cr_expect(!dvfo_rig_controls(rig, DVFO_CPU) && dvfo_rig_controls(rig, DVFO_GPU));
    set(0, 0);
    expect_core("scaling_cur_freq", "1200000");
}

Test(rig_host, a_driver_without_a_table_leaves_clocks_fixed_with_the_reason)
{
    for (int core = 0; core < FAKE_HOST_CORES; core++) { /* intel_pstate, amd-pstate */
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_available_frequencies", core);
        fake_host_take_away(&host, path);
    }
    open_rig();
    cr_expect(strstr(dvfo_rig_sentence(rig), "CPU and GPU fixed (") != NULL &&
                  strstr(dvfo_rig_sentence(rig), "scaling_available_frequencies: cannot be read") != NULL,
              "%s", dvfo_rig_sentence(rig));
    set(1, 2);
    expect_core("scaling_governor", "performance");
    cr_expect(look_at().changes == 0);
}

Test(rig_host, a_machine_without_cpufreq_rapl_or_zones_opens_and_says_so)
{
    fake_host_take_away(&host, "/sys");
    def.hook = NULL;
    open_rig();
    const char *sentence = dvfo_rig_sentence(rig);
    cr_expect(strstr(sentence, "CPU and GPU fixed (/sys/devices/system/cpu: is missing)") != NULL, "%s", sentence);
    cr_expect(strstr(sentence,
                     "energy: modelled from the profile, no power sensor can be read (/sys/class/powercap has "
                     "no energy counters)") != NULL,
              "%s", sentence);
    cr_expect(strstr(sentence, "heat: no temperature can be read") != NULL && strstr(sentence, "lower half") == NULL,
              "%s", sentence);
    set(1, 1);
    const struct dvfo_rig_look look = look_at();
    cr_expect(isnan(look.temperature_c) && look.busy_told[DVFO_CPU] && look.busy_told[DVFO_GPU]);
    struct dvfo_rig_energy energy = rig_energy(rig);
    cr_expect(!energy.measured && energy.rail_count == 0 && energy.module_j == 0.0);
}

Test(rig_host, more_clocks_than_can_be_held_are_left_alone)
{
    for (int core = FAKE_HOST_CORES; core <= DVFO_HARDWARE_MAX_POLICIES; core++) {
        char path[128], text[16];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_available_frequencies", core);
        fake_host_put(&host, path, "2300000 1800000 1200000");
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/affected_cpus", core);
        snprintf(text, sizeof text, "%d", core);
        fake_host_put(&host, path, text);
    }
    open_rig();
    cr_expect(strstr(dvfo_rig_sentence(rig), "CPU and GPU fixed (its cores have more than 8 clocks of their own") !=
                  NULL,
              "%s", dvfo_rig_sentence(rig));
}

Test(rig_host, the_host_is_never_found_by_itself)
{
    struct dvfo_sysfs sysfs;
    struct dvfo_hardware *hardware = NULL;
    cr_assert(dvfo_sysfs_open(&ctx, host.root, &sysfs) == DVFO_OK);
    cr_expect(dvfo_hardware_open(&ctx, &sysfs, "auto", &hardware) == DVFO_BAD_INPUT);
    cr_expect(dvfo_hardware_open(&ctx, &sysfs, "xavier-nx", &hardware) == DVFO_BAD_INPUT);
    cr_assert(dvfo_hardware_open(&ctx, &sysfs, "host", &hardware) == DVFO_OK, "%s", ctx.message);
    cr_expect(hardware->policy_count == 2 && hardware->clock[DVFO_CPU].level_count == 3 && hardware->zone_count == 1);
    cr_expect(hardware->clock[DVFO_GPU].level_count == 0 && hardware->clock[DVFO_MEM].level_count == 0);
    cr_expect(hardware->module_rail == NULL);
    dvfo_hardware_free(hardware);
}

/* ---- energy ---- */

static double wanted_j;

static bool is_counted(struct dvfo_rig *its, const struct dvfo_rig_look *look)
{
    (void)look;
    return rig_energy(its).module_j >= wanted_j;
}

/* Between readings the mean power of the last stretch is held; when the counters stand still it is 0. */
static bool stands(struct dvfo_rig *its, const struct dvfo_rig_look *look)
{
    (void)look;
    struct dvfo_rig_energy now;
    dvfo_rig_energy(its, 0.0, &now); /* long ago: nothing is held */
    return now.module_j >= wanted_j;
}

Test(rig_host, counters_tell_the_energy_to_the_joule)
{
    open_rig();
    cr_expect_str_eq(dvfo_rig_rail_name(rig, 0), "package-0");
    cr_expect_str_eq(dvfo_rig_rail_name(rig, 1), "dram");
    const struct dvfo_rig_energy begun = rig_energy(rig);
    cr_expect(begun.measured && begun.module_j == 0.0 && begun.rail_count == 2);
    fake_host_put(&host, FAKE_HOST_PACKAGE, "3500000"); /* 2.5 J */
    fake_host_put(&host, FAKE_HOST_DRAM, "450000");     /* 0.25 J */
    wanted_j = 2.75 - 1e-9;
    cr_assert(rig_wait(rig, stands));
    cr_assert(rig_wait(rig, is_counted));
    const struct dvfo_rig_energy ended = rig_energy(rig);
    cr_expect(dvfo_rig_energy_measured(&begun, &ended));
}

/* The reading alone, to the joule: nothing is held at a time before the last reading. */
Test(rig_host, a_counter_that_begins_anew_goes_on_where_it_was)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", FAKE_HOST_RANGE_UJ - 1000000); /* 1 J before its end */
    fake_host_put(&host, FAKE_HOST_PACKAGE, text);
    open_rig();
    struct dvfo_rig_energy energy;
    fake_host_put(&host, FAKE_HOST_PACKAGE, "500000");
    wanted_j = 1.5 - 1e-9;
    cr_assert(rig_wait(rig, stands));
    dvfo_rig_energy(rig, 0.0, &energy);
    cr_expect_float_eq(energy.module_j, 1.5, 1e-6);
    cr_expect_float_eq(energy.rail_j[0], 1.5, 1e-6);
    cr_expect(energy.rail_j[1] == 0.0);
}

static bool is_lost(struct dvfo_rig *its, const struct dvfo_rig_look *look)
{
    (void)look;
    return rig_energy(its).lost > 0;
}

Test(rig_host, a_counter_that_jumps_is_no_energy)
{
    fake_host_put(&host, FAKE_HOST_PACKAGE, "200000000000"); /* then reset, as after a suspend: not 62 kJ in a moment */
    open_rig();
    fake_host_put(&host, FAKE_HOST_PACKAGE, "1000000");
    cr_assert(rig_wait(rig, is_lost));
    cr_expect(rig_energy(rig).module_j == 0.0);
    (void)rig_news(rig, news, sizeof news);
    cr_expect(strstr(news, "which no machine draws: it began anew") != NULL, "%s", news);
}

Test(rig_host, counters_that_cannot_be_read_any_more_leave_a_gap)
{
    open_rig();
    const struct dvfo_rig_energy begun = rig_energy(rig);
    fake_host_take_away(&host, FAKE_HOST_PACKAGE);
    cr_assert(rig_wait(rig, is_lost));
    const struct dvfo_rig_energy during = rig_energy(rig);
    cr_expect(!during.measured && !dvfo_rig_energy_measured(&begun, &during));
}

/* ---- heat ---- */

static bool is_slowest(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return look->capped && look->level[DVFO_CPU] == 0 && look->level[DVFO_GPU] == 0;
}

Test(rig_host, a_hot_processor_is_slowed)
{
    open_rig();
    set(2, 2);
    fake_host_put(&host, FAKE_HOST_ZONE, "90000");
    cr_expect(rig_wait(rig, is_slowest));
    expect_core("scaling_max_freq", "1200000");
}

static bool is_hot(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return look->heats > 0;
}

Test(rig_host, heat_under_fixed_clocks_is_told_and_slows_nothing)
{
    def.fixed = true;
    open_rig();
    set(2, 2);
    fake_host_put(&host, FAKE_HOST_ZONE, "90000");
    cr_assert(rig_wait(rig, is_hot));
    cr_expect(!look_at().capped && look_at().changes == 0);
    expect_core("scaling_max_freq", "2300000");
    (void)rig_news(rig, news, sizeof news);
    cr_expect_str_eq(news, "the hottest zone reads 90 C, the ceiling is 90 C: clocks are fixed, only the kernel's own "
                           "throttling is left\n");
}
