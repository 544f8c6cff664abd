#include "bench/live/key.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <string.h>
#include <unistd.h>

#include "bench/live/wire.h"
#include "sim/base/text.h"

enum { WORD_BYTE = 16 };

dvfo_status dvfo_key_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_key *out)
{
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, DVFO_KEY_MOST_BYTE + 2, &text));
    size_t size = text.size;
    while (size > 0 && (text.bytes[size - 1] == '\n' || text.bytes[size - 1] == '\r')) {
        size--;
    }
    const bool fits = size >= DVFO_KEY_LEAST_BYTE && size <= DVFO_KEY_MOST_BYTE;
    if (fits) {
        out->size = size;
        memcpy(out->bytes, text.bytes, size);
    }
    dvfo_text_free(&text);
    return fits ? DVFO_OK
                : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: a key of %zu bytes, expected %d to %d", path, size,
                            DVFO_KEY_LEAST_BYTE, DVFO_KEY_MOST_BYTE);
}

void dvfo_key_hmac(const uint8_t *key, size_t key_size, const uint8_t *message, size_t size,
                   uint8_t mac[DVFO_PROOF_BYTE])
{
    struct hmac_sha256_ctx hmac;
    hmac_sha256_set_key(&hmac, key_size, key);
    hmac_sha256_update(&hmac, size, message);
    hmac_sha256_digest(&hmac, DVFO_PROOF_BYTE, mac);
}

struct dvfo_proof dvfo_key_proof(const struct dvfo_key *key, dvfo_side side, const uint8_t device[DVFO_NONCE_BYTE],
                                 const uint8_t cloud[DVFO_NONCE_BYTE])
{
    static const char word[2][WORD_BYTE + 1] = {"dvfo device 0001", "dvfo cloud  0001"};
    uint8_t message[WORD_BYTE + 2 * DVFO_NONCE_BYTE];
    struct dvfo_wire_writer writer = dvfo_wire_write(message, sizeof message);
    dvfo_wire_put_bytes(&writer, word[side], WORD_BYTE);
    dvfo_wire_put_bytes(&writer, device, DVFO_NONCE_BYTE);
    dvfo_wire_put_bytes(&writer, cloud, DVFO_NONCE_BYTE);
    struct dvfo_proof proof;
    dvfo_key_hmac(key->bytes, key->size, message, sizeof message, proof.mac);
    return proof;
}

bool dvfo_proof_equals(const struct dvfo_proof *a, const struct dvfo_proof *b)
{
    return memeql_sec(a->mac, b->mac, DVFO_PROOF_BYTE) != 0;
}

dvfo_status dvfo_nonce_draw(struct dvfo_ctx *ctx, uint8_t nonce[DVFO_NONCE_BYTE])
{
    return getentropy(nonce, DVFO_NONCE_BYTE) == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "the system gives no random bytes: %s", strerror(errno));
}
