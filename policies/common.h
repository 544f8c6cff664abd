/* What several policies share: the highest clocks, the list of DVFO's levels, an argument that isn't wanted. */
#ifndef DVFO_POLICY_COMMON_H
#define DVFO_POLICY_COMMON_H

#include "policies/policies.h"

#define DVFO_PRIOR_BPS 5e6 /* bandwidth assumed before anything was seen: the default trace's rate */

/** The highest entry of every clock table. */
void dvfo_policy_top_clocks(const struct dvfo_board *board, int level[DVFO_DOMAINS]);

/* Entries of each domain's table to choose from. */
struct dvfo_level_choice {
    int level[DVFO_DOMAINS][DVFO_MAX_LEVELS]; /* (domain, count) ascending */
    int count[DVFO_DOMAINS];
};

struct dvfo_level_choice dvfo_level_choice_of_tables(const struct dvfo_board *board); /* every entry */
struct dvfo_level_choice dvfo_level_choice_of_agents(const struct dvfo_board *board); /* DVFO's levels */

/** A share as a placement: 0 computes everything on the device. */
void dvfo_policy_place_share(struct dvfo_decision *decision, int share_tenths);

/** Fails when an argument was given: for policies that take none. */
dvfo_status dvfo_policy_no_argument(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, const char *name);

#endif
