/* Schooling: what is learnt depends on nothing but seed and images; files that go on; what a jury counts. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "hdf_files.h"
#include "policies/attention/appraisal.h"
#include "policies/attention/schooling_file.h"
#include "policies/attention/textured_shapes.h"
#include "policies/nn/matrix.h"
#include "sim/base/random.h"

enum { IMAGES = 240, MUTATIONS = 500 };

static struct dvfo_ctx ctx;
static struct dvfo_images images;

static void begin(void)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    dvfo_matrix_use_threads(1);
    hdf_files_make_folder();
    cr_assert_eq(dvfo_textured_shapes_generate(&ctx, &def, "train", IMAGES, &images), DVFO_OK);
}

static void end(void)
{
    dvfo_images_free(&images);
    hdf_files_remove_folder();
}

TestSuite(schooling, .init = begin, .fini = end, .timeout = 300);

static struct dvfo_schooling_def small_def(void)
{
    struct dvfo_schooling_def def = dvfo_schooling_def_default();
    def.net.size = 0.125;
    def.epochs[DVFO_LEARN_FULL] = 2;
    def.epochs[DVFO_LEARN_SPLIT] = 2;
    def.epochs[DVFO_LEARN_LITTLE] = 2;
    def.batch = 48;
    def.shard = 12;
    def.warm_epochs = 0.0;
    return def;
}

static void learn(struct dvfo_schooling *schooling, int threads, int epochs)
{
    const struct dvfo_schooling_room room = {.threads = threads};
    struct dvfo_schooling_report report;
    for (int i = 0; i < epochs && schooling->lesson < DVFO_LEARN_KINDS; i++) {
        cr_assert_eq(dvfo_schooling_epoch(&ctx, schooling, &images, 200, &room, &report), DVFO_OK, "%s", ctx.message);
        cr_assert(isfinite(report.loss));
    }
}

static struct dvfo_schooling *make(const struct dvfo_schooling_def *def)
{
    struct dvfo_schooling *schooling = NULL;
    cr_assert_eq(dvfo_schooling_create(&ctx, def, &schooling), DVFO_OK);
    snprintf(schooling->images_sha256, sizeof schooling->images_sha256, "abc");
    return schooling;
}

static bool equal(const struct dvfo_schooling *a, const struct dvfo_schooling *b)
{
    return a->lesson == b->lesson && a->epoch == b->epoch &&
           memcmp(a->parameters, b->parameters, a->net.parameters * sizeof(float)) == 0 &&
           memcmp(a->statistics, b->statistics, a->net.statistics * sizeof(float)) == 0 &&
           memcmp(a->order, b->order, (size_t)a->net.channels * sizeof(float)) == 0;
}

Test(schooling, the_number_of_threads_changes_nothing)
{
    const struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *one = make(&def), *four = make(&def);
    learn(one, 1, 6);
    learn(four, 4, 6);
    cr_expect_eq(one->lesson, DVFO_LEARN_KINDS);
    cr_expect(equal(one, four));
    dvfo_schooling_free(four);
    dvfo_schooling_free(one);
}

Test(schooling, another_seed_learns_something_else)
{
    struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *one = make(&def);
    def.seed = 2;
    struct dvfo_schooling *two = make(&def);
    learn(one, 1, 1);
    learn(two, 1, 1);
    cr_expect_not(equal(one, two));
    dvfo_schooling_free(two);
    dvfo_schooling_free(one);
}

Test(schooling, saved_between_any_two_epochs_it_goes_on_as_if_nothing_had_happened)
{
    const struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *whole = make(&def);
    learn(whole, 2, 6);
    for (int epochs = 1; epochs < 6; epochs++) {
        struct dvfo_schooling *first = make(&def), *resumed = NULL;
        learn(first, 2, epochs);
        cr_assert_eq(dvfo_schooling_save(&ctx, first, "net.h5"), DVFO_OK, "%s", ctx.message);
        cr_assert_eq(dvfo_schooling_load(&ctx, "net.h5", &resumed), DVFO_OK, "%s", ctx.message);
        cr_expect_str_eq(resumed->images_sha256, "abc");
        learn(resumed, 2, 6);
        cr_expect(equal(whole, resumed), "after %d epochs", epochs);
        dvfo_schooling_free(resumed);
        dvfo_schooling_free(first);
    }
    dvfo_schooling_free(whole);
}

Test(schooling, same_contents_same_bytes)
{
    const struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *schooling = make(&def);
    learn(schooling, 2, 1);
    cr_assert_eq(dvfo_schooling_save(&ctx, schooling, "a.h5"), DVFO_OK);
    cr_assert_eq(dvfo_schooling_save(&ctx, schooling, "b.h5"), DVFO_OK);
    cr_expect(hdf_files_are_same("a.h5", "b.h5"));
    dvfo_schooling_free(schooling);
}

Test(schooling, one_that_starts_from_another_has_its_full_network)
{
    struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *learnt = make(&def);
    learn(learnt, 2, 6);
    def.net.selection = DVFO_SELECTION_RANDOM;
    struct dvfo_schooling *other = make(&def);
    cr_assert_eq(dvfo_schooling_start_from(&ctx, other, learnt), DVFO_OK);
    cr_expect_eq(other->lesson, DVFO_LEARN_SPLIT);
    learn(other, 2, 6);
    cr_expect_eq(other->lesson, DVFO_LEARN_KINDS);
    const dvfo_collaborative_piece same[] = {DVFO_PIECE_BASE, DVFO_PIECE_PLAIN, DVFO_PIECE_LITTLE};
    for (int i = 0; i < 3; i++) {
        const struct dvfo_collaborative_span *a = &learnt->net.span[same[i]], *b = &other->net.span[same[i]];
        cr_expect_arr_eq(learnt->parameters + a->at, other->parameters + b->at, a->count * sizeof(float));
    }
    const size_t remote = learnt->net.span[DVFO_PIECE_REMOTE].at;
    cr_expect(memcmp(learnt->parameters + remote, other->parameters + remote, 100 * sizeof(float)) != 0);
    def.net.size = 0.25;
    struct dvfo_schooling *larger = make(&def), *beginner = make(&def);
    cr_expect_eq(dvfo_schooling_start_from(&ctx, larger, learnt), DVFO_BAD_INPUT);
    cr_expect_eq(dvfo_schooling_start_from(&ctx, larger, beginner), DVFO_BAD_INPUT);
    dvfo_schooling_free(beginner);
    dvfo_schooling_free(larger);
    dvfo_schooling_free(other);
    dvfo_schooling_free(learnt);
}

Test(schooling, numbers_that_are_not_finite_end_it_with_step_and_layer_and_change_nothing)
{
    struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *schooling = make(&def), *before = make(&def);
    const struct dvfo_stack *stack = &schooling->net.stack[DVFO_PIECE_PLAIN];
    const size_t at = schooling->net.span[DVFO_PIECE_PLAIN].at + stack->at[2].weight;
    schooling->parameters[at] = before->parameters[at] = INFINITY;
    const struct dvfo_schooling_room room = {.threads = 2};
    struct dvfo_schooling_report report;
    cr_expect_eq(dvfo_schooling_epoch(&ctx, schooling, &images, 200, &room, &report), DVFO_FAILED);
    cr_expect_str_eq(ctx.message,
                     "lesson full, epoch 1, step 1: layer 3 of the plain gives numbers that aren't finite; "
                     "a lower rate_full may help");
    cr_expect(equal(schooling, before));
    dvfo_schooling_free(before);
    dvfo_schooling_free(schooling);
}

Test(schooling, a_stop_ends_an_epoch_undone)
{
    static const volatile sig_atomic_t stop = 1;
    const struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *schooling = make(&def), *before = make(&def);
    const struct dvfo_schooling_room room = {.threads = 1, .stop = &stop};
    struct dvfo_schooling_report report;
    cr_expect_eq(dvfo_schooling_epoch(&ctx, schooling, &images, 200, &room, &report), DVFO_INTERRUPTED);
    cr_expect(equal(schooling, before));
    dvfo_schooling_free(before);
    dvfo_schooling_free(schooling);
}

Test(schooling, values_are_changed_by_name_or_refused_in_a_sentence)
{
    struct dvfo_schooling_def def = dvfo_schooling_def_default();
    cr_expect_eq(dvfo_schooling_def_set(&ctx, &def, "epochs_split=3"), DVFO_OK);
    cr_expect_eq(def.epochs[DVFO_LEARN_SPLIT], 3);
    cr_expect_eq(dvfo_schooling_def_set(&ctx, &def, "selection=random"), DVFO_OK);
    cr_expect_eq(def.net.selection, DVFO_SELECTION_RANDOM);
    static const char *const rows[][2] = {
        {"epochs_splt=3", "a network has no value 'epochs_splt'; did you mean 'epochs_split'?"},
        {"epochs_split", "'epochs_split' sets nothing, expected NAME=VALUE, e.g. epochs_full=4"},
        {"epochs_split=2.5", "epochs_split is '2.5', expected a whole number from 0 to 10000"},
        {"size=100", "size is '100', expected a number from 0.0625 to 8"},
        {"selection=best", "selection is 'best', expected one of attention, magnitude, random, gradient, none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(dvfo_schooling_def_set(&ctx, &def, rows[i][0]), DVFO_BAD_INPUT);
        cr_expect_str_eq(ctx.message, rows[i][1]);
    }
    def.shard = 30;
    cr_expect_eq(dvfo_schooling_def_check(&ctx, "x", &def), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "x's batch of 128 images isn't whole shards of 30");
}

Test(schooling, a_spoilt_file_is_refused_in_one_sentence_or_still_whole)
{
    static char bytes[HDF_FILES_MAX_BYTES], spoilt[HDF_FILES_MAX_BYTES];
    struct dvfo_schooling_def def = small_def();
    def.net.size = 0.0625;
    def.net.classes = 5;
    struct dvfo_schooling *schooling = make(&def);
    cr_assert_eq(dvfo_schooling_save(&ctx, schooling, "net.h5"), DVFO_OK);
    dvfo_schooling_free(schooling);
    const size_t size = hdf_files_read("net.h5", bytes);
    struct dvfo_schooling *whole = NULL;
    cr_assert_eq(dvfo_schooling_from_memory(&ctx, "net.h5", bytes, size, &whole), DVFO_OK, "%s", ctx.message);
    dvfo_schooling_free(whole);
    gsl_rng *rng = dvfo_random_stream(1, 0, "mutations");
    int refused = 0;
    hdf_files_forgive_leaks();
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(spoilt, bytes, size);
        const size_t length = i % 5 == 0 ? gsl_rng_uniform_int(rng, size) : size;
        for (int n = 0; n < 1 + i % 4; n++) {
            spoilt[gsl_rng_uniform_int(rng, size)] ^= (char)(1 << gsl_rng_uniform_int(rng, 8));
        }
        struct dvfo_schooling *read = NULL;
        if (dvfo_schooling_from_memory(&ctx, "net.h5", spoilt, length, &read) != DVFO_OK) {
            cr_expect(hdf_files_is_one_sentence(ctx.message), "%s", ctx.message);
            cr_expect_null(read);
            refused++;
        }
        dvfo_schooling_free(read);
    }
    hdf_files_count_leaks();
    cr_expect(refused > MUTATIONS / 2 && refused < MUTATIONS, "%d refused", refused);
    gsl_rng_free(rng);
}

/* ---- appraisal ---- */

static struct dvfo_appraisal_def appraisal_of(struct dvfo_schooling **networks, const char **names, int count)
{
    return (struct dvfo_appraisal_def){.networks = networks,
                                       .names = names,
                                       .count = count,
                                       .part = {{&images, 200, 40}, {&images, 0, 130}},
                                       .learnt = {&images, 0, 200},
                                       .requests = 100,
                                       .examples = 3,
                                       .threads = 3};
}

Test(schooling, an_appraisal_agrees_with_its_own_rows_and_with_itself)
{
    struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *networks[2] = {make(&def), NULL};
    learn(networks[0], 2, 6);
    def.net.selection = DVFO_SELECTION_MAGNITUDE;
    networks[1] = make(&def);
    cr_assert_eq(dvfo_schooling_start_from(&ctx, networks[1], networks[0]), DVFO_OK);
    learn(networks[1], 2, 6);
    const char *names[] = {"a.h5", "b.h5"};
    struct dvfo_appraisal_def appraisal = appraisal_of(networks, names, 2);
    appraisal.part[DVFO_PART_TEST].count = 100; /* all of them are rows */
    struct dvfo_accuracy_profile *profile = NULL, *again = NULL;
    cr_assert_eq(dvfo_appraisal_make(&ctx, &appraisal, &profile), DVFO_OK, "%s", ctx.message);
    const struct dvfo_accuracy_table *test = &profile->part[DVFO_PART_TEST];
    cr_expect_eq(profile->size.requests[DVFO_PART_VALIDATION], 40);
    double full = 0.0, half = 0.0, importance = 0.0;
    for (long i = 0; i < 100; i++) {
        full += test->right_full[i] / 100.0;
        half += test->right_split[dvfo_accuracy_right_index(i, 5, 5)] / 100.0;
        importance += (double)test->importance[i * profile->size.channels];
    }
    cr_expect_float_eq(test->full[0], full, 1e-12);
    cr_expect_float_eq(test->split[dvfo_accuracy_split_index(0, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, 5, 5)],
                       half, 1e-12);
    cr_expect(importance > 100.0 / (double)profile->size.channels, "the first channel is the most important one");
    const size_t magnitude = dvfo_accuracy_split_index(0, DVFO_SELECTION_MAGNITUDE, DVFO_CODING_INT8, 5, 5);
    cr_expect(isfinite(test->split[magnitude]));
    cr_expect(isnan(test->split[dvfo_accuracy_split_index(0, DVFO_SELECTION_RANDOM, DVFO_CODING_INT8, 5, 5)]));
    for (int share = 1; share <= 10; share++) {
        const double *bits = profile->bits_per_value + share - 1;
        cr_expect(bits[DVFO_CODING_INT8 * 10] == 8.0 && bits[DVFO_CODING_CODEBOOK * 10] == 3.0);
        cr_expect(bits[DVFO_CODING_INT8_ENTROPY * 10] > 0.0 && bits[DVFO_CODING_INT8_ENTROPY * 10] < 8.6);
    }
    appraisal.threads = 1;
    cr_assert_eq(dvfo_appraisal_make(&ctx, &appraisal, &again), DVFO_OK);
    cr_expect_arr_eq(again->part[1].importance, test->importance, 100 * (size_t)profile->size.channels * sizeof(float));
    cr_expect_arr_eq(again->part[1].right_split, test->right_split, 100 * 110);
    cr_expect_arr_eq(again->part[0].split, profile->part[0].split, 11 * 10 * sizeof(double));
    dvfo_accuracy_profile_free(again);
    dvfo_accuracy_profile_free(profile);
    dvfo_schooling_free(networks[1]);
    dvfo_schooling_free(networks[0]);
}

Test(schooling, an_appraisal_asks_for_one_main_network_of_each_seed)
{
    struct dvfo_schooling_def def = small_def();
    struct dvfo_schooling *networks[2] = {make(&def), make(&def)}; /* beginners */
    const char *names[] = {"a.h5", "b.h5"};
    struct dvfo_accuracy_profile *profile = NULL;
    struct dvfo_appraisal_def appraisal = appraisal_of(networks, names, 2);
    cr_expect_eq(dvfo_appraisal_make(&ctx, &appraisal, &profile), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "a.h5: has not learnt all its lessons (it is at 'full'); train it with --resume");
    networks[0]->lesson = networks[1]->lesson = DVFO_LEARN_KINDS;
    cr_expect_eq(dvfo_appraisal_make(&ctx, &appraisal, &profile), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "of seed 1 there are 2 networks that select by attention and fuse by sum-fixed, "
                                  "expected one");
    dvfo_schooling_free(networks[1]);
    def.net.classes = 20;
    def.seed = 2;
    networks[1] = make(&def);
    networks[1]->lesson = DVFO_LEARN_KINDS;
    cr_expect_eq(dvfo_appraisal_make(&ctx, &appraisal, &profile), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "b.h5: has 20 classes and 4 channels, expected 100 and 4 as in a.h5");
    dvfo_schooling_free(networks[1]);
    dvfo_schooling_free(networks[0]);
}
