/* A branching dueling Q-network (Tavakoli, Pardo, Kormushev 2018): the values of actions that have several parts.
 *
 * An action is one choice in each of D branches, so heads have as many outputs as the branches have choices together,
 * where a flat head has their product. A flat network is the same with one branch. A trunk of dense ReLU layers feeds
 * a state value V and an advantage A_d of every choice, and
 *
 *     Q_d(s, a) = V(s) + A_d(s, a) - mean over a' of A_d(s, a').
 *
 * With the mean taken off, a branch's values have the mean V whatever the branch. That holds where a choice is valued
 * over whatever the other branches do; where it is valued with the others at their best, one branch's choices may be
 * worse on average than another's, and `plain_sum` leaves the mean on: Q_d = V + A_d.
 *
 * Either is linear in the heads' outputs, hence in their weights: the heads are folded into one matrix whose outputs
 * are the Q themselves, once per change of the parameters instead of once per sample. Gradients are unfolded the same
 * way.
 *
 * All parameters lie in one block, tensor after tensor. Gradients and an optimiser's moments are blocks of the same
 * layout; a tensor of any of them is a view at the same offset.
 *
 * Letters: B samples, I inputs, H the width of a layer, D branches, A choices of all branches side by side, K hidden
 * units of each head, F features that the heads' last layer sees. */
#ifndef DVFO_BRANCHING_H
#define DVFO_BRANCHING_H

#include <gsl/gsl_rng.h>
#include <stddef.h>

#include "sim/base/status.h"

enum {
    DVFO_BRANCHING_LAYERS = 4,    /* most layers of a trunk */
    DVFO_BRANCHING_BRANCHES = 12, /* most branches */
    DVFO_BRANCHING_TENSORS = 2 * DVFO_BRANCHING_LAYERS + 6,
};

struct dvfo_branching_def {
    long inputs;                           /* I; no default */
    long layers;                           /* of the trunk, at least 1; default 2 */
    long width[DVFO_BRANCHING_LAYERS];     /* of each layer; default 128, 64 */
    long branches;                         /* D; no default */
    long choices[DVFO_BRANCHING_BRANCHES]; /* of each branch, at least 2; no default */
    long head_width;                       /* K; 0, the default: heads see the trunk */
    bool dueling;                          /* with a state value; on by default, off: Q_d = A_d */
    bool plain_sum;                        /* of value and advantage, no mean taken off; off by default */
};

struct dvfo_branching_def dvfo_branching_def_default(void);

struct dvfo_branching_tensor {
    char name[24]; /* "trunk0.weight" */
    long rows, columns;
    size_t offset; /* in any block of the layout */
};

/* Where the value's and the branches' heads lie among the features: with hidden units each has its own K of them. */
struct dvfo_branching {
    struct dvfo_branching_def def;
    long actions;                            /* A */
    long first[DVFO_BRANCHING_BRANCHES + 1]; /* choices of branch d: first[d] to first[d + 1] */
    long layers;                             /* ReLU layers in all: the trunk's, and the heads' hidden ones as one */
    long width[DVFO_BRANCHING_LAYERS + 1];   /* H of each; that of the last is F */
    size_t tensors;                          /* weight (in, H), bias (1, H) per layer; with dueling: value.weight, */
    struct dvfo_branching_tensor tensor[DVFO_BRANCHING_TENSORS]; /* value.bias; advantage.weight, advantage.bias */
    size_t count;                                                /* numbers in a block */
    float *parameters;                                           /* (count); after a change: dvfo_branching_fold */
    float *head;                                                 /* (F, A) the heads, folded */
    float *head_bias;                                            /* (A) */
    int *allowed; /* (A) of each branch the choices that may be made, ascending, from first[d] on; all at first.
                     No part of what is learnt: it isn't followed or saved. Owned */
    long allowed_count[DVFO_BRANCHING_BRANCHES];
};

/** All parameters are 0.
 *  @return DVFO_BAD_INPUT when a size of `def` is out of range */
dvfo_status dvfo_branching_create(struct dvfo_ctx *ctx, const struct dvfo_branching_def *def,
                                  struct dvfo_branching **out);
void dvfo_branching_free(struct dvfo_branching *net);

/** Random parameters: weights uniform with variance 2 / in for ReLU layers (He et al. 2015), 1 / (3 in) for heads;
 *  biases 0. Folded. */
void dvfo_branching_initialise(struct dvfo_branching *net, gsl_rng *rng);

/** Fold the heads anew after `parameters` have changed. */
void dvfo_branching_fold(struct dvfo_branching *net);

/** The gradient of the heads from that of the folded ones: twin of dvfo_branching_fold.
 *  @param dhead       (F, A)
 *  @param dhead_bias  (A)
 *  @param gradient    (count) its tensors of value and advantage are written */
void dvfo_branching_unfold(const struct dvfo_branching *net, const float *dhead, const float *dhead_bias,
                           float *gradient);

/** `net` becomes (1 - share) net + share from, parameter by parameter: 1 copies, less follows slowly (Polyak).
 *  Both have the same shape. */
void dvfo_branching_follow(struct dvfo_branching *net, const struct dvfo_branching *from, double share);

/** From now on the best of a branch, and what is tried of it, is one of these choices.
 *  @param choice  (count) ascending; at least one */
void dvfo_branching_allow(struct dvfo_branching *net, long branch, const int *choice, long count);

/** The best choice of each branch out of those allowed, the first of equals.
 *  @param q       (A) of one sample
 *  @param choice  (D) */
void dvfo_branching_greedy(const struct dvfo_branching *net, const float *q, int *choice);

/** Have both the same shape? */
bool dvfo_branching_is_like(const struct dvfo_branching *net, const struct dvfo_branching *other);

/** Work of a forward pass of one sample [FLOP], 2 per multiply-add. */
double dvfo_branching_flop(const struct dvfo_branching *net);

#endif
