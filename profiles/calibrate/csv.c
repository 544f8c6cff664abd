#include "profiles/calibrate/csv.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/data_path.h"

enum { MAX_CSV_BYTES = 64 << 20 };

dvfo_status dvfo_csv_fail(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, const char *format, ...)
{
    char sentence[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s", csv->text.name, csv->lines.number, sentence);
}

/* Index of a column; column_count when there is none. */
static size_t column_of(const struct dvfo_csv *csv, const char *name)
{
    size_t i = 0;
    while (i < csv->column_count && strcmp(csv->column[i], name) != 0) {
        i++;
    }
    return i;
}

static dvfo_status read_heading(struct dvfo_ctx *ctx, struct dvfo_csv *csv, const char *const needed[])
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF"; /* what spreadsheets put before UTF-8 */
    csv->lines = dvfo_lines_of(&csv->text);
    if (strncmp(csv->lines.next, byte_order_mark, strlen(byte_order_mark)) == 0) {
        csv->lines.next += strlen(byte_order_mark);
    }
    csv->column_count = dvfo_text_split(dvfo_lines_next(&csv->lines), ',', csv->column, DVFO_CSV_MAX_COLUMNS);
    if (csv->column_count > DVFO_CSV_MAX_COLUMNS) {
        const size_t found = csv->column_count;
        csv->column_count = 0;
        return dvfo_csv_fail(ctx, csv, "has %zu columns, expected at most %d", found, DVFO_CSV_MAX_COLUMNS);
    }
    for (size_t i = 0; i < csv->column_count; i++) {
        if (column_of(csv, csv->column[i]) != i) {
            return dvfo_csv_fail(ctx, csv, "the column '%.60s' stands here a second time", csv->column[i]);
        }
    }
    for (size_t i = 0; needed[i] != NULL; i++) {
        if (column_of(csv, needed[i]) == csv->column_count) {
            return dvfo_csv_fail(ctx, csv, "the column '%s' is missing", needed[i]);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_csv_open(struct dvfo_ctx *ctx, const char *path, const char *const needed[], struct dvfo_csv *out)
{
    *out = (struct dvfo_csv){0};
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_CSV_BYTES, &out->text));
    return read_heading(ctx, out, needed);
}

dvfo_status dvfo_csv_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                 const char *const needed[], struct dvfo_csv *out)
{
    *out = (struct dvfo_csv){0};
    DVFO_TRY(dvfo_text_from_memory(ctx, name, bytes, size, &out->text));
    return read_heading(ctx, out, needed);
}

void dvfo_csv_close(struct dvfo_csv *csv)
{
    dvfo_text_free(&csv->text);
}

dvfo_status dvfo_csv_next(struct dvfo_ctx *ctx, struct dvfo_csv *csv, bool *more)
{
    char *line = dvfo_lines_next(&csv->lines);
    while (line != NULL && line[strspn(line, " \t")] == '\0') {
        line = dvfo_lines_next(&csv->lines);
    }
    *more = line != NULL;
    if (line == NULL) {
        return DVFO_OK;
    }
    const size_t fields = dvfo_text_split(line, ',', csv->field, DVFO_CSV_MAX_COLUMNS);
    return fields == csv->column_count
               ? DVFO_OK
               : dvfo_csv_fail(ctx, csv, "has %zu fields, expected %zu as in the heading", fields, csv->column_count);
}

const char *dvfo_csv_text(const struct dvfo_csv *csv, const char *column)
{
    const size_t i = column_of(csv, column);
    return i < csv->column_count ? csv->field[i] : "";
}

dvfo_status dvfo_csv_number(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, const char *column, double min,
                            double max, double *out)
{
    const char *text = dvfo_csv_text(csv, column);
    *out = NAN;
    if (text[0] == '\0') {
        return DVFO_OK;
    }
    double value = 0.0;
    if (!dvfo_text_number(text, NULL, &value)) {
        return dvfo_csv_fail(ctx, csv, "'%s' is '%.60s', expected a number or nothing", column, text);
    }
    if (value < min || value > max) {
        return dvfo_csv_fail(ctx, csv, "'%s' is %.60s, expected a number from %g to %g", column, text, min, max);
    }
    *out = value;
    return DVFO_OK;
}

dvfo_status dvfo_csv_each(struct dvfo_ctx *ctx, const char *folder, const char *file, const char *const needed[],
                          dvfo_status (*visit)(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user),
                          void *user)
{
    char path[DVFO_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, file) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of %s is longer than %d characters", file, DVFO_PATH_SIZE - 1);
    }
    struct dvfo_csv csv;
    dvfo_status status = dvfo_csv_open(ctx, path, needed, &csv);
    bool more = status == DVFO_OK;
    while (more) {
        status = dvfo_csv_next(ctx, &csv, &more);
        status = status == DVFO_OK && more ? visit(ctx, &csv, user) : status;
        more = more && status == DVFO_OK;
    }
    dvfo_csv_close(&csv);
    return status;
}
