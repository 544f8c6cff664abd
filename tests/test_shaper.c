/* The shaper: a link that real bytes cross at a trace's rate. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/live/address.h"
#include "bench/live/clock.h"
#include "bench/live/messages.h"
#include "bench/live/uplink/arrival.h"
#include "bench/live/uplink/shaper.h"

/* What is through can't be early by more than clocks are read apart; how late it may be is the machine's affair. */
#define EARLY_S 1e-3
#define LATE_S 5.0
#define PATIENCE_S 30

static struct dvfo_trace *trace_of(size_t n, const double *start_s, const double *rate_bps, double period_s)
{
    struct dvfo_trace *trace = NULL;
    cr_assert(dvfo_trace_create(NULL, "made up", "test", n, start_s, rate_bps, period_s, &trace) == DVFO_OK);
    return trace;
}

static struct dvfo_trace *constant(double rate_bps)
{
    return trace_of(1, (const double[]){0.0}, &rate_bps, 1.0);
}

static size_t frame_of(dvfo_message type, size_t payload, uint8_t *frame)
{
    memset(frame + DVFO_PROTOCOL_HEADER_BYTE, (int)type, payload);
    return dvfo_live_frame_seal(frame, type, 7, payload);
}

/* ---- with sockets ---- */

struct path {
    struct dvfo_trace *trace; /* owned */
    struct dvfo_shaper *shaper;
    int listener;
};

static void be_patient(int socket)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static struct path path_over(struct dvfo_trace *trace, double rtt_s)
{
    struct dvfo_ctx ctx = {0};
    struct path path = {.trace = trace};
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char text[DVFO_ADDRESS_TEXT];
    signal(SIGPIPE, SIG_IGN); /* as main has it */
    cr_assert(dvfo_address_parse(&ctx, "127.0.0.1:0", &address) == DVFO_OK);
    path.listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(path.listener, (struct sockaddr *)&address, dvfo_address_size(&address)) == 0);
    cr_assert(listen(path.listener, 16) == 0);
    cr_assert(getsockname(path.listener, (struct sockaddr *)&address, &size) == 0);
    be_patient(path.listener);
    dvfo_address_text(&address, text);
    struct dvfo_shaper_def def = dvfo_shaper_def_default();
    def.server = text;
    def.trace = trace;
    def.rtt_s = rtt_s;
    cr_assert(dvfo_shaper_open(&ctx, &def, &path.shaper) == DVFO_OK, "%s", ctx.message);
    return path;
}

static void path_free(struct path *path)
{
    dvfo_shaper_free(path->shaper);
    dvfo_trace_free(path->trace);
    close(path->listener);
}

struct ends {
    int device, cloud;
};

static struct ends connect_over(const struct path *path)
{
    struct sockaddr_storage address;
    struct ends ends = {.device = socket(AF_INET, SOCK_STREAM, 0)};
    cr_assert(dvfo_address_parse(NULL, dvfo_shaper_address(path->shaper), &address) == DVFO_OK);
    cr_assert(connect(ends.device, (struct sockaddr *)&address, dvfo_address_size(&address)) == 0);
    ends.cloud = accept(path->listener, NULL, NULL);
    cr_assert(ends.cloud >= 0);
    be_patient(ends.device);
    be_patient(ends.cloud);
    return ends;
}

static void close_both(struct ends ends)
{
    close(ends.device);
    close(ends.cloud);
}

static uint8_t bytes[1 << 18];

static void say(int socket, size_t size)
{
    cr_assert(send(socket, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

/* Wait for so many bytes. @return when the last was there */
static double hear_s(int socket, size_t size)
{
    static uint8_t room[sizeof bytes];
    cr_assert(recv(socket, room, size, MSG_WAITALL) == (ssize_t)size);
    return dvfo_live_now_s();
}

static void expect_took(double took_s, double expected_s, const char *what)
{
    cr_expect(took_s >= expected_s - EARLY_S && took_s <= expected_s + LATE_S, "%s: %g s, expected %g", what, took_s,
              expected_s);
}

Test(shaper, a_transfer_takes_as_long_as_the_trace_says)
{
    static const struct {
        const char *name;
        size_t steps, byte;
        double start_s[3], rate_bps[3], period_s, from_s;
    } rows[] = {
        {"constant, slow", 1, 4000, {0.0}, {1e6}, 1.0, 0.3},
        {"constant, fast", 1, 100000, {0.0}, {100e6}, 1.0, 0.0},
        {"longer than a read", 1, 60000, {0.0}, {5e6}, 1.0, 0.0},
        {"a step down on the way", 2, 8000, {0.0, 0.02}, {2e6, 0.5e6}, 10.0, 0.0},
        {"a step up on the way", 2, 8000, {0.0, 0.02}, {0.5e6, 8e6}, 10.0, 0.0},
        {"an outage on the way", 3, 8000, {0.0, 0.01, 0.1}, {2e6, 0.0, 8e6}, 10.0, 0.0},
        {"an outage at first", 3, 2000, {0.0, 0.01, 0.1}, {2e6, 0.0, 8e6}, 10.0, 0.02},
        {"over the end of the period", 2, 8000, {0.0, 0.02}, {4e6, 0.5e6}, 0.03, 0.025},
    };
    const double half_s = 2e-3;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct path path =
            path_over(trace_of(rows[i].steps, rows[i].start_s, rows[i].rate_bps, rows[i].period_s), 2.0 * half_s);
        const struct ends ends = connect_over(&path);
        dvfo_shaper_seek(path.shaper, rows[i].from_s);
        const double sought_s = dvfo_live_now_s();
        say(ends.device, rows[i].byte);
        /* the trace ran on until it was sent: whatever the place, not before the integral is full */
        const double there_s = hear_s(ends.cloud, rows[i].byte);
        const double send_s = dvfo_trace_send_time_s(path.trace, rows[i].from_s, 8.0 * (double)rows[i].byte);
        expect_took(there_s - sought_s, send_s + half_s, rows[i].name);
        const struct dvfo_shaper_counts counts = dvfo_shaper_counts(path.shaper);
        cr_expect(epsilon_eq(dbl, counts.through_byte, (double)rows[i].byte, 1e-6), "%s", rows[i].name);
        cr_expect(counts.relayed == 1 && counts.given_up_byte == 0.0);
        close_both(ends);
        path_free(&path);
    }
}

Test(shaper, an_answer_comes_half_a_round_trip_later_at_no_rate)
{
    struct path path = path_over(constant(1e5), 0.04);
    const struct ends ends = connect_over(&path);
    const double begun_s = dvfo_live_now_s();
    say(ends.device, 100); /* 8 ms */
    const double there_s = hear_s(ends.cloud, 100);
    expect_took(there_s - begun_s, 0.028, "there");
    say(ends.cloud, 50000); /* as many bytes would take 4 s the other way */
    const double back_s = hear_s(ends.device, 50000);
    cr_expect(back_s - there_s >= 0.02 - EARLY_S && back_s - there_s < 3.0, "%g s", back_s - there_s);
    close_both(ends);
    path_free(&path);
}

Test(shaper, two_transfers_stand_in_one_line)
{
    struct path path = path_over(constant(2e6), 0.0);
    const struct ends first = connect_over(&path), second = connect_over(&path);
    const double begun_s = dvfo_live_now_s();
    say(first.device, 10000); /* 40 ms */
    usleep(10000);            /* that it has come first */
    say(second.device, 5000); /* 20 ms */
    expect_took(hear_s(first.cloud, 10000) - begun_s, 0.04, "first");
    expect_took(hear_s(second.cloud, 5000) - begun_s, 0.06, "second");
    close_both(first);
    close_both(second);
    path_free(&path);
}

/* Wait until the shaper counts so many bytes. */
static void wait_for(struct dvfo_shaper *shaper, double through_byte, double given_up_byte, size_t held_byte)
{
    const double until_s = dvfo_live_now_s() + PATIENCE_S;
    struct dvfo_shaper_counts counts;
    do {
        usleep(1000);
        counts = dvfo_shaper_counts(shaper);
    } while (
        (counts.through_byte < through_byte || counts.given_up_byte < given_up_byte || counts.held_byte < held_byte) &&
        dvfo_live_now_s() < until_s);
}

Test(shaper, a_transfer_that_is_given_up_makes_way)
{
    struct path path = path_over(constant(1e5), 0.0);
    const struct ends first = connect_over(&path), second = connect_over(&path);
    say(first.device, 100000); /* 8 s */
    say(second.device, 1000);  /* 80 ms, behind it */
    wait_for(path.shaper, 0.0, 0.0, 101000 - 5000);
    const double begun_s = dvfo_live_now_s();
    close(first.device);
    const double took_s = hear_s(second.cloud, 1000) - begun_s;
    cr_expect(took_s >= 0.08 - EARLY_S && took_s < 4.0, "%g s", took_s);
    wait_for(path.shaper, 0.0, 1.0, 0);
    const struct dvfo_shaper_counts counts = dvfo_shaper_counts(path.shaper);
    cr_expect(counts.given_up_byte > 80000.0 && counts.given_up_byte <= 100000.0, "%g", counts.given_up_byte);
    cr_expect(counts.through_byte + counts.given_up_byte <= 101000.0 + 1e-6);
    close(first.cloud);
    close_both(second);
    path_free(&path);
}

Test(shaper, what_is_through_arrives_though_the_device_has_gone)
{
    struct path path = path_over(constant(1e8), 0.4);
    const struct ends ends = connect_over(&path);
    say(ends.device, 1000); /* 80 us */
    wait_for(path.shaper, 1000.0, 0.0, 0);
    close(ends.device);
    hear_s(ends.cloud, 1000);
    cr_expect_eq(recv(ends.cloud, bytes, 1, 0), 0, "then it is closed");
    close(ends.cloud);
    path_free(&path);
}

Test(shaper, a_request_costs_what_the_simulator_says)
{
    /* 10 channels of 8 x 8 at 5 tenths: 5 x 64 pixels, a bitmap of 2, 5 pairs of 8, and 64 for the headers */
    const double simulated_byte = 5.0 * 64.0 + 2.0 + 5.0 * 8.0 + 64.0;
    const size_t payload = 4 + 2 + 5 * 8 + 5 * 64;
    struct path path = path_over(constant(1e6), 0.0);
    const struct ends ends = connect_over(&path);
    uint8_t frame[1024];
    const size_t size = frame_of(DVFO_MESSAGE_REQUEST, payload, frame);
    const double begun_s = dvfo_live_now_s();
    cr_assert(send(ends.device, frame, size, 0) == (ssize_t)size);
    expect_took(hear_s(ends.cloud, size) - begun_s, 8.0 * simulated_byte / 1e6, "request");
    cr_expect(epsilon_eq(dbl, dvfo_shaper_counts(path.shaper).through_byte, simulated_byte, 1e-6));
    close_both(ends);
    path_free(&path);
}

Test(shaper, bytes_have_come_between_being_sent_and_being_read)
{
    struct path path = path_over(constant(1e9), 0.0);
    const struct ends ends = connect_over(&path);
    double came_s = 0.0;
    dvfo_arrival_stamp(ends.device);
    const double before_s = dvfo_live_now_s();
    say(ends.cloud, 100);
    usleep(20000);
    cr_expect_eq(dvfo_arrival_receive(ends.device, bytes, sizeof bytes, &came_s), 100);
    cr_expect(came_s >= before_s - EARLY_S && came_s <= dvfo_live_now_s(), "%g s after", came_s - before_s);
    close_both(ends);
    path_free(&path);
}

/* ---- whatever the bytes ---- */

static uint64_t random_of(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

struct stream {
    int from, to;
    uint64_t said, heard; /* states: the bytes are a function of their place */
    size_t left_to_say, left_to_hear;
    bool right;
};

static void move_some(struct stream *stream, uint64_t *chance)
{
    uint8_t chunk[40000];
    const size_t most = 1 + random_of(chance) % (random_of(chance) % 8 == 0 ? sizeof chunk : 700);
    const size_t want = most < stream->left_to_say ? most : stream->left_to_say;
    uint64_t state = stream->said;
    for (size_t i = 0; i < want; i++) {
        chunk[i] = (uint8_t)random_of(&state);
    }
    const ssize_t sent = want > 0 ? send(stream->from, chunk, want, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    for (ssize_t i = 0; i < sent; i++) {
        random_of(&stream->said);
        stream->left_to_say--;
    }
    const ssize_t got = recv(stream->to, chunk, 1 + random_of(chance) % sizeof chunk, MSG_DONTWAIT);
    for (ssize_t i = 0; i < got; i++) {
        stream->right = chunk[i] == (uint8_t)random_of(&stream->heard) && stream->right;
        stream->left_to_hear--;
    }
    stream->right = stream->right && got != 0;
}

Test(shaper, bytes_are_the_same_on_the_other_side_however_they_are_cut)
{
    enum { SIZE = 2000000 };
    struct path path = path_over(constant(1e9), 1e-3);
    const struct ends ends = connect_over(&path);
    struct stream there = {ends.device, ends.cloud, 1, 1, SIZE, SIZE, true};
    struct stream back = {ends.cloud, ends.device, 2, 2, SIZE, SIZE, true};
    uint64_t chance = 3;
    const double until_s = dvfo_live_now_s() + PATIENCE_S;
    while ((there.left_to_hear > 0 || back.left_to_hear > 0) && there.right && back.right &&
           dvfo_live_now_s() < until_s) {
        move_some(&there, &chance);
        move_some(&back, &chance);
    }
    cr_expect(there.right && there.left_to_hear == 0, "%zu left", there.left_to_hear);
    cr_expect(back.right && back.left_to_hear == 0, "%zu left", back.left_to_hear);
    close_both(ends);
    path_free(&path);
}

/* Say as much as is taken until nothing is for a while. @return bytes */
static size_t stuff(int socket)
{
    size_t taken = 0;
    struct pollfd what = {.fd = socket, .events = POLLOUT};
    while (taken < (1u << 28) && poll(&what, 1, 300) > 0) {
        const ssize_t sent = send(socket, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        taken += sent > 0 ? (size_t)sent : 0;
    }
    return taken;
}

Test(shaper, it_holds_no_more_than_it_says)
{
    enum { MOST_HELD = (512 + 128) * 1024, MOST_TAKEN = 1 << 26 /* kernels keep some MiB on each side */ };
    static const double rates_bps[] = {1e4, 1e11}; /* held up by the link; by a server that doesn't read */
    for (size_t i = 0; i < 2; i++) {
        struct path path = path_over(constant(rates_bps[i]), 1e-3);
        const struct ends ends = connect_over(&path);
        const size_t there = stuff(ends.device), back = stuff(ends.cloud);
        const struct dvfo_shaper_counts counts = dvfo_shaper_counts(path.shaper);
        cr_expect(there < MOST_TAKEN && back < MOST_TAKEN, "%zu and %zu", there, back);
        cr_expect(counts.most_held_byte <= MOST_HELD && counts.most_held_byte >= 256 * 1024, "%zu",
                  counts.most_held_byte);
        close_both(ends);
        path_free(&path);
    }
}

Test(shaper, without_a_server_connections_are_closed)
{
    struct path path = path_over(constant(1e6), 1e-3);
    struct sockaddr_storage address;
    close(path.listener);
    const int device = socket(AF_INET, SOCK_STREAM, 0);
    be_patient(device);
    cr_assert(dvfo_address_parse(NULL, dvfo_shaper_address(path.shaper), &address) == DVFO_OK);
    cr_assert(connect(device, (struct sockaddr *)&address, dvfo_address_size(&address)) == 0);
    const ssize_t got = recv(device, bytes, 1, 0);
    cr_expect(got == 0 || (got < 0 && errno == ECONNRESET));
    close(device);
    path.listener = -1;
    path_free(&path);
}

Test(shaper, of_more_connections_than_it_has_room_for_the_last_are_closed)
{
    struct path path = path_over(constant(1e6), 1e-3);
    struct ends ends[8];
    for (int i = 0; i < 8; i++) {
        ends[i] = connect_over(&path);
    }
    struct sockaddr_storage address;
    const int ninth = socket(AF_INET, SOCK_STREAM, 0);
    be_patient(ninth);
    cr_assert(dvfo_address_parse(NULL, dvfo_shaper_address(path.shaper), &address) == DVFO_OK);
    cr_assert(connect(ninth, (struct sockaddr *)&address, dvfo_address_size(&address)) == 0);
    cr_expect_eq(recv(ninth, bytes, 1, 0), 0);
    cr_expect(dvfo_shaper_counts(path.shaper).turned_off == 1);
    close(ninth);
    say(ends[7].device, 10); /* the others go on */
    hear_s(ends[7].cloud, 10);
    for (int i = 0; i < 8; i++) {
        close_both(ends[i]);
    }
    path_free(&path);
}

Test(shaper, what_it_cannot_be_is_told)
{
    struct dvfo_trace *trace = constant(1e6);
    static const struct {
        const char *server;
        double rtt_s, overhead_byte;
        const char *says;
    } rows[] = {
        {"localhost", 0.0, 0.0, "'localhost' isn't an IP address and a port"},
        {"127.0.0.1:1", -1.0, 0.0, "a round trip takes -1 s, expected 0 to 10"},
        {"127.0.0.1:1", 0.0, NAN, "a request costs nan bytes more, expected 0 to 1000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_shaper *shaper = NULL;
        const struct dvfo_shaper_def def = {rows[i].server, trace, rows[i].rtt_s, rows[i].overhead_byte};
        cr_expect_eq(dvfo_shaper_open(&ctx, &def, &shaper), DVFO_BAD_INPUT);
        cr_expect(shaper == NULL && strstr(ctx.message, rows[i].says) == ctx.message, "%s", ctx.message);
    }
    dvfo_shaper_free(NULL);
    dvfo_trace_free(trace);
}
