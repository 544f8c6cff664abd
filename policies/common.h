/* What several policies share: the highest clocks, the list of DVFO's levels, arguments that aren't wanted. */
#ifndef DVFO_POLICY_COMMON_H
#define DVFO_POLICY_COMMON_H

#include "policies/policies.h"
#include "sim/scenario.h"

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

/** Shares that the accuracy floor allows, 0 (the device alone) among them. @return how many; at least 1 */
int dvfo_policy_allowed_shares(unsigned forbidden_shares, int tenths[DVFO_SHARES]);

/** Was this argument given? */
bool dvfo_policy_argument_is(const struct dvfo_policy_setup *setup, const char *argument);

/** Fails when an argument was given: for policies that take none. */
dvfo_status dvfo_policy_no_argument(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, const char *name);

/** What a search chooses among beside EDGE: shares, and with the argument "input" the encoded input too.
 *  Fails on any other argument. @param kinds  DVFO_WITH_... of policies/placements.h */
dvfo_status dvfo_policy_input_argument(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, const char *name,
                                       int *kinds);

#endif
