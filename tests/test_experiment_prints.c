/* dvfo bench table as a user types it, over records whose numbers are made up (made_up_experiment.h): every format, and
 * numbers of others beside ours. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "made_up_experiment.h"

#define TABLE "bench table made-up.yaml "

static struct said said;

TestSuite(experiment_prints, .init = experiment_make_folder, .fini = command_remove_folder, .timeout = 60);

static void save_and_print(size_t seeds, double spread, const char *arguments)
{
    char line[256];
    made_up_save(seeds, spread);
    snprintf(line, sizeof line, TABLE "--seeds %zu %s", seeds, arguments);
    command_dvfo(line, &said);
    cr_assert(said.code == 0 && said.err[0] == '\0', "exit %d: %s", said.code, said.err);
}

static void expect_lines(const char *const lines[])
{
    for (size_t i = 0; lines[i] != NULL; i++) {
        cr_expect(strstr(said.out, lines[i]) != NULL, "'%s' is missing of\n%s", lines[i], said.out);
    }
}

/* ---- formats ---- */

Test(experiment_prints, people_read_rows_then_the_comparison_then_what_they_rest_on)
{
    save_and_print(5, 0.0, "");
    expect_lines((const char *const[]){
        "network               policy      cost_j  energy_j  cost_saving_percent  cost_over_best_percent\n"
        "./a&b_net.yaml        edge-only   10.00   5.000     0                    -54.8\n"
        "./a&b_net.yaml        random      6.500   3.250     35.0                 1.19\n",
        "\n./small-network.yaml  oracle-all  8.950   4.475     10.5                 -68.2\n\npolicy      cost_ratio  ",
        "\nrandom      0.6325      0.6325    0.472       0.556                       -                    -",
        "\ncloud-only  0.6701      0.6481    0.403       0.861                   0.625                 4.76",
        "\nall rivals  -           -         -           -                           -                 20.8",
        "\nover 4 cells, 5 seeds; savings are those of random against each row",
        "\nrandom costs least, or no more within its interval, in 2 of 4 cells\n",
        "\nnormalised: edge-only 0, oracle-all 1, interquartile mean over the 3 cells where oracle-all gains 2 % or "
        "more",
        "; 5 seeds\n", "\n  a network: ", "\n  a board: ", NULL});
    cr_expect(!command_says(&said, "fewer than 5 seeds"));
}

Test(experiment_prints, an_interval_stands_with_its_value_where_it_is_wider_than_the_digits_shown)
{
    save_and_print(5, 0.01, "");
    expect_lines(
        (const char *const[]){"\n./a&b_net.yaml        edge-only   10.00 [9.910, 10.08]  5.000 [4.955, 5.040]  0 ",
                              "  10.0                 -39.3\n", NULL});
    save_and_print(4, 0.01, "");
    expect_lines((const char *const[]){"\n./a&b_net.yaml        edge-only    10.00     5.000                    0 ",
                                       "\nfewer than 5 seeds: no intervals are claimed\n", "; 4 seeds\n", NULL});
    cr_expect(!command_says(&said, " [9"), "%s", said.out);
}

Test(experiment_prints, csv_has_intervals_in_columns_of_their_own_and_every_digit)
{
    save_and_print(5, 0.01, "--format csv");
    cr_expect(strstr(said.out,
                     "network,policy,cost_j,cost_j_low,cost_j_high,energy_j,energy_j_low,energy_j_high,"
                     "cost_saving_percent,cost_saving_percent_low,cost_saving_percent_high,"
                     "cost_over_best_percent,cost_over_best_percent_low,cost_over_best_percent_high\n") == said.out);
    const char *row = strstr(said.out, "\n./small-network.yaml,random,");
    double cost_j = 0.0, low_j = 0.0, high_j = 0.0, energy_j = 0.0;
    cr_assert(row != NULL &&
              sscanf(row, "\n./small-network.yaml,random,%lf,%lf,%lf,%lf", &cost_j, &low_j, &high_j, &energy_j) == 4);
    cr_expect(fabs(cost_j - 7.0) < 1e-12 && fabs(energy_j - 3.5) < 1e-12 && low_j < 6.98 && high_j > 7.02);
    save_and_print(4, 0.01, "--format csv");
    cr_expect(command_says(&said, "\n./a&b_net.yaml,cloud-only,6.5,,,3.25,,,"), "no interval: %s", said.out);
    save_and_print(5, 0.0, "--summary --format csv");
    cr_expect(strncmp(said.out, "policy,cost_ratio,cost_ratio_low,", 33) == 0);
    cr_expect(command_says(&said, "\nall rivals,,,,,,,,,,,,,,,,20.75396"), "%s", said.out);
    save_and_print(5, 0.0, "--profile --format csv");
    cr_expect(command_says(&said, "\nrandom,4,0,0,0\n") && !command_says(&said, "oracle-all"), "%s", said.out);
}

Test(experiment_prints, options_are_shown_as_typed_and_are_numbers_to_programs)
{
    made_up_save(5, 0.0);
    command_shell("sed -i 's/rows: .network/rows: [eta/' made-up.yaml; \"$DVFO\" " TABLE "| head -2; \"$DVFO\" " TABLE
                  "--format csv | sed -n 2p; \"$DVFO\" " TABLE "--format json | head -5",
                  &said);
    cr_expect(strncmp(said.out, "eta  policy ", 12) == 0, "%s", said.out);
    expect_lines((const char *const[]){"\n0.2  edge-only ", "\n0.2,edge-only,10,", "\n    \"eta\": 0.2", NULL});
}

Test(experiment_prints, latex_and_markdown_escape_what_means_something_to_them)
{
    save_and_print(5, 0.01, "--format latex");
    expect_lines((const char *const[]){
        "\\begin{tabular}{llllll}\n\\toprule\nnetwork & policy & cost\\_j & energy\\_j & cost\\_saving\\_percent & ",
        "\\midrule\n./a\\&b\\_net.yaml & edge-only & 10.00 [9.910, 10.08] & ",
        "& -68.2 \\\\\n\\bottomrule\n\\end{tabular}\n", NULL});
    save_and_print(5, 0.0, "--format markdown");
    expect_lines((const char *const[]){"| network | policy | cost_j | energy_j | cost_saving_percent |",
                                       "\n| --- | --- | ---",
                                       "\n| ./a&b_net.yaml | random | 6.500 | 3.250 | 35.0 | 1.19 |\n", NULL});
    save_and_print(5, 0.0, "--summary --format latex");
    expect_lines((const char *const[]){"policy & cost\\_ratio & ", "\nbest rival & 0.6236 & ", NULL});
}

/* ---- records on disk ---- */

Test(experiment_prints, a_record_comes_back_bit_by_bit_from_its_file)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_record record = {.rails = 2, .rail = {"CPU", "other"}, .rail_j = {0.1, 1.0 / 3.0}}, back;
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        record.number[i] = dvfo_trial_columns[i].value == NULL || i % 7 == 0 ? (double)NAN : 1.0 / (3.0 + (double)i);
    }
    snprintf(record.text[2], DVFO_RECORD_TEXT, "dvfo \"quoted\" \\ µ");
    record.cause_j[DVFO_CAUSE_WAIT] = 5e-324;
    cr_assert(dvfo_record_save(&ctx, &record, "a: 1\nb: 2\n", NULL, "00ff", "record.json") == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_record_load(&ctx, "record.json", "00ff", &back) == DVFO_RECORD_WHOLE, "%s", ctx.message);
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        cr_expect(isnan(record.number[i]) ? isnan(back.number[i]) : back.number[i] == record.number[i], "%s",
                  dvfo_trial_columns[i].name);
    }
    for (size_t t = 0; t < 3; t++) {
        cr_expect_str_eq(back.text[t], record.text[t]);
    }
    cr_expect(back.rails == 2);
    cr_expect(memcmp(record.rail_j, back.rail_j, 2 * sizeof(double)) == 0 && strcmp(back.rail[1], "other") == 0);
    cr_expect(memcmp(record.cause_j, back.cause_j, sizeof back.cause_j) == 0);
    cr_expect(dvfo_record_load(&ctx, "none.json", "00ff", &back) == DVFO_RECORD_MISSING);
    cr_expect(dvfo_record_load(&ctx, "record.json", "00fe", &back) == DVFO_RECORD_SPOILT);
}

/* ---- numbers of others ---- */

#define HEADING "id,condition,value,unit,provenance\n"
#define RANDOM_ROW "made-up,network=./small-network.yaml;policy=random;measure="

Test(experiment_prints, numbers_of_others_stand_beside_ours)
{
    static const char reference[] = HEADING RANDOM_ROW "cost_j,8,J,\"Table 3, page 4\"\n"
                                                       "another,anything at all,1,J,somewhere\n\n" RANDOM_ROW
                                                       "cost_saving_percent,25,percent,read from Figure 2\n";
    command_write("paper.csv", reference, strlen(reference));
    save_and_print(5, 0.01, "--reference paper.csv");
    expect_lines((const char *const[]){
        "\nbeside numbers of others:\ncondition ", "  reference   ours  difference_percent  unit     provenance\n",
        "network=./small-network.yaml;policy=random;measure=cost_j                   8.000  7.000               -12.5  "
        "J        Table 3, page 4\n",
        "network=./small-network.yaml;policy=random;measure=cost_saving_percent      25.00  30.00                20.0  "
        "percent  read from Figure 2\n\n",
        NULL});
    cr_expect(!command_says(&said, "somewhere"), "%s", said.out);
    save_and_print(5, 0.01, "--reference paper.csv --format csv");
    cr_expect(command_says(&said, "measure=cost_j,8,7,-12.5,J,\"Table 3, page 4\"\n"), "%s", said.out);
}

Test(experiment_prints, numbers_of_others_that_mean_none_of_ours_are_refused_with_their_line)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {HEADING RANDOM_ROW "cost_j,8,J,here\n" RANDOM_ROW "cost_j,8,mJ,here\n",
         "paper.csv:3: unit is 'mJ', expected 'J' of cost_j"},
        {HEADING RANDOM_ROW "latency_s,8,s,here\n", "paper.csv:2: the table has no column 'latency_s'"},
        {HEADING RANDOM_ROW "cost_j,many,J,here\n", "paper.csv:2: value is 'many', expected a number"},
        {HEADING RANDOM_ROW "cost_j,8,J\n", "paper.csv:2: has 4 fields, expected 5"},
        {HEADING "made-up,policy=random;measure=cost_j,8,J,here\n",
         "paper.csv:2: the condition means 2 rows of the table, expected one"},
        {HEADING "made-up,network=./small-network.yaml;policy=dvfo;measure=cost_j,8,J,here\n",
         "paper.csv:2: the condition means 0 rows of the table, expected one"},
        {HEADING "made-up,eta=0.2;policy=random;measure=cost_j,8,J,here\n",
         "paper.csv:2: rows of the table aren't told apart by 'eta'"},
        {HEADING "made-up,network=./small-network.yaml;policy=random,8,J,here\n",
         "paper.csv:2: the condition names no measure"},
        {HEADING "made-up,random;measure=cost_j,8,J,here\n",
         "paper.csv:2: 'random' is no condition, expected KEY=VALUE"},
        {"id,value,unit\n", "paper.csv:1: expected the columns id,condition,value,unit,provenance"},
        {HEADING "another,policy=random;measure=cost_j,8,J,here\n", "paper.csv: has no row of experiment 'made-up'"},
        {"", "paper.csv: is empty"},
    };
    made_up_save(5, 0.0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_write("paper.csv", rows[i].text, strlen(rows[i].text));
        command_dvfo(TABLE "--reference paper.csv", &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s: exit %d: %s", rows[i].says, said.code,
                  said.err);
        cr_expect(command_says(&said, rows[i].says), "expected %s: %s", rows[i].says, said.err);
    }
}

Test(experiment_prints, a_figure_with_numbers_of_its_own_has_a_table_of_them)
{
    command_dvfo("bench table overhead --set board=jetson-nano --set network=resnet-18", &said);
    cr_expect(said.code == 0 && command_says(&said, "energy_percent") && command_says(&said, "attention"), "%s",
              said.err);
    command_dvfo("bench table overhead --set board=jetson-nano --set network=resnet-18 --format csv > table.csv && "
                 "$DVFO plot overhead -b jetson-nano -n resnet-18 > /dev/null && cmp table.csv overhead.csv",
                 &said);
    cr_expect(said.code == 0, "its CSV is the figure's: %s", said.err);
}

Test(experiment_prints, what_can_not_be_shown_is_told_in_one_sentence)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {TABLE "--seeds 6",
         "20 of 120 trials aren't in folder 'results'; 'dvfo bench run made-up.yaml --seeds 6' runs them"},
        {TABLE "--out none",
         "100 of 100 trials aren't in folder 'none'; 'dvfo bench run made-up.yaml --out none' runs"},
        {TABLE "--format xml", "--format is 'xml'"},
        {TABLE "--summary --subject dvfo", "names policy 'dvfo', which the plan doesn't run"},
        {TABLE "--set policy=random,edge-only",
         "the table of made-up names policy 'cloud-only', which the plan doesn't run"},
        {TABLE "headline", "2 experiments are named, expected one"},
        {"bench table overhead --summary", "overhead compares no policies"},
        {TABLE "--reference none.csv", "none.csv: cannot be read"},
    };
    made_up_save(5, 0.0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].line, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s: exit %d: %s%s", rows[i].line, said.code,
                  said.out, said.err);
        cr_expect(command_says(&said, rows[i].says), "%s says %s", rows[i].line, said.err);
    }
    command_shell("sed -i '/^compare:/,$d' made-up.yaml; \"$DVFO\" " TABLE "--summary", &said);
    cr_expect(said.code == 2 && command_says(&said, "made-up compares no policies"), "%s", said.err);
}
