/* How many threads: --threads, or as many as there are cores. */
#ifndef DVFO_THREADS_H
#define DVFO_THREADS_H

#include "sim/base/status.h"

/** @param text  of the option; NULL: not given */
dvfo_status dvfo_threads_of(struct dvfo_ctx *ctx, const char *text, int *threads);

#endif
