/* The ceiling over CPU and GPU clocks when the board runs hot.
 *
 * A board guards itself: its kernel throttles, its hardware switches off. This ceiling lies below that, so that a run
 * slows down in steps of the clock table, which are counted and told, before the kernel does it unseen. At the
 * ceiling's temperature both clocks go one entry down from what they run at, and one more each step_s until the hottest
 * zone is 3 K below; then one entry comes back each step_s. Memory isn't capped, as in the simulator.
 *
 * Blind, when no zone has told a temperature for DVFO_RIG_BLIND_S, nothing would say when to stop: both clocks stay at
 * or below the middle of their tables until a zone tells again. */
#ifndef DVFO_RIG_CEILING_H
#define DVFO_RIG_CEILING_H

#include "profiles/board.h"

#define DVFO_RIG_COOL_K 3.0
#define DVFO_RIG_BLIND_S 1.0

struct dvfo_rig_ceiling {
    double ceiling_c, step_s;
    int top[DVFO_DOMAINS];   /* last entries of the tables */
    int level[DVFO_DOMAINS]; /* none above this one now */
    bool hot, blind;
    double seen_s;      /* when a zone last told a temperature */
    double next_step_s; /* not before */
};

struct dvfo_rig_ceiling dvfo_rig_ceiling_begin(const struct dvfo_board *board, double ceiling_c, double step_s,
                                               double now_s, double hottest_c);

/** Hear a temperature [degree C], NaN for none, and step when it is time.
 *  @param asked  entries wished for: the way down begins at what runs, not at the end of the table */
void dvfo_rig_ceiling_hear(struct dvfo_rig_ceiling *ceiling, double now_s, double hottest_c,
                           const int asked[DVFO_DOMAINS]);

/** The entry that a wish comes down to. */
int dvfo_rig_ceiling_level(const struct dvfo_rig_ceiling *ceiling, dvfo_domain domain, int asked);

/** Does it hold down what is asked? */
bool dvfo_rig_ceiling_caps(const struct dvfo_rig_ceiling *ceiling, const int asked[DVFO_DOMAINS]);

#endif
