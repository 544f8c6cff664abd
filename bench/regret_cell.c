/* What is done for a regret table, in processes of its own: train one agent, judge one cell. */
#include <math.h>
#include <string.h>

#include "bench/lesson.h"
#include "bench/regret.h"
#include "policies/agents/agent_file.h"
#include "policies/fixed_best.h"
#include "policies/policies.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

enum { FIRST_DRAW = 1000 /* seeds of the draws that judge: far from those of training */ };

static dvfo_status world_trial(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, struct dvfo_regret_world at,
                               struct dvfo_trial *trial)
{
    DVFO_TRY(dvfo_setting_world(ctx, &regret->def.setting, at.board, at.network, trial));
    trial->stop = ctx->stop;
    return DVFO_OK;
}

/* ---- an agent ---- */

dvfo_status dvfo_regret_train(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t agent)
{
    const size_t seeds = (size_t)regret->def.seeds;
    const struct dvfo_regret_world at = dvfo_regret_world_of(regret, agent / seeds);
    char path[DVFO_PATH_SIZE];
    struct dvfo_trial base;
    struct dvfo_agent *trained = NULL;
    struct dvfo_lesson lesson = {.def = regret->agent, .conditions = {.base = &base, .networks = 1, .links = 1}};
    DVFO_TRY(dvfo_regret_agent_path(ctx, regret, agent, path));
    DVFO_TRY(world_trial(ctx, regret, at, &base));
    lesson.def.learner.seed = regret->def.setting.base.seed + agent % seeds;
    lesson.conditions.network[0] = regret->def.setting.network[at.network];
    lesson.conditions.link[0] = regret->links.entry[at.link];
    lesson.conditions.etas = regret->etas;
    memcpy(lesson.conditions.eta, regret->eta, regret->etas * sizeof regret->eta[0]);
    DVFO_TRY(dvfo_lesson_learn(ctx, &lesson, &trained, NULL));
    const dvfo_status status = dvfo_agent_save(ctx, trained, NULL, false, path);
    dvfo_agent_free(trained);
    return status;
}

/* ---- a cell ---- */

/* The draws of a cell and what runs over them. */
struct bed {
    const struct dvfo_regret *regret;
    struct dvfo_regret_world at;
    struct dvfo_trial trial; /* without policy and trace */
    struct dvfo_scenario *scenario;
    struct dvfo_conditions *conditions;
    size_t draws;
    struct dvfo_stretch_of_link draw[DVFO_REGRET_DRAWS];
    double edge_cost_j[DVFO_REGRET_DRAWS];
};

/* Of a generated link as many draws as asked for; else one: a constant never changes, and of a recording there is one
 * part that is kept aside. */
static dvfo_status draw_all(struct dvfo_ctx *ctx, struct bed *bed)
{
    const double length_s = (double)bed->trial.workload.requests * bed->conditions->edge_s[0];
    const size_t wanted = bed->conditions->generator[0] != NULL ? (size_t)bed->regret->def.draws : 1;
    for (; bed->draws < wanted; bed->draws++) {
        const uint64_t seed = dvfo_random_seed(FIRST_DRAW + bed->draws, 0, "test");
        DVFO_TRY(dvfo_conditions_draw(ctx, bed->conditions, 0, length_s, seed, true, &bed->draw[bed->draws]));
    }
    return DVFO_OK;
}

static dvfo_status make_bed(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t cell, struct bed *bed)
{
    const size_t eta = cell % regret->etas;
    bed->regret = regret;
    bed->at = dvfo_regret_world_of(regret, cell / regret->etas);
    DVFO_TRY(world_trial(ctx, regret, bed->at, &bed->trial));
    bed->trial.scenario.eta = regret->eta[eta];
    const struct dvfo_conditions_def def = {.base = &bed->trial,
                                            .networks = 1,
                                            .etas = 1,
                                            .links = 1,
                                            .network = {bed->trial.scenario.network},
                                            .eta = {regret->eta[eta]},
                                            .link = {regret->links.entry[bed->at.link]}};
    DVFO_TRY(dvfo_conditions_create(ctx, &def, &bed->conditions));
    DVFO_TRY(dvfo_scenario_create(ctx, &bed->trial.scenario, &bed->scenario));
    bed->trial.made = bed->scenario;
    return draw_all(ctx, bed);
}

static void free_bed(struct bed *bed)
{
    for (size_t k = 0; k < bed->draws; k++) {
        dvfo_trace_free(bed->draw[k].drawn);
    }
    dvfo_scenario_free(bed->scenario);
    dvfo_conditions_free(bed->conditions);
}

/* Cost of a policy over one draw [J]. All policies meet the same requests, arrivals and link. */
static dvfo_status run_draw(struct dvfo_ctx *ctx, const struct bed *bed, const char *spec, size_t k, double *cost_j)
{
    struct dvfo_trial trial = bed->trial;
    DVFO_TRY(dvfo_policy_find(ctx, spec, &trial.policy, &trial.policy_argument));
    trial.trace = bed->draw[k].trace;
    trial.trace_from_s = bed->draw[k].from_s;
    trial.seed = FIRST_DRAW;
    trial.index = k;
    DVFO_TRY(dvfo_trial_run(ctx, &trial));
    *cost_j = trial.results.cost_j;
    return DVFO_OK;
}

/* Mean over the draws, in costs of edge-only on the same. */
static dvfo_status run_policy(struct dvfo_ctx *ctx, const struct bed *bed, const char *spec, double *cost)
{
    *cost = 0.0;
    for (size_t k = 0; k < bed->draws; k++) {
        double cost_j = 0.0;
        DVFO_TRY(run_draw(ctx, bed, spec, k, &cost_j));
        *cost += cost_j / bed->edge_cost_j[k] / (double)bed->draws;
    }
    return DVFO_OK;
}

/* A reference that is as free as the agents: may they send the encoded input, it may. */
static dvfo_status run_reference(struct dvfo_ctx *ctx, const struct bed *bed, const char *name, double *cost)
{
    const char *argument = dvfo_action_space_reference(&bed->regret->agent.actions);
    char spec[64];
    snprintf(spec, sizeof spec, "%s%s%s", name, argument == NULL ? "" : ":", argument == NULL ? "" : argument);
    return run_policy(ctx, bed, spec, cost);
}

/* A setting as the policy fixed reads it. */
static void write_setting(const struct dvfo_board *board, const struct dvfo_decision *setting, char *spec, size_t size)
{
    const int tenths = setting->place == DVFO_PLACE_EDGE ? 0 : setting->share_tenths;
    double mhz[DVFO_DOMAINS];
    char place[8] = "input";
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        mhz[d] = board->clock[d].level_hz[setting->level[d]] / DVFO_HZ_PER_MHZ;
    }
    if (setting->place != DVFO_PLACE_CLOUD) {
        snprintf(place, sizeof place, "%d%%", 10 * tenths);
    }
    snprintf(spec, size, "fixed:%.6f/%.6f/%.6f/%s", mhz[DVFO_CPU], mhz[DVFO_GPU], mhz[DVFO_MEM], place);
}

/* One setting for all draws. */
static dvfo_status run_fixed(struct dvfo_ctx *ctx, const struct bed *bed, double *cost)
{
    const struct dvfo_board *board = bed->trial.scenario.board;
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(board);
    const bool paired = bed->trial.paired && bed->trial.workload.arrivals == DVFO_CLOSED;
    const double stride_s = paired ? bed->conditions->edge_s[0] : (double)NAN;
    const struct dvfo_trace *traces[DVFO_REGRET_DRAWS];
    struct dvfo_decision best;
    char spec[128];
    for (size_t k = 0; k < bed->draws; k++) {
        traces[k] = bed->draw[k].trace;
    }
    DVFO_TRY(dvfo_fixed_best_choose(ctx, bed->scenario, &choice,
                                    dvfo_action_space_placements(&bed->regret->agent.actions), traces, bed->draws,
                                    stride_s, bed->draw[0].from_s, bed->trial.workload.requests, &best, NULL));
    write_setting(board, &best, spec, sizeof spec);
    return run_policy(ctx, bed, spec, cost);
}

static dvfo_status run_agent(struct dvfo_ctx *ctx, const struct bed *bed, size_t agent, double *cost)
{
    char path[DVFO_PATH_SIZE], spec[DVFO_PATH_SIZE + DVFO_AGENT_NAME + 1];
    DVFO_TRY(dvfo_regret_agent_path(ctx, bed->regret, agent, path));
    snprintf(spec, sizeof spec, "%s:%s", bed->regret->agent.policy, path);
    return run_policy(ctx, bed, spec, cost);
}

static dvfo_status run_all(struct dvfo_ctx *ctx, struct bed *bed, size_t cell, struct dvfo_regret_cell *out)
{
    const struct dvfo_regret *regret = bed->regret;
    const size_t seeds = (size_t)regret->def.seeds;
    for (size_t k = 0; k < bed->draws; k++) {
        DVFO_TRY(run_draw(ctx, bed, "edge-only", k, &bed->edge_cost_j[k]));
    }
    DVFO_TRY(run_fixed(ctx, bed, &out->fixed));
    const char *format = bed->draw[0].trace->format;
    out->informed = (double)NAN;
    if (strcmp(format, "model") == 0 || strcmp(format, "const") == 0) {
        DVFO_TRY(run_reference(ctx, bed, "oracle-informed", &out->informed));
    }
    DVFO_TRY(run_reference(ctx, bed, "oracle-dvfo", &out->oracle));
    DVFO_TRY(run_policy(ctx, bed, "edge-best", &out->edge_best));
    for (size_t s = 0; s < seeds; s++) {
        DVFO_TRY(run_agent(ctx, bed, cell / regret->etas * seeds + s, &out->agent[s]));
    }
    for (size_t r = 0; r < regret->rivals.count; r++) {
        DVFO_TRY(run_policy(ctx, bed, regret->rivals.entry[r], &out->rival[r]));
    }
    out->draws = (long)bed->draws;
    out->known = true;
    return DVFO_OK;
}

dvfo_status dvfo_regret_judge(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t cell,
                              struct dvfo_regret_cell *out)
{
    struct bed bed = {0};
    dvfo_status status = make_bed(ctx, regret, cell, &bed);
    if (status == DVFO_OK) {
        status = run_all(ctx, &bed, cell, out);
    }
    free_bed(&bed);
    return status;
}

/* One request each, over the first world's first draw. */
dvfo_status dvfo_regret_try_rivals(struct dvfo_ctx *ctx, const struct dvfo_regret *regret)
{
    struct bed bed = {0};
    dvfo_status status = make_bed(ctx, regret, 0, &bed);
    bed.trial.workload.requests = 1;
    for (size_t r = 0; r < regret->rivals.count && status == DVFO_OK; r++) {
        double cost_j = 0.0;
        status = run_draw(ctx, &bed, regret->rivals.entry[r], 0, &cost_j);
    }
    free_bed(&bed);
    return status;
}
