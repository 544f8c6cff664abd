/* Convolution to learn with: forward and backward, as matrix products over unfolded patches.
 *
 * Maps lie channel by channel, (C, B, H, W): all samples of a channel are one row, so that a 1x1 convolution is one
 * product and normalisation runs along rows. (Networks that only infer, policies/nn/convolution.h, keep samples apart.)
 * K = C * kernel_h * kernel_w is what one output sees. Weights come as a view (O, K) that may be a part of a wider
 * layer's: the first O of its outputs and the first C of its channels. No bias: normalisation follows. Sizes are those
 * of a stride that divides them: H = stride Y, W = stride X; no dilation. */
#ifndef DVFO_CONVOLVE_H
#define DVFO_CONVOLVE_H

#include <stddef.h>

#include "policies/nn/matrix.h"
#include "policies/nn/window.h"

/** Numbers of scratch that both need, for up to window->B samples and window->C channels. */
size_t dvfo_convolve_scratch(const struct dvfo_window *window);

/** @param weight   (O, K)
 *  @param scratch  contents don't matter
 *  @param in       (C, B, H, W)
 *  @param out      (O, B, Y, X) written */
void dvfo_convolve_forward(const struct dvfo_window *window, struct dvfo_matrix weight, float *scratch, const float *in,
                           float *out);

/** @param dout     (O, B, Y, X) slope of the loss in the outputs
 *  @param dweight  (O, K) added to; rows as far apart as those of `weight`
 *  @param din      (C, B, H, W) written; NULL: nobody asks */
void dvfo_convolve_backward(const struct dvfo_window *window, struct dvfo_matrix weight, float *scratch,
                            const float *in, const float *dout, float *dweight, float *din);

#endif
