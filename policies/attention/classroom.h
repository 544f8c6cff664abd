/* A classroom: an epoch's batches, learnt by a crew shard by shard. */
#ifndef DVFO_CLASSROOM_H
#define DVFO_CLASSROOM_H

#include "policies/attention/schooling.h"

struct dvfo_classroom;

/** @param schooling  borrowed: what is learnt, and by which parameters
 *  @param images     borrowed; the first `count` */
dvfo_status dvfo_classroom_create(struct dvfo_ctx *ctx, const struct dvfo_schooling *schooling,
                                  const struct dvfo_images *images, long count, int threads,
                                  struct dvfo_classroom **out);
void dvfo_classroom_free(struct dvfo_classroom *room);

/** Whole batches that the images make; what is left over waits for another epoch's order. */
long dvfo_classroom_batches(const struct dvfo_classroom *room);

/** Slopes of one batch's loss in all parameters. @return DVFO_FAILED when the loss isn't finite */
dvfo_status dvfo_classroom_learn(struct dvfo_ctx *ctx, struct dvfo_classroom *room, long batch, double *loss);

/** Slopes of the batch learnt last; who uses them sets them to 0. */
float *dvfo_classroom_gradient(struct dvfo_classroom *room);

/** Running statistics move towards those of the batch learnt last. */
void dvfo_classroom_keep_statistics(const struct dvfo_classroom *room, float *statistics);

/** Importance of the channels by integrated gradients over some images: order (C), summing to 1. */
void dvfo_classroom_measure_order(struct dvfo_classroom *room, float *order);

#endif
