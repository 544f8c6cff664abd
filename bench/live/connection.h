/* A connection: a session on a socket. Whatever a peer does costs its own connection at most. */
#ifndef DVFO_CONNECTION_H
#define DVFO_CONNECTION_H

#include "bench/live/address.h"
#include "bench/live/service.h"
#include "bench/live/socket.h"

struct dvfo_connection {
    struct dvfo_socket socket; /* first: it is how the loop knows us */
    struct dvfo_service *service;
    struct dvfo_connection *next, *before; /* of the service's */
    struct dvfo_address_owner owner;
    struct dvfo_session session;
    bool leaving; /* ends when nothing is in flight */
};

/** Take what waits at the listener. @param connection  zeroed. @return false: it is to be dropped */
bool dvfo_connection_open(struct dvfo_connection *connection, struct dvfo_service *service);

/** Complain in the complaint's own words; about the connection if id is 0. */
void dvfo_connection_complain(struct dvfo_connection *connection, dvfo_complaint complaint, uint64_t id);

/** End it if it is late. */
void dvfo_connection_look_after(struct dvfo_connection *connection, uint64_t now_ns);

/** Read no more requests; bye when those in flight are answered. */
void dvfo_connection_leave(struct dvfo_connection *connection);

/** Close it now, whatever is in flight. Its memory goes when the loop has closed its socket. */
void dvfo_connection_drop(struct dvfo_connection *connection);

/** A batcher's `done`: the owner hears its answer. @param service  a struct dvfo_service */
void dvfo_connection_answer(void *service, struct dvfo_live_job *job, const struct dvfo_answer *timing,
                            const float *logits, long step);

/** A job that won't be computed: its owner hears that. */
void dvfo_connection_refuse(struct dvfo_service *service, struct dvfo_live_job *job, dvfo_complaint complaint);

#endif
