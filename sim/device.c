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
    dvfo_scenario_power_at(scenario, level, &device->power);
}

/* The job in flight at the clocks in force. */
static struct dvfo_work work_of_job(const struct dvfo_device *device)
{
    const struct dvfo_job *job = &device->job;
    return job->on_cpu ? dvfo_scenario_cpu_work(device->scenario, job->cycles, device->level)
                       : dvfo_scenario_work(device->scenario, job->stage, job->index, device->level);
}

/* The inside of a network job; it matters only where one is cut. */
static const struct dvfo_schedule *inside_of_job(const struct dvfo_device *device)
{
    return dvfo_scenario_schedule(device->scenario, device->job.stage, device->job.index, device->level);
}

/* A network job stands at `done_s`, from `near` its piece isn't far. */
static void stand_at(struct dvfo_device *device, const struct dvfo_schedule *inside, size_t near, double done_s)
{
    device->done_s = done_s;
    device->piece = dvfo_schedule_piece_at(inside, near, done_s);
    device->done_busy = dvfo_schedule_busy_in(inside, device->piece, done_s);
}

void dvfo_device_begin(struct dvfo_device *device, const struct dvfo_job *job)
{
    DVFO_REQUIRE(!device->working);
    device->working = true;
    device->job = *job;
    device->whole = work_of_job(device);
    device->done_s = 0.0;
    device->done_busy = (struct dvfo_busy){{0}};
    device->piece = 0;
}

void dvfo_device_turn_into(struct dvfo_device *device, const struct dvfo_job *job)
{
    DVFO_REQUIRE(device->working && !device->job.on_cpu && !job->on_cpu);
    device->job = *job;
    device->whole = work_of_job(device);
    DVFO_REQUIRE(device->done_s <= device->whole.time_s);
    stand_at(device, inside_of_job(device), 0, device->done_s);
}

bool dvfo_device_is_stalled(const struct dvfo_device *device, double now_s)
{
    return now_s < device->stalled_until_s;
}

double dvfo_device_remaining_s(const struct dvfo_device *device, double now_s)
{
    DVFO_REQUIRE(device->working);
    return fmax(device->stalled_until_s - now_s, 0.0) + fmax(device->whole.time_s - device->done_s, 0.0);
}

/* The job in flight goes on to a point of it; how busy it was on the way comes back. */
static struct dvfo_busy advance_job(struct dvfo_device *device, double to_s)
{
    const double from_s = device->done_s;
    const bool to_end = to_s >= device->whole.time_s;
    device->done_s = to_s;
    if (from_s == 0.0 && to_end) {
        device->done_busy = device->whole.busy;
        return device->whole.busy;
    }
    if (device->job.on_cpu) {
        return (struct dvfo_busy){.s = {[DVFO_CPU] = to_s - from_s}};
    }
    struct dvfo_busy busy = device->done_busy;
    if (to_end) {
        device->done_busy = device->whole.busy;
    } else {
        stand_at(device, inside_of_job(device), device->piece, to_s);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        busy.s[d] = device->done_busy.s[d] - busy.s[d];
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
    if (done_s >= device->whole.time_s - rounding_s(device->whole.time_s, to_s)) {
        done_s = device->whole.time_s;
    }
    busy = advance_job(device, done_s);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        device->busy_s[d] += busy.s[d];
    }
    return busy;
}

void dvfo_device_finish(struct dvfo_device *device, double now_s)
{
    DVFO_REQUIRE(device->working && device->done_s >= device->whole.time_s - rounding_s(device->whole.time_s, now_s));
    device->working = false;
}

/* The job in flight meets a new clock: Eq. (5). */
static void rescale_job(struct dvfo_device *device, dvfo_domain domain, int level)
{
    const double length_before_s = device->whole.time_s, done_before_s = device->done_s;
    const bool inside = !device->job.on_cpu && done_before_s > 0.0;
    const struct dvfo_schedule *before = inside ? inside_of_job(device) : NULL;
    device->level[domain] = level;
    device->whole = work_of_job(device);
    if (inside) {
        const struct dvfo_schedule *now = inside_of_job(device);
        const size_t piece = dvfo_schedule_piece_at(before, device->piece, done_before_s);
        stand_at(device, now, piece, dvfo_schedule_rescale_in_s(before, now, piece, done_before_s));
    } else if (length_before_s > 0.0) {
        device->done_s = done_before_s * device->whole.time_s / length_before_s;
    }
}

void dvfo_device_set_clock(struct dvfo_device *device, dvfo_domain domain, int level, double now_s)
{
    if (device->working) {
        rescale_job(device, domain, level);
        const double stall_s = dvfo_scenario_def_of(device->scenario)->board->clock[domain].stall_s.value;
        device->stalled_until_s = fmax(device->stalled_until_s, now_s + stall_s);
    }
    device->level[domain] = level;
    dvfo_scenario_power_at(device->scenario, device->level, &device->power);
}
