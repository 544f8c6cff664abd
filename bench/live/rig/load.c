#include "bench/live/rig/load.h"

#include <math.h>
#include <string.h>

#define FADE_S 0.1

struct dvfo_rig_load dvfo_rig_load_begin(const struct dvfo_hardware *hardware, double now_s)
{
    struct dvfo_rig_load load = {.host = hardware->type->module_rail == NULL, .at_s = now_s};
    load.told[DVFO_CPU] = dvfo_cores_read(&hardware->sysfs, load.core_s) > 0;
    load.told[DVFO_GPU] = load.host ? load.told[DVFO_CPU] : !isnan(dvfo_hardware_gpu_load(hardware));
    return load;
}

/* A core's work since its last reading; one that was off or whose count goes back adds nothing. */
static double worked_s(double before_s, double now_s)
{
    return now_s > before_s ? now_s - before_s : 0.0; /* false for NaN */
}

/* @return what the core that is busiest lately has worked since the reading before */
static double busiest_s(struct dvfo_rig_load *load, double time_s, const double core_s[DVFO_CORES_MAX])
{
    const double fade = exp(-time_s / FADE_S);
    size_t busiest = 0;
    for (size_t i = 0; i < DVFO_CORES_MAX; i++) {
        load->recent[i] = load->recent[i] * fade + worked_s(load->core_s[i], core_s[i]);
        busiest = load->recent[i] > load->recent[busiest] ? i : busiest;
    }
    return worked_s(load->core_s[busiest], core_s[busiest]);
}

void dvfo_rig_load_add(struct dvfo_rig_load *load, double now_s, const double core_s[DVFO_CORES_MAX], double gpu_load)
{
    const double time_s = fmax(now_s - load->at_s, 0.0), cpu_s = busiest_s(load, time_s, core_s);
    load->busy_s[DVFO_CPU] += cpu_s;
    load->busy_s[DVFO_GPU] += load->host ? cpu_s : isnan(gpu_load) ? 0.0 : gpu_load * time_s;
    memcpy(load->core_s, core_s, sizeof load->core_s);
    load->at_s = now_s;
}

void dvfo_rig_load_read(struct dvfo_rig_load *load, const struct dvfo_hardware *hardware, double now_s)
{
    double core_s[DVFO_CORES_MAX];
    (void)dvfo_cores_read(&hardware->sysfs, core_s);
    dvfo_rig_load_add(load, now_s, core_s, dvfo_hardware_gpu_load(hardware));
}
