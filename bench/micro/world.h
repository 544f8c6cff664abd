/* The world of the rows that simulate: resnet-18 on jetson-tx2, rtx-3080 in the cloud. */
#ifndef DVFO_MICRO_WORLD_H
#define DVFO_MICRO_WORLD_H

#include "policies/agents/conditions.h"

struct dvfo_micro_world {
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_cloud_profile *cloud;
    struct dvfo_trial base;             /* all but policy and trace; borrows the above */
    struct dvfo_conditions *conditions; /* eta 0.5 over model:wifi */
};

/** The conditions borrow the base: `world` stays where it is until dvfo_micro_world_close. */
dvfo_status dvfo_micro_world_open(struct dvfo_ctx *ctx, struct dvfo_micro_world *world);
void dvfo_micro_world_close(struct dvfo_micro_world *world);

#endif
