/* One micro-benchmark: a row of the table in micro.c.
 *
 * A row makes its state, does its work once under the clock and shows that the answer is right. The frame knows nothing
 * of what is computed, a row nothing of clocks. */
#ifndef DVFO_MICRO_ROW_H
#define DVFO_MICRO_ROW_H

#include "sim/base/status.h"

struct dvfo_micro_row {
    const char *name;
    const char *unit; /* what `run` counts, plural: "events" */
    const char *summary;
    dvfo_status (*create)(struct dvfo_ctx *ctx, void **out); /* not timed; freed by `free` */
    double (*run)(void *state);                              /* timed; @return how much was done [unit] */
    /** After `run`: is the answer right? Writes it as words into `answer` (size characters). */
    dvfo_status (*verify)(struct dvfo_ctx *ctx, void *state, char *answer, size_t size);
    double (*work_flop)(
        const void *state); /* of matrix products, per unit: set against sgemm's; NULL: there are none */
    void (*free)(void *state);
};

extern const struct dvfo_micro_row dvfo_micro_mm1;
extern const struct dvfo_micro_row dvfo_micro_requests;
extern const struct dvfo_micro_row dvfo_micro_sgemm;
extern const struct dvfo_micro_row dvfo_micro_branching_update;
extern const struct dvfo_micro_row dvfo_micro_branching_update_256;
extern const struct dvfo_micro_row dvfo_micro_learner_update;
extern const struct dvfo_micro_row dvfo_micro_environment_steps;
extern const struct dvfo_micro_row dvfo_micro_training_loop;
extern const struct dvfo_micro_row dvfo_micro_convolutions;
extern const struct dvfo_micro_row dvfo_micro_fusion_sum;
extern const struct dvfo_micro_row dvfo_micro_fusion_dense;
extern const struct dvfo_micro_row dvfo_micro_fusion_convolution;
extern const struct dvfo_micro_row dvfo_micro_batch_one_worker;
extern const struct dvfo_micro_row dvfo_micro_batch_two_workers;

#endif
