/* dvfo profile import: raw tables of others become measured points. */
#include "bench/profile_verbs.h"
#include "profiles/calibrate/import.h"
#include "sim/base/data_path.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *from, *out;
};

enum { KEY_BOARD = 256, KEY_FROM, KEY_OUT };

static const struct argp_option options_of_import[] = {
    {"board", KEY_BOARD, "NAME", 0, "board that was measured", 0},
    {"from", KEY_FROM, "FOLDER", 0, "folder of the raw tables", 0},
    {"out", KEY_OUT, "FOLDER", 0, "folder to write BOARD.csv and BOARD-rails.csv to", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board, &options->from, &options->out};
    if (key >= KEY_BOARD && key <= KEY_OUT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_import,
    .parser = parse_option,
    .doc = "Turn recordings into measured points for 'dvfo profile fit' and 'validate'."
           "\v"
           "Examples:\n"
           "  dvfo profile import --board jetson-nano --from raw/ --out measurements/\n",
};

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

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct dvfo_board_data data = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_profile_need(ctx, "import", "board", options.board));
    DVFO_TRY(dvfo_profile_need(ctx, "import", "from", options.from));
    DVFO_TRY(dvfo_profile_need(ctx, "import", "out", options.out));
    dvfo_status status = dvfo_import_board(ctx, options.from, options.board, &data);
    status = status == DVFO_OK ? save(ctx, &data.points, false, options.out, options.board) : status;
    status = status == DVFO_OK ? save(ctx, &data.rails, true, options.out, options.board) : status;
    dvfo_board_data_free(&data);
    return status;
}

const struct dvfo_command dvfo_profile_import = {"import", "recordings to measured points", run};
