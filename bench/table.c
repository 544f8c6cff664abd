#include "bench/table.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "sim/base/nearest.h"
#include "sim/base/text.h"

struct cell {
    char *text;   /* of a text cell or an integer; NULL for a number */
    double value; /* of a number */
    int digits;
    bool integer;
};

struct dvfo_table {
    size_t columns, cells, capacity;
    char **names;
    struct cell *cell;
    bool out_of_memory;
};

dvfo_status dvfo_table_create(struct dvfo_ctx *ctx, const char *const names[], struct dvfo_table **out)
{
    struct dvfo_table *table = calloc(1, sizeof *table);
    *out = table;
    if (table == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    while (names[table->columns] != NULL) {
        table->columns++;
    }
    table->names = calloc(table->columns, sizeof *table->names);
    for (size_t i = 0; table->names != NULL && i < table->columns; i++) {
        table->names[i] = dvfo_text_copy(names[i]);
    }
    if (table->names == NULL || table->names[table->columns - 1] == NULL) {
        dvfo_table_free(table);
        *out = NULL;
        return dvfo_fail_no_memory(ctx);
    }
    return DVFO_OK;
}

void dvfo_table_free(struct dvfo_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; table->names != NULL && i < table->columns; i++) {
        free(table->names[i]);
    }
    for (size_t i = 0; i < table->cells; i++) {
        free(table->cell[i].text);
    }
    free(table->names);
    free(table->cell);
    free(table);
}

static void add_cell(struct dvfo_table *table, struct cell cell)
{
    if (table->cells == table->capacity) {
        const size_t capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
        struct cell *grown = realloc(table->cell, capacity * sizeof *grown);
        if (grown == NULL) {
            table->out_of_memory = true;
            free(cell.text);
            return;
        }
        table->cell = grown;
        table->capacity = capacity;
    }
    table->cell[table->cells++] = cell;
}

void dvfo_table_text(struct dvfo_table *table, const char *cell)
{
    char *text = dvfo_text_copy(cell);
    table->out_of_memory |= text == NULL;
    add_cell(table, (struct cell){.text = text});
}

void dvfo_table_number(struct dvfo_table *table, double value, int digits)
{
    add_cell(table, (struct cell){.value = value, .digits = digits});
}

void dvfo_table_integer(struct dvfo_table *table, long long value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", value);
    char *copy = dvfo_text_copy(text);
    table->out_of_memory |= copy == NULL;
    add_cell(table, (struct cell){.text = copy, .value = (double)value, .integer = true});
}

dvfo_status dvfo_table_format_of(struct dvfo_ctx *ctx, const char *name, dvfo_table_format *out)
{
    static const char *const names[] = {"table", "csv", "json", "markdown", "latex"};
    for (int i = 0; i < 5; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (dvfo_table_format)i;
            return DVFO_OK;
        }
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "--format is '%s', expected table, csv, json, markdown or latex", name);
}

/* Fewest digits that read back as the same double. */
static void format_exact(double value, char *out, size_t size)
{
    if (value == floor(value) && fabs(value) < 1e15) {
        snprintf(out, size, "%.0f", value);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            return;
        }
    }
}

void dvfo_table_readable(double value, int digits, char *text, size_t size)
{
    snprintf(text, size, "%.*e", digits - 1, value);
    const double rounded = fabs(strtod(text, NULL)); /* 9.996 has a digit more once it is rounded */
    if (value == 0.0) {
        snprintf(text, size, "0");
    } else if (rounded >= 1e-4 && rounded < 1e9) {
        const int before = (int)floor(log10(rounded)) + 1;
        snprintf(text, size, "%.*f", digits > before ? digits - before : 0, value);
    }
}

static bool is_text(const struct cell *cell)
{
    return cell->text != NULL && !cell->integer;
}

static const char *readable(const struct cell *cell, char buffer[64])
{
    if (cell->text != NULL) {
        return cell->text;
    }
    if (isnan(cell->value)) {
        return "-";
    }
    dvfo_table_readable(cell->value, cell->digits, buffer, 64);
    return buffer;
}

/* Columns of a terminal: code points, not bytes. */
static int display_width(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++) {
        width += (*text & 0xC0) != 0x80;
    }
    return width;
}

static void print_padded(FILE *file, const char *text, int width, bool left)
{
    const int pad = width - display_width(text);
    if (left) {
        fprintf(file, "%s%*s", text, pad > 0 ? pad : 0, "");
    } else {
        fprintf(file, "%*s%s", pad > 0 ? pad : 0, "", text);
    }
}

static dvfo_status print_text(struct dvfo_ctx *ctx, const struct dvfo_table *table, FILE *file)
{
    const size_t columns = table->columns, rows = table->cells / columns;
    int *width = calloc(columns, sizeof *width);
    if (width == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    char buffer[64];
    for (size_t c = 0; c < columns; c++) {
        width[c] = display_width(table->names[c]);
        for (size_t r = 0; r < rows; r++) {
            const int w = display_width(readable(&table->cell[r * columns + c], buffer));
            width[c] = w > width[c] ? w : width[c];
        }
    }
    for (size_t r = 0; r <= rows; r++) { /* row 0 is the heading */
        for (size_t c = 0; c < columns; c++) {
            const bool left = rows > 0 && is_text(&table->cell[c]);
            const char *text = r == 0 ? table->names[c] : readable(&table->cell[(r - 1) * columns + c], buffer);
            const bool last_left = left && c + 1 == columns; /* no blanks at the end of a line */
            print_padded(file, text, last_left ? 0 : width[c], left);
            fputs(c + 1 < columns ? "  " : "\n", file);
        }
    }
    free(width);
    return DVFO_OK;
}

/* A cell in a language in which some characters mean something. */
static void print_escaped(FILE *file, const char *text, bool latex)
{
    for (; *text != '\0'; text++) {
        if (latex && *text == '\\') {
            fputs("\\textbackslash{}", file);
        } else if (latex && (*text == '~' || *text == '^')) {
            fprintf(file, "\\%c{}", *text);
        } else {
            if (strchr(latex ? "&%$#_{}" : "|\\", *text) != NULL) {
                fputc('\\', file);
            }
            fputc(*text, file);
        }
    }
}

static void print_markdown(const struct dvfo_table *table, FILE *file)
{
    const size_t columns = table->columns, rows = table->cells / columns;
    char buffer[64];
    for (size_t r = 0; r <= rows; r++) { /* row 0 is the heading */
        for (size_t c = 0; c < columns; c++) {
            fputs(c == 0 ? "| " : " | ", file);
            print_escaped(file, r == 0 ? table->names[c] : readable(&table->cell[(r - 1) * columns + c], buffer),
                          false);
        }
        fputs(" |\n", file);
        for (size_t c = 0; c < columns && r == 0; c++) {
            fprintf(file, "%s %s%s", c == 0 ? "|" : " |",
                    rows > 0 && is_text(&table->cell[c]) ? "---" : "---:", c + 1 == columns ? " |\n" : "");
        }
    }
}

/* For \usepackage{booktabs}. */
static void print_latex(const struct dvfo_table *table, FILE *file)
{
    const size_t columns = table->columns, rows = table->cells / columns;
    char buffer[64];
    fputs("\\begin{tabular}{", file);
    for (size_t c = 0; c < columns; c++) {
        fputc(rows > 0 && is_text(&table->cell[c]) ? 'l' : 'r', file);
    }
    fputs("}\n\\toprule\n", file);
    for (size_t r = 0; r <= rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            print_escaped(file, r == 0 ? table->names[c] : readable(&table->cell[(r - 1) * columns + c], buffer), true);
            fputs(c + 1 < columns ? " & " : " \\\\\n", file);
        }
        fputs(r == 0 ? "\\midrule\n" : "", file);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", file);
}

static void print_csv_field(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\n\r") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

static void print_csv(const struct dvfo_table *table, FILE *file)
{
    for (size_t c = 0; c < table->columns; c++) {
        print_csv_field(file, table->names[c]);
        fputc(c + 1 < table->columns ? ',' : '\n', file);
    }
    for (size_t i = 0; i < table->cells; i++) {
        const struct cell *cell = &table->cell[i];
        char number[64] = "";
        if (cell->text == NULL && !isnan(cell->value)) {
            format_exact(cell->value, number, sizeof number);
        }
        print_csv_field(file, cell->text != NULL ? cell->text : number);
        fputc((i + 1) % table->columns != 0 ? ',' : '\n', file);
    }
}

static json_t *json_cell(const struct cell *cell)
{
    if (is_text(cell)) {
        return json_string(cell->text);
    }
    const bool whole = cell->integer || (cell->value == floor(cell->value) && fabs(cell->value) < 1e15);
    return whole ? json_integer((json_int_t)cell->value) : isfinite(cell->value) ? json_real(cell->value) : json_null();
}

static dvfo_status print_json(struct dvfo_ctx *ctx, const struct dvfo_table *table, FILE *file)
{
    json_t *rows = json_array();
    for (size_t i = 0; i + table->columns <= table->cells; i += table->columns) {
        json_t *row = json_object();
        for (size_t c = 0; c < table->columns; c++) {
            json_object_set_new(row, table->names[c], json_cell(&table->cell[i + c]));
        }
        json_array_append_new(rows, row);
    }
    const int failed = rows == NULL || json_dumpf(rows, file, JSON_INDENT(2)) != 0;
    json_decref(rows);
    fputc('\n', file);
    return failed && !ferror(file) ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

dvfo_status dvfo_table_print(struct dvfo_ctx *ctx, const struct dvfo_table *table, dvfo_table_format format, FILE *file)
{
    if (table->out_of_memory) {
        return dvfo_fail_no_memory(ctx);
    }
    DVFO_REQUIRE(table->cells % table->columns == 0);
    switch (format) {
    case DVFO_TABLE_TEXT:
        DVFO_TRY(print_text(ctx, table, file));
        break;
    case DVFO_TABLE_CSV:
        print_csv(table, file);
        break;
    case DVFO_TABLE_JSON:
        DVFO_TRY(print_json(ctx, table, file));
        break;
    case DVFO_TABLE_MARKDOWN:
        print_markdown(table, file);
        break;
    case DVFO_TABLE_LATEX:
        print_latex(table, file);
        break;
    }
    if (fflush(file) != 0 || ferror(file)) {
        return errno == EPIPE ? dvfo_fail(ctx, DVFO_CLOSED_PIPE, "%s", dvfo_status_text(DVFO_CLOSED_PIPE))
                              : dvfo_fail(ctx, DVFO_FAILED, "the table could not be written: %s", strerror(errno));
    }
    return DVFO_OK;
}
