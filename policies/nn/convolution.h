/* Convolution: as matrix products over unfolded patches (im2col), and depthwise directly.
 *
 * K = C / groups * kernel_h * kernel_w is what one output sees. Its inputs are unfolded into columns, a block of output
 * rows at a time so that the block stays in the cache, and one product per group and block does the rest: weights
 * (O / groups, K) by patches (K, pixels). A 1x1 kernel of stride 1 without padding needs no unfolding. */
#ifndef DVFO_CONVOLUTION_H
#define DVFO_CONVOLUTION_H

#include <stddef.h>

#include "policies/nn/activation.h"
#include "policies/nn/window.h"

/** Numbers that dvfo_convolution_forward needs room for. */
size_t dvfo_convolution_scratch(const struct dvfo_window *window);

/** out = f(weight * in + bias), f the activation.
 *  @param weight   (O, C / groups, kernel_h, kernel_w)
 *  @param bias     (O)
 *  @param scratch  dvfo_convolution_scratch numbers; contents don't matter
 *  @param in       (B, C, H, W)
 *  @param out      (B, O, Y, X) */
void dvfo_convolution_forward(const struct dvfo_window *window, const float *weight, const float *bias,
                              dvfo_activation activation, float *scratch, const float *in, float *out);

/** Numbers that dvfo_convolution_depthwise needs room for. */
size_t dvfo_convolution_depthwise_scratch(const struct dvfo_window *window);

/** The same where every channel has a filter of its own (groups = C = O).
 *  @param weight  (C, kernel_h, kernel_w)
 *  @param bias    (C) */
void dvfo_convolution_depthwise(const struct dvfo_window *window, const float *weight, const float *bias,
                                dvfo_activation activation, float *scratch, const float *in, float *out);

#endif
