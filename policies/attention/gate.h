/* The attention module (CBAM; Woo et al. 2018) to learn with: channel attention, then spatial attention.
 *
 *   z = W2 f(W1 avg) + W2 f(W1 max): one number per channel, from its mean and its maximum; f a ReLU that leaks a
 * tenth; F1 = F sigmoid(z): channels are weighed; F2 = F1 sigmoid(conv7x7[mean_c F1; max_c F1]): then pixels, likewise;
 * p = softmax(z): importance of the channels, a distribution.
 *
 * C channels, B samples, N pixels of a map; R = C / reduction, at least 1; W1 (R, C), W2 (C, R). 2 C R + 98 weights, no
 * biases: its cost in a simulation is that of profiles/attention.h, which has the same layers. */
#ifndef DVFO_GATE_H
#define DVFO_GATE_H

#include <gsl/gsl_rng.h>

#include "sim/base/status.h"

struct dvfo_gate {
    long channels, height, width; /* of the feature map */
    long squeezed;                /* R */
    size_t parameters;
};

struct dvfo_gate dvfo_gate_plan(long channels, long height, long width, long reduction);

void dvfo_gate_initialise(const struct dvfo_gate *gate, gsl_rng *rng, float *parameters);

/* Room for a batch on its way through and back. */
struct dvfo_gate_pass;

dvfo_status dvfo_gate_pass_create(struct dvfo_ctx *ctx, const struct dvfo_gate *gate, long samples,
                                  struct dvfo_gate_pass **out);
void dvfo_gate_pass_free(struct dvfo_gate_pass *pass);

/** @param in   (C, B, N) borrowed until the way back
 *  @param out  (C, B, N) written */
void dvfo_gate_forward(struct dvfo_gate_pass *pass, const float *parameters, long samples, const float *in, float *out);

/** z of the last way through: (C, B); borrowed. */
const float *dvfo_gate_scores(const struct dvfo_gate_pass *pass);

/** Importance of the last way through: p (C, B); each column sums to 1. */
void dvfo_gate_importance(const struct dvfo_gate_pass *pass, float *p);

/** @param dout       (C, B, N)
 *  @param dscores    (C, B) further slopes in z; NULL: none
 *  @param gradients  added to
 *  @param din        (C, B, N) added to; NULL: nobody asks */
void dvfo_gate_backward(struct dvfo_gate_pass *pass, const float *parameters, const float *dout, const float *dscores,
                        float *gradients, float *din);

#endif
