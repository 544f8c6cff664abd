/* Forward and backward through a Q-network, a batch at a time, each layer one matrix product.
 *
 * A pass is the working memory of both: activations of the forward half, which the backward half needs, and gradients
 * between layers. Letters as in branching.h. */
#ifndef DVFO_BRANCHING_PASS_H
#define DVFO_BRANCHING_PASS_H

#include "policies/nn/branching.h"

struct dvfo_branching_pass {
    long rows;                                /* most samples of a batch */
    float *layer[DVFO_BRANCHING_LAYERS + 1];  /* (B, H) after ReLU */
    float *q;                                 /* (B, A) */
    float *dlayer[DVFO_BRANCHING_LAYERS + 1]; /* (B, H) gradients before ReLU */
    float *dq;                                /* (B, A) for the caller to fill */
    float *dhead, *dhead_bias;                /* (F, A), (A) of the folded head */
};

/** @param rows      most samples of a batch, at least 1
 *  @param backward  room for dvfo_branching_backward too; else its views are NULL */
dvfo_status dvfo_branching_pass_create(struct dvfo_ctx *ctx, const struct dvfo_branching *net, long rows, bool backward,
                                       struct dvfo_branching_pass **out);
void dvfo_branching_pass_free(struct dvfo_branching_pass *pass);

/** Values of all choices, into pass->q. @param in  (B, I) */
void dvfo_branching_forward(const struct dvfo_branching *net, long B, const float *in,
                            struct dvfo_branching_pass *pass);

/** The gradient of a loss for all parameters from that for Q, pass->dq, after a forward pass of the same samples.
 *  @param B            the first so many samples of that pass
 *  @param in           (B, I)
 *  @param trunk_scale  of the gradient that the heads hand to the trunk: 1 is the true one; with D branches pulling at
 *                      it, Tavakoli et al. take 1 / (D + 1)
 *  @param gradient     (count) overwritten */
void dvfo_branching_backward(const struct dvfo_branching *net, long B, const float *in, float trunk_scale,
                             struct dvfo_branching_pass *pass, float *gradient);

#endif
