/* How well computed costs are known: the standing of the coefficients behind them.
 *
 * A coefficient counts where it matters. A layer's time is an assumption when some assumed coefficient, taken from its
 * low to its high value, moves it by more than a tenth; else it is as well known as the weakest coefficient that moves
 * it at all. Weakest first: assumption, calibrated, documented, measured. */
#ifndef DVFO_LAYER_STANDING_H
#define DVFO_LAYER_STANDING_H

#include "profiles/cost.h"

#define DVFO_STANDING_MATTERS 0.1 /* the tenth */

/** The weaker of two. */
dvfo_standing dvfo_standing_weaker(dvfo_standing a, dvfo_standing b);

/** Of each layer's GPU part and of all memory traffic, in closed form at clocks.
 *  @param layer  (n) written; documented where there is no kernel */
dvfo_status dvfo_standing_of_layers(struct dvfo_ctx *ctx, const struct dvfo_runtime *runtime,
                                    const struct dvfo_network *network, const struct dvfo_clocks *clocks,
                                    dvfo_standing layer[], dvfo_standing *traffic);

/** Of a domain's terms of Eq. (2), over all rails. */
dvfo_standing dvfo_standing_of_power(const struct dvfo_board *board, dvfo_domain domain);

/** Of what is left of Eq. (2): bases and conversion. */
dvfo_standing dvfo_standing_of_base(const struct dvfo_board *board);

#endif
