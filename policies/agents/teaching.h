/* Teaching: while an agent learns, some of its environments do as a reference does, and it learns from what comes of
 * it.
 *
 * A link that pays little must be tried to be known, and an agent that finds out by chance whether a try pays meets
 * outages on the way, each of which costs a hundred requests. The simulator has a reference that tries when it pays:
 * oracle-informed, which knows how the link is generated and what requests cost, and hears of its own transfers alone.
 * What it does goes into the replay like everything else (Hester et al. 2018; Ball et al. 2023): no network ever sees
 * more than an agent sees, and the reference is never asked once the agent is judged or used.
 *
 * A recording has no generator, so there nobody teaches. */
#ifndef DVFO_TEACHING_H
#define DVFO_TEACHING_H

#include "policies/agents/agent_def.h"
#include "policies/agents/conditions.h"

/** How many of the environments are taught: a share that falls to nothing in a straight line.
 *  @param steps  decisions behind the agent */
long dvfo_teaching_count(const struct dvfo_training_def *def, long environments, uint64_t steps);

/** Is it one of them? They lie evenly from those that explore often to those that almost never do, others in each
 *  episode. */
bool dvfo_teaching_reaches(long environments, long count, long e, uint64_t episode);

/* The reference as a policy of trials. It lies where they can borrow it. */
struct dvfo_teacher {
    struct dvfo_policy_type policy;
    const char *argument; /* it may do what the agent may */
    long requests;        /* that it reckons with: what a try tells is worth something for so long */
};

/** @param episode  decisions of an environment: it reckons with twice as many at first, for an episode is cut off */
struct dvfo_teacher dvfo_teacher_of(const struct dvfo_action_space_def *actions, long episode);

/** A trial's policy becomes the teacher. @return false, the trial as it was: nobody teaches over its link */
bool dvfo_teacher_enter(struct dvfo_teacher *teacher, struct dvfo_trial *trial);

/** Notes it when nobody teaches over any of the links.
 *  @return DVFO_BAD_INPUT when an agent that is to be taught has other choices than the teacher */
dvfo_status dvfo_teaching_check(struct dvfo_ctx *ctx, const struct dvfo_agent_def *def,
                                const struct dvfo_conditions *conditions);

#endif
