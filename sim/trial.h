/* A trial: one (board, network, policy, trace, workload, seed, ...) and what came out.
 *
 * An experiment is an array of these; dvfo_trial_run() is a function from the first half to the second. Trials share
 * only constant data (boards, networks, traces), so any number can run side by side. */
#ifndef DVFO_TRIAL_H
#define DVFO_TRIAL_H

#include <signal.h>

#include "sim/ledger.h"
#include "sim/probe.h"
#include "sim/scenario.h"
#include "sim/workload.h"
#include "traces/trace.h"

/* What the device does while a policy decides, Eq. (10): go on under the action before ("thinking while moving"), or
 * wait. */
typedef enum dvfo_mode { DVFO_CONCURRENT, DVFO_BLOCKING } dvfo_mode;

/* Results. Means are per finished request unless named otherwise. */
struct dvfo_trial_results {
    long requests;                 /* finished */
    long timeouts;                 /* of these, ended locally after a timeout */
    long placed[DVFO_PLACE_COUNT]; /* of these, by placement decided */
    double time_s;                 /* simulated */
    double last_arrival_s;         /* of the requests that came */
    double trace_window_s;         /* stretch of the trace that requests met, from its beginning */
    double trace_mean_bps;         /* mean rate over that stretch */
    double energy_j;               /* total / requests, gap included */
    double latency_s, latency_p50_s, latency_p95_s, latency_p99_s;
    double power_w;        /* energy of the whole device / time */
    double module_power_w; /* the same without the radio: what the board's own sensors show */
    double cost_j;         /* Eq. (9) of energy_j and latency_s */
    double accuracy;       /* share of answers that were right; NaN without an accuracy profile */
    double accuracy_loss;  /* percentage points below the full network on the same inputs; NaN likewise */
    double share;          /* mean share sent */
    double uplink_byte;
    double hz[DVFO_DOMAINS];          /* time-weighted mean clocks */
    size_t rails;                     /* of rail_j: the board's, then "other", then "radio" */
    double rail_j[DVFO_LEDGER_RAILS]; /* totals over the run */
    double cause_j[DVFO_CAUSE_COUNT];
    double gap_j, request_j;
    double balance_error; /* relative disagreement of the sums; a bug if above 1e-9 */
    double temperature_c; /* at the end; NaN when the thermal model is off */
    dvfo_energy_source energy_source;
    uint64_t events;
};

struct dvfo_trial {
    /* parameters */
    struct dvfo_scenario_def scenario;
    const struct dvfo_policy_type *policy;
    const char *policy_argument;    /* after the ':' of --policy, or NULL; borrowed */
    void *policy_user;              /* what a policy of a caller's own acts by; NULL: none; borrowed */
    const struct dvfo_trace *trace; /* borrowed */
    struct dvfo_workload workload;  /* closed loop, 1000 requests */
    uint64_t seed, index;           /* of all random streams: 1, 0 */
    bool paired;                    /* closed loop: request i meets the trace from i * mean edge-only latency at
                                       maximum clocks on, whatever the policy; true */
    dvfo_accuracy_part part;        /* of the accuracy profile, that inputs are drawn from: test */
    bool thermal;                   /* Eq. (4): temperature caps clocks; false */
    double trace_from_s;            /* where in the trace the first request starts [s]; 0 */
    bool decision_own;     /* t_AS of Eq. (10) is what the policy says of itself (most: nothing); true. Else: */
    double decision_s;     /* what a decision takes on one CPU core at its top clock ... */
    double decision_share; /* ... and in addition this share of an edge-only request at the top clocks */
    dvfo_mode mode;        /* what the device does meanwhile: concurrent */
    const struct dvfo_probe *probe;    /* NULL: nobody watches */
    struct dvfo_scenario *made;        /* the scenario, already made of the definition above: trials of one thread
                                          share its kept costs; NULL: made for this trial. Borrowed */
    const volatile sig_atomic_t *stop; /* becomes non-zero to end early; may be NULL */
    /* results */
    struct dvfo_trial_results results;
};

struct dvfo_trial dvfo_trial_default(void);

/** Run it. @return DVFO_INTERRUPTED when stopped early: results then cover the requests that finished */
dvfo_status dvfo_trial_run(struct dvfo_ctx *ctx, struct dvfo_trial *trial);

#endif
