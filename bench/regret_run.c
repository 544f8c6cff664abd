/* A regret table's work, as tasks: world by world, first its agents, then its cells. */
#include <string.h>

#include "bench/progress.h"
#include "bench/regret.h"
#include "bench/workers.h"
#include "sim/base/output.h"

/* About how many decisions in training a request of a trial is worth: for the time left. */
#define DECISIONS_PER_REQUEST 6.0

struct work {
    struct dvfo_regret *regret;
    struct dvfo_progress progress;
    double done, total; /* decisions of training, or as much work */
    double begun_s;
    size_t ended;
};

/* What a task is. */
struct task {
    size_t world;
    bool trains;
    size_t number; /* of the agent, or of the cell */
};

static struct task task_of(const struct dvfo_regret *regret, size_t task)
{
    const size_t seeds = (size_t)regret->def.seeds, each = seeds + regret->etas;
    const size_t world = task / each, part = task % each;
    return (struct task){.world = world,
                         .trains = part < seeds,
                         .number = part < seeds ? world * seeds + part : world * regret->etas + part - seeds};
}

static bool ready(void *user, size_t number)
{
    const struct work *work = user;
    const struct dvfo_regret *regret = work->regret;
    const struct task task = task_of(regret, number);
    const size_t seeds = (size_t)regret->def.seeds;
    for (size_t s = 0; s < seeds && !task.trains; s++) {
        if (!regret->trained[task.world * seeds + s]) {
            return false;
        }
    }
    return true;
}

static dvfo_status do_task(struct dvfo_ctx *ctx, void *user, size_t number)
{
    const struct work *work = user;
    struct dvfo_regret *regret = work->regret;
    const struct task task = task_of(regret, number);
    if (!task.trains) {
        return dvfo_regret_judge(ctx, regret, task.number, &regret->cell[task.number]);
    }
    return regret->trained[task.number] ? DVFO_OK : dvfo_regret_train(ctx, regret, task.number);
}

/* In decisions of training. */
static double size_of(const struct dvfo_regret *regret, const struct task *task)
{
    if (task->trains) {
        return regret->trained[task->number] ? 0.0 : (double)regret->agent.training.steps;
    }
    const double policies = 5.0 + (double)regret->def.seeds + (double)regret->rivals.count;
    return DECISIONS_PER_REQUEST * policies * (double)(regret->def.draws * regret->def.setting.base.workload.requests);
}

/* The CSV so far: cells in their order, whichever ended first. */
static dvfo_status put_csv(struct dvfo_ctx *ctx, void *user, FILE *file)
{
    const struct dvfo_regret *regret = user;
    return dvfo_regret_print(ctx, regret, regret->told, DVFO_TABLE_CSV, file);
}

static dvfo_status write_csv(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    char path[DVFO_PATH_SIZE];
    return snprintf(path, sizeof path, "%s/regret.csv", regret->def.folder) < DVFO_PATH_SIZE
               ? dvfo_output_write(ctx, path, put_csv, regret)
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 1);
}

/* A bar where somebody watches, else a line. */
static void tell(struct work *work, const struct task *task)
{
    const struct dvfo_regret *regret = work->regret;
    const struct dvfo_regret_world at = dvfo_regret_world_of(regret, task->world);
    char what[160];
    const int length = snprintf(what, sizeof what, "%s %s %s", regret->def.setting.board[at.board]->name,
                                regret->def.setting.network[at.network]->name, regret->links.entry[at.link]);
    if (work->progress.shown || length < 0) {
        dvfo_progress_tell(&work->progress, work->done, what);
        return;
    }
    const double elapsed_s = dvfo_progress_clock_s() - work->begun_s;
    const double left_s = work->done > 0.0 ? elapsed_s * (work->total - work->done) / work->done : 0.0;
    const size_t tasks = regret->agents + regret->cells;
    if (task->trains) {
        fprintf(stderr, "%zu of %zu, %.0f s left: %s, seed %llu trained\n", work->ended, tasks, left_s, what,
                (unsigned long long)(regret->def.setting.base.seed + task->number % (size_t)regret->def.seeds));
    } else {
        fprintf(stderr, "%zu of %zu, %.0f s left: %s, eta %g judged\n", work->ended, tasks, left_s, what,
                regret->eta[task->number % regret->etas]);
    }
}

static dvfo_status done(struct dvfo_ctx *ctx, void *user, size_t number)
{
    struct work *work = user;
    struct dvfo_regret *regret = work->regret;
    const struct task task = task_of(regret, number);
    const bool news = !task.trains || !regret->trained[task.number];
    work->done += size_of(regret, &task);
    work->ended++;
    if (news) {
        tell(work, &task);
    }
    if (task.trains) {
        regret->trained[task.number] = true;
        return DVFO_OK;
    }
    const size_t before = regret->told;
    while (regret->told < regret->cells && regret->cell[regret->told].known) {
        regret->told++;
    }
    return regret->told > before ? write_csv(ctx, regret) : DVFO_OK;
}

dvfo_status dvfo_regret_run(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    const size_t tasks = regret->agents + regret->cells;
    struct work work = {.regret = regret, .begun_s = dvfo_progress_clock_s()};
    for (size_t i = 0; i < tasks; i++) {
        const struct task task = task_of(regret, i);
        work.total += size_of(regret, &task);
    }
    work.progress = dvfo_progress_begin("decisions", work.total);
    const struct dvfo_workers_def def = {.tasks = tasks,
                                         .jobs = regret->def.jobs,
                                         .user = &work,
                                         .ready = ready,
                                         .work = do_task,
                                         .done = done,
                                         .stop = regret->def.stop};
    DVFO_TRY(write_csv(ctx, regret)); /* a folder that can't be written to is told now */
    const dvfo_status status = dvfo_workers_run(ctx, &def);
    dvfo_progress_end(&work.progress);
    return status != DVFO_INTERRUPTED
               ? status
               : dvfo_fail(ctx, status,
                           "interrupted after %zu of %zu cells; the same command goes on, agents are kept "
                           "in '%s'",
                           regret->told, regret->cells, regret->def.folder);
}
