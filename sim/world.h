/* What passes between a policy and the world.
 *
 * A world executes decisions: today the simulator, later a live board with a real link. A policy can't tell which: it
 * sees observations, gives decisions, and may hear how a request ended. Two more sights exist, and a policy's
 * descriptor says which it has: a planner is also handed the constant profile (what things would cost), an oracle also
 * the trace.
 *
 * A request's clocks and placement are decided when the device takes it up. A governor decides clocks on its own ticks.
 */
#ifndef DVFO_WORLD_H
#define DVFO_WORLD_H

#include <stdint.h>

#include "profiles/board.h"
#include "sim/base/status.h"

struct dvfo_network;
struct dvfo_scenario;
struct dvfo_trace;

/* Where a request is computed. X(enumerator, name in files and tables) */
#define DVFO_PLACE_LIST(X)                                                                                             \
    X(EDGE, "edge")     /* all of it on the device */                                                                  \
    X(SPLIT, "split")   /* head on the device, then a share of the feature maps goes to the cloud: Eq. (8) */          \
    X(LAYER, "layer")   /* layers 0..cut on the device, the whole activation goes to the cloud */                      \
    X(CLOUD, "cloud")   /* the encoded input goes to the cloud */                                                      \
    X(APPEAL, "appeal") /* a little network on the device; the encoded input follows when its score is low */

typedef enum dvfo_place {
#define DVFO_PLACE_ENUM(name, text) DVFO_PLACE_##name,
    DVFO_PLACE_LIST(DVFO_PLACE_ENUM)
#undef DVFO_PLACE_ENUM
        DVFO_PLACE_COUNT
} dvfo_place;

const char *dvfo_place_name(dvfo_place place);

struct dvfo_decision {
    int level[DVFO_DOMAINS]; /* entries of the board's own clock tables, 0 = slowest */
    dvfo_place place;
    int share_tenths;    /* SPLIT: share of the channels that goes to the cloud, in tenths, 1..10 */
    int cut;             /* LAYER: which of the network's cuts, 0..cut_count-1 */
    double appeal_below; /* APPEAL: score below which the input follows, 0 (never) .. 1 (always) */
};

enum { DVFO_IMPORTANCES = 3 };

/* What a board and its link can really tell. Counters run from the start of the world, as /proc/stat does. */
struct dvfo_observation {
    double time_s;
    long request;                /* the request to decide for; -1 on a tick */
    int level[DVFO_DOMAINS];     /* clocks in force */
    int asked[DVFO_DOMAINS];     /* clocks asked for last: they may not be in force yet */
    struct dvfo_decision acting; /* decided last */
    double decision_s;           /* what deciding takes now, Eq. (10); 0: nothing */
    double busy_s[DVFO_DOMAINS]; /* counter: CPU: the busiest core's busy time; GPU: time with a kernel resident, times
                                    its activity; memory: time its bus moved data, at the clock of the moment */
    double bandwidth_bps;        /* of the last transfer of ours that ended; NaN before the first */
    double bandwidth_age_s;      /* since then, on the link's clock; in a paired world a request can begin before the
                                    transfer of the one before would have ended: 0 then */
    long transfers;              /* counter: of ours that ended */
    long timeouts;               /* counter: requests whose answer came too late */
    int in_system;               /* requests that have arrived and not ended, this one included */
    double last_latency_s;       /* of the last request that ended; NaN before the first */
    double last_energy_j;
    double temperature_c;
    double importance[DVFO_IMPORTANCES]; /* of the last request that attention ranked: share of all importance that the
                                            first 1/4, 1/2, 3/4 of its channels hold; NaN before the first */
};

struct dvfo_outcome {
    long request;
    struct dvfo_decision decision;
    double latency_s, energy_j, cost_j;
    bool timed_out;
};

typedef enum dvfo_sight { DVFO_SIGHT_WORLD, DVFO_SIGHT_PROFILE, DVFO_SIGHT_TRACE } dvfo_sight;

/* Handed to a policy once, before the first request; all borrowed until its `release`. */
struct dvfo_policy_setup {
    const struct dvfo_board *board;     /* clock tables: every policy */
    const struct dvfo_network *network; /* what the device runs: shapes and work, no costs */
    double eta, lambda, p_max_w;        /* of the cost, Eq. (9), and of fusion, Eq. (8) */
    unsigned forbidden_shares;          /* a bit for each share in tenths that the accuracy floor forbids; 0 .. 10 */
    bool offline;                       /* a live world without a cloud: all of them are forbidden for that reason */
    struct dvfo_scenario *scenario;     /* costs: planners and oracles, NULL for others. Mutable for its cache only */
    const struct dvfo_trace *trace;     /* oracles, NULL for others */
    uint64_t seed;                      /* for the policy's own random streams; tells nothing of the world's */
    long requests;                      /* how many will come */
    double trace_stride_s;              /* oracles in a closed loop: request i meets the trace from i * stride on, as it
                                           does under every policy; NaN: the trace runs with observation.time_s */
    double trace_from_s;                /* oracles: the trace is met from there on */
    void *user;                         /* the trial's policy_user; NULL for most */
    const char *argument;               /* what followed the ':' in --policy NAME:ARGUMENT, or NULL */
};

/* A policy is a descriptor; its state is a block of `state_size` bytes that the world allocates, zeroed. */
struct dvfo_policy_type {
    const char *name;
    const char *summary; /* one line for `dvfo list policies` */
    dvfo_sight sight;
    bool by_name_only;   /* a list of all policies leaves it out: it needs an argument, or one kind of link */
    bool needs_accuracy; /* it runs with an accuracy profile only; a list of all leaves it out without one */
    size_t state_size;
    dvfo_status (*init)(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup);
    /** Decide for a request that starts now. `decision` comes in as the clocks last asked for, and EDGE. */
    void (*decide)(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision);
    /** Governors: look and maybe change `level` (comes in as the clocks last asked for); return the time to the next
     *  tick [s]. The first tick comes at time 0. NULL: no ticks; then decide() gives the clocks. With ticks, clocks
     * that decide() gives hold too: leave them as they come in. */
    double (*tick)(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS]);
    /** How a request ended; NULL when nothing is learnt. */
    void (*learn)(void *state, const struct dvfo_outcome *outcome);
    /** What a decision takes on one CPU core [cycles], Eq. (10); NULL: nothing. */
    double (*decision_cycles)(const void *state);
    void (*release)(void *state); /* NULL when the state owns nothing */
};

#endif
