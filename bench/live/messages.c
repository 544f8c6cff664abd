#include "bench/live/messages.h"

#include <string.h>

#include "bench/live/wire.h"

enum { HELLO_BYTE = DVFO_NONCE_BYTE + 2, WELCOME_BYTE = DVFO_NONCE_BYTE + DVFO_FINGERPRINT_BYTE + 2 + 1 + 2 + 4 * 2 };
enum { ANSWER_HEAD_BYTE = 2 + 2 + 8 + 8 };

static struct dvfo_wire_writer payload_of(uint8_t *frame, size_t room)
{
    return dvfo_wire_write(frame + DVFO_PROTOCOL_HEADER_BYTE, room);
}

static dvfo_status check_size(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, size_t expected)
{
    return frame->size == expected ? DVFO_OK
                                   : dvfo_fail(ctx, DVFO_BAD_INPUT, "a %s holds %zu bytes, expected %zu",
                                               dvfo_message_name(frame->type), frame->size, expected);
}

static dvfo_status check_shares(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, unsigned shares)
{
    return shares != 0 && shares <= DVFO_SHARES_ALL
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "a %s names shares %#x, expected some of the ten bits %#x",
                           dvfo_message_name(frame->type), shares, DVFO_SHARES_ALL);
}

dvfo_status dvfo_map_check(struct dvfo_ctx *ctx, const struct dvfo_map *map)
{
    const struct {
        const char *what;
        long value, most;
    } rows[] = {{"channels", map->channels, DVFO_MAP_MOST_CHANNELS},
                {"rows", map->height, DVFO_MAP_MOST_SIDE},
                {"columns", map->width, DVFO_MAP_MOST_SIDE},
                {"classes", map->classes, DVFO_MAP_MOST_CLASSES}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].value < 1 || rows[i].value > rows[i].most) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "the map at the split has %ld %s, expected 1 to %ld", rows[i].value,
                             rows[i].what, rows[i].most);
        }
    }
    return DVFO_OK;
}

/* ---- hello, welcome, proof ---- */

size_t dvfo_hello_encode(const struct dvfo_hello *hello, uint8_t *frame)
{
    struct dvfo_wire_writer writer = payload_of(frame, HELLO_BYTE);
    dvfo_wire_put_bytes(&writer, hello->nonce, DVFO_NONCE_BYTE);
    dvfo_wire_put(&writer, hello->shares, 2);
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_HELLO, 0, writer.size);
}

dvfo_status dvfo_hello_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_hello *out)
{
    DVFO_TRY(check_size(ctx, frame, HELLO_BYTE));
    struct dvfo_wire_reader reader = dvfo_wire_read(frame->payload, frame->size);
    memcpy(out->nonce, dvfo_wire_take_bytes(&reader, DVFO_NONCE_BYTE), DVFO_NONCE_BYTE);
    out->shares = (unsigned)dvfo_wire_take(&reader, 2);
    return check_shares(ctx, frame, out->shares);
}

size_t dvfo_welcome_encode(const struct dvfo_welcome *welcome, uint8_t *frame)
{
    struct dvfo_wire_writer writer = payload_of(frame, WELCOME_BYTE);
    dvfo_wire_put_bytes(&writer, welcome->nonce, DVFO_NONCE_BYTE);
    dvfo_wire_put_bytes(&writer, welcome->fingerprint, DVFO_FINGERPRINT_BYTE);
    dvfo_wire_put(&writer, welcome->shares, 2);
    dvfo_wire_put(&writer, welcome->wants_proof, 1);
    dvfo_wire_put(&writer, welcome->in_flight, 2);
    dvfo_wire_put(&writer, (uint64_t)welcome->map.channels, 2);
    dvfo_wire_put(&writer, (uint64_t)welcome->map.height, 2);
    dvfo_wire_put(&writer, (uint64_t)welcome->map.width, 2);
    dvfo_wire_put(&writer, (uint64_t)welcome->map.classes, 2);
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_WELCOME, 0, writer.size);
}

dvfo_status dvfo_welcome_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_welcome *out)
{
    DVFO_TRY(check_size(ctx, frame, WELCOME_BYTE));
    struct dvfo_wire_reader reader = dvfo_wire_read(frame->payload, frame->size);
    memcpy(out->nonce, dvfo_wire_take_bytes(&reader, DVFO_NONCE_BYTE), DVFO_NONCE_BYTE);
    memcpy(out->fingerprint, dvfo_wire_take_bytes(&reader, DVFO_FINGERPRINT_BYTE), DVFO_FINGERPRINT_BYTE);
    out->shares = (unsigned)dvfo_wire_take(&reader, 2);
    const unsigned wants_proof = (unsigned)dvfo_wire_take(&reader, 1);
    out->in_flight = (unsigned)dvfo_wire_take(&reader, 2);
    out->map.channels = (long)dvfo_wire_take(&reader, 2);
    out->map.height = (long)dvfo_wire_take(&reader, 2);
    out->map.width = (long)dvfo_wire_take(&reader, 2);
    out->map.classes = (long)dvfo_wire_take(&reader, 2);
    if (wants_proof > 1 || out->in_flight == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "a welcome asks for %u proofs and lets %u requests fly, expected 0 or 1 "
                         "and at least 1",
                         wants_proof, out->in_flight);
    }
    out->wants_proof = wants_proof != 0;
    DVFO_TRY(check_shares(ctx, frame, out->shares));
    return dvfo_map_check(ctx, &out->map);
}

size_t dvfo_proof_encode(const struct dvfo_proof *proof, uint8_t *frame)
{
    struct dvfo_wire_writer writer = payload_of(frame, DVFO_PROOF_BYTE);
    dvfo_wire_put_bytes(&writer, proof->mac, DVFO_PROOF_BYTE);
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_PROOF, 0, writer.size);
}

dvfo_status dvfo_proof_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_proof *out)
{
    DVFO_TRY(check_size(ctx, frame, DVFO_PROOF_BYTE));
    memcpy(out->mac, frame->payload, DVFO_PROOF_BYTE);
    return DVFO_OK;
}

/* ---- error, bye ---- */

size_t dvfo_error_encode(dvfo_complaint complaint, uint64_t id, const char *sentence, uint8_t *frame)
{
    const size_t length = strnlen(sentence, DVFO_ERROR_MOST_BYTE);
    struct dvfo_wire_writer writer = payload_of(frame, 4 + DVFO_ERROR_MOST_BYTE);
    dvfo_wire_put(&writer, (uint64_t)complaint, 2);
    dvfo_wire_put(&writer, length, 2);
    dvfo_wire_put_bytes(&writer, sentence, length);
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_ERROR, id, writer.size);
}

dvfo_status dvfo_error_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_error *out)
{
    struct dvfo_wire_reader reader = dvfo_wire_read(frame->payload, frame->size);
    out->complaint = (dvfo_complaint)dvfo_wire_take(&reader, 2);
    const size_t length = (size_t)dvfo_wire_take(&reader, 2);
    const uint8_t *text = dvfo_wire_take_bytes(&reader, length);
    if (text == NULL || length > DVFO_ERROR_MOST_BYTE || !dvfo_wire_is_spent(&reader)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an error of %zu bytes names a sentence of %zu", frame->size, length);
    }
    for (size_t i = 0; i < length; i++) {
        out->sentence[i] = text[i] >= ' ' && text[i] <= '~' ? (char)text[i] : '?';
    }
    out->sentence[length] = '\0';
    return DVFO_OK;
}

size_t dvfo_bye_encode(uint8_t *frame)
{
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_BYE, 0, 0);
}

dvfo_status dvfo_bye_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame)
{
    return check_size(ctx, frame, 0);
}

/* ---- answer ---- */

size_t dvfo_answer_bytes(const struct dvfo_map *map)
{
    return DVFO_PROTOCOL_HEADER_BYTE + ANSWER_HEAD_BYTE + (size_t)map->classes * sizeof(float);
}

size_t dvfo_answer_encode(const struct dvfo_answer *answer, uint64_t id, const float *logits, long step, uint8_t *frame)
{
    struct dvfo_wire_writer writer = payload_of(frame, ANSWER_HEAD_BYTE + (size_t)answer->classes * sizeof(float));
    dvfo_wire_put(&writer, (uint64_t)answer->classes, 2);
    dvfo_wire_put(&writer, answer->batch, 2);
    dvfo_wire_put(&writer, answer->queue_ns, 8);
    dvfo_wire_put(&writer, answer->compute_ns, 8);
    for (long k = 0; k < answer->classes; k++) {
        dvfo_wire_put_float(&writer, logits[k * step]);
    }
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_ANSWER, id, writer.size);
}

dvfo_status dvfo_answer_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, const struct dvfo_map *map,
                               struct dvfo_answer *out)
{
    DVFO_TRY(check_size(ctx, frame, dvfo_answer_bytes(map) - DVFO_PROTOCOL_HEADER_BYTE));
    struct dvfo_wire_reader reader = dvfo_wire_read(frame->payload, frame->size);
    out->classes = (long)dvfo_wire_take(&reader, 2);
    out->batch = (unsigned)dvfo_wire_take(&reader, 2);
    out->queue_ns = dvfo_wire_take(&reader, 8);
    out->compute_ns = dvfo_wire_take(&reader, 8);
    out->logits = dvfo_wire_take_bytes(&reader, (size_t)map->classes * sizeof(float));
    return out->classes == map->classes && out->batch > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "an answer is about %ld classes in a batch of %u, expected %ld and at "
                           "least 1",
                           out->classes, out->batch, map->classes);
}

void dvfo_answer_logits(const struct dvfo_answer *answer, float *logits)
{
    struct dvfo_wire_reader reader = dvfo_wire_read(answer->logits, (size_t)answer->classes * sizeof(float));
    for (long k = 0; k < answer->classes; k++) {
        logits[k] = dvfo_wire_take_float(&reader);
    }
}
