/* An agent as an HDF5 file: whose it is, what it was made for, and what it has learnt.
 *
 *   /             title, schema, preset, policy, board, conditions, names of what it sees, steps behind it,
 *                 accuracy profile and floor that it was trained under
 *   /actions, /reward, /training    definitions, field by field
 *   /board        clock tables [Hz] that it was made for
 *   /network      what acts; a complete file also holds all of q_learner_file.h, to train on
 *   /curve        how it came along, if it was written
 *
 * A complete file is large: it remembers what the agent remembers. One that is only to act leaves that out. */
#ifndef DVFO_AGENT_FILE_H
#define DVFO_AGENT_FILE_H

#include "policies/agents/agent.h"
#include "policies/agents/curve.h"

/** The file appears whole or not at all. @param curve  NULL: none */
dvfo_status dvfo_agent_save(struct dvfo_ctx *ctx, const struct dvfo_agent *agent, const struct dvfo_curve *curve,
                            bool complete, const char *path);

/** To train on. @param curve  filled with what the file holds; the caller's to free
 *  @return DVFO_BAD_INPUT when the file isn't complete, or for another board */
dvfo_status dvfo_agent_load(struct dvfo_ctx *ctx, const char *path, const struct dvfo_board *board,
                            struct dvfo_agent **out, struct dvfo_curve *curve);

/* What acts, and nothing more. */
struct dvfo_actor {
    struct dvfo_agent_def def; /* of its learner only the network */
    struct dvfo_agent_home home;
    struct dvfo_agent_accuracy accuracy;
    struct dvfo_action_space space;
    struct dvfo_branching *network; /* owned */
};

/** @param policy  that it is to act for
 *  @return        DVFO_BAD_INPUT when the file is for another policy or board, or shows its network other things */
dvfo_status dvfo_actor_load(struct dvfo_ctx *ctx, const char *path, const char *policy, const struct dvfo_board *board,
                            struct dvfo_actor **out);
void dvfo_actor_free(struct dvfo_actor *actor);

#endif
