/* A shaped link: when bytes that stand in line are through, over a trace that runs with real time.
 *
 * It knows no socket and no clock: moments go in and come out, so that tests meet it without waiting. The next in line
 * begins exactly when the one before it is through, however late somebody looks. */
#ifndef DVFO_SHAPED_LINK_H
#define DVFO_SHAPED_LINK_H

#include "bench/live/uplink/parcels.h"
#include "traces/trace.h"

struct dvfo_shaped_link {
    const struct dvfo_trace *trace; /* borrowed */
    double offset_s;                /* trace time = moment + offset */
    struct dvfo_parcels line;       /* the first is under way; its due_s is when it is through */
    double begun_s, left_byte;      /* since when so much of the first goes at the trace's present place */
    double through_byte;            /* of the others before it, and of it before begun_s */
    double given_up_byte;
};

/** The trace begins at `now_s`. */
void dvfo_shaped_link_init(struct dvfo_shaped_link *link, const struct dvfo_trace *trace, double now_s);

/** The trace is met from `trace_s` on from now on. */
void dvfo_shaped_link_seek(struct dvfo_shaped_link *link, double now_s, double trace_s);

/** Stand in line. @param parcel  with its came_s and link_byte > 0 */
void dvfo_shaped_link_join(struct dvfo_shaped_link *link, struct dvfo_parcel *parcel);

/** When the first is through; INFINITY when the line is empty. */
double dvfo_shaped_link_due_s(const struct dvfo_shaped_link *link);

/** The first, if it is through by now: its due_s is since when. NULL: it isn't, or the line is empty. */
struct dvfo_parcel *dvfo_shaped_link_take(struct dvfo_shaped_link *link, double now_s);

/** Give up what an owner has in line. @param out  where those parcels go */
void dvfo_shaped_link_leave(struct dvfo_shaped_link *link, const void *owner, double now_s, struct dvfo_parcels *out);

/** Bytes that are through by now, of the first too. */
double dvfo_shaped_link_through_byte(const struct dvfo_shaped_link *link, double now_s);

#endif
