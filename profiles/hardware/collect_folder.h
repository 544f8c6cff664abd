/* The folder of a collection: rows that are kept, and which settings are done. Private to collect.c. */
#ifndef DVFO_COLLECT_FOLDER_H
#define DVFO_COLLECT_FOLDER_H

#include "profiles/hardware/collect.h"

struct dvfo_collect_folder {
    char points[DVFO_PATH_SIZE], rails[DVFO_PATH_SIZE]; /* paths */
    struct dvfo_measurements done; /* of the one that names settings: points, without a network rails */
    bool by_rails;
};

/** Make the folder, or check one that is there: without `resume` it must not hold rows already, with it they must come
 *  from the same board, command and network. What a power cut left of a last row is cut off, rails without their point
 *  are dropped. @param out  free with dvfo_collect_folder_close */
dvfo_status dvfo_collect_folder_open(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                     const struct dvfo_collect_def *def, struct dvfo_collect_folder *out);
void dvfo_collect_folder_close(struct dvfo_collect_folder *folder);

/** Is the setting of this row in it? */
bool dvfo_collect_folder_has(const struct dvfo_collect_folder *folder, const struct dvfo_measurement *row);

/** Keep a setting: its rails first, its point last. @param rails  rows, may be none */
dvfo_status dvfo_collect_folder_keep(struct dvfo_ctx *ctx, const struct dvfo_collect_folder *folder,
                                     const struct dvfo_measurement *point, const struct dvfo_measurement rails[],
                                     size_t rail_count);

/** "FOLDER/SETTING" + suffix. */
dvfo_status dvfo_collect_folder_path(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, const char *setting,
                                     const char *suffix, char path[DVFO_PATH_SIZE]);

#endif
