/* A learning curve as CSV: a row per look. The last column, time, changes from run to run; all others don't. */
#ifndef DVFO_CURVE_CSV_H
#define DVFO_CURVE_CSV_H

#include "policies/agents/curve.h"

/** The file appears whole or not at all. */
dvfo_status dvfo_curve_write_csv(struct dvfo_ctx *ctx, const struct dvfo_curve *curve, const char *path);

#endif
