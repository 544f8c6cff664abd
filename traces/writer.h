/* Writers: a trace in a form that this program and others read back.
 *
 * csv keeps everything (start_s,rate_mbps, a last row that ends the period). cooked is Pensieve's form and keeps the
 * steps; which of them a reader had filled is lost. mahimahi has opportunities of 12 000 bits in whole milliseconds:
 * the volume is right to one opportunity at every instant, and the last opportunity stands at the end of the period
 * even where the trace ends in an outage, because the form has no other way to say when it repeats. */
#ifndef DVFO_WRITER_H
#define DVFO_WRITER_H

#include <stdio.h>

#include "traces/trace.h"

struct dvfo_writer {
    const char *name; /* for --to */
    const char *summary;
    dvfo_status (*write)(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file);
};

/** All forms, the default first; the name is NULL at the end. */
extern const struct dvfo_writer dvfo_writers[];

/** The form of that name. */
dvfo_status dvfo_writer_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_writer **out);

#endif
