/* Batch normalisation to learn with (Ioffe, Szegedy 2015), and the ReLU6 behind it.
 *
 * Each channel gets mean 0 and variance 1 over the N = B H W numbers of its row, then a scale and a shift of its own.
 * While learning, mean and variance are the batch's; afterwards running means of them. Maps are (C, N). */
#ifndef DVFO_BATCH_NORM_H
#define DVFO_BATCH_NORM_H

#include <stdbool.h>

#define DVFO_BATCH_NORM_EPSILON 1e-5f /* added to variances */

/** Mean and variance of each channel. @param mean, variance  (C) written */
void dvfo_batch_norm_measure(long C, long N, const float *in, float *mean, float *variance);

/** out = f(scale * (in - mean) / sqrt(variance + epsilon) + shift), f ReLU6 or nothing.
 *  @param mean, variance, scale, shift  (C)
 *  @param in, out                       (C, N); may be the same */
void dvfo_batch_norm_forward(long C, long N, bool relu6, const float *mean, const float *variance, const float *scale,
                             const float *shift, const float *in, float *out);

/** Slopes where mean and variance were the batch's own.
 *  @param in             (C, N) as it came
 *  @param out            (C, N) as it went, after ReLU6
 *  @param dout           (C, N) may be changed: where ReLU6 is flat it becomes 0
 *  @param dscale,dshift  (C) added to
 *  @param din            (C, N) written; may be `dout` */
void dvfo_batch_norm_backward(long C, long N, bool relu6, const float *mean, const float *variance, const float *scale,
                              const float *in, const float *out, float *dout, float *dscale, float *dshift, float *din);

/** Slopes where mean and variance were given: constants. */
void dvfo_batch_norm_backward_fixed(long C, long N, bool relu6, const float *variance, const float *scale,
                                    const float *out, const float *dout, float *din);

#endif
