/* The batcher: what waits is computed together, one batch at a time, on a thread of its own.
 *
 * Requests of one share make a batch, since the tail normalises each share in its own way: there is a queue for each.
 * A queue is due when it holds a whole batch, or its oldest request has waited for as long as it may; of those due the
 * one whose first has waited longest goes next. While a batch is computed others gather, so that under load batches
 * grow by themselves. */
#ifndef DVFO_BATCHER_H
#define DVFO_BATCHER_H

#include "bench/live/job.h"
#include "bench/live/tail.h"

struct dvfo_batcher_def {
    uv_loop_t *loop;        /* borrowed; all but the computing happens on it */
    struct dvfo_tail *tail; /* borrowed */
    int most;               /* requests of a batch */
    double wait_us;         /* for others to come; 0: what is there goes at once */
    /** A job is done: `logits` has its class k at [k * step], borrowed until it returns. */
    void (*done)(void *user, struct dvfo_live_job *job, const struct dvfo_answer *timing, const float *logits,
                 long step);
    void *user;
};

struct dvfo_batcher;

dvfo_status dvfo_batcher_create(struct dvfo_ctx *ctx, const struct dvfo_batcher_def *def, struct dvfo_batcher **out);

/** To be called with nothing being computed; its memory goes when the loop has closed its handles. */
void dvfo_batcher_close(struct dvfo_batcher *batcher);

/** Queue a job. It comes back by `done`, whatever has become of its owner. */
void dvfo_batcher_put(struct dvfo_batcher *batcher, struct dvfo_live_job *job);

/** From now on nobody waits for company. */
void dvfo_batcher_hurry(struct dvfo_batcher *batcher);

/** Take back the oldest job that isn't computed yet; NULL when there is none. */
struct dvfo_live_job *dvfo_batcher_take_back(struct dvfo_batcher *batcher);

/** Is a batch being computed? */
bool dvfo_batcher_is_busy(const struct dvfo_batcher *batcher);

#endif
