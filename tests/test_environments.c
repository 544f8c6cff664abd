/* Environments: the same world as a trial, step by step; whose draws meet whom. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "policies/agents/environments.h"
#include "sim/base/random.h"
#include "sim/sum.h"

enum { STEPS = 60, INPUTS = DVFO_VIEW_INPUTS };

static struct dvfo_ctx ctx;

/* A board, a network, and all that environments borrow. */
struct world {
    struct fixture fixture;
    struct dvfo_trial base;
    struct dvfo_conditions *conditions;
    struct dvfo_action_space space;
};

static void open_patient_world(struct world *world, const char *const *links, size_t count, double timeout_s)
{
    const struct dvfo_action_space_def actions = dvfo_action_space_def_default();
    cr_assert(fixture_init(&ctx, &world->fixture, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", "mobilenet-v2",
                           "const:5Mbps"),
              "%s", ctx.message);
    world->base = fixture_trial(&world->fixture, NULL, 1);
    world->base.scenario.timeout_s = timeout_s;
    struct dvfo_conditions_def def = {.base = &world->base,
                                      .networks = 1,
                                      .network = {world->fixture.network},
                                      .etas = 2,
                                      .eta = {0.2, 0.8},
                                      .links = count};
    memcpy(def.link, links, count * sizeof links[0]);
    cr_assert_eq(dvfo_conditions_create(&ctx, &def, &world->conditions), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_action_space_of(&ctx, &actions, world->fixture.board, &world->space), DVFO_OK);
}

static void open_world(struct world *world, const char *const *links, size_t count)
{
    open_patient_world(world, links, count, 10.0);
}

static void close_world(struct world *world)
{
    dvfo_conditions_free(world->conditions);
    fixture_free(&world->fixture);
}

static struct dvfo_environments_def def_of(const struct world *world, long count)
{
    return (struct dvfo_environments_def){.conditions = world->conditions,
                                          .space = &world->space,
                                          .reward = dvfo_reward_def_default(),
                                          .count = count,
                                          .twins = 1,
                                          .episode = STEPS,
                                          .seed = 7};
}

static struct dvfo_environments *make(const struct dvfo_environments_def *def)
{
    struct dvfo_environments *environments = NULL;
    cr_assert_eq(dvfo_environments_create(&ctx, def, &environments), DVFO_OK, "%s", ctx.message);
    return environments;
}

static void begin(struct dvfo_environments *environments, uint64_t episode)
{
    cr_assert_eq(dvfo_environments_begin(&ctx, environments, episode), DVFO_OK, "%s", ctx.message);
}

static struct dvfo_step_result step(struct dvfo_environments *environments, long e, const int *choice)
{
    struct dvfo_step_result result;
    cr_assert_eq(dvfo_environments_step(&ctx, environments, e, choice, &result), DVFO_OK, "%s", ctx.message);
    return result;
}

/* The choices of step i of script number s. */
static void choose(const struct dvfo_action_space *space, uint64_t s, int i, int choice[DVFO_KNOBS])
{
    for (long k = 0; k < space->branches; k++) {
        const uint64_t draw = dvfo_random_seed(s, (uint64_t)(i * DVFO_KNOBS + k), "script");
        choice[k] = (int)(draw % (uint64_t)space->choices[k]);
    }
}

static const char *const wifi[] = {"model:wifi"};

/* ---- against a trial ---- */

/* A policy that follows script 5, and what it and those who watch it saw. */
struct script {
    struct dvfo_action_space space;
    struct dvfo_view view;
    int asked;
    float seen[STEPS][INPUTS];
    struct dvfo_sum energy_j, latency_s;
    long finished;
    struct {
        double energy_j, latency_s; /* sums over the requests that had ended by then */
        long finished;
    } at[STEPS];
};

static struct script script; /* each test is a process of its own */

static dvfo_status begin_script(struct dvfo_ctx *context, void *state, const struct dvfo_policy_setup *setup)
{
    (void)context;
    (void)state;
    dvfo_view_begin(&script.view, setup);
    return DVFO_OK;
}

static void follow_script(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    int choice[DVFO_KNOBS];
    (void)state;
    if (script.asked < STEPS) {
        dvfo_view_look(&script.view, seen, script.seen[script.asked]);
        script.at[script.asked].energy_j = dvfo_sum_value(&script.energy_j);
        script.at[script.asked].latency_s = dvfo_sum_value(&script.latency_s);
        script.at[script.asked].finished = script.finished;
    }
    choose(&script.space, 5, script.asked++, choice);
    dvfo_action_space_decide(&script.space, choice, decision);
}

static const struct dvfo_policy_type written = {
    .name = "written", .summary = "follows a script", .init = begin_script, .decide = follow_script};

static void add_row(void *user, const struct dvfo_request_row *row)
{
    (void)user;
    dvfo_sum_add(&script.energy_j, row->energy_j);
    dvfo_sum_add(&script.latency_s, row->latency_s);
    script.finished++;
}

static const struct dvfo_probe watcher = {.request = add_row};

static void run_script(const struct world *world, const struct dvfo_condition *at, const struct dvfo_trace *trace,
                       double from_s, uint64_t seed)
{
    script = (struct script){.space = world->space};
    struct dvfo_trial trial = world->base;
    trial.policy = &written;
    trial.scenario.eta = at->yardstick.eta;
    trial.trace = trace;
    trial.trace_from_s = from_s;
    trial.workload.requests = 4 * STEPS; /* a late decision skips requests */
    trial.seed = seed;
    trial.probe = &watcher;
    cr_assert_eq(dvfo_trial_run(&ctx, &trial), DVFO_OK, "%s", ctx.message);
    cr_assert(script.asked > STEPS);
}

/* What the trial's sums say that step i cost. */
static double cost_of_step(const struct dvfo_yardstick *yardstick, int i)
{
    const struct dvfo_reward_def cost = {.kind = DVFO_REWARD_COST};
    const struct dvfo_stretch stretch = {.finished = script.at[i + 1].finished - script.at[i].finished,
                                         .energy_j = script.at[i + 1].energy_j - script.at[i].energy_j,
                                         .latency_s = script.at[i + 1].latency_s - script.at[i].latency_s};
    return -dvfo_reward_of(&cost, yardstick, &stretch);
}

static void expect_steps_equal_trial(struct world *world)
{
    const struct dvfo_environments_def def = def_of(world, 2);
    struct dvfo_environments *environments = make(&def);
    begin(environments, 3);
    const long e = 1; /* of an environment whose eta isn't the base's */
    double from_s;
    const struct dvfo_trace *trace = dvfo_environments_trace(environments, e, &from_s);
    const struct dvfo_condition at = dvfo_condition_at(world->conditions, dvfo_environments_condition(environments, e));
    cr_assert_eq(at.yardstick.eta, 0.8);
    run_script(world, &at, trace, from_s, dvfo_random_seed(def.seed, 3 * 2 + 1, "episode"));
    const float *shown = dvfo_environments_observation(environments) + e * INPUTS;
    for (int i = 0; i + 1 < STEPS; i++) {
        int choice[DVFO_KNOBS];
        cr_assert_arr_eq(shown, script.seen[i], sizeof script.seen[i], "what is shown before step %d", i);
        choose(&world->space, 5, i, choice);
        const struct dvfo_step_result result = step(environments, e, choice);
        const double expected = cost_of_step(&at.yardstick, i);
        cr_assert_eq(result.cost, expected, "step %d costs %.17g, in the trial %.17g", i, result.cost, expected);
        cr_assert_eq(result.finished, script.at[i + 1].finished - script.at[i].finished);
    }
    dvfo_environments_free(environments);
}

Test(environments, steps_equal_a_trial_bit_for_bit_in_both_modes_whatever_deciding_takes)
{
    for (int late = 0; late < 3; late++) {
        for (int blocking = 0; blocking < 2; blocking++) {
            struct world world;
            open_world(&world, wifi, 1);
            world.base.mode = blocking ? DVFO_BLOCKING : DVFO_CONCURRENT;
            world.base.decision_own = false;
            world.base.decision_share = late == 2 ? 1.7 : 0.3 * late;
            expect_steps_equal_trial(&world);
            close_world(&world);
        }
    }
}

Test(environments, steps_equal_a_trial_where_time_is_not_paired_and_heat_counts)
{
    struct world world;
    open_patient_world(&world, wifi, 1, 0.3);
    world.base.paired = false;
    world.base.thermal = true;
    expect_steps_equal_trial(&world);
    close_world(&world);
}

/* ---- steps ---- */

static void choose_edge_at_top(const struct dvfo_action_space *space, int choice[DVFO_KNOBS])
{
    for (int k = 0; k < space->knobs; k++) {
        choice[k] = space->knob[k] < DVFO_DOMAINS ? space->count[k] - 1 : 0;
    }
}

Test(environments, edge_only_at_the_top_is_worth_nothing_over_the_baseline_and_minus_one_without)
{
    for (int baseline = 0; baseline < 2; baseline++) {
        struct world world;
        int choice[DVFO_KNOBS];
        open_world(&world, wifi, 1);
        struct dvfo_environments_def def = def_of(&world, 2);
        def.reward.baseline = baseline;
        struct dvfo_environments *environments = make(&def);
        begin(environments, 0);
        choose_edge_at_top(&world.space, choice);
        for (int i = 0; i < 20; i++) {
            for (long e = 0; e < 2; e++) {
                const struct dvfo_step_result result = step(environments, e, choice);
                cr_expect_float_eq(result.reward, (float)baseline - 1.0f, 1e-7, "%g", (double)result.reward);
                cr_expect_float_eq(result.cost, 1.0, 1e-12, "%.15g", result.cost);
                cr_expect_not(result.sent);
            }
        }
        dvfo_environments_free(environments);
        close_world(&world);
    }
}

Test(environments, bound_and_tail_add_up_to_the_reward_and_only_the_worst_has_a_tail)
{
    struct world world;
    open_world(&world, wifi, 1);
    struct dvfo_environments_def def = def_of(&world, 1);
    struct dvfo_environments *whole = make(&def);
    def.reward.bound = 0.3;
    struct dvfo_environments *cut = make(&def);
    begin(whole, 0);
    begin(cut, 0);
    int tails = 0;
    for (int i = 0; i < STEPS; i++) {
        int choice[DVFO_KNOBS];
        choose(&world.space, 1, i, choice);
        const struct dvfo_step_result all = step(whole, 0, choice), part = step(cut, 0, choice);
        cr_expect_eq(all.tail, 0.0f);
        cr_expect(part.tail <= 0.0f && part.reward >= -0.3f);
        cr_expect_float_eq(part.reward + part.tail, all.reward, 1e-6f * (1.0f + fabsf(all.reward)));
        cr_expect((part.tail < 0.0f) == (all.reward < -0.3f));
        cr_expect_eq(part.cost, all.cost, "what is paid doesn't depend on what is rewarded");
        cr_expect_eq(part.sent, choice[3] > 0);
        tails += part.tail < 0.0f;
    }
    cr_expect(tails > 0 && tails < STEPS, "%d", tails);
    dvfo_environments_free(cut);
    dvfo_environments_free(whole);
    close_world(&world);
}

Test(environments, a_step_of_a_paired_world_takes_one_request_and_of_another_its_time)
{
    for (int paired = 0; paired < 2; paired++) {
        struct world world;
        open_world(&world, wifi, 1);
        world.base.paired = paired;
        const struct dvfo_environments_def def = def_of(&world, 1);
        struct dvfo_environments *environments = make(&def);
        begin(environments, 0);
        double elapsed = 0.0, latency = 0.0;
        const struct dvfo_yardstick yardstick = dvfo_condition_at(world.conditions, 0).yardstick;
        for (int i = 0; i < STEPS; i++) {
            int choice[DVFO_KNOBS];
            choose(&world.space, 1, i, choice);
            const struct dvfo_step_result result = step(environments, 0, choice);
            cr_expect_eq(result.finished, 1);
            if (paired) {
                cr_expect_float_eq(result.elapsed_s / yardstick.latency_s, 1.0, 1e-9, "%g", result.elapsed_s);
            }
            elapsed += result.elapsed_s;
            latency += fabs(result.elapsed_s / yardstick.latency_s - 1.0);
        }
        cr_expect(paired == (latency < 1e-6), "elapsed %g over %d steps of %g s", elapsed, STEPS, yardstick.latency_s);
        dvfo_environments_free(environments);
        close_world(&world);
    }
}

/* Deciding takes longer than the layers before the split: the share that is decided is that of the next request. */
Test(environments, a_step_tells_what_the_request_ran_as_not_what_was_decided_too_late_for_it)
{
    for (int late = 0; late < 2; late++) {
        struct world world;
        open_world(&world, wifi, 1);
        world.base.decision_own = false;
        world.base.decision_share = late ? 0.9 : 0.0;
        const struct dvfo_environments_def def = def_of(&world, 1);
        struct dvfo_environments *environments = make(&def);
        begin(environments, 0);
        int choice[DVFO_KNOBS];
        choose(&world.space, 1, 0, choice);
        for (int k = 0; k < 3; k++) {
            choice[k] = (int)world.space.choices[k] - 1;
        }
        choice[3] = 0;
        cr_expect(step(environments, 0, choice).as_decided, "the first decision is free");
        choice[3] = 5;
        struct dvfo_step_result result = step(environments, 0, choice);
        cr_expect(result.as_decided == !late && result.sent == !late, "late %d", late);
        result = step(environments, 0, choice);
        cr_expect(result.as_decided && result.sent, "it holds by now");
        dvfo_environments_free(environments);
        close_world(&world);
    }
}

/* ---- draws ---- */

/* Plays an episode by script and keeps what was shown. @param shown  (STEPS, count, INPUTS) */
static void play(const struct world *world, struct dvfo_environments *environments, long count, uint64_t episode,
                 float *shown)
{
    begin(environments, episode);
    const size_t size = (size_t)(count * INPUTS);
    for (int i = 0; i < STEPS; i++) {
        memcpy(shown + (size_t)i * size, dvfo_environments_observation(environments), size * sizeof *shown);
        for (long e = 0; e < count; e++) {
            int choice[DVFO_KNOBS];
            choose(&world->space, 9, i, choice);
            step(environments, e, choice);
        }
    }
}

Test(environments, an_episode_is_the_same_whatever_came_before_and_another_for_another_seed)
{
    enum { COUNT = 3 };
    struct world world;
    static float fresh[STEPS * COUNT * INPUTS], later[STEPS * COUNT * INPUTS], other[STEPS * COUNT * INPUTS];
    open_world(&world, wifi, 1);
    struct dvfo_environments_def def = def_of(&world, COUNT);
    struct dvfo_environments *environments = make(&def);
    play(&world, environments, COUNT, 4, fresh);
    play(&world, environments, COUNT, 0, other);
    cr_expect_arr_neq(fresh, other, sizeof fresh, "another episode");
    begin(environments, 1);
    for (int i = 0; i < 7; i++) {
        step(environments, 1, (int[DVFO_KNOBS]){0, 1, 1, 4});
    }
    play(&world, environments, COUNT, 4, later);
    cr_expect_arr_eq(fresh, later, sizeof fresh);
    dvfo_environments_free(environments);
    def.seed = 8;
    environments = make(&def);
    play(&world, environments, COUNT, 4, other);
    cr_expect_arr_neq(fresh, other, sizeof fresh, "another seed");
    dvfo_environments_free(environments);
    close_world(&world);
}

static bool same_link(const struct dvfo_environments *a, long e, const struct dvfo_environments *b, long f)
{
    double from_a, from_b;
    const struct dvfo_trace *one = dvfo_environments_trace(a, e, &from_a);
    const struct dvfo_trace *other = dvfo_environments_trace(b, f, &from_b);
    return from_a == from_b && one->n == other->n &&
           memcmp(one->rate_bps, other->rate_bps, one->n * sizeof one->rate_bps[0]) == 0;
}

Test(environments, twins_meet_the_same_link_and_others_do_not)
{
    enum { COUNT = 6, TWINS = 2, DRAWS = COUNT / TWINS };
    struct world world;
    static float shown[STEPS][COUNT][INPUTS];
    open_world(&world, wifi, 1);
    struct dvfo_environments_def def = def_of(&world, COUNT);
    def.twins = TWINS;
    struct dvfo_environments *environments = make(&def);
    play(&world, environments, COUNT, 2, &shown[0][0][0]);
    for (long e = 0; e < COUNT; e++) {
        for (long f = 0; f < COUNT; f++) {
            cr_expect_eq(same_link(environments, e, environments, f), e % DRAWS == f % DRAWS, "%ld and %ld", e, f);
            if (e % DRAWS == f % DRAWS) {
                cr_expect_arr_eq(shown[STEPS - 1][e], shown[STEPS - 1][f], sizeof shown[0][0], "the same luck");
                cr_expect_eq(dvfo_environments_condition(environments, e),
                             dvfo_environments_condition(environments, f));
            }
        }
    }
    dvfo_environments_free(environments);
    close_world(&world);
}

Test(environments, judges_meet_other_draws_than_learners)
{
    enum { COUNT = 4, EPISODES = 5 };
    struct world world;
    open_world(&world, wifi, 1);
    struct dvfo_environments_def def = def_of(&world, COUNT);
    struct dvfo_environments *learning = make(&def), *twin = make(&def);
    def.judging = true;
    struct dvfo_environments *judging = make(&def); /* of the same seed even */
    for (uint64_t a = 0; a < EPISODES; a++) {
        begin(learning, a);
        begin(twin, a);
        cr_expect(same_link(learning, 0, twin, 0), "the comparison sees what is the same");
        for (uint64_t b = 0; b < EPISODES; b++) {
            begin(judging, b);
            for (int i = 0; i < COUNT * COUNT; i++) {
                cr_expect_not(same_link(learning, i / COUNT, judging, i % COUNT));
            }
        }
    }
    dvfo_environments_free(judging);
    dvfo_environments_free(twin);
    dvfo_environments_free(learning);
    close_world(&world);
}

Test(environments, conditions_go_round_with_the_draws)
{
    static const char *const links[] = {"model:wifi", "const:5Mbps", "model:4g-up"};
    enum { CONDITIONS = 6, COUNT = 4, EPISODES = 9 }; /* 36 environments: each condition six times */
    struct world world;
    open_world(&world, links, 3);
    cr_assert_eq(world.conditions->count, CONDITIONS);
    const struct dvfo_environments_def def = def_of(&world, COUNT);
    struct dvfo_environments *environments = make(&def);
    int met[CONDITIONS] = {0};
    for (uint64_t episode = 0; episode < EPISODES; episode++) {
        begin(environments, episode);
        for (long e = 0; e < COUNT; e++) {
            const size_t condition = dvfo_environments_condition(environments, e);
            double from_s;
            cr_expect_eq(condition, ((size_t)episode * COUNT + (size_t)e) % CONDITIONS);
            met[condition]++;
            const struct dvfo_condition at = dvfo_condition_at(world.conditions, condition);
            cr_expect_str_eq(dvfo_environments_trace(environments, e, &from_s)->name, links[at.link]);
            cr_expect_float_eq(dvfo_environments_observation(environments)[e * INPUTS + DVFO_VIEW_ETA],
                               (float)(2.0 * at.yardstick.eta - 1.0), 1e-6);
        }
    }
    for (int c = 0; c < CONDITIONS; c++) {
        cr_expect_eq(met[c], EPISODES * COUNT / CONDITIONS);
    }
    dvfo_environments_free(environments);
    close_world(&world);
}

/* Where requests begin: the whole of an episode, not only its first one. */
Test(environments, of_a_recording_the_last_fifth_is_never_learnt_from_and_the_rest_never_judged_on)
{
    static const char *const recording[] = {DVFO_SOURCE_DIR "/tests/data/small-trace.csv"};
    struct world world;
    open_world(&world, recording, 1);
    const struct dvfo_trace *trace = world.conditions->trace[0];
    const double edge_s = world.conditions->edge_s[0];
    for (int judging = 0; judging < 2; judging++) {
        struct dvfo_environments_def def = def_of(&world, 4);
        def.judging = judging;
        def.episode = (long)floor(0.1 * trace->period_s / edge_s);
        cr_assert(def.episode > 0);
        const double length_s = (double)def.episode * edge_s;
        const double first_s = judging ? 0.8 * trace->period_s : 0.0, end_s = (judging ? 1.0 : 0.8) * trace->period_s;
        double earliest_s = INFINITY, latest_s = 0.0;
        struct dvfo_environments *environments = make(&def);
        for (uint64_t episode = 0; episode < 200; episode++) {
            begin(environments, episode);
            for (long e = 0; e < 4; e++) {
                double from_s;
                dvfo_environments_trace(environments, e, &from_s);
                earliest_s = fmin(earliest_s, from_s);
                latest_s = fmax(latest_s, from_s + length_s);
            }
        }
        cr_expect(earliest_s >= first_s && latest_s <= end_s + 1e-9, "judging %d: from %g to %g of %g s", judging,
                  earliest_s, latest_s, trace->period_s);
        cr_expect(latest_s - earliest_s > 0.9 * (end_s - first_s), "all of that part is met");
        dvfo_environments_free(environments);
    }
    close_world(&world);
}
