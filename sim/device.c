#include "sim/device.h"

#include <math.h>
#include <string.h>

/* A job's end is met up to the rounding of event times, which grows with the time on the clock. */
static double rounding_s(double length_s, double now_s)
{
    return 1e-9 * length_s + 1e-14 * now_s;
}

void dvfo_device_init(struct dvfo_device *device, struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS])
{
    *device = (struct dvfo_device){.scenario = scenario, .stalled_until_s = -INFINITY};
    memcpy(device->level, level, sizeof device->level);
    device->power = dvfo_scenario_power(scenario, level);
}

/* Length of the job in flight at the clocks in force. */
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
    measure_job(device);
}

void dvfo_device_turn_into(struct dvfo_device *device, const struct dvfo_job *job)
{
    DVFO_REQUIRE(device->working && !device->job.on_cpu && !job->on_cpu);
    device->job = *job;
    measure_job(device);
    DVFO_REQUIRE(device->done_s <= device->length_s);
}

bool dvfo_device_is_stalled(const struct dvfo_device *device, double now_s)
{
    return now_s < device->stalled_until_s;
}

double dvfo_device_remaining_s(const struct dvfo_device *device, double now_s)
{
    DVFO_REQUIRE(device->working);
    return fmax(device->stalled_until_s - now_s, 0.0) + fmax(device->length_s - device->done_s, 0.0);
}

/* Busyness of the job in flight between two points of it. */
static struct dvfo_busy job_busy(const struct dvfo_device *device, double from_s, double to_s)
{
    if (device->schedule == NULL) {
        return (struct dvfo_busy){.s = {[DVFO_CPU] = to_s - from_s}};
    }
    const bool to_end = to_s >= device->length_s;
    if (from_s == 0.0 && to_end) {
        return device->schedule->total;
    }
    struct dvfo_busy busy = to_end ? device->schedule->total : dvfo_schedule_busy_until(device->schedule, to_s);
    const struct dvfo_busy before = dvfo_schedule_busy_until(device->schedule, from_s);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        busy.s[d] -= before.s[d];
    }
    return busy;
}

struct dvfo_busy dvfo_device_advance(struct dvfo_device *device, double from_s, double to_s)
{
    const double dt_s = to_s - from_s;
    const struct dvfo_board *board = dvfo_scenario_def_of(device->scenario)->board;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        dvfo_sum_add(&device->cycles[d], dt_s * board->clock[d].level_hz[device->level[d]]);
    }
    dvfo_sum_add(&device->time_s, dt_s);
    struct dvfo_busy busy = {{0.0, 0.0, 0.0}};
    if (!device->working || dvfo_device_is_stalled(device, from_s)) {
        return busy;
    }
    double done_s = device->done_s + dt_s;
    if (done_s >= device->length_s - rounding_s(device->length_s, to_s)) {
        done_s = device->length_s;
    }
    busy = job_busy(device, device->done_s, done_s);
    device->done_s = done_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        device->busy_s[d] += busy.s[d];
    }
    return busy;
}

void dvfo_device_finish(struct dvfo_device *device, double now_s)
{
    DVFO_REQUIRE(device->working && device->done_s >= device->length_s - rounding_s(device->length_s, now_s));
    device->working = false;
}

void dvfo_device_set_clock(struct dvfo_device *device, dvfo_domain domain, int level, double now_s)
{
    const struct dvfo_schedule *before = device->schedule;
    const double length_before_s = device->length_s;
    device->level[domain] = level;
    device->power = dvfo_scenario_power(device->scenario, device->level);
    if (!device->working) {
        return;
    }
    measure_job(device);
    device->done_s = before != NULL ? dvfo_schedule_rescale_s(before, device->schedule, device->done_s) /* Eq. (5) */
                     : length_before_s > 0.0 ? device->done_s * device->length_s / length_before_s
                                             : 0.0;
    const double stall_s = dvfo_scenario_def_of(device->scenario)->board->clock[domain].stall_s.value;
    device->stalled_until_s = fmax(device->stalled_until_s, now_s + stall_s);
}
