/* The board `host`: this machine, described as the boards are.
 *
 * It has no GPU. Kernels run on the processor, so the clock domain `gpu` is the processor's own clock, with one level,
 * the nominal one; what boost adds is inside the efficiencies. The memory's clock isn't known to programs: its domain
 * counts bytes per cycle of the processor. What was measured is marked so, what fits the measured layers is marked
 * calibrated, and the rest, power without a sensor above all, are assumptions with bounds. */
#ifndef DVFO_HOST_BOARD_H
#define DVFO_HOST_BOARD_H

#include "profiles/board.h"
#include "profiles/host/machine.h"

struct dvfo_host_board_def {
    struct dvfo_machine machine;
    int threads;                   /* that products used */
    const char *kernel;            /* of OpenBLAS: "SkylakeX" */
    const char *networks;          /* measured, in words: "12 networks" */
    double flop_per_s, byte_per_s; /* measured peaks */
    double idle_w, busy_w;         /* measured; NaN without a sensor */
    const char *sensor;            /* that measured them; NULL: none was found, for the reason in `no_sensor` */
    const char *no_sensor;         /* borrowed */
    long layers[DVFO_OP_COUNT];    /* measured, by class as executed; a class without any stays an assumption */
    int tile_pixels;               /* that fits them best */
};

/** The description as text for dvfo_board_from_memory, coefficients to be fitted at their starting values.
 *  @param out  caller frees */
dvfo_status dvfo_host_board_text(struct dvfo_ctx *ctx, const struct dvfo_host_board_def *def, char **out);

#endif
