/* What an agent is before it has learnt anything: what it chooses, what it is rewarded for, how it learns and for how
 * long. Presets are YAML files of policies/presets; every value has a default, so a preset names what it changes. */
#ifndef DVFO_AGENT_DEF_H
#define DVFO_AGENT_DEF_H

#include "policies/agents/action_space.h"
#include "policies/agents/reward.h"
#include "policies/nn/q_learner.h"

/* How long, and how often it is looked at. A decision is one step of one environment. */
struct dvfo_training_def {
    uint64_t steps;          /* decisions, all environments together; 300,000 */
    long twins;              /* environments that meet the same draws of the link, see environments.h; 1 */
    long episode;            /* decisions of an environment before it begins anew; 256 */
    long update_every;       /* decisions per update; 4 */
    double exploring;        /* share of the steps over which exploration falls to its last; 0.5 */
    uint64_t evaluate_every; /* decisions between looks at how good it is; 30,000 */
    long evaluate_episode;   /* decisions of each environment of such a look; 128 */
    double plateau;          /* stop when looks improve by less than this share of the cost ...; 0.001 */
    long patience;           /* ... so many times in a row; 0, the default: never */
    double taught;           /* share of the environments that act as a reference does at first, see teaching.h; 0 */
    uint64_t taught_steps;   /* decisions over which that falls to none; 200,000 */
};

extern const struct dvfo_field dvfo_training_fields[]; /* all but how it is taught, ... */
extern const struct dvfo_field dvfo_teaching_fields[]; /* ... of the same struct; files without them are not taught */

enum { DVFO_AGENT_NAME = 32, DVFO_AGENT_SUMMARY = 256 };

struct dvfo_agent_def {
    char preset[DVFO_AGENT_NAME];      /* name of the preset */
    char policy[DVFO_AGENT_NAME];      /* the policy that acts with it: "dvfo" */
    char summary[DVFO_AGENT_SUMMARY];  /* one sentence */
    char standing[DVFO_AGENT_SUMMARY]; /* where the values come from: tuned by us with what budget, remembered, ... */
    struct dvfo_action_space_def actions;
    struct dvfo_reward_def reward;
    struct dvfo_training_def training;
    struct dvfo_q_learner_def learner; /* inputs, branches, schedules are filled in by dvfo_agent_def_complete */
};

extern const struct dvfo_field dvfo_action_space_fields[];

/** A preset by name, or a file of the user's. */
dvfo_status dvfo_agent_def_load(struct dvfo_ctx *ctx, const char *preset, struct dvfo_agent_def *out);
dvfo_status dvfo_agent_def_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                       struct dvfo_agent_def *out);

/** Change one value, as "learner.gamma=0.9", "reward.kind=cost", "network.trunk=[64, 64]".
 *  @return DVFO_BAD_INPUT with what was found and expected */
dvfo_status dvfo_agent_def_set(struct dvfo_ctx *ctx, struct dvfo_agent_def *def, const char *assignment);

/** What follows from the rest: the network's inputs and branches, schedules that run over all the steps. */
void dvfo_agent_def_complete(struct dvfo_agent_def *def, const struct dvfo_action_space *space);

#endif
