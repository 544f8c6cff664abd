/* The hand on the clocks: from entries of the profile's tables to writes, and a look whether they hold.
 *
 * It belongs to one thread and never waits: who asks goes on, and looks again a little later. A setting ends in one of
 * three ways, each counted, the last two told once per reason:
 *
 *   holds    all clocks read as asked, several times in a row
 *   clamped  the kernel made less of it: the power mode's limit, heat, another tool; at once, or later on, which is
 * looked at every half wait_s refused  a file couldn't be written; the other clocks are set all the same */
#ifndef DVFO_RIG_HAND_H
#define DVFO_RIG_HAND_H

#include "bench/live/rig/levels.h"
#include "bench/live/rig/news.h"
#include "profiles/hardware/control.h"

#define DVFO_RIG_LOOK_S 0.005 /* between two looks at clocks that are to hold */

struct dvfo_rig_hand {
    struct dvfo_control control;
    struct dvfo_rig_levels levels;
    struct dvfo_rig_told told;
    double wait_s;               /* longest for clocks to hold */
    struct dvfo_clocks wished;   /* of the hardware last; NaN: nothing yet */
    struct dvfo_clocks asked;    /* the same below the limits in force */
    bool refused[DVFO_DOMAINS];  /* by domain of the hardware: its last setting was */
    bool looking;                /* the last setting isn't known to hold yet, nor not to */
    int steady, missed;          /* looks in a row at which it did, and at which it didn't */
    double give_up_s, look_at_s; /* not before */
    long changes, refusals, clamps;
};

/** Take the clocks that the profile and the kernel share; nothing is written but what an earlier process left behind.
 *  @param hand  control, levels and wait_s are filled; dvfo_rig_hand_close */
dvfo_status dvfo_rig_hand_open(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand);

/** Set these entries, as far as they differ from what was set last.
 *  @param ctx  notes what was refused or clamped, for the first time */
void dvfo_rig_hand_set(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, const int level[DVFO_DOMAINS], double now_s);

/** Look, when it is time, whether the last setting holds, or still holds. */
void dvfo_rig_hand_look(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, double now_s);

/** Give all clocks back. */
dvfo_status dvfo_rig_hand_close(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand);

#endif
