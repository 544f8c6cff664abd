/* A socket of a peer that we don't trust: writes what fits at once and queues the rest, but not without bound, and
 * shuts in steps, so that what was said last arrives: our side first; then what still comes is dropped until the peer
 * shuts its side or a second has passed. Closing at once would throw away what the peer hasn't read. */
#ifndef DVFO_SOCKET_H
#define DVFO_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct dvfo_socket {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    void (*heard_out_and_shut)(struct dvfo_socket *socket); /* nothing is left to say or to hear */
    int unwritten;                                          /* writes that the peer hasn't let through yet */
    uint64_t moved_ns;                                      /* when one of them last began or went through */
    bool shut;                                              /* our side */
    bool heard_out;                                         /* the peer's side */
    uint64_t ends_ns;                                       /* at the latest, once our side is shut */
};

/** Say a small message. @return false when that can't be: the peer is gone, or reads nothing */
bool dvfo_socket_say(struct dvfo_socket *socket, const uint8_t *bytes, size_t size);

/** Write as much as goes at once. @return bytes; mostly all of them */
size_t dvfo_socket_try(struct dvfo_socket *socket, const uint8_t *bytes, size_t size);

/** Write the rest when the peer lets it. `then` calls dvfo_socket_went_through, unless it is cancelled.
 *  @param bytes  borrowed until `then`
 *  @return       false: that will never be, `then` isn't called */
bool dvfo_socket_write_later(struct dvfo_socket *socket, uv_write_t *write, const uint8_t *bytes, size_t size,
                             uv_write_cb then);
void dvfo_socket_went_through(struct dvfo_socket *socket);

/** Shut our side once all is written. @return false when that can't be */
bool dvfo_socket_shut(struct dvfo_socket *socket);

/** Is it time to close? A peer may leave unread what we say for `patience_ns`. */
bool dvfo_socket_is_done(const struct dvfo_socket *socket, uint64_t now_ns, uint64_t patience_ns);

#endif
