#include "sim/event_queue.h"

#include <math.h>

/* A heap entry carries its sort key, so that sifting touches one array; the action waits in its slot. */
struct entry {
    double time_s;
    uint64_t order; /* priority in the top byte, then the sequence number: one comparison breaks ties */
    uint32_t slot;
};

struct slot {
    dvfo_event_action action;
    void *subject;
    uint64_t argument;
    uint32_t generation; /* odd while in use */
    uint32_t place;      /* index in the heap while in use, next free slot otherwise */
};

struct dvfo_event_queue {
    double now_s;
    uint64_t sequence;
    size_t size, capacity;
    uint32_t free_slot; /* head of the free list, NO_SLOT when empty */
    struct entry *heap;
    struct slot *slot;
};

#define NO_SLOT UINT32_MAX
enum { PRIORITY_SHIFT = 56, FIRST_CAPACITY = 64 };

/* The total order. */
static inline bool event_before(const struct entry *a, const struct entry *b)
{
    return a->time_s < b->time_s || (a->time_s == b->time_s && a->order < b->order);
}

static dvfo_status grow(struct dvfo_event_queue *queue)
{
    const size_t capacity = queue->capacity == 0 ? FIRST_CAPACITY : 2 * queue->capacity;
    struct entry *heap = realloc(queue->heap, capacity * sizeof *heap);
    if (heap == NULL) {
        return DVFO_NO_MEMORY;
    }
    queue->heap = heap;
    struct slot *slot = realloc(queue->slot, capacity * sizeof *slot);
    if (slot == NULL || capacity >= NO_SLOT) {
        return DVFO_NO_MEMORY;
    }
    queue->slot = slot;
    for (size_t i = queue->capacity; i < capacity; i++) {
        slot[i].generation = 0;
        slot[i].place = i + 1 < capacity ? (uint32_t)(i + 1) : NO_SLOT;
    }
    queue->free_slot = (uint32_t)queue->capacity;
    queue->capacity = capacity;
    return DVFO_OK;
}

dvfo_status dvfo_event_queue_create(struct dvfo_ctx *ctx, struct dvfo_event_queue **out)
{
    struct dvfo_event_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL || grow(queue) != DVFO_OK) {
        dvfo_event_queue_free(queue);
        *out = NULL;
        return dvfo_fail_no_memory(ctx);
    }
    *out = queue;
    return DVFO_OK;
}

void dvfo_event_queue_free(struct dvfo_event_queue *queue)
{
    if (queue != NULL) {
        free(queue->heap);
        free(queue->slot);
        free(queue);
    }
}

double dvfo_event_queue_now_s(const struct dvfo_event_queue *queue)
{
    return queue->now_s;
}

size_t dvfo_event_queue_size(const struct dvfo_event_queue *queue)
{
    return queue->size;
}

double dvfo_event_queue_next_s(const struct dvfo_event_queue *queue)
{
    return queue->size > 0 ? queue->heap[0].time_s : INFINITY;
}

static inline void put(struct dvfo_event_queue *queue, size_t place, struct entry entry)
{
    queue->heap[place] = entry;
    queue->slot[entry.slot].place = (uint32_t)place;
}

static void sift_up(struct dvfo_event_queue *queue, size_t place, struct entry entry)
{
    while (place > 0) {
        const size_t parent = (place - 1) / 2;
        if (!event_before(&entry, &queue->heap[parent])) {
            break;
        }
        put(queue, place, queue->heap[parent]);
        place = parent;
    }
    put(queue, place, entry);
}

static void sift_down(struct dvfo_event_queue *queue, size_t place, struct entry entry)
{
    const size_t size = queue->size;
    for (size_t child = 2 * place + 1; child < size; child = 2 * place + 1) {
        if (child + 1 < size && event_before(&queue->heap[child + 1], &queue->heap[child])) {
            child++;
        }
        if (!event_before(&queue->heap[child], &entry)) {
            break;
        }
        put(queue, place, queue->heap[child]);
        place = child;
    }
    put(queue, place, entry);
}

dvfo_event_id dvfo_event_queue_schedule(struct dvfo_event_queue *queue, double time_s, int priority,
                                        dvfo_event_action action, void *subject, uint64_t argument)
{
    DVFO_REQUIRE(time_s >= queue->now_s && priority >= -128 && priority <= 127);
    if (queue->free_slot == NO_SLOT && grow(queue) != DVFO_OK) {
        return 0;
    }
    const uint32_t index = queue->free_slot;
    struct slot *slot = &queue->slot[index];
    queue->free_slot = slot->place;
    slot->action = action;
    slot->subject = subject;
    slot->argument = argument;
    slot->generation++;
    const uint64_t order = ((uint64_t)(priority + 128) << PRIORITY_SHIFT) | queue->sequence++;
    sift_up(queue, queue->size++, (struct entry){.time_s = time_s, .order = order, .slot = index});
    return ((uint64_t)slot->generation << 32) | index;
}

/* Give the slot back; its odd generation turns even, so that old ids are stale. */
static void release_slot(struct dvfo_event_queue *queue, uint32_t index)
{
    queue->slot[index].generation++;
    queue->slot[index].place = queue->free_slot;
    queue->free_slot = index;
}

/* An entry takes a place that another has left, and from there goes where it belongs. */
static void settle(struct dvfo_event_queue *queue, size_t place, struct entry entry)
{
    if (place > 0 && event_before(&entry, &queue->heap[(place - 1) / 2])) {
        sift_up(queue, place, entry);
    } else {
        sift_down(queue, place, entry);
    }
}

static void remove_at(struct dvfo_event_queue *queue, size_t place)
{
    const struct entry last = queue->heap[--queue->size];
    if (place < queue->size) {
        settle(queue, place, last);
    }
}

/* The slot of a pending event; NULL when it isn't one any more. */
static const struct slot *slot_of(const struct dvfo_event_queue *queue, dvfo_event_id id)
{
    const uint32_t index = (uint32_t)id, generation = (uint32_t)(id >> 32);
    const bool pending = id != 0 && index < queue->capacity && queue->slot[index].generation == generation;
    return pending ? &queue->slot[index] : NULL;
}

bool dvfo_event_queue_cancel(struct dvfo_event_queue *queue, dvfo_event_id id)
{
    const struct slot *slot = slot_of(queue, id);
    if (slot == NULL) {
        return false;
    }
    remove_at(queue, slot->place);
    release_slot(queue, (uint32_t)id);
    return true;
}

bool dvfo_event_queue_move(struct dvfo_event_queue *queue, dvfo_event_id id, double time_s)
{
    DVFO_REQUIRE(time_s >= queue->now_s);
    const struct slot *slot = slot_of(queue, id);
    if (slot == NULL) {
        return false;
    }
    struct entry entry = queue->heap[slot->place];
    entry.time_s = time_s;
    entry.order = (entry.order >> PRIORITY_SHIFT << PRIORITY_SHIFT) | queue->sequence++;
    settle(queue, slot->place, entry);
    return true;
}

bool dvfo_event_queue_step(struct dvfo_event_queue *queue)
{
    if (queue->size == 0) {
        return false;
    }
    const struct entry next = queue->heap[0];
    const struct slot slot = queue->slot[next.slot];
    remove_at(queue, 0);
    release_slot(queue, next.slot);
    queue->now_s = next.time_s;
    slot.action(slot.subject, slot.argument);
    return true;
}
