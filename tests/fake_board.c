#include "fake_board.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CPU "/sys/devices/system/cpu/"
#define BPMP "/sys/kernel/debug/bpmp/debug/"
#define OVERRIDE "/sys/kernel/debug/clk/override.emc/"
#define RECORD "writes.txt" /* beside the tree's sys and proc */

static const long long nano_cpu[] = {102000, 204000,  307200,  403200,  518400,  614400,  710400,  825600,
                                     921600, 1036800, 1132800, 1224000, 1326000, 1428000, 1479000, 0};
static const long long nano_gpu[] = {76800000,  153600000, 230400000, 307200000, 384000000, 460800000, 537600000,
                                     614400000, 691200000, 768000000, 844800000, 921600000, 0};
static const long long nano_emc[] = {204000000, 408000000, 665600000, 800000000, 1065600000, 1331200000, 1600000000, 0};
static const long long tx2_cpu[] = {345600,  499200,  652800,  806400,  960000,  1113600, 1267200,
                                    1420800, 1574400, 1728000, 1881600, 2035200, 0};
static const long long tx2_gpu[] = {114750000, 216750000, 318750000,  420750000,  522750000,  624750000,  726750000,
                                    854250000, 930750000, 1032750000, 1122000000, 1236750000, 1300500000, 0};
static const long long tx2_emc[] = {40800000,  68000000,   102000000,  204000000,  408000000,  665600000,
                                    800000000, 1062400000, 1331200000, 1600000000, 1866000000, 0};
static const long long nx_cpu[] = {115200,  192000,  268800,  345600,  422400,  499200,  576000,  652800,  729600,
                                   806400,  883200,  960000,  1036800, 1113600, 1190400, 1267200, 1344000, 1420800,
                                   1497600, 1574400, 1651200, 1728000, 1804800, 1881600, 1907200, 0};
static const long long nx_gpu[] = {114750000,  204000000,  306000000,  408000000, 510000000, 599250000,
                                   701250000,  752250000,  803250000,  854250000, 905250000, 956250000,
                                   1007250000, 1058250000, 1109250000, 0};
static const long long nx_emc[] = {204000000,  408000000,  665600000,  800000000, 1065600000,
                                   1331200000, 1600000000, 1866000000, 0};

static const struct {
    const char *model, *compatible, *release, *power_modes;
    const long long *cpu, *gpu, *emc;
    int cores, policies;
    const char *gpu_folder; /* of its devfreq device; the device itself is two levels above */
    const char *load, *railgate;
    const char *monitor[2]; /* folders of the INA3221 */
    const char *rails[2][4];
    const char *cpu_governors, *gpu_governors;
} boards[] = {
    [FAKE_NANO] = {"NVIDIA Jetson Nano Developer Kit",
                   "nvidia,p3449-0000-b00+p3448-0000-b00|nvidia,jetson-nano|nvidia,tegra210|",
                   "# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64",
                   "MAXN",
                   nano_cpu,
                   nano_gpu,
                   nano_emc,
                   4,
                   1,
                   "/sys/devices/57000000.gpu/devfreq/57000000.gpu",
                   "/sys/devices/gpu.0/load",
                   "/sys/devices/57000000.gpu/railgate_enable",
                   {"/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"},
                   {{"POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"}},
                   "interactive conservative ondemand userspace powersave performance schedutil",
                   "wmark_active nvhost_podgov userspace performance simple_ondemand"},
    [FAKE_TX2] = {"NVIDIA Jetson TX2 Developer Kit",
                  "nvidia,quill|nvidia,tegra186|",
                  "# R32 (release), REVISION: 4.2, GCID: 20074772, BOARD: t186ref, EABI: aarch64",
                  "MAXN",
                  tx2_cpu,
                  tx2_gpu,
                  tx2_emc,
                  6,
                  2,
                  "/sys/devices/17000000.gp10b/devfreq/17000000.gp10b",
                  "/sys/devices/gpu.0/load",
                  "/sys/devices/17000000.gp10b/railgate_enable",
                  {"/sys/bus/i2c/drivers/ina3221x/0-0040/iio:device0",
                   "/sys/bus/i2c/drivers/ina3221x/0-0041/iio:device1"},
                  {{"VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI"}, {"VDD_IN", "VDD_SYS_CPU", "VDD_SYS_DDR"}},
                  "interactive conservative ondemand userspace powersave performance schedutil",
                  "nvhost_podgov userspace performance simple_ondemand"},
    [FAKE_NX_4] = {"NVIDIA Jetson Xavier NX Developer Kit",
                   "nvidia,p3449-0000+p3668-0000|nvidia,p3509-0000+p3668-0000|nvidia,tegra194|",
                   "# R32 (release), REVISION: 6.1, GCID: 27863751, BOARD: t186ref, EABI: aarch64",
                   "20W_6CORE",
                   nx_cpu,
                   nx_gpu,
                   nx_emc,
                   6,
                   3,
                   "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b",
                   "/sys/devices/platform/host1x/17000000.gv11b/load",
                   "/sys/devices/17000000.gv11b/railgate_enable",
                   {"/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0"},
                   {{"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}},
                   "conservative ondemand userspace powersave performance schedutil",
                   "nvhost_podgov userspace performance simple_ondemand"},
    [FAKE_NX_5] = {"NVIDIA Jetson Xavier NX Developer Kit",
                   "nvidia,p3509-0000+p3668-0000|nvidia,tegra194|",
                   "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64",
                   "20W_6CORE",
                   nx_cpu,
                   nx_gpu,
                   nx_emc,
                   6,
                   3,
                   "/sys/devices/platform/17000000.gv11b/devfreq/17000000.gv11b",
                   "/sys/devices/platform/gpu.0/load",
                   "/sys/devices/platform/gpu.0/railgate_enable",
                   {"/sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4"},
                   {{"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}},
                   "performance schedutil",
                   "nvhost_podgov userspace performance simple_ondemand"},
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void make_folders(const char *path)
{
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *c = folder + 1; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '\0';
            mkdir(folder, 0755);
            *c = '/';
        }
    }
}

/* Whole or not at all, and without an event that our own process would take for a write of somebody else. */
static void put_bytes(const struct fake_board *board, const char *path, const char *bytes, size_t size)
{
    char place[1024], fresh[1024];
    snprintf(place, sizeof place, "%s%s", board->root, path);
    make_folders(place);
    const int folder = (int)(strrchr(place, '/') - place);
    snprintf(fresh, sizeof fresh, "%.*s/.fresh", folder, place);
    FILE *file = fopen(fresh, "wb");
    cr_assert(file != NULL, "%s", fresh);
    cr_assert(fwrite(bytes, 1, size, file) == size);
    fclose(file);
    cr_assert(rename(fresh, place) == 0, "%s", place);
}

void fake_board_put(const struct fake_board *board, const char *path, const char *text)
{
    char line[2048];
    const int size = snprintf(line, sizeof line, "%s\n", text);
    put_bytes(board, path, line, (size_t)size);
}

void fake_board_remove(const struct fake_board *board, const char *path)
{
    char line[640];
    snprintf(line, sizeof line, "rm -r '%s%s'", board->root, path);
    cr_assert(system(line) == 0, "%s", line);
}

void fake_board_get(const struct fake_board *board, const char *path, char *text, size_t size)
{
    char place[512];
    snprintf(place, sizeof place, "%s%s", board->root, path);
    FILE *file = fopen(place, "rb");
    const size_t got = file != NULL ? fread(text, 1, size - 1, file) : 0;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (file != NULL) {
        fclose(file);
    }
}

static void put_number(const struct fake_board *board, const char *folder, const char *name, long long value)
{
    char path[640], text[32];
    snprintf(path, sizeof path, "%s%s", folder, name);
    snprintf(text, sizeof text, "%lld", value);
    fake_board_put(board, path, text);
}

struct fake_scaler *fake_board_scaler(struct fake_board *board, int policy)
{
    return &board->scaler[policy < 0 ? board->scalers - 1 : (size_t)policy];
}

static long long highest_level(const long long level[], size_t levels, long long at_most)
{
    long long found = level[0];
    for (size_t i = 0; i < levels; i++) {
        found = level[i] <= at_most ? level[i] : found;
    }
    return found;
}

/* Where a governor leaves an idle clock. */
static long long target_of(const struct fake_board *board, const struct fake_scaler *scaler)
{
    long long target = strcmp(scaler->governor, "userspace") == 0     ? scaler->set
                       : strcmp(scaler->governor, "performance") == 0 ? scaler->highest
                                                                      : scaler->lowest;
    target = target < scaler->lowest ? scaler->lowest : target > scaler->highest ? scaler->highest : target;
    if (scaler->gpu && board->railgate == 1) {
        target = scaler->level[0];
    }
    if (scaler->gpu && board->gpu_cap > 0 && target > board->gpu_cap) {
        target = board->gpu_cap;
    }
    return highest_level(scaler->level, scaler->levels, target);
}

static long long emc_target(const struct fake_board *board)
{
    const bool ours = board->kind == FAKE_NANO ? board->emc_state == 1 : board->emc_locked == 1;
    const long long wanted = ours ? board->emc_asked : 1600000000; /* of the kernel's own requests */
    return highest_level(board->emc_level, board->emc_levels, wanted);
}

/* What a file that can be written reads, as the kernel shows it. */
static void text_of(const struct fake_board *board, const char *path, char out[64])
{
    const char *name = path;
    for (size_t i = 0; i < board->scalers; i++) {
        const struct fake_scaler *scaler = &board->scaler[i];
        const size_t length = strlen(scaler->folder);
        if (strncmp(path, scaler->folder, length) != 0) {
            continue;
        }
        const bool userspace = strcmp(scaler->governor, "userspace") == 0;
        name = path + length;
        if (strcmp(name, scaler->gpu ? "governor" : "scaling_governor") == 0) {
            snprintf(out, 64, "%s", scaler->governor);
        } else if (strcmp(name, scaler->gpu ? "userspace/set_freq" : "scaling_setspeed") == 0) {
            snprintf(out, 64, userspace ? "%lld" : "<unsupported>", scaler->set);
        } else {
            snprintf(out, 64, "%lld", strstr(name, "min") != NULL ? scaler->lowest : scaler->highest);
        }
        return;
    }
    name = strrchr(path, '/') + 1;
    snprintf(out, 64, "%lld",
             strcmp(name, "railgate_enable") == 0   ? board->railgate
             : strcmp(name, "mrq_rate_locked") == 0 ? board->emc_locked
             : strcmp(name, "rate") == 0            ? board->emc_now
             : strcmp(name, "clk_update_rate") == 0 ? board->emc_asked
                                                    : board->emc_state);
}

static void show_file(const struct fake_board *board, const char *path)
{
    char text[64];
    text_of(board, path, text);
    fake_board_put(board, path, text);
}

/* The clock of a devfreq's governor userspace is there only while that governor is; where the kernel runs apart,
 * always: it would come too late for who writes the governor and then the clock at once. */
static void show_scaler(const struct fake_board *board, const struct fake_scaler *scaler)
{
    static const char *const cpu[] = {"scaling_min_freq", "scaling_max_freq", "scaling_governor", "scaling_setspeed"};
    static const char *const gpu[] = {"min_freq", "max_freq", "governor", "userspace/set_freq"};
    char path[512];
    for (size_t f = 0; f < 4; f++) {
        snprintf(path, sizeof path, "%s%s", scaler->folder, scaler->gpu ? gpu[f] : cpu[f]);
        show_file(board, path);
    }
    if (scaler->gpu && strcmp(scaler->governor, "userspace") != 0 && !board->apart) {
        snprintf(path, sizeof path, "%s%suserspace/set_freq", board->root, scaler->folder);
        unlink(path);
    }
}

/* The BPMP's rate is both asked and measured. A kernel apart leaves it as it is asked when that is what holds: whoever
 * writes it next could come between our reading and writing. */
static void show_rate(struct fake_board *board)
{
    static const char path[] = BPMP "clk/emc/rate";
    char now[64];
    fake_board_get(board, path, now, sizeof now);
    if (board->apart && (strcmp(now, board->emc_text) != 0 || strtoll(now, NULL, 10) == board->emc_now)) {
        return;
    }
    put_number(board, path, "", board->emc_now);
    snprintf(board->emc_text, sizeof board->emc_text, "%lld", board->emc_now);
}

static void show_clocks(struct fake_board *board)
{
    for (size_t i = 0; i < board->scalers; i++) {
        const struct fake_scaler *scaler = &board->scaler[i];
        put_number(board, scaler->folder, scaler->gpu ? "cur_freq" : "cpuinfo_cur_freq", scaler->now);
        if (!scaler->gpu) {
            put_number(board, scaler->folder, "scaling_cur_freq", scaler->now);
        }
    }
    if (board->kind == FAKE_NANO) {
        put_number(board, "/sys/kernel/debug/clk/emc/", "clk_rate", board->emc_now);
        put_number(board, OVERRIDE, "clk_rate", board->emc_now);
    } else {
        show_rate(board);
    }
}

/* Watts of each rail follow the clocks, by a line that tests can compute. */
static void show_rails(const struct fake_board *board)
{
    const struct fake_scaler *cpu = &board->scaler[0], *gpu = &board->scaler[board->scalers - 1];
    const double cpu_w = 0.2 + 1.0 * (double)cpu->now / (double)cpu->level[cpu->levels - 1];
    const double gpu_w = 0.1 + 4.0 * (double)gpu->now / (double)gpu->level[gpu->levels - 1];
    const double mem_w = 0.3 + 1.0 * (double)board->emc_now / (double)board->emc_level[board->emc_levels - 1];
    for (size_t m = 0; m < 2 && boards[board->kind].monitor[m] != NULL; m++) {
        for (int r = 0; r < 4 && boards[board->kind].rails[m][r] != NULL; r++) {
            const char *name = boards[board->kind].rails[m][r];
            const double power_w = strstr(name, "_IN") != NULL    ? 1.0 + cpu_w + gpu_w + mem_w
                                   : strstr(name, "GPU") != NULL  ? gpu_w
                                   : strstr(name, "CPU") != NULL  ? cpu_w
                                   : strstr(name, "WIFI") != NULL ? 0.0
                                                                  : mem_w;
            char folder[160], file[64];
            snprintf(folder, sizeof folder, "%s/", boards[board->kind].monitor[m]);
            if (board->kind == FAKE_NX_5) {
                snprintf(file, sizeof file, "in%d_input", r + 1);
                put_number(board, folder, file, 5000);
                snprintf(file, sizeof file, "curr%d_input", r + 1);
                put_number(board, folder, file, llround(power_w / 5.0 * 1000.0 * board->rail_unit));
            } else {
                snprintf(file, sizeof file, "in_power%d_input", r);
                put_number(board, folder, file, llround(power_w * 1000.0 * board->rail_unit));
            }
        }
    }
}

static void tick(struct fake_board *board)
{
    bool moved = false;
    const double time_s = now_s();
    for (size_t i = 0; i < board->scalers; i++) {
        struct fake_scaler *scaler = &board->scaler[i];
        if (scaler->due_s != 0.0 && time_s >= scaler->due_s) {
            scaler->now = target_of(board, scaler);
            scaler->due_s = 0.0;
            moved = true;
        }
    }
    if (board->emc_due_s != 0.0 && time_s >= board->emc_due_s) {
        board->emc_now = emc_target(board);
        board->emc_due_s = 0.0;
        moved = true;
    }
    if (moved) {
        show_clocks(board);
        show_rails(board);
    }
}

static void set_moving(struct fake_board *board)
{
    const double due_s = now_s() + board->delay_s;
    for (size_t i = 0; i < board->scalers; i++) {
        struct fake_scaler *scaler = &board->scaler[i];
        scaler->due_s = scaler->now != target_of(board, scaler) && scaler->due_s == 0.0 ? due_s : scaler->due_s;
    }
    board->emc_due_s = board->emc_now != emc_target(board) && board->emc_due_s == 0.0 ? due_s : board->emc_due_s;
}

static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (const char *found = strstr(words, word); found != NULL; found = strstr(found + 1, word)) {
        if ((found == words || found[-1] == ' ') && (found[length] == ' ' || found[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static int write_limits(const struct fake_board *board, struct fake_scaler *scaler, bool upper, long long value)
{
    const bool clamps = board->kind == FAKE_NX_5;
    const long long top = scaler->level[scaler->levels - 1];
    value = value < scaler->level[0] ? scaler->level[0] : value > top ? top : value;
    value = highest_level(scaler->level, scaler->levels, value);
    if (!clamps && (upper ? value < scaler->lowest : value > scaler->highest)) {
        return EINVAL;
    }
    if (upper) {
        scaler->highest = value;
    } else {
        scaler->asked_lowest = value;
    }
    scaler->lowest = scaler->asked_lowest < scaler->highest ? scaler->asked_lowest : scaler->highest;
    return 0;
}

static int write_scaler(const struct fake_board *board, struct fake_scaler *scaler, const char *name, const char *text)
{
    const long long value = strtoll(text, NULL, 10);
    if (strcmp(name, scaler->gpu ? "min_freq" : "scaling_min_freq") == 0) {
        return write_limits(board, scaler, false, value);
    }
    if (strcmp(name, scaler->gpu ? "max_freq" : "scaling_max_freq") == 0) {
        return write_limits(board, scaler, true, value);
    }
    if (strcmp(name, scaler->gpu ? "governor" : "scaling_governor") == 0) {
        if (!has_word(scaler->governors, text)) {
            return EINVAL;
        }
        snprintf(scaler->governor, sizeof scaler->governor, "%s", text);
        scaler->set = scaler->now;
        return 0;
    }
    if (strcmp(name, scaler->gpu ? "userspace/set_freq" : "scaling_setspeed") == 0) {
        if (strcmp(scaler->governor, "userspace") != 0) {
            return EINVAL;
        }
        scaler->set = highest_level(scaler->level, scaler->levels, value);
        return 0;
    }
    return EACCES; /* nobody writes the others */
}

static int write_emc(struct fake_board *board, const char *path, const char *text)
{
    const long long value = strtoll(text, NULL, 10);
    if (board->kind == FAKE_NANO && strcmp(path, OVERRIDE "clk_update_rate") == 0) {
        board->emc_asked = value;
    } else if (board->kind == FAKE_NANO && strcmp(path, OVERRIDE "clk_state") == 0) {
        board->emc_state = value;
    } else if (board->kind != FAKE_NANO && strcmp(path, BPMP "clk/emc/mrq_rate_locked") == 0) {
        board->emc_asked = value == 1 && board->emc_locked == 0 ? board->emc_now : board->emc_asked;
        board->emc_locked = value;
    } else if (board->kind != FAKE_NANO && strcmp(path, BPMP "clk/emc/rate") == 0) {
        board->emc_asked = value;
    } else if (board->kind != FAKE_NANO && strcmp(path, BPMP "clk/emc/state") == 0) {
        board->emc_state = value;
    } else {
        return EACCES;
    }
    return 0;
}

static void show_switches(const struct fake_board *board)
{
    put_number(board, boards[board->kind].railgate, "", board->railgate);
    if (board->kind == FAKE_NANO) {
        put_number(board, OVERRIDE, "clk_update_rate", board->emc_asked);
        put_number(board, OVERRIDE, "clk_state", board->emc_state);
    } else {
        put_number(board, BPMP "clk/emc/", "mrq_rate_locked", board->emc_locked);
        put_number(board, BPMP "clk/emc/", "state", board->emc_state);
    }
}

static int take(struct fake_board *board, const char *path, const char *text)
{
    if (board->denied != NULL && strstr(path, board->denied) != NULL) {
        return EACCES;
    }
    if (strcmp(path, boards[board->kind].railgate) == 0) {
        board->railgate = strtoll(text, NULL, 10);
        return 0;
    }
    for (size_t i = 0; i < board->scalers; i++) {
        const size_t length = strlen(board->scaler[i].folder);
        if (strncmp(path, board->scaler[i].folder, length) == 0) {
            return write_scaler(board, &board->scaler[i], path + length, text);
        }
    }
    return write_emc(board, path, text);
}

static int head_of(enum fake_kind kind, int core);

/* The cores of a policy share one folder, whichever name it is reached by. */
static void follow_core(const struct fake_board *board, const char *path, char followed[192])
{
    int core = 0, length = 0;
    snprintf(followed, 192, "%s", path);
    if (sscanf(path, CPU "cpu%d/cpufreq/%n", &core, &length) == 1 && length > 0) {
        snprintf(followed, 192, CPU "cpu%d/cpufreq/%s", head_of(board->kind, core), path + length);
    }
}

/* Take one write into the record and the state. */
static int take_and_record(struct fake_board *board, const char *path, const char *text)
{
    char followed[192];
    follow_core(board, path, followed);
    const int reason = take(board, followed, text);
    cr_assert(board->n < FAKE_MAX_WRITES);
    struct fake_write *write = &board->write[board->n++];
    snprintf(write->path, sizeof write->path, "%s", path);
    snprintf(write->text, sizeof write->text, "%s", text);
    write->refused = reason != 0;
    return reason;
}

int fake_board_write(struct fake_board *board, const char *path, const char *text)
{
    const int reason = take_and_record(board, path, text);
    bool shown = false;
    for (size_t i = 0; i < board->scalers; i++) {
        if (strncmp(path, board->scaler[i].folder, strlen(board->scaler[i].folder)) == 0) {
            show_scaler(board, &board->scaler[i]);
            shown = true;
        }
    }
    if (!shown) {
        show_switches(board);
        show_clocks(board);
    }
    set_moving(board);
    tick(board);
    return reason;
}

static int hooked_write(void *user, const char *path, const char *text)
{
    return fake_board_write(user, path, text);
}

void fake_board_hook(struct fake_board *board, struct dvfo_sysfs *sysfs)
{
    static const struct dvfo_sysfs_hook hook = {.write = hooked_write};
    sysfs->hook = &hook;
    sysfs->hook_user = board;
}

static void put_list(const struct fake_board *board, const char *path, const long long level[], long long unit,
                     const char *after)
{
    char text[1024] = "";
    for (size_t i = 0; level[i] != 0; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%lld ", level[i] / unit);
    }
    strcat(text, after);
    fake_board_put(board, path, text);
}

static void build_scaler(struct fake_board *board, struct fake_scaler *scaler, const long long level[])
{
    char path[512];
    scaler->levels = 0;
    for (; level[scaler->levels] != 0; scaler->levels++) {
        scaler->level[scaler->levels] = level[scaler->levels];
    }
    scaler->lowest = scaler->asked_lowest = scaler->now = level[0];
    scaler->highest = level[scaler->levels - 1];
    snprintf(scaler->governor, sizeof scaler->governor, "%s", scaler->gpu ? "nvhost_podgov" : "schedutil");
    snprintf(path, sizeof path, "%s%s", scaler->folder,
             scaler->gpu ? "available_frequencies" : "scaling_available_frequencies");
    put_list(board, path, level, 1, "");
    snprintf(path, sizeof path, "%s%s", scaler->folder,
             scaler->gpu ? "available_governors" : "scaling_available_governors");
    fake_board_put(board, path, scaler->governors);
    if (scaler->gpu) {
        snprintf(path, sizeof path, "%s%suserspace/", board->root, scaler->folder);
        make_folders(path);
    }
    show_scaler(board, scaler);
}

/* Nano: one cluster. TX2: A57 = 0, 3, 4, 5 and Denver = 1, 2. NX: pairs. */
static int head_of(enum fake_kind kind, int core)
{
    return kind == FAKE_NANO ? 0 : kind == FAKE_TX2 ? (core == 1 || core == 2 ? 1 : 0) : core / 2 * 2;
}

static void build_cores(struct fake_board *board)
{
    const int cores = boards[board->kind].cores;
    for (int core = 0; core < cores; core++) {
        const int head = head_of(board->kind, core);
        char path[192], sharing[64] = "";
        snprintf(path, sizeof path, CPU "cpu%d/online", core);
        fake_board_put(board, path, "1");
        for (int other = 0; other < cores; other++) {
            const size_t used = strlen(sharing);
            if (head_of(board->kind, other) == head) {
                snprintf(sharing + used, sizeof sharing - used, "%s%d", used > 0 ? " " : "", other);
            }
        }
        if (core == head) {
            struct fake_scaler *scaler = &board->scaler[board->scalers++];
            scaler->governors = boards[board->kind].cpu_governors;
            snprintf(scaler->folder, sizeof scaler->folder, CPU "cpu%d/cpufreq/", core);
            build_scaler(board, scaler, boards[board->kind].cpu);
        } else { /* the kernel links the cores of a policy to one folder */
            char place[512], target[64];
            snprintf(place, sizeof place, "%s" CPU "cpu%d/cpufreq", board->root, core);
            snprintf(target, sizeof target, "../cpu%d/cpufreq", head);
            cr_assert(symlink(target, place) == 0);
        }
        snprintf(path, sizeof path, CPU "cpu%d/cpufreq/affected_cpus", head);
        fake_board_put(board, path, sharing);
    }
}

static void build_emc(struct fake_board *board)
{
    const long long *level = boards[board->kind].emc;
    for (; level[board->emc_levels] != 0; board->emc_levels++) {
        board->emc_level[board->emc_levels] = level[board->emc_levels];
    }
    board->emc_state = board->kind == FAKE_NANO ? 0 : 1;
    board->emc_asked = level[0];
    board->emc_now = 1600000000;
    if (board->kind == FAKE_NANO) {
        put_number(board, "/sys/kernel/debug/tegra_bwmgr/", "emc_min_rate", level[0]);
        put_number(board, "/sys/kernel/debug/tegra_bwmgr/", "emc_max_rate", level[board->emc_levels - 1]);
    } else {
        put_number(board, BPMP "clk/emc/", "min_rate", level[0]);
        put_number(board, BPMP "clk/emc/", "max_rate", level[board->emc_levels - 1]);
        put_number(board, "/sys/kernel/nvpmodel_emc_cap/", "emc_iso_cap", 0);
    }
    if (board->kind == FAKE_TX2 || board->kind == FAKE_NX_5) { /* the others leave it to the board's file */
        put_list(board, BPMP "emc/possible_rates", level, 1000, "(kHz)");
    }
}

static void build_rails(struct fake_board *board)
{
    const bool hwmon = board->kind == FAKE_NX_5;
    for (size_t m = 0; m < 2 && boards[board->kind].monitor[m] != NULL; m++) {
        for (int r = 0; r < 4 && boards[board->kind].rails[m][r] != NULL; r++) {
            char path[192];
            snprintf(path, sizeof path, hwmon ? "%s/in%d_label" : "%s/rail_name_%d", boards[board->kind].monitor[m],
                     hwmon ? r + 1 : r);
            fake_board_put(board, path, boards[board->kind].rails[m][r]);
        }
        if (hwmon) {
            fake_board_put(board, "/sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4/in7_label",
                           "sum of shunt voltages");
        }
    }
    show_rails(board);
}

static void build_zones(const struct fake_board *board)
{
    static const char *const names[] = {"AO-therm", "CPU-therm", "GPU-therm", "PLL-therm", "PMIC-Die"};
    static const char *const temperatures[] = {"40500", "38000", "37500", "-256000", "100000"};
    for (size_t i = 0; i < 5; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/virtual/thermal/thermal_zone%zu/type", i);
        fake_board_put(board, path, names[i]);
        snprintf(path, sizeof path, "/sys/devices/virtual/thermal/thermal_zone%zu/temp", i);
        fake_board_put(board, path, temperatures[i]);
    }
}

/* A string of the device tree: its parts end in NUL. */
static void put_property(const struct fake_board *board, const char *path, const char *text)
{
    char bytes[256];
    const size_t size = strlen(text) + 1;
    memcpy(bytes, text, size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = bytes[i] == '|' ? '\0' : bytes[i];
    }
    const bool list = size > 1 && text[size - 2] == '|'; /* ends already */
    put_bytes(board, path, bytes, list ? size - 1 : size);
}

void fake_board_build(struct fake_board *board, enum fake_kind kind, const char *root)
{
    char conf[256];
    *board = (struct fake_board){.kind = kind, .railgate = 1, .rail_unit = 1.0};
    if (root[0] == '/') {
        snprintf(board->root, sizeof board->root, "%s", root);
    } else {
        cr_assert(getcwd(board->root, sizeof board->root - 64) != NULL);
        snprintf(board->root + strlen(board->root), 64, "/%s", root);
    }
    put_property(board, "/proc/device-tree/model", boards[kind].model);
    put_property(board, "/proc/device-tree/compatible", boards[kind].compatible);
    fake_board_put(board, "/etc/nv_tegra_release", boards[kind].release);
    fake_board_put(board, "/var/lib/nvpmodel/status",
                   kind == FAKE_NX_4 || kind == FAKE_NX_5 ? "pmode:0008" : "pmode:0000");
    snprintf(conf, sizeof conf, "# modes\n< POWER_MODEL ID=%d NAME=%s >\nCPU_ONLINE CORE_0 1",
             kind == FAKE_NX_4 || kind == FAKE_NX_5 ? 8 : 0, boards[kind].power_modes);
    fake_board_put(board, "/etc/nvpmodel.conf", conf);
    fake_board_put(board, "/proc/stat", "cpu  1000 0 500 8000 100 0 0 0 0 0\ncpu0 1000 0 500 8000 100 0 0 0 0 0");
    build_cores(board);
    struct fake_scaler *gpu = &board->scaler[board->scalers++];
    gpu->gpu = true;
    gpu->governors = boards[kind].gpu_governors;
    snprintf(gpu->folder, sizeof gpu->folder, "%s/", boards[kind].gpu_folder);
    build_scaler(board, gpu, boards[kind].gpu);
    fake_board_put(board, boards[kind].load, "420");
    build_emc(board);
    show_clocks(board);
    show_switches(board);
    build_rails(board);
    build_zones(board);
}

/* ---- as a process ---- */

struct watches {
    int inotify;
    size_t n;
    struct {
        int id;
        char folder[160]; /* below the root, with its '/' */
    } folder[16];
};

static void watch(const struct fake_board *board, struct watches *watches, const char *folder)
{
    char place[512];
    snprintf(place, sizeof place, "%s%s", board->root, folder);
    const int id = inotify_add_watch(watches->inotify, place, IN_CLOSE_WRITE);
    cr_assert(id >= 0, "%s", place);
    watches->folder[watches->n].id = id;
    snprintf(watches->folder[watches->n++].folder, sizeof watches->folder[0].folder, "%s", folder);
}

static void watch_all(const struct fake_board *board, struct watches *watches)
{
    char folder[192];
    watches->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    cr_assert(watches->inotify >= 0);
    for (size_t i = 0; i < board->scalers; i++) {
        watch(board, watches, board->scaler[i].folder);
        if (board->scaler[i].gpu) {
            snprintf(folder, sizeof folder, "%suserspace/", board->scaler[i].folder);
            watch(board, watches, folder);
        }
    }
    snprintf(folder, sizeof folder, "%s", boards[board->kind].railgate);
    strrchr(folder, '/')[1] = '\0';
    watch(board, watches, folder);
    watch(board, watches, board->kind == FAKE_NANO ? OVERRIDE : BPMP "clk/emc/");
}

static void record(const struct fake_board *board, const struct fake_write *written)
{
    char place[512], line[320];
    snprintf(place, sizeof place, "%s/" RECORD, board->root);
    const int file = open(place, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    const int size = snprintf(line, sizeof line, "%s %s %d\n", written->path, written->text, written->refused);
    cr_assert(file >= 0 && write(file, line, (size_t)size) == size);
    close(file);
}

/* A write that is already in the file. Only what the kernel shows otherwise is written again: files beside it may have
 * been written meanwhile. */
static void handle_write(struct fake_board *board, const char *path)
{
    char text[64], shown[64];
    long long lowest[FAKE_MAX_SCALERS];
    fake_board_get(board, path, text, sizeof text);
    for (size_t i = 0; i < board->scalers; i++) {
        lowest[i] = board->scaler[i].lowest;
    }
    board->n = 0;
    (void)take_and_record(board, path, text);
    record(board, &board->write[0]);
    if (strcmp(path, BPMP "clk/emc/rate") == 0) { /* reads what was asked until the clock has followed */
        snprintf(board->emc_text, sizeof board->emc_text, "%s", text);
        board->emc_due_s = now_s() + board->delay_s;
        set_moving(board);
        return;
    }
    text_of(board, path, shown);
    if (strcmp(shown, text) != 0) {
        fake_board_put(board, path, shown);
    }
    for (size_t i = 0; i < board->scalers; i++) {
        char other[192];
        const struct fake_scaler *scaler = &board->scaler[i];
        snprintf(other, sizeof other, "%s%s", scaler->folder, scaler->gpu ? "min_freq" : "scaling_min_freq");
        if (scaler->lowest != lowest[i] && strcmp(other, path) != 0) { /* clamped by the upper limit */
            show_file(board, other);
        }
    }
    set_moving(board);
}

static void handle_events(struct fake_board *board, const struct watches *watches)
{
    char buffer[8192] __attribute__((aligned(8)));
    const ssize_t got = read(watches->inotify, buffer, sizeof buffer);
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
        at += (ssize_t)(sizeof *event + event->len);
        for (size_t i = 0; i < watches->n; i++) {
            if (watches->folder[i].id == event->wd && event->len > 0 && event->name[0] != '.') {
                char path[192];
                snprintf(path, sizeof path, "%s%.30s", watches->folder[i].folder, event->name);
                handle_write(board, path);
                break;
            }
        }
    }
}

static void run_kernel(struct fake_board *board, const struct watches *watches)
{
    for (long long turn = 0;; turn++) {
        struct pollfd waiting = {.fd = watches->inotify, .events = POLLIN};
        (void)poll(&waiting, 1, 1);
        handle_events(board, watches);
        tick(board);
        if (turn % 16 == 0) { /* the counters of /proc/stat go on: one core of the board's is busy */
            const long long ticks = turn / 16;
            char text[128];
            snprintf(text, sizeof text, "cpu  %lld 0 500 %lld 100 0 0 0 0 0", 1000 + ticks,
                     8000 + (boards[board->kind].cores - 1) * ticks);
            fake_board_put(board, "/proc/stat", text);
        }
    }
}

void fake_board_start(struct fake_board *board)
{
    int ready[2];
    char word = 0;
    board->apart = true;
    show_scaler(board, fake_board_scaler(board, -1));
    cr_assert(pipe(ready) == 0);
    board->process = fork();
    cr_assert(board->process >= 0);
    if (board->process == 0) {
        struct watches watches = {0};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        watch_all(board, &watches);
        cr_assert(write(ready[1], &word, 1) == 1);
        run_kernel(board, &watches);
    }
    close(ready[1]);
    cr_assert(read(ready[0], &word, 1) == 1);
    close(ready[0]);
}

void fake_board_stop(struct fake_board *board)
{
    if (board->process > 0) {
        kill(board->process, SIGKILL);
        waitpid(board->process, NULL, 0);
        board->process = 0;
    }
}

void fake_board_read_record(struct fake_board *board)
{
    char place[512];
    int refused = 0;
    snprintf(place, sizeof place, "%s/" RECORD, board->root);
    FILE *file = fopen(place, "r");
    board->n = 0;
    while (file != NULL && board->n < FAKE_MAX_WRITES &&
           fscanf(file, "%191s %63s %d", board->write[board->n].path, board->write[board->n].text, &refused) == 3) {
        board->write[board->n++].refused = refused != 0;
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* "cpu0/scaling_max_freq", "gpu/max_freq", "emc/rate": enough to know a file by. */
static void write_short_name(const char *path, char out[64])
{
    const char *name = strrchr(path, '/') + 1;
    const char *cpu = strstr(path, "/cpu/cpu");
    const bool gpu = strstr(path, "devfreq") != NULL || strstr(path, "railgate") != NULL;
    if (cpu != NULL) {
        snprintf(out, 64, "%.4s/%s", cpu + strlen("/cpu/"), name);
    } else {
        snprintf(out, 64, "%s/%s", gpu ? "gpu" : "emc", name);
    }
}

void fake_board_sequence(const struct fake_board *board, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < board->n; i++) {
        char name[64];
        const size_t used = strlen(out);
        write_short_name(board->write[i].path, name);
        snprintf(out + used, size - used, "%s %s%s\n", name, board->write[i].text, board->write[i].refused ? " !" : "");
    }
}

void fake_board_state(const struct fake_board *board, char *out, size_t size)
{
    static const char *const cpu[] = {"scaling_min_freq", "scaling_max_freq", "scaling_governor", "scaling_setspeed"};
    static const char *const gpu[] = {"min_freq", "max_freq", "governor", "userspace/set_freq"};
    static const char *const nano[] = {OVERRIDE "clk_update_rate", OVERRIDE "clk_state", NULL};
    static const char *const bpmp[] = {BPMP "clk/emc/mrq_rate_locked", BPMP "clk/emc/state", NULL};
    char path[192], text[64];
    out[0] = '\0';
    for (size_t i = 0; i < board->scalers; i++) {
        for (size_t f = 0; f < 4; f++) { /* the last one has a meaning under the governor userspace only */
            if (f == 3 && strcmp(text, "userspace") != 0) {
                break;
            }
            snprintf(path, sizeof path, "%s%s", board->scaler[i].folder, board->scaler[i].gpu ? gpu[f] : cpu[f]);
            fake_board_get(board, path, text, sizeof text);
            const size_t used = strlen(out);
            snprintf(out + used, size - used, "%s %s\n", path, text);
        }
    }
    const char *const *emc = board->kind == FAKE_NANO ? nano : bpmp;
    for (size_t i = 0; i < 3; i++) {
        const char *place = i == 2 ? boards[board->kind].railgate : emc[i];
        fake_board_get(board, place, text, sizeof text);
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "%s %s\n", place, text);
    }
}
