/* A board's clocks, rails and files, on trees of the three boards with a kernel behind them (fake_board.h). */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_board.h"
#include "profiles/hardware/control.h"
#include "profiles/hardware/dryrun.h"
#include "sim/base/text.h"

static char folder[] = "/tmp/dvfo-hardware-XXXXXX";
static struct fake_board board;
static struct dvfo_sysfs sysfs;
static struct dvfo_hardware *hardware;
static struct dvfo_control control;
static struct dvfo_ctx ctx;
static char noted[4096];

static const bool all_domains[DVFO_DOMAINS] = {true, true, true};

static void note(void *user, const char *sentence)
{
    (void)user;
    const size_t used = strlen(noted);
    snprintf(noted + used, sizeof noted - used, "%s\n", sentence);
}

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    cr_assert(chdir(folder) == 0);
    ctx.note = note;
}

static void remove_folder(void)
{
    char line[64];
    dvfo_hardware_free(hardware);
    cr_assert(chdir("/") == 0);
    snprintf(line, sizeof line, "rm -r '%s'", folder);
    cr_assert(system(line) == 0);
}

TestSuite(hardware, .init = make_folder, .fini = remove_folder);

static dvfo_status open_as(const char *wanted)
{
    dvfo_hardware_free(hardware);
    hardware = NULL;
    ctx.message[0] = '\0';
    cr_assert(dvfo_sysfs_open(&ctx, board.root, &sysfs) == DVFO_OK, "%s", ctx.message);
    fake_board_hook(&board, &sysfs);
    return dvfo_hardware_open(&ctx, &sysfs, wanted, &hardware);
}

static void build(enum fake_kind kind)
{
    fake_board_build(&board, kind, "board");
    cr_assert(open_as("auto") == DVFO_OK, "%s", ctx.message);
    control = dvfo_control_default(hardware);
    control.wait_s = 0.1;
}

static void begin(enum fake_kind kind)
{
    build(kind);
    cr_assert(dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK, "%s", ctx.message);
}

static dvfo_status set_mhz(double cpu, double gpu, double mem)
{
    const struct dvfo_clocks clocks = {{1e6 * cpu, 1e6 * gpu, 1e6 * mem}};
    board.n = 0;
    return dvfo_control_set(&ctx, &control, &clocks);
}

static void expect_sequence(const char *expected)
{
    static char sequence[8192];
    fake_board_sequence(&board, sequence, sizeof sequence);
    cr_expect_str_eq(sequence, expected);
}

Test(hardware, each_board_is_recognised_with_its_tables_rails_and_release)
{
    static const struct {
        enum fake_kind kind;
        const char *name, *release, *mode, *module_rail;
        int jetpack;
        size_t levels[DVFO_DOMAINS], policies, rails;
    } rows[] = {
        {FAKE_NANO, "jetson-nano", "R32.7.1", "0 MAXN", "POM_5V_IN", 4, {15, 12, 6}, 1, 3}, /* EMC of the board's file
                                                                                             */
        {FAKE_TX2, "jetson-tx2", "R32.4.2", "0 MAXN", "VDD_IN", 4, {12, 13, 11}, 2, 6},
        {FAKE_NX_4, "xavier-nx", "R32.6.1", "8 20W_6CORE", "VDD_IN", 4, {25, 15, 8}, 3, 3},
        {FAKE_NX_5, "xavier-nx", "R35.4.1", "8 20W_6CORE", "VDD_IN", 5, {25, 15, 8}, 3, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        build(rows[i].kind);
        cr_expect_str_eq(hardware->type->name, rows[i].name);
        cr_expect_str_eq(hardware->release, rows[i].release);
        cr_expect_str_eq(hardware->power_mode, rows[i].mode);
        cr_expect(hardware->jetpack == rows[i].jetpack);
        cr_expect(hardware->policy_count == rows[i].policies);
        cr_expect(hardware->rail_count == rows[i].rails, "%zu rails", hardware->rail_count);
        cr_expect(hardware->module_rail != NULL && strcmp(hardware->module_rail->name, rows[i].module_rail) == 0);
        cr_expect(hardware->zone_count == 4, "the power chip's zone is left out");
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            cr_expect(hardware->clock[d].level_count == rows[i].levels[d], "%s %d: %zu %s", rows[i].name, d,
                      hardware->clock[d].level_count, hardware->clock[d].missing);
        }
        fake_board_remove(&board, "");
    }
}

Test(hardware, tables_are_in_hz_and_ascend)
{
    build(FAKE_NX_5);
    cr_expect(hardware->clock[DVFO_CPU].level_hz[0] == 115.2e6 && hardware->clock[DVFO_CPU].level_hz[24] == 1907.2e6);
    cr_expect(hardware->clock[DVFO_GPU].level_hz[0] == 114.75e6 && hardware->clock[DVFO_GPU].level_hz[14] == 1109.25e6);
    cr_expect(hardware->clock[DVFO_MEM].level_hz[0] == 204e6, "the kernel lists kHz: %g",
              hardware->clock[DVFO_MEM].level_hz[0]);
    cr_expect(hardware->clock[DVFO_MEM].level_hz[7] == 1866e6);
}

Test(hardware, without_a_device_tree_the_gpu_tells_the_board)
{
    fake_board_build(&board, FAKE_TX2, "board");
    fake_board_remove(&board, "/proc/device-tree");
    cr_expect(open_as("auto") == DVFO_OK, "%s", ctx.message);
    cr_expect_str_eq(hardware->type->name, "jetson-tx2");
    cr_expect_str_eq(hardware->model, "");
}

Test(hardware, other_machines_are_told_what_they_are)
{
    fake_board_build(&board, FAKE_NX_4, "board");
    cr_expect(open_as("jetson-tx2") == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message,
                     "--board is jetson-tx2, but this is a xavier-nx ('NVIDIA Jetson Xavier NX Developer Kit')");
    cr_expect(open_as("xavier") == DVFO_BAD_INPUT);
    cr_expect(
        strstr(ctx.message, "expected auto, jetson-nano, jetson-tx2, xavier-nx or host; did you mean 'xavier-nx'?"),
        "%s", ctx.message);
    fake_board_put(&board, "/proc/device-tree/model", "NVIDIA Orin Nano Developer Kit");
    fake_board_put(&board, "/proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0005\nnvidia,tegra234");
    cr_expect(open_as("auto") == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "'NVIDIA Orin Nano Developer Kit' is a Jetson, but not jetson-nano, jetson-tx2 or "
                                  "xavier-nx; --board takes it for one of these");
    cr_expect(open_as("xavier-nx") == DVFO_OK, "%s", ctx.message);
    fake_board_remove(&board, "/sys");
    fake_board_remove(&board, "/proc");
    cr_expect(open_as("auto") == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "is not the tree of a Jetson"), "%s", ctx.message);
}

Test(hardware, going_up_the_memory_rises_first_and_upper_limits_are_written_before_lower_ones)
{
    begin(FAKE_TX2);
    cr_assert(set_mhz(499.2, 216.75, 408) == DVFO_OK, "%s", ctx.message);
    cr_assert(set_mhz(1420.8, 854.25, 1866) == DVFO_OK, "%s", ctx.message);
    expect_sequence("emc/rate 1866000000\n"
                    "cpu0/scaling_max_freq 1420800\n"
                    "cpu0/scaling_min_freq 1420800\n"
                    "cpu0/scaling_setspeed 1420800\n"
                    "cpu1/scaling_max_freq 1420800\n"
                    "cpu1/scaling_min_freq 1420800\n"
                    "cpu1/scaling_setspeed 1420800\n"
                    "gpu/max_freq 854250000\n"
                    "gpu/min_freq 854250000\n"
                    "gpu/set_freq 854250000\n");
}

Test(hardware, going_down_lower_limits_are_written_first_and_the_memory_falls_last)
{
    begin(FAKE_TX2);
    cr_assert(set_mhz(1420.8, 854.25, 1866) == DVFO_OK, "%s", ctx.message);
    cr_assert(set_mhz(499.2, 216.75, 408) == DVFO_OK, "%s", ctx.message);
    expect_sequence("cpu0/scaling_min_freq 499200\n"
                    "cpu0/scaling_max_freq 499200\n"
                    "cpu0/scaling_setspeed 499200\n"
                    "cpu1/scaling_min_freq 499200\n"
                    "cpu1/scaling_max_freq 499200\n"
                    "cpu1/scaling_setspeed 499200\n"
                    "gpu/min_freq 216750000\n"
                    "gpu/max_freq 216750000\n"
                    "gpu/set_freq 216750000\n"
                    "emc/rate 408000000\n");
}

Test(hardware, what_falls_is_written_before_what_rises)
{
    begin(FAKE_NX_4);
    cr_assert(set_mhz(1190.4, 510, 1600) == DVFO_OK, "%s", ctx.message);
    cr_assert(set_mhz(1420.8, 306, NAN) == DVFO_OK, "%s", ctx.message);
    cr_expect(strncmp(board.write[0].path, "/sys/devices/17000000.gv11b", 27) == 0, "%s", board.write[0].path);
    cr_expect(strstr(board.write[3].path, "/cpu0/") != NULL, "%s", board.write[3].path);
}

Test(hardware, the_first_setting_takes_supply_governors_and_the_memory_lock)
{
    begin(FAKE_TX2);
    cr_assert(set_mhz(1420.8, 854.25, 1866) == DVFO_OK, "%s", ctx.message);
    expect_sequence("gpu/railgate_enable 0\n"
                    "emc/mrq_rate_locked 1\n"
                    "emc/rate 1866000000\n"
                    "cpu0/scaling_governor userspace\n"
                    "cpu0/scaling_max_freq 1420800\n"
                    "cpu0/scaling_min_freq 1420800\n"
                    "cpu0/scaling_setspeed 1420800\n"
                    "cpu1/scaling_governor userspace\n"
                    "cpu1/scaling_max_freq 1420800\n"
                    "cpu1/scaling_min_freq 1420800\n"
                    "cpu1/scaling_setspeed 1420800\n"
                    "gpu/governor userspace\n"
                    "gpu/max_freq 854250000\n"
                    "gpu/min_freq 854250000\n"
                    "gpu/set_freq 854250000\n");
}

Test(hardware, nano_sets_the_override_clock_before_it_is_switched_on)
{
    begin(FAKE_NANO);
    cr_assert(set_mhz(NAN, NAN, 1331.2) == DVFO_OK, "%s", ctx.message);
    expect_sequence("emc/clk_update_rate 1331200000\nemc/clk_state 1\n");
    cr_expect(dvfo_hardware_clocks(hardware).hz[DVFO_MEM] == 1331.2e6);
}

Test(hardware, older_nano_kernels_have_clk_rate_instead)
{
    begin(FAKE_NANO);
    fake_board_remove(&board, "/sys/kernel/debug/clk/override.emc/clk_update_rate");
    board.n = 0;
    (void)set_mhz(NAN, NAN, 1331.2); /* this kernel doesn't take it */
    cr_expect(strcmp(strrchr(board.write[0].path, '/'), "/clk_rate") == 0, "%s", board.write[0].path);
}

Test(hardware, without_a_governor_userspace_the_limits_alone_hold_the_clock)
{
    begin(FAKE_NX_5);
    cr_assert(set_mhz(1190.4, NAN, NAN) == DVFO_OK, "%s", ctx.message);
    expect_sequence("cpu0/scaling_max_freq 1190400\ncpu0/scaling_min_freq 1190400\n"
                    "cpu2/scaling_max_freq 1190400\ncpu2/scaling_min_freq 1190400\n"
                    "cpu4/scaling_max_freq 1190400\ncpu4/scaling_min_freq 1190400\n");
}

Test(hardware, no_write_is_refused_on_any_walk_through_the_table)
{
    static const enum fake_kind kinds[] = {FAKE_NANO, FAKE_TX2, FAKE_NX_4, FAKE_NX_5};
    for (size_t k = 0; k < 4; k++) {
        begin(kinds[k]);
        const struct dvfo_hardware_clock *clock = hardware->clock;
        for (size_t step = 0; step < 12; step++) {
            const struct dvfo_clocks clocks = {{clock[DVFO_CPU].level_hz[step * 5 % clock[DVFO_CPU].level_count],
                                                clock[DVFO_GPU].level_hz[step * 7 % clock[DVFO_GPU].level_count],
                                                clock[DVFO_MEM].level_hz[step * 3 % clock[DVFO_MEM].level_count]}};
            board.n = 0;
            cr_expect(dvfo_control_set(&ctx, &control, &clocks) == DVFO_OK, "%s", ctx.message);
            for (size_t i = 0; i < board.n; i++) {
                cr_expect(!board.write[i].refused, "%s %s", board.write[i].path, board.write[i].text);
            }
            const struct dvfo_clocks held = dvfo_hardware_clocks(hardware);
            cr_expect(memcmp(&held, &clocks, sizeof held) == 0);
        }
        cr_expect(dvfo_control_end(&ctx, &control) == DVFO_OK, "%s", noted);
        fake_board_remove(&board, "");
    }
}

Test(hardware, the_kernel_of_these_tests_refuses_a_planted_wrong_order)
{
    fake_board_build(&board, FAKE_NX_4, "board");
    const char *gpu = fake_board_scaler(&board, -1)->folder;
    char path[192];
    snprintf(path, sizeof path, "%smax_freq", gpu);
    cr_expect(fake_board_write(&board, path, "510000000") == 0);
    snprintf(path, sizeof path, "%smin_freq", gpu);
    cr_expect(fake_board_write(&board, path, "803250000") == EINVAL, "up: the lower limit first");
    cr_expect(fake_board_write(&board, path, "408000000") == 0);
    snprintf(path, sizeof path, "%smax_freq", gpu);
    cr_expect(fake_board_write(&board, path, "204000000") == EINVAL, "down: the upper limit first");
    snprintf(path, sizeof path, "%suserspace/set_freq", gpu);
    cr_expect(fake_board_write(&board, path, "408000000") == EINVAL, "a clock without its governor");
    cr_expect(fake_board_write(&board, "/sys/devices/system/cpu/cpu0/online", "0") == EACCES, "a file of nobody's");
}

Test(hardware, everything_is_given_back_as_it_was)
{
    static const enum fake_kind kinds[] = {FAKE_NANO, FAKE_TX2, FAKE_NX_4, FAKE_NX_5};
    static char before[8192], during[8192], after[8192];
    for (size_t k = 0; k < 4; k++) {
        build(kinds[k]);
        fake_board_state(&board, before, sizeof before);
        cr_assert(dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK, "%s", ctx.message);
        const struct dvfo_hardware_clock *clock = hardware->clock;
        cr_assert(set_mhz(clock[DVFO_CPU].level_hz[5] / 1e6, clock[DVFO_GPU].level_hz[5] / 1e6,
                          clock[DVFO_MEM].level_hz[2] / 1e6) == DVFO_OK,
                  "%s", ctx.message);
        fake_board_state(&board, during, sizeof during);
        cr_expect_str_neq(during, before);
        board.n = 0;
        cr_expect(dvfo_control_end(&ctx, &control) == DVFO_OK, "%s %s", ctx.message, noted);
        fake_board_state(&board, after, sizeof after);
        cr_expect_str_eq(after, before);
        for (size_t i = 0; i < board.n; i++) {
            cr_expect(!board.write[i].refused, "%s %s", board.write[i].path, board.write[i].text);
        }
        cr_expect(!dvfo_sysfs_exists(&sysfs, DVFO_CONTROL_FILE), "nothing is left to be given back");
        fake_board_remove(&board, "");
    }
}

Test(hardware, the_memory_is_given_back_first_and_the_gpu_supply_last)
{
    begin(FAKE_TX2);
    cr_assert(set_mhz(499.2, 216.75, 408) == DVFO_OK, "%s", ctx.message);
    board.n = 0;
    cr_expect(dvfo_control_end(&ctx, &control) == DVFO_OK);
    expect_sequence("emc/rate 1600000000\n"
                    "emc/mrq_rate_locked 0\n"
                    "cpu0/scaling_max_freq 2035200\n"
                    "cpu0/scaling_min_freq 345600\n"
                    "cpu0/scaling_governor schedutil\n"
                    "cpu1/scaling_max_freq 2035200\n"
                    "cpu1/scaling_min_freq 345600\n"
                    "cpu1/scaling_governor schedutil\n"
                    "gpu/max_freq 1300500000\n"
                    "gpu/min_freq 114750000\n"
                    "gpu/governor nvhost_podgov\n"
                    "gpu/railgate_enable 1\n");
}

Test(hardware, a_governor_userspace_of_the_users_own_comes_back_with_its_clock)
{
    static char before[8192], after[8192];
    fake_board_build(&board, FAKE_TX2, "board");
    cr_assert(fake_board_write(&board, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "userspace") == 0);
    cr_assert(fake_board_write(&board, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_setspeed", "960000") == 0);
    fake_board_state(&board, before, sizeof before);
    cr_assert(open_as("auto") == DVFO_OK);
    control = dvfo_control_default(hardware);
    cr_assert(dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK, "%s", ctx.message);
    cr_assert(set_mhz(1420.8, NAN, NAN) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_control_end(&ctx, &control) == DVFO_OK, "%s", noted);
    fake_board_state(&board, after, sizeof after);
    cr_expect_str_eq(after, before);
}

Test(hardware, one_file_that_fails_keeps_no_other_from_being_given_back)
{
    char text[64];
    begin(FAKE_TX2);
    cr_assert(set_mhz(499.2, 216.75, 408) == DVFO_OK, "%s", ctx.message);
    board.denied = "cpu0/cpufreq/scaling_governor";
    cr_expect(dvfo_control_end(&ctx, &control) == DVFO_FAILED);
    cr_expect(strstr(ctx.message, "'dvfo board set --restore' tries again") != NULL, "%s", ctx.message);
    cr_expect(strstr(noted, "cpu0/cpufreq/scaling_governor: 'schedutil' cannot be written: Permission denied; run as "
                            "root") != NULL,
              "%s", noted);
    fake_board_get(&board, "/sys/devices/17000000.gp10b/railgate_enable", text, sizeof text);
    cr_expect_str_eq(text, "1", "the last one came back");
    board.denied = NULL;
    bool found = false;
    cr_expect(dvfo_control_recover(&ctx, &sysfs, &found) == DVFO_OK && found, "%s", ctx.message);
    fake_board_get(&board, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", text, sizeof text);
    cr_expect_str_eq(text, "schedutil");
}

Test(hardware, what_a_killed_process_left_is_given_back_by_the_next)
{
    static char before[8192], after[8192];
    build(FAKE_NX_4);
    fake_board_state(&board, before, sizeof before);
    cr_assert(dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK, "%s", ctx.message);
    cr_assert(set_mhz(1190.4, 510, 1600) == DVFO_OK, "%s", ctx.message);
    close(control.file.descriptor); /* what the end of a process does */
    struct dvfo_control next = dvfo_control_default(hardware);
    cr_assert(dvfo_control_begin(&ctx, &next, all_domains, false) == DVFO_OK, "%s", ctx.message);
    cr_expect(strstr(noted, "that an earlier dvfo left behind are given back first") != NULL, "%s", noted);
    fake_board_state(&board, after, sizeof after);
    cr_expect_str_eq(after, before);
    cr_expect(dvfo_control_end(&ctx, &next) == DVFO_OK);
    bool found = true;
    cr_expect(dvfo_control_recover(&ctx, &sysfs, &found) == DVFO_OK && !found);
}

Test(hardware, two_processes_dont_share_the_clocks)
{
    begin(FAKE_NX_4);
    struct dvfo_control other = dvfo_control_default(hardware);
    cr_expect(dvfo_control_begin(&ctx, &other, all_domains, false) == DVFO_FAILED);
    cr_expect(strstr(ctx.message, "another dvfo has the clocks of this board") != NULL, "%s", ctx.message);
    bool found = false;
    cr_expect(dvfo_control_recover(&ctx, &sysfs, &found) == DVFO_FAILED, "nor does anybody restore under our hands");
    cr_expect(set_mhz(1190.4, 510, 1600) == DVFO_OK, "%s", ctx.message);
}

Test(hardware, a_spoilt_state_file_is_refused_and_writes_nothing)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"{", "is no JSON"},
        {"[]", "its schema is ''"},
        {"{\"schema\": \"dvfo clocks 2\"}", "its schema is 'dvfo clocks 2', expected 'dvfo clocks 1'"},
        {"{\"schema\": \"dvfo clocks 1\", \"files\": [{\"path\": \"/etc/passwd\", \"text\": \"x\", \"kind\": "
         "\"plain\"}]}",
         "names /etc/passwd, expected files below /sys only"},
        {"{\"schema\": \"dvfo clocks 1\", \"files\": [{\"path\": \"/sys/../etc/passwd\", \"text\": \"x\", "
         "\"kind\": \"plain\"}]}",
         "expected files below /sys only"},
        {"{\"schema\": \"dvfo clocks 1\", \"files\": [{\"path\": \"/sys/a\", \"text\": \"1\", \"kind\": \"lowest\"}]}",
         "lacks its other half (entry 1)"},
        {"{\"schema\": \"dvfo clocks 1\", \"files\": [{\"path\": \"/sys/a\", \"text\": \"2\", \"kind\": \"lowest\"}, "
         "{\"path\": \"/sys/b\", \"text\": \"1\", \"kind\": \"highest\"}]}",
         "entry 1 limits from '2' to '1', expected two numbers in order"},
        {"{\"schema\": \"dvfo clocks 1\", \"files\": [{\"path\": \"/sys/a\", \"text\": 1, \"kind\": \"plain\"}]}",
         "entry 1 is not a path with its text and kind"},
    };
    build(FAKE_NX_4);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool found = false;
        fake_board_put(&board, DVFO_CONTROL_FILE, rows[i].text);
        cr_expect(dvfo_control_recover(&ctx, &sysfs, &found) == DVFO_BAD_INPUT, "%s", rows[i].text);
        cr_expect(strstr(ctx.message, rows[i].said) != NULL, "%s", ctx.message);
        cr_expect(strstr(ctx.message, "remove that file") != NULL, "%s", ctx.message);
    }
    cr_expect(board.n == 0);
}

Test(hardware, a_clock_that_does_not_hold_is_told_with_what_holds_instead)
{
    begin(FAKE_NANO);
    board.gpu_cap = 614400000;
    cr_expect(set_mhz(NAN, 921.6, NAN) == DVFO_FAILED);
    cr_expect_str_eq(ctx.message,
                     "the GPU clock holds 614.4 MHz (table step 614.4), asked 921.6: something else steers it: "
                     "throttling, nvpmodel, jetson_clocks or another tool");
    fake_board_put(&board, "/sys/devices/virtual/thermal/thermal_zone2/temp", "97500");
    cr_expect(set_mhz(NAN, 921.6, NAN) == DVFO_FAILED);
    cr_expect(strstr(ctx.message, "its hottest sensor reads 98 degree C: let it cool") != NULL, "%s", ctx.message);
}

Test(hardware, a_limit_that_the_kernel_changes_is_named)
{
    begin(FAKE_NX_4);
    struct fake_scaler *gpu = fake_board_scaler(&board, -1);
    cr_assert(set_mhz(NAN, 510, NAN) == DVFO_OK);
    gpu->levels -= 3; /* a kernel whose table ends earlier than it says */
    cr_expect(set_mhz(NAN, 1109.25, NAN) == DVFO_FAILED);
    cr_expect_str_eq(ctx.message,
                     "the GPU clock holds 956.25 MHz (table step 956.25), asked 1109.25: the kernel made 956.25 MHz of "
                     "it in /sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq");
}

Test(hardware, only_clocks_of_the_table_below_the_power_modes_limit_are_set)
{
    build(FAKE_NX_4);
    fake_board_put(&board, "/sys/kernel/nvpmodel_emc_cap/emc_iso_cap", "1600000000");
    cr_assert(fake_board_write(&board, "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "803250000") ==
              0);
    cr_assert(dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK, "%s", ctx.message);
    cr_expect(set_mhz(NAN, 700, NAN) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message,
                     "the GPU clock 700 MHz is not in the board's table "
                     "(/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/available_frequencies), nearest: 599.25 and "
                     "701.25 MHz");
    cr_expect(set_mhz(NAN, 5000, NAN) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "nearest: 1109.25 MHz") != NULL, "%s", ctx.message);
    cr_expect(set_mhz(NAN, 510, NAN) == DVFO_OK, "our own limit is not the power mode's");
    cr_expect(set_mhz(NAN, 803.25, NAN) == DVFO_OK, "%s", ctx.message);
    cr_expect(set_mhz(NAN, 1109.25, NAN) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "the GPU clock 1109.25 MHz lies above the limit in force, 803.25 MHz (power mode 8 "
                                  "20W_6CORE, or heat); choose another mode with 'nvpmodel -m'");
    cr_expect(set_mhz(NAN, NAN, 1866) == DVFO_BAD_INPUT);
    cr_expect(board.n == 0, "nothing is written of a setting that is refused");
}

Test(hardware, cores_that_are_off_are_left_alone)
{
    fake_board_build(&board, FAKE_TX2, "board"); /* both Denver cores off, as in its usual power mode */
    fake_board_put(&board, "/sys/devices/system/cpu/cpu1/online", "0");
    fake_board_put(&board, "/sys/devices/system/cpu/cpu2/online", "0");
    cr_assert(open_as("auto") == DVFO_OK);
    cr_expect(hardware->cpu_count == 6 && hardware->cpu_online == 4 && hardware->policy_count == 1);
    control = dvfo_control_default(hardware);
    cr_assert(dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK);
    cr_expect(set_mhz(960, NAN, NAN) == DVFO_OK, "%s", ctx.message);
    for (size_t i = 0; i < board.n; i++) {
        cr_expect(strstr(board.write[i].path, "/cpu0/") != NULL, "%s", board.write[i].path);
    }
}

Test(hardware, without_debugfs_only_the_memory_clock_is_missing)
{
    static const bool memory[DVFO_DOMAINS] = {false, false, true}, others[DVFO_DOMAINS] = {true, true, false};
    fake_board_build(&board, FAKE_NX_4, "board");
    fake_board_remove(&board, "/sys/kernel/debug");
    cr_assert(open_as("auto") == DVFO_OK, "%s", ctx.message);
    cr_expect(hardware->clock[DVFO_MEM].level_count == 0);
    cr_expect(strstr(hardware->clock[DVFO_MEM].missing, "is debugfs mounted there") != NULL, "%s",
              hardware->clock[DVFO_MEM].missing);
    control = dvfo_control_default(hardware);
    cr_expect(dvfo_control_begin(&ctx, &control, memory, false) == DVFO_FAILED);
    cr_expect(strstr(ctx.message, "the memory clock can't be set") != NULL, "%s", ctx.message);
    cr_expect(dvfo_control_begin(&ctx, &control, others, false) == DVFO_OK, "%s", ctx.message);
    cr_expect(set_mhz(1190.4, 510, NAN) == DVFO_OK, "%s", ctx.message);
    cr_expect(dvfo_control_end(&ctx, &control) == DVFO_OK);
}

Test(hardware, a_write_that_is_not_allowed_says_run_as_root)
{
    begin(FAKE_NX_4);
    board.denied = "cpu2";
    cr_expect(set_mhz(1190.4, 510, 1600) == DVFO_FAILED);
    cr_expect(strstr(ctx.message,
                     "cpu2/cpufreq/scaling_governor: 'userspace' cannot be written: Permission denied; run "
                     "as root, for example with sudo") != NULL,
              "%s", ctx.message);
    board.denied = NULL;
    cr_expect(dvfo_control_end(&ctx, &control) == DVFO_OK, "what was written before is given back");
}

Test(hardware, rails_are_found_by_name_in_both_forms)
{
    double power_w = 0.0;
    build(FAKE_TX2);
    /* all at their lowest: CPU 0.2 + 345.6/2035.2, GPU 0.1 + 4 114.75/1300.5, memory 0.3 + 1600/1866 */
    const double cpu_w = 0.2 + 345.6 / 2035.2, gpu_w = 0.1 + 4.0 * 114.75 / 1300.5, mem_w = 0.3 + 1600.0 / 1866.0;
    cr_expect(dvfo_rails_read(&ctx, &sysfs, hardware->module_rail, &power_w) == DVFO_OK, "%s", ctx.message);
    cr_expect(fabs(power_w - (1.0 + cpu_w + gpu_w + mem_w)) < 1e-3, "%g W", power_w); /* readings are whole mW */
    fake_board_remove(&board, "");
    build(FAKE_NX_5);
    const double nx_gpu_w = 0.1 + 4.0 * 114.75 / 1109.25;
    for (size_t i = 0; i < hardware->rail_count; i++) {
        if (strcmp(hardware->rail[i].name, "VDD_CPU_GPU_CV") == 0) {
            cr_expect(dvfo_rails_read(&ctx, &sysfs, &hardware->rail[i], &power_w) == DVFO_OK, "%s", ctx.message);
        }
    }
    cr_expect(fabs(power_w - nx_gpu_w) < 5e-3, "%g W", power_w); /* whole mA at 5 V */
}

Test(hardware, a_renamed_module_rail_is_missed_not_guessed)
{
    fake_board_build(&board, FAKE_NX_4, "board");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/rail_name_0", "VDD_INPUT");
    cr_assert(open_as("auto") == DVFO_OK);
    cr_expect(hardware->rail_count == 3 && hardware->module_rail == NULL);
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/rail_name_0", "VDD_SOC");
    cr_assert(open_as("auto") == DVFO_OK);
    cr_expect(hardware->rail_count == 2 && strstr(noted, "names a rail 'VDD_SOC', as another sensor does") != NULL,
              "%s", noted);
}

Test(hardware, units_mistaken_by_a_thousand_are_caught)
{
    double power_w = 0.0;
    build(FAKE_NX_4);
    board.rail_unit = 1000.0;
    cr_assert(fake_board_write(&board, "/sys/devices/17000000.gv11b/railgate_enable", "0") == 0);
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/in_power0_input", "4650000");
    cr_expect(dvfo_rails_read(&ctx, &sysfs, hardware->module_rail, &power_w) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "rail VDD_IN reads 4650 W, expected -1 to 100 W; does this driver speak another unit "
                                  "than mW?") != NULL,
              "%s", ctx.message);
    fake_board_put(&board, "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/available_frequencies",
                   "114750 204000 1109250");
    cr_assert(open_as("auto") == DVFO_OK);
    cr_expect(hardware->clock[DVFO_GPU].level_count == 0);
    cr_expect(strstr(hardware->clock[DVFO_GPU].missing, "holds 114750, expected clocks from 1e+07 to 1e+10; is it in "
                                                        "another unit?") != NULL,
              "%s", hardware->clock[DVFO_GPU].missing);
}

Test(hardware, a_copied_tree_is_never_left_through_a_link)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    fake_board_build(&board, FAKE_NX_4, "board");
    fake_board_remove(&board, "/proc/device-tree");
    fake_board_put(&board, "/../outside/model", "NVIDIA Jetson TX2");
    cr_assert(symlink("../../outside", "board/proc/device-tree") == 0);
    cr_assert(open_as("auto") == DVFO_OK, "%s", ctx.message);
    cr_expect_str_eq(hardware->model, "");
    cr_expect(dvfo_sysfs_read(&ctx, &sysfs, "/proc/device-tree/model", text) == DVFO_FAILED);
    sysfs.hook = NULL;
    cr_expect(dvfo_sysfs_write(&ctx, &sysfs, "/proc/device-tree/model", "x") == DVFO_FAILED);
    fake_board_get(&board, "/../outside/model", text, sizeof text);
    cr_expect_str_eq(text, "NVIDIA Jetson TX2");
}

/* Every file of a tree spoilt in turn: what is read of it is told as missing, and nothing is written off the table. */
static void spoil_all(const char *const paths[], size_t count)
{
    static const char *const spoilt[] = {"", "x", "-1", "99999999999999999999"};
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < sizeof spoilt / sizeof spoilt[0]; s++) {
            char whole[256];
            fake_board_get(&board, paths[i], whole, sizeof whole);
            fake_board_put(&board, paths[i], spoilt[s]);
            if (open_as("auto") == DVFO_OK) {
                double power_w = 0.0;
                (void)dvfo_hardware_clocks(hardware);
                (void)dvfo_hardware_hottest_c(hardware);
                for (size_t r = 0; r < hardware->rail_count; r++) {
                    (void)dvfo_rails_read(&ctx, &sysfs, &hardware->rail[r], &power_w);
                }
                control = dvfo_control_default(hardware);
                control.dry = true; /* no waiting and no file; the kernel of these tests takes the writes */
                if (dvfo_control_begin(&ctx, &control, all_domains, false) == DVFO_OK) {
                    (void)set_mhz(1190.4, 510, 1600);
                    (void)dvfo_control_end(&ctx, &control);
                }
            }
            for (size_t w = 0; w < board.n; w++) {
                cr_expect(!board.write[w].refused, "%s '%s': %s %s", paths[i], spoilt[s], board.write[w].path,
                          board.write[w].text);
            }
            board.n = 0;
            noted[0] = '\0';
            fake_board_put(&board, paths[i], whole);
        }
    }
}

Test(hardware, spoilt_files_are_told_as_missing)
{
#define NX "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/"
#define CORE "/sys/devices/system/cpu/cpu2/"
#define EMC "/sys/kernel/debug/bpmp/debug/clk/emc/"
    static const char *const paths[] = {
        NX "available_frequencies",
        NX "available_governors",
        NX "cur_freq",
        CORE "online",
        CORE "cpufreq/scaling_available_frequencies",
        CORE "cpufreq/affected_cpus",
        CORE "cpufreq/cpuinfo_cur_freq",
        EMC "min_rate",
        EMC "max_rate",
        "/sys/kernel/nvpmodel_emc_cap/emc_iso_cap",
        "/proc/stat",
        "/proc/device-tree/model",
        "/proc/device-tree/compatible",
        "/etc/nv_tegra_release",
        "/var/lib/nvpmodel/status",
        "/etc/nvpmodel.conf",
        "/sys/devices/virtual/thermal/thermal_zone0/temp",
        "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/rail_name_0",
        "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/in_power0_input",
    };
    fake_board_build(&board, FAKE_NX_4, "board");
    spoil_all(paths, sizeof paths / sizeof paths[0]);
}

Test(hardware, a_dry_run_shows_the_writes_and_makes_none)
{
    static char before[8192], after[8192];
    char *said = NULL;
    size_t size = 0;
    struct dvfo_dryrun dryrun;
    fake_board_build(&board, FAKE_NX_4, "board");
    fake_board_state(&board, before, sizeof before);
    cr_assert(dvfo_sysfs_open(&ctx, board.root, &sysfs) == DVFO_OK);
    FILE *out = open_memstream(&said, &size);
    dvfo_dryrun_catch(&dryrun, out, &sysfs);
    cr_assert(dvfo_hardware_open(&ctx, &sysfs, "auto", &hardware) == DVFO_OK);
    control = dvfo_control_default(hardware);
    control.dry = true;
    static const bool gpu[DVFO_DOMAINS] = {false, true, false};
    cr_assert(dvfo_control_begin(&ctx, &control, gpu, false) == DVFO_OK, "%s", ctx.message);
    cr_expect(set_mhz(NAN, 510, NAN) == DVFO_OK, "%s", ctx.message);
    cr_expect(set_mhz(NAN, 306, NAN) == DVFO_OK, "%s", ctx.message);
    cr_expect(dvfo_control_end(&ctx, &control) == DVFO_OK, "%s", ctx.message);
    fclose(out);
#define GPU "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/"
    cr_expect_str_eq(said, "echo 0 > /sys/devices/17000000.gv11b/railgate_enable\n"
                           "echo userspace > " GPU "governor\n"
                           "echo 510000000 > " GPU "max_freq\n"
                           "echo 510000000 > " GPU "min_freq\n"
                           "echo 510000000 > " GPU "userspace/set_freq\n"
                           "echo 306000000 > " GPU "min_freq\n" /* the second setting comes from above */
                           "echo 306000000 > " GPU "max_freq\n"
                           "echo 306000000 > " GPU "userspace/set_freq\n"
                           "echo 1109250000 > " GPU "max_freq\n"
                           "echo 114750000 > " GPU "min_freq\n"
                           "echo nvhost_podgov > " GPU "governor\n"
                           "echo 1 > /sys/devices/17000000.gv11b/railgate_enable\n");
    free(said);
    dvfo_dryrun_free(&dryrun);
    fake_board_state(&board, after, sizeof after);
    cr_expect_str_eq(after, before);
    cr_expect(!dvfo_sysfs_exists(&sysfs, DVFO_CONTROL_FILE));
}
