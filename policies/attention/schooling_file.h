/* A schooling in a file (HDF5): the network, and all that it needs to go on learning. */
#ifndef DVFO_SCHOOLING_FILE_H
#define DVFO_SCHOOLING_FILE_H

#include "policies/attention/schooling.h"

/** Whole or not at all; same contents, same bytes. */
dvfo_status dvfo_schooling_save(struct dvfo_ctx *ctx, const struct dvfo_schooling *schooling, const char *path);

/** @param out  free with dvfo_schooling_free
 *  @return     DVFO_BAD_INPUT when anything in it isn't as expected */
dvfo_status dvfo_schooling_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_schooling **out);

/** The same from memory; `name` stands for the file in messages. */
dvfo_status dvfo_schooling_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                       struct dvfo_schooling **out);

#endif
