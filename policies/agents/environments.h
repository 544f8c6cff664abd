/* Environments: many simulations, stepped as one batch.
 *
 * Each stands before a decision; a step hands it one, runs it to the next and says what the stretch between was worth.
 * What an environment shows lies in a row of one array, so that a batch of decisions is one pass of a network. Episodes
 * begin together: between two of them an environment is nothing but its number, so a training that was interrupted can
 * go on from there.
 *
 * Time is the link's: where requests are paired with the trace, how far the trace has moved on from a decision to the
 * next, which is the same whatever the action; else it is simulated time. */
#ifndef DVFO_ENVIRONMENTS_H
#define DVFO_ENVIRONMENTS_H

#include "policies/agents/action_space.h"
#include "policies/agents/conditions.h"
#include "policies/agents/experience.h"
#include "policies/agents/view.h"

struct dvfo_environments_def {
    const struct dvfo_conditions *conditions; /* borrowed */
    const struct dvfo_action_space *space;    /* borrowed */
    struct dvfo_reward_def reward;
    long count;
    double decision_cycles; /* what deciding takes, where base->decision_own says that it is the agent's own */
    long twins; /* environments that meet the same draw: what they try is compared under the same luck; divides count */
    long episode; /* decisions */
    bool judging; /* on draws kept aside */
    uint64_t seed;
};

struct dvfo_environments;

dvfo_status dvfo_environments_create(struct dvfo_ctx *ctx, const struct dvfo_environments_def *def,
                                     struct dvfo_environments **out);
void dvfo_environments_free(struct dvfo_environments *environments);

/** Begin episode number `episode` everywhere. Conditions go round with the draws: count / twins of them in an episode.
 */
dvfo_status dvfo_environments_begin(struct dvfo_ctx *ctx, struct dvfo_environments *environments, uint64_t episode);

/** The same where a reference acts in some of them, see teaching.h. @param taught  how many */
dvfo_status dvfo_environments_begin_taught(struct dvfo_ctx *ctx, struct dvfo_environments *environments,
                                           uint64_t episode, long taught);

/** What the teacher of an environment does now; its next step must be just that.
 *  @param choice  (branches) branches that don't count under it stay as they come in
 *  @return        false: it has no teacher, choices stay as they come in */
bool dvfo_environments_ask(struct dvfo_environments *environments, long e, int *choice);

/** What all of them show. @return (count, DVFO_VIEW_INPUTS), in place */
const float *dvfo_environments_observation(const struct dvfo_environments *environments);

/** One environment goes on with an action. @return DVFO_FAILED when memory is out
 *  @param choice  (branches) of its action space */
dvfo_status dvfo_environments_step(struct dvfo_ctx *ctx, struct dvfo_environments *environments, long e,
                                   const int *choice, struct dvfo_step_result *result);

/** The condition that an environment meets in this episode. */
size_t dvfo_environments_condition(const struct dvfo_environments *environments, long e);

/** The stretch of the link that it meets. */
const struct dvfo_trace *dvfo_environments_trace(const struct dvfo_environments *environments, long e, double *from_s);

#endif
