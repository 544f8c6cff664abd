#include "profiles/calibrate/judge.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "profiles/board_entries.h"

void dvfo_verdicts_free(struct dvfo_verdicts *verdicts)
{
    free(verdicts->verdict);
    *verdicts = (struct dvfo_verdicts){0};
}

static dvfo_status add(struct dvfo_ctx *ctx, struct dvfo_verdicts *verdicts, const struct dvfo_verdict *verdict)
{
    if (verdicts->n == verdicts->capacity) {
        const size_t capacity = verdicts->capacity == 0 ? 64 : 2 * verdicts->capacity;
        struct dvfo_verdict *grown = realloc(verdicts->verdict, capacity * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        verdicts->verdict = grown;
        verdicts->capacity = capacity;
    }
    verdicts->verdict[verdicts->n++] = *verdict;
    return DVFO_OK;
}

static const struct dvfo_runtime *runtime_named(const struct dvfo_board *board, const struct dvfo_measurement *row)
{
    for (size_t i = 0; i < board->runtime_count; i++) {
        if (strcmp(board->runtime[i].name, row->runtime) == 0 &&
            strcmp(board->runtime[i].precision, row->precision) == 0) {
            return &board->runtime[i];
        }
    }
    return NULL;
}

static dvfo_status runtime_for(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_measurement *row,
                               bool anchor, const struct dvfo_runtime **out)
{
    *out = runtime_named(board, row);
    if (*out == NULL && anchor) {
        *out = &board->runtime[0];
    }
    if (*out != NULL) {
        return DVFO_OK;
    }
    char known[400] = "";
    for (size_t i = 0; i < board->runtime_count; i++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s %s", i > 0 ? ", " : "", board->runtime[i].name,
                 board->runtime[i].precision);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "line %d of the measurements names the runtime %s %s, which %s doesn't have; it has %s; --anchor "
                     "takes the first of them and one scale",
                     row->line, row->runtime, row->precision, board->name, known);
}

static dvfo_status judge_row(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                             struct dvfo_predict_networks *networks, const struct dvfo_measurement *row,
                             const char *left_out, struct dvfo_verdicts *out)
{
    struct dvfo_verdict verdict = {.row = *row, .anchored_s = NAN};
    struct dvfo_prediction prediction;
    if (isnan(row->latency_s) && isnan(row->power_w)) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_predict(ctx, board, runtime, networks, row, &prediction));
    snprintf(verdict.runtime, sizeof verdict.runtime, "%s", runtime->name);
    snprintf(verdict.left_out, sizeof verdict.left_out, "%s", left_out);
    verdict.latency_s = isnan(row->latency_s) ? NAN : prediction.latency_s;
    verdict.power_w = isnan(row->power_w) ? NAN : prediction.power_w;
    return add(ctx, out, &verdict);
}

/* Scale the latencies of verdicts first..n-1 that `same` as the first so that the first is met. */
static void anchor_group(struct dvfo_verdicts *verdicts, size_t first,
                         bool (*same)(const struct dvfo_verdict *a, const struct dvfo_verdict *b))
{
    struct dvfo_verdict *anchor = &verdicts->verdict[first];
    const double scale = anchor->row.latency_s / anchor->latency_s;
    for (size_t i = first; i < verdicts->n; i++) {
        struct dvfo_verdict *verdict = &verdicts->verdict[i];
        if (isnan(verdict->anchored_s) && !isnan(verdict->latency_s) && same(verdict, anchor)) {
            verdict->anchored_s = scale * verdict->latency_s;
        }
    }
    anchor->anchor = true;
}

static void anchor_all(struct dvfo_verdicts *verdicts, size_t from,
                       bool (*same)(const struct dvfo_verdict *a, const struct dvfo_verdict *b))
{
    for (size_t i = from; i < verdicts->n; i++) {
        if (isnan(verdicts->verdict[i].anchored_s) && !isnan(verdicts->verdict[i].latency_s)) {
            anchor_group(verdicts, i, same);
        }
    }
}

static bool any(const struct dvfo_verdict *a, const struct dvfo_verdict *b)
{
    (void)a;
    (void)b;
    return true;
}

static bool same_network(const struct dvfo_verdict *a, const struct dvfo_verdict *b)
{
    return strcmp(a->row.network, b->row.network) == 0 && a->row.input_px == b->row.input_px &&
           strcmp(a->left_out, b->left_out) == 0;
}

dvfo_status dvfo_judge(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_measurements *points,
                       bool anchor, struct dvfo_verdicts *out)
{
    struct dvfo_predict_networks networks = {0};
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < points->n && status == DVFO_OK; i++) {
        const struct dvfo_measurement *row = &points->row[i];
        const struct dvfo_runtime *runtime = NULL;
        if (strcmp(row->board, board->name) != 0) {
            status = dvfo_fail(ctx, DVFO_BAD_INPUT, "line %d of the measurements is of the board %s, expected %s",
                               row->line, row->board, board->name);
        } else if (row->batch != 1) {
            out->batches++;
        } else {
            status = runtime_for(ctx, board, row, anchor, &runtime);
            status = status == DVFO_OK ? judge_row(ctx, board, runtime, &networks, row, "", out) : status;
        }
    }
    dvfo_predict_networks_free(&networks);
    if (status == DVFO_OK && anchor) {
        anchor_all(out, 0, any);
    }
    return status;
}

/* ---- leaving out ---- */

enum { MOST_ROWS = 600, MAX_PARTS = 64, CLOCK_PARTS = 3 };

const char *dvfo_leave_out_name(dvfo_leave_out what)
{
    static const char *const names[DVFO_LEAVE_OUTS] = {"network", "size", "clocks"};
    return names[what];
}

/* What is left out at a time. */
struct part {
    char name[DVFO_MEASUREMENT_NAME_SIZE + 16];
    const char *network; /* NULL: any */
    long input_px;       /* -1: any */
    int domain;          /* -1: any clocks; else from low_hz up to high_hz of it */
    double low_hz, high_hz;
};

struct parts {
    size_t n;
    struct part part[MAX_PARTS];
};

static bool is_in(const struct part *part, const struct dvfo_measurement *row)
{
    if (part->network != NULL && strcmp(part->network, row->network) != 0) {
        return false;
    }
    if (part->input_px >= 0 && row->input_px != part->input_px) {
        return false;
    }
    return part->domain < 0 ||
           (row->clocks.hz[part->domain] >= part->low_hz && row->clocks.hz[part->domain] <= part->high_hz);
}

static bool belongs(const struct dvfo_measurement *row, const struct dvfo_board *board,
                    const struct dvfo_runtime *runtime)
{
    return strcmp(row->board, board->name) == 0 && row->batch == 1 &&
           (row->network[0] == '\0' ||
            (strcmp(row->runtime, runtime->name) == 0 && strcmp(row->precision, runtime->precision) == 0));
}

static bool is_known(const struct parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->n; i++) {
        if (strcmp(parts->part[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_part(struct parts *parts, const struct part *part)
{
    if (parts->n < MAX_PARTS && !is_known(parts, part->name)) {
        parts->part[parts->n++] = *part;
    }
}

static void part_by_network(const struct dvfo_measurement *row, bool by_size, struct parts *parts)
{
    struct part part = {.network = row->network, .input_px = by_size ? row->input_px : -1, .domain = -1};
    if (by_size) {
        snprintf(part.name, sizeof part.name, "%.31s at %ld px", row->network, row->input_px);
    } else {
        snprintf(part.name, sizeof part.name, "network %.31s", row->network);
    }
    add_part(parts, &part);
}

/* Sizes of networks that have but one are no parts. */
static void drop_single_sizes(struct parts *parts)
{
    const struct parts all = *parts;
    parts->n = 0;
    for (size_t i = 0; i < all.n; i++) {
        size_t sizes = 0;
        for (size_t k = 0; k < all.n; k++) {
            sizes += strcmp(all.part[i].network, all.part[k].network) == 0;
        }
        if (sizes > 1) {
            parts->part[parts->n++] = all.part[i];
        }
    }
}

/* Distinct clocks of a domain, ascending; returns how many. */
static size_t distinct_clocks(const struct dvfo_measurements *points, const struct dvfo_board *board,
                              const struct dvfo_runtime *runtime, int domain, double hz[DVFO_MAX_LEVELS])
{
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++) {
        const double clock = points->row[i].clocks.hz[domain];
        bool known = isnan(clock) || !belongs(&points->row[i], board, runtime);
        for (size_t k = 0; k < n && !known; k++) {
            known = hz[k] == clock;
        }
        if (!known && n < DVFO_MAX_LEVELS) {
            hz[n++] = clock;
        }
    }
    gsl_sort(hz, 1, n);
    return n;
}

static void part_by_clocks(const struct dvfo_measurements *points, const struct dvfo_board *board,
                           const struct dvfo_runtime *runtime, struct parts *parts)
{
    static const char *const thirds[CLOCK_PARTS] = {"low", "middle", "high"};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        double hz[DVFO_MAX_LEVELS];
        const size_t n = distinct_clocks(points, board, runtime, d, hz);
        for (size_t third = 0; third < CLOCK_PARTS && n >= CLOCK_PARTS; third++) {
            struct part part = {.input_px = -1,
                                .domain = d,
                                .low_hz = hz[third * n / CLOCK_PARTS],
                                .high_hz = hz[(third + 1) * n / CLOCK_PARTS - 1]};
            snprintf(part.name, sizeof part.name, "%s %s", dvfo_domain_name((dvfo_domain)d), thirds[third]);
            add_part(parts, &part);
        }
    }
}

static struct parts find_parts(const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                               const struct dvfo_measurements *points, dvfo_leave_out what)
{
    struct parts parts = {0};
    if (what == DVFO_LEAVE_CLOCKS) {
        part_by_clocks(points, board, runtime, &parts);
        return parts;
    }
    for (size_t i = 0; i < points->n; i++) {
        if (belongs(&points->row[i], board, runtime)) {
            part_by_network(&points->row[i], what == DVFO_LEAVE_SIZE, &parts);
        }
    }
    if (what == DVFO_LEAVE_SIZE) {
        drop_single_sizes(&parts);
    }
    return parts;
}

/* Whether row `i` of `count` is among about `most` that stand for all: by steps of the golden ratio, which no period of
 * a grid of clocks falls in with. */
static bool stands_for_all(size_t i, size_t count, size_t most)
{
    const double place = (double)i * 0.6180339887498949;
    return (place - floor(place)) * (double)count < (double)most;
}

static dvfo_status copy_rest(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                             const struct dvfo_measurements *rows, const struct part *part, size_t most,
                             struct dvfo_measurements *out)
{
    size_t count = 0, seen = 0;
    for (size_t i = 0; i < rows->n; i++) {
        count += belongs(&rows->row[i], board, runtime) && !is_in(part, &rows->row[i]);
    }
    for (size_t i = 0; i < rows->n; i++) {
        if (!belongs(&rows->row[i], board, runtime) || is_in(part, &rows->row[i])) {
            continue;
        }
        if (stands_for_all(seen++, count, most)) {
            DVFO_TRY(dvfo_measurements_add(ctx, out, &rows->row[i]));
        }
    }
    return DVFO_OK;
}

/* Power is asked of clocks that were left out only, the boards' rails know one network each, and only while most of the
 * rails are left to fit. */
static bool asks_power(const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                       const struct dvfo_board_data *data, const struct part *part)
{
    size_t left = 0, all = 0;
    for (size_t i = 0; i < data->rails.n; i++) {
        const bool own = belongs(&data->rails.row[i], board, runtime);
        all += own;
        left += own && !is_in(part, &data->rails.row[i]);
    }
    return part->domain >= 0 && runtime == &board->runtime[0] && 2 * left > all;
}

/* The values in the board's file have seen all data: a fit without some of them is to find its own. */
static dvfo_status forget(struct dvfo_ctx *ctx, struct dvfo_board *board)
{
    struct dvfo_board_entry *entries = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_board_entries(ctx, board, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        struct dvfo_quantity *quantity =
            (struct dvfo_quantity *)entries[i].quantity; /* lent as const, ours to change */
        if (quantity->standing == DVFO_CALIBRATED) {
            quantity->value = NAN;
        }
    }
    free(entries);
    return DVFO_OK;
}

static dvfo_status fit_rest(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                            const struct dvfo_board_data *rest, bool power)
{
    struct dvfo_fit *fit = calloc(1, sizeof *fit);
    if (fit == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_fit_latency(ctx, board, runtime, rest, fit);
    if (status == DVFO_OK && rest->rails.n > 0 && power) {
        status = dvfo_fit_power(ctx, board, runtime, rest, fit);
    }
    free(fit);
    return status;
}

static bool is_module(const struct dvfo_board *board, const struct dvfo_measurement *row)
{
    return row->rail[0] != '\0' && dvfo_predict_rail(board, row->rail) == board->rail_count + 1;
}

/* Points of the part, and module powers among its rails. */
static dvfo_status judge_part(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                              const struct dvfo_board_data *data, const struct part *part, struct dvfo_verdicts *out)
{
    struct dvfo_predict_networks networks = {0};
    const size_t from = out->n;
    const bool power = asks_power(board, runtime, data, part);
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < data->points.n && status == DVFO_OK; i++) {
        const struct dvfo_measurement *row = &data->points.row[i];
        if (belongs(row, board, runtime) && is_in(part, row)) {
            struct dvfo_measurement latency = *row;
            latency.power_w = NAN; /* rails tell it */
            status = judge_row(ctx, board, runtime, &networks, &latency, part->name, out);
        }
    }
    for (size_t i = 0; i < data->rails.n && status == DVFO_OK && power; i++) {
        const struct dvfo_measurement *row = &data->rails.row[i];
        if (belongs(row, board, runtime) && is_in(part, row) && is_module(board, row)) {
            status = judge_row(ctx, board, runtime, &networks, row, part->name, out);
        }
    }
    anchor_all(out, from, same_network);
    dvfo_predict_networks_free(&networks);
    return status;
}

static dvfo_status leave_out(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                             const struct dvfo_board_data *data, const struct part *part, struct dvfo_verdicts *out)
{
    struct dvfo_board *fresh = NULL;
    struct dvfo_board_data rest = {0};
    DVFO_TRY(dvfo_board_load(ctx, board->path, &fresh));
    struct dvfo_runtime *own = &fresh->runtime[runtime - board->runtime];
    dvfo_status status = copy_rest(ctx, board, runtime, &data->points, part, MOST_ROWS, &rest.points);
    status =
        status == DVFO_OK ? copy_rest(ctx, board, runtime, &data->rails, part, data->rails.n, &rest.rails) : status;
    status = status == DVFO_OK ? forget(ctx, fresh) : status;
    status = status == DVFO_OK ? fit_rest(ctx, fresh, own, &rest, asks_power(fresh, own, data, part)) : status;
    status = status == DVFO_OK ? judge_part(ctx, fresh, own, data, part, out) : status;
    dvfo_board_data_free(&rest);
    dvfo_board_free(fresh);
    return status;
}

dvfo_status dvfo_judge_leaving_out(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                   const struct dvfo_runtime *runtime, const struct dvfo_board_data *data,
                                   dvfo_leave_out what, struct dvfo_verdicts *out)
{
    const struct parts parts = find_parts(board, runtime, &data->points, what);
    if (parts.n < 2) {
        return DVFO_OK; /* nothing to leave out, or nothing left to fit */
    }
    for (size_t i = 0; i < parts.n; i++) {
        DVFO_TRY(leave_out(ctx, board, runtime, data, &parts.part[i], out));
    }
    return DVFO_OK;
}

/* ---- scores ---- */

static double relative(double predicted, double measured)
{
    return fabs(predicted / measured - 1.0);
}

static void quantiles(double *errors, size_t n, double *median, double *p90)
{
    *median = *p90 = NAN;
    if (n > 0) {
        gsl_sort(errors, 1, n);
        *median = gsl_stats_median_from_sorted_data(errors, 1, n);
        *p90 = gsl_stats_quantile_from_sorted_data(errors, 1, n, 0.9);
    }
}

struct columns {
    double *latency, *anchored, *power, *predicted, *measured, *work;
    size_t latencies, anchoreds, powers;
};

static void fill(const struct dvfo_verdicts *verdicts,
                 bool (*chosen)(const struct dvfo_verdict *verdict, const void *user), const void *user,
                 struct columns *columns, struct dvfo_score *out)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        const struct dvfo_verdict *v = &verdicts->verdict[i];
        if (!chosen(v, user)) {
            continue;
        }
        out->points++;
        if (!isnan(v->latency_s)) {
            columns->predicted[columns->latencies] = v->latency_s;
            columns->measured[columns->latencies] = v->row.latency_s;
            columns->latency[columns->latencies++] = relative(v->latency_s, v->row.latency_s);
        }
        if (!isnan(v->anchored_s) && !v->anchor) {
            columns->anchored[columns->anchoreds++] = relative(v->anchored_s, v->row.latency_s);
        }
        if (!isnan(v->power_w)) {
            columns->power[columns->powers++] = relative(v->power_w, v->row.power_w);
        }
    }
}

dvfo_status dvfo_judge_score(struct dvfo_ctx *ctx, const struct dvfo_verdicts *verdicts,
                             bool (*chosen)(const struct dvfo_verdict *verdict, const void *user), const void *user,
                             struct dvfo_score *out)
{
    *out = (struct dvfo_score){.rank = NAN};
    const size_t n = verdicts->n + 1;
    double *block = malloc(7 * n * sizeof *block); /* Spearman's ranks want two columns of work */
    if (block == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    struct columns columns = {.latency = block,
                              .anchored = block + n,
                              .power = block + 2 * n,
                              .predicted = block + 3 * n,
                              .measured = block + 4 * n,
                              .work = block + 5 * n};
    fill(verdicts, chosen, user, &columns, out);
    quantiles(columns.latency, columns.latencies, &out->latency_median, &out->latency_p90);
    quantiles(columns.anchored, columns.anchoreds, &out->anchored_median, &out->anchored_p90);
    quantiles(columns.power, columns.powers, &out->power_median, &out->power_p90);
    if (columns.latencies > 2) {
        out->rank = gsl_stats_spearman(columns.predicted, 1, columns.measured, 1, columns.latencies, columns.work);
    }
    free(block);
    return DVFO_OK;
}
