/* The inside of a simulation, shared by the files that make it: simulation.c (requests, the device, the policy),
 * simulation_decision.c (when decisions take hold), simulation_clocks.c (clocks and heat), simulation_remote.c (link
 * and cloud). Nobody else includes this. */
#ifndef DVFO_SIMULATION_STATE_H
#define DVFO_SIMULATION_STATE_H

#include "sim/cloud.h"
#include "sim/link.h"
#include "sim/narrator.h"
#include "sim/sample.h"
#include "sim/simulation.h"
#include "sim/tally.h"

struct dvfo_simulation {
    const struct dvfo_trial *trial; /* borrowed */
    struct dvfo_scenario *scenario; /* borrowed */
    const struct dvfo_scenario_def *def;
    double trace_stride_s;
    struct dvfo_event_queue *queue;
    double now_s; /* the queue's, as of the latest dvfo_simulation_charge */
    struct dvfo_device device;
    struct dvfo_cloud cloud;
    struct dvfo_ledger ledger;
    bool accounts; /* kept, in ledger, clocks and percentiles: results will be asked for, not only sums over requests */
    gsl_rng *arrival_rng;
    struct dvfo_samples samples;         /* what the requests' inputs are like */
    double importance[DVFO_IMPORTANCES]; /* of the request whose channels attention ranked last */
    void *policy_state;
    bool policy_ready; /* init succeeded: release is due */

    struct dvfo_requests requests; /* in the system */
    struct dvfo_link link;
    uint32_t on_device; /* whose step runs, DVFO_NO_REQUEST when the device is free */
    uint32_t undecided; /* taken up, but waits for its decision; DVFO_NO_REQUEST when none does */
    int awaited;        /* answers the radio listens for */
    long arrived;
    double last_arrival_s;
    bool done, out_of_memory;

    double charged_until_s;
    int asked[DVFO_DOMAINS];       /* levels that the policy asked for last */
    int changing_to[DVFO_DOMAINS]; /* of the changes under way */
    dvfo_event_id change_event[DVFO_DOMAINS], job_event;
    struct dvfo_narrator narrator;
    double job_since_s; /* for the narrator */
    double temperature_c;
    int thermal_cap; /* levels taken off the top of CPU and GPU */

    double decision_cycles;       /* of one decision, on the CPU; 0: decisions are free */
    struct dvfo_decision acting;  /* the action in force, Eq. (10) */
    struct dvfo_decision ended;   /* that of the request that ended last */
    struct dvfo_decision thought; /* the decision under way, when there is one */
    int asked_then[DVFO_DOMAINS]; /* when it was made, or that of the request that waits for its own */
    bool thinking;
    uint32_t thought_for;   /* slot of the request that it was made for ... */
    long thought_for_index; /* ... if that is still this request */

    long transfers;                                      /* that ended */
    double bandwidth_trace_s;                            /* where in the trace the last of them ended */
    double bandwidth_bps, last_latency_s, last_energy_j; /* what policies see */
    struct dvfo_tally tally;
};

/* Order of events at one instant: clocks change before work ends, an answer comes before the timeout that waits for it,
 * and a governor looks last. */
enum {
    PRIORITY_CHANGE = -2,
    PRIORITY_JOB = -1,
    PRIORITY_NETWORK = 0,
    PRIORITY_TIMEOUT = 1,
    PRIORITY_ARRIVAL = 2,
    PRIORITY_TICK = 3
};

static inline double dvfo_simulation_now_s(const struct dvfo_simulation *sim)
{
    return sim->now_s;
}

static inline struct dvfo_request *dvfo_simulation_request(const struct dvfo_simulation *sim, uint32_t slot)
{
    return &sim->requests.slot[slot];
}

/* simulation.c */

/** Schedule an action of the simulation `delay_s` from now. */
dvfo_event_id dvfo_simulation_schedule(struct dvfo_simulation *sim, double delay_s, int priority,
                                       dvfo_event_action action, uint64_t argument);

/** Memory is out: the run ends and says so. */
void dvfo_simulation_give_up(struct dvfo_simulation *sim);

/** Charge everything up to the present, Eq. (3); every handler begins with this. */
void dvfo_simulation_charge(struct dvfo_simulation *sim);

/** The work in flight ends at another time than was thought. */
void dvfo_simulation_reschedule_job(struct dvfo_simulation *sim);

/** A free device takes the oldest request that has something for it. */
void dvfo_simulation_dispatch(struct dvfo_simulation *sim);

/** The request's next step waits for the device from now on. */
void dvfo_simulation_go_on(struct dvfo_simulation *sim, uint32_t slot, dvfo_request_step next);

/** If both branches are there: fuse, or end when one side answers alone, Eq. (8). */
void dvfo_simulation_try_join(struct dvfo_simulation *sim, uint32_t slot);

/** The remote answer was given up: the rest is computed here, unless a little network has answered already. */
void dvfo_simulation_end_locally(struct dvfo_simulation *sim, uint32_t slot);

/* simulation_decision.c: Eq. (10) */

/** The device takes a request up.
 *  @return false when it waits for its decision: dvfo_simulation_take comes next, and at this instant */
bool dvfo_simulation_start(struct dvfo_simulation *sim, uint32_t slot);

/** The decision for a request that was taken up: it holds at once or in a while; the request's first step is set. */
void dvfo_simulation_take(struct dvfo_simulation *sim, uint32_t slot, const struct dvfo_decision *decision);

/** A blocking decision is there: the request goes on with what was decided. */
void dvfo_simulation_decided(struct dvfo_simulation *sim, uint32_t slot);

/** What the policy sees now: on a tick, and for the request that waits for its decision. */
struct dvfo_observation dvfo_simulation_observe_tick(const struct dvfo_simulation *sim);
struct dvfo_observation dvfo_simulation_observe_undecided(const struct dvfo_simulation *sim);

/* simulation_clocks.c */

/** Begin a change towards what was asked for, unless one is under way: that one lands first, at its own time. */
void dvfo_simulation_ask_for_clocks(struct dvfo_simulation *sim, const int level[DVFO_DOMAINS]);

/** Clocks hold at once: the board is handed over at those of the first decision, and no change is charged to it. */
void dvfo_simulation_settle_clocks(struct dvfo_simulation *sim, const int level[DVFO_DOMAINS]);

/** Look at the temperature from now on. */
void dvfo_simulation_watch_heat(struct dvfo_simulation *sim);

/* simulation_remote.c */

/** Send what the request's decision sends, Eq. (6). */
void dvfo_simulation_hand_over(struct dvfo_simulation *sim, uint32_t slot);

#endif
