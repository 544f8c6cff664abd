/* The uplink's keeper: hears the server, and connects again when it is gone. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "bench/live/clock.h"
#include "bench/live/uplink/uplink_state.h"

#define HEAR_S 3600.0 /* at once; then again */

/* By how much a server's times may be longer than ours: two clocks never agree. */
#define CLOCK_RATIO 1.01
#define CLOCK_SLACK_S 1e-3

/* ---- news, under the lock ---- */

static void tell(struct dvfo_uplink *uplink, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct dvfo_uplink *uplink, const char *format, ...)
{
    const int at = (uplink->first_news + uplink->news_count) % DVFO_UPLINK_MOST_NEWS;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(uplink->news[at], DVFO_UPLINK_NEWS_TEXT, format, arguments);
    va_end(arguments);
    if (uplink->news_count < DVFO_UPLINK_MOST_NEWS) {
        uplink->news_count++;
    } else {
        uplink->first_news = (uplink->first_news + 1) % DVFO_UPLINK_MOST_NEWS;
    }
}

/* It is gone, or still is for another reason. */
static void tell_gone(struct dvfo_uplink *uplink, const char *reason)
{
    const int most = DVFO_UPLINK_NEWS_TEXT - 100;
    if (!uplink->told_gone) {
        tell(uplink, "the cloud is gone: %.*s; trying again every %g to %g s", most, reason,
             uplink->def.first_backoff_s, uplink->def.longest_backoff_s);
    } else if (strncmp(reason, uplink->reason, sizeof uplink->reason - 1) != 0) {
        tell(uplink, "the cloud is still gone: %.*s", most, reason);
    }
    uplink->told_gone = true;
    snprintf(uplink->reason, sizeof uplink->reason, "%.*s", DVFO_UPLINK_NEWS_TEXT - 1, reason);
}

static void tell_back(struct dvfo_uplink *uplink)
{
    if (uplink->told_gone) {
        tell(uplink, "the cloud is back after %.3g s", dvfo_live_now_s() - uplink->gone_s);
    }
    uplink->told_gone = false;
}

/* ---- what the server says, under the lock ---- */

static struct dvfo_uplink_slot *slot_under_way(struct dvfo_uplink *uplink, uint64_t id)
{
    struct dvfo_uplink_slot *slot = dvfo_uplink_slot_of(uplink, id);
    const bool under_way = slot != NULL && (slot->state == DVFO_SLOT_AWAITED || slot->state == DVFO_SLOT_TIMED_OUT);
    return under_way ? slot : NULL;
}

/* An end of a request that somebody waits for, or doesn't any more. */
static void end_request(struct dvfo_uplink *uplink, struct dvfo_uplink_slot *slot, dvfo_uplink_slot_state state)
{
    const bool late = slot->state == DVFO_SLOT_TIMED_OUT;
    uplink->counts.late += late;
    slot->state = late ? DVFO_SLOT_FREE : state;
    pthread_cond_broadcast(&uplink->changed);
}

static dvfo_status check_logits(struct dvfo_ctx *ctx, const struct dvfo_uplink *uplink,
                                const struct dvfo_uplink_slot *slot)
{
    for (long k = 0; k < uplink->map.classes; k++) {
        if (!isfinite(slot->answer.logits[k])) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "the server lies: logit %ld of request %" PRIu64 " is %g", k,
                             slot->id, (double)slot->answer.logits[k]);
        }
    }
    return DVFO_OK;
}

static dvfo_status check_times(struct dvfo_ctx *ctx, const struct dvfo_uplink_slot *slot)
{
    const double spent_s = slot->answer.queue_s + slot->answer.compute_s;
    const double passed_s = slot->answer.came_s - slot->begun_s;
    return spent_s <= CLOCK_RATIO * passed_s + CLOCK_SLACK_S
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "the server lies: it spent %g s on request %" PRIu64 ", which was sent %g s before", spent_s,
                           slot->id, passed_s);
}

static dvfo_status take_answer(struct dvfo_ctx *ctx, struct dvfo_uplink *uplink, const struct dvfo_reply *reply,
                               double came_s)
{
    struct dvfo_uplink_slot *slot = slot_under_way(uplink, reply->id);
    if (slot == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the server lies: it answers request %" PRIu64 ", which isn't under way",
                         reply->id);
    }
    float *const logits = slot->answer.logits;
    slot->answer = (struct dvfo_uplink_answer){.logits = logits,
                                               .queue_s = 1e-9 * (double)reply->answer.queue_ns,
                                               .compute_s = 1e-9 * (double)reply->answer.compute_ns,
                                               .batch = reply->answer.batch,
                                               .came_s = came_s};
    dvfo_answer_logits(&reply->answer, logits);
    DVFO_TRY(check_logits(ctx, uplink, slot));
    DVFO_TRY(check_times(ctx, slot));
    end_request(uplink, slot, DVFO_SLOT_ANSWERED);
    dvfo_backoff_reset(&uplink->backoff); /* only who answers is worth hurrying to */
    return DVFO_OK;
}

static dvfo_status take_error(struct dvfo_ctx *ctx, struct dvfo_uplink *uplink, const struct dvfo_reply *reply)
{
    struct dvfo_uplink_slot *slot = slot_under_way(uplink, reply->id);
    const bool of_connection = slot == NULL && reply->id == 0;
    const bool ends = of_connection || dvfo_complaint_ends(reply->error.complaint);
    if (slot == NULL && !ends) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the server lies: it refuses request %" PRIu64 ", which isn't under way",
                         reply->id);
    }
    if (slot != NULL) {
        snprintf(slot->answer.sentence, sizeof slot->answer.sentence, "%s", reply->error.sentence);
        end_request(uplink, slot, DVFO_SLOT_REFUSED);
    }
    return ends ? dvfo_fail(ctx, DVFO_FAILED, "the server refuses: %s", reply->error.sentence) : DVFO_OK;
}

/* @return what ends the connection */
static dvfo_status take_reply(struct dvfo_ctx *ctx, struct dvfo_uplink *uplink, const struct dvfo_reply *reply,
                              double came_s)
{
    switch (reply->kind) {
    case DVFO_REPLY_ANSWER:
        return take_answer(ctx, uplink, reply, came_s);
    case DVFO_REPLY_ERROR:
        return take_error(ctx, uplink, reply);
    case DVFO_REPLY_BYE:
        return dvfo_fail(ctx, DVFO_FAILED, "the server said bye");
    case DVFO_REPLY_NONE:
        break;
    }
    return DVFO_OK;
}

/* ---- a connection's life ---- */

/* @return why it ended */
static dvfo_status hear(struct dvfo_ctx *ctx, struct dvfo_uplink *uplink)
{
    struct dvfo_reply reply;
    dvfo_status status;
    do {
        status = dvfo_client_hear(ctx, uplink->client, HEAR_S, &reply);
        const double came_s = dvfo_live_now_s();
        pthread_mutex_lock(&uplink->lock);
        if (status == DVFO_OK && uplink->up) { /* else it is given up, and what comes is nobody's */
            status = take_reply(ctx, uplink, &reply, came_s);
        }
        pthread_mutex_unlock(&uplink->lock);
    } while (status == DVFO_OK);
    return status;
}

static void count_end(struct dvfo_uplink *uplink, dvfo_status status, const char *reason)
{
    uplink->gone_s = dvfo_live_now_s();
    if (uplink->giving_up || uplink->quitting) {
        return;
    }
    uplink->counts.losses++;
    uplink->counts.lies += status == DVFO_BAD_INPUT;
    tell_gone(uplink, uplink->trouble[0] != '\0' ? uplink->trouble : reason);
}

/* Nobody sends on it any more when it goes.
 * @param given_up  written: by us
 * @return          false: for good */
static bool end_connection(struct dvfo_uplink *uplink, dvfo_status status, const char *reason, bool *given_up)
{
    uint64_t woken;
    pthread_mutex_lock(&uplink->lock);
    uplink->up = false;
    dvfo_uplink_lose_requests(uplink);
    if (!uplink->quitting) {
        dvfo_client_break(uplink->client);
    }
    while (uplink->sending) {
        pthread_cond_wait(&uplink->changed, &uplink->lock);
    }
    count_end(uplink, status, reason);
    const bool goes_on = !uplink->quitting;
    if (goes_on) {
        (void)!read(uplink->wake, &woken, sizeof woken);
        dvfo_client_abandon(uplink->client);
        uplink->client = NULL;
    }
    *given_up = uplink->giving_up;
    uplink->giving_up = false;
    uplink->trouble[0] = '\0';
    pthread_cond_broadcast(&uplink->changed);
    pthread_mutex_unlock(&uplink->lock);
    return goes_on;
}

/* ---- connecting again ---- */

/* @return false: it is time to go */
static bool sleep_for(struct dvfo_uplink *uplink, double wait_s)
{
    const double until_s = dvfo_live_now_s() + wait_s;
    pthread_mutex_lock(&uplink->lock);
    while (!uplink->quitting && dvfo_uplink_wait(uplink, until_s)) {
    }
    const bool goes_on = !uplink->quitting;
    pthread_mutex_unlock(&uplink->lock);
    return goes_on;
}

static dvfo_status check_map(struct dvfo_ctx *ctx, const struct dvfo_uplink *uplink, const struct dvfo_map *map)
{
    const struct dvfo_map *was = &uplink->map;
    const bool same = map->channels == was->channels && map->height == was->height && map->width == was->width &&
                      map->classes == was->classes;
    return same ? DVFO_OK
                : dvfo_fail(ctx, DVFO_BAD_INPUT,
                            "%s: serves maps of %ld x %ld x %ld and %ld classes, expected %ld x %ld x %ld and %ld as "
                            "before",
                            uplink->address, map->channels, map->height, map->width, map->classes, was->channels,
                            was->height, was->width, was->classes);
}

static dvfo_status connect_once(struct dvfo_ctx *ctx, struct dvfo_uplink *uplink)
{
    struct dvfo_client *client = NULL;
    DVFO_TRY(dvfo_client_connect(ctx, &uplink->def.client, &client));
    const dvfo_status status = check_map(ctx, uplink, &dvfo_client_welcome(client)->map);
    if (status != DVFO_OK) {
        dvfo_client_abandon(client);
        return status;
    }
    pthread_mutex_lock(&uplink->lock);
    tell_back(uplink);
    dvfo_uplink_take_client(uplink, client);
    pthread_mutex_unlock(&uplink->lock);
    return DVFO_OK;
}

/* @param at_once  the first try isn't waited for
 * @return         false: it is time to go */
static bool connect_again(struct dvfo_uplink *uplink, bool at_once)
{
    struct dvfo_ctx ctx = {0};
    double wait_s = at_once ? 0.0 : dvfo_backoff_next_s(&uplink->backoff);
    while (sleep_for(uplink, wait_s)) {
        if (connect_once(&ctx, uplink) == DVFO_OK) {
            return true;
        }
        pthread_mutex_lock(&uplink->lock);
        if (!uplink->quitting) {
            tell_gone(uplink, ctx.message);
        }
        pthread_mutex_unlock(&uplink->lock);
        wait_s = dvfo_backoff_next_s(&uplink->backoff);
    }
    return false;
}

void *dvfo_uplink_keep(void *user)
{
    struct dvfo_uplink *uplink = user;
    bool goes_on = true, given_up = false;
    while (goes_on) {
        struct dvfo_ctx ctx = {0};
        const dvfo_status status = hear(&ctx, uplink);
        goes_on = end_connection(uplink, status, ctx.message, &given_up) && connect_again(uplink, given_up);
    }
    return NULL;
}
