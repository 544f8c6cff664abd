#include "bench/live/socket.h"

#include <stdlib.h>
#include <string.h>

#include "bench/live/messages.h"

enum { MOST_UNREAD_BYTE = 1 << 16 };

#define LINGER_NS UINT64_C(1000000000)

/* What wasn't taken at once. */
struct saying {
    uv_write_t write;
    struct dvfo_socket *socket;
    uint8_t bytes[DVFO_SMALL_MOST_BYTE];
};

static void on_said(uv_write_t *write, int status)
{
    struct saying *saying = write->data;
    if (status != UV_ECANCELED) {
        dvfo_socket_went_through(saying->socket);
    }
    free(saying);
}

size_t dvfo_socket_try(struct dvfo_socket *socket, const uint8_t *bytes, size_t size)
{
    const uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
    const int taken = uv_try_write((uv_stream_t *)&socket->tcp, &buffer, 1);
    return taken > 0 ? (size_t)taken : 0;
}

bool dvfo_socket_write_later(struct dvfo_socket *socket, uv_write_t *write, const uint8_t *bytes, size_t size,
                             uv_write_cb then)
{
    const uv_buf_t rest = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
    if (uv_write(write, (uv_stream_t *)&socket->tcp, &rest, 1, then) != 0) {
        return false;
    }
    socket->moved_ns = socket->unwritten++ == 0 ? uv_hrtime() : socket->moved_ns;
    return true;
}

void dvfo_socket_went_through(struct dvfo_socket *socket)
{
    socket->unwritten--;
    socket->moved_ns = uv_hrtime();
}

bool dvfo_socket_say(struct dvfo_socket *socket, const uint8_t *bytes, size_t size)
{
    const size_t taken = dvfo_socket_try(socket, bytes, size);
    if (taken == size) {
        return true;
    }
    struct saying *saying = malloc(sizeof *saying);
    if (saying == NULL || uv_stream_get_write_queue_size((uv_stream_t *)&socket->tcp) > MOST_UNREAD_BYTE) {
        free(saying);
        return false;
    }
    saying->write.data = saying;
    saying->socket = socket;
    memcpy(saying->bytes, bytes + taken, size - taken);
    if (!dvfo_socket_write_later(socket, &saying->write, saying->bytes, size - taken, on_said)) {
        free(saying);
        return false;
    }
    return true;
}

static void on_shut(uv_shutdown_t *shutdown, int status)
{
    struct dvfo_socket *socket = shutdown->data;
    if (status != UV_ECANCELED && socket->heard_out) {
        socket->heard_out_and_shut(socket);
    }
}

bool dvfo_socket_shut(struct dvfo_socket *socket)
{
    socket->shut = true;
    socket->ends_ns = uv_hrtime() + LINGER_NS;
    socket->shutdown.data = socket;
    return uv_shutdown(&socket->shutdown, (uv_stream_t *)&socket->tcp, on_shut) == 0;
}

bool dvfo_socket_is_done(const struct dvfo_socket *socket, uint64_t now_ns, uint64_t patience_ns)
{
    return socket->unwritten > 0 ? now_ns - socket->moved_ns > patience_ns : socket->shut && now_ns >= socket->ends_ns;
}
