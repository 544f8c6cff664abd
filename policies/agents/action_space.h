/* An action space: what an agent chooses, branch by branch, and what each choice means on a board.
 *
 * Clocks are chosen among DVFO's levels of a domain, the share in tenths. A domain that isn't chosen stays at its
 * highest clock or is left to a governor. A flat space is one branch with a choice for every combination: 11,000 of
 * them for three clocks of ten levels and eleven shares, where the branching one has 41 outputs.
 *
 * Shares that the accuracy floor forbids stay choices, so that an agent fits any floor, but none that is made.
 *
 * The best clocks depend on the share: who waits for the cloud needs none of the speed that who computes alone does. So
 * with `kinds` the clocks have a set of branches for each kind of placement: all on the device, a part sent, all sent.
 * The share chooses the set that counts; the others neither act nor learn. */
#ifndef DVFO_ACTION_SPACE_H
#define DVFO_ACTION_SPACE_H

#include "policies/common.h"
#include "policies/nn/branching.h"

enum {
    DVFO_KNOB_SHARE = DVFO_DOMAINS, /* after the clocks */
    DVFO_KNOBS,
};

struct dvfo_action_space_def {
    bool chooses[DVFO_KNOBS]; /* default all */
    bool input;               /* one more choice beside the shares: the encoded input goes to the cloud; off */
    bool flat;                /* off */
    bool kinds;               /* a set of clock branches for each kind of placement; off: one for all */
    bool governed;            /* domains that aren't chosen are left to governors; off: they stay at the top */
    long levels;              /* at most, of each clock; default 10 */
};

struct dvfo_action_space_def dvfo_action_space_def_default(void);

struct dvfo_action_space {
    struct dvfo_action_space_def def;
    struct dvfo_level_choice clocks;
    int top[DVFO_DOMAINS];
    int knobs;             /* that are chosen; the share is the last */
    int knob[DVFO_KNOBS];  /* (knobs) which */
    int count[DVFO_KNOBS]; /* (knobs) choices of each */
    int clock_knobs, sets; /* clocks among them, and sets of branches for these */
    long branches;         /* (sets, clock_knobs), then the share; or 1 when flat */
    long choices[DVFO_BRANCHING_BRANCHES];
};

/** @return DVFO_BAD_INPUT when nothing is chosen */
dvfo_status dvfo_action_space_of(struct dvfo_ctx *ctx, const struct dvfo_action_space_def *def,
                                 const struct dvfo_board *board, struct dvfo_action_space *out);

/** What choices mean. @param choice    (branches)
 *                     @param decision  comes in with the clocks asked for last; governed ones stay */
void dvfo_action_space_decide(const struct dvfo_action_space *space, const int *choice, struct dvfo_decision *decision);

/** The same the other way round: the choices that mean a decision. Branches that don't count under it stay as they come
 *  in.
 *  @return false when the space has no such choice, or leaves a clock to a governor */
bool dvfo_action_space_choose(const struct dvfo_action_space *space, const struct dvfo_decision *decision, int *choice);

/** What a reference may choose among that is to be as free as the agent: DVFO_WITH_... of policies/placements.h, and
 * the same as the argument of fixed-best and the oracles (NULL: none). */
int dvfo_action_space_placements(const struct dvfo_action_space_def *def);
const char *dvfo_action_space_reference(const struct dvfo_action_space_def *def);

/** Are both of one kind: all on the device, a part sent, or all sent? */
bool dvfo_action_space_same_kind(const struct dvfo_decision *a, const struct dvfo_decision *b);

/** A bit for each branch of a clock. */
unsigned dvfo_action_space_clocks(const struct dvfo_action_space *space);

/** A bit for each branch that doesn't count under these choices. */
unsigned dvfo_action_space_idle(const struct dvfo_action_space *space, const int *choice);

/** The branch of the share; -1 when it isn't chosen, or flat. */
long dvfo_action_space_share_branch(const struct dvfo_action_space *space);

/** Choices that mean a forbidden share are neither the best of a network nor tried. The mask is no part of the agent:
 * it follows the world that the network acts in.
 *  @param net               of this action space
 *  @param forbidden_shares  a bit for each share in tenths; 0 is never forbidden */
dvfo_status dvfo_action_space_restrict(struct dvfo_ctx *ctx, const struct dvfo_action_space *space,
                                       unsigned forbidden_shares, struct dvfo_branching *net);

/** Number of joint actions. */
double dvfo_action_space_size(const struct dvfo_action_space *space);

#endif
