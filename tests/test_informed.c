#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "allocations.h"
#include "fixture.h"
#include "policies/fixed_best.h"
#include "policies/link_paths.h"
#include "policies/mean_search.h"
#include "policies/placements.h"
#include "policies/policies.h"
#include "sim/plan.h"

/* --- belief, worked out by hand --- */

static const struct dvfo_generator round_numbers = {
    .name = "round",
    .mean_ln = 2.0,
    .sigma_between_ln = 0.5,
    .sigma_within_ln = 1.0,
    .rho_1s = 0.5,
    .cap = 1e3,
    .enter_outage_per_s = 0.1,
    .exit_outage_per_s = 0.4,
};

#define MBIT 1e6

/* A transfer of 10 ms at a rate of exp(x) Mbit/s. */
static void add_short_transfer(struct dvfo_link_belief *belief, double begin_s, double x)
{
    dvfo_link_belief_add_transfer(belief, begin_s, begin_s + 0.01, exp(x) * MBIT * 0.01);
}

Test(link_belief, rates_seen_move_the_mean_conjugately)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    cr_expect(belief.m_mean == 2.0 && belief.m_variance == 0.25);
    add_short_transfer(&belief, 0.3, 3.0); /* gain 0.25 / (0.25 + 1) = 0.2 */
    cr_expect_float_eq(belief.m_mean, 2.2, 1e-9);
    cr_expect_float_eq(belief.m_variance, 0.2, 1e-12);
    add_short_transfer(&belief, 2.7, 2.5);
    /* a = 0.25: z = 2.5 - 0.75 = 1.75 ~ N(0.75 m, 0.9375); its variance 0.5625 * 0.2 + 0.9375 = 1.05, gain 0.15 / 1.05
     */
    cr_expect_float_eq(belief.m_mean, 2.2 + (1.75 - 1.65) / 7.0, 1e-9);
    cr_expect_float_eq(belief.m_variance, 0.2 * (1.0 - 0.75 / 7.0), 1e-9);
    const struct dvfo_link_belief before = belief;
    add_short_transfer(&belief, 2.9, 2.5);
    cr_expect(belief.m_mean == before.m_mean && belief.m_variance == before.m_variance, "the same second: no news");
}

Test(link_belief, many_rates_pin_the_mean_down_to_the_variance_of_its_best_estimate)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    for (int k = 0; k < 100; k++) {
        add_short_transfer(&belief, k, 2.0);
    }
    /* precisions add: 1/0.25 + 1/1 + 99 * (1 - 0.5) / (1 + 0.5) */
    cr_expect_float_eq(belief.m_variance, 1.0 / (4.0 + 1.0 + 33.0), 1e-9);
    cr_expect_float_eq(belief.m_mean, 2.0, 1e-9);
}

Test(link_belief, a_rate_is_held_in_its_second_and_forgotten_after)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    struct dvfo_log_rate rate = dvfo_link_belief_rate(&belief, 7.0);
    cr_expect_float_eq(rate.mean, 2.0, 1e-12);
    cr_expect_float_eq(rate.variance, 0.25 + 1.0, 1e-12);
    add_short_transfer(&belief, 7.3, 3.0);
    rate = dvfo_link_belief_rate(&belief, 7.0);
    cr_expect(fabs(rate.mean - 3.0) < 1e-9 && rate.variance == 0.0);
    rate = dvfo_link_belief_rate(&belief, 9.0); /* a = 0.25 */
    cr_expect_float_eq(rate.mean, 2.2 + 0.25 * 0.8, 1e-9);
    cr_expect_float_eq(rate.variance, 0.5625 * 0.2 + 0.9375, 1e-9);
    rate = dvfo_link_belief_rate(&belief, 1000.0);
    cr_expect_float_eq(rate.mean, 2.2, 1e-9);
    cr_expect_float_eq(rate.variance, 0.2 + 1.0, 1e-9);
}

Test(link_belief, an_outage_is_as_likely_as_the_chain_says_since_the_last_news)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    cr_expect_float_eq(dvfo_link_belief_outage(&belief, 0.0), 0.2, 1e-12, "stationary: 0.1 / 0.5");
    cr_expect_float_eq(dvfo_link_belief_outage(&belief, 50.0), 0.2, 1e-12);
    add_short_transfer(&belief, 5.2, 2.0);
    static const double expected[] = {0.0, 0.1, 0.15, 0.175};
    for (int k = 0; k < 4; k++) {
        cr_expect_float_eq(dvfo_link_belief_outage(&belief, 5.0 + k), expected[k], 1e-12);
    }
    dvfo_link_belief_add_timeout(&belief, 6.2, 16.2, 0.01 * MBIT); /* 1 kbit/s: no rate to be believed */
    cr_expect(dvfo_link_belief_outage(&belief, 9.0) == 1.0 && dvfo_link_belief_outage(&belief, 16.0) == 1.0);
    cr_expect_float_eq(dvfo_link_belief_outage(&belief, 17.0), 0.6, 1e-12);
}

Test(link_belief, what_the_first_second_carried_is_left_out_of_the_last_ones_rate)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    add_short_transfer(&belief, 3.1, log(10.0));
    /* 0.2 s at 10 Mbit/s, then 0.1 s at 25 Mbit/s */
    dvfo_link_belief_add_transfer(&belief, 3.8, 4.1, 4.5 * MBIT);
    cr_expect_float_eq(belief.x, log(25.0), 1e-9);
    cr_expect(belief.x_second == 4.0 && dvfo_link_belief_outage(&belief, 4.0) == 0.0);
}

Test(link_belief, an_outage_waited_out_is_told_from_a_slow_link)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    add_short_transfer(&belief, 0.1, log(10.0));
    /* half a Mbit goes at once, the other half after 3 s, at 10 Mbit/s again: an outage in seconds 1 to 3 */
    dvfo_link_belief_add_transfer(&belief, 0.95, 4.05, 1.0 * MBIT);
    cr_expect(belief.x_second == 0.0 && fabs(belief.x - log(10.0)) < 1e-9, "its rate says nothing");
    cr_expect(dvfo_link_belief_outage(&belief, 2.0) == 1.0, "for a request that begins before its end");
    cr_expect(dvfo_link_belief_outage(&belief, 4.0) == 0.0);
    cr_expect_float_eq(dvfo_link_belief_outage(&belief, 5.0), 0.1, 1e-12);
    /* one more that begins inside the outage waits with it, and shows the rate after it exactly */
    dvfo_link_belief_add_transfer(&belief, 2.5, 4.2, 4.0 * MBIT);
    cr_expect(belief.x_second == 4.0 && fabs(belief.x - log(20.0)) < 1e-9);

    struct dvfo_link_belief slow = dvfo_link_belief_of(&round_numbers);
    /* 2.6 Mbit in 2.6 s: at 1 Mbit/s all along, or at 4.3 Mbit/s in the last 0.6 s. The first is likelier where
     * outages are rare. */
    struct dvfo_generator rare = round_numbers;
    rare.enter_outage_per_s = 0.001;
    slow.generator = &rare;
    slow.known_out = 0.0025;
    dvfo_link_belief_add_transfer(&slow, 0.0, 2.6, 2.6 * MBIT);
    cr_expect(slow.seen && fabs(slow.x) < 1e-9 && slow.x_second == 2.0);
}

Test(link_belief, a_timeout_on_a_slow_link_is_a_slow_rate)
{
    struct dvfo_link_belief belief = dvfo_link_belief_of(&round_numbers);
    add_short_transfer(&belief, 0.1, log(1.0));
    dvfo_link_belief_add_timeout(&belief, 0.2, 1.2, 2.0 * MBIT); /* 2 Mbit in a second: hardly, at 1 Mbit/s */
    cr_expect(fabs(belief.x - log(2.0)) < 1e-9 && dvfo_link_belief_outage(&belief, 1.0) == 0.0);
}

/* --- paths --- */

static double mean_over_paths(const struct dvfo_link_paths *paths, size_t n, double (*of)(double send_s))
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += of(dvfo_link_paths_send_s(paths, i, 1.5, 1.0)); /* one bit, 1.5 s from now: the rate of that second */
    }
    return sum / (double)n;
}

static double is_out(double send_s)
{
    return send_s > 0.1;
}

static double log_mbps(double send_s)
{
    return log(1.0 / send_s / MBIT);
}

static double log_mbps_squared(double send_s)
{
    return log_mbps(send_s) * log_mbps(send_s);
}

Test(link_paths, are_distributed_as_is_believed)
{
    enum { PATHS = 20000 };
    struct dvfo_ctx ctx = {0};
    struct dvfo_generator generator = round_numbers;
    struct dvfo_link_belief belief = dvfo_link_belief_of(&generator);
    add_short_transfer(&belief, 4.0, 3.0);
    struct dvfo_link_paths *paths = NULL;
    cr_assert(dvfo_link_paths_create(&ctx, 1, PATHS, 12, &paths) == DVFO_OK);
    dvfo_link_paths_begin(paths, &belief, 5.25); /* 1.5 s later: second 6 */
    cr_expect_float_eq(mean_over_paths(paths, PATHS, is_out), dvfo_link_belief_outage(&belief, 6.0), 0.01);
    generator.enter_outage_per_s = 0.0;
    dvfo_link_paths_begin(paths, &belief, 5.25);
    const struct dvfo_log_rate expected = dvfo_link_belief_rate(&belief, 6.0);
    const double mean = mean_over_paths(paths, PATHS, log_mbps);
    const double variance = mean_over_paths(paths, PATHS, log_mbps_squared) - mean * mean;
    cr_expect_float_eq(mean, expected.mean, 0.03, "%g", mean); /* four standard errors */
    cr_expect_float_eq(variance, expected.variance, 0.04, "%g", variance);
    dvfo_link_paths_free(paths);
}

Test(link_paths, send_second_by_second)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_generator generator = round_numbers;
    generator.sigma_between_ln = generator.sigma_within_ln = 0.0;
    generator.mean_ln = log(10.0);
    generator.enter_outage_per_s = 0.0;
    struct dvfo_link_belief belief = dvfo_link_belief_of(&generator);
    struct dvfo_link_paths *paths = NULL;
    cr_assert(dvfo_link_paths_create(&ctx, 1, 3, 4, &paths) == DVFO_OK);
    dvfo_link_paths_begin(paths, &belief, 0.25);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_float_eq(dvfo_link_paths_send_s(paths, i, 0.0, 25 * MBIT), 2.5, 1e-9);
        cr_expect_float_eq(dvfo_link_paths_send_s(paths, i, 0.5, 1 * MBIT), 0.1, 1e-9);
        cr_expect_float_eq(dvfo_link_paths_send_s(paths, i, 0.0, 250 * MBIT), 25.0, 1e-9, "beyond its end");
    }
    belief.was_out = true;
    belief.known_second = 2.0;
    belief.known_out = 0.0;
    dvfo_link_paths_begin(paths, &belief, 1.25); /* out until 2.0, 0.5 s after sending begins */
    cr_expect_float_eq(dvfo_link_paths_send_s(paths, 0, 0.25, 1 * MBIT), 0.6, 1e-9);
    dvfo_link_paths_free(paths);
}

/* --- the policy --- */

struct bench {
    struct dvfo_ctx ctx;
    struct fixture world;
    struct dvfo_scenario *scenario;
};

static void bench_open(struct bench *b, const char *trace)
{
    *b = (struct bench){0};
    cr_assert(fixture_init(&b->ctx, &b->world, "xavier-nx", "vit-b16", trace), "%s", b->ctx.message);
    const struct dvfo_trial trial = fixture_trial(&b->world, NULL, 1);
    cr_assert(dvfo_scenario_create(&b->ctx, &trial.scenario, &b->scenario) == DVFO_OK, "%s", b->ctx.message);
}

static void bench_close(struct bench *b)
{
    dvfo_scenario_free(b->scenario);
    fixture_free(&b->world);
}

static dvfo_status informed_open(struct bench *b, const struct dvfo_trace *trace, void **state)
{
    const struct dvfo_policy_setup setup = {
        .board = b->world.board,
        .scenario = b->scenario,
        .trace = trace,
        .seed = 5,
        .requests = 100,
        .trace_stride_s = 0.1,
    };
    *state = calloc(1, dvfo_policy_oracle_informed.state_size);
    return dvfo_policy_oracle_informed.init(&b->ctx, *state, &setup);
}

static void informed_close(void *state)
{
    dvfo_policy_oracle_informed.release(state);
    free(state);
}

static bool same_decision(const struct dvfo_decision *a, const struct dvfo_decision *b)
{
    return memcmp(a->level, b->level, sizeof a->level) == 0 && a->place == b->place &&
           (a->place != DVFO_PLACE_SPLIT || a->share_tenths == b->share_tenths);
}

static struct dvfo_decision fixed_best_of(struct bench *b, const struct dvfo_trace *trace)
{
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(b->world.board);
    struct dvfo_decision decision = {0};
    cr_assert(dvfo_fixed_best_choose(&b->ctx, b->scenario, &choice, DVFO_WITH_SHARES, &trace, 1, 0.1, 0.0, 20,
                                     &decision, NULL) == DVFO_OK);
    return decision;
}

Test(oracle_informed, on_a_constant_link_does_as_the_best_fixed_setting)
{
    static const char *const rates[] = {"const:500kbps", "const:5Mbps", "const:20Mbps", "const:300Mbps"};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct bench b;
        bench_open(&b, rates[i]);
        void *state = NULL;
        cr_assert(informed_open(&b, b.world.trace, &state) == DVFO_OK, "%s", b.ctx.message);
        const struct dvfo_observation seen = {.bandwidth_bps = NAN};
        const struct dvfo_decision best = fixed_best_of(&b, b.world.trace);
        struct dvfo_decision decision;
        dvfo_policy_oracle_informed.decide(state, &seen, &decision);
        cr_expect(same_decision(&decision, &best), "%s", rates[i]);
        informed_close(state);
        bench_close(&b);
    }
}

static double send_s(const void *user, size_t i, double begin_s, double bits)
{
    return dvfo_link_paths_send_s(user, i, begin_s, bits);
}

Test(oracle_informed, a_belief_without_doubt_gives_the_best_action_at_that_rate)
{
    static const double rates_bps[] = {2e6, 12e6, 80e6};
    struct bench b;
    bench_open(&b, "const:5Mbps");
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(b.world.board);
    struct dvfo_mean_search *search = NULL;
    cr_assert(dvfo_mean_search_create(&b.ctx, b.scenario, &choice, DVFO_WITH_SHARES, INFINITY, &search) == DVFO_OK);
    struct dvfo_link_paths *paths = NULL;
    cr_assert(dvfo_link_paths_create(&b.ctx, 1, 8, 12, &paths) == DVFO_OK);
    for (size_t i = 0; i < sizeof rates_bps / sizeof rates_bps[0]; i++) {
        struct dvfo_generator generator = {.mean_ln = log(rates_bps[i] / MBIT), .rho_1s = 0.9, .cap = 2.0};
        const struct dvfo_link_belief belief = dvfo_link_belief_of(&generator);
        dvfo_link_paths_begin(paths, &belief, 17.4);
        const struct dvfo_links links = {paths, 8, send_s};
        struct dvfo_decision decision;
        const double mean_j = dvfo_mean_search_best(search, &links, &decision);
        const double zero_s = 0.0;
        struct dvfo_trace *trace = NULL;
        cr_assert(dvfo_trace_create(&b.ctx, "test", "test", 1, &zero_s, &rates_bps[i], 1.0, &trace) == DVFO_OK);
        const struct dvfo_decision best = fixed_best_of(&b, trace);
        const struct dvfo_plan_link link = {.rate_bps = rates_bps[i]};
        cr_expect(same_decision(&decision, &best), "%g bit/s", rates_bps[i]);
        cr_expect_float_eq(mean_j, dvfo_plan_request(b.scenario, &best, &link).cost_j, 1e-9);
        dvfo_trace_free(trace);
    }
    dvfo_link_paths_free(paths);
    dvfo_mean_search_free(search);
    bench_close(&b);
}

Test(oracle_informed, asks_for_a_link_whose_making_it_knows)
{
    static const double start_s = 0.0, rate_bps = 5e6;
    struct bench b;
    bench_open(&b, "const:5Mbps");
    struct dvfo_trace *trace = NULL;
    cr_assert(dvfo_trace_create(&b.ctx, "walk.csv", "csv", 1, &start_s, &rate_bps, 1.0, &trace) == DVFO_OK);
    void *state = NULL;
    cr_expect(informed_open(&b, trace, &state) == DVFO_BAD_INPUT);
    cr_expect_str_eq(b.ctx.message, "walk.csv: oracle-informed needs a generated link (model:CLASS) or a constant one");
    informed_close(state);
    dvfo_trace_free(trace);
    bench_close(&b);
}

/* --- it never looks ahead --- */

/* The trace up to `until_s`, then as good as nothing. */
static struct dvfo_trace *spoilt_from(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, double until_s)
{
    double *rate_bps = malloc(trace->n * sizeof *rate_bps);
    for (size_t i = 0; i < trace->n; i++) {
        rate_bps[i] = trace->start_s[i] < until_s ? trace->rate_bps[i] : 1e3;
    }
    struct dvfo_trace *spoilt = NULL;
    cr_assert(dvfo_trace_create(ctx, trace->name, trace->format, trace->n, trace->start_s, rate_bps, trace->period_s,
                                &spoilt) == DVFO_OK);
    free(rate_bps);
    return spoilt;
}

enum { ROWS = 300 };

struct diary {
    double share[ROWS], gpu_hz[ROWS], met_s[ROWS]; /* met: the trace up to there, answer included */
    long count;
};

static void write_row(void *user, const struct dvfo_request_row *row)
{
    struct diary *diary = user;
    cr_assert(diary->count < ROWS);
    diary->share[diary->count] = row->share;
    diary->gpu_hz[diary->count] = row->hz[DVFO_GPU];
    diary->met_s[diary->count] = row->trace_s + (row->end_s - row->start_s);
    diary->count++;
}

static struct diary run(struct bench *b, const struct dvfo_policy_type *policy, const struct dvfo_trace *trace)
{
    struct diary diary = {.count = 0};
    const struct dvfo_probe probe = {.user = &diary, .request = write_row};
    struct dvfo_trial trial = fixture_trial(&b->world, policy, ROWS);
    trial.trace = trace;
    trial.probe = &probe;
    cr_assert(dvfo_trial_run(&b->ctx, &trial) == DVFO_OK, "%s", b->ctx.message);
    return diary;
}

/* Requests decided differently although all that went before was over when the link was spoilt, and all others. */
static void count_differing(const struct diary *a, const struct diary *b, double until_s, long *before, long *after)
{
    double met_s = 0.0;
    *before = *after = 0;
    for (long i = 0; i < ROWS; i++) {
        const bool differs = a->share[i] != b->share[i] || a->gpu_hz[i] != b->gpu_hz[i];
        *before += met_s < until_s && differs;
        *after += met_s >= until_s && differs;
        met_s = fmax(met_s, a->met_s[i]);
    }
}

Test(oracle_informed, knows_nothing_of_rates_it_has_not_sent_over)
{
    const double until_s = 12.0;
    struct bench b;
    bench_open(&b, "model:wifi");
    struct dvfo_trace *spoilt = spoilt_from(&b.ctx, b.world.trace, until_s);
    long before = 0, after = 0;
    const struct diary informed = run(&b, &dvfo_policy_oracle_informed, b.world.trace),
                       informed_spoilt = run(&b, &dvfo_policy_oracle_informed, spoilt);
    count_differing(&informed, &informed_spoilt, until_s, &before, &after);
    cr_expect(before == 0 && after > 0, "%ld before, %ld after", before, after);
    /* the comparison sees one who looks ahead: the best fixed setting in hindsight */
    const struct diary fixed = run(&b, &dvfo_policy_fixed_best, b.world.trace),
                       fixed_spoilt = run(&b, &dvfo_policy_fixed_best, spoilt);
    count_differing(&fixed, &fixed_spoilt, until_s, &before, &after);
    cr_expect(before > 0, "%ld before", before);
    dvfo_trace_free(spoilt);
    bench_close(&b);
}

Test(oracle_informed, deciding_allocates_nothing)
{
    struct bench b;
    bench_open(&b, "model:wifi");
    void *state = NULL;
    cr_assert(informed_open(&b, b.world.trace, &state) == DVFO_OK, "%s", b.ctx.message);
    struct dvfo_observation seen = {.bandwidth_bps = NAN};
    const size_t before = allocations_so_far();
    for (int i = 0; i < 50; i++) {
        struct dvfo_decision decision;
        seen.request = i;
        dvfo_policy_oracle_informed.decide(state, &seen, &decision);
        seen.transfers += decision.place != DVFO_PLACE_EDGE;
        seen.bandwidth_bps = 20e6;
        seen.bandwidth_age_s = 0.01;
    }
    cr_expect(allocations_so_far() == before);
    informed_close(state);
    bench_close(&b);
}

/* --- what it is worth --- */

Test(oracle_informed, probes_a_link_that_the_device_would_leave_alone_unless_told_to_be_greedy)
{
    struct bench b;
    bench_open(&b, "model:wifi");
    double cost_j[2] = {0.0};
    long sent[2] = {0};
    for (int greedy = 0; greedy < 2; greedy++) {
        struct dvfo_trial trial = fixture_trial(&b.world, &dvfo_policy_oracle_informed, 300);
        trial.policy_argument = greedy ? "greedy" : NULL;
        trial.seed = 2; /* of its draws: with these the device looks best at first */
        cr_assert(dvfo_trial_run(&b.ctx, &trial) == DVFO_OK, "%s", b.ctx.message);
        cost_j[greedy] = trial.results.cost_j;
        sent[greedy] = trial.results.placed[DVFO_PLACE_SPLIT];
    }
    cr_expect(sent[1] == 0 && sent[0] > 100 && cost_j[0] < cost_j[1], "%ld %ld", sent[0], sent[1]);
    bench_close(&b);
}

Test(oracle_informed, may_send_the_encoded_input_as_the_other_references_may)
{
    static const char *const names[][2] = {{"oracle-dvfo", "oracle-dvfo:input"},
                                           {"oracle-informed", "oracle-informed:input"},
                                           {"fixed-best", "fixed-best:input"}};
    struct bench b;
    bench_open(&b, "const:20Mbps");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        double cost_j[2];
        long inputs[2];
        for (int k = 0; k < 2; k++) {
            struct dvfo_trial trial = fixture_trial(&b.world, NULL, 50);
            cr_assert(dvfo_policy_find(&b.ctx, names[i][k], &trial.policy, &trial.policy_argument) == DVFO_OK);
            cr_assert(dvfo_trial_run(&b.ctx, &trial) == DVFO_OK, "%s", b.ctx.message);
            cost_j[k] = trial.results.cost_j;
            inputs[k] = trial.results.placed[DVFO_PLACE_CLOUD];
        }
        cr_expect(inputs[0] == 0 && inputs[1] == 50 && cost_j[1] < cost_j[0], "%s: %ld, %ld", names[i][1], inputs[0],
                  inputs[1]);
    }
    bench_close(&b);
}

Test(oracle_informed, takes_no_other_argument)
{
    struct bench b;
    bench_open(&b, "model:wifi");
    struct dvfo_trial trial = fixture_trial(&b.world, &dvfo_policy_oracle_informed, 10);
    trial.policy_argument = "bold";
    cr_expect(dvfo_trial_run(&b.ctx, &trial) == DVFO_BAD_INPUT);
    cr_expect_str_eq(b.ctx.message, "oracle-informed: found ':bold', expected nothing, ':greedy' or ':input'");
    bench_close(&b);
}

Test(oracle_informed, lies_between_the_oracle_and_the_best_fixed_setting_where_links_vary)
{
    enum { DRAWS = 5 };
    static const char *const names[] = {"oracle-dvfo", "oracle-informed", "fixed-best", "edge-best"};
    double mean_j[4] = {0.0};
    struct bench b;
    bench_open(&b, "const:5Mbps");
    for (int draw = 0; draw < DRAWS; draw++) {
        struct dvfo_trace *trace = NULL;
        cr_assert(dvfo_trace_open(&b.ctx, "model:wifi", NULL, (uint64_t)draw + 1, &trace) == DVFO_OK);
        for (int p = 0; p < 4; p++) {
            struct dvfo_trial trial = fixture_trial(&b.world, NULL, 600);
            cr_assert(dvfo_policy_find(&b.ctx, names[p], &trial.policy, &trial.policy_argument) == DVFO_OK);
            trial.trace = trace;
            trial.seed = (uint64_t)draw + 1;
            cr_assert(dvfo_trial_run(&b.ctx, &trial) == DVFO_OK, "%s", b.ctx.message);
            mean_j[p] += trial.results.cost_j / DRAWS;
        }
        dvfo_trace_free(trace);
    }
    cr_expect(mean_j[0] < mean_j[1] && mean_j[1] < 0.97 * mean_j[2] && mean_j[1] < 0.97 * mean_j[3], "%g %g %g %g",
              mean_j[0], mean_j[1], mean_j[2], mean_j[3]);
    bench_close(&b);
}
