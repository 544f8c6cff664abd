#include "profiles/host/host_power.h"

#include <math.h>
#include <string.h>

/* What feeds the whole module; where none is named so, the sum of all rails stands for it. */
static bool is_module(const char *rail)
{
    return strcmp(rail, "VDD_IN") == 0 || strcmp(rail, "POM_5V_IN") == 0;
}

static void keep_module_alone(struct dvfo_host_power *power)
{
    for (size_t i = 0; i < power->rail_count; i++) {
        if (is_module(power->rail[i].name)) {
            power->rail[0] = power->rail[i];
            power->rail_count = 1;
        }
    }
}

static void name_sensor(struct dvfo_host_power *power)
{
    const bool counters = power->rapl.count > 0;
    const size_t count = counters ? power->rapl.count : power->rail_count;
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(power->sensor);
        snprintf(power->sensor + used, sizeof power->sensor - used, "%s%s",
                 i > 0      ? ", "
                 : counters ? "RAPL "
                            : "rail ",
                 counters ? power->rapl.zone[i].name : power->rail[i].name);
    }
}

struct dvfo_host_power dvfo_host_power_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs)
{
    struct dvfo_host_power power = {.sysfs = sysfs, .rapl = dvfo_rapl_open(sysfs)};
    if (power.rapl.count == 0) {
        power.rail_count = dvfo_rails_find(ctx, sysfs, power.rail);
        keep_module_alone(&power);
    }
    name_sensor(&power);
    return power;
}

dvfo_status dvfo_host_power_begin(struct dvfo_ctx *ctx, struct dvfo_host_power *power, double now_s,
                                  struct dvfo_host_power_mean *out)
{
    *out = (struct dvfo_host_power_mean){.begun_s = now_s};
    DVFO_TRY(dvfo_host_power_read(ctx, power, out));
    out->begun_j = dvfo_rapl_energy_j(&power->rapl);
    return DVFO_OK;
}

dvfo_status dvfo_host_power_read(struct dvfo_ctx *ctx, struct dvfo_host_power *power, struct dvfo_host_power_mean *mean)
{
    DVFO_TRY(dvfo_rapl_read(ctx, &power->rapl));
    double sum_w = 0.0;
    for (size_t i = 0; i < power->rail_count; i++) {
        double power_w = 0.0;
        DVFO_TRY(dvfo_rails_read(ctx, power->sysfs, &power->rail[i], &power_w));
        sum_w += power_w;
    }
    mean->sum_w += sum_w;
    mean->readings++;
    return DVFO_OK;
}

double dvfo_host_power_mean_w(const struct dvfo_host_power *power, const struct dvfo_host_power_mean *mean,
                              double now_s)
{
    const double time_s = now_s - mean->begun_s, counted_j = dvfo_rapl_energy_j(&power->rapl) - mean->begun_j;
    const double mean_w = power->rapl.count > 0   ? counted_j / time_s
                          : power->rail_count > 0 ? mean->sum_w / (double)mean->readings
                                                  : 0.0;
    return mean_w > 0.0 ? mean_w : NAN;
}
