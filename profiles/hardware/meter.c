#include "profiles/hardware/meter.h"

#include <math.h>
#include <string.h>

void dvfo_mean_add(struct dvfo_mean *mean, double value)
{
    const double off = value - mean->mean;
    mean->n++;
    mean->mean += off / (double)mean->n;
    mean->squares += off * (value - mean->mean);
}

double dvfo_mean_of(const struct dvfo_mean *mean)
{
    return mean->n > 0 ? mean->mean : NAN;
}

double dvfo_mean_spread(const struct dvfo_mean *mean)
{
    return mean->n > 1 ? sqrt(mean->squares / (double)(mean->n - 1)) : NAN;
}

struct dvfo_meter dvfo_meter_begin(const struct dvfo_hardware *hardware)
{
    return (struct dvfo_meter){.hardware = hardware, .cpu_begun = dvfo_hardware_cpu_time(hardware), .cpu_busy = NAN};
}

dvfo_status dvfo_meter_read(struct dvfo_ctx *ctx, struct dvfo_meter *meter)
{
    const struct dvfo_hardware *hardware = meter->hardware;
    for (size_t i = 0; i < hardware->rail_count; i++) {
        double power_w = 0.0;
        const dvfo_status status = dvfo_rails_read(ctx, &hardware->sysfs, &hardware->rail[i], &power_w);
        if (status == DVFO_BAD_INPUT) {
            return status;
        }
        if (status == DVFO_OK) {
            dvfo_mean_add(&meter->rail_w[i], power_w);
        }
    }
    const double load = dvfo_hardware_gpu_load(hardware);
    if (!isnan(load)) {
        dvfo_mean_add(&meter->gpu_load, load);
    }
    meter->cpu_busy = dvfo_hardware_cpu_busy(hardware, meter->cpu_begun, dvfo_hardware_cpu_time(hardware));
    return DVFO_OK;
}

const struct dvfo_mean *dvfo_meter_rail(const struct dvfo_meter *meter, const char *name)
{
    for (size_t i = 0; i < meter->hardware->rail_count; i++) {
        if (strcmp(meter->hardware->rail[i].name, name) == 0) {
            return &meter->rail_w[i];
        }
    }
    return NULL;
}
