/* How a network is put together, inside profiles only: what a layer was asked to be, and the operators that turn that
 * into shapes, work, parameters and traffic.
 *
 * The reader appends definitions one by one and each is computed at once from the layers before it; slimming walks over
 * the same definitions with other widths. Sequences are shapes of width 1: channels = features, height = steps. */
#ifndef DVFO_NETWORK_GRAPH_H
#define DVFO_NETWORK_GRAPH_H

#include "profiles/network.h"
#include "sim/base/yaml.h"

enum { DVFO_MAX_LAYERS = 4096, DVFO_MAX_LAYER_INPUTS = 16 };

#define DVFO_MAX_CHANNELS 1000000L
#define DVFO_MAX_LAYER_ELEMENTS 1e10 /* a larger tensor is taken for a mistake in the file */

typedef enum dvfo_pad_rule {
    DVFO_PAD_HALF,  /* (extent - 1) / 2 on each side: odd kernels of stride 1 keep the size */
    DVFO_PAD_SAME,  /* whatever makes the output ceil(input / stride) */
    DVFO_PAD_FIXED, /* pad_h, pad_w on each side */
} dvfo_pad_rule;

struct dvfo_operator;

/* What a layer was asked to be; zero where its operator has no such field. */
struct dvfo_layer_def {
    const struct dvfo_operator *kind; /* borrowed from the table */
    long out;                         /* output channels of an operator with a width of its own */
    int kernel_h, kernel_w, stride, dilation, pad_h, pad_w;
    dvfo_pad_rule pad;
    int groups, heads;
    int scale;    /* upsample: factor; adaptive pool: size of its output */
    int part, of; /* slice: which of how many, from 1 */
    bool bias;
    bool frozen;     /* normalisation without learnt parameters */
    int host;        /* layer whose kernel does this one's work (fused), or -1 */
    int shared_with; /* layer whose parameters it uses, or -1 */
};

struct dvfo_operator {
    const char *name;
    const char *const *keys; /* its own fields in a file, NULL-terminated */
    int min_inputs, max_inputs;
    bool own_width;        /* `out` sets its output channels, so it can be slimmed */
    bool hosts_norm;       /* batch normalisation after it is fused into it */
    bool hosts_activation; /* an activation after it is fused into it */
    /** Fill op, out, kernel, stride, work_flop, macs, params, weight_elements; input_elements holds the sum over all
     *  inputs and may be lowered. Fails without a place in the message: the caller knows it. */
    dvfo_status (*compute)(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                           int count, struct dvfo_layer *layer);
};

/** The operator of that name, NULL when there is none. */
const struct dvfo_operator *dvfo_operator_find(const char *name);
/** Names of all operators into `names`; @return how many there are. */
size_t dvfo_operator_names(const char *names[], size_t max);
/** Whether an operator is an activation: one input, same shape, can be fused. */
bool dvfo_operator_is_activation(const struct dvfo_operator *kind);

/** Compute one layer from its definition and the shapes of its inputs. `layer` holds name, kind and inputs already. */
dvfo_status dvfo_layer_compute(struct dvfo_ctx *ctx, const struct dvfo_layer_def *def, const struct dvfo_shape *in,
                               struct dvfo_layer *layer);

/** Append a layer: `name` is copied, `inputs` are indices of earlier layers or -1.
 *  @param out_index  where it stands now; may be NULL */
dvfo_status dvfo_network_append(struct dvfo_ctx *ctx, struct dvfo_network *network, const char *name,
                                const struct dvfo_layer_def *def, const int *inputs, int input_count, int *out_index);

/** Shape of the tensor with that index: a layer's output, or the network's input for -1. */
struct dvfo_shape dvfo_network_shape(const struct dvfo_network *network, int index);

/** Move the operations of fused layers to their hosts, sum up, find outputs and cuts. Called once, after the last
 * layer. */
dvfo_status dvfo_network_finish(struct dvfo_ctx *ctx, struct dvfo_network *network);

/** Layers whose channels reach an output of the network unchanged (a classifier, the softmax after it), so that they
 * are not slimmed: from the outputs backward until an operator sets its own width. @param keeps  (n) written */
void dvfo_network_find_kept(const struct dvfo_network *network, bool *keeps);

/** Expand the entries of a file's `layers`, with its `blocks` and `defaults`, into layers of `network` (whose input
 * shape is set).
 *  @param split_name   name of the layer to find, or NULL
 *  @param split_index  its index; -1 when no layer has that name */
dvfo_status dvfo_network_expand(struct dvfo_ctx *ctx, struct dvfo_network *network, dvfo_yaml_node root,
                                const char *split_name, int *split_index);

/** Read a description into a new network. @param yaml  taken over */
dvfo_status dvfo_network_read(struct dvfo_ctx *ctx, struct dvfo_yaml *yaml, long input_px, const char *variant,
                              struct dvfo_network **out);

#endif
