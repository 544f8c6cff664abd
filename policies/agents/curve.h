/* A learning curve: what was seen at each look at an agent in training. Nothing in it depends on how fast the machine
 * is, but `wall_s`, which stays out of files that must be the same every time. */
#ifndef DVFO_CURVE_H
#define DVFO_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

struct dvfo_curve_point {
    double decisions, updates;
    double epsilon; /* exploring */
    double loss;    /* mean over the round before; NaN before the first update */
    double reward;  /* mean per decision, without exploring */
    double cost;    /* mean over conditions, in costs of edge-only at the highest clocks */
    double regret;  /* cost over that of the reference on the same draws, - 1; NaN without one */
    double wall_s;  /* training until here, looks left out */
};

struct dvfo_curve {
    struct dvfo_curve_point *point; /* (count) owned */
    size_t count, size;
};

void dvfo_curve_free(struct dvfo_curve *curve);

/** @return false when memory is out */
bool dvfo_curve_add(struct dvfo_curve *curve, const struct dvfo_curve_point *point);

/* X(member, units, long name): columns of files */
#define DVFO_CURVE_LIST(X)                                                                                             \
    X(decisions, "1", "decisions, all environments together")                                                          \
    X(updates, "1", "updates of the network")                                                                          \
    X(epsilon, "1", "share of random choices")                                                                         \
    X(loss, "1", "mean loss over the round before")                                                                    \
    X(reward, "1", "mean reward per decision without exploring, on draws kept aside")                                  \
    X(cost, "1", "mean cost per request on draws kept aside, in costs of edge-only at the highest clocks")             \
    X(regret, "1", "that over the reference's on the same draws, minus 1 (NaN: no reference)")

#endif
