/* A request on its way through the server. As many as may wait are made at the start; nothing is allocated later. */
#ifndef DVFO_LIVE_JOB_H
#define DVFO_LIVE_JOB_H

#include <uv.h>

#include "bench/live/request.h"

struct dvfo_live_job {
    struct dvfo_live_job *next;       /* in the queue or stack where it lies */
    void *owner;                      /* the connection that asked; NULL once it is gone */
    uint64_t id;                      /* the connection's name for it */
    uint64_t arrived_ns;              /* when it was whole */
    struct dvfo_live_request request; /* borrows from `payload` */
    uint8_t *payload;                 /* (largest request) */
    uint8_t *answer;                  /* (an answer's frame) */
    size_t answer_bytes;
    uv_write_t write; /* of what the socket didn't take at once */
};

/* Those that are free. */
struct dvfo_live_job_pool {
    struct dvfo_live_job *jobs; /* (count); owned */
    uint8_t *block;             /* their payloads and answers; owned */
    struct dvfo_live_job *free;
    int count, taken;
};

dvfo_status dvfo_live_job_pool_create(struct dvfo_ctx *ctx, const struct dvfo_map *map, int count,
                                      struct dvfo_live_job_pool *out);
void dvfo_live_job_pool_free(struct dvfo_live_job_pool *pool);

/** A job that holds a copy of a request's payload; NULL when none is free. */
struct dvfo_live_job *dvfo_live_job_take(struct dvfo_live_job_pool *pool, const struct dvfo_map *map,
                                         const struct dvfo_live_frame *frame);
void dvfo_live_job_give_back(struct dvfo_live_job_pool *pool, struct dvfo_live_job *job);

#endif
