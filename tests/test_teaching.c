/* Demonstrations: who is taught and for how long, that the teacher does as the reference does, and that what comes of
 * it is remembered as what it is. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "hdf_files.h"
#include "policies/agents/agent_file.h"
#include "policies/agents/environments.h"
#include "policies/agents/teaching.h"
#include "policies/agents/training.h"
#include "policies/nn/matrix.h"
#include "policies/policies.h"
#include "sim/base/random.h"

enum { STEPS = 60, ENVIRONMENTS = 8, EPISODE = 32 };

static struct dvfo_ctx ctx;

static void begin(void)
{
    dvfo_matrix_use_threads(1);
    hdf_files_make_folder();
}

TestSuite(teaching, .init = begin, .fini = hdf_files_remove_folder, .timeout = 120);

struct world {
    struct fixture fixture;
    struct dvfo_trial base;
    struct dvfo_conditions *conditions;
};

static void open_world(struct world *world, const char *link)
{
    cr_assert(fixture_init(&ctx, &world->fixture, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", "mobilenet-v2",
                           "model:wifi"),
              "%s", ctx.message);
    world->base = fixture_trial(&world->fixture, NULL, 1);
    const struct dvfo_conditions_def def = {.base = &world->base,
                                            .networks = 1,
                                            .network = {world->fixture.network},
                                            .etas = 2,
                                            .eta = {0.3, 0.9},
                                            .links = 1,
                                            .link = {link}};
    cr_assert_eq(dvfo_conditions_create(&ctx, &def, &world->conditions), DVFO_OK, "%s", ctx.message);
}

static void close_world(struct world *world)
{
    dvfo_conditions_free(world->conditions);
    fixture_free(&world->fixture);
}

static struct dvfo_action_space space_of(const struct world *world, const struct dvfo_action_space_def *def)
{
    struct dvfo_action_space space;
    cr_assert_eq(dvfo_action_space_of(&ctx, def, world->fixture.board, &space), DVFO_OK, "%s", ctx.message);
    return space;
}

/* ---- who and when ---- */

Test(teaching, the_share_falls_to_nothing_in_a_straight_line)
{
    const struct dvfo_training_def def = {.taught = 0.25, .taught_steps = 1000}, none = {.taught_steps = 10};
    cr_expect_eq(dvfo_teaching_count(&def, 64, 0), 16);
    cr_expect_eq(dvfo_teaching_count(&def, 64, 500), 8);
    cr_expect_eq(dvfo_teaching_count(&def, 64, 999), 0, "less than half an environment is none");
    cr_expect_eq(dvfo_teaching_count(&def, 64, 1000), 0);
    cr_expect_eq(dvfo_teaching_count(&def, 64, UINT64_MAX), 0);
    cr_expect_eq(dvfo_teaching_count(&none, 64, 0), 0);
}

Test(teaching, as_many_are_taught_as_asked_for_evenly_and_others_in_each_episode)
{
    for (long count = 0; count <= 64; count++) {
        for (uint64_t episode = 0; episode < 130; episode += 13) {
            long taught = 0;
            for (long e = 0; e < 64; e++) {
                taught += dvfo_teaching_reaches(64, count, e, episode);
                cr_expect_eq(dvfo_teaching_reaches(64, count, e, episode),
                             dvfo_teaching_reaches(64, count, (e + 1) % 64, episode + 1));
            }
            cr_expect_eq(taught, count);
        }
    }
    for (long i = 0; i < 8; i++) { /* of twins that lie 16 apart never two at once */
        cr_expect(dvfo_teaching_reaches(64, 8, 9 * i, 0));
    }
}

/* ---- what the teacher does, as choices ---- */

static void expect_choices_to_come_back(const struct dvfo_action_space *space, uint64_t seed)
{
    int choice[DVFO_BRANCHING_BRANCHES], back[DVFO_BRANCHING_BRANCHES];
    for (long d = 0; d < space->branches; d++) {
        choice[d] = (int)(dvfo_random_seed(seed, (uint64_t)d, "choice") % (uint64_t)space->choices[d]);
        back[d] = -1;
    }
    struct dvfo_decision decision = {0};
    dvfo_action_space_decide(space, choice, &decision);
    cr_assert(dvfo_action_space_choose(space, &decision, back));
    const unsigned idle = dvfo_action_space_idle(space, choice);
    for (long d = 0; d < space->branches; d++) {
        cr_expect_eq(back[d], (idle >> d & 1u) != 0 ? -1 : choice[d], "branch %ld of %ld", d, space->branches);
    }
}

Test(teaching, a_decision_becomes_the_choices_that_mean_it_and_idle_branches_stay)
{
    struct world world;
    open_world(&world, "model:wifi");
    for (int which = 0; which < 8; which++) {
        struct dvfo_action_space_def def = dvfo_action_space_def_default();
        def.input = which & 1;
        def.kinds = which >> 1 & 1;
        def.flat = which >> 2;
        const struct dvfo_action_space space = space_of(&world, &def);
        for (uint64_t seed = 0; seed < 200; seed++) {
            expect_choices_to_come_back(&space, seed);
        }
    }
    close_world(&world);
}

Test(teaching, a_decision_that_an_agent_cannot_make_has_no_choices)
{
    struct world world;
    open_world(&world, "model:wifi");
    struct dvfo_action_space_def def = dvfo_action_space_def_default();
    int choice[DVFO_BRANCHING_BRANCHES];
    struct dvfo_action_space space = space_of(&world, &def);
    struct dvfo_decision decision = {.level = {0, 0, 0}, .place = DVFO_PLACE_CLOUD};
    cr_expect_not(dvfo_action_space_choose(&space, &decision, choice), "the input isn't sent");
    decision.place = DVFO_PLACE_LAYER;
    cr_expect_not(dvfo_action_space_choose(&space, &decision, choice));
    decision.place = DVFO_PLACE_EDGE;
    cr_expect(dvfo_action_space_choose(&space, &decision, choice));
    decision.level[DVFO_GPU] = 77;
    cr_expect_not(dvfo_action_space_choose(&space, &decision, choice), "no such clock");
    decision.level[DVFO_GPU] = 0;
    def.chooses[DVFO_GPU] = false;
    space = space_of(&world, &def);
    cr_expect_not(dvfo_action_space_choose(&space, &decision, choice), "the GPU stays at the top");
    decision.level[DVFO_GPU] = space.top[DVFO_GPU];
    cr_expect(dvfo_action_space_choose(&space, &decision, choice));
    def.governed = true;
    space = space_of(&world, &def);
    cr_expect_not(dvfo_action_space_choose(&space, &decision, choice), "governors have the GPU");
    close_world(&world);
}

/* ---- the teacher is the reference ---- */

static double paid[STEPS]; /* by the reference, request by request; each test is a process of its own */

static void add_row(void *user, const struct dvfo_request_row *row)
{
    (void)user;
    if (row->request < STEPS) {
        paid[row->request] = row->cost_j;
    }
}

static const struct dvfo_probe watcher = {.request = add_row};

/* An environment's link and seed, run by the oracle itself. */
static void run_reference(const struct world *world, struct dvfo_environments *environments, long e, uint64_t seed)
{
    const struct dvfo_condition at = dvfo_condition_at(world->conditions, dvfo_environments_condition(environments, e));
    struct dvfo_trial trial = world->base;
    trial.policy = &dvfo_policy_oracle_informed;
    trial.scenario.eta = at.yardstick.eta;
    trial.trace = dvfo_environments_trace(environments, e, &trial.trace_from_s);
    trial.workload.requests = 2 * STEPS;
    trial.seed = seed;
    trial.part = DVFO_PART_VALIDATION;
    trial.probe = &watcher;
    cr_assert_eq(dvfo_trial_run(&ctx, &trial), DVFO_OK, "%s", ctx.message);
}

static void expect_to_pay_what_the_reference_pays(struct world *world, struct dvfo_environments *environments, long e)
{
    const struct dvfo_yardstick yardstick =
        dvfo_condition_at(world->conditions, dvfo_environments_condition(environments, e)).yardstick;
    run_reference(world, environments, e, dvfo_random_seed(7, 3 * 2 + (uint64_t)e, "episode"));
    for (int i = 0; i < STEPS; i++) {
        int choice[DVFO_BRANCHING_BRANCHES] = {0};
        struct dvfo_step_result result;
        cr_assert(dvfo_environments_ask(environments, e, choice));
        cr_assert_eq(dvfo_environments_step(&ctx, environments, e, choice, &result), DVFO_OK);
        cr_expect_float_eq(result.cost * yardstick.cost_j / paid[i], 1.0, 1e-9, "%ld: step %d", e, i);
    }
}

Test(teaching, a_taught_environment_pays_just_what_the_reference_pays_whatever_its_weight_of_energy)
{
    struct world world;
    open_world(&world, "model:wifi");
    world.base.decision_own = false;
    const struct dvfo_action_space_def actions = dvfo_action_space_def_default();
    const struct dvfo_action_space space = space_of(&world, &actions);
    const struct dvfo_environments_def def = {.conditions = world.conditions,
                                              .space = &space,
                                              .reward = dvfo_reward_def_default(),
                                              .count = 2,
                                              .twins = 1,
                                              .episode = STEPS,
                                              .seed = 7};
    struct dvfo_environments *environments = NULL;
    cr_assert_eq(dvfo_environments_create(&ctx, &def, &environments), DVFO_OK);
    cr_assert_eq(dvfo_environments_begin_taught(&ctx, environments, 3, 2), DVFO_OK, "%s", ctx.message);
    expect_to_pay_what_the_reference_pays(&world, environments, 1);
    expect_to_pay_what_the_reference_pays(&world, environments, 0);
    dvfo_environments_free(environments);
    close_world(&world);
}

Test(teaching, over_a_recording_and_where_nobody_is_taught_there_is_no_teacher)
{
    for (int recorded = 0; recorded < 2; recorded++) {
        struct world world;
        open_world(&world, recorded ? DVFO_SOURCE_DIR "/tests/data/small-trace.csv" : "const:5Mbps");
        const struct dvfo_action_space_def actions = dvfo_action_space_def_default();
        const struct dvfo_action_space space = space_of(&world, &actions);
        const struct dvfo_environments_def def = {.conditions = world.conditions,
                                                  .space = &space,
                                                  .reward = dvfo_reward_def_default(),
                                                  .count = 2,
                                                  .twins = 1,
                                                  .episode = STEPS,
                                                  .seed = 7};
        struct dvfo_environments *environments = NULL;
        int choice[DVFO_BRANCHING_BRANCHES] = {0};
        cr_assert_eq(dvfo_environments_create(&ctx, &def, &environments), DVFO_OK);
        cr_assert_eq(dvfo_environments_begin_taught(&ctx, environments, 0, 1), DVFO_OK, "%s", ctx.message);
        cr_expect_eq(dvfo_environments_ask(environments, 0, choice), !recorded);
        cr_expect_not(dvfo_environments_ask(environments, 1, choice));
        cr_assert_eq(dvfo_environments_begin(&ctx, environments, 0), DVFO_OK);
        cr_expect_not(dvfo_environments_ask(environments, 0, choice));
        dvfo_environments_free(environments);
        close_world(&world);
    }
}

/* ---- what is remembered ---- */

static struct dvfo_agent_def def_with(double taught)
{
    static const char *const changes[] = {"learner.environments=8",
                                          "learner.batch=16",
                                          "learner.learning_starts=100",
                                          "learner.replay_capacity=500",
                                          "learner.risk_width=5",
                                          "network.trunk=[12, 8]",
                                          "training.steps=1536",
                                          "training.episode=32",
                                          "training.twins=2",
                                          "training.update_every=8",
                                          "training.evaluate_episode=16"};
    struct dvfo_agent_def def;
    cr_assert_eq(dvfo_agent_def_load(&ctx, "dvfo", &def), DVFO_OK, "%s", ctx.message);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        cr_assert_eq(dvfo_agent_def_set(&ctx, &def, changes[i]), DVFO_OK, "%s", ctx.message);
    }
    def.training.taught = taught;
    def.training.taught_steps = 2000;
    return def;
}

static struct dvfo_agent *agent_with(const struct world *world, double taught)
{
    const struct dvfo_agent_def def = def_with(taught);
    struct dvfo_agent *agent = NULL;
    cr_assert_eq(dvfo_agent_create(&ctx, &def, world->fixture.board, "small ones", &agent), DVFO_OK, "%s", ctx.message);
    return agent;
}

static void train(const struct world *world, struct dvfo_agent *agent, int rounds)
{
    struct dvfo_training *training = NULL;
    cr_assert_eq(dvfo_training_create(&ctx, agent, world->conditions, &training), DVFO_OK, "%s", ctx.message);
    for (int i = 0; i < rounds; i++) {
        struct dvfo_training_round round;
        cr_assert_eq(dvfo_training_round(&ctx, training, &round), DVFO_OK, "%s", ctx.message);
    }
    dvfo_training_free(training);
}

static void save(const struct dvfo_agent *agent, const char *path)
{
    cr_assert_eq(dvfo_agent_save(&ctx, agent, NULL, true, path), DVFO_OK, "%s", ctx.message);
}

/* The same episode again, with nobody but the teacher. */
static struct dvfo_environments *environments_of(const struct world *world, const struct dvfo_agent *agent)
{
    const struct dvfo_environments_def def = {.conditions = world->conditions,
                                              .space = &agent->space,
                                              .reward = agent->def.reward,
                                              .count = ENVIRONMENTS,
                                              .twins = agent->def.training.twins,
                                              .decision_cycles = dvfo_agent_decision_cycles(agent->learner->q->network),
                                              .episode = EPISODE,
                                              .seed = agent->def.learner.seed};
    struct dvfo_environments *environments = NULL;
    cr_assert_eq(dvfo_environments_create(&ctx, &def, &environments), DVFO_OK);
    cr_assert_eq(dvfo_environments_begin_taught(&ctx, environments, 0, 2), DVFO_OK, "%s", ctx.message);
    return environments;
}

/* Row of environment e's step: what the teacher saw, chose and got, and of its branches only idle ones don't learn. */
static void expect_demonstration(const struct dvfo_agent *agent, struct dvfo_environments *environments, long e,
                                 float *at)
{
    const struct dvfo_replay_row row = dvfo_replay_row_at(DVFO_VIEW_INPUTS, agent->space.branches, at);
    const float *seen = dvfo_environments_observation(environments) + e * DVFO_VIEW_INPUTS;
    int choice[DVFO_BRANCHING_BRANCHES] = {0};
    struct dvfo_step_result result;
    cr_expect_arr_eq(row.observation, seen, DVFO_VIEW_INPUTS * sizeof *seen);
    cr_assert(dvfo_environments_ask(environments, e, choice));
    const unsigned idle = dvfo_action_space_idle(&agent->space, choice);
    for (long d = 0; d < agent->space.branches; d++) {
        cr_expect((idle >> d & 1u) != 0 || (int)row.action[d] == choice[d], "branch %ld", d);
    }
    cr_assert_eq(dvfo_environments_step(&ctx, environments, e, choice, &result), DVFO_OK);
    cr_expect(*row.reward == result.reward && *row.tail == result.tail && (*row.risky != 0.0f) == result.sent);
    cr_expect_eq((unsigned)*row.spared, idle);
    cr_expect_arr_eq(row.next, seen, DVFO_VIEW_INPUTS * sizeof *seen);
}

Test(teaching, a_demonstration_is_remembered_as_what_the_teacher_did_and_all_that_counted_learn_from_it)
{
    struct world world;
    open_world(&world, "model:wifi");
    struct dvfo_agent *agent = agent_with(&world, 0.25);
    train(&world, agent, 1);
    struct dvfo_environments *environments = environments_of(&world, agent);
    const struct dvfo_replay *replay = agent->learner->replay;
    cr_assert_eq(replay->size, ENVIRONMENTS * EPISODE);
    long shown = 0;
    for (size_t i = 0; i < replay->size; i++) {
        const long e = (long)(i % ENVIRONMENTS);
        if (dvfo_teaching_reaches(ENVIRONMENTS, 2, e, 0)) {
            expect_demonstration(agent, environments, e, replay->row + i * replay->row_size);
            shown++;
        }
    }
    cr_expect_eq(shown, 2 * EPISODE);
    dvfo_environments_free(environments);
    dvfo_agent_free(agent);
    close_world(&world);
}

Test(teaching, who_is_taught_in_no_environment_learns_as_if_there_were_no_teacher)
{
    struct world world;
    open_world(&world, "model:wifi");
    struct dvfo_agent *plain = agent_with(&world, 0.0), *none = agent_with(&world, 0.01);
    train(&world, plain, 3);
    train(&world, none, 3);
    cr_expect_eq(plain->learner->decisions, none->learner->decisions);
    none->def.training.taught = 0.0;
    save(plain, "plain.h5");
    save(none, "none.h5");
    cr_expect(hdf_files_are_same("plain.h5", "none.h5"));
    dvfo_agent_free(plain);
    dvfo_agent_free(none);
    close_world(&world);
}

/* One round is 256 decisions. */
Test(teaching, once_its_steps_are_over_training_goes_on_without_the_teacher)
{
    struct world world;
    open_world(&world, "model:wifi");
    for (uint64_t steps = 256; steps <= 512; steps += 256) {
        struct dvfo_agent *through = agent_with(&world, 0.5), *sent_off = agent_with(&world, 0.5);
        through->def.training.taught_steps = sent_off->def.training.taught_steps = steps;
        train(&world, through, 2);
        train(&world, sent_off, 1);
        sent_off->def.training.taught = 0.0;
        train(&world, sent_off, 1);
        through->def.training.taught = 0.0;
        save(through, "through.h5");
        save(sent_off, "sent-off.h5");
        cr_expect_eq(hdf_files_are_same("through.h5", "sent-off.h5"), steps == 256);
        dvfo_agent_free(through);
        dvfo_agent_free(sent_off);
    }
    close_world(&world);
}

Test(teaching, a_training_interrupted_and_resumed_equals_one_that_ran_through)
{
    struct world world;
    open_world(&world, "model:wifi");
    struct dvfo_agent *through = agent_with(&world, 0.5), *resumed = agent_with(&world, 0.5);
    struct dvfo_curve curve = {0};
    train(&world, through, 6);
    save(through, "through.h5");
    train(&world, resumed, 3);
    save(resumed, "interrupted.h5");
    dvfo_agent_free(resumed);
    cr_assert_eq(dvfo_agent_load(&ctx, "interrupted.h5", world.fixture.board, &resumed, &curve), DVFO_OK, "%s",
                 ctx.message);
    cr_expect(resumed->def.training.taught == 0.5 && resumed->def.training.taught_steps == 2000);
    train(&world, resumed, 3);
    save(resumed, "resumed.h5");
    cr_expect(hdf_files_are_same("through.h5", "resumed.h5"));
    dvfo_curve_free(&curve);
    dvfo_agent_free(through);
    dvfo_agent_free(resumed);
    close_world(&world);
}

/* ---- judging ---- */

Test(teaching, the_teacher_never_acts_in_judging)
{
    struct world world;
    struct dvfo_training_look look[2];
    open_world(&world, "model:wifi");
    for (int i = 0; i < 2; i++) {
        struct dvfo_agent *agent = agent_with(&world, (double)i);
        struct dvfo_training *training = NULL;
        cr_assert_eq(dvfo_training_create(&ctx, agent, world.conditions, &training), DVFO_OK);
        cr_assert_eq(dvfo_training_look(&ctx, training, &look[i]), DVFO_OK);
        dvfo_training_free(training);
        dvfo_agent_free(agent);
    }
    cr_expect(look[0].cost == look[1].cost && look[0].reward == look[1].reward);
    close_world(&world);
}

Test(teaching, judges_that_are_taught_are_a_mistake_of_the_programs, .signal = SIGABRT)
{
    struct world world;
    open_world(&world, "model:wifi");
    const struct dvfo_action_space_def actions = dvfo_action_space_def_default();
    const struct dvfo_action_space space = space_of(&world, &actions);
    const struct dvfo_environments_def def = {.conditions = world.conditions,
                                              .space = &space,
                                              .reward = dvfo_reward_def_default(),
                                              .count = 1,
                                              .twins = 1,
                                              .episode = STEPS,
                                              .judging = true};
    struct dvfo_environments *environments = NULL;
    cr_assert_eq(dvfo_environments_create(&ctx, &def, &environments), DVFO_OK);
    (void)dvfo_environments_begin_taught(&ctx, environments, 0, 1);
}

Test(teaching, an_agent_with_other_choices_than_the_teachers_is_refused)
{
    struct world world;
    open_world(&world, "model:wifi");
    struct dvfo_agent_def def = def_with(0.25);
    struct dvfo_agent *agent = NULL;
    struct dvfo_training *training = NULL;
    def.actions.chooses[DVFO_MEM] = false;
    cr_assert_eq(dvfo_agent_create(&ctx, &def, world.fixture.board, "small ones", &agent), DVFO_OK);
    cr_expect_eq(dvfo_training_create(&ctx, agent, world.conditions, &training), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "training.taught is 0.25 for an agent without all clocks, shares and 10 levels, "
                                  "expected 0: the teacher has them all");
    dvfo_agent_free(agent);
    close_world(&world);
}

static void count_note(void *user, const char *sentence)
{
    (void)sentence;
    ++*(int *)user;
}

Test(teaching, over_recordings_alone_it_is_noted_that_nobody_teaches)
{
    for (int recorded = 0; recorded < 2; recorded++) {
        int notes = 0;
        struct dvfo_ctx noting = {.note = count_note, .note_user = &notes};
        struct world world;
        open_world(&world, recorded ? DVFO_SOURCE_DIR "/tests/data/small-trace.csv" : "const:5Mbps");
        const struct dvfo_agent_def taught = def_with(0.25), plain = def_with(0.0);
        cr_expect_eq(dvfo_teaching_check(&noting, &plain, world.conditions), DVFO_OK);
        cr_expect_eq(notes, 0);
        cr_expect_eq(dvfo_teaching_check(&noting, &taught, world.conditions), DVFO_OK);
        cr_expect_eq(notes, recorded);
        close_world(&world);
    }
}
