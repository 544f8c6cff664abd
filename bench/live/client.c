#include "bench/live/client.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bench/live/address.h"
#include "bench/live/clock.h"

enum { MOST_WAIT_MS = 1000 * 1000 /* at once */, MOST_KERNEL_BYTE = 1 << 22 };

struct dvfo_client {
    int socket, stop_file;
    double timeout_s;
    double rtt_s, asked_s;
    struct dvfo_welcome welcome;
    uint8_t *in; /* (room) what came; owned */
    size_t begin, end, room;
    uint8_t *out; /* (largest request's frame); owned */
};

struct dvfo_client_def dvfo_client_def_default(void)
{
    return (struct dvfo_client_def){
        .address = "127.0.0.1:7433", .shares = DVFO_SHARES_ALL, .timeout_s = 5.0, .stop_file = -1};
}

const struct dvfo_welcome *dvfo_client_welcome(const struct dvfo_client *client)
{
    return &client->welcome;
}

double dvfo_client_rtt_s(const struct dvfo_client *client)
{
    return client->rtt_s;
}

/* ---- bytes, in time ---- */

/* @param until_s  ready or not, it ends then
 * @return         DVFO_INTERRUPTED when the stop file said so */
static dvfo_status wait_for(struct dvfo_ctx *ctx, const struct dvfo_client *client, short events, double until_s,
                            bool *ready)
{
    struct pollfd what[] = {{.fd = client->socket, .events = events}, {.fd = client->stop_file, .events = POLLIN}};
    int found;
    do {
        const double left_ms = 1e3 * (until_s - dvfo_live_now_s());
        found = poll(what, 2, left_ms <= 0.0 ? 0 : left_ms < MOST_WAIT_MS ? (int)left_ms + 1 : MOST_WAIT_MS);
    } while (found <= 0 && (found == 0 || errno == EINTR) && dvfo_live_now_s() < until_s);
    *ready = found > 0 && what[0].revents != 0;
    return found > 0 && what[1].revents != 0 ? dvfo_fail(ctx, DVFO_INTERRUPTED, "told to stop") : DVFO_OK;
}

static dvfo_status fail_errno(struct dvfo_ctx *ctx, const char *what, int reason)
{
    return dvfo_fail(ctx, DVFO_FAILED, "%s: %s", what, strerror(reason));
}

static dvfo_status send_all(struct dvfo_ctx *ctx, struct dvfo_client *client, const uint8_t *bytes, size_t size)
{
    const double until_s = dvfo_live_now_s() + client->timeout_s;
    while (size > 0) {
        bool ready = true;
        const ssize_t sent = send(client->socket, bytes, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            size -= (size_t)sent;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return fail_errno(ctx, "the server can't be written to", errno);
        }
        DVFO_TRY(wait_for(ctx, client, POLLOUT, until_s, &ready));
        if (!ready) {
            return dvfo_fail(ctx, DVFO_FAILED, "the server took no bytes for %g s", client->timeout_s);
        }
    }
    return DVFO_OK;
}

/* What has been read moves out of the way. */
static dvfo_status receive_some(struct dvfo_ctx *ctx, struct dvfo_client *client)
{
    memmove(client->in, client->in + client->begin, client->end - client->begin);
    client->end -= client->begin;
    client->begin = 0;
    const ssize_t got = recv(client->socket, client->in + client->end, client->room - client->end, 0);
    if (got > 0) {
        client->end += (size_t)got;
        return DVFO_OK;
    }
    if (got == 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "the server has closed the connection");
    }
    return errno == EAGAIN || errno == EINTR ? DVFO_OK : fail_errno(ctx, "the server can't be heard", errno);
}

/* @param frame  its `bytes` are 0 when none came in time */
static dvfo_status next_frame(struct dvfo_ctx *ctx, struct dvfo_client *client, double until_s,
                              struct dvfo_live_frame *frame)
{
    dvfo_complaint complaint;
    for (;;) {
        DVFO_TRY(dvfo_live_frame_decode(ctx, client->in + client->begin, client->end - client->begin,
                                        client->room - DVFO_PROTOCOL_HEADER_BYTE, frame, &complaint));
        if (frame->bytes > 0) {
            client->begin += frame->bytes;
            return DVFO_OK;
        }
        bool ready;
        DVFO_TRY(wait_for(ctx, client, POLLIN, until_s, &ready));
        if (!ready) {
            return DVFO_OK;
        }
        DVFO_TRY(receive_some(ctx, client));
    }
}

/* ---- the handshake ---- */

static dvfo_status open_socket(struct dvfo_ctx *ctx, const struct dvfo_client_def *def, double until_s,
                               struct dvfo_client *client)
{
    struct sockaddr_storage address;
    DVFO_TRY(dvfo_address_parse(ctx, def->address, &address));
    client->socket = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client->socket < 0) {
        return fail_errno(ctx, "no socket could be had", errno);
    }
    const int yes = 1;
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(client->socket, (const struct sockaddr *)&address, dvfo_address_size(&address)) == 0) {
        return DVFO_OK;
    }
    int reason = errno;
    bool ready = true;
    if (reason == EINPROGRESS) {
        DVFO_TRY(wait_for(ctx, client, POLLOUT, until_s, &ready));
    }
    if (!ready) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: nobody answered in %g s", def->address, def->timeout_s);
    }
    socklen_t size = sizeof reason;
    getsockopt(client->socket, SOL_SOCKET, SO_ERROR, &reason, &size);
    return reason == 0 ? DVFO_OK : fail_errno(ctx, def->address, reason);
}

/* The next frame, which must be of a type. */
static dvfo_status expect(struct dvfo_ctx *ctx, struct dvfo_client *client, double until_s, dvfo_message type,
                          struct dvfo_live_frame *frame)
{
    struct dvfo_error error;
    DVFO_TRY(next_frame(ctx, client, until_s, frame));
    if (frame->bytes == 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "no %s came in %g s", dvfo_message_name(type), client->timeout_s);
    }
    if (frame->type == DVFO_MESSAGE_ERROR) {
        DVFO_TRY(dvfo_error_decode(ctx, frame, &error));
        return dvfo_fail(ctx, DVFO_FAILED, "the server refuses: %s", error.sentence);
    }
    return frame->type == type ? DVFO_OK
                               : dvfo_fail(ctx, DVFO_FAILED, "the server says %s, expected %s",
                                           dvfo_message_name(frame->type), dvfo_message_name(type));
}

/* Say `size` bytes of `out` and hear the answer, which must be of a type. */
static dvfo_status exchange(struct dvfo_ctx *ctx, struct dvfo_client *client, size_t size, double until_s,
                            dvfo_message type, struct dvfo_live_frame *answer)
{
    const double begun_s = dvfo_live_now_s();
    DVFO_TRY(send_all(ctx, client, client->out, size));
    DVFO_TRY(expect(ctx, client, until_s, type, answer));
    client->rtt_s = fmin(client->rtt_s, dvfo_live_now_s() - begun_s);
    return DVFO_OK;
}

static dvfo_status prove(struct dvfo_ctx *ctx, struct dvfo_client *client, const struct dvfo_key *key,
                         const uint8_t *nonce, double until_s)
{
    struct dvfo_live_frame frame;
    struct dvfo_proof proof = dvfo_key_proof(key, DVFO_SIDE_DEVICE, nonce, client->welcome.nonce);
    DVFO_TRY(exchange(ctx, client, dvfo_proof_encode(&proof, client->out), until_s, DVFO_MESSAGE_PROOF, &frame));
    DVFO_TRY(dvfo_proof_decode(ctx, &frame, &proof));
    const struct dvfo_proof theirs = dvfo_key_proof(key, DVFO_SIDE_CLOUD, nonce, client->welcome.nonce);
    return dvfo_proof_equals(&proof, &theirs) ? DVFO_OK
                                              : dvfo_fail(ctx, DVFO_BAD_INPUT, "the server doesn't know the key");
}

static void write_hex(const uint8_t *bytes, char hex[2 * DVFO_FINGERPRINT_BYTE + 1])
{
    for (size_t i = 0; i < DVFO_FINGERPRINT_BYTE; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
}

static dvfo_status check_fingerprint(struct dvfo_ctx *ctx, const struct dvfo_client_def *def, const uint8_t *theirs)
{
    char found[2 * DVFO_FINGERPRINT_BYTE + 1], expected[2 * DVFO_FINGERPRINT_BYTE + 1];
    if (memcmp(theirs, def->fingerprint, DVFO_FINGERPRINT_BYTE) == 0) {
        return DVFO_OK;
    }
    write_hex(theirs, found);
    write_hex(def->fingerprint, expected);
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s: serves another network's file, of SHA-256 %s, expected this device's, %s", def->address,
                     found, expected);
}

/* So that whoever sends the longest request doesn't wait for the link, if the kernel lets us have as much. */
static void make_kernel_room(const struct dvfo_client *client, size_t longest)
{
    int room = 0;
    const int wanted = longest < MOST_KERNEL_BYTE ? (int)longest : MOST_KERNEL_BYTE;
    socklen_t size = sizeof room;
    if (getsockopt(client->socket, SOL_SOCKET, SO_SNDBUF, &room, &size) == 0 && room / 2 < wanted) {
        setsockopt(client->socket, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted); /* it takes twice that for itself */
    }
}

/* Room for what the map's shape makes of requests and answers. */
static dvfo_status make_room(struct dvfo_ctx *ctx, struct dvfo_client *client)
{
    const size_t in = dvfo_answer_bytes(&client->welcome.map), out = dvfo_live_request_bytes(&client->welcome.map, 10);
    uint8_t *grown_in = realloc(client->in, in > client->room ? in : client->room);
    client->in = grown_in != NULL ? grown_in : client->in;
    client->room = grown_in != NULL && in > client->room ? in : client->room;
    uint8_t *grown_out = realloc(client->out, out > DVFO_SMALL_MOST_BYTE ? out : DVFO_SMALL_MOST_BYTE);
    client->out = grown_out != NULL ? grown_out : client->out;
    make_kernel_room(client, out);
    return grown_in != NULL && grown_out != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status shake_hands(struct dvfo_ctx *ctx, const struct dvfo_client_def *def, double until_s,
                               struct dvfo_client *client)
{
    struct dvfo_hello hello = {.shares = def->shares};
    struct dvfo_live_frame frame;
    DVFO_TRY(dvfo_nonce_draw(ctx, hello.nonce));
    DVFO_TRY(exchange(ctx, client, dvfo_hello_encode(&hello, client->out), until_s, DVFO_MESSAGE_WELCOME, &frame));
    DVFO_TRY(dvfo_welcome_decode(ctx, &frame, &client->welcome));
    if (client->welcome.wants_proof != (def->key != NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: asks for %s key, expected %s", def->address,
                         client->welcome.wants_proof ? "a" : "no", def->key != NULL ? "one" : "none");
    }
    if (def->key != NULL) {
        DVFO_TRY(prove(ctx, client, def->key, hello.nonce, until_s));
    }
    if (def->fingerprint != NULL) { /* not before it has proved itself */
        DVFO_TRY(check_fingerprint(ctx, def, client->welcome.fingerprint));
    }
    return make_room(ctx, client);
}

dvfo_status dvfo_client_connect(struct dvfo_ctx *ctx, const struct dvfo_client_def *def, struct dvfo_client **out)
{
    const double until_s = dvfo_live_now_s() + def->timeout_s;
    *out = NULL;
    struct dvfo_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    client->socket = -1;
    client->stop_file = def->stop_file;
    client->timeout_s = def->timeout_s;
    client->rtt_s = INFINITY;
    client->room = DVFO_SMALL_MOST_BYTE;
    client->in = malloc(DVFO_SMALL_MOST_BYTE);
    client->out = malloc(DVFO_SMALL_MOST_BYTE);
    dvfo_status status = client->in != NULL && client->out != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? open_socket(ctx, def, until_s, client) : status;
    status = status == DVFO_OK ? shake_hands(ctx, def, until_s, client) : status;
    if (status != DVFO_OK) {
        dvfo_client_free(client);
        return status;
    }
    *out = client;
    return DVFO_OK;
}

static void release(struct dvfo_client *client)
{
    free(client->out);
    free(client->in);
    free(client);
}

void dvfo_client_free(struct dvfo_client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->socket >= 0) {
        uint8_t bye[DVFO_PROTOCOL_HEADER_BYTE];
        (void)!send(client->socket, bye, dvfo_bye_encode(bye), MSG_NOSIGNAL); /* a courtesy */
        close(client->socket);
    }
    release(client);
}

void dvfo_client_abandon(struct dvfo_client *client)
{
    if (client != NULL) {
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(client->socket);
        release(client);
    }
}

void dvfo_client_break(struct dvfo_client *client)
{
    shutdown(client->socket, SHUT_RDWR);
}

/* ---- requests and answers ---- */

dvfo_status dvfo_client_ask(struct dvfo_ctx *ctx, struct dvfo_client *client, int share_tenths, uint64_t id,
                            const float *kept, const float *values)
{
    const size_t size = dvfo_live_request_encode(&client->welcome.map, share_tenths, id, kept, values, client->out);
    client->asked_s = dvfo_live_now_s();
    return send_all(ctx, client, client->out, size);
}

double dvfo_client_asked_s(const struct dvfo_client *client)
{
    return client->asked_s;
}

dvfo_status dvfo_client_hear(struct dvfo_ctx *ctx, struct dvfo_client *client, double timeout_s, struct dvfo_reply *out)
{
    struct dvfo_live_frame frame;
    *out = (struct dvfo_reply){.kind = DVFO_REPLY_NONE};
    DVFO_TRY(next_frame(ctx, client, dvfo_live_now_s() + timeout_s, &frame));
    if (frame.bytes == 0) {
        return DVFO_OK;
    }
    out->id = frame.id;
    switch (frame.type) {
    case DVFO_MESSAGE_ANSWER:
        out->kind = DVFO_REPLY_ANSWER;
        return dvfo_answer_decode(ctx, &frame, &client->welcome.map, &out->answer);
    case DVFO_MESSAGE_ERROR:
        out->kind = DVFO_REPLY_ERROR;
        return dvfo_error_decode(ctx, &frame, &out->error);
    case DVFO_MESSAGE_BYE:
        out->kind = DVFO_REPLY_BYE;
        return dvfo_bye_decode(ctx, &frame);
    default:
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the server says %s, expected answer, error or bye",
                         dvfo_message_name(frame.type));
    }
}
