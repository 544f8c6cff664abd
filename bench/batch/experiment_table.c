#include "bench/batch/experiment_table.h"

#include <math.h>
#include <string.h>

#include "sim/base/text.h"

enum { MOST_COLUMNS = 3 * 3 * DVFO_PLAN_NAMES + DVFO_PLAN_VALUES, NAME_SIZE = 80 };

/* Headings, then cells, of estimates. */
struct headings {
    size_t count;
    const char *name[MOST_COLUMNS + 1]; /* NULL at the end */
    char text[MOST_COLUMNS][NAME_SIZE];
};

static void add_heading(struct headings *headings, const char *name, const char *suffix)
{
    DVFO_REQUIRE(headings->count < MOST_COLUMNS);
    char *text = headings->text[headings->count];
    snprintf(text, NAME_SIZE, "%.70s%s", name, suffix);
    headings->name[headings->count++] = text;
}

static void add_estimate_heading(struct headings *headings, const char *name, dvfo_table_format format)
{
    add_heading(headings, name, "");
    if (!dvfo_table_is_rounded(format)) {
        add_heading(headings, name, "_low");
        add_heading(headings, name, "_high");
    }
}

/* One number; with its interval behind it where that is known and wider than the digits shown. */
static void add_rounded(struct dvfo_table *table, const struct dvfo_estimate *e, int digits)
{
    char point[32], low[32], high[32], text[112];
    if (isnan(e->point) || isnan(e->low) || isnan(e->high)) {
        dvfo_table_number(table, e->point, digits);
        return;
    }
    dvfo_table_readable(e->point, digits, point, sizeof point);
    dvfo_table_readable(e->low, digits, low, sizeof low);
    dvfo_table_readable(e->high, digits, high, sizeof high);
    if (strcmp(low, point) == 0 && strcmp(high, point) == 0) {
        snprintf(text, sizeof text, "%s", point);
    } else {
        snprintf(text, sizeof text, "%s [%s, %s]", point, low, high);
    }
    dvfo_table_text(table, text);
}

static void add_estimate(struct dvfo_table *table, const struct dvfo_estimate *e, int digits, dvfo_table_format format)
{
    if (dvfo_table_is_rounded(format)) {
        add_rounded(table, e, digits);
        return;
    }
    dvfo_table_number(table, e->point, 17);
    dvfo_table_number(table, e->low, 17);
    dvfo_table_number(table, e->high, 17);
}

/* ---- rows ---- */

/* People read an option as it was typed; those that are numbers are numbers to programs. */
static void add_key(struct dvfo_table *table, const char *key, dvfo_table_format format)
{
    double value = 0.0;
    if (!dvfo_table_is_rounded(format) && dvfo_text_number(key, NULL, &value)) {
        dvfo_table_number(table, value, 17);
    } else {
        dvfo_table_text(table, key);
    }
}

dvfo_status dvfo_experiment_print_rows(struct dvfo_ctx *ctx, const struct dvfo_rows *rows, dvfo_table_format format,
                                       FILE *file)
{
    struct headings headings = {0};
    struct dvfo_table *table = NULL;
    for (size_t k = 0; k < rows->keys.count; k++) {
        add_heading(&headings, rows->keys.entry[k], "");
    }
    for (size_t c = 0; c < rows->columns; c++) {
        add_estimate_heading(&headings, rows->column[c].name, format);
    }
    DVFO_TRY(dvfo_table_create(ctx, headings.name, &table));
    for (size_t r = 0; r < rows->rows; r++) {
        for (size_t k = 0; k < rows->keys.count; k++) {
            add_key(table, rows->key[r * rows->keys.count + k], format);
        }
        for (size_t c = 0; c < rows->columns; c++) {
            add_estimate(table, &rows->value[r * rows->columns + c], rows->column[c].digits, format);
        }
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, file);
    dvfo_table_free(table);
    return status;
}

/* ---- the comparison ---- */

static void name_saving(const struct dvfo_measure *measure, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%.*s_saving_percent", (int)dvfo_measure_stem(measure), measure->name);
}

static void print_verdict(const struct dvfo_comparison *comparison, FILE *file)
{
    const struct dvfo_plan_comparison *plan = &comparison->plan->comparison;
    fprintf(file,
            "\nover %zu cells, %zu seed%s; savings are those of %s against each row, the mean over cells and seeds\n"
            "cost_ratio: geometric mean of cost over that of %s, cost_iqm the same of the middle half; p_improvement: "
            "that a run of %s costs less\n"
            "%s costs least, or no more within its interval, in %zu of %zu cells\n",
            comparison->cells, comparison->seeds, comparison->seeds == 1 ? "" : "s", comparison->subject,
            plan->reference, comparison->subject, comparison->subject, comparison->lowest, comparison->cells);
    if (plan->oracle != NULL) {
        fprintf(file,
                "normalised: %s 0, %s 1, interquartile mean over the %zu cells where %s gains 2 %% or more; "
                "optimality_gap: by how much 1 is missed\n",
                plan->reference, plan->oracle, comparison->with_gap, plan->oracle);
    }
    if (comparison->seeds < DVFO_ROWS_SEEDS) {
        fprintf(file, "fewer than %d seeds: no intervals are claimed\n", (int)DVFO_ROWS_SEEDS);
    }
}

dvfo_status dvfo_experiment_print_comparison(struct dvfo_ctx *ctx, const struct dvfo_comparison *comparison,
                                             dvfo_table_format format, FILE *file)
{
    static const char *const fixed[] = {"cost_ratio", "cost_iqm", "normalised", "optimality_gap", "p_improvement"};
    struct headings headings = {0};
    struct dvfo_table *table = NULL;
    const bool oracle = comparison->plan->comparison.oracle != NULL;
    add_heading(&headings, "policy", "");
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (oracle || (i != 2 && i != 3)) {
            add_estimate_heading(&headings, fixed[i], format);
        }
    }
    for (size_t m = 0; m < comparison->measures; m++) {
        char name[NAME_SIZE];
        name_saving(&comparison->measure[m], name);
        add_estimate_heading(&headings, name, format);
    }
    DVFO_TRY(dvfo_table_create(ctx, headings.name, &table));
    for (size_t r = 0; r < comparison->rows; r++) {
        const struct dvfo_compare_row *row = &comparison->row[r];
        dvfo_table_text(table, row->policy);
        add_estimate(table, &row->ratio, 4, format);
        add_estimate(table, &row->middle, 4, format);
        if (oracle) {
            add_estimate(table, &row->normalised, 3, format);
            add_estimate(table, &row->optimality, 3, format);
        }
        add_estimate(table, &row->improvement, 3, format);
        for (size_t m = 0; m < comparison->measures; m++) {
            add_estimate(table, &row->saving[m], 3, format);
        }
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, file);
    dvfo_table_free(table);
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT) {
        print_verdict(comparison, file);
    }
    return status;
}

/* ---- the profile ---- */

dvfo_status dvfo_experiment_print_profile(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered,
                                          dvfo_table_format format, FILE *file)
{
    struct headings headings = {0};
    struct dvfo_table *table = NULL;
    const struct dvfo_plan_comparison *plan = &gathered->plan->comparison;
    add_heading(&headings, "policy", "");
    add_heading(&headings, "tau", "");
    add_estimate_heading(&headings, "share_of_runs", format);
    DVFO_TRY(dvfo_table_create(ctx, headings.name, &table));
    dvfo_status status = DVFO_OK;
    for (size_t p = 0; p < gathered->policies && status == DVFO_OK; p++) {
        double tau[DVFO_COMPARE_TAUS];
        struct dvfo_estimate share[DVFO_COMPARE_TAUS];
        const char *name = gathered->plan->policies.entry[p];
        bool shown = strcmp(name, plan->subject) == 0;
        for (size_t r = 0; r < plan->rivals.count; r++) {
            shown |= strcmp(name, plan->rivals.entry[r]) == 0;
        }
        status = shown ? dvfo_compare_profile(ctx, gathered, p, tau, share) : DVFO_OK;
        for (size_t t = 0; t < DVFO_COMPARE_TAUS && shown && status == DVFO_OK; t++) {
            dvfo_table_text(table, name);
            dvfo_table_number(table, tau[t], 4);
            add_estimate(table, &share[t], 3, format);
        }
    }
    status = status == DVFO_OK ? dvfo_table_print(ctx, table, format, file) : status;
    dvfo_table_free(table);
    return status;
}

/* ---- what it rests on ---- */

/* A column of a record, for people. */
static void write_value(const struct dvfo_record *record, size_t column, char text[DVFO_RECORD_TEXT])
{
    if (dvfo_trial_columns[column].value == NULL) {
        snprintf(text, DVFO_RECORD_TEXT, "%s", dvfo_record_text(record, column));
    } else if (isnan(record->number[column])) {
        snprintf(text, DVFO_RECORD_TEXT, "none");
    } else {
        snprintf(text, DVFO_RECORD_TEXT, "%g", record->number[column]);
    }
}

/* Records of one board or network alone; of all when `key` is NULL. */
struct record_filter {
    const char *key, *name;
};

static bool is_met(const struct dvfo_record *record, struct record_filter filter)
{
    return filter.key == NULL || strcmp(dvfo_record_text(record, dvfo_record_column(filter.key)), filter.name) == 0;
}

/* "composition parallel", or "eta 0.2, 0.5, 0.8" where it varies. */
static void print_values_of(const struct dvfo_gathered *gathered, struct record_filter filter, const char *label,
                            const char *name, FILE *file)
{
    enum { MOST = 24 };
    char seen[MOST][DVFO_RECORD_TEXT];
    size_t count = 0;
    const size_t column = dvfo_record_column(name), records = gathered->points * gathered->seeds * gathered->policies;
    for (size_t i = 0; i < records && count < MOST; i++) {
        size_t known = 0;
        if (!is_met(&gathered->record[i], filter)) {
            continue;
        }
        write_value(&gathered->record[i], column, seen[count]);
        while (strcmp(seen[known], seen[count]) != 0) {
            known++;
        }
        count += known == count;
    }
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%s%s", i == 0 ? label : ", ", seen[i]);
    }
}

static void print_values(const struct dvfo_gathered *gathered, const char *label, const char *name, FILE *file)
{
    print_values_of(gathered, (struct record_filter){0}, label, name, file);
}

/* One line for each board, or network, that the records name. */
static void print_each(const struct dvfo_gathered *gathered, const char *key, const char *const columns[],
                       const char *const labels[], FILE *file)
{
    const size_t column = dvfo_record_column(key), records = gathered->points * gathered->seeds * gathered->policies;
    for (size_t i = 0; i < records; i++) {
        const char *name = dvfo_record_text(&gathered->record[i], column);
        size_t first = 0;
        while (strcmp(dvfo_record_text(&gathered->record[first], column), name) != 0) {
            first++;
        }
        if (first < i) {
            continue;
        }
        fprintf(file, "  %s", name);
        for (size_t c = 0; columns[c] != NULL; c++) {
            print_values_of(gathered, (struct record_filter){key, name}, labels[c], columns[c], file);
        }
        fputc('\n', file);
    }
}

void dvfo_experiment_print_conditions(const struct dvfo_gathered *gathered, FILE *file)
{
    static const char *const of_board[] = {"runtime", "precision", "p_max_w", NULL};
    static const char *const board_labels[] = {": profile ", " ", ", P_max [W] ", NULL};
    static const char *const of_network[] = {"input", "input_height", "split_layer", NULL};
    static const char *const network_labels[] = {": input ", " ", ", split after ", NULL};
    print_values(gathered, "\ntrace ", "trace", file);
    print_values(gathered, "; ", "requests", file);
    print_values(gathered, " requests, ", "arrivals", file);
    print_values(gathered, " loop, trace time ", "trace_time", file);
    print_values(gathered, "; eta ", "eta", file);
    print_values(gathered, ", lambda ", "lambda", file);
    fprintf(file, "; %zu seed%s\n", gathered->seeds, gathered->seeds == 1 ? "" : "s");
    print_values(gathered, "composition ", "composition", file);
    print_values(gathered, ", tail ", "tail_rule", file);
    print_values(gathered, "; cloud ", "cloud", file);
    print_values(gathered, ", RTT [s] ", "rtt_s", file);
    print_values(gathered, ", timeout [s] ", "timeout_s", file);
    print_values(gathered, "; encoded images, bit per pixel ", "bits_per_pixel", file);
    print_values(gathered, "; feature maps sent as ", "payload", file);
    print_values(gathered, "; layer splits send ", "layer_payload", file);
    print_values(gathered, "\naccuracy profile ", "accuracy_profile", file);
    print_values(gathered, ", floor [points] ", "accuracy_floor", file);
    if (gathered->plan->live) {
        print_values(gathered, "\nlive: energy ", "energy_from", file);
        fputs("; another run gives other numbers", file);
    }
    fputc('\n', file);
    print_each(gathered, "network", of_network, network_labels, file);
    print_each(gathered, "board", of_board, board_labels, file);
}
