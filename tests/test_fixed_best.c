#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "policies/fixed_best.h"
#include "policies/link_paths.h"
#include "policies/mean_search.h"
#include "policies/placements.h"
#include "policies/policies.h"
#include "sim/plan.h"
#include "traces/generator.h"

/* --- fixed:CPU/GPU/MEM/SHARE --- */

static dvfo_status fixed_decision(struct dvfo_ctx *ctx, const char *spec, struct dvfo_decision *out)
{
    struct dvfo_board *board = NULL;
    cr_assert(dvfo_board_load(ctx, "jetson-tx2", &board) == DVFO_OK, "%s", ctx->message);
    const struct dvfo_policy_type *policy = NULL;
    struct dvfo_policy_setup setup = {.board = board};
    cr_assert(dvfo_policy_find(ctx, spec, &policy, &setup.argument) == DVFO_OK);
    void *state = calloc(1, policy->state_size);
    const dvfo_status status = policy->init(ctx, state, &setup);
    if (status == DVFO_OK) {
        const struct dvfo_observation seen = {.request = 0};
        policy->decide(state, &seen, out);
    }
    free(state);
    dvfo_board_free(board);
    return status;
}

Test(fixed, reads_clocks_as_people_write_them_and_shares_as_fraction_or_per_cent)
{
    static const struct {
        const char *spec;
        int level[DVFO_DOMAINS], share_tenths;
    } rows[] = {
        {"fixed:max/max/max/0", {11, 12, 10}, 0},         {"fixed:2035/1300/1866/0.3", {11, 12, 10}, 3},
        {"fixed:2035.2/1300.5/1062/30%", {11, 12, 7}, 3}, {"fixed:345.6/115/40.8/1", {0, 0, 0}, 10},
        {"fixed:960/max/68/100%", {4, 12, 1}, 10},        {"fixed:960/854/68/0%", {4, 7, 1}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_decision decision = {0};
        cr_assert(fixed_decision(&ctx, rows[i].spec, &decision) == DVFO_OK, "%s", ctx.message);
        cr_expect(memcmp(decision.level, rows[i].level, sizeof decision.level) == 0, "%s", rows[i].spec);
        cr_expect(decision.share_tenths == rows[i].share_tenths, "%s", rows[i].spec);
        cr_expect(decision.place == (rows[i].share_tenths == 0 ? DVFO_PLACE_EDGE : DVFO_PLACE_SPLIT));
    }
}

Test(fixed, sends_the_encoded_input_when_told)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_decision decision = {0};
    cr_assert(fixed_decision(&ctx, "fixed:960/max/68/input", &decision) == DVFO_OK, "%s", ctx.message);
    cr_expect(decision.place == DVFO_PLACE_CLOUD && decision.level[DVFO_CPU] == 4 && decision.level[DVFO_GPU] == 12);
}

Test(fixed, tells_what_was_found_and_what_is_nearest)
{
    static const struct {
        const char *spec, *message;
    } rows[] = {
        {"fixed", "policy 'fixed' needs a setting: CPU/GPU/MEM/SHARE, clocks in MHz or max, as "
                  "fixed:max/1109/1600/0.3"},
        {"fixed:2000/max/max/0", "fixed: 2000 MHz is no cpu clock of jetson-tx2, the nearest are 1881.6 and 2035.2"},
        {"fixed:max/1400/max/0", "fixed: 1400 MHz is no gpu clock of jetson-tx2, the nearest is 1300.5"},
        {"fixed:max/max/7/0", "fixed: 7 MHz is no mem clock of jetson-tx2, the nearest is 40.8"},
        {"fixed:max/top/max/0", "fixed: the gpu clock is 'top', expected MHz or max"},
        {"fixed:max/max/max/0.35", "fixed: the share is '0.35', expected whole tenths; the nearest are 0.3 and 0.4"},
        {"fixed:max/max/max/30", "fixed: the share is '30', expected 0 to 1, or 0% to 100%"},
        {"fixed:max/max/max/half", "fixed: the share is 'half', expected 0, 0.1, ... 1, per cent, or input"},
        {"fixed:max/max/0.3", "fixed: found 'max/max/0.3', expected CPU/GPU/MEM/SHARE, clocks in MHz or max, as "
                              "fixed:max/1109/1600/0.3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_decision decision;
        cr_expect(fixed_decision(&ctx, rows[i].spec, &decision) == DVFO_BAD_INPUT, "%s", rows[i].spec);
        cr_expect_str_eq(ctx.message, rows[i].message);
    }
}

/* --- fixed-best --- */

enum { TRACES = 3, REQUESTS = 40 };

#define STRIDE_S 0.11

/* A scenario, three links, one of them with an outage longer than the timeout. */
struct bench {
    struct dvfo_ctx ctx;
    struct fixture world;
    struct dvfo_trace *trace[TRACES];
    struct dvfo_scenario *scenario;
    struct dvfo_level_choice choice;
    int kinds; /* placements besides EDGE */
};

static void bench_open(struct bench *b, const char *network, dvfo_composition composition, int levels)
{
    static const double start_s[] = {0.0, 0.4, 0.5, 0.9, 1.5, 1.6, 2.5},
                        rate_bps[] = {40e6, 3e6, 200e6, 800e3, 0.0, 12e6, 0.0};
    *b = (struct bench){.kinds = DVFO_WITH_SHARES};
    cr_assert(fixture_init(&b->ctx, &b->world, "jetson-tx2", network, "const:5Mbps"), "%s", b->ctx.message);
    cr_assert(dvfo_trace_create(&b->ctx, "test", "test", 7, start_s, rate_bps, 4.0, &b->trace[0]) == DVFO_OK);
    cr_assert(dvfo_trace_open(&b->ctx, "model:wifi", NULL, 1, &b->trace[1]) == DVFO_OK);
    cr_assert(dvfo_trace_open(&b->ctx, "model:5g-up", NULL, 2, &b->trace[2]) == DVFO_OK);
    struct dvfo_scenario_def def = fixture_trial(&b->world, NULL, 1).scenario;
    def.composition = composition;
    def.timeout_s = 1.0;
    cr_assert(dvfo_scenario_create(&b->ctx, &def, &b->scenario) == DVFO_OK, "%s", b->ctx.message);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        b->choice.count[d] = dvfo_scenario_agent_levels(b->world.board, (dvfo_domain)d, levels, b->choice.level[d]);
    }
}

static void bench_close(struct bench *b)
{
    dvfo_scenario_free(b->scenario);
    for (int k = 0; k < TRACES; k++) {
        dvfo_trace_free(b->trace[k]);
    }
    fixture_free(&b->world);
}

/* One way to ask. */
struct question {
    int traces; /* the first so many */
    double stride_s, from_s;
    long requests;
};

static double request_start_s(const struct question *q, const struct dvfo_trace *trace, long i, long n)
{
    return q->from_s +
           (isnan(q->stride_s) ? (double)i / (double)n * trace->period_s : (double)(i * q->requests / n) * q->stride_s);
}

static double plain_mean_j(struct bench *b, const struct question *q, const struct dvfo_decision *decision)
{
    const long n = q->requests < DVFO_FIXED_BEST_MOST ? q->requests : DVFO_FIXED_BEST_MOST;
    double sum_j = 0.0;
    for (int k = 0; k < q->traces; k++) {
        for (long i = 0; i < n; i++) {
            const struct dvfo_plan_link link = {.trace = b->trace[k], .start_s = request_start_s(q, b->trace[k], i, n)};
            sum_j += dvfo_plan_request(b->scenario, decision, &link).cost_j;
        }
    }
    return sum_j / (double)(n * q->traces);
}

/* The plain double loop. */
static double choose_plainly(struct bench *b, const struct question *q, struct dvfo_decision *out)
{
    const struct dvfo_level_choice *choice = &b->choice;
    const int placements = DVFO_SHARES + ((b->kinds & DVFO_WITH_CLOUD) != 0);
    double least_j = INFINITY;
    for (int p = 0; p < placements; p++) {
        struct dvfo_decision tried = {.place = DVFO_PLACE_CLOUD};
        if (p < DVFO_SHARES) {
            dvfo_policy_place_share(&tried, p);
        }
        for (int c = 0; c < choice->count[DVFO_CPU]; c++) {
            for (int g = 0; g < choice->count[DVFO_GPU]; g++) {
                for (int m = 0; m < choice->count[DVFO_MEM]; m++) {
                    tried.level[DVFO_CPU] = choice->level[DVFO_CPU][c];
                    tried.level[DVFO_GPU] = choice->level[DVFO_GPU][g];
                    tried.level[DVFO_MEM] = choice->level[DVFO_MEM][m];
                    const double mean_j = plain_mean_j(b, q, &tried);
                    if (mean_j < least_j) {
                        least_j = mean_j;
                        *out = tried;
                    }
                }
            }
        }
    }
    return least_j;
}

static double choose(struct bench *b, const struct question *q, struct dvfo_decision *out)
{
    double mean_j = NAN;
    const struct dvfo_trace *const traces[TRACES] = {b->trace[0], b->trace[1], b->trace[2]};
    cr_assert(dvfo_fixed_best_choose(&b->ctx, b->scenario, &b->choice, b->kinds, traces, (size_t)q->traces, q->stride_s,
                                     q->from_s, q->requests, out, &mean_j) == DVFO_OK);
    return mean_j;
}

/* Whether the search's answer to one question is the plain loop's to another. */
static bool agree(struct bench *b, const struct question *asked, const struct question *plainly, int *share_tenths)
{
    struct dvfo_decision fast, plain;
    const double fast_j = choose(b, asked, &fast), plain_j = choose_plainly(b, plainly, &plain);
    *share_tenths = fast.place == DVFO_PLACE_EDGE ? 0 : fast.share_tenths;
    return fast_j == plain_j && fast.place == plain.place && memcmp(fast.level, plain.level, sizeof fast.level) == 0 &&
           (fast.place != DVFO_PLACE_SPLIT || fast.share_tenths == plain.share_tenths);
}

Test(fixed_best, equals_the_plain_double_loop_for_both_compositions_over_one_trace_and_several)
{
    static const struct question questions[] = {
        {1, STRIDE_S, 0.0, REQUESTS}, {3, STRIDE_S, 0.7, REQUESTS}, {3, (double)NAN, 0.0, REQUESTS}, {2, 0.5, 0.0, 1}};
    static const char *const networks[] = {"resnet-18", "vit-b16"}; /* one better alone, one better sent */
    int sent = 0;
    for (int k = 0; k < 4; k++) {
        struct bench b;
        bench_open(&b, networks[k / 2], k % 2 == 0 ? DVFO_PARALLEL : DVFO_SERIAL, 3);
        for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
            int share_tenths = 0;
            cr_expect(agree(&b, &questions[i], &questions[i], &share_tenths), "world %d, question %zu", k, i);
            sent += share_tenths > 0;
        }
        bench_close(&b);
    }
    cr_expect(sent > 0 && sent < 16, "the questions should ask for both: %d of 16 sent", sent);
}

Test(fixed_best, equals_the_plain_double_loop_where_the_encoded_input_may_be_sent)
{
    static const char *const networks[] = {"resnet-18", "vit-b16"};
    int inputs = 0;
    for (int k = 0; k < 4; k++) {
        struct bench b;
        struct dvfo_decision best;
        const struct question q = {1 + k % 2, STRIDE_S, 0.0, REQUESTS};
        int share_tenths = 0;
        bench_open(&b, networks[k / 2], DVFO_PARALLEL, 3);
        struct dvfo_trace *const outages = b.trace[0];
        b.trace[0] = b.trace[2];
        b.trace[2] = outages;
        const double without_j = choose(&b, &q, &best);
        b.kinds |= DVFO_WITH_CLOUD;
        cr_expect(choose(&b, &q, &best) <= without_j);
        cr_expect(agree(&b, &q, &q, &share_tenths), "world %d", k);
        inputs += best.place == DVFO_PLACE_CLOUD;
        bench_close(&b);
    }
    cr_expect(inputs > 0, "%d of 4 send the input", inputs);
}

static double path_send_s(const void *user, size_t i, double begin_s, double bits)
{
    return dvfo_link_paths_send_s(user, i, begin_s, bits);
}

static double plain_mean_over_links_j(struct bench *b, const struct dvfo_links *links,
                                      const struct dvfo_decision *decision)
{
    const struct dvfo_plan_parts parts = dvfo_plan_parts_of(b->scenario, decision);
    double sum_j = 0.0;
    for (size_t k = 0; k < links->count; k++) {
        const double send_s =
            parts.sends ? links->send_s(links->user, k, parts.begin_s, 8.0 * parts.payload_byte) : 0.0;
        sum_j += dvfo_plan_finish(b->scenario, &parts, send_s).cost_j;
    }
    return sum_j / (double)links->count;
}

Test(mean_search, no_action_has_a_lower_mean_over_futures_some_of_which_never_end_a_transfer)
{
    enum { PATHS = 12 };
    struct bench b;
    bench_open(&b, "vit-b16", DVFO_PARALLEL, 4);
    const struct dvfo_generator *generator = NULL;
    cr_assert(dvfo_generator_find(&b.ctx, "wifi", &generator) == DVFO_OK);
    const struct dvfo_link_belief belief = dvfo_link_belief_of(generator);
    struct dvfo_link_paths *paths = NULL;
    struct dvfo_mean_search *search = NULL;
    cr_assert(dvfo_mean_search_create(&b.ctx, b.scenario, &b.choice, DVFO_WITH_SHARES, INFINITY, &search) == DVFO_OK);
    int sent = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        cr_assert(dvfo_link_paths_create(&b.ctx, seed, PATHS, 2, &paths) == DVFO_OK);
        dvfo_link_paths_begin(paths, &belief, 0.4 * (double)seed);
        const struct dvfo_links links = {paths, PATHS, path_send_s};
        struct dvfo_decision best;
        const double least_j = dvfo_mean_search_best(search, &links, &best);
        sent += best.place != DVFO_PLACE_EDGE;
        cr_expect(least_j == plain_mean_over_links_j(&b, &links, &best));
        for (int i = 0; i < DVFO_SHARES * 64; i++) {
            struct dvfo_decision tried = {0};
            dvfo_policy_place_share(&tried, i / 64);
            tried.level[DVFO_CPU] = b.choice.level[DVFO_CPU][i / 16 % 4];
            tried.level[DVFO_GPU] = b.choice.level[DVFO_GPU][i / 4 % 4];
            tried.level[DVFO_MEM] = b.choice.level[DVFO_MEM][i % 4];
            cr_expect(least_j <= plain_mean_over_links_j(&b, &links, &tried), "seed %d, action %d", (int)seed, i);
        }
        dvfo_link_paths_free(paths);
    }
    cr_expect(sent > 0 && sent < 20, "the futures should ask for both: %d of 20 sent", sent);
    dvfo_mean_search_free(search);
    bench_close(&b);
}

Test(fixed_best, of_many_requests_looks_at_a_thousand_evenly_spread)
{
    struct bench b;
    bench_open(&b, "vit-b16", DVFO_PARALLEL, 1);
    const struct question q = {1, STRIDE_S, 0.0, 2500};
    int share_tenths = 0;
    cr_expect(agree(&b, &q, &q, &share_tenths));
    bench_close(&b);
}

Test(fixed_best, the_comparison_sees_a_request_too_few_and_a_start_that_is_off)
{
    struct bench b;
    bench_open(&b, "vit-b16", DVFO_PARALLEL, 3);
    struct dvfo_trace *const outages = b.trace[0];
    b.trace[0] = b.trace[2]; /* links worth sending over, or all starts would cost the same */
    b.trace[2] = outages;
    const struct question q = {2, STRIDE_S, 0.0, REQUESTS}, fewer = {2, STRIDE_S, 0.0, REQUESTS - 1},
                          off = {2, STRIDE_S, 0.01, REQUESTS}, one = {1, STRIDE_S, 0.0, REQUESTS};
    int share_tenths = 0;
    cr_expect(agree(&b, &q, &q, &share_tenths) && share_tenths > 0);
    cr_expect(!agree(&b, &q, &fewer, &share_tenths));
    cr_expect(!agree(&b, &q, &off, &share_tenths));
    cr_expect(!agree(&b, &q, &one, &share_tenths));
    bench_close(&b);
}

Test(fixed_best, one_setting_for_all_traces_costs_no_less_than_each_traces_own)
{
    struct bench b;
    bench_open(&b, "vit-b16", DVFO_PARALLEL, DVFO_AGENT_LEVELS);
    const struct question all = {TRACES, STRIDE_S, 0.0, REQUESTS};
    struct dvfo_decision together, own;
    const double together_j = choose(&b, &all, &together);
    double own_j = 0.0;
    for (int k = 0; k < TRACES; k++) {
        const struct dvfo_trace *const trace = b.trace[k];
        double mean_j = NAN;
        cr_assert(dvfo_fixed_best_choose(&b.ctx, b.scenario, &b.choice, DVFO_WITH_SHARES, &trace, 1, STRIDE_S, 0.0,
                                         REQUESTS, &own, &mean_j) == DVFO_OK);
        own_j += mean_j / TRACES;
    }
    cr_expect(together_j > own_j, "%g against %g", together_j, own_j);
    cr_expect_float_eq(together_j, plain_mean_j(&b, &all, &together), 1e-12 * together_j);
    bench_close(&b);
}

Test(fixed_best, in_a_trial_costs_what_was_planned_and_no_more_than_other_fixed_settings)
{
    struct dvfo_ctx ctx = {0};
    struct fixture world;
    cr_assert(fixture_init(&ctx, &world, "xavier-nx", "vit-b16", "model:4g-down"), "%s", ctx.message);
    static const char *const specs[] = {"fixed-best", "edge-only", "offload-best", "fixed:max/max/max/100%",
                                        "fixed:max/max/max/0.5"};
    double best_j = 0.0;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct dvfo_trial trial = fixture_trial(&world, NULL, 200);
        cr_assert(dvfo_policy_find(&ctx, specs[i], &trial.policy, &trial.policy_argument) == DVFO_OK);
        cr_assert(dvfo_trial_run(&ctx, &trial) == DVFO_OK, "%s", ctx.message);
        best_j = i == 0 ? trial.results.cost_j : best_j;
        cr_expect(best_j <= trial.results.cost_j * (1.0 + 1e-9), "%s: %g < %g", specs[i], trial.results.cost_j, best_j);
    }
    struct dvfo_scenario *scenario = NULL;
    const struct dvfo_trial trial = fixture_trial(&world, NULL, 200);
    cr_assert(dvfo_scenario_create(&ctx, &trial.scenario, &scenario) == DVFO_OK);
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(world.board);
    const struct dvfo_trace *const trace = world.trace;
    const int top[] = {24, 14, 7};
    struct dvfo_decision decision;
    double mean_j = NAN;
    cr_assert(dvfo_fixed_best_choose(&ctx, scenario, &choice, DVFO_WITH_SHARES, &trace, 1,
                                     dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, top).time_s, 0.0, 200, &decision,
                                     &mean_j) == DVFO_OK);
    cr_expect_float_eq(mean_j, best_j, 1e-9 * best_j);
    dvfo_scenario_free(scenario);
    fixture_free(&world);
}
