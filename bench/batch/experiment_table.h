/* Printing what came out of an experiment: rows, comparison, performance profile, and what they rest on. */
#ifndef DVFO_EXPERIMENT_TABLE_H
#define DVFO_EXPERIMENT_TABLE_H

#include "bench/batch/compare.h"
#include "bench/batch/rows.h"
#include "bench/table.h"

/** The rows. For people an interval stands with its value, "0.55 [0.54, 0.56]"; csv and json have columns of their own,
 *  X, X_low, X_high. */
dvfo_status dvfo_experiment_print_rows(struct dvfo_ctx *ctx, const struct dvfo_rows *rows, dvfo_table_format format,
                                       FILE *file);

dvfo_status dvfo_experiment_print_comparison(struct dvfo_ctx *ctx, const struct dvfo_comparison *comparison,
                                             dvfo_table_format format, FILE *file);

/** Policy, tau, share of runs below the reference's cost / tau. */
dvfo_status dvfo_experiment_print_profile(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered,
                                          dvfo_table_format format, FILE *file);

/** Lines on the traces, rules, boards' profiles and networks' variants that all of it rests on. */
void dvfo_experiment_print_conditions(const struct dvfo_gathered *gathered, FILE *file);

#endif
