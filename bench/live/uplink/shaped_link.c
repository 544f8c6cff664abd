#include "bench/live/uplink/shaped_link.h"

#include <math.h>

void dvfo_shaped_link_init(struct dvfo_shaped_link *link, const struct dvfo_trace *trace, double now_s)
{
    *link = (struct dvfo_shaped_link){.trace = trace, .offset_s = -now_s};
}

/* The first in line, of which `left_byte` are left, goes on at a moment. */
static void go_on(struct dvfo_shaped_link *link, double at_s, double left_byte)
{
    link->begun_s = at_s;
    link->left_byte = left_byte;
    link->line.first->due_s =
        at_s + dvfo_trace_send_time_s(link->trace, fmax(at_s + link->offset_s, 0.0), 8.0 * left_byte); /* Eq. (6) */
}

/* Never before it has come. */
static void begin(struct dvfo_shaped_link *link, double free_since_s)
{
    const struct dvfo_parcel *first = link->line.first;
    if (first != NULL) {
        go_on(link, fmax(free_since_s, first->came_s), first->link_byte);
    }
}

/* Bytes of the first that got through since begun_s. */
static double through_since(const struct dvfo_shaped_link *link, double now_s)
{
    if (link->line.first == NULL || now_s <= link->begun_s) {
        return 0.0;
    }
    const double from_s = fmax(link->begun_s + link->offset_s, 0.0), to_s = fmax(now_s + link->offset_s, from_s);
    const double bits = dvfo_trace_sent_bits(link->trace, to_s) - dvfo_trace_sent_bits(link->trace, from_s);
    return fmin(bits / 8.0, link->left_byte);
}

void dvfo_shaped_link_seek(struct dvfo_shaped_link *link, double now_s, double trace_s)
{
    const double through = through_since(link, now_s);
    const bool going = link->line.first != NULL && link->line.first->due_s > now_s;
    link->offset_s = trace_s - now_s;
    if (going) {
        link->through_byte += through;
        go_on(link, fmax(now_s, link->begun_s), link->left_byte - through);
    }
}

void dvfo_shaped_link_join(struct dvfo_shaped_link *link, struct dvfo_parcel *parcel)
{
    const bool was_idle = link->line.first == NULL;
    dvfo_parcels_put(&link->line, parcel);
    if (was_idle) {
        begin(link, parcel->came_s);
    }
}

double dvfo_shaped_link_due_s(const struct dvfo_shaped_link *link)
{
    return link->line.first != NULL ? link->line.first->due_s : INFINITY;
}

struct dvfo_parcel *dvfo_shaped_link_take(struct dvfo_shaped_link *link, double now_s)
{
    if (dvfo_shaped_link_due_s(link) > now_s) {
        return NULL;
    }
    struct dvfo_parcel *parcel = dvfo_parcels_take(&link->line);
    link->through_byte += link->left_byte;
    begin(link, parcel->due_s);
    return parcel;
}

void dvfo_shaped_link_leave(struct dvfo_shaped_link *link, const void *owner, double now_s, struct dvfo_parcels *out)
{
    struct dvfo_parcel *const was_first = link->line.first, *parcel;
    struct dvfo_parcels stay = {0};
    const double through = through_since(link, now_s);
    if (was_first != NULL && was_first->owner == owner) {
        link->through_byte += through;
        link->given_up_byte += link->left_byte - through;
    }
    while ((parcel = dvfo_parcels_take(&link->line)) != NULL) {
        const bool leaves = parcel->owner == owner;
        link->given_up_byte += leaves && parcel != was_first ? parcel->link_byte : 0.0;
        dvfo_parcels_put(leaves ? out : &stay, parcel);
    }
    link->line = stay;
    if (link->line.first != was_first) {
        begin(link, now_s);
    }
}

double dvfo_shaped_link_through_byte(const struct dvfo_shaped_link *link, double now_s)
{
    return link->through_byte + through_since(link, now_s);
}
