/* Every coefficient of a board in one order: for tables that show them all. */
#ifndef DVFO_BOARD_ENTRIES_H
#define DVFO_BOARD_ENTRIES_H

#include "profiles/board.h"

struct dvfo_board_entry {
    char name[96];                        /* "tensorrt fp32 efficiency conv-3x3" */
    size_t prefix;                        /* of that, letters before the part that runtimes share; 0 elsewhere */
    char key[64];                         /* as the board's file names it: "efficiency.conv-3x3"; "" but for runtimes */
    const char *unit;                     /* "" for shares; static */
    const struct dvfo_quantity *quantity; /* borrowed from the board */
};

/** List the quantities that the board's file names. Several classes that share one `default` line are one entry.
 *  @param entries  written; caller frees */
dvfo_status dvfo_board_entries(struct dvfo_ctx *ctx, const struct dvfo_board *board, struct dvfo_board_entry **entries,
                               size_t *count);

#endif
