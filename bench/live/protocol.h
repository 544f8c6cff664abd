/* The protocol between device and cloud: frames. docs/protocol.md tells all of it, messages.h what frames hold.
 *
 * A frame is a header of 24 bytes and a payload. Its checksum covers both, so that no flipped byte passes. Decoding
 * reads what strangers send: it never looks past `size`, believes no length that it hasn't checked, and refuses with a
 * sentence. */
#ifndef DVFO_PROTOCOL_H
#define DVFO_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "bench/live/complaint.h"
#include "sim/base/status.h"

enum { DVFO_PROTOCOL_VERSION = 1, DVFO_PROTOCOL_HEADER_BYTE = 24 };

typedef enum dvfo_message {
    DVFO_MESSAGE_HELLO = 1, /* device: who is there? */
    DVFO_MESSAGE_WELCOME,   /* cloud: what is served */
    DVFO_MESSAGE_PROOF,     /* both: of knowing the key */
    DVFO_MESSAGE_REQUEST,   /* device: channels of a feature map */
    DVFO_MESSAGE_ANSWER,    /* cloud: logits */
    DVFO_MESSAGE_ERROR,     /* cloud: a complaint */
    DVFO_MESSAGE_BYE,       /* both: nothing more will come */
    DVFO_MESSAGES
} dvfo_message;

/** "hello"; of what isn't a message: "unknown". */
const char *dvfo_message_name(dvfo_message message);

struct dvfo_live_frame {
    dvfo_message type;
    uint64_t id;            /* of a request, and in all that is said about it; else 0 */
    const uint8_t *payload; /* borrowed from the bytes it was read from */
    size_t size;            /* of the payload */
    size_t bytes;           /* of the whole frame; 0: it isn't whole yet, more must come */
};

/** The first frame of a stream.
 *  @param max_payload  longer ones are refused as soon as their header is there
 *  @param complaint    written: what to tell the peer on failure
 *  @return             DVFO_BAD_INPUT when no frame can come of these bytes, whatever follows them */
dvfo_status dvfo_live_frame_decode(struct dvfo_ctx *ctx, const uint8_t *bytes, size_t size, size_t max_payload,
                                   struct dvfo_live_frame *frame, dvfo_complaint *complaint);

/** What the DVFO_PROTOCOL_HEADER_BYTE bytes of a header say: type, size and id; its checksum isn't looked at.
 *  @return as dvfo_live_frame_decode */
dvfo_status dvfo_live_frame_peek(struct dvfo_ctx *ctx, const uint8_t *header, struct dvfo_live_frame *frame,
                                 dvfo_complaint *complaint);

/** Write the header of a frame whose payload lies behind it already. @return bytes of the frame */
size_t dvfo_live_frame_seal(uint8_t *bytes, dvfo_message type, uint64_t id, size_t payload_size);

#endif
