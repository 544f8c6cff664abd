/* Rows of an experiment's table: one per combination of what the plan's table names, over all seeds and over all points
 * that a row doesn't tell apart, each measure with its interval over seeds. */
#ifndef DVFO_ROWS_H
#define DVFO_ROWS_H

#include "bench/batch/gather.h"

/* Fewer seeds than this give points only: an interval of three runs would claim too much (statistics.h). */
enum { DVFO_ROWS_SEEDS = 5 };

/* A column of numbers: a measure, or the saving in it against a policy, or against the best of several. */
struct dvfo_rows_column {
    char name[64]; /* "cost_j", "cost_saving_percent", "cost_over_best_percent" */
    char units[32];
    int digits;
};

struct dvfo_rows {
    struct dvfo_plan_list keys; /* options, and "policy" */
    size_t columns, rows, seeds;
    struct dvfo_rows_column column[3 * DVFO_PLAN_NAMES];
    const char **key;            /* (rows, keys) borrowed from the plan; owned array */
    struct dvfo_estimate *value; /* (rows, columns); low and high NaN where they aren't known; owned */
};

/** @return DVFO_BAD_INPUT when the plan's table names a measure or an option that there isn't */
dvfo_status dvfo_rows_make(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, struct dvfo_rows *out);
void dvfo_rows_free(struct dvfo_rows *rows); /* zeroed welcome */

/** An estimate of scores as a table shows it: no interval of fewer than DVFO_ROWS_SEEDS runs; NaN where there is no
 * such number, as of an accuracy without a profile, or a saving in what costs nothing. */
dvfo_status dvfo_rows_estimate(struct dvfo_ctx *ctx, const struct dvfo_scores *scores, dvfo_statistic statistic,
                               const void *settings, struct dvfo_estimate *out);

#endif
