/* Where the tensors of a network lie in one block of memory.
 *
 * A tensor is needed from the layer that writes it to the last that reads it; tensors that are never needed together
 * share memory. Views need none of their own: what is flattened, sliced or activated in place lies where its input
 * lies, and the inputs of a concatenation are written side by side where their sum is read, unless one of them is part
 * of something else already. */
#ifndef DVFO_MEMORY_PLAN_H
#define DVFO_MEMORY_PLAN_H

#include "profiles/network.h"

struct dvfo_memory_plan {
    size_t n;    /* tensors: the network's input, then the output of each layer */
    size_t *at;  /* (n) where each begins [numbers] */
    size_t size; /* of the block [numbers] */
};

/** @param reuse  false: every tensor keeps its memory to the end, for looking at it afterwards
 *  @param out    free with dvfo_memory_plan_free
 *  Cost: O(tensors^2). */
dvfo_status dvfo_memory_plan_create(struct dvfo_ctx *ctx, const struct dvfo_network *network, bool reuse,
                                    struct dvfo_memory_plan *out);
void dvfo_memory_plan_free(struct dvfo_memory_plan *plan);

#endif
