#include <math.h>

#include "bench/micro/row.h"
#include "policies/policies.h"
#include "sim/trial.h"

enum { REQUESTS = 1000000 };

/* A million requests of resnet-18 on jetson-tx2 under edge-only over model:4g-up: a layer is not an event. */
struct requests {
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_cloud_profile *cloud;
    struct dvfo_trace *trace;
    struct dvfo_trial trial;
};

static void free_state(void *state)
{
    struct requests *requests = state;
    if (requests != NULL) {
        dvfo_trace_free(requests->trace);
        dvfo_cloud_profile_free(requests->cloud);
        dvfo_network_free(requests->network);
        dvfo_board_free(requests->board);
        free(requests);
    }
}

static dvfo_status load(struct dvfo_ctx *ctx, struct requests *requests)
{
    struct dvfo_trial *trial = &requests->trial;
    const char *argument = NULL;
    DVFO_TRY(dvfo_board_load(ctx, "jetson-tx2", &requests->board));
    DVFO_TRY(dvfo_network_load(ctx, "resnet-18", 0, NULL, &requests->network));
    DVFO_TRY(dvfo_cloud_profile_load(ctx, "rtx-3080", &requests->cloud));
    DVFO_TRY(dvfo_trace_open(ctx, "model:4g-up", NULL, 1, &requests->trace));
    *trial = dvfo_trial_default();
    trial->scenario.board = requests->board;
    trial->scenario.network = requests->network;
    trial->scenario.cloud = requests->cloud;
    trial->trace = requests->trace;
    trial->workload.requests = REQUESTS;
    DVFO_TRY(dvfo_board_runtime(ctx, requests->board, NULL, NULL, &trial->scenario.runtime));
    return dvfo_policy_find(ctx, "edge-only", &trial->policy, &argument);
}

static dvfo_status create(struct dvfo_ctx *ctx, void **out)
{
    struct requests *requests = calloc(1, sizeof *requests);
    if (requests == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = load(ctx, requests);
    if (status != DVFO_OK) {
        free_state(requests);
        return status;
    }
    *out = requests;
    return DVFO_OK;
}

static double run(void *state)
{
    struct requests *requests = state;
    return dvfo_trial_run(NULL, &requests->trial) == DVFO_OK ? (double)requests->trial.results.requests : (double)NAN;
}

/* One request takes what the schedule says; a million take a million times that, and no joule is lost. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    struct dvfo_trial *trial = &((struct requests *)state)->trial;
    const struct dvfo_trial_results many = trial->results;
    snprintf(answer, size, "latency %.6g ms, energy %.6g mJ, balance %.1g", 1e3 * many.latency_s, 1e3 * many.energy_j,
             many.balance_error);
    trial->workload.requests = 1;
    const dvfo_status status = dvfo_trial_run(ctx, trial);
    trial->workload.requests = REQUESTS;
    DVFO_TRY(status);
    const struct dvfo_trial_results one = trial->results;
    if (!(fabs(many.latency_s / one.latency_s - 1.0) < 1e-9 && fabs(many.energy_j / one.energy_j - 1.0) < 1e-9 &&
          many.balance_error < 1e-9)) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s, but one request alone takes %.9g ms and %.9g mJ", answer,
                         1e3 * one.latency_s, 1e3 * one.energy_j);
    }
    return DVFO_OK;
}

const struct dvfo_micro_row dvfo_micro_requests = {
    .name = "requests",
    .unit = "requests",
    .summary = "a million requests of resnet-18 on jetson-tx2, edge-only, model:4g-up",
    .create = create,
    .run = run,
    .verify = verify,
    .free = free_state,
};
