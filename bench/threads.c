#include "bench/threads.h"

#include <unistd.h>

#include "sim/base/text.h"

enum { MOST_THREADS = 64 };

dvfo_status dvfo_threads_of(struct dvfo_ctx *ctx, const char *text, int *threads)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long long value = cores < 1 ? 1 : cores < MOST_THREADS ? cores : MOST_THREADS;
    if (text != NULL && (!dvfo_text_integer(text, NULL, &value) || value < 1 || value > MOST_THREADS)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--threads is '%s', expected a whole number from 1 to %d", text,
                         MOST_THREADS);
    }
    *threads = (int)value;
    return DVFO_OK;
}
