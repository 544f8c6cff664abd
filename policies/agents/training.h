/* A training: an agent, the environments it learns in, and those it is judged in.
 *
 *     while (!dvfo_training_is_done(training)) {
 *         dvfo_training_round(ctx, training, &round);     an episode in all environments
 *         dvfo_training_look(ctx, training, &look);       now and then: how good is it, without exploring?
 *     }
 *
 * Between rounds everything that matters is in the agent: it can be saved, loaded and trained on, and becomes what it
 * would have become. One training serves one thread. */
#ifndef DVFO_TRAINING_H
#define DVFO_TRAINING_H

#include "policies/agents/agent.h"
#include "policies/agents/conditions.h"

struct dvfo_training;

/** @param agent       changed by rounds; borrowed until dvfo_training_free, as are the conditions */
dvfo_status dvfo_training_create(struct dvfo_ctx *ctx, struct dvfo_agent *agent,
                                 const struct dvfo_conditions *conditions, struct dvfo_training **out);
void dvfo_training_free(struct dvfo_training *training);

bool dvfo_training_is_done(const struct dvfo_training *training);

/* What a round was like. */
struct dvfo_training_round {
    uint64_t decisions, updates;
    double reward; /* mean per decision, exploring */
    double loss;   /* mean of the updates; NaN without any */
};

/** @return DVFO_FAILED when learning diverged or memory is out */
dvfo_status dvfo_training_round(struct dvfo_ctx *ctx, struct dvfo_training *training,
                                struct dvfo_training_round *round);

/** Let a reference decide on the draws that judge: an oracle that knows the generator and hears of own transfers alone,
 *  or where a link is a recording one that knows the trace. Looks then tell how far the agent is from it. Some seconds.
 */
dvfo_status dvfo_training_refer(struct dvfo_ctx *ctx, struct dvfo_training *training);

/* How good it is, on draws that it never learns from. */
struct dvfo_training_look {
    double cost;       /* mean over conditions of the cost per request, in costs of edge-only at the highest clocks */
    double reward;     /* mean per decision */
    double regret;     /* mean over conditions of cost / reference - 1; NaN without a reference */
    size_t conditions; /* of them */
    double *cost_of;   /* (conditions) borrowed from the training, until the next look */
};

dvfo_status dvfo_training_look(struct dvfo_ctx *ctx, struct dvfo_training *training, struct dvfo_training_look *look);

#endif
