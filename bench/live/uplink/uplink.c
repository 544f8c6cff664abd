#include "bench/live/uplink/uplink.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/live/clock.h"
#include "bench/live/uplink/quiet_thread.h"
#include "bench/live/uplink/uplink_state.h"
#include "sim/base/random.h"
#include "sim/base/text.h"

struct dvfo_uplink_def dvfo_uplink_def_default(void)
{
    return (struct dvfo_uplink_def){
        .client = dvfo_client_def_default(), .first_backoff_s = 0.1, .longest_backoff_s = 5.0, .seed = 1};
}

/* ---- the beginning ---- */

static dvfo_status check(struct dvfo_ctx *ctx, const struct dvfo_uplink_def *def)
{
    if (!(def->first_backoff_s > 0.0 && def->first_backoff_s <= def->longest_backoff_s &&
          def->longest_backoff_s <= 3600.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "connecting is tried again after %g to %g s, expected above 0, rising, to at most 3600",
                         def->first_backoff_s, def->longest_backoff_s);
    }
    return DVFO_OK;
}

/* What the definition borrows is needed at each connection. */
static void keep_copies(struct dvfo_uplink *uplink, const struct dvfo_uplink_def *def)
{
    struct dvfo_client_def *client = &uplink->def.client;
    uplink->def = *def;
    uplink->address = dvfo_text_copy(def->client.address);
    client->address = uplink->address;
    if (def->client.key != NULL) {
        uplink->key = *def->client.key;
        client->key = &uplink->key;
    }
    if (def->client.fingerprint != NULL) {
        memcpy(uplink->fingerprint, def->client.fingerprint, sizeof uplink->fingerprint);
        client->fingerprint = uplink->fingerprint;
    }
    client->stop_file = uplink->wake;
}

static void make_clock(struct dvfo_uplink *uplink)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&uplink->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&uplink->lock, NULL);
}

static dvfo_status make_slots(struct dvfo_ctx *ctx, struct dvfo_uplink *uplink)
{
    const size_t classes = (size_t)uplink->map.classes;
    uplink->logits = calloc(DVFO_UPLINK_MOST_IN_FLIGHT * classes, sizeof *uplink->logits);
    for (size_t i = 0; uplink->logits != NULL && i < DVFO_UPLINK_MOST_IN_FLIGHT; i++) {
        uplink->slot[i].answer.logits = uplink->logits + i * classes;
    }
    return uplink->logits != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status start(struct dvfo_ctx *ctx, const struct dvfo_uplink_def *def, struct dvfo_uplink *uplink)
{
    struct dvfo_client *client = NULL;
    uplink->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (uplink->wake < 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "the uplink gets no file: %s", strerror(errno));
    }
    keep_copies(uplink, def);
    uplink->rng = dvfo_random_stream(def->seed, 0, "uplink backoff");
    uplink->backoff = (struct dvfo_backoff){def->first_backoff_s, def->longest_backoff_s, 0.0, uplink->rng};
    if (uplink->address == NULL || uplink->rng == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    DVFO_TRY(dvfo_client_connect(ctx, &uplink->def.client, &client));
    uplink->map = dvfo_client_welcome(client)->map;
    uplink->rtt_s = INFINITY;
    dvfo_uplink_take_client(uplink, client);
    DVFO_TRY(make_slots(ctx, uplink));
    uplink->has_keeper = dvfo_quiet_thread_start(&uplink->keeper, dvfo_uplink_keep, uplink);
    return uplink->has_keeper ? DVFO_OK : dvfo_fail(ctx, DVFO_FAILED, "the uplink gets no thread");
}

dvfo_status dvfo_uplink_open(struct dvfo_ctx *ctx, const struct dvfo_uplink_def *def, struct dvfo_uplink **out)
{
    *out = NULL;
    DVFO_TRY(check(ctx, def));
    struct dvfo_uplink *uplink = calloc(1, sizeof *uplink);
    if (uplink == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    make_clock(uplink);
    const dvfo_status status = start(ctx, def, uplink);
    if (status != DVFO_OK) {
        dvfo_uplink_free(uplink);
        return status;
    }
    *out = uplink;
    return DVFO_OK;
}

/* ---- the end ---- */

static void wake(struct dvfo_uplink *uplink)
{
    const uint64_t once = 1;
    (void)!write(uplink->wake, &once, sizeof once);
}

static void stop_keeper(struct dvfo_uplink *uplink)
{
    pthread_mutex_lock(&uplink->lock);
    uplink->quitting = true;
    pthread_cond_broadcast(&uplink->changed);
    wake(uplink);
    pthread_mutex_unlock(&uplink->lock);
    pthread_join(uplink->keeper, NULL);
}

void dvfo_uplink_free(struct dvfo_uplink *uplink)
{
    if (uplink == NULL) {
        return;
    }
    if (uplink->has_keeper) {
        stop_keeper(uplink);
    }
    dvfo_client_free(uplink->client);
    if (uplink->wake >= 0) {
        close(uplink->wake);
    }
    if (uplink->rng != NULL) {
        gsl_rng_free(uplink->rng);
    }
    pthread_cond_destroy(&uplink->changed);
    pthread_mutex_destroy(&uplink->lock);
    free(uplink->logits);
    free(uplink->address);
    free(uplink);
}

/* ---- what both threads do, under the lock ---- */

struct dvfo_uplink_slot *dvfo_uplink_slot_of(struct dvfo_uplink *uplink, uint64_t id)
{
    for (int i = 0; i < DVFO_UPLINK_MOST_IN_FLIGHT; i++) {
        if (uplink->slot[i].state != DVFO_SLOT_FREE && uplink->slot[i].id == id) {
            return &uplink->slot[i];
        }
    }
    return NULL;
}

void dvfo_uplink_lose_requests(struct dvfo_uplink *uplink)
{
    for (int i = 0; i < DVFO_UPLINK_MOST_IN_FLIGHT; i++) {
        struct dvfo_uplink_slot *slot = &uplink->slot[i];
        slot->state = slot->state == DVFO_SLOT_AWAITED     ? DVFO_SLOT_LOST
                      : slot->state == DVFO_SLOT_TIMED_OUT ? DVFO_SLOT_FREE
                                                           : slot->state;
    }
    pthread_cond_broadcast(&uplink->changed);
}

bool dvfo_uplink_wait(struct dvfo_uplink *uplink, double until_s)
{
    const struct timespec until = dvfo_live_timespec(until_s);
    if (dvfo_live_now_s() < until_s) {
        (void)pthread_cond_timedwait(&uplink->changed, &uplink->lock, &until);
        return true;
    }
    return false;
}

void dvfo_uplink_take_client(struct dvfo_uplink *uplink, struct dvfo_client *client)
{
    uplink->client = client;
    uplink->up = true;
    uplink->rtt_s = fmin(uplink->rtt_s, dvfo_client_rtt_s(client));
    uplink->counts.connections++;
    pthread_cond_broadcast(&uplink->changed);
}

/* ---- the device's questions ---- */

const struct dvfo_map *dvfo_uplink_map(const struct dvfo_uplink *uplink)
{
    return &uplink->map;
}

bool dvfo_uplink_is_up(struct dvfo_uplink *uplink)
{
    return dvfo_uplink_await(uplink, 0.0);
}

bool dvfo_uplink_await(struct dvfo_uplink *uplink, double until_s)
{
    pthread_mutex_lock(&uplink->lock);
    while (!uplink->up && dvfo_uplink_wait(uplink, until_s)) {
    }
    const bool up = uplink->up;
    pthread_mutex_unlock(&uplink->lock);
    return up;
}

double dvfo_uplink_rtt_s(struct dvfo_uplink *uplink)
{
    pthread_mutex_lock(&uplink->lock);
    const double rtt_s = uplink->rtt_s;
    pthread_mutex_unlock(&uplink->lock);
    return rtt_s;
}

struct dvfo_uplink_counts dvfo_uplink_counts(struct dvfo_uplink *uplink)
{
    pthread_mutex_lock(&uplink->lock);
    const struct dvfo_uplink_counts counts = uplink->counts;
    pthread_mutex_unlock(&uplink->lock);
    return counts;
}

bool dvfo_uplink_next_news(struct dvfo_uplink *uplink, char text[DVFO_UPLINK_NEWS_TEXT])
{
    pthread_mutex_lock(&uplink->lock);
    const bool any = uplink->news_count > 0;
    if (any) {
        memcpy(text, uplink->news[uplink->first_news], DVFO_UPLINK_NEWS_TEXT);
        uplink->first_news = (uplink->first_news + 1) % DVFO_UPLINK_MOST_NEWS;
        uplink->news_count--;
    }
    pthread_mutex_unlock(&uplink->lock);
    return any;
}

/* ---- requests ---- */

static void give_up(struct dvfo_uplink *uplink)
{
    if (uplink->up) {
        uplink->up = false;
        uplink->giving_up = true;
        uplink->counts.given_up++;
        dvfo_uplink_lose_requests(uplink);
        wake(uplink);
    }
}

void dvfo_uplink_give_up(struct dvfo_uplink *uplink)
{
    pthread_mutex_lock(&uplink->lock);
    give_up(uplink);
    while (uplink->giving_up) {
        pthread_cond_wait(&uplink->changed, &uplink->lock);
    }
    pthread_mutex_unlock(&uplink->lock);
}

/* A place for one more request; NULL: as many are under way as may be. A server that owes that many answers which
 * nobody waits for any more is given up. */
static struct dvfo_uplink_slot *free_slot(struct dvfo_uplink *uplink)
{
    const unsigned most = dvfo_client_welcome(uplink->client)->in_flight;
    struct dvfo_uplink_slot *empty = NULL;
    unsigned owed = 0, overdue = 0;
    for (int i = 0; i < DVFO_UPLINK_MOST_IN_FLIGHT; i++) {
        const dvfo_uplink_slot_state state = uplink->slot[i].state;
        empty = state == DVFO_SLOT_FREE ? &uplink->slot[i] : empty;
        overdue += state == DVFO_SLOT_TIMED_OUT;
        owed += state == DVFO_SLOT_TIMED_OUT || state == DVFO_SLOT_AWAITED;
    }
    if (empty != NULL && owed < most) {
        return empty;
    }
    if (overdue > 0) {
        give_up(uplink);
    }
    return NULL;
}

static struct dvfo_uplink_slot *begin_to_send(struct dvfo_uplink *uplink, uint64_t id)
{
    pthread_mutex_lock(&uplink->lock);
    DVFO_REQUIRE(!uplink->sending);
    DVFO_REQUIRE(dvfo_uplink_slot_of(uplink, id) == NULL);
    struct dvfo_uplink_slot *slot = uplink->up ? free_slot(uplink) : NULL;
    if (slot != NULL) {
        slot->state = DVFO_SLOT_AWAITED;
        slot->id = id;
        slot->begun_s = dvfo_live_now_s();
        uplink->sending = true; /* the client stays until we are done */
    }
    pthread_mutex_unlock(&uplink->lock);
    return slot;
}

/* What failed half way leaves a connection that is good for nothing. */
static void end_sending(struct dvfo_uplink *uplink, struct dvfo_uplink_slot *slot, const char *trouble,
                        const struct dvfo_uplink_sent *sent)
{
    pthread_mutex_lock(&uplink->lock);
    slot->sent = *sent;
    if (trouble != NULL) {
        slot->state = DVFO_SLOT_FREE;
        snprintf(uplink->trouble, sizeof uplink->trouble, "%.*s", DVFO_UPLINK_NEWS_TEXT - 1, trouble);
        uplink->up = false;
        dvfo_client_break(uplink->client);
    } else {
        uplink->counts.sent_byte += (double)sent->byte;
    }
    uplink->sending = false;
    pthread_cond_broadcast(&uplink->changed);
    pthread_mutex_unlock(&uplink->lock);
}

bool dvfo_uplink_send(struct dvfo_uplink *uplink, int share_tenths, uint64_t id, const float *kept, const float *values,
                      struct dvfo_uplink_sent *out)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_uplink_slot *slot = begin_to_send(uplink, id);
    if (slot == NULL) {
        return false;
    }
    struct dvfo_client *client = uplink->client;
    const bool sent = dvfo_client_ask(&ctx, client, share_tenths, id, kept, values) == DVFO_OK;
    *out = (struct dvfo_uplink_sent){.byte = dvfo_live_request_bytes(&uplink->map, share_tenths),
                                     .handed_over_s = dvfo_client_asked_s(client)};
    end_sending(uplink, slot, sent ? NULL : ctx.message, out);
    return sent;
}

const char *dvfo_uplink_outcome_name(dvfo_uplink_outcome outcome)
{
    static const char *const names[] = {[DVFO_UPLINK_ANSWERED] = "answered",
                                        [DVFO_UPLINK_TIMED_OUT] = "timed out",
                                        [DVFO_UPLINK_LOST] = "lost",
                                        [DVFO_UPLINK_REFUSED] = "refused"};
    return names[outcome];
}

static void copy_answer(const struct dvfo_uplink *uplink, const struct dvfo_uplink_slot *slot,
                        struct dvfo_uplink_answer *out)
{
    float *const logits = out->logits;
    *out = slot->answer;
    out->logits = logits;
    if (logits != NULL) {
        memcpy(logits, slot->answer.logits, (size_t)uplink->map.classes * sizeof *logits);
    }
    const double spent_s = out->came_s - slot->sent.handed_over_s;
    out->transfer_s = fmax(spent_s - out->queue_s - out->compute_s - uplink->rtt_s, 0.0);
}

/* Hear of a slot, which is free then unless an answer may still come. */
static dvfo_uplink_outcome settle(struct dvfo_uplink *uplink, struct dvfo_uplink_slot *slot,
                                  struct dvfo_uplink_answer *out)
{
    const dvfo_uplink_slot_state state = slot->state;
    slot->state = state == DVFO_SLOT_AWAITED ? DVFO_SLOT_TIMED_OUT : DVFO_SLOT_FREE;
    switch (state) {
    case DVFO_SLOT_ANSWERED:
        copy_answer(uplink, slot, out);
        uplink->counts.answers++;
        return DVFO_UPLINK_ANSWERED;
    case DVFO_SLOT_REFUSED:
        snprintf(out->sentence, sizeof out->sentence, "%s", slot->answer.sentence);
        uplink->counts.refusals++;
        return DVFO_UPLINK_REFUSED;
    case DVFO_SLOT_AWAITED:
        uplink->counts.timeouts++;
        return DVFO_UPLINK_TIMED_OUT;
    default:
        return DVFO_UPLINK_LOST;
    }
}

dvfo_uplink_outcome dvfo_uplink_hear(struct dvfo_uplink *uplink, uint64_t id, double until_s,
                                     struct dvfo_uplink_answer *out)
{
    *out = (struct dvfo_uplink_answer){.logits = out->logits};
    pthread_mutex_lock(&uplink->lock);
    struct dvfo_uplink_slot *slot = dvfo_uplink_slot_of(uplink, id);
    dvfo_uplink_outcome outcome = DVFO_UPLINK_LOST;
    if (slot != NULL && slot->state != DVFO_SLOT_TIMED_OUT) {
        while (slot->state == DVFO_SLOT_AWAITED && dvfo_uplink_wait(uplink, until_s)) {
        }
        outcome = settle(uplink, slot, out);
    }
    pthread_mutex_unlock(&uplink->lock);
    return outcome;
}
