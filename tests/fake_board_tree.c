#include "fake_board_parts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

const struct fake_spec fake_specs[] = {
    [FAKE_NANO] = {"NVIDIA Jetson Nano Developer Kit",
                   "nvidia,p3449-0000-b00+p3448-0000-b00|nvidia,jetson-nano|nvidia,tegra210|",
                   "# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64",
                   "MAXN",
                   nano_cpu,
                   nano_gpu,
                   nano_emc,
                   4,
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
                   "/sys/devices/platform/17000000.gv11b/devfreq/17000000.gv11b",
                   "/sys/devices/platform/gpu.0/load",
                   "/sys/devices/platform/gpu.0/railgate_enable",
                   {"/sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4"},
                   {{"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}},
                   "performance schedutil",
                   "nvhost_podgov userspace performance simple_ondemand"},
};

double fake_board_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void fake_board_make_folders(const char *path)
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
void fake_board_put_bytes(const struct fake_board *board, const char *path, const char *bytes, size_t size)
{
    char place[1024], fresh[1024];
    snprintf(place, sizeof place, "%s%s", board->root, path);
    fake_board_make_folders(place);
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
    fake_board_put_bytes(board, path, line, (size_t)size);
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

void fake_board_put_number(const struct fake_board *board, const char *folder, const char *name, long long value)
{
    char path[640], text[32];
    snprintf(path, sizeof path, "%s%s", folder, name);
    snprintf(text, sizeof text, "%lld", value);
    fake_board_put(board, path, text);
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
        fake_board_make_folders(path);
    }
    fake_board_show_scaler(board, scaler);
}

/* Nano: one cluster. TX2: A57 = 0, 3, 4, 5 and Denver = 1, 2. NX: pairs. */
int fake_board_head_of(enum fake_kind kind, int core)
{
    return kind == FAKE_NANO ? 0 : kind == FAKE_TX2 ? (core == 1 || core == 2 ? 1 : 0) : core / 2 * 2;
}

static void build_cores(struct fake_board *board)
{
    const int cores = fake_specs[board->kind].cores;
    for (int core = 0; core < cores; core++) {
        const int head = fake_board_head_of(board->kind, core);
        char path[192], sharing[64] = "";
        snprintf(path, sizeof path, CPU "cpu%d/online", core);
        fake_board_put(board, path, "1");
        for (int other = 0; other < cores; other++) {
            const size_t used = strlen(sharing);
            if (fake_board_head_of(board->kind, other) == head) {
                snprintf(sharing + used, sizeof sharing - used, "%s%d", used > 0 ? " " : "", other);
            }
        }
        if (core == head) {
            struct fake_scaler *scaler = &board->scaler[board->scalers++];
            scaler->governors = fake_specs[board->kind].cpu_governors;
            snprintf(scaler->folder, sizeof scaler->folder, CPU "cpu%d/cpufreq/", core);
            build_scaler(board, scaler, fake_specs[board->kind].cpu);
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
    const long long *level = fake_specs[board->kind].emc;
    for (; level[board->emc_levels] != 0; board->emc_levels++) {
        board->emc_level[board->emc_levels] = level[board->emc_levels];
    }
    board->emc_state = board->kind == FAKE_NANO ? 0 : 1;
    board->emc_asked = level[0];
    board->emc_now = 1600000000;
    if (board->kind == FAKE_NANO) {
        fake_board_put_number(board, "/sys/kernel/debug/tegra_bwmgr/", "emc_min_rate", level[0]);
        fake_board_put_number(board, "/sys/kernel/debug/tegra_bwmgr/", "emc_max_rate", level[board->emc_levels - 1]);
    } else {
        fake_board_put_number(board, BPMP "clk/emc/", "min_rate", level[0]);
        fake_board_put_number(board, BPMP "clk/emc/", "max_rate", level[board->emc_levels - 1]);
        fake_board_put_number(board, "/sys/kernel/nvpmodel_emc_cap/", "emc_iso_cap", 0);
    }
    if (board->kind == FAKE_TX2 || board->kind == FAKE_NX_5) { /* the others leave it to the board's file */
        put_list(board, BPMP "emc/possible_rates", level, 1000, "(kHz)");
    }
}

static void build_rails(struct fake_board *board)
{
    const bool hwmon = board->kind == FAKE_NX_5;
    for (size_t m = 0; m < 2 && fake_specs[board->kind].monitor[m] != NULL; m++) {
        for (int r = 0; r < 4 && fake_specs[board->kind].rails[m][r] != NULL; r++) {
            char path[192];
            snprintf(path, sizeof path, hwmon ? "%s/in%d_label" : "%s/rail_name_%d", fake_specs[board->kind].monitor[m],
                     hwmon ? r + 1 : r);
            fake_board_put(board, path, fake_specs[board->kind].rails[m][r]);
        }
        if (hwmon) {
            fake_board_put(board, "/sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4/in7_label",
                           "sum of shunt voltages");
        }
    }
    fake_board_show_rails(board);
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
    fake_board_put_bytes(board, path, bytes, list ? size - 1 : size);
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
    put_property(board, "/proc/device-tree/model", fake_specs[kind].model);
    put_property(board, "/proc/device-tree/compatible", fake_specs[kind].compatible);
    fake_board_put(board, "/etc/nv_tegra_release", fake_specs[kind].release);
    fake_board_put(board, "/var/lib/nvpmodel/status",
                   kind == FAKE_NX_4 || kind == FAKE_NX_5 ? "pmode:0008" : "pmode:0000");
    snprintf(conf, sizeof conf, "# modes\n< POWER_MODEL ID=%d NAME=%s >\nCPU_ONLINE CORE_0 1",
             kind == FAKE_NX_4 || kind == FAKE_NX_5 ? 8 : 0, fake_specs[kind].power_modes);
    fake_board_put(board, "/etc/nvpmodel.conf", conf);
    fake_board_put(board, "/proc/stat", "cpu  1000 0 500 8000 100 0 0 0 0 0\ncpu0 1000 0 500 8000 100 0 0 0 0 0");
    build_cores(board);
    struct fake_scaler *gpu = &board->scaler[board->scalers++];
    gpu->gpu = true;
    gpu->governors = fake_specs[kind].gpu_governors;
    snprintf(gpu->folder, sizeof gpu->folder, "%s/", fake_specs[kind].gpu_folder);
    build_scaler(board, gpu, fake_specs[kind].gpu);
    fake_board_put(board, fake_specs[kind].load, "420");
    build_emc(board);
    fake_board_show_clocks(board);
    fake_board_show_switches(board);
    build_rails(board);
    build_zones(board);
}
