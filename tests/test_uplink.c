/* The uplink: a connection that is kept up, with a server that comes and goes, and among impostors. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "allocations.h"
#include "bench/live/clock.h"
#include "bench/live/uplink/backoff.h"
#include "bench/live/uplink/shaper.h"
#include "bench/live/uplink/uplink.h"
#include "impostor.h"
#include "live_fixture.h"
#include "sim/base/random.h"

/* Something that must come, on a slow machine too; and something that mustn't, for which we wait in vain. */
#define PATIENCE_S 30.0
#define BRIEF_S 0.1

enum { MOST_CLASSES = 128 };

static struct live_network network;
static struct live_server live;
static struct impostor impostor;

static void make(void)
{
    live_network_make(&network);
    live_network_split(&network, 1, 5);
}

static void remove_all(void)
{
    live_network_remove(&network);
}

TestSuite(uplink, .init = make, .fini = remove_all);

static struct dvfo_uplink_def def_to(const char *address)
{
    struct dvfo_uplink_def def = dvfo_uplink_def_default();
    def.client.address = address;
    def.first_backoff_s = 0.01;
    def.longest_backoff_s = 0.05;
    return def;
}

static struct dvfo_uplink *uplink_to(const char *address)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_uplink_def def = def_to(address);
    struct dvfo_uplink *uplink = NULL;
    cr_assert(dvfo_uplink_open(&ctx, &def, &uplink) == DVFO_OK, "%s", ctx.message);
    return uplink;
}

/* An uplink to an impostor. */
static struct dvfo_uplink *uplink_to_tricks(const impostor_trick *tricks, int count)
{
    impostor_start(&impostor, &network.map, tricks, count);
    return uplink_to(impostor.address);
}

static void end_tricks(struct dvfo_uplink *uplink)
{
    dvfo_uplink_free(uplink);
    impostor_stop(&impostor);
}

static bool send_one(struct dvfo_uplink *uplink, uint64_t id)
{
    struct dvfo_uplink_sent sent;
    return dvfo_uplink_send(uplink, 5, id, network.pass->kept, network.pass->attended, &sent);
}

static float logits[MOST_CLASSES];

static dvfo_uplink_outcome hear_one(struct dvfo_uplink *uplink, uint64_t id, double wait_s,
                                    struct dvfo_uplink_answer *answer)
{
    answer->logits = logits;
    return dvfo_uplink_hear(uplink, id, dvfo_live_now_s() + wait_s, answer);
}

/* Ask and hear. */
static dvfo_uplink_outcome ask(struct dvfo_uplink *uplink, uint64_t id)
{
    struct dvfo_uplink_answer answer;
    cr_assert(send_one(uplink, id), "request %d", (int)id);
    return hear_one(uplink, id, PATIENCE_S, &answer);
}

static bool come_back(struct dvfo_uplink *uplink)
{
    return dvfo_uplink_await(uplink, dvfo_live_now_s() + PATIENCE_S);
}

/* Wait until it has noticed that the server is gone. */
static void expect_down(struct dvfo_uplink *uplink)
{
    const double until_s = dvfo_live_now_s() + PATIENCE_S;
    while (dvfo_uplink_is_up(uplink) && dvfo_live_now_s() < until_s) {
        usleep(1000);
    }
    cr_assert_not(dvfo_uplink_is_up(uplink));
}

static void expect_news(struct dvfo_uplink *uplink, const char *begins)
{
    char text[DVFO_UPLINK_NEWS_TEXT] = "nothing";
    const double until_s = dvfo_live_now_s() + PATIENCE_S;
    while (!dvfo_uplink_next_news(uplink, text) && dvfo_live_now_s() < until_s) {
        usleep(1000);
    }
    cr_expect(strncmp(text, begins, strlen(begins)) == 0, "'%s', expected '%s'", text, begins);
}

/* ---- with the server ---- */

Test(uplink, answers_are_the_servers_and_their_times_add_up)
{
    struct dvfo_server_def server = live_server_def(&network);
    live_server_start(&live, &server);
    struct dvfo_uplink *uplink = uplink_to(live.address);
    cr_expect_arr_eq(dvfo_uplink_map(uplink), &network.map, sizeof network.map);
    double sent_byte = 0.0;
    for (int share = 1; share <= 10; share++) {
        struct dvfo_uplink_sent sent;
        struct dvfo_uplink_answer answer;
        live_network_split(&network, (uint64_t)share, share);
        const double begun_s = dvfo_live_now_s();
        cr_assert(dvfo_uplink_send(uplink, share, (uint64_t)share, network.pass->kept, network.pass->attended, &sent));
        cr_assert(hear_one(uplink, (uint64_t)share, PATIENCE_S, &answer) == DVFO_UPLINK_ANSWERED);
        cr_expect_arr_eq(logits, network.pass->remote, (size_t)network.map.classes * sizeof(float), "share %d", share);
        cr_expect(sent.byte == dvfo_live_request_bytes(&network.map, share) && sent.handed_over_s >= begun_s);
        cr_expect(answer.came_s > sent.handed_over_s && answer.came_s <= dvfo_live_now_s());
        cr_expect(answer.batch == 1 && answer.compute_s > 0.0 && answer.queue_s >= 0.0);
        cr_expect(answer.transfer_s >= 0.0 && answer.transfer_s <= answer.came_s - sent.handed_over_s);
        sent_byte += (double)sent.byte;
    }
    const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
    cr_expect(counts.connections == 1 && counts.answers == 10 && counts.losses == 0 && counts.late == 0);
    cr_expect(epsilon_eq(dbl, counts.sent_byte, sent_byte, 1e-9));
    cr_expect(dvfo_uplink_rtt_s(uplink) > 0.0 && dvfo_uplink_rtt_s(uplink) < PATIENCE_S);
    char text[DVFO_UPLINK_NEWS_TEXT];
    cr_expect_not(dvfo_uplink_next_news(uplink, text));
    dvfo_uplink_free(uplink);
    live_server_stop(&live);
    cr_expect(strstr(live.ctx.message, "1 connections, 10 requests, 0 refused") != NULL, "%s", live.ctx.message);
}

Test(uplink, several_may_be_under_way_and_are_heard_of_in_any_order)
{
    enum { MANY = 8 };
    struct dvfo_server_def server = live_server_def(&network);
    server.limits.batch = MANY;
    server.limits.batch_wait_us = 1e6;
    live_server_start(&live, &server);
    struct dvfo_uplink *uplink = uplink_to(live.address);
    struct dvfo_uplink_answer answer = {.logits = NULL};
    for (uint64_t id = 0; id < MANY; id++) {
        cr_assert(send_one(uplink, id));
    }
    for (uint64_t id = MANY; id-- > 0;) {
        cr_assert(dvfo_uplink_hear(uplink, id, dvfo_live_now_s() + PATIENCE_S, &answer) == DVFO_UPLINK_ANSWERED);
        cr_expect(answer.batch == MANY && answer.logits == NULL);
    }
    cr_expect_eq(dvfo_uplink_hear(uplink, 3, INFINITY, &answer), DVFO_UPLINK_LOST, "each is heard of once");
    dvfo_uplink_free(uplink);
    live_server_stop(&live);
}

Test(uplink, a_server_that_ends_and_begins_again_is_gone_and_back)
{
    struct dvfo_server_def server = live_server_def(&network);
    live_server_start(&live, &server);
    char address[64];
    memcpy(address, live.address, sizeof address);
    struct dvfo_uplink *uplink = uplink_to(address);
    cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_ANSWERED);
    live_server_stop(&live);
    expect_down(uplink);
    cr_expect_not(send_one(uplink, 2));
    cr_expect_not(dvfo_uplink_await(uplink, dvfo_live_now_s() + BRIEF_S));
    expect_news(uplink, "the cloud is gone: the server ");
    server.listen = address;
    live_server_start(&live, &server);
    cr_assert(come_back(uplink));
    cr_expect_eq(ask(uplink, 3), DVFO_UPLINK_ANSWERED);
    expect_news(uplink, "the cloud is "); /* still gone, refused, or back already */
    const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
    cr_expect(counts.connections == 2 && counts.losses == 1 && counts.lies == 0);
    dvfo_uplink_free(uplink);
    live_server_stop(&live);
}

Test(uplink, it_ends_while_the_cloud_is_gone)
{
    struct dvfo_server_def server = live_server_def(&network);
    live_server_start(&live, &server);
    struct dvfo_uplink *uplink = uplink_to(live.address);
    live_server_stop(&live);
    expect_down(uplink);
    dvfo_uplink_free(uplink);
    dvfo_uplink_free(NULL);
}

/* ---- what is wrong at the beginning ---- */

static void expect_refused(const struct dvfo_uplink_def *def, dvfo_status status, const char *says)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_uplink *uplink = NULL;
    cr_expect_eq(dvfo_uplink_open(&ctx, def, &uplink), status);
    cr_expect(uplink == NULL && strstr(ctx.message, says) != NULL, "'%s', expected '%s'", ctx.message, says);
}

Test(uplink, what_is_wrong_is_told_when_it_is_opened)
{
    static const impostor_trick tricks[] = {IMPOSTOR_HAS_ANOTHER_VERSION};
    static const struct dvfo_key key = {16, "0123456789abcdef"}, other = {16, "0123456789abcdeF"};
    struct dvfo_ctx ctx = {0};
    struct dvfo_uplink *uplink = NULL;
    struct dvfo_server_def server = live_server_def(&network);
    server.key = &key;
    live_server_start(&live, &server);
    struct dvfo_uplink_def def = def_to(live.address);
    expect_refused(&def, DVFO_BAD_INPUT, "asks for a key, expected none");
    def.client.key = &other;
    expect_refused(&def, DVFO_FAILED, "the server refuses: the proof wasn't made with the server's key");
    def.client.key = &key;
    cr_assert(dvfo_uplink_open(&ctx, &def, &uplink) == DVFO_OK, "%s", ctx.message);
    cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_ANSWERED);
    dvfo_uplink_free(uplink);
    def.longest_backoff_s = 0.001;
    expect_refused(&def, DVFO_BAD_INPUT, "connecting is tried again after 0.01 to 0.001 s, expected above 0, rising");
    live_server_stop(&live);
    def = def_to(live.address);
    expect_refused(&def, DVFO_FAILED, "Connection refused");
    def = def_to("nowhere");
    expect_refused(&def, DVFO_BAD_INPUT, "'nowhere' isn't an IP address and a port");
    impostor_start(&impostor, &network.map, tricks, 1);
    def = def_to(impostor.address);
    expect_refused(&def, DVFO_BAD_INPUT, "the peer speaks version 2 of the protocol, expected 1");
    impostor_stop(&impostor);
}

Test(uplink, only_this_devices_network_will_do)
{
    struct dvfo_server_def server = live_server_def(&network);
    live_server_start(&live, &server);
    struct dvfo_client *client = live_client(&live);
    uint8_t fingerprint[DVFO_FINGERPRINT_BYTE];
    memcpy(fingerprint, dvfo_client_welcome(client)->fingerprint, sizeof fingerprint);
    dvfo_client_free(client);
    struct dvfo_uplink_def def = def_to(live.address);
    def.client.fingerprint = fingerprint;
    struct dvfo_uplink *uplink = NULL;
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_uplink_open(&ctx, &def, &uplink) == DVFO_OK, "%s", ctx.message);
    cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_ANSWERED);
    dvfo_uplink_free(uplink);
    char says[256];
    int used = snprintf(says, sizeof says, "%s: serves another network's file, of SHA-256 ", live.address);
    for (size_t i = 0; i < sizeof fingerprint; i++) {
        used += snprintf(says + used, sizeof says - (size_t)used, "%02x", fingerprint[i]);
    }
    fingerprint[0] ^= 1;
    snprintf(says + used, sizeof says - (size_t)used, ", expected this device's, %02x%02x", fingerprint[0],
             fingerprint[1]);
    expect_refused(&def, DVFO_BAD_INPUT, says);
    live_server_stop(&live);
}

/* ---- among impostors ---- */

Test(uplink, a_server_that_goes_in_the_middle_of_a_request_loses_it)
{
    static const impostor_trick tricks[][2] = {{IMPOSTOR_CLOSES, IMPOSTOR_ANSWERS},
                                               {IMPOSTOR_SAYS_BYE, IMPOSTOR_ANSWERS}};
    static const char *const reasons[] = {"the server ", "the server said bye"};
    for (size_t i = 0; i < 2; i++) {
        char news[128];
        struct dvfo_uplink *uplink = uplink_to_tricks(tricks[i], 2);
        cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_LOST);
        cr_assert(come_back(uplink));
        cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_ANSWERED, "an id may come again");
        cr_expect(logits[0] == 1.0f && logits[1] == 2.0f);
        snprintf(news, sizeof news, "the cloud is gone: %s", reasons[i]);
        expect_news(uplink, news);
        expect_news(uplink, "the cloud is back after ");
        const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
        cr_expect(counts.connections == 2 && counts.losses == 1 && counts.lies == 0 && counts.answers == 1);
        end_tricks(uplink);
    }
}

Test(uplink, a_server_that_lies_costs_itself_the_connection)
{
    static const struct {
        impostor_trick trick;
        const char *says;
    } rows[] = {
        {IMPOSTOR_SAYS_NAN, "the server lies: logit 1 of request 7 is nan"},
        {IMPOSTOR_SAYS_INFINITY, "the server lies: logit 1 of request 7 is inf"},
        {IMPOSTOR_HAS_MORE_CLASSES, "a answer holds "},
        {IMPOSTOR_TAKES_ANOTHER_ID, "the server lies: it answers request 1007, which isn't under way"},
        {IMPOSTOR_REFUSES_ANOTHER, "the server lies: it refuses request 8, which isn't under way"},
        {IMPOSTOR_TOOK_AN_HOUR, "the server lies: it spent 3600 s on request 7, which was sent "},
        {IMPOSTOR_TALKS_GARBAGE, "a frame begins with bytes 78 78 78 78"},
        {IMPOSTOR_WELCOMES_AGAIN, "the server says welcome, expected answer, error or bye"},
        {IMPOSTOR_FLIPS_A_BIT, "a answer doesn't have the checksum that it names"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char news[256];
        const impostor_trick tricks[] = {rows[i].trick, IMPOSTOR_ANSWERS};
        struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 2);
        cr_expect_eq(ask(uplink, 7), DVFO_UPLINK_LOST, "%s", rows[i].says);
        cr_assert(come_back(uplink));
        cr_expect_eq(ask(uplink, 8), DVFO_UPLINK_ANSWERED, "%s", rows[i].says);
        snprintf(news, sizeof news, "the cloud is gone: %s", rows[i].says);
        expect_news(uplink, news);
        const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
        cr_expect(counts.lies == 1 && counts.losses == 1 && counts.connections == 2, "%s", rows[i].says);
        end_tricks(uplink);
    }
}

Test(uplink, an_answer_that_nobody_asked_for_is_a_lie_too)
{
    static const impostor_trick tricks[] = {IMPOSTOR_ANSWERS_TWICE, IMPOSTOR_ANSWERS};
    struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 2);
    cr_expect_eq(ask(uplink, 7), DVFO_UPLINK_ANSWERED); /* the first of the two is as good as any */
    expect_news(uplink, "the cloud is gone: the server lies: it answers request 7, which isn't under way");
    cr_assert(come_back(uplink));
    cr_expect_eq(ask(uplink, 8), DVFO_UPLINK_ANSWERED);
    end_tricks(uplink);
}

Test(uplink, a_server_that_stalls_times_out_and_is_given_up)
{
    static const impostor_trick tricks[] = {IMPOSTOR_IS_SILENT, IMPOSTOR_ANSWERS};
    struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 2);
    struct dvfo_uplink_answer answer;
    cr_assert(send_one(uplink, 1) && send_one(uplink, 2));
    const double begun_s = dvfo_live_now_s();
    cr_expect_eq(hear_one(uplink, 1, BRIEF_S, &answer), DVFO_UPLINK_TIMED_OUT);
    cr_expect(dvfo_live_now_s() - begun_s >= BRIEF_S);
    cr_expect_eq(hear_one(uplink, 1, PATIENCE_S, &answer), DVFO_UPLINK_LOST, "each is heard of once");
    cr_expect(dvfo_uplink_is_up(uplink));
    dvfo_uplink_give_up(uplink);
    cr_expect_eq(hear_one(uplink, 2, PATIENCE_S, &answer), DVFO_UPLINK_LOST);
    cr_assert(come_back(uplink));
    cr_expect_eq(ask(uplink, 3), DVFO_UPLINK_ANSWERED);
    const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
    cr_expect(counts.timeouts == 1 && counts.given_up == 1 && counts.losses == 0 && counts.connections == 2);
    char text[DVFO_UPLINK_NEWS_TEXT];
    cr_expect_not(dvfo_uplink_next_news(uplink, text), "nobody was gone");
    end_tricks(uplink);
}

Test(uplink, a_server_that_owes_as_much_as_it_may_is_given_up)
{
    static const impostor_trick tricks[] = {IMPOSTOR_IS_SILENT, IMPOSTOR_ANSWERS};
    struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 2);
    struct dvfo_uplink_answer answer;
    uint64_t id = 1;
    for (; id <= DVFO_UPLINK_MOST_IN_FLIGHT; id++) {
        cr_assert(send_one(uplink, id));
    }
    cr_expect_not(send_one(uplink, id), "as many as may be");
    cr_expect(dvfo_uplink_is_up(uplink));
    cr_expect_eq(hear_one(uplink, 1, 0.0, &answer), DVFO_UPLINK_TIMED_OUT);
    cr_expect_not(send_one(uplink, id), "an answer may still come: its place is taken");
    for (uint64_t lost = 2; lost < id; lost++) {
        cr_expect_eq(hear_one(uplink, lost, PATIENCE_S, &answer), DVFO_UPLINK_LOST);
    }
    cr_assert(come_back(uplink));
    cr_expect_eq(ask(uplink, id), DVFO_UPLINK_ANSWERED);
    cr_expect(dvfo_uplink_counts(uplink).given_up == 1);
    end_tricks(uplink);
}

Test(uplink, late_answers_are_dropped)
{
    static const impostor_trick tricks[] = {IMPOSTOR_IS_LATE};
    struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 1);
    struct dvfo_uplink_answer answer;
    cr_assert(send_one(uplink, 1));
    cr_expect_eq(hear_one(uplink, 1, 0.0, &answer), DVFO_UPLINK_TIMED_OUT);
    cr_expect_eq(ask(uplink, 2), DVFO_UPLINK_ANSWERED); /* the answer to 1 comes before it */
    cr_expect(logits[0] == 2.0f && logits[1] == 3.0f);
    const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
    cr_expect(counts.late == 1 && counts.lies == 0 && counts.losses == 0 && counts.connections == 1);
    end_tricks(uplink);
}

Test(uplink, a_refusal_is_heard_and_the_connection_goes_on)
{
    static const impostor_trick tricks[] = {IMPOSTOR_IS_BUSY};
    struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 1);
    for (uint64_t id = 0; id < 6; id += 2) { /* an id of 0 is one like others */
        struct dvfo_uplink_answer answer;
        cr_assert(send_one(uplink, id));
        cr_expect_eq(hear_one(uplink, id, PATIENCE_S, &answer), DVFO_UPLINK_REFUSED);
        cr_expect_str_eq(answer.sentence, "not today");
        cr_expect_eq(ask(uplink, id + 1), DVFO_UPLINK_ANSWERED);
    }
    const struct dvfo_uplink_counts counts = dvfo_uplink_counts(uplink);
    cr_expect(counts.refusals == 3 && counts.answers == 3 && counts.connections == 1);
    end_tricks(uplink);
}

Test(uplink, another_network_isnt_the_same_server)
{
    static const impostor_trick tricks[] = {IMPOSTOR_CLOSES, IMPOSTOR_HAS_ANOTHER_MAP, IMPOSTOR_HAS_ANOTHER_MAP,
                                            IMPOSTOR_ANSWERS};
    struct dvfo_uplink *uplink = uplink_to_tricks(tricks, 4);
    char news[256];
    cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_LOST);
    cr_assert(come_back(uplink));
    cr_expect_eq(ask(uplink, 2), DVFO_UPLINK_ANSWERED);
    expect_news(uplink, "the cloud is gone: the server ");
    snprintf(news, sizeof news, "the cloud is still gone: %s: serves maps of ", impostor.address);
    expect_news(uplink, news); /* once, though it was found twice */
    expect_news(uplink, "the cloud is back after ");
    end_tricks(uplink);
}

/* ---- over a shaped link ---- */

/* Wait until it holds a request. */
static void wait_for_request(struct dvfo_shaper *shaper)
{
    const double until_s = dvfo_live_now_s() + PATIENCE_S;
    while (dvfo_shaper_counts(shaper).held_byte == 0 && dvfo_live_now_s() < until_s) {
        usleep(1000);
    }
}

Test(uplink, the_transfer_takes_what_the_trace_says_and_what_is_given_up_makes_way)
{
    static const double start_s[] = {0.0, 1000.0, 2000.0}, rate_bps[] = {2e6, 100.0, 20e6};
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    struct dvfo_shaper *shaper = NULL;
    struct dvfo_uplink_answer answer;
    struct dvfo_server_def server = live_server_def(&network);
    live_server_start(&live, &server);
    cr_assert(dvfo_trace_create(&ctx, "made up", "test", 3, start_s, rate_bps, 3000.0, &trace) == DVFO_OK);
    struct dvfo_shaper_def def = dvfo_shaper_def_default();
    def.server = live.address;
    def.trace = trace;
    def.rtt_s = 0.02;
    cr_assert(dvfo_shaper_open(&ctx, &def, &shaper) == DVFO_OK, "%s", ctx.message);
    struct dvfo_uplink *uplink = uplink_to(dvfo_shaper_address(shaper));
    cr_expect(dvfo_uplink_rtt_s(uplink) >= 0.02 - 1e-3);
    const double byte = (double)dvfo_live_request_bytes(&network.map, 5) + def.overhead_byte;
    cr_expect_eq(ask(uplink, 1), DVFO_UPLINK_ANSWERED);
    cr_assert(send_one(uplink, 2));
    cr_assert(hear_one(uplink, 2, PATIENCE_S, &answer) == DVFO_UPLINK_ANSWERED);
    const double expected_s = 8.0 * byte / 2e6, rtt_s = dvfo_uplink_rtt_s(uplink);
    cr_expect(answer.transfer_s >= expected_s - (rtt_s - 0.02) - 1e-3 && answer.transfer_s < expected_s + 5.0,
              "%g s, expected %g", answer.transfer_s, expected_s);
    dvfo_shaper_seek(shaper, 1500.0); /* where nothing gets through in time */
    cr_assert(send_one(uplink, 3));
    cr_expect_eq(hear_one(uplink, 3, BRIEF_S, &answer), DVFO_UPLINK_TIMED_OUT);
    wait_for_request(shaper);
    dvfo_uplink_give_up(uplink);
    dvfo_shaper_seek(shaper, 2000.0);
    cr_assert(come_back(uplink));
    cr_expect_eq(ask(uplink, 4), DVFO_UPLINK_ANSWERED);
    const struct dvfo_shaper_counts counts = dvfo_shaper_counts(shaper);
    cr_expect(counts.given_up_byte > 0.0 && counts.given_up_byte <= byte + 1e-6, "%g of %g", counts.given_up_byte,
              byte);
    cr_expect(dvfo_uplink_counts(uplink).late == 0);
    dvfo_uplink_free(uplink);
    dvfo_shaper_free(shaper);
    dvfo_trace_free(trace);
    live_server_stop(&live);
}

Test(uplink, a_request_allocates_nothing_on_its_way)
{
    enum { WARM = 20, REQUESTS = 100 };
    struct dvfo_trace *trace = NULL;
    struct dvfo_shaper *shaper = NULL;
    struct dvfo_server_def server = live_server_def(&network);
    size_t before = 0;
    live_server_start(&live, &server);
    cr_assert(dvfo_trace_open(NULL, "const:1Gbps", NULL, 1, &trace) == DVFO_OK);
    struct dvfo_shaper_def def = dvfo_shaper_def_default();
    def.server = live.address;
    def.trace = trace;
    def.rtt_s = 0.0;
    cr_assert(dvfo_shaper_open(NULL, &def, &shaper) == DVFO_OK);
    struct dvfo_uplink *uplink = uplink_to(dvfo_shaper_address(shaper));
    for (uint64_t id = 0; id < REQUESTS; id++) {
        before = id == WARM ? allocations_so_far() : before;
        cr_expect_eq(ask(uplink, id), DVFO_UPLINK_ANSWERED);
    }
    cr_expect_eq(allocations_so_far(), before);
    dvfo_uplink_free(uplink);
    dvfo_shaper_free(shaper);
    dvfo_trace_free(trace);
    live_server_stop(&live);
}

/* ---- backoff ---- */

Test(backoff, it_doubles_up_to_the_longest_and_chance_takes_half_at_most)
{
    static const double most_s[] = {0.0, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0};
    gsl_rng *rng = dvfo_random_stream(1, 0, "uplink backoff");
    struct dvfo_backoff backoff = {.first_s = 0.1, .longest_s = 1.0, .rng = rng};
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof most_s / sizeof *most_s; i++) {
            const double wait_s = dvfo_backoff_next_s(&backoff);
            cr_expect(wait_s >= 0.5 * most_s[i] && wait_s <= most_s[i], "%zu: %g s", i, wait_s);
        }
        dvfo_backoff_reset(&backoff);
    }
    gsl_rng_free(rng);
}
