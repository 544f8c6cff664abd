/* Accuracy profiles as files: what goes in comes out, the same bytes each time, and a file that was spoilt on purpose,
 * or by chance, is told in one sentence. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hdf_files.h"
#include "made_up_accuracy.h"
#include "profiles/accuracy_profile_format.h"
#include "sim/base/hdf.h"

enum { MUTATIONS = 1500, ROWS = 20 };

TestSuite(accuracy_files, .init = hdf_files_make_folder, .fini = hdf_files_remove_folder, .timeout = 120);

static struct dvfo_accuracy_profile *make_profile(void)
{
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    def.requests = ROWS;
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    cr_assert(profile != NULL);
    return profile;
}

static void save(const struct dvfo_accuracy_profile *profile, const char *path)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_accuracy_profile_save(&ctx, profile, path) == DVFO_OK, "%s", ctx.message);
}

static struct dvfo_accuracy_profile *load(const char *path)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = NULL;
    cr_assert(dvfo_accuracy_profile_load(&ctx, path, &profile) == DVFO_OK, "%s", ctx.message);
    return profile;
}

static void make_file(const char *path)
{
    struct dvfo_accuracy_profile *profile = make_profile();
    save(profile, path);
    dvfo_accuracy_profile_free(profile);
}

/* ---- good files ---- */

static void expect_same_values(const struct dvfo_accuracy_profile *a, const struct dvfo_accuracy_profile *b,
                               dvfo_accuracy_part part, const struct dvfo_accuracy_dataset *dataset)
{
    const void *x = dvfo_accuracy_values(a, part, dataset), *y = dvfo_accuracy_values(b, part, dataset);
    const size_t count = dvfo_accuracy_count(a, part, dataset);
    cr_assert(count == dvfo_accuracy_count(b, part, dataset) && x != NULL && y != NULL);
    cr_expect(memcmp(x, y, count * dvfo_accuracy_type_size(dataset->type)) == 0, "%s/%s",
              dvfo_accuracy_group(part, dataset), dataset->name);
}

Test(accuracy_files, what_goes_in_comes_out)
{
    struct dvfo_accuracy_profile *before = make_profile();
    save(before, "a.h5");
    struct dvfo_accuracy_profile *after = load("a.h5");
    cr_expect(memcmp(&after->size, &before->size, sizeof after->size) == 0);
    for (int i = 0; i < DVFO_ACCURACY_TEXTS; i++) {
        cr_expect(strcmp(after->text[i], before->text[i]) == 0, "%s", after->text[i]);
    }
    for (const struct dvfo_accuracy_dataset *dataset = dvfo_accuracy_datasets; dataset->name != NULL; dataset++) {
        for (int part = 0; part < DVFO_PARTS; part++) {
            if (dvfo_accuracy_has_part(dataset, (dvfo_accuracy_part)part)) {
                expect_same_values(before, after, (dvfo_accuracy_part)part, dataset);
            }
        }
    }
    for (int part = 0; part < DVFO_PARTS; part++) {
        cr_expect(after->part[part].images == ROWS);
        cr_expect(memcmp(after->part[part].held, before->part[part].held, ROWS * 3 * sizeof(float)) == 0);
    }
    cr_expect(strcmp(after->path, "a.h5") == 0 && strlen(after->sha256) == 64);
    dvfo_accuracy_profile_free(after);
    dvfo_accuracy_profile_free(before);
}

Test(accuracy_files, a_profile_may_have_no_examples)
{
    struct dvfo_accuracy_profile *profile = make_profile();
    profile->size.examples = 0;
    save(profile, "a.h5");
    struct dvfo_accuracy_profile *after = load("a.h5");
    cr_expect(after->size.examples == 0 && after->example == NULL && after->example_label == NULL);
    dvfo_accuracy_profile_free(after);
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_files, the_same_contents_give_the_same_bytes)
{
    make_file("a.h5");
    sleep(1); /* a time noted anywhere would be another one */
    make_file("b.h5");
    cr_expect(hdf_files_are_same("a.h5", "b.h5"));
    struct dvfo_accuracy_profile *again = load("a.h5");
    double *unmeasured =
        &again->part[DVFO_PART_TEST].split[dvfo_accuracy_split_index(0, DVFO_SELECTION_NONE, DVFO_CODING_FLOAT, 1, 0)];
    cr_assert(isnan(*unmeasured));
    *unmeasured = -*unmeasured; /* another NaN */
    save(again, "c.h5");
    cr_expect(hdf_files_are_same("a.h5", "c.h5"), "also when read and written");
    *unmeasured = 0.5;
    save(again, "d.h5");
    cr_expect(!hdf_files_are_same("a.h5", "d.h5"));
    dvfo_accuracy_profile_free(again);
}

static herr_t look_at(hid_t file, const char *name, const H5O_info_t *info, void *datasets)
{
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    if (info->type == H5O_TYPE_DATASET) {
        const hid_t creation = H5Dget_create_plist(object);
        cr_expect(H5Aexists(object, "units") > 0 && H5Aexists(object, "long_name") > 0, "%s", name);
        cr_expect(info->mtime == 0 && info->btime == 0, "%s notes no time", name);
        cr_expect(H5Pget_nfilters(creation) == 3, "%s is shuffled, compressed and checksummed", name);
        H5Pclose(creation);
        ++*(int *)datasets;
    }
    H5Oclose(object);
    return 0;
}

Test(accuracy_files, every_dataset_says_units_name_and_axes)
{
    make_file("a.h5");
    int datasets = 0;
    const hid_t file = H5Fopen("a.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, look_at, &datasets, H5O_INFO_ALL) >= 0);
    cr_expect(datasets == 5 + 1 + 2 * 12 + 2 + 3, "axes, configuration, parts, payload, examples: %d", datasets);
    const hid_t split = H5Dopen2(file, "/test/split", H5P_DEFAULT);
    cr_expect(H5Aexists(split, "DIMENSION_LIST") > 0 && H5Aexists(split, "DIMENSION_LABELS") > 0, "it has its axes");
    H5Dclose(split);
    H5Fclose(file);
}

/* ---- what isn't written ---- */

Test(accuracy_files, what_would_not_be_read_is_not_written)
{
    struct dvfo_accuracy_profile *profile = make_profile();
    struct dvfo_ctx ctx = {0};
    profile->part[DVFO_PART_TEST].importance[1] = 0.9f;
    cr_expect(dvfo_accuracy_profile_save(&ctx, profile, "a.h5") == DVFO_BAD_INPUT);
    cr_expect(hdf_files_is_one_sentence(ctx.message) && strstr(ctx.message, "'/test/importance'") != NULL, "%s",
              ctx.message);
    cr_expect(access("a.h5", F_OK) != 0);
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_files, a_write_that_fails_leaves_nothing_behind)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = make_profile();
    cr_expect(dvfo_accuracy_profile_save(&ctx, profile, "no/folder/a.h5") == DVFO_BAD_INPUT, "%s", ctx.message);
    cr_expect(dvfo_accuracy_profile_save(&ctx, profile, "/dev/null") == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "/dev/null: exists and is not a regular file") != NULL, "%s", ctx.message);
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_files, sizes_that_make_no_sense_are_refused)
{
    const struct dvfo_accuracy_size sizes[] = {
        {.classes = 1, .channels = 8, .height = 4, .width = 4, .seeds = 1, .requests = {1, 1}},
        {.classes = 10, .channels = 0, .height = 4, .width = 4, .seeds = 1, .requests = {1, 1}},
        {.classes = 10, .channels = 8, .height = 4, .width = 4, .seeds = 65, .requests = {1, 1}},
        {.classes = 10, .channels = 8, .height = 4, .width = 4, .seeds = 1, .requests = {1, 1L << 40}},
        {.classes = 10, .channels = 8, .height = 4, .width = 4, .seeds = 1, .requests = {1, 1}, .examples = -1},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_accuracy_profile *profile = NULL;
        cr_expect(dvfo_accuracy_profile_create(&ctx, &sizes[i], &profile) == DVFO_BAD_INPUT && profile == NULL);
        cr_expect(hdf_files_is_one_sentence(ctx.message));
    }
}

/* ---- spoilt on purpose ---- */

static hid_t dataset_of(hid_t file, const char *name)
{
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    cr_assert(dataset >= 0, "%s", name);
    return dataset;
}

/* One value of a dataset of numbers becomes another. */
static void put_number(hid_t file, const char *name, size_t index, double number)
{
    static double values[1 << 14];
    const hid_t dataset = dataset_of(file, name);
    cr_assert(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    values[index] = number;
    cr_assert(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
}

/* The first text of a column becomes another. */
static void put_cell(hid_t file, const char *name, const char *text)
{
    static char cells[1 << 14];
    const hid_t dataset = dataset_of(file, name), type = H5Dget_type(dataset);
    cr_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    memset(cells, 0, H5Tget_size(type));
    memcpy(cells, text, strlen(text));
    cr_assert(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void put_text(hid_t file, const char *name, const char *text)
{
    cr_assert(H5Adelete(file, name) >= 0 && dvfo_hdf_put_text(file, name, text), "%s", name);
}

static void put_count(hid_t file, const char *name, uint64_t value)
{
    cr_assert(H5Adelete(file, name) >= 0 && dvfo_hdf_put_integer(file, name, value), "%s", name);
}

/* A dataset of other sizes in place of one. */
static void put_sizes(hid_t file, const char *name, int rank, const hsize_t size[], hid_t type)
{
    cr_assert(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    const hid_t space = H5Screate_simple(rank, size, NULL);
    H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

#define SPOIL(name, statement)                                                                                         \
    static void name(hid_t file)                                                                                       \
    {                                                                                                                  \
        statement;                                                                                                     \
    }

SPOIL(spoil_schema, put_text(file, "schema", "dvfo-layer-profile"))
SPOIL(drop_schema, H5Adelete(file, "schema"))
SPOIL(raise_version, put_count(file, "schema_version", 2))
SPOIL(drop_name, H5Adelete(file, "name"))
SPOIL(put_newline, put_text(file, "standing", "measured\non images"))
SPOIL(put_bad_hash, put_text(file, "test_sha256", "0123"))
SPOIL(put_one_class, put_count(file, "classes", 1))
SPOIL(put_many_seeds, put_count(file, "seeds", UINT64_MAX))
SPOIL(put_more_channels, put_count(file, "channels", 9))
SPOIL(put_more_requests, put_count(file, "test_requests", ROWS + 1))
SPOIL(put_number_for_count, H5Adelete(file, "examples"); dvfo_hdf_put_number(file, "examples", 2.0))
SPOIL(drop_dataset, H5Ldelete(file, "/validation/score", H5P_DEFAULT))
SPOIL(drop_group, H5Ldelete(file, "/test", H5P_DEFAULT))
SPOIL(drop_examples, H5Ldelete(file, "/examples", H5P_DEFAULT))
SPOIL(drop_configuration, H5Ldelete(file, "/origin/configuration", H5P_DEFAULT))
SPOIL(put_fewer_shares, put_sizes(file, "/validation/split", 5, (const hsize_t[]){2, 5, 5, 9, 11}, H5T_IEEE_F64LE))
SPOIL(put_fewer_axes, put_sizes(file, "/test/fusion", 2, (const hsize_t[]){2, 4}, H5T_IEEE_F64LE))
SPOIL(put_wide_flags, put_sizes(file, "/test/right_full", 1, (const hsize_t[]){ROWS}, H5T_STD_I32LE))
SPOIL(put_flags_for_numbers, put_sizes(file, "/test/full", 1, (const hsize_t[]){2}, H5T_STD_I64LE))
SPOIL(put_other_selection, put_cell(file, "/axes/selection", "attentive"))
SPOIL(put_other_lambda, put_number(file, "/axes/lambda", 5, 0.55))
SPOIL(put_percents, put_number(file, "/validation/full", 1, 81.0))
SPOIL(put_nan_full, put_number(file, "/validation/full", 0, NAN))
SPOIL(put_negative, put_number(file, "/test/little", 0, -0.1))
SPOIL(put_infinite, put_number(file, "/payload/fusion_s", 0, INFINITY))
SPOIL(put_flag, put_number(file, "/test/right_split", 3, 2.0))
SPOIL(put_nan_score, put_number(file, "/test/score", 3, NAN))
SPOIL(put_nan_split, put_number(file, "/validation/split",
                                dvfo_accuracy_split_index(1, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, 4, 2), NAN))
SPOIL(put_small_sum, put_number(file, "/validation/importance", 7, 0.0))
SPOIL(put_rise, put_number(file, "/test/importance", 8 + 7, 0.9))
SPOIL(put_nan_importance, put_number(file, "/test/importance", 3, NAN))
SPOIL(put_label, put_number(file, "/examples/label", 1, 100.0))
SPOIL(put_example_sum, put_number(file, "/examples/importance", 0, 0.9))

static const struct spoiling {
    void (*spoil)(hid_t file);
    const char *says;
} spoilings[] = {
    {spoil_schema, "has the schema 'dvfo-layer-profile', expected an accuracy profile ('dvfo-accuracy-profile')"},
    {drop_schema, "has no attribute 'schema', expected an accuracy profile"},
    {raise_version, "has version 2 of the schema, expected 1"},
    {drop_name, "has no attribute 'name'"},
    {put_newline, "'standing' cannot be read: the file is damaged"},
    {put_bad_hash, "'test_sha256' is no SHA-256"},
    {put_one_class, "'classes' is 1, expected 2 to "},
    {put_many_seeds, "'seeds' is 2147483647, expected 1 to 64"},
    {put_more_channels, "'/validation/importance' is 20x8, expected 20x9"},
    {put_more_requests, "'/test/importance' is 20x8, expected 21x8"},
    {put_number_for_count, "'examples' is something else than one whole number"},
    {drop_dataset, "has no dataset '/validation/score'"},
    {drop_group, "has no dataset '/test/full'"},
    {drop_examples, "has no dataset '/examples/image'"},
    {drop_configuration, "has no dataset '/origin/configuration'"},
    {put_fewer_shares, "'/validation/split' is 2x5x5x9x11, expected 2x5x5x10x11"},
    {put_fewer_axes, "'/test/fusion' has 2 dimensions, expected 3"},
    {put_wide_flags, "'/test/right_full' holds something else than whole numbers of 1 bytes"},
    {put_flags_for_numbers, "'/test/full' holds something else than numbers of 8 bytes"},
    {put_other_selection, "row 0 of '/axes/selection' is 'attentive', expected 'attention'"},
    {put_other_lambda, "row 5 of '/axes/lambda' is 0.55, expected 0.5"},
    {put_percents, "value 1 of '/validation/full' is 81, expected 0 to 1"},
    {put_nan_full, "value 0 of '/validation/full' is nan, expected a number from 0 to 1"},
    {put_negative, "value 0 of '/test/little' is -0.1, expected 0 to 1"},
    {put_infinite, "value 0 of '/payload/fusion_s' is inf, expected 0 to 100"},
    {put_flag, "value 3 of '/test/right_split' is 2, expected 0 to 1"},
    {put_nan_score, "value 3 of '/test/score' is nan, expected a number from 0 to 1"},
    {put_nan_split, "'/validation/split' of attention and int8 is NaN at share 0.4, lambda 0.2, expected a number"},
    {put_small_sum, "row 0 of '/validation/importance' sums to 0."},
    {put_rise, "row 1 of '/test/importance' rises from "},
    {put_nan_importance, "value 3 of '/test/importance' is nan, expected a number from 0 to 1"},
    {put_label, "row 1 of '/examples/label' is 100, expected less than 100"},
    {put_example_sum, "row 0 of '/examples/importance' sums to 1."},
};

Test(accuracy_files, a_file_spoilt_in_any_way_is_told_in_one_sentence)
{
    make_file("good.h5");
    for (size_t i = 0; i < sizeof spoilings / sizeof spoilings[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_accuracy_profile *profile = NULL;
        cr_assert(system("cp good.h5 bad.h5") == 0);
        const hid_t file = H5Fopen("bad.h5", H5F_ACC_RDWR, H5P_DEFAULT);
        cr_assert(file >= 0);
        spoilings[i].spoil(file);
        cr_assert(H5Fclose(file) >= 0);
        const dvfo_status status = dvfo_accuracy_profile_load(&ctx, "bad.h5", &profile);
        cr_expect(status == DVFO_BAD_INPUT && profile == NULL, "%s: status %d", spoilings[i].says, (int)status);
        cr_expect(hdf_files_is_one_sentence(ctx.message) && strncmp(ctx.message, "bad.h5: ", 8) == 0 &&
                      strstr(ctx.message, spoilings[i].says) != NULL,
                  "no '%s' in: %s", spoilings[i].says, ctx.message);
    }
}

static dvfo_status load_bytes(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                              struct dvfo_accuracy_profile **out)
{
    hdf_files_forgive_leaks();
    const dvfo_status status = dvfo_accuracy_profile_from_memory(ctx, name, bytes, size, out);
    hdf_files_count_leaks();
    return status;
}

static void expect_refused(const char *name, const char *bytes, size_t size, const char *says)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = NULL;
    cr_expect(load_bytes(&ctx, name, bytes, size, &profile) == DVFO_BAD_INPUT && profile == NULL);
    cr_expect(hdf_files_is_one_sentence(ctx.message) && strstr(ctx.message, says) != NULL, "%s: no '%s' in: %s", name,
              says, ctx.message);
}

Test(accuracy_files, what_is_no_hdf5_or_cut_short_is_told)
{
    static char bytes[HDF_FILES_MAX_BYTES];
    make_file("a.h5");
    const size_t size = hdf_files_read("a.h5", bytes);
    expect_refused("empty", bytes, 0, "empty: is no HDF5 file, expected an accuracy profile");
    expect_refused("text", "accuracy,share\n", 15, "text: is no HDF5 file");
    for (size_t length = 16; length < size; length += 1 + size / 200) {
        expect_refused("cut", bytes, length, "cut: cannot be opened: it is cut short or damaged");
    }
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = NULL;
    cr_expect(dvfo_accuracy_profile_load(&ctx, "missing.h5", &profile) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "missing.h5: cannot be read: No such file") != NULL, "%s", ctx.message);
}

/* ---- spoilt by chance ---- */

/* Some bytes become others, anywhere. */
static void flip(char *bytes, size_t size, uint64_t *state)
{
    for (int i = 0; i < 3; i++) {
        *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
        bytes[(*state >> 33) % size] ^= (char)(1U << (*state >> 60 & 7U));
    }
}

Test(accuracy_files, bytes_changed_by_chance_are_told_or_make_no_difference)
{
    static char good[HDF_FILES_MAX_BYTES], spoilt[HDF_FILES_MAX_BYTES];
    make_file("a.h5");
    const size_t size = hdf_files_read("a.h5", good);
    uint64_t state = 1;
    size_t refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_accuracy_profile *profile = NULL;
        memcpy(spoilt, good, size);
        flip(spoilt, size, &state);
        const dvfo_status status = load_bytes(&ctx, "spoilt", spoilt, size, &profile);
        cr_expect(status == DVFO_OK || (status == DVFO_BAD_INPUT && hdf_files_is_one_sentence(ctx.message)),
                  "%d: status %d, '%s'", i, (int)status, ctx.message);
        refused += status != DVFO_OK;
        dvfo_accuracy_profile_free(profile);
    }
    cr_expect(refused > MUTATIONS / 4, "%zu of %d refused", refused, MUTATIONS);
}
