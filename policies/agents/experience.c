#include "policies/agents/experience.h"

#include <math.h>

struct dvfo_step_result dvfo_step_result_of(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                                            const struct dvfo_stretch *stretch, const struct dvfo_decision *decided,
                                            const struct dvfo_decision *last, double elapsed_s)
{
    const struct dvfo_reward_def cost = {.kind = DVFO_REWARD_COST};
    const double reward = dvfo_reward_of(def, yardstick, stretch);
    return (struct dvfo_step_result){
        .reward = (float)fmax(reward, -def->bound),
        .tail = (float)fmin(reward + def->bound, 0.0),
        .sent = last->place != DVFO_PLACE_EDGE,
        .as_decided = dvfo_action_space_same_kind(decided, last),
        .elapsed_s = elapsed_s,
        .cost = -dvfo_reward_of(&cost, yardstick, stretch),
        .finished = stretch->finished,
    };
}

/* Branches that don't learn from a step: those that nothing depended on, and those spared for what was tried. Clocks of
 * one kind of placement that met another say nothing of either. */
static unsigned spared_by(const struct dvfo_action_space *space, const int *choice, unsigned tried, bool as_decided)
{
    const unsigned all = (1u << space->branches) - 1u;
    const unsigned idle =
        space->sets > 1 && !as_decided ? dvfo_action_space_clocks(space) : dvfo_action_space_idle(space, choice);
    return (tried | idle) == all ? idle : tried | idle; /* what was tried didn't count: as if nothing had been */
}

/* A tail speaks of the link unless a clock was tried out: then it may have been that. */
static bool teaches_risk(const struct dvfo_action_space *space, unsigned spared)
{
    const long share = dvfo_action_space_share_branch(space);
    return share < 0 || (spared >> share & 1u) == 0;
}

void dvfo_agent_remember(struct dvfo_agent *agent, long environment, const struct dvfo_experience *experience)
{
    const struct dvfo_step_result *result = experience->result;
    const unsigned spared = spared_by(&agent->space, experience->choice, experience->tried, result->as_decided);
    const struct dvfo_transition transition = {
        .observation = experience->before,
        .action = experience->choice,
        .reward = result->reward,
        .discount = dvfo_q_learner_discount(agent->learner, result->elapsed_s),
        .next = experience->after,
        .tail = teaches_risk(&agent->space, spared) ? result->tail : (float)NAN,
        .risky = result->sent,
        .spared = spared,
        .ended = experience->ended, /* cut off: the value of what came next counts */
    };
    dvfo_q_learner_remember(agent->learner, environment, &transition);
}
