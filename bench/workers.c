#include "bench/workers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 256 };
#define LOOK_NS 100000000L /* between looks at whether to stop; a task that ends is seen at once */

/* How a task ended: in shared memory. */
struct outcome {
    dvfo_status status;
    char message[sizeof((struct dvfo_ctx *)0)->message];
};

struct pool {
    const struct dvfo_workers_def *def;
    struct outcome *outcome; /* (tasks) shared */
    bool *begun;             /* (tasks) */
    long jobs, running;
    pid_t parent;
    sigset_t mask_before;   /* signals that were blocked before */
    pid_t child[MOST_JOBS]; /* 0: free */
    size_t task[MOST_JOBS];
    size_t failed; /* lowest number that failed; tasks: none */
    bool ending;
};

void *dvfo_workers_share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void dvfo_workers_unshare(void *memory, size_t size)
{
    if (memory != NULL) {
        munmap(memory, size);
    }
}

static long count_jobs(long jobs)
{
    const long wanted = jobs > 0 ? jobs : sysconf(_SC_NPROCESSORS_ONLN);
    return wanted < 1 ? 1 : wanted > MOST_JOBS ? MOST_JOBS : wanted;
}

/* In the child. Ctrl-C reaches the parent alone, which then tells each child once; a parent that is killed takes its
 * children along. */
static _Noreturn void work(const struct pool *pool, size_t task)
{
    struct dvfo_ctx ctx = {.stop = pool->def->stop};
    struct outcome *outcome = &pool->outcome[task];
    sigprocmask(SIG_SETMASK, &pool->mask_before, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != pool->parent) {
        _exit(0); /* killed before we asked to hear of it */
    }
    const dvfo_status status = pool->def->work(&ctx, pool->def->user, task);
    memcpy(outcome->message, ctx.message, sizeof outcome->message);
    outcome->status = status;
    _exit(0);
}

static dvfo_status begin(struct dvfo_ctx *ctx, struct pool *pool, size_t task)
{
    long slot = 0;
    while (pool->child[slot] != 0) {
        slot++;
    }
    pool->outcome[task].status = DVFO_FAILED; /* until it says otherwise */
    const pid_t child = fork();
    if (child < 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "no process can be started: %s", strerror(errno));
    }
    if (child == 0) {
        work(pool, task);
    }
    setpgid(child, child); /* here too: whoever comes first */
    pool->child[slot] = child;
    pool->task[slot] = task;
    pool->begun[task] = true;
    pool->running++;
    return DVFO_OK;
}

static dvfo_status begin_ready(struct dvfo_ctx *ctx, struct pool *pool)
{
    const struct dvfo_workers_def *def = pool->def;
    for (size_t task = 0; task < def->tasks && pool->running < pool->jobs; task++) {
        if (!pool->begun[task] && (def->ready == NULL || def->ready(def->user, task))) {
            DVFO_TRY(begin(ctx, pool, task));
        }
    }
    return DVFO_OK;
}

static void end_all(struct pool *pool)
{
    for (long slot = 0; slot < pool->jobs && !pool->ending; slot++) {
        if (pool->child[slot] != 0) {
            kill(pool->child[slot], SIGTERM);
        }
    }
    pool->ending = true;
}

static const char *sentence_of(const struct outcome *outcome)
{
    return outcome->message[0] != '\0' ? outcome->message : dvfo_status_text(outcome->status);
}

/* A child ended. */
static dvfo_status reap(struct dvfo_ctx *ctx, struct pool *pool, long slot, int state)
{
    const struct dvfo_workers_def *def = pool->def;
    const size_t task = pool->task[slot];
    struct outcome *outcome = &pool->outcome[task];
    pool->child[slot] = 0;
    pool->running--;
    if (WIFSIGNALED(state)) {
        snprintf(outcome->message, sizeof outcome->message, "a worker was ended by signal %d", WTERMSIG(state));
        outcome->status = pool->ending ? DVFO_INTERRUPTED : DVFO_FAILED;
    }
    if (outcome->status == DVFO_OK) {
        return def->done != NULL ? def->done(ctx, def->user, task) : DVFO_OK;
    }
    const bool as_told = pool->ending && outcome->status == DVFO_INTERRUPTED;
    if (!as_told && def->failed != NULL) {
        def->failed(def->user, task, outcome->status, sentence_of(outcome));
        return DVFO_OK;
    }
    pool->failed = !as_told && task < pool->failed ? task : pool->failed;
    return DVFO_OK;
}

static dvfo_status reap_ended(struct dvfo_ctx *ctx, struct pool *pool)
{
    dvfo_status status = DVFO_OK;
    for (long slot = 0; slot < pool->jobs; slot++) {
        int state = 0;
        if (pool->child[slot] != 0 && waitpid(pool->child[slot], &state, WNOHANG) == pool->child[slot]) {
            const dvfo_status reaped = reap(ctx, pool, slot, state);
            status = status == DVFO_OK ? reaped : status;
        }
    }
    return status;
}

static bool is_stopped(const struct pool *pool)
{
    return pool->def->stop != NULL && *pool->def->stop != 0;
}

/* Until a child ends, or for a moment: SIGCHLD is blocked and waits for us here. */
static void wait_for_news(void)
{
    const struct timespec moment = {.tv_nsec = LOOK_NS};
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigtimedwait(&ended, NULL, &moment);
}

static dvfo_status run(struct dvfo_ctx *ctx, struct pool *pool)
{
    dvfo_status status = begin_ready(ctx, pool);
    while (pool->running > 0) {
        if (status != DVFO_OK || pool->failed < pool->def->tasks || is_stopped(pool)) {
            end_all(pool);
        }
        const dvfo_status reaped = reap_ended(ctx, pool);
        status = status == DVFO_OK ? reaped : status;
        if (status == DVFO_OK && !pool->ending && pool->failed == pool->def->tasks && !is_stopped(pool)) {
            status = begin_ready(ctx, pool);
        }
        if (pool->running > 0) {
            wait_for_news();
        }
    }
    return status;
}

dvfo_status dvfo_workers_run(struct dvfo_ctx *ctx, const struct dvfo_workers_def *def)
{
    struct pool pool = {.def = def, .jobs = count_jobs(def->jobs), .parent = getpid(), .failed = def->tasks};
    const size_t size = (def->tasks + 1) * sizeof *pool.outcome;
    pool.outcome = dvfo_workers_share(size);
    pool.begun = calloc(def->tasks + 1, sizeof *pool.begun);
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, &pool.mask_before);
    dvfo_status status = pool.outcome != NULL && pool.begun != NULL ? run(ctx, &pool) : dvfo_fail_no_memory(ctx);
    sigprocmask(SIG_SETMASK, &pool.mask_before, NULL);
    if (status == DVFO_OK && is_stopped(&pool)) {
        status = dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
    } else if (status == DVFO_OK && pool.failed < def->tasks) {
        const struct outcome *outcome = &pool.outcome[pool.failed];
        status = dvfo_fail(ctx, outcome->status, "%s", sentence_of(outcome));
    }
    dvfo_workers_unshare(pool.outcome, size);
    free(pool.begun);
    return status;
}
