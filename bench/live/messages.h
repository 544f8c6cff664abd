/* What frames hold. Encoders write a whole frame and return its size; decoders read a payload and refuse with a
 * sentence what doesn't fit it to the byte. C channels of N pixels each, K classes. */
#ifndef DVFO_MESSAGES_H
#define DVFO_MESSAGES_H

#include "bench/live/protocol.h"

enum {
    DVFO_NONCE_BYTE = 32,
    DVFO_FINGERPRINT_BYTE = 32,
    DVFO_PROOF_BYTE = 32,
    DVFO_MAP_MOST_CHANNELS = 4096,
    DVFO_MAP_MOST_SIDE = 1024, /* of height and width */
    DVFO_MAP_MOST_CLASSES = 65535,
    DVFO_ERROR_MOST_BYTE = 512,                                                  /* of its sentence */
    DVFO_SMALL_MOST_BYTE = DVFO_PROTOCOL_HEADER_BYTE + 4 + DVFO_ERROR_MOST_BYTE, /* of a frame but request, answer */
};

/* The feature map at the split, and what comes of it. */
struct dvfo_map {
    long channels, height, width, classes;
};

/** DVFO_BAD_INPUT when a side of it is out of the bounds above. */
dvfo_status dvfo_map_check(struct dvfo_ctx *ctx, const struct dvfo_map *map);

/* Shares as bits: bit t - 1 is a share of t tenths. */
enum { DVFO_SHARES_ALL = 0x3ff };

struct dvfo_hello {
    uint8_t nonce[DVFO_NONCE_BYTE]; /* never used before */
    unsigned shares;                /* that the device may ask for */
};

struct dvfo_welcome {
    uint8_t nonce[DVFO_NONCE_BYTE];
    uint8_t fingerprint[DVFO_FINGERPRINT_BYTE]; /* SHA-256 of the network's file */
    unsigned shares;                            /* wanted and served */
    bool wants_proof;
    unsigned in_flight; /* requests that may be under way at once */
    struct dvfo_map map;
};

struct dvfo_proof {
    uint8_t mac[DVFO_PROOF_BYTE];
};

/* A feature map's channels that go to the cloud, coded as policies/attention/quantise.h does. */
struct dvfo_live_request {
    int share_tenths;
    long sent;             /* channels */
    const uint8_t *bitmap; /* (C / 8, rounded up) channel c is bit c % 8 of byte c / 8; borrowed, as all below */
    const uint8_t *ranges; /* (sent) pairs of low and scale, single precision */
    const uint8_t *values; /* (sent, N) */
};

struct dvfo_answer {
    unsigned batch; /* requests that were computed together */
    uint64_t queue_ns, compute_ns;
    long classes;
    const uint8_t *logits; /* (K) single precision; borrowed; dvfo_answer_logits reads them */
};

struct dvfo_error {
    dvfo_complaint complaint;
    char sentence[DVFO_ERROR_MOST_BYTE + 1];
};

size_t dvfo_hello_encode(const struct dvfo_hello *hello, uint8_t *frame);
dvfo_status dvfo_hello_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_hello *out);

size_t dvfo_welcome_encode(const struct dvfo_welcome *welcome, uint8_t *frame);
dvfo_status dvfo_welcome_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_welcome *out);

size_t dvfo_proof_encode(const struct dvfo_proof *proof, uint8_t *frame);
dvfo_status dvfo_proof_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_proof *out);

/** @param sentence  cut where it is too long */
size_t dvfo_error_encode(dvfo_complaint complaint, uint64_t id, const char *sentence, uint8_t *frame);
/** Bytes of the sentence that aren't printable ASCII become '?': it goes to terminals. */
dvfo_status dvfo_error_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, struct dvfo_error *out);

size_t dvfo_bye_encode(uint8_t *frame);
dvfo_status dvfo_bye_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame);

/** Bytes of a whole frame with an answer. */
size_t dvfo_answer_bytes(const struct dvfo_map *map);
/** @param logits  (K) `step` numbers apart */
size_t dvfo_answer_encode(const struct dvfo_answer *answer, uint64_t id, const float *logits, long step,
                          uint8_t *frame);
dvfo_status dvfo_answer_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame, const struct dvfo_map *map,
                               struct dvfo_answer *out);
void dvfo_answer_logits(const struct dvfo_answer *answer, float *logits);

#endif
