/* Trials of a setting: run, watched, kept and told. */
#include "bench/trials.h"

#include <math.h>
#include <string.h>

#include "bench/columns.h"
#include "bench/interrupt.h"
#include "bench/progress.h"
#include "bench/table.h"
#include "bench/terms.h"
#include "bench/timeline.h"
#include "sim/base/units.h"

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
    struct dvfo_trials_output *output = state->input;
    switch (key) {
    case KEY_OUT:
        output->out = text;
        return 0;
    case KEY_TIMELINE:
        output->timeline = text;
        return 0;
    case KEY_FORMAT:
        output->format = text;
        return 0;
    case KEY_NO_ROWS:
        output->no_requests = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp dvfo_trials_argp = {.options = options, .parser = parse_option};

/* The columns stand in the help text as their list has them. */
char *dvfo_trials_describe_columns(int key, const char *text, void *input)
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

/* What is run, and where it goes; all borrowed. */
struct job {
    const struct dvfo_setting *setting;
    const struct dvfo_trials_output *output;
    const struct dvfo_trials_world *world;
    dvfo_table_format format;
};

/* What watches a trial: rows to the result file, spans to the timeline, counts to the progress bar. */
struct watch {
    struct dvfo_results *results;
    struct dvfo_timeline *timeline;
    struct dvfo_progress progress;
    double requests_before;                /* of earlier trials */
    size_t trials;                         /* that ran, the interrupted one included */
    long interrupted_after;                /* requests of the interrupted trial */
    struct dvfo_met met[DVFO_SETTING_MAX]; /* (boards) */
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

/* What a number alone wouldn't tell. */
static void note_trial(struct dvfo_ctx *ctx, const char *policy, const struct dvfo_trial *trial)
{
    const struct dvfo_trial_results *results = &trial->results;
    const char *board = trial->scenario.board->name, *network = trial->scenario.network->name;
    if (results->timeouts > 0 && results->energy_source != DVFO_ENERGY_SIMULATED) {
        dvfo_note(ctx, "%s %s %s: %ld of %ld requests had no answer in %g s, and ended here", board, network, policy,
                  results->timeouts, results->requests, trial->scenario.timeout_s);
    } else if (results->timeouts > 0) {
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

static dvfo_status run_trials(struct dvfo_ctx *ctx, const struct job *job, struct watch *watch,
                              const volatile sig_atomic_t *stop, struct dvfo_table *table, bool essential)
{
    const struct dvfo_setting *setting = job->setting;
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
        status = job->world->run(ctx, job->world->user, &trial);
        watch->trials++;
        watch->interrupted_after = status == DVFO_INTERRUPTED ? trial.results.requests : 0;
        if (status != DVFO_OK && (status != DVFO_INTERRUPTED || trial.results.requests == 0)) {
            return status;
        }
        add_row(table, watch->policy, &trial, essential); /* an interrupted run keeps what it has */
        if (watch->results != NULL) {
            dvfo_results_add_trial(watch->results, watch->policy, &trial);
        }
        dvfo_met_add(&watch->met[i / setting->policy_count / setting->network_count], &trial.results);
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

static dvfo_status open_results(struct dvfo_ctx *ctx, const struct job *job, struct dvfo_results **results)
{
    char *configuration = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&configuration, &size); /* names may be long, and none is cut */
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_terms_write(job->setting, text);
    if (job->world->configure != NULL) {
        job->world->configure(job->world->user, text);
    }
    const bool written = fclose(text) == 0;
    const struct dvfo_results_def def = {.path = job->output->out,
                                         .title = job->world->title,
                                         .configuration = configuration,
                                         .seed = job->setting->base.seed,
                                         .requests = !job->output->no_requests};
    const dvfo_status status = written ? dvfo_results_create(ctx, &def, results) : dvfo_fail_no_memory(ctx);
    free(configuration);
    return status;
}

static dvfo_status open_outputs(struct dvfo_ctx *ctx, const struct job *job, struct watch *watch)
{
    if (job->output->out != NULL && job->output->timeline != NULL &&
        strcmp(job->output->out, job->output->timeline) == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--out and --timeline both name %s, expected two files",
                         job->output->out);
    }
    if (job->output->out != NULL) {
        DVFO_TRY(open_results(ctx, job, &watch->results));
        add_inputs(watch->results, job->setting);
        if (job->world->inputs != NULL) {
            job->world->inputs(job->world->user, watch->results);
        }
        DVFO_TRY(add_agents(ctx, watch->results, job->setting));
    }
    return job->output->timeline != NULL ? dvfo_timeline_create(ctx, job->output->timeline, &watch->timeline) : DVFO_OK;
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

static dvfo_status print_results(struct dvfo_ctx *ctx, const struct job *job, const struct watch *watch,
                                 const struct dvfo_table *table)
{
    DVFO_TRY(dvfo_table_print(ctx, table, job->format, stdout));
    if (job->format != DVFO_TABLE_TEXT) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_terms_print(ctx, job->setting, watch->met, job->world->simulated, stdout));
    if (job->world->describe != NULL) {
        job->world->describe(job->world->user, stdout);
    }
    if (watch->interrupted_after > 0) {
        printf("interrupted: the last row is %ld of %ld requests of trial %zu of %zu\n", watch->interrupted_after,
               job->setting->base.workload.requests, watch->trials, dvfo_setting_trial_count(job->setting));
    }
    return DVFO_OK;
}

static dvfo_status run_and_write(struct dvfo_ctx *ctx, const struct job *job, struct dvfo_run_info *info,
                                 struct watch *watch, struct dvfo_table **table)
{
    const struct dvfo_setting *setting = job->setting;
    const bool essential = job->format == DVFO_TABLE_TEXT;
    const double begun_s = dvfo_progress_clock_s();
    const volatile sig_atomic_t *stop = dvfo_interrupt_catch(); /* from here on there are files to tidy up */
    DVFO_TRY(open_outputs(ctx, job, watch));
    DVFO_TRY(create_table(ctx, essential, setting->accuracy_profile != NULL, table));
    watch->progress = dvfo_progress_begin("requests", (double)dvfo_setting_trial_count(setting) *
                                                          (double)setting->base.workload.requests);
    const dvfo_status status = run_trials(ctx, job, watch, stop, *table, essential);
    dvfo_progress_end(&watch->progress);
    const bool keeps = status == DVFO_INTERRUPTED || !job->world->simulated; /* what took real time is dear */
    const bool has_something = status == DVFO_OK || (keeps && watch->requests_before > 0.0);
    if (!has_something) {
        return status; /* and files of an earlier run stay as they were */
    }
    info->duration_s = dvfo_progress_clock_s() - begun_s;
    info->interrupted = status == DVFO_INTERRUPTED;
    const dvfo_status written = commit_outputs(ctx, watch, info);
    struct dvfo_ctx quiet = {0}; /* the sentence of a full disk stays, and the table is printed all the same */
    const dvfo_status printed =
        print_results(written == DVFO_OK && status == DVFO_OK ? ctx : &quiet, job, watch, *table);
    return written != DVFO_OK ? written : printed != DVFO_OK ? printed : status;
}

dvfo_status dvfo_trials_run(struct dvfo_ctx *ctx, const struct dvfo_setting *setting,
                            const struct dvfo_trials_output *output, const struct dvfo_trials_world *world, int argc,
                            char **argv)
{
    struct job job = {.setting = setting, .output = output, .world = world};
    struct dvfo_run_info info = {.argc = argc, .argv = argv};
    struct watch watch = {0};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_format_of(ctx, output->format != NULL ? output->format : "table", &job.format));
    const dvfo_status status = run_and_write(ctx, &job, &info, &watch, &table);
    dvfo_table_free(table);
    dvfo_results_free(watch.results);
    dvfo_timeline_free(watch.timeline);
    return status;
}
