/* dvfo profile collect: measurements on a board, setting by setting. */
#include <string.h>

#include "bench/board_verbs.h"
#include "bench/interrupt.h"
#include "bench/profile_verbs.h"
#include "bench/progress.h"
#include "profiles/hardware/collect.h"
#include "profiles/hardware/collect_profile.h"
#include "profiles/hardware/dryrun.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *root, *out;
    const char *clock[DVFO_DOMAINS];
    const char *command, *network, *runtime, *precision, *input, *batch;
    const char *runs, *latency_line, *power_from, *seconds;
    const char *settle, *timeout, *sample, *wait;
    bool resume, dry_run;
};

enum {
    KEY_BOARD = 256,
    KEY_ROOT,
    KEY_OUT,
    KEY_CPU,
    KEY_GPU,
    KEY_MEM,
    KEY_COMMAND,
    KEY_NETWORK,
    KEY_RUNTIME,
    KEY_PRECISION,
    KEY_INPUT,
    KEY_BATCH,
    KEY_RUNS,
    KEY_LATENCY_LINE,
    KEY_POWER_FROM,
    KEY_SECONDS,
    KEY_SETTLE,
    KEY_TIMEOUT,
    KEY_SAMPLE,
    KEY_WAIT,
    KEY_RESUME,
    KEY_DRY_RUN
};

static const struct argp_option options_of_collect[] = {
    {NULL, 0, NULL, 0, "Settings, every combination of", 1},
    {"cpu", KEY_CPU, "LIST", 0, "CPU clocks in MHz, separated by commas, or all; left alone when not given", 1},
    {"gpu", KEY_GPU, "LIST", 0, "GPU clocks", 1},
    {"mem", KEY_MEM, "LIST", 0, "memory clocks", 1},
    {NULL, 0, NULL, 0, "What runs", 2},
    {"command", KEY_COMMAND, "LINE", 0, "run by the shell at each setting; {out} stands for FOLDER/SETTING", 2},
    {"network", KEY_NETWORK, "NAME", 0, "network that it runs; without one only rails are kept", 2},
    {"runtime", KEY_RUNTIME, "R", 0, "tensorrt, triton, keras, pytorch or another name", 2},
    {"precision", KEY_PRECISION, "P", 0, "fp32, fp16 or int8", 2},
    {"input", KEY_INPUT, "PX", 0, "side of its input (default: the network's own)", 2},
    {"batch", KEY_BATCH, "N", 0, "samples per inference (default 1)", 2},
    {"seconds", KEY_SECONDS, "S", 0, "without --command: sample the board as it is for so long (default 10)", 2},
    {NULL, 0, NULL, 0, "What is measured", 3},
    {"latency-line", KEY_LATENCY_LINE, "REGEX", 0,
     "latency in ms from the command's output: the last match of the group (default: {out}.times.json)", 3},
    {"runs", KEY_RUNS, "N", 0, "latency from the time that the command took, for N inferences in it", 3},
    {"power-from", KEY_POWER_FROM, "TEXT", 0,
     "power counts from when the output says this (default for trtexec: 'Starting inference')", 3},
    {"sample", KEY_SAMPLE, "S", 0, "between readings of the rails (default 0.1)", 3},
    {"settle", KEY_SETTLE, "S", 0, "between clocks that hold and the command (default 2)", 3},
    {"wait", KEY_WAIT, "S", 0, "longest time for clocks to hold (default 5)", 3},
    {"timeout", KEY_TIMEOUT, "S", 0, "longest run of the command (default 600)", 3},
    {NULL, 0, NULL, 0, "Where", 4},
    {"out", KEY_OUT, "FOLDER", 0, "folder to collect into", 4},
    {"resume", KEY_RESUME, NULL, 0, "go on with FOLDER, leaving out what it has", 4},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "show what would be written and run, in order, and do nothing", 4},
    {"board", KEY_BOARD, "NAME", 0, DVFO_BOARD_NAME_TEXT, 4},
    {"root", KEY_ROOT, "DIR", 0, DVFO_BOARD_ROOT_TEXT, 4},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,
                                   &options->root,
                                   &options->out,
                                   &options->clock[DVFO_CPU],
                                   &options->clock[DVFO_GPU],
                                   &options->clock[DVFO_MEM],
                                   &options->command,
                                   &options->network,
                                   &options->runtime,
                                   &options->precision,
                                   &options->input,
                                   &options->batch,
                                   &options->runs,
                                   &options->latency_line,
                                   &options->power_from,
                                   &options->seconds,
                                   &options->settle,
                                   &options->timeout,
                                   &options->sample,
                                   &options->wait};
    if (key >= KEY_BOARD && key <= KEY_WAIT) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    switch (key) {
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options_of_collect,
    .parser = parse_option,
    .doc =
        "Measure on a Jetson: for each setting set the clocks, wait until they hold, run a command, sample the rails "
        "meanwhile. Rows go to FOLDER/BOARD.csv and FOLDER/BOARD-rails.csv as they come; all clocks are given back "
        "at the end, whatever happens. The command finds DVFO_OUT, DVFO_CPU_MHZ, DVFO_GPU_MHZ and DVFO_MEM_MHZ in "
        "its environment."
        "\v"
        "Examples:\n"
        "  sudo dvfo profile collect --cpu 2035.2 --gpu all --mem 1600,1866 \\\n"
        "      --network resnet-50 --runtime tensorrt --precision fp16 --out r50/ \\\n"
        "      --command \"trtexec --loadEngine=r50.plan --duration=10 \\\n"
        "        --exportTimes={out}.times.json --exportProfile={out}.json\"\n"
        "  sudo dvfo profile collect --gpu all --seconds 20 --out idle/\n"
        "  sudo dvfo profile collect ... --out r50/ --resume\n",
};

static dvfo_status read_numbers(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_collect_def *def)
{
    DVFO_TRY(dvfo_board_whole(ctx, "input", options->input, 1, 8192, &def->input_px));
    DVFO_TRY(dvfo_board_whole(ctx, "batch", options->batch, 1, 65536, &def->batch));
    DVFO_TRY(dvfo_board_whole(ctx, "runs", options->runs, 1, 1000000000, &def->runs));
    DVFO_TRY(dvfo_board_number(ctx, "seconds", options->seconds, 0.01, 86400.0, &def->seconds));
    DVFO_TRY(dvfo_board_number(ctx, "settle", options->settle, 0.0, 3600.0, &def->settle_s));
    DVFO_TRY(dvfo_board_number(ctx, "timeout", options->timeout, 0.1, 86400.0, &def->timeout_s));
    DVFO_TRY(dvfo_board_number(ctx, "sample", options->sample, 0.01, 60.0, &def->sample_s));
    return dvfo_board_number(ctx, "wait", options->wait, 0.0, 600.0, &def->wait_s);
}

static dvfo_status read_options(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_collect_def *def)
{
    DVFO_TRY(dvfo_profile_need(ctx, "collect", "out", options->out));
    if (options->command == NULL && options->seconds == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "'dvfo profile collect' needs --command, or --seconds for the board as it "
                         "is; see 'dvfo profile collect --help'");
    }
    if (options->command != NULL && options->seconds != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--seconds samples the board without a command, expected one of both");
    }
    *def = dvfo_collect_default();
    def->folder = options->out;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        def->lists[d] = options->clock[d];
    }
    def->command = options->command;
    def->network = options->network;
    def->runtime = options->runtime;
    def->precision = options->precision;
    def->latency_line = options->latency_line;
    const bool trtexec = options->command != NULL && strstr(options->command, "trtexec") != NULL;
    def->power_line = options->power_from != NULL ? options->power_from : trtexec ? "Starting inference" : NULL;
    if (def->power_line != NULL && def->power_line[0] == '\0') {
        def->power_line = NULL; /* --power-from '' counts from the start */
    }
    def->resume = options->resume;
    return read_numbers(ctx, options, def);
}

/* A line per setting; on a terminal a bar with the time left below it. */
static void tell(void *user, size_t done, size_t total, const char *sentence)
{
    struct dvfo_progress *progress = user;
    const bool shown = progress->shown;
    dvfo_progress_end(progress);
    fprintf(stderr, "dvfo: %zu/%zu %s\n", done, total, sentence);
    progress->shown = shown;
    progress->total = (double)total;
    dvfo_progress_tell(progress, (double)done, "");
}

static void tell_result(const struct dvfo_collect_def *def, const struct dvfo_collect_result *result, const char *board)
{
    if (result->measured + result->skipped + result->failed == 0) {
        return;
    }
    fprintf(stderr, "dvfo: of %zu settings %zu measured, %zu there already, %zu failed\n", result->total,
            result->measured, result->skipped, result->failed);
    for (size_t i = 0; i < result->failed && i < DVFO_COLLECT_MAX_FAILURES; i++) {
        fprintf(stderr, "dvfo: failed: %s\n", result->failure[i] != NULL ? result->failure[i] : "");
    }
    if (result->measured + result->skipped > 0 && def->network != NULL) {
        fprintf(
            stderr,
            "dvfo: next: 'dvfo profile validate --board %s --measured %s/%s.csv', then 'dvfo profile fit --board %s "
            "--data %s'\n",
            board, def->folder, board, board, def->folder);
    }
    if (result->failed > 0 || result->measured + result->skipped < result->total) {
        fprintf(stderr, "dvfo: the same command with --resume goes on\n");
    }
}

static dvfo_status collect(struct dvfo_ctx *ctx, struct dvfo_hardware *hardware, struct dvfo_collect_def *def)
{
    struct dvfo_progress progress = dvfo_progress_begin("settings", 1.0);
    struct dvfo_collect_result result;
    def->stop = dvfo_interrupt_catch();
    def->tell = tell;
    def->user = &progress;
    dvfo_status status = dvfo_collect_run(ctx, hardware, def, &result);
    dvfo_progress_end(&progress);
    if (def->show == NULL) {
        tell_result(def, &result, hardware->type->name);
    }
    const bool whole = status == DVFO_OK || (status == DVFO_FAILED && result.measured + result.skipped > 0);
    if (whole && def->show == NULL && def->network != NULL) {
        struct dvfo_ctx own = *ctx;
        const dvfo_status written = dvfo_collect_profile(&own, hardware, def);
        if (status == DVFO_OK && written != DVFO_OK) {
            status =
                dvfo_fail(ctx, DVFO_FAILED, "the rows are kept, but no layer profile could be made: %s", own.message);
        }
    }
    dvfo_collect_result_free(&result);
    return status;
}

static dvfo_status open_and_collect(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_collect_def *def)
{
    struct dvfo_sysfs sysfs;
    struct dvfo_dryrun dryrun = {0};
    struct dvfo_hardware *hardware = NULL;
    DVFO_TRY(dvfo_sysfs_open(ctx, options->root, &sysfs));
    if (options->dry_run) {
        dvfo_dryrun_catch(&dryrun, stdout, &sysfs);
        def->show = stdout;
    }
    dvfo_status status = dvfo_hardware_open(ctx, &sysfs, options->board != NULL ? options->board : "auto", &hardware);
    status = status == DVFO_OK ? collect(ctx, hardware, def) : status;
    dvfo_hardware_free(hardware);
    dvfo_dryrun_free(&dryrun);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct dvfo_collect_def def;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(read_options(ctx, &options, &def));
    return open_and_collect(ctx, &options, &def);
}

const struct dvfo_command dvfo_profile_collect = {"collect", "measure on a board over its clocks", run};
