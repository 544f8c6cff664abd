/* Plans of experiments: which trials they mean, what the user may change, and that every mistake is told before
 * anything runs, in one sentence with file, line and key. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "bench/batch/plan.h"
#include "experiment.h"

static struct said said;
static struct dvfo_plan plan; /* large */

TestSuite(plans, .init = experiment_make_folder, .fini = command_remove_folder, .timeout = 60);

static void load_as(const char *name, const struct dvfo_plan_changes *changes)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_plan_load(&ctx, name, changes, &plan) == DVFO_OK, "%s", ctx.message);
}

/* @param set  changes, NULL at the end */
static void load_with(bool quick, const char *const set[])
{
    struct dvfo_plan_changes changes = {.quick = quick, .set = set};
    while (set[changes.sets] != NULL) {
        changes.sets++;
    }
    load_as("small-plan.yaml", &changes);
}

/* "key=value" of each point, a point a line, for options that vary. */
static void expect_points(const char *const keys[], const char *expected)
{
    char text[2048] = "";
    for (size_t point = 0; point < dvfo_plan_points(&plan); point++) {
        for (size_t k = 0; keys[k] != NULL; k++) {
            const char *value = dvfo_plan_value(&plan, point, keys[k]);
            const size_t length = strlen(text);
            snprintf(text + length, sizeof text - length, "%s%s", k > 0 ? " " : "", value != NULL ? value : "none");
        }
        strncat(text, "\n", sizeof text - strlen(text) - 1);
    }
    cr_expect_str_eq(text, expected);
}

static void expect_list(const struct dvfo_plan_list *list, const char *expected)
{
    char text[512] = "";
    for (size_t i = 0; i < list->count; i++) {
        const size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? " " : "", list->entry[i]);
    }
    cr_expect_str_eq(text, expected);
}

/* ---- points ---- */

Test(plans, points_are_all_combinations_with_the_last_factor_fastest)
{
    command_edit("small-plan.yaml", "  eta: [0.2, 0.8]", "  eta: [0.2, 0.8]\n  lambda: [0.1, 0.5, 0.9]",
                 "small-plan.yaml");
    load_with(false, (const char *const[]){NULL});
    expect_points((const char *const[]){"eta", "lambda", "requests", NULL}, "0.2 0.1 20\n0.2 0.5 20\n0.2 0.9 20\n"
                                                                            "0.8 0.1 20\n0.8 0.5 20\n0.8 0.9 20\n");
    expect_list(&plan.policies, "edge-only cloud-only random dvfo");
    cr_expect(plan.seeds == 2);
    dvfo_plan_free(&plan);
}

Test(plans, options_that_go_together_vary_together_after_the_others)
{
    command_edit("small-plan.yaml", "agents:",
                 "zip:\n  - {lambda: [0.1, 0.9], rtt: [1, 7]}\n  - {timeout: [2, 3], requests: [5, 6]}\nagents:",
                 "small-plan.yaml");
    load_with(false, (const char *const[]){NULL});
    expect_points((const char *const[]){"eta", "lambda", "rtt", "timeout", "requests", NULL},
                  "0.2 0.1 1 2 5\n0.2 0.1 1 3 6\n0.2 0.9 7 2 5\n0.2 0.9 7 3 6\n"
                  "0.8 0.1 1 2 5\n0.8 0.1 1 3 6\n0.8 0.9 7 2 5\n0.8 0.9 7 3 6\n");
    dvfo_plan_free(&plan);
}

Test(plans, the_quick_size_names_what_is_smaller_and_leaves_the_rest)
{
    load_with(true, (const char *const[]){NULL});
    expect_points((const char *const[]){"eta", "requests", NULL}, "0.5 20\n");
    expect_list(&plan.policies, "edge-only cloud-only random dvfo");
    cr_expect(plan.seeds == 1);
    cr_expect_str_eq(plan.agent[0].steps, "1000");
    dvfo_plan_free(&plan);
    command_edit("small-plan.yaml", "  sweep: {eta: [0.5]}", "  set: {eta: 0.3, requests: 7}", "small-plan.yaml");
    load_with(true, (const char *const[]){NULL});
    expect_points((const char *const[]){"eta", "requests", NULL}, "0.3 7\n");
    dvfo_plan_free(&plan);
    load_as("small-plan.yaml", &(struct dvfo_plan_changes){.quick = true, .seeds = 9});
    cr_expect(plan.seeds == 9, "what the user says comes last");
    dvfo_plan_free(&plan);
}

/* ---- what the user changes ---- */

Test(plans, values_of_a_factor_are_replaced_where_it_stands)
{
    load_with(false, (const char *const[]){"eta=0.1,0.3,0.5", "requests=5,6", "policy=random", NULL});
    expect_points((const char *const[]){"eta", "requests", NULL}, "0.1 5\n0.1 6\n0.3 5\n0.3 6\n0.5 5\n0.5 6\n");
    expect_list(&plan.policies, "random");
    dvfo_plan_free(&plan);
}

Test(plans, an_option_is_set_for_all_trials_and_a_factor_of_one_value_stays_one)
{
    load_with(true, (const char *const[]){"lambda=0.25", "requests=3", "eta=0.9", NULL});
    expect_points((const char *const[]){"lambda", "requests", "eta", NULL}, "0.25 3 0.9\n");
    cr_expect(plan.factors == 1);
    dvfo_plan_free(&plan);
}

Test(plans, agents_are_trained_as_long_as_the_user_says)
{
    load_with(true, (const char *const[]){"agents.steps=300", NULL});
    cr_expect_str_eq(plan.agent[0].steps, "300");
    dvfo_plan_free(&plan);
    load_with(false, (const char *const[]){"agents.dvfo.steps=400", NULL});
    cr_expect_str_eq(plan.agent[0].steps, "400");
    dvfo_plan_free(&plan);
}

Test(plans, a_table_that_is_not_described_has_rows_for_all_that_varies)
{
    command_shell("sed -i '/^table:/,$d' small-plan.yaml", &said);
    load_with(false, (const char *const[]){NULL});
    expect_list(&plan.table.rows, "eta policy");
    dvfo_plan_free(&plan);
    load_with(false, (const char *const[]){"lambda=0.1,0.2", NULL});
    expect_list(&plan.table.rows, "eta lambda policy");
    dvfo_plan_free(&plan);
}

Test(plans, policies_of_tables_that_the_user_leaves_out_are_no_mistake_of_the_plan)
{
    load_with(false, (const char *const[]){"policy=random,edge-best", NULL});
    expect_list(&plan.policies, "random edge-best");
    dvfo_plan_free(&plan);
}

Test(plans, every_experiment_of_ours_is_sound_in_both_sizes)
{
    char **names = NULL;
    size_t count = 0;
    cr_assert(dvfo_data_names(NULL, "bench/experiments", ".yaml", &names, &count) == DVFO_OK && count > 0);
    for (size_t i = 0; i < count; i++) {
        size_t trials[2];
        for (int quick = 0; quick < 2; quick++) {
            load_as(names[i], &(struct dvfo_plan_changes){.quick = quick == 1});
            trials[quick] = dvfo_plan_points(&plan) * plan.policies.count * (size_t)plan.seeds;
            dvfo_plan_free(&plan);
        }
        cr_expect(trials[1] <= trials[0], "%s is no larger when it is quick", names[i]);
    }
    dvfo_data_names_free(names, count);
}

/* ---- mistakes ---- */

Test(plans, a_mistake_is_told_with_file_line_and_key_before_anything_runs)
{
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"title:", "titel:", "small-plan.yaml:2: unknown key 'titel'; did you mean 'title'?"},
        {"title: Small made-up experiment", "world: board\ntitle: T", ":2: 'world' is 'board', expected sim"},
        {"requests:", "reqests:", ":3: unknown option 'reqests'; did you mean 'requests'?"},
        {"requests: 20", "requests: 0", ":3: --requests is '0', expected"},
        {"requests: 20", "requests: 20, requests: 30", ":3: the key 'requests' stands here a second time"},
        {"requests: 20", "seed: 3", ":3: 'seed' can't be set here, expected 'seeds' at the top"},
        {"board: ./small-board.yaml, ", "", ":2: no 'board' is named"},
        {"./small-board", "./big-board", ":3: 'board': ./big-board.yaml: cannot be read: No such file"},
        {"./small-board.yaml", "jetson-nana", ":3: 'board': unknown board 'jetson-nana'; did you mean"},
        {"\"model:wifi\"", "wifi.csv", ":3: 'trace': wifi.csv: cannot be read"},
        {"0.2, 0.8", "0.2, 8", ":5: --eta is '8', expected a number from 0 to 1"},
        {"eta: [0.2, 0.8]", "eta: []", ":5: 'eta' has 0 entries"},
        {"eta: [0.2, 0.8]", "eta:", ":5: 'eta' is empty"},
        {"eta: [0.2, 0.8]", "seed: [1, 2]", ":5: 'seed' can't vary here"},
        {"agents:", "zip:\n  - lambda: [0.1]\n    rtt: [1, 7]\nagents:",
         ":9: 'rtt' has 2 values but 'lambda' has 1, expected as many: they go together"},
        {"agents:", "zip: [{eta: [0.1]}]\nagents:", ":7: 'eta' varies already"},
        {"agents:", "zip: [{seed: [1, 2]}]\nagents:", ":7: 'seed' can't vary here"},
        {"random, dvfo", "random, random", ":6: 'policy' names 'random' twice"},
        {"random, dvfo", "randm, dvfo", ":6: unknown policy 'randm'; did you mean 'random'?"},
        {"random, dvfo", "random, ztt", ":6: ztt has to be trained, expected it below 'agents'"},
        {"random, dvfo", "random, dvfo, \"dvfo:none.h5\"", ":6: 'policy': none.h5: cannot be read"},
        {"policy: [edge-only, cloud-only, random, dvfo]", "lambda: 0.5", ":2: no 'policy' is named"},
        {"steps: 2000", "steps: many", ":9: agent 'dvfo': 'steps' is 'many', expected a whole number"},
        {"steps: 2000", "preset: dvfoo", ":9: agent 'dvfo': unknown preset 'dvfoo'; did you mean 'dvfo'?"},
        {"steps: 2000", "step: 2000", ":9: unknown key 'step'; did you mean 'steps'?"},
        {"steps: 2000", "eta: [0.5, 2]", ":9: agent 'dvfo': 'eta' has '2', expected numbers from 0 to 1"},
        {"steps: 2000", "trace: [wifi.csv]", ":9: agent 'dvfo': wifi.csv: cannot be read"},
        {"steps: 2000", "per: [boards]", ":9: 'per' has 'boards', expected board, network, trace, eta"},
        {"steps: 2000", "options: {board: x}", ":9: agent 'dvfo': 'options' has 'board', which is the plan's to say"},
        {"steps: 2000", "options: {eta: 3}", ":9: agent 'dvfo': --eta is '3', expected a number from 0 to 1"},
        {"learner.batch:", "learner.bach:", ":9: agent 'dvfo': learner.bach=16:1: unknown key 'bach'; did you mean"},
        {"learner.batch: 16", "learner.batch: -1", ":9: agent 'dvfo': learner.batch=-1:1: 'batch' is"},
        {"  dvfo:", "  dvfo: {}\n  dvfo:", ":10: the key 'dvfo' stands here a second time"},
        {"seeds: 2", "seeds: 0", ":12: 'seeds' is '0', expected a whole number from 1"},
        {"[0.5]", "[5]", ":16: --eta is '5', expected a number from 0 to 1"},
        {"steps: 1000", "step: 1000", ":15: unknown key 'step'"},
        {"rows: [eta", "rows: [etta", ":18: 'rows' has 'etta', expected policy, or options that the plan names"},
        {"columns: [energy_j", "columns: [energy",
         ":19: 'columns': unknown measure 'energy'; did you mean 'energy_j'?"},
        {"baseline: edge-only", "baseline: edge-best",
         ":20: 'baseline' names policy 'edge-best', which the plan doesn't run"},
        {"saving: [cost_j]", "saving: [cost]", ":21: 'saving': unknown measure 'cost'"},
        {"best: [edge-only", "best: [edge-best", ":22: 'best' names policy 'edge-best'"},
        {"subject: dvfo", "subject: ztt", ":24: 'subject' names policy 'ztt', which the plan doesn't run"},
        {"rivals: [edge-only", "rivals: [edge-best", ":25: 'rivals' names policy 'edge-best'"},
        {"measures: [energy_j", "measures: [energy", ":26: 'measures': unknown measure 'energy'"},
        {"oracle: random", "oracle: oracle-all", ":27: 'oracle' names policy 'oracle-all'"},
        {"oracle: random", "reference: edge-best", ":27: 'reference' names policy 'edge-best'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool quick = strstr(rows[i].says, ":16: ") != NULL;
        command_edit("small-plan.yaml", rows[i].from, rows[i].to, "small-plan.yaml");
        command_dvfo(quick ? "bench run small-plan.yaml --quick" : "bench run small-plan.yaml", &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s: exit %d: %s", rows[i].to, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "%s says %s", rows[i].to, said.err);
        cr_expect(access("results", F_OK) != 0, "%s runs something", rows[i].to);
    }
}

Test(plans, a_tag_stands_for_all_plans_that_have_it)
{
    command_dvfo("bench run tag:map --quick --dry-run --set board=xavier-nx --set network=vit-b16", &said);
    cr_expect(said.code == 0 && command_says(&said, "--policy oracle-all"), "%s", said.err);
    command_dvfo("bench run tag:none-has-this --dry-run", &said);
    cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, "none-has-this"), "%s", said.err);
}

Test(plans, a_mistake_of_the_user_is_told_as_typed_before_anything_runs)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"--set eta", "--set is 'eta', expected KEY=VALUE"},
        {"--set eta=", "--set is 'eta=', expected KEY=VALUE"},
        {"--set eta=0.1,", "--set eta=: --eta is '', expected a number from 0 to 1"},
        {"--set eta=0.1,7", "--set eta=7: --eta is '7', expected a number from 0 to 1"},
        {"--set eta=0.1,0.1", "--set eta names '0.1' twice"},
        {"--set etta=0.1", "--set etta=0.1: unknown option 'etta'; did you mean 'eta'?"},
        {"--set seed=3", "expected --seeds N"},
        {"--set policy=randm", "--set policy=randm: unknown policy 'randm'; did you mean 'random'?"},
        {"--set policy=ztt", "--set policy=ztt: ztt has to be trained, expected it below 'agents'"},
        {"--set board=jetson-nana", "--set board=jetson-nana: 'board': unknown board 'jetson-nana'; did you mean"},
        {"--set rtt=9", "'rtt' goes together with others: it can't vary alone"},
        {"--set agents.steps=none", "--set agents.steps=none: expected agents[.NAME].steps=N"},
        {"--set agents.ztt.steps=9", "small-plan trains no such agent"},
        {"--set agents.dvfo.gamma=1", "expected agents[.NAME].steps=N"},
        {"--seeds 0", "--seeds is '0', expected a whole number from 1"},
        {"--jobs none", "--jobs is 'none', expected a whole number from 1"},
        {"--shard 4/3", "--shard is '4/3', expected I/N"},
        {"--shard 0/3", "--shard is '0/3', expected I/N"},
        {"small-plan.yaml", "'small-plan.yaml' is named twice"},
        {"headlines", "unknown experiment 'headlines'; did you mean 'headline'?"},
        {"none.yaml", "none.yaml: cannot be read: No such file"},
    };
    command_edit("small-plan.yaml", "agents:", "zip: [{lambda: [0.1, 0.9], rtt: [1, 7]}]\nagents:", "small-plan.yaml");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "bench run small-plan.yaml %s", rows[i].arguments);
        command_dvfo(line, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s: exit %d: %s", line, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "%s says %s", line, said.err);
        cr_expect(access("results", F_OK) != 0, "%s runs something", line);
    }
}
