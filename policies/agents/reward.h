/* A reward: what a stretch of time between two decisions was worth to an agent.
 *
 * The cost of Eq. (9), or what a rival's own paper rewards. All are made of what a board can measure. */
#ifndef DVFO_REWARD_H
#define DVFO_REWARD_H

#include "policies/nn/fields.h"
#include "sim/world.h"

/* X(enumerator, name, what it rewards) */
#define DVFO_REWARD_LIST(X)                                                                                            \
    X(COST, "cost", "minus the cost of Eq. (9), in costs of a request on the device at the highest clocks")            \
    X(DEADLINE, "deadline", "minus the energy, and a penalty for every request that is late (DRLDO)")                  \
    X(FRAMES, "frames", "frame rate up to a target, temperature below another, little power (zTT)")                    \
    X(BAND, "band", "busy shares of CPU and GPU inside a band (GearDVFS)")

typedef enum dvfo_reward_kind {
#define DVFO_REWARD_ENUM(name, text, what) DVFO_REWARD_##name,
    DVFO_REWARD_LIST(DVFO_REWARD_ENUM)
#undef DVFO_REWARD_ENUM
        DVFO_REWARD_COUNT
} dvfo_reward_kind;

const char *dvfo_reward_name(dvfo_reward_kind kind);

struct dvfo_reward_def {
    dvfo_reward_kind kind;
    double baseline; /* COST: taken off each request's cost, so that as good as it is 0; default 1 */
    double bound; /* a reward below minus this is bounded; what is beyond, the tail, is told apart. Default 1e9: none */
    double deadline;       /* DEADLINE, FRAMES: allowed latency, in requests on the device at the highest clocks: 1 */
    double late_penalty;   /* DEADLINE: of a late request, in such requests' energies: 2 */
    double power_weight_w; /* FRAMES: what is divided by the power; zTT's beta in units of its counters: 2 */
    double target_c;       /* FRAMES: 50 */
    double band_low, band_high; /* BAND: 0.8, 0.9 */
};

struct dvfo_reward_def dvfo_reward_def_default(void);
extern const struct dvfo_field dvfo_reward_fields[];

/* What happened between two decisions. */
struct dvfo_stretch {
    long finished;
    double energy_j, latency_s; /* sums over the requests that ended */
    double time_s;              /* from decision to decision */
    double busy[DVFO_DOMAINS];  /* shares of that time */
    double temperature_c, trip_c;
};

/* A request on the device at the highest clocks, and the weights of its cost. */
struct dvfo_yardstick {
    double eta, p_max_w;
    double energy_j, latency_s, cost_j;
};

double dvfo_reward_of(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                      const struct dvfo_stretch *stretch);

#endif
