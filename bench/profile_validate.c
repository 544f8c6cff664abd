/* dvfo profile validate: predictions held against measurements. */
#include <math.h>
#include <string.h>

#include "bench/interrupt.h"
#include "bench/profile_verbs.h"
#include "bench/progress.h"
#include "bench/table.h"
#include "profiles/calibrate/judge.h"
#include "profiles/calibrate/plausible.h"
#include "sim/base/nearest.h"
#include "sim/base/units.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *measured, *runtime, *precision, *leave_out, *format;
    bool anchor, points;
};

enum { KEY_BOARD = 256, KEY_MEASURED, KEY_RUNTIME, KEY_PRECISION, KEY_LEAVE_OUT, KEY_FORMAT, KEY_ANCHOR, KEY_POINTS };

static const struct argp_option options_of_validate[] = {
    {"board", KEY_BOARD, "NAME", 0, "board, or the path of a board's file", 0},
    {"measured", KEY_MEASURED, "PATH", 0, "file of measured points, or folder of measurements or raw tables", 0},
    {"data", KEY_MEASURED, NULL, OPTION_ALIAS, NULL, 0},
    {"anchor", KEY_ANCHOR, NULL, 0, "fit one scale of latency on the first row, and leave that row out of the errors",
     0},
    {"leave-out", KEY_LEAVE_OUT, "WHAT", 0,
     "fit anew without each network, input size or third of the clocks in turn, and judge what was left out: network, "
     "size, clocks or all",
     0},
    {"runtime", KEY_RUNTIME, "R", 0, "only rows of this runtime", 0},
    {"precision", KEY_PRECISION, "P", 0, "only rows of this precision", 0},
    {"points", KEY_POINTS, NULL, 0, "every point: measured, predicted, error", 0},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,     &options->measured,  &options->runtime,
                                   &options->precision, &options->leave_out, &options->format};
    if (key >= KEY_BOARD && key <= KEY_FORMAT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    switch (key) {
    case KEY_ANCHOR:
        options->anchor = true;
        return 0;
    case KEY_POINTS:
        options->points = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options_of_validate,
    .parser = parse_option,
    .doc = "Hold a board's predictions against measurements."
           "\v"
           "Examples:\n"
           "  dvfo profile validate --board jetson-tx2 --measured held-out.csv\n"
           "  dvfo profile validate --board jetson-tx2 --measured mine.csv --anchor\n"
           "  dvfo profile validate --board jetson-tx2 --measured raw/ --leave-out all\n"
           "  dvfo profile validate --board xavier-nx --measured mine.csv --points\n\n"
           "Errors are |predicted / measured - 1|: the median and the 90th percentile over\n"
           "points, as fractions in csv and json, in per cent in tables. A file holds\n"
           "columns board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,\n"
           "gpu_mhz,mem_mhz,latency_ms,power_mw; power is of the module while the network\n"
           "runs without pause. Clocks that a row doesn't state are taken as the top of the\n"
           "table. Errors on points that the profile was fitted on say little: --leave-out\n"
           "fits without them, from what was expected before any data. 'rank' is Spearman's\n"
           "correlation of predicted and measured latency: 1 when clocks keep their order.\n",
};

/* ---- what is shown ---- */

/* A group of verdicts; NULL or NaN: any. */
struct group {
    const char *left_out, *runtime, *precision, *network;
    int domain;
    double low_hz, high_hz;
};

static bool is_of_group(const struct dvfo_verdict *verdict, const void *user)
{
    const struct group *group = user;
    const struct dvfo_measurement *row = &verdict->row;
    return (group->left_out == NULL || strcmp(group->left_out, verdict->left_out) == 0) &&
           (group->runtime == NULL || strcmp(group->runtime, row->runtime) == 0) &&
           (group->precision == NULL || strcmp(group->precision, row->precision) == 0) &&
           (group->network == NULL || strcmp(group->network, row->network) == 0) &&
           (group->domain < 0 ||
            (row->clocks.hz[group->domain] >= group->low_hz && row->clocks.hz[group->domain] <= group->high_hz));
}

static void add_errors(struct dvfo_table *table, double unit, double median, double p90)
{
    dvfo_table_number(table, unit * median, 3);
    dvfo_table_number(table, unit * p90, 3);
}

/* In tables per cent, for programs fractions. */
static double unit_of(dvfo_table_format format)
{
    return format == DVFO_TABLE_TEXT ? 100.0 : 1.0;
}

static bool is_first_of_network(const struct dvfo_verdicts *verdicts, size_t i)
{
    const struct dvfo_measurement *row = &verdicts->verdict[i].row;
    for (size_t k = 0; k < i; k++) {
        const struct dvfo_measurement *other = &verdicts->verdict[k].row;
        if (strcmp(other->network, row->network) == 0 && strcmp(other->runtime, row->runtime) == 0 &&
            strcmp(other->precision, row->precision) == 0) {
            return false;
        }
    }
    return true;
}

static dvfo_status add_network(struct dvfo_ctx *ctx, struct dvfo_table *table, const struct dvfo_verdicts *verdicts,
                               const struct dvfo_measurement *row, bool anchor, dvfo_table_format format)
{
    const struct group group = {
        .runtime = row->runtime, .precision = row->precision, .network = row->network, .domain = -1};
    struct dvfo_score score;
    DVFO_TRY(dvfo_judge_score(ctx, verdicts, is_of_group, &group, &score));
    const double unit = unit_of(format);
    dvfo_table_text(table, row->board);
    dvfo_table_text(table, row->runtime);
    dvfo_table_text(table, row->precision);
    dvfo_table_text(table, row->network);
    dvfo_table_integer(table, (long long)score.points);
    add_errors(table, unit, anchor ? score.anchored_median : score.latency_median,
               anchor ? score.anchored_p90 : score.latency_p90);
    add_errors(table, unit, score.power_median, score.power_p90);
    if (format == DVFO_TABLE_TEXT) {
        dvfo_table_number(table, score.rank, 4);
    }
    return DVFO_OK;
}

static dvfo_status print_and_free(struct dvfo_ctx *ctx, struct dvfo_table *table, dvfo_table_format format,
                                  dvfo_status status)
{
    status = status == DVFO_OK ? dvfo_table_print(ctx, table, format, stdout) : status;
    dvfo_table_free(table);
    return status;
}

static dvfo_status print_networks(struct dvfo_ctx *ctx, const struct dvfo_verdicts *verdicts, bool anchor,
                                  dvfo_table_format format)
{
    static const char *const fractions[] = {"board",         "runtime",        "precision",   "network",      "points",
                                            "latency_mdape", "latency_p90ape", "power_mdape", "power_p90ape", NULL};
    static const char *const per_cent[] = {
        "board",   "runtime",       "precision", "network", "points", "latency_med_pct",
        "p90_pct", "power_med_pct", "p90_pct",   "rank",    NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, format == DVFO_TABLE_TEXT ? per_cent : fractions, &table));
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < verdicts->n && status == DVFO_OK; i++) {
        if (is_first_of_network(verdicts, i)) {
            status = add_network(ctx, table, verdicts, &verdicts->verdict[i].row, anchor, format);
        }
    }
    return print_and_free(ctx, table, format, status);
}

/* A third of the board's range of a clock. */
static struct group third_of(const struct dvfo_board *board, int domain, int third)
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    const double bottom = clock->level_hz[0], step = (clock->level_hz[clock->level_count - 1] - bottom) / 3.0;
    return (struct group){.domain = domain,
                          .low_hz = third == 0 ? 0.0 : bottom + step * third + 1.0,
                          .high_hz = third == 2 ? HUGE_VAL : bottom + step * (third + 1) + 1.0};
}

static dvfo_status add_region(struct dvfo_ctx *ctx, struct dvfo_table *table, const struct dvfo_board *board,
                              const struct dvfo_verdicts *verdicts, int domain, int third, bool anchor, size_t *rows)
{
    static const char *const thirds[] = {"low", "middle", "high"};
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    const struct group group = third_of(board, domain, third);
    struct dvfo_score score;
    DVFO_TRY(dvfo_judge_score(ctx, verdicts, is_of_group, &group, &score));
    if (score.points == 0) {
        return DVFO_OK;
    }
    char name[32];
    snprintf(name, sizeof name, "%s %s", dvfo_domain_name((dvfo_domain)domain), thirds[third]);
    dvfo_table_text(table, name);
    dvfo_table_number(table, fmax(group.low_hz, clock->level_hz[0]) / DVFO_HZ_PER_MHZ, 4);
    dvfo_table_number(table, fmin(group.high_hz, clock->level_hz[clock->level_count - 1]) / DVFO_HZ_PER_MHZ, 4);
    dvfo_table_integer(table, (long long)score.points);
    add_errors(table, 100.0, anchor ? score.anchored_median : score.latency_median,
               anchor ? score.anchored_p90 : score.latency_p90);
    add_errors(table, 100.0, score.power_median, score.power_p90);
    ++*rows;
    return DVFO_OK;
}

/* Nothing where no point states its clocks. */
static dvfo_status print_regions(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                 const struct dvfo_verdicts *verdicts, bool anchor)
{
    static const char *const columns[] = {"clocks",  "from_mhz",      "to_mhz",  "points", "latency_med_pct",
                                          "p90_pct", "power_med_pct", "p90_pct", NULL};
    struct dvfo_table *table = NULL;
    size_t rows = 0;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    dvfo_status status = DVFO_OK;
    for (int i = 0; i < 3 * DVFO_DOMAINS && status == DVFO_OK; i++) {
        status = add_region(ctx, table, board, verdicts, i / 3, i % 3, anchor, &rows);
    }
    if (status == DVFO_OK && rows > 0) {
        printf("\n");
        status = dvfo_table_print(ctx, table, DVFO_TABLE_TEXT, stdout);
    }
    dvfo_table_free(table);
    return status;
}

static const char *const point_columns[] = {
    "board",    "runtime",    "precision",    "network",       "input_px", "cpu_mhz",     "gpu_mhz",     "mem_mhz",
    "left_out", "latency_ms", "predicted_ms", "latency_error", "power_w",  "predicted_w", "power_error", NULL};

static void add_point(struct dvfo_table *table, const struct dvfo_verdict *v, bool anchor)
{
    const double predicted_s = anchor ? v->anchored_s : v->latency_s;
    dvfo_table_text(table, v->row.board);
    dvfo_table_text(table, v->row.runtime);
    dvfo_table_text(table, v->row.precision);
    dvfo_table_text(table, v->row.network);
    dvfo_table_number(table, v->row.input_px > 0 ? (double)v->row.input_px : NAN, 6);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        dvfo_table_number(table, v->row.clocks.hz[d] / DVFO_HZ_PER_MHZ, 6);
    }
    dvfo_table_text(table, anchor && v->anchor ? "anchor" : v->left_out);
    dvfo_table_number(table, v->row.latency_s / DVFO_S_PER_MS, 5);
    dvfo_table_number(table, predicted_s / DVFO_S_PER_MS, 5);
    dvfo_table_number(table, predicted_s / v->row.latency_s - 1.0, 3);
    dvfo_table_number(table, v->row.power_w, 4);
    dvfo_table_number(table, v->power_w, 4);
    dvfo_table_number(table, v->power_w / v->row.power_w - 1.0, 3);
}

static void add_points(struct dvfo_table *table, const struct dvfo_verdicts *verdicts, bool anchor)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        add_point(table, &verdicts->verdict[i], anchor);
    }
}

static dvfo_status print_points(struct dvfo_ctx *ctx, const struct dvfo_verdicts *verdicts, bool anchor,
                                dvfo_table_format format)
{
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, point_columns, &table));
    add_points(table, verdicts, anchor);
    return print_and_free(ctx, table, format, DVFO_OK);
}

/* ---- as the profile stands ---- */

static dvfo_status hold(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_board *board,
                        const struct dvfo_board_data *data, dvfo_table_format format)
{
    struct dvfo_verdicts verdicts = {0};
    dvfo_status status = dvfo_judge(ctx, board, &data->points, options->anchor, &verdicts);
    if (status == DVFO_OK && verdicts.batches > 0) {
        dvfo_note(ctx, "rows of more than one request at a time were left out: %zu", verdicts.batches);
    }
    if (status == DVFO_OK && verdicts.n == 0) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s holds no point to judge", data->from);
    }
    if (status == DVFO_OK) {
        status = options->points ? print_points(ctx, &verdicts, options->anchor, format)
                                 : print_networks(ctx, &verdicts, options->anchor, format);
    }
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT && !options->points) {
        status = print_regions(ctx, board, &verdicts, options->anchor);
    }
    dvfo_verdicts_free(&verdicts);
    return status;
}

/* ---- leaving out ---- */

static const char *const part_columns[] = {"board",
                                           "runtime",
                                           "precision",
                                           "left_out",
                                           "points",
                                           "latency_mdape",
                                           "latency_p90ape",
                                           "anchored_mdape",
                                           "anchored_p90ape",
                                           "power_mdape",
                                           "power_p90ape",
                                           "rank",
                                           NULL};
static const char *const part_columns_per_cent[] = {
    "board",   "runtime",       "precision", "left_out", "points", "latency_med_pct", "p90_pct", "anchored_med_pct",
    "p90_pct", "power_med_pct", "p90_pct",   "rank",     NULL};

static dvfo_status add_part(struct dvfo_ctx *ctx, struct dvfo_table *table, const struct dvfo_board *board,
                            const struct dvfo_runtime *runtime, const struct dvfo_verdicts *verdicts,
                            const char *left_out, const char *name, dvfo_table_format format)
{
    const struct group group = {.left_out = left_out, .domain = -1};
    struct dvfo_score score;
    DVFO_TRY(dvfo_judge_score(ctx, verdicts, is_of_group, &group, &score));
    const double unit = unit_of(format);
    dvfo_table_text(table, board->name);
    dvfo_table_text(table, runtime->name);
    dvfo_table_text(table, runtime->precision);
    dvfo_table_text(table, name);
    dvfo_table_integer(table, (long long)score.points);
    add_errors(table, unit, score.latency_median, score.latency_p90);
    add_errors(table, unit, score.anchored_median, score.anchored_p90);
    add_errors(table, unit, score.power_median, score.power_p90);
    dvfo_table_number(table, left_out != NULL ? score.rank : NAN, 4);
    return DVFO_OK;
}

static dvfo_status add_parts(struct dvfo_ctx *ctx, struct dvfo_table *table, const struct dvfo_board *board,
                             const struct dvfo_runtime *runtime, const struct dvfo_verdicts *verdicts,
                             dvfo_leave_out what, dvfo_table_format format)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        const char *left_out = verdicts->verdict[i].left_out;
        if (i == 0 || strcmp(left_out, verdicts->verdict[i - 1].left_out) != 0) {
            DVFO_TRY(add_part(ctx, table, board, runtime, verdicts, left_out, left_out, format));
        }
    }
    char name[32];
    snprintf(name, sizeof name, "each %s", dvfo_leave_out_name(what));
    return verdicts->n > 0 ? add_part(ctx, table, board, runtime, verdicts, NULL, name, format) : DVFO_OK;
}

/* What the verb leaves out, and how far it has come. */
struct leaving {
    const struct options *options;
    const struct dvfo_board *board;
    const struct dvfo_board_data *data;
    dvfo_leave_out first, last;
    dvfo_table_format format;
    struct dvfo_table *table;
    struct dvfo_progress progress;
    int done;
    size_t verdicts; /* in the table */
};

static dvfo_status leave_out_of(struct dvfo_ctx *ctx, struct leaving *leaving, const struct dvfo_runtime *runtime,
                                dvfo_leave_out what)
{
    struct dvfo_verdicts verdicts = {0};
    char title[80];
    snprintf(title, sizeof title, "%.20s %.20s, each %s", runtime->name, runtime->precision, dvfo_leave_out_name(what));
    dvfo_progress_tell(&leaving->progress, leaving->done++, title);
    dvfo_status status = dvfo_judge_leaving_out(ctx, leaving->board, runtime, leaving->data, what, &verdicts);
    if (status == DVFO_OK && leaving->options->points) {
        add_points(leaving->table, &verdicts, leaving->options->anchor);
    } else if (status == DVFO_OK) {
        status = add_parts(ctx, leaving->table, leaving->board, runtime, &verdicts, what, leaving->format);
    }
    leaving->verdicts += status == DVFO_OK ? verdicts.n : 0;
    dvfo_verdicts_free(&verdicts);
    return status;
}

static dvfo_status leave_out_each(struct dvfo_ctx *ctx, struct leaving *leaving)
{
    for (size_t i = 0; i < leaving->board->runtime_count; i++) {
        const struct dvfo_runtime *runtime = &leaving->board->runtime[i];
        if (!dvfo_board_data_has(leaving->data, leaving->board, runtime)) {
            continue;
        }
        for (int what = (int)leaving->first; what <= (int)leaving->last; what++) {
            DVFO_TRY(leave_out_of(ctx, leaving, runtime, (dvfo_leave_out)what));
        }
    }
    return leaving->verdicts > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s holds nothing that could be left out: expected latencies of several networks, input "
                           "sizes or clocks under a runtime of %s",
                           leaving->data->from, leaving->board->name);
}

/* What an interruption leaves is printed as far as it came. */
static dvfo_status leave_out(struct dvfo_ctx *ctx, struct leaving *leaving)
{
    const bool per_cent = leaving->format == DVFO_TABLE_TEXT;
    int total = 0;
    for (size_t i = 0; i < leaving->board->runtime_count; i++) {
        total += dvfo_board_data_has(leaving->data, leaving->board, &leaving->board->runtime[i])
                     ? (int)leaving->last - (int)leaving->first + 1
                     : 0;
    }
    DVFO_TRY(dvfo_table_create(ctx,
                               leaving->options->points ? point_columns
                               : per_cent               ? part_columns_per_cent
                                                        : part_columns,
                               &leaving->table));
    ctx->stop = dvfo_interrupt_catch();
    leaving->progress = dvfo_progress_begin("parts", total);
    dvfo_status status = leave_out_each(ctx, leaving);
    dvfo_progress_end(&leaving->progress);
    if (status == DVFO_INTERRUPTED && leaving->verdicts > 0) {
        (void)dvfo_table_print(ctx, leaving->table, leaving->format, stdout);
    }
    return print_and_free(ctx, leaving->table, leaving->format, status);
}

static dvfo_status parts_of(struct dvfo_ctx *ctx, const char *text, dvfo_leave_out *first, dvfo_leave_out *last)
{
    const char *names[DVFO_LEAVE_OUTS + 1];
    *first = (dvfo_leave_out)0;
    *last = (dvfo_leave_out)(DVFO_LEAVE_OUTS - 1);
    for (int i = 0; i < DVFO_LEAVE_OUTS; i++) {
        names[i] = dvfo_leave_out_name((dvfo_leave_out)i);
        if (strcmp(text, names[i]) == 0) {
            *first = *last = (dvfo_leave_out)i;
            return DVFO_OK;
        }
    }
    names[DVFO_LEAVE_OUTS] = "all";
    const char *near = dvfo_nearest(text, names, DVFO_LEAVE_OUTS + 1);
    return strcmp(text, "all") == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "--leave-out is '%s', expected network, size, clocks or all%s%s%s",
                           text, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                           near != NULL ? "'?" : "");
}

/* Rows of other runtimes than the one that was asked for go. */
static dvfo_status keep_chosen(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_board_data *data)
{
    struct dvfo_measurements *points = &data->points;
    size_t kept = 0;
    for (size_t i = 0; i < points->n; i++) {
        const struct dvfo_measurement *row = &points->row[i];
        if ((options->runtime == NULL || strcmp(options->runtime, row->runtime) == 0) &&
            (options->precision == NULL || strcmp(options->precision, row->precision) == 0)) {
            points->row[kept++] = *row;
        }
    }
    points->n = kept;
    return kept > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s holds no point of %s%s%s", data->from,
                           options->runtime != NULL ? options->runtime : "any runtime",
                           options->precision != NULL ? " " : "", options->precision != NULL ? options->precision : "");
}

static dvfo_status validate(struct dvfo_ctx *ctx, struct leaving *leaving, const char *measured)
{
    struct dvfo_board_data data = {0};
    leaving->data = &data;
    dvfo_status status = dvfo_board_data_load(ctx, measured, leaving->board->name, &data);
    status = status == DVFO_OK ? dvfo_plausible(ctx, leaving->board, data.from, &data.points, NULL) : status;
    status = status == DVFO_OK ? keep_chosen(ctx, leaving->options, &data) : status;
    if (status == DVFO_OK) {
        status = leaving->options->leave_out != NULL
                     ? leave_out(ctx, leaving)
                     : hold(ctx, leaving->options, leaving->board, &data, leaving->format);
    }
    dvfo_board_data_free(&data);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {.format = "table"};
    struct leaving leaving = {.options = &options};
    struct dvfo_board *board = NULL;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_profile_need(ctx, "validate", "board", options.board));
    DVFO_TRY(dvfo_profile_need(ctx, "validate", "measured", options.measured));
    DVFO_TRY(dvfo_table_format_of(ctx, options.format, &leaving.format));
    if (options.leave_out != NULL) {
        DVFO_TRY(parts_of(ctx, options.leave_out, &leaving.first, &leaving.last));
    }
    DVFO_TRY(dvfo_board_load(ctx, options.board, &board));
    leaving.board = board;
    const dvfo_status status = validate(ctx, &leaving, options.measured);
    dvfo_board_free(board);
    return status;
}

const struct dvfo_command dvfo_profile_validate = {"validate", "hold a board's predictions against measurements", run};
