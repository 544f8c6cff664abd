/* dvfo run: trials from the command line, a table, perhaps a result file and a timeline. */
#include <math.h>
#include <string.h>

#include "bench/columns.h"
#include "bench/command.h"
#include "bench/interrupt.h"
#include "bench/progress.h"
#include "bench/results.h"
#include "bench/setting.h"
#include "bench/table.h"
#include "bench/timeline.h"
#include "sim/base/units.h"

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

/* The columns stand in the help text as their list has them. */
static char *describe(int key, const char *text, void *input)
{
    (void)input;
    char *help = NULL;
    size_t size = 0;
    FILE *file = key == ARGP_KEY_HELP_POST_DOC ? open_memstream(&help, &size) : NULL;
    if (file == NULL) {
        return (char *)text;
    }
    fprintf(file, "%s\nColumns of csv and json; the table shows those with a star:\n", text);
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++) {
        fprintf(file, "  %c %-16s %s%s%s%s\n", c->essential ? '*' : ' ', c->name, c->long_name,
                strcmp(c->units, "1") == 0 ? "" : " [", strcmp(c->units, "1") == 0 ? "" : c->units,
                strcmp(c->units, "1") == 0 ? "" : "]");
    }
    fclose(file);
    return help;
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .children = children,
    .help_filter = describe,
    .doc = "Run trials: every board, network and policy named, over one trace."
           "\v"
           "Examples:\n"
           "  dvfo run --board jetson-tx2 --network vgg-19 --policy edge-only\n"
           "  dvfo run -b all -n resnet-18 -p edge-only,oracle-dvfo -t model:wifi\n"
           "  dvfo run -b xavier-nx -n mobilenet-v2 -p cloud-only -t up.csv --out a.h5\n"
           "  dvfo run -b jetson-nano -n resnet-18 -p schedutil --arrivals poisson:2\n\n"
           "Pairing: in a closed loop, request i meets the trace from i times the latency of edge-only at the highest "
           "clocks on, whatever the policy: all policies of a board and network meet the same link, and a slow one "
           "doesn't see more of it. The stretch of the trace that was met stands below the table. --free-running lets "
           "the trace run with the simulated time instead; open arrivals always do.\n\n"
           "Accuracy: with a profile of a network that was really split, each request is one of its images for tests, "
           "and accuracy tells how often the answer that counts was right. Other networks take over its loss against "
           "the full network, not its level. Shares and cuts that are expected to lose more than --accuracy-floor are "
           "open to no policy.\n\n"
           "Cost: cost_j = eta * energy_j + (1 - eta) * p_max_w * latency_s.\n\n"
           "Assumptions: what no data reach has a low and a high value ('dvfo show board'). --assume low sets all of "
           "them, --assume 'launch of a kernel=high' one; a runtime's key in the board's file does as well, "
           "--assume launch_cycles=high,efficiency.dense=low. Low of everything isn't the least energy (a low "
           "efficiency costs time): the band of a result is found by trying each.\n",
};

/* The stretch of the trace that the trials of a board met, and its mean rate: from the shortest to the longest. */
struct met {
    bool any;
    double least_s, most_s, least_bps, most_bps;
};

/* What watches a trial: rows to the result file, spans to the timeline, counts to the progress bar. */
struct watch {
    struct dvfo_results *results;
    struct dvfo_timeline *timeline;
    struct dvfo_progress progress;
    double requests_before;           /* of earlier trials */
    size_t trials;                    /* that ran, the interrupted one included */
    long interrupted_after;           /* requests of the interrupted trial */
    struct met met[DVFO_SETTING_MAX]; /* (boards) */
    const char *policy;
};

static void on_request(void *user, const struct dvfo_request_row *row)
{
    struct watch *watch = user;
    if (watch->results != NULL && !dvfo_results_add_request(watch->results, row)) {
        dvfo_interrupt_raise(); /* a full disk: no need to go on to the end */
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

/* Is a column shown? A text table holds the essential ones, those of accuracy where there is any. */
static bool is_shown(const struct dvfo_trial_column *column, bool essential, bool accuracy)
{
    return !essential || (column->essential && (accuracy || !column->of_accuracy));
}

static void add_row(struct dvfo_table *table, const char *policy, const struct dvfo_trial *trial, bool essential)
{
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++) {
        if (!is_shown(c, essential, trial->scenario.accuracy != NULL)) {
            continue;
        }
        if (c->value != NULL) {
            dvfo_table_number(table, c->value(trial), c->digits);
        } else {
            dvfo_table_text(table, c->text != NULL ? c->text(trial) : policy);
        }
    }
}

static dvfo_status create_table(struct dvfo_ctx *ctx, bool essential, bool accuracy, struct dvfo_table **table)
{
    const char *names[64];
    size_t count = 0;
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++) {
        if (is_shown(c, essential, accuracy)) {
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

/* As measured, unless the board's file says otherwise: a machine without a power sensor has none measured. */
static const char *p_max_basis(const struct dvfo_setting *setting, const struct dvfo_board *board)
{
    return setting->p_max == NULL || strcmp(setting->p_max, "measured") == 0
               ? dvfo_standing_name(board->p_max_w.standing)
           : strcmp(setting->p_max, "nameplate") == 0 ? "nameplate"
                                                      : "as given";
}

static void print_range(const struct dvfo_board *board, dvfo_domain domain, const char *name)
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    const double low_hz = fmax(clock->calibrated_min_hz, clock->level_hz[0]);
    const double high_hz = fmin(clock->calibrated_max_hz, clock->level_hz[clock->level_count - 1]);
    printf("%s %.0f-%.0f", name, low_hz / DVFO_HZ_PER_MHZ, high_hz / DVFO_HZ_PER_MHZ);
}

static void meet(struct met *met, const struct dvfo_trial_results *results)
{
    const double window_s = results->trace_window_s, mean_bps = results->trace_mean_bps;
    met->least_s = met->any ? fmin(met->least_s, window_s) : window_s;
    met->most_s = met->any ? fmax(met->most_s, window_s) : window_s;
    met->least_bps = met->any ? fmin(met->least_bps, mean_bps) : mean_bps;
    met->most_bps = met->any ? fmax(met->most_bps, mean_bps) : mean_bps;
    met->any = true;
}

static void print_rounded(double value)
{
    printf(value >= 1000.0 ? "%.0f" : "%.3g", value);
}

/* "0.0093 s" or "5.2 to 35 s" */
static void print_span(double least, double most, const char *unit)
{
    if (most - least > 0.005 * most) {
        print_rounded(least);
        fputs(" to ", stdout);
    }
    print_rounded(most);
    printf(" %s", unit);
}

static void print_met(const struct met *met, double from_s)
{
    if (met->any) {
        fputs(from_s > 0.0 ? "; met " : "; met the first ", stdout);
        print_span(met->least_s, met->most_s, "s");
        fputs(" of the trace", stdout);
        if (from_s > 0.0) {
            printf(" from %g s on", from_s);
        }
        fputs(", mean ", stdout);
        print_span(met->least_bps / DVFO_BPS_PER_MBPS, met->most_bps / DVFO_BPS_PER_MBPS, "Mbit/s");
    }
}

/* What a board's rows rest on. Boards are ranked against each other only where runtime and precision match. */
static void print_board_conditions(const struct dvfo_setting *setting, const struct dvfo_trial *trial,
                                   const struct met *met, int width)
{
    const struct dvfo_scenario_def *def = &trial->scenario;
    printf("  %-*s  profile %s %s; P_max %.4g W (%s); agents choose ", width, def->board->name, def->runtime->name,
           def->runtime->precision, def->p_max_w, p_max_basis(setting, def->board));
    print_range(def->board, DVFO_CPU, "CPU");
    print_range(def->board, DVFO_GPU, ", GPU");
    print_range(def->board, DVFO_MEM, ", memory");
    fputs(" MHz", stdout);
    print_met(met, trial->trace_from_s);
    putchar('\n');
}

static void print_network_conditions(const struct dvfo_network *network, int width)
{
    printf("  %-*s  input %s %ldx%ldx%ld, split after %s\n", width, network->name, network->variant,
           network->input.channels, network->input.height, network->input.width, network->layers[network->split].name);
}

/* Options that change the results and don't stand elsewhere. */
static void print_rules(const struct dvfo_setting *setting)
{
    static const char *const arrivals[] = {"closed loop", "periodic arrivals", "Poisson arrivals"};
    const struct dvfo_trial *base = &setting->base;
    const struct dvfo_scenario_def *def = &base->scenario;
    const bool closed = base->workload.arrivals == DVFO_CLOSED;
    printf("\ntrace %s; %ld requests, %s", setting->opened_trace->name, base->workload.requests,
           arrivals[base->workload.arrivals]);
    if (closed) {
        fputs(base->paired ? ", paired with the trace" : ", free-running", stdout);
    } else {
        printf(" at %g per second", base->workload.rate_hz);
    }
    printf("; eta %g, lambda %g; seed %llu\n", def->eta, def->lambda, (unsigned long long)base->seed);
    printf("composition %s, tail %s; cloud %s, RTT %g ms, timeout %g s; encoded images %g bit per pixel; layer splits "
           "send "
           "%s%s%s\n",
           def->composition == DVFO_PARALLEL ? "parallel" : "serial", tail_name(def->tail_rule),
           setting->cloud_profile->name, 1e3 * def->rtt_s, def->timeout_s, def->encode_bit_per_pixel,
           def->layer_int8 ? "int8" : "float", base->thermal ? "; temperature caps clocks" : "",
           setting->accuracy_profile == NULL ? "; no accuracy floor (no accuracy profile)" : "");
    dvfo_setting_print_accuracy(setting, stdout);
    dvfo_setting_print_variants(setting, stdout);
}

/* Does a policy say of itself that deciding takes time? */
static bool any_thinks(const struct dvfo_setting *setting)
{
    bool thinks = false;
    for (size_t i = 0; i < setting->policy_count; i++) {
        thinks |= setting->policy[i]->decision_cycles != NULL;
    }
    return thinks;
}

/* How long decisions take, if they do, Eq. (10). */
static void print_decisions(const struct dvfo_setting *setting)
{
    const struct dvfo_trial *base = &setting->base;
    const char *mode = base->mode == DVFO_BLOCKING ? "blocking" : "concurrent";
    if (base->decision_share > 0.0) {
        printf("decisions take %g %% of an edge-only request at top clocks, %s\n", 100.0 * base->decision_share, mode);
    } else if (base->decision_s > 0.0) {
        printf("decisions take %g ms at the CPU's top clock, %s\n", 1e3 * base->decision_s, mode);
    } else if (base->decision_own && any_thinks(setting)) {
        printf("learned policies decide on one CPU core, as long as their network takes (assumed cycles), %s\n", mode);
    }
}

/* Where costs come from, if not from the boards' files as they stand. */
static void print_profiles(const struct dvfo_setting *setting)
{
    if (!setting->base.scenario.attention) {
        puts("no attention module: channels to send are chosen by chance, accuracy is that of a random selection");
    }
    for (size_t i = 0; i < setting->profile_count; i++) {
        const struct dvfo_layer_profile *profile = setting->profile[i];
        printf("  layers of %s on %s from %s: times of the GPU %s, %zu points of clocks (%s)\n", profile->network,
               profile->board, profile->path, dvfo_standing_name(profile->gpu_s.standing), profile->points,
               profile->program);
    }
    for (size_t i = 0; i < setting->board_count && setting->assume != NULL; i++) {
        printf("  assumptions of %s: %s, %zu coefficient%s changed\n", setting->board[i]->name, setting->assume,
               setting->assumed[i], setting->assumed[i] == 1 ? "" : "s");
    }
}

static int widest_name(const struct dvfo_setting *setting)
{
    size_t width = 0;
    for (size_t i = 0; i < setting->board_count; i++) {
        const size_t length = strlen(setting->board[i]->name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < setting->network_count; i++) {
        const size_t length = strlen(setting->network[i]->name);
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Every table says what it rests on. */
static dvfo_status print_conditions(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, const struct watch *watch)
{
    const int width = widest_name(setting);
    print_rules(setting);
    for (size_t i = 0; i < setting->network_count; i++) {
        print_network_conditions(setting->network[i], width);
    }
    for (size_t i = 0; i < setting->board_count; i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i * setting->network_count * setting->policy_count, &trial));
        print_board_conditions(setting, &trial, &watch->met[i], width);
    }
    print_decisions(setting);
    print_profiles(setting);
    if (watch->interrupted_after > 0) {
        printf("interrupted: the last row is %ld of %ld requests of trial %zu of %zu\n", watch->interrupted_after,
               setting->base.workload.requests, watch->trials, dvfo_setting_trial_count(setting));
    }
    return DVFO_OK;
}

/* What a number alone wouldn't tell. */
static void note_trial(struct dvfo_ctx *ctx, const char *policy, const struct dvfo_trial *trial)
{
    const struct dvfo_trial_results *results = &trial->results;
    const char *board = trial->scenario.board->name, *network = trial->scenario.network->name;
    if (results->timeouts > 0) {
        dvfo_note(ctx, "%s %s %s: %ld of %ld requests timed out after %g s and ended locally", board, network, policy,
                  results->timeouts, results->requests, trial->scenario.timeout_s);
    }
    const bool open = trial->workload.arrivals != DVFO_CLOSED;
    const double backlog_s = results->time_s - results->last_arrival_s;
    if (open && backlog_s > 0.05 * results->last_arrival_s && backlog_s > 20.0 / trial->workload.rate_hz) {
        dvfo_note(ctx, "%s %s %s: requests came faster than they were served; latency grows with --requests", board,
                  network, policy);
    }
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
        watch->trials++;
        watch->interrupted_after = status == DVFO_INTERRUPTED ? trial.results.requests : 0;
        if (status != DVFO_OK && (status != DVFO_INTERRUPTED || trial.results.requests == 0)) {
            return status;
        }
        add_row(table, watch->policy, &trial, essential); /* an interrupted run keeps what it has */
        if (watch->results != NULL) {
            dvfo_results_add_trial(watch->results, watch->policy, &trial);
        }
        meet(&watch->met[i / setting->policy_count / setting->network_count], &trial.results);
        note_trial(ctx, watch->policy, &trial);
        watch->requests_before += (double)trial.results.requests;
    }
    return status;
}

/* Files that policies act by: what follows their names, where that is one. */
static dvfo_status add_agents(struct dvfo_ctx *ctx, struct dvfo_results *results, const struct dvfo_setting *setting)
{
    for (size_t i = 0; i < setting->policy_count; i++) {
        struct dvfo_text bytes;
        if (setting->policy[i]->decision_cycles == NULL || setting->policy_argument[i] == NULL) {
            continue;
        }
        DVFO_TRY(dvfo_text_load_bytes(ctx, setting->policy_argument[i], (size_t)4 << 30, &bytes));
        dvfo_results_add_input(results, "agent", setting->policy_argument[i], bytes.sha256);
        dvfo_text_free(&bytes);
    }
    return DVFO_OK;
}

static void add_inputs(struct dvfo_results *results, const struct dvfo_setting *setting)
{
    for (size_t i = 0; i < setting->board_count; i++) {
        dvfo_results_add_input(results, "board", setting->board[i]->name, setting->board[i]->sha256);
    }
    for (size_t i = 0; i < setting->network_count; i++) {
        dvfo_results_add_input(results, "network", setting->network[i]->name, setting->network[i]->sha256);
    }
    for (size_t i = 0; i < setting->profile_count; i++) {
        dvfo_results_add_input(results, "layers", setting->profile[i]->path, setting->profile[i]->sha256);
    }
    if (setting->accuracy_profile != NULL) {
        dvfo_results_add_input(results, "accuracy", setting->accuracy_profile->text[DVFO_ACCURACY_NAME],
                               setting->accuracy_profile->sha256);
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
    if (t->decision_s > 0.0 || t->decision_share > 0.0) {
        fprintf(text, "decision_s: %.17g\ndecision_share: %.17g\nmode: %s\n", t->decision_s, t->decision_share,
                t->mode == DVFO_BLOCKING ? "blocking" : "concurrent");
    }
    if (setting->layers != NULL) {
        fprintf(text, "layers: %s\n", setting->layers);
    }
    if (!d->attention) {
        fprintf(text, "attention: none\n");
    }
    dvfo_setting_write_variants(setting, text);
    if (setting->accuracy_profile != NULL) {
        fprintf(text, "accuracy: %s\naccuracy_floor: %.17g\n", setting->accuracy_profile->text[DVFO_ACCURACY_NAME],
                d->accuracy_floor);
    }
    if (setting->assume != NULL) {
        fprintf(text, "assume: %s\n", setting->assume);
    }
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
        DVFO_TRY(add_agents(ctx, watch->results, &arguments->setting));
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

static dvfo_status print_results(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, const struct watch *watch,
                                 const struct dvfo_table *table, dvfo_table_format format)
{
    DVFO_TRY(dvfo_table_print(ctx, table, format, stdout));
    return format == DVFO_TABLE_TEXT ? print_conditions(ctx, setting, watch) : DVFO_OK;
}

static dvfo_status run_and_write(struct dvfo_ctx *ctx, struct arguments *arguments, int argc, char **argv,
                                 dvfo_table_format format, struct watch *watch, struct dvfo_table **table)
{
    const bool essential = format == DVFO_TABLE_TEXT;
    struct dvfo_run_info info = {.argc = argc, .argv = argv, .duration_s = dvfo_progress_clock_s()};
    DVFO_TRY(dvfo_setting_load(ctx, &arguments->setting));
    const volatile sig_atomic_t *stop = dvfo_interrupt_catch(); /* from here on there are files to tidy up */
    DVFO_TRY(open_outputs(ctx, arguments, watch));
    DVFO_TRY(create_table(ctx, essential, arguments->setting.accuracy_profile != NULL, table));
    watch->progress = dvfo_progress_begin("requests", (double)dvfo_setting_trial_count(&arguments->setting) *
                                                          (double)arguments->setting.base.workload.requests);
    const dvfo_status status = run_trials(ctx, arguments, watch, stop, *table, essential);
    dvfo_progress_end(&watch->progress);
    const bool has_something = status == DVFO_OK || (status == DVFO_INTERRUPTED && watch->requests_before > 0.0);
    if (!has_something) {
        return status; /* and files of an earlier run stay as they were */
    }
    info.duration_s = dvfo_progress_clock_s() - info.duration_s;
    info.interrupted = status == DVFO_INTERRUPTED;
    const dvfo_status written = commit_outputs(ctx, watch, &info);
    struct dvfo_ctx quiet = {0}; /* the sentence of a full disk stays, and the table is printed all the same */
    const dvfo_status printed = print_results(written == DVFO_OK && status == DVFO_OK ? ctx : &quiet,
                                              &arguments->setting, watch, *table, format);
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
