/* Placements: where a request may be computed, as a list to choose from. */
#ifndef DVFO_PLACEMENTS_H
#define DVFO_PLACEMENTS_H

#include "sim/world.h"

/* Placements to choose from, clocks not filled in: EDGE first, then by kind. */
struct dvfo_placements {
    struct dvfo_decision *at; /* (count) owned */
    int count;
};

enum { DVFO_WITH_SHARES = 1, DVFO_WITH_CUTS = 2, DVFO_WITH_CLOUD = 4 };

/** EDGE and the kinds asked for, as far as the accuracy floor allows them: shares 1..10 tenths, every layer cut, the
 *  encoded input. Free with dvfo_placements_free. */
dvfo_status dvfo_placements_create(struct dvfo_ctx *ctx, const struct dvfo_scenario *scenario, int kinds,
                                   struct dvfo_placements *out);
void dvfo_placements_free(struct dvfo_placements *placements);

#endif
