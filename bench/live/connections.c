#include "bench/live/connections.h"

#include <string.h>

#include "bench/live/connection.h"

/* Beyond the most, of all or of one address, so many more are told why they aren't served; what comes on top of them is
 * closed without a word. */
enum { TOLD = 16 };

static void enlist(struct dvfo_service *service, struct dvfo_connection *connection)
{
    connection->next = service->first;
    if (service->first != NULL) {
        service->first->before = connection;
    }
    service->first = connection;
    service->open++;
    service->lately.connections++;
    service->whole.connections++;
}

static void refuse(struct dvfo_service *service, struct dvfo_connection *connection)
{
    service->lately.refusals++;
    service->whole.refusals++;
    dvfo_connection_drop(connection);
}

/* Connections of a connection's address, itself and those that are being told no among them. */
static long count_of_owner(const struct dvfo_service *service, const struct dvfo_connection *connection)
{
    long count = 0;
    for (const struct dvfo_connection *at = service->first; at != NULL; at = at->next) {
        count += memcmp(&at->owner, &connection->owner, sizeof at->owner) == 0;
    }
    return count;
}

/* A connection that has been opened is served, told no, or dropped. */
static void admit(struct dvfo_service *service, struct dvfo_connection *connection)
{
    const long of_owner = count_of_owner(service, connection);
    if (service->open > service->most + TOLD || of_owner > service->most_per_address + TOLD) {
        refuse(service, connection);
    } else if (service->open > service->most) {
        dvfo_connection_complain(connection, DVFO_COMPLAINT_FULL, 0);
    } else if (of_owner > service->most_per_address) {
        dvfo_connection_complain(connection, DVFO_COMPLAINT_CROWDED, 0);
    }
}

void dvfo_connections_accept(struct dvfo_service *service)
{
    struct dvfo_connection *connection = calloc(1, sizeof *connection);
    service->starved = connection == NULL;
    if (connection == NULL) {
        return; /* it waits, and is looked after */
    }
    enlist(service, connection);
    if (dvfo_connection_open(connection, service)) {
        admit(service, connection);
    } else {
        refuse(service, connection);
    }
}

void dvfo_connections_look_after(struct dvfo_service *service)
{
    const uint64_t now_ns = uv_hrtime();
    for (struct dvfo_connection *at = service->first, *next; at != NULL; at = next) {
        next = at->next;
        dvfo_connection_look_after(at, now_ns);
    }
    if (service->starved) {
        dvfo_connections_accept(service);
    }
}

void dvfo_connections_leave(struct dvfo_service *service)
{
    for (struct dvfo_connection *at = service->first, *next; at != NULL; at = next) {
        next = at->next;
        dvfo_connection_leave(at);
    }
}

void dvfo_connections_abandon(struct dvfo_service *service)
{
    while (service->first != NULL) {
        dvfo_connection_drop(service->first);
    }
}
