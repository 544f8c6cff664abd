#define _GNU_SOURCE /* accept4 */
#include "bench/live/uplink/shaper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/live/address.h"
#include "bench/live/clock.h"
#include "bench/live/uplink/quiet_thread.h"
#include "bench/live/uplink/relay.h"

enum { MOST_RELAYS = 8, POLL_LISTENER = 0, POLL_TIMER, POLL_WAKE, POLL_RELAYS, POLLS = POLL_RELAYS + 2 * MOST_RELAYS };

#define STARVED_S 0.1

struct dvfo_shaper {
    char address[DVFO_ADDRESS_TEXT];
    int listener, timer, wake;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of all below; the thread holds it but for waiting */
    bool quitting;
    bool starved; /* of files: it listens again a little later */
    struct dvfo_route route;
    struct dvfo_relay *relay[MOST_RELAYS]; /* NULL: none */
    unsigned long relayed, turned_off;
};

struct dvfo_shaper_def dvfo_shaper_def_default(void)
{
    return (struct dvfo_shaper_def){.rtt_s = 2e-3, .overhead_byte = 36.0};
}

const char *dvfo_shaper_address(const struct dvfo_shaper *shaper)
{
    return shaper->address;
}

/* ---- the thread ---- */

static double next_due_s(const struct dvfo_shaper *shaper)
{
    double due_s = dvfo_shaped_link_due_s(&shaper->route.link);
    due_s = shaper->starved ? fmin(due_s, dvfo_live_now_s() + STARVED_S) : due_s;
    for (int i = 0; i < MOST_RELAYS; i++) {
        due_s = shaper->relay[i] != NULL ? fmin(due_s, dvfo_relay_due_s(shaper->relay[i])) : due_s;
    }
    return due_s;
}

/* Setting it also forgets that it has rung. */
static void set_timer(const struct dvfo_shaper *shaper, double due_s)
{
    struct itimerspec spec = {0};
    if (due_s < INFINITY) {
        spec.it_value = dvfo_live_timespec(due_s);
        spec.it_value.tv_nsec += spec.it_value.tv_sec == 0 && spec.it_value.tv_nsec == 0; /* 0 would be never */
    }
    timerfd_settime(shaper->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* @return false when it is time to go */
static bool prepare(struct dvfo_shaper *shaper, struct pollfd polls[POLLS])
{
    pthread_mutex_lock(&shaper->lock);
    polls[POLL_LISTENER] = (struct pollfd){.fd = shaper->starved ? -1 : shaper->listener, .events = POLLIN};
    polls[POLL_TIMER] = (struct pollfd){.fd = shaper->timer, .events = POLLIN};
    polls[POLL_WAKE] = (struct pollfd){.fd = shaper->wake, .events = POLLIN};
    for (int i = 0; i < MOST_RELAYS; i++) {
        struct pollfd *both = &polls[POLL_RELAYS + 2 * i];
        both[0] = both[1] = (struct pollfd){.fd = -1};
        if (shaper->relay[i] != NULL) {
            dvfo_relay_ask_for(shaper->relay[i], both);
        }
    }
    set_timer(shaper, next_due_s(shaper));
    const bool goes_on = !shaper->quitting;
    pthread_mutex_unlock(&shaper->lock);
    return goes_on;
}

/* What is through by now leaves the link. */
static void forward(struct dvfo_shaper *shaper, double now_s)
{
    struct dvfo_parcel *parcel;
    while ((parcel = dvfo_shaped_link_take(&shaper->route.link, now_s)) != NULL) {
        dvfo_relay_forward(parcel->owner, parcel);
    }
}

static void take_connection(struct dvfo_shaper *shaper)
{
    const int device = accept4(shaper->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int slot = 0;
    while (slot < MOST_RELAYS && shaper->relay[slot] != NULL) {
        slot++;
    }
    shaper->starved = device < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    if (device < 0) {
        return; /* it waits, or has gone again */
    }
    if (slot == MOST_RELAYS) {
        close(device);
    } else {
        shaper->relay[slot] = dvfo_relay_open(&shaper->route, device);
    }
    const bool taken = slot < MOST_RELAYS && shaper->relay[slot] != NULL;
    shaper->relayed += taken;
    shaper->turned_off += !taken;
}

/* First what is due, then what has come: nothing stands in line before it was there. */
static void attend(struct dvfo_shaper *shaper, const struct pollfd polls[POLLS])
{
    uint64_t rung;
    pthread_mutex_lock(&shaper->lock);
    if (polls[POLL_WAKE].revents != 0) {
        (void)!read(shaper->wake, &rung, sizeof rung);
    }
    shaper->starved = false;
    forward(shaper, dvfo_live_now_s());
    for (int i = 0; i < MOST_RELAYS; i++) {
        if (shaper->relay[i] != NULL) {
            dvfo_relay_read(shaper->relay[i], &polls[POLL_RELAYS + 2 * i]);
        }
    }
    if (polls[POLL_LISTENER].revents != 0) {
        take_connection(shaper);
    }
    const double now_s = dvfo_live_now_s();
    for (int i = 0; i < MOST_RELAYS; i++) {
        if (shaper->relay[i] == NULL) {
            continue;
        }
        dvfo_relay_deliver(shaper->relay[i], now_s);
        if (dvfo_relay_is_over(shaper->relay[i], now_s)) {
            dvfo_relay_free(shaper->relay[i], now_s);
            shaper->relay[i] = NULL;
        }
    }
    pthread_mutex_unlock(&shaper->lock);
}

static void *relay_all(void *user)
{
    struct dvfo_shaper *shaper = user;
    struct pollfd polls[POLLS];
    while (prepare(shaper, polls)) {
        if (poll(polls, POLLS, -1) > 0) {
            attend(shaper, polls);
        }
    }
    return NULL;
}

static void wake(struct dvfo_shaper *shaper)
{
    const uint64_t once = 1;
    (void)!write(shaper->wake, &once, sizeof once);
}

/* ---- the beginning and the end ---- */

static dvfo_status check(struct dvfo_ctx *ctx, const struct dvfo_shaper_def *def)
{
    if (!(def->rtt_s >= 0.0 && def->rtt_s <= 10.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a round trip takes %g s, expected 0 to 10", def->rtt_s);
    }
    if (!(def->overhead_byte >= 0.0 && def->overhead_byte <= 1e6)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a request costs %g bytes more, expected 0 to 1000000",
                         def->overhead_byte);
    }
    return DVFO_OK;
}

static dvfo_status fail_errno(struct dvfo_ctx *ctx, const char *what)
{
    return dvfo_fail(ctx, DVFO_FAILED, "%s: %s", what, strerror(errno));
}

static dvfo_status listen_on_any_port(struct dvfo_ctx *ctx, struct dvfo_shaper *shaper)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_storage got = {0};
    socklen_t size = sizeof got;
    shaper->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (shaper->listener < 0 || bind(shaper->listener, (const struct sockaddr *)&any, sizeof any) != 0 ||
        listen(shaper->listener, MOST_RELAYS) != 0 ||
        getsockname(shaper->listener, (struct sockaddr *)&got, &size) != 0) {
        return fail_errno(ctx, "the shaper can't listen");
    }
    dvfo_address_text(&got, shaper->address);
    return DVFO_OK;
}

static dvfo_status start(struct dvfo_ctx *ctx, const struct dvfo_shaper_def *def, struct dvfo_shaper *shaper)
{
    shaper->route.half_trip_s = 0.5 * def->rtt_s;
    shaper->route.overhead_byte = def->overhead_byte;
    dvfo_shaped_link_init(&shaper->route.link, def->trace, dvfo_live_now_s());
    DVFO_TRY(dvfo_address_parse(ctx, def->server, &shaper->route.server));
    DVFO_TRY(listen_on_any_port(ctx, shaper));
    shaper->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    shaper->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (shaper->timer < 0 || shaper->wake < 0) {
        return fail_errno(ctx, "the shaper gets no clock");
    }
    shaper->has_thread = dvfo_quiet_thread_start(&shaper->thread, relay_all, shaper);
    return shaper->has_thread ? DVFO_OK : dvfo_fail(ctx, DVFO_FAILED, "the shaper gets no thread");
}

dvfo_status dvfo_shaper_open(struct dvfo_ctx *ctx, const struct dvfo_shaper_def *def, struct dvfo_shaper **out)
{
    *out = NULL;
    DVFO_TRY(check(ctx, def));
    struct dvfo_shaper *shaper = calloc(1, sizeof *shaper);
    if (shaper == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    shaper->listener = shaper->timer = shaper->wake = -1;
    pthread_mutex_init(&shaper->lock, NULL);
    const dvfo_status status = start(ctx, def, shaper);
    if (status != DVFO_OK) {
        dvfo_shaper_free(shaper);
        return status;
    }
    *out = shaper;
    return DVFO_OK;
}

static void stop_thread(struct dvfo_shaper *shaper)
{
    pthread_mutex_lock(&shaper->lock);
    shaper->quitting = true;
    pthread_mutex_unlock(&shaper->lock);
    wake(shaper);
    pthread_join(shaper->thread, NULL);
}

void dvfo_shaper_free(struct dvfo_shaper *shaper)
{
    if (shaper == NULL) {
        return;
    }
    if (shaper->has_thread) {
        stop_thread(shaper);
    }
    for (int i = 0; i < MOST_RELAYS; i++) {
        if (shaper->relay[i] != NULL) {
            dvfo_relay_free(shaper->relay[i], dvfo_live_now_s());
        }
    }
    const int files[] = {shaper->listener, shaper->timer, shaper->wake};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
    pthread_mutex_destroy(&shaper->lock);
    free(shaper);
}

/* ---- from other threads ---- */

void dvfo_shaper_seek(struct dvfo_shaper *shaper, double trace_s)
{
    DVFO_REQUIRE(trace_s >= 0.0 && trace_s < INFINITY);
    pthread_mutex_lock(&shaper->lock);
    forward(shaper, dvfo_live_now_s());
    for (int i = 0; i < MOST_RELAYS; i++) {
        if (shaper->relay[i] != NULL) {
            dvfo_relay_look(shaper->relay[i]);
        }
    }
    const double now_s = dvfo_live_now_s();
    dvfo_shaped_link_seek(&shaper->route.link, now_s, trace_s);
    pthread_mutex_unlock(&shaper->lock);
    wake(shaper);
}

struct dvfo_shaper_counts dvfo_shaper_counts(struct dvfo_shaper *shaper)
{
    pthread_mutex_lock(&shaper->lock);
    const struct dvfo_route *route = &shaper->route;
    const struct dvfo_shaper_counts counts = {.through_byte =
                                                  dvfo_shaped_link_through_byte(&route->link, dvfo_live_now_s()),
                                              .given_up_byte = route->link.given_up_byte,
                                              .held_byte = route->held_byte,
                                              .most_held_byte = route->most_held_byte,
                                              .relayed = shaper->relayed,
                                              .turned_off = shaper->turned_off};
    pthread_mutex_unlock(&shaper->lock);
    return counts;
}
