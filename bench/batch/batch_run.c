/* Running a batch: first the agents, then what acts with them, many at once; told as it goes, and what failed at the
 * end. */
#include <string.h>

#include "bench/batch/batch_parts.h"
#include "bench/progress.h"
#include "bench/workers.h"
#include "sim/base/text.h"

/* About how long things take, for the time left. */
#define DECISIONS_PER_S 3e4
#define TRIAL_S 0.05
enum { FAILURES_TOLD = 10 };

struct work {
    struct dvfo_batch *batch;
    struct dvfo_batch_live live;
    size_t live_trials; /* that run on machines of their own, after the tasks */
    struct dvfo_progress progress;
    size_t *task; /* (tasks) an agent, or agents + a group */
    size_t tasks, ended;
    double done_s, total_s, begun_s; /* done, total: as estimated */
};

/* ---- tasks ---- */

static double agent_s(const struct dvfo_batch_agent *agent)
{
    long long steps = 0;
    const bool given = agent->def->steps != NULL && dvfo_text_integer(agent->def->steps, NULL, &steps);
    return (given ? (double)steps : 1e6) / DECISIONS_PER_S;
}

static size_t open_trials(const struct dvfo_batch *batch, const struct dvfo_batch_group *group)
{
    size_t count = 0;
    for (size_t i = group->first; i < group->first + group->count; i++) {
        count += batch->trial[i].state != DVFO_BATCH_THERE;
    }
    return count;
}

static double task_s(const struct work *work, size_t task)
{
    const struct dvfo_batch *batch = work->batch;
    return work->task[task] < batch->agents
               ? agent_s(&batch->agent[work->task[task]])
               : TRIAL_S * (double)open_trials(batch, &batch->group[work->task[task] - batch->agents]);
}

/* Groups that need no training come first while agents train; each group as soon as its agents are there. */
static dvfo_status list_tasks(struct dvfo_ctx *ctx, struct work *work)
{
    struct dvfo_batch *batch = work->batch;
    work->task = calloc(batch->agents + batch->groups + 1, sizeof *work->task);
    if (work->task == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t a = 0; a < batch->agents; a++) {
        if (batch->agent[a].wanted && batch->agent[a].state != DVFO_BATCH_THERE) {
            work->task[work->tasks++] = a;
        }
    }
    for (size_t g = 0; g < batch->groups; g++) {
        if (batch->group[g].open && !batch->plan[batch->trial[batch->group[g].first].plan]->live) {
            work->task[work->tasks++] = batch->agents + g;
        }
    }
    for (size_t t = 0; t < work->tasks; t++) {
        work->total_s += task_s(work, t);
    }
    for (size_t i = 0; i < batch->trials && batch->def.hosts != NULL; i++) {
        work->live_trials += dvfo_batch_is_open_live(batch, &batch->trial[i]);
    }
    return DVFO_OK;
}

static bool ready(void *user, size_t task)
{
    const struct work *work = user;
    const struct dvfo_batch *batch = work->batch;
    if (work->task[task] < batch->agents) {
        return true;
    }
    const struct dvfo_batch_group *group = &batch->group[work->task[task] - batch->agents];
    for (size_t i = group->first; i < group->first + group->count; i++) {
        const struct dvfo_batch_trial *trial = &batch->trial[i];
        if (trial->state != DVFO_BATCH_THERE && trial->agent != DVFO_BATCH_NONE &&
            batch->agent[trial->agent].state == DVFO_BATCH_OPEN) {
            return false;
        }
    }
    return true;
}

static dvfo_status do_task(struct dvfo_ctx *ctx, void *user, size_t task)
{
    const struct work *work = user;
    struct dvfo_batch *batch = work->batch;
    const size_t number = work->task[task];
    const double begun_s = dvfo_progress_clock_s();
    const bool trains = number < batch->agents;
    const dvfo_status status = trains ? dvfo_batch_train(ctx, batch, &batch->agent[number])
                                      : dvfo_batch_run_group(ctx, batch, &batch->group[number - batch->agents]);
    const double took_us = 1e6 * (dvfo_progress_clock_s() - begun_s);
    __atomic_fetch_add(trains ? &batch->shared->train_us : &batch->shared->trial_us, (unsigned long long)took_us,
                       __ATOMIC_RELAXED);
    return status;
}

/* ---- telling ---- */

static void describe(const struct work *work, size_t task, char what[256])
{
    const struct dvfo_batch *batch = work->batch;
    if (work->task[task] < batch->agents) {
        const struct dvfo_batch_agent *agent = &batch->agent[work->task[task]];
        snprintf(what, 256, "agent %s on %s, seed %ld", agent->def->name,
                 dvfo_plan_value(batch->plan[agent->plan], agent->point, "board"), agent->seed);
        return;
    }
    const struct dvfo_batch_group *group = &batch->group[work->task[task] - batch->agents];
    const struct dvfo_batch_trial *trial = &batch->trial[group->first];
    const struct dvfo_plan *plan = batch->plan[trial->plan];
    int length = snprintf(what, 256, "%s", plan->id);
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    const size_t count = dvfo_plan_options(plan, trial->point, option);
    for (size_t i = plan->options; i < count && length > 0 && length < 256; i++) { /* what varies */
        length += snprintf(what + length, (size_t)(256 - length), " %s", option[i].value);
    }
    if (length > 0 && length < 256) {
        snprintf(what + length, (size_t)(256 - length), ", seed %ld: %zu trials", trial->seed,
                 open_trials(batch, group));
    }
}

static double trials_per_s(const struct work *work)
{
    const double elapsed_s = dvfo_progress_clock_s() - work->begun_s;
    return elapsed_s > 0.0 ? (double)work->batch->shared->trials / elapsed_s : 0.0;
}

static void tell(struct work *work, size_t task)
{
    char what[256];
    if (work->batch->def.silent) {
        return;
    }
    describe(work, task, what);
    if (work->progress.shown) {
        char line[320];
        snprintf(line, sizeof line, "%.1f trials/s  %s", trials_per_s(work), what);
        dvfo_progress_tell(&work->progress, work->done_s, line);
        return;
    }
    const double elapsed_s = dvfo_progress_clock_s() - work->begun_s;
    const double left_s = work->done_s > 0.0 ? elapsed_s * (work->total_s - work->done_s) / work->done_s : 0.0;
    fprintf(stderr, "%zu of %zu, %.0f s left: %s\n", work->ended, work->tasks, left_s, what);
}

static void take_group(struct dvfo_batch *batch, const struct dvfo_batch_group *group, const char *failure)
{
    for (size_t i = group->first; i < group->first + group->count; i++) {
        struct dvfo_batch_trial *trial = &batch->trial[i];
        struct dvfo_batch_failure *kept = &batch->failure[i];
        if (trial->state == DVFO_BATCH_THERE) {
            continue;
        }
        const bool untrained = trial->agent != DVFO_BATCH_NONE && batch->agent[trial->agent].state == DVFO_BATCH_FAILED;
        if (!kept->failed && (failure != NULL || untrained)) {
            kept->failed = true;
            snprintf(kept->message, sizeof kept->message, "%s", untrained ? "its agent could not be trained" : failure);
        }
        trial->state = kept->failed ? DVFO_BATCH_FAILED : DVFO_BATCH_THERE;
    }
}

static void end_task(struct work *work, size_t task, const char *failure)
{
    struct dvfo_batch *batch = work->batch;
    const size_t number = work->task[task];
    work->done_s += task_s(work, task);
    work->ended++;
    tell(work, task);
    if (number >= batch->agents) {
        take_group(batch, &batch->group[number - batch->agents], failure);
        return;
    }
    batch->agent[number].state = failure == NULL ? DVFO_BATCH_THERE : DVFO_BATCH_FAILED;
    if (failure != NULL) {
        struct dvfo_batch_failure *kept = &batch->failure[batch->trials + number];
        kept->failed = true;
        snprintf(kept->message, sizeof kept->message, "%s", failure);
    }
}

static dvfo_status done(struct dvfo_ctx *ctx, void *user, size_t task)
{
    (void)ctx;
    end_task(user, task, NULL);
    return DVFO_OK;
}

static void failed(void *user, size_t task, dvfo_status status, const char *message)
{
    (void)status;
    end_task(user, task, message);
}

/* ---- the end ---- */

static size_t print_failures(struct dvfo_batch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->agents + batch->trials; i++) {
        const bool trains = i < batch->agents;
        const size_t trial = i - batch->agents;
        const struct dvfo_batch_failure *failure = &batch->failure[trains ? batch->trials + i : trial];
        if (!failure->failed || ++count > FAILURES_TOLD) {
            continue;
        }
        fprintf(stderr, "failed: %s\n  ", failure->message);
        if (trains) {
            dvfo_batch_print_agent(batch, &batch->agent[i], stderr);
        } else {
            dvfo_batch_print_trial(batch, &batch->trial[trial], stderr);
        }
    }
    if (count > FAILURES_TOLD) {
        fprintf(stderr, "and %zu more failed\n", count - FAILURES_TOLD);
    }
    return count;
}

static void print_summary(const struct work *work)
{
    const struct dvfo_batch *batch = work->batch;
    const double wall_s = dvfo_progress_clock_s() - work->begun_s;
    const double trial_s = 1e-6 * (double)batch->shared->trial_us, train_s = 1e-6 * (double)batch->shared->train_us;
    fprintf(stderr, "%zu trials in %.1f s, %.1f /s", batch->shared->trials, wall_s, trials_per_s(work));
    if (trial_s + train_s > 0.0) {
        fprintf(stderr, "; of %.1f s that workers spent, %.0f %% went into training, %.0f %% into trials",
                trial_s + train_s, 100.0 * train_s / (trial_s + train_s), 100.0 * trial_s / (trial_s + train_s));
    }
    fputc('\n', stderr);
}

static dvfo_status run_tasks(struct dvfo_ctx *ctx, struct work *work)
{
    struct dvfo_batch *batch = work->batch;
    work->progress = dvfo_progress_begin(NULL, work->total_s);
    const struct dvfo_workers_def def = {.tasks = work->tasks,
                                         .jobs = batch->def.jobs,
                                         .user = work,
                                         .ready = ready,
                                         .work = do_task,
                                         .done = done,
                                         .failed = failed,
                                         .stop = batch->def.stop};
    const dvfo_status status = work->tasks > 0 ? dvfo_workers_run(ctx, &def) : DVFO_OK;
    dvfo_progress_end(&work->progress);
    return status;
}

/* Machines that don't answer are told before agents are trained for them. */
static dvfo_status run_all(struct dvfo_ctx *ctx, struct work *work)
{
    if (work->live_trials == 0) {
        return run_tasks(ctx, work);
    }
    DVFO_TRY(dvfo_batch_greet(ctx, work->batch, &work->live));
    DVFO_TRY(run_tasks(ctx, work));
    return dvfo_batch_run_live(ctx, work->batch, &work->live);
}

static dvfo_status run(struct dvfo_ctx *ctx, struct work *work)
{
    struct dvfo_batch *batch = work->batch;
    const dvfo_status status = run_all(ctx, work);
    if (!batch->def.silent) {
        print_summary(work);
    }
    const size_t failures = print_failures(batch);
    if (status == DVFO_INTERRUPTED) {
        return dvfo_fail(ctx, status, "interrupted after %zu of %zu parts; the same command goes on",
                         work->live_trials == 0 ? work->ended : (size_t)batch->shared->trials,
                         work->live_trials == 0 ? work->tasks : dvfo_batch_count(batch, true));
    }
    return status != DVFO_OK ? status
           : failures == 0   ? DVFO_OK
                             : dvfo_fail(ctx, DVFO_FAILED, "%zu of %zu trials and agents failed", failures,
                                         batch->agents + batch->trials);
}

dvfo_status dvfo_batch_run(struct dvfo_ctx *ctx, struct dvfo_batch *batch)
{
    struct work work = {.batch = batch, .begun_s = dvfo_progress_clock_s()};
    const size_t failures = (batch->trials + batch->agents + 1) * sizeof *batch->failure;
    const size_t claims = (batch->trials + 1) * sizeof *batch->claim;
    DVFO_TRY(list_tasks(ctx, &work));
    if (work.tasks + work.live_trials == 0) {
        free(work.task);
        return DVFO_OK;
    }
    batch->failure = dvfo_workers_share(failures);
    batch->shared = dvfo_workers_share(sizeof *batch->shared);
    batch->claim = dvfo_workers_share(claims);
    dvfo_status status = dvfo_batch_lock(ctx, batch);
    if (status == DVFO_OK) {
        const bool shares = batch->failure != NULL && batch->shared != NULL && batch->claim != NULL;
        status = shares ? run(ctx, &work) : dvfo_fail_no_memory(ctx);
    }
    dvfo_batch_unlock(batch);
    dvfo_workers_unshare(batch->failure, failures);
    dvfo_workers_unshare(batch->shared, sizeof *batch->shared);
    dvfo_workers_unshare(batch->claim, claims);
    batch->claim = NULL;
    batch->failure = NULL;
    batch->shared = NULL;
    free(work.task);
    return status;
}
