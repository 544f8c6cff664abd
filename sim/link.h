/* The link: one transfer at a time, in the order in which they were handed over, over a trace.
 *
 * A transfer that begins takes as long as the trace needs for its bytes, Eq. (6); an outage holds it. The line holds
 * numbers of the caller's choice (slots of requests). */
#ifndef DVFO_LINK_H
#define DVFO_LINK_H

#include <stdint.h>

#include "sim/base/status.h"
#include "traces/trace.h"

struct dvfo_link {
    const struct dvfo_trace *trace; /* borrowed */
    uint32_t *line;                 /* (capacity) a ring; owned */
    uint32_t head, count, capacity; /* the transfer at `head` is under way */
};

void dvfo_link_init(struct dvfo_link *link, const struct dvfo_trace *trace);
void dvfo_link_free(struct dvfo_link *link);

static inline bool dvfo_link_is_idle(const struct dvfo_link *link)
{
    return link->count == 0;
}

/** The transfer under way; the link must not be idle. */
uint32_t dvfo_link_current(const struct dvfo_link *link);

/** Stand in line. @return false when memory is out; otherwise, if the link was idle, this is now the current one */
bool dvfo_link_join(struct dvfo_link *link, uint32_t transfer);

/** Leave the line: sent, or given up. Cost: O(line) unless it is the current one. */
void dvfo_link_leave(struct dvfo_link *link, uint32_t transfer);

/** Time to send `bytes` from trace time `trace_s` on [s]. */
double dvfo_link_send_s(const struct dvfo_link *link, double trace_s, double bytes);

/** Bytes that the link carries between two trace times. */
double dvfo_link_byte_between(const struct dvfo_link *link, double from_s, double to_s);

#endif
