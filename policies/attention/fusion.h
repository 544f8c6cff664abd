/* Fusion: the answers of device and cloud become one.
 *
 *   sum-fixed    lambda * local + (1 - lambda) * remote, Eq. (8)
 *   sum-learnt   the same, lambda = sigmoid of a learnt number
 *   dense        W [local; remote] + b
 *   convolution  of each class by itself: a small layer of H units over its two logits, the same for all classes
 * K classes, B samples; logits are (K, B). */
#ifndef DVFO_FUSION_H
#define DVFO_FUSION_H

#include <gsl/gsl_rng.h>

#include "profiles/accuracy_profile.h"

struct dvfo_fuser {
    dvfo_fusion kind;
    long classes;
    float lambda; /* of sum-fixed, 0..1 */
};

size_t dvfo_fusion_parameters(const struct dvfo_fuser *fusion);

/** All begin as the mean of both. */
void dvfo_fusion_initialise(const struct dvfo_fuser *fusion, gsl_rng *rng, float *parameters);

/** Multiply-adds of one request. */
double dvfo_fusion_macs(const struct dvfo_fuser *fusion);

/** @param out  (K, B) written */
void dvfo_fusion_forward(const struct dvfo_fuser *fusion, const float *parameters, long B, const float *local,
                         const float *remote, float *out);

/** @param gradients  added to; may be NULL where there are no parameters
 *  @param dlocal, dremote  (K, B) added to */
void dvfo_fusion_backward(const struct dvfo_fuser *fusion, const float *parameters, long B, const float *local,
                          const float *remote, const float *dout, float *gradients, float *dlocal, float *dremote);

#endif
