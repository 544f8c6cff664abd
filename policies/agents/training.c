#include "policies/agents/training.h"

#include <math.h>
#include <string.h>

#include "policies/agents/environments.h"
#include "policies/agents/teaching.h"
#include "policies/policies.h"

struct dvfo_training {
    struct dvfo_agent *agent;
    const struct dvfo_conditions *conditions;
    struct dvfo_environments *learning, *judging;
    long judges;          /* environments that judge: each condition as often */
    uint64_t owed;        /* decisions since the last update that was due */
    float *before;        /* (environments, inputs) */
    unsigned *spared;     /* (environments) */
    int *choice;          /* (the more of both, branches) */
    double *cost_of;      /* (conditions) */
    double *reference_of; /* (conditions) of the reference; NULL: none */
    struct dvfo_branching_pass *judging_pass;
};

/* Judges are as many as a batch holds, but each condition has at least one. */
static long count_judges(const struct dvfo_agent *agent, const struct dvfo_conditions *conditions)
{
    const long batch = agent->def.learner.environments, n = (long)conditions->count;
    return n >= batch ? n : batch / n * n;
}

/* All conditions have one lambda, one profile and one floor, so one mask serves acting, exploring and targets. */
static dvfo_status restrict_shares(struct dvfo_ctx *ctx, const struct dvfo_training *training)
{
    struct dvfo_agent *agent = training->agent;
    const struct dvfo_conditions *conditions = training->conditions;
    const unsigned forbidden = dvfo_scenario_floor(conditions->scenario[0])->forbidden_shares;
    for (size_t i = 1; i < conditions->def.networks; i++) {
        DVFO_REQUIRE(dvfo_scenario_floor(conditions->scenario[i])->forbidden_shares == forbidden);
    }
    agent->accuracy = dvfo_agent_accuracy_of(&conditions->def.base->scenario);
    DVFO_TRY(dvfo_action_space_restrict(ctx, &agent->space, forbidden, agent->learner->q->network));
    return dvfo_action_space_restrict(ctx, &agent->space, forbidden, agent->learner->q->target);
}

static dvfo_status create_parts(struct dvfo_ctx *ctx, struct dvfo_training *training)
{
    const struct dvfo_agent *agent = training->agent;
    const struct dvfo_agent_def *def = &agent->def;
    const long most = training->judges > def->learner.environments ? training->judges : def->learner.environments;
    if (def->learner.environments % def->training.twins != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an agent's environments are %ld, expected a multiple of its %ld twins",
                         def->learner.environments, def->training.twins);
    }
    struct dvfo_environments_def environments = {
        .conditions = training->conditions,
        .space = &agent->space,
        .reward = def->reward,
        .count = def->learner.environments,
        .twins = def->training.twins,
        .decision_cycles = dvfo_agent_decision_cycles(agent->learner->q->network),
        .episode = def->training.episode,
        .seed = def->learner.seed,
    };
    DVFO_TRY(dvfo_teaching_check(ctx, def, training->conditions));
    DVFO_TRY(restrict_shares(ctx, training));
    DVFO_TRY(dvfo_environments_create(ctx, &environments, &training->learning));
    environments.judging = true;
    environments.twins = 1;
    environments.count = training->judges;
    environments.episode = def->training.evaluate_episode;
    environments.seed = 1; /* all agents are judged on the same draws */
    DVFO_TRY(dvfo_environments_create(ctx, &environments, &training->judging));
    DVFO_TRY(
        dvfo_branching_pass_create(ctx, agent->learner->q->network, training->judges, false, &training->judging_pass));
    training->before = calloc((size_t)def->learner.environments * DVFO_VIEW_INPUTS, sizeof *training->before);
    training->choice = calloc((size_t)(most * agent->space.branches), sizeof *training->choice);
    training->spared = calloc((size_t)def->learner.environments, sizeof *training->spared);
    training->cost_of = calloc(training->conditions->count, sizeof *training->cost_of);
    return training->before != NULL && training->spared != NULL && training->choice != NULL && training->cost_of != NULL
               ? DVFO_OK
               : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_training_create(struct dvfo_ctx *ctx, struct dvfo_agent *agent,
                                 const struct dvfo_conditions *conditions, struct dvfo_training **out)
{
    *out = NULL;
    struct dvfo_training *training = calloc(1, sizeof *training);
    if (training == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    training->agent = agent;
    training->conditions = conditions;
    training->judges = count_judges(agent, conditions);
    const dvfo_status status = create_parts(ctx, training);
    if (status != DVFO_OK) {
        dvfo_training_free(training);
        return status;
    }
    *out = training;
    return DVFO_OK;
}

void dvfo_training_free(struct dvfo_training *training)
{
    if (training != NULL) {
        dvfo_environments_free(training->learning);
        dvfo_environments_free(training->judging);
        dvfo_branching_pass_free(training->judging_pass);
        free(training->before);
        free(training->spared);
        free(training->choice);
        free(training->cost_of);
        free(training->reference_of);
        free(training);
    }
}

bool dvfo_training_is_done(const struct dvfo_training *training)
{
    return training->agent->steps >= training->agent->def.training.steps;
}

/* ---- learning ---- */

/* Sums over a round. */
struct sums {
    double reward, loss;
    uint64_t updates;
};

/* A demonstration is no trial: all that counted learns from it. */
static void ask_teachers(struct dvfo_training *training)
{
    const struct dvfo_agent *agent = training->agent;
    for (long e = 0; e < agent->def.learner.environments; e++) {
        int *choice = training->choice + e * agent->space.branches;
        if (dvfo_environments_ask(training->learning, e, choice)) {
            training->spared[e] = 0;
        }
    }
}

/* All environments make a step; what they show now is where the next one begins. */
static dvfo_status step_all(struct dvfo_ctx *ctx, struct dvfo_training *training, bool last, struct sums *sums)
{
    struct dvfo_agent *agent = training->agent;
    struct dvfo_q_learner *learner = agent->learner;
    const long N = agent->def.learner.environments, D = agent->space.branches;
    const float *shown = dvfo_environments_observation(training->learning);
    memcpy(training->before, shown, (size_t)(N * DVFO_VIEW_INPUTS) * sizeof *shown);
    dvfo_q_learner_explore(learner, N, shown, training->choice, training->spared);
    ask_teachers(training);
    for (long e = 0; e < N; e++) {
        struct dvfo_step_result result;
        const int *choice = training->choice + e * D;
        DVFO_TRY(dvfo_environments_step(ctx, training->learning, e, choice, &result));
        const struct dvfo_experience experience = {
            .before = training->before + e * DVFO_VIEW_INPUTS,
            .after = shown + e * DVFO_VIEW_INPUTS,
            .choice = choice,
            .tried = training->spared[e],
            .result = &result,
            .ended = last,
        };
        dvfo_agent_remember(agent, e, &experience);
        sums->reward += result.reward;
    }
    return DVFO_OK;
}

static dvfo_status update_as_due(struct dvfo_ctx *ctx, struct dvfo_training *training, struct sums *sums)
{
    const struct dvfo_agent *agent = training->agent;
    const uint64_t every = (uint64_t)agent->def.training.update_every;
    training->owed += (uint64_t)agent->def.learner.environments;
    if (!dvfo_q_learner_is_ready(agent->learner)) {
        training->owed = 0;
        return DVFO_OK;
    }
    for (; training->owed >= every; training->owed -= every) {
        struct dvfo_double_q_report report;
        DVFO_TRY(dvfo_q_learner_update(ctx, agent->learner, &report));
        sums->loss += report.loss;
        sums->updates++;
    }
    return DVFO_OK;
}

dvfo_status dvfo_training_round(struct dvfo_ctx *ctx, struct dvfo_training *training, struct dvfo_training_round *round)
{
    struct dvfo_agent *agent = training->agent;
    const long episode = agent->def.training.episode;
    struct sums sums = {0};
    training->owed = 0; /* so that a round is the same whether it follows another or a file */
    const long taught = dvfo_teaching_count(&agent->def.training, agent->def.learner.environments, agent->steps);
    DVFO_TRY(dvfo_environments_begin_taught(ctx, training->learning, agent->episodes, taught));
    for (long i = 0; i < episode; i++) {
        DVFO_TRY(step_all(ctx, training, i + 1 == episode, &sums));
        DVFO_TRY(update_as_due(ctx, training, &sums));
    }
    *round = (struct dvfo_training_round){.decisions = (uint64_t)(episode * agent->def.learner.environments),
                                          .updates = sums.updates,
                                          .loss = sums.updates > 0 ? sums.loss / (double)sums.updates : (double)NAN};
    round->reward = sums.reward / (double)round->decisions;
    agent->steps += round->decisions;
    agent->episodes++;
    return DVFO_OK;
}

/* ---- judging ---- */

/* Sums over the judges of each condition become means per request. */
static struct dvfo_training_look summary(struct dvfo_training *training, double reward)
{
    const size_t conditions = training->conditions->count;
    const double requests =
        (double)(training->judges / (long)conditions * training->agent->def.training.evaluate_episode);
    struct dvfo_training_look look = {.reward = reward, .conditions = conditions, .cost_of = training->cost_of};
    for (size_t c = 0; c < conditions; c++) {
        training->cost_of[c] /= requests;
        look.cost += training->cost_of[c] / (double)conditions;
        look.regret += training->reference_of == NULL
                           ? (double)NAN
                           : (training->cost_of[c] / training->reference_of[c] - 1.0) / (double)conditions;
    }
    return look;
}

/* What the reference pays per request on the stretch of link of one judge, in costs of edge-only. */
static dvfo_status run_reference(struct dvfo_ctx *ctx, const struct dvfo_training *training, long judge, double *cost)
{
    const struct dvfo_condition at =
        dvfo_condition_at(training->conditions, dvfo_environments_condition(training->judging, judge));
    struct dvfo_trial trial = *training->conditions->def.base;
    trial.trace = dvfo_environments_trace(training->judging, judge, &trial.trace_from_s);
    const bool generated = strcmp(trial.trace->format, "model") == 0 || strcmp(trial.trace->format, "const") == 0;
    trial.policy = generated ? &dvfo_policy_oracle_informed : &dvfo_policy_oracle_dvfo;
    trial.policy_argument = dvfo_action_space_reference(&training->agent->def.actions);
    trial.scenario = *dvfo_scenario_def_of(at.scenario);
    trial.scenario.eta = at.yardstick.eta;
    trial.workload.requests = training->agent->def.training.evaluate_episode;
    trial.part = DVFO_PART_VALIDATION;
    trial.decision_s = trial.decision_share = 0.0;
    trial.made = at.scenario;
    dvfo_scenario_weigh(at.scenario, at.yardstick.eta, trial.scenario.lambda);
    DVFO_TRY(dvfo_trial_run(ctx, &trial));
    *cost = trial.results.cost_j / at.yardstick.cost_j;
    return DVFO_OK;
}

dvfo_status dvfo_training_refer(struct dvfo_ctx *ctx, struct dvfo_training *training)
{
    const size_t conditions = training->conditions->count;
    double *sum = calloc(conditions, sizeof *sum);
    if (sum == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_environments_begin(ctx, training->judging, 0);
    for (long e = 0; e < training->judges && status == DVFO_OK; e++) {
        double cost = 0.0;
        status = run_reference(ctx, training, e, &cost);
        sum[dvfo_environments_condition(training->judging, e)] += cost * (double)conditions / (double)training->judges;
    }
    if (status != DVFO_OK) {
        free(sum);
        return status;
    }
    free(training->reference_of);
    training->reference_of = sum;
    return DVFO_OK;
}

dvfo_status dvfo_training_look(struct dvfo_ctx *ctx, struct dvfo_training *training, struct dvfo_training_look *look)
{
    const struct dvfo_agent *agent = training->agent;
    const struct dvfo_q_learner *learner = agent->learner;
    const struct dvfo_branching *net = learner->def.averaged ? learner->q->target : learner->q->network;
    const long episode = agent->def.training.evaluate_episode, D = agent->space.branches;
    const float *shown = dvfo_environments_observation(training->judging);
    double reward = 0.0;
    memset(training->cost_of, 0, training->conditions->count * sizeof *training->cost_of);
    DVFO_TRY(dvfo_environments_begin(ctx, training->judging, 0));
    for (long i = 0; i < episode; i++) {
        dvfo_branching_forward(net, training->judges, shown, training->judging_pass);
        for (long e = 0; e < training->judges; e++) {
            struct dvfo_step_result result;
            int *choice = training->choice + e * D;
            dvfo_branching_greedy(net, training->judging_pass->q + e * net->actions, choice);
            DVFO_TRY(dvfo_environments_step(ctx, training->judging, e, choice, &result));
            training->cost_of[dvfo_environments_condition(training->judging, e)] += result.cost;
            reward += result.reward;
        }
    }
    *look = summary(training, reward / (double)(training->judges * episode));
    return DVFO_OK;
}
