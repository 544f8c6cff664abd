/* Learners as files: a training that was interrupted and resumed equals one that ran through, and a file that can't be
 * is told in one sentence. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "hdf_files.h"
#include "policies/nn/branching_file.h"
#include "policies/nn/matrix.h"
#include "policies/nn/q_learner_file.h"
#include "sim/base/hdf.h"
#include "sim/base/random.h"

enum { ENVIRONMENTS = 2, INPUTS = 3, BRANCHES = 2, MUTATIONS = 1000 };

static struct dvfo_ctx ctx;

static void begin(void)
{
    dvfo_matrix_use_threads(1);
    hdf_files_make_folder();
}

TestSuite(learner_files, .init = begin, .fini = hdf_files_remove_folder, .timeout = 120);

/* Small, with everything in it that has a state: several environments and steps, a ring that goes round. */
static struct dvfo_q_learner_def small_def(void)
{
    struct dvfo_q_learner_def def = dvfo_q_learner_def_default();
    def.q.network = (struct dvfo_branching_def){.inputs = INPUTS,
                                                .layers = 2,
                                                .width = {12, 8},
                                                .branches = BRANCHES,
                                                .choices = {3, 4},
                                                .head_width = 5,
                                                .dueling = true};
    def.q.batch = 16;
    def.q.follow_every = 7;
    def.q.follow_share = 0.3;
    def.replay_capacity = 150;
    def.replay_beta_updates = 300;
    def.learning_starts = 20;
    def.environments = ENVIRONMENTS;
    def.epsilon_decisions = 400;
    def.noise = 0.1;
    def.seed = UINT64_C(0xfedcba9876543210); /* all 64 bits come back */
    return def;
}

/* The same with a network of tails, trying one branch at a time; an average of it acts. */
static struct dvfo_q_learner_def risky_def(void)
{
    struct dvfo_q_learner_def def = small_def();
    def.q.network.plain_sum = true;
    def.q.target = DVFO_TD_TARGET_BRANCH;
    def.q.near = 5.0;
    def.steps = 1;
    def.risk_width = 6;
    def.one_branch = true;
    def.epsilon_near = 0.3;
    def.epsilon_spread = 2.0;
    def.averaged = true;
    def.rate_last = 0.1;
    def.rate_updates = 250;
    return def;
}

static struct dvfo_q_learner *create(const struct dvfo_q_learner_def *def)
{
    struct dvfo_q_learner *learner = NULL;
    cr_assert_eq(dvfo_q_learner_create(&ctx, def, &learner), DVFO_OK, "%s", ctx.message);
    return learner;
}

static struct dvfo_q_learner *make_learner(void)
{
    const struct dvfo_q_learner_def def = small_def();
    return create(&def);
}

/* What environment e shows at a step: a world without chance or memory, so that it needs no file of its own. */
static void observe(long e, int step, float observation[INPUTS])
{
    const double t = 0.3 * step + 1.7 * (double)e;
    observation[0] = (float)sin(t);
    observation[1] = (float)cos(0.7 * t);
    observation[2] = (float)e;
}

/* Steps from `first` to before `end`, with an update after each. */
static void learn(struct dvfo_q_learner *learner, int first, int end)
{
    for (int step = first; step < end; step++) {
        float before[ENVIRONMENTS * INPUTS], after[INPUTS];
        int action[ENVIRONMENTS * BRANCHES];
        unsigned spared[ENVIRONMENTS];
        for (long e = 0; e < ENVIRONMENTS; e++) {
            observe(e, step, before + e * INPUTS);
        }
        dvfo_q_learner_explore(learner, ENVIRONMENTS, before, action, spared);
        for (long e = 0; e < ENVIRONMENTS; e++) {
            const int *choice = action + e * BRANCHES;
            observe(e, step + 1, after);
            const struct dvfo_transition transition = {
                .observation = before + e * INPUTS,
                .action = choice,
                .reward = after[0] * (float)choice[0] - after[1] * (float)choice[1],
                .discount = dvfo_q_learner_discount(learner, 0.5 + 0.1 * choice[0]),
                .next = after,
                .tail = step % 9 == 0   ? -3.0f
                        : step % 9 == 1 ? (float)NAN
                                        : 0.0f,
                .risky = choice[1] > 0,
                .spared = spared[e],
                .ended = step % 50 == 49,
            };
            dvfo_q_learner_remember(learner, e, &transition);
        }
        struct dvfo_double_q_report report;
        if (dvfo_q_learner_is_ready(learner)) {
            cr_assert_eq(dvfo_q_learner_update(&ctx, learner, &report), DVFO_OK, "%s", ctx.message);
        }
    }
}

static void save(const struct dvfo_q_learner *learner, const char *path)
{
    cr_assert_eq(dvfo_q_learner_save(&ctx, learner, path), DVFO_OK, "%s", ctx.message);
}

static struct dvfo_q_learner *load(const char *path)
{
    struct dvfo_q_learner *learner = NULL;
    cr_assert_eq(dvfo_q_learner_load(&ctx, path, &learner), DVFO_OK, "%s", ctx.message);
    return learner;
}

/* A file of a learner in the middle of its work. */
static void make_file(const char *path)
{
    struct dvfo_q_learner *learner = make_learner();
    learn(learner, 0, 60);
    save(learner, path);
    dvfo_q_learner_free(learner);
}

static void expect_interruptions_change_nothing(const struct dvfo_q_learner_def *def)
{
    static const int interruptions[] = {0, 1, 5, 70, 149, 200};
    struct dvfo_q_learner *learner = create(def);
    learn(learner, 0, 300);
    cr_assert(learner->q->updates > 200 && learner->replay->added > 2 * learner->replay->def.capacity);
    save(learner, "through.h5");
    dvfo_q_learner_free(learner);
    for (size_t i = 0; i < sizeof interruptions / sizeof interruptions[0]; i++) {
        learner = create(def);
        learn(learner, 0, interruptions[i]);
        save(learner, "interrupted.h5");
        dvfo_q_learner_free(learner);
        learner = load("interrupted.h5");
        learn(learner, interruptions[i], 300);
        save(learner, "resumed.h5");
        dvfo_q_learner_free(learner);
        cr_expect(hdf_files_are_same("through.h5", "resumed.h5"), "interrupted at step %d", interruptions[i]);
    }
}

Test(learner_files, a_training_interrupted_anywhere_and_resumed_equals_one_that_ran_through)
{
    const struct dvfo_q_learner_def def = small_def();
    expect_interruptions_change_nothing(&def);
}

Test(learner_files, so_does_one_that_learns_of_tails_and_tries_one_branch_at_a_time)
{
    const struct dvfo_q_learner_def def = risky_def();
    expect_interruptions_change_nothing(&def);
}

Test(learner_files, the_network_of_tails_comes_back_with_its_average_and_moments)
{
    const struct dvfo_q_learner_def def = risky_def();
    struct dvfo_q_learner *learner = create(&def);
    learn(learner, 0, 100);
    save(learner, "a.h5");
    struct dvfo_q_learner *again = load("a.h5");
    const size_t bytes = learner->risk->network->count * sizeof(float);
    cr_assert_not_null(again->risk);
    cr_expect_arr_eq(again->risk->network->parameters, learner->risk->network->parameters, bytes);
    cr_expect_arr_eq(again->risk->target->parameters, learner->risk->target->parameters, bytes);
    cr_expect_arr_eq(again->risk->adam->mean, learner->risk->adam->mean, bytes);
    cr_expect_arr_neq(again->risk->network->parameters, learner->risk->target->parameters, bytes);
    again->risk->adam->mean[2] += 1e-3f; /* one number of it changes the file */
    save(again, "b.h5");
    cr_expect_not(hdf_files_are_same("a.h5", "b.h5"));
    dvfo_q_learner_free(again);
    dvfo_q_learner_free(learner);
}

Test(learner_files, the_comparison_sees_one_number_drawn_too_much)
{
    struct dvfo_q_learner *learner = make_learner();
    learn(learner, 0, 60);
    save(learner, "a.h5");
    (void)gsl_rng_get(learner->exploration);
    save(learner, "b.h5");
    cr_expect_not(hdf_files_are_same("a.h5", "b.h5"));
    dvfo_q_learner_free(learner);
}

Test(learner_files, what_was_read_is_written_as_the_same_bytes_at_another_time)
{
    make_file("a.h5");
    sleep(1); /* a time noted anywhere would be another one */
    struct dvfo_q_learner *learner = load("a.h5");
    save(learner, "b.h5");
    cr_expect(hdf_files_are_same("a.h5", "b.h5"));
    cr_expect_eq(learner->def.seed, UINT64_C(0xfedcba9876543210));
    cr_expect(dvfo_sum_tree_is_sound(&learner->replay->tree));
    dvfo_q_learner_free(learner);
}

Test(learner_files, the_network_alone_can_be_read_to_act)
{
    make_file("a.h5");
    struct dvfo_q_learner *learner = load("a.h5");
    struct dvfo_text bytes;
    struct dvfo_hdf_reader reader;
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_text_load_bytes(&ctx, "a.h5", HDF_FILES_MAX_BYTES, &bytes), DVFO_OK);
    cr_assert_eq(dvfo_hdf_open(&ctx, &bytes, "an agent", &reader), DVFO_OK);
    cr_assert_eq(dvfo_branching_read(&reader, "/network", &net), DVFO_OK, "%s", ctx.message);
    H5Fclose(reader.file);
    dvfo_text_free(&bytes);
    cr_expect(dvfo_branching_is_like(net, learner->q->network));
    cr_expect_arr_eq(net->parameters, learner->q->network->parameters, net->count * sizeof(float));
    dvfo_branching_free(net);
    dvfo_q_learner_free(learner);
}

static void count_note(void *user, const char *sentence)
{
    *(int *)user += strstr(sentence, "'Nehalem'") != NULL;
}

Test(learner_files, going_on_with_other_kernels_is_noted)
{
    int notes = 0;
    struct dvfo_ctx noting = {.note = count_note, .note_user = &notes};
    struct dvfo_q_learner *learner = NULL;
    make_file("a.h5");
    cr_assert_eq(dvfo_q_learner_load(&noting, "a.h5", &learner), DVFO_OK);
    dvfo_q_learner_free(learner);
    cr_expect_eq(notes, 0);
    const hid_t file = H5Fopen("a.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert(H5Adelete(file, "blas_kernel") >= 0 && dvfo_hdf_put_text(file, "blas_kernel", "Nehalem"));
    cr_assert(H5Fclose(file) >= 0);
    cr_assert_eq(dvfo_q_learner_load(&noting, "a.h5", &learner), DVFO_OK);
    dvfo_q_learner_free(learner);
    cr_expect_eq(notes, 1);
}

/* ---- spoilt files ---- */

static void drop_group(hid_t file)
{
    cr_assert(H5Ldelete(file, "/target", H5P_DEFAULT) >= 0);
}

static void drop_stream(hid_t file)
{
    cr_assert(H5Ldelete(file, "/random/replay", H5P_DEFAULT) >= 0);
}

static void spoil_schema(hid_t file)
{
    cr_assert(H5Adelete(file, "schema") >= 0 && dvfo_hdf_put_text(file, "schema", "dvfo-results"));
}

static void put_definition(hid_t file, const char *name, double value, bool whole)
{
    const hid_t at = H5Gopen2(file, "/learner", H5P_DEFAULT);
    cr_assert(H5Adelete(at, name) >= 0);
    cr_assert(whole ? dvfo_hdf_put_integer(at, name, (uint64_t)value) : dvfo_hdf_put_number(at, name, value));
    H5Gclose(at);
}

static void put_gamma(hid_t file)
{
    put_definition(file, "gamma", 1.5, false);
}

static void put_whole_gamma(hid_t file)
{
    put_definition(file, "gamma", 1, true);
}

static void put_many_environments(hid_t file)
{
    put_definition(file, "environments", 1e9, true);
}

static void put_more_added(hid_t file)
{
    put_definition(file, "added", 100, true);
}

static void put_loss(hid_t file)
{
    const hid_t at = H5Gopen2(file, "/learner", H5P_DEFAULT);
    cr_assert(H5Adelete(at, "loss") >= 0 && dvfo_hdf_put_text(at, "loss", "cubic"));
    H5Gclose(at);
}

/* One number of a dataset of floats or whole numbers becomes another. */
static void put_number(hid_t file, const char *path, size_t index, double number)
{
    static double values[1 << 16];
    const hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    cr_assert(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    values[index] = number;
    cr_assert(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
}

static void put_weight(hid_t file)
{
    put_number(file, "/network/trunk1.weight", 3, NAN);
}

static void put_choice(hid_t file)
{
    put_number(file, "/replay/row", 2 * INPUTS + 1, 4.0);
}

static void put_priority(hid_t file)
{
    put_number(file, "/replay/priority", 5, -1.0);
}

static void put_windows(hid_t file)
{
    put_number(file, "/n_step/begun", 1, 3.0);
}

static void put_width(hid_t file)
{
    put_number(file, "/network/width", 0, 13.0);
}

static void put_branches(hid_t file)
{
    put_number(file, "/network/choices", 0, 1e12);
}

static void put_doubles(hid_t file)
{
    cr_assert(H5Ldelete(file, "/adam/mean", H5P_DEFAULT) >= 0);
    const hid_t network = H5Dopen2(file, "/adam/square", H5P_DEFAULT), space = H5Dget_space(network);
    H5Dclose(H5Dcreate2(file, "/adam/mean", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Dclose(network);
}

static const struct {
    void (*spoil)(hid_t file);
    const char *says;
} spoilings[] = {
    {drop_group, "has no group '/target'"},
    {drop_stream, "has no dataset '/random/replay'"},
    {spoil_schema, "is 'dvfo-results' version 2, expected 'dvfo-learner' version 2"},
    {put_gamma, "'/learner, gamma' is 1.5, expected 0 to 1"},
    {put_whole_gamma, "'/learner, gamma' is something else than one number"},
    {put_many_environments, "'/learner, environments' is 1e+09, expected 1 to 65536"},
    {put_more_added, "'/replay/priority' is 116, expected 100"},
    {put_loss, "'/learner, loss' is 'cubic', expected 'huber' or 'squared'"},
    {put_weight, "'/network/trunk1.weight' holds nan"},
    {put_choice, "row 0 of '/replay/row' has choice 4 of 4 in branch 1"},
    {put_priority, "row 5 of '/replay/priority' is -1, expected more than 0"},
    {put_windows, "environment 1 of '/n_step' has 3 windows"},
    {put_width, "'/network/trunk0.weight' is 3x12, expected 3x13"},
    {put_branches, "a Q-network with 1000000000000 choices in a branch, expected 2 to 65536"},
    {put_doubles, "'/adam/mean' holds something else than numbers of 4 bytes"},
};

Test(learner_files, a_file_spoilt_in_any_way_is_told_in_one_sentence)
{
    make_file("good.h5");
    for (size_t i = 0; i < sizeof spoilings / sizeof spoilings[0]; i++) {
        struct dvfo_q_learner *learner = NULL;
        cr_assert(system("cp good.h5 bad.h5") == 0);
        const hid_t file = H5Fopen("bad.h5", H5F_ACC_RDWR, H5P_DEFAULT);
        cr_assert(file >= 0);
        spoilings[i].spoil(file);
        cr_assert(H5Fclose(file) >= 0);
        cr_expect_eq(dvfo_q_learner_load(&ctx, "bad.h5", &learner), DVFO_BAD_INPUT, "%s", spoilings[i].says);
        cr_expect_null(learner);
        cr_expect(hdf_files_is_one_sentence(ctx.message) && strstr(ctx.message, spoilings[i].says) != NULL,
                  "no '%s' in: %s", spoilings[i].says, ctx.message);
    }
}

static dvfo_status read_bytes(char *bytes, size_t size)
{
    const struct dvfo_text text = {.name = (char *)"mutant", .bytes = bytes, .size = size};
    struct dvfo_hdf_reader reader;
    struct dvfo_q_learner *learner = NULL;
    hdf_files_forgive_leaks();
    dvfo_status status = dvfo_hdf_open(&ctx, &text, "a learner", &reader);
    if (status == DVFO_OK) {
        status = dvfo_q_learner_read(&reader, &learner);
        H5Fclose(reader.file);
    }
    hdf_files_count_leaks();
    if (status == DVFO_OK) {
        learn(learner, 60, 65); /* what is taken can go on */
    }
    dvfo_q_learner_free(learner);
    return status;
}

Test(learner_files, spoilt_by_chance_a_file_is_refused_or_taken_and_never_more)
{
    static char good[HDF_FILES_MAX_BYTES], bytes[HDF_FILES_MAX_BYTES];
    make_file("good.h5");
    const size_t size = hdf_files_read("good.h5", good);
    gsl_rng *rng = dvfo_random_stream(1, 0, "mutations");
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(bytes, good, size);
        for (int spots = 0; spots < 4; spots++) {
            bytes[gsl_rng_uniform_int(rng, size)] = (char)gsl_rng_uniform_int(rng, 256);
        }
        const dvfo_status status = read_bytes(bytes, size);
        refused += status == DVFO_BAD_INPUT;
        cr_expect(status == DVFO_OK || hdf_files_is_one_sentence(ctx.message), "status %d: %s", (int)status,
                  ctx.message);
    }
    cr_expect(refused > MUTATIONS / 2, "only %d refused", refused);
    gsl_rng_free(rng);
}

Test(learner_files, a_missing_folder_is_told)
{
    struct dvfo_q_learner *learner = make_learner();
    cr_expect_eq(dvfo_q_learner_save(&ctx, learner, "nowhere/a.h5"), DVFO_BAD_INPUT);
    cr_expect(hdf_files_is_one_sentence(ctx.message), "%s", ctx.message);
    dvfo_q_learner_free(learner);
}
