#include "bench/micro/world.h"

dvfo_status dvfo_micro_world_open(struct dvfo_ctx *ctx, struct dvfo_micro_world *world)
{
    struct dvfo_scenario_def *scenario = &world->base.scenario;
    world->base = dvfo_trial_default();
    DVFO_TRY(dvfo_board_load(ctx, "jetson-tx2", &world->board));
    DVFO_TRY(dvfo_network_load(ctx, "resnet-18", 0, NULL, &world->network));
    DVFO_TRY(dvfo_cloud_profile_load(ctx, "rtx-3080", &world->cloud));
    DVFO_TRY(dvfo_board_runtime(ctx, world->board, NULL, NULL, &scenario->runtime));
    scenario->board = world->board;
    scenario->network = world->network;
    scenario->cloud = world->cloud;
    const struct dvfo_conditions_def def = {.base = &world->base,
                                            .networks = 1,
                                            .network = {world->network},
                                            .etas = 1,
                                            .eta = {scenario->eta},
                                            .links = 1,
                                            .link = {"model:wifi"}};
    return dvfo_conditions_create(ctx, &def, &world->conditions);
}

void dvfo_micro_world_close(struct dvfo_micro_world *world)
{
    dvfo_conditions_free(world->conditions);
    dvfo_cloud_profile_free(world->cloud);
    dvfo_network_free(world->network);
    dvfo_board_free(world->board);
}
