/* Measuring a network on this machine: every layer, and all of them together.
 *
 * Two kinds of passes alternate, so that both meet the same company on the machine: one reads the clock after each
 * layer, the other only at its end. So layers are timed with the caches as the layer before left them, and what the
 * clock and the memory between layers cost shows as the difference between the sum of layers and the whole. Views that
 * had to be copied count with the layer that reads them. Monotonic clock. */
#ifndef DVFO_MEASURE_H
#define DVFO_MEASURE_H

#include "policies/nn/executor.h"
#include "policies/nn/interval.h"

struct dvfo_measure_def {
    long repetitions; /* passes of each kind; 0 (default): until the interval of the whole is narrow or time is spent */
    double seconds;   /* spent on a network at most, when repetitions is 0; default 10 */
    double narrow;    /* an interval this narrow, as a share of the median, is enough; default 0.01 */
    long warm_up;     /* passes of each kind that aren't counted; default 2 */
    void (*told)(void *user, double spent_s, long passes); /* after each pass of both kinds; NULL: nobody listens */
    void *user;
};

struct dvfo_measure_def dvfo_measure_def_default(void);

/* What is measured: layers that run one after the other. */
struct dvfo_measure_subject {
    const char *name;                     /* for messages */
    size_t n;                             /* layers */
    void *user;                           /* passed to the hooks */
    void (*begin)(void *user);            /* a new pass; not timed */
    void (*layer)(void *user, size_t i);  /* run layer i */
    bool (*counts)(void *user, size_t i); /* has layer i work of its own? The clock is read after those alone */
};

struct dvfo_measured {
    size_t n;                      /* layers of the network */
    struct dvfo_interval *layer_s; /* (n) 0 for layers without a kernel of their own */
    struct dvfo_interval whole_s;
    long passes; /* of each kind, counted */
};

/** @param network  at least one layer with a kernel
 *  @param out      free with dvfo_measured_free
 *  @return         DVFO_INTERRUPTED when ctx->stop was set; it is looked at between layers */
dvfo_status dvfo_measure_network(struct dvfo_ctx *ctx, const struct dvfo_network *network,
                                 const struct dvfo_measure_def *def, struct dvfo_measured *out);
/** The same of anything that runs layer by layer. */
dvfo_status dvfo_measure_subject(struct dvfo_ctx *ctx, const struct dvfo_measure_subject *subject,
                                 const struct dvfo_measure_def *def, struct dvfo_measured *out);
void dvfo_measured_free(struct dvfo_measured *measured);

/** Sum of the layers' medians [s]. */
double dvfo_measured_sum_s(const struct dvfo_measured *measured);

/* What this machine reaches at best, on as many threads as products use: the yardsticks of Eq. (1). */
struct dvfo_peaks {
    double flop_per_s; /* product of two 1024 x 1024 matrices */
    double byte_per_s; /* copying 1, 16 or 128 MiB, whichever is fastest; read and written bytes */
};

dvfo_status dvfo_measure_peaks(struct dvfo_ctx *ctx, struct dvfo_peaks *out);

#endif
