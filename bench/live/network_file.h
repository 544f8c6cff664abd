/* The file of a collaborative network (`dvfo attention train`), as both sides of a live run open it. */
#ifndef DVFO_NETWORK_FILE_H
#define DVFO_NETWORK_FILE_H

#include "bench/live/messages.h"
#include "policies/attention/schooling.h"
#include "sim/base/text.h"

/* Zero-initialise. */
struct dvfo_network_file {
    struct dvfo_schooling *schooling; /* owned */
    struct dvfo_map map;              /* at its split */
    uint8_t fingerprint[DVFO_FINGERPRINT_BYTE];
    char sha256[DVFO_SHA256_HEX_SIZE]; /* the same in hexadecimal */
};

/** @return DVFO_BAD_INPUT when the file is no such network, or hasn't learnt to be split */
dvfo_status dvfo_network_file_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_network_file *out);
void dvfo_network_file_free(struct dvfo_network_file *file); /* zeroed welcome */

#endif
