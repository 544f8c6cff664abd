/* The tail that the cloud runs: the remote part of a collaborative network, from a file of `dvfo attention train`. */
#ifndef DVFO_TAIL_H
#define DVFO_TAIL_H

#include "bench/live/messages.h"

struct dvfo_tail; /* one thread at a time */

/** @param most  requests of a batch
 *  @return      DVFO_BAD_INPUT when the file is no such network, or hasn't learnt to be split */
dvfo_status dvfo_tail_load(struct dvfo_ctx *ctx, const char *path, int most, struct dvfo_tail **out);
void dvfo_tail_free(struct dvfo_tail *tail);

const struct dvfo_map *dvfo_tail_map(const struct dvfo_tail *tail);
/** SHA-256 of the file. */
const uint8_t *dvfo_tail_fingerprint(const struct dvfo_tail *tail);

/** Answer requests of one share together.
 *  @return  logits (K, count): class k of request i at [k * count + i]; borrowed until the next run */
const float *dvfo_tail_run(struct dvfo_tail *tail, int share_tenths, int count,
                           const struct dvfo_live_request *const *requests);

#endif
