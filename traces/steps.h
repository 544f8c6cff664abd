/* Steps under construction: what a reader hands over, one row of its file after the other.
 *
 * A step begins where the one before it ended, so a reader only says until when a rate holds. Neighbours of equal rate
 * become one. Rates and times are checked here, once for all formats, and a mistake is told with its place: the line of
 * a text, or the element of a JSON array. */
#ifndef DVFO_STEPS_H
#define DVFO_STEPS_H

#include <stddef.h>

#include "sim/base/status.h"

struct dvfo_trace;

struct dvfo_steps {
    const char *name; /* of the file, for messages; borrowed */
    bool of_elements; /* places are elements of an array (from 1), not lines */
    size_t n;
    size_t capacity;
    double *start_s;  /* (n) owned */
    double *rate_bps; /* (n) owned */
    bool *filled;    /* (n) nothing was measured here: the last rate is held so that the trace can be replayed; owned */
    double end_s;    /* of the last step; 0 when there is none */
    double filled_s; /* total length of filled steps */
};

void dvfo_steps_free(struct dvfo_steps *steps);

/** `rate_bps` holds from the last end until `end_s`. Fails when the time doesn't rise or the rate is out of range.
 *  @param place  line or element the rate was read from */
dvfo_status dvfo_steps_hold(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int place, double end_s, double rate_bps);

/** The recording is silent until `end_s`: hold the last rate and mark it so, for statistics leave it out. */
dvfo_status dvfo_steps_fill(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int place, double end_s);

/** Make the trace; its period ends with the last step. */
dvfo_status dvfo_steps_finish(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, const char *name,
                              const char *format, struct dvfo_trace **out);

/** Fail with the place before the sentence: "file:17: ..." or "file: element 17: ...". */
dvfo_status dvfo_steps_fail(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, int place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
