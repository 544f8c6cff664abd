/* A stack: layers one above the other, as a network that learns is made of.
 *
 * A stack is a plan of shapes only: where each layer's numbers lie in a block of parameters and a block of running
 * statistics that the caller owns. Convolutions (dense and depthwise) are followed by batch normalisation and ReLU6.
 * Two things make one stack serve many uses (slimmable networks, Yu et al. 2019):
 *   width    runs only the first part of each layer's channels, in `steps` steps, so that less is computed;
 *   setting  each has scales, shifts and statistics of its own, since what a layer sees differs between uses.
 * Weights come first in the block, then what weight decay spares. */
#ifndef DVFO_STACK_H
#define DVFO_STACK_H

#include <gsl/gsl_rng.h>

#include "policies/nn/window.h"
#include "sim/base/status.h"

typedef enum dvfo_stack_op {
    DVFO_STACK_CONVOLUTION, /* kernel x kernel over all channels */
    DVFO_STACK_DEPTHWISE,   /* 3x3, a filter per channel */
    DVFO_STACK_POOL,        /* mean over all pixels */
    DVFO_STACK_DENSE,       /* of vectors; no normalisation behind it */
} dvfo_stack_op;

struct dvfo_stack_layer {
    dvfo_stack_op op;
    long out;            /* channels that it makes at full width; 0: as many as it sees */
    long kernel, stride; /* of a convolution; padding keeps the size at stride 1 */
};

enum { DVFO_STACK_MOST = 16 };

struct dvfo_stack_def {
    long channels, height, width; /* of what it sees */
    int settings;                 /* sets of scales, shifts and statistics; at least 1 */
    int steps;                    /* of width; at least 1 */
    int count;
    struct dvfo_stack_layer layer[DVFO_STACK_MOST];
};

/* Where a layer's numbers lie. */
struct dvfo_stack_place {
    struct dvfo_window window; /* at full width, for one sample */
    size_t weight;             /* (O, K) in the parameters */
    size_t scale, shift;       /* (settings, O) of normalisation; of a dense layer `shift` is its bias (O) */
    size_t mean, variance;     /* (settings, O) in the statistics */
};

struct dvfo_stack {
    struct dvfo_stack_def def;
    struct dvfo_stack_place at[DVFO_STACK_MOST];
    size_t weights;    /* of the parameters those that decay */
    size_t parameters; /* all of them */
    size_t statistics;
    long outputs; /* numbers that come out for each sample */
};

/* How a stack is run. */
struct dvfo_stack_mode {
    int setting;
    int width;     /* 1..steps */
    bool learning; /* normalise by the batch's own statistics */
};

/** The plan. Shapes must fit: a programmer's contract. */
struct dvfo_stack dvfo_stack_plan(const struct dvfo_stack_def *def);

/** Weights drawn as He et al. (2015) do, scales 1, shifts 0, means 0, variances 1. */
void dvfo_stack_initialise(const struct dvfo_stack *stack, gsl_rng *rng, float *parameters, float *statistics);

/** A stack's numbers for another one of the same layers: weights, and what belongs to setting 0 for all its settings.
 */
void dvfo_stack_copy(const struct dvfo_stack *from, const float *parameters, const float *statistics,
                     const struct dvfo_stack *to, float *to_parameters, float *to_statistics);

/** Output channels of a layer at a width; of layer -1: what the stack sees. */
long dvfo_stack_channels(const struct dvfo_stack *stack, int layer, int width);

/** Multiply-adds of one sample at a width. */
double dvfo_stack_macs(const struct dvfo_stack *stack, int width);

/* Room for a batch on its way through a stack and back. */
struct dvfo_stack_pass;

/** @param stack    borrowed until dvfo_stack_pass_free
 *  @param samples  most of a batch */
dvfo_status dvfo_stack_pass_create(struct dvfo_ctx *ctx, const struct dvfo_stack *stack, long samples,
                                   struct dvfo_stack_pass **out);
void dvfo_stack_pass_free(struct dvfo_stack_pass *pass);

/** @param in  (channels, B, height, width); borrowed until the way back
 *  @return    (O, B, Y, X) of the last layer; borrowed, valid until the next way through */
const float *dvfo_stack_forward(struct dvfo_stack_pass *pass, const float *parameters, const float *statistics,
                                struct dvfo_stack_mode mode, long samples, const float *in);

/** The same layer by layer: begin, then layers 0 .. count - 1 in their order. @return what the layer makes */
void dvfo_stack_begin(struct dvfo_stack_pass *pass, struct dvfo_stack_mode mode, long samples, const float *in);
const float *dvfo_stack_step(struct dvfo_stack_pass *pass, int layer, const float *parameters, const float *statistics);

/** The way back of the last way through.
 *  @param dout       (O, B, Y, X); changed
 *  @param gradients  as parameters; added to
 *  @param din        (channels, B, height, width) written; NULL: nobody asks */
void dvfo_stack_backward(struct dvfo_stack_pass *pass, const float *parameters, float *dout, float *gradients,
                         float *din);

/** First layer whose outputs of the last way through aren't all finite; -1: all are. */
int dvfo_stack_first_broken(const struct dvfo_stack_pass *pass);

/** Running statistics move by `share` towards those of the last way through, which was a learning one. */
void dvfo_stack_keep_statistics(const struct dvfo_stack_pass *pass, float share, float *statistics);

#endif
