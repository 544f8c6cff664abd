#include "bench/live/uplink/parcels.h"

void dvfo_parcels_put(struct dvfo_parcels *line, struct dvfo_parcel *parcel)
{
    parcel->next = NULL;
    if (line->first == NULL) {
        line->first = parcel;
    } else {
        line->last->next = parcel;
    }
    line->last = parcel;
}

struct dvfo_parcel *dvfo_parcels_take(struct dvfo_parcels *line)
{
    struct dvfo_parcel *parcel = line->first;
    if (parcel != NULL) {
        line->first = parcel->next;
    }
    return parcel;
}

void dvfo_parcels_move(struct dvfo_parcels *line, struct dvfo_parcels *from)
{
    struct dvfo_parcel *parcel;
    while ((parcel = dvfo_parcels_take(from)) != NULL) {
        dvfo_parcels_put(line, parcel);
    }
}

struct dvfo_parcel *dvfo_parcels_make(struct dvfo_parcels *line, size_t count, void *owner)
{
    struct dvfo_parcel *block = malloc(count * sizeof *block);
    for (size_t i = 0; block != NULL && i < count; i++) {
        block[i].owner = owner;
        dvfo_parcels_put(line, &block[i]);
    }
    return block;
}
