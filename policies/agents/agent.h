/* An agent: a learner with what it was made for, the actions it has on a board and how far its training has come. */
#ifndef DVFO_AGENT_H
#define DVFO_AGENT_H

#include "policies/agents/agent_def.h"

/* What deciding costs on the device, Eq. (10): one pass of the network on one core. Nobody has measured it on these
 * boards: assumptions. */
#define DVFO_AGENT_FLOP_PER_CYCLE 2.0  /* 0.5 to 8: plain loops to hand-written NEON on small matrices in cache */
#define DVFO_AGENT_OVERHEAD_CYCLES 2e4 /* 5e3 to 1e5: reading counters, encoding what is seen, writing clocks */

/** Cycles of a decision with a network. */
double dvfo_agent_decision_cycles(const struct dvfo_branching *net);

/* The board that an agent was made for. */
struct dvfo_agent_home {
    char board[64];
    size_t levels[DVFO_DOMAINS];
    double level_hz[DVFO_DOMAINS][DVFO_MAX_LEVELS]; /* its clock tables */
    double calibrated_hz[DVFO_DOMAINS][2];          /* lowest and highest that an agent may choose */
};

struct dvfo_agent_home dvfo_agent_home_of(const struct dvfo_board *board);

/** @return DVFO_BAD_INPUT when the board is another, or has other clocks, saying which
 *  @param what  for messages: the agent's file */
dvfo_status dvfo_agent_home_check(struct dvfo_ctx *ctx, const struct dvfo_agent_home *home,
                                  const struct dvfo_board *board, const char *what);

/* What an agent that chooses shares was trained under. It says where it comes from and binds nobody: the accuracy floor
 * is that of the world it acts in, and shares that it never learnt about are but worse choices there. */
struct dvfo_agent_accuracy {
    char profile[64];                  /* name; "none" */
    char sha256[DVFO_SHA256_HEX_SIZE]; /* "" for none */
    double floor;                      /* percentage points; INFINITY: none */
};

struct dvfo_agent_accuracy dvfo_agent_accuracy_of(const struct dvfo_scenario_def *def);

struct dvfo_agent {
    struct dvfo_agent_def def;
    struct dvfo_agent_home home;
    struct dvfo_agent_accuracy accuracy; /* of its training, filled in by dvfo_training_create */
    struct dvfo_action_space space;
    struct dvfo_q_learner *learner;
    uint64_t steps, episodes; /* behind it */
    char *conditions;         /* what it learns in, in words: for its file */
};

/** @param def         completed here
 *  @param conditions  copied */
dvfo_status dvfo_agent_create(struct dvfo_ctx *ctx, const struct dvfo_agent_def *def, const struct dvfo_board *board,
                              const char *conditions, struct dvfo_agent **out);
void dvfo_agent_free(struct dvfo_agent *agent);

#endif
