#include "readers.h"

#include <string.h>

#include "policies/policies.h"
#include "profiles/calibrate/measurement.h"
#include "sim/trial.h"
#include "traces/format.h"

/* What a reader lets through must be good to work with: some requests on it, by a policy that asks for every cost. */
static dvfo_status run_on(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_network *network)
{
    static const char *const names[] = {"edge-only", "oracle-dvfo"};
    struct dvfo_cloud_profile *cloud = NULL;
    struct dvfo_trace *trace = NULL;
    dvfo_status status = dvfo_cloud_profile_load(ctx, "rtx-3080", &cloud);
    status = status == DVFO_OK ? dvfo_trace_open(ctx, "const:5Mbps", NULL, 1, &trace) : status;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == DVFO_OK; i++) {
        struct dvfo_trial trial = dvfo_trial_default();
        trial.scenario.board = board;
        trial.scenario.runtime = &board->runtime[0];
        trial.scenario.network = network;
        trial.scenario.cloud = cloud;
        trial.scenario.p_max_w = board->p_max_w.value;
        trial.trace = trace;
        trial.workload.requests = 3;
        status = dvfo_policy_find(ctx, names[i], &trial.policy, &trial.policy_argument);
        status = status == DVFO_OK ? dvfo_trial_run(ctx, &trial) : status;
    }
    dvfo_trace_free(trace);
    dvfo_cloud_profile_free(cloud);
    return status;
}

static dvfo_status read_board(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    dvfo_status status = dvfo_board_from_memory(ctx, "board.yaml", bytes, size, &board);
    if (status == DVFO_OK) {
        status = dvfo_network_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-network.yaml", 0, NULL, &network);
        status = status == DVFO_OK ? run_on(ctx, board, network) : status;
    }
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

static dvfo_status read_network(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    dvfo_status status = dvfo_network_from_memory(ctx, "network.yaml", bytes, size, &network);
    if (status == DVFO_OK && network->n < 200) {
        status = dvfo_board_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", &board);
        status = status == DVFO_OK ? run_on(ctx, board, network) : status;
    }
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

static dvfo_status read_trace(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_trace *trace = NULL;
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_from_memory(ctx, "trace", bytes, size, &text));
    const dvfo_status status = dvfo_format_read(ctx, &text, "trace", NULL, DVFO_DIRECTION_DEFAULT, &trace);
    dvfo_text_free(&text);
    if (status == DVFO_OK) {
        (void)dvfo_trace_send_time_s(trace, 0.5, 1e5);
    }
    dvfo_trace_free(trace);
    return status;
}

static dvfo_status read_points(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_measurements measurements = {0};
    const dvfo_status status = dvfo_measurements_from_memory(ctx, "points.csv", bytes, size, false, &measurements);
    dvfo_measurements_free(&measurements);
    return status;
}

static dvfo_status read_rails(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_measurements measurements = {0};
    const dvfo_status status = dvfo_measurements_from_memory(ctx, "rails.csv", bytes, size, true, &measurements);
    dvfo_measurements_free(&measurements);
    return status;
}

const struct reader readers[] = {
    {"board", "small-board.yaml", read_board},      {"network", "small-network.yaml", read_network},
    {"trace-csv", "small-trace.csv", read_trace},   {"trace-mahimahi", "small-trace.up", read_trace},
    {"trace-json", "small-trace.json", read_trace}, {"points", "small-points.csv", read_points},
    {"rails", "small-rails.csv", read_rails},       {0},
};
