/* Measured points that can't be: caught before a fit bends to them or a check despairs of them. */
#ifndef DVFO_PLAUSIBLE_H
#define DVFO_PLAUSIBLE_H

#include "profiles/calibrate/measurement.h"

/** Demand of every point of the board: clocks within half its lowest and 1.1 of its highest table entry; latency no
 *  shorter than a tenth of what the arithmetic of its network takes at the peak of its clocks, and no longer than a
 *  thousand times that (10 s are always allowed, 600 s never exceeded); power between 0.1 and 100 W. The message
 * guesses the unit where a factor of 1000 explains it. Points that repeat one another within 20 % are counted, others
 * are refused with both lines.
 *  @param name     of the file, for messages
 *  @param repeats  written: points that an earlier one has measured too; NULL welcome */
dvfo_status dvfo_plausible(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *name,
                           const struct dvfo_measurements *points, size_t *repeats);

#endif
