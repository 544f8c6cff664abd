#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/batch/batch.h"
#include "bench/micro/row.h"

/* 96 trials without an agent, in 16 groups. */
static const char text[] = "title: A batch for timing\n"
                           "set: {requests: 500, trace: \"model:wifi\"}\n"
                           "sweep:\n"
                           "  board: [jetson-nano, xavier-nx]\n"
                           "  network: [resnet-18, vit-b16]\n"
                           "  eta: [0.3, 0.7]\n"
                           "  policy: [edge-only, edge-best, fixed-best, cloud-only, dynasplit, oracle-dvfo]\n"
                           "seeds: 2\n";

struct batching {
    char folder[64], plan_path[96], results[96];
    struct dvfo_plan plan;
    struct dvfo_batch batch;
    dvfo_status status;
};

static void remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) {
        fprintf(stderr, "dvfo_micro: %s could not be removed\n", folder);
    }
}

static void free_state(void *state)
{
    struct batching *batching = state;
    if (batching != NULL) {
        dvfo_batch_free(&batching->batch);
        dvfo_plan_free(&batching->plan);
        remove_folder(batching->folder);
        free(batching);
    }
}

static dvfo_status write_plan(struct dvfo_ctx *ctx, struct batching *batching)
{
    snprintf(batching->folder, sizeof batching->folder, "/tmp/dvfo-micro-XXXXXX");
    if (mkdtemp(batching->folder) == NULL) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be made: %s", batching->folder, strerror(errno));
    }
    snprintf(batching->plan_path, sizeof batching->plan_path, "%s/timing.yaml", batching->folder);
    snprintf(batching->results, sizeof batching->results, "%s/results", batching->folder);
    FILE *file = fopen(batching->plan_path, "w");
    const bool written = file != NULL && fputs(text, file) >= 0;
    return file != NULL && fclose(file) == 0 && written ? DVFO_OK
                                                        : dvfo_fail(ctx, DVFO_FAILED, "the plan cannot be written");
}

static dvfo_status create(struct dvfo_ctx *ctx, long jobs, void **out)
{
    const struct dvfo_plan_changes none = {0};
    struct batching *batching = calloc(1, sizeof *batching);
    if (batching == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    struct dvfo_plan *const plans[] = {&batching->plan};
    dvfo_status status = write_plan(ctx, batching);
    status = status == DVFO_OK ? dvfo_plan_load(ctx, batching->plan_path, &none, &batching->plan) : status;
    const struct dvfo_batch_def def = {.folder = batching->results, .jobs = jobs, .silent = true};
    status = status == DVFO_OK ? dvfo_batch_prepare(ctx, &def, plans, 1, &batching->batch) : status;
    if (status != DVFO_OK) {
        free_state(batching);
        return status;
    }
    *out = batching;
    return DVFO_OK;
}

static dvfo_status create_one(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, 1, out);
}

static dvfo_status create_two(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, 2, out);
}

static double run(void *state)
{
    struct batching *batching = state;
    struct dvfo_ctx ctx = {0};
    batching->status = dvfo_batch_run(&ctx, &batching->batch);
    return (double)batching->batch.trials;
}

/* Every record is there and whole. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    struct batching *batching = state;
    struct dvfo_record record;
    double cost_j = 0.0;
    if (batching->status != DVFO_OK) {
        return dvfo_fail(ctx, DVFO_FAILED, "the batch failed");
    }
    for (size_t i = 0; i < batching->batch.trials; i++) {
        DVFO_TRY(dvfo_batch_load(ctx, &batching->batch, i, &record));
        cost_j += record.number[dvfo_record_column("cost_j")] / (double)batching->batch.trials;
    }
    snprintf(answer, size, "%zu records, mean cost %.6f J", batching->batch.trials, cost_j);
    return DVFO_OK;
}

const struct dvfo_micro_row dvfo_micro_batch_one_worker = {
    .name = "batch_one_worker",
    .unit = "trials",
    .summary = "96 trials of a plan, records written, one worker",
    .create = create_one,
    .run = run,
    .verify = verify,
    .free = free_state,
};

const struct dvfo_micro_row dvfo_micro_batch_two_workers = {
    .name = "batch_two_workers",
    .unit = "trials",
    .summary = "the same by two workers",
    .create = create_two,
    .run = run,
    .verify = verify,
    .free = free_state,
};
