/* Workers: numbered tasks, each in a process of its own, so many at once.
 *
 * A task writes its result where its number says, in memory that all share; so what comes out doesn't depend on how
 * many run at once, nor on which ends first. (Processes, not threads: HDF5 serves one thread only.) What a task prints
 * or changes elsewhere is lost. */
#ifndef DVFO_WORKERS_H
#define DVFO_WORKERS_H

#include <stddef.h>

#include "sim/base/status.h"

struct dvfo_workers_def {
    size_t tasks;
    long jobs;                                                          /* at once; 0: as many as there are cores */
    void *user;                                                         /* passed to all below; borrowed */
    bool (*ready)(void *user, size_t task);                             /* may it begin yet? NULL: all may */
    dvfo_status (*work)(struct dvfo_ctx *ctx, void *user, size_t task); /* in its process; ends early on ctx->stop */
    dvfo_status (*done)(struct dvfo_ctx *ctx, void *user, size_t task); /* in ours, as they end; NULL: nothing */
    /* in ours, when a task failed; the others go on then. NULL: they end */
    void (*failed)(void *user, size_t task, dvfo_status status, const char *message);
    const volatile sig_atomic_t *stop; /* non-zero: end; may be NULL */
};

/** Run all tasks; those of low numbers begin first. After a failure that nobody takes, no more begin and the others are
 *  told to end.
 *  @return the failure of the lowest number that failed, or DVFO_INTERRUPTED */
dvfo_status dvfo_workers_run(struct dvfo_ctx *ctx, const struct dvfo_workers_def *def);

/** Zeroed memory that the tasks share with us; NULL when memory is out. */
void *dvfo_workers_share(size_t size);
void dvfo_workers_unshare(void *memory, size_t size); /* NULL welcome */

#endif
