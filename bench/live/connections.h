/* All connections of a server. */
#ifndef DVFO_CONNECTIONS_H
#define DVFO_CONNECTIONS_H

#include "bench/live/service.h"

/** Take a connection that waits at the listener; beyond the most it is told so and ends. */
void dvfo_connections_accept(struct dvfo_service *service);

/** End those that are late. To be called now and then. */
void dvfo_connections_look_after(struct dvfo_service *service);

/** Read no more requests; each ends once what it has is answered. */
void dvfo_connections_leave(struct dvfo_service *service);

/** Close all of them now. */
void dvfo_connections_abandon(struct dvfo_service *service);

#endif
