/* Experience: what a step between two decisions was worth, and what an agent remembers of it. */
#ifndef DVFO_EXPERIENCE_H
#define DVFO_EXPERIENCE_H

#include "policies/agents/agent.h"

/* What a step was worth. */
struct dvfo_step_result {
    float reward;    /* bounded, see dvfo_reward_def.bound; ... */
    float tail;      /* ... and what is beyond, <= 0 */
    bool sent;       /* the request that ended had sent something: a risk was taken */
    bool as_decided; /* it ran as the kind of placement decided: a decision that comes after the split moves the next */
    double elapsed_s; /* on the link's clock */
    double cost;      /* of the requests that ended, in costs of a request of edge-only at the highest clocks */
    long finished;
};

/** @param stretch  from the decision to the next
 *  @param decided  at its beginning
 *  @param last     under which the last request of it ended */
struct dvfo_step_result dvfo_step_result_of(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                                            const struct dvfo_stretch *stretch, const struct dvfo_decision *decided,
                                            const struct dvfo_decision *last, double elapsed_s);

struct dvfo_experience {
    const float *before, *after; /* (DVFO_VIEW_INPUTS) what was seen at both decisions */
    const int *choice;           /* (branches) */
    unsigned tried;              /* branches that are spared for what was tried, as dvfo_q_learner_explore says */
    const struct dvfo_step_result *result;
    bool ended; /* cut off: the next decision belongs to another episode */
};

/** The agent's learner remembers it as a step of one of its environments. */
void dvfo_agent_remember(struct dvfo_agent *agent, long environment, const struct dvfo_experience *experience);

#endif
