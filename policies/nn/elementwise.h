/* Sums, products and copies of whole tensors. */
#ifndef DVFO_ELEMENTWISE_H
#define DVFO_ELEMENTWISE_H

#include "policies/nn/activation.h"

/** out = f(in[0] + in[1] + ...), `count` summands of n numbers, at least one. */
void dvfo_elementwise_add(int count, const float *const in[], dvfo_activation activation, long n, float *out);

/** out = f(in * factor), number by number. (n) */
void dvfo_elementwise_multiply(const float *in, const float *factor, dvfo_activation activation, long n, float *out);

/** out = f(in * factor), one factor per channel. in, out (C, N), factor (C) */
void dvfo_elementwise_scale(const float *in, const float *factor, dvfo_activation activation, long C, long N,
                            float *out);

/** Nearest neighbour: out(c, y, x) = in(c, y H / Y, x W / X), rounded down. in (C, H, W), out (C, Y, X) */
void dvfo_elementwise_resize(long C, long H, long W, long Y, long X, const float *in, float *out);

/** A step before the first: out(d, 0) = token(d), out(d, t + 1) = in(d, t). in (D, T), token (D), out (D, T + 1) */
void dvfo_elementwise_prepend(long D, long T, const float *token, const float *in, float *out);

/** One step of a sequence. in (D, T), out (D) */
void dvfo_elementwise_step(long D, long T, long step, const float *in, float *out);

#endif
