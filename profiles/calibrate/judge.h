/* Predictions held against measurements: rows in, pairs out, and what the pairs say.
 *
 * Either the board's profile as it stands speaks of points that it may or may not have been fitted on (dvfo_judge), or
 * parts of the data are left out in turn, the profile is fitted anew on the rest, from what was expected before any
 * data, and speaks of what was left out (dvfo_judge_leaving_out). */
#ifndef DVFO_JUDGE_H
#define DVFO_JUDGE_H

#include "profiles/calibrate/fit.h"

/* One point or module power, measured and predicted. */
struct dvfo_verdict {
    struct dvfo_measurement row;
    char runtime[DVFO_MEASUREMENT_NAME_SIZE]; /* of the board, that predicted */
    char left_out[DVFO_MEASUREMENT_NAME_SIZE +
                  16];         /* what wasn't fitted: "network vgg-19", "gpu low"; "" as it stands */
    double latency_s, power_w; /* predicted; NaN where the row has none */
    double anchored_s;         /* latency scaled so that the first row of its group is met */
    bool anchor;               /* that first row: out of anchored errors */
};

struct dvfo_verdicts {
    size_t n, capacity;
    struct dvfo_verdict *verdict;
    size_t batches; /* rows left out: their batch isn't 1 */
};

void dvfo_verdicts_free(struct dvfo_verdicts *verdicts);

/** Hold all rows of `points`, each under its own runtime. With `anchor` one scale on latency meets the first row, and a
 *  runtime that the board doesn't have is predicted by its first one.
 *  @param out  zero-initialise; free with dvfo_verdicts_free */
dvfo_status dvfo_judge(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_measurements *points,
                       bool anchor, struct dvfo_verdicts *out);

typedef enum dvfo_leave_out { DVFO_LEAVE_NETWORK, DVFO_LEAVE_SIZE, DVFO_LEAVE_CLOCKS, DVFO_LEAVE_OUTS } dvfo_leave_out;

const char *dvfo_leave_out_name(dvfo_leave_out what); /* "network", "size", "clocks" */

/** Leave out in turn each network; each input size of a network that has several; the low, middle and high third of
 *  each clock that was varied. Latency of `runtime` is fitted on at most 600 of the rest, spread evenly, power on what
 *  is left of the rails when `runtime` is the board's first. Anchors are per network and size.
 *  @param board  its file is read anew for each part; nothing of it changes */
dvfo_status dvfo_judge_leaving_out(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                   const struct dvfo_runtime *runtime, const struct dvfo_board_data *data,
                                   dvfo_leave_out what, struct dvfo_verdicts *out);

/* Absolute relative errors of a group of verdicts; NaN where nothing was measured. */
struct dvfo_score {
    size_t points; /* verdicts with a latency or a power */
    double latency_median, latency_p90;
    double anchored_median, anchored_p90;
    double power_median, power_p90;
    double rank; /* Spearman's correlation of predicted and measured latency: do clocks keep their order */
};

/** Score of the verdicts that `chosen` picks. */
dvfo_status dvfo_judge_score(struct dvfo_ctx *ctx, const struct dvfo_verdicts *verdicts,
                             bool (*chosen)(const struct dvfo_verdict *verdict, const void *user), const void *user,
                             struct dvfo_score *out);

#endif
