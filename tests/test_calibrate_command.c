/* dvfo profile fit and validate as a user types them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

#define HEADING "board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw\n"
#define MEASURED DVFO_SOURCE_DIR "/profiles/measured"

static struct said said;

TestSuite(calibrate_command, .init = command_make_folder, .fini = command_remove_folder);

static void write_text(const char *name, const char *text)
{
    command_write(name, text, strlen(text));
}

/* Two networks of the small board at four GPU clocks. */
static const char points[] = HEADING "small-board,plain,fp32,resnet-18,,1,,2000,250,1000,3000,4000\n"
                                     "small-board,plain,fp32,resnet-18,,1,,2000,500,1000,1500,5000\n"
                                     "small-board,plain,fp32,resnet-18,,1,,2000,750,1000,1000,9000\n"
                                     "small-board,plain,fp32,resnet-18,,1,,2000,1000,1000,750,12000\n"
                                     "small-board,plain,fp32,vgg-19,,1,,2000,250,1000,32000,4000\n"
                                     "small-board,plain,fp32,vgg-19,,1,,2000,500,1000,16000,5000\n"
                                     "small-board,plain,fp32,vgg-19,,1,,2000,750,1000,11000,9000\n"
                                     "small-board,plain,fp32,vgg-19,,1,,2000,1000,1000,8000,12000\n";
static const char of_another_runtime[] = "small-board,other,fp32,vgg-19,,1,,2000,1000,1000,8500,12000\n";

Test(calibrate_command, csv_and_json_hold_one_row_per_network_with_the_promised_columns)
{
    static const char heading[] = "board,runtime,precision,network,points,latency_mdape,latency_p90ape,power_mdape,"
                                  "power_p90ape\nsmall-board,plain,fp32,resnet-18,4,";
    write_text("m.csv", points);
    command_dvfo("profile validate --board $DATA/small-board.yaml --measured m.csv --format csv", &said);
    cr_expect(said.code == 0 && strncmp(said.out, heading, strlen(heading)) == 0, "%s%s", said.out, said.err);
    command_dvfo("profile validate --board $DATA/small-board.yaml --measured m.csv --format json", &said);
    cr_expect(said.code == 0 && command_says(&said, "\"latency_p90ape\": 0.") && command_says(&said, "\"points\": 4"),
              "%s%s", said.out, said.err);
}

Test(calibrate_command, leaving_out_with_points_is_one_table)
{
    write_text("m.csv", points);
    command_shell("$DVFO profile validate --board $DATA/small-board.yaml --measured m.csv --leave-out all --points "
                  "--format csv | grep -c ^board",
                  &said);
    cr_expect_str_eq(said.out, "1\n");
}

/* What a board's file says of its calibrated coefficients came from all data, so it must not be heard. */
Test(calibrate_command, leaving_out_says_the_same_whatever_the_file_holds)
{
    write_text("m.csv", points);
    command_shell("validate=\"$DVFO profile validate --measured m.csv --leave-out all --points --format csv\"\n"
                  "sed '/calibrated/ s/{value: \\([0-9.]*\\)/{value: 0.9/' $DATA/small-board.yaml >other.yaml\n"
                  "cmp -s $DATA/small-board.yaml other.yaml && exit 3\n"
                  "$validate --board $DATA/small-board.yaml >one && $validate --board ./other.yaml >two && cmp one two",
                  &said);
    cr_expect(said.code == 0, "%s%s", said.out, said.err);
}

Test(calibrate_command, only_rows_of_the_runtime_asked_for_are_held)
{
    char text[sizeof points + sizeof of_another_runtime];
    snprintf(text, sizeof text, "%s%s", points, of_another_runtime);
    write_text("m.csv", text);
    command_dvfo("profile validate --board $DATA/small-board.yaml --measured m.csv", &said);
    cr_expect(said.code == 2 && command_says(&said, "line 10 of the measurements names the runtime other fp32"), "%s",
              said.err);
    command_dvfo("profile validate --board $DATA/small-board.yaml --measured m.csv --runtime plain", &said);
    cr_expect(said.code == 0, "%s", said.err);
    command_dvfo("profile validate --board $DATA/small-board.yaml --measured m.csv --runtime keras", &said);
    cr_expect(said.code == 2 && command_says(&said, "m.csv holds no point of keras"), "%s", said.err);
}

Test(calibrate_command, what_cannot_be_used_is_one_sentence)
{
    static const struct {
        const char *arguments, *rows, *message;
    } cases[] = {
        {"validate --leave-out all", "small-board,plain,fp32,vgg-19,,1,,,,,8500,\n",
         "m.csv holds nothing that could be left out"},
        {"validate --leave-out networks", "", "--leave-out is 'networks', expected network, size, clocks or all; did"},
        {"validate", "small-board,plain,fp32,vgg-19,,1,,,,,,\n", "m.csv holds no point to judge"},
        {"validate", "small-board,plain,fp32,vgg-20,,1,,,,,8500,\n", "m.csv:2: unknown network 'vgg-20'"},
        {"validate", "small-board,plain,fp32,vgg-19,,0,,,,,8500,\n", "m.csv:2: 'batch' is 0, expected a number from 1"},
        {"fit", "", "m.csv holds no rows"},
        {"fit", "jetson-tx2,plain,fp32,vgg-19,,1,,,,,8500,\n",
         "holds no latency of small-board at batch 1 under a runtime of its file; its first row is of jetson-tx2"},
        {"fit", "small-board,plain,fp32,vgg-19,,1,,,,,,9000\n", "under plain fp32 and has no latency"},
        {"fit --out m.csv", "small-board,plain,fp32,vgg-19,,1,,,,,8500,\n",
         "--out is m.csv, which the measurements stand in"},
        {"fit --out no/where.yaml", "small-board,plain,fp32,vgg-19,,1,,,,,8500,\n", "no/where.yaml: cannot be written"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[400], line[200];
        snprintf(text, sizeof text, "%s%s", HEADING, cases[i].rows);
        write_text("m.csv", text);
        snprintf(line, sizeof line, "profile %s --board $DATA/small-board.yaml --data m.csv", cases[i].arguments);
        command_dvfo(line, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said) && strstr(said.err, cases[i].message) != NULL,
                  "%s: %d %s%s", line, said.code, said.out, said.err);
    }
}

Test(calibrate_command, a_fitted_board_is_written_whole_and_fitted_again_says_the_same)
{
    command_shell("fit=\"$DVFO profile fit --data " MEASURED " --runtime triton\"\n"
                  "$fit --board xavier-nx --out one.yaml >one && $fit --board ./one.yaml --out one.yaml >one && "
                  "$fit --board ./one.yaml --out two.yaml >two && cmp one.yaml two.yaml && ls *.yaml*",
                  &said);
    cr_expect(said.code == 0 && strcmp(said.out, "one.yaml\ntwo.yaml\n") == 0, "%s%s", said.out, said.err);
}

Test(calibrate_command, ctrl_c_ends_a_long_fit_and_leaves_no_file)
{
    command_shell(COMMAND_UNTIL_IT_CATCHES "$DVFO profile validate --board jetson-tx2 --runtime keras "
                                           "--measured " MEASURED " --leave-out all & pid=$!\n"
                                           "until_it_catches $pid; kill -INT $pid; wait $pid",
                  &said);
    cr_expect(said.code == 130 && strcmp(said.err, "dvfo: interrupted while fitting\n") == 0, "%d %s", said.code,
              said.err);
    command_shell(COMMAND_UNTIL_IT_CATCHES "$DVFO profile fit --board jetson-tx2 --runtime keras --data " MEASURED
                                           " --out fitted.yaml & pid=$!\n"
                                           "until_it_catches $pid; kill -INT $pid; wait $pid; echo $?; ls *fitted*",
                  &said);
    cr_expect_str_eq(said.out, "130\n");
}
