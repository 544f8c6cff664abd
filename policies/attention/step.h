/* A step of learning: the loss of some images, and its slopes in all parameters.
 *
 * Three lessons, each on a pass that has begun as learning:
 *   plain  cross-entropy of the full network; base and plain tail learn
 *   split  at one share: cross-entropy of the fused answer, and `auxiliary` times that of each side alone, so that the
 *          weight of fusion can be chosen afterwards. Coding is straight-through: its slope is taken as 1. So is the
 *          choice of channels, where attention makes it: what the loss would gain by keeping a channel is passed to its
 *          score as if the choice were a sigmoid around the edge. Extractor, attention, tails and fusion learn
 *   little AppealNet's (Li et al. 2021): q CE(little) + (1 - q) CE(full) - beta log q, q the predictor's probability
 *          that the little network is right; only the little network learns. */
#ifndef DVFO_STEP_H
#define DVFO_STEP_H

#include "policies/attention/collaborative.h"

struct dvfo_step_def {
    double smoothing; /* of labels, 0..1; 0.1 */
    double auxiliary; /* weight of each side's own loss; 0.3 */
    double beta;      /* of AppealNet; 1 */
};

struct dvfo_step_def dvfo_step_def_default(void);

/* Room for slopes. */
struct dvfo_step;

/** @param pass  borrowed until dvfo_step_free */
dvfo_status dvfo_step_create(struct dvfo_ctx *ctx, const struct dvfo_step_def *def,
                             struct dvfo_collaborative_pass *pass, long samples, struct dvfo_step **out);
void dvfo_step_free(struct dvfo_step *step);

/** @param images     (3, B, 32, 32)
 *  @param label      (B)
 *  @param weight     of each image's loss: 1 / images of the whole batch
 *  @param gradients  as parameters; added to
 *  @return           weight * sum of losses */
double dvfo_step_plain(struct dvfo_step *step, long samples, const float *images, const uint8_t *label, double weight,
                       float *gradients);

/** @param share_tenths   1..10
 *  @param order, chance  as dvfo_collaborative_attend has them */
double dvfo_step_split(struct dvfo_step *step, long samples, const float *images, const uint8_t *label, double weight,
                       int share_tenths, const float *order, gsl_rng *chance, float *gradients);

/** Importance of channels by integrated gradients, in their coarsest form (AgileNN): |0.5 (g(0) + g(F)) F| summed over
 *  pixels and images, g the slope of the full network's loss in F. On a pass that has not begun as learning.
 *  @param gradients  room as for parameters; changed
 *  @param sum        (C) added to */
void dvfo_step_importance(struct dvfo_step *step, long samples, const float *images, const uint8_t *label,
                          float *gradients, double *sum);

/** @param joint  share of AppealNet's joint loss in what the classifier learns, 0..1; the rest is its own
 *                cross-entropy, without which a beginner is never trusted and thus never learns */
double dvfo_step_little(struct dvfo_step *step, long samples, const float *images, const uint8_t *label, double weight,
                        double joint, float *gradients);

#endif
