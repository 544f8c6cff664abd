/* The live server among devices that keep to the protocol. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "allocations.h"
#include "live_fixture.h"

static struct live_network network;
static struct live_server live;

static void make(void)
{
    live_network_make(&network);
}

static void remove_all(void)
{
    live_network_remove(&network);
}

TestSuite(live_server, .init = make, .fini = remove_all);

/* OpenBLAS takes other kernels for other numbers of columns, which add in another order: a batch moves the last bits of
 * logits around 1, by up to 1.2e-6 where it was measured. Sums of some hundred products can't be further apart than
 * this. */
#define BATCH_TOLERANCE 2e-5f

enum { MOST_CLASSES = 100 };

static float furthest(const float *a, const float *b, long n)
{
    float most = 0.0f;
    for (long i = 0; i < n; i++) {
        const float difference = fabsf(a[i] - b[i]);
        most = difference <= most ? most : difference; /* NaN isn't <= */
    }
    return most;
}

/* ---- answers ---- */

Test(live_server, logits_are_those_computed_in_one_process_bit_for_bit)
{
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    cr_expect_arr_eq(&dvfo_client_welcome(client)->map, &network.map, sizeof network.map);
    for (int share = 1; share <= 10; share++) {
        float logits[MOST_CLASSES];
        live_network_split(&network, (uint64_t)share, share);
        live_network_ask(&network, client, share, 40 + (uint64_t)share);
        const struct dvfo_reply reply = live_hear(client);
        cr_assert(reply.kind == DVFO_REPLY_ANSWER && reply.id == 40 + (uint64_t)share);
        cr_expect(reply.answer.batch == 1 && reply.answer.compute_ns > 0);
        dvfo_answer_logits(&reply.answer, logits);
        cr_expect_arr_eq(logits, network.pass->remote, (size_t)network.map.classes * sizeof(float), "share %d", share);
    }
    dvfo_client_free(client);
    live_server_stop(&live);
}

Test(live_server, a_batch_answers_each_of_its_requests)
{
    enum { BATCH = 16 };
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.batch = BATCH;
    def.limits.batch_wait_us = 1e6; /* until the batch is whole */
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    static float expected[BATCH][MOST_CLASSES], logits[MOST_CLASSES];
    bool heard[BATCH] = {false};
    for (uint64_t id = 0; id < BATCH; id++) {
        live_network_split(&network, 100 + id, 7);
        memcpy(expected[id], network.pass->remote, sizeof expected[id]);
        live_network_ask(&network, client, 7, id);
    }
    for (int i = 0; i < BATCH; i++) {
        const struct dvfo_reply reply = live_hear(client);
        cr_assert(reply.kind == DVFO_REPLY_ANSWER && reply.id < BATCH && !heard[reply.id]);
        heard[reply.id] = true;
        cr_expect_eq(reply.answer.batch, BATCH);
        dvfo_answer_logits(&reply.answer, logits);
        const float off = furthest(logits, expected[reply.id], MOST_CLASSES);
        cr_expect(off <= BATCH_TOLERANCE, "%g", (double)off);
    }
    dvfo_client_free(client);
    live_server_stop(&live);
}

Test(live_server, a_neighbour_in_the_batch_that_overflows_changes_nothing)
{
    enum { BATCH = 2 };
    struct dvfo_ctx ctx = {0};
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.batch = BATCH;
    def.limits.batch_wait_us = 1e6;
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    const size_t numbers = (size_t)(network.map.channels * network.map.height * network.map.width);
    float *huge = calloc(numbers, sizeof *huge), logits[MOST_CLASSES];
    for (size_t i = 0; i < numbers; i++) {
        huge[i] = i % 2 == 0 ? 1.5e38f : -1.5e38f;
    }
    live_network_split(&network, 3, 10);
    cr_assert(dvfo_client_ask(&ctx, client, 10, 1, network.pass->kept, huge) == DVFO_OK);
    live_network_ask(&network, client, 10, 2);
    for (int i = 0; i < BATCH; i++) {
        const struct dvfo_reply reply = live_hear(client);
        cr_assert_eq(reply.kind, DVFO_REPLY_ANSWER);
        dvfo_answer_logits(&reply.answer, logits);
        cr_expect(reply.id != 2 || furthest(logits, network.pass->remote, MOST_CLASSES) <= BATCH_TOLERANCE);
    }
    free(huge);
    dvfo_client_free(client);
    live_server_stop(&live);
}

Test(live_server, thousands_of_requests_over_hundreds_of_connections)
{
    enum { CLIENTS = 250, ROUNDS = 12, MAPS = 10 };
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.connections = CLIENTS;
    live_server_start(&live, &def);
    static struct dvfo_client *client[CLIENTS];
    static float expected[MAPS][MOST_CLASSES], logits[MOST_CLASSES];
    long answers = 0;
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = live_client(&live);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++) {
            const int map = i % MAPS;
            live_network_split(&network, (uint64_t)map, map + 1);
            memcpy(expected[map], network.pass->remote, sizeof expected[map]);
            live_network_ask(&network, client[i], map + 1, (uint64_t)round);
        }
        for (int i = 0; i < CLIENTS; i++) {
            const struct dvfo_reply reply = live_hear(client[i]);
            cr_assert(reply.kind == DVFO_REPLY_ANSWER && reply.id == (uint64_t)round);
            dvfo_answer_logits(&reply.answer, logits);
            answers += furthest(logits, expected[i % MAPS], MOST_CLASSES) <= BATCH_TOLERANCE;
        }
    }
    for (int i = 0; i < CLIENTS; i++) {
        dvfo_client_free(client[i]);
    }
    live_server_stop(&live);
    cr_expect_eq(answers, CLIENTS * ROUNDS);
    cr_expect(strstr(live.ctx.message, "250 connections, 3000 requests, 0 refused") != NULL, "%s", live.ctx.message);
}

Test(live_server, a_request_allocates_nothing_on_either_side)
{
    enum { WARM = 20, REQUESTS = 200 };
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    size_t before = 0;
    live_network_split(&network, 1, 5);
    for (uint64_t id = 0; id < REQUESTS; id++) {
        before = id == WARM ? allocations_so_far() : before;
        live_network_ask(&network, client, 5, id);
        cr_expect_eq(live_hear(client).kind, DVFO_REPLY_ANSWER);
    }
    cr_expect_eq(allocations_so_far(), before);
    dvfo_client_free(client);
    live_server_stop(&live);
}

/* ---- the key ---- */

Test(live_server, a_key_is_proved_by_both_sides)
{
    struct dvfo_key right = {.size = 16, .bytes = "0123456789abcdef"}, wrong = right;
    wrong.bytes[15] ^= 1;
    struct dvfo_server_def def = live_server_def(&network);
    const struct {
        const struct dvfo_key *server, *client;
        dvfo_status status;
        const char *says;
    } rows[] = {
        {&right, &right, DVFO_OK, ""},
        {&right, &wrong, DVFO_FAILED, "the server refuses: the proof wasn't made with the server's key"},
        {&right, NULL, DVFO_BAD_INPUT, "asks for a key, expected none"},
        {NULL, &right, DVFO_BAD_INPUT, "asks for no key, expected one"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_client *client = NULL;
        struct dvfo_client_def who = dvfo_client_def_default();
        def.key = rows[i].server;
        live_server_start(&live, &def);
        who.address = live.address;
        who.key = rows[i].client;
        const dvfo_status status = dvfo_client_connect(&ctx, &who, &client);
        cr_expect(status == rows[i].status && strstr(ctx.message, rows[i].says) != NULL, "%s", ctx.message);
        if (client != NULL) {
            live_network_split(&network, 1, 5);
            live_network_ask(&network, client, 5, 1);
            cr_expect_eq(live_hear(client).kind, DVFO_REPLY_ANSWER);
        }
        dvfo_client_free(client);
        live_server_stop(&live);
    }
}

Test(live_server, who_has_not_proved_the_key_is_not_served)
{
    struct dvfo_key key = {.size = 16, .bytes = "0123456789abcdef"};
    struct dvfo_server_def def = live_server_def(&network);
    def.key = &key;
    live_server_start(&live, &def);
    size_t size;
    live_network_split(&network, 1, 5);
    uint8_t *frame = live_network_frame(&network, 5, 9, &size), bye[DVFO_PROTOCOL_HEADER_BYTE];
    const int asks = live_peer(&live), leaves = live_peer(&live);
    live_peer_greet(asks);
    live_peer_send(asks, frame, size);
    cr_expect_eq(live_peer_last_words(asks), DVFO_COMPLAINT_TOO_LARGE, "what is longer than a proof isn't even read");
    live_peer_greet(leaves);
    live_peer_send(leaves, bye, dvfo_bye_encode(bye));
    cr_expect_eq(live_peer_last_words(leaves), DVFO_COMPLAINT_NONE);
    free(frame);
    live_server_stop(&live);
}

/* ---- the end ---- */

Test(live_server, stopped_it_answers_what_waits_and_says_bye)
{
    enum { REQUESTS = 5 };
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.in_flight = REQUESTS;
    def.limits.batch_wait_us = 1e6; /* none goes before the stop */
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    live_network_split(&network, 1, 5);
    for (uint64_t id = 0; id <= REQUESTS; id++) {
        live_network_ask(&network, client, 5, id);
    }
    /* one too many: its complaint tells that all before it were read */
    cr_expect_eq(live_hear(client).error.complaint, DVFO_COMPLAINT_TOO_MANY);
    dvfo_server_stop(live.server);
    for (int i = 0; i < REQUESTS; i++) {
        cr_expect_eq(live_hear(client).kind, DVFO_REPLY_ANSWER);
    }
    cr_expect_eq(live_hear(client).kind, DVFO_REPLY_BYE);
    dvfo_client_free(client);
    pthread_join(live.thread, NULL);
    dvfo_server_free(live.server);
    cr_expect(strstr(live.ctx.message, "5 requests, 1 refused") != NULL, "%s", live.ctx.message);
    cr_expect(strstr(live.ctx.message, "; 0 were given up") != NULL, "%s", live.ctx.message);
}

Test(live_server, what_cannot_be_finished_in_time_is_given_up)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.stop_s = 0.0;
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    const int peer = live_peer(&live); /* never reads, never shuts its side */
    live_peer_greet(peer);
    live_server_stop(&live);
    struct dvfo_ctx ctx = {0};
    struct dvfo_reply reply;
    const dvfo_status status = dvfo_client_hear(&ctx, client, 10.0, &reply);
    cr_expect(status == DVFO_FAILED || reply.kind == DVFO_REPLY_BYE);
    dvfo_client_free(client);
    close(peer);
}

Test(live_server, what_it_cannot_serve_is_told_before_it_listens)
{
    static const struct {
        const char *listen;
        double stop_s;
        long message_byte;
        const char *says;
    } rows[] = {
        {"0.0.0.0:0", 5, 1 << 20, "0.0.0.0:0 is reached from other machines, expected a key for that"},
        {"[::]:0", 5, 1 << 20, "[::]:0 is reached from other machines"},
        {"localhost:1", 5, 1 << 20, "'localhost:1' isn't an IP address and a port, expected one like 127.0.0.1:7433"},
        {"127.0.0.1", 5, 1 << 20, "'127.0.0.1' isn't an IP address and a port"},
        {"127.0.0.1:65536", 5, 1 << 20, "'127.0.0.1:65536' isn't"},
        {"[127.0.0.1]:1", 5, 1 << 20, "isn't an IP address"},
        {"::1:1", 5, 1 << 20, "isn't an IP address"},
        {"127.0.0.1:0", -1, 1 << 20, "the server's stop-timeout is -1, expected 0 to 3600"},
        {"127.0.0.1:0", 5, 1024, "expected at most 1024 of a message (--max-message)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_server *server = NULL;
        struct dvfo_server_def def = live_server_def(&network);
        def.listen = rows[i].listen;
        def.limits.stop_s = rows[i].stop_s;
        def.limits.message_byte = rows[i].message_byte;
        cr_expect(dvfo_server_create(&ctx, &def, &server) == DVFO_BAD_INPUT && server == NULL);
        cr_expect(strstr(ctx.message, rows[i].says) != NULL, "%s", ctx.message);
    }
}
