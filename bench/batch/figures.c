#include "bench/batch/figures.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/batch/experiment_figure.h"
#include "bench/progress.h"
#include "bench/workers.h"
#include "sim/base/output.h"

struct drawing {
    const struct dvfo_figures_def *def;
    struct dvfo_progress progress;
    size_t ended, failed;
};

static void name_file(const struct dvfo_figures_def *def, const struct dvfo_plan *plan, const char *suffix,
                      char path[DVFO_PATH_SIZE])
{
    snprintf(path, DVFO_PATH_SIZE, "%s/%s.%s", def->folder, dvfo_experiment_figure_name(plan), suffix);
}

/* Is it there, made from the same? */
static bool is_drawn(const struct dvfo_figures_def *def, const struct dvfo_plan *plan, const char *sha256)
{
    static const char *const suffixes[] = {"csv", "svg", "png", "pdf"};
    char path[DVFO_PATH_SIZE], kept[DVFO_SHA256_HEX_SIZE] = "";
    name_file(def, plan, "inputs", path);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        kept[fread(kept, 1, sizeof kept - 1, file)] = '\0';
        fclose(file);
    }
    bool there = strcmp(kept, sha256) == 0;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        name_file(def, plan, suffixes[i], path);
        there &= access(path, R_OK) == 0;
    }
    return there;
}

static dvfo_status put_hash(struct dvfo_ctx *ctx, void *user, FILE *file)
{
    (void)ctx;
    fputs(user, file);
    return DVFO_OK;
}

/* In a process of its own. */
static dvfo_status draw(struct dvfo_ctx *ctx, void *user, size_t task)
{
    const struct drawing *drawing = user;
    const struct dvfo_figures_def *def = drawing->def;
    const struct dvfo_plan *plan = def->plan[task];
    char sha256[DVFO_SHA256_HEX_SIZE], path[DVFO_PATH_SIZE];
    if (def->gathered[task] != NULL) {
        return dvfo_experiment_draw(ctx, def->gathered[task], def->folder, def->stop);
    }
    DVFO_TRY(dvfo_experiment_figure_inputs(ctx, plan, sha256));
    if (is_drawn(def, plan, sha256)) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_experiment_draw_own(ctx, plan, def->folder, def->stop));
    name_file(def, plan, "inputs", path);
    return dvfo_output_write(ctx, path, put_hash, sha256);
}

static void tell(struct drawing *drawing, size_t task)
{
    drawing->ended++;
    if (drawing->progress.shown) {
        dvfo_progress_tell(&drawing->progress, (double)drawing->ended, drawing->def->plan[task]->id);
    } else {
        fprintf(stderr, "%zu of %zu: figure %s\n", drawing->ended, drawing->def->count, drawing->def->plan[task]->id);
    }
}

static dvfo_status done(struct dvfo_ctx *ctx, void *user, size_t task)
{
    (void)ctx;
    tell(user, task);
    return DVFO_OK;
}

static void failed(void *user, size_t task, dvfo_status status, const char *message)
{
    struct drawing *drawing = user;
    (void)status;
    drawing->failed++;
    tell(drawing, task);
    fprintf(stderr, "failed: figure %s: %s\n", drawing->def->plan[task]->id, message);
}

dvfo_status dvfo_figures_draw(struct dvfo_ctx *ctx, const struct dvfo_figures_def *def)
{
    struct drawing drawing = {.def = def};
    if (mkdir(def->folder, 0777) != 0 && errno != EEXIST) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s': cannot be made: %s", def->folder, strerror(errno));
    }
    drawing.progress = dvfo_progress_begin("figures", (double)def->count);
    const struct dvfo_workers_def workers = {.tasks = def->count,
                                             .jobs = def->jobs,
                                             .user = &drawing,
                                             .work = draw,
                                             .done = done,
                                             .failed = failed,
                                             .stop = def->stop};
    const dvfo_status status = dvfo_workers_run(ctx, &workers);
    dvfo_progress_end(&drawing.progress);
    return status != DVFO_OK     ? status
           : drawing.failed == 0 ? DVFO_OK
                                 : dvfo_fail(ctx, DVFO_FAILED, "%zu of %zu figures failed", drawing.failed, def->count);
}
