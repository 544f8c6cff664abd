/* A session: what one connection says, and what is said to it. It knows no socket and no clock: bytes go in, turns come
 * out, so that everything a stranger can send is met by tests and fuzzing without a network.
 *
 *   device: hello -> cloud: welcome [-> device: proof -> cloud: proof] -> requests, answers, in any order -> bye */
#ifndef DVFO_SESSION_H
#define DVFO_SESSION_H

#include "bench/live/key.h"
#include "bench/live/request.h"

enum { DVFO_SESSION_MOST_IN_FLIGHT = 256 };

/* What is served, and how much of it to one; shared by all sessions. */
struct dvfo_session_terms {
    struct dvfo_map map;
    uint8_t fingerprint[DVFO_FINGERPRINT_BYTE];
    const struct dvfo_key *key; /* borrowed; NULL: everyone is served */
    size_t most_payload;        /* bytes */
    int in_flight;              /* requests at once; up to DVFO_SESSION_MOST_IN_FLIGHT */
    double requests_per_s;      /* on average; bursts of one second's worth */
    uint64_t handshake_ns;      /* from its begin to its last message */
    uint64_t idle_ns;           /* from one whole message to the next */
};

typedef enum dvfo_session_state {
    DVFO_SESSION_GREETS,  /* a hello is due */
    DVFO_SESSION_PROVES,  /* a proof is due */
    DVFO_SESSION_SERVES,  /* requests are welcome */
    DVFO_SESSION_IS_OVER, /* nothing is read any more */
} dvfo_session_state;

struct dvfo_session {
    const struct dvfo_session_terms *terms; /* borrowed */
    dvfo_session_state state;
    uint8_t device_nonce[DVFO_NONCE_BYTE], cloud_nonce[DVFO_NONCE_BYTE];
    unsigned shares;    /* agreed on */
    uint64_t heard_ns;  /* since when it is the device's turn */
    double tokens;      /* requests that may come now */
    uint64_t tokens_ns; /* when that was so */
    int in_flight;
    uint64_t id[DVFO_SESSION_MOST_IN_FLIGHT]; /* of those */
    uint8_t *in;                              /* a frame's room; owned */
    size_t begin, end;                        /* what has come and isn't read yet */
};

typedef enum dvfo_turn_kind {
    DVFO_TURN_WAIT,  /* more bytes must come */
    DVFO_TURN_SAY,   /* `said` bytes go out */
    DVFO_TURN_ASK,   /* a request, counted as in flight from now on */
    DVFO_TURN_LEAVE, /* the device said bye: what is in flight is still answered */
    DVFO_TURN_END,   /* `said` bytes go out, then the connection is over */
} dvfo_turn_kind;

struct dvfo_turn {
    dvfo_turn_kind kind;
    dvfo_complaint complaint; /* that is said */
    size_t said;
    uint64_t id;
    struct dvfo_live_frame frame;     /* of a request; borrowed until the next turn */
    struct dvfo_live_request request; /* borrows from it */
};

dvfo_status dvfo_session_open(struct dvfo_ctx *ctx, const struct dvfo_session_terms *terms, uint64_t now_ns,
                              struct dvfo_session *session);
void dvfo_session_close(struct dvfo_session *session);

/** Where bytes that come next belong. There is always room after a turn that waits. */
uint8_t *dvfo_session_room(struct dvfo_session *session, size_t *room);
void dvfo_session_filled(struct dvfo_session *session, size_t bytes);

/** The next turn. @param say  DVFO_SMALL_MOST_BYTE of room for what is said */
struct dvfo_turn dvfo_session_next(struct dvfo_session *session, uint64_t now_ns, uint8_t *say);

/** A request of it is answered or refused: its id is free again, and it is the device's turn. */
void dvfo_session_settle(struct dvfo_session *session, uint64_t id, uint64_t now_ns);

/** Complain about one request, or of id 0 about the session, which may end it.
 *  @return a turn that says it */
struct dvfo_turn dvfo_session_complain(struct dvfo_session *session, dvfo_complaint complaint, uint64_t id,
                                       const char *sentence, uint8_t *say);

/** Has it kept us waiting for longer than its terms allow? Nobody waits while requests are in flight. */
bool dvfo_session_is_late(const struct dvfo_session *session, uint64_t now_ns);

#endif
