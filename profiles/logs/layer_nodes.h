/* The name of a TensorRT layer taken apart: which nodes of the graph it runs, and of what kind they are.
 *
 * TensorRT fuses: "Conv_5 + Add_6 + Relu_7" is one kernel for three nodes, "b1 || b2" one for two that read the same
 * input, "PWN(PWN(Sigmoid_3), Mul_4)" a pointwise kernel, "conv1.weight + QuantizeLinear_7 + Conv_9" names constants
 * too, "{ForeignNode[first...last]}" a whole stretch. Beside them stand layers that no network has: copies into another
 * memory format, reshapes, quantisation. */
#ifndef DVFO_LAYER_NODES_H
#define DVFO_LAYER_NODES_H

#include "profiles/logs/trtexec.h"
#include "profiles/network.h"

/* Kinds of nodes; a name may fit several ("MatMul" is a dense layer or a product of attention). */
enum {
    DVFO_NODE_CONV = 1 << 0,
    DVFO_NODE_DENSE = 1 << 1,
    DVFO_NODE_MATMUL = 1 << 2,
    DVFO_NODE_RECURRENT = 1 << 3,
    DVFO_NODE_POOL = 1 << 4,
    DVFO_NODE_NORM = 1 << 5,
    DVFO_NODE_SOFTMAX = 1 << 6,
    DVFO_NODE_RESIZE = 1 << 7,
    DVFO_NODE_ADD = 1 << 8,
    DVFO_NODE_MULTIPLY = 1 << 9,
    DVFO_NODE_ACTIVATION = 1 << 10,
    DVFO_NODE_VIEW = 1 << 11, /* moves or renames data: copies, reshapes, constants, quantisation */
    DVFO_NODE_HEAVY = DVFO_NODE_CONV | DVFO_NODE_DENSE | DVFO_NODE_MATMUL | DVFO_NODE_RECURRENT | DVFO_NODE_POOL,
    DVFO_NODE_LIGHT = DVFO_NODE_NORM | DVFO_NODE_SOFTMAX | DVFO_NODE_RESIZE | DVFO_NODE_ADD | DVFO_NODE_MULTIPLY |
                      DVFO_NODE_ACTIVATION,
};

enum { DVFO_NODE_NAME_SIZE = 160 };

struct dvfo_layer_node {
    char name[DVFO_NODE_NAME_SIZE]; /* as TensorRT writes it, the beginning of very long ones */
    unsigned kinds;                 /* 0: the name doesn't tell */
    long number;                    /* of "Conv_12": its place in the graph; -1 without one */
    size_t group;                   /* of nodes that "||" sets beside each other, from 0 */
};

struct dvfo_layer_nodes {
    size_t n, capacity, groups;
    struct dvfo_layer_node *node; /* (n) */
    bool copy;                    /* runs no node of the graph: a copy into another format, a reshape, ... */
    bool stretch;                 /* a whole stretch of the graph that TensorRT compiles as one ("ForeignNode") */
};

/** Take a layer apart. @param described  the same layer in the layer information; NULL when there is none
 *  @param out  free with dvfo_layer_nodes_free, also after a failure */
dvfo_status dvfo_layer_nodes_of(struct dvfo_ctx *ctx, const char *name,
                                const struct dvfo_trtexec_description *described, struct dvfo_layer_nodes *out);
void dvfo_layer_nodes_free(struct dvfo_layer_nodes *nodes);

/** The kind of a layer of ours; 0 for one without a kernel of its own. */
unsigned dvfo_layer_nodes_kind(const struct dvfo_layer *layer);

/** One way of writing a name: lower case, '.' between its parts. */
void dvfo_layer_nodes_normalise(const char *text, char out[DVFO_NODE_NAME_SIZE]);

/** What a node is called, normalised: as it is, and bare of its operator or of ".weight". Of
 * "/layer1/layer1.0/conv1/Conv" that is "layer1.0.conv1.conv" and "layer1.0.conv1": a folder named twice counts once.
 */
void dvfo_layer_nodes_called(const char *node, char full[DVFO_NODE_NAME_SIZE], char bare[DVFO_NODE_NAME_SIZE]);

#endif
