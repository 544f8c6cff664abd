/* A lesson: an agent from nothing, trained to its end in given conditions, for figures and tables that need one. */
#ifndef DVFO_LESSON_H
#define DVFO_LESSON_H

#include "policies/agents/agent.h"
#include "policies/agents/conditions.h"
#include "policies/agents/curve.h"

struct dvfo_lesson {
    struct dvfo_agent_def def;             /* steps, seed and head among them; its plateau isn't waited for */
    struct dvfo_conditions_def conditions; /* borrowed until it is learnt */
};

/** Train; looks at how good it is, each compared with a reference, only where a curve is asked for.
 *  @param curve  filled, the caller's to free; NULL: no looks
 *  @return       DVFO_INTERRUPTED on ctx->stop */
dvfo_status dvfo_lesson_learn(struct dvfo_ctx *ctx, const struct dvfo_lesson *lesson, struct dvfo_agent **out,
                              struct dvfo_curve *curve);

/** What the lesson is, in words: "networks vit-b16; eta 0.5; links model:wifi; ..." Owned by the caller, NULL when
 *  memory is out. */
char *dvfo_lesson_describe(const struct dvfo_lesson *lesson);

#endif
