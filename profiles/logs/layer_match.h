/* Which layer of TensorRT is which of ours.
 *
 * By name where names agree. Otherwise by order: what the layer information tells of output size and kernel, or the
 * name of the kind, says which layers of ours a node can be; where as many nodes as layers of ours are left between two
 * that are known, they go together in order. Nothing is guessed beyond that. The time of a fused layer goes to the
 * layer of ours that is its main work, the others in it take none of their own; several main ones share it as the
 * closed form says. Time of copies and reformats goes to the layer that they are made for. */
#ifndef DVFO_LAYER_MATCH_H
#define DVFO_LAYER_MATCH_H

#include "profiles/cost.h"
#include "profiles/logs/trtexec.h"

typedef enum dvfo_match_how {
    DVFO_MATCH_NONE,
    DVFO_MATCH_NAME,    /* names agree */
    DVFO_MATCH_ORDER,   /* by kind, size and order */
    DVFO_MATCH_STRETCH, /* within a stretch that TensorRT compiled as one: its time shared as the closed form says */
    DVFO_MATCH_INSIDE,  /* ours: done by the kernel of another layer, no time of its own */
    DVFO_MATCH_CARRIED  /* theirs: a copy, reformat or activation, its time is added to a neighbour's */
} dvfo_match_how;

const char *dvfo_match_how_name(dvfo_match_how how); /* "name", "order", "stretch", "inside", "carried", "-" */

/* What to match; all borrowed. */
struct dvfo_layer_match_def {
    const struct dvfo_trtexec_profile *profile;
    const struct dvfo_trtexec_layers *layers; /* NULL: no layer information */
    const struct dvfo_network *network;
    const struct dvfo_runtime *runtime; /* whose closed form shares times ... */
    struct dvfo_clocks clocks;          /* ... at these clocks */
    long batch;                         /* samples per inference */
};

/* A layer of ours. */
struct dvfo_matched_layer {
    dvfo_match_how how;
    int theirs;      /* index in the profile of the layer that it is (part of); -1: none */
    bool shared;     /* its time is part of a kernel's, divided as the closed form says */
    double time_s;   /* of its kernel; NaN: not known */
    double closed_s; /* what the closed form says */
};

/* A layer of TensorRT. */
struct dvfo_matched_kernel {
    dvfo_match_how how;
    int ours; /* index in the network of its (first) main layer, or of the one that a carried time went to; -1: none */
};

struct dvfo_layer_match {
    size_t n, kernels;
    struct dvfo_matched_layer *layer;                                   /* (n) of the network */
    struct dvfo_matched_kernel *kernel;                                 /* (kernels) of the profile */
    double total_s;                                                     /* of the profile */
    double by_name_s, by_order_s, in_stretch_s, carried_s, unmatched_s; /* parts of it */
    double missing; /* layers of ours with work that no kernel was found for: their share of the closed form's time */
};

/** Match; a poor match is no failure, dvfo_layer_match_accept judges. @param out  free with dvfo_layer_match_free */
dvfo_status dvfo_layer_match_create(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                                    struct dvfo_layer_match *out);
void dvfo_layer_match_free(struct dvfo_layer_match *match);

/** Refuse a profile that isn't of this network: another input size or batch, too little of its time or of our work
 *  matched. When one of the networks that we know fits it well, it is named. */
dvfo_status dvfo_layer_match_accept(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                                    const struct dvfo_layer_match *match);

#endif
