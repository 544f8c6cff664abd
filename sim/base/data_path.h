/* Where data files live: $DVFO_DATA, then share/dvfo beside the installed program, then the source folder it was
 * built from. So the program works from any folder, installed or not. Another program that uses the
 * installed libraries sets DVFO_DATA to DVFO_INSTALLED_DATA, which dvfo::dvfo defines (bench/examples/one_trial.c). */
#ifndef DVFO_DATA_PATH_H
#define DVFO_DATA_PATH_H

#include <stddef.h>

#include "sim/base/status.h"

#define DVFO_PATH_SIZE 4096

/** Path of a data file, e.g. dvfo_data_path(ctx, "profiles/boards", "jetson-tx2", ".yaml", path).
 *
 *  A `name` with a '/' in it or ending in `suffix` is a path of the user's and is taken as it is. Otherwise it is
 * looked for in the data folders; an unknown one fails with the nearest known name.
 *  @param kind  what to call it in a message: "board", "network" */
dvfo_status dvfo_data_path(struct dvfo_ctx *ctx, const char *kind, const char *folder, const char *name,
                           const char *suffix, char path[DVFO_PATH_SIZE]);

/** Names (without suffix) of all data files of a folder, sorted. Free with dvfo_data_names_free. */
dvfo_status dvfo_data_names(struct dvfo_ctx *ctx, const char *folder, const char *suffix, char ***names, size_t *count);
void dvfo_data_names_free(char **names, size_t count);

#endif
