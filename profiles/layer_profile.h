/* A layer profile: what every layer of one network costs on one board over clocks, as numbers in a file (HDF5).
 *
 * It is exported from the closed form (Eq. (1), (2)), or measured: by trtexec on a board, by our own executor on this
 * machine. A network's request is what it costs once (host, fixed) and its layers one after the other; each layer has a
 * GPU part (its kernel) and a CPU part (its launch), as in Eq. (1). The grid is the product of the clocks on three
 * axes; a point that wasn't measured is NaN.
 *
 * Between and beyond the points of the grid, costs follow the closed form times the ratio of file to closed form, which
 * is interpolated linearly in 1/f along each axis and held at the edges. So a file exported from the closed form gives
 * the closed form's answer at all clocks, a measured point gives its own value exactly, and a layer of another width (a
 * slimmable tail) takes the ratio of the layer that it came from. */
#ifndef DVFO_LAYER_PROFILE_H
#define DVFO_LAYER_PROFILE_H

#include "profiles/cost.h"

/* One cost of all layers over the grid: values (cpu, gpu, mem, layer) in C order. */
struct dvfo_layer_cost {
    double *value; /* (points * n) */
    dvfo_standing standing;
    char *source; /* file and method; owned */
};

/* A file that a profile was made from. */
struct dvfo_layer_input {
    char *kind, *name; /* "board", "network", "trtexec log"; owned */
    char sha256[DVFO_SHA256_HEX_SIZE];
};

enum { DVFO_LAYER_PROFILE_INPUTS = 16, DVFO_LAYER_PROFILE_VALUES = 1 << 22 }; /* most files; most points * layers */

struct dvfo_layer_profile {
    char *board, *runtime, *precision, *network; /* names */
    struct dvfo_shape input;                     /* of the network as measured */
    char *program;                               /* what made it, in words: "dvfo profile export", "trtexec 8.2" */
    char *path;                                  /* of the file; NULL when made in the program */
    char sha256[DVFO_SHA256_HEX_SIZE];
    size_t made_from_count;
    struct dvfo_layer_input made_from[DVFO_LAYER_PROFILE_INPUTS]; /* board and network first */

    size_t n;                /* layers, those of the network in its order */
    char **layer_name;       /* (n) */
    dvfo_op *op;             /* (n) */
    dvfo_standing *standing; /* (n) how well the GPU part of each layer is known: that of the coefficients behind it */
    double *work_flop;       /* (n) */

    size_t levels[DVFO_DOMAINS]; /* of each axis, at least 1 */
    double *hz[DVFO_DOMAINS];    /* (levels) ascending */
    size_t points;               /* product of levels: index (cpu * levels[GPU] + gpu) * levels[MEM] + mem */

    struct dvfo_layer_cost gpu_s;      /* kernel time [s]; 0 for layers without a kernel */
    struct dvfo_layer_cost gpu_low_s;  /* interval of the median, measured only; value NULL otherwise */
    struct dvfo_layer_cost gpu_high_s; /* the same */
    struct dvfo_layer_cost cpu_s;      /* launch [s] */
    struct dvfo_layer_cost layer_s;    /* from the end of the layer before to its own [s]: kernel, and what of its
                                          launch isn't hidden behind kernels */
    struct dvfo_layer_cost moved_byte; /* memory traffic [byte] */
    struct dvfo_layer_cost gpu_j;      /* energy of the GPU's terms of Eq. (2) over the layer [J] */
    struct dvfo_layer_cost cpu_j;      /* of the CPU's */
    struct dvfo_layer_cost rest_j;     /* of everything else on the module: memory, base, conversion */
    struct dvfo_layer_cost request_s; /* (points) once per request before the first layer: host cycles and fixed time */
    struct dvfo_layer_cost request_gpu_j;  /* (points) energy meanwhile [J], in the same three parts */
    struct dvfo_layer_cost request_cpu_j;  /* the same */
    struct dvfo_layer_cost request_rest_j; /* the same */
    struct dvfo_layer_cost activity; /* (points) factor on u_G that makes Eq. (2) meet a measured module power; 1 where
                                        power wasn't measured */
};

/* What there is to know about each cost, for those who go through them all. */
struct dvfo_layer_cost_kind {
    const char *name;  /* in a file: "latency/gpu" */
    const char *units; /* "s" */
    const char *long_name;
    size_t offset;  /* of its struct dvfo_layer_cost in the profile */
    bool per_layer; /* (points * n); otherwise (points) */
    bool optional;  /* may be missing: value NULL */
    bool always;    /* never NaN */
    double most;    /* physical bound: more is a slip of units */
};

extern const struct dvfo_layer_cost_kind dvfo_layer_cost_kinds[]; /* name NULL at the end */

struct dvfo_layer_cost *dvfo_layer_profile_cost(struct dvfo_layer_profile *profile,
                                                const struct dvfo_layer_cost_kind *kind);
const struct dvfo_layer_cost *dvfo_layer_profile_cost_of(const struct dvfo_layer_profile *profile,
                                                         const struct dvfo_layer_cost_kind *kind);
size_t dvfo_layer_profile_values(const struct dvfo_layer_profile *profile, const struct dvfo_layer_cost_kind *kind);

/** Read a file; every dimension, name and value is checked (finite or NaN, not negative, below 1000 s).
 *  @param out  free with dvfo_layer_profile_free */
dvfo_status dvfo_layer_profile_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_layer_profile **out);

/** The same from memory; `name` stands for the file in messages. */
dvfo_status dvfo_layer_profile_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                           struct dvfo_layer_profile **out);

/** Write it: whole or not at all; same contents, same bytes. */
dvfo_status dvfo_layer_profile_save(struct dvfo_ctx *ctx, const struct dvfo_layer_profile *profile, const char *path);

/** An empty one for a network on a grid: names, axes and layers set, costs NaN (activity 1), standing as given.
 *  @param hz  (levels[d]) of each axis, ascending; copied */
dvfo_status dvfo_layer_profile_create(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                      const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                                      const size_t levels[DVFO_DOMAINS], const double *const hz[DVFO_DOMAINS],
                                      dvfo_standing standing, const char *source, struct dvfo_layer_profile **out);

/** Note another file that it was made from; board and network are there from the beginning. */
dvfo_status dvfo_layer_profile_add_input(struct dvfo_ctx *ctx, struct dvfo_layer_profile *profile, const char *kind,
                                         const char *name, const char *sha256);

/** Say what made it, and what a cost stands on; the texts are copied. */
dvfo_status dvfo_layer_profile_set_program(struct dvfo_ctx *ctx, struct dvfo_layer_profile *profile,
                                           const char *program);
dvfo_status dvfo_layer_cost_set_standing(struct dvfo_ctx *ctx, struct dvfo_layer_cost *cost, dvfo_standing standing,
                                         const char *source);

/** Fill what is NaN from the closed form (or the profile attached to the runtime): all costs of an export, or the costs
 *  that a measurement left open. A layer with a number at any point counts as measured there and stays as it is, the
 *  rest of its points NaN; so measured and computed numbers don't mix within a layer. What is filled stands as the
 *  coefficients do that it came from. Energies follow from times, traffic and activity. Those of a layer are NaN where
 *  its GPU part is. */
dvfo_status dvfo_layer_profile_complete(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                        const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                                        struct dvfo_layer_profile *profile);
void dvfo_layer_profile_free(struct dvfo_layer_profile *profile);

/** Index of the grid point at clocks; `points` when there is none. */
size_t dvfo_layer_profile_point(const struct dvfo_layer_profile *profile, const struct dvfo_clocks *clocks);

/** Clocks of a point. */
struct dvfo_clocks dvfo_layer_profile_clocks(const struct dvfo_layer_profile *profile, size_t point);

#endif
