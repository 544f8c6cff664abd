#include "bench/batch/rows.h"

#include <math.h>
#include <string.h>

void dvfo_rows_free(struct dvfo_rows *rows)
{
    free(rows->key);
    free(rows->value);
    *rows = (struct dvfo_rows){0};
}

/* Is there such a number? Not of an accuracy without a profile, nor of a saving in what costs nothing. */
static bool is_known(const struct dvfo_scores *scores, dvfo_statistic statistic)
{
    const bool ratio = statistic == dvfo_statistic_saving || statistic == dvfo_statistic_log_ratio;
    for (size_t i = 0; i < scores->tasks * scores->runs; i++) {
        if (!isfinite(scores->x[i]) || (scores->y != NULL && !isfinite(scores->y[i])) ||
            (ratio && scores->y[i] <= 0.0) || (statistic == dvfo_statistic_log_ratio && scores->x[i] <= 0.0)) {
            return false;
        }
    }
    return true;
}

dvfo_status dvfo_rows_estimate(struct dvfo_ctx *ctx, const struct dvfo_scores *scores, dvfo_statistic statistic,
                               const void *settings, struct dvfo_estimate *out)
{
    struct dvfo_bootstrap_def def = dvfo_bootstrap_def_default();
    *out = (struct dvfo_estimate){(double)NAN, (double)NAN, (double)NAN};
    if (!is_known(scores, statistic)) {
        return DVFO_OK;
    }
    if (scores->runs < DVFO_ROWS_SEEDS) {
        def.replicates = 1; /* the point alone */
    }
    DVFO_TRY(dvfo_statistics_bootstrap(ctx, &def, scores, statistic, settings, out));
    if (scores->runs < DVFO_ROWS_SEEDS) {
        out->low = out->high = (double)NAN;
    }
    return DVFO_OK;
}

/* ---- what a table is made of ---- */

struct making {
    const struct dvfo_gathered *gathered;
    struct dvfo_rows *rows;
    struct dvfo_measure measure[DVFO_PLAN_NAMES], saving[DVFO_PLAN_NAMES];
    size_t measures, savings;
    size_t baseline;         /* policy; the number of policies: none */
    size_t *member, members; /* (points) points of the row in hand */
    double *x, *y;           /* (points, seeds) */
};

/* @param length  of the name's part that is taken */
static dvfo_status add_column(struct dvfo_ctx *ctx, struct dvfo_rows *rows, const char *name, size_t length,
                              const char *suffix, const char *units, int digits)
{
    if (rows->columns == sizeof rows->column / sizeof rows->column[0]) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a table names more than %zu columns",
                         sizeof rows->column / sizeof rows->column[0]);
    }
    struct dvfo_rows_column *column = &rows->column[rows->columns++];
    snprintf(column->name, sizeof column->name, "%.*s%s", (int)length, name, suffix);
    snprintf(column->units, sizeof column->units, "%s", units);
    column->digits = digits;
    return DVFO_OK;
}

static dvfo_status find_all(struct dvfo_ctx *ctx, const struct dvfo_plan_list *names, struct dvfo_measure out[],
                            size_t *count)
{
    for (*count = 0; *count < names->count; (*count)++) {
        if (*count == DVFO_PLAN_NAMES) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "a table names more than %d measures", (int)DVFO_PLAN_NAMES);
        }
        DVFO_TRY(dvfo_measure_find(ctx, names->entry[*count], &out[*count]));
    }
    return DVFO_OK;
}

static dvfo_status name_columns(struct dvfo_ctx *ctx, struct making *making)
{
    const struct dvfo_plan_table *table = &making->gathered->plan->table;
    DVFO_TRY(find_all(ctx, &table->columns, making->measure, &making->measures));
    DVFO_TRY(find_all(ctx, &table->saving, making->saving, &making->savings));
    for (size_t m = 0; m < making->measures; m++) {
        const struct dvfo_measure *measure = &making->measure[m];
        DVFO_TRY(
            add_column(ctx, making->rows, measure->name, strlen(measure->name), "", measure->units, measure->digits));
    }
    for (size_t m = 0; m < making->savings && table->baseline != NULL; m++) {
        const struct dvfo_measure *measure = &making->saving[m];
        DVFO_TRY(
            add_column(ctx, making->rows, measure->name, dvfo_measure_stem(measure), "_saving_percent", "percent", 3));
    }
    for (size_t m = 0; m < making->savings && table->best.count > 0; m++) {
        const struct dvfo_measure *measure = &making->saving[m];
        DVFO_TRY(add_column(ctx, making->rows, measure->name, dvfo_measure_stem(measure), "_over_best_percent",
                            "percent", 3));
    }
    return DVFO_OK;
}

/* ---- rows ---- */

/* Which value a point has for a key of the rows; policies are told apart by themselves. */
static const char *key_of(const struct making *making, size_t key, size_t point, size_t policy)
{
    const struct dvfo_plan *plan = making->gathered->plan;
    const char *name = making->rows->keys.entry[key];
    return strcmp(name, "policy") == 0 ? plan->policies.entry[policy] : dvfo_plan_value(plan, point, name);
}

static bool same_row(const struct making *making, size_t row, size_t point, size_t policy)
{
    const size_t keys = making->rows->keys.count;
    for (size_t k = 0; k < keys; k++) {
        if (strcmp(making->rows->key[row * keys + k], key_of(making, k, point, policy)) != 0) {
            return false;
        }
    }
    return true;
}

static size_t find_row(const struct making *making, size_t point, size_t policy)
{
    size_t row = 0;
    while (row < making->rows->rows && !same_row(making, row, point, policy)) {
        row++;
    }
    return row;
}

static bool tells_policies_apart(const struct dvfo_rows *rows)
{
    for (size_t k = 0; k < rows->keys.count; k++) {
        if (strcmp(rows->keys.entry[k], "policy") == 0) {
            return true;
        }
    }
    return false;
}

/* Scores of a policy over the row's points: tasks are points, runs are seeds. */
static void fill(const struct making *making, const struct dvfo_measure *measure, size_t policy, double *scores)
{
    const struct dvfo_gathered *gathered = making->gathered;
    for (size_t t = 0; t < making->members; t++) {
        for (size_t s = 0; s < gathered->seeds; s++) {
            scores[t * gathered->seeds + s] =
                dvfo_measure_of(measure, dvfo_gathered_at(gathered, making->member[t], s, policy));
        }
    }
}

/* The best of the list at each point: whose mean over seeds is lowest there. */
static dvfo_status fill_best(struct dvfo_ctx *ctx, const struct making *making, const struct dvfo_measure *measure,
                             double *scores)
{
    const struct dvfo_gathered *gathered = making->gathered;
    const struct dvfo_plan_list *best = &gathered->plan->table.best;
    for (size_t t = 0; t < making->members; t++) {
        double lowest = (double)INFINITY;
        for (size_t b = 0; b < best->count; b++) {
            size_t policy = 0;
            double mean = 0.0;
            DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "table", best->entry[b], &policy));
            for (size_t s = 0; s < gathered->seeds; s++) {
                mean += dvfo_measure_of(measure, dvfo_gathered_at(gathered, making->member[t], s, policy)) /
                        (double)gathered->seeds;
            }
            for (size_t s = 0; s < gathered->seeds && mean < lowest; s++) {
                scores[t * gathered->seeds + s] =
                    dvfo_measure_of(measure, dvfo_gathered_at(gathered, making->member[t], s, policy));
            }
            lowest = fmin(lowest, mean);
        }
    }
    return DVFO_OK;
}

/* Of the scores in hand. */
static dvfo_status estimate(struct dvfo_ctx *ctx, const struct making *making, bool against, dvfo_statistic statistic,
                            double scale, struct dvfo_estimate *out)
{
    const struct dvfo_scores scores = {
        .tasks = making->members, .runs = making->gathered->seeds, .x = making->x, .y = against ? making->y : NULL};
    DVFO_TRY(dvfo_rows_estimate(ctx, &scores, statistic, NULL, out));
    out->point *= scale;
    out->low *= scale;
    out->high *= scale;
    return DVFO_OK;
}

static dvfo_status fill_row(struct dvfo_ctx *ctx, struct making *making, size_t row, size_t policy)
{
    struct dvfo_estimate *value = &making->rows->value[row * making->rows->columns];
    const bool best = making->gathered->plan->table.best.count > 0;
    for (size_t m = 0; m < making->measures; m++) {
        fill(making, &making->measure[m], policy, making->x);
        DVFO_TRY(estimate(ctx, making, false, dvfo_statistic_mean, 1.0, value++));
    }
    for (size_t m = 0; m < making->savings && making->baseline < making->gathered->policies; m++) {
        fill(making, &making->saving[m], policy, making->x);
        fill(making, &making->saving[m], making->baseline, making->y);
        DVFO_TRY(estimate(ctx, making, true, dvfo_statistic_saving, 100.0, value++));
    }
    for (size_t m = 0; m < making->savings && best; m++) {
        fill(making, &making->saving[m], policy, making->x);
        DVFO_TRY(fill_best(ctx, making, &making->saving[m], making->y));
        DVFO_TRY(estimate(ctx, making, true, dvfo_statistic_saving, 100.0, value++));
    }
    return DVFO_OK;
}

static void name_row(struct making *making, size_t point, size_t policy)
{
    struct dvfo_rows *rows = making->rows;
    for (size_t k = 0; k < rows->keys.count; k++) {
        rows->key[rows->rows * rows->keys.count + k] = key_of(making, k, point, policy);
    }
    rows->rows++;
}

/* Rows in the order in which the plan has them. */
static dvfo_status make_rows(struct dvfo_ctx *ctx, struct making *making)
{
    const struct dvfo_gathered *gathered = making->gathered;
    const size_t policies = tells_policies_apart(making->rows) ? gathered->policies : 1;
    for (size_t point = 0; point < gathered->points; point++) {
        for (size_t policy = 0; policy < policies; policy++) {
            const size_t row = find_row(making, point, policy);
            if (row < making->rows->rows) {
                continue; /* made with the first of its points */
            }
            name_row(making, point, policy);
            making->members = 0;
            for (size_t other = point; other < gathered->points; other++) {
                if (same_row(making, row, other, policy)) {
                    making->member[making->members++] = other;
                }
            }
            DVFO_TRY(fill_row(ctx, making, row, policy));
        }
    }
    return DVFO_OK;
}

static dvfo_status prepare(struct dvfo_ctx *ctx, struct making *making)
{
    const struct dvfo_gathered *gathered = making->gathered;
    const struct dvfo_plan_table *table = &gathered->plan->table;
    struct dvfo_rows *rows = making->rows;
    const size_t most = gathered->points * gathered->policies, scores = gathered->points * gathered->seeds;
    rows->keys = table->rows;
    rows->seeds = gathered->seeds;
    making->baseline = gathered->policies;
    for (size_t k = 0; k < rows->keys.count; k++) {
        const char *name = rows->keys.entry[k];
        if (strcmp(name, "policy") != 0 && dvfo_plan_values(gathered->plan, name).count == 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "the table of %s has rows by '%s', which the plan doesn't name",
                             gathered->plan->id, name);
        }
    }
    if (table->baseline != NULL) {
        DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "table", table->baseline, &making->baseline));
    }
    DVFO_TRY(name_columns(ctx, making));
    rows->key = calloc(most * rows->keys.count + 1, sizeof *rows->key);
    rows->value = calloc(most * rows->columns + 1, sizeof *rows->value);
    making->member = calloc(gathered->points + 1, sizeof *making->member);
    making->x = calloc(scores + 1, sizeof *making->x);
    making->y = calloc(scores + 1, sizeof *making->y);
    return rows->key != NULL && rows->value != NULL && making->member != NULL && making->x != NULL && making->y != NULL
               ? DVFO_OK
               : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_rows_make(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, struct dvfo_rows *out)
{
    struct making making = {.gathered = gathered, .rows = out};
    *out = (struct dvfo_rows){0};
    dvfo_status status = prepare(ctx, &making);
    status = status == DVFO_OK ? make_rows(ctx, &making) : status;
    free(making.member);
    free(making.x);
    free(making.y);
    if (status != DVFO_OK) {
        dvfo_rows_free(out);
    }
    return status;
}
