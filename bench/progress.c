#include "bench/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 30, CALLS_PER_LOOK = 64 /* the clock costs more than a request */ };
#define REDRAW_S 0.1

double dvfo_progress_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct dvfo_progress dvfo_progress_begin(const char *unit, double total)
{
    return (struct dvfo_progress){
        .shown = isatty(STDERR_FILENO) == 1, .unit = unit, .total = total, .begun_s = dvfo_progress_clock_s()};
}

void dvfo_progress_tell(struct dvfo_progress *progress, double done, const char *what)
{
    const bool few = progress->total < 1e5; /* slow things: look each time */
    if (!progress->shown || (progress->calls++ % CALLS_PER_LOOK != 0 && !few)) {
        return;
    }
    const double now_s = dvfo_progress_clock_s();
    if (now_s - progress->drawn_s < REDRAW_S) {
        return;
    }
    progress->drawn_s = now_s;
    const double elapsed_s = now_s - progress->begun_s, part = done / progress->total;
    const double rate = elapsed_s > 0.0 ? done / elapsed_s : 0.0;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++) {
        bar[i] = (double)i < part * WIDTH ? '#' : '.';
    }
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3.0f %%  ", bar, 100.0 * part);
    if (progress->unit != NULL) {
        fprintf(stderr, "%.3g %s/s  ", rate, progress->unit);
    }
    fprintf(stderr, "%.0f s left  %-40.40s", rate > 0.0 ? (progress->total - done) / rate : 0.0, what);
    fflush(stderr);
}

void dvfo_progress_end(struct dvfo_progress *progress)
{
    if (progress->shown && progress->drawn_s > 0.0) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    progress->shown = false;
}
