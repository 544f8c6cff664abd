/* What data don't reach is an assumption with a low and a high value, and results can be had at both. */
#ifndef DVFO_BOARD_ASSUME_H
#define DVFO_BOARD_ASSUME_H

#include "profiles/board.h"

/** Set assumptions of loaded boards to their low or high value.
 *
 *  @param what     "low" or "high" for all of them, "NAME=low" or "NAME=high" for one, or a list of such with commas,
 *                  taken in order. NAME as `dvfo show board` prints it, with or without its runtime ("tensorrt fp32
 *                  launch of a kernel", "launch of a kernel"), or a runtime's key in the board's file
 *                  ("launch_cycles", "efficiency.dense"); where several coefficients have it, all are set
 *  @param changed  (count) written: how many coefficients of each board have another value now
 *  @return         DVFO_BAD_INPUT when no board has a coefficient of that name, or none for which it is an assumption
 */
dvfo_status dvfo_boards_assume(struct dvfo_ctx *ctx, struct dvfo_board *const boards[], size_t count, const char *what,
                               size_t changed[]);

#endif
