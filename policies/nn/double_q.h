/* Double Q-learning on a branching network, a batch at a time.
 *
 * Two networks of one shape: the one that learns, and a target that follows it and values the future, so that what is
 * learnt doesn't chase itself. An update is two forward passes, a backward pass, clipping, a step of Adam. It
 * allocates nothing. */
#ifndef DVFO_DOUBLE_Q_H
#define DVFO_DOUBLE_Q_H

#include "policies/nn/adam.h"
#include "policies/nn/branching_pass.h"
#include "policies/nn/fields.h"
#include "policies/nn/td.h"

struct dvfo_double_q_def {
    struct dvfo_branching_def network;
    struct dvfo_adam_def adam;
    long batch;   /* B; default 64 */
    bool doubled; /* the learning network chooses, the target values; on by default, off: the target does both */
    dvfo_td_target target; /* default mean */
    double near;           /* exponent of the discount in all branches but the last, for target by branch; default 1 */
    dvfo_td_loss loss;     /* default Huber */
    double clip_norm;      /* gradients longer than this are shortened to it; default 10; 0: never */
    double trunk_scale;    /* of the gradient that heads hand to the trunk; 0, the default: 1 / (branches + 1) */
    long follow_every;     /* updates from one move of the target to the next; default 1 */
    double follow_share;   /* how far it moves: 1 copies; default 0.005 */
};

struct dvfo_double_q_def dvfo_double_q_def_default(void);

/* All of a definition but the network. */
extern const struct dvfo_field dvfo_double_q_fields[];

struct dvfo_double_q {
    struct dvfo_double_q_def def;
    struct dvfo_branching *network, *target;
    struct dvfo_adam *adam;
    struct dvfo_branching_pass *pass, *target_pass; /* of B samples, and of as many as are valued at a time */
    float *gradient;                                /* (count) */
    float *y;                                       /* (B, D) */
    float *error;                                   /* (B) of the last update: sum over branches of |Q - y| */
    uint64_t updates;
};

/* What an update saw. */
struct dvfo_double_q_report {
    double loss;
    double gradient_norm; /* before clipping */
};

/** @return DVFO_BAD_INPUT when a number of `def` is out of range */
dvfo_status dvfo_double_q_create(struct dvfo_ctx *ctx, const struct dvfo_double_q_def *def, struct dvfo_double_q **out);
void dvfo_double_q_free(struct dvfo_double_q *q);

/** Random weights in both networks. */
void dvfo_double_q_initialise(struct dvfo_double_q *q, gsl_rng *rng);

/** Learn from a batch of def.batch samples.
 *  @return DVFO_FAILED when loss or gradient is no finite number; the networks stay as they were then */
dvfo_status dvfo_double_q_update(struct dvfo_ctx *ctx, struct dvfo_double_q *q, const struct dvfo_minibatch *batch,
                                 struct dvfo_double_q_report *report);

/** Work of the matrix products of one update [FLOP], 2 per multiply-add. */
double dvfo_double_q_flop(const struct dvfo_double_q *q);

#endif
