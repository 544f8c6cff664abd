/* A runtime: how fast an inference library runs layers on a board at one precision, the coefficients of Eq. (1).
 *
 * Convolutions are products of matrices, output pixels by output channels over a reduction of depth K = input channels
 * x kernel. Direct kernels come in tiles, a tile begun is paid whole, and a short reduction hardly fills the pipeline.
 * 3x3 convolutions of stride 1 may run as Winograd's, in larger blocks; the faster of the two counts. Operands are
 * fetched once per block. This form was chosen by cross-validation (docs/calibration.md): with the network left out it
 * predicts TX2's TensorRT grids within 2 to 8 % in the median, one efficiency per kernel shape within 23 to 125 %. */
#ifndef DVFO_RUNTIME_H
#define DVFO_RUNTIME_H

#include <stddef.h>

#include "profiles/network.h"
#include "profiles/quantity.h"
#include "sim/base/yaml.h"

typedef enum dvfo_combine { DVFO_COMBINE_STREAM, DVFO_COMBINE_SUM } dvfo_combine;
/* What the CPU does while the GPU works: spin, cpu_busy cores at any clock; block, launches only; work, as many cycles
 * as keep cpu_busy cores busy at the top clock, so that a slower clock is busier (at most one core: the rest must
 * wait). */
typedef enum dvfo_wait { DVFO_WAIT_SPIN, DVFO_WAIT_BLOCK, DVFO_WAIT_WORK } dvfo_wait;

const char *dvfo_wait_name(dvfo_wait wait); /* "spin", "block", "work" */

enum { DVFO_MAX_LAYER_TABLES = 32 };

struct dvfo_layer_tables;

struct dvfo_runtime {
    char *name;      /* "tensorrt", "triton", "keras", "pytorch" */
    char *precision; /* "fp32", "fp16", "int8" */
    double bytes_per_element;
    dvfo_combine combine;
    dvfo_wait wait;
    struct dvfo_quantity flop_per_cycle;            /* pi_G [FLOP per GPU cycle] */
    struct dvfo_quantity efficiency[DVFO_OP_COUNT]; /* e_op, share of the peak that a long reduction reaches */
    struct dvfo_quantity winograd;                  /* the same of Winograd's 3x3; may exceed 1; 0: not in use */
    struct dvfo_quantity depth;                     /* K0: a reduction of depth K reaches K / (K + K0) of e_op */
    struct dvfo_quantity tile_pixels;               /* of direct kernels: output pixels ... */
    struct dvfo_quantity tile_channels;             /* ... by output channels */
    struct dvfo_quantity block_pixels;              /* of Winograd's kernels and of fetched operands */
    struct dvfo_quantity block_channels;
    struct dvfo_quantity kernel_cycles;         /* [GPU cycles] that every kernel takes to start and drain */
    struct dvfo_quantity gpu_byte_per_cycle;    /* gamma [byte per GPU cycle]: what the GPU can load and store */
    struct dvfo_quantity byte_per_cycle;        /* beta [byte per memory cycle], achieved */
    struct dvfo_quantity reread[DVFO_OP_COUNT]; /* r: elements fetched again per FLOP of whole blocks: about
                                                   (1/m + 1/n) / 2 for blocks of m x n; 0 when the file doesn't tell */
    struct dvfo_quantity exponent;              /* p */
    struct dvfo_quantity launch_cycles;         /* k [CPU cycles per kernel] */
    struct dvfo_quantity host_cycles;           /* CPU cycles per request before and after the kernels */
    struct dvfo_quantity fixed_s;               /* per request, independent of clocks as far as the data can tell */
    struct dvfo_quantity cpu_busy;              /* cores' worth of CPU activity while the GPU works */
    struct dvfo_quantity handover_s;  /* per request, for handing work from core to core; not with one core online */
    struct dvfo_quantity single_core; /* factor on launch and host cycles with one core online */
    struct dvfo_quantity activity[DVFO_OP_COUNT]; /* factor on u_G of Eq. (2) */
    size_t tables_count;
    struct dvfo_layer_tables *tables[DVFO_MAX_LAYER_TABLES]; /* layer profiles attached (profiles/layer_attach.h): costs
                                                                of single networks that go before the closed form */
};

/* A coefficient as a list of its own: the reader, tables and the fit go through it. */
struct dvfo_runtime_term {
    const char *key; /* in the file */
    size_t offset;   /* of its quantity in struct dvfo_runtime; of the first of DVFO_OP_COUNT when per_class */
    bool per_class;  /* one per operator class, with a default */
    const char *unit;
    const char *what;    /* in tables: "launch of a kernel" */
    double min, max;     /* what a file may say; a max of 0 is the peak of the memory bus, also for a fit */
    double low, high;    /* what a fit may try; high 0: it isn't fitted */
    double otherwise;    /* when the file doesn't say; NaN: it must */
    const char *meaning; /* of that */
};

enum { DVFO_RUNTIME_TERMS = 20 };
extern const struct dvfo_runtime_term dvfo_runtime_terms[DVFO_RUNTIME_TERMS];

/** The quantity of a term; of its first class when per_class. */
struct dvfo_quantity *dvfo_runtime_quantity(struct dvfo_runtime *runtime, const struct dvfo_runtime_term *term);

/** The runtime with one CPU core online. Shares its texts with `runtime`: not to be freed. */
struct dvfo_runtime dvfo_runtime_on_one_core(const struct dvfo_runtime *runtime);

/** Read one entry of a board's `runtimes`. A runtime can't move more than the bus: @param peak_byte_per_cycle bounds
 * it.
 *  @param out  free with dvfo_runtime_free, also after a failure (zero-initialise it before) */
dvfo_status dvfo_runtime_read(struct dvfo_ctx *ctx, dvfo_yaml_node map, double peak_byte_per_cycle,
                              struct dvfo_runtime *out);
void dvfo_runtime_free(struct dvfo_runtime *runtime);

#endif
