/* dvfo profile import: raw tables of others, or runs of trtexec on a board of one's own. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/profile_import.h"

#include "bench/profile_verbs.h"
#include "sim/base/data_path.h"

enum {
    KEY_BOARD = 256,
    KEY_FROM,
    KEY_OUT,
    KEY_NETWORK,
    KEY_RUNTIME,
    KEY_PRECISION,
    KEY_INPUT,
    KEY_VARIANT,
    KEY_BATCH,
    KEY_MEASURED,
    KEY_FORMAT,
    KEY_PROFILE, /* from here to KEY_CLOCKS: of one run */
    KEY_LAYERS,
    KEY_TIMES,
    KEY_LOG,
    KEY_INTERVAL,
    KEY_CLOCKS,
    KEY_APPEND,
};

static const struct argp_option options_of_import[] = {
    {"board", KEY_BOARD, "NAME", 0, "board that was measured, or the path of its file", 1},
    {"out", KEY_OUT, "PATH", 0,
     "of runs: the layer profile to write (HDF5); of raw tables: folder for BOARD.csv and BOARD-rails.csv", 1},
    {0, 0, 0, 0, "Raw tables:", 2},
    {"from", KEY_FROM, "FOLDER", 0, "folder of the raw tables", 2},
    {0, 0, 0, 0, "A run of trtexec (another --profile begins another run):", 3},
    {"profile", KEY_PROFILE, "P.json", 0, "layers and their times, of trtexec --exportProfile", 3},
    {"layer-info", KEY_LAYERS, "L.json", 0, "layers and their shapes, of --exportLayerInfo", 3},
    {"times", KEY_TIMES, "T.json", 0, "single inferences, of --exportTimes", 3},
    {"tegrastats", KEY_LOG, "LOG", 0, "tegrastats' log, taken meanwhile", 3},
    {"interval", KEY_INTERVAL, "SECONDS", 0, "between its lines, where they carry no date (default 1)", 3},
    {"clocks", KEY_CLOCKS, "CPU,GPU,MEM", 0, "clocks in MHz; what the log shows may be left empty", 3},
    {0, 0, 0, 0, "What was run:", 4},
    {"network", KEY_NETWORK, "NAME", 0, "network, or the path of its file", 4},
    {"runtime", KEY_RUNTIME, "NAME", 0, "runtime of the board (default: tensorrt)", 4},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, fp16 or int8, where the board has it", 4},
    {"input", KEY_INPUT, "PX", 0, "side of the input image (default: the network's own)", 4},
    {"variant", KEY_VARIANT, "NAME", 0, "input variant of the network's file, e.g. cifar", 4},
    {"batch", KEY_BATCH, "N", 0, "samples per inference (default 1)", 4},
    {0, 0, 0, 0, "What to make of it:", 5},
    {"measured", KEY_MEASURED, "PATH", 0,
     "write measured points too: into a folder BOARD.csv and BOARD-rails.csv, or a file NAME.csv and NAME-rails.csv",
     5},
    {"append", KEY_APPEND, NULL, 0, "keep what stands in --out and --measured, and add to it", 5},
    {"format", KEY_FORMAT, "F", 0, "of the report: table (default), csv or json", 5},
    {0},
};

static void parse_run_option(struct dvfo_import_options *options, int key, char *text, struct argp_state *state)
{
    struct dvfo_import_run *run = &options->run[options->count > 0 ? options->count - 1 : 0];
    if (key == KEY_PROFILE && run->profile != NULL) {
        if (options->count == DVFO_IMPORT_MAX_RUNS) {
            argp_error(state, "more than %d runs; import the others with --append", DVFO_IMPORT_MAX_RUNS);
        }
        run++;
        options->count++;
    }
    options->count = options->count == 0 ? 1 : options->count;
    const char **const fields[] = {&run->profile, &run->layers, &run->times, &run->log, &run->interval, &run->clocks};
    *fields[key - KEY_PROFILE] = text;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct dvfo_import_options *options = state->input;
    const char **const fields[] = {&options->board,   &options->from,      &options->out,      &options->network,
                                   &options->runtime, &options->precision, &options->input_px, &options->variant,
                                   &options->batch,   &options->measured,  &options->format};
    if (key >= KEY_BOARD && key <= KEY_FORMAT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    if (key >= KEY_PROFILE && key <= KEY_CLOCKS) {
        parse_run_option(options, key, text, state);
        return 0;
    }
    options->append = options->append || key == KEY_APPEND;
    return key == KEY_APPEND ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_import,
    .parser = parse_option,
    .doc =
        "Turn recordings into what dvfo works with: runs of trtexec on a board into a layer profile and measured "
        "points, raw tables into measured points."
        "\v"
        "A run of trtexec on the board, the clocks locked, tegrastats beside it:\n"
        "  sudo tegrastats --interval 500 --logfile log.txt &\n"
        "  trtexec --loadEngine=resnet.plan --duration=30 --separateProfileRun \\\n"
        "    --profilingVerbosity=detailed --exportProfile=p.json \\\n"
        "    --exportLayerInfo=l.json --exportTimes=t.json\n"
        "and here:\n"
        "  dvfo profile import --board jetson-tx2 --network resnet-18 \\\n"
        "    --profile p.json --layer-info l.json --times t.json \\\n"
        "    --tegrastats log.txt --interval 0.5 --out resnet.h5 --measured points.csv\n"
        "Without a log the clocks must be told:\n"
        "  dvfo profile import --board jetson-tx2 --network resnet-18 \\\n"
        "    --profile p.json --clocks 2035.2,1300.5,1866 --out resnet.h5\n"
        "Runs at several clocks make one profile, at once or one after the other:\n"
        "  dvfo profile import --board jetson-tx2 --network resnet-18 --out resnet.h5 \\\n"
        "    --profile a.json --tegrastats a.txt --profile b.json --tegrastats b.txt\n"
        "  dvfo profile import --board jetson-tx2 --network resnet-18 --out resnet.h5 \\\n"
        "    --append --profile c.json --tegrastats c.txt\n"
        "Raw tables of others:\n"
        "  dvfo profile import --board jetson-nano --from raw/ --out measurements/\n\n"
        "Layers are matched by name, otherwise by kind, size and order; the report says how, and what was left over "
        "on either side. TensorRT names few layers as we do, so --layer-info (of an engine built with "
        "--profilingVerbosity=detailed) makes the match surer. Logs of Jetson Nano, TX2 and Xavier NX are read, with "
        "or without dates.\n",
};

/* ---- raw tables ---- */

static dvfo_status save(struct dvfo_ctx *ctx, const struct dvfo_measurements *measurements, const char *suffix,
                        const char *folder, const char *board)
{
    const bool rails = strcmp(suffix, "-rails") == 0;
    char path[DVFO_PATH_SIZE];
    if (measurements->n == 0) {
        return DVFO_OK;
    }
    if (snprintf(path, sizeof path, "%s/%s%s.csv", folder, board, suffix) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --out is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    DVFO_TRY(dvfo_measurements_save(ctx, measurements, rails, path));
    fprintf(stderr, "dvfo: %zu rows written to %s\n", measurements->n, path);
    return DVFO_OK;
}

static dvfo_status import_tables(struct dvfo_ctx *ctx, const struct dvfo_import_options *options)
{
    struct dvfo_board_data data = {0};
    DVFO_TRY(dvfo_profile_need(ctx, "import", "out", options->out));
    if (options->count > 0 || options->network != NULL || options->measured != NULL || options->append) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--from takes --board and --out alone, expected either raw tables or a run of trtexec");
    }
    dvfo_status status = dvfo_import_board(ctx, options->from, options->board, &data);
    if (status == DVFO_OK && mkdir(options->out, 0777) != 0 && errno != EEXIST) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be made: %s", options->out, strerror(errno));
    }
    status = status == DVFO_OK ? save(ctx, &data.points, "", options->out, options->board) : status;
    status = status == DVFO_OK ? save(ctx, &data.rails, "-rails", options->out, options->board) : status;
    status = status == DVFO_OK ? save(ctx, &data.held_out, "-held-out", options->out, options->board) : status;
    dvfo_board_data_free(&data);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct dvfo_import_options *options = calloc(1, sizeof *options);
    if (options == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    options->format = "table";
    dvfo_status status = dvfo_command_parse(ctx, &argp, argc, argv, options);
    status = status == DVFO_OK ? dvfo_profile_need(ctx, "import", "board", options->board) : status;
    if (status == DVFO_OK) {
        status = options->from != NULL ? import_tables(ctx, options) : dvfo_import_runs(ctx, options);
    }
    free(options);
    return status;
}

const struct dvfo_command dvfo_profile_import = {"import", "recordings to profiles and measured points", run};
