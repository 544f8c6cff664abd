#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "policies/pareto.h"
#include "policies/rates.h"
#include "policies/search.h"

/* --- points that nothing dominates --------------------------------------------------------------------------------
 */

static bool dominates(const struct dvfo_pareto_point *a, const struct dvfo_pareto_point *b)
{
    return a->latency_s <= b->latency_s && a->energy_j <= b->energy_j &&
           (a->latency_s < b->latency_s || a->energy_j < b->energy_j);
}

static bool is_equal(const struct dvfo_pareto_point *a, const struct dvfo_pareto_point *b)
{
    return a->latency_s == b->latency_s && a->energy_j == b->energy_j;
}

/* The definition, point by point: nothing dominates it, and no equal one has a lower action. */
static bool belongs(const struct dvfo_pareto_point all[], size_t n, const struct dvfo_pareto_point *point)
{
    for (size_t i = 0; i < n; i++) {
        if (dominates(&all[i], point) || (is_equal(&all[i], point) && all[i].action < point->action)) {
            return false;
        }
    }
    return true;
}

/* Whether `kept` is what belongs of `all`, each once, by latency. */
static bool is_pareto_set(const struct dvfo_pareto_point all[], size_t n, const struct dvfo_pareto_point kept[],
                          size_t kept_n)
{
    size_t belonging = 0;
    for (size_t i = 0; i < n; i++) {
        belonging += belongs(all, n, &all[i]);
    }
    for (size_t i = 0; i < kept_n; i++) {
        if (!belongs(all, n, &kept[i]) || (i > 0 && kept[i].latency_s <= kept[i - 1].latency_s)) {
            return false;
        }
    }
    return belonging == kept_n;
}

Test(pareto, of_points_made_by_hand_it_keeps_those_that_no_other_beats_in_both)
{
    struct dvfo_pareto_point at[] = {
        {3.0, 1.0, 0}, /* kept: least energy */
        {1.0, 5.0, 1}, /* kept: fastest */
        {1.0, 6.0, 2}, /* as fast as 1, more energy */
        {2.0, 5.0, 3}, /* as much energy as 1, slower */
        {2.0, 2.0, 5}, /* equal to 4, which has the lower action */
        {2.0, 2.0, 4}, /* kept */
        {2.5, 3.0, 6}, /* 4 beats it in both */
        {9.0, 1.0, 7}, /* as much energy as 0, slower */
    };
    static const size_t expected[] = {1, 4, 0};
    cr_assert(dvfo_pareto_keep(at, sizeof at / sizeof at[0]) == 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect(at[i].action == expected[i], "place %zu: %zu", i, at[i].action);
    }
    cr_expect(dvfo_pareto_keep(at, 1) == 1, "a point alone");
    cr_expect(dvfo_pareto_keep(at, 0) == 0, "none");
}

enum { POINTS = 300 };

/* Few distinct values, so that ties of all kinds occur. */
static void scatter(uint32_t *state, unsigned values, struct dvfo_pareto_point at[POINTS])
{
    for (size_t i = 0; i < POINTS; i++) {
        *state = *state * 1664525u + 1013904223u;
        at[i].latency_s = (*state >> 16) % values;
        *state = *state * 1664525u + 1013904223u;
        at[i].energy_j = (*state >> 16) % values;
        at[i].action = i;
    }
}

Test(pareto, it_agrees_with_the_definition_and_the_comparison_sees_planted_errors)
{
    uint32_t state = 7;
    for (unsigned round = 0; round < 60; round++) {
        struct dvfo_pareto_point all[POINTS], kept[POINTS];
        scatter(&state, 5 + 10 * round, all);
        memcpy(kept, all, sizeof all);
        const size_t n = dvfo_pareto_keep(kept, POINTS);
        cr_expect(is_pareto_set(all, POINTS, kept, n), "round %u", round);
        cr_expect(!is_pareto_set(all, POINTS, kept, n - 1), "one is missing");
        kept[n - 1].energy_j += 0.5; /* no longer a point of its own: dominated by what it was */
        cr_expect(!is_pareto_set(all, POINTS, kept, n), "one is dominated");
    }
}

Test(pareto, the_pick_is_the_last_within_the_limit_and_the_fastest_when_none_is)
{
    static const struct dvfo_pareto_point at[] = {{1.0, 5.0, 0}, {2.0, 2.0, 1}, {3.0, 1.0, 2}};
    static const struct {
        double limit_s;
        size_t action;
    } rows[] = {{0.5, 0}, {1.0, 0}, {1.9, 0}, {2.0, 1}, {2.9, 1}, {3.0, 2}, {INFINITY, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_pareto_pick(at, 3, rows[i].limit_s)->action == rows[i].action, "limit %g", rows[i].limit_s);
    }
}

Test(rates, the_nearest_entry_is_nearest_on_the_logarithmic_scale)
{
    const struct dvfo_rates rates = {.lowest_bps = 1e3, .per_decade = 2, .count = 5}; /* 1, 3.16, 10, 31.6, 100 kbps */
    cr_expect_float_eq(dvfo_rates_at(&rates, 1), 3162.2776601683795, 1e-9);
    static const struct {
        double rate_bps;
        int nearest;
    } rows[] = {{0.0, 0}, {1.0, 0}, {1.77e3, 0}, {1.79e3, 1}, {5.6e3, 1}, {5.7e3, 2}, {1e5, 4}, {1e12, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_rates_nearest(&rates, rows[i].rate_bps) == rows[i].nearest, "%g bit/s", rows[i].rate_bps);
    }
}

/* --- the policy ----------------------------------------------------------------------------------------------------
 */

/* A scenario, the policy in it, and the space that it searches, planned naively. */
struct world {
    struct dvfo_ctx ctx;
    struct fixture fixture;
    struct dvfo_scenario *scenario;
    struct dvfo_placements placements;
    struct dvfo_level_choice clocks;
    const struct dvfo_policy_type *policy;
    void *state;
};

static void open_policy(struct world *w, const char *limit)
{
    const struct dvfo_policy_setup setup = {
        .board = w->fixture.board, .network = w->fixture.network, .scenario = w->scenario, .argument = limit};
    w->state = calloc(1, w->policy->state_size);
    cr_assert(w->policy->init(&w->ctx, w->state, &setup) == DVFO_OK, "%s", w->ctx.message);
}

static void close_policy(struct world *w)
{
    w->policy->release(w->state);
    free(w->state);
    w->state = NULL;
}

static void open_world(struct world *w, const char *board, const char *network)
{
    *w = (struct world){.policy = &dvfo_policy_dynasplit};
    cr_assert(fixture_init(&w->ctx, &w->fixture, board, network, "const:5Mbps"), "%s", w->ctx.message);
    const struct dvfo_trial trial = fixture_trial(&w->fixture, w->policy, 1);
    cr_assert(dvfo_scenario_create(&w->ctx, &trial.scenario, &w->scenario) == DVFO_OK, "%s", w->ctx.message);
    cr_assert(dvfo_placements_create(&w->ctx, w->scenario, DVFO_WITH_CUTS | DVFO_WITH_CLOUD, &w->placements) ==
              DVFO_OK);
    w->clocks = dvfo_level_choice_of_agents(w->fixture.board);
}

static void close_world(struct world *w)
{
    dvfo_placements_free(&w->placements);
    dvfo_scenario_free(w->scenario);
    fixture_free(&w->fixture);
}

/* Decision at a rate, when no probe is due. */
static struct dvfo_decision decide_at(struct world *w, double rate_bps)
{
    const struct dvfo_observation seen = {.bandwidth_bps = rate_bps, .transfers = 1};
    struct dvfo_decision decision;
    w->policy->decide(w->state, &seen, &decision); /* the first may be a probe */
    w->policy->decide(w->state, &seen, &decision);
    return decision;
}

/* What the naive search finds: least energy within the limit, the fastest, and the least cost of each placement. */
struct found {
    double least_energy_j, fastest_s, least_cost_j, edge_cost_j, cloud_cost_j;
};

static struct found search_naively(struct world *w, double rate_bps, double limit_s)
{
    struct found found = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
    const struct dvfo_plan_link link = {.rate_bps = rate_bps};
    for (int p = 0; p < w->placements.count; p++) {
        struct dvfo_decision tried = w->placements.at[p];
        for (int c = 0; c < w->clocks.count[DVFO_CPU]; c++) {
            for (int g = 0; g < w->clocks.count[DVFO_GPU]; g++) {
                for (int m = 0; m < w->clocks.count[DVFO_MEM]; m++) {
                    tried.level[DVFO_CPU] = w->clocks.level[DVFO_CPU][c];
                    tried.level[DVFO_GPU] = w->clocks.level[DVFO_GPU][g];
                    tried.level[DVFO_MEM] = w->clocks.level[DVFO_MEM][m];
                    const struct dvfo_plan plan = dvfo_plan_request(w->scenario, &tried, &link);
                    const double within_j = plan.latency_s <= limit_s ? plan.energy_j : INFINITY;
                    double *const of_place_j =
                        tried.place == DVFO_PLACE_EDGE ? &found.edge_cost_j : &found.cloud_cost_j;
                    *of_place_j = tried.place == DVFO_PLACE_LAYER ? *of_place_j : fmin(*of_place_j, plan.cost_j);
                    found.least_energy_j = fmin(found.least_energy_j, within_j);
                    found.fastest_s = fmin(found.fastest_s, plan.latency_s);
                    found.least_cost_j = fmin(found.least_cost_j, plan.cost_j);
                }
            }
        }
    }
    return found;
}

static const double grid_bps[] = {10e3, 1e6, 10e6,
                                  100e6}; /* on the policy's own grid: eight per decade from 10 kbit/s */

Test(dynasplit, picks_the_least_energy_within_a_limit_and_the_fastest_when_nothing_is)
{
    struct world w;
    open_world(&w, "jetson-nano", "resnet-18");
    static const char *const limits[] = {"0.000001", "0.03", "0.08", "2"};
    int missed = 0, met = 0;
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        open_policy(&w, limits[l]);
        for (size_t r = 0; r < sizeof grid_bps / sizeof grid_bps[0]; r++) {
            const struct found found = search_naively(&w, grid_bps[r], atof(limits[l]));
            const struct dvfo_decision decision = decide_at(&w, grid_bps[r]);
            const struct dvfo_plan_link link = {.rate_bps = grid_bps[r]};
            const struct dvfo_plan plan = dvfo_plan_request(w.scenario, &decision, &link);
            const bool possible = isfinite(found.least_energy_j);
            met += possible;
            missed += !possible;
            cr_expect(possible ? fabs(plan.energy_j / found.least_energy_j - 1.0) < 1e-9
                               : fabs(plan.latency_s / found.fastest_s - 1.0) < 1e-9,
                      "limit %s s at %g bit/s: %g J, %g s", limits[l], grid_bps[r], plan.energy_j, plan.latency_s);
        }
        close_policy(&w);
    }
    cr_expect(met > 4 && missed > 4, "both cases occur: %d met, %d missed", met, missed);
    close_world(&w);
}

Test(dynasplit, left_alone_it_costs_least_of_its_space_never_more_than_device_or_cloud)
{
    static const char *const networks[] = {"resnet-18", "mobilenet-v2"};
    for (size_t n = 0; n < sizeof networks / sizeof networks[0]; n++) {
        struct world w;
        open_world(&w, "xavier-nx", networks[n]);
        open_policy(&w, NULL);
        for (size_t r = 0; r < sizeof grid_bps / sizeof grid_bps[0]; r++) {
            const struct found found = search_naively(&w, grid_bps[r], 0.0);
            const struct dvfo_decision decision = decide_at(&w, grid_bps[r]);
            const struct dvfo_plan_link link = {.rate_bps = grid_bps[r]};
            const double cost_j = dvfo_plan_request(w.scenario, &decision, &link).cost_j;
            cr_expect(fabs(cost_j / found.least_cost_j - 1.0) < 1e-9, "%s at %g bit/s: %g J, least %g J", networks[n],
                      grid_bps[r], cost_j, found.least_cost_j);
            cr_expect(cost_j <= found.edge_cost_j * (1.0 + 1e-9) && cost_j <= found.cloud_cost_j * (1.0 + 1e-9));
        }
        close_policy(&w);
        close_world(&w);
    }
}

Test(dynasplit, stays_on_the_device_on_a_poor_link_and_probes_it_ever_more_rarely)
{
    struct world w;
    open_world(&w, "jetson-tx2", "resnet-18");
    open_policy(&w, NULL);
    const struct dvfo_observation seen = {.bandwidth_bps = 20e3, .transfers = 1};
    static const int probes[] = {0, 17, 50, 115}; /* waits of 0, 16, 32, 64 on the device */
    size_t next = 0;
    for (int i = 0; i < 200; i++) {
        struct dvfo_decision decision;
        w.policy->decide(w.state, &seen, &decision);
        const bool expected = next < sizeof probes / sizeof probes[0] && i == probes[next];
        next += expected;
        cr_expect((decision.place != DVFO_PLACE_EDGE) == expected, "request %d", i);
    }
    close_policy(&w);
    close_world(&w);
}

Test(dynasplit, a_timeout_is_news_of_the_link_until_a_newer_transfer)
{
    struct world w;
    open_world(&w, "jetson-tx2", "vit-b16");
    open_policy(&w, NULL);
    const struct dvfo_decision sent = decide_at(&w, 100e6);
    cr_assert(sent.place != DVFO_PLACE_EDGE, "100 Mbit/s is worth sending");
    const struct dvfo_outcome late = {.decision = sent, .timed_out = true};
    w.policy->learn(w.state, &late);
    cr_expect(decide_at(&w, 100e6).place == DVFO_PLACE_EDGE);
    const struct dvfo_observation newer = {.bandwidth_bps = 100e6, .transfers = 2};
    struct dvfo_decision again;
    w.policy->decide(w.state, &newer, &again);
    cr_expect(again.place == sent.place);
    close_policy(&w);
    close_world(&w);
}

Test(dynasplit, a_limit_that_is_none_is_told)
{
    struct world w;
    open_world(&w, "jetson-tx2", "resnet-18");
    static const char *const wrong[] = {"0", "-0.1", "fast", "0.1s", "nan", "inf"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *state = calloc(1, w.policy->state_size);
        const struct dvfo_policy_setup setup = {.board = w.fixture.board, .scenario = w.scenario, .argument = wrong[i]};
        cr_expect(w.policy->init(&w.ctx, state, &setup) == DVFO_BAD_INPUT, "%s", wrong[i]);
        cr_expect(strstr(w.ctx.message, "expected seconds above 0") != NULL, "%s", w.ctx.message);
        free(state);
    }
    close_world(&w);
}
