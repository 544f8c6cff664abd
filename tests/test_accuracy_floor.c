/* The accuracy floor: what it forbids, that it holds for whoever chooses, and that accuracy is counted as it was met.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "made_up_accuracy.h"
#include "policies/placements.h"
#include "policies/policies.h"
#include "sim/base/random.h"
#include "sim/sample.h"

enum { REQUESTS = 300, PLACES = DVFO_SHARES + 3 }; /* counted by share, then layer, cloud, appeal */

#define SHARES(first, last) ((2u << (last)) - (1u << (first)))

struct world {
    struct dvfo_ctx ctx;
    struct fixture fixture;
    struct made_up_accuracy_def made;
    struct dvfo_accuracy_profile *accuracy;
    struct dvfo_trial trial;
};

static void take_profile(struct world *w)
{
    dvfo_accuracy_profile_free(w->accuracy);
    w->accuracy = made_up_accuracy(&w->made);
    w->trial.scenario.accuracy = w->accuracy;
}

/* Nothing loses anything by splitting, until somebody says so. */
static void open_world(struct world *w, const char *board, const char *network, const char *trace)
{
    *w = (struct world){.made = made_up_accuracy_def_default()};
    cr_assert(fixture_init(&w->ctx, &w->fixture, board, network, trace), "%s", w->ctx.message);
    w->trial = fixture_trial(&w->fixture, NULL, REQUESTS);
    memset(w->made.loss, 0, sizeof w->made.loss);
    w->made.full_int8_loss = w->made.weight_loss = 0.0;
    take_profile(w);
}

static void close_world(struct world *w)
{
    dvfo_accuracy_profile_free(w->accuracy);
    fixture_free(&w->fixture);
}

/* ---- what is forbidden ---- */

static struct dvfo_accuracy_floor floor_of(const struct dvfo_accuracy_profile *profile, double points, double lambda)
{
    struct dvfo_scenario_def def = dvfo_scenario_def_default();
    def.accuracy = profile;
    def.accuracy_floor = points;
    def.lambda = lambda;
    return dvfo_accuracy_floor_of(&def);
}

/* By default a made-up split loses 0.2 points with each tenth, and 10 points times (lambda - 0.5)^2 where both answer;
 * int8 alone loses 0.4 points. */
Test(accuracy_floor, shares_that_lose_more_than_the_points_are_forbidden)
{
    const struct made_up_accuracy_def def = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    const struct {
        double points, lambda;
        unsigned forbidden;
    } rows[] = {
        {1.0, 0.5, SHARES(6, 10)}, /* share 5 loses 1.0 points: just within */
        {0.99, 0.5, SHARES(5, 10)}, {2.0, 0.5, 0},
        {0.0, 0.5, SHARES(1, 10)},  {1.0, 0.3, SHARES(4, 10)},  /* 0.4 points for the weight */
        {1.0, 0.7, SHARES(4, 10)},  {1.0, 0.45, SHARES(5, 10)}, /* half way from 0.1 to 0.0 */
        {2.0, 1.0, SHARES(1, 9)},                               /* the remote alone doesn't know the weight */
        {INFINITY, 1.0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dvfo_accuracy_floor floor = floor_of(profile, rows[i].points, rows[i].lambda);
        cr_expect(floor.forbidden_shares == rows[i].forbidden, "row %zu: %x, expected %x", i, floor.forbidden_shares,
                  rows[i].forbidden);
    }
    cr_expect(!floor_of(profile, 1.0, 0.5).forbids_layers && floor_of(profile, 0.3, 0.5).forbids_layers);
    cr_expect(floor_of(NULL, 0.0, 0.0).forbidden_shares == 0 && !floor_of(NULL, 0.0, 0.0).forbids_layers);
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_floor, it_is_measured_on_the_part_for_validation)
{
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    def.loss[2] = 0.2;
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    struct dvfo_accuracy_table *table = profile->part;
    for (int seed = 0; seed < 2; seed++) { /* good on validation, bad on test */
        table[DVFO_PART_VALIDATION]
            .split[dvfo_accuracy_split_index(seed, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, 3, 5)] = 0.9;
    }
    cr_expect((floor_of(profile, 1.0, 0.5).forbidden_shares >> 3 & 1u) == 0);
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_floor, layers_that_send_floats_lose_nothing)
{
    struct dvfo_scenario_def def = dvfo_scenario_def_default();
    const struct made_up_accuracy_def made = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&made);
    def.accuracy = profile;
    def.accuracy_floor = 0.0;
    def.layer_int8 = false;
    cr_expect(!dvfo_accuracy_floor_of(&def).forbids_layers);
    dvfo_accuracy_profile_free(profile);
}

/* Random is number 2 of the selections, so it loses 2 (share + seed) times 0.001 more: 0.2 share + 0.1 points over two
 * seeds. */
Test(accuracy_floor, without_attention_it_is_that_of_channels_chosen_by_chance)
{
    struct made_up_accuracy_def made = made_up_accuracy_def_default();
    made.variants = true;
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&made);
    struct dvfo_scenario_def def = dvfo_scenario_def_default();
    def.accuracy = profile;
    cr_expect(dvfo_accuracy_floor_of(&def).forbidden_shares == SHARES(6, 10));
    def.attention = false;
    cr_expect(dvfo_accuracy_floor_of(&def).forbidden_shares == SHARES(3, 10), "%x",
              dvfo_accuracy_floor_of(&def).forbidden_shares);
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_floor, without_attention_a_split_takes_less_and_is_right_less_often)
{
    struct world w;
    struct dvfo_trial_results with;
    open_world(&w, "jetson-tx2", "resnet-18", "const:50Mbps");
    w.made = made_up_accuracy_def_default();
    w.made.variants = true;
    take_profile(&w);
    w.trial.scenario.accuracy_floor = (double)INFINITY;
    cr_assert(dvfo_policy_find(&w.ctx, "fixed:max/max/max/0.9", &w.trial.policy, &w.trial.policy_argument) == DVFO_OK);
    cr_assert(dvfo_trial_run(&w.ctx, &w.trial) == DVFO_OK, "%s", w.ctx.message);
    with = w.trial.results;
    w.trial.scenario.attention = false;
    cr_assert(dvfo_trial_run(&w.ctx, &w.trial) == DVFO_OK, "%s", w.ctx.message);
    cr_expect(w.trial.results.latency_s < with.latency_s && w.trial.results.energy_j < with.energy_j);
    const double expected =
        dvfo_accuracy_profile_split(w.accuracy, DVFO_PART_TEST, DVFO_SELECTION_RANDOM, DVFO_CODING_INT8, 9, 0.5);
    cr_expect(fabs(w.trial.results.accuracy - expected) < 1e-9, "known on average only: %g, expected %g",
              w.trial.results.accuracy, expected);
    close_world(&w);
}

Test(accuracy_floor, placements_to_choose_from_are_those_that_keep_it)
{
    struct world w;
    open_world(&w, "jetson-tx2", "resnet-18", "const:5Mbps");
    w.made = made_up_accuracy_def_default();
    take_profile(&w);
    struct dvfo_scenario *scenario = NULL;
    struct dvfo_placements placements;
    const int all = DVFO_WITH_SHARES | DVFO_WITH_CUTS | DVFO_WITH_CLOUD;
    const int cuts = (int)w.fixture.network->cut_count;
    w.trial.scenario.lambda = 0.3;
    cr_assert(dvfo_scenario_create(&w.ctx, &w.trial.scenario, &scenario) == DVFO_OK, "%s", w.ctx.message);
    cr_assert(dvfo_placements_create(&w.ctx, scenario, all, &placements) == DVFO_OK);
    cr_expect(placements.count == 1 + 3 + cuts + 1, "EDGE, shares 0.1 to 0.3, cuts, the input: %d", placements.count);
    cr_expect(placements.at[3].share_tenths == 3 && placements.at[4].place == DVFO_PLACE_LAYER);
    dvfo_placements_free(&placements);
    dvfo_scenario_weigh(scenario, 0.5, 0.5); /* the floor follows */
    cr_assert(dvfo_placements_create(&w.ctx, scenario, all, &placements) == DVFO_OK);
    cr_expect(placements.count == 1 + 5 + cuts + 1 && placements.at[5].share_tenths == 5);
    dvfo_placements_free(&placements);
    dvfo_scenario_free(scenario);
    close_world(&w);
}

/* ---- whoever chooses ---- */

static void count_place(void *user, const struct dvfo_request_row *row)
{
    long *placed = user;
    const int place = row->place == DVFO_PLACE_LAYER    ? DVFO_SHARES
                      : row->place == DVFO_PLACE_CLOUD  ? DVFO_SHARES + 1
                      : row->place == DVFO_PLACE_APPEAL ? DVFO_SHARES + 2
                                                        : (int)lround(10.0 * row->share);
    placed[place]++;
}

/* Requests by where they were computed. */
static void run(struct world *w, const char *policy, double points, long placed[PLACES])
{
    const struct dvfo_probe probe = {.user = placed, .request = count_place};
    memset(placed, 0, PLACES * sizeof *placed);
    w->trial.probe = &probe;
    w->trial.scenario.accuracy_floor = points;
    cr_assert(dvfo_policy_find(&w->ctx, policy, &w->trial.policy, &w->trial.policy_argument) == DVFO_OK);
    cr_assert(dvfo_trial_run(&w->ctx, &w->trial) == DVFO_OK, "%s: %s", policy, w->ctx.message);
    w->trial.probe = NULL;
}

/* The share that was taken most often, 0 left out. */
static int favourite(const long placed[PLACES])
{
    int most = 1;
    for (int share = 2; share < DVFO_SHARES; share++) {
        most = placed[share] > placed[most] ? share : most;
    }
    return most;
}

Test(accuracy_floor, a_share_that_pays_is_taken_without_a_floor_and_by_nobody_with_one_that_it_does_not_keep)
{
    static const char *const policies[] = {"oracle-dvfo",  "oracle-all", "oracle-informed",    "oracle-informed:greedy",
                                           "offload-best", "fixed-best", "coordinate-descent", "random"};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct world w;
        long before[PLACES], masked[PLACES], without[PLACES];
        open_world(&w, "jetson-nano", "vit-b16", "model:wifi");
        w.trial.scenario.encode_bit_per_pixel = 96.0; /* inputs and layers are dearer to send than shares */
        w.trial.scenario.layer_int8 = false;
        run(&w, policies[i], 1.0, before);
        const int best = favourite(before);
        cr_assert(before[best] > 0, "%s sends something", policies[i]);
        w.made.loss[best - 1] = 0.2;
        take_profile(&w);
        run(&w, policies[i], 1.0, masked);
        run(&w, policies[i], INFINITY, without);
        cr_expect(masked[best] == 0, "%s: share %d taken %ld times", policies[i], best, masked[best]);
        cr_expect(memcmp(without, before, sizeof before) == 0, "%s: without a floor nothing changes", policies[i]);
        close_world(&w);
    }
}

Test(accuracy_floor, layer_splits_that_lose_too_much_are_taken_by_nobody)
{
    static const char *const policies[] = {"neurosurgeon-latency", "neurosurgeon-energy", "dynasplit"};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct world w;
        long masked[PLACES], without[PLACES];
        open_world(&w, "jetson-nano", "inception-v4", "model:4g-up");
        w.made.full_int8_loss = 0.05;
        take_profile(&w);
        run(&w, policies[i], 1.0, masked);
        run(&w, policies[i], INFINITY, without);
        cr_expect(masked[DVFO_SHARES] == 0, "%s: %ld", policies[i], masked[DVFO_SHARES]);
        cr_expect(without[DVFO_SHARES] > 0, "%s would", policies[i]);
        close_world(&w);
    }
}

Test(accuracy_floor, a_random_policy_draws_among_all_that_is_allowed)
{
    struct world w;
    long placed[PLACES];
    open_world(&w, "jetson-nano", "resnet-18", "const:5Mbps");
    w.made.loss[1] = w.made.loss[2] = w.made.loss[9] = 0.02;
    take_profile(&w);
    run(&w, "random", 1.0, placed);
    for (int share = 0; share < DVFO_SHARES; share++) {
        const bool forbidden = share == 2 || share == 3 || share == 10;
        cr_expect(forbidden ? placed[share] == 0 : placed[share] > 0, "share %d: %ld", share, placed[share]);
    }
    close_world(&w);
}

Test(accuracy_floor, where_no_share_is_allowed_everybody_stays_on_the_device_or_sends_the_input)
{
    static const char *const policies[] = {"oracle-dvfo",        "oracle-dvfo:input", "offload-best",
                                           "fixed-best",         "oracle-informed",   "random",
                                           "coordinate-descent", "oracle-all"};
    struct world w;
    open_world(&w, "jetson-nano", "vit-b16", "model:wifi");
    w.made.full_int8_loss = 0.5;
    for (int share = 0; share < DVFO_ACCURACY_SHARES; share++) {
        w.made.loss[share] = 0.5;
    }
    take_profile(&w);
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        long placed[PLACES];
        run(&w, policies[i], 1.0, placed);
        cr_expect(placed[0] + placed[DVFO_SHARES + 1] == REQUESTS, "%s", policies[i]);
    }
    close_world(&w);
}

Test(accuracy_floor, a_fixed_share_below_it_is_refused_and_taken_without_one)
{
    struct world w;
    open_world(&w, "jetson-tx2", "resnet-18", "const:5Mbps");
    w.made.loss[6] = 0.02;
    take_profile(&w);
    cr_assert(dvfo_policy_find(&w.ctx, "fixed:max/max/max/0.7", &w.trial.policy, &w.trial.policy_argument) == DVFO_OK);
    cr_expect(dvfo_trial_run(&w.ctx, &w.trial) == DVFO_BAD_INPUT);
    cr_expect_str_eq(w.ctx.message, "fixed: a share of 0.7 loses more accuracy than the floor allows at lambda 0.5; "
                                    "--accuracy-floor none lifts it");
    w.trial.scenario.accuracy_floor = INFINITY;
    cr_expect(dvfo_trial_run(&w.ctx, &w.trial) == DVFO_OK, "%s", w.ctx.message);
    w.trial.scenario.accuracy_floor = 1.0;
    w.trial.policy_argument = "max/max/max/0.6";
    cr_expect(dvfo_trial_run(&w.ctx, &w.trial) == DVFO_OK, "%s", w.ctx.message);
    close_world(&w);
}

Test(accuracy_floor, points_that_make_no_sense_are_told)
{
    static const double wrong[] = {-0.1, 100.1, NAN, -INFINITY};
    struct world w;
    open_world(&w, "jetson-tx2", "resnet-18", "const:5Mbps");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct dvfo_scenario *scenario = NULL;
        w.trial.scenario.accuracy_floor = wrong[i];
        cr_expect(dvfo_scenario_create(&w.ctx, &w.trial.scenario, &scenario) == DVFO_BAD_INPUT, "%g", wrong[i]);
        cr_expect(strstr(w.ctx.message, "accuracy_floor is ") != NULL, "%s", w.ctx.message);
    }
    close_world(&w);
}

/* ---- accuracy that was met ---- */

struct met {
    double accuracy[REQUESTS];
    long rows;
};

static void keep_accuracy(void *user, const struct dvfo_request_row *row)
{
    struct met *met = user;
    met->accuracy[row->request] = row->accuracy;
    met->rows++;
}

static void meet(struct world *w, const char *policy, struct met *met)
{
    const struct dvfo_probe probe = {.user = met, .request = keep_accuracy};
    *met = (struct met){.rows = 0};
    w->trial.probe = &probe;
    cr_assert(dvfo_policy_find(&w->ctx, policy, &w->trial.policy, &w->trial.policy_argument) == DVFO_OK);
    cr_assert(dvfo_trial_run(&w->ctx, &w->trial) == DVFO_OK, "%s: %s", policy, w->ctx.message);
    cr_assert(met->rows == REQUESTS);
}

static double mean_of(const struct met *met)
{
    double sum = 0.0;
    for (int i = 0; i < REQUESTS; i++) {
        sum += met->accuracy[i] / REQUESTS;
    }
    return sum;
}

Test(accuracy, that_of_a_trial_is_the_mean_of_its_rows_and_its_loss_is_against_the_full_network)
{
    static const char *const policies[] = {"fixed:max/max/max/0.5", "appealnet", "random", "oracle-all", "edge-only"};
    struct world w;
    static struct met full, met;
    open_world(&w, "jetson-nano", "vit-b16", "model:wifi");
    w.made = made_up_accuracy_def_default();
    take_profile(&w);
    w.trial.scenario.accuracy_floor = INFINITY;
    meet(&w, "edge-only", &full);
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        meet(&w, policies[i], &met);
        cr_expect_float_eq(w.trial.results.accuracy, mean_of(&met), 1e-12, "%s", policies[i]);
        cr_expect_float_eq(w.trial.results.accuracy_loss, 100.0 * (mean_of(&full) - mean_of(&met)), 1e-9, "%s",
                           policies[i]);
    }
    cr_expect(w.trial.results.accuracy_loss == 0.0, "the device alone is the full network");
    close_world(&w);
}

/* Every policy meets the same images: who runs the full network is right about the same requests. */
Test(accuracy, policies_meet_the_same_inputs)
{
    struct world w;
    static struct met edge, cloud, governed, other;
    open_world(&w, "jetson-nano", "resnet-18", "model:4g-up");
    meet(&w, "edge-only", &edge);
    meet(&w, "cloud-only", &cloud);
    meet(&w, "l4t-default", &governed);
    cr_expect(memcmp(edge.accuracy, cloud.accuracy, sizeof edge.accuracy) == 0);
    cr_expect(memcmp(edge.accuracy, governed.accuracy, sizeof edge.accuracy) == 0);
    const uint64_t seed = dvfo_random_seed(w.trial.seed, w.trial.index, "samples");
    for (long i = 0; i < REQUESTS; i++) {
        const long image = dvfo_sample_row(seed, i, w.made.requests);
        cr_expect(edge.accuracy[i] == w.accuracy->part[DVFO_PART_TEST].right_full[image], "request %ld", i);
    }
    w.trial.seed++;
    meet(&w, "edge-only", &other);
    cr_expect(memcmp(edge.accuracy, other.accuracy, sizeof edge.accuracy) != 0, "another seed draws others");
    cr_assert(dvfo_workload_parse(&w.ctx, "poisson:40", &w.trial.workload) == DVFO_OK); /* requests end out of order */
    meet(&w, "cloud-only", &cloud);
    cr_expect(memcmp(other.accuracy, cloud.accuracy, sizeof other.accuracy) == 0);
    close_world(&w);
}

Test(accuracy, a_timeout_ends_with_the_full_networks_answer)
{
    struct world w;
    static struct met full, late;
    open_world(&w, "jetson-nano", "resnet-18", "const:5Mbps");
    w.made.loss[6] = 0.3;
    take_profile(&w);
    w.trial.scenario.accuracy_floor = INFINITY;
    meet(&w, "edge-only", &full);
    meet(&w, "fixed:max/max/max/0.7", &late);
    cr_expect(mean_of(&late) < mean_of(&full) - 0.2);
    w.trial.scenario.timeout_s = 0.001;
    meet(&w, "fixed:max/max/max/0.7", &late);
    cr_expect(w.trial.results.timeouts == REQUESTS);
    cr_expect(memcmp(late.accuracy, full.accuracy, sizeof full.accuracy) == 0);
    close_world(&w);
}

Test(accuracy, without_a_profile_nothing_is_said_of_it)
{
    struct world w;
    static struct met met;
    open_world(&w, "jetson-nano", "resnet-18", "const:5Mbps");
    w.trial.scenario.accuracy = NULL;
    meet(&w, "random", &met);
    cr_expect(isnan(met.accuracy[0]) && isnan(w.trial.results.accuracy) && isnan(w.trial.results.accuracy_loss));
    close_world(&w);
}
