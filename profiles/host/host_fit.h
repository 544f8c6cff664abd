/* From measured layers to coefficients: the regression behind the board `host`.
 *
 * Eq. (1) holds for every layer by itself here, kernel after kernel on one processor, so each measured layer is a row:
 * residual ln(model / measured). Whether the coefficients say anything about networks that they haven't seen is found
 * by leaving each network out in turn. */
#ifndef DVFO_HOST_FIT_H
#define DVFO_HOST_FIT_H

#include "profiles/calibrate/fit.h"

/* One network, measured layer by layer. */
struct dvfo_host_sample {
    const struct dvfo_network *network; /* borrowed */
    double *layer_s;                    /* (n) 0 for layers without a kernel; borrowed */
};

/* How well a network's layers are predicted by a fit that hasn't seen it. */
struct dvfo_host_verdict {
    size_t layers;
    double median, p90; /* of |model / measured - 1| over its layers */
    double whole;       /* model / measured - 1 of the sum of layers */
};

/** Class whose coefficients a layer with a kernel is predicted by. */
dvfo_op dvfo_host_fit_class(const struct dvfo_layer *layer);

/** Fit the calibrated coefficients of the board's first runtime to the layers of all samples.
 *  @param skip  index of a sample to leave out; SIZE_MAX for none
 *  @param cost  written: mean square of ln(model / measured) of the layers fitted to */
dvfo_status dvfo_host_fit(struct dvfo_ctx *ctx, struct dvfo_board *board, const struct dvfo_host_sample samples[],
                          size_t n, size_t skip, struct dvfo_fit *fit, double *cost);

/** The board's prediction of one sample. */
dvfo_status dvfo_host_fit_judge(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                const struct dvfo_host_sample *sample, struct dvfo_host_verdict *out);

#endif
