/* Limits: how much of a server strangers may use. */
#ifndef DVFO_LIMITS_H
#define DVFO_LIMITS_H

#include "policies/nn/fields.h"

struct dvfo_limits {
    long batch; /* requests that are computed together: 8; on one core more of them aren't faster (docs/protocol.md) */
    double batch_wait_us;  /* for others to come: 0 */
    long waiting;          /* requests of all connections together: 1024 */
    long connections;      /* 256 */
    long per_address;      /* connections of one; 0: a quarter of all, at least one */
    long in_flight;        /* requests of a connection: 16 */
    double requests_per_s; /* of a connection, on average: 10000 */
    long message_byte;     /* of a message: 1 MiB */
    double handshake_s;    /* until it is done: 5 */
    double idle_s;         /* between whole messages, and for an answer to be read: 60 */
    double stop_s;         /* to finish what is there: 5 */
};

struct dvfo_limits dvfo_limits_default(void);

/** Connections that one address may have, spelt out. */
long dvfo_limits_per_address(const struct dvfo_limits *limits);

/* By the names of their options: "batch-wait". */
extern const struct dvfo_field dvfo_limits_fields[];

#endif
