/* How clocks were before we touched them, and the way back.
 *
 * A snapshot lists files with their texts in the order in which they are given back: memory first (released, it can
 * follow whatever the others do next), then the CPU, then the GPU, whose supply gets its old policy last, after its own
 * files. Inside a clock the limits come before the governor, so that the old governor finds its whole range. The two
 * limits of a clock are one step, in the order that never crosses them.
 *
 * It is kept as JSON in a file, durably, before anything is written; so the clocks of a run that was killed can be
 * given back by another process. */
#ifndef DVFO_SNAPSHOT_H
#define DVFO_SNAPSHOT_H

#include "profiles/hardware/hardware.h"

typedef enum dvfo_snapshot_kind { DVFO_SNAPSHOT_PLAIN, DVFO_SNAPSHOT_LOWEST, DVFO_SNAPSHOT_HIGHEST } dvfo_snapshot_kind;

struct dvfo_snapshot {
    size_t n;
    struct {
        char path[DVFO_SYSFS_PATH_SIZE];
        char text[DVFO_PLAN_TEXT_SIZE];
        dvfo_snapshot_kind kind; /* a LOWEST is followed by its HIGHEST */
    } file[DVFO_PLAN_MAX];
};

/** Add the files of these domains that it doesn't hold yet, as they read now. */
dvfo_status dvfo_snapshot_take(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                               const bool domains[DVFO_DOMAINS], struct dvfo_snapshot *snapshot);

/** Give everything back. A file that fails is told as a note and doesn't keep the others from it.
 *  @return DVFO_FAILED when any failed */
dvfo_status dvfo_snapshot_restore(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs,
                                  const struct dvfo_snapshot *snapshot);

/** Text of a file in it; NULL when it doesn't hold that file. */
const char *dvfo_snapshot_find(const struct dvfo_snapshot *snapshot, const char *path);

/** As JSON; caller frees. NULL when memory is out. */
char *dvfo_snapshot_text(const struct dvfo_snapshot *snapshot);

/** Read what dvfo_snapshot_text wrote. @param name  of the file, for messages. Files outside /sys are refused. */
dvfo_status dvfo_snapshot_parse(struct dvfo_ctx *ctx, const char *name, const char *text, struct dvfo_snapshot *out);

#endif
