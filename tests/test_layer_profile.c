/* Layer profiles in memory: made, completed, attached; what the simulator makes of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "allocations.h"
#include "fixture.h"
#include "policies/policies.h"
#include "profiles/attention.h"
#include "profiles/kernel.h"
#include "profiles/layer_attach.h"
#include "profiles/layer_interpolation.h"
#include "sim/plan.h"

#define RELATIVE(a, b) (fabs((a) - (b)) / fmax(fabs(b), 1e-300))
#define BOARD DVFO_SOURCE_DIR "/tests/data/small-board.yaml"
#define NETWORK DVFO_SOURCE_DIR "/tests/data/small-network.yaml"

enum { CONV1 = 0 }; /* the network's first layer: a 3x3 convolution with a kernel */

static struct fixture open_world(const char *board, const char *network)
{
    struct dvfo_ctx ctx = {0};
    struct fixture world;
    cr_assert(fixture_init(&ctx, &world, board, network, "model:4g-up"), "%s", ctx.message);
    return world;
}

static const struct dvfo_runtime *runtime_of(const struct fixture *world)
{
    return &world->board->runtime[0];
}

/* An empty profile on clocks in MHz, lists ended by 0. */
static struct dvfo_layer_profile *empty_profile(const struct fixture *world, const double *cpu, const double *gpu,
                                                const double *mem)
{
    const double *const mhz[DVFO_DOMAINS] = {cpu, gpu, mem};
    double hz[DVFO_DOMAINS][DVFO_MAX_LEVELS];
    size_t levels[DVFO_DOMAINS] = {0};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        for (; mhz[d][levels[d]] > 0.0; levels[d]++) {
            hz[d][levels[d]] = 1e6 * mhz[d][levels[d]];
        }
    }
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = NULL;
    cr_assert(dvfo_layer_profile_create(&ctx, world->board, runtime_of(world), world->network, levels,
                                        (const double *const[]){hz[0], hz[1], hz[2]}, DVFO_MEASURED, "a test",
                                        &profile) == DVFO_OK,
              "%s", ctx.message);
    return profile;
}

static void complete(const struct fixture *world, struct dvfo_layer_profile *profile)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_layer_profile_complete(&ctx, world->board, runtime_of(world), world->network, profile) == DVFO_OK,
              "%s", ctx.message);
}

static void attach(const struct fixture *world, const struct dvfo_layer_profile *profile)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_board_attach_layers(&ctx, world->board, world->network, profile) == DVFO_OK, "%s", ctx.message);
}

/* The closed form of the small world on a grid of 2 x 2 x 2 clocks. */
static struct dvfo_layer_profile *exported(const struct fixture *world)
{
    struct dvfo_layer_profile *profile = empty_profile(world, (const double[]){1000, 2000, 0},
                                                       (const double[]){500, 1000, 0}, (const double[]){500, 1000, 0});
    complete(world, profile);
    return profile;
}

static struct dvfo_clocks clocks_mhz(double cpu, double gpu, double mem)
{
    return (struct dvfo_clocks){{cpu * 1e6, gpu * 1e6, mem * 1e6}};
}

/* GPU time of one layer, as schedules have it. */
static double gpu_s(const struct fixture *world, const struct dvfo_network *network, int layer,
                    struct dvfo_clocks clocks)
{
    struct dvfo_layer_parts *parts = calloc(network->n, sizeof *parts);
    struct dvfo_request_parts request;
    cr_assert(parts != NULL);
    dvfo_cost_parts(runtime_of(world), network, &clocks, parts, &request);
    const double found_s = parts[layer].gpu_s;
    free(parts);
    return found_s;
}

static double *value_at(const struct dvfo_layer_profile *profile, const struct dvfo_layer_cost *cost, size_t layer,
                        struct dvfo_clocks clocks)
{
    const size_t point = dvfo_layer_profile_point(profile, &clocks);
    cr_assert(point < profile->points);
    return &cost->value[point * profile->n + layer];
}

/* One layer takes twice as long at the highest clocks of the grid, and nothing else differs. */
static void plant_double(struct dvfo_layer_profile *profile, size_t layer)
{
    *value_at(profile, &profile->gpu_s, layer, clocks_mhz(2000, 1000, 1000)) *= 2.0;
}

/* ---- completion ---- */

Test(layer_profile, an_export_holds_the_parts_of_the_closed_form)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = exported(&world);
    cr_assert(profile->points == 8 && profile->n == world.network->n);
    for (size_t i = 0; i < profile->n; i++) {
        const struct dvfo_clocks clocks = clocks_mhz(1000, 500, 1000);
        const bool kernel = dvfo_kernel_exists(&world.network->layers[i]);
        cr_expect(*value_at(profile, &profile->gpu_s, i, clocks) == gpu_s(&world, world.network, (int)i, clocks));
        cr_expect(*value_at(profile, &profile->cpu_s, i, clocks) == (kernel ? 20e-6 : 0.0)); /* 20000 cycles at 1 GHz */
    }
    cr_expect(profile->request_s.value[0] == 1e-3); /* fixed_s of the file, no host cycles */
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

static double sum(const double *value, size_t count)
{
    double total = 0.0;
    for (size_t i = 0; i < count; i++) {
        total += value[i];
    }
    return total;
}

/* Energy of a request over layers, parts and the request's own. */
static double total_j(const struct dvfo_layer_profile *p, size_t point)
{
    const size_t at = point * p->n;
    return sum(&p->gpu_j.value[at], p->n) + sum(&p->cpu_j.value[at], p->n) + sum(&p->rest_j.value[at], p->n) +
           p->request_gpu_j.value[point] + p->request_cpu_j.value[point] + p->request_rest_j.value[point];
}

static void expect_sums_to_the_simulator(const char *board, const char *network)
{
    struct fixture world = open_world(board, network);
    const struct dvfo_clock_domain *clock = world.board->clock;
    const double hz[] = {clock[0].level_hz[1], clock[1].level_hz[2], clock[2].level_hz[1]};
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = NULL;
    cr_assert(dvfo_layer_profile_create(&ctx, world.board, runtime_of(&world), world.network, (const size_t[]){1, 1, 1},
                                        (const double *const[]){&hz[0], &hz[1], &hz[2]}, DVFO_CALIBRATED, "s",
                                        &profile) == DVFO_OK);
    complete(&world, profile);
    struct dvfo_trial trial = fixture_trial(&world, &fixture_told, 1);
    trial.policy_argument = "0 0 0 1 2 1";
    cr_assert(dvfo_trial_run(&ctx, &trial) == DVFO_OK, "%s", ctx.message);
    const double latency_s = sum(profile->layer_s.value, profile->n) + profile->request_s.value[0];
    cr_expect(RELATIVE(total_j(profile, 0), trial.results.energy_j) < 1e-9, "%s %s: %.12g J, simulated %.12g", board,
              network, total_j(profile, 0), trial.results.energy_j);
    cr_expect(RELATIVE(latency_s, trial.results.latency_s) < 1e-9, "%s %s", board, network);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, energies_and_latencies_sum_to_those_of_a_simulated_request)
{
    expect_sums_to_the_simulator(BOARD, NETWORK);
    expect_sums_to_the_simulator("jetson-tx2", "mobilenet-v2");
    expect_sums_to_the_simulator("jetson-nano", "resnet-18"); /* launches are not hidden there */
    expect_sums_to_the_simulator("xavier-nx", "deepspeech");
}

Test(layer_profile, what_a_measurement_left_open_is_filled_and_what_it_says_stays)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile =
        empty_profile(&world, (const double[]){2000, 0}, (const double[]){500, 1000, 0}, (const double[]){1000, 0});
    const struct dvfo_clocks low = clocks_mhz(2000, 500, 1000), top = clocks_mhz(2000, 1000, 1000);
    *value_at(profile, &profile->gpu_s, CONV1, top) = 0.125;
    complete(&world, profile);
    cr_expect(*value_at(profile, &profile->gpu_s, CONV1, top) == 0.125);
    cr_expect(isnan(*value_at(profile, &profile->gpu_s, CONV1, low)), "never measured there, and measured elsewhere");
    cr_expect(isnan(*value_at(profile, &profile->gpu_j, CONV1, low)));
    cr_expect(profile->standing[CONV1] == DVFO_MEASURED && profile->gpu_s.standing == DVFO_MEASURED);
    size_t calibrated = 0;
    for (size_t i = 1; i < profile->n; i++) {
        cr_expect(*value_at(profile, &profile->gpu_s, i, low) == gpu_s(&world, world.network, (int)i, low));
        calibrated += profile->standing[i] == DVFO_CALIBRATED;
    }
    cr_expect(calibrated > 0 && profile->cpu_s.standing == DVFO_DOCUMENTED);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, completing_twice_changes_nothing)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = exported(&world);
    plant_double(profile, CONV1);
    const double planted_s = *value_at(profile, &profile->gpu_s, CONV1, clocks_mhz(2000, 1000, 1000));
    const double energy_j = total_j(profile, 7);
    complete(&world, profile);
    cr_expect(*value_at(profile, &profile->gpu_s, CONV1, clocks_mhz(2000, 1000, 1000)) == planted_s);
    cr_expect(total_j(profile, 7) == energy_j);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, an_assumed_coefficient_makes_an_assumption_where_its_band_matters)
{
    struct fixture world = open_world("jetson-tx2", "mobilenet-v2");
    const struct dvfo_clock_domain *clock = world.board->clock;
    struct dvfo_layer_profile *profile =
        empty_profile(&world, (const double[]){clock[0].level_hz[clock[0].level_count - 1] / 1e6, 0},
                      (const double[]){clock[1].level_hz[clock[1].level_count - 1] / 1e6, 0},
                      (const double[]){clock[2].level_hz[clock[2].level_count - 1] / 1e6, 0});
    complete(&world, profile);
    size_t depthwise = 0, pointwise = 0;
    for (size_t i = 0; i < profile->n; i++) {
        const bool kernel = dvfo_kernel_exists(&world.network->layers[i]);
        if (kernel && profile->op[i] == DVFO_OP_DEPTHWISE) { /* 0.06 to 0.25 of peak */
            cr_expect(profile->standing[i] == DVFO_ASSUMPTION, "%s", profile->layer_name[i]);
            depthwise++;
        }
        if (kernel && profile->op[i] == DVFO_OP_CONV_POINTWISE) {
            cr_expect(profile->standing[i] == DVFO_CALIBRATED, "%s", profile->layer_name[i]);
            pointwise++;
        }
    }
    cr_expect(depthwise > 10 && pointwise > 20);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

/* ---- between the points ---- */

Test(layer_profile, between_points_the_ratio_is_linear_in_the_period_and_held_beyond_them)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = exported(&world);
    const double low_s = gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 250, 1000));
    const double mid_s = gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 2000.0 / 3.0, 1000));
    const double both_s = gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 2000.0 / 3.0, 2000.0 / 3.0));
    plant_double(profile, CONV1);
    attach(&world, profile);
    /* 1 / (2/3 GHz) = 1.5 ns lies in the middle of 1 and 2 ns: ratio 1.5, and 1.25 in the middle of two axes */
    cr_expect(RELATIVE(gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 2000.0 / 3.0, 1000)), 1.5 * mid_s) < 1e-12);
    cr_expect(RELATIVE(gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 2000.0 / 3.0, 2000.0 / 3.0)),
                       1.25 * both_s) < 1e-12);
    cr_expect(gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 250, 1000)) == low_s, "held at the lower edge");
    const double above_s = gpu_s(&world, world.network, CONV1, clocks_mhz(4000, 4000, 4000));
    struct fixture plain = open_world(BOARD, NETWORK);
    cr_expect(RELATIVE(above_s, 2.0 * gpu_s(&plain, plain.network, CONV1, clocks_mhz(4000, 4000, 4000))) < 1e-12,
              "and at the upper one");
    dvfo_layer_profile_free(profile);
    fixture_free(&plain);
    fixture_free(&world);
}

Test(layer_profile, on_a_point_the_number_of_the_profile_is_taken_as_it_is)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = exported(&world);
    for (size_t i = 0; i < profile->points * profile->n; i++) { /* odd ones: by way of a ratio some would be rounded */
        profile->gpu_s.value[i] = profile->gpu_s.value[i] > 0.0 ? 1e-5 * (double)(i + 1) / 7.0 : 0.0;
    }
    attach(&world, profile);
    for (size_t p = 0; p < profile->points; p++) {
        const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(profile, p);
        for (size_t i = 0; i < profile->n; i++) {
            cr_expect(gpu_s(&world, world.network, (int)i, clocks) == profile->gpu_s.value[p * profile->n + i]);
        }
    }
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, a_point_not_measured_has_the_ratio_of_the_nearest_one)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = empty_profile(
        &world, (const double[]){2000, 0}, (const double[]){250, 500, 750, 1000, 0}, (const double[]){500, 1000, 0});
    double closed_s[4];
    for (int i = 0; i < 4; i++) {
        closed_s[i] = gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 250.0 * (i + 1), 500));
    }
    /* measured at 250 and at 1000 MHz with a memory clock of 1 GHz: three times and half the closed form */
    *value_at(profile, &profile->gpu_s, CONV1, clocks_mhz(2000, 250, 1000)) =
        3.0 * gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 250, 1000));
    *value_at(profile, &profile->gpu_s, CONV1, clocks_mhz(2000, 1000, 1000)) =
        0.5 * gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 1000, 1000));
    complete(&world, profile);
    attach(&world, profile);
    const double expected[] = {3.0, 3.0, 0.5, 0.5};
    for (int i = 0; i < 4; i++) {
        const double found_s = gpu_s(&world, world.network, CONV1, clocks_mhz(2000, 250.0 * (i + 1), 500));
        cr_expect(RELATIVE(found_s, expected[i] * closed_s[i]) < 1e-12, "%d MHz: %g of the closed form", 250 * (i + 1),
                  found_s / closed_s[i]);
    }
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, a_layer_never_measured_has_the_closed_form)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile =
        empty_profile(&world, (const double[]){2000, 0}, (const double[]){1000, 0}, (const double[]){1000, 0});
    const struct dvfo_clocks clocks = clocks_mhz(1000, 500, 500);
    const double closed_s = gpu_s(&world, world.network, CONV1, clocks);
    attach(&world, profile); /* all of it NaN */
    cr_expect(gpu_s(&world, world.network, CONV1, clocks) == closed_s);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

/* ---- the simulator ---- */

/* Two trials, one on the closed form, one on a board with a profile. */
static void expect_same_results(struct fixture *plain, struct fixture *profiled, const char *policy, double tolerance)
{
    struct dvfo_ctx ctx = {0};
    struct fixture *const worlds[] = {plain, profiled};
    struct dvfo_trial_results results[2];
    for (int i = 0; i < 2; i++) {
        const struct dvfo_policy_type *type = NULL;
        const char *argument = NULL;
        cr_assert(dvfo_policy_find(&ctx, policy, &type, &argument) == DVFO_OK);
        struct dvfo_trial trial = fixture_trial(worlds[i], type, 200);
        cr_assert(dvfo_trial_run(&ctx, &trial) == DVFO_OK, "%s", ctx.message);
        results[i] = trial.results;
    }
    const double pairs[][2] = {{results[0].energy_j, results[1].energy_j},
                               {results[0].latency_s, results[1].latency_s},
                               {results[0].latency_p95_s, results[1].latency_p95_s},
                               {results[0].share, results[1].share}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        cr_expect(pairs[i][0] == pairs[i][1] || RELATIVE(pairs[i][1], pairs[i][0]) <= tolerance, "%s: %.17g and %.17g",
                  policy, pairs[i][0], pairs[i][1]);
    }
}

/* Every level of the board is a point of the grid. */
static struct dvfo_layer_profile *exported_everywhere(const struct fixture *world)
{
    struct dvfo_layer_profile *profile = NULL;
    const struct dvfo_clock_domain *clock = world->board->clock;
    const size_t levels[] = {clock[0].level_count, clock[1].level_count, clock[2].level_count};
    const double *const hz[] = {clock[0].level_hz, clock[1].level_hz, clock[2].level_hz};
    cr_assert(dvfo_layer_profile_create(NULL, world->board, runtime_of(world), world->network, levels, hz,
                                        DVFO_CALIBRATED, "s", &profile) == DVFO_OK);
    complete(world, profile);
    return profile;
}

Test(layer_profile, an_export_gives_bit_for_bit_the_simulation_of_the_closed_form_on_its_points)
{
    static const char *const policies[] = {"edge-only", "random", "oracle-all", "schedutil", "coordinate-descent"};
    struct fixture plain = open_world("jetson-nano", "mobilenet-v2"),
                   profiled = open_world("jetson-nano", "mobilenet-v2");
    struct dvfo_layer_profile *profile = exported_everywhere(&profiled);
    attach(&profiled, profile);
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        expect_same_results(&plain, &profiled, policies[i], 0.0);
    }
    dvfo_layer_profile_free(profile);
    fixture_free(&profiled);
    fixture_free(&plain);
}

Test(layer_profile, an_export_gives_the_simulation_of_the_closed_form_between_its_points_too)
{
    static const char *const policies[] = {"random", "oracle-dvfo", "powersave"};
    struct fixture plain = open_world("jetson-tx2", "resnet-18"), profiled = open_world("jetson-tx2", "resnet-18");
    struct dvfo_layer_profile *profile = empty_profile(&profiled, (const double[]){500, 1900, 0},
                                                       (const double[]){200, 1200, 0}, (const double[]){1500, 0});
    complete(&profiled, profile);
    attach(&profiled, profile);
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        expect_same_results(&plain, &profiled, policies[i], 1e-12);
    }
    dvfo_layer_profile_free(profile);
    fixture_free(&profiled);
    fixture_free(&plain);
}

Test(layer_profile, a_layer_that_takes_longer_costs_exactly_that)
{
    struct fixture world = open_world("jetson-tx2", "vgg-19");
    struct dvfo_layer_profile *profile = exported_everywhere(&world);
    struct dvfo_trial trial = fixture_trial(&world, &fixture_told, 1);
    trial.policy_argument = "0 0 0 11 12 10";
    cr_assert(dvfo_trial_run(NULL, &trial) == DVFO_OK);
    const struct dvfo_trial_results before = trial.results;
    size_t layer = 0; /* the longest: its launch is hidden, and so are those behind it */
    const size_t top = (profile->points - 1) * profile->n;
    for (size_t i = 0; i < profile->n; i++) {
        layer = profile->gpu_s.value[top + i] > profile->gpu_s.value[top + layer] ? i : layer;
    }
    const double more_s = profile->gpu_s.value[top + layer];
    const double energy_j =
        profile->gpu_j.value[top + layer] + profile->cpu_j.value[top + layer] + profile->rest_j.value[top + layer];
    profile->gpu_s.value[top + layer] *= 2.0;
    profile->moved_byte.value[top + layer] *= 2.0; /* as busy as before, for twice the time */
    attach(&world, profile);
    cr_assert(dvfo_trial_run(NULL, &trial) == DVFO_OK);
    cr_expect(RELATIVE(trial.results.latency_s - before.latency_s, more_s) < 1e-9);
    cr_expect(RELATIVE(trial.results.energy_j - before.energy_j, energy_j) < 1e-9);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, a_slim_tail_takes_the_ratio_of_the_layer_it_comes_from)
{
    struct fixture world = open_world(BOARD, NETWORK);
    const int tail = world.network->split + 1; /* the first layer behind the split */
    struct dvfo_network *slim = NULL;
    cr_assert(dvfo_network_slim(NULL, world.network, 0.5, &slim) == DVFO_OK);
    struct dvfo_layer_profile *profile = exported(&world);
    const struct dvfo_clocks top = clocks_mhz(2000, 1000, 1000);
    const double slim_s = gpu_s(&world, slim, tail, top), full_s = gpu_s(&world, world.network, tail, top);
    const double other_s = gpu_s(&world, slim, tail + 1, top);
    cr_assert(slim_s < full_s);
    plant_double(profile, (size_t)tail);
    attach(&world, profile);
    cr_expect(gpu_s(&world, slim, tail, top) == 2.0 * slim_s);
    cr_expect(gpu_s(&world, world.network, tail, top) == 2.0 * full_s);
    cr_expect(gpu_s(&world, slim, tail + 1, top) == other_s);
    dvfo_layer_profile_free(profile);
    dvfo_network_free(slim);
    fixture_free(&world);
}

Test(layer_profile, attention_and_other_networks_and_inputs_keep_the_closed_form)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_network *small = NULL, *attention = NULL;
    cr_assert(dvfo_network_load(NULL, NETWORK, 16, NULL, &small) == DVFO_OK);
    cr_assert(dvfo_attention_network(NULL, world.network->layers[world.network->split].out, &attention) == DVFO_OK);
    struct dvfo_layer_profile *profile = exported(&world);
    const struct dvfo_clocks top = clocks_mhz(2000, 1000, 1000);
    const double small_s = gpu_s(&world, small, CONV1, top), attention_s = gpu_s(&world, attention, 0, top);
    for (size_t i = 0; i < profile->points * profile->n; i++) {
        profile->gpu_s.value[i] *= 2.0;
    }
    attach(&world, profile);
    cr_expect(gpu_s(&world, small, CONV1, top) == small_s && gpu_s(&world, attention, 0, top) == attention_s);
    dvfo_layer_profile_free(profile);
    dvfo_network_free(attention);
    dvfo_network_free(small);
    fixture_free(&world);
}

Test(layer_profile, the_activity_scales_what_the_gpu_draws_and_nothing_else)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = exported(&world);
    const struct dvfo_clocks top = clocks_mhz(2000, 1000, 1000);
    struct dvfo_busy before, after;
    const int last = (int)world.network->n - 1;
    const double time_s =
        dvfo_cost_stretch_s(world.board, runtime_of(&world), world.network, 0, last, true, &top, &before);
    for (size_t p = 0; p < profile->points; p++) {
        profile->activity.value[p] = 0.5;
    }
    attach(&world, profile);
    cr_expect(dvfo_cost_stretch_s(world.board, runtime_of(&world), world.network, 0, last, true, &top, &after) ==
              time_s);
    cr_expect(RELATIVE(after.s[DVFO_GPU], 0.5 * before.s[DVFO_GPU]) < 1e-12);
    cr_expect(after.s[DVFO_CPU] == before.s[DVFO_CPU] && after.s[DVFO_MEM] == before.s[DVFO_MEM]);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

Test(layer_profile, planning_on_a_profile_allocates_nothing)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *profile = exported(&world);
    attach(&world, profile);
    struct dvfo_busy busy;
    const size_t before = allocations_so_far();
    for (int mhz = 500; mhz <= 1000; mhz++) {
        const struct dvfo_clocks clocks = clocks_mhz(mhz, mhz, mhz);
        (void)dvfo_cost_stretch_s(world.board, runtime_of(&world), world.network, 0, (int)world.network->n - 1, true,
                                  &clocks, &busy);
    }
    cr_expect(allocations_so_far() == before);
    dvfo_layer_profile_free(profile);
    fixture_free(&world);
}

/* ---- what doesn't belong together ---- */

Test(layer_profile, a_grid_too_large_to_be_read_again_is_refused)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = NULL;
    double hz[DVFO_MAX_LEVELS * 4];
    for (int i = 0; i < DVFO_MAX_LEVELS * 4; i++) {
        hz[i] = 1e9 + i;
    }
    cr_expect(dvfo_layer_profile_create(&ctx, world.board, runtime_of(&world), world.network,
                                        (const size_t[]){128, 128, 7}, (const double *const[]){hz, hz, hz},
                                        DVFO_MEASURED, "s", &profile) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "at 128 x 128 x 7 clocks would have 4358144 values, expected at most 4194304") !=
                  NULL,
              "%s", ctx.message);
    fixture_free(&world);
}

static void expect_refused(const struct fixture *world, const struct dvfo_layer_profile *profile, const char *says)
{
    struct dvfo_ctx ctx = {0};
    cr_expect(dvfo_board_attach_layers(&ctx, world->board, world->network, profile) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, says) != NULL, "no '%s' in: %s", says, ctx.message);
    cr_expect(world->board->runtime[0].tables_count == 0);
}

static void swap_text(char **text, const char *by)
{
    free(*text);
    *text = strdup(by);
}

Test(layer_profile, what_differs_from_board_or_network_is_told)
{
    struct fixture world = open_world(BOARD, NETWORK);
    struct dvfo_layer_profile *p = exported(&world);
    swap_text(&p->layer_name[3], "elsewhere");
    expect_refused(&world, p, "layer 3 is 'elsewhere'");
    swap_text(&p->layer_name[3], world.network->layers[3].name);
    p->op[CONV1] = DVFO_OP_DENSE;
    expect_refused(&world, p, "layer 0 is 'conv1' (dense), but that of small-network is 'conv1' (conv-3x3)");
    p->op[CONV1] = DVFO_OP_CONV_3X3;
    p->input.height = 64;
    expect_refused(&world, p, "with an input of 3x64x32, expected 3x32x32");
    p->input.height = 32;
    p->n--;
    expect_refused(&world, p, "layers, but small-network has");
    p->n++;
    swap_text(&p->network, "resnet-18");
    expect_refused(&world, p, "is of the network resnet-18, expected small-network");
    swap_text(&p->network, "small-network");
    swap_text(&p->precision, "fp16");
    expect_refused(&world, p, "small-board has no runtime plain fp16");
    swap_text(&p->precision, "fp32");
    swap_text(&p->board, "jetson-tx2");
    expect_refused(&world, p, "is of the board jetson-tx2, expected small-board");
    swap_text(&p->board, "small-board");
    size_t fused = 0;
    while (!world.network->layers[fused].fused) {
        fused++;
    }
    p->gpu_s.value[fused] = 1e-3;
    expect_refused(&world, p, "has no kernel of its own");
    p->gpu_s.value[fused] = 0.0;
    attach(&world, p);
    struct dvfo_ctx ctx = {0};
    cr_expect(dvfo_board_attach_layers(&ctx, world.board, world.network, p) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "second profile of small-network on small-board") != NULL, "%s", ctx.message);
    dvfo_layer_profile_free(p);
    fixture_free(&world);
}
