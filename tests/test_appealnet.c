/* A little network that appeals to the cloud: its placement in the simulator, and the policy that sets the threshold.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "made_up_accuracy.h"
#include "policies/common.h"
#include "sim/base/random.h"
#include "sim/plan.h"
#include "sim/sample.h"

#define NEAR(value, expected) (fabs((value) - (expected)) <= 1e-9 * fabs(expected))

struct world {
    struct dvfo_ctx ctx;
    struct fixture fixture;
    struct dvfo_accuracy_profile *accuracy;
    struct dvfo_trial trial;
    struct dvfo_scenario *scenario;
};

/* TX2 and ResNet-18; its top levels are 11, 12, 10. */
static void open_world(struct world *w, const char *trace)
{
    *w = (struct world){0};
    cr_assert(fixture_init(&w->ctx, &w->fixture, "jetson-tx2", "resnet-18", trace), "%s", w->ctx.message);
    w->trial = fixture_trial(&w->fixture, &fixture_told, 1);
    const struct made_up_accuracy_def def = made_up_accuracy_def_default();
    w->accuracy = made_up_accuracy(&def);
    w->trial.scenario.accuracy = w->accuracy;
    cr_assert(dvfo_scenario_create(&w->ctx, &w->trial.scenario, &w->scenario) == DVFO_OK, "%s", w->ctx.message);
}

static void close_world(struct world *w)
{
    dvfo_scenario_free(w->scenario);
    dvfo_accuracy_profile_free(w->accuracy);
    fixture_free(&w->fixture);
}

static const int top[DVFO_DOMAINS] = {11, 12, 10};

static const struct dvfo_trial_results *run(struct world *w, const char *told)
{
    w->trial.policy_argument = told;
    cr_assert(dvfo_trial_run(&w->ctx, &w->trial) == DVFO_OK, "%s", w->ctx.message);
    cr_expect(w->trial.results.balance_error < 1e-9);
    return &w->trial.results;
}

/* --- what it costs ------------------------------------------------------------------------------------------------ */

/* Sums over the rails: what is drawn all the time, and what busyness adds. */
static double idle_j(const struct dvfo_power *power, double time_s)
{
    double sum_j = 0.0;
    for (size_t r = 0; r < power->rail_count; r++) {
        sum_j += power->idle_w[r] * time_s;
    }
    return sum_j;
}

static double busy_j(const struct dvfo_power *power, const struct dvfo_busy *busy)
{
    double sum_j = 0.0;
    for (size_t r = 0; r < power->rail_count; r++) {
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            sum_j += power->busy_w[r][d] * busy->s[d];
        }
    }
    return sum_j;
}

/* By hand: encoding takes 30 * 224 * 224 cycles on a core; 224 * 224 * 2 / 8 + 64 = 12,608 bytes are sent at 5 Mbit/s
 * in 20.1728 ms; the answer takes 2 ms of round trip and the cloud's time for the whole network. */
#define ENCODE_S (30.0 * 224.0 * 224.0 / 2035.2e6)
#define SEND_S (12608.0 * 8.0 / 5e6)

Test(appeal, an_input_that_does_not_appeal_costs_the_little_network_and_nothing_else)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    const struct dvfo_work little = dvfo_scenario_work(w.scenario, DVFO_STAGE_LITTLE, 0, top);
    const struct dvfo_power *power = dvfo_scenario_power(w.scenario, top);
    const struct dvfo_trial_results *results = run(&w, "4 0 0 11 12 10 0");
    cr_expect(NEAR(results->latency_s, little.time_s));
    cr_expect(NEAR(results->energy_j, idle_j(power, little.time_s) + busy_j(power, &little.busy)));
    cr_expect(results->share == 0.0 && results->uplink_byte == 0.0 && results->placed[DVFO_PLACE_APPEAL] == 1);
    close_world(&w);
}

Test(appeal, an_input_that_appeals_costs_the_little_network_the_way_to_the_cloud_and_back)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    const struct dvfo_work little = dvfo_scenario_work(w.scenario, DVFO_STAGE_LITTLE, 0, top);
    const struct dvfo_power *power = dvfo_scenario_power(w.scenario, top);
    const struct dvfo_radio *radio = &w.fixture.board->radio;
    const struct dvfo_busy encode = {.s = {[DVFO_CPU] = ENCODE_S}};
    const struct dvfo_cloud_profile *cloud = w.fixture.cloud;
    double flop = 0.0;
    for (size_t i = 0; i < w.fixture.network->n; i++) {
        flop += w.fixture.network->layers[i].work_flop;
    }
    const double answer_s = 0.002 + cloud->t0_s.value + flop / cloud->flop_per_s.value;
    const double latency_s = little.time_s + ENCODE_S + SEND_S + answer_s;
    const double energy_j = idle_j(power, latency_s) + busy_j(power, &little.busy) + busy_j(power, &encode) +
                            radio->send_w.value * SEND_S + radio->wait_w.value * answer_s;
    const struct dvfo_trial_results *results = run(&w, "4 0 0 11 12 10 1");
    cr_expect(NEAR(results->latency_s, latency_s), "%.12g, by hand %.12g", results->latency_s, latency_s);
    cr_expect(NEAR(results->energy_j, energy_j), "%.12g, by hand %.12g", results->energy_j, energy_j);
    cr_expect(results->share == 1.0 && NEAR(results->uplink_byte, 12608.0));
    close_world(&w);
}

Test(appeal, a_timeout_ends_with_the_little_networks_own_answer_at_once)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    w.trial.scenario.timeout_s = 0.01; /* half way through the transfer */
    const double little_s = dvfo_scenario_work(w.scenario, DVFO_STAGE_LITTLE, 0, top).time_s;
    const struct dvfo_trial_results *results = run(&w, "4 0 0 11 12 10 1");
    cr_expect(results->timeouts == 1 && results->share == 1.0);
    cr_expect(NEAR(results->latency_s, little_s + ENCODE_S + 0.01), "%.12g", results->latency_s);
    cr_expect(NEAR(results->uplink_byte, 6250.0), "10 ms at 5 Mbit/s: %g", results->uplink_byte);
    close_world(&w);
}

static double time_under(struct world *w, dvfo_tail_rule rule, int steps, dvfo_stage stage)
{
    struct dvfo_scenario_def def = w->trial.scenario;
    def.tail_rule = rule;
    def.tail_width_steps = steps;
    struct dvfo_scenario *scenario = NULL;
    cr_assert(dvfo_scenario_create(&w->ctx, &def, &scenario) == DVFO_OK, "%s", w->ctx.message);
    const double time_s = dvfo_scenario_work(scenario, stage, 0, top).time_s;
    const double inside_s = dvfo_scenario_schedule(scenario, stage, 0, top)->time_s;
    cr_expect(time_s == inside_s);
    dvfo_scenario_free(scenario);
    return time_s;
}

Test(appeal, the_little_network_is_the_head_and_the_narrowest_tail_under_every_rule)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    const double head_s = time_under(&w, DVFO_TAIL_SHAPES, 4, DVFO_STAGE_HEAD);
    const double full_s = time_under(&w, DVFO_TAIL_SHAPES, 4, DVFO_STAGE_FULL);
    const double little_s = time_under(&w, DVFO_TAIL_SHAPES, 4, DVFO_STAGE_LITTLE);
    const double behind_s = full_s - head_s;
    cr_expect(NEAR(time_under(&w, DVFO_TAIL_LINEAR, 4, DVFO_STAGE_LITTLE), head_s + behind_s / 4.0));
    cr_expect(NEAR(time_under(&w, DVFO_TAIL_WIDTH, 4, DVFO_STAGE_LITTLE), head_s + behind_s / 16.0));
    cr_expect(little_s > head_s && little_s < full_s);
    cr_expect(time_under(&w, DVFO_TAIL_SHAPES, 8, DVFO_STAGE_LITTLE) < little_s, "one eighth is narrower");
    cr_expect(time_under(&w, DVFO_TAIL_SHAPES, 1, DVFO_STAGE_LITTLE) == full_s, "of one width there is but the full");
    cr_expect(time_under(&w, DVFO_TAIL_LINEAR, 1, DVFO_STAGE_LITTLE) == full_s);
    close_world(&w);
}

Test(appeal, the_plan_between_the_thresholds_is_the_mean_of_its_two_outcomes)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    struct dvfo_decision decision = {.level = {11, 12, 10}, .place = DVFO_PLACE_APPEAL};
    const double rates_bps[] = {5e6, 1.0}; /* in time; timed out */
    for (int r = 0; r < 2; r++) {
        const struct dvfo_plan_link link = {.rate_bps = rates_bps[r]};
        decision.appeal_below = 0.0;
        const struct dvfo_plan never = dvfo_plan_request(w.scenario, &decision, &link);
        decision.appeal_below = 1.0;
        const struct dvfo_plan always = dvfo_plan_request(w.scenario, &decision, &link);
        decision.appeal_below = 0.7;
        const struct dvfo_plan some = dvfo_plan_request(w.scenario, &decision, &link);
        const double share = dvfo_accuracy_profile_share_below(w.accuracy, DVFO_PART_VALIDATION, 0.7);
        cr_expect(share > 0.1 && share < 0.9);
        cr_expect(!never.timed_out && always.timed_out == (r == 1) && never.send_s == 0.0);
        cr_expect(NEAR(some.latency_s, (1.0 - share) * never.latency_s + share * always.latency_s));
        cr_expect(NEAR(some.energy_j, (1.0 - share) * never.energy_j + share * always.energy_j));
        cr_expect(NEAR(some.cost_j, (1.0 - share) * never.cost_j + share * always.cost_j), "Eq. (9) is linear");
    }
    close_world(&w);
}

/* --- who appeals ---------------------------------------------------------------------------------------------------
 */

enum { REQUESTS = 2000 };

/* Requests that appealed though their score wasn't below the threshold, or the other way round. */
struct watch {
    struct dvfo_samples samples;
    double threshold;
    long rows, wrong;
};

static void compare_with_score(void *user, const struct dvfo_request_row *row)
{
    struct watch *watch = user;
    const long image = dvfo_samples_row(&watch->samples, row->request);
    const bool expected = dvfo_accuracy_appeals(dvfo_samples_score(&watch->samples, image), watch->threshold);
    watch->rows++;
    watch->wrong +=
        row->place != DVFO_PLACE_APPEAL || row->share != (expected ? 1.0 : 0.0) || (row->uplink_byte > 0.0) != expected;
}

static void expect_rate_of(struct world *w, const char *told, double threshold)
{
    struct watch watch = {.threshold = threshold};
    watch.samples = (struct dvfo_samples){.profile = w->accuracy, .part = DVFO_PART_TEST};
    watch.samples.seed = dvfo_random_seed(w->trial.seed, w->trial.index, "samples");
    const struct dvfo_probe probe = {.user = &watch, .request = compare_with_score};
    long low = 0;
    for (long i = 0; i < REQUESTS; i++) {
        low +=
            dvfo_accuracy_appeals(dvfo_samples_score(&watch.samples, dvfo_samples_row(&watch.samples, i)), threshold);
    }
    w->trial.probe = &probe;
    const struct dvfo_trial_results *results = run(w, told);
    cr_expect(watch.rows == REQUESTS && watch.wrong == 0, "threshold %g: %ld wrong", threshold, watch.wrong);
    cr_expect_float_eq(results->share, (double)low / REQUESTS, 1e-12);
    cr_expect(results->placed[DVFO_PLACE_APPEAL] == REQUESTS);
}

Test(appeal, those_whose_score_is_below_the_threshold_appeal_and_no_others)
{
    struct world w;
    open_world(&w, "const:20Mbps");
    w.trial.workload.requests = REQUESTS;
    expect_rate_of(&w, "4 0 0 11 12 10 0.5", 0.5);
    expect_rate_of(&w, "4 0 0 11 12 10 0.9", 0.9);
    expect_rate_of(&w, "4 0 0 11 12 10 0", 0.0);
    expect_rate_of(&w, "4 0 0 11 12 10 1", 1.0);
    cr_assert(dvfo_workload_parse(&w.ctx, "poisson:40", &w.trial.workload) == DVFO_OK); /* requests overlap */
    w.trial.workload.requests = REQUESTS;
    expect_rate_of(&w, "4 0 0 11 12 10 0.5", 0.5);
    close_world(&w);
}

/* --- the policy ----------------------------------------------------------------------------------------------------
 */

/* What the policy decides at a rate. */
static struct dvfo_decision decide_at(struct world *w, const char *threshold, double rate_bps)
{
    const struct dvfo_policy_type *policy = &dvfo_policy_appealnet;
    const struct dvfo_policy_setup setup = {.board = w->fixture.board, .scenario = w->scenario, .argument = threshold};
    const struct dvfo_observation seen = {.bandwidth_bps = rate_bps};
    struct dvfo_decision decision;
    void *state = calloc(1, policy->state_size);
    cr_assert(policy->init(&w->ctx, state, &setup) == DVFO_OK, "%s", w->ctx.message);
    policy->decide(state, &seen, &decision);
    free(state);
    return decision;
}

/* The scenario anew under another floor. */
static void set_floor(struct world *w, double points)
{
    dvfo_scenario_free(w->scenario);
    w->trial.scenario.accuracy_floor = points;
    cr_assert(dvfo_scenario_create(&w->ctx, &w->trial.scenario, &w->scenario) == DVFO_OK, "%s", w->ctx.message);
}

/* Accuracy on the rows for validation when those scored below a threshold appeal. */
static double accuracy_by_trying(const struct world *w, double threshold)
{
    const struct dvfo_accuracy_table *table = &w->accuracy->part[DVFO_PART_VALIDATION];
    const long n = w->accuracy->size.requests[DVFO_PART_VALIDATION];
    double right = 0.0;
    for (long i = 0; i < n; i++) {
        right += (double)table->score[i] < threshold ? table->right_full[i] : table->right_little[i];
    }
    return right / (double)n;
}

Test(appealnet, left_alone_it_skips_the_cloud_as_often_as_the_accuracy_floor_allows)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    const double full = accuracy_by_trying(&w, 2.0); /* all appeal */
    static const double points[] = {0.0, 1.0, 3.0};
    double before = 1.0;
    for (size_t p = 0; p < sizeof points / sizeof points[0]; p++) {
        set_floor(&w, points[p]);
        const double threshold = decide_at(&w, NULL, NAN).appeal_below, floor = full - points[p] / 100.0;
        cr_expect(accuracy_by_trying(&w, threshold) >= floor - 1e-9);
        for (long i = 0; i < w.accuracy->size.requests[DVFO_PART_VALIDATION]; i++) {
            const double lower = (double)w.accuracy->part[DVFO_PART_VALIDATION].score[i];
            cr_expect(lower >= threshold || accuracy_by_trying(&w, lower) < floor, "%g below %g", lower, threshold);
        }
        cr_expect(threshold < before, "%g points: %g", points[p], threshold);
        before = threshold;
    }
    set_floor(&w, INFINITY);
    const double without = decide_at(&w, NULL, NAN).appeal_below;
    set_floor(&w, 1.0);
    cr_expect(without == decide_at(&w, NULL, NAN).appeal_below, "without a floor it takes the default one");
    close_world(&w);
}

static dvfo_status init_with(struct world *w, const char *argument)
{
    const struct dvfo_policy_setup setup = {.board = w->fixture.board, .scenario = w->scenario, .argument = argument};
    void *state = calloc(1, dvfo_policy_appealnet.state_size);
    const dvfo_status status = dvfo_policy_appealnet.init(&w->ctx, state, &setup);
    free(state);
    return status;
}

Test(appealnet, a_threshold_below_the_floor_is_refused_and_taken_without_one)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    cr_expect(init_with(&w, "0") == DVFO_BAD_INPUT);
    cr_expect(strstr(w.ctx.message, "a threshold of 0 loses more accuracy than the floor of 1 points allows; "
                                    "--accuracy-floor none lifts it") != NULL,
              "%s", w.ctx.message);
    cr_expect(init_with(&w, "1") == DVFO_OK);
    set_floor(&w, INFINITY);
    cr_expect(init_with(&w, "0") == DVFO_OK, "%s", w.ctx.message);
    close_world(&w);
}

Test(appealnet, without_an_accuracy_profile_it_is_told)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    w.trial.scenario.accuracy = NULL;
    set_floor(&w, 1.0);
    cr_expect(init_with(&w, NULL) == DVFO_BAD_INPUT && init_with(&w, "0.5") == DVFO_BAD_INPUT);
    cr_expect(strstr(w.ctx.message, "needs an accuracy profile (--accuracy FILE)") != NULL, "%s", w.ctx.message);
    close_world(&w);
}

Test(appealnet, its_clocks_cost_least_in_expectation_at_the_rate_seen_and_first_at_5_mbit)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(w.fixture.board);
    const int *const level[DVFO_DOMAINS] = {choice.level[DVFO_CPU], choice.level[DVFO_GPU], choice.level[DVFO_MEM]};
    static const double rates_bps[] = {100e3, 10e6, 1e9}; /* on its own grid: four per decade from 10 kbit/s */
    for (size_t r = 0; r < sizeof rates_bps / sizeof rates_bps[0]; r++) {
        const struct dvfo_plan_link link = {.rate_bps = rates_bps[r]};
        const struct dvfo_decision decision = decide_at(&w, "0.8", rates_bps[r]);
        struct dvfo_decision best = {.place = DVFO_PLACE_APPEAL, .appeal_below = 0.8};
        const struct dvfo_plan plan = dvfo_plan_best_clocks(w.scenario, &best, level, choice.count, &link);
        cr_expect(decision.place == DVFO_PLACE_APPEAL && decision.appeal_below == 0.8);
        cr_expect(NEAR(dvfo_plan_request(w.scenario, &decision, &link).cost_j, plan.cost_j), "%g bit/s", rates_bps[r]);
    }
    const struct dvfo_decision first = decide_at(&w, "0.8", NAN), at_prior = decide_at(&w, "0.8", DVFO_PRIOR_BPS);
    cr_expect(memcmp(first.level, at_prior.level, sizeof first.level) == 0);
    close_world(&w);
}

Test(appealnet, a_timeout_is_news_of_the_link)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    const struct dvfo_policy_type *policy = &dvfo_policy_appealnet;
    const struct dvfo_policy_setup setup = {.board = w.fixture.board, .scenario = w.scenario, .argument = "1"};
    void *state = calloc(1, policy->state_size);
    cr_assert(policy->init(&w.ctx, state, &setup) == DVFO_OK, "%s", w.ctx.message);
    const struct dvfo_observation seen = {.bandwidth_bps = 1e9, .transfers = 1};
    struct dvfo_decision decision;
    policy->decide(state, &seen, &decision);
    const struct dvfo_outcome late = {.decision = decision, .timed_out = true};
    policy->learn(state, &late);
    policy->decide(state, &seen, &decision);
    const struct dvfo_decision slow = decide_at(&w, "1", 12608.0 * 8.0 / w.trial.scenario.timeout_s);
    cr_expect(memcmp(decision.level, slow.level, sizeof slow.level) == 0);
    free(state);
    close_world(&w);
}

Test(appealnet, a_threshold_that_is_none_is_told)
{
    struct world w;
    open_world(&w, "const:5Mbps");
    static const char *const wrong[] = {"-0.1", "1.1", "half", "0.5x", "nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *state = calloc(1, dvfo_policy_appealnet.state_size);
        const struct dvfo_policy_setup setup = {.board = w.fixture.board, .scenario = w.scenario, .argument = wrong[i]};
        cr_expect(dvfo_policy_appealnet.init(&w.ctx, state, &setup) == DVFO_BAD_INPUT, "%s", wrong[i]);
        cr_expect(strstr(w.ctx.message, "expected a score from 0") != NULL, "%s", w.ctx.message);
        free(state);
    }
    close_world(&w);
}
