/* dvfo profile fit. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/interrupt.h"
#include "bench/profile_verbs.h"
#include "bench/table.h"
#include "profiles/calibrate/fit.h"
#include "profiles/calibrate/plausible.h"
#include "sim/base/output.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *data, *out, *runtime, *precision, *own, *format;
};

enum { KEY_BOARD = 256, KEY_DATA, KEY_OUT, KEY_RUNTIME, KEY_PRECISION, KEY_OWN, KEY_FORMAT };

static const struct argp_option options_of_fit[] = {
    {"board", KEY_BOARD, "NAME", 0, "board, or the path of a board's file", 0},
    {"data", KEY_DATA, "PATH", 0, "folder of measurements or of raw tables, or one file of points", 0},
    {"measured", KEY_DATA, NULL, OPTION_ALIAS, NULL, 0},
    {"runtime", KEY_RUNTIME, "R", 0, "only this runtime (default: all of the board that were measured)", 0},
    {"precision", KEY_PRECISION, "P", 0, "only this precision", 0},
    {"own", KEY_OWN, "WORDS", 0,
     "measurements of your own board: move what is assumed of it too, and write these words as the source", 0},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 0},
    {"out", KEY_OUT, "FILE", 0, "write the board's file with the new values", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,     &options->data, &options->out,   &options->runtime,
                                   &options->precision, &options->own,  &options->format};
    if (key >= KEY_BOARD && key <= KEY_FORMAT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

/* Fits of one board: Eq. (1) for each runtime, then Eq. (2). */
struct fits {
    size_t count;
    char title[DVFO_MAX_RUNTIMES + 1][DVFO_FIT_NAME_SIZE]; /* "tensorrt fp32", "power" */
    struct dvfo_fit *fit[DVFO_MAX_RUNTIMES + 1];
};

static void add_coefficients(struct dvfo_table *table, const char *title, const struct dvfo_fit *fit)
{
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        const struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        dvfo_table_text(table, title);
        dvfo_table_text(table, c->name);
        dvfo_table_number(table, c->quantity->value, 5);
        dvfo_table_number(table, c->quantity->error, 2);
        dvfo_table_text(table, c->unit);
        dvfo_table_integer(table, c->quantity->points);
        dvfo_table_number(table, c->before, 5);
        dvfo_table_text(table, c->at_bound ? "at a bound" : "");
    }
}

static void add_groups(struct dvfo_table *table, const char *title, const struct dvfo_fit *fit)
{
    for (size_t i = 0; i < fit->group_count; i++) {
        const struct dvfo_fit_group *g = &fit->group[i];
        dvfo_table_text(table, title);
        dvfo_table_text(table, g->name);
        dvfo_table_integer(table, (long long)g->rows);
        dvfo_table_number(table, 100.0 * g->mean_abs, 3);
        dvfo_table_number(table, 100.0 * g->max_abs, 3);
        dvfo_table_number(table, 100.0 * g->bias, 3);
        dvfo_table_number(table, g->mean_abs_unit, 3);
        dvfo_table_text(table, g->unit);
    }
}

static dvfo_status print(struct dvfo_ctx *ctx, const char *const columns[],
                         void (*add)(struct dvfo_table *table, const char *title, const struct dvfo_fit *fit),
                         const struct fits *fits, dvfo_table_format format)
{
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t i = 0; i < fits->count; i++) {
        add(table, fits->title[i], fits->fit[i]);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    return status;
}

static dvfo_status print_fits(struct dvfo_ctx *ctx, const struct fits *fits, dvfo_table_format format)
{
    static const char *const coefficients[] = {"of",     "coefficient", "value", "error", "unit",
                                               "points", "before",      "note",  NULL};
    static const char *const groups[] = {"of",       "residuals of", "rows", "mean_abs_pct", "max_abs_pct", "bias_pct",
                                         "mean_abs", "unit",         NULL};
    DVFO_TRY(print(ctx, coefficients, add_coefficients, fits, format));
    if (format != DVFO_TABLE_TEXT) {
        return DVFO_OK;
    }
    printf("\n");
    return print(ctx, groups, add_groups, fits, format);
}

static dvfo_status write_board(struct dvfo_ctx *ctx, const struct dvfo_board *board, struct dvfo_output *output,
                               const struct fits *fits, const char *own)
{
    char *text = NULL;
    DVFO_TRY(dvfo_fit_rewrite(ctx, board->path, (const struct dvfo_fit *const *)fits->fit, fits->count, own, &text));
    dvfo_status status = DVFO_OK;
    FILE *file = fopen(output->temporary, "w");
    if (file == NULL) {
        status = dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written", output->path);
    } else {
        fputs(text, file);
        status = dvfo_output_close(ctx, file, output->path);
    }
    free(text);
    return status == DVFO_OK ? dvfo_output_commit(ctx, output) : status;
}

static bool is_chosen(const struct options *options, const struct dvfo_runtime *runtime)
{
    return (options->runtime == NULL || strcmp(options->runtime, runtime->name) == 0) &&
           (options->precision == NULL || strcmp(options->precision, runtime->precision) == 0);
}

static dvfo_status add_fit(struct dvfo_ctx *ctx, struct fits *fits, const char *name, const char *precision,
                           struct dvfo_fit **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    snprintf(fits->title[fits->count], DVFO_FIT_NAME_SIZE, "%.30s %.8s", name, precision);
    fits->fit[fits->count++] = *out;
    return DVFO_OK;
}

/* The first row says what is there instead. */
static dvfo_status fail_without_latency(struct dvfo_ctx *ctx, const struct options *options,
                                        const struct dvfo_board *board, const struct dvfo_board_data *data)
{
    const struct dvfo_measurement *first = data->points.row;
    if (data->points.n == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s holds no rows", data->from);
    }
    return dvfo_fail(
        ctx, DVFO_BAD_INPUT,
        "%s holds no latency of %s at batch 1 under %s%s%s; its first row is of %s at batch %d under %s %s%s",
        data->from, board->name, options->runtime != NULL ? options->runtime : "a runtime of its file",
        options->precision != NULL ? ", " : "", options->precision != NULL ? options->precision : "", first->board,
        first->batch, first->runtime, first->precision, isnan(first->latency_s) ? " and has no latency" : "");
}

/* Power is fitted under one runtime: that of the rails that name a network, or any where none does. */
static bool has_rails(const struct dvfo_board_data *data, const struct dvfo_runtime *runtime)
{
    bool named = false;
    for (size_t i = 0; i < data->rails.n; i++) {
        const struct dvfo_measurement *row = &data->rails.row[i];
        if (row->network[0] != '\0' && strcmp(row->runtime, runtime->name) == 0 &&
            strcmp(row->precision, runtime->precision) == 0) {
            return true;
        }
        named = named || row->network[0] != '\0';
    }
    return data->rails.n > 0 && !named;
}

static dvfo_status fit_latency(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_board *board,
                               struct dvfo_runtime *runtime, const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    if (options->own != NULL) {
        dvfo_fit_own(runtime);
    }
    DVFO_TRY(dvfo_fit_latency(ctx, board, runtime, data, fit));
    return fit->coefficient_count > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s marks no coefficient of %s %s as calibrated, so none would move; --own WORDS moves "
                           "what is assumed",
                           board->path, runtime->name, runtime->precision);
}

/* Latency first, for it tells how busy the domains are; then power, when rails were measured. */
static dvfo_status fit_board(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_board *board,
                             const struct dvfo_board_data *data, struct fits *fits)
{
    bool power = false;
    for (size_t i = 0; i < board->runtime_count; i++) {
        struct dvfo_runtime *runtime = &board->runtime[i];
        struct dvfo_fit *fit = NULL;
        if (!is_chosen(options, runtime) || !dvfo_board_data_has(data, board, runtime)) {
            continue;
        }
        DVFO_TRY(add_fit(ctx, fits, runtime->name, runtime->precision, &fit));
        DVFO_TRY(fit_latency(ctx, options, board, runtime, data, fit));
        if (!power && has_rails(data, runtime)) {
            power = true;
            DVFO_TRY(add_fit(ctx, fits, "power", "", &fit));
            DVFO_TRY(dvfo_fit_power(ctx, board, runtime, data, fit));
        }
    }
    return fits->count > 0 ? DVFO_OK : fail_without_latency(ctx, options, board, data);
}

/* Measurements are dearer than fits. */
static dvfo_status begin_output(struct dvfo_ctx *ctx, const char *path, const struct dvfo_board_data *data,
                                struct dvfo_output *output)
{
    struct stat out, from;
    if (stat(path, &out) == 0 && stat(data->from, &from) == 0 && out.st_dev == from.st_dev &&
        out.st_ino == from.st_ino) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--out is %s, which the measurements stand in; choose another name",
                         path);
    }
    return dvfo_output_begin(ctx, path, output);
}

static dvfo_status fit_and_print(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_board *board,
                                 const struct dvfo_board_data *data, dvfo_table_format format)
{
    struct fits fits = {0};
    struct dvfo_output output = {0};
    const struct dvfo_runtime *asked = NULL;
    DVFO_TRY(dvfo_board_runtime(ctx, board, options->runtime, options->precision, &asked));
    ctx->stop = dvfo_interrupt_catch();
    dvfo_status status = options->out != NULL ? begin_output(ctx, options->out, data, &output) : DVFO_OK;
    status = status == DVFO_OK ? fit_board(ctx, options, board, data, &fits) : status;
    status = status == DVFO_OK ? print_fits(ctx, &fits, format) : status;
    if (status == DVFO_OK && options->out != NULL) {
        status = write_board(ctx, board, &output, &fits, options->own);
    }
    dvfo_output_abandon(&output);
    for (size_t i = 0; i < fits.count; i++) {
        free(fits.fit[i]);
    }
    return status;
}

static const struct argp argp = {
    .options = options_of_fit,
    .parser = parse_option,
    .doc = "Calibrate a board: find the coefficients of its file that its measurements fit best."
           "\v"
           "Examples:\n"
           "  dvfo profile fit --board jetson-tx2 --data measurements/\n"
           "  dvfo profile fit --board jetson-tx2 --runtime keras --data points.csv\n"
           "  dvfo profile fit --board jetson-nano --data mine/ --own \"my Nano, May 2026\" \\\n"
           "    --out mine.yaml\n\n"
           "A folder of measurements holds BOARD.csv (columns board,runtime,precision,\n"
           "network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw;\n"
           "an empty field is not measured) and BOARD-rails.csv (board,runtime,precision,\n"
           "network,input_px,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_busy,mem_busy,period_ms,\n"
           "rail,power_mw,samples). Only coefficients that the board's file marks\n"
           "'calibrated' move, with --own also the assumptions about a measured runtime; one\n"
           "with 'low' and 'high' is held between them as far as the data leave it open.\n"
           "Rows far off weigh less (Huber). Printed: each\n"
           "coefficient with its standard error by bootstrap and the number of values that\n"
           "speak of it, then what is left (model / measured - 1) per network and rail;\n"
           "csv and json hold the coefficients only. '-' for an error: the value lies at a\n"
           "bound. Errors tell how well the data pin a coefficient inside the model; how\n"
           "well the model predicts what it hasn't seen, 'dvfo profile validate\n"
           "--leave-out all' tells.\n",
};

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {.format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    struct dvfo_board *board = NULL;
    struct dvfo_board_data data = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_profile_need(ctx, "fit", "board", options.board));
    DVFO_TRY(dvfo_profile_need(ctx, "fit", "data", options.data));
    DVFO_TRY(dvfo_table_format_of(ctx, options.format, &format));
    DVFO_TRY(dvfo_board_load(ctx, options.board, &board));
    dvfo_status status = dvfo_board_data_load(ctx, options.data, board->name, &data);
    status = status == DVFO_OK ? dvfo_plausible(ctx, board, data.from, &data.points, NULL) : status;
    status = status == DVFO_OK ? fit_and_print(ctx, &options, board, &data, format) : status;
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
    return status;
}

const struct dvfo_command dvfo_profile_fit = {"fit", "calibrate a board on measurements", run};
