/* What the device's thread and the uplink's keeper share. The keeper is the thread that hears and connects. */
#ifndef DVFO_UPLINK_STATE_H
#define DVFO_UPLINK_STATE_H

#include <pthread.h>

#include "bench/live/uplink/backoff.h"
#include "bench/live/uplink/uplink.h"

/* A request's place. It is free again once its end is heard of, and, if it timed out, once the server has settled it or
 * the connection is gone. */
typedef enum dvfo_uplink_slot_state {
    DVFO_SLOT_FREE,
    DVFO_SLOT_AWAITED,
    DVFO_SLOT_ANSWERED,
    DVFO_SLOT_REFUSED,
    DVFO_SLOT_LOST,
    DVFO_SLOT_TIMED_OUT, /* the device has heard so; the server may still answer */
} dvfo_uplink_slot_state;

struct dvfo_uplink_slot {
    dvfo_uplink_slot_state state;
    uint64_t id;
    double begun_s; /* before anything of it was sent */
    struct dvfo_uplink_sent sent;
    struct dvfo_uplink_answer answer; /* its logits: (K) of the uplink's */
};

enum { DVFO_UPLINK_MOST_NEWS = 16 };

struct dvfo_uplink {
    struct dvfo_uplink_def def; /* borrows from the next three */
    char *address;
    struct dvfo_key key;
    uint8_t fingerprint[DVFO_FINGERPRINT_BYTE];
    struct dvfo_map map;
    float *logits; /* (slots, K) */
    int wake;      /* readable when the keeper is to look up: the client's stop_file */
    pthread_t keeper;
    bool has_keeper;
    /* the keeper's own */
    gsl_rng *rng;
    struct dvfo_backoff backoff;
    bool told_gone; /* people know that the cloud is gone */
    double gone_s;  /* since when it is */
    char reason[DVFO_UPLINK_NEWS_TEXT];
    /* both's, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;     /* anything below; waits by the live clock */
    struct dvfo_client *client; /* the keeper replaces it when nobody is sending; NULL while there is none */
    bool up, sending, giving_up, quitting;
    double rtt_s;
    struct dvfo_uplink_slot slot[DVFO_UPLINK_MOST_IN_FLIGHT];
    char trouble[DVFO_UPLINK_NEWS_TEXT]; /* with sending: why the connection is about to end; else "" */
    struct dvfo_uplink_counts counts;
    char news[DVFO_UPLINK_MOST_NEWS][DVFO_UPLINK_NEWS_TEXT]; /* a ring */
    int first_news, news_count;
};

/** The slot where a request is under way, or timed out; NULL: none. */
struct dvfo_uplink_slot *dvfo_uplink_slot_of(struct dvfo_uplink *uplink, uint64_t id);

/** All that was under way ends with the connection. */
void dvfo_uplink_lose_requests(struct dvfo_uplink *uplink);

/** Wait for a change until a moment. @return false: the moment has come */
bool dvfo_uplink_wait(struct dvfo_uplink *uplink, double until_s);

/** A connection that has shaken hands is there. */
void dvfo_uplink_take_client(struct dvfo_uplink *uplink, struct dvfo_client *client);

/** The keeper's life. @param user  the uplink, connected */
void *dvfo_uplink_keep(void *user);

#endif
