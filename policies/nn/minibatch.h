/* A batch of transitions to learn from.
 *
 * The states that were left and the states that were reached lie one below the other. B samples, I inputs, D branches.
 */
#ifndef DVFO_MINIBATCH_H
#define DVFO_MINIBATCH_H

#include "sim/base/status.h"

struct dvfo_minibatch {
    long samples;       /* B */
    float *observation; /* (2 B, I): before, then after */
    float *reward;      /* (B) */
    float *discount;    /* (B) of the value afterwards; 0 where an episode ended for good */
    float *weight;      /* (B) of the sample's loss; 1 unless drawn more or less often than its share */
    float *tail;        /* (B) what lies beyond the bound of the reward, <= 0; NaN where it teaches nothing: risk.h */
    bool *risky;        /* (B) a risk was taken */
    int *action;        /* (B, D) */
    unsigned *spared;   /* (B) a bit for each branch that doesn't learn from the sample */
    size_t *row;        /* (B) of the replay that it came from */
};

dvfo_status dvfo_minibatch_create(struct dvfo_ctx *ctx, long samples, long inputs, long branches,
                                  struct dvfo_minibatch **out);
void dvfo_minibatch_free(struct dvfo_minibatch *batch);

#endif
