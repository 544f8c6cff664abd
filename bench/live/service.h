/* What all connections of a server share: terms, jobs, the batcher, what was done. */
#ifndef DVFO_SERVICE_H
#define DVFO_SERVICE_H

#include "bench/live/batcher.h"
#include "bench/live/limits.h"
#include "bench/live/session.h"
#include "bench/live/served.h"

struct dvfo_connection;

struct dvfo_service {
    uv_loop_t *loop;       /* borrowed */
    uv_stream_t *listener; /* borrowed */
    struct dvfo_tail *tail;
    struct dvfo_session_terms terms;
    struct dvfo_live_job_pool pool;
    struct dvfo_batcher *batcher;
    struct dvfo_served lately, whole;
    struct dvfo_connection *first; /* those that are open */
    long open, most;               /* how many there are and may be */
    long most_per_address;         /* of these */
    bool starved;                  /* a connection waits at the listener for which there was no memory */
};

/** @param service  zeroed, but for loop and listener
 *  @param key      borrowed; may be NULL
 *  @return         on failure too dvfo_service_close and dvfo_service_free are to be called */
dvfo_status dvfo_service_open(struct dvfo_ctx *ctx, const char *network_file, const struct dvfo_limits *limits,
                              const struct dvfo_key *key, struct dvfo_service *service);

/** Close what lies on the loop; no connection is open any more. */
void dvfo_service_close(struct dvfo_service *service);

/** After the loop has ended. */
void dvfo_service_free(struct dvfo_service *service);

#endif
