/* The device's part of a collaborative network, one image at a time: what a request really computes here.
 *
 *   full     image -> class: the plain network, share 0
 *   attend   image -> ranked feature map; how its importance is spread
 *   split    a share of its channels is named to be sent
 *   tail     what stays -> logits of the device
 *   fuse     logits of both sides -> class
 * Products run on one thread. One thread at a time. */
#ifndef DVFO_EDGE_NETWORK_H
#define DVFO_EDGE_NETWORK_H

#include <stdint.h>

#include "bench/live/messages.h"
#include "policies/attention/images.h"
#include "sim/world.h"

struct dvfo_edge_network;

/** @return DVFO_BAD_INPUT when the file is no such network, or hasn't learnt to be split */
dvfo_status dvfo_edge_network_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_edge_network **out);
void dvfo_edge_network_free(struct dvfo_edge_network *network); /* NULL welcome */

const struct dvfo_map *dvfo_edge_network_map(const struct dvfo_edge_network *network);
const uint8_t *dvfo_edge_network_fingerprint(const struct dvfo_edge_network *network); /* SHA-256 of the file */
const char *dvfo_edge_network_sha256(const struct dvfo_edge_network *network);         /* the same in hexadecimal */

/** The image that the steps below are of. @param pixels  (3, 32, 32) as a record of images.h holds them */
void dvfo_edge_network_show(struct dvfo_edge_network *network, const uint8_t *pixels);

/** @return the class that the plain network sees */
long dvfo_edge_network_full(struct dvfo_edge_network *network);

/** @param importance  shares of all importance that the first 1/4, 1/2, 3/4 of the channels hold, by rank */
void dvfo_edge_network_attend(struct dvfo_edge_network *network, double importance[DVFO_IMPORTANCES]);

/* What is sent; borrowed until the next image. */
struct dvfo_edge_payload {
    const float *kept;   /* (C) above 0: the channel stays */
    const float *values; /* (C, N) */
};

/** @param share_tenths  1..10 */
struct dvfo_edge_payload dvfo_edge_network_split(struct dvfo_edge_network *network, int share_tenths);

/** What stays is computed to its end; nothing to do at share 10. */
void dvfo_edge_network_tail(struct dvfo_edge_network *network, int share_tenths);

/** @param remote  (K) what the cloud says
 *  @param lambda  weight of the device's answer; at share 10 the cloud answers alone
 *  @return        the class that comes of both */
long dvfo_edge_network_fuse(struct dvfo_edge_network *network, int share_tenths, double lambda, const float *remote);

#endif
