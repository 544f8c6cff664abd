/* Agents as files: a training that was interrupted between rounds and resumed equals one that ran through, what acts is
 * the same from a large file and a small one, and a file that can't be is told in one sentence. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "hdf_files.h"
#include "policies/agents/agent_file.h"
#include "policies/agents/training.h"
#include "policies/nn/matrix.h"
#include "policies/policies.h"
#include "sim/base/hdf.h"

static struct dvfo_ctx ctx;

static void begin(void)
{
    dvfo_matrix_use_threads(1);
    hdf_files_make_folder();
}

TestSuite(agent_files, .init = begin, .fini = hdf_files_remove_folder, .timeout = 120);

/* ---- a small training ---- */

struct world {
    struct fixture fixture;
    struct dvfo_trial base;
    struct dvfo_conditions *conditions;
};

static void open_world(struct world *world)
{
    cr_assert(fixture_init(&ctx, &world->fixture, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", "mobilenet-v2",
                           "model:wifi"),
              "%s", ctx.message);
    world->base = fixture_trial(&world->fixture, NULL, 1);
    const struct dvfo_conditions_def def = {.base = &world->base,
                                            .networks = 1,
                                            .network = {world->fixture.network},
                                            .etas = 2,
                                            .eta = {0.3, 0.7},
                                            .links = 2,
                                            .link = {"model:wifi", "const:20Mbps"}};
    cr_assert_eq(dvfo_conditions_create(&ctx, &def, &world->conditions), DVFO_OK, "%s", ctx.message);
}

static void close_world(struct world *world)
{
    dvfo_conditions_free(world->conditions);
    fixture_free(&world->fixture);
}

static struct dvfo_agent_def small_def(void)
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
    return def;
}

static struct dvfo_agent *make_agent(const struct world *world)
{
    const struct dvfo_agent_def def = small_def();
    struct dvfo_agent *agent = NULL;
    cr_assert_eq(dvfo_agent_create(&ctx, &def, world->fixture.board, "small ones", &agent), DVFO_OK, "%s", ctx.message);
    return agent;
}

/* So many rounds, a look after each: looks leave no trace in the agent. */
static void train(const struct world *world, struct dvfo_agent *agent, int rounds, bool looks)
{
    struct dvfo_training *training = NULL;
    cr_assert_eq(dvfo_training_create(&ctx, agent, world->conditions, &training), DVFO_OK, "%s", ctx.message);
    for (int i = 0; i < rounds; i++) {
        struct dvfo_training_round round;
        struct dvfo_training_look look;
        cr_assert_not(dvfo_training_is_done(training));
        cr_assert_eq(dvfo_training_round(&ctx, training, &round), DVFO_OK, "%s", ctx.message);
        cr_assert_eq(round.decisions, 256);
        if (looks) {
            cr_assert_eq(dvfo_training_look(&ctx, training, &look), DVFO_OK, "%s", ctx.message);
            cr_expect(look.conditions == 4 && look.cost > 0.0 && isnan(look.regret));
        }
    }
    dvfo_training_free(training);
}

static void save(const struct dvfo_agent *agent, bool complete, const char *path)
{
    cr_assert_eq(dvfo_agent_save(&ctx, agent, NULL, complete, path), DVFO_OK, "%s", ctx.message);
}

static struct dvfo_agent *load(const struct world *world, const char *path)
{
    struct dvfo_agent *agent = NULL;
    struct dvfo_curve curve = {0};
    cr_assert_eq(dvfo_agent_load(&ctx, path, world->fixture.board, &agent, &curve), DVFO_OK, "%s", ctx.message);
    dvfo_curve_free(&curve);
    return agent;
}

/* ---- interrupted and resumed ---- */

Test(agent_files, a_training_interrupted_between_rounds_equals_one_that_ran_through)
{
    struct world world;
    open_world(&world);
    struct dvfo_agent *agent = make_agent(&world);
    train(&world, agent, 6, true);
    cr_expect(agent->steps == 1536 && agent->episodes == 6 && agent->learner->q->updates > 100);
    save(agent, true, "through.h5");
    dvfo_agent_free(agent);
    for (int interruption = 0; interruption <= 6; interruption += 3) {
        agent = make_agent(&world);
        train(&world, agent, interruption, false);
        save(agent, true, "interrupted.h5");
        dvfo_agent_free(agent);
        agent = load(&world, "interrupted.h5");
        train(&world, agent, 6 - interruption, false);
        save(agent, true, "resumed.h5");
        dvfo_agent_free(agent);
        cr_expect(hdf_files_are_same("through.h5", "resumed.h5"), "interrupted after round %d", interruption);
        cr_expect((interruption == 6) == hdf_files_are_same("interrupted.h5", "resumed.h5"),
                  "the comparison sees a round");
    }
    close_world(&world);
}

Test(agent_files, another_seed_becomes_another_agent_and_is_judged_on_the_same_draws)
{
    struct world world;
    struct dvfo_training_look look[2];
    open_world(&world);
    for (int i = 0; i < 2; i++) {
        struct dvfo_agent_def def = small_def();
        struct dvfo_agent *agent = NULL;
        struct dvfo_training *training = NULL;
        def.learner.seed = (uint64_t)i + 1;
        cr_assert_eq(dvfo_agent_create(&ctx, &def, world.fixture.board, "small ones", &agent), DVFO_OK);
        memset(agent->learner->q->target->parameters, 0, agent->learner->q->target->count * sizeof(float));
        dvfo_branching_fold(agent->learner->q->target); /* which acts: the first choice of each branch */
        cr_assert_eq(dvfo_training_create(&ctx, agent, world.conditions, &training), DVFO_OK);
        cr_assert_eq(dvfo_training_look(&ctx, training, &look[i]), DVFO_OK);
        save(agent, true, i == 0 ? "one.h5" : "two.h5");
        dvfo_training_free(training);
        dvfo_agent_free(agent);
    }
    cr_expect(look[0].cost == look[1].cost && look[0].reward == look[1].reward);
    cr_expect_not(hdf_files_are_same("one.h5", "two.h5"));
    close_world(&world);
}

Test(agent_files, a_curve_comes_back_and_twins_must_divide_the_environments)
{
    struct world world;
    open_world(&world);
    struct dvfo_agent *agent = make_agent(&world), *again = NULL;
    struct dvfo_curve curve = {0}, read = {0};
    for (int i = 0; i < 40; i++) {
        const struct dvfo_curve_point point = {
            .decisions = 10.0 * i, .loss = i == 0 ? (double)NAN : 0.5, .cost = 1.0 / (i + 1), .wall_s = i};
        cr_assert(dvfo_curve_add(&curve, &point));
    }
    cr_assert_eq(dvfo_agent_save(&ctx, agent, &curve, true, "a.h5"), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_agent_load(&ctx, "a.h5", world.fixture.board, &again, &read), DVFO_OK, "%s", ctx.message);
    cr_expect(read.count == 40 && read.point[39].decisions == 390.0 && read.point[3].cost == 0.25);
    cr_expect(isnan(read.point[0].loss) && read.point[5].wall_s == 0.0, "how fast a machine was stays out of files");
    cr_expect_str_eq(again->conditions, "small ones");
    struct dvfo_training *training = NULL;
    again->def.training.twins = 3;
    cr_expect_eq(dvfo_training_create(&ctx, again, world.conditions, &training), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "an agent's environments are 8, expected a multiple of its 3 twins");
    dvfo_curve_free(&curve);
    dvfo_curve_free(&read);
    dvfo_agent_free(again);
    dvfo_agent_free(agent);
    close_world(&world);
}

/* ---- acting ---- */

static void expect_same_networks(const struct dvfo_branching *a, const struct dvfo_branching *b, bool same)
{
    cr_assert(dvfo_branching_is_like(a, b));
    cr_expect_eq(memcmp(a->parameters, b->parameters, a->count * sizeof(float)) == 0, same);
}

Test(agent_files, what_acts_is_the_same_from_a_large_file_and_a_small_one)
{
    struct world world;
    open_world(&world);
    for (int averaged = 0; averaged < 2; averaged++) {
        struct dvfo_agent *agent = make_agent(&world);
        struct dvfo_actor *large = NULL, *small = NULL;
        static char bytes[HDF_FILES_MAX_BYTES];
        train(&world, agent, 2, false);
        agent->learner->def.averaged = averaged;
        save(agent, true, "large.h5");
        save(agent, false, "small.h5");
        cr_expect(2 * hdf_files_read("small.h5", bytes) < hdf_files_read("large.h5", bytes));
        cr_assert_eq(dvfo_actor_load(&ctx, "large.h5", "dvfo", world.fixture.board, &large), DVFO_OK, "%s",
                     ctx.message);
        cr_assert_eq(dvfo_actor_load(&ctx, "small.h5", "dvfo", world.fixture.board, &small), DVFO_OK, "%s",
                     ctx.message);
        expect_same_networks(large->network, small->network, true);
        expect_same_networks(small->network, agent->learner->q->target, averaged);
        expect_same_networks(small->network, agent->learner->q->network, !averaged);
        cr_expect(memcmp(&small->space, &agent->space, sizeof small->space) == 0);
        dvfo_actor_free(small);
        dvfo_actor_free(large);
        dvfo_agent_free(agent);
    }
    close_world(&world);
}

/* ---- spoilt files ---- */

static void spoil_schema(hid_t file)
{
    cr_assert(H5Adelete(file, "schema") >= 0 && dvfo_hdf_put_text(file, "schema", "dvfo-learner"));
}

static void spoil_version(hid_t file)
{
    cr_assert(H5Adelete(file, "schema_version") >= 0 && dvfo_hdf_put_integer(file, "schema_version", 99));
}

static void spoil_inputs(hid_t file)
{
    cr_assert(H5Adelete(file, "inputs") >= 0);
    cr_assert(dvfo_hdf_put_text(file, "inputs", "eta lambda importance_quarter colour"));
}

static void spoil_board(hid_t file)
{
    cr_assert(H5Adelete(file, "board") >= 0 && dvfo_hdf_put_text(file, "board", "jetson-x"));
}

static void spoil_clock(hid_t file)
{
    const double hz[] = {500e6, 1100e6, 2000e6};
    const hid_t dataset = H5Dopen2(file, "/board/cpu_hz", H5P_DEFAULT);
    cr_assert(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, hz) >= 0);
    H5Dclose(dataset);
}

/* The average, which acts. */
static void drop_target(hid_t file)
{
    cr_assert(H5Ldelete(file, "/target", H5P_DEFAULT) >= 0);
}

static void drop_actions(hid_t file)
{
    cr_assert(H5Ldelete(file, "/actions", H5P_DEFAULT) >= 0);
}

static void drop_clocks(hid_t file)
{
    cr_assert(H5Ldelete(file, "/board/gpu_hz", H5P_DEFAULT) >= 0);
}

static void drop_complete(hid_t file)
{
    cr_assert(H5Adelete(file, "complete") >= 0);
}

/* It says that it chooses among fewer clocks than its network has outputs for. */
static void spoil_levels(hid_t file)
{
    const hid_t at = H5Gopen2(file, "/actions", H5P_DEFAULT);
    cr_assert(H5Adelete(at, "levels") >= 0 && dvfo_hdf_put_integer(at, "levels", 3));
    H5Gclose(at);
}

static void spoil_policy(hid_t file)
{
    cr_assert(H5Adelete(file, "policy") >= 0 && dvfo_hdf_put_text(file, "policy", "ztt"));
}

static const struct {
    void (*spoil)(hid_t file);
    const char *says;
} spoilings[] = {
    {spoil_schema, "bad.h5: is 'dvfo-learner' version 1, expected 'dvfo-agent' version 1"},
    {spoil_version, "bad.h5: is 'dvfo-agent' version 99, expected 'dvfo-agent' version 1"},
    {spoil_inputs, "bad.h5: was trained on other observations: 'colour' where this version has 'importance_half'"},
    {spoil_board, "bad.h5: was trained for board 'jetson-x', not for 'small-board'"},
    {spoil_clock, "bad.h5: was trained for a CPU clock of 1100 MHz where small-board has 1000 MHz"},
    {drop_target, "has no group '/target'"},
    {drop_actions, "has no group '/actions'"},
    {drop_clocks, "has no dataset '/board/gpu_hz'"},
    {drop_complete, "complete"},
    {spoil_levels, "bad.h5: was trained with 4 levels in branch 1, the board has 3"},
    {spoil_policy, "bad.h5: was trained for policy 'ztt', not for 'dvfo'"},
};

/* Neither to act nor, if it is the agent that is spoilt, to train on. */
static void expect_refusal(const struct world *world, const char *says)
{
    struct dvfo_actor *actor = NULL;
    struct dvfo_agent *agent = NULL;
    struct dvfo_curve curve = {0};
    ctx.message[0] = '\0';
    cr_expect_eq(dvfo_actor_load(&ctx, "bad.h5", "dvfo", world->fixture.board, &actor), DVFO_BAD_INPUT, "%s", says);
    cr_expect(actor == NULL && hdf_files_is_one_sentence(ctx.message) && strstr(ctx.message, says) != NULL,
              "no '%s' in: %s", says, ctx.message);
    if (strstr(says, "policy") == NULL) {
        ctx.message[0] = '\0';
        cr_expect_eq(dvfo_agent_load(&ctx, "bad.h5", world->fixture.board, &agent, &curve), DVFO_BAD_INPUT, "%s", says);
        cr_expect(agent == NULL && hdf_files_is_one_sentence(ctx.message) && strstr(ctx.message, says) != NULL,
                  "to train on, no '%s' in: %s", says, ctx.message);
    }
    dvfo_curve_free(&curve);
}

Test(agent_files, a_file_spoilt_in_any_way_is_told_in_one_sentence)
{
    struct world world;
    open_world(&world);
    struct dvfo_agent *agent = make_agent(&world);
    save(agent, true, "good.h5");
    for (size_t i = 0; i < sizeof spoilings / sizeof spoilings[0]; i++) {
        cr_assert(system("cp good.h5 bad.h5") == 0);
        const hid_t file = H5Fopen("bad.h5", H5F_ACC_RDWR, H5P_DEFAULT);
        cr_assert(file >= 0);
        spoilings[i].spoil(file);
        cr_assert(H5Fclose(file) >= 0);
        expect_refusal(&world, spoilings[i].says);
    }
    dvfo_agent_free(agent);
    close_world(&world);
}

Test(agent_files, a_small_file_cannot_be_trained_on_and_says_how_to_make_a_large_one)
{
    struct world world;
    open_world(&world);
    struct dvfo_agent *agent = make_agent(&world), *again = NULL;
    struct dvfo_curve curve = {0};
    save(agent, false, "small.h5");
    cr_expect_eq(dvfo_agent_load(&ctx, "small.h5", world.fixture.board, &again, &curve), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message,
                     "small.h5: holds what acts, not what it remembers; 'dvfo train --keep-all' writes both");
    cr_expect_null(again);
    cr_expect_eq(dvfo_agent_save(&ctx, agent, NULL, false, "nowhere/a.h5"), DVFO_BAD_INPUT);
    cr_expect(hdf_files_is_one_sentence(ctx.message));
    dvfo_agent_free(agent);
    close_world(&world);
}

Test(agent_files, a_file_cut_anywhere_or_of_something_else_is_refused)
{
    static char bytes[HDF_FILES_MAX_BYTES];
    struct world world;
    open_world(&world);
    struct dvfo_agent *agent = make_agent(&world);
    save(agent, false, "good.h5");
    const size_t size = hdf_files_read("good.h5", bytes);
    hdf_files_forgive_leaks();
    for (int i = 0; i <= 21; i++) {
        FILE *file = fopen("bad.h5", "wb");
        const size_t kept = i <= 20 ? size * (size_t)i / 21 : size;
        cr_assert(file != NULL && fwrite(bytes, 1, kept, file) == kept && fclose(file) == 0);
        struct dvfo_actor *actor = NULL;
        ctx.message[0] = '\0';
        const dvfo_status status = dvfo_actor_load(&ctx, "bad.h5", "dvfo", world.fixture.board, &actor);
        cr_expect_eq(status, i <= 20 ? DVFO_BAD_INPUT : DVFO_OK, "%zu of %zu bytes", kept, size);
        cr_expect(i == 21 || hdf_files_is_one_sentence(ctx.message), "%zu of %zu bytes: %s", kept, size, ctx.message);
        dvfo_actor_free(actor);
    }
    hdf_files_count_leaks();
    cr_assert(system("echo 'no agent' >bad.h5") == 0);
    expect_refusal(&world, "bad.h5");
    dvfo_agent_free(agent);
    close_world(&world);
}
