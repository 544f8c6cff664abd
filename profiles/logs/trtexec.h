/* What trtexec, TensorRT's command-line program, writes about a run (JSON): layers with their times
 * (--exportProfile), layers with their shapes (--exportLayerInfo), single inferences (--exportTimes).
 *
 * Forms of TensorRT 7 to 10. A profile knows a median since 8.4; layer information says more than names when the engine
 * was built with --profilingVerbosity=detailed; the times of copies are called in/out before 8 and h2d/d2h since. */
#ifndef DVFO_TRTEXEC_H
#define DVFO_TRTEXEC_H

#include "sim/base/status.h"
#include "sim/base/text.h"

enum { DVFO_TRTEXEC_MAX_RANK = 8 };

struct dvfo_trtexec_layer {
    char *name;      /* "Conv_5 + Add_6 + Relu_7" */
    double mean_s;   /* per inference */
    double median_s; /* NaN: not told */
};

struct dvfo_trtexec_profile {
    char *name; /* of the file, for messages */
    char sha256[DVFO_SHA256_HEX_SIZE];
    long count; /* inferences behind each time */
    size_t n;
    struct dvfo_trtexec_layer *layer; /* (n) in the order of execution */
    double total_s;                   /* of dvfo_trtexec_layer_s over all layers */
};

/** The time to believe of a layer: the median where there is one. */
double dvfo_trtexec_layer_s(const struct dvfo_trtexec_layer *layer);

struct dvfo_trtexec_shape {
    size_t rank; /* 0: not told */
    long size[DVFO_TRTEXEC_MAX_RANK];
};

struct dvfo_trtexec_description {
    char *name;
    char *type;                        /* "CaskConvolution"; "" when not told */
    char *parameters;                  /* "Convolution"; "" when not told */
    struct dvfo_trtexec_shape in, out; /* of the first input and output */
    long kernel_h, kernel_w, stride;   /* 0: not told */
};

struct dvfo_trtexec_layers {
    char *name; /* of the file */
    char sha256[DVFO_SHA256_HEX_SIZE];
    bool detailed; /* shapes are told */
    size_t n;
    struct dvfo_trtexec_description *layer; /* (n) */
};

struct dvfo_trtexec_times {
    char *name; /* of the file */
    char sha256[DVFO_SHA256_HEX_SIZE];
    size_t n;                             /* inferences */
    double compute_s;                     /* median time of the GPU's work of one */
    double latency_s;                     /* median with copies in and out; compute_s when copies aren't told */
    double latency_low_s, latency_high_s; /* 95 % interval of that median */
    double duration_s;                    /* from the first start to the last end */
};

/** Read a file of --exportProfile. @param out  free with dvfo_trtexec_profile_free */
dvfo_status dvfo_trtexec_profile_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_trtexec_profile **out);
void dvfo_trtexec_profile_free(struct dvfo_trtexec_profile *profile);

/** Read a file of --exportLayerInfo. @param out  free with dvfo_trtexec_layers_free */
dvfo_status dvfo_trtexec_layers_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_trtexec_layers **out);
void dvfo_trtexec_layers_free(struct dvfo_trtexec_layers *layers);

/** Read a file of --exportTimes. @param out  free with dvfo_trtexec_times_free */
dvfo_status dvfo_trtexec_times_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_trtexec_times **out);
void dvfo_trtexec_times_free(struct dvfo_trtexec_times *times);

/** The same three from memory; `name` stands for the file in messages. */
dvfo_status dvfo_trtexec_profile_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                             struct dvfo_trtexec_profile **out);
dvfo_status dvfo_trtexec_layers_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                            struct dvfo_trtexec_layers **out);
dvfo_status dvfo_trtexec_times_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                           struct dvfo_trtexec_times **out);

#endif
