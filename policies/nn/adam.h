/* Adam (Kingma, Ba 2015): each parameter moves by its mean gradient over the root of its mean square, both averaged
 * over the recent past and corrected for having begun at 0. */
#ifndef DVFO_ADAM_H
#define DVFO_ADAM_H

#include <stdint.h>

#include "sim/base/status.h"

struct dvfo_adam_def {
    double rate;         /* default 1e-3 */
    double beta1, beta2; /* default 0.9, 0.999 */
    double epsilon;      /* default 1e-8 */
};

struct dvfo_adam_def dvfo_adam_def_default(void);

struct dvfo_adam {
    struct dvfo_adam_def def; /* the rate may be changed between steps */
    uint64_t steps;
    size_t count;
    float *mean, *square; /* (count) */
};

dvfo_status dvfo_adam_create(struct dvfo_ctx *ctx, const struct dvfo_adam_def *def, size_t count,
                             struct dvfo_adam **out);
void dvfo_adam_free(struct dvfo_adam *adam);

/** One step, one sweep over the block.
 *  @param gradient    (count)
 *  @param scale       of the gradient, below 1 where it is clipped
 *  @param parameters  (count) changed */
void dvfo_adam_step(struct dvfo_adam *adam, const float *gradient, double scale, float *parameters);

/** The same as the paper writes it, in double precision: the twin that tests hold it against. */
void dvfo_adam_step_naive(struct dvfo_adam *adam, const float *gradient, double scale, float *parameters);

/** Euclidean norm of a block. */
double dvfo_adam_norm(size_t count, const float *gradient);

#endif
