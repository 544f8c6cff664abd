/* Files of ours appear whole or not at all: written under a temporary name in the same folder, renamed at the end.
 * A final name that exists and isn't a regular file (a device, a folder, a link to one) is refused. */
#ifndef DVFO_OUTPUT_H
#define DVFO_OUTPUT_H

#include "sim/base/data_path.h"
#include "sim/base/status.h"

struct dvfo_output {
    char path[DVFO_PATH_SIZE];      /* final name */
    char temporary[DVFO_PATH_SIZE]; /* where the bytes go until dvfo_output_commit; "" when nothing is open */
};

/** Check that `path` can be written and reserve a temporary file beside it (created, empty).
 *  @return DVFO_BAD_INPUT when the folder is missing or not writable or the final name isn't a regular file */
dvfo_status dvfo_output_begin(struct dvfo_ctx *ctx, const char *path, struct dvfo_output *output);

/** Move the finished temporary file to its final name. */
dvfo_status dvfo_output_commit(struct dvfo_ctx *ctx, struct dvfo_output *output);

/** Remove the temporary file; does nothing after a commit. Safe on a zeroed struct. */
void dvfo_output_abandon(struct dvfo_output *output);

/** Write a whole file: all of the above around `write`.
 *  @param write  puts the contents into `file`, with `user` as it was given; the first failure is told, also that of a
 * full disk that shows on closing */
dvfo_status dvfo_output_write(struct dvfo_ctx *ctx, const char *path,
                              dvfo_status (*write)(struct dvfo_ctx *ctx, void *user, FILE *file), void *user);

/** Flush and close, telling a full disk: DVFO_FAILED with the path. `file` is closed in any case. */
dvfo_status dvfo_output_close(struct dvfo_ctx *ctx, FILE *file, const char *path);

#endif
