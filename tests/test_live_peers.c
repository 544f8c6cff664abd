/* The live server among peers that don't keep to the protocol, and that want more than is served. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/live/address.h"
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

TestSuite(live_peers, .init = make, .fini = remove_all);

/* ---- who doesn't keep to it ---- */

Test(live_peers, what_is_no_message_costs_its_own_connection)
{
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    size_t size;
    live_network_split(&network, 1, 5);
    uint8_t *good = live_network_frame(&network, 5, 9, &size), small[DVFO_SMALL_MOST_BYTE];
    static const struct {
        const char *name;
        bool greeted;
        size_t flip; /* byte of the good frame; 0: none */
        uint8_t by;
        dvfo_complaint complaint;
    } rows[] = {
        {"a request before hello", false, 0, 0, DVFO_COMPLAINT_TOO_LARGE},
        {"another magic", true, 1, 1, DVFO_COMPLAINT_MALFORMED},
        {"another version", true, 4, 2, DVFO_COMPLAINT_VERSION},
        {"no type", true, 6, 0x80, DVFO_COMPLAINT_MALFORMED},
        {"another type", true, 6, 4 ^ 1, DVFO_COMPLAINT_MALFORMED},
        {"too long", true, 11, 0x40, DVFO_COMPLAINT_TOO_LARGE},
        {"another id", true, 12, 1, DVFO_COMPLAINT_MALFORMED},
        {"another checksum", true, 20, 1, DVFO_COMPLAINT_MALFORMED},
        {"another pixel", true, 200, 1, DVFO_COMPLAINT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int peer = live_peer(&live);
        if (rows[i].greeted) {
            live_peer_greet(peer);
        }
        good[rows[i].flip] ^= rows[i].by;
        live_peer_send(peer, good, size);
        good[rows[i].flip] ^= rows[i].by;
        const dvfo_complaint complaint = live_peer_last_words(peer);
        cr_expect(complaint == rows[i].complaint, "%s: %s", rows[i].name, dvfo_complaint_text(complaint));
    }
    const int peer = live_peer(&live);
    live_peer_greet(peer);
    live_peer_send(peer, small, dvfo_hello_encode(&(struct dvfo_hello){.shares = 1}, small));
    cr_expect_eq(live_peer_last_words(peer), DVFO_COMPLAINT_UNEXPECTED);
    live_server_expect_alive(&live, &network);
    free(good);
    live_server_stop(&live);
}

Test(live_peers, garbage_of_any_length_is_refused)
{
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    static uint8_t garbage[1 << 16];
    for (size_t i = 0; i < sizeof garbage; i++) {
        garbage[i] = (uint8_t)(i * 2654435761u >> 7);
    }
    for (size_t size = 4; size <= sizeof garbage; size *= 4) {
        const int peer = live_peer(&live);
        live_peer_send(peer, garbage, size);
        cr_expect_eq(live_peer_last_words(peer), DVFO_COMPLAINT_MALFORMED);
    }
    live_server_expect_alive(&live, &network);
    live_server_stop(&live);
}

Test(live_peers, a_peer_that_goes_in_the_middle_is_forgotten)
{
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    size_t size;
    live_network_split(&network, 1, 5);
    uint8_t *good = live_network_frame(&network, 5, 9, &size);
    for (size_t cut = 1; cut <= size; cut += 97) {
        const int peer = live_peer(&live);
        live_peer_greet(peer);
        live_peer_send(peer, good, size);
        live_peer_send(peer, good, cut);
        const struct linger at_once = {.l_onoff = 1};
        if (cut % 2 == 0) {
            setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* a reset */
        }
        close(peer);
    }
    live_server_expect_alive(&live, &network);
    free(good);
    live_server_stop(&live);
}

Test(live_peers, a_half_closed_connection_still_hears_its_answers)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.batch_wait_us = 2e4;
    live_server_start(&live, &def);
    size_t size;
    uint8_t *frame = NULL;
    const int peer = live_peer(&live);
    live_peer_greet(peer);
    live_network_split(&network, 1, 5);
    frame = live_network_frame(&network, 5, 9, &size);
    live_peer_send(peer, frame, size);
    cr_assert(shutdown(peer, SHUT_WR) == 0);
    uint8_t bytes[4096];
    const ssize_t expected = (ssize_t)dvfo_answer_bytes(&network.map) + DVFO_PROTOCOL_HEADER_BYTE; /* and bye */
    cr_expect_eq(recv(peer, bytes, sizeof bytes, MSG_WAITALL), expected);
    cr_expect_eq(bytes[6], DVFO_MESSAGE_ANSWER);
    close(peer);
    free(frame);
    live_server_stop(&live);
}

/* ---- limits ---- */

Test(live_peers, a_handshake_that_takes_too_long_ends)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.handshake_s = 0.1;
    live_server_start(&live, &def);
    uint8_t hello[DVFO_SMALL_MOST_BYTE];
    const size_t size = dvfo_hello_encode(&(struct dvfo_hello){.shares = 1}, hello);
    const int silent = live_peer(&live), slow = live_peer(&live);
    for (size_t i = 0; i + 1 < size; i++) { /* a byte now and then: it is timed as a whole */
        live_peer_send(slow, hello + i, 1);
        usleep(2000);
    }
    cr_expect_eq(live_peer_last_words(slow), DVFO_COMPLAINT_TOO_SLOW);
    cr_expect_eq(live_peer_last_words(silent), DVFO_COMPLAINT_TOO_SLOW);
    live_server_stop(&live);
}

Test(live_peers, a_connection_of_which_nothing_whole_comes_ends)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.idle_s = 0.1;
    live_server_start(&live, &def);
    size_t size;
    live_network_split(&network, 1, 5);
    uint8_t *frame = live_network_frame(&network, 5, 9, &size);
    const int idle = live_peer(&live), slow = live_peer(&live);
    live_peer_greet(idle);
    live_peer_greet(slow);
    for (size_t i = 0; i < 60; i++) {
        live_peer_send(slow, frame + i, 1);
        usleep(2000);
    }
    cr_expect_eq(live_peer_last_words(slow), DVFO_COMPLAINT_TOO_SLOW);
    cr_expect_eq(live_peer_last_words(idle), DVFO_COMPLAINT_TOO_SLOW);
    free(frame);
    live_server_stop(&live);
}

Test(live_peers, more_connections_than_are_served_are_told_so)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.connections = 2;
    live_server_start(&live, &def);
    struct dvfo_client *a = live_client(&live), *b = live_client(&live);
    struct dvfo_ctx ctx = {0};
    struct dvfo_client_def client = dvfo_client_def_default();
    struct dvfo_client *c = NULL;
    client.address = live.address;
    cr_expect_eq(dvfo_client_connect(&ctx, &client, &c), DVFO_FAILED);
    cr_expect_str_eq(ctx.message, "the server refuses: all connections that are served are taken");
    for (int i = 0; i < 60; i++) { /* of whom some are closed without a word */
        close(live_peer(&live));
    }
    live_network_split(&network, 1, 5);
    live_network_ask(&network, a, 5, 1);
    cr_expect_eq(live_hear(a).kind, DVFO_REPLY_ANSWER);
    dvfo_client_free(a);
    dvfo_client_free(b);
    live_server_stop(&live);
}

Test(live_peers, more_connections_than_one_address_may_have_are_told_so)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.connections = 8;
    def.limits.per_address = 0; /* a quarter */
    live_server_start(&live, &def);
    struct dvfo_client *a = live_client(&live), *b = live_client(&live);
    struct dvfo_ctx ctx = {0};
    struct dvfo_client_def client = dvfo_client_def_default();
    struct dvfo_client *c = NULL;
    client.address = live.address;
    cr_expect_eq(dvfo_client_connect(&ctx, &client, &c), DVFO_FAILED);
    cr_expect_str_eq(ctx.message, "the server refuses: all connections that one address may have are taken");
    dvfo_client_free(a);
    for (int i = 0; i < 500 && dvfo_client_connect(&ctx, &client, &c) != DVFO_OK; i++) {
        usleep(10000); /* until it has noticed */
    }
    cr_expect_not_null(c);
    dvfo_client_free(b);
    dvfo_client_free(c);
    live_server_stop(&live);
}

Test(live_peers, who_takes_all_it_may_leaves_room_for_other_addresses)
{
    enum { MANY = 60 };
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.connections = 40;
    def.limits.per_address = 2;
    live_server_start(&live, &def);
    int greedy[MANY];
    for (int i = 0; i < MANY; i++) {
        greedy[i] = live_peer(&live);
    }
    const int other = live_peer_from(&live, "127.0.0.2:0");
    live_peer_greet(other);
    close(other);
    for (int i = 0; i < MANY; i++) {
        close(greedy[i]);
    }
    live_server_stop(&live);
}

static struct dvfo_address_owner owner_of(const char *text)
{
    struct sockaddr_storage address;
    cr_assert(dvfo_address_parse(NULL, text, &address) == DVFO_OK);
    return dvfo_address_owner(&address);
}

Test(address, whose_it_is_is_told_by_what_one_host_can_easily_come_from)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"10.0.0.1:1", "10.0.0.1:2", true},
        {"10.0.0.1:1", "10.0.0.2:1", false},
        {"10.0.0.1:1", "[::ffff:10.0.0.1]:9", true},
        {"[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.2]:1", false},
        {"[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:1", true},
        {"[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct dvfo_address_owner a = owner_of(rows[i].a), b = owner_of(rows[i].b);
        cr_expect((memcmp(&a, &b, sizeof a) == 0) == rows[i].same, "%s and %s", rows[i].a, rows[i].b);
    }
}

Test(limits, a_quarter_of_all_connections_is_one_addresss_unless_told)
{
    struct dvfo_limits limits = dvfo_limits_default();
    cr_expect_eq(dvfo_limits_per_address(&limits), 64);
    limits.connections = 3;
    cr_expect_eq(dvfo_limits_per_address(&limits), 1);
    limits.per_address = 5;
    cr_expect_eq(dvfo_limits_per_address(&limits), 5);
}

Test(live_peers, an_id_in_flight_cannot_be_used_again_and_can_be_afterwards)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.batch_wait_us = 1e6;
    def.limits.batch = 2;
    live_server_start(&live, &def);
    struct dvfo_client *client = live_client(&live);
    live_network_split(&network, 1, 5);
    for (int round = 0; round < 3; round++) {
        live_network_ask(&network, client, 5, 1);
        live_network_ask(&network, client, 5, 2);
        cr_expect_eq(live_hear(client).kind, DVFO_REPLY_ANSWER);
        cr_expect_eq(live_hear(client).kind, DVFO_REPLY_ANSWER);
    }
    live_network_ask(&network, client, 5, 3);
    live_network_ask(&network, client, 5, 3);
    const struct dvfo_reply reply = live_hear(client);
    cr_expect(reply.kind == DVFO_REPLY_ERROR && reply.error.complaint == DVFO_COMPLAINT_REPEATED && reply.id == 3);
    dvfo_client_free(client);
    live_server_expect_alive(&live, &network);
    live_server_stop(&live);
}

/* Ask `count` times in a row, then hear as many replies. @return how many were that complaint */
static int ask_often(struct dvfo_client *client, int count, dvfo_complaint complaint)
{
    int complaints = 0;
    live_network_split(&network, 1, 5);
    for (int i = 0; i < count; i++) {
        live_network_ask(&network, client, 5, (uint64_t)i);
    }
    for (int i = 0; i < count; i++) {
        const struct dvfo_reply reply = live_hear(client);
        complaints += reply.kind == DVFO_REPLY_ERROR && reply.error.complaint == complaint;
    }
    return complaints;
}

Test(live_peers, requests_beyond_a_limit_are_refused_and_the_connection_goes_on)
{
    static const struct {
        long in_flight, waiting;
        double rate;
        dvfo_complaint complaint;
    } rows[] = {
        {2, 100, 1e6, DVFO_COMPLAINT_TOO_MANY},
        {100, 2, 1e6, DVFO_COMPLAINT_BUSY},
        {100, 100, 0.1, DVFO_COMPLAINT_TOO_FAST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dvfo_server_def def = live_server_def(&network);
        def.limits.batch_wait_us = 2e5; /* so that they are in flight together */
        def.limits.in_flight = rows[i].in_flight;
        def.limits.waiting = rows[i].waiting;
        def.limits.requests_per_s = rows[i].rate;
        live_server_start(&live, &def);
        struct dvfo_client *client = live_client(&live);
        const int complaints = ask_often(client, 8, rows[i].complaint);
        cr_expect(complaints >= 1 && complaints <= 7, "%s: %d", dvfo_complaint_text(rows[i].complaint), complaints);
        dvfo_client_free(client);
        live_server_stop(&live);
    }
}

Test(live_peers, only_shares_that_were_agreed_on_are_served)
{
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    struct dvfo_ctx ctx = {0};
    struct dvfo_client_def client = dvfo_client_def_default();
    struct dvfo_client *one = NULL;
    client.address = live.address;
    client.shares = 1u << 4;
    cr_assert(dvfo_client_connect(&ctx, &client, &one) == DVFO_OK, "%s", ctx.message);
    live_network_split(&network, 1, 6);
    live_network_ask(&network, one, 6, 1);
    cr_expect_eq(live_hear(one).error.complaint, DVFO_COMPLAINT_SHARE);
    live_network_split(&network, 1, 5);
    live_network_ask(&network, one, 5, 2);
    cr_expect_eq(live_hear(one).kind, DVFO_REPLY_ANSWER);
    dvfo_client_free(one);
    live_server_stop(&live);
}

Test(live_peers, a_peer_that_asks_and_never_reads_is_dropped)
{
    struct dvfo_server_def def = live_server_def(&network);
    def.limits.in_flight = 1;
    def.limits.requests_per_s = 0.1; /* nearly all are refused: complaints pile up */
    live_server_start(&live, &def);
    size_t size;
    live_network_split(&network, 1, 1);
    const int peer = live_peer(&live);
    live_peer_greet(peer);
    bool dropped = false;
    for (uint64_t id = 0; id < 200000 && !dropped; id++) {
        uint8_t *frame = live_network_frame(&network, 1, id, &size);
        dropped = send(peer, frame, size, MSG_NOSIGNAL) != (ssize_t)size;
        free(frame);
    }
    cr_expect(dropped);
    close(peer);
    live_server_expect_alive(&live, &network);
    live_server_stop(&live);
}
