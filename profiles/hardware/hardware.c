#include "profiles/hardware/hardware.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/text.h"

enum { MAX_CONF_BYTES = 1 << 20 };

#define CPU_FOLDER "/sys/devices/system/cpu"
#define ZONE_FOLDER "/sys/devices/virtual/thermal"

/* Keep why a clock can't be set. */
static void lack(struct dvfo_hardware_clock *clock, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void lack(struct dvfo_hardware_clock *clock, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(clock->missing, sizeof clock->missing, format, arguments);
    va_end(arguments);
    clock->level_count = 0;
}

/* "# R32 (release), REVISION: 7.1, GCID: ..." becomes R32.7.1. L4T 32 is JetPack 4, 34 and 35 are 5, 36 is 6. */
static void read_release(struct dvfo_hardware *hardware)
{
    static const struct {
        int first, jetpack;
    } releases[] = {{38, 7}, {36, 6}, {34, 5}, {31, 4}, {27, 3}};
    char text[DVFO_SYSFS_TEXT_SIZE], revision[16] = "";
    int major = 0;
    if (dvfo_sysfs_read(NULL, &hardware->sysfs, "/etc/nv_tegra_release", text) != DVFO_OK ||
        sscanf(text, "# R%d (release), REVISION: %15[0-9.]", &major, revision) != 2) {
        return;
    }
    snprintf(hardware->release, sizeof hardware->release, "R%d.%s", major, revision);
    for (size_t i = 0; i < sizeof releases / sizeof releases[0] && hardware->jetpack == 0; i++) {
        hardware->jetpack = major >= releases[i].first ? releases[i].jetpack : 0;
    }
}

/* The number of the mode that nvpmodel set last, and its name from nvpmodel's own list. */
static void read_power_mode(struct dvfo_hardware *hardware)
{
    char status[DVFO_SYSFS_TEXT_SIZE], path[DVFO_PATH_SIZE], entry[64], name[32] = "";
    struct dvfo_text conf = {0};
    int mode = 0;
    if (dvfo_sysfs_read(NULL, &hardware->sysfs, "/var/lib/nvpmodel/status", status) != DVFO_OK ||
        sscanf(status, "pmode:%d", &mode) != 1) {
        return;
    }
    snprintf(entry, sizeof entry, "POWER_MODEL ID=%d NAME=", mode);
    if (dvfo_sysfs_locate(&hardware->sysfs, "/etc/nvpmodel.conf", path) == 0 &&
        dvfo_text_load(NULL, path, MAX_CONF_BYTES, &conf) == DVFO_OK) {
        const char *found = strstr(conf.bytes, entry);
        if (found != NULL) {
            (void)sscanf(found + strlen(entry), "%31[A-Za-z0-9_]", name);
        }
    }
    dvfo_text_free(&conf);
    snprintf(hardware->power_mode, sizeof hardware->power_mode, "%d%s%s", mode, name[0] != '\0' ? " " : "", name);
}

static bool is_online(const struct dvfo_sysfs *sysfs, const char *folder)
{
    char path[DVFO_SYSFS_PATH_SIZE];
    long long online = 1; /* a core that can't be taken off has no such file */
    dvfo_sysfs_join(path, folder, "online");
    (void)dvfo_sysfs_read_integer(NULL, sysfs, path, &online);
    return online == 1;
}

/* Of the cores that share a clock the first one speaks for all. */
static bool speaks_for_policy(const struct dvfo_sysfs *sysfs, const char *cpufreq, int cpu)
{
    char path[DVFO_SYSFS_PATH_SIZE];
    long long sharing[DVFO_SYSFS_MAX_NAMES];
    size_t count = 0;
    dvfo_sysfs_join(path, cpufreq, "affected_cpus");
    return dvfo_sysfs_read_integers(NULL, sysfs, path, sharing, DVFO_SYSFS_MAX_NAMES, &count) != DVFO_OK ||
           sharing[0] == cpu;
}

static void open_core(struct dvfo_ctx *ctx, struct dvfo_hardware *hardware, const char *name)
{
    char folder[DVFO_SYSFS_PATH_SIZE], cpufreq[DVFO_SYSFS_PATH_SIZE];
    long long cpu = 0;
    if (!dvfo_text_integer(name + strlen("cpu"), NULL, &cpu)) {
        return; /* cpufreq, cpuidle */
    }
    hardware->cpu_count++;
    dvfo_sysfs_join(folder, CPU_FOLDER, name);
    if (!is_online(&hardware->sysfs, folder)) {
        return;
    }
    hardware->cpu_online++;
    dvfo_sysfs_join(cpufreq, folder, "cpufreq");
    struct dvfo_scaler policy;
    if (!speaks_for_policy(&hardware->sysfs, cpufreq, (int)cpu) ||
        dvfo_scaler_open(ctx, &hardware->sysfs, &dvfo_scaler_cpufreq, cpufreq, &policy) != DVFO_OK) {
        return;
    }
    if (hardware->policy_count == DVFO_HARDWARE_MAX_POLICIES) {
        hardware->policies_left = true;
    } else {
        hardware->policy[hardware->policy_count++] = policy;
    }
}

static bool has_level(const struct dvfo_scaler *scaler, double hz)
{
    return scaler->level_hz[dvfo_scaler_nearest(scaler->level_hz, scaler->level_count, hz)] == hz;
}

/* The clocks that all clusters have: one clock is asked of all of them. */
static void share_levels(struct dvfo_hardware *hardware)
{
    struct dvfo_hardware_clock *clock = &hardware->clock[DVFO_CPU];
    const struct dvfo_scaler *first = &hardware->policy[0];
    for (size_t i = 0; i < first->level_count; i++) {
        bool shared = true;
        for (size_t p = 1; p < hardware->policy_count; p++) {
            shared = shared && has_level(&hardware->policy[p], first->level_hz[i]);
        }
        if (shared) {
            clock->level_hz[clock->level_count++] = first->level_hz[i];
        }
    }
    dvfo_scaler_path(first, first->form->table, clock->source);
    if (clock->level_count == 0) {
        lack(clock, "the CPU's clusters have no clock in common (%s and others)", clock->source);
    }
}

static void open_cpu(struct dvfo_hardware *hardware)
{
    char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE];
    struct dvfo_ctx ctx = {.message = ""};
    const size_t count = dvfo_sysfs_list(&hardware->sysfs, CPU_FOLDER, "cpu", names);
    for (size_t i = 0; i < count; i++) {
        open_core(&ctx, hardware, names[i]);
    }
    if (hardware->policies_left || count == DVFO_SYSFS_MAX_NAMES) { /* some of a machine's clocks are worse than none */
        lack(&hardware->clock[DVFO_CPU], "its cores have more than %d clocks of their own, or are more than %d",
             DVFO_HARDWARE_MAX_POLICIES, DVFO_SYSFS_MAX_NAMES);
    } else if (hardware->policy_count > 0) {
        share_levels(hardware);
    } else {
        lack(&hardware->clock[DVFO_CPU], "%s", count == 0 ? CPU_FOLDER ": is missing" : ctx.message);
    }
}

/* The first place of a list that is there; NULL when none is. */
static const char *first_place(const struct dvfo_sysfs *sysfs, const char *const places[])
{
    size_t i = 0;
    while (places[i] != NULL && !dvfo_sysfs_exists(sysfs, places[i])) {
        i++;
    }
    return places[i];
}

static void open_gpu(struct dvfo_hardware *hardware)
{
    struct dvfo_hardware_clock *clock = &hardware->clock[DVFO_GPU];
    struct dvfo_ctx ctx = {.message = ""};
    hardware->railgate = first_place(&hardware->sysfs, hardware->type->gpu_railgate);
    hardware->gpu_load = first_place(&hardware->sysfs, hardware->type->gpu_load);
    const char *folder = first_place(&hardware->sysfs, hardware->type->gpu);
    if (hardware->type->gpu[0] == NULL) {
        lack(clock, "a %s has no GPU whose clock this program sets", hardware->type->name);
        return;
    }
    if (folder == NULL) {
        lack(clock, "%s%s: is missing; a GPU that is off shows no clocks: run something on it first",
             hardware->sysfs.root, hardware->type->gpu[0]);
        return;
    }
    if (dvfo_scaler_open(&ctx, &hardware->sysfs, &dvfo_scaler_devfreq, folder, &hardware->gpu) != DVFO_OK) {
        lack(clock, "%.*s", DVFO_HARDWARE_SENTENCE_SIZE - 1, ctx.message);
        return;
    }
    clock->level_count = hardware->gpu.level_count;
    memcpy(clock->level_hz, hardware->gpu.level_hz, sizeof clock->level_hz);
    dvfo_scaler_path(&hardware->gpu, hardware->gpu.form->table, clock->source);
}

/* The kernel's table, else the board file's, within what the hardware can. */
static dvfo_status read_memory_levels(struct dvfo_ctx *ctx, struct dvfo_hardware *hardware)
{
    struct dvfo_hardware_clock *clock = &hardware->clock[DVFO_MEM];
    double lowest_hz = 0.0, highest_hz = INFINITY;
    size_t kept = 0;
    if (dvfo_emc_table(NULL, &hardware->sysfs, hardware->emc, clock->level_hz, &clock->level_count) == DVFO_OK) {
        snprintf(clock->source, sizeof clock->source, "%s", hardware->emc->table);
    } else {
        struct dvfo_board *board = NULL;
        DVFO_TRY(dvfo_board_load(ctx, hardware->type->name, &board));
        clock->level_count = board->clock[DVFO_MEM].level_count;
        memcpy(clock->level_hz, board->clock[DVFO_MEM].level_hz, sizeof clock->level_hz);
        snprintf(clock->source, sizeof clock->source, "profiles/boards/%s.yaml", hardware->type->name);
        dvfo_board_free(board);
    }
    dvfo_emc_range(&hardware->sysfs, hardware->emc, &lowest_hz, &highest_hz);
    for (size_t i = 0; i < clock->level_count; i++) {
        if (clock->level_hz[i] >= lowest_hz && clock->level_hz[i] <= highest_hz) {
            clock->level_hz[kept++] = clock->level_hz[i];
        }
    }
    clock->level_count = kept;
    return kept > 0 ? DVFO_OK
                    : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: holds no clock from %.0f to %.0f Hz", clock->source,
                                lowest_hz, highest_hz);
}

static void open_memory(struct dvfo_hardware *hardware)
{
    struct dvfo_hardware_clock *clock = &hardware->clock[DVFO_MEM];
    const struct dvfo_emc_form *const *form = hardware->type->emc;
    struct dvfo_ctx ctx = {.message = ""};
    while (*form != NULL && dvfo_sysfs_trouble(&hardware->sysfs, (*form)->marker) != 0) {
        form++;
    }
    hardware->emc = *form;
    if (hardware->type->emc[0] == NULL) {
        lack(clock, "a %s has no memory whose clock this program sets", hardware->type->name);
    } else if (hardware->emc == NULL) {
        const char *marker = hardware->type->emc[0]->marker;
        const int reason = dvfo_sysfs_trouble(&hardware->sysfs, marker);
        lack(clock, "%s%s: cannot be opened: %s%s", hardware->sysfs.root, marker, strerror(reason),
             dvfo_sysfs_hint(reason, marker));
    } else if (read_memory_levels(&ctx, hardware) != DVFO_OK) {
        lack(clock, "%.*s", DVFO_HARDWARE_SENTENCE_SIZE - 1, ctx.message);
    }
}

static void open_rails(struct dvfo_ctx *ctx, struct dvfo_hardware *hardware)
{
    hardware->rail_count = dvfo_rails_find(ctx, &hardware->sysfs, hardware->rail);
    for (size_t i = 0; i < hardware->rail_count && hardware->type->module_rail != NULL; i++) {
        if (strcmp(hardware->rail[i].name, hardware->type->module_rail) == 0) {
            hardware->module_rail = &hardware->rail[i];
        }
    }
    if (hardware->jetpack == 0 && hardware->rail_count > 0) {
        hardware->jetpack = hardware->rail[0].hwmon ? 5 : 4;
    }
}

/* The power chip's zone is left out: it always reads the same. */
static void open_zones(struct dvfo_hardware *hardware)
{
    char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE];
    char folder[DVFO_SYSFS_PATH_SIZE], path[DVFO_SYSFS_PATH_SIZE], type[DVFO_SYSFS_TEXT_SIZE];
    const size_t count = dvfo_sysfs_list(&hardware->sysfs, ZONE_FOLDER, "thermal_zone", names);
    for (size_t i = 0; i < count && hardware->zone_count < DVFO_HARDWARE_MAX_ZONES; i++) {
        dvfo_sysfs_join(folder, ZONE_FOLDER, names[i]);
        dvfo_sysfs_join(path, folder, "type");
        if (dvfo_sysfs_read(NULL, &hardware->sysfs, path, type) == DVFO_OK && strncmp(type, "PMIC", 4) != 0) {
            struct dvfo_thermal_zone *zone = &hardware->zone[hardware->zone_count++];
            snprintf(zone->name, sizeof zone->name, "%.*s", DVFO_RAIL_NAME_SIZE - 1, type);
            dvfo_sysfs_join(zone->path, folder, "temp");
        }
    }
}

dvfo_status dvfo_hardware_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *wanted,
                               struct dvfo_hardware **out)
{
    struct dvfo_hardware *hardware = calloc(1, sizeof *hardware);
    *out = NULL;
    if (hardware == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    hardware->sysfs = *sysfs;
    const dvfo_status status = dvfo_hardware_type_of(ctx, sysfs, wanted, hardware->model, &hardware->type);
    if (status != DVFO_OK) {
        free(hardware);
        return status;
    }
    read_release(hardware);
    read_power_mode(hardware);
    open_cpu(hardware);
    open_gpu(hardware);
    open_memory(hardware);
    open_rails(ctx, hardware);
    open_zones(hardware);
    *out = hardware;
    return DVFO_OK;
}

void dvfo_hardware_free(struct dvfo_hardware *hardware)
{
    free(hardware);
}

struct dvfo_clocks dvfo_hardware_clocks(const struct dvfo_hardware *hardware)
{
    struct dvfo_clocks clocks = {{NAN, NAN, NAN}};
    double hz = NAN;
    for (size_t i = 0; i < hardware->policy_count; i++) {
        if (dvfo_scaler_measure(NULL, &hardware->sysfs, &hardware->policy[i], &hz) == DVFO_OK) {
            clocks.hz[DVFO_CPU] = fmin(clocks.hz[DVFO_CPU], hz); /* fmin passes NaN over */
        }
    }
    if (hardware->clock[DVFO_GPU].level_count > 0 &&
        dvfo_scaler_measure(NULL, &hardware->sysfs, &hardware->gpu, &hz) == DVFO_OK) {
        clocks.hz[DVFO_GPU] = hz;
    }
    if (hardware->emc != NULL && dvfo_emc_measure(NULL, &hardware->sysfs, hardware->emc, &hz) == DVFO_OK) {
        clocks.hz[DVFO_MEM] = hz;
    }
    return clocks;
}

/* A sensor that is off fails to read, or reads far below zero. */
double dvfo_hardware_temperature_c(const struct dvfo_hardware *hardware, size_t zone)
{
    long long millidegree = 0;
    const bool told =
        dvfo_sysfs_read_integer(NULL, &hardware->sysfs, hardware->zone[zone].path, &millidegree) == DVFO_OK;
    return told && millidegree > -60000 && millidegree < 200000 ? (double)millidegree * 1e-3 : NAN;
}

double dvfo_hardware_hottest_c(const struct dvfo_hardware *hardware)
{
    double hottest_c = NAN;
    for (size_t i = 0; i < hardware->zone_count; i++) {
        hottest_c = fmax(hottest_c, dvfo_hardware_temperature_c(hardware, i)); /* fmax passes NaN over */
    }
    return hottest_c;
}

double dvfo_hardware_gpu_load(const struct dvfo_hardware *hardware)
{
    long long thousandths = 0;
    const bool told = hardware->gpu_load != NULL &&
                      dvfo_sysfs_read_integer(NULL, &hardware->sysfs, hardware->gpu_load, &thousandths) == DVFO_OK;
    return told && thousandths >= 0 && thousandths <= 1000 ? (double)thousandths * 1e-3 : NAN;
}

/* "cpu  user nice system idle iowait irq softirq ...": the first line of /proc/stat sums up the cores. */
struct dvfo_cpu_time dvfo_hardware_cpu_time(const struct dvfo_hardware *hardware)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    double ticks[7], total = 0.0;
    if (dvfo_sysfs_read(NULL, &hardware->sysfs, "/proc/stat", text) != DVFO_OK ||
        sscanf(text, "cpu %lf %lf %lf %lf %lf %lf %lf", &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4],
               &ticks[5], &ticks[6]) != 7) {
        return (struct dvfo_cpu_time){NAN, NAN};
    }
    for (size_t i = 0; i < 7; i++) {
        total += ticks[i];
    }
    return (struct dvfo_cpu_time){.busy = total - ticks[3] - ticks[4], .total = total};
}

double dvfo_hardware_cpu_busy(const struct dvfo_hardware *hardware, struct dvfo_cpu_time from,
                              struct dvfo_cpu_time until)
{
    const double total = until.total - from.total;
    return total > 0.0 ? (until.busy - from.busy) / total * hardware->cpu_online : NAN;
}
