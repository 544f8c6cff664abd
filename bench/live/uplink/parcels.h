/* Parcels: stretches of a stream of bytes on their way, and the lines in which they stand.
 *
 * A connection has so many of them, made when it begins, and reads only into a free one: that is what keeps a shaper's
 * memory bounded. */
#ifndef DVFO_PARCELS_H
#define DVFO_PARCELS_H

#include <stdint.h>

#include "sim/base/status.h"

enum { DVFO_PARCEL_BYTE = 16384 };

struct dvfo_parcel {
    struct dvfo_parcel *next; /* in its line */
    void *owner;              /* the connection it belongs to */
    double came_s;            /* when it was read */
    double due_s;             /* when it is through, or to be handed over */
    double link_byte;         /* that the link has to carry for it */
    size_t size, gone;        /* bytes in it, and how many were handed over already */
    uint8_t bytes[DVFO_PARCEL_BYTE];
};

/* First in, first out. */
struct dvfo_parcels {
    struct dvfo_parcel *first, *last;
};

void dvfo_parcels_put(struct dvfo_parcels *line, struct dvfo_parcel *parcel);

/** The first of them; NULL when there is none. */
struct dvfo_parcel *dvfo_parcels_take(struct dvfo_parcels *line);

/** All of `from` go to the end of `line`. */
void dvfo_parcels_move(struct dvfo_parcels *line, struct dvfo_parcels *from);

/** Make `count` of them in one block, and put them into an empty line.
 *  @return the block, for the caller to free; NULL when memory is out */
struct dvfo_parcel *dvfo_parcels_make(struct dvfo_parcels *line, size_t count, void *owner);

#endif
