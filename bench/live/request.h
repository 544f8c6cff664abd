/* The request: channels of a feature map on their way to the cloud, and back to numbers there. */
#ifndef DVFO_LIVE_REQUEST_H
#define DVFO_LIVE_REQUEST_H

#include "bench/live/messages.h"

/** Bytes of a frame with a request at a share of 1..10 tenths; the longest is at 10. */
size_t dvfo_live_request_bytes(const struct dvfo_map *map, int share_tenths);

/** Code the channels that don't stay.
 *  @param kept    (C) above 0: the channel stays. As many go as dvfo_selection_sent says of this share
 *  @param values  (C, N) finite
 *  @param frame   dvfo_live_request_bytes of room
 *  @return        bytes of the frame */
size_t dvfo_live_request_encode(const struct dvfo_map *map, int share_tenths, uint64_t id, const float *kept,
                                const float *values, uint8_t *frame);

/** @param out  borrows from the frame */
dvfo_status dvfo_live_request_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame,
                                     const struct dvfo_map *map, struct dvfo_live_request *out);

/** As numbers again, those that stayed being 0.
 *  @param values  channel c goes to values[c * step] .. + N */
void dvfo_live_request_values(const struct dvfo_live_request *request, const struct dvfo_map *map, size_t step,
                              float *values);

#endif
