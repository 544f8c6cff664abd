#include "bench/live/batcher.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SHARES = 10 };

struct queue {
    struct dvfo_live_job *first, **end; /* oldest first */
    int count;
};

struct dvfo_batcher {
    struct dvfo_batcher_def def;
    struct queue queue[SHARES];
    uint64_t wait_ns;
    bool busy;
    /* the batch at hand: the worker's while busy */
    struct dvfo_live_job **job; /* (most) */
    const struct dvfo_live_request **request;
    int count;
    const float *logits;
    uint64_t begun_ns, ended_ns;
    uv_work_t work;
    /* a timer of the kernel's, since those of the loop count in milliseconds */
    int clock;
    uv_poll_t poll;
};

static void start_what_is_due(struct dvfo_batcher *batcher);

/* ---- queues ---- */

static void push(struct queue *queue, struct dvfo_live_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
    queue->count++;
}

static struct dvfo_live_job *pop(struct queue *queue)
{
    struct dvfo_live_job *job = queue->first;
    queue->first = job->next;
    queue->end = queue->first != NULL ? queue->end : &queue->first;
    queue->count--;
    return job;
}

/* The queue whose first has waited longest, of those that are due at `now_ns`, or of all; NULL: there is none. */
static struct queue *oldest(struct dvfo_batcher *batcher, bool only_due, uint64_t now_ns)
{
    struct queue *best = NULL;
    for (int i = 0; i < SHARES; i++) {
        struct queue *queue = &batcher->queue[i];
        const bool counts = queue->count > 0 && (!only_due || queue->count >= batcher->def.most ||
                                                 now_ns - queue->first->arrived_ns >= batcher->wait_ns);
        if (counts && (best == NULL || queue->first->arrived_ns < best->first->arrived_ns)) {
            best = queue;
        }
    }
    return best;
}

/* ---- a batch ---- */

static void compute(uv_work_t *work)
{
    struct dvfo_batcher *batcher = work->data;
    batcher->begun_ns = uv_hrtime();
    batcher->logits =
        dvfo_tail_run(batcher->def.tail, batcher->request[0]->share_tenths, batcher->count, batcher->request);
    batcher->ended_ns = uv_hrtime();
}

static void on_computed(uv_work_t *work, int status)
{
    struct dvfo_batcher *batcher = work->data;
    (void)status; /* nobody cancels it */
    for (int i = 0; i < batcher->count; i++) {
        struct dvfo_live_job *job = batcher->job[i];
        const struct dvfo_answer timing = {.batch = (unsigned)batcher->count,
                                           .queue_ns = batcher->begun_ns - job->arrived_ns,
                                           .compute_ns = batcher->ended_ns - batcher->begun_ns,
                                           .classes = dvfo_tail_map(batcher->def.tail)->classes};
        batcher->def.done(batcher->def.user, job, &timing, batcher->logits + i, batcher->count);
    }
    batcher->busy = false;
    start_what_is_due(batcher);
}

static void start(struct dvfo_batcher *batcher, struct queue *queue)
{
    batcher->count = 0;
    while (queue->count > 0 && batcher->count < batcher->def.most) {
        struct dvfo_live_job *job = pop(queue);
        batcher->request[batcher->count] = &job->request;
        batcher->job[batcher->count++] = job;
    }
    batcher->busy = true;
    uv_queue_work(batcher->def.loop, &batcher->work, compute, on_computed); /* fails only without a callback */
}

/* ---- when ---- */

static void wake_at(struct dvfo_batcher *batcher, uint64_t due_ns, uint64_t now_ns)
{
    const uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 1; /* 0 would stop it */
    const struct itimerspec spec = {
        .it_value = {.tv_sec = (time_t)(left_ns / 1000000000), .tv_nsec = (long)(left_ns % 1000000000)}};
    timerfd_settime(batcher->clock, 0, &spec, NULL);
}

static void start_what_is_due(struct dvfo_batcher *batcher)
{
    if (batcher->busy) {
        return;
    }
    const uint64_t now_ns = uv_hrtime();
    struct queue *due = oldest(batcher, true, now_ns), *first = oldest(batcher, false, now_ns);
    if (due != NULL) {
        start(batcher, due);
    } else if (first != NULL) {
        wake_at(batcher, first->first->arrived_ns + batcher->wait_ns, now_ns);
    }
}

static void on_clock(uv_poll_t *poll, int status, int events)
{
    struct dvfo_batcher *batcher = poll->data;
    uint64_t times;
    (void)status;
    (void)events;
    if (read(batcher->clock, &times, sizeof times) == (ssize_t)sizeof times) {
        start_what_is_due(batcher);
    }
}

void dvfo_batcher_put(struct dvfo_batcher *batcher, struct dvfo_live_job *job)
{
    push(&batcher->queue[job->request.share_tenths - 1], job);
    start_what_is_due(batcher);
}

void dvfo_batcher_hurry(struct dvfo_batcher *batcher)
{
    batcher->wait_ns = 0;
    start_what_is_due(batcher);
}

struct dvfo_live_job *dvfo_batcher_take_back(struct dvfo_batcher *batcher)
{
    struct queue *queue = oldest(batcher, false, 0);
    return queue != NULL ? pop(queue) : NULL;
}

bool dvfo_batcher_is_busy(const struct dvfo_batcher *batcher)
{
    return batcher->busy;
}

/* ---- from beginning to end ---- */

static void dismantle(struct dvfo_batcher *batcher)
{
    if (batcher->clock >= 0) {
        close(batcher->clock);
    }
    free(batcher->request);
    free(batcher->job);
    free(batcher);
}

static void on_closed(uv_handle_t *handle)
{
    dismantle(handle->data);
}

void dvfo_batcher_close(struct dvfo_batcher *batcher)
{
    if (batcher != NULL) {
        DVFO_REQUIRE(!batcher->busy);
        uv_close((uv_handle_t *)&batcher->poll, on_closed);
    }
}

dvfo_status dvfo_batcher_create(struct dvfo_ctx *ctx, const struct dvfo_batcher_def *def, struct dvfo_batcher **out)
{
    *out = NULL;
    struct dvfo_batcher *batcher = calloc(1, sizeof *batcher);
    if (batcher == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    batcher->def = *def;
    batcher->wait_ns = (uint64_t)(def->wait_us * 1e3);
    batcher->job = calloc((size_t)def->most, sizeof *batcher->job);
    batcher->request = calloc((size_t)def->most, sizeof *batcher->request);
    batcher->clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    batcher->work.data = batcher->poll.data = batcher;
    for (int i = 0; i < SHARES; i++) {
        batcher->queue[i].end = &batcher->queue[i].first;
    }
    if (batcher->job == NULL || batcher->request == NULL) {
        dismantle(batcher);
        return dvfo_fail_no_memory(ctx);
    }
    if (batcher->clock < 0 || uv_poll_init(def->loop, &batcher->poll, batcher->clock) != 0) {
        const int reason = errno;
        dismantle(batcher);
        return dvfo_fail(ctx, DVFO_FAILED, "no timer could be had: %s", strerror(reason));
    }
    uv_poll_start(&batcher->poll, UV_READABLE, on_clock);
    *out = batcher;
    return DVFO_OK;
}
