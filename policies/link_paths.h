/* Paths: what a generated link may do next, as draws from what is believed of it.
 *
 * Each path is one future, second by second: the trace's mean, an outage or none, the rate. The random numbers behind
 * the paths are drawn once and serve every decision (common random numbers), so that a decision changes only where the
 * belief does. */
#ifndef DVFO_LINK_PATHS_H
#define DVFO_LINK_PATHS_H

#include "policies/link_belief.h"

struct dvfo_link_paths;

/** @param paths    how many, >= 1
 *  @param seconds  how far they reach; from there on they keep their last rate */
dvfo_status dvfo_link_paths_create(struct dvfo_ctx *ctx, uint64_t seed, size_t paths, size_t seconds,
                                   struct dvfo_link_paths **out);
void dvfo_link_paths_free(struct dvfo_link_paths *paths);

/** Let them begin at `t_s` of the link's clock, from what is believed. Allocates nothing. */
void dvfo_link_paths_begin(struct dvfo_link_paths *paths, const struct dvfo_link_belief *belief, double t_s);

/** How long `bits` take on path i from `begin_s` after t_s on [s]; INFINITY when its last rate is 0 and holds them. */
double dvfo_link_paths_send_s(const struct dvfo_link_paths *paths, size_t i, double begin_s, double bits);

#endif
