#include "bench/live/protocol.h"

#include <string.h>
#include <zlib.h>

#include "bench/live/wire.h"

static const uint8_t magic[4] = {'D', 'V', 'F', 'O'};

/* Where the checksum stands: last, so that it covers all that comes before. */
enum { CRC_AT = 20, CRC_BYTE = 4 };

const char *dvfo_message_name(dvfo_message message)
{
    static const char *const name[DVFO_MESSAGES] = {NULL,      "hello",  "welcome", "proof",
                                                    "request", "answer", "error",   "bye"};
    return message >= DVFO_MESSAGE_HELLO && message < DVFO_MESSAGES ? name[message] : "unknown";
}

static uint32_t checksum(const uint8_t *bytes, size_t payload_size)
{
    const uLong header = crc32(crc32(0, NULL, 0), bytes, CRC_AT);
    return (uint32_t)crc32_z(header, bytes + DVFO_PROTOCOL_HEADER_BYTE, payload_size);
}

static dvfo_status refuse_magic(struct dvfo_ctx *ctx, const uint8_t *bytes)
{
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "a frame begins with bytes %02x %02x %02x %02x, expected 44 56 46 4f (DVFO)",
                     bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* What the header alone tells. */
static dvfo_status check_header(struct dvfo_ctx *ctx, uint64_t version, const struct dvfo_live_frame *frame,
                                size_t max_payload, dvfo_complaint *complaint)
{
    if (version != DVFO_PROTOCOL_VERSION) {
        *complaint = DVFO_COMPLAINT_VERSION;
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the peer speaks version %u of the protocol, expected %d",
                         (unsigned)version, DVFO_PROTOCOL_VERSION);
    }
    if (frame->type < DVFO_MESSAGE_HELLO || frame->type >= DVFO_MESSAGES) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a message is of type %u, expected 1 to %d", (unsigned)frame->type,
                         DVFO_MESSAGES - 1);
    }
    if (frame->size > max_payload) {
        *complaint = DVFO_COMPLAINT_TOO_LARGE;
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a %s is %zu bytes long, expected at most %zu",
                         dvfo_message_name(frame->type), frame->size, max_payload);
    }
    return DVFO_OK;
}

/* @param crc  written: the checksum that it names */
static dvfo_status read_header(struct dvfo_ctx *ctx, const uint8_t *header, size_t max_payload,
                               struct dvfo_live_frame *frame, uint32_t *crc, dvfo_complaint *complaint)
{
    struct dvfo_wire_reader reader = dvfo_wire_read(header + sizeof magic, DVFO_PROTOCOL_HEADER_BYTE - sizeof magic);
    const uint64_t version = dvfo_wire_take(&reader, 2);
    frame->type = (dvfo_message)dvfo_wire_take(&reader, 2);
    frame->size = (size_t)dvfo_wire_take(&reader, 4);
    frame->id = dvfo_wire_take(&reader, 8);
    *crc = (uint32_t)dvfo_wire_take(&reader, CRC_BYTE);
    return check_header(ctx, version, frame, max_payload, complaint);
}

dvfo_status dvfo_live_frame_decode(struct dvfo_ctx *ctx, const uint8_t *bytes, size_t size, size_t max_payload,
                                   struct dvfo_live_frame *frame, dvfo_complaint *complaint)
{
    uint32_t crc;
    *frame = (struct dvfo_live_frame){0};
    *complaint = DVFO_COMPLAINT_MALFORMED;
    if (size >= sizeof magic && memcmp(bytes, magic, sizeof magic) != 0) {
        return refuse_magic(ctx, bytes);
    }
    if (size < DVFO_PROTOCOL_HEADER_BYTE) {
        return DVFO_OK;
    }
    DVFO_TRY(read_header(ctx, bytes, max_payload, frame, &crc, complaint));
    if (size - DVFO_PROTOCOL_HEADER_BYTE < frame->size) {
        return DVFO_OK;
    }
    if (checksum(bytes, frame->size) != crc) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a %s doesn't have the checksum that it names",
                         dvfo_message_name(frame->type));
    }
    frame->payload = bytes + DVFO_PROTOCOL_HEADER_BYTE;
    frame->bytes = DVFO_PROTOCOL_HEADER_BYTE + frame->size;
    *complaint = DVFO_COMPLAINT_NONE;
    return DVFO_OK;
}

dvfo_status dvfo_live_frame_peek(struct dvfo_ctx *ctx, const uint8_t *header, struct dvfo_live_frame *frame,
                                 dvfo_complaint *complaint)
{
    uint32_t crc;
    *frame = (struct dvfo_live_frame){0};
    *complaint = DVFO_COMPLAINT_MALFORMED;
    return memcmp(header, magic, sizeof magic) != 0 ? refuse_magic(ctx, header)
                                                    : read_header(ctx, header, SIZE_MAX, frame, &crc, complaint);
}

size_t dvfo_live_frame_seal(uint8_t *bytes, dvfo_message type, uint64_t id, size_t payload_size)
{
    struct dvfo_wire_writer writer = dvfo_wire_write(bytes, DVFO_PROTOCOL_HEADER_BYTE);
    dvfo_wire_put_bytes(&writer, magic, sizeof magic);
    dvfo_wire_put(&writer, DVFO_PROTOCOL_VERSION, 2);
    dvfo_wire_put(&writer, (uint64_t)type, 2);
    dvfo_wire_put(&writer, payload_size, 4);
    dvfo_wire_put(&writer, id, 8);
    dvfo_wire_put(&writer, checksum(bytes, payload_size), CRC_BYTE);
    return DVFO_PROTOCOL_HEADER_BYTE + payload_size;
}
