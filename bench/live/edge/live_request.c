/* The steps of a request in a live world, each charged to the account when it is done. */
#include <math.h>
#include <time.h>

#include "bench/live/edge/life.h"
#include "profiles/hardware/child.h"
#include "sim/base/text.h"

enum { ALL_SHARES = DVFO_SHARES - 1, LAST_WORDS = 200, COMMAND_POLL_NS = 500000 };

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
    char number[64];
    snprintf(number, sizeof number, "DVFO_REQUEST=%ld", life->request.index);
    const char *const variables[] = {number, NULL};
    const char *command = life->live->def.command, *log = life->live->def.command_log;
    struct dvfo_child child = {0};
    DVFO_TRY(dvfo_child_start(ctx, command, log, variables, &child));
    while (!dvfo_child_poll(&child)) {
        if (life->trial->stop != NULL && *life->trial->stop != 0) {
            dvfo_child_end(&child, 1.0);
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
        const struct timespec pause = {.tv_nsec = COMMAND_POLL_NS};
        nanosleep(&pause, NULL);
    }
    dvfo_life_charge_stage(life, DVFO_STAGE_FULL, 0, "command");
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

static void send_share(struct life *life, int share_tenths)
{
    struct dvfo_request *request = &life->request;
    struct dvfo_uplink_sent sent = {0};
    const struct dvfo_edge_payload payload = dvfo_edge_network_split(life->live->network, share_tenths);
    const bool goes =
        dvfo_uplink_send(life->live->uplink, share_tenths, life->live->sent, payload.kept, payload.values, &sent);
    const double now_s = dvfo_life_charge_cpu(life, DVFO_CAUSE_COMPUTE, "prepare to send");
    request->handed_over_s = goes ? sent.handed_over_s - life->charges.begun_s : now_s;
    request->uplink_byte = goes ? (double)sent.byte + life->live->frame_extra_byte : 0.0;
    request->remote = goes ? DVFO_REMOTE_ON_LINK : DVFO_REMOTE_GIVEN_UP;
    life->live->unreachable += !goes;
}

/* @return whether the cloud's answer is there */
static bool hear_answer(struct life *life, struct dvfo_uplink_answer *answer)
{
    struct dvfo_request *request = &life->request;
    if (request->remote != DVFO_REMOTE_ON_LINK) {
        return false;
    }
    const double until_s = life->charges.begun_s + request->handed_over_s + life->def->timeout_s;
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
    if (outcome == DVFO_UPLINK_TIMED_OUT) {
        dvfo_uplink_give_up(life->live->uplink);
    }
    request->remote = DVFO_REMOTE_GIVEN_UP;
    request->send_s = now_s - request->handed_over_s;
    dvfo_charges_charge_radio(&life->charges, request->send_s, 0.0, request);
    return false;
}

static void compute_tail(struct life *life, int share_tenths)
{
    if (share_tenths < ALL_SHARES) {
        dvfo_edge_network_tail(life->live->network, share_tenths);
        dvfo_life_charge_stage(life, DVFO_STAGE_TAIL, share_tenths, "local tail");
    }
}

static void compute_split(struct life *life)
{
    struct dvfo_live *live = life->live;
    struct dvfo_uplink_answer answer = {.logits = live->remote};
    double importance[DVFO_IMPORTANCES];
    live->sent++;
    dvfo_edge_network_attend(live->network, importance);
    dvfo_life_charge_head(life);
    const int share_tenths = dvfo_life_rank(life, importance);
    send_share(life, share_tenths);
    bool answered = false;
    if (life->def->composition == DVFO_SERIAL) {
        answered = hear_answer(life, &answer);
        compute_tail(life, share_tenths);
    } else {
        compute_tail(life, share_tenths);
        answered = hear_answer(life, &answer);
    }
    if (!answered) {
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
    const dvfo_place place = life->request.decision.place;
    if (place != DVFO_PLACE_EDGE && (place != DVFO_PLACE_SPLIT || live->uplink == NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy '%s' decided for '%s', which %s, expected %s",
                         life->trial->policy->name, dvfo_place_name(place),
                         place == DVFO_PLACE_SPLIT ? "needs a cloud (--server)" : "a live world can't do",
                         live->uplink != NULL ? "edge or split" : "edge");
    }
    if (live->def.command != NULL) {
        return run_command(ctx, life);
    }
    if (place == DVFO_PLACE_EDGE) {
        compute_whole(life, DVFO_STAGE_FULL, "whole network");
    } else {
        compute_split(life);
    }
    return DVFO_OK;
}
