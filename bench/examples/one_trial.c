/* One trial from a program of one's own, under two policies.
 *
 * A Jetson Nano answers 1000 requests with ViT-B/16, one after the other; a generated Wi-Fi link leads to a cloud
 * server. First the board works all by itself at its highest clocks. Then an oracle that knows the link chooses three
 * clocks and the share of feature maps sent, for each request anew. The numbers are those of
 *
 *     dvfo run -b jetson-nano -n vit-b16 -t model:wifi -p edge-only,oracle-dvfo --accuracy none */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdio.h>
#include <stdlib.h>

#include "policies/policies.h"
#include "sim/trial.h"

/* Loaded once; any number of trials may share it, also side by side. */
struct world {
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_cloud_profile *cloud;
    struct dvfo_trace *trace;
};

static dvfo_status load(struct dvfo_ctx *ctx, struct world *world)
{
    DVFO_TRY(dvfo_board_load(ctx, "jetson-nano", &world->board)); /* or the path of a file, so too below */
    DVFO_TRY(dvfo_network_load(ctx, "vit-b16", 0, NULL, &world->network));
    DVFO_TRY(dvfo_cloud_profile_load(ctx, "rtx-3080", &world->cloud));
    return dvfo_trace_open(ctx, "model:wifi", NULL, 1, &world->trace);
}

static dvfo_status run(struct dvfo_ctx *ctx, const struct world *world, const char *policy)
{
    struct dvfo_trial trial = dvfo_trial_default();
    trial.scenario.board = world->board;
    trial.scenario.runtime = &world->board->runtime[0];
    trial.scenario.network = world->network;
    trial.scenario.cloud = world->cloud;
    trial.trace = world->trace;
    DVFO_TRY(dvfo_policy_find(ctx, policy, &trial.policy, &trial.policy_argument));
    DVFO_TRY(dvfo_trial_run(ctx, &trial));
    const struct dvfo_trial_results *means = &trial.results;
    printf("%-11s  %.6f J  %.6f s  cost %.6f J\n", policy, means->energy_j, means->latency_s, means->cost_j);
    return DVFO_OK;
}

int main(void)
{
    setenv("DVFO_DATA", DVFO_INSTALLED_DATA, 0); /* where dvfo's files lie, unless the user says otherwise */
    struct dvfo_ctx ctx = {0};
    struct world world = {0};
    dvfo_status status = load(&ctx, &world);
    status = status == DVFO_OK ? run(&ctx, &world, "edge-only") : status;
    status = status == DVFO_OK ? run(&ctx, &world, "oracle-dvfo") : status;
    if (status != DVFO_OK) {
        fprintf(stderr, "one_trial: %s\n", ctx.message);
    }
    dvfo_trace_free(world.trace);
    dvfo_cloud_profile_free(world.cloud);
    dvfo_network_free(world.network);
    dvfo_board_free(world.board);
    return dvfo_status_exit_code(status);
}
