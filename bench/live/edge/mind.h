/* A mind: a policy that thinks while the device goes on.
 *
 * It has a thread of its own, on which governors look at their times and on which decisions are thought over that take
 * time, Eq. (10): the caller goes on under the action before and hears by a hook what was decided. Decisions that take
 * none are made where they are asked for. Whatever thread it is, one at a time is inside the policy. */
#ifndef DVFO_MIND_H
#define DVFO_MIND_H

#include "sim/world.h"

struct dvfo_mind_def {
    const struct dvfo_policy_type *policy;
    void *state; /* of the policy, ready; borrowed */
    void *user;  /* passed to the hooks, which the mind's thread calls */
    /* what is seen now: for ticks; fills in the clocks last asked for */
    void (*observe)(void *user, struct dvfo_observation *seen);
    /* a governor, who saw this, wants these clocks: those that differ from what it saw asked */
    void (*ask)(void *user, const struct dvfo_observation *seen, const int level[DVFO_DOMAINS]);
    /* what was thought over, and how long that took */
    void (*decided)(void *user, const struct dvfo_decision *decision, double thought_s);
};

struct dvfo_mind;

/** Governors look from now on. @return DVFO_FAILED when there is no thread to be had */
dvfo_status dvfo_mind_create(struct dvfo_ctx *ctx, const struct dvfo_mind_def *def, struct dvfo_mind **out);

/** Waits for what is being thought; its hook is still called. NULL welcome. */
void dvfo_mind_free(struct dvfo_mind *mind);

/** Decide here and now. @param decision  comes in as dvfo_policy_type.decide wants it
 *  @return how long it took [s] */
double dvfo_mind_decide(struct dvfo_mind *mind, const struct dvfo_observation *seen, struct dvfo_decision *decision);

/** Begin to think; `decided` is called when it is done. One thought at a time.
 *  @return false when one is under way: then nothing happens */
bool dvfo_mind_think(struct dvfo_mind *mind, const struct dvfo_observation *seen, const struct dvfo_decision *decision);

/** How a request ended. */
void dvfo_mind_learn(struct dvfo_mind *mind, const struct dvfo_outcome *outcome);

#endif
