/* A client of the server, in plain blocking calls that end in time. One thread at a time, but that one may ask while
 * another hears. */
#ifndef DVFO_CLIENT_H
#define DVFO_CLIENT_H

#include "bench/live/key.h"
#include "bench/live/request.h"

struct dvfo_client_def {
    const char *address;        /* "127.0.0.1:7433"; borrowed while connecting */
    const struct dvfo_key *key; /* NULL: none, and no server that asks for one; borrowed while connecting */
    unsigned shares;            /* that may be asked for; DVFO_SHARES_ALL */
    const uint8_t *fingerprint; /* SHA-256 of the network's file that must be served; NULL: any; borrowed while
                                   connecting */
    double timeout_s;           /* of the whole handshake, and of sending; 5 */
    int stop_file;              /* a file descriptor: once it can be read, connecting and hearing end; -1: none;
                                   borrowed until dvfo_client_free */
};

struct dvfo_client_def dvfo_client_def_default(void);

struct dvfo_client;

/** Connect and shake hands. With a key a server is refused that doesn't prove that it knows it.
 *  @return  DVFO_FAILED when nobody listens, in time or at all, or the server complains: its sentence;
 *           DVFO_BAD_INPUT when the address or what the server says is no good, or another network is served;
 *           DVFO_INTERRUPTED when `stop_file` said so */
dvfo_status dvfo_client_connect(struct dvfo_ctx *ctx, const struct dvfo_client_def *def, struct dvfo_client **out);

/** Say bye and close. */
void dvfo_client_free(struct dvfo_client *client);

/** Close without a word: what the kernel hasn't sent yet is never sent. */
void dvfo_client_abandon(struct dvfo_client *client);

/** End the connection under whoever asks or hears: that fails at once. From any thread. */
void dvfo_client_break(struct dvfo_client *client);

/** What the server serves. */
const struct dvfo_welcome *dvfo_client_welcome(const struct dvfo_client *client);

/** Shortest time from a message of the handshake to its answer [s]. */
double dvfo_client_rtt_s(const struct dvfo_client *client);

/** Send a request: dvfo_live_request_encode. Several may be under way, each by an id of its own. */
dvfo_status dvfo_client_ask(struct dvfo_ctx *ctx, struct dvfo_client *client, int share_tenths, uint64_t id,
                            const float *kept, const float *values);

/** When the first byte of the last request was given to the kernel: dvfo_live_now_s. For whoever asks. */
double dvfo_client_asked_s(const struct dvfo_client *client);

typedef enum dvfo_reply_kind {
    DVFO_REPLY_NONE, /* nothing came in time */
    DVFO_REPLY_ANSWER,
    DVFO_REPLY_ERROR, /* a complaint about a request, or of id 0 about the connection */
    DVFO_REPLY_BYE,   /* nothing more will come */
} dvfo_reply_kind;

struct dvfo_reply {
    dvfo_reply_kind kind;
    uint64_t id;
    struct dvfo_answer answer; /* borrowed until the next call */
    struct dvfo_error error;
};

/** The next that comes, in any order of requests.
 *  @return DVFO_FAILED when the connection is gone, DVFO_BAD_INPUT when what came is no good, DVFO_INTERRUPTED when
 *          `stop_file` said so */
dvfo_status dvfo_client_hear(struct dvfo_ctx *ctx, struct dvfo_client *client, double timeout_s,
                             struct dvfo_reply *out);

#endif
