/* Keys and sessions: who is believed, and what becomes of what is said; no socket is opened here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bench/live/session.h"
#include "policies/attention/selection.h"

enum { CHANNELS = 10, PIXELS = 12, CLASSES = 7, MOST_FRAME = 4096, SHARE = 4 };

static const struct dvfo_map map = {CHANNELS, 3, 4, CLASSES};

/* ---- the key ---- */

Test(live_session, hmac_gives_the_values_of_rfc_4231)
{
    static const uint8_t aa[131] = {[0 ... 130] = 0xaa}, dd[50] = {[0 ... 49] = 0xdd}, b0[20] = {[0 ... 19] = 0x0b};
    const struct {
        const void *key;
        size_t key_size;
        const void *message;
        size_t size;
        const char *hex;
    } rows[] = {
        {b0, 20, "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", 4, "what do ya want for nothing?", 28,
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {aa, 20, dd, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {aa, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t mac[DVFO_PROOF_BYTE];
        char hex[2 * DVFO_PROOF_BYTE + 1];
        dvfo_key_hmac(rows[i].key, rows[i].key_size, rows[i].message, rows[i].size, mac);
        for (size_t b = 0; b < sizeof mac; b++) {
            snprintf(hex + 2 * b, 3, "%02x", mac[b]);
        }
        cr_expect_str_eq(hex, rows[i].hex);
    }
}

Test(live_session, a_proof_is_one_of_side_key_and_nonces)
{
    struct dvfo_key key = {.size = 16, .bytes = "0123456789abcdef"}, other = key;
    uint8_t a[DVFO_NONCE_BYTE] = {1}, b[DVFO_NONCE_BYTE] = {2};
    other.bytes[0] ^= 1;
    const struct dvfo_proof proof = dvfo_key_proof(&key, DVFO_SIDE_DEVICE, a, b);
    const struct dvfo_proof others[] = {
        dvfo_key_proof(&other, DVFO_SIDE_DEVICE, a, b),
        dvfo_key_proof(&key, DVFO_SIDE_CLOUD, a, b),
        dvfo_key_proof(&key, DVFO_SIDE_DEVICE, b, a),
        dvfo_key_proof(&key, DVFO_SIDE_DEVICE, a, a),
    };
    const struct dvfo_proof again = dvfo_key_proof(&key, DVFO_SIDE_DEVICE, a, b);
    cr_expect(dvfo_proof_equals(&proof, &again));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_not(dvfo_proof_equals(&proof, &others[i]), "%zu", i);
    }
}

/* ---- sessions ---- */

static const struct dvfo_session_terms terms = {.map = {CHANNELS, 3, 4, CLASSES},
                                                .most_payload = 1024,
                                                .in_flight = 2,
                                                .requests_per_s = 2.0,
                                                .handshake_ns = 100,
                                                .idle_ns = 1000};

static void hear(struct dvfo_session *session, const uint8_t *bytes, size_t size)
{
    size_t room;
    uint8_t *at = dvfo_session_room(session, &room);
    cr_assert(size <= room);
    memcpy(at, bytes, size);
    dvfo_session_filled(session, size);
}

static size_t encode_request(uint64_t id, uint8_t *bytes)
{
    static const float values[CHANNELS * PIXELS];
    float score[CHANNELS] = {0.0f}, kept[CHANNELS];
    dvfo_selection_keep(CHANNELS, 1, dvfo_selection_sent(CHANNELS, SHARE), score, kept, NULL);
    return dvfo_live_request_encode(&map, SHARE, id, kept, values, bytes);
}

static struct dvfo_turn ask_at(struct dvfo_session *session, uint64_t id, uint64_t now_ns)
{
    uint8_t bytes[MOST_FRAME], said[DVFO_SMALL_MOST_BYTE];
    hear(session, bytes, encode_request(id, bytes));
    const struct dvfo_turn turn = dvfo_session_next(session, now_ns, said);
    cr_expect(dvfo_session_next(session, now_ns, said).kind == DVFO_TURN_WAIT);
    return turn;
}

static void open_greeted(struct dvfo_session *session)
{
    uint8_t bytes[MOST_FRAME], said[DVFO_SMALL_MOST_BYTE];
    const struct dvfo_hello hello = {.shares = DVFO_SHARES_ALL};
    cr_assert(dvfo_session_open(NULL, &terms, 0, session) == DVFO_OK);
    hear(session, bytes, dvfo_hello_encode(&hello, bytes));
    cr_assert_eq(dvfo_session_next(session, 0, said).kind, DVFO_TURN_SAY);
    cr_assert_eq(dvfo_session_next(session, 0, said).kind, DVFO_TURN_WAIT);
}

Test(live_session, a_session_hears_byte_by_byte_what_it_hears_at_once)
{
    struct dvfo_session session;
    uint8_t bytes[MOST_FRAME], said[DVFO_SMALL_MOST_BYTE];
    open_greeted(&session);
    const size_t size = encode_request(3, bytes);
    for (size_t i = 0; i < size; i++) {
        hear(&session, bytes + i, 1);
        const struct dvfo_turn turn = dvfo_session_next(&session, 0, said);
        cr_expect_eq(turn.kind, i + 1 < size ? DVFO_TURN_WAIT : DVFO_TURN_ASK);
    }
    dvfo_session_close(&session);
}

Test(live_session, requests_are_counted_and_their_rate_is_bounded)
{
    struct dvfo_session session;
    const uint64_t s = 1000000000;
    open_greeted(&session);
    cr_expect_eq(ask_at(&session, 1, 0).kind, DVFO_TURN_ASK);
    cr_expect_eq(ask_at(&session, 2, 0).kind, DVFO_TURN_ASK);
    cr_expect_eq(ask_at(&session, 3, 0).complaint, DVFO_COMPLAINT_TOO_MANY);
    dvfo_session_settle(&session, 1, 0);
    cr_expect_eq(ask_at(&session, 3, 0).complaint, DVFO_COMPLAINT_TOO_FAST, "two at once are a second's worth");
    cr_expect_eq(ask_at(&session, 3, s / 2).kind, DVFO_TURN_ASK);
    dvfo_session_settle(&session, 2, s / 2);
    cr_expect_eq(ask_at(&session, 4, s / 2).complaint, DVFO_COMPLAINT_TOO_FAST);
    cr_expect_eq(ask_at(&session, 3, 9 * s).complaint, DVFO_COMPLAINT_REPEATED);
    cr_expect_eq(session.state, DVFO_SESSION_IS_OVER);
    dvfo_session_close(&session);
}

Test(live_session, a_session_is_late_when_nothing_whole_comes)
{
    struct dvfo_session session;
    uint8_t bytes[MOST_FRAME], said[DVFO_SMALL_MOST_BYTE];
    cr_assert(dvfo_session_open(NULL, &terms, 50, &session) == DVFO_OK);
    cr_expect_not(dvfo_session_is_late(&session, 150));
    cr_expect(dvfo_session_is_late(&session, 151));
    const struct dvfo_hello hello = {.shares = DVFO_SHARES_ALL};
    hear(&session, bytes, dvfo_hello_encode(&hello, bytes));
    dvfo_session_next(&session, 120, said);
    cr_expect_not(dvfo_session_is_late(&session, 1120));
    cr_expect(dvfo_session_is_late(&session, 1121));
    cr_expect_eq(ask_at(&session, 1, 1000).kind, DVFO_TURN_ASK);
    cr_expect_not(dvfo_session_is_late(&session, 9999), "while we owe it an answer");
    dvfo_session_settle(&session, 1, 9999);
    cr_expect_not(dvfo_session_is_late(&session, 10999));
    cr_expect(dvfo_session_is_late(&session, 11000));
    dvfo_session_close(&session);
}
