/* Calibration: coefficients of a board from measured points.
 *
 * A coefficient that the board's file marks `calibrated` is one that a fit may move; everything else stays as it
 * stands. Eq. (1) is fitted to latencies first (efficiencies, traffic, bandwidth, exponent, fixed time), Eq. (2) then
 * to rail and module power with the utilisations that Eq. (1) gives. Least squares on relative errors
 * (Levenberg-Marquardt of GSL), rows far off weighed down as Huber does; every coefficient moves inside its bounds by a
 * logistic transform, so none turns negative; one with a low and a high value starts in their middle and is held there
 * as far as the data leave it open. Standard errors come from a bootstrap over rows and expectations (one step from the
 * solution for each replicate): they tell how well the data pin a coefficient inside this model, not how true the model
 * is; for that, judge.h. */
#ifndef DVFO_FIT_H
#define DVFO_FIT_H

#include "profiles/calibrate/import.h"
#include "profiles/calibrate/predict.h"

enum {
    DVFO_FIT_MAX_COEFFICIENTS = DVFO_RUNTIME_TERMS + 3 * DVFO_OP_COUNT + 10 * DVFO_MAX_RAILS, /* of either equation */
    DVFO_FIT_MAX_GROUPS = 3 * DVFO_PREDICT_MAX_NETWORKS, /* latency, power, traffic of each */
    DVFO_FIT_NAME_SIZE = 64
};

struct dvfo_fit_coefficient {
    char name[DVFO_FIT_NAME_SIZE];  /* "efficiency conv-3x3", "VDD_SYS_GPU gpu dynamic_w" */
    const char *unit;               /* borrowed, static */
    struct dvfo_quantity *quantity; /* of the board; its value and error are rewritten */
    double low, high;               /* bounds */
    double before;                  /* value before the fit */
    bool at_bound;                  /* the data push it out of its bounds: its error tells nothing */
};

/* What is left: relative errors (model / measured - 1) of one network, rail or rail state. */
struct dvfo_fit_group {
    char name[DVFO_FIT_NAME_SIZE];
    size_t rows;
    double mean_abs, max_abs, bias;
    double mean_abs_unit; /* mean of |model - measured| in `unit` */
    const char *unit;     /* "s", "W", "" */
};

struct dvfo_fit {
    double noise;          /* of a residual, where it is known before: what an expectation weighs against; 0 means 1 */
    const size_t *stratum; /* (rows) the bootstrap draws within runs of equal numbers; NULL: among all; borrowed */
    size_t coefficient_count, group_count;
    struct dvfo_fit_coefficient coefficient[DVFO_FIT_MAX_COEFFICIENTS];
    struct dvfo_fit_group group[DVFO_FIT_MAX_GROUPS];
};

/** Fit Eq. (1) of `runtime` (one of the board's) to the points of that runtime and precision.
 *  @param board  its calibrated coefficients are rewritten
 *  @param fit    written: coefficients and residuals per network */
dvfo_status dvfo_fit_latency(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                             const struct dvfo_board_data *data, struct dvfo_fit *fit);

/** Fit Eq. (2) to the rail states; what a running network does to the domains comes from Eq. (1) of `runtime`. */
dvfo_status dvfo_fit_power(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                           const struct dvfo_board_data *data, struct dvfo_fit *fit);

/* Below: what the two fits share. */

/** Let a fit move a quantity inside (low, high), if it is marked calibrated. */
void dvfo_fit_offer(struct dvfo_fit *fit, struct dvfo_quantity *quantity, double low, double high, const char *unit,
                    const char *name);

/** Minimise the sum of squares of `residual`, which writes `rows` numbers for the coefficients' current values. */
dvfo_status dvfo_fit_solve(struct dvfo_ctx *ctx, struct dvfo_fit *fit, size_t rows,
                           void (*residual)(void *user, double *out), void *user);

/** Add a pair to the group of that name. */
void dvfo_fit_tell(struct dvfo_fit *fit, const char *group, double model, double measured, const char *unit);

/** Measurements of somebody's own board may move more: what is assumed of the runtime counts as expected from here on,
 *  between its low and high. A low of 0 becomes a thousandth of the high. */
void dvfo_fit_own(struct dvfo_runtime *runtime);

/** The board's file with the fit's values and errors in it: only numbers of quantities that were fitted change,
 * comments and order stay.
 *  @param own  source to write for what moved; what no value speaks of stays as it is then. NULL keeps the sources
 *  @param out  caller frees */
dvfo_status dvfo_fit_rewrite(struct dvfo_ctx *ctx, const char *path, const struct dvfo_fit *const fits[], size_t count,
                             const char *own, char **out);

#endif
