/* What a server has done, since it began and since it told last. */
#ifndef DVFO_SERVED_H
#define DVFO_SERVED_H

#include "sim/histogram.h"

struct dvfo_served {
    uint64_t connections, answers, refusals; /* refusals: complaints that were made, of connections or requests */
    double batches;
    struct dvfo_histogram latency_s; /* from a whole request to its answer on the way */
};

dvfo_status dvfo_served_init(struct dvfo_ctx *ctx, struct dvfo_served *served);
void dvfo_served_free(struct dvfo_served *served);
void dvfo_served_clear(struct dvfo_served *served);

/** @param batch  requests that were computed together with it */
void dvfo_served_answer(struct dvfo_served *served, unsigned batch, double latency_s);

/** "3 connections, 120 requests, 0 refused, mean batch 2.5, p50 0.41 ms, p99 1.90 ms".
 *  @param connections  to name */
void dvfo_served_text(const struct dvfo_served *served, uint64_t connections, char *text, size_t size);

#endif
