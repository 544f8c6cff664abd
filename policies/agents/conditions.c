#include "policies/agents/conditions.h"

#include <math.h>
#include <string.h>

#include "policies/common.h"
#include "sim/base/random.h"
#include "sim/plan.h"
#include "sim/simulation.h"

#define KEPT_ASIDE 0.2     /* of a recording, for judging */
#define LONGER_THAN_S 30.0 /* drawn traces outlast the episode by as much: a last transfer may meet an outage */

static dvfo_status open_link(struct dvfo_ctx *ctx, struct dvfo_conditions *conditions, size_t link)
{
    const char *spec = conditions->def.link[link];
    static const char prefix[] = "model:";
    if (strncmp(spec, prefix, strlen(prefix)) == 0) {
        return dvfo_generator_find(ctx, spec + strlen(prefix), &conditions->generator[link]);
    }
    return dvfo_trace_open(ctx, spec, NULL, 1, &conditions->trace[link]);
}

static dvfo_status make_scenario(struct dvfo_ctx *ctx, struct dvfo_conditions *conditions, size_t network)
{
    struct dvfo_scenario_def def = conditions->def.base->scenario;
    def.network = conditions->def.network[network];
    DVFO_TRY(dvfo_scenario_create(ctx, &def, &conditions->scenario[network]));
    struct dvfo_decision edge = {.place = DVFO_PLACE_EDGE};
    dvfo_policy_top_clocks(def.board, edge.level);
    const struct dvfo_plan_link unused = {.rate_bps = 1.0};
    const struct dvfo_plan plan = dvfo_plan_request(conditions->scenario[network], &edge, &unused);
    conditions->edge_s[network] = plan.latency_s;
    conditions->edge_j[network] = plan.energy_j;
    return DVFO_OK;
}

dvfo_status dvfo_conditions_create(struct dvfo_ctx *ctx, const struct dvfo_conditions_def *def,
                                   struct dvfo_conditions **out)
{
    *out = NULL;
    DVFO_REQUIRE(def->networks > 0 && def->etas > 0 && def->links > 0);
    struct dvfo_conditions *conditions = calloc(1, sizeof *conditions);
    if (conditions == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    conditions->def = *def;
    conditions->count = def->networks * def->etas * def->links;
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < def->links && status == DVFO_OK; i++) {
        status = open_link(ctx, conditions, i);
    }
    for (size_t i = 0; i < def->networks && status == DVFO_OK; i++) {
        status = make_scenario(ctx, conditions, i);
    }
    if (status != DVFO_OK) {
        dvfo_conditions_free(conditions);
        return status;
    }
    *out = conditions;
    return DVFO_OK;
}

void dvfo_conditions_free(struct dvfo_conditions *conditions)
{
    if (conditions != NULL) {
        for (size_t i = 0; i < DVFO_CONDITIONS_MAX; i++) {
            dvfo_scenario_free(conditions->scenario[i]);
            dvfo_trace_free(conditions->trace[i]);
        }
        free(conditions);
    }
}

struct dvfo_condition dvfo_condition_at(const struct dvfo_conditions *conditions, size_t i)
{
    const struct dvfo_conditions_def *def = &conditions->def;
    struct dvfo_condition at = {
        .link = i % def->links, .eta = i / def->links % def->etas, .network = i / def->links / def->etas};
    const struct dvfo_scenario_def *scenario = dvfo_scenario_def_of(conditions->scenario[at.network]);
    at.scenario = conditions->scenario[at.network];
    at.yardstick = (struct dvfo_yardstick){.eta = def->eta[at.eta],
                                           .p_max_w = scenario->p_max_w,
                                           .energy_j = conditions->edge_j[at.network],
                                           .latency_s = conditions->edge_s[at.network]};
    at.yardstick.cost_j = at.yardstick.eta * at.yardstick.energy_j +
                          (1.0 - at.yardstick.eta) * at.yardstick.p_max_w * at.yardstick.latency_s; /* Eq. (9) */
    return at;
}

/* Somewhere in the part of a recording that is for learning, or for judging, and early enough for all of the episode.
 */
static double start_in(const struct dvfo_trace *trace, double length_s, uint64_t seed, bool judging)
{
    const double way = (double)(dvfo_random_seed(seed, 0, "start") >> 11) * 0x1p-53;
    const double part_s = (judging ? KEPT_ASIDE : 1.0 - KEPT_ASIDE) * trace->period_s;
    return (judging ? (1.0 - KEPT_ASIDE) * trace->period_s : 0.0) + way * fmax(part_s - length_s, 0.0);
}

dvfo_status dvfo_conditions_draw(struct dvfo_ctx *ctx, const struct dvfo_conditions *conditions, size_t link,
                                 double length_s, uint64_t seed, bool judging, struct dvfo_stretch_of_link *out)
{
    *out = (struct dvfo_stretch_of_link){.trace = conditions->trace[link]};
    if (out->trace != NULL) {
        out->from_s = out->trace->n > 1 ? start_in(out->trace, length_s, seed, judging) : 0.0;
        return DVFO_OK;
    }
    const uint64_t draw = dvfo_random_seed(seed, link, judging ? "judging" : "learning");
    DVFO_TRY(dvfo_generator_draw(ctx, conditions->generator[link], conditions->def.link[link], length_s + LONGER_THAN_S,
                                 draw, &out->drawn));
    out->trace = out->drawn;
    return DVFO_OK;
}
