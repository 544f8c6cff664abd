/* dvfo profile measure: networks on this machine, layer by layer, and the board `host` that they make. */
#include <math.h>
#include <string.h>
#include <time.h>

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

static void free_run(struct dvfo_measure_run *run)
{
    dvfo_host_calibration_free(&run->calibration);
    for (size_t k = 0; k < run->loaded; k++) {
        free(run->entry[k].layer_s);
        dvfo_measured_free(&run->entry[k].measured);
        dvfo_network_free(run->entry[k].network);
    }
}

/* ---- measuring ---- */

/* Who is told of a pass: the bar, and the power sensor. */
struct listener {
    struct dvfo_ctx *ctx;
    struct dvfo_measure_run *run;
    struct dvfo_progress progress;
    double seconds; /* of one network at most, as far as the bar knows */
    struct dvfo_host_power_mean power;
};

static void hear(void *user, double spent_s, long passes)
{
    struct listener *listener = user;
    const struct dvfo_measure_run *run = listener->run;
    (void)passes;
    (void)dvfo_host_power_read(NULL, &listener->run->power, &listener->power); /* a reading lost is no harm */
    dvfo_progress_tell(&listener->progress, (double)run->n + fmin(spent_s / listener->seconds, 1.0),
                       run->entry[run->n].network->name);
}

static double own_cpu_s(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static dvfo_status keep_medians(struct dvfo_ctx *ctx, struct dvfo_measure_entry *entry)
{
    const size_t n = entry->network->n;
    entry->layer_s = malloc(n * sizeof *entry->layer_s);
    if (entry->layer_s == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < n; i++) {
        entry->layer_s[i] = entry->measured.layer_s[i].median;
    }
    return DVFO_OK;
}

static dvfo_status measure_entry(struct dvfo_ctx *ctx, const struct dvfo_measure_def *def, struct listener *listener,
                                 struct dvfo_measure_entry *entry)
{
    struct dvfo_measure_run *run = listener->run;
    const double begun_s = dvfo_progress_clock_s(), own_s = own_cpu_s(), busy_s = dvfo_machine_busy_s(&run->sysfs);
    DVFO_TRY(dvfo_host_power_begin(ctx, &run->power, begun_s, &listener->power));
    DVFO_TRY(dvfo_measure_network(ctx, entry->network, def, &entry->measured));
    const double end_s = dvfo_progress_clock_s();
    DVFO_TRY(dvfo_host_power_read(ctx, &run->power, &listener->power));
    entry->power_w = dvfo_host_power_mean_w(&run->power, &listener->power, end_s);
    entry->others = (dvfo_machine_busy_s(&run->sysfs) - busy_s - (own_cpu_s() - own_s)) / (end_s - begun_s);
    return keep_medians(ctx, entry);
}

static dvfo_status measure_all(struct dvfo_ctx *ctx, struct dvfo_measure_def *def, struct dvfo_measure_run *run)
{
    struct listener listener = {.ctx = ctx,
                                .run = run,
                                .progress = dvfo_progress_begin("networks", (double)run->loaded),
                                .seconds = def->seconds};
    dvfo_status status = DVFO_OK;
    def->told = hear;
    def->user = &listener;
    while (run->n < run->loaded && status == DVFO_OK) {
        dvfo_progress_tell(&listener.progress, (double)run->n, run->entry[run->n].network->name);
        status = measure_entry(ctx, def, &listener, &run->entry[run->n]);
        run->n += status == DVFO_OK;
    }
    dvfo_progress_end(&listener.progress);
    return status;
}

/* ---- the machine ---- */

#define REST_S 1.0 /* watched at rest, for idle power */

static dvfo_status measure_rest(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    const struct timespec rest = {.tv_sec = (time_t)REST_S};
    struct dvfo_host_power_mean mean;
    DVFO_TRY(dvfo_host_power_begin(ctx, &run->power, dvfo_progress_clock_s(), &mean));
    nanosleep(&rest, NULL);
    DVFO_TRY(dvfo_host_power_read(ctx, &run->power, &mean));
    run->def.idle_w = dvfo_host_power_mean_w(&run->power, &mean, dvfo_progress_clock_s());
    return DVFO_OK;
}

static dvfo_status look_at_machine(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_measure_run *run)
{
    long threads = 1;
    DVFO_TRY(read_whole(ctx, "threads", options->threads, 1, 1024, &threads));
    DVFO_TRY(dvfo_sysfs_open(ctx, options->root, &run->sysfs));
    run->power = dvfo_host_power_open(ctx, &run->sysfs);
    run->def = (struct dvfo_host_board_def){.machine = dvfo_machine_read(&run->sysfs),
                                            .threads = (int)threads,
                                            .kernel = dvfo_matrix_kernel(),
                                            .networks = run->networks,
                                            .idle_w = NAN,
                                            .busy_w = NAN,
                                            .no_sensor = run->power.rapl.missing};
    if (threads > run->def.machine.cores) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--threads is %ld, expected at most the %d cores of this machine",
                         threads, run->def.machine.cores);
    }
    dvfo_matrix_use_threads((int)threads);
    return DVFO_OK;
}

static dvfo_status measure_machine(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    struct dvfo_peaks peaks;
    if (run->power.sensor[0] != '\0') {
        DVFO_TRY(measure_rest(ctx, run));
    } else {
        dvfo_note(ctx, "no power sensor: %s; power of the board is an assumption", run->power.rapl.missing);
    }
    DVFO_TRY(dvfo_measure_peaks(ctx, &peaks));
    run->def.flop_per_s = peaks.flop_per_s;
    run->def.byte_per_s = peaks.byte_per_s;
    return DVFO_OK;
}

/* Mean over the networks, when the sensor counted anything at rest and at work. */
static void settle_power(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    double sum_w = 0.0;
    for (size_t k = 0; k < run->n; k++) {
        sum_w += run->entry[k].power_w;
    }
    run->def.busy_w = sum_w / (double)run->n;
    if (!isnan(run->def.idle_w) && !isnan(run->def.busy_w)) {
        run->def.sensor = run->power.sensor;
    } else if (run->power.sensor[0] != '\0') {
        run->def.no_sensor = "its sensor counts nothing";
        dvfo_note(ctx, "%s counted nothing; power of the board is an assumption", run->power.sensor);
    }
}

#define COMPANY 0.1 /* cores that others may keep busy without a word */

static void tell_company(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run)
{
    const struct dvfo_measure_entry *most = &run->entry[0];
    for (size_t k = 1; k < run->n; k++) {
        most = run->entry[k].others > most->others ? &run->entry[k] : most;
    }
    if (most->others > COMPANY) {
        dvfo_note(
            ctx,
            "other programs kept %.1f of %d cores busy while %s was measured; on a quiet machine times are shorter",
            most->others, run->def.machine.cores, most->network->name);
    }
}

/* ---- the board ---- */

static dvfo_status calibrate(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    struct dvfo_host_sample samples[DVFO_MEASURE_MAX];
    for (size_t k = 0; k < run->n; k++) {
        samples[k] = (struct dvfo_host_sample){run->entry[k].network, run->entry[k].layer_s};
    }
    if (run->n > 1) {
        snprintf(run->networks, sizeof run->networks, "%zu networks", run->n);
    } else {
        snprintf(run->networks, sizeof run->networks, "%.60s", run->entry[0].network->name);
    }
    return dvfo_host_calibrate(ctx, &run->def, samples, run->n, &run->calibration);
}

static dvfo_status finish(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format,
                          struct dvfo_measure_run *run)
{
    settle_power(ctx, run);
    tell_company(ctx, run);
    DVFO_TRY(calibrate(ctx, run));
    DVFO_TRY(dvfo_measure_print(ctx, run, format));
    return options->out != NULL ? dvfo_measure_write(ctx, run, options->out) : DVFO_OK;
}

static dvfo_status measure(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format,
                           struct dvfo_measure_run *run)
{
    struct dvfo_measure_def def;
    DVFO_TRY(read_def(ctx, options, &def));
    DVFO_TRY(read_whole(ctx, "input", options->input, 1, 8192, &run->input_px));
    DVFO_TRY(look_at_machine(ctx, options, run));
    DVFO_TRY(load_networks(ctx, options->networks, run));
    DVFO_TRY(check_folder(ctx, options->out));
    ctx->stop = dvfo_interrupt_catch();
    DVFO_TRY(measure_machine(ctx, run));
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
    free_run(run);
    free(run);
    return status;
}

const struct dvfo_command dvfo_profile_measure = {"measure", "measure networks on this machine, layer by layer",
                                                  run_measure};
