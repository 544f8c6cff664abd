/* The verbs of `dvfo board`, each in a file of its own: board_info.c, board_set.c, board_watch.c; and what they and
 * `dvfo profile collect` share. */
#ifndef DVFO_BOARD_VERBS_H
#define DVFO_BOARD_VERBS_H

#include "bench/command.h"
#include "profiles/hardware/hardware.h"

#define DVFO_BOARD_ROOT_TEXT "a copy of a board's tree to work on instead of this machine's own files"
#define DVFO_BOARD_NAME_TEXT                                                                                           \
    "jetson-nano, jetson-tx2, xavier-nx, host (no Jetson), or auto (default: what the device tree says)"

extern const struct dvfo_command dvfo_board_info;
extern const struct dvfo_command dvfo_board_set;
extern const struct dvfo_command dvfo_board_watch;

/** Open the board below `root`; `board` and `root` as typed, NULL for the defaults. Writes go through `sysfs`'s hook.
 *  @param out  free with dvfo_hardware_free */
dvfo_status dvfo_board_open(struct dvfo_ctx *ctx, const char *root, const char *board, struct dvfo_hardware **out);

/** "--OPTION is 'TEXT', expected a number from MIN to MAX" for what isn't; keeps *out when `text` is NULL. */
dvfo_status dvfo_board_number(struct dvfo_ctx *ctx, const char *option, const char *text, double min, double max,
                              double *out);
dvfo_status dvfo_board_whole(struct dvfo_ctx *ctx, const char *option, const char *text, long min, long max, long *out);

#endif
