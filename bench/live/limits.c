#include "bench/live/limits.h"

#include "bench/live/session.h"

struct dvfo_limits dvfo_limits_default(void)
{
    return (struct dvfo_limits){.batch = 8,
                                .batch_wait_us = 0.0,
                                .waiting = 1024,
                                .connections = 256,
                                .per_address = 0,
                                .in_flight = 16,
                                .requests_per_s = 10000.0,
                                .message_byte = 1 << 20,
                                .handshake_s = 5.0,
                                .idle_s = 60.0,
                                .stop_s = 5.0};
}

long dvfo_limits_per_address(const struct dvfo_limits *limits)
{
    const long quarter = limits->connections / 4;
    return limits->per_address > 0 ? limits->per_address : quarter > 0 ? quarter : 1;
}

#define FIELD(name, kind, member, low, high, what)                                                                     \
    {                                                                                                                  \
        name, DVFO_FIELD_##kind, offsetof(struct dvfo_limits, member), low, high, what, NULL                           \
    }

const struct dvfo_field dvfo_limits_fields[] = {
    FIELD("batch", WHOLE, batch, 1, 256, "requests that are computed together (default 8)"),
    FIELD("batch-wait", NUMBER, batch_wait_us, 0, 1e6, "microseconds that a request waits for others (default 0)"),
    FIELD("max-waiting", WHOLE, waiting, 1, 1e5, "requests of all connections together (default 1024)"),
    FIELD("max-connections", WHOLE, connections, 1, 1e5, "connections at once (default 256)"),
    FIELD("connections-per-address", WHOLE, per_address, 0, 1e5,
          "connections at once of one address, an IPv6 one being its first 64 bits (default: a quarter of all)"),
    FIELD("max-in-flight", WHOLE, in_flight, 1, DVFO_SESSION_MOST_IN_FLIGHT,
          "requests of a connection at once (default 16)"),
    FIELD("max-rate", NUMBER, requests_per_s, 0.1, 1e9, "requests per second of a connection (default 10000)"),
    FIELD("max-message", WHOLE, message_byte, 1024, 1 << 28, "bytes of a message (default 1048576)"),
    FIELD("handshake-timeout", NUMBER, handshake_s, 0.01, 3600, "seconds until a handshake is done (default 5)"),
    FIELD("idle-timeout", NUMBER, idle_s, 0.01, 1e6, "seconds without a message, or an answer unread (default 60)"),
    FIELD("stop-timeout", NUMBER, stop_s, 0, 3600, "seconds to finish what is there when told to stop (default 5)"),
    {0},
};
