/* What device and cloud say to each other, byte by byte; no socket is opened here. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/live/session.h"
#include "bench/live/wire.h"
#include "policies/attention/quantise.h"
#include "policies/attention/selection.h"

enum { CHANNELS = 10, PIXELS = 12, CLASSES = 7, MOST_FRAME = 4096 };

static const struct dvfo_map map = {CHANNELS, 3, 4, CLASSES};

/* ---- one frame of each kind ---- */

static float values[CHANNELS * PIXELS], kept[CHANNELS], logits[CLASSES];

static void fill(int share_tenths)
{
    for (int i = 0; i < CHANNELS * PIXELS; i++) {
        values[i] = (float)(i * i % 37) / 7.0f;
    }
    float score[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
        score[c] = (float)(c * 7 % CHANNELS);
    }
    dvfo_selection_keep(CHANNELS, 1, dvfo_selection_sent(CHANNELS, share_tenths), score, kept, NULL);
    for (int k = 0; k < CLASSES; k++) {
        logits[k] = (float)k - 2.5f;
    }
}

static size_t encode(dvfo_message type, uint8_t *frame)
{
    struct dvfo_hello hello = {.shares = 0x201};
    struct dvfo_welcome welcome = {.shares = 0x3ff, .wants_proof = true, .in_flight = 16, .map = map};
    const struct dvfo_answer answer = {.batch = 3, .queue_ns = 1234567890123, .compute_ns = 77, .classes = CLASSES};
    struct dvfo_proof proof;
    memset(hello.nonce, 0xa5, sizeof hello.nonce);
    memset(welcome.nonce, 0x5a, sizeof welcome.nonce);
    memset(welcome.fingerprint, 0x11, sizeof welcome.fingerprint);
    memset(proof.mac, 0x22, sizeof proof.mac);
    fill(4);
    switch (type) {
    case DVFO_MESSAGE_HELLO:
        return dvfo_hello_encode(&hello, frame);
    case DVFO_MESSAGE_WELCOME:
        return dvfo_welcome_encode(&welcome, frame);
    case DVFO_MESSAGE_PROOF:
        return dvfo_proof_encode(&proof, frame);
    case DVFO_MESSAGE_REQUEST:
        return dvfo_live_request_encode(&map, 4, 0x0123456789abcdef, kept, values, frame);
    case DVFO_MESSAGE_ANSWER:
        return dvfo_answer_encode(&answer, 9, logits, 1, frame);
    case DVFO_MESSAGE_ERROR:
        return dvfo_error_encode(DVFO_COMPLAINT_BUSY, 5, "no more \033[31m", frame);
    default:
        return dvfo_bye_encode(frame);
    }
}

/* Frame and what it holds. */
static dvfo_status decode(struct dvfo_ctx *ctx, const uint8_t *bytes, size_t size, struct dvfo_live_frame *frame)
{
    union {
        struct dvfo_hello hello;
        struct dvfo_welcome welcome;
        struct dvfo_proof proof;
        struct dvfo_live_request request;
        struct dvfo_answer answer;
        struct dvfo_error error;
    } held;
    dvfo_complaint complaint;
    DVFO_TRY(dvfo_live_frame_decode(ctx, bytes, size, MOST_FRAME, frame, &complaint));
    if (frame->bytes == 0) {
        return DVFO_OK;
    }
    switch (frame->type) {
    case DVFO_MESSAGE_HELLO:
        return dvfo_hello_decode(ctx, frame, &held.hello);
    case DVFO_MESSAGE_WELCOME:
        return dvfo_welcome_decode(ctx, frame, &held.welcome);
    case DVFO_MESSAGE_PROOF:
        return dvfo_proof_decode(ctx, frame, &held.proof);
    case DVFO_MESSAGE_REQUEST:
        return dvfo_live_request_decode(ctx, frame, &map, &held.request);
    case DVFO_MESSAGE_ANSWER:
        return dvfo_answer_decode(ctx, frame, &map, &held.answer);
    case DVFO_MESSAGE_ERROR:
        return dvfo_error_decode(ctx, frame, &held.error);
    default:
        return dvfo_bye_decode(ctx, frame);
    }
}

/* In a block of exactly that size, so that the sanitizer sees a byte too far. */
static dvfo_status decode_copy(struct dvfo_ctx *ctx, const uint8_t *bytes, size_t size, struct dvfo_live_frame *frame)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    const dvfo_status status = decode(ctx, copy, size, frame);
    free(copy);
    return status;
}

/* ---- frames ---- */

Test(live_protocol, the_header_stands_as_the_documentation_has_it)
{
    uint8_t frame[MOST_FRAME];
    const size_t size = encode(DVFO_MESSAGE_REQUEST, frame);
    static const uint8_t expected[] = {'D', 'V', 'F', 'O', 1, 0, 4, 0};
    cr_expect_arr_eq(frame, expected, sizeof expected);
    cr_expect_eq(frame[8] + 256 * frame[9], size - DVFO_PROTOCOL_HEADER_BYTE);
    cr_expect(frame[12] == 0xef && frame[19] == 0x01);
    cr_expect_eq(dvfo_bye_encode(frame), 24);
    /* of zlib.crc32(b"DVFO" + bytes([1, 0, 7] + [0] * 13)) in Python */
    struct dvfo_wire_reader crc = dvfo_wire_read(frame + 20, 4);
    cr_expect_eq(dvfo_wire_take(&crc, 4), 0x53c6ad66);
}

Test(live_protocol, a_frame_that_is_cut_waits_and_never_passes)
{
    uint8_t bytes[MOST_FRAME];
    for (dvfo_message type = DVFO_MESSAGE_HELLO; type < DVFO_MESSAGES; type++) {
        const size_t size = encode(type, bytes);
        struct dvfo_ctx ctx = {0};
        struct dvfo_live_frame frame;
        cr_assert(decode_copy(&ctx, bytes, size, &frame) == DVFO_OK, "%s", ctx.message);
        cr_expect(frame.bytes == size && frame.type == type);
        for (size_t cut = 0; cut < size; cut++) {
            cr_expect(decode_copy(&ctx, bytes, cut, &frame) == DVFO_OK && frame.bytes == 0, "%s at %zu",
                      dvfo_message_name(type), cut);
        }
    }
}

Test(live_protocol, a_payload_that_is_cut_or_longer_is_refused_though_its_checksum_is_right)
{
    uint8_t bytes[MOST_FRAME] = {0};
    for (dvfo_message type = DVFO_MESSAGE_HELLO; type < DVFO_MESSAGES; type++) {
        const size_t payload = encode(type, bytes) - DVFO_PROTOCOL_HEADER_BYTE;
        for (size_t length = 0; length < payload + 3; length++) {
            struct dvfo_ctx ctx = {0};
            struct dvfo_live_frame frame;
            const size_t size = dvfo_live_frame_seal(bytes, type, 1, length);
            const dvfo_status status = decode_copy(&ctx, bytes, size, &frame);
            cr_expect(length == payload ? status == DVFO_OK : status == DVFO_BAD_INPUT && ctx.message[0] != '\0',
                      "%s of %zu", dvfo_message_name(type), length);
        }
    }
}

Test(live_protocol, no_flipped_byte_passes)
{
    uint8_t bytes[MOST_FRAME];
    for (dvfo_message type = DVFO_MESSAGE_HELLO; type < DVFO_MESSAGES; type++) {
        const size_t size = encode(type, bytes);
        for (size_t at = 0; at < size; at++) {
            for (unsigned bit = 0; bit < 9; bit++) {
                const uint8_t was = bytes[at];
                struct dvfo_ctx ctx = {0};
                struct dvfo_live_frame frame;
                bytes[at] = bit < 8 ? (uint8_t)(was ^ 1u << bit) : (uint8_t)~was;
                const dvfo_status status = decode_copy(&ctx, bytes, size, &frame);
                bytes[at] = was;
                /* a length that grew waits for what never comes; all else is refused */
                const bool waits = status == DVFO_OK && frame.bytes == 0 && at >= 8 && at < 12;
                cr_expect(waits || (status == DVFO_BAD_INPUT && ctx.message[0] != '\0'), "%s at %zu",
                          dvfo_message_name(type), at);
            }
        }
    }
}

Test(live_protocol, what_the_header_tells_is_refused_before_more_is_read)
{
    static const struct {
        size_t at;
        uint8_t byte;
        dvfo_complaint complaint;
        const char *says;
    } rows[] = {
        {0, 'd', DVFO_COMPLAINT_MALFORMED, "a frame begins with bytes 64 56 46 4f, expected 44 56 46 4f (DVFO)"},
        {4, 2, DVFO_COMPLAINT_VERSION, "the peer speaks version 2 of the protocol, expected 1"},
        {6, 0, DVFO_COMPLAINT_MALFORMED, "a message is of type 0, expected 1 to 7"},
        {6, 8, DVFO_COMPLAINT_MALFORMED, "a message is of type 8, expected 1 to 7"},
        {10, 1, DVFO_COMPLAINT_TOO_LARGE, "a bye is 65536 bytes long, expected at most 4096"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[DVFO_PROTOCOL_HEADER_BYTE];
        struct dvfo_ctx ctx = {0};
        struct dvfo_live_frame frame;
        dvfo_complaint complaint;
        dvfo_bye_encode(bytes);
        bytes[rows[i].at] = rows[i].byte;
        cr_expect_eq(dvfo_live_frame_decode(&ctx, bytes, sizeof bytes, 4096, &frame, &complaint), DVFO_BAD_INPUT);
        cr_expect_eq(complaint, rows[i].complaint);
        cr_expect_str_eq(ctx.message, rows[i].says);
    }
}

/* ---- messages ---- */

Test(live_protocol, a_request_holds_what_attention_codes_bit_for_bit)
{
    for (int share = 1; share <= 10; share++) {
        uint8_t bytes[MOST_FRAME];
        struct dvfo_ctx ctx = {0};
        struct dvfo_live_frame frame;
        struct dvfo_live_request request;
        dvfo_complaint complaint;
        float back[CHANNELS * PIXELS], through[PIXELS];
        fill(share);
        const size_t size = dvfo_live_request_encode(&map, share, 77, kept, values, bytes);
        cr_expect_eq(size, dvfo_live_request_bytes(&map, share));
        cr_assert(dvfo_live_frame_decode(&ctx, bytes, size, MOST_FRAME, &frame, &complaint) == DVFO_OK);
        cr_assert(dvfo_live_request_decode(&ctx, &frame, &map, &request) == DVFO_OK, "%s", ctx.message);
        cr_expect(frame.id == 77 && request.share_tenths == share);
        dvfo_live_request_values(&request, &map, PIXELS, back);
        for (int c = 0; c < CHANNELS; c++) {
            memset(through, 0, sizeof through);
            if (!(kept[c] > 0.0f)) {
                dvfo_quantise_int8_through(PIXELS, values + c * PIXELS, through);
            }
            cr_expect_arr_eq(back + c * PIXELS, through, sizeof through, "share %d, channel %d", share, c);
        }
    }
}

Test(live_protocol, a_request_that_contradicts_itself_is_refused)
{
    enum { PAYLOAD = DVFO_PROTOCOL_HEADER_BYTE, BITMAP = PAYLOAD + 4, RANGES = BITMAP + 2 };
    static const struct {
        size_t at;
        uint8_t bytes[4];
        size_t count;
        const char *says;
    } rows[] = {
        {PAYLOAD, {0}, 1, "a request is at a share of 0 tenths, expected 1 to 10"},
        {PAYLOAD, {11}, 1, "a request is at a share of 11 tenths, expected 1 to 10"},
        {PAYLOAD, {5}, 1, "a request at a share of 5 tenths sends 4 channels, expected 5 of 10"},
        {PAYLOAD + 2, {3}, 1, "a request at a share of 4 tenths sends 3 channels, expected 4 of 10"},
        {BITMAP, {0, 0}, 2, "a request names 0 channels and sends 4"},
        {BITMAP, {0xff, 3}, 2, "a request names 10 channels and sends 4"},
        {BITMAP, {7, 4}, 2, "a request sends channel 10, expected 0 to 9"},
        {RANGES, {0, 0, 0xc0, 0x7f}, 4, "channel 0 of those sent has zero nan"},
        {RANGES, {0, 0, 0x80, 0x7f}, 4, "channel 0 of those sent has zero inf"},
        {RANGES + 12, {0, 0, 0x80, 0xff}, 4, "scale -inf, expected finite ones and no negative scale"},
        {RANGES + 28, {0, 0, 0x80, 0xbf}, 4, "scale -1, expected finite"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[MOST_FRAME];
        struct dvfo_ctx ctx = {0};
        struct dvfo_live_frame frame;
        const size_t size = encode(DVFO_MESSAGE_REQUEST, bytes);
        memcpy(bytes + rows[i].at, rows[i].bytes, rows[i].count);
        dvfo_live_frame_seal(bytes, DVFO_MESSAGE_REQUEST, 1, size - DVFO_PROTOCOL_HEADER_BYTE);
        cr_expect_eq(decode_copy(&ctx, bytes, size, &frame), DVFO_BAD_INPUT);
        cr_expect(strstr(ctx.message, rows[i].says) != NULL, "%s", ctx.message);
    }
}

Test(live_protocol, what_was_encoded_is_decoded)
{
    uint8_t bytes[MOST_FRAME];
    struct dvfo_ctx ctx = {0};
    struct dvfo_live_frame frame;
    struct dvfo_welcome welcome;
    struct dvfo_answer answer;
    struct dvfo_error error;
    float back[CLASSES];
    dvfo_complaint complaint;
    size_t size = encode(DVFO_MESSAGE_WELCOME, bytes);
    cr_assert(dvfo_live_frame_decode(&ctx, bytes, size, MOST_FRAME, &frame, &complaint) == DVFO_OK);
    cr_assert(dvfo_welcome_decode(&ctx, &frame, &welcome) == DVFO_OK);
    cr_expect(welcome.nonce[31] == 0x5a && welcome.fingerprint[31] == 0x11 && welcome.shares == 0x3ff);
    cr_expect(welcome.wants_proof && welcome.in_flight == 16);
    cr_expect(welcome.map.channels == CHANNELS && welcome.map.height == 3 && welcome.map.width == 4 &&
              welcome.map.classes == CLASSES);
    size = encode(DVFO_MESSAGE_ANSWER, bytes);
    cr_assert(dvfo_live_frame_decode(&ctx, bytes, size, MOST_FRAME, &frame, &complaint) == DVFO_OK);
    cr_assert(dvfo_answer_decode(&ctx, &frame, &map, &answer) == DVFO_OK);
    cr_expect(frame.id == 9 && answer.batch == 3 && answer.queue_ns == 1234567890123 && answer.compute_ns == 77);
    dvfo_answer_logits(&answer, back);
    cr_expect_arr_eq(back, logits, sizeof logits);
    size = encode(DVFO_MESSAGE_ERROR, bytes);
    cr_assert(dvfo_live_frame_decode(&ctx, bytes, size, MOST_FRAME, &frame, &complaint) == DVFO_OK);
    cr_assert(dvfo_error_decode(&ctx, &frame, &error) == DVFO_OK);
    cr_expect(frame.id == 5 && error.complaint == DVFO_COMPLAINT_BUSY);
    cr_expect_str_eq(error.sentence, "no more ?[31m", "nothing that a terminal obeys");
}

Test(live_protocol, bytes_on_the_wire_are_little_endian_and_end)
{
    uint8_t bytes[12];
    struct dvfo_wire_writer writer = dvfo_wire_write(bytes, sizeof bytes);
    dvfo_wire_put(&writer, 0x0102030405060708, 8);
    dvfo_wire_put_float(&writer, 1.0f);
    static const uint8_t expected[] = {8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0x80, 0x3f};
    cr_expect_arr_eq(bytes, expected, sizeof expected);
    struct dvfo_wire_reader reader = dvfo_wire_read(bytes, sizeof bytes);
    cr_expect(dvfo_wire_take(&reader, 8) == 0x0102030405060708 && dvfo_wire_take_float(&reader) == 1.0f);
    cr_expect(dvfo_wire_is_spent(&reader));
    cr_expect(dvfo_wire_take(&reader, 1) == 0 && dvfo_wire_take_bytes(&reader, 0) == NULL);
    cr_expect_not(dvfo_wire_is_spent(&reader));
}
