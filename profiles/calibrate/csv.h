/* A CSV file read by column name: the first line names the columns, their order doesn't matter.
 *
 * What recordings and measurement tables need and no more: comma-separated fields without commas inside, numbers that
 * are finite or empty, and messages with file, line and column. */
#ifndef DVFO_CSV_H
#define DVFO_CSV_H

#include "sim/base/text.h"

enum { DVFO_CSV_MAX_COLUMNS = 40 };

struct dvfo_csv {
    struct dvfo_text text;
    struct dvfo_lines lines;
    size_t column_count;
    char *column[DVFO_CSV_MAX_COLUMNS]; /* names, borrowed from text */
    char *field[DVFO_CSV_MAX_COLUMNS];  /* of the current row, borrowed from text */
};

/** Open a file and demand the columns of `needed` (NULL-terminated); others may stand between.
 *  @param out  free with dvfo_csv_close, also after a failure */
dvfo_status dvfo_csv_open(struct dvfo_ctx *ctx, const char *path, const char *const needed[], struct dvfo_csv *out);

/** The same from memory; `name` stands for the file in messages. */
dvfo_status dvfo_csv_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                 const char *const needed[], struct dvfo_csv *out);
void dvfo_csv_close(struct dvfo_csv *csv);

/** The next row; `*more` is false after the last. Blank lines are passed over. Fails when a row has another number of
 *  fields than the heading. */
dvfo_status dvfo_csv_next(struct dvfo_ctx *ctx, struct dvfo_csv *csv, bool *more);

/** Field of the current row; "" when there is no such column. Borrowed until the next row. */
const char *dvfo_csv_text(const struct dvfo_csv *csv, const char *column);

/** Number of the current row, in [min, max]; NaN when the field is empty or the column is missing. */
dvfo_status dvfo_csv_number(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, const char *column, double min,
                            double max, double *out);

/** Open FOLDER/FILE and hand each row to `visit`, until it fails. */
dvfo_status dvfo_csv_each(struct dvfo_ctx *ctx, const char *folder, const char *file, const char *const needed[],
                          dvfo_status (*visit)(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user),
                          void *user);

/** Fail with "file:line: " before the sentence. */
dvfo_status dvfo_csv_fail(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
