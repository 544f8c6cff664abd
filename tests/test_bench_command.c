/* dvfo bench as a user types it, and the figures that train agents. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/regret.h"
#include "bench/workers.h"
#include "command.h"

/* One cell; agents of one round. */
#define CELL                                                                                                           \
    "bench table regret -b $DATA/small-board.yaml -n $DATA/small-network.yaml -t model:wifi --etas 0.5 --seeds 2 "     \
    "--steps 1 --draws 2 --requests 20 --rivals cloud-only "

static struct said said;

TestSuite(bench_command, .init = command_make_folder, .fini = command_remove_folder, .timeout = 300);

/* ---- workers ---- */

static dvfo_status square(struct dvfo_ctx *ctx, void *user, size_t task)
{
    if (task == 7) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "seven is refused");
    }
    ((double *)user)[task] = (double)(task * task);
    return DVFO_OK;
}

Test(bench_command, workers_write_where_their_number_says)
{
    double *squares = dvfo_workers_share(7 * sizeof *squares);
    for (long jobs = 1; jobs <= 3; jobs++) {
        const struct dvfo_workers_def def = {.tasks = 7, .jobs = jobs, .user = squares, .work = square};
        struct dvfo_ctx ctx = {0};
        memset(squares, 0, 7 * sizeof *squares);
        cr_assert_eq(dvfo_workers_run(&ctx, &def), DVFO_OK);
        for (size_t i = 0; i < 7; i++) {
            cr_expect_eq(squares[i], (double)(i * i));
        }
    }
    dvfo_workers_unshare(squares, 7 * sizeof *squares);
}

Test(bench_command, a_worker_that_fails_is_told_with_its_sentence)
{
    double *squares = dvfo_workers_share(9 * sizeof *squares);
    const struct dvfo_workers_def def = {.tasks = 9, .jobs = 2, .user = squares, .work = square};
    struct dvfo_ctx ctx = {0};
    cr_expect_eq(dvfo_workers_run(&ctx, &def), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "seven is refused");
    dvfo_workers_unshare(squares, 9 * sizeof *squares);
}

/* ---- verdicts ---- */

Test(bench_command, a_gap_worth_it_is_told_by_how_much_was_closed)
{
    /* gap (0.9 - 0.5) / 0.9 = 44.4 %; closed (0.9 - 0.6) / 0.4 = 75 % */
    struct dvfo_regret_cell cell = {.fixed = 0.9,
                                    .informed = 0.5,
                                    .oracle = 0.4,
                                    .edge_best = 0.95,
                                    .agent = {0.7, 0.55, 0.6},
                                    .rival = {0.58, 0.8}};
    char *rivals[] = {"near", "far"};
    struct dvfo_regret_verdict verdict = dvfo_regret_verdict_of(&cell, 3, rivals, 2);
    cr_expect_eq(verdict.agent, 0.6);
    cr_expect_eq(verdict.least, 0.55);
    cr_expect_eq(verdict.most, 0.7);
    cr_expect_float_eq(verdict.gap_percent, 400.0 / 9.0, 1e-9);
    cr_expect_float_eq(verdict.closed_percent, 75.0, 1e-9);
    cr_expect(isnan(verdict.over_fixed_percent) && !verdict.reached);
    cr_expect_str_eq(verdict.best_rival, "near");
    cr_expect(verdict.lowest, "0.58 lies among the seeds");
    cell.rival[0] = 0.54;
    cell.agent[2] = 0.56; /* closed 85 % */
    verdict = dvfo_regret_verdict_of(&cell, 3, rivals, 2);
    cr_expect(verdict.reached && !verdict.lowest);
}

Test(bench_command, a_small_gap_is_told_against_the_fixed_setting)
{
    struct dvfo_regret_cell cell = {
        .fixed = 0.8, .informed = 0.79, .oracle = 0.7, .edge_best = 0.9, .agent = {0.807}, .rival = {1.5}};
    char *rivals[] = {"dear"};
    struct dvfo_regret_verdict verdict = dvfo_regret_verdict_of(&cell, 1, rivals, 1);
    cr_expect(isnan(verdict.closed_percent) && verdict.reached);
    cr_expect_float_eq(verdict.over_fixed_percent, 0.875, 1e-9);
    cr_expect_str_eq(verdict.best_rival, "edge-best");
    cell.agent[0] = 0.809;
    verdict = dvfo_regret_verdict_of(&cell, 1, rivals, 1);
    cr_expect(!verdict.reached, "1.125 %% is too much");
    cell.informed = (double)NAN; /* a recording: the oracle that knows it */
    verdict = dvfo_regret_verdict_of(&cell, 1, rivals, 1);
    cr_expect_float_eq(verdict.gap_percent, 12.5, 1e-9);
}

/* ---- the table ---- */

Test(bench_command, a_table_runs_through_and_goes_on_where_it_was)
{
    command_dvfo(CELL, &said);
    cr_assert(said.code == 0, "exit %d: %s", said.code, said.err);
    cr_expect(command_says(&said, "reached: ") && command_says(&said, " of 1 cells"));
    cr_expect(command_says(&said, "seed 2 trained"));
    command_shell("ls regret | sed 's/_[0-9a-f]*\\.h5/ H/'", &said);
    cr_expect_str_eq(said.out, "regret.csv\nsmall-board_small-network_model-wifi_s1 H\n"
                               "small-board_small-network_model-wifi_s2 H\n");
    command_shell("cp regret/regret.csv before; touch -d 2001-01-01 regret/*.h5; rm regret/*_s2_*", &said);
    command_dvfo(CELL "--format csv", &said);
    cr_expect(said.code == 0 && !command_says(&said, "seed 1 trained") && command_says(&said, "seed 2 trained"), "%s",
              said.err);
    command_write("printed", said.out, strlen(said.out));
    command_shell("cmp printed before && cmp printed regret/regret.csv && find regret -name '*_s1_*' ! -newer /etc",
                  &said);
    cr_expect(said.code == 0 && command_says(&said, "_s1_"), "%s%s", said.out, said.err);
    command_dvfo(CELL "--etas 0.2", &said);
    cr_expect(command_says(&said, "seed 1 trained"), "other conditions, other agents");
}

Test(bench_command, how_many_work_at_once_changes_no_byte)
{
    command_shell("set -e; \"$DVFO\" " CELL "--etas 0.2,0.8 --jobs 1 --format csv --out one > one.csv\n"
                  "\"$DVFO\" " CELL "--etas 0.2,0.8 --jobs 2 --format csv --out two > two.csv\n"
                  "cmp one.csv two.csv; cmp one/regret.csv two/regret.csv; cmp one.csv one/regret.csv\n"
                  "for f in one/*.h5; do cmp $f two/${f#one/}; done; wc -l < one.csv",
                  &said);
    cr_expect(said.code == 0 && strcmp(said.out, "3\n") == 0, "exit %d: %s%s", said.code, said.out, said.err);
}

Test(bench_command, an_interrupted_table_keeps_its_agents)
{
    command_shell("\"$DVFO\" " CELL
                  "--seeds 20 --jobs 1 & until ls regret/*_s1_*.h5 >/dev/null 2>&1; do sleep 0.01; done\n"
                  "kill -INT $!; wait $!",
                  &said);
    cr_expect(said.code == 130 && command_says(&said, "the same command goes on"), "exit %d: %s", said.code, said.err);
    command_shell("ls -A regret | grep part-; ls regret/*_s1_*.h5", &said);
    cr_expect(said.code == 0 && !command_says(&said, "part-"), "%s", said.out);
}

Test(bench_command, a_wrong_argument_is_told_in_one_sentence)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"bench", "no verb is given, expected list, run, table"},
        {"bench tabel", "did you mean 'table'?"},
        {"bench table", "no experiment is named; 'dvfo bench list' shows what there is"},
        {"bench table regrets", "unknown experiment 'regrets'; 'dvfo list experiments' shows the known ones"},
        {"bench list headline", "unexpected argument 'headline'"},
        {"bench table regret --sedes 2", "unrecognized option '--sedes'"},
        {CELL "-p dvfo", "--policy has no effect on this table"},
        {CELL "--etas 0.5,2", "--etas has '2', expected numbers from 0 to 1"},
        {CELL "--etas 0.5,0.5", "--etas names '0.5' twice"},
        {CELL "--etas 0.5,,1", "an entry of the list is empty"},
        {CELL "--rivals oracle-all", "'oracle-all', which knows the link"},
        {CELL "--rivals dvfo", "policy 'dvfo' needs an agent"},
        {CELL "--rivals nothing", "nothing"},
        {CELL "-t model:wify", "did you mean 'wifi'?"},
        {CELL "--preset dvfoo", "did you mean 'dvfo'?"},
        {CELL "--steps none", "--steps is 'none'"},
        {CELL "--format xml", "xml"},
        {CELL "--out /dev/null/regret", "cannot be made"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].line, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s: exit %d: %s", rows[i].line, said.code,
                  said.err);
        cr_expect(command_says(&said, rows[i].says), "%s says %s", rows[i].line, said.err);
    }
}

/* ---- figures ---- */

Test(bench_command, figures_that_train_are_listed)
{
    command_dvfo("plot --help", &said);
    cr_expect(command_says(&said, "\n  learning-curves\n") && command_says(&said, "\n  adaptation\n"));
    command_dvfo("plot learning-curves -p edge-only", &said);
    cr_expect(said.code == 2 && command_says(&said, "--policy has no effect on learning-curves"), "%s", said.err);
    command_dvfo("plot adaptation -n vit-b16,resnet-18", &said);
    cr_expect(said.code == 2 && command_says(&said, "adaptation shows at most 1 networks"), "%s", said.err);
}

Test(bench_command, adaptation_has_a_row_for_each_second_and_the_drop_in_it)
{
    command_dvfo("plot adaptation -b jetson-nano -n vit-b16 -p edge-best,cloud-only", &said);
    cr_assert(said.code == 0, "%s", said.err);
    command_shell(
        "awk -F, 'NR > 1 && $1 == \"edge-best\" { n += $12; if ($3 < least || NR == 2) least = $3; share += $4 }\n"
        "$1 == \"cloud-only\" && $2 == 10 { print $3, $4 }\n"
        "END { print least, share, (n > 100) }' adaptation.csv",
        &said);
    cr_expect_str_eq(said.out, "20 1\n0 0 1\n", "%s", said.out);
}
