/* dvfo profile fit|validate|import. */
#include <string.h>

#include "bench/command.h"
#include "bench/table.h"
#include "profiles/fit.h"
#include "sim/base/nearest.h"
#include "sim/base/output.h"

/* As typed; borrowed from argv. */
struct options {
    const char *verb, *board, *data, *from, *out, *runtime, *precision, *format;
};

enum { KEY_BOARD = 256, KEY_DATA, KEY_FROM, KEY_OUT, KEY_RUNTIME, KEY_PRECISION, KEY_FORMAT };

static const struct argp_option options_of_profile[] = {
    {"board", KEY_BOARD, "NAME", 0, "board, or the path of a board's file", 1},
    {"data", KEY_DATA, "PATH", 0, "fit, validate: folder of measurements or of raw tables, or one file of points", 2},
    {"runtime", KEY_RUNTIME, "R", 0, "fit, validate: runtime of the board (default: its first)", 2},
    {"precision", KEY_PRECISION, "P", 0, "fit, validate: precision of that runtime", 2},
    {"from", KEY_FROM, "FOLDER", 0, "import: folder of the raw tables", 3},
    {"out", KEY_OUT, "PATH", 0, "fit: write the board's file with the new values; import: folder to write to", 4},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 4},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,   &options->data,      &options->from,  &options->out,
                                   &options->runtime, &options->precision, &options->format};
    if (key >= KEY_BOARD && key <= KEY_FORMAT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num >= 1) {
            argp_error(state, "unexpected argument '%s'", text);
        }
        options->verb = text;
        return 0;
    case ARGP_KEY_END:
        if (options->verb == NULL) {
            argp_error(state, "expected what to do: fit, validate or import");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options_of_profile,
    .parser = parse_option,
    .args_doc = "fit --board NAME --data PATH\nvalidate --board NAME --data PATH\nimport --board NAME --from FOLDER "
                "--out FOLDER",
    .doc = "Calibrate a board from measurements, or check it against measurements."
           "\v"
           "Examples:\n"
           "  dvfo profile fit --board jetson-tx2 --data measurements/\n"
           "  dvfo profile fit --board jetson-tx2 --data points.csv --format csv\n"
           "  dvfo profile fit --board ./mine.yaml --data measurements/ --out mine-fitted.yaml\n"
           "  dvfo profile validate --board jetson-tx2 --data held-out.csv --format csv\n"
           "  dvfo profile import --board jetson-nano --from raw/ --out measurements/\n\n"
           "A folder of measurements holds BOARD.csv (columns board,runtime,precision,\n"
           "network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw;\n"
           "an empty field is not measured) and BOARD-rails.csv (board,runtime,precision,\n"
           "network,input_px,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_busy,mem_busy,period_ms,\n"
           "rail,power_mw,samples). Only coefficients that the board's file marks\n"
           "'calibrated' move. Printed: each with its standard error, then what is left\n"
           "(model / measured - 1) per network and rail; csv and json of 'fit' hold the\n"
           "coefficients only, of 'validate' what is left. Errors tell how well the data pin a coefficient inside the\n"
           "model; '-' where it lies at a bound.\n",
};

static dvfo_status need(struct dvfo_ctx *ctx, const char *verb, const char *option, const char *value)
{
    return value != NULL ? DVFO_OK
                         : dvfo_fail(ctx, DVFO_BAD_INPUT, "'dvfo profile %s' needs --%s; see 'dvfo profile --help'",
                                     verb, option);
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
static dvfo_status fit_and_print(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_board *board,
                                 const struct dvfo_board_data *data, dvfo_table_format format)
{
    const bool move = strcmp(options->verb, "fit") == 0;
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
    if (status == DVFO_OK && data->rails.n > 0) {
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

static dvfo_status run_fit(struct dvfo_ctx *ctx, const struct options *options)
{
    dvfo_table_format format = DVFO_TABLE_TEXT;
    struct dvfo_board *board = NULL;
    struct dvfo_board_data data = {0};
    DVFO_TRY(need(ctx, options->verb, "board", options->board));
    DVFO_TRY(need(ctx, options->verb, "data", options->data));
    DVFO_TRY(dvfo_table_format_of(ctx, options->format, &format));
    DVFO_TRY(dvfo_board_load(ctx, options->board, &board));
    dvfo_status status = dvfo_board_data_load(ctx, options->data, board->name, &data);
    status = status == DVFO_OK ? fit_and_print(ctx, options, board, &data, format) : status;
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
    return status;
}

static dvfo_status save(struct dvfo_ctx *ctx, const struct dvfo_measurements *measurements, bool rails,
                        const char *folder, const char *board)
{
    char path[DVFO_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s%s.csv", folder, board, rails ? "-rails" : "") >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --out is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    DVFO_TRY(dvfo_measurements_save(ctx, measurements, rails, path));
    fprintf(stderr, "dvfo: %zu rows written to %s\n", measurements->n, path);
    return DVFO_OK;
}

static dvfo_status run_import(struct dvfo_ctx *ctx, const struct options *options)
{
    struct dvfo_board_data data = {0};
    DVFO_TRY(need(ctx, "import", "board", options->board));
    DVFO_TRY(need(ctx, "import", "from", options->from));
    DVFO_TRY(need(ctx, "import", "out", options->out));
    dvfo_status status = dvfo_import_board(ctx, options->from, options->board, &data);
    status = status == DVFO_OK ? save(ctx, &data.points, false, options->out, options->board) : status;
    status = status == DVFO_OK ? save(ctx, &data.rails, true, options->out, options->board) : status;
    dvfo_board_data_free(&data);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    static const char *const verbs[] = {"fit", "validate", "import"};
    struct options options = {.format = "table"};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    if (strcmp(options.verb, "fit") == 0 || strcmp(options.verb, "validate") == 0) {
        return run_fit(ctx, &options);
    }
    if (strcmp(options.verb, "import") == 0) {
        return run_import(ctx, &options);
    }
    const char *near = dvfo_nearest(options.verb, verbs, 3);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown verb 'profile %s', expected fit, validate or import%s%s%s",
                     options.verb, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                     near != NULL ? "'?" : "");
}

const struct dvfo_command dvfo_command_profile = {"profile", "calibrate a board from measurements", run};
