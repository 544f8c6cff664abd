/* The work of finding which node of TensorRT is which layer of ours. Private to profiles/logs. */
#ifndef DVFO_LAYER_MATCHING_H
#define DVFO_LAYER_MATCHING_H

#include "profiles/logs/layer_match.h"
#include "profiles/logs/layer_nodes.h"

/* One node of one TensorRT layer. */
struct dvfo_slot {
    size_t kernel;                      /* its layer in the profile */
    const struct dvfo_layer_node *node; /* borrowed from dvfo_matching.part */
    bool shaped;                        /* output size and kernel of its layer are its own */
    int ours;                           /* -1 as long as it isn't known */
    bool by_name;
    int lower, upper; /* it lies between these two of ours, exclusive */
};

struct dvfo_matching {
    const struct dvfo_layer_match_def *def;
    struct dvfo_layer_nodes *part;                     /* (kernels) */
    const struct dvfo_trtexec_description **described; /* (kernels) NULL where nothing is told */
    size_t slots;
    struct dvfo_slot *slot;            /* (slots) in the order of the graph as far as it is known */
    unsigned *kind;                    /* (network->n) kind of each layer of ours; 0 without a kernel */
    bool *taken;                       /* (network->n) */
    char (*name)[DVFO_NODE_NAME_SIZE]; /* (network->n) in the one way of writing */
};

/** Take the profile's layers apart. @param out  free with dvfo_matching_free, also after a failure */
dvfo_status dvfo_matching_create(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                                 struct dvfo_matching *out);
void dvfo_matching_free(struct dvfo_matching *matching);

/** Find what can be found: names, sizes, order. */
void dvfo_matching_run(struct dvfo_matching *matching);

#endif
