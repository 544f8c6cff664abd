/* Pooling: the largest or the mean of what a window sees. */
#ifndef DVFO_POOLING_H
#define DVFO_POOLING_H

#include <stddef.h>

#include "policies/nn/window.h"

/** Numbers that the first two need room for. */
size_t dvfo_pooling_scratch(const struct dvfo_window *window);

/** The largest; padding doesn't take part. in (B, C, H, W) -> out (B, C, Y, X) */
void dvfo_pooling_maximum(const struct dvfo_window *window, float *scratch, const float *in, float *out);

/** The mean of the whole window, padding counted as zeros (as torch does). in (B, C, H, W) -> out (B, C, Y, X) */
void dvfo_pooling_average(const struct dvfo_window *window, float *scratch, const float *in, float *out);

/** Means over Y x X windows that cover the image, rows floor(y H / Y) to ceil((y + 1) H / Y), whatever its size;
 *  1 x 1 is the mean of the image. Only sizes of the window matter. in (B, C, H, W) -> out (B, C, Y, X) */
void dvfo_pooling_adaptive(const struct dvfo_window *window, const float *in, float *out);

#endif
