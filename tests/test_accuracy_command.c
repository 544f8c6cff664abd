/* --accuracy and --accuracy-floor as a user types them: columns, rows, the line below the table, refusals. The profile
 * is made up: nothing here depends on one that is shipped. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "made_up_accuracy.h"

#define WORLD "-b $DATA/small-board.yaml -n $DATA/small-network.yaml -t $DATA/small-trace.csv --requests 200 "
#define RUN "run " WORLD "--accuracy ./made-up.h5 "

enum { REQUESTS = 200 };

static struct said said;

static void make_profile(void)
{
    struct dvfo_ctx ctx = {0};
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    def.loss[8] = 0.15;
    command_make_folder();
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    cr_assert(profile != NULL && dvfo_accuracy_profile_save(&ctx, profile, "made-up.h5") == DVFO_OK, "%s", ctx.message);
    dvfo_accuracy_profile_free(profile);
}

TestSuite(accuracy_command, .init = make_profile, .fini = command_remove_folder, .timeout = 120);

/* Cell `column` of line `line` of a CSV on standard output; lines begin at 0, the header's. */
static const char *cell(const char *column, int line)
{
    static char copy[sizeof said.out], found[256];
    char *row[16] = {said.out};
    int rows = 1, at = -1;
    strcpy(copy, said.out);
    row[0] = copy;
    for (char *c = copy; *c != '\0' && rows < 16; c++) {
        if (*c == '\n') {
            *c = '\0';
            row[rows++] = c + 1;
        }
    }
    cr_assert(line < rows);
    char *name = row[0], *value = row[line];
    for (int i = 0; at < 0; i++) {
        const size_t length = strcspn(name, ",");
        if (strlen(column) == length && strncmp(name, column, length) == 0) {
            at = i;
        }
        cr_assert(at >= 0 || name[length] == ',', "no column %s", column);
        name += length + 1;
    }
    for (int i = 0; i < at; i++) {
        value += strcspn(value, ",") + 1;
    }
    snprintf(found, sizeof found, "%.*s", (int)strcspn(value, ","), value);
    return found;
}

static double number(const char *column, int line)
{
    const char *text = cell(column, line);
    cr_assert(text[0] != '\0', "%s is empty", column);
    return strtod(text, NULL);
}

Test(accuracy_command, csv_holds_accuracy_and_its_loss)
{
    command_dvfo(RUN "-p edge-only,fixed:max/max/max/0.9 --accuracy-floor none --format csv", &said);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(number("accuracy", 1) > 0.7 && number("accuracy", 1) < 0.9);
    cr_expect(number("accuracy_loss", 1) == 0.0);
    cr_expect(number("accuracy", 2) < number("accuracy", 1) - 0.05);
    cr_expect(fabs(number("accuracy_loss", 2) - 100.0 * (number("accuracy", 1) - number("accuracy", 2))) < 1e-6);
    cr_expect_str_eq(cell("accuracy_profile", 1), "made-up");
    cr_expect_str_eq(cell("accuracy_floor", 1), "");
    command_dvfo(RUN "-p edge-only --accuracy-floor 2.5 --format csv", &said);
    cr_expect(number("accuracy_floor", 1) == 2.5);
}

Test(accuracy_command, without_a_profile_the_columns_are_empty)
{
    command_dvfo("run " WORLD "--accuracy none -p edge-only --format csv", &said);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect_str_eq(cell("accuracy", 1), "");
    cr_expect_str_eq(cell("accuracy_loss", 1), "");
    cr_expect_str_eq(cell("accuracy_floor", 1), "");
    cr_expect_str_eq(cell("accuracy_profile", 1), "none");
    command_dvfo("run " WORLD "--accuracy none -p edge-only", &said);
    cr_expect(command_says(&said, "no accuracy floor (no accuracy profile)") && !command_says(&said, "accuracy_loss"));
}

Test(accuracy_command, the_line_below_the_table_says_what_accuracy_rests_on)
{
    const char *const carried = "\naccuracy: made-up (made up for tests, measured on nothing), carried over to "
                                "small-network as relative loss; ";
    command_dvfo(RUN "-p edge-only", &said);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, carried), "%s", said.out);
    cr_expect(command_says(&said, "; floor 1 point, not kept by shares 0.6, 0.7, 0.8, 0.9, 1 at lambda 0.5\n"), "%s",
              said.out);
    cr_expect(command_says(&said, "accuracy_loss") && !command_says(&said, "no accuracy"));
    command_dvfo(RUN "-p edge-only --accuracy-floor 0.3 --lambda 0.4", &said);
    cr_expect(command_says(&said, "; floor 0.3 points, not kept by shares 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 "
                                  "and layer splits at lambda 0.4\n"),
              "%s", said.out);
    command_dvfo(RUN "-p edge-only --accuracy-floor none", &said);
    cr_expect(command_says(&said, "; no floor\n"), "%s", said.out);
    command_dvfo("run -b jetson-nano -n collaborative -p edge-only --requests 5", &said);
    cr_expect(!command_says(&said, "carried over") && command_says(&said, "\naccuracy: generated (measured on "), "%s",
              said.out);
}

Test(accuracy_command, what_can_not_be_used_is_told_in_one_sentence)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"run " WORLD "-p edge-only --accuracy ./missing.h5", "./missing.h5: cannot be read: No such file"},
        {"run " WORLD "-p edge-only --accuracy $DATA/small-trace.csv", "is no HDF5 file, expected an accuracy profile"},
        {"run " WORLD "-p edge-only --accuracy nowhere", "nowhere"},
        {RUN "-p edge-only --accuracy-floor -1", "--accuracy-floor is '-1', expected percentage points from 0 to 100"},
        {RUN "-p edge-only --accuracy-floor most", "--accuracy-floor is 'most'"},
        {RUN "-p fixed:max/max/max/0.9",
         "loses more accuracy than the floor allows at lambda 0.5; --accuracy-floor none"},
        {RUN "-p appealnet:0", "loses more accuracy than the floor of 1 points allows; --accuracy-floor none lifts it"},
        {"run " WORLD "-p appealnet --accuracy none", "appealnet needs an accuracy profile (--accuracy FILE)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "dvfo %s: %d, %s", rows[i].arguments, said.code,
                  said.err);
        cr_expect(command_says(&said, rows[i].says), "dvfo %s: no '%s' in: %s", rows[i].arguments, rows[i].says,
                  said.err);
    }
}

Test(accuracy_command, all_policies_are_those_that_can_run)
{
    command_dvfo("run " WORLD "-p all --accuracy none --format csv", &said);
    cr_expect(said.code == 0 && !command_says(&said, "appealnet"), "%s", said.err);
    command_dvfo(RUN "-p all --format csv", &said);
    cr_expect(said.code == 0 && command_says(&said, "appealnet"), "%s", said.err);
}

static double mean_of(hid_t file, const char *name)
{
    static double values[REQUESTS];
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(dataset);
    const hssize_t rows = H5Sget_simple_extent_npoints(space);
    cr_assert(rows > 0 && rows <= REQUESTS && dataset >= 0, "%s", name);
    cr_assert(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
    double sum = 0.0;
    for (hssize_t i = 0; i < rows; i++) {
        sum += values[i];
    }
    return sum / (double)rows;
}

Test(accuracy_command, a_result_file_holds_accuracy_by_request_and_where_it_comes_from)
{
    command_dvfo(RUN "-p random --out run.h5 --format csv", &said);
    cr_assert(said.code == 0, "%s", said.err);
    const hid_t file = H5Fopen("run.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(file >= 0);
    cr_expect_float_eq(mean_of(file, "/requests/accuracy"), mean_of(file, "/trials/accuracy"), 1e-12);
    cr_expect_float_eq(mean_of(file, "/trials/accuracy"), number("accuracy", 1), 1e-6);
    H5Fclose(file);
    command_shell(
        "grep -a -c \"$(sha256sum made-up.h5 | cut -c 1-64)\" <(h5dump run.h5) && h5dump -d /inputs/kind run.h5",
        &said);
    cr_expect(said.code == 0 && command_says(&said, "\"accuracy\""), "%s%s", said.out, said.err);
    command_shell("h5dump -a /configuration run.h5 | grep -o 'accuracy[_a-z]*: [-a-z0-9]*'", &said);
    cr_expect(command_says(&said, "accuracy: made-up\naccuracy_floor: 1\n"), "%s%s", said.out, said.err);
}

Test(accuracy_command, an_agent_is_trained_under_a_floor_and_resumed_under_no_other)
{
    command_dvfo("train -p dvfo -b $DATA/small-board.yaml -n $DATA/small-network.yaml -t const:20Mbps --steps 500 "
                 "--set training.episode=16 --no-reference --keep-all --accuracy ./made-up.h5 --out a.h5",
                 &said);
    cr_assert(said.code == 0, "%s", said.err);
    command_dvfo(RUN "-p dvfo:a.h5 --format csv", &said);
    cr_expect(said.code == 0, "%s", said.err);
    command_dvfo("run " WORLD "--accuracy none -p dvfo:a.h5 --format csv", &said);
    cr_expect(said.code == 0, "the floor is that of the world it acts in: %s", said.err);
    command_dvfo("train -p dvfo -b $DATA/small-board.yaml -n $DATA/small-network.yaml -t const:20Mbps --steps 1000 "
                 "--accuracy ./made-up.h5 --accuracy-floor 2 --resume a.h5 --out b.h5",
                 &said);
    cr_expect(said.code == 2 && command_says(&said, "floor 1', this is "), "%s", said.err);
}

Test(accuracy_command, a_profile_of_another_class_count_is_refused_for_the_network_it_is_measured_on)
{
    struct dvfo_ctx ctx = {0};
    const struct made_up_accuracy_def def = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    cr_assert(profile != NULL);
    profile->size.classes = 10;
    cr_assert(dvfo_accuracy_profile_save(&ctx, profile, "ten.h5") == DVFO_OK, "%s", ctx.message);
    dvfo_accuracy_profile_free(profile);
    command_dvfo("run -b jetson-nano -n collaborative -p edge-only --requests 5 --accuracy ./ten.h5", &said);
    cr_expect(said.code == 2 && command_is_one_sentence(&said) &&
                  command_says(&said, "ten.h5: was measured on 10 classes, expected the 100 of network collaborative"),
              "%d: %s", said.code, said.err);
    command_dvfo("run -b jetson-nano -n resnet-18 -p edge-only --requests 5 --accuracy ./ten.h5", &said);
    cr_expect(said.code == 0, "others take its loss over: %s", said.err);
}
