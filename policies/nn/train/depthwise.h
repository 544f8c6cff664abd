/* Depthwise convolution to learn with: every channel has a filter of its own, stride 1 or 2.
 *
 * All samples of a channel are put on one strip, each with its padding around it: then every tap is a shift along the
 * strip, and a filter is one long sum of shifted strips. Outputs between samples are computed in vain; so are three of
 * four at stride 2, which is still cheap beside the products of the layers around it. */
#ifndef DVFO_DEPTHWISE_H
#define DVFO_DEPTHWISE_H

#include <stddef.h>

#include "policies/nn/window.h"

enum { DVFO_DEPTHWISE_TAPS = 9 }; /* 3x3, one pixel of padding */

/** Numbers of scratch that both need. */
size_t dvfo_depthwise_scratch(const struct dvfo_window *window);

/** @param weight   (C, 3, 3)
 *  @param scratch  contents don't matter
 *  @param in       (C, B, H, W)
 *  @param out      (C, B, Y, X) written */
void dvfo_depthwise_forward(const struct dvfo_window *window, const float *weight, float *scratch, const float *in,
                            float *out);

/** @param dweight  (C, 3, 3) added to
 *  @param din      (C, B, H, W) written; NULL: nobody asks */
void dvfo_depthwise_backward(const struct dvfo_window *window, const float *weight, float *scratch, const float *in,
                             const float *dout, float *dweight, float *din);

#endif
