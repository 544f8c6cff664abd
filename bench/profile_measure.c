/* dvfo profile measure: networks on this machine, layer by layer, and the board `host` that they make. */
#include <string.h>

#include "bench/interrupt.h"
#include "bench/measure.h"
#include "bench/profile_verbs.h"
#include "bench/progress.h"
#include "policies/nn/matrix.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *networks, *input, *threads, *repetitions, *seconds, *out, *format, *root;
};

enum {
    KEY_BOARD = 256,
    KEY_NETWORKS,
    KEY_INPUT,
    KEY_THREADS,
    KEY_REPETITIONS,
    KEY_SECONDS,
    KEY_OUT,
    KEY_FORMAT,
    KEY_ROOT,
    KEY_END
};

static const struct argp_option options_of_measure[] = {
    {"board", KEY_BOARD, "host", 0, "this machine is the board host", 1},
    {"network", KEY_NETWORKS, "NAMES", 0, "networks, e.g. resnet-18,vit-b16, or all", 1},
    {"input", KEY_INPUT, "PX", 0, "side of the input image (default: each network's own)", 1},
    {"threads", KEY_THREADS, "N", 0, "threads of OpenBLAS (default 1)", 2},
    {"repetitions", KEY_REPETITIONS, "N", 0, "passes over each network (default: until the interval is narrow)", 2},
    {"seconds", KEY_SECONDS, "S", 0, "spent on each network at most (default 10)", 2},
    {"out", KEY_OUT, "FOLDER", 0, "write host.yaml, host.csv and NETWORK.h5 there", 3},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json; the last two hold the layers alone", 3},
    {"root", KEY_ROOT, "DIR", 0, "read /sys and /proc below DIR", 3},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,   &options->networks,    &options->input,
                                   &options->threads, &options->repetitions, &options->seconds,
                                   &options->out,     &options->format,      &options->root};
    if (key >= KEY_BOARD && key < KEY_END) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_measure,
    .parser = parse_option,
    .doc = "Measure networks on this machine, layer by layer, and make it a board like the others: `host`."
           "\v"
           "Examples:\n"
           "  dvfo profile measure --board host --network resnet-18\n"
           "  dvfo profile measure --board host --network all --out mine/\n"
           "  dvfo run --board mine/host.yaml --network resnet-18 --policy edge-only \\\n"
           "    --layers mine/resnet-18.h5\n\n"
           "A plain executor runs each layer on the processor, fp32, batch 1, random weights. Printed: the median "
           "time of each layer with a 95 % interval; the whole network, timed apart; and how well the regression from "
           "shapes to time (Eq. (1)) predicts each network when it is left out of the fit. Power is measured where "
           "there is a sensor that can be read (RAPL, INA3221), and an assumption otherwise. Nothing is written "
           "without --out. After Ctrl-C the networks that are finished are kept.\n",
};

/* ---- options ---- */

static dvfo_status read_whole(struct dvfo_ctx *ctx, const char *name, const char *text, long long min, long long max,
                              long *out)
{
    long long value = 0;
    if (text == NULL) {
        return DVFO_OK;
    }
    if (!dvfo_text_integer(text, NULL, &value) || value < min || value > max) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a whole number from %lld to %lld", name, text,
                         min, max);
    }
    *out = (long)value;
    return DVFO_OK;
}

static dvfo_status read_def(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_measure_def *def)
{
    *def = dvfo_measure_def_default();
    DVFO_TRY(read_whole(ctx, "repetitions", options->repetitions, 1, 100000, &def->repetitions));
    if (options->seconds != NULL &&
        (!dvfo_text_number(options->seconds, NULL, &def->seconds) || def->seconds <= 0.0 || def->seconds > 1e5)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--seconds is '%s', expected seconds above 0 and up to 100000",
                         options->seconds);
    }
    if (options->seconds != NULL && options->repetitions != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--seconds and --repetitions both say when to end, expected one of them");
    }
    return DVFO_OK;
}

static dvfo_status check_board(struct dvfo_ctx *ctx, const char *board)
{
    DVFO_TRY(dvfo_profile_need(ctx, "measure", "board", board));
    return strcmp(board, "host") == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "--board is '%.60s', expected host: this machine is what is measured here; 'dvfo profile "
                           "collect' measures on a Jetson",
                           board);
}

/* Before minutes are spent: can the folder be written to? */
static dvfo_status check_folder(struct dvfo_ctx *ctx, const char *folder)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_output output = {0};
    if (folder == NULL) {
        return DVFO_OK;
    }
    if (snprintf(path, sizeof path, "%s/host.csv", folder) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --out is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    const dvfo_status status = dvfo_output_begin(ctx, path, &output);
    dvfo_output_abandon(&output);
    return status;
}

/* ---- networks ---- */

static dvfo_status load_network(struct dvfo_ctx *ctx, const char *name, struct dvfo_measure_run *run)
{
    if (run->loaded == DVFO_MEASURE_MAX) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--network names more than %d networks", DVFO_MEASURE_MAX);
    }
    struct dvfo_network *network = NULL;
    DVFO_TRY(dvfo_network_load(ctx, name, run->input_px, NULL, &network));
    run->entry[run->loaded++].network = network;
    for (size_t k = 0; k + 1 < run->loaded; k++) {
        if (strcmp(run->entry[k].network->name, network->name) == 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--network names '%s' twice, expected each once", network->name);
        }
    }
    return DVFO_OK;
}

static dvfo_status load_all(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    char **names = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_data_names(ctx, "profiles/networks", ".yaml", &names, &count));
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = load_network(ctx, names[i], run);
    }
    dvfo_data_names_free(names, count);
    return status;
}

static dvfo_status load_networks(struct dvfo_ctx *ctx, const char *text, struct dvfo_measure_run *run)
{
    DVFO_TRY(dvfo_profile_need(ctx, "measure", "network", text));
    if (strcmp(text, "all") == 0) {
        return load_all(ctx, run);
    }
    char *copy = dvfo_text_copy(text), *name[DVFO_MEASURE_MAX];
    if (copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const size_t count = dvfo_text_split(copy, ',', name, DVFO_MEASURE_MAX);
    dvfo_status status = count <= DVFO_MEASURE_MAX
                             ? DVFO_OK
                             : dvfo_fail(ctx, DVFO_BAD_INPUT, "--network names %zu networks, expected at most %d",
                                         count, DVFO_MEASURE_MAX);
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = load_network(ctx, name[i], run);
    }
    free(copy);
    return status;
}

/* ---- measuring ---- */

static dvfo_status measure_all(struct dvfo_ctx *ctx, const struct dvfo_measure_def *def, struct dvfo_measure_run *run)
{
    struct dvfo_progress progress = dvfo_progress_begin("networks", (double)run->loaded);
    dvfo_status status = DVFO_OK;
    while (run->n < run->loaded && status == DVFO_OK) {
        status = dvfo_measure_run_next(ctx, run, def, NULL, &progress);
    }
    dvfo_progress_end(&progress);
    return status;
}

static dvfo_status finish(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format,
                          struct dvfo_measure_run *run)
{
    DVFO_TRY(dvfo_measure_run_settle(ctx, run));
    DVFO_TRY(dvfo_measure_print(ctx, run, format));
    return options->out != NULL ? dvfo_measure_write(ctx, run, options->out) : DVFO_OK;
}

static dvfo_status measure(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format,
                           struct dvfo_measure_run *run)
{
    struct dvfo_measure_def def;
    DVFO_TRY(read_def(ctx, options, &def));
    DVFO_TRY(read_whole(ctx, "input", options->input, 1, 8192, &run->input_px));
    long threads = 1;
    DVFO_TRY(read_whole(ctx, "threads", options->threads, 1, 1024, &threads));
    DVFO_TRY(dvfo_measure_run_open(ctx, options->root, threads, run));
    DVFO_TRY(load_networks(ctx, options->networks, run));
    DVFO_TRY(check_folder(ctx, options->out));
    ctx->stop = dvfo_interrupt_catch();
    DVFO_TRY(dvfo_measure_run_machine(ctx, run));
    const dvfo_status status = measure_all(ctx, &def, run);
    if (status == DVFO_INTERRUPTED && run->n > 0) { /* a second signal ends at once */
        struct dvfo_ctx own = *ctx;
        own.stop = NULL;
        DVFO_TRY(finish(&own, options, format, run));
    }
    return status == DVFO_OK ? finish(ctx, options, format, run) : status;
}

static dvfo_status run_measure(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {.format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_table_format_of(ctx, options.format, &format));
    DVFO_TRY(check_board(ctx, options.board));
    struct dvfo_measure_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = measure(ctx, &options, format, run);
    dvfo_matrix_use_threads(1);
    dvfo_measure_run_free(run);
    free(run);
    return status;
}

const struct dvfo_command dvfo_profile_measure = {"measure", "measure networks on this machine, layer by layer",
                                                  run_measure};
