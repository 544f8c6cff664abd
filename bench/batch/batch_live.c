/* Trials of live plans, on machines of theirs: one worker a machine, which takes the next trial that its board serves
 * until none is left. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"
#include "bench/batch/call.h"
#include "bench/batch/live_command.h"
#include "bench/progress.h"
#include "bench/workers.h"
#include "dvfo_version.h"
#include "sim/base/text.h"

#define MOST_FILE ((size_t)4 << 30)

/* A batch and its machines: what workers are given. */
struct crew {
    struct dvfo_batch *batch;
    struct dvfo_batch_live *live;
};

/* A machine at work. */
struct machine {
    struct dvfo_batch *batch;
    const struct dvfo_host *host;
    size_t number;
    struct dvfo_words copied; /* what is known to lie there */
};

bool dvfo_batch_is_open_live(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial)
{
    return batch->plan[trial->plan]->live && trial->state != DVFO_BATCH_THERE && dvfo_batch_mine(batch, trial);
}

static const char *board_of(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial)
{
    return dvfo_plan_value(batch->plan[trial->plan], trial->point, "board");
}

static struct dvfo_call_def call_of(const struct dvfo_ctx *ctx, const struct dvfo_batch *batch,
                                    const struct dvfo_host *host, const struct dvfo_words *command)
{
    return (struct dvfo_call_def){.hosts = batch->def.hosts, .host = host, .command = command, .stop = ctx->stop};
}

/* ---- the first word ---- */

/* The folder for files is made with it. */
static dvfo_status ask_version(struct dvfo_ctx *ctx, const struct dvfo_host *host, struct dvfo_words *out)
{
    const char *const folder[] = {"sh",   "-c",         "umask 077 && mkdir -p -- \"$1\" && shift && exec \"$@\"",
                                  "dvfo", host->folder, NULL};
    if (!host->local) {
        DVFO_TRY(dvfo_words_add_all(ctx, out, folder));
    }
    DVFO_TRY(dvfo_live_command_begin(ctx, host, out));
    return dvfo_words_add(ctx, out, "--version");
}

static dvfo_status judge_version(struct dvfo_ctx *ctx, const struct dvfo_call_def *def, struct dvfo_call *call)
{
    DVFO_TRY(dvfo_call_check(ctx, def, call, "dvfo --version"));
    call->out[strcspn(call->out, "\r\n")] = '\0';
    for (char *c = call->out; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c;
    }
    return strcmp(call->out, "dvfo " DVFO_VERSION) == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "%s: its dvfo says '%.80s', ours is 'dvfo %s'; expected the same on both",
                           def->host->destination, call->out, DVFO_VERSION);
}

static dvfo_status greet(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const struct dvfo_host *host)
{
    struct dvfo_words words = {0};
    struct dvfo_call call = {0};
    if (host->local && host->dvfo == NULL) {
        return DVFO_OK; /* ourselves */
    }
    const struct dvfo_call_def def = call_of(ctx, batch, host, &words);
    dvfo_status status = ask_version(ctx, host, &words);
    status = status == DVFO_OK ? dvfo_call_run(ctx, &def, &call) : status;
    status = status == DVFO_OK ? judge_version(ctx, &def, &call) : status;
    dvfo_call_free(&call);
    dvfo_words_free(&words);
    return status;
}

/* ---- files ---- */

static bool holds(const struct dvfo_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->word[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* @param code  how it ended */
static dvfo_status do_there(struct dvfo_ctx *ctx, const struct machine *machine, const char *const list[],
                            const char *input, int *code)
{
    struct dvfo_words words = {0};
    struct dvfo_call call = {0};
    struct dvfo_call_def def = call_of(ctx, machine->batch, machine->host, &words);
    def.input = input;
    dvfo_status status = dvfo_words_add_all(ctx, &words, list);
    status = status == DVFO_OK ? dvfo_call_run(ctx, &def, &call) : status;
    *code = call.code;
    if (status == DVFO_OK && !(call.code == 1 && input == NULL)) {
        status = dvfo_call_check(ctx, &def, &call, "copying a file");
    }
    dvfo_call_free(&call);
    dvfo_words_free(&words);
    return status;
}

/* The bytes are those that its name there tells of. */
static dvfo_status check_unchanged(struct dvfo_ctx *ctx, const struct dvfo_live_file *file, char size[24])
{
    struct dvfo_text bytes;
    DVFO_TRY(dvfo_text_load_bytes(ctx, file->path, MOST_FILE, &bytes));
    const bool same = strcmp(bytes.sha256, file->sha256) == 0;
    snprintf(size, 24, "%zu", bytes.size);
    dvfo_text_free(&bytes);
    return same ? DVFO_OK
                : dvfo_fail(ctx, DVFO_FAILED, "%s: has changed since the batch began; begin it again", file->path);
}

/* What a lost connection left half is told by its size, and never gets the name. */
static dvfo_status copy_file(struct dvfo_ctx *ctx, struct machine *machine, const struct dvfo_live_file *file)
{
    char size[24], place[2 * DVFO_PATH_SIZE];
    int code = 0;
    snprintf(place, sizeof place, "%s/%s", file->folder, file->name);
    if (holds(&machine->copied, place)) {
        return DVFO_OK;
    }
    const char *const look[] = {"sh", "-c", "test -f \"$1\"", "dvfo", place, NULL};
    DVFO_TRY(do_there(ctx, machine, look, NULL, &code));
    if (code != 0) {
        DVFO_TRY(check_unchanged(ctx, file, size));
        const char *const copy[] = {"sh",
                                    "-c",
                                    "umask 077 && mkdir -p -- \"$1\" && cat > \"$1/.part-$$\" && "
                                    "test \"$(wc -c < \"$1/.part-$$\")\" -eq \"$3\" && "
                                    "mv -f -- \"$1/.part-$$\" \"$1/$2\" || { rm -f -- \"$1/.part-$$\"; exit 3; }",
                                    "dvfo",
                                    file->folder,
                                    file->name,
                                    size,
                                    NULL};
        DVFO_TRY(do_there(ctx, machine, copy, file->path, &code));
    }
    return dvfo_words_add(ctx, &machine->copied, place);
}

/* ---- a trial ---- */

static const char *option_of(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial, const char *key)
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char seed[24];
    const size_t count = dvfo_batch_options(batch->plan[trial->plan], trial->point, dvfo_batch_agent_def(batch, trial),
                                            trial->seed, seed, option);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(option[i].key, key) == 0 && option[i].value != seed) {
            return option[i].value;
        }
    }
    return NULL;
}

static double number_of(const struct dvfo_record *record, const char *column)
{
    return record->number[dvfo_record_column(column)];
}

static bool is_a_name(const char *board)
{
    return strchr(board, '/') == NULL && strchr(board, '.') == NULL;
}

static bool is_live(const char *energy_from)
{
    static const dvfo_energy_source sources[] = {DVFO_ENERGY_MODELLED, DVFO_ENERGY_MEASURED, DVFO_ENERGY_PART_MEASURED};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(energy_from, dvfo_energy_source_name(sources[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Is it the trial that was asked for, and can it be one? */
static dvfo_status check_record(struct dvfo_ctx *ctx, const struct machine *machine,
                                const struct dvfo_batch_trial *trial, const struct dvfo_record *record)
{
    const char *host = machine->host->destination, *board = board_of(machine->batch, trial);
    const char *requests = option_of(machine->batch, trial, "requests");
    const char *ran_on = dvfo_record_text(record, dvfo_record_column("board"));
    const char *energy_from = dvfo_record_text(record, dvfo_record_column("energy_from"));
    double wanted = (double)dvfo_trial_default().workload.requests;
    if (requests != NULL) {
        (void)dvfo_text_number(requests, NULL, &wanted);
    }
    if (is_a_name(board) && strcmp(board, ran_on) != 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: its record is of board '%s', expected '%s'", host, ran_on, board);
    }
    if (number_of(record, "seed") != (double)trial->seed || number_of(record, "requests") != wanted) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: its record is of %g requests of seed %g, expected %g of seed %ld", host,
                         number_of(record, "requests"), number_of(record, "seed"), wanted, trial->seed);
    }
    if (!is_live(energy_from)) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: its record's energy is '%s', expected measured or modelled", host,
                         energy_from);
    }
    if (!(number_of(record, "energy_j") >= 0.0) || !(number_of(record, "latency_s") > 0.0) ||
        !(number_of(record, "time_s") > 0.0)) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: its record has %g J and %g s per request, which no trial takes", host,
                         number_of(record, "energy_j"), number_of(record, "latency_s"));
    }
    return DVFO_OK;
}

/* What the machine calls by its own names, as the plan calls it. */
static void name_as_planned(const struct machine *machine, const struct dvfo_batch_trial *trial,
                            struct dvfo_record *record)
{
    const struct dvfo_plan *plan = machine->batch->plan[trial->plan];
    const char *shape = dvfo_plan_value(plan, trial->point, "shape");
    dvfo_record_set_text(record, "policy", plan->policies.entry[trial->policy]);
    if (shape != NULL) {
        dvfo_record_set_text(record, "trace", shape);
    }
}

static dvfo_status land(struct dvfo_ctx *ctx, const struct machine *machine, const struct dvfo_batch_trial *trial,
                        const struct dvfo_call *call)
{
    struct dvfo_record record;
    char path[DVFO_PATH_SIZE], from[512], *conditions = NULL, *inputs = NULL;
    snprintf(from, sizeof from, "%.400s: its standard output", machine->host->destination);
    DVFO_TRY(dvfo_record_parse(ctx, from, call->out, call->size, &record, &conditions));
    dvfo_status status = check_record(ctx, machine, trial, &record);
    if (status == DVFO_OK) {
        status = dvfo_batch_inputs(ctx, machine->batch, trial, &inputs);
    }
    if (status == DVFO_OK) {
        name_as_planned(machine, trial, &record);
        dvfo_batch_record_path(machine->batch, trial->sha256, path);
        status = dvfo_record_save(ctx, &record, inputs, conditions, trial->sha256, path);
    }
    free(inputs);
    free(conditions);
    return status;
}

static dvfo_status use_this_program(struct dvfo_ctx *ctx, struct dvfo_words *words)
{
    char path[DVFO_PATH_SIZE];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "/proc/self/exe: cannot be read; name this program as dvfo= of the host");
    }
    path[length] = '\0';
    free(words->word[0]);
    words->word[0] = dvfo_text_copy(path);
    return words->word[0] != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status call_it(struct dvfo_ctx *ctx, struct machine *machine, const struct dvfo_batch_trial *trial,
                           struct dvfo_live_command *command, bool *lost)
{
    struct dvfo_call call = {0};
    struct dvfo_call_def def = call_of(ctx, machine->batch, machine->host, &command->words);
    def.patience_s = machine->host->patience_s;
    for (size_t i = 0; i < command->files; i++) {
        DVFO_TRY(copy_file(ctx, machine, &command->file[i]));
    }
    if (machine->host->local && machine->host->dvfo == NULL) {
        DVFO_TRY(use_this_program(ctx, &command->words));
    }
    DVFO_TRY(dvfo_words_add(ctx, &command->words, "--while-open"));
    dvfo_status status = dvfo_call_run(ctx, &def, &call);
    *lost = status == DVFO_OK && dvfo_call_lost(&def, &call);
    status = status == DVFO_OK ? dvfo_call_check(ctx, &def, &call, "dvfo live") : status;
    status = status == DVFO_OK ? land(ctx, machine, trial, &call) : status;
    dvfo_call_free(&call);
    return status;
}

/* @param lost  was the machine out of reach? */
static dvfo_status run_trial(struct dvfo_ctx *ctx, struct machine *machine, const struct dvfo_batch_trial *trial,
                             bool *lost)
{
    struct dvfo_live_command command = {0};
    *lost = true; /* what fails before the call is looked into */
    dvfo_status status = dvfo_live_command_make(ctx, machine->batch, trial, machine->host, &command);
    status = status == DVFO_OK ? call_it(ctx, machine, trial, &command, lost) : status;
    dvfo_live_command_free(&command);
    return status;
}

/* ---- a machine ---- */

/* It is ours alone from now on. */
static bool claim(const struct machine *machine, size_t i)
{
    struct dvfo_batch *batch = machine->batch;
    const struct dvfo_batch_trial *trial = &batch->trial[i];
    if (!dvfo_batch_is_open_live(batch, trial) || strcmp(board_of(batch, trial), machine->host->board) != 0 ||
        (trial->agent != DVFO_BATCH_NONE && batch->agent[trial->agent].state != DVFO_BATCH_THERE) ||
        __atomic_exchange_n(&batch->claim[i].taken, true, __ATOMIC_RELAXED)) {
        return false;
    }
    batch->claim[i].host = machine->number;
    return !dvfo_batch_is_there(batch, trial);
}

static void tell(const struct machine *machine, const struct dvfo_batch_trial *trial, dvfo_status status, double took_s)
{
    const struct dvfo_plan *plan = machine->batch->plan[trial->plan];
    char what[512];
    int length = snprintf(what, sizeof what, "%s: %s", machine->host->destination, plan->id);
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    const size_t count = dvfo_plan_options(plan, trial->point, option);
    for (size_t i = plan->options; i < count && length < (int)sizeof what; i++) { /* what varies */
        length += snprintf(what + length, sizeof what - (size_t)length, " %s", option[i].value);
    }
    if (!machine->batch->def.silent) {
        fprintf(stderr, "%s, %s, seed %ld: %s after %.1f s\n", what, plan->policies.entry[trial->policy], trial->seed,
                status == DVFO_OK ? "done" : "failed", took_s);
    }
}

/* The trial fails; a machine that is out of reach leaves the rest to others. */
static dvfo_status go_on_after(struct dvfo_ctx *ctx, const struct machine *machine, size_t trial,
                               const struct dvfo_ctx *inner, bool lost)
{
    struct dvfo_ctx again = {.stop = ctx->stop};
    dvfo_batch_keep_failure(machine->batch, trial, inner);
    const dvfo_status status = lost ? greet(&again, machine->batch, machine->host) : DVFO_OK;
    return status == DVFO_OK ? DVFO_OK : dvfo_fail(ctx, status, "%s", again.message);
}

static dvfo_status work_off(struct dvfo_ctx *ctx, struct machine *machine)
{
    struct dvfo_batch *batch = machine->batch;
    for (size_t i = 0; i < batch->trials; i++) {
        struct dvfo_ctx inner = {.stop = ctx->stop};
        bool lost = false;
        if (!claim(machine, i)) {
            continue;
        }
        const double begun_s = dvfo_progress_clock_s();
        const dvfo_status status = run_trial(&inner, machine, &batch->trial[i], &lost);
        if (status == DVFO_INTERRUPTED) {
            return dvfo_fail(ctx, status, "interrupted");
        }
        const double took_s = dvfo_progress_clock_s() - begun_s;
        __atomic_fetch_add(&batch->shared->trials, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&batch->shared->trial_us, (unsigned long long)(1e6 * took_s), __ATOMIC_RELAXED);
        tell(machine, &batch->trial[i], status, took_s);
        if (status != DVFO_OK) {
            DVFO_TRY(go_on_after(ctx, machine, i, &inner, lost));
        }
    }
    return DVFO_OK;
}

/* ---- all machines ---- */

static dvfo_status greet_one(struct dvfo_ctx *ctx, void *user, size_t number)
{
    const struct crew *crew = user;
    return greet(ctx, crew->batch, &crew->batch->def.hosts->host[number]);
}

static dvfo_status work_one(struct dvfo_ctx *ctx, void *user, size_t number)
{
    const struct crew *crew = user;
    struct machine machine = {.batch = crew->batch, .host = &crew->batch->def.hosts->host[number], .number = number};
    if (crew->live->machine[number].gone) {
        return DVFO_OK;
    }
    const dvfo_status status = work_off(ctx, &machine);
    dvfo_words_free(&machine.copied);
    return status;
}

static void note_gone(void *user, size_t number, dvfo_status status, const char *message)
{
    const struct crew *crew = user;
    struct dvfo_batch_machine *machine = &crew->live->machine[number];
    (void)status;
    machine->gone = true;
    snprintf(machine->message, sizeof machine->message, "%.*s", (int)sizeof machine->message - 1, message);
}

static dvfo_status with_all(struct dvfo_ctx *ctx, struct crew *crew,
                            dvfo_status (*work)(struct dvfo_ctx *, void *, size_t))
{
    const struct dvfo_workers_def def = {.tasks = crew->batch->def.hosts->count,
                                         .jobs = (long)crew->batch->def.hosts->count,
                                         .user = crew,
                                         .work = work,
                                         .failed = note_gone,
                                         .stop = crew->batch->def.stop};
    return dvfo_workers_run(ctx, &def);
}

dvfo_status dvfo_batch_greet(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_live *live)
{
    struct crew crew = {batch, live};
    DVFO_TRY(with_all(ctx, &crew, greet_one));
    for (size_t i = 0; i < batch->def.hosts->count; i++) {
        if (live->machine[i].gone) {
            dvfo_note(ctx, "%s; it gets no trials", live->machine[i].message);
        }
    }
    return DVFO_OK;
}

/* Why nobody ran it. */
static void fail_unclaimed(const struct dvfo_batch *batch, const struct dvfo_batch_live *live, size_t trial)
{
    const struct dvfo_batch_trial *at = &batch->trial[trial];
    struct dvfo_batch_failure *failure = &batch->failure[trial];
    const char *why = "nobody took it";
    for (size_t i = 0; i < batch->def.hosts->count; i++) {
        if (strcmp(batch->def.hosts->host[i].board, board_of(batch, at)) == 0 && live->machine[i].gone) {
            why = live->machine[i].message;
        }
    }
    const bool untrained = at->agent != DVFO_BATCH_NONE && batch->agent[at->agent].state != DVFO_BATCH_THERE;
    failure->failed = true;
    snprintf(failure->message, sizeof failure->message, "%s", untrained ? "its agent could not be trained" : why);
}

static void take_stock(struct dvfo_batch *batch, const struct dvfo_batch_live *live)
{
    for (size_t i = 0; i < batch->trials; i++) {
        struct dvfo_batch_trial *trial = &batch->trial[i];
        if (!dvfo_batch_is_open_live(batch, trial)) {
            continue;
        }
        const bool there = dvfo_batch_is_there(batch, trial);
        if (!there && !batch->failure[i].failed) {
            fail_unclaimed(batch, live, i);
        }
        trial->state = there ? DVFO_BATCH_THERE : DVFO_BATCH_FAILED;
    }
}

dvfo_status dvfo_batch_run_live(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_live *live)
{
    struct crew crew = {batch, live};
    DVFO_TRY(with_all(ctx, &crew, work_one));
    take_stock(batch, live);
    return DVFO_OK;
}
