/* Agents and accuracy: the floor holds while they learn and while they act, they learn from other inputs than they are
 * judged by, and their files say under what they were trained. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "hdf_files.h"
#include "made_up_accuracy.h"
#include "policies/agents/agent_file.h"
#include "policies/agents/environments.h"
#include "policies/agents/training.h"
#include "policies/nn/matrix.h"
#include "policies/policies.h"

enum { REQUESTS = 300 };

static struct dvfo_ctx ctx;

static void begin(void)
{
    dvfo_matrix_use_threads(1);
    hdf_files_make_folder();
}

TestSuite(accuracy_agents, .init = begin, .fini = hdf_files_remove_folder, .timeout = 120);

struct world {
    struct fixture fixture;
    struct dvfo_accuracy_profile *accuracy;
    struct dvfo_trial base;
    struct dvfo_conditions *conditions;
};

/* Shares 0.4 and 0.8 lose ten points, none of the others anything. */
static void open_world(struct world *world)
{
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    memset(def.loss, 0, sizeof def.loss);
    def.weight_loss = 0.0;
    def.loss[3] = def.loss[7] = 0.1;
    cr_assert(fixture_init(&ctx, &world->fixture, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", "mobilenet-v2",
                           "model:wifi"),
              "%s", ctx.message);
    world->accuracy = made_up_accuracy(&def);
    world->base = fixture_trial(&world->fixture, NULL, REQUESTS);
    world->base.scenario.accuracy = world->accuracy;
}

static void make_conditions(struct world *world)
{
    const struct dvfo_conditions_def def = {.base = &world->base,
                                            .networks = 1,
                                            .network = {world->fixture.network},
                                            .etas = 1,
                                            .eta = {0.5},
                                            .links = 1,
                                            .link = {"const:50Mbps"}};
    cr_assert_eq(dvfo_conditions_create(&ctx, &def, &world->conditions), DVFO_OK, "%s", ctx.message);
}

static void close_world(struct world *world)
{
    dvfo_conditions_free(world->conditions);
    dvfo_accuracy_profile_free(world->accuracy);
    fixture_free(&world->fixture);
}

/* ---- choices ---- */

/* The decisions that a network restricted to a floor may make: shares, and whether any of them is forbidden. */
static void expect_restricted(const struct dvfo_action_space_def *actions, const struct dvfo_board *board,
                              unsigned forbidden, long left)
{
    struct dvfo_action_space space;
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_action_space_of(&ctx, actions, board, &space), DVFO_OK, "%s", ctx.message);
    struct dvfo_branching_def def = {.inputs = 1, .layers = 1, .width = {1}, .branches = space.branches};
    memcpy(def.choices, space.choices, sizeof def.choices);
    cr_assert_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_action_space_restrict(&ctx, &space, forbidden, net), DVFO_OK);
    const long last = space.branches - 1;
    cr_expect_eq(net->allowed_count[last], left, "%ld left", net->allowed_count[last]);
    for (long i = 0; i < net->allowed_count[last]; i++) {
        int choice[DVFO_BRANCHING_BRANCHES] = {0};
        struct dvfo_decision decision = {.place = DVFO_PLACE_EDGE};
        choice[last] = net->allowed[net->first[last] + i];
        dvfo_action_space_decide(&space, choice, &decision);
        cr_expect(decision.place != DVFO_PLACE_SPLIT || (forbidden >> decision.share_tenths & 1u) == 0);
    }
    for (long d = 0; d < last; d++) {
        cr_expect_eq(net->allowed_count[d], space.choices[d], "clocks are free");
    }
    dvfo_branching_free(net);
}

/* The small board has clocks of 3, 4 and 2 levels. */
Test(accuracy_agents, choices_of_forbidden_shares_are_not_allowed_in_any_action_space)
{
    struct world world = {0};
    open_world(&world);
    const struct dvfo_board *board = world.fixture.board;
    const unsigned forbidden = 1u << 4 | 1u << 8;
    struct dvfo_action_space_def def = dvfo_action_space_def_default();
    expect_restricted(&def, board, forbidden, 9);
    expect_restricted(&def, board, 0, 11);
    expect_restricted(&def, board, 0x7fe, 1);
    expect_restricted(&def, board, 0x7ff, 1); /* the device alone is always there */
    def.kinds = true;
    expect_restricted(&def, board, forbidden, 9);
    def.input = true;
    expect_restricted(&def, board, forbidden, 10);
    expect_restricted(&def, board, 0x7fe, 2); /* and the encoded input */
    def.kinds = false;
    def.flat = true;
    expect_restricted(&def, board, forbidden, 3 * 4 * 2 * 10);
    def = (struct dvfo_action_space_def){.chooses = {true, true, true, false}, .levels = 10};
    expect_restricted(&def, board, 0x7fe, 2); /* only clocks: the memory's levels */
    close_world(&world);
}

/* ---- learning and acting ---- */

static struct dvfo_agent_def small_def(bool flat)
{
    static const char *const changes[] = {
        "learner.environments=8",       "learner.batch=16",        "learner.learning_starts=64",
        "learner.replay_capacity=500",  "network.trunk=[12, 8]",   "training.steps=1024",
        "training.episode=32",          "training.update_every=8", "training.twins=2",
        "training.evaluate_episode=16", "learner.risk_width=0",    "reward.bound=1e6"};
    struct dvfo_agent_def def;
    cr_assert_eq(dvfo_agent_def_load(&ctx, "dvfo", &def), DVFO_OK, "%s", ctx.message);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        cr_assert_eq(dvfo_agent_def_set(&ctx, &def, changes[i]), DVFO_OK, "%s", ctx.message);
    }
    def.actions.flat = flat;
    return def;
}

/* Where no simulation stops the program because of a decision that the floor forbids, none was made. */
static struct dvfo_agent *train(struct world *world, bool flat)
{
    const struct dvfo_agent_def def = small_def(flat);
    struct dvfo_agent *agent = NULL;
    struct dvfo_training *training = NULL;
    struct dvfo_training_look look;
    make_conditions(world);
    cr_assert_eq(dvfo_agent_create(&ctx, &def, world->fixture.board, "small ones", &agent), DVFO_OK, "%s", ctx.message);
    cr_expect_str_eq(agent->accuracy.profile, "none");
    cr_assert_eq(dvfo_training_create(&ctx, agent, world->conditions, &training), DVFO_OK, "%s", ctx.message);
    while (!dvfo_training_is_done(training)) {
        struct dvfo_training_round round;
        cr_assert_eq(dvfo_training_round(&ctx, training, &round), DVFO_OK, "%s", ctx.message);
    }
    cr_assert_eq(dvfo_training_refer(&ctx, training), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_training_look(&ctx, training, &look), DVFO_OK, "%s", ctx.message);
    dvfo_training_free(training);
    return agent;
}

static void count_share(void *user, const struct dvfo_request_row *row)
{
    ((long *)user)[lround(10.0 * row->share)]++;
}

/* Requests of a trial by share, acting by a file. */
static void act(struct world *world, const char *path, double points, long placed[DVFO_SHARES])
{
    const struct dvfo_probe probe = {.user = placed, .request = count_share};
    struct dvfo_trial trial = world->base;
    memset(placed, 0, DVFO_SHARES * sizeof *placed);
    trial.trace = world->fixture.trace;
    trial.policy = &dvfo_policy_dvfo;
    trial.policy_argument = path;
    trial.probe = &probe;
    trial.scenario.accuracy_floor = points;
    cr_assert_eq(dvfo_trial_run(&ctx, &trial), DVFO_OK, "%s", ctx.message);
}

/* The share's branch by its bias alone: best 0.4, then 0.8, then 0.2. */
static void prefer_shares(struct dvfo_branching *net)
{
    const struct dvfo_branching_tensor *bias = &net->tensor[net->tensors - 1];
    memset(net->parameters, 0, net->count * sizeof *net->parameters);
    const long share = net->first[net->def.branches - 1];
    net->parameters[bias->offset + (size_t)share + 4] = 3.0f;
    net->parameters[bias->offset + (size_t)share + 8] = 2.0f;
    net->parameters[bias->offset + (size_t)share + 2] = 1.0f;
    dvfo_branching_fold(net);
}

Test(accuracy_agents, an_agent_acts_by_the_best_share_that_keeps_the_floor_of_its_world)
{
    struct world world = {0};
    long placed[DVFO_SHARES];
    open_world(&world);
    struct dvfo_agent_def def = small_def(false);
    struct dvfo_agent *agent = NULL;
    cr_assert_eq(dvfo_agent_create(&ctx, &def, world.fixture.board, "small ones", &agent), DVFO_OK);
    prefer_shares(agent->learner->q->network);
    prefer_shares(agent->learner->q->target);
    cr_assert_eq(dvfo_agent_save(&ctx, agent, NULL, false, "a.h5"), DVFO_OK, "%s", ctx.message);
    world.base.decision_own = false; /* decisions are free: what is decided is what runs */
    act(&world, "a.h5", INFINITY, placed);
    cr_expect_eq(placed[4], REQUESTS, "%ld", placed[4]);
    act(&world, "a.h5", 1.0, placed);
    cr_expect_eq(placed[2], REQUESTS, "%ld", placed[2]);
    world.base.scenario.accuracy = NULL;
    act(&world, "a.h5", 1.0, placed);
    cr_expect_eq(placed[4], REQUESTS, "no profile, no floor");
    dvfo_agent_free(agent);
    close_world(&world);
}

Test(accuracy_agents, a_training_never_takes_a_share_below_the_floor)
{
    for (int flat = 0; flat < 2; flat++) {
        struct world world = {0};
        long placed[DVFO_SHARES];
        open_world(&world);
        struct dvfo_agent *agent = train(&world, flat);
        cr_assert_eq(dvfo_agent_save(&ctx, agent, NULL, false, "a.h5"), DVFO_OK, "%s", ctx.message);
        act(&world, "a.h5", 1.0, placed);
        cr_expect(placed[4] == 0 && placed[8] == 0);
        dvfo_agent_free(agent);
        close_world(&world);
    }
}

/* ---- inputs ---- */

/* On the part for tests the first channel holds everything, on that for validation never. */
Test(accuracy_agents, environments_show_inputs_of_the_part_for_validation)
{
    struct world world = {0};
    struct dvfo_action_space space;
    const struct dvfo_action_space_def actions = dvfo_action_space_def_default();
    open_world(&world);
    struct dvfo_accuracy_table *test = &world.accuracy->part[DVFO_PART_TEST];
    for (long i = 0; i < world.accuracy->size.requests[DVFO_PART_TEST] * DVFO_ACCURACY_HELD; i++) {
        test->held[i] = 1.0f;
    }
    make_conditions(&world);
    cr_assert_eq(dvfo_action_space_of(&ctx, &actions, world.fixture.board, &space), DVFO_OK);
    for (int judging = 0; judging < 2; judging++) {
        struct dvfo_environments *environments = NULL;
        const struct dvfo_environments_def def = {.conditions = world.conditions,
                                                  .space = &space,
                                                  .reward = dvfo_reward_def_default(),
                                                  .count = 1,
                                                  .twins = 1,
                                                  .episode = 50,
                                                  .judging = judging,
                                                  .seed = 7};
        cr_assert_eq(dvfo_environments_create(&ctx, &def, &environments), DVFO_OK, "%s", ctx.message);
        cr_assert_eq(dvfo_environments_begin(&ctx, environments, 0), DVFO_OK, "%s", ctx.message);
        for (int i = 0; i < 50; i++) {
            const int choice[] = {0, 0, 0, 5};
            struct dvfo_step_result result;
            cr_assert_eq(dvfo_environments_step(&ctx, environments, 0, choice, &result), DVFO_OK);
            const float quarter = dvfo_environments_observation(environments)[DVFO_VIEW_IMPORTANCE_1];
            cr_expect(quarter > 0.2f && quarter < 0.999f, "step %d: %g", i, (double)quarter);
        }
        dvfo_environments_free(environments);
    }
    close_world(&world);
}

/* ---- files ---- */

Test(accuracy_agents, a_file_says_under_which_profile_and_floor_it_was_trained)
{
    struct world world = {0};
    open_world(&world);
    cr_assert_eq(dvfo_accuracy_profile_save(&ctx, world.accuracy, "p.h5"), DVFO_OK, "%s", ctx.message);
    dvfo_accuracy_profile_free(world.accuracy);
    cr_assert_eq(dvfo_accuracy_profile_load(&ctx, "p.h5", &world.accuracy), DVFO_OK, "%s", ctx.message);
    world.base.scenario.accuracy = world.accuracy;
    world.base.scenario.accuracy_floor = 2.5;
    struct dvfo_agent *agent = train(&world, false), *again = NULL;
    struct dvfo_actor *actor = NULL;
    struct dvfo_curve curve = {0};
    cr_assert_eq(dvfo_agent_save(&ctx, agent, NULL, true, "a.h5"), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_agent_load(&ctx, "a.h5", world.fixture.board, &again, &curve), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_actor_load(&ctx, "a.h5", "dvfo", world.fixture.board, &actor), DVFO_OK, "%s", ctx.message);
    cr_expect_str_eq(again->accuracy.profile, "made-up");
    cr_expect_str_eq(again->accuracy.sha256, world.accuracy->sha256);
    cr_expect_eq(again->accuracy.floor, 2.5);
    cr_expect(memcmp(&actor->accuracy, &again->accuracy, sizeof actor->accuracy) == 0);
    dvfo_actor_free(actor);
    dvfo_agent_free(again);
    dvfo_agent_free(agent);
    close_world(&world);
}
