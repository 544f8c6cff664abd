/* The steps of a request in a live world, each charged to the account when it is done. */
#include <math.h>
#include <time.h>

#include "bench/live/clock.h"
#include "bench/live/edge/life.h"
#include "profiles/hardware/child.h"
#include "sim/base/text.h"

enum { ALL_SHARES = DVFO_SHARES - 1, LAST_WORDS = 200, POLL_NS = 500000, POLLS_PER_CHARGE = 20 };

bool dvfo_live_is_full_right(struct dvfo_live *live, long image)
{
    signed char *known = &live->full_right[image];
    if (*known < 0) {
        dvfo_edge_network_show(live->network, live->images.pixels + image * DVFO_IMAGE_SIZE);
        *known = dvfo_edge_network_full(live->network) == live->images.label[image];
    }
    return *known > 0;
}

/* ---- the command of a user ---- */

/* The end of what it said, on one line. */
static void last_words(const char *log, char words[LAST_WORDS])
{
    struct dvfo_text text;
    words[0] = '\0';
    if (dvfo_text_load_bytes(NULL, log, (size_t)1 << 26, &text) != DVFO_OK) {
        return;
    }
    size_t end = text.size, n = 0;
    while (end > 0 && (unsigned char)text.bytes[end - 1] <= ' ') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && text.bytes[begin - 1] != '\n' && end - begin < LAST_WORDS - 1) {
        begin--;
    }
    for (size_t i = begin; i < end; i++) {
        words[n++] = (unsigned char)text.bytes[i] >= ' ' && (unsigned char)text.bytes[i] < 127 ? text.bytes[i] : '?';
    }
    words[n] = '\0';
    dvfo_text_free(&text);
}

static dvfo_status complain(struct dvfo_ctx *ctx, const struct dvfo_child *child, const char *command, const char *log)
{
    char words[LAST_WORDS], how[40];
    snprintf(how, sizeof how, child->signal != 0 ? "was ended by signal %d" : "ended with code %d",
             child->signal != 0 ? child->signal : child->code);
    last_words(log, words);
    return dvfo_fail(ctx, DVFO_FAILED, "the command '%s' %s, expected 0; its last words, of %s: %s", command, how, log,
                     words[0] != '\0' ? words : "(none)");
}

static dvfo_status run_command(struct dvfo_ctx *ctx, struct life *life)
{
    if (life->live->def.rig.dry_run != NULL) {
        return DVFO_OK; /* nothing is done in a dry run */
    }
    char number[64];
    snprintf(number, sizeof number, "DVFO_REQUEST=%ld", life->request.index);
    const char *const variables[] = {number, NULL};
    const char *command = life->live->def.command, *log = life->live->def.command_log;
    struct dvfo_child child = {0};
    DVFO_TRY(dvfo_child_start(ctx, command, log, variables, &child));
    const double begun_s = dvfo_life_now_s(life);
    for (long polls = 1; !dvfo_child_poll(&child); polls++) {
        const struct timespec pause = {.tv_nsec = POLL_NS};
        if (life->trial->stop != NULL && *life->trial->stop != 0) {
            dvfo_child_end(&child, 1.0);
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
        nanosleep(&pause, NULL);
        if (polls % POLLS_PER_CHARGE == 0) {
            dvfo_life_charge_stage(life, DVFO_STAGE_FULL, 0, NULL); /* governors look meanwhile */
        }
    }
    const double end_s = dvfo_life_charge_stage(life, DVFO_STAGE_FULL, 0, NULL);
    dvfo_narrator_span(&life->narrator, DVFO_TRACK_DEVICE, "command", begun_s, end_s, life->request.index);
    return child.signal == 0 && child.code == 0 ? DVFO_OK : complain(ctx, &child, command, log);
}

/* ---- the whole network here ---- */

static void judge(struct life *life, long class)
{
    life->request.right = class == life->live->images.label[life->image] ? 1.0 : 0.0;
}

static void compute_whole(struct life *life, dvfo_stage stage, const char *name)
{
    judge(life, dvfo_edge_network_full(life->live->network));
    dvfo_life_charge_stage(life, stage, 0, name);
    life->request.local_done = true;
}

/* ---- a split ---- */

/* Something came of what was sent: the link was seen at work. */
static void note_transfer(struct life *life, const struct dvfo_uplink_answer *answer)
{
    struct dvfo_request *request = &life->request;
    request->send_s = answer->transfer_s;
    if (answer->transfer_s <= 0.0) {
        return; /* too short to be told from the round trip */
    }
    request->rate_bps = 8.0 * request->uplink_byte / answer->transfer_s;
    pthread_mutex_lock(&life->lock);
    life->bandwidth_bps = request->rate_bps;
    life->bandwidth_trace_s = request->handed_over_s + answer->transfer_s + life->trace_from_s;
    life->transfers++;
    pthread_mutex_unlock(&life->lock);
    dvfo_narrator_counter(&life->narrator, DVFO_COUNTER_BANDWIDTH_BPS, request->handed_over_s, request->rate_bps);
    dvfo_narrator_span(&life->narrator, DVFO_TRACK_RADIO, "send", request->handed_over_s,
                       request->handed_over_s + answer->transfer_s, request->index);
}

/* By the server's own account, half a round trip before it was heard. */
static void note_cloud(struct life *life, const struct dvfo_uplink_answer *answer)
{
    const double end_s = answer->came_s - life->charges.begun_s - 0.5 * dvfo_uplink_rtt_s(life->live->uplink);
    dvfo_narrator_span(&life->narrator, DVFO_TRACK_CLOUD, "serve", end_s - answer->compute_s, end_s,
                       life->request.index);
}

/* @return whether it is on its way */
static bool send_share(struct life *life, int share_tenths, const struct dvfo_edge_payload *payload)
{
    struct dvfo_request *request = &life->request;
    struct dvfo_uplink_sent sent = {0};
    if (!dvfo_uplink_send(life->live->uplink, share_tenths, life->live->sent, payload->kept, payload->values, &sent)) {
        return false;
    }
    request->uplink_byte = (double)sent.byte + life->live->frame_extra_byte;
    request->remote = DVFO_REMOTE_ON_LINK;
    return true;
}

/* A cloud that is gone is waited for as a transfer waits in an outage: no longer than until the answer is late. */
static void send_when_back(struct life *life, int share_tenths, const struct dvfo_edge_payload *payload, double until_s)
{
    const bool back = dvfo_uplink_await(life->live->uplink, until_s);
    dvfo_life_charge_wait(life);
    if (!back || !send_share(life, share_tenths, payload)) {
        life->request.remote = DVFO_REMOTE_GIVEN_UP;
        life->live->unreachable++;
    }
}

static void tell_refusal(struct dvfo_ctx *ctx, struct dvfo_live *live, const char *sentence)
{
    if (!live->refused) {
        dvfo_note(ctx, "the server refused a request, which was computed here: %s", sentence);
        live->refused = true;
    }
}

/* Bytes of an unfinished transfer that the link has carried, where it is ours to know. */
static double byte_through(const struct life *life, double before_byte)
{
    struct dvfo_shaper *shaper = life->live->shaper;
    return shaper != NULL ? fmin(dvfo_shaper_counts(shaper).through_byte - before_byte, life->request.uplink_byte)
                          : life->request.uplink_byte;
}

/* What became of what was sent. @return whether the cloud's answer is there */
static bool hear_answer(struct dvfo_ctx *ctx, struct life *life, double until_s, double before_byte,
                        struct dvfo_uplink_answer *answer)
{
    struct dvfo_request *request = &life->request;
    const dvfo_uplink_outcome outcome = dvfo_uplink_hear(life->live->uplink, life->live->sent, until_s, answer);
    const double now_s = dvfo_life_charge_wait(life);
    if (outcome == DVFO_UPLINK_ANSWERED) {
        const double came_s = answer->came_s - life->charges.begun_s;
        request->remote = DVFO_REMOTE_ANSWERED;
        note_transfer(life, answer);
        note_cloud(life, answer);
        dvfo_charges_charge_radio(&life->charges, answer->transfer_s,
                                  fmax(came_s - request->handed_over_s - answer->transfer_s, 0.0), request);
        return true;
    }
    request->remote = DVFO_REMOTE_GIVEN_UP;
    request->send_s = now_s - request->handed_over_s;
    request->uplink_byte = byte_through(life, before_byte);
    dvfo_charges_charge_radio(&life->charges, request->send_s, 0.0, request);
    if (outcome == DVFO_UPLINK_TIMED_OUT) {
        dvfo_uplink_give_up(life->live->uplink); /* its bytes make way */
    } else if (outcome == DVFO_UPLINK_REFUSED) {
        tell_refusal(ctx, life->live, answer->sentence);
    }
    return false;
}

static void compute_tail(struct life *life, int share_tenths)
{
    if (share_tenths < ALL_SHARES) {
        dvfo_edge_network_tail(life->live->network, share_tenths);
        dvfo_life_charge_stage(life, DVFO_STAGE_TAIL, share_tenths, "local tail");
    }
}

/* Parallel: the share is on its way while the tail runs. Serial: it goes when the tail has ended. */
static bool compute_both(struct dvfo_ctx *ctx, struct life *life, int share_tenths, struct dvfo_uplink_answer *answer)
{
    struct dvfo_live *live = life->live;
    const bool serial = life->def->composition == DVFO_SERIAL;
    const struct dvfo_edge_payload payload = dvfo_edge_network_split(live->network, share_tenths);
    if (serial) {
        compute_tail(life, share_tenths);
    }
    const double before_byte = live->shaper != NULL ? dvfo_shaper_counts(live->shaper).through_byte : 0.0;
    life->request.handed_over_s = dvfo_life_now_s(life);
    const double until_s = dvfo_live_now_s() + life->def->timeout_s;
    bool goes = send_share(life, share_tenths, &payload);
    dvfo_life_charge_cpu(life, DVFO_CAUSE_COMPUTE, "prepare to send");
    if (!serial) {
        compute_tail(life, share_tenths);
    }
    if (!goes) {
        send_when_back(life, share_tenths, &payload, until_s);
    }
    return life->request.remote == DVFO_REMOTE_ON_LINK && hear_answer(ctx, life, until_s, before_byte, answer);
}

static void compute_split(struct dvfo_ctx *ctx, struct life *life)
{
    struct dvfo_live *live = life->live;
    struct dvfo_uplink_answer answer = {.logits = live->remote};
    double importance[DVFO_IMPORTANCES];
    live->sent++;
    dvfo_edge_network_attend(live->network, importance);
    dvfo_life_charge_head(life);
    const int share_tenths = dvfo_life_rank(life, importance);
    if (!compute_both(ctx, life, share_tenths, &answer)) {
        compute_whole(life, DVFO_STAGE_FULL, "rest, locally");
        return;
    }
    judge(life, dvfo_edge_network_fuse(live->network, share_tenths, life->def->lambda, live->remote));
    if (share_tenths < ALL_SHARES) {
        dvfo_life_charge_cpu(life, DVFO_CAUSE_COMPUTE, "fuse");
    }
}

dvfo_status dvfo_life_compute(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_live *live = life->live;
    const struct dvfo_decision *decision = &life->request.decision;
    if (decision->place != DVFO_PLACE_EDGE && (decision->place != DVFO_PLACE_SPLIT || live->uplink == NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy '%s' decided for '%s', which %s, expected %s",
                         life->trial->policy->name, dvfo_place_name(decision->place),
                         decision->place == DVFO_PLACE_SPLIT ? "needs a cloud (--server)" : "a live world can't do",
                         live->uplink != NULL ? "edge or split" : "edge");
    }
    DVFO_REQUIRE(decision->place == DVFO_PLACE_EDGE ||
                 (decision->share_tenths >= 1 && decision->share_tenths <= ALL_SHARES));
    if (live->def.command != NULL) {
        return run_command(ctx, life);
    }
    if (decision->place == DVFO_PLACE_EDGE) {
        compute_whole(life, DVFO_STAGE_FULL, "whole network");
    } else {
        compute_split(ctx, life);
    }
    return DVFO_OK;
}
