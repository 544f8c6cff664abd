/* Merging: the records of many trials as one HDF5 file that explains itself.
 *
 *     /trials/...           one row per trial: experiment, and all columns of `dvfo run --format csv`
 *     /energy_by_rail/...   trial, rail, energy per request; /energy_by_cause/... likewise
 *
 * In the order of the plans; so the same trials give the same bytes, whichever machine ran them. (Trials of live plans
 * aren't the same twice: of them the same records do.) */
#ifndef DVFO_MERGE_H
#define DVFO_MERGE_H

#include "bench/batch/batch.h"

enum { DVFO_MERGE_FOLDERS = 64 };

/** @param batch    its folder is looked in first
 *  @param folders  then these, in their order
 *  @return         DVFO_BAD_INPUT when a trial lies in none of them */
dvfo_status dvfo_merge(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const char *const folders[], size_t count,
                       const char *path);

#endif
