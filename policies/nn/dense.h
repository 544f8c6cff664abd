/* Dense layers and the products of attention.
 *
 * Sequences are (D, T): D features over T steps, a feature's steps side by side, which is an image of width 1. B
 * samples, O features out, S keys, heads share the features: head h has those from h * D / heads on. */
#ifndef DVFO_DENSE_H
#define DVFO_DENSE_H

#include "policies/nn/activation.h"

/** out = f(weight * in + bias), at every step.
 *  @param weight  (O, D)
 *  @param bias    (O)
 *  @param in      (B, D, T)
 *  @param out     (B, O, T) */
void dvfo_dense_forward(long B, long D, long T, long O, const float *weight, const float *bias,
                        dvfo_activation activation, const float *in, float *out);

/** Scores of attention, queries by keys: out = k^T q / sqrt(features of a head), for each head.
 *  @param q    (D, T)
 *  @param k    (D, S)
 *  @param out  (heads, S, T) */
void dvfo_dense_scores(long heads, long D, long T, long S, const float *q, const float *k, float *out);

/** Values of attention, weighted: out = v * weights, for each head.
 *  @param weights  (heads, S, T)
 *  @param v        (D, S)
 *  @param out      (D, T) */
void dvfo_dense_values(long heads, long D, long T, long S, const float *weights, const float *v, float *out);

#endif
