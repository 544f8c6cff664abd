/* The key that device and cloud share. Each proves that it knows it by an HMAC-SHA256 (RFC 2104) over both nonces of
 * the connection and a word for its side, so that no proof can be used again or sent back. It keeps strangers out; it
 * hides nothing, and does not protect what is said afterwards: that takes a tunnel. */
#ifndef DVFO_KEY_H
#define DVFO_KEY_H

#include "bench/live/messages.h"

enum { DVFO_KEY_LEAST_BYTE = 16, DVFO_KEY_MOST_BYTE = 1024 };

struct dvfo_key {
    size_t size;
    uint8_t bytes[DVFO_KEY_MOST_BYTE];
};

/** Any bytes; line ends behind them don't count. @return DVFO_BAD_INPUT when they are too few or too many */
dvfo_status dvfo_key_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_key *out);

typedef enum dvfo_side { DVFO_SIDE_DEVICE, DVFO_SIDE_CLOUD } dvfo_side;

/** The proof that a side gives. Nonces: the device's, then the cloud's. */
struct dvfo_proof dvfo_key_proof(const struct dvfo_key *key, dvfo_side side, const uint8_t device[DVFO_NONCE_BYTE],
                                 const uint8_t cloud[DVFO_NONCE_BYTE]);

/** Takes as long wherever they differ. */
bool dvfo_proof_equals(const struct dvfo_proof *a, const struct dvfo_proof *b);

/** HMAC-SHA256 of a message. Pinned by RFC 4231's cases. */
void dvfo_key_hmac(const uint8_t *key, size_t key_size, const uint8_t *message, size_t size,
                   uint8_t mac[DVFO_PROOF_BYTE]);

/** Bytes that nobody can guess. @return DVFO_FAILED when the system has none */
dvfo_status dvfo_nonce_draw(struct dvfo_ctx *ctx, uint8_t nonce[DVFO_NONCE_BYTE]);

#endif
