/* Conditions: the worlds that an agent learns in, or is judged in: every network with every weight of energy over every
 * link, on one board.
 *
 * A link is a constant rate, a recording, or a class of generated traces of which each episode draws another. Training
 * and judging never meet the same draw, nor the same part of a recording: the last fifth of it is kept for judging. */
#ifndef DVFO_CONDITIONS_H
#define DVFO_CONDITIONS_H

#include "policies/agents/reward.h"
#include "sim/trial.h"
#include "traces/generator.h"

enum { DVFO_CONDITIONS_MAX = 32 }; /* entries of a list */

struct dvfo_conditions_def {
    const struct dvfo_trial *base; /* board, runtime, cloud and all rules; eta, network and trace come from the lists.
                                      Borrowed until dvfo_conditions_free, and all that it borrows */
    size_t networks, etas, links;
    const struct dvfo_network *network[DVFO_CONDITIONS_MAX]; /* borrowed */
    double eta[DVFO_CONDITIONS_MAX];
    const char *link[DVFO_CONDITIONS_MAX]; /* as after --trace; borrowed */
};

/* One combination. */
struct dvfo_condition {
    size_t network, eta, link;
    struct dvfo_scenario *scenario; /* shared by all of a network and eta */
    struct dvfo_yardstick yardstick;
};

struct dvfo_conditions {
    struct dvfo_conditions_def def;
    struct dvfo_scenario *scenario[DVFO_CONDITIONS_MAX];             /* (networks) owned */
    const struct dvfo_generator *generator[DVFO_CONDITIONS_MAX];     /* (links) NULL where it is a trace ... */
    struct dvfo_trace *trace[DVFO_CONDITIONS_MAX];                   /* (links) ... which is owned */
    double edge_s[DVFO_CONDITIONS_MAX], edge_j[DVFO_CONDITIONS_MAX]; /* (networks) device alone at the top clocks */
    size_t count;                                                    /* networks * etas * links */
};

/** Loads the links and makes a scenario of each network. */
dvfo_status dvfo_conditions_create(struct dvfo_ctx *ctx, const struct dvfo_conditions_def *def,
                                   struct dvfo_conditions **out);
void dvfo_conditions_free(struct dvfo_conditions *conditions);

/** Number i of count: links turn fastest, then etas. */
struct dvfo_condition dvfo_condition_at(const struct dvfo_conditions *conditions, size_t i);

/* The stretch of a link that an episode meets. */
struct dvfo_stretch_of_link {
    const struct dvfo_trace *trace;
    struct dvfo_trace *drawn; /* the caller's to free; NULL when it is borrowed */
    double from_s;
};

/** @param length_s  about as long as the episode
 *  @param seed      of the draw; another one for each episode
 *  @param judging   from the draws and the part that are kept aside */
dvfo_status dvfo_conditions_draw(struct dvfo_ctx *ctx, const struct dvfo_conditions *conditions, size_t link,
                                 double length_s, uint64_t seed, bool judging, struct dvfo_stretch_of_link *out);

#endif
