/* The event queue: what happens next.
 *
 * An event is an action with its time; the queue hands them out in a total order: time, then priority (lower first),
 * then the order of scheduling. That rule stands in one function, event_before() of event_queue.c. The queue knows
 * nothing of what the actions mean. Clock and queue are one object with an address; two simulations never meet.
 *
 * An action gets its subject (the simulation) and one number of the scheduler's choice (a request, a domain).
 * Cancelling is by id, in O(log n); a stale id is recognised and refused. After the queue has grown to what a run
 * needs, nothing is allocated. */
#ifndef DVFO_EVENT_QUEUE_H
#define DVFO_EVENT_QUEUE_H

#include <stdint.h>

#include "sim/base/status.h"

struct dvfo_event_queue;

typedef void (*dvfo_event_action)(void *subject, uint64_t argument);

/* Handle of a scheduled event: slot and generation. 0 is null. */
typedef uint64_t dvfo_event_id;

dvfo_status dvfo_event_queue_create(struct dvfo_ctx *ctx, struct dvfo_event_queue **out);
void dvfo_event_queue_free(struct dvfo_event_queue *queue);

/** Time of the event being handled, or of the last one [s]; 0 at first. */
double dvfo_event_queue_now_s(const struct dvfo_event_queue *queue);

/** Schedule an action at `time_s` >= now.
 *  @param priority  -128..127; of events at one time the lowest goes first
 *  @return          0 only when memory is out (the queue then stays as it was) */
dvfo_event_id dvfo_event_queue_schedule(struct dvfo_event_queue *queue, double time_s, int priority,
                                        dvfo_event_action action, void *subject, uint64_t argument);

/** Take an event out. @return false when it has already happened or was cancelled; `id` may be null */
bool dvfo_event_queue_cancel(struct dvfo_event_queue *queue, dvfo_event_id id);

/** Let a pending event happen at another time instead: as if it were cancelled and scheduled anew, but its id stays.
 *  @return false when the event has already run, was cancelled, or never was */
bool dvfo_event_queue_move(struct dvfo_event_queue *queue, dvfo_event_id id, double time_s);

/** Advance the clock to the next event and run its action. @return false when the queue is empty */
bool dvfo_event_queue_step(struct dvfo_event_queue *queue);

/** Time of the next event; infinity when there is none. */
double dvfo_event_queue_next_s(const struct dvfo_event_queue *queue);

size_t dvfo_event_queue_size(const struct dvfo_event_queue *queue);

#endif
