#include "fixture.h"

#include <string.h>

bool fixture_init(struct dvfo_ctx *ctx, struct fixture *fixture, const char *board, const char *network,
                  const char *trace)
{
    memset(fixture, 0, sizeof *fixture);
    return dvfo_board_load(ctx, board, &fixture->board) == DVFO_OK &&
           dvfo_network_load(ctx, network, 0, NULL, &fixture->network) == DVFO_OK &&
           dvfo_cloud_profile_load(ctx, "rtx-3080", &fixture->cloud) == DVFO_OK &&
           dvfo_trace_open(ctx, trace, NULL, 1, &fixture->trace) == DVFO_OK;
}

void fixture_free(struct fixture *fixture)
{
    dvfo_trace_free(fixture->trace);
    dvfo_cloud_profile_free(fixture->cloud);
    dvfo_network_free(fixture->network);
    dvfo_board_free(fixture->board);
}

struct dvfo_trial fixture_trial(const struct fixture *fixture, const struct dvfo_policy_type *policy, long requests)
{
    struct dvfo_trial trial = dvfo_trial_default();
    trial.scenario.board = fixture->board;
    trial.scenario.runtime = &fixture->board->runtime[0];
    trial.scenario.network = fixture->network;
    trial.scenario.cloud = fixture->cloud;
    trial.trace = fixture->trace;
    trial.policy = policy;
    trial.workload.requests = requests;
    return trial;
}

static dvfo_status told_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    struct dvfo_decision *decision = state;
    int place = 0;
    const int read = sscanf(setup->argument, "%d %d %d %d %d %d %lf", &place, &decision->share_tenths, &decision->cut,
                            &decision->level[DVFO_CPU], &decision->level[DVFO_GPU], &decision->level[DVFO_MEM],
                            &decision->appeal_below);
    decision->place = (dvfo_place)place;
    return read >= 6 ? DVFO_OK : dvfo_fail(ctx, DVFO_BAD_INPUT, "told: six numbers expected, or seven");
}

static void told_decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)seen;
    *decision = *(const struct dvfo_decision *)state;
}

const struct dvfo_policy_type fixture_told = {
    .name = "told",
    .summary = "does as it is told",
    .state_size = sizeof(struct dvfo_decision),
    .init = told_init,
    .decide = told_decide,
};
