#include "profiles/hardware/rails.h"

#include <ctype.h>
#include <string.h>

#include "sim/base/units.h"

/* No supply of these boards gives more; a current that is nearly zero may read as a few mW below it. */
#define LEAST_W (-1.0)
#define MOST_W 100.0

static const char *const drivers[] = {"/sys/bus/i2c/drivers/ina3221x", "/sys/bus/i2c/drivers/ina3221"};

struct search {
    struct dvfo_ctx *ctx;
    const struct dvfo_sysfs *sysfs;
    struct dvfo_rail_sensor *rails;
    size_t count;
};

/* Names that stand for no rail: unconnected channels and the sum of the shunts. */
static bool is_rail(const char *name)
{
    return name[0] != '\0' && strcmp(name, "NC") != 0 && strstr(name, "sum of shunt") == NULL;
}

static void add(struct search *search, const char *folder, const char *label_file, int number, bool hwmon)
{
    char path[DVFO_SYSFS_PATH_SIZE], file[DVFO_SYSFS_NAME_SIZE], name[DVFO_SYSFS_TEXT_SIZE];
    dvfo_sysfs_join(path, folder, label_file);
    if (search->count == DVFO_RAILS_MAX || dvfo_sysfs_read(NULL, search->sysfs, path, name) != DVFO_OK ||
        !is_rail(name) || strlen(name) >= DVFO_RAIL_NAME_SIZE || strpbrk(name, ",\"\n") != NULL) {
        return;
    }
    for (size_t i = 0; i < search->count; i++) {
        if (strcmp(search->rails[i].name, name) == 0) {
            dvfo_note(search->ctx, "%s names a rail '%s', as another sensor does; the first one is taken", path, name);
            return;
        }
    }
    struct dvfo_rail_sensor *rail = &search->rails[search->count++];
    *rail = (struct dvfo_rail_sensor){.hwmon = hwmon};
    strcpy(rail->name, name);
    snprintf(file, sizeof file, "in_power%d_input", number);
    dvfo_sysfs_join(rail->power, folder, file);
    snprintf(file, sizeof file, "in%d_input", number);
    dvfo_sysfs_join(rail->voltage, folder, file);
    snprintf(file, sizeof file, "curr%d_input", number);
    dvfo_sysfs_join(rail->current, folder, file);
}

/* The labels of a monitor: rail_name_0 ... or in1_label ... */
static void search_monitor(struct search *search, const char *folder, bool hwmon)
{
    char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE];
    const size_t count = dvfo_sysfs_list(search->sysfs, folder, hwmon ? "in" : "rail_name_", names);
    for (size_t i = 0; i < count; i++) {
        int number = 0, length = 0;
        if (sscanf(names[i], hwmon ? "in%d_label%n" : "rail_name_%d%n", &number, &length) == 1 && length > 0 &&
            names[i][length] == '\0') {
            add(search, folder, names[i], number, hwmon);
        }
    }
}

/* A monitor's folder: hwmon/hwmonK, iio:deviceK, or iio_device in old kernels. */
static void search_device(struct search *search, const char *device)
{
    char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE];
    char folder[DVFO_SYSFS_PATH_SIZE], hwmon[DVFO_SYSFS_PATH_SIZE];
    size_t count = dvfo_sysfs_list(search->sysfs, device, "iio", names);
    for (size_t i = 0; i < count; i++) {
        dvfo_sysfs_join(folder, device, names[i]);
        search_monitor(search, folder, false);
    }
    dvfo_sysfs_join(hwmon, device, "hwmon");
    count = dvfo_sysfs_list(search->sysfs, hwmon, "hwmon", names);
    for (size_t i = 0; i < count; i++) {
        dvfo_sysfs_join(folder, hwmon, names[i]);
        search_monitor(search, folder, true);
    }
}

size_t dvfo_rails_find(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs,
                       struct dvfo_rail_sensor rails[DVFO_RAILS_MAX])
{
    struct search search = {.ctx = ctx, .sysfs = sysfs, .rails = rails};
    char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE], device[DVFO_SYSFS_PATH_SIZE];
    for (size_t d = 0; d < sizeof drivers / sizeof drivers[0]; d++) {
        const size_t count = dvfo_sysfs_list(sysfs, drivers[d], "", names);
        for (size_t i = 0; i < count; i++) {
            if (isdigit((unsigned char)names[i][0])) { /* "7-0040": bus and address */
                dvfo_sysfs_join(device, drivers[d], names[i]);
                search_device(&search, device);
            }
        }
    }
    return search.count;
}

static dvfo_status refuse_reading(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs,
                                  const struct dvfo_rail_sensor *rail, double power_w)
{
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s%s: rail %s reads %.6g W, expected %g to %g W; does this driver speak another unit than %s?",
                     sysfs->root, rail->hwmon ? rail->current : rail->power, rail->name, power_w, LEAST_W, MOST_W,
                     rail->hwmon ? "mV and mA" : "mW");
}

dvfo_status dvfo_rails_read(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_rail_sensor *rail,
                            double *power_w)
{
    if (rail->hwmon) {
        long long millivolt = 0, milliampere = 0;
        DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, rail->voltage, &millivolt));
        DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, rail->current, &milliampere));
        *power_w = (double)millivolt * 1e-3 * (double)milliampere * 1e-3;
    } else {
        long long milliwatt = 0;
        DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, rail->power, &milliwatt));
        *power_w = (double)milliwatt * DVFO_W_PER_MW;
    }
    return *power_w >= LEAST_W && *power_w <= MOST_W ? DVFO_OK : refuse_reading(ctx, sysfs, rail, *power_w);
}
