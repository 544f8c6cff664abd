/* DynaSplit (May, Tundo, Ilager, Brandic 2024): offline, the settings that no other beats in latency and energy;
 * online, of these the one that meets the latency limit with least energy, or the fastest when none does.
 *
 * A setting is a placement (the device alone, a cut after any layer, the encoded input) and a level of each clock out
 * of DVFO's. The paper searches for one link with NSGA-III; here the search is exhaustive and there is a set for each
 * of many rates, so that online the set is that of the link as it was seen last. A link that isn't used is probed:
 * policies/probing.h.
 *
 * Without an argument the limit is the one that serves the policy best: out of the latencies in the set, that of the
 * setting of least planned cost, Eq. (9). */
#include <math.h>
#include <string.h>

#include "policies/pareto.h"
#include "policies/probing.h"
#include "policies/rates.h"
#include "policies/search.h"
#include "sim/base/text.h"
#include "sim/base/units.h"

enum { RATES = 41 };

static const struct dvfo_rates rates = {.lowest_bps = 10e3, .per_decade = 8, .count = RATES}; /* up to 1 Gbit/s */

/* Settings that nothing dominates. */
struct set {
    struct dvfo_pareto_point *at; /* (n) owned */
    size_t n;
    double limit_s; /* latency to meet */
};

struct dynasplit {
    struct dvfo_scenario *scenario;
    struct dvfo_level_choice clocks;
    struct dvfo_placements placements; /* owned; EDGE is 0 */
    double limit_s;                    /* given by the user; 0: of each set what costs least */
    struct set all[RATES];             /* to choose from */
    struct set sending[RATES];         /* to probe with */
    struct dvfo_probing probing;
};

static size_t combinations_of(const struct dvfo_level_choice *clocks)
{
    return (size_t)clocks->count[DVFO_CPU] * (size_t)clocks->count[DVFO_GPU] * (size_t)clocks->count[DVFO_MEM];
}

/* Actions are numbered: placements, and for each the clocks, memory fastest. */
static struct dvfo_decision decision_of(const struct dynasplit *state, size_t action)
{
    const struct dvfo_level_choice *clocks = &state->clocks;
    const size_t combinations = combinations_of(clocks), combination = action % combinations;
    const size_t gpus = (size_t)clocks->count[DVFO_GPU], mems = (size_t)clocks->count[DVFO_MEM];
    struct dvfo_decision decision = state->placements.at[action / combinations];
    decision.level[DVFO_CPU] = clocks->level[DVFO_CPU][combination / (gpus * mems)];
    decision.level[DVFO_GPU] = clocks->level[DVFO_GPU][combination / mems % gpus];
    decision.level[DVFO_MEM] = clocks->level[DVFO_MEM][combination % mems];
    return decision;
}

/* --- offline --- */

/* What the sets are made from. */
struct drafts {
    size_t actions, on_device;        /* all; those of the device alone come first */
    struct dvfo_plan_parts *parts;    /* (actions) */
    struct dvfo_pareto_point *device; /* (device_kept) of the device alone, the same at every rate */
    size_t device_kept;
    struct dvfo_pareto_point *scratch; /* (actions) */
};

static void drafts_free(struct drafts *drafts)
{
    free(drafts->scratch);
    free(drafts->device);
    free(drafts->parts);
}

/* Plans of actions first.. to the end of `n` of them. */
static void plan_actions(const struct dynasplit *state, const struct drafts *drafts, size_t first, size_t n,
                         double rate_bps, struct dvfo_pareto_point *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct dvfo_plan_parts *parts = &drafts->parts[first + i];
        const double send_s = DVFO_BITS_PER_BYTE * parts->payload_byte / rate_bps;
        const struct dvfo_plan plan = dvfo_plan_finish(state->scenario, parts, send_s);
        out[i] = (struct dvfo_pareto_point){plan.latency_s, plan.energy_j, first + i};
    }
}

static dvfo_status drafts_make(struct dvfo_ctx *ctx, const struct dynasplit *state, struct drafts *drafts)
{
    drafts->on_device = combinations_of(&state->clocks);
    drafts->actions = (size_t)state->placements.count * drafts->on_device;
    drafts->parts = calloc(drafts->actions, sizeof *drafts->parts);
    drafts->scratch = calloc(drafts->actions, sizeof *drafts->scratch);
    drafts->device = calloc(drafts->on_device, sizeof *drafts->device);
    if (drafts->parts == NULL || drafts->scratch == NULL || drafts->device == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t action = 0; action < drafts->actions; action++) {
        const struct dvfo_decision decision = decision_of(state, action);
        drafts->parts[action] = dvfo_plan_parts_of(state->scenario, &decision);
    }
    const double unused_bps = 1.0;
    plan_actions(state, drafts, 0, drafts->on_device, unused_bps, drafts->device);
    drafts->device_kept = dvfo_pareto_keep(drafts->device, drafts->on_device);
    return DVFO_OK;
}

static double latency_of_least_cost_s(const struct dynasplit *state, const struct set *set)
{
    double least_j = INFINITY, latency_s = 0.0;
    for (size_t i = 0; i < set->n; i++) {
        const double cost_j = dvfo_scenario_cost_j(state->scenario, set->at[i].energy_j, set->at[i].latency_s);
        if (cost_j < least_j) {
            least_j = cost_j;
            latency_s = set->at[i].latency_s;
        }
    }
    return latency_s;
}

static dvfo_status set_make(struct dvfo_ctx *ctx, const struct dynasplit *state, const struct dvfo_pareto_point *kept,
                            size_t n, struct set *set)
{
    set->at = malloc(n * sizeof *set->at);
    if (set->at == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(set->at, kept, n * sizeof *set->at);
    set->n = n;
    set->limit_s = state->limit_s > 0.0 ? state->limit_s : latency_of_least_cost_s(state, set);
    return DVFO_OK;
}

/* The sets of one rate. Nothing dominates out of all what nothing dominates out of what each kind has kept. */
static dvfo_status make_sets(struct dvfo_ctx *ctx, struct dynasplit *state, const struct drafts *drafts, int rate)
{
    struct dvfo_pareto_point *kept = drafts->scratch;
    const size_t sending = drafts->actions - drafts->on_device;
    plan_actions(state, drafts, drafts->on_device, sending, dvfo_rates_at(&rates, rate), kept);
    const size_t n = dvfo_pareto_keep(kept, sending);
    DVFO_TRY(set_make(ctx, state, kept, n, &state->sending[rate]));
    memcpy(kept + n, drafts->device, drafts->device_kept * sizeof *kept);
    return set_make(ctx, state, kept, dvfo_pareto_keep(kept, n + drafts->device_kept), &state->all[rate]);
}

static dvfo_status search(struct dvfo_ctx *ctx, struct dynasplit *state)
{
    struct drafts drafts = {0};
    dvfo_status status = drafts_make(ctx, state, &drafts);
    for (int rate = 0; rate < RATES && status == DVFO_OK; rate++) {
        status = make_sets(ctx, state, &drafts, rate);
    }
    drafts_free(&drafts);
    return status;
}

static dvfo_status read_limit(struct dvfo_ctx *ctx, const char *argument, double *limit_s)
{
    if (argument == NULL) {
        return DVFO_OK;
    }
    if (!dvfo_text_number(argument, NULL, limit_s) || *limit_s <= 0.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "dynasplit's latency limit is '%s', expected seconds above 0, e.g. 0.05",
                         argument);
    }
    return DVFO_OK;
}

static void release(void *block)
{
    struct dynasplit *state = block;
    for (int rate = 0; rate < RATES; rate++) {
        free(state->all[rate].at);
        free(state->sending[rate].at);
        state->all[rate] = state->sending[rate] = (struct set){0};
    }
    dvfo_placements_free(&state->placements);
}

static dvfo_status init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct dynasplit *state = block;
    DVFO_TRY(read_limit(ctx, setup->argument, &state->limit_s));
    state->scenario = setup->scenario;
    state->clocks = dvfo_level_choice_of_agents(setup->board);
    state->probing = dvfo_probing_start();
    DVFO_TRY(dvfo_placements_create(ctx, setup->scenario, DVFO_WITH_CUTS | DVFO_WITH_CLOUD, &state->placements));
    const dvfo_status status = search(ctx, state);
    if (status != DVFO_OK) {
        release(state);
    }
    return status;
}

/* --- online --- */

static struct dvfo_decision pick(const struct dynasplit *state, const struct set *set)
{
    return decision_of(state, dvfo_pareto_pick(set->at, set->n, set->limit_s)->action);
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct dynasplit *state = block;
    const int rate = dvfo_rates_nearest(&rates, dvfo_probing_rate_bps(&state->probing, seen));
    *decision = pick(state, &state->all[rate]);
    if (dvfo_probing_is_due(&state->probing, decision->place == DVFO_PLACE_EDGE)) {
        *decision = pick(state, &state->sending[rate]);
    }
}

static void learn(void *block, const struct dvfo_outcome *outcome)
{
    struct dynasplit *state = block;
    dvfo_probing_learn(&state->probing, state->scenario, outcome);
}

const struct dvfo_policy_type dvfo_policy_dynasplit = {
    .name = "dynasplit",
    .summary = "device, layer cut or encoded input: least energy within :SECONDS (default: the limit that costs least)",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct dynasplit),
    .init = init,
    .decide = decide,
    .learn = learn,
    .release = release,
};
