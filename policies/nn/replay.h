/* Prioritised experience replay (Schaul, Quan, Antonoglou, Silver 2016), proportional.
 *
 * A ring of transitions, the oldest overwritten first. Each has a priority p = (error + epsilon)^alpha and is drawn in
 * proportion to it; a new one has the highest priority so far, so that everything is seen soon. Being drawn more often
 * than others is made up for by the weight (N P)^-beta of its loss, relative to the largest of the batch. alpha = 0 is
 * uniform replay. */
#ifndef DVFO_REPLAY_H
#define DVFO_REPLAY_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

#include "policies/nn/minibatch.h"
#include "policies/nn/sum_tree.h"

struct dvfo_replay_def {
    size_t capacity; /* transitions; default 100,000 */
    long inputs;     /* I; no default */
    long branches;   /* D; no default */
    double alpha;    /* default 0.6 */
    double epsilon;  /* what an error of 0 still counts; default 1e-6 */
    uint64_t seed;   /* of the stream "replay"; default 1 */
};

struct dvfo_replay_def dvfo_replay_def_default(void);

/* A transition as it lies in memory, `row_size` numbers; whole numbers up to 2^24 are exact in them. */
struct dvfo_replay_row {
    float *observation; /* (I) */
    float *next;        /* (I) after it */
    float *action;      /* (D) */
    float *reward;      /* (1) */
    float *discount;    /* (1) of the value of `next` */
    float *tail;        /* (1) see dvfo_batch */
    float *risky;       /* (1) */
    float *spared;      /* (1) a bit for each branch that doesn't learn from it */
};

struct dvfo_replay {
    struct dvfo_replay_def def;
    size_t row_size;
    size_t size;    /* transitions held */
    uint64_t added; /* ever; the next one goes to row added mod capacity */
    double highest; /* priority of a new transition */
    gsl_rng *rng;   /* of the draws */
    struct dvfo_sum_tree tree;
    float *row; /* (capacity, row_size) */
};

/** @return DVFO_BAD_INPUT when a number of `def` is out of range */
dvfo_status dvfo_replay_create(struct dvfo_ctx *ctx, const struct dvfo_replay_def *def, struct dvfo_replay **out);
void dvfo_replay_free(struct dvfo_replay *replay);

size_t dvfo_replay_row_size(long inputs, long branches);

/** The parts of a row. */
struct dvfo_replay_row dvfo_replay_row_at(long inputs, long branches, float *at);

/** Keep a transition. @param row  (row_size) copied */
void dvfo_replay_add(struct dvfo_replay *replay, const float *row);

/** Fill a batch. The total of the priorities is cut into as many equal stretches as there are samples, and one is drawn
 *  in each: the same share for every transition as independent draws, with less scatter.
 *  @param beta  0: no correction of the weights, 1: full */
void dvfo_replay_draw(struct dvfo_replay *replay, double beta, struct dvfo_minibatch *batch);

/** What was drawn turned out to be wrong by so much. @param error  (B) finite, >= 0 */
void dvfo_replay_reprioritise(struct dvfo_replay *replay, const struct dvfo_minibatch *batch, const float *error);

#endif
