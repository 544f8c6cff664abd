/* Importers: published raw tables of the three boards become measured points (profiles/calibrate/measurement.h).
 *
 * The raw tables stay where they are; what is taken from them, what is left out and why stands in import_*.c. */
#ifndef DVFO_IMPORT_H
#define DVFO_IMPORT_H

#include "profiles/calibrate/measurement.h"
#include "sim/base/data_path.h"

/* What is known of one board. */
struct dvfo_board_data {
    struct dvfo_measurements points;   /* latency, module power */
    struct dvfo_measurements rails;    /* states */
    struct dvfo_measurements held_out; /* points that no fit reads: what validation is for */
    char from[DVFO_PATH_SIZE];         /* file of the points, for messages; the folder when they are of raw tables */
};

/** Data of a board from `path`: a folder with BOARD.csv, and BOARD-rails.csv and BOARD-held-out.csv where there are
 *  such; a folder with the raw tables; or one file of points.
 *  @param out  free with dvfo_board_data_free, also after a failure */
dvfo_status dvfo_board_data_load(struct dvfo_ctx *ctx, const char *path, const char *board,
                                 struct dvfo_board_data *out);
/** Whether a latency that a fit can use is among the points: of the board and its runtime, one request at a time. */
bool dvfo_board_data_has(const struct dvfo_board_data *data, const struct dvfo_board *board,
                         const struct dvfo_runtime *runtime);

void dvfo_board_data_free(struct dvfo_board_data *data);

/** Raw tables alone. Fails when there is no importer for the board. */
dvfo_status dvfo_import_board(struct dvfo_ctx *ctx, const char *folder, const char *board, struct dvfo_board_data *out);

/* The importers; `out` as above. The Triton sweep of NX and the tables of other runtimes are two. */
dvfo_status dvfo_import_xavier_nx_tables(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out);
dvfo_status dvfo_import_jetson_tx2(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out);
dvfo_status dvfo_import_jetson_nano(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out);
dvfo_status dvfo_import_xavier_nx(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out);

#endif
