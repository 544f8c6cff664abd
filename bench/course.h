/* A course: a training to its end, with looks at the agent on the way, and the curve that they make.
 *
 * It ends when all decisions are made, when looks have not improved for as long as the definition says, or when it is
 * told to stop, after the round in hand. */
#ifndef DVFO_COURSE_H
#define DVFO_COURSE_H

#include <signal.h>

#include "policies/agents/curve.h"
#include "policies/agents/training.h"

struct dvfo_course {
    struct dvfo_agent *agent;          /* borrowed, as all of these */
    struct dvfo_training *training;    /* of that agent */
    struct dvfo_curve *curve;          /* goes on from what it holds; NULL: no looks */
    const volatile sig_atomic_t *stop; /* non-zero: stop; NULL: never */
    void *user;                        /* passed to the hooks, each of which may be NULL */
    void (*looked)(void *user, const struct dvfo_curve_point *point);
    void (*trained)(void *user, const struct dvfo_training_round *round);
    /* kept by dvfo_course_run */
    double loss; /* of the last round: a mean since the last look would forget what came before an interruption */
    double trained_s, best_cost;
    long worse; /* looks in a row without improvement */
};

/** @return DVFO_INTERRUPTED when it was stopped before its end: the agent is as the last round left it */
dvfo_status dvfo_course_run(struct dvfo_ctx *ctx, struct dvfo_course *course);

#endif
