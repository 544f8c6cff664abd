/* An uplink: a device's connection to the cloud, kept up.
 *
 * The device's thread sends requests and hears of each what became of it; it never waits for the network longer than it
 * says. A thread of the uplink's hears the server: it notes when answers come, whatever the device does meanwhile,
 * drops those that nobody waits for any more, and when the connection is lost makes it anew: after a time that doubles
 * from try to try and that chance shortens, lest many devices come back at once.
 *
 * The server isn't believed. Logits that aren't finite, answers that nobody asked for, more time than has passed,
 * another network than before, bytes that are no message: each costs the connection and is counted, and requests under
 * way end as lost. */
#ifndef DVFO_UPLINK_H
#define DVFO_UPLINK_H

#include "bench/live/client.h"

enum { DVFO_UPLINK_MOST_IN_FLIGHT = 16, DVFO_UPLINK_NEWS_TEXT = 400 };

struct dvfo_uplink_def {
    struct dvfo_client_def client; /* address, key, shares, timeouts, and the fingerprint of the network's file, which
                                      is asked for at each connection; copied */
    double first_backoff_s;        /* before the second try; 0.1 */
    double longest_backoff_s;      /* 5 */
    uint64_t seed;                 /* of the stream "uplink backoff"; 1 */
};

struct dvfo_uplink_def dvfo_uplink_def_default(void);

struct dvfo_uplink;

/** Connect, in the caller's thread: what is wrong is told now. Afterwards it is kept up.
 *  @return as dvfo_client_connect */
dvfo_status dvfo_uplink_open(struct dvfo_ctx *ctx, const struct dvfo_uplink_def *def, struct dvfo_uplink **out);

/** Say bye and close. */
void dvfo_uplink_free(struct dvfo_uplink *uplink);

/* All that follows: from one thread at a time. */

/** What the server serves; the same at each connection. */
const struct dvfo_map *dvfo_uplink_map(const struct dvfo_uplink *uplink);

/** Can a request be sent now? */
bool dvfo_uplink_is_up(struct dvfo_uplink *uplink);

/** Wait until it can, as a transfer waits at the beginning of an outage. @param until_s  of dvfo_live_now_s
 *  @return dvfo_uplink_is_up */
bool dvfo_uplink_await(struct dvfo_uplink *uplink, double until_s);

struct dvfo_uplink_sent {
    size_t byte;          /* of its frame */
    double handed_over_s; /* when the first of them was given to the kernel: dvfo_live_now_s */
};

/** Send a request: dvfo_live_request_encode. It may take as long as client.timeout_s when the kernel has no room for
 *  the frame.
 *  @param id   none of those under way, nor of those that timed out on this connection: best a count
 *  @param out  written on success
 *  @return     false: the connection is down, or was lost over it, or has as many requests under way as it may; if some
 *              of them timed out it is given up: dvfo_uplink_give_up */
bool dvfo_uplink_send(struct dvfo_uplink *uplink, int share_tenths, uint64_t id, const float *kept, const float *values,
                      struct dvfo_uplink_sent *out);

typedef enum dvfo_uplink_outcome {
    DVFO_UPLINK_ANSWERED,
    DVFO_UPLINK_TIMED_OUT, /* nothing came in time; an answer that still comes is dropped */
    DVFO_UPLINK_LOST,      /* the connection ended meanwhile, or the id isn't under way */
    DVFO_UPLINK_REFUSED,   /* the server won't compute this one: `sentence` */
} dvfo_uplink_outcome;

/** "answered", "timed out", "lost", "refused". */
const char *dvfo_uplink_outcome_name(dvfo_uplink_outcome outcome);

struct dvfo_uplink_answer {
    float *logits;             /* (K) room of the caller's; NULL: they aren't wanted */
    double queue_s, compute_s; /* at the server, as it says; together never more than has passed */
    unsigned batch;            /* requests that were computed together, as it says */
    double came_s;             /* when it was whole: dvfo_live_now_s */
    double transfer_s;         /* the frame's own time on the link: came - handed over - queue - compute - rtt, >= 0 */
    char sentence[DVFO_ERROR_MOST_BYTE + 1]; /* of a refusal; else "" */
};

/** What became of a request; each is heard of once.
 *  @param until_s  of dvfo_live_now_s; what is there already is given whatever the time
 *  @param out      its `logits` are read, the rest is written */
dvfo_uplink_outcome dvfo_uplink_hear(struct dvfo_uplink *uplink, uint64_t id, double until_s,
                                     struct dvfo_uplink_answer *out);

/** Close the connection and make it anew, so that the bytes of a request that timed out don't stand before the next
 *  one's. It is closed on return, without waiting for the network, and all that was under way is lost; until it is
 * back, in about two round trips, dvfo_uplink_is_up says no. */
void dvfo_uplink_give_up(struct dvfo_uplink *uplink);

/** Smallest round trip of a message of a handshake so far [s]; the time of its 58 bytes on the link is in it. */
double dvfo_uplink_rtt_s(struct dvfo_uplink *uplink);

struct dvfo_uplink_counts {
    unsigned long connections; /* made, the first among them */
    unsigned long losses;      /* connections that ended without our doing, lies among them */
    unsigned long lies;        /* that the server told */
    unsigned long given_up;    /* connections that we ended */
    unsigned long answers;     /* heard in time */
    unsigned long timeouts, refusals;
    unsigned long late; /* answers and refusals of requests that had timed out */
    double sent_byte;   /* of frames with requests */
};

struct dvfo_uplink_counts dvfo_uplink_counts(struct dvfo_uplink *uplink);

/** The oldest that people should know and weren't told yet: "the cloud is gone: the server has closed the connection;
 *  trying again every 0.1 to 5 s", "the cloud is back after 3.2 s". Of many at once the oldest are dropped.
 *  @return false: there is none */
bool dvfo_uplink_next_news(struct dvfo_uplink *uplink, char text[DVFO_UPLINK_NEWS_TEXT]);

#endif
