/* A progress bar with rate and time left, on a terminal only; silent otherwise. Told often, it draws at most ten times
 * a second. */
#ifndef DVFO_PROGRESS_H
#define DVFO_PROGRESS_H

#include <stdbool.h>

struct dvfo_progress {
    bool shown;       /* standard error is a terminal */
    const char *unit; /* "requests"; borrowed; NULL: no rate is told */
    double total, begun_s, drawn_s;
    long calls;
};

struct dvfo_progress dvfo_progress_begin(const char *unit, double total);
void dvfo_progress_tell(struct dvfo_progress *progress, double done, const char *what);
void dvfo_progress_end(struct dvfo_progress *progress);

/** Monotonic clock [s]. */
double dvfo_progress_clock_s(void);

#endif
