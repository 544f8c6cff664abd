/* A table for people (aligned), for scripts (csv), for programs (json), for papers and notes (latex, markdown).
 *
 * Columns are declared once, rows are filled cell by cell, printing is one call. Numbers line up on the right; `table`
 * rounds to a readable number of digits, `csv` and `json` keep enough to read the same double back (%.17g trimmed). */
#ifndef DVFO_TABLE_H
#define DVFO_TABLE_H

#include <stddef.h>

#include "sim/base/status.h"

typedef enum dvfo_table_format {
    DVFO_TABLE_TEXT,
    DVFO_TABLE_CSV,
    DVFO_TABLE_JSON,
    DVFO_TABLE_MARKDOWN,
    DVFO_TABLE_LATEX
} dvfo_table_format;

/** Is it read by people, so that numbers are rounded? */
static inline bool dvfo_table_is_rounded(dvfo_table_format format)
{
    return format != DVFO_TABLE_CSV && format != DVFO_TABLE_JSON;
}

struct dvfo_table;

/** @param names  column headings with their units, NULL-terminated; copied */
dvfo_status dvfo_table_create(struct dvfo_ctx *ctx, const char *const names[], struct dvfo_table **out);
void dvfo_table_free(struct dvfo_table *table);

/* Cells fill a row from left to right; the row is complete when every column has one. Memory running out is kept and
 * told by dvfo_table_print. A NaN is an empty cell ("not measured"). */
void dvfo_table_text(struct dvfo_table *table, const char *cell);
void dvfo_table_number(struct dvfo_table *table, double value, int digits); /* `digits` significant in text form */
void dvfo_table_integer(struct dvfo_table *table, long long value);

/** A number as people read it: `digits` significant, written without an exponent where that stays short, trailing zeros
 *  kept so that columns line up. */
void dvfo_table_readable(double value, int digits, char *text, size_t size);

/** "table", "csv", "json", "markdown" or "latex"; DVFO_BAD_INPUT with the nearest otherwise. */
dvfo_status dvfo_table_format_of(struct dvfo_ctx *ctx, const char *name, dvfo_table_format *out);
dvfo_status dvfo_table_print(struct dvfo_ctx *ctx, const struct dvfo_table *table, dvfo_table_format format,
                             FILE *file);

#endif
