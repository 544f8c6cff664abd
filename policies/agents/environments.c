#include "policies/agents/environments.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "policies/agents/teaching.h"
#include "policies/governed.h"
#include "sim/base/random.h"
#include "sim/simulation.h"

enum { CHOSEN = 'x', GOVERNED = '-' }; /* domain by domain, as the argument of a policy */

struct environment {
    struct dvfo_trial trial; /* the simulation borrows it */
    struct dvfo_simulation *sim;
    struct dvfo_stretch_of_link link;
    size_t index; /* of its condition */
    struct dvfo_condition condition;
    struct dvfo_view view;
    struct dvfo_observation seen;
    struct dvfo_simulation_sums sums; /* at the last decision */
    bool taught;
};

struct dvfo_environments {
    struct dvfo_environments_def def;
    struct environment *at;        /* (count) */
    float *observation;            /* (count, DVFO_VIEW_INPUTS) */
    char clocks[DVFO_DOMAINS + 1]; /* who has them */
    struct dvfo_teacher teacher;
};

/* ---- policies that don't decide: the environment does ---- */

/* Governors for the clocks that an agent leaves to them. */
static dvfo_status prepare_governors(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    struct dvfo_governed *governed = state;
    (void)ctx;
    dvfo_governed_prepare(governed, setup->board, DVFO_CPU_SCHEDUTIL);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        governed->leaves[d] = setup->argument[d] == CHOSEN;
    }
    return DVFO_OK;
}

static double tick(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    return dvfo_governed_tick(state, seen, level);
}

static const struct dvfo_policy_type free_clocks = {.name = "outside", .summary = "decided from outside"};

static const struct dvfo_policy_type governed_clocks = {
    .name = "outside-governed",
    .summary = "decided from outside, some clocks by governors",
    .state_size = sizeof(struct dvfo_governed),
    .init = prepare_governors,
    .tick = tick,
};

/* ---- life ---- */

dvfo_status dvfo_environments_create(struct dvfo_ctx *ctx, const struct dvfo_environments_def *def,
                                     struct dvfo_environments **out)
{
    *out = NULL;
    DVFO_REQUIRE(def->count > 0 && def->episode > 0 && def->twins > 0 && def->count % def->twins == 0);
    struct dvfo_environments *environments = calloc(1, sizeof *environments);
    if (environments == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    environments->def = *def;
    environments->teacher = dvfo_teacher_of(&def->space->def, def->episode);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        environments->clocks[d] = def->space->def.chooses[d] ? CHOSEN : GOVERNED;
    }
    environments->at = calloc((size_t)def->count, sizeof *environments->at);
    environments->observation = calloc((size_t)def->count * DVFO_VIEW_INPUTS, sizeof *environments->observation);
    if (environments->at == NULL || environments->observation == NULL) {
        dvfo_environments_free(environments);
        return dvfo_fail_no_memory(ctx);
    }
    *out = environments;
    return DVFO_OK;
}

static void end_episode(struct environment *at)
{
    dvfo_simulation_free(at->sim);
    dvfo_trace_free(at->link.drawn);
    at->sim = NULL;
    at->link = (struct dvfo_stretch_of_link){0};
}

void dvfo_environments_free(struct dvfo_environments *environments)
{
    if (environments == NULL) {
        return;
    }
    for (long e = 0; environments->at != NULL && e < environments->def.count; e++) {
        end_episode(&environments->at[e]);
    }
    free(environments->observation);
    free(environments->at);
    free(environments);
}

/* ---- episodes ---- */

static struct dvfo_trial trial_of(const struct dvfo_environments *environments, const struct environment *at,
                                  uint64_t seed)
{
    const struct dvfo_environments_def *def = &environments->def;
    struct dvfo_trial trial = *def->conditions->def.base;
    const struct dvfo_clock_domain *cpu = &trial.scenario.board->clock[DVFO_CPU];
    trial.policy = def->space->def.governed ? &governed_clocks : &free_clocks;
    trial.policy_argument = environments->clocks;
    trial.workload.requests = LONG_MAX; /* the episode ends by decisions */
    trial.trace = at->link.trace;
    trial.trace_from_s = at->link.from_s;
    trial.made = at->condition.scenario;
    trial.scenario = *dvfo_scenario_def_of(at->condition.scenario);
    trial.seed = seed;
    trial.part = DVFO_PART_VALIDATION; /* agents never see the inputs that trials are judged by */
    if (trial.decision_own) {
        trial.decision_s = def->decision_cycles / cpu->level_hz[cpu->level_count - 1];
    }
    trial.probe = NULL;
    trial.stop = NULL;
    return trial;
}

static dvfo_status show(struct dvfo_ctx *ctx, struct dvfo_environments *environments, long e)
{
    struct environment *at = &environments->at[e];
    if (!dvfo_simulation_advance(at->sim, &at->seen)) {
        return dvfo_fail_no_memory(ctx); /* nothing else ends a simulation without a last request */
    }
    dvfo_view_look(&at->view, &at->seen, environments->observation + e * DVFO_VIEW_INPUTS);
    return DVFO_OK;
}

/* All environments of a network share its scenario; costs are those of whoever uses it. */
static void weigh(struct environment *at)
{
    const double lambda = dvfo_scenario_def_of(at->condition.scenario)->lambda;
    dvfo_scenario_weigh(at->condition.scenario, at->condition.yardstick.eta, lambda);
}

static void let_teach(struct dvfo_environments *environments, struct environment *at)
{
    at->taught = dvfo_teacher_enter(&environments->teacher, &at->trial);
    if (at->taught) {
        weigh(at);
    }
}

static dvfo_status begin(struct dvfo_ctx *ctx, struct dvfo_environments *environments, long e, uint64_t episode,
                         long taught)
{
    const struct dvfo_environments_def *def = &environments->def;
    struct environment *at = &environments->at[e];
    const long draws = def->count / def->twins; /* twins lie far apart, for neighbours explore alike */
    const uint64_t number = episode * (uint64_t)draws + (uint64_t)(e % draws);
    const uint64_t seed = dvfo_random_seed(def->seed, number, def->judging ? "judging" : "episode");
    end_episode(at);
    at->index = (size_t)(number % def->conditions->count);
    at->condition = dvfo_condition_at(def->conditions, at->index);
    const double length_s = (double)def->episode * at->condition.yardstick.latency_s;
    DVFO_TRY(dvfo_conditions_draw(ctx, def->conditions, at->condition.link, length_s, seed, def->judging, &at->link));
    at->trial = trial_of(environments, at, seed);
    at->taught = false;
    if (dvfo_teaching_reaches(def->count, taught, e, episode)) {
        let_teach(environments, at);
    }
    const struct dvfo_policy_setup setup = {.board = at->trial.scenario.board,
                                            .network = at->trial.scenario.network,
                                            .eta = at->condition.yardstick.eta,
                                            .lambda = at->trial.scenario.lambda};
    dvfo_view_begin(&at->view, &setup);
    at->sums = (struct dvfo_simulation_sums){0};
    DVFO_TRY(dvfo_simulation_create(ctx, &at->trial, at->condition.scenario, &at->sim));
    return show(ctx, environments, e);
}

dvfo_status dvfo_environments_begin_taught(struct dvfo_ctx *ctx, struct dvfo_environments *environments,
                                           uint64_t episode, long taught)
{
    DVFO_REQUIRE(taught == 0 || !environments->def.judging);
    for (long e = 0; e < environments->def.count; e++) {
        DVFO_TRY(begin(ctx, environments, e, episode, taught));
    }
    return DVFO_OK;
}

dvfo_status dvfo_environments_begin(struct dvfo_ctx *ctx, struct dvfo_environments *environments, uint64_t episode)
{
    return dvfo_environments_begin_taught(ctx, environments, episode, 0);
}

bool dvfo_environments_ask(struct dvfo_environments *environments, long e, int *choice)
{
    struct environment *at = &environments->at[e];
    struct dvfo_decision decision;
    if (!at->taught) {
        return false;
    }
    weigh(at);
    dvfo_simulation_ask(at->sim, &decision);
    DVFO_REQUIRE(dvfo_action_space_choose(environments->def.space, &decision, choice) && "a choice of the agent's");
    return true;
}

const float *dvfo_environments_observation(const struct dvfo_environments *environments)
{
    return environments->observation;
}

/* ---- steps ---- */

static struct dvfo_stretch stretch_between(const struct environment *at, const struct dvfo_simulation_sums *now,
                                           const struct dvfo_observation *before)
{
    struct dvfo_stretch stretch = {
        .finished = now->finished - at->sums.finished,
        .energy_j = now->energy_j - at->sums.energy_j,
        .latency_s = now->latency_s - at->sums.latency_s,
        .time_s = at->seen.time_s - before->time_s,
        .temperature_c = at->seen.temperature_c,
        .trip_c = at->trial.scenario.board->thermal.trip_c.value,
    };
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        stretch.busy[d] = (at->seen.busy_s[d] - before->busy_s[d]) / fmax(stretch.time_s, 1e-12);
    }
    return stretch;
}

dvfo_status dvfo_environments_step(struct dvfo_ctx *ctx, struct dvfo_environments *environments, long e,
                                   const int *choice, struct dvfo_step_result *result)
{
    struct environment *at = &environments->at[e];
    const struct dvfo_observation before = at->seen;
    struct dvfo_decision decision = {.place = DVFO_PLACE_EDGE};
    memcpy(decision.level, before.asked, sizeof decision.level);
    dvfo_action_space_decide(environments->def.space, choice, &decision);
    dvfo_simulation_decide(at->sim, &decision);
    DVFO_TRY(show(ctx, environments, e));
    const struct dvfo_simulation_sums now = dvfo_simulation_sums_of(at->sim);
    const struct dvfo_stretch stretch = stretch_between(at, &now, &before);
    *result = dvfo_step_result_of(&environments->def.reward, &at->condition.yardstick, &stretch, &decision, &now.last,
                                  now.trace_s - at->sums.trace_s);
    at->sums = now;
    return DVFO_OK;
}

size_t dvfo_environments_condition(const struct dvfo_environments *environments, long e)
{
    return environments->at[e].index;
}

const struct dvfo_trace *dvfo_environments_trace(const struct dvfo_environments *environments, long e, double *from_s)
{
    *from_s = environments->at[e].link.from_s;
    return environments->at[e].link.trace;
}
