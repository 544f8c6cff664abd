#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "allocations.h"
#include "fixture.h"
#include "made_up_accuracy.h"
#include "policies/policies.h"
#include "sim/cloud.h"
#include "sim/link.h"
#include "sim/plan.h"
#include "sim/request.h"
#include "sim/simulation.h"

#define RELATIVE(a, b) (fabs((a) - (b)) / fmax(fabs(b), 1e-300))

static struct fixture open_world(const char *board, const char *network, const char *trace)
{
    struct dvfo_ctx ctx = {0};
    struct fixture fixture;
    cr_assert(fixture_init(&ctx, &fixture, board, network, trace), "%s", ctx.message);
    return fixture;
}

static const struct dvfo_policy_type *policy(const char *name)
{
    const struct dvfo_policy_type *found = NULL;
    const char *argument = NULL;
    cr_assert(dvfo_policy_find(NULL, name, &found, &argument) == DVFO_OK);
    return found;
}

static void run(struct dvfo_trial *trial)
{
    struct dvfo_ctx ctx = {0};
    const dvfo_status status = dvfo_trial_run(&ctx, trial);
    cr_assert(status == DVFO_OK, "%s", ctx.message);
}

/* One request, simulated as told, against the closed form. */
static void expect_plan_and_simulator_agree(struct dvfo_trial *trial, const struct dvfo_decision *decision)
{
    char words[96];
    snprintf(words, sizeof words, "%d %d %d %d %d %d %g", (int)decision->place, decision->share_tenths, decision->cut,
             decision->level[0], decision->level[1], decision->level[2], decision->appeal_below);
    trial->policy_argument = words;
    run(trial);
    struct dvfo_scenario *scenario = NULL;
    cr_assert(dvfo_scenario_create(NULL, &trial->scenario, &scenario) == DVFO_OK);
    const struct dvfo_plan_link link = {.trace = trial->trace};
    const struct dvfo_plan plan = dvfo_plan_request(scenario, decision, &link);
    cr_expect(RELATIVE(trial->results.latency_s, plan.latency_s) < 1e-9, "%s: latency %.12g, planned %.12g", words,
              trial->results.latency_s, plan.latency_s);
    cr_expect(RELATIVE(trial->results.energy_j, plan.energy_j) < 1e-9, "%s: energy %.12g, planned %.12g", words,
              trial->results.energy_j, plan.energy_j);
    cr_expect(plan.timed_out == (trial->results.timeouts == 1), "%s", words);
    dvfo_scenario_free(scenario);
}

static void try_every_placement(struct fixture *world, dvfo_composition composition, double timeout_s)
{
    struct dvfo_trial trial = fixture_trial(world, &fixture_told, 1);
    trial.scenario.composition = composition;
    trial.scenario.timeout_s = timeout_s;
    struct dvfo_decision decision = {.level = {5, 6, 5}, .place = DVFO_PLACE_EDGE};
    expect_plan_and_simulator_agree(&trial, &decision);
    decision.place = DVFO_PLACE_CLOUD;
    expect_plan_and_simulator_agree(&trial, &decision);
    for (decision.place = DVFO_PLACE_SPLIT, decision.share_tenths = 1; decision.share_tenths <= 10;
         decision.share_tenths++) {
        expect_plan_and_simulator_agree(&trial, &decision);
    }
    decision.share_tenths = 0;
    decision.place = DVFO_PLACE_APPEAL; /* both outcomes */
    expect_plan_and_simulator_agree(&trial, &decision);
    decision.appeal_below = 1.0;
    expect_plan_and_simulator_agree(&trial, &decision);
    decision.appeal_below = 0.0;
    for (decision.place = DVFO_PLACE_LAYER; (size_t)decision.cut < world->network->cut_count; decision.cut++) {
        expect_plan_and_simulator_agree(&trial, &decision);
    }
}

Test(simulation, agrees_with_the_closed_form_for_every_placement)
{
    struct fixture world = open_world("jetson-tx2", "mobilenet-v2", "model:4g-up");
    try_every_placement(&world, DVFO_PARALLEL, 100.0);
    try_every_placement(&world, DVFO_SERIAL, 100.0);
    fixture_free(&world);
}

Test(simulation, agrees_with_the_closed_form_when_everything_times_out)
{
    struct fixture world = open_world("xavier-nx", "mobilenet-v2", "const:20kbps");
    try_every_placement(&world, DVFO_PARALLEL, 0.004);
    try_every_placement(&world, DVFO_SERIAL, 0.3);
    fixture_free(&world);
}

/* Rows of a run, summed. */
struct sums {
    long rows;
    double energy_j, last_arrival_s, arrival_sum_s, latency_s;
};

static void add_row(void *user, const struct dvfo_request_row *row)
{
    struct sums *sums = user;
    sums->rows++;
    sums->energy_j += row->energy_j;
    sums->latency_s += row->latency_s;
    sums->last_arrival_s = row->arrival_s;
    sums->arrival_sum_s += row->arrival_s * (double)(row->request + 1);
}

static void expect_energy_adds_up(struct dvfo_trial *trial)
{
    struct sums sums = {0};
    const struct dvfo_probe probe = {.user = &sums, .request = add_row};
    trial->probe = &probe;
    run(trial);
    const struct dvfo_trial_results *r = &trial->results;
    double rails_j = 0.0, causes_j = 0.0;
    for (size_t i = 0; i < r->rails; i++) {
        rails_j += r->rail_j[i];
    }
    for (int c = 0; c < DVFO_CAUSE_COUNT; c++) {
        causes_j += r->cause_j[c];
    }
    const double total_j = r->energy_j * (double)r->requests;
    cr_expect(RELATIVE(rails_j, total_j) < 1e-9);
    cr_expect(RELATIVE(causes_j, total_j) < 1e-9);
    cr_expect(RELATIVE(r->request_j + r->gap_j, total_j) < 1e-9);
    cr_expect(RELATIVE(sums.energy_j, r->request_j) < 1e-9);
    cr_expect(r->balance_error < 1e-9);
    cr_expect(sums.rows == r->requests);
}

Test(simulation, energy_by_request_rail_and_cause_is_one_sum_with_overlapping_requests)
{
    struct fixture world = open_world("jetson-nano", "resnet-18", "model:wifi");
    static const char *const arrivals[] = {"closed", "periodic:12", "poisson:15", "poisson:60"};
    for (size_t i = 0; i < sizeof arrivals / sizeof arrivals[0]; i++) {
        struct dvfo_trial trial = fixture_trial(&world, policy("random"), 2000);
        cr_assert(dvfo_workload_parse(NULL, arrivals[i], &trial.workload) == DVFO_OK);
        trial.scenario.timeout_s = 0.5;
        expect_energy_adds_up(&trial);
    }
    fixture_free(&world);
}

Test(ledger, a_joule_that_only_one_side_knows_is_found)
{
    struct dvfo_ledger ledger;
    dvfo_ledger_init(&ledger, 2);
    const struct dvfo_power power = {.rail_count = 2, .idle_w = {1.0, 2.0}, .busy_w = {{3.0}, {0.0, 4.0}}};
    const struct dvfo_busy busy = {.s = {0.5, 0.25, 0.0}};
    /* 10 s: rail 0: 1 * 10 + 3 * 0.5 = 11.5 J; rail 1: 2 * 10 + 4 * 0.25 = 21 J; radio 0.5 W: 5 J */
    const double energy_j = dvfo_ledger_charge(&ledger, &power, 10.0, &busy, 0.5, DVFO_CAUSE_COMPUTE, true);
    cr_expect_float_eq(energy_j, 37.5, 1e-12);
    cr_expect_float_eq(dvfo_sum_value(&ledger.rail_j[0]), 11.5, 1e-12);
    cr_expect_float_eq(dvfo_sum_value(&ledger.rail_j[2]), 5.0, 1e-12);
    cr_expect(dvfo_ledger_balance_error(&ledger) < 1e-15);
    dvfo_sum_add(&ledger.rail_j[1], 1e-6);
    cr_expect(dvfo_ledger_balance_error(&ledger) > 1e-9);
}

Test(simulation, the_same_trial_twice_is_the_same_to_the_bit_and_watching_changes_nothing)
{
    struct fixture world = open_world("xavier-nx", "efficientnet-b0", "model:4g-up");
    struct dvfo_trial trial = fixture_trial(&world, policy("random"), 500);
    struct dvfo_trial again = trial;
    struct sums sums = {0};
    const struct dvfo_probe probe = {.user = &sums, .request = add_row};
    again.probe = &probe;
    run(&trial);
    run(&again);
    cr_expect(memcmp(&trial.results, &again.results, sizeof trial.results) == 0);
    fixture_free(&world);
}

Test(simulation, two_policies_at_one_trial_index_meet_the_same_arrivals)
{
    struct fixture world = open_world("jetson-tx2", "resnet-18", "model:wifi");
    double arrivals[2] = {0.0, 0.0};
    static const char *const names[2] = {"edge-only", "random"};
    for (int i = 0; i < 2; i++) {
        struct dvfo_trial trial = fixture_trial(&world, policy(names[i]), 300);
        struct sums sums = {0};
        const struct dvfo_probe probe = {.user = &sums, .request = add_row};
        cr_assert(dvfo_workload_parse(NULL, "poisson:3", &trial.workload) == DVFO_OK);
        trial.probe = &probe;
        trial.scenario.timeout_s = 1000.0;
        run(&trial);
        arrivals[i] = sums.arrival_sum_s;
    }
    cr_expect(RELATIVE(arrivals[0], arrivals[1]) < 1e-12, "%.17g, %.17g", arrivals[0], arrivals[1]);
    fixture_free(&world);
}

/* M/D/1: mean time in system S + rho S / (2 (1 - rho)) (Pollaczek and Khinchine). */
Test(simulation, poisson_arrivals_wait_as_long_as_queueing_theory_says)
{
    struct fixture world = open_world("jetson-tx2", "resnet-18", "const:5Mbps");
    struct dvfo_trial trial = fixture_trial(&world, policy("edge-only"), 1);
    run(&trial);
    const double S_s = trial.results.latency_s, rho = 0.7;
    trial.workload = (struct dvfo_workload){.arrivals = DVFO_POISSON, .rate_hz = rho / S_s, .requests = 400000};
    run(&trial);
    const double expected_s = S_s + rho * S_s / (2.0 * (1.0 - rho));
    cr_expect(RELATIVE(trial.results.latency_s, expected_s) < 0.01, "%g, theory %g", trial.results.latency_s,
              expected_s);
    /* utilisation: the device computes a share rho of the time */
    cr_expect(RELATIVE(trial.results.time_s, 400000.0 * S_s / rho) < 0.01);
    fixture_free(&world);
}

/* A governor that halves the CPU clock once, at a known time, in the middle of encoding. */
struct halver {
    int from, to;
    bool asked;
};

static dvfo_status halver_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    (void)ctx;
    (void)setup;
    *(struct halver *)state = (struct halver){.from = 11, .to = 4};
    return DVFO_OK;
}

static void halver_decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)seen;
    decision->level[DVFO_CPU] = ((struct halver *)state)->from;
    decision->place = DVFO_PLACE_CLOUD;
}

static double halver_tick(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    struct halver *halver = state;
    if (seen->time_s > 0.0) {
        level[DVFO_CPU] = halver->to;
    }
    return 0.0002;
}

static const struct dvfo_policy_type halver_type = {.name = "halver",
                                                    .state_size = sizeof(struct halver),
                                                    .init = halver_init,
                                                    .decide = halver_decide,
                                                    .tick = halver_tick};

Test(simulation, a_clock_change_in_the_middle_of_work_rescales_what_is_left)
{
    struct fixture world = open_world("jetson-tx2", "vgg-19", "const:1Gbps");
    struct dvfo_trial trial = fixture_trial(&world, &halver_type, 1);
    trial.scenario.encode_cycle_per_pixel = 100.0; /* 224 * 224 * 100 = 5,017,600 cycles: 2.4654 ms at 2035.2 MHz */
    run(&trial);
    const struct dvfo_clock_domain *cpu = &world.board->clock[DVFO_CPU];
    /* asked for at 0.2 ms; holds change_s later; then the stall; the rest at 960 MHz */
    const double changed_s = 0.0002 + cpu->change_s.value;
    const double left = 100.0 * 224.0 * 224.0 - changed_s * cpu->level_hz[11];
    cr_assert(left > 0.0);
    struct dvfo_scenario *scenario = NULL;
    cr_assert(dvfo_scenario_create(NULL, &trial.scenario, &scenario) == DVFO_OK);
    const struct dvfo_decision decision = {.place = DVFO_PLACE_CLOUD};
    const double remote_s = 8.0 * dvfo_scenario_payload_byte(scenario, &decision) / 1e9 + trial.scenario.rtt_s +
                            dvfo_scenario_cloud_s(scenario, &decision);
    const double expected_s = changed_s + cpu->stall_s.value + left / cpu->level_hz[4] + remote_s;
    cr_expect(RELATIVE(trial.results.latency_s, expected_s) < 1e-9, "%.12g, by hand %.12g", trial.results.latency_s,
              expected_s);
    cr_expect(trial.results.cause_j[DVFO_CAUSE_CHANGE] > 0.0);
    dvfo_scenario_free(scenario);
    fixture_free(&world);
}

Test(simulation, an_outage_holds_a_transfer_and_a_timeout_ends_it_locally)
{
    struct fixture world = open_world("jetson-tx2", "resnet-18", "const:5Mbps");
    const double start_s[] = {0.0, 0.005}, rate_bps[] = {0.0, 100e6}; /* 5 ms of nothing at the beginning of each 1 s */
    dvfo_trace_free(world.trace);
    cr_assert(dvfo_trace_create(NULL, "outage", "test", 2, start_s, rate_bps, 1.0, &world.trace) == DVFO_OK);
    struct dvfo_trial trial = fixture_trial(&world, &fixture_told, 1);
    trial.policy_argument = "3 0 0 11 12 10";
    run(&trial);
    struct dvfo_scenario *scenario = NULL;
    cr_assert(dvfo_scenario_create(NULL, &trial.scenario, &scenario) == DVFO_OK);
    const struct dvfo_decision cloud = {.place = DVFO_PLACE_CLOUD};
    /* 224 * 224 * 2 / 8 + 64 = 12,608 bytes leave from 5 ms on: 1.00864 ms at 100 Mbit/s */
    cr_expect_float_eq(dvfo_scenario_payload_byte(scenario, &cloud), 12608.0, 1e-9);
    const double expected_s = 0.005 + 0.00100864 + 0.002 + dvfo_scenario_cloud_s(scenario, &cloud);
    cr_expect(RELATIVE(trial.results.latency_s, expected_s) < 1e-9, "%.12g", trial.results.latency_s);
    trial.scenario.timeout_s = 0.003;
    run(&trial);
    cr_expect(trial.results.timeouts == 1);
    const int top[] = {11, 12, 10};
    const double encode_s = 30.0 * 224.0 * 224.0 / 2035.2e6;
    const double local_s = dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, top).time_s;
    cr_expect(RELATIVE(trial.results.latency_s, encode_s + 0.003 + local_s) < 1e-9);
    dvfo_scenario_free(scenario);
    fixture_free(&world);
}

Test(simulation, every_policy_finishes_every_request_on_a_link_with_outages)
{
    struct fixture world = open_world("xavier-nx", "mobilenet-v2", "model:5g-up");
    const struct made_up_accuracy_def made_up = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *accuracy = made_up_accuracy(&made_up);
    for (const struct dvfo_policy_type *const *p = dvfo_policies(); *p != NULL; p++) {
        if (strstr((*p)->summary, ":AGENT.h5") != NULL) { /* it needs an agent: test_train_command.c */
            continue;
        }
        struct dvfo_trial trial = fixture_trial(&world, *p, 200);
        trial.policy_argument = strcmp((*p)->name, "fixed") == 0 ? "max/1109/1600/30%" : NULL;
        cr_assert(dvfo_workload_parse(NULL, "poisson:20", &trial.workload) == DVFO_OK);
        trial.scenario.timeout_s = 0.2;
        trial.thermal = true;
        trial.scenario.accuracy = accuracy;
        run(&trial);
        cr_expect(trial.results.accuracy > 0.5 && trial.results.accuracy <= 1.0, "%s", (*p)->name);
        cr_expect(trial.results.requests == 200, "%s", (*p)->name);
        cr_expect(trial.results.balance_error < 1e-9, "%s", (*p)->name);
        cr_expect(trial.results.latency_s > 0.0 && trial.results.energy_j > 0.0, "%s", (*p)->name);
    }
    dvfo_accuracy_profile_free(accuracy);
    fixture_free(&world);
}

/* ---- in steps ---- */

enum { MOST_ROWS = 400 };

struct rows {
    int count;
    struct dvfo_request_row row[MOST_ROWS];
};

static void keep_row(void *user, const struct dvfo_request_row *row)
{
    struct rows *rows = user;
    cr_assert(rows->count < MOST_ROWS);
    memset(&rows->row[rows->count], 0, sizeof *row);
    rows->row[rows->count++] = *row;
}

static bool same_row(const struct dvfo_request_row *a, const struct dvfo_request_row *b)
{
    return a->request == b->request && a->end_s == b->end_s && a->latency_s == b->latency_s &&
           a->energy_j == b->energy_j && a->place == b->place && a->share == b->share && a->trace_s == b->trace_s &&
           a->timed_out == b->timed_out;
}

/* Another decision for each request, whoever asks. */
static void decide_by_number(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)state;
    decision->level[DVFO_CPU] = (int)(seen->request % 5) + 3;
    decision->level[DVFO_GPU] = (int)(seen->request % 4) + 4;
    decision->place = seen->request % 3 == 0 ? DVFO_PLACE_EDGE : DVFO_PLACE_SPLIT;
    decision->share_tenths = seen->request % 3 == 0 ? 0 : (int)(seen->request % 10) + 1;
}

static const struct dvfo_policy_type by_number = {
    .name = "by-number", .summary = "decides by the request's number", .decide = decide_by_number};
static const struct dvfo_policy_type from_outside = {.name = "outside", .summary = "decided from outside"};

/* The trial once more, decided step by step; its sums. */
static struct dvfo_simulation_sums step_through(const struct dvfo_trial *trial, struct rows *rows)
{
    struct dvfo_simulation *sim = NULL;
    struct dvfo_scenario *scenario = NULL;
    struct dvfo_observation seen;
    const struct dvfo_probe probe = {.user = rows, .request = keep_row};
    struct dvfo_trial stepped = *trial;
    stepped.policy = &from_outside;
    stepped.probe = &probe;
    cr_assert_eq(dvfo_scenario_create(NULL, &trial->scenario, &scenario), DVFO_OK);
    cr_assert_eq(dvfo_simulation_create(NULL, &stepped, scenario, &sim), DVFO_OK);
    while (dvfo_simulation_advance(sim, &seen)) {
        struct dvfo_decision decision = {.place = DVFO_PLACE_EDGE};
        struct dvfo_observation again;
        memcpy(decision.level, seen.asked, sizeof decision.level);
        cr_assert(dvfo_simulation_advance(sim, &again) && again.request == seen.request && again.time_s == seen.time_s,
                  "it waits for its decision");
        decide_by_number(NULL, &seen, &decision);
        dvfo_simulation_decide(sim, &decision);
    }
    const struct dvfo_simulation_sums sums = dvfo_simulation_sums_of(sim);
    cr_expect_not(dvfo_simulation_is_out_of_memory(sim));
    cr_expect_not(dvfo_simulation_advance(sim, &seen), "the end is the end");
    dvfo_simulation_free(sim);
    dvfo_scenario_free(scenario);
    return sums;
}

static void expect_steps_equal_a_run(struct dvfo_trial *trial)
{
    static struct rows whole, stepped; /* large */
    const struct dvfo_probe probe = {.user = &whole, .request = keep_row};
    whole.count = stepped.count = 0;
    trial->probe = &probe;
    run(trial);
    const struct dvfo_simulation_sums sums = step_through(trial, &stepped);
    cr_assert_eq(whole.count, stepped.count, "%d and %d", whole.count, stepped.count);
    for (int i = 0; i < whole.count; i++) {
        cr_expect(same_row(&whole.row[i], &stepped.row[i]), "request %ld", whole.row[i].request);
    }
    cr_expect(sums.finished == trial->results.requests && sums.timeouts == trial->results.timeouts);
    cr_expect_eq(sums.latency_s / (double)sums.finished, trial->results.latency_s);
    cr_expect(RELATIVE(sums.energy_j, trial->results.request_j) < 1e-12);
}

Test(simulation, decided_step_by_step_it_is_bit_for_bit_a_run)
{
    static const char *const arrivals[] = {"closed", "poisson:15", "periodic:40"};
    struct fixture world = open_world("jetson-tx2", "mobilenet-v2", "model:5g-up");
    for (int i = 0; i < 3; i++) {
        for (int late = 0; late < 2; late++) {
            for (int blocking = 0; blocking < 2; blocking++) {
                struct dvfo_trial trial = fixture_trial(&world, &by_number, 150);
                cr_assert(dvfo_workload_parse(NULL, arrivals[i], &trial.workload) == DVFO_OK);
                trial.scenario.timeout_s = 0.5;
                trial.thermal = i == 1;
                trial.decision_share = 0.3 * late;
                trial.mode = blocking ? DVFO_BLOCKING : DVFO_CONCURRENT;
                expect_steps_equal_a_run(&trial);
            }
        }
    }
    fixture_free(&world);
}

Test(simulation, the_oracle_is_best_in_closed_loop)
{
    struct fixture world = open_world("jetson-nano", "resnet-18", "model:wifi");
    double oracle_j = 0.0, oracle_all_j = 0.0;
    static const char *const names[] = {"oracle-all", "oracle-dvfo",          "edge-only",           "offload-best",
                                        "random",     "oracle-informed",      "fixed-best",          "edge-best",
                                        "cloud-only", "neurosurgeon-latency", "neurosurgeon-energy", "dynasplit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct dvfo_trial trial = fixture_trial(&world, policy(names[i]), 300);
        struct dvfo_board still = *world.board; /* bounds hold without clock-change time */
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            still.clock[d].change_s.value = still.clock[d].stall_s.value = 0.0;
        }
        trial.scenario.board = &still;
        run(&trial);
        oracle_all_j = i == 0 ? trial.results.cost_j : oracle_all_j;
        oracle_j = i == 1 ? trial.results.cost_j : oracle_j;
        cr_expect(trial.results.cost_j >= oracle_all_j * (1.0 - 1e-9), "%s", names[i]);
        cr_expect(i < 1 || i >= 7 || trial.results.cost_j >= oracle_j * (1.0 - 1e-9), "%s", names[i]);
    }
    fixture_free(&world);
}

/* Asks for another memory clock with every request, quicker than one change takes. */
static void restless_decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)state;
    decision->level[DVFO_MEM] = 8 - (int)(seen->request % 3);
}

static const struct dvfo_policy_type restless_type = {.name = "restless", .decide = restless_decide};

Test(simulation, a_newer_wish_does_not_keep_a_clock_from_changing)
{
    struct fixture world = open_world("jetson-tx2", "resnet-18", "const:5Mbps");
    struct dvfo_trial trial = fixture_trial(&world, &restless_type, 3000);
    world.board->clock[DVFO_MEM].change_s.value = 0.1; /* some requests long */
    run(&trial);
    const double *level_hz = world.board->clock[DVFO_MEM].level_hz;
    cr_expect(trial.results.hz[DVFO_MEM] > level_hz[6] && trial.results.hz[DVFO_MEM] < level_hz[8], "%g",
              trial.results.hz[DVFO_MEM]);
    cr_expect(fabs(trial.results.hz[DVFO_MEM] / level_hz[7] - 1.0) < 0.1);
    fixture_free(&world);
}

Test(simulation, a_year_of_simulated_time_loses_no_request_and_no_energy)
{
    struct fixture world = open_world("xavier-nx", "mobilenet-v2", "const:20Mbps");
    struct dvfo_trial trial = fixture_trial(&world, policy("random"), 20000);
    trial.workload.arrivals = DVFO_PERIODIC;
    trial.workload.rate_hz = 20000.0 / 3.2e7;
    run(&trial);
    cr_expect(trial.results.requests == 20000);
    cr_expect(trial.results.balance_error < 1e-9);
    fixture_free(&world);
}

/* Leaves clocks as they come in. */
static void indifferent_decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)state;
    (void)seen;
    (void)decision;
}

static const struct dvfo_policy_type indifferent_type = {.name = "indifferent", .decide = indifferent_decide};

/* How often the GPU clock fell and rose. */
struct swings {
    double last_mhz;
    int falls, rises;
};

static void watch_gpu_clock(void *user, dvfo_track track, const char *name, double begin_s, double end_s, long request)
{
    (void)begin_s;
    (void)end_s;
    (void)request;
    struct swings *swings = user;
    if (track == DVFO_TRACK_GPU_CLOCK) {
        const double mhz = strtod(name, NULL);
        swings->falls += swings->last_mhz > 0.0 && mhz < swings->last_mhz;
        swings->rises += swings->last_mhz > 0.0 && mhz > swings->last_mhz;
        swings->last_mhz = mhz;
    }
}

Test(simulation, clocks_come_back_when_the_board_has_cooled_without_being_asked_for_again)
{
    struct fixture world = open_world("jetson-tx2", "vgg-19", "const:5Mbps");
    world.board->thermal.trip_c.value = 38.0; /* between what it would reach at low and at top clocks */
    struct swings swings = {0};
    const struct dvfo_probe probe = {.user = &swings, .span = watch_gpu_clock};
    struct dvfo_trial trial = fixture_trial(&world, &indifferent_type, 4000);
    trial.thermal = true;
    trial.probe = &probe;
    cr_assert(dvfo_workload_parse(NULL, "periodic:10", &trial.workload) == DVFO_OK);
    run(&trial);
    cr_expect(swings.falls > 0 && swings.rises > 0, "%d falls, %d rises", swings.falls, swings.rises);
    fixture_free(&world);
}

Test(simulation, a_transfer_cut_off_counts_the_bytes_that_were_through)
{
    struct fixture world = open_world("jetson-tx2", "resnet-18", "const:1Mbps");
    struct dvfo_trial trial = fixture_trial(&world, &fixture_told, 1);
    trial.policy_argument = "3 0 0 11 12 10";
    trial.scenario.timeout_s = 0.01;
    run(&trial);
    cr_expect(trial.results.timeouts == 1);
    cr_expect(RELATIVE(trial.results.uplink_byte, 1250.0) < 1e-9, "%g",
              trial.results.uplink_byte); /* 10 ms at 1 Mbit/s */
    fixture_free(&world);
}

Test(requests, the_oldest_that_waits_comes_first_whatever_the_order_of_queueing)
{
    struct dvfo_requests requests;
    dvfo_requests_init(&requests);
    uint32_t slot[40];
    for (int i = 0; i < 40; i++) {
        slot[i] = dvfo_requests_add(&requests, &(struct dvfo_request){.index = i});
    }
    for (int i = 0; i < 40; i++) {
        dvfo_requests_queue(&requests, slot[(17 * i) % 40]); /* 17 and 40 have no common factor: each once */
    }
    for (int i = 0; i < 40; i++) {
        cr_expect(dvfo_requests_next(&requests) == slot[i]);
    }
    cr_expect(dvfo_requests_next(&requests) == DVFO_NO_REQUEST);
    dvfo_requests_free(&requests);
}

Test(link, transfers_leave_in_order_and_from_the_middle)
{
    struct dvfo_link link;
    dvfo_link_init(&link, NULL);
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert(dvfo_link_join(&link, i));
    }
    dvfo_link_leave(&link, 7);
    for (uint32_t i = 0; i < 50; i++) {
        if (i != 7) {
            cr_expect(dvfo_link_current(&link) == i);
            dvfo_link_leave(&link, i);
        }
    }
    cr_expect(dvfo_link_is_idle(&link));
    dvfo_link_free(&link);
}

Test(simulation, a_hot_board_lowers_its_clocks)
{
    struct fixture world = open_world("jetson-tx2", "vgg-19", "const:5Mbps");
    world.board->thermal.trip_c.value = 30.0;
    struct dvfo_trial trial = fixture_trial(&world, policy("edge-only"), 2000);
    run(&trial);
    const double cool_hz = trial.results.hz[DVFO_GPU];
    cr_expect(isnan(trial.results.temperature_c));
    trial.thermal = true;
    run(&trial);
    cr_expect(trial.results.hz[DVFO_GPU] < 0.9 * cool_hz);
    cr_expect(trial.results.temperature_c > 28.0 && trial.results.temperature_c < 36.0, "%g",
              trial.results.temperature_c);
    fixture_free(&world);
}

/* Allocations of a whole trial: what it is made of, and nothing per request. */
static size_t allocations_of(struct dvfo_trial *trial, long requests)
{
    const size_t before = allocations_so_far();
    trial->workload.requests = requests;
    run(trial);
    return allocations_so_far() - before;
}

Test(simulation, a_longer_trial_allocates_no_more_than_a_short_one)
{
    struct fixture world = open_world("jetson-nano", "resnet-18", "model:wifi");
    static const char *const names[] = {"edge-only", "cloud-only", "oracle-dvfo", "neurosurgeon-latency",
                                        "dynasplit", "appealnet"};
    const struct made_up_accuracy_def def = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *accuracy = made_up_accuracy(&def);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct dvfo_trial trial = fixture_trial(&world, policy(names[i]), 1);
        trial.scenario.timeout_s = 0.05;
        trial.scenario.accuracy = accuracy;
        const size_t few = allocations_of(&trial, 1000), many = allocations_of(&trial, 5000);
        const size_t clocks = 200; /* combinations of clocks first met in the longer one: a schedule each */
        cr_expect(few > 0 && many < few + clocks, "%s: %zu allocations, then %zu", names[i], few, many);
    }
    dvfo_accuracy_profile_free(accuracy);
    fixture_free(&world);
}

Test(simulation, a_stop_keeps_what_there_is)
{
    struct fixture world = open_world("jetson-tx2", "resnet-18", "const:5Mbps");
    struct dvfo_trial trial = fixture_trial(&world, policy("edge-only"), 1000);
    const volatile sig_atomic_t stop = 1;
    trial.stop = &stop;
    struct dvfo_ctx ctx = {0};
    cr_expect(dvfo_trial_run(&ctx, &trial) == DVFO_INTERRUPTED);
    cr_expect(trial.results.requests < 1000);
    fixture_free(&world);
}

Test(cloud, two_servers_take_four_requests_in_order_of_arrival)
{
    static const struct {
        double arrival_s, service_s, begin_s, end_s;
    } rows[] = {{0.0, 10.0, 0.0, 10.0}, {1.0, 2.0, 1.0, 3.0}, {2.0, 5.0, 3.0, 8.0}, {9.0, 1.0, 9.0, 10.0}};
    struct dvfo_cloud cloud;
    dvfo_cloud_init(&cloud, 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double begin_s = 0.0;
        const double end_s = dvfo_cloud_serve(&cloud, rows[i].arrival_s, rows[i].service_s, &begin_s);
        cr_expect(begin_s == rows[i].begin_s && end_s == rows[i].end_s, "row %zu: %g to %g", i, begin_s, end_s);
    }
}

Test(workload, a_wrong_arrival_is_told)
{
    static const char *const wrong[] = {"poisson", "poisson:", "poisson:-1", "periodic:nan", "open", "periodic:1e9"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_workload workload = {.requests = 1};
        cr_expect(dvfo_workload_parse(&ctx, wrong[i], &workload) == DVFO_BAD_INPUT, "%s", wrong[i]);
        cr_expect(strstr(ctx.message, "expected") != NULL, "%s", ctx.message);
    }
}
