/* The rig on trees of the boards, with a kernel behind them (fake_board.h). */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_board.h"
#include "profiles/hardware/control.h"
#include "profiles/hardware/pace.h"
#include "rig_fixture.h"

static char folder[] = "/tmp/dvfo-rig-XXXXXX";
static struct fake_board board;
static struct dvfo_board *profile;
static struct dvfo_rig_def def;
static struct dvfo_rig *rig;
static struct dvfo_ctx ctx;
static char noted[4096], news[8192];

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    cr_assert(chdir(folder) == 0);
    ctx = (struct dvfo_ctx){.note = rig_note, .note_user = noted};
}

static void remove_folder(void)
{
    char line[64];
    cr_expect(dvfo_rig_close(&ctx, rig) == DVFO_OK, "%s", ctx.message);
    dvfo_board_free(profile);
    fake_board_stop(&board);
    cr_assert(chdir("/") == 0);
    snprintf(line, sizeof line, "rm -r '%s'", folder);
    cr_assert(system(line) == 0);
}

TestSuite(rig, .init = make_folder, .fini = remove_folder);

/* The tree of a board, and a definition for it that is quick. */
static void build(enum fake_kind kind, const char *name)
{
    static struct dvfo_sysfs sysfs;
    fake_board_build(&board, kind, "board");
    fake_board_hook(&board, &sysfs);
    cr_assert(dvfo_board_load(&ctx, name, &profile) == DVFO_OK, "%s", ctx.message);
    def = dvfo_rig_def_default(profile);
    def.root = board.root;
    def.hook = sysfs.hook;
    def.hook_user = sysfs.hook_user;
    def.sample_s = 0.002;
    def.step_s = 0.01;
    def.wait_s = 0.05;
}

static void open_rig(void)
{
    cr_assert(dvfo_rig_open(&ctx, &def, &rig) == DVFO_OK, "%s", ctx.message);
}

static void close_rig(void)
{
    cr_expect(dvfo_rig_close(&ctx, rig) == DVFO_OK, "%s", ctx.message);
    rig = NULL;
}

/* Ask and wait; the record then holds what this took. */
static void set(int cpu, int gpu, int mem)
{
    const int level[DVFO_DOMAINS] = {cpu, gpu, mem};
    board.n = 0;
    dvfo_rig_ask(rig, level);
    cr_assert(dvfo_rig_settle(&ctx, rig) == DVFO_OK, "%s", ctx.message);
}

static struct dvfo_rig_look look_at(void)
{
    struct dvfo_rig_look look;
    dvfo_rig_look(rig, &look);
    return look;
}

static void expect_sequence(const char *expected)
{
    static char sequence[8192];
    fake_board_sequence(&board, sequence, sizeof sequence);
    cr_expect_str_eq(sequence, expected);
}

static void expect_file(const char *path, const char *expected)
{
    char text[64];
    fake_board_get(&board, path, text, sizeof text);
    cr_expect_str_eq(text, expected, "%s", path);
}

static int cpu_wanted, gpu_wanted, mem_wanted;

static bool levels_are_read(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return look->level[DVFO_CPU] == cpu_wanted && look->level[DVFO_GPU] == gpu_wanted &&
           look->level[DVFO_MEM] == mem_wanted;
}

/* The next reading shows what holds now. */
static void expect_levels(int cpu, int gpu, int mem)
{
    cpu_wanted = cpu;
    gpu_wanted = gpu;
    mem_wanted = mem;
    const bool so = rig_wait(rig, levels_are_read);
    const struct dvfo_rig_look look = look_at();
    cr_expect(so, "levels %d %d %d, expected %d %d %d", look.level[0], look.level[1], look.level[2], cpu, gpu, mem);
}

/* ---- clocks ---- */

Test(rig, wishes_become_writes_in_the_safe_order)
{
    build(FAKE_TX2, "jetson-tx2");
    open_rig();
    set(1, 1, 4);
    expect_sequence("gpu/railgate_enable 0\n"
                    "cpu0/scaling_governor userspace\n"
                    "cpu0/scaling_max_freq 499200\n"
                    "cpu0/scaling_min_freq 499200\n"
                    "cpu0/scaling_setspeed 499200\n"
                    "cpu1/scaling_governor userspace\n"
                    "cpu1/scaling_max_freq 499200\n"
                    "cpu1/scaling_min_freq 499200\n"
                    "cpu1/scaling_setspeed 499200\n"
                    "gpu/governor userspace\n"
                    "gpu/max_freq 216750000\n"
                    "gpu/min_freq 216750000\n"
                    "gpu/set_freq 216750000\n"
                    "emc/mrq_rate_locked 1\n"
                    "emc/rate 408000000\n");
    set(7, 7, 10);
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
    expect_levels(7, 7, 10);
    const struct dvfo_rig_look look = look_at();
    cr_expect(look.changes == 2 && look.refused == 0 && look.clamped == 0 && !look.capped);
    cr_expect(rig_news(rig, news, sizeof news) == 0, "%s", news);
}

Test(rig, every_board_reaches_its_slowest_and_fastest_clocks_and_gets_them_back_as_they_were)
{
    static const struct {
        enum fake_kind kind;
        const char *name;
        int cpu, gpu, mem; /* last entries */
    } rows[] = {{FAKE_NANO, "jetson-nano", 14, 11, 5},
                {FAKE_TX2, "jetson-tx2", 11, 12, 10},
                {FAKE_NX_4, "xavier-nx", 24, 14, 7},
                {FAKE_NX_5, "xavier-nx", 24, 14, 7}};
    static char before[8192], after[8192];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        build(rows[i].kind, rows[i].name);
        fake_board_state(&board, before, sizeof before);
        open_rig();
        set(0, 0, 0);
        expect_levels(0, 0, 0);
        set(rows[i].cpu, rows[i].gpu, rows[i].mem);
        expect_levels(rows[i].cpu, rows[i].gpu, rows[i].mem);
        cr_expect(look_at().clamped == 0 && look_at().refused == 0, "%s", rows[i].name);
        close_rig();
        fake_board_state(&board, after, sizeof after);
        cr_expect_str_eq(after, before, "%s", rows[i].name);
        for (size_t w = 0; w < board.n; w++) {
            cr_expect(!board.write[w].refused, "%s %s", board.write[w].path, board.write[w].text);
        }
        dvfo_board_free(profile);
        profile = NULL;
        fake_board_remove(&board, "");
    }
    cr_expect_str_eq(noted, "");
}

Test(rig, a_wish_like_the_last_one_costs_nothing)
{
    build(FAKE_NX_5, "xavier-nx");
    open_rig();
    set(14, 4, 6);
    set(14, 4, 6);
    cr_expect(board.n == 0 && look_at().changes == 1);
    set(14, 5, 6);
    expect_sequence("gpu/max_freq 599250000\ngpu/min_freq 599250000\ngpu/set_freq 599250000\n"); /* the GPU alone */
}

Test(rig, the_latest_wish_wins)
{
    build(FAKE_NX_4, "xavier-nx");
    open_rig();
    for (int i = 0; i < 200; i++) {
        const int level[DVFO_DOMAINS] = {i % 25, i % 15, i % 8};
        dvfo_rig_ask(rig, level);
    }
    set(20, 10, 5);
    expect_levels(20, 10, 5);
    cr_expect(look_at().asked[DVFO_CPU] == 20 && look_at().asked[DVFO_GPU] == 10 && look_at().asked[DVFO_MEM] == 5);
}

Test(rig, before_the_first_wish_clocks_stay_with_the_kernel)
{
    build(FAKE_NX_4, "xavier-nx");
    open_rig();
    (void)dvfo_pace_sleep(0.02, NULL);
    const struct dvfo_rig_look look = look_at();
    cr_expect(board.n == 0 && look.changes == 0 && !look.capped);
    cr_expect(memcmp(look.asked, look.level, sizeof look.asked) == 0, "what is in force counts as asked");
    cr_expect(dvfo_rig_settle(&ctx, rig) == DVFO_OK);
}

Test(rig, clocks_can_be_left_alone)
{
    build(FAKE_NX_4, "xavier-nx");
    def.fixed = true;
    open_rig();
    set(0, 14, 0);
    cr_expect(board.n == 0 && look_at().changes == 0 && look_at().asked[DVFO_GPU] == 14);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        cr_expect(!dvfo_rig_controls(rig, (dvfo_domain)d));
    }
    cr_expect(strstr(dvfo_rig_sentence(rig), "clocks: CPU and GPU and memory fixed (as asked); energy: rail VDD_IN; "
                                             "heat: 4 zones, ceiling 86.5 C (told, nothing is slowed)") != NULL,
              "%s", dvfo_rig_sentence(rig));
}

Test(rig, a_clock_that_the_kernel_cuts_down_is_counted_and_told_once)
{
    build(FAKE_NX_5, "xavier-nx");
    open_rig();
    fake_board_scaler(&board, -1)->levels -= 3; /* a kernel whose table ends earlier than it says */
    set(14, 13, 6);
    set(14, 4, 6);
    set(14, 12, 6);
    expect_levels(14, 11, 6);
    cr_expect(look_at().changes == 3 && look_at().clamped == 2 && look_at().refused == 0);
    cr_expect(rig_news(rig, news, sizeof news) == 1, "%s", news);
    cr_expect(strstr(news, "the GPU clock holds 956.25 MHz (table step 956.25), asked 1058.25: the kernel made 956.25 "
                           "MHz of it in") != NULL,
              "%s", news);
}

Test(rig, the_power_modes_limit_is_kept)
{
    build(FAKE_NX_4, "xavier-nx");
    cr_assert(fake_board_write(&board, "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "803250000") ==
              0);
    open_rig();
    set(24, 14, 7);
    expect_levels(24, 8, 7);
    set(24, 13, 7);
    cr_expect(board.n == 0 || !board.write[0].refused);
    cr_expect(look_at().clamped == 2 && look_at().refused == 0);
    cr_expect(rig_news(rig, news, sizeof news) == 1, "%s", news);
    cr_expect_str_eq(news, "the GPU clock 1109.25 MHz lies above the limit in force, 803.25 MHz (power mode 8 "
                           "20W_6CORE, or heat): 803.25 is set; choose another mode with 'nvpmodel -m'\n");
}

Test(rig, a_file_that_cannot_be_written_keeps_no_other_clock_from_being_set)
{
    build(FAKE_NX_4, "xavier-nx");
    board.denied = "cpu2";
    open_rig();
    set(14, 4, 3);
    expect_file("/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "510000000");
    expect_file("/sys/kernel/debug/bpmp/debug/clk/emc/rate", "800000000");
    set(20, 4, 3);
    cr_expect(look_at().changes == 2 && look_at().refused == 2 && look_at().clamped == 0);
    cr_expect(rig_news(rig, news, sizeof news) == 1, "%s", news);
    cr_expect(strstr(news, "cpu2/cpufreq/scaling_governor: 'userspace' cannot be written: Permission denied; run as "
                           "root") != NULL,
              "%s", news);
    set(20, 10, 7);
    expect_file("/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "905250000");
    cr_expect(look_at().refused == 2, "the CPU wasn't asked for anything new");
    board.denied = NULL;
}

Test(rig, a_clock_that_something_else_steers_is_told)
{
    build(FAKE_NANO, "jetson-nano");
    open_rig();
    board.gpu_cap = 614400000;
    set(14, 11, 5);
    expect_levels(14, 7, 5);
    cr_expect(look_at().clamped == 1);
    (void)rig_news(rig, news, sizeof news);
    cr_expect(strstr(news, "something else steers it: throttling, nvpmodel, jetson_clocks or another tool") != NULL,
              "%s", news);
}

static bool is_clamped(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return look->clamped > 0;
}

Test(rig, a_clock_that_is_lost_later_on_is_told_too)
{
    build(FAKE_NANO, "jetson-nano");
    open_rig();
    set(14, 11, 5);
    cr_expect(look_at().level[DVFO_GPU] == 11 && look_at().clamped == 0, "who settles knows what holds");
    fake_board_put(&board, "/sys/devices/57000000.gpu/devfreq/57000000.gpu/cur_freq", "614400000");
    cr_assert(rig_wait(rig, is_clamped));
    expect_levels(14, 7, 5);
    cr_expect(look_at().clamped == 1 && look_at().changes == 1);
    cr_expect(rig_news(rig, news, sizeof news) == 1 && strstr(news, "the GPU clock holds 614.4 MHz") != NULL, "%s",
              news);
}

Test(rig, a_stop_ends_the_wait_for_clocks)
{
    static const volatile sig_atomic_t stop = 1;
    const int level[DVFO_DOMAINS] = {14, 4, 3};
    build(FAKE_NX_4, "xavier-nx");
    def.stop = &stop;
    def.wait_s = 60.0;
    board.delay_s = 1000.0;
    open_rig();
    dvfo_rig_ask(rig, level);
    cr_expect(dvfo_rig_settle(&ctx, rig) == DVFO_INTERRUPTED);
}

/* ---- which board ---- */

Test(rig, the_profile_of_another_board_is_refused)
{
    build(FAKE_NX_4, "jetson-tx2");
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) == DVFO_BAD_INPUT && rig == NULL);
    cr_expect_str_eq(ctx.message,
                     "--board is jetson-tx2, but this is a xavier-nx ('NVIDIA Jetson Xavier NX Developer Kit')");
    dvfo_board_free(profile);
    cr_assert(dvfo_board_load(&ctx, "host", &profile) == DVFO_OK, "%s", ctx.message);
    def.board = profile;
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "--board is host, but this is a xavier-nx") != NULL, "%s", ctx.message);
    fake_board_remove(&board, "/proc/device-tree");
    fake_board_remove(&board, "/sys/devices/17000000.gv11b");
    fake_board_remove(&board, "/sys/devices/platform");
    dvfo_board_free(profile);
    cr_assert(dvfo_board_load(&ctx, "xavier-nx", &profile) == DVFO_OK, "%s", ctx.message);
    def.board = profile;
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "is not the tree of a Jetson") != NULL, "%s", ctx.message);
}

Test(rig, entries_that_the_kernel_does_not_have_become_the_next_lower_ones)
{
    build(FAKE_NX_4, "xavier-nx");
    fake_board_put(&board, "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/available_frequencies",
                   "204000000 306000000 510000000 599250000 701250000 752250000 803250000 854250000 905250000 "
                   "956250000 1007250000 1058250000 1109250000"); /* without 114.75 and 408 MHz */
    open_rig();
    cr_expect_str_eq(noted, "2 of the 15 GPU clocks of the profile xavier-nx are not in this kernel's table "
                            "(/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/available_frequencies): the next "
                            "lower one is set, for 114.75 MHz it is 204\n");
    set(14, 3, 3); /* 408 MHz */
    expect_file("/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "306000000");
    set(14, 0, 3);
    expect_file("/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "204000000");
    cr_expect(look_at().clamped == 0 && look_at().refused == 0);
}

Test(rig, without_debugfs_the_memory_clock_alone_is_fixed)
{
    build(FAKE_NX_4, "xavier-nx");
    fake_board_remove(&board, "/sys/kernel/debug");
    open_rig();
    cr_expect(dvfo_rig_controls(rig, DVFO_CPU) && dvfo_rig_controls(rig, DVFO_GPU) &&
              !dvfo_rig_controls(rig, DVFO_MEM));
    cr_expect(strstr(dvfo_rig_sentence(rig), "clocks: CPU (25), GPU (15) set by the run, memory fixed (") != NULL &&
                  strstr(dvfo_rig_sentence(rig), "is debugfs mounted there") != NULL,
              "%s", dvfo_rig_sentence(rig));
    set(14, 4, 0);
    cr_expect(look_at().refused == 0 && look_at().clamped == 0);
}

Test(rig, definitions_out_of_range_are_refused)
{
    build(FAKE_NX_4, "xavier-nx");
    const struct dvfo_rig_def whole = def;
    def.sample_s = 0.0;
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "the time between readings is 0 s, expected 0.001 to 0.5");
    def = whole;
    def.ceiling_c = 500.0;
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) == DVFO_BAD_INPUT);
    def = whole;
    def.wait_s = NAN;
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) == DVFO_BAD_INPUT);
    def = whole;
    def.root = "nowhere";
    cr_expect(dvfo_rig_open(&ctx, &def, &rig) != DVFO_OK && rig == NULL);
}

/* ---- giving back ---- */

Test(rig, two_runs_do_not_share_the_clocks)
{
    build(FAKE_NX_4, "xavier-nx");
    struct dvfo_rig *other = NULL;
    open_rig();
    cr_expect(dvfo_rig_open(&ctx, &def, &other) == DVFO_FAILED && other == NULL);
    cr_expect(strstr(ctx.message, "another dvfo has the clocks of this board") != NULL, "%s", ctx.message);
    def.fixed = true;
    cr_expect(dvfo_rig_open(&ctx, &def, &other) == DVFO_OK, "who leaves them alone may look on");
    cr_expect(strstr(noted, "'dvfo board set --restore' gives back what was before") != NULL, "%s", noted);
    cr_expect(dvfo_rig_close(&ctx, other) == DVFO_OK);
    set(14, 4, 3);
}

Test(rig, what_cannot_be_given_back_is_told)
{
    build(FAKE_TX2, "jetson-tx2");
    open_rig();
    set(1, 1, 4);
    board.denied = "cpu0/cpufreq/scaling_governor";
    cr_expect(dvfo_rig_close(&ctx, rig) == DVFO_FAILED);
    rig = NULL;
    cr_expect(strstr(ctx.message, "'dvfo board set --restore' tries again") != NULL, "%s", ctx.message);
    board.denied = NULL;
    open_rig();
    cr_expect(strstr(noted, "that an earlier dvfo left behind are given back first") != NULL, "%s", noted);
    expect_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil");
}

/* Clocks are set by a process that is killed while it has them. */
static void set_and_die(void)
{
    int ready[2];
    char word = 0;
    cr_assert(pipe(ready) == 0);
    const pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        const int level[DVFO_DOMAINS] = {14, 4, 3};
        if (dvfo_rig_open(NULL, &def, &rig) == DVFO_OK) {
            dvfo_rig_ask(rig, level);
            (void)dvfo_rig_settle(NULL, rig);
            (void)!write(ready[1], "x", 1);
            pause();
        }
        _exit(1);
    }
    close(ready[1]);
    cr_assert(read(ready[0], &word, 1) == 1, "the child has set the clocks");
    close(ready[0]);
    cr_assert(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

Test(rig, what_a_killed_run_left_is_given_back_by_the_next)
{
    static char before[8192], after[8192];
    build(FAKE_NX_4, "xavier-nx");
    fake_board_start(&board);
    def.hook = NULL; /* the kernel is a process of its own */
    def.wait_s = 10.0;
    fake_board_state(&board, before, sizeof before);
    set_and_die();
    expect_file("/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/governor", "userspace");
    cr_expect(noted[0] == '\0');
    open_rig();
    cr_expect(strstr(noted, "clocks that an earlier dvfo left behind are given back first") != NULL, "%s", noted);
    fake_board_state(&board, after, sizeof after);
    cr_expect_str_eq(after, before);
    close_rig();
    fake_board_state(&board, after, sizeof after);
    cr_expect_str_eq(after, before);
}

Test(rig, a_dry_run_prints_the_writes_in_order_and_makes_none)
{
    static char before[8192], after[8192];
    char *said = NULL;
    size_t size = 0;
    build(FAKE_NX_4, "xavier-nx");
    fake_board_remove(&board, "/sys/kernel/debug"); /* to keep it short */
    fake_board_state(&board, before, sizeof before);
    def.dry_run = open_memstream(&said, &size);
    open_rig();
    set(0, 4, 0);
    set(0, 4, 0);
    set(0, 2, 0);
    expect_levels(0, 0, 7);
    close_rig();
    fclose(def.dry_run);
#define GPU "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/"
    const char *gpu = strstr(said, "echo 0 > /sys/devices/17000000.gv11b/railgate_enable\n");
    cr_assert(gpu != NULL, "%s", said);
    const char *expected = "echo userspace > " GPU "governor\n"
                           "echo 510000000 > " GPU "max_freq\n"
                           "echo 510000000 > " GPU "min_freq\n"
                           "echo 510000000 > " GPU "userspace/set_freq\n"
                           "echo 306000000 > " GPU "min_freq\n"
                           "echo 306000000 > " GPU "max_freq\n"
                           "echo 306000000 > " GPU "userspace/set_freq\n";
    cr_expect(strstr(said, expected) != NULL, "%s", said);
    cr_expect(strstr(said, "echo nvhost_podgov > " GPU "governor\necho 1 > ") != NULL, "%s", said);
    free(said);
    fake_board_state(&board, after, sizeof after);
    cr_expect_str_eq(after, before);
    cr_expect(board.n == 0);
    expect_file(DVFO_CONTROL_FILE, "");
}

/* ---- heat ---- */

#define HOT_ZONE "/sys/devices/virtual/thermal/thermal_zone2/temp"

static bool is_slowest(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return look->level[DVFO_CPU] == 0 && look->level[DVFO_GPU] == 0;
}

static bool is_free_again(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return !look->capped && look->level[DVFO_CPU] == 11 && look->level[DVFO_GPU] == 6;
}

Test(rig, a_hot_board_is_slowed_step_by_step_and_gets_its_clocks_back)
{
    build(FAKE_TX2, "jetson-tx2");
    def.ceiling_c = 90.0;
    open_rig();
    set(11, 6, 10);
    fake_board_put(&board, HOT_ZONE, "90500");
    cr_assert(rig_wait(rig, is_slowest));
    const struct dvfo_rig_look look = look_at();
    cr_expect(look.capped && look.heats == 1 && look.level[DVFO_MEM] == 10, "memory isn't capped");
    cr_expect(look.temperature_c == 90.5 && look.asked[DVFO_CPU] == 11);
    fake_board_put(&board, HOT_ZONE, "40000");
    cr_assert(rig_wait(rig, is_free_again));
    (void)rig_news(rig, news, sizeof news);
    cr_expect(strncmp(news,
                      "the hottest zone reads 90.5 C, the ceiling is 90 C: CPU and GPU clocks come down\n"
                      "the hottest zone reads 40.5 C: CPU and GPU clocks come back\n",
                      130) == 0,
              "%s", news);
    close_rig(); /* from here on the record is ours */
    long long last = 726750000;
    for (size_t i = 0; i < board.n && strcmp(board.write[i].text, "nvhost_podgov") != 0; i++) {
        if (strstr(board.write[i].path, "set_freq") != NULL) {
            const long long hz = strtoll(board.write[i].text, NULL, 10);
            cr_expect(llabs(hz - last) <= 127500000, "one step of the table at a time: %lld after %lld", hz, last);
            last = hz;
        }
    }
}

Test(rig, without_any_temperature_clocks_stay_in_the_lower_half)
{
    build(FAKE_NX_5, "xavier-nx");
    for (int zone = 0; zone < 5; zone++) {
        static const char *const nonsense[] = {"-256000", "-1", "150001", "x", "99999999999999999999"};
        char path[96];
        snprintf(path, sizeof path, "/sys/devices/virtual/thermal/thermal_zone%d/temp", zone);
        fake_board_put(&board, path, nonsense[zone]);
    }
    open_rig();
    cr_expect(strstr(dvfo_rig_sentence(rig), "heat: no temperature can be read, CPU and GPU stay in the lower half of "
                                             "their tables") != NULL,
              "%s", dvfo_rig_sentence(rig));
    set(24, 14, 7);
    expect_levels(12, 7, 7);
    cr_expect(look_at().capped && isnan(look_at().temperature_c));
    fake_board_put(&board, HOT_ZONE, "40000");
    expect_levels(24, 14, 7);
    (void)rig_news(rig, news, sizeof news);
    cr_expect(strstr(news, "a temperature can be read again") != NULL, "%s", news);
}

/* ---- energy and load ---- */

/* In all tests below nobody asks for clocks: power is constant. */
#define NANO_POWER "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power0_input"

static struct dvfo_rig_energy begun;

static bool is_later(struct dvfo_rig *its, const struct dvfo_rig_look *look)
{
    (void)its;
    return look->time_s >= begun.time_s + 0.05;
}

/* 5 V IN draws 4 W, the GPU 1.5 W. A constant power gives power * time whenever readings are taken. */
Test(rig, constant_power_gives_power_times_time)
{
    build(FAKE_NANO, "jetson-nano");
    fake_board_put(&board, NANO_POWER, "4000");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power1_input", "1500");
    open_rig();
    begun = rig_energy(rig);
    cr_assert(begun.rail_count == 3);
    cr_expect_str_eq(dvfo_rig_rail_name(rig, 0), "POM_5V_IN");
    cr_expect_str_eq(dvfo_rig_rail_name(rig, 1), "POM_5V_GPU");
    cr_assert(rig_wait(rig, is_later));
    const struct dvfo_rig_energy ended = rig_energy(rig);
    const double time_s = ended.time_s - begun.time_s;
    if (dvfo_rig_energy_measured(&begun, &ended)) { /* unless this machine stood still for a second */
        cr_expect_float_eq(ended.module_j - begun.module_j, 4.0 * time_s, 1e-9);
        cr_expect_float_eq(ended.rail_j[1] - begun.rail_j[1], 1.5 * time_s, 1e-9);
        cr_expect(ended.rail_j[0] == ended.module_j);
    }
}

Test(rig, rails_in_volts_and_amperes_count_too)
{
    build(FAKE_NX_5, "xavier-nx");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4/in1_input", "5000");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4/curr1_input", "1200");
    open_rig();
    begun = rig_energy(rig);
    cr_assert(rig_wait(rig, is_later));
    const struct dvfo_rig_energy ended = rig_energy(rig);
    if (dvfo_rig_energy_measured(&begun, &ended)) {
        cr_expect_float_eq(ended.module_j - begun.module_j, 6.0 * (ended.time_s - begun.time_s), 1e-9);
    }
}

static bool is_unmeasured(struct dvfo_rig *its, const struct dvfo_rig_look *look)
{
    (void)look;
    return !rig_energy(its).measured;
}

static bool is_measured(struct dvfo_rig *its, const struct dvfo_rig_look *look)
{
    (void)look;
    return rig_energy(its).measured;
}

Test(rig, a_rail_that_is_lost_leaves_a_gap_and_may_come_back)
{
    build(FAKE_NANO, "jetson-nano");
    open_rig();
    begun = rig_energy(rig);
    cr_expect(begun.measured && begun.lost == 0);
    fake_board_remove(&board, NANO_POWER);
    cr_assert(rig_wait(rig, is_unmeasured));
    const struct dvfo_rig_energy during = rig_energy(rig);
    cr_expect(during.lost > 0 && !dvfo_rig_energy_measured(&begun, &during));
    fake_board_put(&board, NANO_POWER, "4000");
    cr_assert(rig_wait(rig, is_measured));
    const struct dvfo_rig_energy back = rig_energy(rig);
    cr_expect(!dvfo_rig_energy_measured(&begun, &back), "the gap stays between them");
    cr_expect(back.module_j >= during.module_j);
    (void)rig_news(rig, news, sizeof news);
    cr_expect(strstr(news, "in_power0_input: cannot be read: No such file or directory; no energy is measured until it "
                           "can be read again\npower can be read again\n") != NULL,
              "%s", news);
}

Test(rig, a_rail_in_another_unit_is_no_power)
{
    build(FAKE_NANO, "jetson-nano");
    fake_board_put(&board, NANO_POWER, "4000000");
    open_rig();
    cr_expect(strstr(dvfo_rig_sentence(rig), "energy: modelled from the profile, no power sensor can be read (") !=
                      NULL &&
                  strstr(dvfo_rig_sentence(rig), "rail POM_5V_IN reads 4000 W, expected -1 to 100 W") != NULL,
              "%s", dvfo_rig_sentence(rig));
    cr_expect(!rig_energy(rig).measured && rig_energy(rig).module_j == 0.0);
}

Test(rig, a_renamed_module_rail_is_missed_not_guessed)
{
    build(FAKE_NANO, "jetson-nano");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_0", "POM_INPUT");
    open_rig();
    cr_expect(strstr(dvfo_rig_sentence(rig),
                     "no power sensor can be read (no rail POM_5V_IN, see 'dvfo board info')") != NULL,
              "%s", dvfo_rig_sentence(rig));
    cr_expect(!rig_energy(rig).measured);
}

static bool is_loaded(struct dvfo_rig *unused, const struct dvfo_rig_look *look)
{
    (void)unused;
    return look->busy_s[DVFO_CPU] > 0.0 && look->busy_s[DVFO_GPU] > 0.0;
}

Test(rig, load_is_counted_in_seconds)
{
    build(FAKE_TX2, "jetson-tx2");
    const double begun_s = dvfo_pace_now_s();
    open_rig();
    cr_expect(look_at().busy_told[DVFO_CPU] && look_at().busy_told[DVFO_GPU] && !look_at().busy_told[DVFO_MEM]);
    fake_board_put(&board, "/proc/stat", "cpu  1025 0 500 8000 100 0 0 0 0 0\ncpu0 1025 0 500 8000 100 0 0 0 0 0");
    cr_assert(rig_wait(rig, is_loaded));
    const struct dvfo_rig_look look = look_at();
    cr_expect_float_eq(look.busy_s[DVFO_CPU], 0.25, 1e-9, "25 ticks of 10 ms: %g", look.busy_s[DVFO_CPU]);
    cr_expect(look.busy_s[DVFO_GPU] <= 0.42 * (look.time_s - begun_s) + 1e-9 && look.busy_s[DVFO_MEM] == 0.0);
}
