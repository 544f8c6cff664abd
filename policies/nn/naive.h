/* The layer classes as one would write them on a blackboard: one output after the other, sums in double precision, no
 * BLAS, functions of the C library. Each has the arguments of its fast twin (less the scratch), which tests hold
 * against it. Kept forever, never called by the program. */
#ifndef DVFO_NAIVE_H
#define DVFO_NAIVE_H

#include "policies/nn/activation.h"
#include "policies/nn/recurrent.h"
#include "policies/nn/window.h"

void dvfo_naive_convolution(const struct dvfo_window *window, const float *weight, const float *bias,
                            dvfo_activation activation, const float *in, float *out);
void dvfo_naive_maximum(const struct dvfo_window *window, const float *in, float *out);
void dvfo_naive_average(const struct dvfo_window *window, const float *in, float *out);
void dvfo_naive_adaptive(const struct dvfo_window *window, const float *in, float *out);
void dvfo_naive_dense(long B, long D, long T, long O, const float *weight, const float *bias,
                      dvfo_activation activation, const float *in, float *out);
void dvfo_naive_scores(long heads, long D, long T, long S, const float *q, const float *k, float *out);
void dvfo_naive_values(long heads, long D, long T, long S, const float *weights, const float *v, float *out);
void dvfo_naive_recurrent(dvfo_cell cell, long D, long T, long H, const float *weight, const float *bias,
                          const float *in, float *out);
void dvfo_naive_channels(long C, long N, const float *scale, const float *shift, dvfo_activation activation,
                         const float *in, float *out);
void dvfo_naive_layer(long C, long N, const float *scale, const float *shift, const float *in, float *out);
void dvfo_naive_softmax(long groups, long C, long N, const float *in, float *out);

#endif
