#include "bench/batch/reference.h"

#include <string.h>

#include "sim/base/text.h"

enum { COLUMNS = 5, MOST_CONDITIONS = 16, MOST_BYTES = 1 << 20 };
enum { ID, CONDITION, VALUE, UNIT, PROVENANCE };

static const char *const names[COLUMNS] = {"id", "condition", "value", "unit", "provenance"};

/* One row of the file, and what it means. */
struct meant {
    const char *field[COLUMNS];
    size_t row, column; /* of ours */
    double value;
};

static dvfo_status check_heading(struct dvfo_ctx *ctx, const char *path, char *line)
{
    char *field[COLUMNS];
    const size_t count = line == NULL ? 0 : dvfo_text_split(line, ',', field, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (count != COLUMNS || strcmp(field[i], names[i]) != 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:1: expected the columns id,condition,value,unit,provenance",
                             path);
        }
    }
    return DVFO_OK;
}

/* Does row `r` of ours have this value for the key? @return false also where there is no such key */
static bool agrees(const struct dvfo_rows *rows, size_t r, const char *key, const char *value, bool *known)
{
    for (size_t k = 0; k < rows->keys.count; k++) {
        if (strcmp(rows->keys.entry[k], key) == 0) {
            *known = true;
            return strcmp(rows->key[r * rows->keys.count + k], value) == 0;
        }
    }
    return false;
}

static dvfo_status find_column(struct dvfo_ctx *ctx, const char *path, int line, const struct dvfo_rows *rows,
                               const char *measure, const char *unit, size_t *out)
{
    for (*out = 0; *out < rows->columns; (*out)++) {
        if (strcmp(rows->column[*out].name, measure) == 0) {
            return strcmp(rows->column[*out].units, unit) == 0
                       ? DVFO_OK
                       : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: unit is '%s', expected '%s' of %s", path, line, unit,
                                   rows->column[*out].units, measure);
        }
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: the table has no column '%s'", path, line, measure);
}

static dvfo_status find_row(struct dvfo_ctx *ctx, const char *path, int line, const struct dvfo_rows *rows,
                            char *const pair[], size_t pairs, size_t *out)
{
    size_t found = 0;
    for (size_t r = 0; r < rows->rows; r++) {
        bool all = true;
        for (size_t i = 0; i < pairs; i++) {
            bool known = false;
            all &= agrees(rows, r, pair[i], pair[i] + strlen(pair[i]) + 1, &known);
            if (!known) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: rows of the table aren't told apart by '%s'", path, line,
                                 pair[i]);
            }
        }
        *out = all ? r : *out;
        found += all;
    }
    return found == 1 ? DVFO_OK
                      : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: the condition means %zu rows of the table, expected one",
                                  path, line, found);
}

/* Takes "key=value;..." apart: each '=' becomes a NUL, so a pair is a key with its value behind it. */
static dvfo_status understand(struct dvfo_ctx *ctx, const char *path, int line, const struct dvfo_rows *rows,
                              char *condition, struct meant *out)
{
    char *part[MOST_CONDITIONS], *pair[MOST_CONDITIONS];
    const char *measure = NULL;
    size_t pairs = 0;
    const size_t parts = dvfo_text_split(condition, ';', part, MOST_CONDITIONS);
    for (size_t i = 0; i < parts && i < MOST_CONDITIONS; i++) {
        char *sign = strchr(part[i], '=');
        if (sign == NULL) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: '%s' is no condition, expected KEY=VALUE", path, line,
                             part[i]);
        }
        *sign = '\0';
        if (strcmp(part[i], "measure") == 0) {
            measure = sign + 1;
        } else {
            pair[pairs++] = part[i];
        }
    }
    if (measure == NULL || parts > MOST_CONDITIONS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: the condition names no measure, expected measure=COLUMN", path,
                         line);
    }
    DVFO_TRY(find_column(ctx, path, line, rows, measure, out->field[UNIT], &out->column));
    return find_row(ctx, path, line, rows, pair, pairs, &out->row);
}

/* @param count  of rows that were of this experiment, one more where this one is */
static dvfo_status read_row(struct dvfo_ctx *ctx, const char *path, int line, char *text, const char *id,
                            const struct dvfo_rows *rows, struct dvfo_table *table, size_t *count)
{
    char *field[COLUMNS];
    struct meant meant = {0};
    const size_t fields = dvfo_text_split(text, ',', field, COLUMNS);
    if (fields != COLUMNS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: has %zu fields, expected %d", path, line, fields, (int)COLUMNS);
    }
    if (strcmp(field[ID], id) != 0) {
        return DVFO_OK; /* of another experiment */
    }
    memcpy(meant.field, field, sizeof field);
    if (!dvfo_text_number(field[VALUE], NULL, &meant.value)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: value is '%s', expected a number", path, line, field[VALUE]);
    }
    char *condition = dvfo_text_copy(field[CONDITION]);
    if (condition == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = understand(ctx, path, line, rows, condition, &meant);
    free(condition);
    DVFO_TRY(status);
    ++*count;
    const double ours = rows->value[meant.row * rows->columns + meant.column].point;
    dvfo_table_text(table, field[CONDITION]);
    dvfo_table_number(table, meant.value, 4);
    dvfo_table_number(table, ours, 4);
    dvfo_table_number(table, 100.0 * (ours / meant.value - 1.0), 3);
    dvfo_table_text(table, field[UNIT]);
    dvfo_table_text(table, field[PROVENANCE]);
    return DVFO_OK;
}

dvfo_status dvfo_reference_print(struct dvfo_ctx *ctx, const char *path, const char *id, const struct dvfo_rows *rows,
                                 dvfo_table_format format, FILE *file)
{
    static const char *const headings[] = {"condition", "reference",  "ours", "difference_percent",
                                           "unit",      "provenance", NULL};
    struct dvfo_text text;
    struct dvfo_table *table = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_text_load(ctx, path, MOST_BYTES, &text));
    struct dvfo_lines lines = dvfo_lines_of(&text);
    dvfo_status status = check_heading(ctx, path, dvfo_lines_next(&lines));
    status = status == DVFO_OK ? dvfo_table_create(ctx, headings, &table) : status;
    for (char *line = NULL; status == DVFO_OK && (line = dvfo_lines_next(&lines)) != NULL;) {
        if (line[0] != '\0') {
            status = read_row(ctx, path, lines.number, line, id, rows, table, &count);
        }
    }
    if (status == DVFO_OK && count > 0) {
        fputs(format == DVFO_TABLE_TEXT ? "\nbeside numbers of others:\n" : "\n", file);
        status = dvfo_table_print(ctx, table, format, file);
    }
    dvfo_table_free(table);
    dvfo_text_free(&text);
    return status;
}
