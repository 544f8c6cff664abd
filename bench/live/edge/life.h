/* The inside of a live world, shared by the files that make it: live.c (what is opened), live_trial.c (a trial from
 * its beginning to its results, what policies see and decide), live_request.c (the steps of a request). Nobody else
 * includes this. */
#ifndef DVFO_LIFE_H
#define DVFO_LIFE_H

#include <pthread.h>

#include "bench/live/edge/charges.h"
#include "bench/live/edge/counters.h"
#include "bench/live/edge/edge_network.h"
#include "bench/live/edge/live.h"
#include "bench/live/edge/mind.h"
#include "bench/live/uplink/shaper.h"
#include "bench/live/uplink/uplink.h"
#include "sim/narrator.h"
#include "sim/sample.h"
#include "sim/simulation.h"
#include "sim/tally.h"

struct dvfo_live {
    struct dvfo_live_def def;
    struct dvfo_edge_network *network; /* NULL: a command runs */
    struct dvfo_images images;
    signed char *full_right; /* (images) is the full network right about it? -1: not known yet */
    struct dvfo_rig *rig;
    struct dvfo_shaper *shaper; /* NULL: the link isn't shaped */
    double frame_extra_byte;    /* that the shaped link counts beside each frame */
    struct dvfo_uplink *uplink; /* NULL: nothing can be sent */
    float *remote;              /* (K) logits of the cloud */
    uint64_t sent;              /* requests that were: their ids */
    long unreachable;           /* requests that were to be sent, and found no cloud until they were late */
    bool refused;               /* a server's refusal was told */
};

/* A trial on its way. */
struct life {
    struct dvfo_live *live;
    struct dvfo_trial *trial;
    struct dvfo_scenario *scenario; /* costs, for the account */
    struct dvfo_scenario *thoughts; /* the same for planners, who think on another thread */
    const struct dvfo_scenario_def *def;
    void *policy_state;
    bool policy_ready;
    struct dvfo_mind *mind;
    bool thinks; /* deciding takes time, and the device goes on meanwhile */
    double trace_stride_s;
    double *arrival_s; /* (requests) of open arrivals; owned; NULL in a closed loop */
    struct dvfo_charges charges;
    struct dvfo_narrator narrator;
    struct dvfo_tally tally;
    long arrived;
    double last_arrival_s;
    long *met; /* (images) how often each was; owned */

    /* the request in hand */
    struct dvfo_request request;
    long image;
    double first_s;      /* when the first request came */
    double trace_from_s; /* trace time = time + this */

    /* what policies see; also looked at from the mind's thread */
    pthread_mutex_t lock;
    struct dvfo_decision acting;
    int asked[DVFO_DOMAINS], asked_then[DVFO_DOMAINS];
    bool thinking;
    long thinking_for; /* request that the thought under way is for ... */
    long thought_for;  /* ... and that the last one that ended was for; -1: none has since this request came */
    double thought_s;  /* that the account doesn't know of yet */
    double decision_s;
    struct dvfo_counters counted, modelled; /* busy: as the board tells, and as the profile says of the work */
    double bandwidth_bps, bandwidth_trace_s, last_latency_s, last_energy_j;
    double importance[DVFO_IMPORTANCES];
    long transfers, timeouts;
    int in_system;
};

/* live_request.c */

/** The request in hand from its first step to its end. */
dvfo_status dvfo_life_compute(struct dvfo_ctx *ctx, struct life *life);

/** Is the full network right about an image? Computed once. */
bool dvfo_live_is_full_right(struct dvfo_live *live, long image);

/* life_account.c */

static inline double dvfo_life_now_s(const struct life *life)
{
    return dvfo_charges_now_s(&life->charges);
}

/** The time since the last charge goes to a request, or to nobody. @return now */
double dvfo_life_charge(struct life *life, const struct dvfo_work *work, dvfo_cause cause,
                        struct dvfo_request *request);

/** The same, to what the request in hand did: a stage of the network, the head with its attention, work on one core of
 *  the CPU, waiting for the cloud. @param name  on the timeline; NULL: it isn't told */
double dvfo_life_charge_stage(struct life *life, dvfo_stage stage, int index, const char *name);
double dvfo_life_charge_head(struct life *life);
double dvfo_life_charge_cpu(struct life *life, dvfo_cause cause, const char *name);
double dvfo_life_charge_wait(struct life *life);

/* life_mind.c */

/** A policy, and the thread that it thinks on. */
dvfo_status dvfo_life_begin_mind(struct dvfo_ctx *ctx, struct life *life);
void dvfo_life_end_mind(struct life *life);

/** Decide for the request in hand: its decision is set, or what stands until it comes. */
dvfo_status dvfo_life_decide(struct dvfo_ctx *ctx, struct life *life);

/** The channels are ranked: that is seen from now on.
 *  @return the share that holds for the request: a late decision may have moved it */
int dvfo_life_rank(struct life *life, const double importance[DVFO_IMPORTANCES]);

/** The request in hand has ended: policies see and hear of it. */
void dvfo_life_tell_outcome(struct life *life, double end_s, double latency_s, double cost_j);

/* live_trial.c */

/** The request in hand begins now, also for its trace. */
void dvfo_life_begin_request(struct life *life, double arrival_s);

#endif
