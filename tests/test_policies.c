#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "made_up_accuracy.h"
#include "policies/actmon.h"
#include "policies/common.h"
#include "policies/cpufreq.h"
#include "policies/podgov.h"
#include "policies/policies.h"
#include "policies/search.h"
#include "sim/trial.h"
#include "traces/trace.h"

/* --- governor rules, worked out by hand from the kernel's text ---------------------------------------------------- */

static struct dvfo_clock_domain table_khz(size_t n, const long khz[])
{
    struct dvfo_clock_domain clock = {.level_count = n};
    for (size_t i = 0; i < n; i++) {
        clock.level_hz[i] = (double)khz[i] * 1e3;
    }
    return clock;
}

static struct dvfo_clock_domain tx2_cpu(void)
{
    static const long khz[] = {345600,  499200,  652800,  806400,  960000,  1113600,
                               1267200, 1420800, 1574400, 1728000, 1881600, 2035200};
    return table_khz(12, khz);
}

static struct dvfo_clock_domain tx2_gpu(void)
{
    static const long khz[] = {114750, 216750, 318750,  420750,  522750,  624750, 726750,
                               828750, 930750, 1032750, 1134750, 1236750, 1300500};
    return table_khz(13, khz);
}

static struct dvfo_clock_domain some_emc(void)
{
    static const long khz[] = {204000, 408000, 665600, 800000, 1062400, 1331200, 1600000};
    return table_khz(7, khz);
}

Test(cpufreq, a_clock_between_entries_goes_where_its_relation_says)
{
    static const struct {
        long khz;
        int at_or_above, at_or_below, closest;
    } rows[] = {
        {345600, 0, 0, 0}, {100000, 0, 0, 0}, {3000000, 11, 11, 11}, {806400, 3, 3, 3},
        {700000, 3, 2, 2}, {760000, 3, 2, 3}, {729600, 3, 2, 2}, /* half way: the lower */
    };
    const struct dvfo_clock_domain clock = tx2_cpu();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_cpufreq_entry(&clock, rows[i].khz, DVFO_RELATION_L) == rows[i].at_or_above, "row %zu", i);
        cr_expect(dvfo_cpufreq_entry(&clock, rows[i].khz, DVFO_RELATION_H) == rows[i].at_or_below, "row %zu", i);
        cr_expect(dvfo_cpufreq_entry(&clock, rows[i].khz, DVFO_RELATION_C) == rows[i].closest, "row %zu", i);
    }
}

Test(cpufreq, load_is_whole_per_cent_rounded_down)
{
    cr_expect(dvfo_cpufreq_load_percent(8.079e-3, 10e-3) == 80);
    cr_expect(dvfo_cpufreq_load_percent(8e-3, 10e-3) == 80);
    cr_expect(dvfo_cpufreq_load_percent(11e-3, 10e-3) == 100);
    cr_expect(dvfo_cpufreq_load_percent(0.0, 10e-3) == 0);
    cr_expect(dvfo_cpufreq_load_percent(0.0, 0.0) == 0);
}

Test(cpufreq, ondemand_jumps_above_80_per_cent_and_is_proportional_below)
{
    static const struct {
        int load, level;
    } rows[] = {
        {81, 11}, {100, 11}, {80, 9}, /* 345600 + 80 * 16896 = 1697280: 1728000 is closer than 1574400 */
        {50, 5},                      /* 1190400: half way between 1113600 and 1267200, the lower */
        {33, 4},                      /* 903168: 960000 */
        {0, 0},
    };
    const struct dvfo_clock_domain clock = tx2_cpu();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_cpufreq_ondemand(&clock, 80, rows[i].load) == rows[i].level, "load %d", rows[i].load);
    }
    cr_expect(dvfo_cpufreq_ondemand(&clock, 95, 81) == 9, "345600 + 81 * 16896 = 1714176");
    cr_expect(dvfo_cpufreq_performance(&clock) == 11);
    cr_expect(dvfo_cpufreq_powersave(&clock) == 0);
}

Test(cpufreq, conservative_steps_by_5_per_cent_of_the_top_clock)
{
    static const struct {
        int load;
        long requested_khz;
        int level;
    } rows[] = {
        /* 5 % of 2035200 = 101760; upward the entry below, downward the entry above */
        {90, 447360, 0}, {90, 549120, 1}, {90, 650880, 1}, {90, 752640, 2}, {80, 752640, 2}, {20, 752640, 2},
        {10, 650880, 2}, {10, 549120, 2}, {10, 447360, 1}, {10, 345600, 0}, {0, 345600, 0},
    };
    const struct dvfo_clock_domain clock = tx2_cpu();
    struct dvfo_conservative state = dvfo_conservative_at(&clock, 0);
    int level = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        level = dvfo_conservative_step(&state, &clock, level, rows[i].load);
        cr_expect(state.requested_khz == rows[i].requested_khz && level == rows[i].level, "row %zu: %ld, %d", i,
                  state.requested_khz, level);
    }
}

Test(cpufreq, conservative_begins_anew_from_the_clock_in_force_when_its_request_left_the_table)
{
    const struct dvfo_clock_domain clock = tx2_cpu();
    struct dvfo_conservative state = {.requested_khz = 407040}; /* four steps of five from 0 */
    cr_expect(dvfo_conservative_step(&state, &clock, 1, 0) == 0);
    cr_expect(state.requested_khz == 305280, "below the table, as in the kernel");
    cr_expect(dvfo_conservative_step(&state, &clock, 0, 90) == 0);
    cr_expect(state.requested_khz == 447360);
}

Test(cpufreq, schedutil_asks_for_a_quarter_more_than_the_decaying_utilisation)
{
    struct dvfo_clock_domain clock = tx2_cpu();
    clock.change_s.value = 100e-6;
    struct dvfo_schedutil state = dvfo_schedutil_at_rest(&clock);
    cr_expect_float_eq(state.rate_limit_s, 10e-3, 1e-12, "1000 x 100 us, held to 10 ms");
    /* one half-life at the top clock: util 512 of 1024; 2544000 * 512 / 1024 = 1272000, entry above */
    cr_expect(dvfo_schedutil_step(&state, &clock, 11, 1.0, 32.768e-3, 32.768e-3) == 7);
    cr_expect(dvfo_schedutil_step(&state, &clock, 7, 1.005, 0.0, 5e-3) == 7, "rate limit");
    cr_expect(dvfo_schedutil_step(&state, &clock, 7, 11.0, 0.0, 10.0) == 0, "nothing ran for long");
    /* busy for long at the lowest clock: util 345600 / 2035200 = 173 of 1024; 2544000 * 173 / 1024 = 429796 */
    cr_expect(dvfo_schedutil_step(&state, &clock, 0, 21.0, 10.0, 10.0) == 1);
    clock.change_s.value = 2e-6;
    cr_expect_float_eq(dvfo_schedutil_at_rest(&clock).rate_limit_s, 2e-3, 1e-12);
}

Test(podgov, rises_by_a_third_of_the_top_when_busy_and_sinks_damped_when_idle)
{
    static const struct {
        double now_s, busy_s; /* of the 25 ms before */
        int level;
    } rows[] = {
        {0.025, 25e-3, 0},  /* held: 25 ms since the start */
        {0.050, 25e-3, 5},  /* 114 + 433 = 547 MHz: 624.75 */
        {0.075, 25e-3, 5},  /* held */
        {0.100, 25e-3, 10}, /* 624 + 433 = 1057: 1134.75 */
        {0.125, 25e-3, 10}, /* held */
        {0.150, 25e-3, 12}, /* 1134 + 433, clipped to 1300.5; freq_avg 49, 140, 269 */
        {0.175, 0.0, 12},   /* held; idle_avg 90 */
        {0.200, 0.0, 11}, /* idle_avg 172, load 828, boost 190; wanted 1490, freq_avg 380: (10430 + 1140) / 10 = 1157 */
        {0.225, 0.0, 11}, /* held; idle_avg 247 */
        {0.250, 0.0, 9},  /* idle_avg 315, load 685, boost -21; wanted 1215, freq_avg 455: 987 */
    };
    const struct dvfo_clock_domain clock = tx2_gpu();
    struct dvfo_podgov gov = dvfo_podgov_start(&clock, 0, 0.0);
    int level = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        level = dvfo_podgov_step(&gov, &clock, level, rows[i].now_s, rows[i].busy_s, 25e-3);
        cr_expect(level == rows[i].level, "row %zu: level %d", i, level);
    }
    cr_expect(gov.idle_avg == 315 && gov.freq_avg_mhz == 455);
}

Test(podgov, a_request_that_changes_no_entry_is_where_the_next_one_starts)
{
    const struct dvfo_clock_domain clock = tx2_gpu();
    struct dvfo_podgov gov = dvfo_podgov_start(&clock, 5, 0.0);
    gov.idle_avg = 300;
    gov.freq_avg_mhz = 600;
    /* on target: boost 0; wanted 624, freq_avg 602: (4368 + 1806) / 10 = 617, still the entry 624.75 */
    cr_expect(dvfo_podgov_step(&gov, &clock, 5, 1.0, 17.5e-3, 25e-3) == 5);
    cr_expect(gov.previous_hz == 617000000);
    /* no hold, because nothing changed; wanted 617, freq_avg 603: (4319 + 1809) / 10 = 612 */
    cr_expect(dvfo_podgov_step(&gov, &clock, 5, 1.025, 17.5e-3, 25e-3) == 5);
    cr_expect(gov.previous_hz == 612000000);
}

Test(podgov, the_gpu_driver_holds_memory_at_three_times_the_gpu_clock)
{
    const struct dvfo_clock_domain clock = tx2_gpu();
    cr_expect(dvfo_podgov_memory_floor_khz(&clock, 0, 1866000) == 0);
    cr_expect(dvfo_podgov_memory_floor_khz(&clock, 1, 1866000) == 650250, "216750 * 4 * 750 / 1000");
    cr_expect(dvfo_podgov_memory_floor_khz(&clock, 5, 1866000) == 1866000, "1874250, held to the top");
}

static int sample_emc(struct dvfo_actmon *gov, int level, long all_khz, long cpu_traffic_khz, long cpu_khz)
{
    const struct dvfo_clock_domain clock = some_emc();
    const long activity_khz[DVFO_ACTMON_MONITORS] = {all_khz, cpu_traffic_khz};
    return dvfo_actmon_step(gov, &clock, level, activity_khz, cpu_khz);
}

Test(actmon, boost_doubles_and_adds_16_mhz_with_every_sample_above_the_upper_watermark)
{
    static const long boost_khz[] = {16000, 48000, 112000, 240000};
    struct dvfo_actmon gov = {0};
    int level = 0;
    for (size_t i = 0; i < 4; i++) {
        cr_expect(level == 0);
        level = sample_emc(&gov, level, 150000, 0, 345600); /* above 60 % of 204 MHz */
        cr_expect(gov.device[DVFO_ACTMON_ALL].boost_khz == boost_khz[i], "sample %zu", i);
    }
    /* averages 28125, 55810, 83062, 109889; 109889 / 12 = 9157, * 166 % = 15200, + 240000: entry 408 MHz */
    cr_expect(gov.device[DVFO_ACTMON_ALL].avg_count == 109889);
    cr_expect(level == 1);
}

Test(actmon, boost_halves_after_three_samples_below_the_lower_watermark_and_ends_under_8_mhz)
{
    static const long boost_khz[] = {120000, 60000, 30000, 15000, 0};
    struct dvfo_actmon gov = {.device = {[DVFO_ACTMON_ALL] = {.boost_khz = 240000}}};
    for (size_t i = 0; i < 15; i++) {
        sample_emc(&gov, 1, 100000, 0, 345600); /* below 40 % of 408 MHz */
        cr_expect((i + 1) % 3 != 0 || gov.device[DVFO_ACTMON_ALL].boost_khz == boost_khz[i / 3], "sample %zu", i);
    }
}

Test(actmon, a_steady_average_asks_for_itself_over_the_upper_watermark)
{
    /* start: as if all of 1600 MHz were used; half of it from now on, so the average sinks to 800 MHz * 166 % */
    const struct dvfo_clock_domain clock = some_emc();
    struct dvfo_actmon gov = dvfo_actmon_start(&clock, 6);
    cr_expect(sample_emc(&gov, 6, 800000, 0, 345600) == 6);
    int level = 6;
    for (int i = 0; i < 1000; i++) {
        level = sample_emc(&gov, 6, 800000, 0, 345600);
    }
    cr_expect(level == 5, "1328 MHz and the band of 0.6 %% of the top: 1331.2 MHz or the next, found level %d", level);
}

Test(actmon, the_cpu_asks_for_a_floor_once_its_traffic_counts)
{
    static const struct {
        long cpu_khz, floor_khz;
    } rows[] = {
        {1400000, 1600000}, {1399999, 750000}, {1100000, 600000}, {1000000, 500000},
        {800000, 375000},   {500000, 200000},  {250000, 100000},  {249999, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(dvfo_actmon_cpu_floor_khz(rows[i].cpu_khz, 1600000) == rows[i].floor_khz, "row %zu", i);
    }
    cr_expect(dvfo_actmon_cpu_floor_khz(1200000, 665600) == 665600);

    struct dvfo_actmon counts = {.device = {[DVFO_ACTMON_CPU] = {.average = 60000, .avg_count = 60000}}};
    cr_expect(sample_emc(&counts, 0, 0, 5000, 1200000) == 3, "5000 * 370 %% = 18.5 MHz: at least 750 MHz, entry 800");
    struct dvfo_actmon ignored = {.device = {[DVFO_ACTMON_CPU] = {.average = 48000, .avg_count = 48000}}};
    cr_expect(sample_emc(&ignored, 0, 0, 4000, 1200000) == 0, "14.8 MHz is under the 16 MHz that count");
}

Test(actmon, other_governors_see_a_quarter_of_the_bus_as_all_of_it)
{
    cr_expect_float_eq(dvfo_actmon_busy_share(0.10), 0.4, 1e-12);
    cr_expect_float_eq(dvfo_actmon_busy_share(0.25), 1.0, 1e-12);
    cr_expect_float_eq(dvfo_actmon_busy_share(0.80), 1.0, 1e-12);
}

/* --- the list -------------------------------------------------------------------------------------------------------
 */

Test(policies, names_are_found_and_arguments_split_off)
{
    struct dvfo_ctx ctx = {0};
    const struct dvfo_policy_type *policy = NULL;
    const char *argument = "";
    cr_assert(dvfo_policy_find(&ctx, "edge-only", &policy, &argument) == DVFO_OK, "%s", ctx.message);
    cr_expect_str_eq(policy->name, "edge-only");
    cr_expect(argument == NULL);
    cr_assert(dvfo_policy_find(&ctx, "random:a:b", &policy, &argument) == DVFO_OK);
    cr_expect_str_eq(policy->name, "random");
    cr_expect_str_eq(argument, "a:b");
}

Test(policies, an_unknown_name_is_told_with_its_neighbour)
{
    static const struct {
        const char *spec, *message;
    } rows[] = {
        {"edge-onli", "unknown policy 'edge-onli'; did you mean 'edge-only'?"},
        {"oracle-dvfx:7", "unknown policy 'oracle-dvfx'; did you mean 'oracle-dvfo'?"},
        {"q", "unknown policy 'q', expected one of 'dvfo list policies'"},
        {"", "unknown policy '', expected one of 'dvfo list policies'"},
        {"edge", "unknown policy 'edge', expected one of 'dvfo list policies'"},
        {"random:", "policy 'random:' ends in ':', expected an argument after it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        const struct dvfo_policy_type *policy = NULL;
        const char *argument = NULL;
        cr_expect(dvfo_policy_find(&ctx, rows[i].spec, &policy, &argument) == DVFO_BAD_INPUT);
        cr_expect_str_eq(ctx.message, rows[i].message);
    }
}

Test(policies, every_descriptor_is_complete_and_its_name_its_own)
{
    const struct dvfo_policy_type *const *all = dvfo_policies();
    for (int i = 0; all[i] != NULL; i++) {
        cr_expect(all[i]->name != NULL && all[i]->summary != NULL && all[i]->init != NULL && all[i]->decide != NULL);
        for (int j = 0; j < i; j++) {
            cr_expect_str_neq(all[i]->name, all[j]->name);
        }
    }
}

/* --- with a real board and network
 * ------------------------------------------------------------------------------------ */

/* TX2 and ResNet-18, a server of about an RTX 3080, a link that goes from good over slow to none and back. */
struct bench {
    struct dvfo_ctx ctx;
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_cloud_profile cloud;
    struct dvfo_accuracy_profile *accuracy; /* without a floor */
    struct dvfo_trace *trace;
    struct dvfo_scenario_def def;
    struct dvfo_scenario *scenario;
};

static struct dvfo_trace *good_slow_none(struct dvfo_ctx *ctx)
{
    static const double start_s[] = {0.0, 0.4, 0.5, 0.9, 1.5, 1.6, 2.5}, /* one outage longer than the timeout */
        rate_bps[] = {40e6, 3e6, 200e6, 800e3, 0.0, 12e6, 0.0};
    struct dvfo_trace *trace = NULL;
    cr_assert(dvfo_trace_create(ctx, "test", "test", 7, start_s, rate_bps, 4.0, &trace) == DVFO_OK, "%s", ctx->message);
    return trace;
}

static void bench_open(struct bench *b, dvfo_composition composition)
{
    *b = (struct bench){
        .cloud = {.t0_s = {.value = 4e-3}, .flop_per_s = {.value = 8e12}, .servers = 1},
    };
    cr_assert(dvfo_board_load(&b->ctx, "jetson-tx2", &b->board) == DVFO_OK, "%s", b->ctx.message);
    cr_assert(dvfo_network_load(&b->ctx, "resnet-18", 0, NULL, &b->network) == DVFO_OK, "%s", b->ctx.message);
    b->trace = good_slow_none(&b->ctx);
    b->def = dvfo_scenario_def_default();
    b->def.board = b->board;
    b->def.network = b->network;
    b->def.cloud = &b->cloud;
    b->def.composition = composition;
    b->def.timeout_s = 1.0;
    const struct made_up_accuracy_def accuracy = made_up_accuracy_def_default();
    b->accuracy = made_up_accuracy(&accuracy);
    b->def.accuracy = b->accuracy;
    b->def.accuracy_floor = INFINITY;
    cr_assert(dvfo_board_runtime(&b->ctx, b->board, NULL, NULL, &b->def.runtime) == DVFO_OK, "%s", b->ctx.message);
    cr_assert(dvfo_scenario_create(&b->ctx, &b->def, &b->scenario) == DVFO_OK, "%s", b->ctx.message);
}

static void bench_close(struct bench *b)
{
    dvfo_scenario_free(b->scenario);
    dvfo_trace_free(b->trace);
    dvfo_accuracy_profile_free(b->accuracy);
    dvfo_network_free(b->network);
    dvfo_board_free(b->board);
}

static struct dvfo_policy_setup setup_of(struct bench *b, const struct dvfo_policy_type *policy, double stride_s)
{
    return (struct dvfo_policy_setup){
        .board = b->board,
        .scenario = policy->sight >= DVFO_SIGHT_PROFILE ? b->scenario : NULL,
        .trace = policy->sight >= DVFO_SIGHT_TRACE ? b->trace : NULL,
        .seed = 3,
        .requests = 100,
        .trace_stride_s = stride_s,
    };
}

/* A policy under test with its state. */
struct actor {
    const struct dvfo_policy_type *policy;
    void *state;
};

static struct actor actor_open(struct bench *b, const char *name, double stride_s)
{
    struct actor actor = {0};
    const char *argument = NULL;
    cr_assert(dvfo_policy_find(&b->ctx, name, &actor.policy, &argument) == DVFO_OK, "%s", b->ctx.message);
    actor.state = calloc(1, actor.policy->state_size);
    const struct dvfo_policy_setup setup = setup_of(b, actor.policy, stride_s);
    cr_assert(actor.policy->init(&b->ctx, actor.state, &setup) == DVFO_OK, "%s: %s", name, b->ctx.message);
    return actor;
}

static void actor_close(struct actor *actor)
{
    if (actor->policy->release != NULL) {
        actor->policy->release(actor->state);
    }
    free(actor->state);
}

enum { ROUNDS = 60 };

#define STRIDE_S 0.05

/* A crude world: requests one after the other along the trace at planned cost, with ticks in between. */
static void live(struct bench *b, struct actor *actor, struct dvfo_decision decisions[ROUNDS], double cost_j[ROUNDS])
{
    struct dvfo_observation seen = {.bandwidth_bps = NAN, .last_latency_s = NAN, .last_energy_j = NAN, .in_system = 1};
    int level[DVFO_DOMAINS];
    dvfo_policy_top_clocks(b->board, level);
    double ticked_s = 0.0;
    for (int i = 0; i < ROUNDS; i++) {
        seen.time_s = STRIDE_S * i;
        seen.request = -1;
        for (; actor->policy->tick != NULL && ticked_s <= seen.time_s;) {
            struct dvfo_observation now = seen;
            now.time_s = ticked_s;
            now.busy_s[DVFO_CPU] = now.busy_s[DVFO_GPU] = (i / 20 % 2 == 0) ? ticked_s : 1.0;
            now.busy_s[DVFO_MEM] = 0.4 * ticked_s;
            memcpy(now.level, level, sizeof level);
            const double next_s = actor->policy->tick(actor->state, &now, level);
            cr_assert(next_s > 0.0 && next_s < 1.0);
            ticked_s += next_s;
        }
        seen.request = i;
        memcpy(seen.level, level, sizeof level);
        decisions[i] = (struct dvfo_decision){.place = DVFO_PLACE_EDGE};
        memcpy(decisions[i].level, level, sizeof level);
        actor->policy->decide(actor->state, &seen, &decisions[i]);
        const struct dvfo_plan_link link = {.trace = b->trace, .start_s = STRIDE_S * i};
        const struct dvfo_plan plan = dvfo_plan_request(b->scenario, &decisions[i], &link);
        cost_j[i] = plan.cost_j;
        memcpy(level, decisions[i].level, sizeof level);
        if (plan.send_s > 0.0 && !plan.timed_out) {
            seen.bandwidth_bps = 8.0 * dvfo_scenario_payload_byte(b->scenario, &decisions[i]) / plan.send_s;
            seen.bandwidth_age_s = -STRIDE_S;
            seen.transfers++;
        }
        seen.bandwidth_age_s += STRIDE_S;
        if (actor->policy->learn != NULL) {
            const struct dvfo_outcome outcome = {i,           decisions[i],  plan.latency_s, plan.energy_j,
                                                 plan.cost_j, plan.timed_out};
            actor->policy->learn(actor->state, &outcome);
        }
    }
}

static void live_once(struct bench *b, const char *name, struct dvfo_decision decisions[ROUNDS], double cost_j[ROUNDS])
{
    struct actor actor = actor_open(b, name, STRIDE_S);
    live(b, &actor, decisions, cost_j);
    actor_close(&actor);
}

static bool same_decision(const struct dvfo_decision *a, const struct dvfo_decision *b)
{
    return memcmp(a->level, b->level, sizeof a->level) == 0 && a->place == b->place &&
           (a->place != DVFO_PLACE_SPLIT || a->share_tenths == b->share_tenths) &&
           (a->place != DVFO_PLACE_LAYER || a->cut == b->cut) &&
           (a->place != DVFO_PLACE_APPEAL || a->appeal_below == b->appeal_below);
}

static void expect_in_tables(const struct bench *b, const struct dvfo_decision *decision, const char *name)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        cr_assert(decision->level[d] >= 0 && (size_t)decision->level[d] < b->board->clock[d].level_count, "%s", name);
    }
    cr_assert(decision->place < DVFO_PLACE_COUNT, "%s", name);
    cr_assert(decision->place != DVFO_PLACE_SPLIT || (decision->share_tenths >= 1 && decision->share_tenths <= 10),
              "%s", name);
    cr_assert(decision->place != DVFO_PLACE_LAYER ||
                  (decision->cut >= 0 && (size_t)decision->cut < b->network->cut_count),
              "%s", name);
    cr_assert(decision->place != DVFO_PLACE_APPEAL || (decision->appeal_below >= 0.0 && decision->appeal_below <= 1.0),
              "%s", name);
}

Test(policies, each_decides_inside_the_tables_and_again_the_same_with_the_same_seed)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    for (int p = 0; dvfo_policies()[p] != NULL; p++) {
        const char *name = dvfo_policies()[p]->name;
        if (dvfo_policies()[p]->by_name_only) {
            continue;
        }
        struct dvfo_decision first[ROUNDS], second[ROUNDS];
        double cost_j[ROUNDS];
        live_once(&b, name, first, cost_j);
        live_once(&b, name, second, cost_j);
        for (int i = 0; i < ROUNDS; i++) {
            expect_in_tables(&b, &first[i], name);
            cr_expect(same_decision(&first[i], &second[i]), "%s, request %d", name, i);
        }
    }
    bench_close(&b);
}

Test(policies, no_argument_is_swallowed_silently)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    for (int p = 0; dvfo_policies()[p] != NULL; p++) {
        const struct dvfo_policy_type *policy = dvfo_policies()[p];
        struct dvfo_policy_setup setup = setup_of(&b, policy, NAN);
        setup.argument = "nonsense/of.no/kind";
        void *state = calloc(1, policy->state_size);
        cr_expect(policy->init(&b.ctx, state, &setup) != DVFO_OK, "%s", policy->name);
        if (policy->release != NULL) {
            policy->release(state);
        }
        free(state);
    }
    bench_close(&b);
}

Test(policies, no_policy_beats_the_oracle_on_planned_cost)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    struct dvfo_decision decisions[ROUNDS];
    double all_j[ROUNDS], dvfo_j[ROUNDS], cost_j[ROUNDS];
    live_once(&b, "oracle-all", decisions, all_j);
    live_once(&b, "oracle-dvfo", decisions, dvfo_j);
    static const char *const inside_dvfo[] = {"edge-only", "random", "coordinate-descent", "offload-best",
                                              "fixed-best"};
    for (int p = 0; dvfo_policies()[p] != NULL; p++) {
        const char *name = dvfo_policies()[p]->name;
        if (dvfo_policies()[p]->by_name_only) {
            continue;
        }
        bool inside = false;
        for (size_t k = 0; k < sizeof inside_dvfo / sizeof inside_dvfo[0]; k++) {
            inside = inside || strcmp(name, inside_dvfo[k]) == 0;
        }
        if (strcmp(name, "appealnet") == 0) {
            continue; /* what it mostly runs is a smaller network, which no oracle has to choose */
        }
        live_once(&b, name, decisions, cost_j);
        for (int i = 0; i < ROUNDS; i++) {
            cr_expect(all_j[i] <= cost_j[i], "%s, request %d: %g < %g", name, i, cost_j[i], all_j[i]);
            cr_expect(!inside || dvfo_j[i] <= cost_j[i], "%s, request %d: %g < %g", name, i, cost_j[i], dvfo_j[i]);
        }
    }
    bench_close(&b);
}

Test(policies, edge_best_is_the_least_cost_of_all_clocks)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    const struct dvfo_plan_link link = {.rate_bps = 1.0};
    double least_j = INFINITY;
    struct dvfo_decision tried = {.place = DVFO_PLACE_EDGE};
    for (int c = 0; c < (int)b.board->clock[DVFO_CPU].level_count; c++) {
        for (int g = 0; g < (int)b.board->clock[DVFO_GPU].level_count; g++) {
            for (int m = 0; m < (int)b.board->clock[DVFO_MEM].level_count; m++) {
                tried.level[DVFO_CPU] = c;
                tried.level[DVFO_GPU] = g;
                tried.level[DVFO_MEM] = m;
                least_j = fmin(least_j, dvfo_plan_request(b.scenario, &tried, &link).cost_j);
            }
        }
    }
    struct dvfo_decision decisions[ROUNDS];
    double cost_j[ROUNDS];
    live_once(&b, "edge-best", decisions, cost_j);
    cr_expect(cost_j[0] == least_j, "%.17g against %.17g", cost_j[0], least_j);
    bench_close(&b);
}

/* The plain double loop that dvfo_search_best() must agree with. */
static struct dvfo_plan search_plainly(struct bench *b, const struct dvfo_level_choice *choice, int kinds,
                                       double start_s, struct dvfo_decision *decision)
{
    struct dvfo_placements placements;
    cr_assert(dvfo_placements_create(&b->ctx, b->scenario, kinds, &placements) == DVFO_OK);
    const int *const level[DVFO_DOMAINS] = {choice->level[DVFO_CPU], choice->level[DVFO_GPU], choice->level[DVFO_MEM]};
    const struct dvfo_plan_link link = {.trace = b->trace, .start_s = start_s};
    struct dvfo_plan best = {.cost_j = INFINITY};
    for (int p = 0; p < placements.count; p++) {
        struct dvfo_decision tried = placements.at[p];
        const struct dvfo_plan plan = dvfo_plan_best_clocks(b->scenario, &tried, level, choice->count, &link);
        if (plan.cost_j < best.cost_j) {
            best = plan;
            *decision = tried;
        }
    }
    dvfo_placements_free(&placements);
    return best;
}

static void expect_search_equals_loop(struct bench *b, double start_s, struct dvfo_search *search,
                                      const struct dvfo_level_choice *choice, int kinds)
{
    struct dvfo_decision fast, plain;
    const struct dvfo_plan fast_plan = dvfo_search_best(search, start_s, &fast);
    const struct dvfo_plan plain_plan = search_plainly(b, choice, kinds, start_s, &plain);
    cr_expect(fast_plan.cost_j == plain_plan.cost_j && same_decision(&fast, &plain), "at %g s: %.17g against %.17g",
              start_s, fast_plan.cost_j, plain_plan.cost_j);
}

Test(search, equals_the_plain_double_loop_for_both_compositions_through_outages)
{
    const int kinds = DVFO_WITH_SHARES | DVFO_WITH_CUTS | DVFO_WITH_CLOUD;
    const dvfo_composition compositions[] = {DVFO_PARALLEL, DVFO_SERIAL};
    int sent = 0;
    for (int k = 0; k < 2; k++) {
        struct bench b;
        bench_open(&b, compositions[k]);
        struct dvfo_level_choice choice = {0};
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            choice.count[d] = dvfo_scenario_agent_levels(b.board, (dvfo_domain)d, 4, choice.level[d]);
        }
        struct dvfo_search *search = NULL;
        cr_assert(dvfo_search_create(&b.ctx, b.scenario, &choice, kinds, b.trace, &search) == DVFO_OK);
        for (int i = 0; i < 45; i++) {
            expect_search_equals_loop(&b, 0.097 * i, search, &choice, kinds);
            struct dvfo_decision decision;
            dvfo_search_best(search, 0.097 * i, &decision);
            sent += decision.place != DVFO_PLACE_EDGE;
        }
        dvfo_search_free(search);
        bench_close(&b);
    }
    cr_expect(sent > 0 && sent < 90, "the trace should ask for both: %d of 90 sent", sent);
}

Test(search, without_a_clock_stride_the_oracle_follows_the_time_it_sees)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    struct actor paired = actor_open(&b, "oracle-dvfo", STRIDE_S), free_running = actor_open(&b, "oracle-dvfo", NAN);
    for (int i = 0; i < 20; i++) {
        struct dvfo_decision a, c;
        const struct dvfo_observation seen = {.request = i, .time_s = 100.0},
                                      now = {.request = 7, .time_s = STRIDE_S * i};
        paired.policy->decide(paired.state, &seen, &a);
        free_running.policy->decide(free_running.state, &now, &c);
        cr_expect(same_decision(&a, &c), "request %d", i);
    }
    actor_close(&paired);
    actor_close(&free_running);
    bench_close(&b);
}

Test(neurosurgeon, follows_the_link_it_saw_and_takes_a_timeout_for_news)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    struct actor actor = actor_open(&b, "neurosurgeon-latency", NAN);
    struct dvfo_observation seen = {.time_s = 100.0, .bandwidth_bps = 500e6};
    struct dvfo_decision on_good, on_bad, after_timeout, later;
    actor.policy->decide(actor.state, &seen, &on_good);
    cr_expect(on_good.place != DVFO_PLACE_EDGE, "500 Mbit/s is worth sending");
    seen.bandwidth_bps = 10e3;
    actor.policy->decide(actor.state, &seen, &on_bad);
    cr_expect(on_bad.place == DVFO_PLACE_EDGE, "10 kbit/s isn't");

    seen = (struct dvfo_observation){.time_s = 200.0, .bandwidth_bps = 500e6, .bandwidth_age_s = 0.5};
    const struct dvfo_outcome late = {.decision = on_good, .timed_out = true};
    actor.policy->learn(actor.state, &late);
    actor.policy->decide(actor.state, &seen, &after_timeout);
    cr_expect(after_timeout.place == DVFO_PLACE_EDGE, "the timeout is newer than the observation");
    seen.bandwidth_age_s = 0.0;
    seen.transfers++;
    seen.time_s = 201.0;
    actor.policy->decide(actor.state, &seen, &later);
    cr_expect(same_decision(&later, &on_good), "a newer transfer counts again");
    actor_close(&actor);
    bench_close(&b);
}

Test(neurosurgeon, probes_a_link_that_is_not_worth_it_ever_more_rarely)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    struct actor actor = actor_open(&b, "neurosurgeon-latency", NAN);
    const struct dvfo_observation seen = {.bandwidth_bps = 10e3};
    static const int probes[] = {0, 17, 50, 115, 244, 501}; /* waits of 0, 16, 32, 64, 128, 256 on the device */
    size_t next = 0;
    for (int i = 0; i < 600; i++) {
        struct dvfo_decision decision;
        actor.policy->decide(actor.state, &seen, &decision);
        const bool expected = next < sizeof probes / sizeof probes[0] && i == probes[next];
        next += expected;
        cr_expect((decision.place != DVFO_PLACE_EDGE) == expected, "request %d", i);
    }
    actor_close(&actor);
    bench_close(&b);
}

Test(coordinate_descent, finds_clocks_and_share_no_single_step_improves)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    struct actor actor = actor_open(&b, "coordinate-descent", NAN);
    const struct dvfo_plan_link link = {.rate_bps = 20e6};
    struct dvfo_decision decision, start;
    dvfo_policy_top_clocks(b.board, start.level);
    dvfo_policy_place_share(&start, 0);
    for (long i = 0; i < 300; i++) { /* about 40 points of three requests, then held */
        const struct dvfo_observation seen = {.request = i, .bandwidth_bps = NAN};
        actor.policy->decide(actor.state, &seen, &decision);
        const struct dvfo_plan plan = dvfo_plan_request(b.scenario, &decision, &link);
        const struct dvfo_outcome outcome = {i, decision, plan.latency_s, plan.energy_j, plan.cost_j, plan.timed_out};
        actor.policy->learn(actor.state, &outcome);
    }
    const double found_j = dvfo_plan_request(b.scenario, &decision, &link).cost_j;
    cr_expect(found_j <= dvfo_plan_request(b.scenario, &start, &link).cost_j);
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(b.board);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        for (int i = 0; i < choice.count[d]; i++) {
            const bool neighbour = (i > 0 && choice.level[d][i - 1] == decision.level[d]) ||
                                   (i + 1 < choice.count[d] && choice.level[d][i + 1] == decision.level[d]);
            struct dvfo_decision moved = decision;
            moved.level[d] = choice.level[d][i];
            cr_expect(!neighbour || dvfo_plan_request(b.scenario, &moved, &link).cost_j >= found_j - 1e-12, "domain %d",
                      d);
        }
    }
    actor_close(&actor);
    bench_close(&b);
}

Test(policies, each_lives_through_a_simulated_trial)
{
    struct bench b;
    bench_open(&b, DVFO_PARALLEL);
    for (int p = 0; dvfo_policies()[p] != NULL; p++) {
        if (dvfo_policies()[p]->by_name_only) {
            continue;
        }
        struct dvfo_trial trial = dvfo_trial_default();
        trial.scenario = b.def;
        trial.policy = dvfo_policies()[p];
        trial.trace = b.trace;
        trial.workload.requests = 60;
        cr_assert(dvfo_trial_run(&b.ctx, &trial) == DVFO_OK, "%s: %s", trial.policy->name, b.ctx.message);
        cr_expect(trial.results.requests == 60 && trial.results.cost_j > 0.0, "%s", trial.policy->name);
    }
    bench_close(&b);
}
