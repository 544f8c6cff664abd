/* The snapshot's file: one process at a time has it, and it is on the disk before anything is written.
 *
 * The lock ends with the process, whatever ends it; a file without a lock is what somebody left behind. */
#ifndef DVFO_SNAPSHOT_FILE_H
#define DVFO_SNAPSHOT_FILE_H

#include "profiles/hardware/snapshot.h"

struct dvfo_snapshot_file {
    char path[DVFO_PATH_SIZE];
    int descriptor; /* -1 when closed */
};

/** Lock it, made empty where it is missing, and read what somebody left (n = 0 for nothing).
 *  @param path  below the root
 *  @return DVFO_FAILED when another process has it or it can't be made */
dvfo_status dvfo_snapshot_file_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                    struct dvfo_snapshot_file *file, struct dvfo_snapshot *left);

/** Read what somebody left without taking it; n = 0 for nothing. */
dvfo_status dvfo_snapshot_file_peek(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                    struct dvfo_snapshot *left);

/** Replace it, whole or not at all, and wait for the disk. */
dvfo_status dvfo_snapshot_file_save(struct dvfo_ctx *ctx, struct dvfo_snapshot_file *file,
                                    const struct dvfo_snapshot *snapshot);

/** Let go of it; remove it first when `forget`. Does nothing when closed. */
void dvfo_snapshot_file_close(struct dvfo_snapshot_file *file, bool forget);

#endif
