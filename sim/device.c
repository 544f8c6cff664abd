#include "sim/device.h"

#include <math.h>

static void take_level(struct dvfo_device *device, int domain, int level)
{
    device->level[domain] = level;
    device->clocks = dvfo_scenario_clocks(device->scenario, device->level);
    dvfo_scenario_power_at(device->scenario, device->level, &device->power);
}

void dvfo_device_init(struct dvfo_device *device, struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS])
{
    *device = (struct dvfo_device){.scenario = scenario, .stalled_until_s = -INFINITY};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        take_level(device, d, level[d]);
    }
}

/* Schedule and length of the job in flight at the clocks in force. */
static void measure_job(struct dvfo_device *device)
{
    const struct dvfo_job *job = &device->job;
    if (job->on_cpu) {
        device->schedule = NULL;
        device->length_s = dvfo_scenario_cpu_work(device->scenario, job->cycles, device->level).time_s;
    } else {
        device->schedule = dvfo_scenario_schedule(device->scenario, job->stage, job->index, device->level);
        device->length_s = device->schedule->time_s;
    }
}

void dvfo_device_begin(struct dvfo_device *device, const struct dvfo_job *job)
{
    DVFO_REQUIRE(!device->working);
    device->working = true;
    device->job = *job;
    device->done_s = 0.0;
    device->done_busy = (struct dvfo_busy){{0}};
    device->piece = 0;
    measure_job(device);
}

void dvfo_device_turn_into(struct dvfo_device *device, const struct dvfo_job *job)
{
    DVFO_REQUIRE(device->working && !device->job.on_cpu && !job->on_cpu);
    device->job = *job;
    device->piece = 0;
    measure_job(device);
    DVFO_REQUIRE(device->done_s <= device->length_s);
    dvfo_device_stand_at(device, device->done_s);
}

void dvfo_device_finish(struct dvfo_device *device, double now_s)
{
    DVFO_REQUIRE(device->working &&
                 device->done_s >= device->length_s - dvfo_device_rounding_s(device->length_s, now_s));
    device->working = false;
}

/* The job in flight meets the clocks now in force: Eq. (5). */
static void rescale_job(struct dvfo_device *device)
{
    const struct dvfo_schedule *before = device->schedule;
    const double length_before_s = device->length_s;
    measure_job(device);
    if (before != NULL) {
        device->piece = dvfo_schedule_piece_at(before, device->piece, device->done_s);
        dvfo_device_stand_at(device,
                             dvfo_schedule_rescale_in_s(before, device->schedule, device->piece, device->done_s));
    } else if (length_before_s > 0.0) {
        device->done_s = device->done_s * device->length_s / length_before_s;
    }
}

void dvfo_device_set_clock(struct dvfo_device *device, dvfo_domain domain, int level, double now_s)
{
    take_level(device, (int)domain, level);
    if (device->working) {
        rescale_job(device);
        const double stall_s = dvfo_scenario_def_of(device->scenario)->board->clock[domain].stall_s.value;
        device->stalled_until_s = fmax(device->stalled_until_s, now_s + stall_s);
    }
}
