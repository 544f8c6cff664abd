#include "bench/live/rig/sensors.h"

#include <math.h>

#define COLDEST_C 0.0 /* a dead sensor reads 0 or less */
#define HOTTEST_C 150.0
#define MOST_W 10e3 /* no host draws more: a counter that jumped */

static struct dvfo_rig_sensors open_rails(const struct dvfo_hardware *hardware)
{
    struct dvfo_rig_sensors sensors = {.hardware = hardware, .rail_count = hardware->rail_count};
    double power_w = 0.0;
    struct dvfo_ctx ctx = {.message = ""};
    if (hardware->module_rail == NULL) {
        snprintf(sensors.missing, sizeof sensors.missing, "no rail %s, see 'dvfo board info'",
                 hardware->type->module_rail);
    } else if (dvfo_rails_read(&ctx, &hardware->sysfs, hardware->module_rail, &power_w) != DVFO_OK) {
        snprintf(sensors.missing, sizeof sensors.missing, "%.*s", (int)sizeof sensors.missing - 1, ctx.message);
    } else {
        sensors.power = true;
    }
    return sensors;
}

static struct dvfo_rig_sensors open_counters(const struct dvfo_hardware *hardware)
{
    struct dvfo_rig_sensors sensors = {.hardware = hardware, .rapl = dvfo_rapl_open(&hardware->sysfs)};
    sensors.rail_count = sensors.rapl.count;
    sensors.power = sensors.rapl.count > 0;
    snprintf(sensors.missing, sizeof sensors.missing, "%s", sensors.rapl.missing);
    return sensors;
}

struct dvfo_rig_sensors dvfo_rig_sensors_open(const struct dvfo_hardware *hardware)
{
    return hardware->type->module_rail != NULL ? open_rails(hardware) : open_counters(hardware);
}

const char *dvfo_rig_sensors_name(const struct dvfo_rig_sensors *sensors, size_t rail)
{
    return sensors->rapl.count > 0 ? sensors->rapl.zone[rail].name : sensors->hardware->rail[rail].name;
}

/* @return power of the whole [W]; NaN with the reason in `ctx` */
static double read_rails(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, double rail_w[DVFO_RAILS_MAX])
{
    double module_w = NAN;
    for (size_t i = 0; i < hardware->rail_count; i++) {
        const bool whole = &hardware->rail[i] == hardware->module_rail;
        if (dvfo_rails_read(whole ? ctx : NULL, &hardware->sysfs, &hardware->rail[i], &rail_w[i]) != DVFO_OK) {
            rail_w[i] = NAN;
        }
        module_w = whole ? rail_w[i] : module_w;
    }
    return module_w;
}

/* @return energy of the whole since the reading before [J]; NaN with the reason in `ctx` */
static double read_counters(struct dvfo_ctx *ctx, struct dvfo_rapl *rapl, double time_s, double rail_j[DVFO_RAILS_MAX])
{
    double before_j[DVFO_RAPL_MAX_ZONES], module_j = 0.0;
    for (size_t i = 0; i < rapl->count; i++) {
        before_j[i] = rapl->zone[i].energy_j;
    }
    if (dvfo_rapl_read(ctx, rapl) != DVFO_OK) {
        return NAN;
    }
    for (size_t i = 0; i < rapl->count; i++) {
        rail_j[i] = rapl->zone[i].energy_j - before_j[i];
        module_j += rail_j[i];
    }
    if (module_j > MOST_W * fmax(time_s, DVFO_RIG_HOLD_S)) {
        (void)dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: counted %.6g J in %.3g s, which no machine draws: it began anew",
                        rapl->zone[0].energy, module_j, time_s);
        return NAN;
    }
    return module_j;
}

static void tell(struct dvfo_ctx *ctx, struct dvfo_rig_sensors *sensors, struct dvfo_rig_told *told, bool lost,
                 const char *reason)
{
    char sentence[DVFO_RIG_NEWS_SIZE];
    if (lost == sensors->lost) {
        return;
    }
    sensors->lost = lost;
    snprintf(sentence, sizeof sentence, "%.400s%s", lost ? reason : "power can be read again",
             lost ? "; no energy is measured until it can be read again" : "");
    if (dvfo_rig_told_first(told, sentence)) {
        dvfo_note(ctx, "%s", sentence);
    }
}

void dvfo_rig_sensors_read(struct dvfo_ctx *ctx, struct dvfo_rig_sensors *sensors, struct dvfo_rig_told *told,
                           double now_s, struct dvfo_rig_account *account)
{
    struct dvfo_ctx own = {.message = ""};
    double rail[DVFO_RAILS_MAX] = {0}, module = NAN;
    if (sensors->rapl.count > 0) {
        module = read_counters(&own, &sensors->rapl, now_s - account->counted_s, rail);
        dvfo_rig_account_energy(account, now_s, module, rail);
    } else {
        module = read_rails(&own, sensors->hardware, rail);
        dvfo_rig_account_power(account, now_s, module, rail);
    }
    if (sensors->power) {
        tell(ctx, sensors, told, isnan(module), own.message);
    }
}

double dvfo_rig_sensors_hottest_c(const struct dvfo_hardware *hardware)
{
    double hottest_c = NAN;
    for (size_t i = 0; i < hardware->zone_count; i++) {
        const double zone_c = dvfo_hardware_temperature_c(hardware, i);
        if (zone_c > COLDEST_C && zone_c <= HOTTEST_C) { /* false for NaN */
            hottest_c = fmax(hottest_c, zone_c);
        }
    }
    return hottest_c;
}
