/* What workers do: train an agent, run a group of trials. */
#include <string.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"
#include "bench/lesson.h"
#include "policies/agents/agent_file.h"
#include "policies/policies.h"
#include "sim/base/text.h"

static dvfo_status set_options(struct dvfo_ctx *ctx, struct dvfo_setting *setting,
                               const struct dvfo_plan_option option[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        DVFO_TRY(dvfo_setting_set(ctx, setting, option[i].key, option[i].value));
    }
    return DVFO_OK;
}

/* ---- an agent ---- */

static dvfo_status set_conditions(struct dvfo_ctx *ctx, const struct dvfo_batch_agent *agent,
                                  const struct dvfo_setting *setting, struct dvfo_conditions_def *def)
{
    def->networks = setting->network_count;
    def->links = agent->trace.count;
    def->etas = agent->eta.count;
    for (size_t i = 0; i < def->networks; i++) {
        def->network[i] = setting->network[i];
    }
    for (size_t i = 0; i < def->links; i++) {
        def->link[i] = agent->trace.entry[i];
    }
    for (size_t i = 0; i < def->etas; i++) {
        if (!dvfo_text_number(agent->eta.entry[i], NULL, &def->eta[i]) || def->eta[i] < 0.0 || def->eta[i] > 1.0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "'eta' of agent %s has '%s', expected numbers from 0 to 1",
                             agent->def->name, agent->eta.entry[i]);
        }
    }
    return DVFO_OK;
}

static dvfo_status learn(struct dvfo_ctx *ctx, const struct dvfo_batch_agent *agent, struct dvfo_setting *setting)
{
    struct dvfo_trial base;
    struct dvfo_lesson lesson = {.conditions = {.base = &base}};
    struct dvfo_agent *trained = NULL;
    DVFO_TRY(dvfo_plan_agent_make(ctx, agent->def, &lesson.def));
    lesson.def.learner.seed = (uint64_t)agent->seed;
    DVFO_TRY(dvfo_setting_load_worlds(ctx, setting));
    DVFO_TRY(dvfo_setting_world(ctx, setting, 0, 0, &base));
    base.stop = ctx->stop;
    DVFO_TRY(set_conditions(ctx, agent, setting, &lesson.conditions));
    DVFO_TRY(dvfo_lesson_learn(ctx, &lesson, &trained, NULL));
    const dvfo_status status = dvfo_agent_save(ctx, trained, NULL, false, agent->path);
    dvfo_agent_free(trained);
    return status;
}

dvfo_status dvfo_batch_train(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const struct dvfo_batch_agent *agent)
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    struct dvfo_setting setting = dvfo_setting_default();
    char seed[24], networks[1024] = "";
    const size_t count = dvfo_batch_agent_options(batch, agent, seed, option);
    if (access(agent->path, R_OK) == 0 && !agent->damaged) {
        return DVFO_OK; /* another batch made it meanwhile */
    }
    for (size_t i = 0; i < agent->network.count; i++) {
        const size_t length = strlen(networks);
        snprintf(networks + length, sizeof networks - length, "%s%s", i > 0 ? "," : "", agent->network.entry[i]);
    }
    dvfo_status status = set_options(ctx, &setting, option, count);
    setting.networks = networks;
    setting.policies = "edge-only"; /* a setting wants one named */
    status = status == DVFO_OK ? learn(ctx, agent, &setting) : status;
    dvfo_setting_free(&setting);
    return status;
}

/* ---- a group ---- */

static dvfo_status run_trial(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_trial *at,
                             const struct dvfo_trial *base)
{
    struct dvfo_trial trial = *base;
    char policy[DVFO_PATH_SIZE + 64], path[DVFO_PATH_SIZE], *inputs = NULL;
    dvfo_batch_policy(batch, at, policy);
    DVFO_TRY(dvfo_policy_find(ctx, policy, &trial.policy, &trial.policy_argument));
    DVFO_TRY(dvfo_trial_run(ctx, &trial));
    const struct dvfo_record record = dvfo_record_of(&trial, batch->plan[at->plan]->policies.entry[at->policy]);
    dvfo_batch_record_path(batch, at->sha256, path);
    DVFO_TRY(dvfo_batch_inputs(ctx, batch, at, &inputs));
    const dvfo_status status = dvfo_record_save(ctx, &record, inputs, NULL, at->sha256, path);
    free(inputs);
    return status;
}

void dvfo_batch_keep_failure(struct dvfo_batch *batch, size_t trial, const struct dvfo_ctx *inner)
{
    struct dvfo_batch_failure *failure = &batch->failure[trial];
    snprintf(failure->message, sizeof failure->message, "%.*s", DVFO_BATCH_MESSAGE - 1, inner->message);
    failure->failed = true;
}

bool dvfo_batch_is_there(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial)
{
    char path[DVFO_PATH_SIZE];
    dvfo_batch_record_path(batch, trial->sha256, path);
    return trial->state == DVFO_BATCH_THERE || dvfo_record_load(NULL, path, trial->sha256, NULL) == DVFO_RECORD_WHOLE;
}

static bool all_there(const struct dvfo_batch *batch, const struct dvfo_batch_group *group)
{
    for (size_t i = group->first; i < group->first + group->count; i++) {
        if (!dvfo_batch_is_there(batch, &batch->trial[i])) {
            return false;
        }
    }
    return true;
}

/* One after the other; who fails lets the next one go on. */
static dvfo_status run_trials(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_group *group,
                              const struct dvfo_trial *base)
{
    for (size_t i = group->first; i < group->first + group->count; i++) {
        const struct dvfo_batch_trial *at = &batch->trial[i];
        struct dvfo_ctx inner = {.stop = ctx->stop};
        const bool untrained = at->agent != DVFO_BATCH_NONE && batch->agent[at->agent].state == DVFO_BATCH_FAILED;
        if (untrained || dvfo_batch_is_there(batch, at)) {
            continue;
        }
        const dvfo_status status = run_trial(&inner, batch, at, base);
        if (status == DVFO_INTERRUPTED) {
            return dvfo_fail(ctx, status, "%s", inner.message);
        }
        if (status != DVFO_OK) {
            dvfo_batch_keep_failure(batch, i, &inner);
        }
        __atomic_fetch_add(&batch->shared->trials, 1, __ATOMIC_RELAXED);
    }
    return DVFO_OK;
}

static dvfo_status load_and_run(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_group *group,
                                struct dvfo_setting *setting)
{
    struct dvfo_trial base;
    struct dvfo_scenario *scenario = NULL;
    DVFO_TRY(dvfo_setting_load(ctx, setting));
    DVFO_TRY(dvfo_setting_trial(ctx, setting, 0, &base));
    DVFO_TRY(dvfo_scenario_create(ctx, &base.scenario, &scenario));
    base.made = scenario;
    base.stop = ctx->stop;
    const dvfo_status status = run_trials(ctx, batch, group, &base);
    dvfo_scenario_free(scenario);
    return status;
}

dvfo_status dvfo_batch_run_group(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_group *group)
{
    const struct dvfo_batch_trial *first = &batch->trial[group->first];
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    struct dvfo_setting setting = dvfo_setting_default();
    char seed[24];
    if (all_there(batch, group)) {
        return DVFO_OK;
    }
    const size_t count = dvfo_batch_options(batch->plan[first->plan], first->point, dvfo_batch_agent_def(batch, first),
                                            first->seed, seed, option);
    dvfo_status status = set_options(ctx, &setting, option, count);
    setting.policies = "edge-only"; /* each trial finds its own */
    status = status == DVFO_OK ? load_and_run(ctx, batch, group, &setting) : status;
    dvfo_setting_free(&setting);
    return status;
}
