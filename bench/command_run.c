/* dvfo run: trials from the command line, a table, perhaps a result file and a timeline. */
#include <string.h>

#include "bench/columns.h"
#include "bench/command.h"
#include "bench/interrupt.h"
#include "bench/progress.h"
#include "bench/results.h"
#include "bench/setting.h"
#include "bench/table.h"
#include "bench/timeline.h"

struct arguments {
    struct dvfo_setting setting;
    const char *out, *timeline, *format;
    bool no_requests;
};

enum { KEY_OUT = 512, KEY_TIMELINE, KEY_FORMAT, KEY_NO_ROWS };

static const struct argp_option options[] = {
    {"out", KEY_OUT, "FILE.h5", 0, "write results with per-request rows (HDF5)", 5},
    {"no-requests", KEY_NO_ROWS, NULL, 0, "leave the per-request rows out of --out", 5},
    {"timeline", KEY_TIMELINE, "FILE.json", 0, "write a timeline for Perfetto (ui.perfetto.dev)", 5},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 5},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->setting;
        return 0;
    case KEY_OUT:
        arguments->out = text;
        return 0;
    case KEY_TIMELINE:
        arguments->timeline = text;
        return 0;
    case KEY_FORMAT:
        arguments->format = text;
        return 0;
    case KEY_NO_ROWS:
        arguments->no_requests = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_setting_argp}, {0}};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .children = children,
    .doc = "Run trials: every board, network and policy named, over one trace."
           "\v"
           "Examples:\n"
           "  dvfo run --board jetson-tx2 --network vgg-19 --policy edge-only\n"
           "  dvfo run -b all -n resnet-18 -p edge-only,l4t-default,oracle-dvfo -t model:wifi --seed 3\n"
           "  dvfo run -b xavier-nx -n mobilenet-v2 -p cloud-only -t uplink.csv --out run.h5 --timeline run.json\n"
           "  dvfo run -b jetson-nano -n resnet-18 -p schedutil --arrivals poisson:10 --format csv\n\n"
           "Energy is in joule per request, latency in seconds, power in watts of the whole device.\n",
};

/* What watches a trial: rows to the result file, spans to the timeline, counts to the progress bar. */
struct watch {
    struct dvfo_results *results;
    struct dvfo_timeline *timeline;
    struct dvfo_progress progress;
    double requests_before; /* of earlier trials */
    const char *policy;
};

static void on_request(void *user, const struct dvfo_request_row *row)
{
    struct watch *watch = user;
    if (watch->results != NULL) {
        dvfo_results_add_request(watch->results, row);
    }
    dvfo_progress_tell(&watch->progress, watch->requests_before + (double)row->request + 1.0, watch->policy);
}

static void on_span(void *user, dvfo_track track, const char *name, double begin_s, double end_s, long request)
{
    dvfo_timeline_span(((struct watch *)user)->timeline, track, name, begin_s, end_s, request);
}

static void on_counter(void *user, dvfo_counter counter, double time_s, double value)
{
    dvfo_timeline_counter(((struct watch *)user)->timeline, counter, time_s, value);
}

static void add_row(struct dvfo_table *table, const char *policy, const struct dvfo_trial *trial, bool essential)
{
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++) {
        if (essential && !c->essential) {
            continue;
        }
        if (c->value != NULL) {
            dvfo_table_number(table, c->value(trial), c->digits);
        } else {
            dvfo_table_text(table, c->text != NULL ? c->text(trial) : policy);
        }
    }
}

static dvfo_status create_table(struct dvfo_ctx *ctx, bool essential, struct dvfo_table **table)
{
    const char *names[64];
    size_t count = 0;
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++) {
        if (!essential || c->essential) {
            names[count++] = c->name;
        }
    }
    names[count] = NULL;
    return dvfo_table_create(ctx, names, table);
}

static const char *tail_name(dvfo_tail_rule rule)
{
    static const char *const names[] = {"shapes", "linear", "width"};
    return names[rule];
}

/* What a board's rows rest on. Boards are ranked against each other only where runtime and precision match. */
static void print_board_conditions(const struct dvfo_trial *trial)
{
    const struct dvfo_scenario_def *def = &trial->scenario;
    printf("  %-12s profile %s %s, P_max %.4g W\n", def->board->name, def->runtime->name, def->runtime->precision,
           def->p_max_w);
}

/* Every table says what it rests on. */
static dvfo_status print_conditions(struct dvfo_ctx *ctx, const struct dvfo_setting *setting)
{
    static const char *const arrivals[] = {"closed loop", "periodic arrivals", "Poisson arrivals"};
    const struct dvfo_trial *base = &setting->base;
    const struct dvfo_scenario_def *def = &base->scenario;
    const bool closed = base->workload.arrivals == DVFO_CLOSED;
    printf("\ntrace %s; %ld requests, %s%s; eta %g, lambda %g; seed %llu\n", setting->opened_trace->name,
           base->workload.requests, arrivals[base->workload.arrivals],
           !closed        ? ""
           : base->paired ? ", paired with the trace"
                          : ", free-running",
           def->eta, def->lambda, (unsigned long long)base->seed);
    printf("composition %s, tail %s; cloud %s, RTT %g ms, timeout %g s; no accuracy floor (no accuracy profile)\n",
           def->composition == DVFO_PARALLEL ? "parallel" : "serial", tail_name(def->tail_rule),
           setting->cloud_profile->name, 1e3 * def->rtt_s, def->timeout_s);
    for (size_t i = 0; i < setting->network_count; i++) {
        const struct dvfo_network *network = setting->network[i];
        printf("  %-12s input %s, split after %s\n", network->name, network->variant,
               network->layers[network->split].name);
    }
    for (size_t i = 0; i < setting->board_count; i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i * setting->network_count * setting->policy_count, &trial));
        print_board_conditions(&trial);
    }
    return DVFO_OK;
}

static dvfo_status run_trials(struct dvfo_ctx *ctx, struct arguments *arguments, struct watch *watch,
                              const volatile sig_atomic_t *stop, struct dvfo_table *table, bool essential)
{
    const struct dvfo_setting *setting = &arguments->setting;
    struct dvfo_probe probe = {.user = watch, .request = on_request};
    if (watch->timeline != NULL) {
        probe.span = on_span;
        probe.counter = on_counter;
    }
    const bool watched = watch->results != NULL || watch->timeline != NULL || watch->progress.shown;
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < dvfo_setting_trial_count(setting) && status == DVFO_OK; i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i, &trial));
        watch->policy = dvfo_setting_policy_name(setting, i);
        trial.probe = watched ? &probe : NULL;
        trial.stop = stop;
        if (watch->timeline != NULL) {
            char name[256];
            snprintf(name, sizeof name, "%s %s %s", trial.scenario.board->name, trial.scenario.network->name,
                     watch->policy);
            dvfo_timeline_begin_trial(watch->timeline, name);
        }
        status = dvfo_trial_run(ctx, &trial);
        if (status != DVFO_OK && (status != DVFO_INTERRUPTED || trial.results.requests == 0)) {
            return status;
        }
        add_row(table, watch->policy, &trial, essential); /* an interrupted run keeps what it has */
        if (watch->results != NULL) {
            dvfo_results_add_trial(watch->results, watch->policy, &trial);
        }
        watch->requests_before += (double)trial.results.requests;
    }
    return status;
}

static void add_inputs(struct dvfo_results *results, const struct dvfo_setting *setting)
{
    for (size_t i = 0; i < setting->board_count; i++) {
        dvfo_results_add_input(results, "board", setting->board[i]->name, setting->board[i]->sha256);
    }
    for (size_t i = 0; i < setting->network_count; i++) {
        dvfo_results_add_input(results, "network", setting->network[i]->name, setting->network[i]->sha256);
    }
    dvfo_results_add_input(results, "cloud", setting->cloud_profile->name, setting->cloud_profile->sha256);
    dvfo_results_add_input(results, "trace", setting->opened_trace->name, setting->opened_trace->sha256);
}

static void write_configuration(const struct dvfo_setting *setting, FILE *text)
{
    const struct dvfo_trial *t = &setting->base;
    const struct dvfo_scenario_def *d = &t->scenario;
    static const char *const arrivals[] = {"closed", "periodic", "poisson"};
    fprintf(text,
             "boards: %s\nnetworks: %s\npolicies: %s\ntrace: %s\nruntime: %s\nprecision: %s\ninput_px: %ld\n"
             "variant: %s\ncloud: %s\nrequests: %ld\narrivals: %s\nrate_hz: %.17g\nseed: %llu\npaired: %d\nthermal: %d\n"
             "eta: %.17g\nlambda: %.17g\np_max: %s\ncomposition: %s\ntail_rule: %s\ntail_width_steps: %d\n"
             "layer_int8: %d\ntimeout_s: %.17g\nrtt_s: %.17g\nheader_byte: %.17g\nencode_bit_per_pixel: %.17g\n"
             "encode_cycle_per_pixel: %.17g\nspeech_bps: %.17g\nquantise_cycle_per_element: %.17g\n"
             "fuse_cycle_per_element: %.17g\n",
             setting->boards, setting->networks, setting->policies, setting->trace,
             setting->runtime != NULL ? setting->runtime : "default",
             setting->precision != NULL ? setting->precision : "default", setting->input_px,
             setting->variant != NULL ? setting->variant : "default", setting->cloud, t->workload.requests,
             arrivals[t->workload.arrivals], t->workload.rate_hz, (unsigned long long)t->seed, t->paired, t->thermal,
             d->eta, d->lambda, setting->p_max != NULL ? setting->p_max : "measured",
             d->composition == DVFO_PARALLEL ? "parallel" : "serial", tail_name(d->tail_rule), d->tail_width_steps,
             d->layer_int8, d->timeout_s, d->rtt_s, d->header_byte, d->encode_bit_per_pixel, d->encode_cycle_per_pixel,
             d->speech_bps, d->quantise_cycle_per_element, d->fuse_cycle_per_element);
}

static dvfo_status open_results(struct dvfo_ctx *ctx, const struct arguments *arguments, struct dvfo_results **results)
{
    char *configuration = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&configuration, &size); /* names may be long, and none is cut */
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    write_configuration(&arguments->setting, text);
    const bool written = fclose(text) == 0;
    const struct dvfo_results_def def = {.path = arguments->out,
                                         .title = "dvfo run",
                                         .configuration = configuration,
                                         .seed = arguments->setting.base.seed,
                                         .requests = !arguments->no_requests};
    const dvfo_status status = written ? dvfo_results_create(ctx, &def, results) : dvfo_fail_no_memory(ctx);
    free(configuration);
    return status;
}

static dvfo_status open_outputs(struct dvfo_ctx *ctx, const struct arguments *arguments, struct watch *watch)
{
    if (arguments->out != NULL && arguments->timeline != NULL && strcmp(arguments->out, arguments->timeline) == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--out and --timeline both name %s, expected two files", arguments->out);
    }
    if (arguments->out != NULL) {
        DVFO_TRY(open_results(ctx, arguments, &watch->results));
        add_inputs(watch->results, &arguments->setting);
    }
    return arguments->timeline != NULL ? dvfo_timeline_create(ctx, arguments->timeline, &watch->timeline) : DVFO_OK;
}

/* Keep what a finished or interrupted run made, each file for itself; the first failure is told. */
static dvfo_status commit_outputs(struct dvfo_ctx *ctx, struct watch *watch, const struct dvfo_run_info *info)
{
    dvfo_status status = DVFO_OK;
    if (watch->results != NULL) {
        status = dvfo_results_commit(ctx, watch->results, info);
        watch->results = NULL;
    }
    if (watch->timeline != NULL) {
        const dvfo_status written = dvfo_timeline_commit(status == DVFO_OK ? ctx : NULL, watch->timeline);
        status = status == DVFO_OK ? written : status;
        watch->timeline = NULL;
    }
    return status;
}

static dvfo_status print_results(struct dvfo_ctx *ctx, const struct dvfo_setting *setting,
                                 const struct dvfo_table *table, dvfo_table_format format)
{
    DVFO_TRY(dvfo_table_print(ctx, table, format, stdout));
    return format == DVFO_TABLE_TEXT ? print_conditions(ctx, setting) : DVFO_OK;
}

static dvfo_status run_and_write(struct dvfo_ctx *ctx, struct arguments *arguments, int argc, char **argv,
                                 dvfo_table_format format, struct watch *watch, struct dvfo_table **table)
{
    const bool essential = format == DVFO_TABLE_TEXT;
    struct dvfo_run_info info = {argc, argv, dvfo_progress_clock_s()};
    DVFO_TRY(dvfo_setting_load(ctx, &arguments->setting));
    const volatile sig_atomic_t *stop = dvfo_interrupt_catch(); /* from here on there are files to tidy up */
    DVFO_TRY(open_outputs(ctx, arguments, watch));
    DVFO_TRY(create_table(ctx, essential, table));
    watch->progress = dvfo_progress_begin("requests", (double)dvfo_setting_trial_count(&arguments->setting) *
                                                          (double)arguments->setting.base.workload.requests);
    const dvfo_status status = run_trials(ctx, arguments, watch, stop, *table, essential);
    dvfo_progress_end(&watch->progress);
    const bool has_something = status == DVFO_OK || (status == DVFO_INTERRUPTED && watch->requests_before > 0.0);
    if (!has_something) {
        return status; /* and files of an earlier run stay as they were */
    }
    info.duration_s = dvfo_progress_clock_s() - info.duration_s;
    const dvfo_status written = commit_outputs(ctx, watch, &info);
    struct dvfo_ctx quiet = {0}; /* the sentence of a full disk stays, and the table is printed all the same */
    const dvfo_status printed =
        print_results(written == DVFO_OK && status == DVFO_OK ? ctx : &quiet, &arguments->setting, *table, format);
    return written != DVFO_OK ? written : printed != DVFO_OK ? printed : status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.setting = dvfo_setting_default(), .format = "table"};
    struct watch watch = {0};
    struct dvfo_table *table = NULL;
    dvfo_table_format format = DVFO_TABLE_TEXT;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    DVFO_TRY(dvfo_table_format_of(ctx, arguments.format, &format));
    const dvfo_status status = run_and_write(ctx, &arguments, argc, argv, format, &watch, &table);
    dvfo_table_free(table);
    dvfo_results_free(watch.results);
    dvfo_timeline_free(watch.timeline);
    dvfo_setting_free(&arguments.setting);
    return status;
}

const struct dvfo_command dvfo_command_run = {
    .name = "run", .summary = "run trials: boards, networks and policies over a trace", .run = run};
