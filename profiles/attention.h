/* The attention module of a split (Eq. (8)) as a small network of its own, so that its cost comes from its layers like
 * everybody else's: channel attention, then spatial attention over the split's feature map (CBAM; Woo et al. 2018,
 * reduction 16, 7x7), and the distribution of importance over channels. */
#ifndef DVFO_ATTENTION_H
#define DVFO_ATTENTION_H

#include "profiles/network.h"

/** Layers of the module for a feature map of that shape. 2 C C/16 + 98 parameters.
 *  @param out  free with dvfo_network_free */
dvfo_status dvfo_attention_network(struct dvfo_ctx *ctx, struct dvfo_shape feature, struct dvfo_network **out);

#endif
