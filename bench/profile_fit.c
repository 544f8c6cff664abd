/* dvfo profile fit|validate. */
#include <string.h>

#include "bench/profile_verbs.h"
#include "bench/table.h"
#include "profiles/calibrate/fit.h"
#include "sim/base/output.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *data, *out, *runtime, *precision, *format;
};

enum { KEY_BOARD = 256, KEY_DATA, KEY_OUT, KEY_RUNTIME, KEY_PRECISION, KEY_FORMAT };

#define OPTION(name, key, value, text)                                                                                 \
    {                                                                                                                  \
        name, key, value, 0, text, 0                                                                                   \
    }
#define COMMON_OPTIONS                                                                                                 \
    OPTION("board", KEY_BOARD, "NAME", "board, or the path of a board's file"),                                        \
        OPTION("data", KEY_DATA, "PATH", "folder of measurements or of raw tables, or one file of points"),            \
        OPTION("runtime", KEY_RUNTIME, "R", "runtime of the board (default: its first)"),                              \
        OPTION("precision", KEY_PRECISION, "P", "precision of that runtime"),                                          \
        OPTION("format", KEY_FORMAT, "F", "table (default), csv or json")

static const struct argp_option fit_options[] = {
    COMMON_OPTIONS,
    OPTION("out", KEY_OUT, "FILE", "write the board's file with the new values"),
    {0},
};
static const struct argp_option validate_options[] = {COMMON_OPTIONS, {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,   &options->data,      &options->out,
                                   &options->runtime, &options->precision, &options->format};
    if (key >= KEY_BOARD && key <= KEY_FORMAT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static void add_coefficients(struct dvfo_table *table, const struct dvfo_fit *fit)
{
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        const struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        dvfo_table_text(table, c->name);
        dvfo_table_number(table, c->quantity->value, 5);
        dvfo_table_number(table, c->quantity->error, 2);
        dvfo_table_text(table, c->unit);
        dvfo_table_number(table, c->before, 5);
        dvfo_table_text(table, c->at_bound ? "at a bound" : "");
    }
}

static void add_groups(struct dvfo_table *table, const struct dvfo_fit *fit)
{
    for (size_t i = 0; i < fit->group_count; i++) {
        const struct dvfo_fit_group *g = &fit->group[i];
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
                         void (*add)(struct dvfo_table *table, const struct dvfo_fit *fit),
                         const struct dvfo_fit *const fits[], size_t count, dvfo_table_format format)
{
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t i = 0; i < count; i++) {
        add(table, fits[i]);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    return status;
}

static const char *const group_columns[] = {"residuals of", "rows",     "mean_abs_pct", "max_abs_pct",
                                            "bias_pct",     "mean_abs", "unit",         NULL};

static dvfo_status print_fits(struct dvfo_ctx *ctx, const struct dvfo_fit *const fits[], size_t count,
                              dvfo_table_format format)
{
    static const char *const coefficients[] = {"coefficient", "value", "error", "unit", "before", "note", NULL};
    DVFO_TRY(print(ctx, coefficients, add_coefficients, fits, count, format));
    if (format != DVFO_TABLE_TEXT) {
        return DVFO_OK;
    }
    printf("\n");
    return print(ctx, group_columns, add_groups, fits, count, format);
}

static dvfo_status write_board(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *path,
                               const struct dvfo_fit *const fits[], size_t count)
{
    char *text = NULL;
    struct dvfo_output output = {0};
    DVFO_TRY(dvfo_fit_rewrite(ctx, board->path, fits, count, &text));
    dvfo_status status = dvfo_output_begin(ctx, path, &output);
    if (status == DVFO_OK) {
        FILE *file = fopen(output.temporary, "w");
        if (file == NULL) {
            status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written", path);
        } else {
            fputs(text, file);
            status = dvfo_output_close(ctx, file, path);
        }
    }
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    free(text);
    return status;
}

/* The board's own runtime, to be changed: dvfo_board_runtime lends it const. */
static struct dvfo_runtime *runtime_of(struct dvfo_board *board, const struct dvfo_runtime *chosen)
{
    return &board->runtime[chosen - board->runtime];
}

typedef dvfo_status fit_function(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                                 const struct dvfo_board_data *data, struct dvfo_fit *fit);

/* Latency first, for it tells how busy the domains are; power when rails were measured. */
static dvfo_status fit_and_print(struct dvfo_ctx *ctx, const struct options *options, bool move,
                                 struct dvfo_board *board, const struct dvfo_board_data *data, dvfo_table_format format)
{
    fit_function *const of_latency = move ? dvfo_fit_latency : dvfo_fit_check_latency;
    fit_function *const of_power = move ? dvfo_fit_power : dvfo_fit_check_power;
    const struct dvfo_runtime *chosen = NULL;
    struct dvfo_fit *fits = calloc(2, sizeof *fits);
    if (fits == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const struct dvfo_fit *const list[] = {&fits[0], &fits[1]};
    size_t count = 1;
    dvfo_status status = dvfo_board_runtime(ctx, board, options->runtime, options->precision, &chosen);
    if (status == DVFO_OK) {
        status = of_latency(ctx, board, runtime_of(board, chosen), data, &fits[0]);
    }
    if (status == DVFO_OK && data->rails.n > 0 && chosen == &board->runtime[0]) {
        status = of_power(ctx, board, runtime_of(board, chosen), data, &fits[1]);
        count = 2;
    }
    if (status == DVFO_OK) {
        status =
            move ? print_fits(ctx, list, count, format) : print(ctx, group_columns, add_groups, list, count, format);
    }
    if (status == DVFO_OK && move && options->out != NULL) {
        status = write_board(ctx, board, options->out, list, count);
    }
    free(fits);
    return status;
}

static dvfo_status run_options(struct dvfo_ctx *ctx, const struct options *options, bool move)
{
    const char *verb = move ? "fit" : "validate";
    dvfo_table_format format = DVFO_TABLE_TEXT;
    struct dvfo_board *board = NULL;
    struct dvfo_board_data data = {0};
    DVFO_TRY(dvfo_profile_need(ctx, verb, "board", options->board));
    DVFO_TRY(dvfo_profile_need(ctx, verb, "data", options->data));
    DVFO_TRY(dvfo_table_format_of(ctx, options->format, &format));
    DVFO_TRY(dvfo_board_load(ctx, options->board, &board));
    dvfo_status status = dvfo_board_data_load(ctx, options->data, board->name, &data);
    status = status == DVFO_OK ? fit_and_print(ctx, options, move, board, &data, format) : status;
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
    return status;
}

static dvfo_status run_verb(struct dvfo_ctx *ctx, const struct argp *argp, int argc, char **argv, bool move)
{
    struct options options = {.format = "table"};
    DVFO_TRY(dvfo_command_parse(ctx, argp, argc, argv, &options));
    return run_options(ctx, &options, move);
}

static const struct argp fit_argp = {
    .options = fit_options,
    .parser = parse_option,
    .doc = "Calibrate a board: find the coefficients of its file that its measurements fit best."
           "\v"
           "Examples:\n"
           "  dvfo profile fit --board jetson-tx2 --data measurements/\n"
           "  dvfo profile fit --board jetson-tx2 --data points.csv --format csv\n"
           "  dvfo profile fit --board ./mine.yaml --data measurements/ --out mine-fitted.yaml\n\n"
           "A folder of measurements holds BOARD.csv (columns board,runtime,precision,\n"
           "network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw;\n"
           "an empty field is not measured) and BOARD-rails.csv (board,runtime,precision,\n"
           "network,input_px,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_busy,mem_busy,period_ms,\n"
           "rail,power_mw,samples). Only coefficients that the board's file marks\n"
           "'calibrated' move. Printed: each with its standard error, then what is left\n"
           "(model / measured - 1) per network and rail; csv and json hold the coefficients\n"
           "only. Errors tell how well the data pin a coefficient inside the model; '-' where\n"
           "it lies at a bound.\n",
};

static const struct argp validate_argp = {
    .options = validate_options,
    .parser = parse_option,
    .doc = "Check a board's predictions against measurements."
           "\v"
           "Examples:\n"
           "  dvfo profile validate --board jetson-tx2 --data held-out.csv --format csv\n",
};

static dvfo_status run_fit(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return run_verb(ctx, &fit_argp, argc, argv, true);
}

static dvfo_status run_validate(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return run_verb(ctx, &validate_argp, argc, argv, false);
}

const struct dvfo_command dvfo_profile_fit = {"fit", "calibrate a board on measurements", run_fit};
const struct dvfo_command dvfo_profile_validate = {"validate", "hold a board's predictions against measurements",
                                                   run_validate};
