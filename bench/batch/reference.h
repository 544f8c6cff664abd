/* Numbers of others, from a file of the user's, beside ours. No such number is ever in the program. */
#ifndef DVFO_REFERENCE_H
#define DVFO_REFERENCE_H

#include "bench/batch/rows.h"
#include "bench/table.h"

/** Read a CSV with the columns id, condition, value, unit, provenance, and print those of an experiment, each with our
 *  number and the difference; nothing where there are none. A condition is "KEY=VALUE;...;measure=COLUMN" and means the
 *  one row of which all keys are so.
 *  @return DVFO_BAD_INPUT with the line, when a row means none of ours or several, or another unit */
dvfo_status dvfo_reference_print(struct dvfo_ctx *ctx, const char *path, const char *id, const struct dvfo_rows *rows,
                                 dvfo_table_format format, FILE *file);

#endif
