/* The forward pass of each operator of the network language, with its parameters and its scratch.
 *
 * It sees one layer at batch 1. Fused layers have none of their own: an activation is handed to the forward pass of its
 * host, and a batch normalisation is folded into the host's weights and bias. */
#ifndef DVFO_FORWARD_H
#define DVFO_FORWARD_H

#include "policies/nn/activation.h"
#include "profiles/network.h"

enum { DVFO_FORWARD_MAX_INPUTS = 16 };

/* Parameters of a layer as they lie one after the other: weights, scales, shifts (or biases). */
struct dvfo_forward_parameters {
    size_t weights, fan_in; /* random at the start, of variance 2 / fan_in (He et al. 2015) */
    size_t ones;
    size_t zeros;
};

/* One layer at work. */
struct dvfo_forward_call {
    const struct dvfo_layer *layer;
    const float *in[DVFO_FORWARD_MAX_INPUTS];
    struct dvfo_shape in_shape[DVFO_FORWARD_MAX_INPUTS];
    float *out;
    const float *parameters;
    float *scratch;
    dvfo_activation activation; /* fused to it */
    long groups;                /* softmax: so many side by side, one for each head of attention */
};

struct dvfo_forward {
    const char *kind;                                                             /* as in network files */
    struct dvfo_forward_parameters (*parameters)(const struct dvfo_layer *layer); /* NULL: it has none */
    size_t (*scratch)(const struct dvfo_layer *layer);                            /* numbers; NULL: it needs none */
    void (*run)(const struct dvfo_forward_call *call);
};

/** That of an operator; NULL when there is none. */
const struct dvfo_forward *dvfo_forward_find(const char *kind);

#endif
