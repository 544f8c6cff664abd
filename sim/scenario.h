/* A scenario: everything constant about a trial, and what each piece of work costs in it.
 *
 * Board, runtime, network, cloud and the rules of Eqs. (6) to (9) come in as a definition; out come the pieces that a
 * request is made of (the head of the network, the tail at a share, the prefix up to a cut, ...), the bytes each
 * placement sends, and their schedules at any clocks, made once and kept. Pure otherwise: the simulator, the planners
 * and the oracles ask the same object, so they can't disagree. One thread at a time (the schedules are kept lazily). */
#ifndef DVFO_SCENARIO_H
#define DVFO_SCENARIO_H

#include "profiles/accuracy_profile.h"
#include "profiles/board.h"
#include "profiles/cloud_profile.h"
#include "profiles/cost.h"
#include "profiles/network.h"
#include "profiles/power.h"
#include "sim/accuracy_floor.h"
#include "sim/world.h"

typedef enum dvfo_composition { DVFO_PARALLEL, DVFO_SERIAL } dvfo_composition;
typedef enum dvfo_tail_rule { DVFO_TAIL_SHAPES, DVFO_TAIL_LINEAR, DVFO_TAIL_WIDTH } dvfo_tail_rule;

struct dvfo_scenario_def {
    const struct dvfo_board *board;         /* borrowed until dvfo_scenario_free */
    const struct dvfo_runtime *runtime;     /* of that board; borrowed */
    const struct dvfo_network *network;     /* borrowed */
    const struct dvfo_cloud_profile *cloud; /* borrowed */
    double eta;                             /* weight of energy in Eq. (9), 0..1; 0.5 */
    double lambda;                          /* fusion weight of the local answer, 0..1; 0.5 */
    double p_max_w;                         /* Eq. (9); 0 takes the board's measured one */
    dvfo_composition composition;           /* parallel */
    dvfo_tail_rule tail_rule;               /* shapes */
    int tail_width_steps;                   /* widths of the slimmable tail: 4 (1/4, 1/2, 3/4, 1) */
    dvfo_coding payload;                    /* how channels are coded that a split sends, sim/payload.h; int8 */
    bool layer_int8;                        /* a layer split sends int8 (true) or float activations */
    bool attention;                         /* channels are chosen by the attention module (true); or by chance, which
                                               costs nothing, for comparison */
    double timeout_s;                       /* after which a request ends locally; 10 */
    double rtt_s;                           /* round trip to the cloud; 2 ms: Wi-Fi to a server in the same network
                                               (MECPerf recordings, median) */
    double header_byte;                     /* per transfer; 64: assumption (TCP/IP header and a request id) */
    double encode_bit_per_pixel;            /* 2 (1 to 4): assumption, JPEG of middling quality */
    double encode_cycle_per_pixel;          /* 30 CPU cycles: assumption */
    double speech_bps;                      /* 32 kbit/s: assumption, a speech codec */
    double quantise_cycle_per_element;      /* 2 CPU cycles: assumption, one fused multiply, round, store */
    double codebook_cycle_per_element;      /* 6 CPU cycles (3 to 15): assumption, sim/payload.h */
    double deflate_cycle_per_byte;          /* 100 CPU cycles (50 to 500) of a byte that goes in: assumption, there */
    double fuse_cycle_per_element;          /* 4 CPU cycles: assumption, two loads, multiply-add, store */
    const struct dvfo_accuracy_profile *accuracy; /* what answers are right; NULL, the default: nothing is known of it,
                                                     and there is no floor. Borrowed */
    double accuracy_floor; /* most loss of accuracy expected of an action [percentage points]; 1; INFINITY: none */
};

struct dvfo_scenario_def dvfo_scenario_def_default(void);

/** How the channels are chosen that are sent. */
static inline dvfo_selection dvfo_scenario_selection(const struct dvfo_scenario_def *def)
{
    return def->attention ? DVFO_SELECTION_ATTENTION : DVFO_SELECTION_RANDOM;
}

struct dvfo_scenario;

dvfo_status dvfo_scenario_create(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def, struct dvfo_scenario **out);
void dvfo_scenario_free(struct dvfo_scenario *scenario);
const struct dvfo_scenario_def *dvfo_scenario_def_of(const struct dvfo_scenario *scenario);

enum { DVFO_SHARES = 11 }; /* shares 0, 10, ..., 100 %: tenths 0..10 */

/* Pieces of a network that the device runs: what a request's life is made of, besides work on the CPU. */
typedef enum dvfo_stage {
    DVFO_STAGE_FULL,      /* the whole network */
    DVFO_STAGE_HEAD,      /* layers 0..split */
    DVFO_STAGE_ATTENTION, /* the attention module on the split's feature map */
    DVFO_STAGE_TAIL,      /* local tail; index: share in tenths, 0 (full width) .. 9 */
    DVFO_STAGE_PREFIX,    /* layers 0..cut; index: which cut */
    DVFO_STAGE_SUFFIX,    /* layers after a cut, locally (after a timeout); index: which cut */
    DVFO_STAGE_LITTLE,    /* a little network of one's own: the head, then the narrowest tail of the slimmable network.
                             It is the one of the network's own split, wherever DVFO splits. Its predictor head is
                             left out: one dense layer on pooled features, 2 FLOP per channel */
    DVFO_STAGE_COUNT
} dvfo_stage;

/* Time and busyness of a whole stage at some clocks. */
struct dvfo_work {
    double time_s;
    struct dvfo_busy busy;
};

/** Clocks of levels. */
struct dvfo_clocks dvfo_scenario_clocks(const struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS]);

/** Time and busyness of a stage at levels. Made on first use: O(layers); O(1) from then on. Planners use this. */
struct dvfo_work dvfo_scenario_work(struct dvfo_scenario *scenario, dvfo_stage stage, int index,
                                    const int level[DVFO_DOMAINS]);

/** The same with the inside, for clock changes in the middle. Borrowed, valid until the scenario is freed. */
const struct dvfo_schedule *dvfo_scenario_schedule(struct dvfo_scenario *scenario, dvfo_stage stage, int index,
                                                   const int level[DVFO_DOMAINS]);

/** Work of one CPU core for `cycles` at levels: the core is busy as long as it lasts. */
struct dvfo_work dvfo_scenario_cpu_work(const struct dvfo_scenario *scenario, double cycles,
                                        const int level[DVFO_DOMAINS]);

/** Eq. (2) at levels; borrowed, kept like schedules. */
const struct dvfo_power *dvfo_scenario_power(struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS]);

/** The same anew, for who goes from clocks to clocks: from parts in a small table. */
void dvfo_scenario_power_at(const struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS],
                            struct dvfo_power *out);

/** CPU cycles before a transfer: coding of the payload, or encoding of the input. 0 for EDGE. */
double dvfo_scenario_prepare_cycles(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision);
/** CPU cycles of fusion, Eq. (8); 0 where one side answers alone. */
double dvfo_scenario_fuse_cycles(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision);

/** Bytes sent, header included, Eq. (8); 0 for EDGE. */
double dvfo_scenario_payload_byte(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision);
/** Time on the cloud server without queueing, Eq. (7): t0 + W / R; 0 for EDGE. */
double dvfo_scenario_cloud_s(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision);

/** The placements that the accuracy floor forbids at the present weight of answers, sim/accuracy_floor.h. */
const struct dvfo_accuracy_floor *dvfo_scenario_floor(const struct dvfo_scenario *scenario);

/** Does the floor allow a placement? O(1), but for APPEAL: O(rows of the profile) */
bool dvfo_scenario_allows(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision);

/** Weigh energy and answers anew: no costs that are kept depend on it, and the accuracy floor follows. */
void dvfo_scenario_weigh(struct dvfo_scenario *scenario, double eta, double lambda);

/** Eq. (9): eta * energy + (1 - eta) * P_max * latency [J]. */
double dvfo_scenario_cost_j(const struct dvfo_scenario *scenario, double energy_j, double latency_s);

/** Up to `most` entries of a clock table, evenly spread inside its calibrated range, the highest among them, ascending.
 *  These are DVFO's levels (system.md, section 2). @return how many were written */
int dvfo_scenario_agent_levels(const struct dvfo_board *board, dvfo_domain domain, int most,
                               int level[DVFO_MAX_LEVELS]);

/** Number of entries in a domain's table. */
int dvfo_scenario_level_count(const struct dvfo_scenario *scenario, dvfo_domain domain);

#endif
