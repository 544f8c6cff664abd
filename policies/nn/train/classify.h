/* The end of a network that classifies: pooling, a dense layer, softmax and cross-entropy.
 *
 * C channels, B samples, N pixels of each; D features, K classes. Vectors of a batch lie as (D, B): a column each. */
#ifndef DVFO_CLASSIFY_H
#define DVFO_CLASSIFY_H

#include <stdint.h>

/** Mean over the pixels. in (C, B, N) -> out (C, B) */
void dvfo_classify_pool(long CB, long N, const float *in, float *out);
/** dout (C, B) -> din (C, B, N) written */
void dvfo_classify_pool_backward(long CB, long N, const float *dout, float *din);

/** out (O, B) = weight (O, D) in (D, B) + bias (O).
 *  @param step  from one row of `weight` to the next */
void dvfo_classify_dense(long B, long D, long O, const float *weight, long step, const float *bias, const float *in,
                         float *out);
/** @param dweight, dbias  added to
 *  @param din             (D, B) written; NULL: nobody asks */
void dvfo_classify_dense_backward(long B, long D, long O, const float *weight, long step, const float *in,
                                  const float *dout, float *dweight, float *dbias, float *din);

/** Probabilities of the classes. logits (K, B) -> out (K, B); may be the same */
void dvfo_classify_softmax(long K, long B, const float *logits, float *out);

/** -log p, at most 69; NaN stays NaN. */
double dvfo_classify_surprise(float p);

/** What answers should be: `smoothing` of each target is spread over all classes. @param target  (K, B) written */
void dvfo_classify_targets(long K, long B, const uint8_t *label, float smoothing, float *target);

/** Cross-entropy against targets that sum to 1 for each sample, summed over the batch, `scale` times.
 *  @param target       (K, B)
 *  @param probability  (K, B) written
 *  @param dlogits      (K, B) added to; NULL: nobody asks */
double dvfo_classify_loss(long K, long B, const float *logits, const float *target, float scale, float *probability,
                          float *dlogits);

/** Most likely class of each sample. @param best  (B) written; of equals the first */
void dvfo_classify_best(long K, long B, const float *logits, int *best);

#endif
