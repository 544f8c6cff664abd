#include "profiles/hardware/scaler.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

/* No clock of a CPU, GPU or memory lies outside: what does is in another unit. */
#define SLOWEST_HZ 10e6
#define FASTEST_HZ 10e9

const struct dvfo_scaler_form dvfo_scaler_cpufreq = {
    .name = "cpufreq",
    .hz_per_unit = DVFO_HZ_PER_KHZ,
    .table = "scaling_available_frequencies",
    .governor = "scaling_governor",
    .governors = "scaling_available_governors",
    .lowest = "scaling_min_freq",
    .highest = "scaling_max_freq",
    .set = "scaling_setspeed",
    .measured = "cpuinfo_cur_freq",
    .measured_else = "scaling_cur_freq",
};

const struct dvfo_scaler_form dvfo_scaler_devfreq = {
    .name = "devfreq",
    .hz_per_unit = 1.0,
    .table = "available_frequencies",
    .governor = "governor",
    .governors = "available_governors",
    .lowest = "min_freq",
    .highest = "max_freq",
    .set = "userspace/set_freq",
    .measured = "cur_freq",
};

void dvfo_scaler_path(const struct dvfo_scaler *scaler, const char *name, char path[DVFO_SYSFS_PATH_SIZE])
{
    dvfo_sysfs_join(path, scaler->folder, name);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

dvfo_status dvfo_scaler_table(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                              double hz_per_unit, double level_hz[DVFO_MAX_LEVELS], size_t *level_count)
{
    long long listed[DVFO_MAX_LEVELS];
    size_t count = 0;
    DVFO_TRY(dvfo_sysfs_read_integers(ctx, sysfs, path, listed, DVFO_MAX_LEVELS, &count));
    for (size_t i = 0; i < count; i++) {
        level_hz[i] = (double)listed[i] * hz_per_unit;
        if (level_hz[i] < SLOWEST_HZ || level_hz[i] > FASTEST_HZ) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s%s: holds %lld, expected clocks from %g to %g; is it in another unit?", sysfs->root,
                             path, listed[i], SLOWEST_HZ / hz_per_unit, FASTEST_HZ / hz_per_unit);
        }
    }
    qsort(level_hz, count, sizeof level_hz[0], ascending);
    *level_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (*level_count == 0 || level_hz[i] > level_hz[*level_count - 1]) {
            level_hz[(*level_count)++] = level_hz[i];
        }
    }
    return DVFO_OK;
}

size_t dvfo_scaler_nearest(const double level_hz[], size_t level_count, double hz)
{
    size_t nearest = 0;
    for (size_t i = 1; i < level_count; i++) {
        nearest = fabs(level_hz[i] - hz) < fabs(level_hz[nearest] - hz) ? i : nearest;
    }
    return nearest;
}

dvfo_status dvfo_scaler_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler_form *form,
                             const char *folder, struct dvfo_scaler *out)
{
    *out = (struct dvfo_scaler){.form = form};
    DVFO_REQUIRE(strlen(folder) < sizeof out->folder);
    strcpy(out->folder, folder);
    char path[DVFO_SYSFS_PATH_SIZE];
    dvfo_scaler_path(out, form->table, path);
    return dvfo_scaler_table(ctx, sysfs, path, form->hz_per_unit, out->level_hz, &out->level_count);
}

static dvfo_status read_hz(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                           const char *name, double *hz)
{
    char path[DVFO_SYSFS_PATH_SIZE];
    long long value = 0;
    dvfo_scaler_path(scaler, name, path);
    DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, path, &value));
    *hz = (double)value * scaler->form->hz_per_unit;
    return DVFO_OK;
}

dvfo_status dvfo_scaler_measure(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                                double *hz)
{
    const dvfo_status status = read_hz(ctx, sysfs, scaler, scaler->form->measured, hz);
    return status == DVFO_OK || scaler->form->measured_else == NULL
               ? status
               : read_hz(ctx, sysfs, scaler, scaler->form->measured_else, hz);
}

static dvfo_status read_governor(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                                 char governor[DVFO_PLAN_TEXT_SIZE])
{
    char path[DVFO_SYSFS_PATH_SIZE], text[DVFO_SYSFS_TEXT_SIZE];
    dvfo_scaler_path(scaler, scaler->form->governor, path);
    DVFO_TRY(dvfo_sysfs_read(ctx, sysfs, path, text));
    snprintf(governor, DVFO_PLAN_TEXT_SIZE, "%.*s", DVFO_PLAN_TEXT_SIZE - 1, text);
    return DVFO_OK;
}

dvfo_status dvfo_scaler_read(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                             struct dvfo_scaler_state *out)
{
    *out = (struct dvfo_scaler_state){0};
    DVFO_TRY(read_governor(ctx, sysfs, scaler, out->governor));
    DVFO_TRY(read_hz(ctx, sysfs, scaler, scaler->form->lowest, &out->lowest_hz));
    DVFO_TRY(read_hz(ctx, sysfs, scaler, scaler->form->highest, &out->highest_hz));
    return dvfo_scaler_measure(ctx, sysfs, scaler, &out->measured_hz);
}

/* Does the list of governors hold "userspace"? Without a list the one that is there stays. */
static bool offers_userspace(const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler)
{
    char path[DVFO_SYSFS_PATH_SIZE], text[DVFO_SYSFS_TEXT_SIZE], *place = NULL;
    dvfo_scaler_path(scaler, scaler->form->governors, path);
    if (dvfo_sysfs_read(NULL, sysfs, path, text) != DVFO_OK) {
        return false;
    }
    for (char *word = strtok_r(text, " \n", &place); word != NULL; word = strtok_r(NULL, " \n", &place)) {
        if (strcmp(word, "userspace") == 0) {
            return true;
        }
    }
    return false;
}

/* The governor first: another one could still move the clock between our limits while they differ. */
dvfo_status dvfo_scaler_plan(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                             double hz, struct dvfo_plan *plan)
{
    char path[DVFO_SYSFS_PATH_SIZE], highest[DVFO_SYSFS_PATH_SIZE], governor[DVFO_PLAN_TEXT_SIZE];
    const long long value = llround(hz / scaler->form->hz_per_unit);
    const bool userspace = offers_userspace(sysfs, scaler);
    DVFO_TRY(read_governor(ctx, sysfs, scaler, governor));
    if (userspace && strcmp(governor, "userspace") != 0) {
        dvfo_scaler_path(scaler, scaler->form->governor, path);
        dvfo_plan_add(plan, path, "userspace");
    }
    dvfo_scaler_path(scaler, scaler->form->lowest, path);
    dvfo_scaler_path(scaler, scaler->form->highest, highest);
    DVFO_TRY(dvfo_plan_add_limits(ctx, sysfs, plan, path, highest, value, value));
    if (userspace) {
        dvfo_scaler_path(scaler, scaler->form->set, path);
        dvfo_plan_add_integer(plan, path, value);
    }
    return DVFO_OK;
}
