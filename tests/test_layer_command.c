/* dvfo profile export and show, dvfo run --layers and --assume, dvfo plot layer-profile, as a user types them. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define WORLD "-b $DATA/small-board.yaml -n $DATA/small-network.yaml"
#define EXPORT "profile export --board $DATA/small-board.yaml --network $DATA/small-network.yaml "

static struct said said;

TestSuite(layer_command, .init = command_make_folder, .fini = command_remove_folder, .timeout = 120);

static void succeed(const char *arguments)
{
    command_dvfo(arguments, &said);
    cr_assert(said.code == 0, "dvfo %s: exit %d: %s", arguments, said.code, said.err);
}

static void expect_refused(const char *arguments, const char *says)
{
    command_dvfo(arguments, &said);
    cr_expect(said.code == 2, "dvfo %s: exit %d", arguments, said.code);
    cr_expect(command_is_one_sentence(&said), "dvfo %s says: %s", arguments, said.err);
    cr_expect(command_says(&said, says), "dvfo %s: no '%s' in: %s", arguments, says, said.err);
}

/* The number in a column of a line of CSV that begins with `name`. */
static double cell(const char *csv, const char *name, int column)
{
    const char *line = csv;
    while (line != NULL && strncmp(line, name, strlen(name)) != 0) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    cr_assert(line != NULL, "a line '%s' in: %s", name, csv);
    for (int i = 0; i < column; i++) {
        line = strchr(line, ',') + 1;
    }
    return strtod(line, NULL);
}

Test(layer_command, an_exported_profile_is_shown_at_its_clocks_and_between_them)
{
    succeed(EXPORT "--out a.h5");
    cr_expect(command_says(&said, "38 layers at 24 points (CPU 3 x GPU 4 x memory 2 clocks) written to a.h5"), "%s",
              said.err);
    succeed("profile show a.h5");
    cr_expect(
        command_says(&said, "small-network on small-board, plain fp32, input 3x32x32; made by dvfo profile export"));
    cr_expect(command_says(&said, "CPU 2000, GPU 1000, memory 1000 MHz\n"));
    cr_expect(command_says(&said, "total: 1.530 ms, 11.50 mJ, 7.518 W") || command_says(&said, "total: 1.53 ms"), "%s",
              said.out);
    succeed("profile show a.h5 --format csv");
    const double top_ms = cell(said.out, "conv1,", 2);
    succeed("profile show a.h5 --format csv --at 2000,500,1000");
    const double low_ms = cell(said.out, "conv1,", 2);
    succeed("profile show a.h5 --format csv --at 2000,800,1000 --board $DATA/small-board.yaml "
            "--network $DATA/small-network.yaml");
    const double between_ms = cell(said.out, "conv1,", 2);
    cr_expect(top_ms < between_ms && between_ms < low_ms, "%g, %g, %g", top_ms, between_ms, low_ms);
    succeed("profile show a.h5 --format json");
    cr_expect(command_says(&said, "\"standing\": \"calibrated\""));
}

Test(layer_command, clocks_of_an_export_are_chosen)
{
    succeed(EXPORT "--cpu 2000 --gpu 1000,300.5 --mem 750 --out a.h5");
    cr_expect(command_says(&said, "(CPU 1 x GPU 2 x memory 1 clocks)"), "%s", said.err);
    succeed("profile show a.h5 --at 2000,300.5,750");
    cr_expect(command_says(&said, "CPU 2000, GPU 300.5, memory 750 MHz\n"), "%s", said.out);
}

Test(layer_command, the_same_export_gives_the_same_bytes)
{
    succeed(EXPORT "--out a.h5");
    sleep(1);
    command_shell("mkdir b && cd b && \"$DVFO\" " EXPORT "--out c.h5 && cmp c.h5 ../a.h5", &said);
    cr_expect(said.code == 0, "%s", said.err);
}

Test(layer_command, trials_on_an_export_are_those_on_the_board)
{
    succeed(EXPORT "--out a.h5");
    command_shell("\"$DVFO\" run " WORLD " -p edge-only,random,oracle-all --requests 50 --format csv >plain.csv && "
                  "\"$DVFO\" run " WORLD " -p edge-only,random,oracle-all --requests 50 --format csv --layers a.h5 "
                  ">profiled.csv && cmp plain.csv profiled.csv",
                  &said);
    cr_expect(said.code == 0, "%s", said.err);
}

/* Text of a column of /inputs, all rows with blanks between; of an attribute of the root. */
static void read_texts(const char *file_name, const char *column, char text[4096])
{
    static char cells[64 * 128];
    const hid_t file = H5Fopen(file_name, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(file >= 0);
    const hid_t dataset = H5Dopen2(file, column, H5P_DEFAULT), type = H5Dget_type(dataset);
    const hid_t space = H5Dget_space(dataset);
    const size_t size = H5Tget_size(type), rows = (size_t)H5Sget_simple_extent_npoints(space);
    cr_assert(rows * size <= sizeof cells);
    cr_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    text[0] = '\0';
    for (size_t i = 0; i < rows; i++) {
        strcat(strcat(text, cells + i * size), " ");
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
    H5Fclose(file);
}

static void read_configuration(const char *file_name, char text[4096])
{
    const hid_t file = H5Fopen(file_name, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(file, "configuration", H5P_DEFAULT), type = H5Aget_type(attribute);
    cr_assert(H5Tget_size(type) < 4096);
    memset(text, 0, 4096);
    cr_assert(H5Aread(attribute, type, text) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Fclose(file);
}

Test(layer_command, table_and_results_say_where_costs_come_from)
{
    static char text[4096];
    succeed(EXPORT "--out a.h5");
    succeed("run " WORLD
            " -p edge-only --requests 5 --layers a.h5 --assume 'radio sending=high' --accuracy none --out r.h5");
    cr_expect(command_says(&said,
                           "\n  layers of small-network on small-board from a.h5: times of the GPU calibrated, 24 "
                           "points of clocks (dvfo profile export)\n"),
              "%s", said.out);
    cr_expect(command_says(&said, "\n  assumptions of small-board: radio sending=high, 1 coefficient changed\n"), "%s",
              said.out);
    read_texts("r.h5", "/inputs/kind", text);
    cr_expect(strcmp(text, "board network layers cloud trace ") == 0, "%s", text);
    read_texts("r.h5", "/inputs/name", text);
    cr_expect(strstr(text, " a.h5 ") != NULL, "%s", text);
    read_configuration("r.h5", text);
    cr_expect(strstr(text, "\nlayers: a.h5\nassume: radio sending=high\n") != NULL, "%s", text);
}

Test(layer_command, a_number_changed_in_the_file_changes_the_trial_by_that)
{
    static double values[24 * 38];
    succeed(EXPORT "--out a.h5");
    succeed("run " WORLD " -p edge-only --requests 5 --format csv");
    const double before_s = cell(said.out, "small-board", 6);
    const hid_t file = H5Fopen("a.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, "/latency/gpu", H5P_DEFAULT);
    cr_assert(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    values[23 * 38] += 1e-3; /* the first layer at the top clocks: its launch is as exposed as before */
    cr_assert(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    succeed("run " WORLD " -p edge-only --requests 5 --format csv --layers a.h5");
    const double more_s = cell(said.out, "small-board", 6) - before_s;
    cr_expect(more_s > 0.9e-3 && more_s < 1e-3 + 1e-9, "%.9g", more_s); /* launches behind it are hidden now */
}

Test(layer_command, results_at_low_and_high_assumptions_differ_and_the_same_twice)
{
    double cost_j[3];
    static const char *const assumed[] = {"", "--assume low", "--assume high"};
    for (int i = 0; i < 3; i++) {
        char line[256];
        snprintf(line, sizeof line, "run " WORLD " -p cloud-only --requests 20 --format csv %s", assumed[i]);
        succeed(line);
        cost_j[i] = cell(said.out, "small-board", 5); /* the radio is all that is assumed here */
    }
    cr_expect(cost_j[1] < cost_j[0] && cost_j[0] < cost_j[2], "%g, %g, %g", cost_j[1], cost_j[0], cost_j[2]);
    succeed("run -b all -n resnet-18 -p edge-only --requests 3 --assume low");
    cr_expect(command_says(&said, "assumptions of jetson-tx2: low") &&
              command_says(&said, "assumptions of xavier-nx: low"));
}

Test(layer_command, what_does_not_fit_is_told)
{
    succeed(EXPORT "--out a.h5");
    command_shell("cp a.h5 b.h5; head -c 3000 a.h5 >cut.h5", &said);
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"profile export", "'dvfo profile export' needs --board"},
        {"profile export --board jetson-tx2", "needs --network"},
        {"profile export --board jetson-tx2 --network vgg-19", "needs --out"},
        {EXPORT "--out no/such/a.h5", "no/such/a.h5: cannot be written: No such file or directory"},
        {EXPORT "--out /dev/null", "/dev/null: exists and is not a regular file"},
        {EXPORT "--out b.h5 --runtime keras", "has no runtime keras; it has plain fp32"},
        {EXPORT "--out b.h5 --gpu 1001", "--gpu is '1001', expected clocks from 250 to 1000 MHz with commas"},
        {EXPORT "--out b.h5 --cpu 500,,1000", "--cpu is '500,,1000'"},
        {EXPORT "--out b.h5 --cpu 500,", "--cpu is '500,'"},
        {EXPORT "--out b.h5 --mem nan", "--mem is 'nan'"},
        {EXPORT "--out b.h5 --mem 500,500.0", "--mem is '500,500.0': 500 MHz stands there twice"},
        {EXPORT "--out b.h5 --input 0", "--input is '0', expected a whole number from 1 to 8192"},
        {EXPORT "--out b.h5 --variant smal", "did you mean 'small'?"},
        {EXPORT "--out b.h5 --assume launch_cycles=high", "'launch_cycles' of small-board is documented"},
        {EXPORT "--out b.h5 extra", "unexpected argument"},
        {"profile show", "which file?"},
        {"profile show missing.h5", "missing.h5: cannot be read: No such file or directory"},
        {"profile show $DATA/small-board.yaml", "is no HDF5 file, expected a layer profile"},
        {"profile show cut.h5", "cut.h5: cannot be opened: it is cut short or damaged"},
        {"profile show a.h5 b.h5", "unexpected argument 'b.h5'"},
        {"profile show a.h5 --at 2000,1000", "--at is '2000,1000', expected the clocks of CPU, GPU and memory in MHz"},
        {"profile show a.h5 --at 2000,1000,1000,1", "--at is '2000,1000,1000,1'"},
        {"profile show a.h5 --at 2000,900,1000", "unknown board 'small-board'"},
        {"profile show a.h5 --at 2000,900,2000 --board $DATA/small-board.yaml --network $DATA/small-network.yaml",
         "--at has a mem clock of 2000 MHz, expected 500 to 1000 on small-board"},
        {"profile show a.h5 --at 2000,900,1000 --board jetson-tx2 --network resnet-18",
         "a.h5: is of the board small-board, expected jetson-tx2"},
        {"profile show a.h5 --format xml", "--format is 'xml'"},
        {"run " WORLD " -p edge-only --layers missing.h5", "missing.h5: cannot be read"},
        {"run " WORLD " -p edge-only --layers a.h5,b.h5",
         "b.h5: is a second profile of small-network on small-board with plain fp32, expected one of each"},
        {"run " WORLD " -p edge-only --layers a.h5,", "an entry of the list is empty"},
        {"run " WORLD " -p edge-only --layers a.h5 --input 16", "with an input of 3x32x32, expected 3x16x16"},
        {"run -b jetson-tx2 -n $DATA/small-network.yaml -p edge-only --layers a.h5",
         "a.h5: is of small-network on small-board, but --board doesn't name it"},
        {"run -b $DATA/small-board.yaml -n resnet-18 -p edge-only --layers a.h5", "but --network doesn't name it"},
        {"run " WORLD " -p edge-only --assume lo", "the assumption 'lo' is not understood"},
        {"run " WORLD " -p edge-only --assume 'radio sendin=low'",
         "no coefficient is called 'radio sendin'; did you mean 'radio sending'?"},
        {"plot layer-profile -b jetson-tx2,xavier-nx", "layer-profile shows at most 1 columns"},
        {"plot layer-profile -p edge-only", "--policy has no effect on layer-profile"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_refused(rows[i].arguments, rows[i].says);
    }
}

Test(layer_command, a_profile_of_another_runtime_is_told)
{
    succeed(EXPORT "--out a.h5");
    command_edit("small-board.yaml", "precision: fp32", "precision: fp16", "half.yaml");
    expect_refused("run -b ./half.yaml -n $DATA/small-network.yaml -p edge-only --layers a.h5",
                   "a.h5: is of plain fp32, but the trials run plain fp16 on small-board");
}

Test(layer_command, a_profile_made_with_another_version_of_the_board_is_taken_with_a_note)
{
    succeed(EXPORT "--out a.h5");
    command_edit("small-board.yaml", "value: 20000", "value: 30000", "other.yaml");
    succeed("run -b ./other.yaml -n $DATA/small-network.yaml -p edge-only --requests 3 --layers a.h5");
    cr_expect(command_says(&said, "note: a.h5: was made with another version of the file of small-board"), "%s",
              said.err);
}

Test(layer_command, the_figure_draws_every_layer_at_four_settings)
{
    if (system("command -v gnuplot >/dev/null") != 0) {
        cr_skip_test("gnuplot is not installed");
    }
    succeed(EXPORT "--out a.h5");
    command_dvfo("plot layer-profile " WORLD " --layers a.h5 --out figures", &said);
    cr_assert(said.code == 0 && said.err[0] == '\0', "%s", said.err);
    command_shell(
        "grep -c '^small-board,small-network,top,' figures/layer-profile.csv; "
        "grep -c '^small-board,small-network,mem,2000,1000,500,' figures/layer-profile.csv; "
        "test -s figures/layer-profile.svg && test -s figures/layer-profile.png && test -s figures/layer-profile.pdf",
        &said);
    cr_expect(said.code == 0 && strcmp(said.out, "19\n19\n") == 0, "18 kernels and the request: %s", said.out);
}
