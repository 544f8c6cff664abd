#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>

#include "allocations.h"
#include "sim/event_queue.h"

/* ---- what the actions write ---- */

enum { LOG_SIZE = 64 };

struct log {
    uint64_t argument[LOG_SIZE];
    size_t n;
};

static void write_log(void *subject, uint64_t argument)
{
    struct log *log = subject;
    cr_assert(log->n < LOG_SIZE);
    log->argument[log->n++] = argument;
}

static struct dvfo_event_queue *make_queue(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_event_queue *queue = NULL;
    cr_assert(dvfo_event_queue_create(&ctx, &queue) == DVFO_OK);
    return queue;
}

static void run_all(struct dvfo_event_queue *queue)
{
    while (dvfo_event_queue_step(queue)) {
    }
}

static void expect_log(const struct log *log, size_t n, const uint64_t *expected)
{
    cr_assert(log->n == n, "%zu events, expected %zu", log->n, n);
    for (size_t i = 0; i < n; i++) {
        cr_expect(log->argument[i] == expected[i], "place %zu: %d, expected %d", i, (int)log->argument[i],
                  (int)expected[i]);
    }
}

#define EXPECT_LOG(log, ...)                                                                                           \
    expect_log(log, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), (const uint64_t[]){__VA_ARGS__})

/* ---- order ---- */

Test(event_queue, an_empty_queue_has_nothing_next)
{
    struct dvfo_event_queue *queue = make_queue();
    cr_expect(dvfo_event_queue_size(queue) == 0);
    cr_expect(dvfo_event_queue_now_s(queue) == 0.0);
    cr_expect(isinf(dvfo_event_queue_next_s(queue)));
    cr_expect(!dvfo_event_queue_step(queue));
    cr_expect(dvfo_event_queue_now_s(queue) == 0.0);
    dvfo_event_queue_free(queue);
    dvfo_event_queue_free(NULL);
}

Test(event_queue, earlier_times_come_first)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    dvfo_event_queue_schedule(queue, 3.0, 0, write_log, &log, 3);
    dvfo_event_queue_schedule(queue, 1.0, 9, write_log, &log, 1); /* time goes before priority */
    dvfo_event_queue_schedule(queue, 2.0, 0, write_log, &log, 2);
    cr_expect(dvfo_event_queue_next_s(queue) == 1.0);
    run_all(queue);
    EXPECT_LOG(&log, 1, 2, 3);
    cr_expect(dvfo_event_queue_now_s(queue) == 3.0);
    dvfo_event_queue_free(queue);
}

Test(event_queue, at_equal_times_the_lowest_priority_number_goes_first)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    const int priority[] = {0, 127, -128, 5, -1};
    for (uint64_t i = 0; i < 5; i++) {
        dvfo_event_queue_schedule(queue, 1.0, priority[i], write_log, &log, i);
    }
    run_all(queue);
    EXPECT_LOG(&log, 2, 4, 0, 3, 1);
    dvfo_event_queue_free(queue);
}

Test(event_queue, equal_times_and_priorities_run_in_scheduling_order)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    for (uint64_t i = 0; i < LOG_SIZE; i++) {
        dvfo_event_queue_schedule(queue, 1.0, 0, write_log, &log, i);
    }
    run_all(queue);
    cr_assert(log.n == LOG_SIZE);
    for (uint64_t i = 0; i < LOG_SIZE; i++) {
        cr_expect(log.argument[i] == i);
    }
    dvfo_event_queue_free(queue);
}

Test(event_queue, the_past_is_refused, .signal = SIGABRT)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    dvfo_event_queue_schedule(queue, 2.0, 0, write_log, &log, 0);
    run_all(queue);
    dvfo_event_queue_schedule(queue, 1.0, 0, write_log, &log, 0);
}

Test(event_queue, a_time_that_is_no_number_is_refused, .signal = SIGABRT)
{
    dvfo_event_queue_schedule(make_queue(), NAN, 0, write_log, NULL, 0);
}

/* ---- cancelling ---- */

Test(event_queue, a_cancelled_event_never_happens_and_the_others_keep_their_order)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    dvfo_event_id id[9];
    const double time_s[9] = {5.0, 1.0, 9.0, 3.0, 3.0, 7.0, 2.0, 8.0, 3.0};
    for (uint64_t i = 0; i < 9; i++) {
        id[i] = dvfo_event_queue_schedule(queue, time_s[i], 0, write_log, &log, i);
    }
    cr_expect(dvfo_event_queue_cancel(queue, id[4])); /* the middle one of three at 3 s */
    cr_expect(dvfo_event_queue_cancel(queue, id[1])); /* the next one */
    cr_expect(dvfo_event_queue_cancel(queue, id[2])); /* the last one */
    cr_expect(dvfo_event_queue_size(queue) == 6);
    run_all(queue);
    EXPECT_LOG(&log, 6, 3, 8, 0, 5, 7);
    dvfo_event_queue_free(queue);
}

Test(event_queue, stale_and_null_ids_are_refused)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    cr_expect(!dvfo_event_queue_cancel(queue, 0));
    cr_expect(!dvfo_event_queue_cancel(queue, UINT64_MAX));
    const dvfo_event_id happened = dvfo_event_queue_schedule(queue, 1.0, 0, write_log, &log, 1);
    cr_expect(happened != 0);
    run_all(queue);
    cr_expect(!dvfo_event_queue_cancel(queue, happened), "it has happened");
    const dvfo_event_id heir = dvfo_event_queue_schedule(queue, 2.0, 0, write_log, &log, 2); /* takes over the slot */
    cr_expect(heir != happened);
    cr_expect(!dvfo_event_queue_cancel(queue, happened), "its slot belongs to another");
    cr_expect(dvfo_event_queue_cancel(queue, heir));
    cr_expect(!dvfo_event_queue_cancel(queue, heir), "it was cancelled before");
    cr_expect(dvfo_event_queue_size(queue) == 0);
    EXPECT_LOG(&log, 1);
    dvfo_event_queue_free(queue);
}

/* ---- actions that use the queue ---- */

struct chain {
    struct dvfo_event_queue *queue;
    struct log log;
    dvfo_event_id victim;
};

static void log_chain(void *subject, uint64_t argument)
{
    struct chain *chain = subject;
    write_log(&chain->log, argument);
}

static void follow_up(void *subject, uint64_t argument)
{
    struct chain *chain = subject;
    const double now_s = dvfo_event_queue_now_s(chain->queue);
    write_log(&chain->log, argument);
    dvfo_event_queue_schedule(chain->queue, now_s, -1, log_chain, chain, argument + 1); /* at once, before its peers */
    dvfo_event_queue_schedule(chain->queue, now_s, 0, log_chain, chain, argument + 2);  /* at once, after its peers */
    cr_expect(dvfo_event_queue_cancel(chain->queue, chain->victim));
    for (uint64_t i = 0; i < 1000; i++) { /* the queue grows under a running action */
        dvfo_event_queue_schedule(chain->queue, now_s + 100.0, 0, log_chain, chain, 0);
    }
}

Test(event_queue, an_action_may_schedule_and_cancel)
{
    struct chain chain = {.queue = make_queue()};
    dvfo_event_queue_schedule(chain.queue, 1.0, 0, follow_up, &chain, 10);
    dvfo_event_queue_schedule(chain.queue, 1.0, 0, log_chain, &chain, 20);
    chain.victim = dvfo_event_queue_schedule(chain.queue, 1.0, 0, log_chain, &chain, 30);
    for (int i = 0; i < 4; i++) {
        cr_expect(dvfo_event_queue_step(chain.queue));
        cr_expect(dvfo_event_queue_now_s(chain.queue) == 1.0);
    }
    EXPECT_LOG(&chain.log, 10, 11, 20, 12);
    cr_expect(dvfo_event_queue_size(chain.queue) == 1000);
    cr_expect(dvfo_event_queue_next_s(chain.queue) == 101.0);
    dvfo_event_queue_free(chain.queue);
}

/* ---- against a naive twin: an unsorted array, searched from end to end ---- */

enum { TWIN_SIZE = 4096 };

struct twin_event {
    double time_s;
    int priority;
    uint64_t number; /* order of scheduling */
    dvfo_event_id id;
};

struct twin {
    struct twin_event event[TWIN_SIZE];
    size_t n;
};

static size_t twin_first(const struct twin *twin)
{
    size_t first = 0;
    for (size_t i = 1; i < twin->n; i++) {
        const struct twin_event *a = &twin->event[i], *b = &twin->event[first];
        if (a->time_s != b->time_s       ? a->time_s < b->time_s
            : a->priority != b->priority ? a->priority < b->priority
                                         : a->number < b->number) {
            first = i;
        }
    }
    return first;
}

static void keep_number(void *subject, uint64_t argument)
{
    *(uint64_t *)subject = argument;
}

/* A small generator of its own, so that the property doesn't rest on another module. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

static void expect_step_like_twin(struct dvfo_event_queue *queue, struct twin *twin, const uint64_t *happened)
{
    const double before_s = dvfo_event_queue_now_s(queue);
    const size_t first = twin_first(twin);
    const struct twin_event expected = twin->event[first];
    twin->event[first] = twin->event[--twin->n];
    cr_assert(dvfo_event_queue_next_s(queue) == expected.time_s);
    cr_assert(dvfo_event_queue_step(queue));
    cr_assert(*happened == expected.number, "event %d, expected %d", (int)*happened, (int)expected.number);
    cr_assert(dvfo_event_queue_now_s(queue) == expected.time_s);
    cr_assert(dvfo_event_queue_now_s(queue) >= before_s);
}

Test(event_queue, random_use_agrees_with_a_naive_list)
{
    static struct twin twin;
    struct dvfo_event_queue *queue = make_queue();
    uint64_t state = 11, number = 0, happened = 0;
    dvfo_event_id stale = 0;
    for (int i = 0; i < 60000; i++) {
        const uint64_t what = draw(&state, 100), growth = i / 2000 % 2 == 0 ? 60 : 30; /* it swells and shrinks */
        if (what < growth && twin.n < TWIN_SIZE) {
            const double time_s = dvfo_event_queue_now_s(queue) + (double)draw(&state, 20); /* ties abound */
            const int priority = (int)draw(&state, 5) - 2;
            const dvfo_event_id id = dvfo_event_queue_schedule(queue, time_s, priority, keep_number, &happened, number);
            twin.event[twin.n++] = (struct twin_event){time_s, priority, number++, id};
        } else if (what < growth + 15 && twin.n > 0) {
            const size_t victim = draw(&state, twin.n);
            stale = twin.event[victim].id;
            cr_assert(dvfo_event_queue_cancel(queue, stale));
            twin.event[victim] = twin.event[--twin.n];
        } else if (what < growth + 18) {
            cr_assert(!dvfo_event_queue_cancel(queue, stale));
        } else if (twin.n > 0) {
            expect_step_like_twin(queue, &twin, &happened);
        }
        cr_assert(dvfo_event_queue_size(queue) == twin.n);
    }
    while (twin.n > 0) {
        expect_step_like_twin(queue, &twin, &happened);
    }
    cr_expect(!dvfo_event_queue_step(queue));
    dvfo_event_queue_free(queue);
}

/* ---- memory ---- */

struct mill {
    struct dvfo_event_queue *queue;
    uint64_t state, left;
};

static void grind(void *subject, uint64_t argument)
{
    struct mill *mill = subject;
    if (mill->left > 0) {
        mill->left--;
        const double time_s = dvfo_event_queue_now_s(mill->queue) + (double)draw(&mill->state, 1000);
        const dvfo_event_id id = dvfo_event_queue_schedule(mill->queue, time_s, 0, grind, mill, argument);
        if (draw(&mill->state, 4) == 0) {
            dvfo_event_queue_cancel(mill->queue, id);
            dvfo_event_queue_schedule(mill->queue, time_s, 1, grind, mill, argument);
        }
    }
}

Test(event_queue, once_grown_it_allocates_nothing)
{
    struct mill mill = {.queue = make_queue(), .state = 3, .left = 200000};
    for (uint64_t i = 0; i < 1000; i++) {
        dvfo_event_queue_schedule(mill.queue, 0.0, 0, grind, &mill, i);
    }
    const size_t before = allocations_so_far();
    cr_expect(before > 0, "the counter counts");
    run_all(mill.queue);
    cr_expect(mill.left == 0);
    cr_expect(allocations_so_far() == before, "%zu allocations", allocations_so_far() - before);
    dvfo_event_queue_free(mill.queue);
}

/* ---- moved events ---- */

Test(event_queue, a_moved_event_goes_as_if_it_had_been_scheduled_anew)
{
    struct dvfo_event_queue *queue = make_queue();
    struct log log = {0};
    const dvfo_event_id first = dvfo_event_queue_schedule(queue, 1.0, 0, write_log, &log, 1);
    const dvfo_event_id second = dvfo_event_queue_schedule(queue, 2.0, 0, write_log, &log, 2);
    const dvfo_event_id third = dvfo_event_queue_schedule(queue, 3.0, 0, write_log, &log, 3);
    cr_expect(dvfo_event_queue_move(queue, first, 3.0), "behind the third: scheduled later");
    cr_expect(dvfo_event_queue_move(queue, third, 0.5));
    cr_expect_eq(dvfo_event_queue_next_s(queue), 0.5);
    cr_expect(dvfo_event_queue_step(queue));
    cr_expect_not(dvfo_event_queue_move(queue, third, 4.0), "it has happened");
    cr_expect(dvfo_event_queue_cancel(queue, second), "ids stay");
    cr_expect_not(dvfo_event_queue_move(queue, second, 4.0), "it was cancelled");
    dvfo_event_queue_schedule(queue, 3.0, 0, write_log, &log, 4);
    cr_expect(dvfo_event_queue_move(queue, first, 3.0), "behind the fourth now");
    run_all(queue);
    EXPECT_LOG(&log, 3, 4, 1);
    cr_expect_eq(dvfo_event_queue_now_s(queue), 3.0);
    dvfo_event_queue_free(queue);
}
