/* Layer profiles as files: what goes in comes out, the same bytes each time, and a file that was spoilt on purpose, or
 * by chance, is told in one sentence. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hdf_files.h"
#include "profiles/layer_profile.h"
#include "sim/base/hdf.h"

#define BOARD DVFO_SOURCE_DIR "/tests/data/small-board.yaml"
#define NETWORK DVFO_SOURCE_DIR "/tests/data/small-network.yaml"

enum { MUTATIONS = 3000 };

TestSuite(layer_files, .init = hdf_files_make_folder, .fini = hdf_files_remove_folder, .timeout = 120);

/* One of the small board and network: measured at one of its points, with an interval, computed elsewhere. */
static struct dvfo_layer_profile *make_profile(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    struct dvfo_layer_profile *profile = NULL;
    const double cpu[] = {2e9}, gpu[] = {500e6, 1e9}, mem[] = {1e9};
    cr_assert(dvfo_board_load(&ctx, BOARD, &board) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_network_load(&ctx, NETWORK, 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_layer_profile_create(&ctx, board, &board->runtime[0], network, (const size_t[]){1, 2, 1},
                                        (const double *const[]){cpu, gpu, mem}, DVFO_MEASURED, "a test",
                                        &profile) == DVFO_OK);
    profile->gpu_s.value[profile->n] = 1e-4; /* the first layer at the top clocks */
    profile->gpu_low_s.value = calloc(2 * profile->n, sizeof(double));
    profile->gpu_high_s.value = calloc(2 * profile->n, sizeof(double));
    for (size_t i = 0; i < 2 * profile->n; i++) {
        profile->gpu_low_s.value[i] = i == profile->n ? 0.9e-4 : (double)NAN;
        profile->gpu_high_s.value[i] = i == profile->n ? 1.2e-4 : (double)NAN;
    }
    cr_assert(dvfo_layer_profile_complete(&ctx, board, &board->runtime[0], network, profile) == DVFO_OK, "%s",
              ctx.message);
    dvfo_network_free(network);
    dvfo_board_free(board);
    return profile;
}

static void save(const struct dvfo_layer_profile *profile, const char *path)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_layer_profile_save(&ctx, profile, path) == DVFO_OK, "%s", ctx.message);
}

static struct dvfo_layer_profile *load(const char *path)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = NULL;
    cr_assert(dvfo_layer_profile_load(&ctx, path, &profile) == DVFO_OK, "%s", ctx.message);
    return profile;
}

static void make_file(const char *path)
{
    struct dvfo_layer_profile *profile = make_profile();
    save(profile, path);
    dvfo_layer_profile_free(profile);
}

/* ---- good files ---- */

Test(layer_files, what_goes_in_comes_out)
{
    struct dvfo_layer_profile *before = make_profile();
    save(before, "a.h5");
    struct dvfo_layer_profile *after = load("a.h5");
    cr_assert(after->n == before->n && after->points == 2);
    cr_expect(strcmp(after->board, "small-board") == 0 && strcmp(after->runtime, "plain") == 0 &&
              strcmp(after->precision, "fp32") == 0 && strcmp(after->network, "small-network") == 0);
    cr_expect(strcmp(after->program, before->program) == 0 && strcmp(after->path, "a.h5") == 0);
    cr_expect(strlen(after->sha256) == 64 && after->input.height == 32);
    cr_expect(after->made_from_count == 2 && strcmp(after->made_from[1].kind, "network") == 0 &&
              strcmp(after->made_from[1].sha256, before->made_from[1].sha256) == 0);
    cr_expect(after->hz[DVFO_GPU][0] == 500e6 && after->hz[DVFO_GPU][1] == 1e9);
    for (size_t i = 0; i < before->n; i++) {
        cr_expect(strcmp(after->layer_name[i], before->layer_name[i]) == 0 && after->op[i] == before->op[i] &&
                  after->standing[i] == before->standing[i] && after->work_flop[i] == before->work_flop[i]);
    }
    for (const struct dvfo_layer_cost_kind *kind = dvfo_layer_cost_kinds; kind->name != NULL; kind++) {
        const struct dvfo_layer_cost *a = dvfo_layer_profile_cost_of(before, kind);
        const struct dvfo_layer_cost *b = dvfo_layer_profile_cost_of(after, kind);
        cr_expect(a->standing == b->standing && strcmp(a->source, b->source) == 0, "%s", kind->name);
        for (size_t i = 0; i < dvfo_layer_profile_values(before, kind); i++) {
            cr_expect(a->value[i] == b->value[i] || (isnan(a->value[i]) && isnan(b->value[i])), "%s", kind->name);
        }
    }
    dvfo_layer_profile_free(after);
    dvfo_layer_profile_free(before);
}

Test(layer_files, the_same_contents_give_the_same_bytes)
{
    make_file("a.h5");
    sleep(1); /* a time noted anywhere would be another one */
    make_file("b.h5");
    cr_expect(hdf_files_are_same("a.h5", "b.h5"));
    struct dvfo_layer_profile *again = load("a.h5");
    save(again, "c.h5");
    cr_expect(hdf_files_are_same("a.h5", "c.h5"), "also when read and written");
    again->gpu_s.value[0] = 3e-4;
    save(again, "d.h5");
    cr_expect(!hdf_files_are_same("a.h5", "d.h5"));
    dvfo_layer_profile_free(again);
}

/* Text of an attribute; "" when there is none. */
static void read_attribute(hid_t object, const char *name, char text[512])
{
    memset(text, 0, 512);
    if (H5Aexists(object, name) > 0) {
        const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(attribute);
        cr_assert(H5Tget_size(type) < 512);
        H5Aread(attribute, type, text);
        H5Tclose(type);
        H5Aclose(attribute);
    }
}

static herr_t look_at(hid_t file, const char *name, const H5O_info_t *info, void *datasets)
{
    static const char *const attributes[] = {"units", "long_name", "standing", "source"};
    char text[512];
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    for (size_t i = 0; i < 4 && info->type == H5O_TYPE_DATASET; i++) {
        read_attribute(object, attributes[i], text);
        cr_expect(text[0] != '\0', "%s has %s", name, attributes[i]);
    }
    if (info->type == H5O_TYPE_DATASET) {
        const hid_t creation = H5Dget_create_plist(object);
        cr_expect(info->mtime == 0 && info->btime == 0, "%s notes no time", name);
        cr_expect(H5Pget_nfilters(creation) == 3, "%s is shuffled, compressed and checksummed", name);
        H5Pclose(creation);
        ++*(int *)datasets;
    }
    H5Oclose(object);
    return 0;
}

Test(layer_files, every_dataset_says_units_name_standing_and_source)
{
    make_file("a.h5");
    int datasets = 0;
    char text[512];
    const hid_t file = H5Fopen("a.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, look_at, &datasets, H5O_INFO_ALL) >= 0);
    cr_expect(datasets == 3 + 5 + 14 + 3, "clocks, layers, costs, inputs: %d", datasets);
    static const char *const names[] = {"title", "schema",  "program",   "origin",
                                        "board", "runtime", "precision", "network"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        read_attribute(file, names[i], text);
        cr_expect(text[0] != '\0', "the root has a %s", names[i]);
    }
    const hid_t gpu = H5Dopen2(file, "/latency/gpu", H5P_DEFAULT);
    read_attribute(gpu, "standing", text);
    cr_expect(strcmp(text, "measured") == 0, "%s", text);
    cr_expect(H5Aexists(gpu, "DIMENSION_LIST") > 0, "it has its axes");
    H5Dclose(gpu);
    H5Fclose(file);
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
    static double values[1 << 12];
    const hid_t dataset = dataset_of(file, name);
    cr_assert(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    values[index] = number;
    cr_assert(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
}

static void put_cell(hid_t file, const char *name, const char *text)
{
    static char cells[1 << 14];
    const hid_t dataset = dataset_of(file, name), type = H5Dget_type(dataset);
    cr_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    memset(cells, 0, H5Tget_size(type));
    memcpy(cells, text, strlen(text));
    cr_assert(strlen(text) < H5Tget_size(type));
    cr_assert(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void put_attribute(hid_t object, const char *name, const char *text)
{
    cr_assert(H5Adelete(object, name) >= 0, "%s", name);
    if (text != NULL) {
        cr_assert(dvfo_hdf_put_text(object, name, text));
    }
}

static void put_units(hid_t file, const char *dataset, const char *name, const char *text)
{
    const hid_t object = dataset_of(file, dataset);
    put_attribute(object, name, text);
    H5Dclose(object);
}

/* A dataset of other sizes in place of one. */
static void put_sizes(hid_t file, const char *name, int rank, const hsize_t size[], hid_t type)
{
    cr_assert(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    const hid_t space = H5Screate_simple(rank, size, NULL);
    H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void spoil_schema(hid_t file)
{
    put_attribute(file, "schema", "dvfo-results");
}

static void drop_schema(hid_t file)
{
    put_attribute(file, "schema", NULL);
}

static void raise_version(hid_t file)
{
    cr_assert(H5Adelete(file, "schema_version") >= 0 && dvfo_hdf_put_integer(file, "schema_version", 2));
}

static void spoil_version(hid_t file)
{
    put_attribute(file, "schema_version", "one");
}

static void drop_board(hid_t file)
{
    put_attribute(file, "board", NULL);
}

static void put_newline(hid_t file)
{
    put_attribute(file, "network", "small\nnetwork");
}

/* As h5py writes attributes when it isn't told otherwise. */
static void put_variable_text(hid_t file)
{
    const char *text = "small-board";
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    cr_assert(H5Adelete(file, "board") >= 0);
    const hid_t attribute = H5Acreate2(file, "board", type, space, H5P_DEFAULT, H5P_DEFAULT);
    cr_assert(H5Awrite(attribute, type, &text) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static void drop_dataset(hid_t file)
{
    cr_assert(H5Ldelete(file, "/latency/cpu", H5P_DEFAULT) >= 0);
}

static void drop_group(hid_t file)
{
    cr_assert(H5Ldelete(file, "/traffic", H5P_DEFAULT) >= 0);
}

static void put_fewer_layers(hid_t file)
{
    put_sizes(file, "/latency/gpu", 4, (const hsize_t[]){1, 2, 1, 3}, H5T_IEEE_F64LE);
}

static void put_fewer_axes(hid_t file)
{
    put_sizes(file, "/latency/gpu", 3, (const hsize_t[]){1, 2, 1}, H5T_IEEE_F64LE);
}

static void put_many_clocks(hid_t file)
{
    put_sizes(file, "/clocks/gpu", 1, (const hsize_t[]){1000000}, H5T_IEEE_F64LE);
}

static void put_many_layers(hid_t file)
{
    put_sizes(file, "/layers/op", 1, (const hsize_t[]){1000000000}, H5T_C_S1);
}

static void put_texts_for_numbers(hid_t file)
{
    put_sizes(file, "/layers/work_flop", 1, (const hsize_t[]){38}, H5T_C_S1);
}

static void put_numbers_for_texts(hid_t file)
{
    put_sizes(file, "/layers/name", 1, (const hsize_t[]){38}, H5T_IEEE_F64LE);
}

static void put_milliseconds(hid_t file)
{
    put_units(file, "/latency/gpu", "units", "ms");
}

static void drop_units(hid_t file)
{
    put_units(file, "/energy/gpu", "units", NULL);
}

static void drop_source(hid_t file)
{
    put_units(file, "/energy/gpu", "source", NULL);
}

static void put_standing(hid_t file)
{
    put_units(file, "/energy/gpu", "standing", "guessed");
}

static void put_layer_standing(hid_t file)
{
    put_cell(file, "/layers/standing", "guess");
}

static void put_op(hid_t file)
{
    put_cell(file, "/layers/op", "conv-9x9");
}

static void put_empty_name(hid_t file)
{
    put_cell(file, "/layers/name", "");
}

static void put_bad_hash(hid_t file)
{
    put_cell(file, "/inputs/sha256", "0123");
}

static void put_megahertz(hid_t file)
{
    put_number(file, "/clocks/gpu", 0, 500.0);
}

static void put_equal_clocks(hid_t file)
{
    put_number(file, "/clocks/gpu", 1, 500e6);
}

static void put_nan_clock(hid_t file)
{
    put_number(file, "/clocks/mem", 0, NAN);
}

static void put_negative(hid_t file)
{
    put_number(file, "/latency/gpu", 2, -1e-3);
}

static void put_absurd(hid_t file)
{
    put_number(file, "/latency/request", 1, 1001.0);
}

static void put_infinite(hid_t file)
{
    put_number(file, "/energy/rest", 0, INFINITY);
}

static void put_nan_activity(hid_t file)
{
    put_number(file, "/activity/gpu", 0, NAN);
}

static void put_negative_work(hid_t file)
{
    put_number(file, "/layers/work_flop", 0, -1.0);
}

static void put_outside_interval(hid_t file)
{
    put_number(file, "/latency/gpu_high", 38, 0.95e-4);
}

static void put_input(hid_t file)
{
    const hid_t attribute = H5Aopen(file, "input", H5P_DEFAULT);
    const long long shape[] = {3, 0, 32};
    cr_assert(H5Awrite(attribute, H5T_NATIVE_LLONG, shape) >= 0);
    H5Aclose(attribute);
}

Test(layer_files, numbers_and_standings_edited_by_others_are_taken)
{
    make_file("a.h5");
    const hid_t file = H5Fopen("a.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    put_units(file, "/latency/cpu", "standing", "measured");
    put_units(file, "/latency/cpu", "source", "my own board");
    put_number(file, "/latency/cpu", 0, 5e-6);
    put_cell(file, "/layers/standing", "assumption");
    cr_assert(H5Fclose(file) >= 0);
    struct dvfo_layer_profile *profile = load("a.h5");
    cr_expect(profile->cpu_s.standing == DVFO_MEASURED && strcmp(profile->cpu_s.source, "my own board") == 0);
    cr_expect(profile->cpu_s.value[0] == 5e-6 && profile->standing[0] == DVFO_ASSUMPTION);
    dvfo_layer_profile_free(profile);
}

struct spoiling {
    void (*spoil)(hid_t file);
    const char *says;
};

static const struct spoiling spoilings[] = {
    {spoil_schema, "has the schema 'dvfo-results', expected a layer profile ('dvfo-layer-profile')"},
    {drop_schema, "has no attribute 'schema'"},
    {raise_version, "has version 2 of the schema, expected 1"},
    {spoil_version, "'schema_version' is something else than 1 whole number"},
    {drop_board, "has no attribute 'board'"},
    {put_newline, "'network' cannot be read: the file is damaged"},
    {put_variable_text, "'board' is a text of variable length, expected a fixed length (in h5py: numpy.bytes_(text))"},
    {drop_dataset, "has no dataset '/latency/cpu'"},
    {drop_group, "has no dataset '/traffic/moved'"},
    {put_fewer_layers, "'/latency/gpu' is 1x2x1x3, expected 1x2x1x38"},
    {put_fewer_axes, "'/latency/gpu' has 3 dimensions, expected 4"},
    {put_many_clocks, "'/clocks/gpu' has 1000000 clocks, expected 1 to 1024"},
    {put_many_layers, "'/layers/op' has 1000000000 rows, expected 38"},
    {put_texts_for_numbers, "/layers/work_flop"},
    {put_numbers_for_texts, "'/layers/name' is not a text"},
    {put_milliseconds, "'/latency/gpu' is in 'ms', expected 's'"},
    {drop_units, "has no attribute '/energy/gpu, units'"},
    {drop_source, "has no attribute '/energy/gpu, source'"},
    {put_standing,
     "the standing of '/energy/gpu' is 'guessed', expected measured, calibrated, documented or assumption"},
    {put_layer_standing, "the standing of 'conv1' is 'guess'"},
    {put_op, "layer 'conv1' has the operator class 'conv-9x9', which doesn't exist"},
    {put_empty_name, "row 0 of '/layers/name' is empty or no text"},
    {put_bad_hash, "row 0 of '/inputs/sha256' is no SHA-256"},
    {put_megahertz, "'/clocks/gpu' has a clock of 500 Hz, expected 1e+06 to 1e+11"},
    {put_equal_clocks, "'/clocks/gpu' has 500000000 Hz after 500000000 Hz, expected ascending clocks"},
    {put_nan_clock, "'/clocks/mem' has a clock of nan Hz"},
    {put_negative, "at CPU 2000, GPU 500, memory 1000 MHz is -0.001 s, expected 0 to 1000"},
    {put_absurd, "'/latency/request' at CPU 2000, GPU 1000, memory 1000 MHz is 1001 s, expected 0 to 1000"},
    {put_infinite, "is inf J"},
    {put_nan_activity,
     "'/activity/gpu' at CPU 2000, GPU 500, memory 1000 MHz is nan 1, expected a number from 0 to 10"},
    {put_negative_work, "layer 'conv1' has a work of -1 FLOP"},
    {put_outside_interval, "layer 'conv1' takes 0.0001 s, but its interval ends at 9.5e-05 s"},
    {put_input, "'input' is 3x0x32"},
};

Test(layer_files, a_file_spoilt_in_any_way_is_told_in_one_sentence)
{
    make_file("good.h5");
    for (size_t i = 0; i < sizeof spoilings / sizeof spoilings[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_layer_profile *profile = NULL;
        cr_assert(system("cp good.h5 bad.h5") == 0);
        const hid_t file = H5Fopen("bad.h5", H5F_ACC_RDWR, H5P_DEFAULT);
        cr_assert(file >= 0);
        spoilings[i].spoil(file);
        cr_assert(H5Fclose(file) >= 0);
        const dvfo_status status = dvfo_layer_profile_load(&ctx, "bad.h5", &profile);
        cr_expect(status == DVFO_BAD_INPUT && profile == NULL, "%s: status %d", spoilings[i].says, (int)status);
        cr_expect(hdf_files_is_one_sentence(ctx.message) && strncmp(ctx.message, "bad.h5: ", 8) == 0 &&
                      strstr(ctx.message, spoilings[i].says) != NULL,
                  "no '%s' in: %s", spoilings[i].says, ctx.message);
    }
}

static dvfo_status load_bytes(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                              struct dvfo_layer_profile **out)
{
    hdf_files_forgive_leaks();
    const dvfo_status status = dvfo_layer_profile_from_memory(ctx, name, bytes, size, out);
    hdf_files_count_leaks();
    return status;
}

static void expect_refused(const char *name, const char *bytes, size_t size, const char *says)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = NULL;
    cr_expect(load_bytes(&ctx, name, bytes, size, &profile) == DVFO_BAD_INPUT && profile == NULL);
    cr_expect(hdf_files_is_one_sentence(ctx.message) && strstr(ctx.message, says) != NULL, "%s: no '%s' in: %s", name,
              says, ctx.message);
}

Test(layer_files, what_is_no_hdf5_or_cut_short_is_told)
{
    static char bytes[HDF_FILES_MAX_BYTES];
    make_file("a.h5");
    const size_t size = hdf_files_read("a.h5", bytes);
    expect_refused("empty", bytes, 0, "empty: is no HDF5 file, expected a layer profile");
    expect_refused("text", "board,network\n", 14, "text: is no HDF5 file");
    for (size_t length = 16; length < size; length += 1 + size / 300) {
        expect_refused("cut", bytes, length, "cut: cannot be opened: it is cut short or damaged");
    }
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = NULL;
    cr_expect(dvfo_layer_profile_load(&ctx, "missing.h5", &profile) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "missing.h5: cannot be read: No such file") != NULL, "%s", ctx.message);
    cr_expect(dvfo_layer_profile_load(&ctx, ".", &profile) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, ".: is a folder, expected a regular file") != NULL, "%s", ctx.message);
}

/* ---- spoilt by chance ---- */

/* A byte or some become others, anywhere. */
static void flip(char *bytes, size_t size, uint64_t *state)
{
    for (int i = 0; i < 3; i++) {
        *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
        bytes[(*state >> 33) % size] ^= (char)(1U << (*state >> 60 & 7U));
    }
}

Test(layer_files, bytes_changed_by_chance_are_told_or_make_no_difference)
{
    static char good[HDF_FILES_MAX_BYTES], spoilt[HDF_FILES_MAX_BYTES];
    make_file("a.h5");
    const size_t size = hdf_files_read("a.h5", good);
    uint64_t state = 1;
    size_t refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_layer_profile *profile = NULL;
        memcpy(spoilt, good, size);
        flip(spoilt, size, &state);
        const dvfo_status status = load_bytes(&ctx, "spoilt", spoilt, size, &profile);
        cr_expect(status == DVFO_OK || (status == DVFO_BAD_INPUT && hdf_files_is_one_sentence(ctx.message)),
                  "%d: status %d, '%s'", i, (int)status, ctx.message);
        refused += status != DVFO_OK;
        dvfo_layer_profile_free(profile);
    }
    cr_expect(refused > MUTATIONS / 4, "%zu of %d refused", refused, MUTATIONS);
}

Test(layer_files, a_write_that_fails_leaves_nothing_behind)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_layer_profile *profile = make_profile();
    cr_expect(dvfo_layer_profile_save(&ctx, profile, "no/folder/a.h5") == DVFO_BAD_INPUT, "%s", ctx.message);
    cr_expect(dvfo_layer_profile_save(&ctx, profile, "/dev/null") == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "/dev/null: exists and is not a regular file") != NULL, "%s", ctx.message);
    dvfo_layer_profile_free(profile);
}
