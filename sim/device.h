/* The device: three clock domains, and the one piece of work in flight.
 *
 * It knows nothing of events. The simulation begins work, asks how long it still takes, advances it to the time of the
 * next event (and gets back how busy the domains were), and tells when a clock takes effect. A clock that changes in
 * the middle of a piece of work rescales what is left, layer by layer: Eq. (5). */
#ifndef DVFO_DEVICE_H
#define DVFO_DEVICE_H

#include "sim/ledger.h"
#include "sim/scenario.h"

/* A piece of work: a stage of the network, or cycles on one CPU core. */
struct dvfo_job {
    bool on_cpu;
    dvfo_stage stage; /* of a network job */
    int index;
    double cycles; /* of a CPU job */
};

struct dvfo_device {
    struct dvfo_scenario *scenario; /* borrowed */
    int level[DVFO_DOMAINS];        /* clocks in force */
    struct dvfo_clocks clocks;      /* the same as frequencies */
    struct dvfo_power power;        /* Eq. (2) at these clocks */
    bool working;
    struct dvfo_job job;
    const struct dvfo_schedule *schedule; /* of a network job at the clocks in force; NULL for one on the CPU */
    double length_s;                      /* of the job at the clocks in force */
    double done_s;                        /* of that, behind us */
    struct dvfo_busy done_busy;           /* of a network job, until then */
    size_t piece;                         /* of the schedule, near the one in which done_s lies */
    double stalled_until_s;               /* work stands still until then */
    double busy_s[DVFO_DOMAINS];          /* counters of dvfo_observation */
    struct dvfo_sum cycles[DVFO_DOMAINS]; /* integrals of the clocks, for time-weighted means */
    struct dvfo_sum time_s;               /* integral of time, the same way */
};

/** @param level  clocks in force at the start */
void dvfo_device_init(struct dvfo_device *device, struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS]);

/** Begin a piece of work; the device must be free. */
void dvfo_device_begin(struct dvfo_device *device, const struct dvfo_job *job);

/** The work in flight turns out to be another that begins with the same layers: it goes on from where it stands. */
void dvfo_device_turn_into(struct dvfo_device *device, const struct dvfo_job *job);

static inline bool dvfo_device_is_stalled(const struct dvfo_device *device, double now_s)
{
    return now_s < device->stalled_until_s;
}

/** Time until the work in flight ends if nothing changes, a stall included [s]. */
static inline double dvfo_device_remaining_s(const struct dvfo_device *device, double now_s)
{
    DVFO_REQUIRE(device->working);
    const double stall_s = device->stalled_until_s - now_s, left_s = device->length_s - device->done_s;
    return (stall_s > 0.0 ? stall_s : 0.0) + (left_s > 0.0 ? left_s : 0.0);
}

/* A job's end is met up to the rounding of event times, which grows with the time on the clock. */
static inline double dvfo_device_rounding_s(double length_s, double now_s)
{
    return 1e-9 * length_s + 1e-14 * now_s;
}

/* A network job stands at `done_s`; its piece is looked for from the one it was in. */
static inline void dvfo_device_stand_at(struct dvfo_device *device, double done_s)
{
    device->done_s = done_s;
    device->piece = dvfo_schedule_piece_at(device->schedule, device->piece, done_s);
    device->done_busy = dvfo_schedule_busy_in(device->schedule, device->piece, done_s);
}

/* The job in flight goes on to a point of it; how busy it was on the way comes back. */
static inline struct dvfo_busy dvfo_device_advance_job(struct dvfo_device *device, double to_s)
{
    const double from_s = device->done_s;
    if (device->schedule == NULL) {
        device->done_s = to_s;
        return (struct dvfo_busy){.s = {[DVFO_CPU] = to_s - from_s}};
    }
    struct dvfo_busy busy = device->done_busy;
    if (to_s >= device->length_s) {
        device->done_s = to_s;
        device->done_busy = device->schedule->total;
    } else {
        dvfo_device_stand_at(device, to_s);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        busy.s[d] = device->done_busy.s[d] - busy.s[d];
    }
    return busy;
}

/** Count an interval for the time-weighted means of the clocks. */
static inline void dvfo_device_count(struct dvfo_device *device, double dt_s)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        dvfo_sum_add(&device->cycles[d], dt_s * device->clocks.hz[d]);
    }
    dvfo_sum_add(&device->time_s, dt_s);
}

/** Go from `from_s` to `to_s`, which must not cross the end of a stall; integrals of u over the interval come back. */
static inline struct dvfo_busy dvfo_device_advance(struct dvfo_device *device, double from_s, double to_s)
{
    const double dt_s = to_s - from_s;
    struct dvfo_busy busy = {{0.0, 0.0, 0.0}};
    if (!device->working || dvfo_device_is_stalled(device, from_s)) {
        return busy;
    }
    double done_s = device->done_s + dt_s;
    if (done_s >= device->length_s - dvfo_device_rounding_s(device->length_s, to_s)) {
        done_s = device->length_s;
    }
    busy = dvfo_device_advance_job(device, done_s);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        device->busy_s[d] += busy.s[d];
    }
    return busy;
}

/** The work in flight is done, up to the rounding of the clock. */
void dvfo_device_finish(struct dvfo_device *device, double now_s);

/** A clock takes effect now; work in flight is rescaled and stands still for the domain's stall. */
void dvfo_device_set_clock(struct dvfo_device *device, dvfo_domain domain, int level, double now_s);

#endif
