#include "bench/live/job.h"

#include "bench/live/wire.h"

dvfo_status dvfo_live_job_pool_create(struct dvfo_ctx *ctx, const struct dvfo_map *map, int count,
                                      struct dvfo_live_job_pool *out)
{
    const size_t payload = dvfo_live_request_bytes(map, 10) - DVFO_PROTOCOL_HEADER_BYTE,
                 answer = dvfo_answer_bytes(map);
    *out = (struct dvfo_live_job_pool){.count = count};
    out->jobs = calloc((size_t)count, sizeof *out->jobs);
    out->block = calloc((size_t)count, payload + answer);
    if (out->jobs == NULL || out->block == NULL) {
        dvfo_live_job_pool_free(out);
        return dvfo_fail_no_memory(ctx);
    }
    for (int i = 0; i < count; i++) {
        struct dvfo_live_job *job = &out->jobs[i];
        job->payload = out->block + (size_t)i * (payload + answer);
        job->answer = job->payload + payload;
        job->next = out->free;
        out->free = job;
    }
    return DVFO_OK;
}

void dvfo_live_job_pool_free(struct dvfo_live_job_pool *pool)
{
    free(pool->block);
    free(pool->jobs);
    *pool = (struct dvfo_live_job_pool){0};
}

struct dvfo_live_job *dvfo_live_job_take(struct dvfo_live_job_pool *pool, const struct dvfo_map *map,
                                         const struct dvfo_live_frame *frame)
{
    struct dvfo_live_job *job = pool->free;
    if (job == NULL) {
        return NULL;
    }
    pool->free = job->next;
    pool->taken++;
    job->next = NULL;
    job->id = frame->id;
    struct dvfo_wire_writer writer = dvfo_wire_write(job->payload, frame->size);
    dvfo_wire_put_bytes(&writer, frame->payload, frame->size);
    struct dvfo_live_frame copy = *frame;
    copy.payload = job->payload;
    DVFO_REQUIRE(dvfo_live_request_decode(NULL, &copy, map, &job->request) ==
                 DVFO_OK); /* the session has read it already */
    return job;
}

void dvfo_live_job_give_back(struct dvfo_live_job_pool *pool, struct dvfo_live_job *job)
{
    job->owner = NULL;
    job->next = pool->free;
    pool->free = job;
    pool->taken--;
}
