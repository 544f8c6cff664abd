/* Normalisations over channels, and softmax. C channels of N numbers each (pixels or steps): (C, N). */
#ifndef DVFO_NORMALISATION_H
#define DVFO_NORMALISATION_H

#include <stddef.h>

#include "policies/nn/activation.h"

/** Batch normalisation at inference: out = f(scale * in + shift), one scale and shift per channel.
 *  @param scale, shift  (C)
 *  @param in, out       (C, N); may be the same */
void dvfo_normalisation_channels(long C, long N, const float *scale, const float *shift, dvfo_activation activation,
                                 const float *in, float *out);

/** Layer normalisation over the channels of each of the N: mean 0, variance 1 (to which 1e-6 is added), then scale and
 *  shift.
 *  @param scale, shift  (C)
 *  @param scratch       (2, N)
 *  @param in, out       (C, N); different arrays */
void dvfo_normalisation_layer(long C, long N, const float *scale, const float *shift, float *scratch, const float *in,
                              float *out);

/** Softmax over the C numbers of each of the N, for each group.
 *  @param scratch  (2, N)
 *  @param in, out  (groups, C, N); different arrays */
void dvfo_normalisation_softmax(long groups, long C, long N, float *scratch, const float *in, float *out);

#endif
