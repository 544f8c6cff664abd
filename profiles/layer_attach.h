/* A layer profile attached to a board: from then on the cost model, and so the simulator and all planners, take the
 * costs of that network from it. */
#ifndef DVFO_LAYER_ATTACH_H
#define DVFO_LAYER_ATTACH_H

#include "profiles/layer_profile.h"

/** Check that a profile is of this board, of one of its runtimes, and of this network layer by layer.
 *  @return DVFO_BAD_INPUT with what differs */
dvfo_status dvfo_layer_profile_check(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                     const struct dvfo_network *network, const struct dvfo_layer_profile *profile);

/** The same, then attach its costs to the runtime it names; the board keeps a copy. One profile per runtime, network
 *  and input. A runtime with a profile answers for the closed form's network at any clocks and widths. */
dvfo_status dvfo_board_attach_layers(struct dvfo_ctx *ctx, struct dvfo_board *board, const struct dvfo_network *network,
                                     const struct dvfo_layer_profile *profile);

/** The costs of a profile beside those of the closed form. @param out  free with dvfo_layer_tables_free */
dvfo_status dvfo_layer_tables_create(struct dvfo_ctx *ctx, const struct dvfo_runtime *runtime,
                                     const struct dvfo_network *network, const struct dvfo_layer_profile *profile,
                                     struct dvfo_layer_tables **out);

#endif
