/* n-step transitions of many environments at once.
 *
 * What an agent did is credited with the next n rewards, each discounted by the time that had passed, before the value
 * of what came then takes over:
 *
 *     R = r_1 + g_1 r_2 + g_1 g_2 r_3 + ...,    discount = g_1 g_2 ... g_n.
 *
 * Steps last as long as they last (semi-Markov), so g is a step's own, gamma^(elapsed / horizon). An episode that ends
 * for good has g = 0 at its end; one that is cut off ends its windows early, and the value of what came then counts. */
#ifndef DVFO_N_STEP_H
#define DVFO_N_STEP_H

#include "policies/nn/replay.h"

/* One step of one environment. All borrowed. */
struct dvfo_transition {
    const float *observation; /* (I) before */
    const int *action;        /* (D) */
    float reward;
    float discount;    /* of what comes after; 0 when the episode ended for good */
    const float *next; /* (I) afterwards */
    float tail;        /* of the reward, see dvfo_batch */
    bool risky;
    unsigned spared; /* a bit for each branch that shouldn't learn from it; 0: all do */
    bool ended;      /* for good or cut off: what comes next belongs to another episode */
};

struct dvfo_n_step {
    long n, environments, inputs, branches;
    size_t row_size;
    long *begun;  /* (environments) windows that are open, at most n - 1 between steps */
    long *oldest; /* (environments) place of the first of them, a ring */
    float *row;   /* (environments, n, row_size) as the replay's, but for `next` */
};

dvfo_status dvfo_n_step_create(struct dvfo_ctx *ctx, long n, long environments, long inputs, long branches,
                               struct dvfo_n_step **out);
void dvfo_n_step_free(struct dvfo_n_step *n_step);

/** Take a step; windows that it completes go to the replay. */
void dvfo_n_step_add(struct dvfo_n_step *n_step, long environment, const struct dvfo_transition *transition,
                     struct dvfo_replay *replay);

#endif
