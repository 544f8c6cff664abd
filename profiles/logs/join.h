/* Runs of trtexec become a layer profile, and measured points for 'dvfo profile fit' and 'validate'.
 *
 * Runs at different clocks fill one grid, the product of the clocks seen; points that nobody measured stay open. Runs
 * at the same clocks are averaged when they agree within 20 %, with their range as interval, and refused otherwise.
 * What trtexec doesn't tell (launches, traffic, energies) comes from the closed form. A median latency sets what a
 * request costs beside its kernels, a measured module power the activity factor of Eq. (2). */
#ifndef DVFO_JOIN_H
#define DVFO_JOIN_H

#include "profiles/calibrate/import.h"
#include "profiles/layer_profile.h"
#include "profiles/logs/logged_run.h"

/* What a run says about a request as a whole, in the terms of the model. */
struct dvfo_join_solution {
    double request_s; /* beside the kernels, so that the model meets the median latency; NaN without times */
    double activity;  /* factor on u_G, so that Eq. (2) meets the module's power; NaN without a log */
    double time_s;    /* of a request, by the model with these layers */
    double power_w;   /* of the module meanwhile, by Eq. (2) before the factor */
};

/** Solve for both. A latency below what the layers take, or a power out of reach of any sensible factor, is told in a
 *  note and left out. The run has a profile, of batch 1. */
dvfo_status dvfo_join_solve(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                            const struct dvfo_logged_run *run, struct dvfo_join_solution *out);

/** One profile from `count` runs, all with layers and of batch 1, and an earlier profile of the same subject (NULL:
 *  none), whose measured numbers are kept.
 *  @param out  free with dvfo_layer_profile_free */
dvfo_status dvfo_join_profile(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                              const struct dvfo_logged_run runs[], size_t count,
                              const struct dvfo_layer_profile *earlier, struct dvfo_layer_profile **out);

/** Add a run's measured points: latency and module power, and with a log one row per rail of the board. */
dvfo_status dvfo_join_rows(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                           const struct dvfo_logged_run *run, struct dvfo_board_data *data);

#endif
