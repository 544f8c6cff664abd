/* A relay: one connection of a device through a shaped link to the server, and back. */
#ifndef DVFO_RELAY_H
#define DVFO_RELAY_H

#include <poll.h>
#include <sys/socket.h>

#include "bench/live/uplink/meter.h"
#include "bench/live/uplink/shaped_link.h"

/* What all relays of a shaper share. */
struct dvfo_route {
    struct sockaddr_storage server;
    struct dvfo_shaped_link link;
    double half_trip_s, overhead_byte;
    size_t held_byte, most_held_byte; /* in parcels of all relays */
};

struct dvfo_relay {
    struct dvfo_route *route;  /* borrowed */
    int device, cloud;         /* sockets; owned; device -1: it has gone */
    bool connecting;           /* to the cloud, still */
    bool cloud_ended;          /* nothing more comes of it; the device hears so at ends_s */
    bool up_stuck, down_stuck; /* a socket took no more: it is to be asked for when it does */
    double ends_s;
    struct dvfo_meter meter;
    struct dvfo_parcels free_up, going; /* through the link, for the cloud */
    struct dvfo_parcels free_down, coming;
    struct dvfo_parcel *up, *down; /* blocks; owned */
};

/** Begin to connect to the server. @param device  a connection, non-blocking; owned from now on, whatever comes of it
 *  @return NULL when memory or files are out */
struct dvfo_relay *dvfo_relay_open(struct dvfo_route *route, int device);

/** Close both sides; what it has on the link leaves the line. */
void dvfo_relay_free(struct dvfo_relay *relay, double now_s);

/** What to wait for: the device's socket, then the cloud's. */
void dvfo_relay_ask_for(const struct dvfo_relay *relay, struct pollfd polls[2]);

/** Read what has come; `polls` as they came back. */
void dvfo_relay_read(struct dvfo_relay *relay, const struct pollfd polls[2]);

/** If the device has gone by now, notice it. */
void dvfo_relay_look(struct dvfo_relay *relay);

/** A parcel of it is through the link. */
void dvfo_relay_forward(struct dvfo_relay *relay, struct dvfo_parcel *parcel);

/** Hand over what is due. */
void dvfo_relay_deliver(struct dvfo_relay *relay, double now_s);

/** When something is due next; INFINITY: nothing is. */
double dvfo_relay_due_s(const struct dvfo_relay *relay);

/** Is there nothing left to relay? */
bool dvfo_relay_is_over(const struct dvfo_relay *relay, double now_s);

#endif
