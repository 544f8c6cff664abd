#include "policies/agents/teaching.h"

#include <math.h>
#include <string.h>

#include "policies/policies.h"

/* ---- who is taught, and when ---- */

long dvfo_teaching_count(const struct dvfo_training_def *def, long environments, uint64_t steps)
{
    if (steps >= def->taught_steps) {
        return 0;
    }
    const double left = 1.0 - (double)steps / (double)def->taught_steps;
    return lround(def->taught * left * (double)environments);
}

bool dvfo_teaching_reaches(long environments, long count, long e, uint64_t episode)
{
    const long gaps = count > 1 ? count - 1 : 1, moved = (long)(episode % (uint64_t)environments);
    for (long i = 0; i < count; i++) {
        if ((i * (environments - 1) / gaps + moved) % environments == e) {
            return true;
        }
    }
    return false;
}

/* ---- the teacher ---- */

/* As the reference begins, but for the requests that it reckons with. */
static dvfo_status begin_teacher(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    const struct dvfo_teacher *teacher = setup->user;
    struct dvfo_policy_setup told = *setup;
    told.requests = teacher->requests;
    return dvfo_policy_oracle_informed.init(ctx, state, &told);
}

struct dvfo_teacher dvfo_teacher_of(const struct dvfo_action_space_def *actions, long episode)
{
    struct dvfo_teacher teacher = {.policy = dvfo_policy_oracle_informed,
                                   .argument = dvfo_action_space_reference(actions),
                                   .requests = 2 * episode};
    teacher.policy.init = begin_teacher;
    return teacher;
}

/* The reference knows how generated links come about, and constant ones. */
static bool is_known(const struct dvfo_trace *trace)
{
    return strcmp(trace->format, "model") == 0 || strcmp(trace->format, "const") == 0;
}

bool dvfo_teacher_enter(struct dvfo_teacher *teacher, struct dvfo_trial *trial)
{
    if (!is_known(trial->trace)) {
        return false;
    }
    trial->policy = &teacher->policy;
    trial->policy_argument = teacher->argument;
    trial->policy_user = teacher;
    return true;
}

static bool has_all_choices(const struct dvfo_action_space_def *actions)
{
    bool all = actions->levels == DVFO_AGENT_LEVELS;
    for (int k = 0; k < DVFO_KNOBS; k++) {
        all = all && actions->chooses[k];
    }
    return all;
}

static bool anybody_teaches(const struct dvfo_conditions *conditions)
{
    for (size_t i = 0; i < conditions->def.links; i++) {
        if (conditions->trace[i] == NULL || is_known(conditions->trace[i])) {
            return true;
        }
    }
    return false;
}

dvfo_status dvfo_teaching_check(struct dvfo_ctx *ctx, const struct dvfo_agent_def *def,
                                const struct dvfo_conditions *conditions)
{
    if (def->training.taught <= 0.0) {
        return DVFO_OK;
    }
    if (!has_all_choices(&def->actions)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "training.taught is %g for an agent without all clocks, shares and %d levels, expected 0: "
                         "the teacher has them all",
                         def->training.taught, (int)DVFO_AGENT_LEVELS);
    }
    if (!anybody_teaches(conditions)) {
        dvfo_note(ctx, "all links are recordings, over which nobody teaches: training.taught has no effect");
    }
    return DVFO_OK;
}
