/* Queues in several threads at once give, each, what they give alone: two simulations never meet. A plain program,
 * because Criterion's processes don't run under ThreadSanitizer, which is what watches it (preset tsan). */
#include <math.h>
#include <pthread.h>

#include "sim/event_queue.h"

enum { THREADS = 8, EVENTS = 50000, PENDING = 100 };

struct run {
    struct dvfo_event_queue *queue;
    uint64_t state, hash;
    int left;
    dvfo_event_id last;
};

static uint64_t draw(struct run *run, uint64_t below)
{
    run->state = run->state * 6364136223846793005u + 1442695040888963407u;
    return (run->state >> 33) % below;
}

static void on_event(void *subject, uint64_t argument)
{
    struct run *run = subject;
    const double now_s = dvfo_event_queue_now_s(run->queue);
    run->hash = (run->hash ^ argument ^ (uint64_t)now_s) * UINT64_C(1099511628211); /* as FNV-1a, a word at a time */
    if (run->left-- > 0) {
        const int priority = (int)draw(run, 3);
        run->last = dvfo_event_queue_schedule(run->queue, now_s + (double)draw(run, 50), priority, on_event, run,
                                              draw(run, 1000));
    }
    if (draw(run, 10) == 0) {
        dvfo_event_queue_cancel(run->queue, run->last);
    }
}

static void *run_one(void *subject)
{
    struct run *run = subject;
    struct dvfo_ctx ctx = {0};
    DVFO_REQUIRE(dvfo_event_queue_create(&ctx, &run->queue) == DVFO_OK);
    run->left = EVENTS;
    for (uint64_t i = 0; i < PENDING; i++) {
        dvfo_event_queue_schedule(run->queue, 0.0, 0, on_event, run, i);
    }
    while (dvfo_event_queue_step(run->queue)) {
    }
    dvfo_event_queue_free(run->queue);
    return NULL;
}

int main(void)
{
    struct run alone[THREADS] = {0}, together[THREADS] = {0};
    pthread_t thread[THREADS];
    int failures = 0;
    for (uint64_t i = 0; i < THREADS; i++) {
        alone[i].state = together[i].state = i;
        run_one(&alone[i]);
        failures += i > 0 && alone[i].hash == alone[i - 1].hash; /* the hash sees that the runs differ */
    }
    for (int i = 0; i < THREADS; i++) {
        DVFO_REQUIRE(pthread_create(&thread[i], NULL, run_one, &together[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        failures += together[i].hash != alone[i].hash;
    }
    printf("%d threads, %d failures\n", THREADS, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
