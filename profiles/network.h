/* A network: a DNN as an ordered graph of layers.
 *
 * The description is a data file (profiles/networks/NAME.yaml): operators, names, who feeds whom. Everything else,
 * shapes, work, parameters, traffic, is computed from it here and never typed in. The input size can be chosen when
 * loading, and the layers behind a split can be recomputed at a fraction of their width (the slimmable local tail of
 * Eq. (8)). */
#ifndef DVFO_NETWORK_H
#define DVFO_NETWORK_H

#include "sim/base/status.h"
#include "sim/base/text.h"

/* Operator classes: layers of one class share one efficiency in Eq. (1) and one activity factor in Eq. (2).
 * X(enumerator, name in files and tables, what it is) */
#define DVFO_OP_LIST(X)                                                                                                \
    X(CONV_POINTWISE, "conv-1x1", "convolution with a 1x1 kernel")                                                     \
    X(CONV_3X3, "conv-3x3", "convolution with a 3x3 kernel and stride 1")                                              \
    X(CONV_3X3_STRIDED, "conv-3x3-strided", "convolution with a 3x3 kernel and a larger stride")                       \
    X(CONV_OTHER, "conv-other", "convolution with any other kernel (1x7, 5x5, 7x7, 16x16, ...)")                       \
    X(DEPTHWISE, "depthwise", "depthwise convolution")                                                                 \
    X(DENSE, "dense", "dense (fully connected) layer")                                                                 \
    X(ATTENTION, "attention", "products of attention: queries with keys, weights with values")                         \
    X(RECURRENT, "recurrent", "LSTM or GRU over its sequence")                                                         \
    X(POOL, "pool", "maximum or average pooling, global pooling")                                                      \
    X(NORM, "norm", "normalisation that is not fused into the layer before")                                           \
    X(ELEMENTWISE, "elementwise", "sum, product, activation that is not fused")                                        \
    X(SOFTMAX, "softmax", "softmax")                                                                                   \
    X(RESIZE, "resize", "upsampling")                                                                                  \
    X(VIEW, "view", "concatenation, flattening, reshaping: no kernel, no traffic of its own")

typedef enum dvfo_op {
#define DVFO_OP_ENUM(name, text, what) DVFO_OP_##name,
    DVFO_OP_LIST(DVFO_OP_ENUM)
#undef DVFO_OP_ENUM
        DVFO_OP_COUNT
} dvfo_op;

/** Name of a class as in files and tables; "?" out of range. */
const char *dvfo_op_name(dvfo_op op);
/** Class of a name; DVFO_OP_COUNT when there is none. */
dvfo_op dvfo_op_of_name(const char *name);

/* Channels x height x width of one sample. Sequences: channels = features, height = steps, width = 1. */
struct dvfo_shape {
    long channels, height, width;
};

double dvfo_shape_elements(struct dvfo_shape shape);

struct dvfo_layer {
    char *name;
    dvfo_op op;
    char *kind;           /* the operator as the file names it: "conv", "lstm", "add", ... */
    struct dvfo_shape in; /* of the first input */
    struct dvfo_shape out;
    int kernel_h, kernel_w; /* 0 where there is no kernel */
    int stride;             /* 0 where there is none */
    int dilation, groups;   /* of convolution and pooling, 0 elsewhere */
    long pad_h, pad_w; /* rows above the first, columns left of the first; what windows lack below and right follows */
    int heads;         /* of attention products, 0 elsewhere */
    int part, of;      /* of a slice: which of how many, from 1; 0 elsewhere */
    int host;          /* layer whose kernel does a fused one's work, -1 when it isn't fused */
    int shared_with;   /* layer whose parameters it uses, -1 when they are its own */
    bool fused;        /* done by the kernel of the layer before (normalisation, activation, ...): no launch, no
                          traffic of its own; its few operations are counted there */
    double work_flop;  /* 2 per multiply-add of convolution, dense, attention, recurrent layers; element
                          operations of the others count 1 each */
    double macs;       /* multiply-adds as the literature counts them; 0 for element operations */
    double params;     /* learnt parameters (weights, biases, normalisation scale and shift) */
    double weight_elements; /* read from memory per request */
    double input_elements;  /* activations read (all inputs) */
    double output_elements; /* activations written */
    int inputs[16];         /* indices of the layers that feed it, -1 = the network's input */
    int input_count;
};

struct dvfo_layer_def;

struct dvfo_network {
    char *name;   /* "resnet-18" */
    char *title;  /* "ResNet-18 (He et al. 2016)" */
    char *source; /* where the graph was taken from, in words */
    char *path;   /* of the file */
    char sha256[DVFO_SHA256_HEX_SIZE];
    char *variant;        /* input variant chosen: "imagenet", "cifar", or "custom" for a size of the user's */
    bool image_input;     /* images (channels x height x width) or sequences (speech) */
    double input_seconds; /* length of a speech request [s]; 0 for images */
    struct dvfo_shape input;
    size_t n;                       /* layers */
    struct dvfo_layer *layers;      /* (n) in an order in which every layer comes after those that feed it */
    int split;                      /* index of the layer of the split of Eq. (8): the device runs layers 0..split */
    int own_split;                  /* the one that the file names, or the stated rule: `split`, unless it was moved */
    size_t cut_count;               /* cuts: layers after which a single tensor holds everything still needed */
    int *cuts;                      /* (cut_count) their indices, ascending; the last layer is not among them */
    double work_flop, macs, params; /* totals */
    double output_elements;         /* of the network's outputs together: what a cloud sends back */
    struct dvfo_layer_def *defs; /* (n) what each layer was asked to be: for dvfo_network_slim, private to profiles */
};

/** Load profiles/networks/NAME.yaml (or a path of the user's).
 *  @param input_px  side of a square input image [px], or steps of a sequence; 0 takes the file's default variant
 *  @param variant   name of an input variant of the file ("cifar"), or NULL; not together with input_px */
dvfo_status dvfo_network_load(struct dvfo_ctx *ctx, const char *name, long input_px, const char *variant,
                              struct dvfo_network **out);

/** The same from memory, in the file's default variant; `name` stands for the file in messages. */
dvfo_status dvfo_network_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                     struct dvfo_network **out);
void dvfo_network_free(struct dvfo_network *network);

/** The network whose layers behind the split have `width` of their channels: the slimmable local tail. Layers 0..split
 *  are as in the full network; the split's output as the tail sees it has round(width * channels); outputs of the
 * network keep their size. `width` 1 gives a copy.
 *  @param width  in (0, 1] */
dvfo_status dvfo_network_slim(struct dvfo_ctx *ctx, const struct dvfo_network *network, double width,
                              struct dvfo_network **out);

/** Whether a layer, by its index, is among the cuts. Cost: O(cuts). */
bool dvfo_network_is_cut(const struct dvfo_network *network, int layer);

/** The split that the stated rule chooses: the layer with the smallest int8 feature map (channels * height * width)
 * among the cuts reached within the first third of the network's work; the earliest of equals. A cut whose next layer
 * is fused into it (activation, normalisation) is not a cut. -1 when no cut lies there. Tests hold the files' choice
 * against it. */
int dvfo_network_split_by_rule(const struct dvfo_network *network);

/** Candidates for a split: the cuts behind which a layer has a width of its own, so that the local tail can be slim.
 *  @param candidates  (cut_count) their indices, ascending; written
 *  @param count       how many there are */
dvfo_status dvfo_network_splits(struct dvfo_ctx *ctx, const struct dvfo_network *network, int candidates[],
                                size_t *count);

/** Split elsewhere than the file says.
 *  @param where  name of a candidate; or a rule: "first" of the candidates, or "smallest:2/3" (or 0.67, or 1), the one
 *                with the smallest int8 feature map among those reached within that share of the network's work, the
 *                earliest of equals
 *  @return       DVFO_BAD_INPUT, listing the candidates; the network is as it was */
dvfo_status dvfo_network_move_split(struct dvfo_ctx *ctx, struct dvfo_network *network, const char *where);

/** Traffic of a layer, Q of Eq. (1) [byte], at `bytes_per_element` of the runtime's precision. 0 for fused and view. */
double dvfo_layer_traffic_byte(const struct dvfo_layer *layer, double bytes_per_element);

#endif
