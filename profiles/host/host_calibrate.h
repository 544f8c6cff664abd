/* Measured networks in, the board `host` out: the form that fits best, its coefficients, and how well it predicts
 * networks that it hasn't seen. */
#ifndef DVFO_HOST_CALIBRATE_H
#define DVFO_HOST_CALIBRATE_H

#include "profiles/host/host_board.h"
#include "profiles/host/host_fit.h"

struct dvfo_host_calibration {
    char *text;               /* description with the coefficients' starting values */
    struct dvfo_board *board; /* read from it, coefficients fitted */
    struct dvfo_fit *fit;
    struct dvfo_host_verdict *left_out; /* (n) of each network by a fit without it; NULL with one network */
};

/** What a few layers leave open stays near what the description expects, with an error that says so.
 *  @param def  tile_pixels and layers are filled in */
dvfo_status dvfo_host_calibrate(struct dvfo_ctx *ctx, struct dvfo_host_board_def *def,
                                const struct dvfo_host_sample samples[], size_t n, struct dvfo_host_calibration *out);
void dvfo_host_calibration_free(struct dvfo_host_calibration *calibration);

#endif
