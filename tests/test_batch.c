/* A batch of trials: the same bytes however many work at once, nothing made twice, a spoilt file made again and told,
 * and one that fails beside all the others. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "experiment.h"

#define RUN "\"$DVFO\" bench run small-plan.yaml "

static struct said said;

TestSuite(batch, .init = experiment_make_folder, .fini = command_remove_folder, .timeout = 120);

static void shell(const char *line)
{
    experiment_shell(line, &said);
}

static void expect_done(void)
{
    cr_assert(said.code == 0, "exit %d: %s%s", said.code, said.out, said.err);
}

/* ---- the same results ---- */

Test(batch, how_many_work_at_once_changes_no_byte)
{
    shell("set -e; for j in 1 2 5; do " RUN "--jobs $j --out by-$j; bytes by-$j > bytes-$j; wc -l < bytes-$j\n"
          "\"$DVFO\" bench merge small-plan.yaml --out by-$j --to $j.h5; done\n"
          "cmp bytes-1 bytes-2; cmp bytes-1 bytes-5; cmp 1.h5 2.h5; cmp 1.h5 5.h5");
    expect_done();
    cr_expect_str_eq(said.out, "18\n1.h5\n18\n2.h5\n18\n5.h5\n");
}

Test(batch, a_batch_that_is_done_runs_nothing)
{
    shell(RUN);
    expect_done();
    cr_expect(command_says(&said, "16 trials, 0 of them there already; 2 agents to train"), "%s", said.err);
    cr_expect(command_says(&said, "\n16 trials in "), "%s", said.err);
    shell("places results > before; " RUN " && places results | cmp before");
    expect_done();
    cr_expect_str_eq(said.err, "16 trials, 16 of them there already; 0 agents to train\n");
}

Test(batch, other_conditions_are_other_trials_and_what_they_share_is_not_run_again)
{
    shell(RUN "--seeds 1 && places results > before && " RUN);
    expect_done();
    cr_expect(command_says(&said, "16 trials, 8 of them there already; 1 agents to train"), "%s", said.err);
    shell("places results | comm -23 before - | wc -l; " RUN "--set requests=21 --set policy=random --dry-run");
    expect_done();
    cr_expect(strncmp(said.out, "0\n", 2) == 0 && command_says(&said, "4 trials, 0 of them there already; 0 agents"),
              "%s%s", said.out, said.err);
    shell("sed -i 's/value: 8,/value: 9,/' small-board.yaml; " RUN "--dry-run >/dev/null");
    cr_expect(command_says(&said, "16 trials, 0 of them there already; 2 agents"), "another board: %s", said.err);
}

Test(batch, an_agent_of_the_users_is_among_what_a_trial_is_made_from)
{
    shell("set -e; " RUN "; cp results/agents/*_s1_* mine.h5\n"
          "sed -i 's/cloud-only, random, dvfo/\"dvfo:mine.h5\", cloud-only/; /^agents:/,/^seeds/d; /^quick:/,$d' "
          "small-plan.yaml; " RUN);
    expect_done();
    shell("cp results/agents/*_s2_* mine.h5; " RUN " --dry-run");
    cr_expect(command_says(&said, "6 trials, 4 of them there already"), "the file is another: %s%s", said.out,
              said.err);
}

/* ---- spoilt files ---- */

/* Spoils the record of random at eta 0.8 and expects that it alone is made again, as it was. */
static void expect_made_again(const char *spoil, const char *says)
{
    char line[2048];
    snprintf(line, sizeof line,
             "set -e; r=$(record results random 0.8); other=$(record results edge-only 0.2)\n"
             "places results | grep -v ${r#results/} > before; bytes results > bytes\n"
             "%s\n" RUN
             "--dry-run > dry; cut -d' ' -f1,2 dry; grep -o 'eta 0.8.*seed 1.*policy random' dry | wc -l\n" RUN "\n"
             "places results | grep -v ${r#results/} | cmp before; bytes results | cmp bytes",
             spoil);
    shell(line);
    cr_expect(said.code == 0, "%s: exit %d: %s%s", spoil, said.code, said.out, said.err);
    cr_expect_str_eq(said.out, "dvfo run\n1\n", "%s: that trial alone", spoil);
    cr_expect(strstr(said.err, "dvfo: note: results/trials/") == said.err, "%s: %s", spoil, said.err);
    cr_expect(command_says(&said, says) && command_says(&said, "; the trial has to be run again\n"), "%s says %s",
              spoil, said.err);
    cr_expect(command_says(&said, "16 trials, 15 of them there already; 0 agents to train"), "%s", said.err);
}

Test(batch, a_spoilt_record_is_told_and_its_trial_alone_is_run_again)
{
    shell(RUN);
    expect_done();
    expect_made_again("head -c 700 $r > half; cp half $r", "is cut off or no JSON");
    expect_made_again(": > $r", "is cut off or no JSON");
    expect_made_again("echo '[1, 2]' > $r", "is no record of a trial");
    expect_made_again("sed -i 's/\"version\": 1/\"version\": 0/' $r", "is of schema version 0, expected 1");
    expect_made_again("cp $other $r", "is the record of another trial");
    expect_made_again("sed -i '/\"latency_s\"/d' $r", "lacks a result");
    expect_made_again("sed -i 's/\"latency_s\": [^,]*/\"latency_s\": \"fast\"/' $r", "lacks a result");
    expect_made_again("sed -i '/\"wait\"/d' $r", "lacks a result");
    expect_made_again("echo '}' >> $r", "is cut off or no JSON");
}

Test(batch, a_record_that_is_missing_or_spoilt_is_told_by_tables_and_mergers_with_what_makes_it)
{
    shell(RUN "--out 'my results' --set rtt=3\nhead -c 700 \"$(grep -rl 'policy: random' 'my results')\" > half");
    shell("r=$(grep -rl 'policy: random' 'my results' | head -1); head -c 700 \"$r\" > half; cp half \"$r\"\n"
          "\"$DVFO\" bench table small-plan.yaml --out 'my results' --set rtt=3");
    cr_expect(said.code == 2 && said.out[0] == '\0' && command_says(&said, "is cut off or no JSON"), "%s", said.err);
    cr_expect(command_says(&said, "1 of 16 trials aren't in folder 'my results'; 'dvfo bench run small-plan.yaml --set "
                                  "rtt=3 --out 'my results'' runs them"),
              "%s", said.err);
    shell("\"$DVFO\" bench merge small-plan.yaml --out 'my results' --set rtt=3; ls merged.h5");
    cr_expect(said.code == 2 && command_says(&said, "1 of 16 trials can't be merged (the first: my results/trials/"),
              "%s", said.err);
}

Test(batch, a_damaged_agent_is_told_and_trained_again_when_a_trial_needs_it)
{
    shell(RUN "&& bytes results > bytes");
    expect_done();
    static const char *const damages[] = {"head -c 9999 $a > half; cp half $a", ": > $a", "echo agent > $a"};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "set -e; a=$(ls results/agents/*_s1_*); %s; " RUN "\nrm $(record results dvfo 0.8); " RUN, damages[i]);
        shell(line);
        expect_done();
        cr_expect(strncmp(said.err, "16 trials, 16 of them", 21) == 0, "nobody needs it: %s", said.err);
        cr_expect(command_says(&said, "dvfo: note: results/agents/dvfo_small-board.yaml_s1_") &&
                      command_says(&said, "; the agent has to be trained again\n"),
                  "%s: %s", damages[i], said.err);
        cr_expect(command_says(&said, "16 trials, 15 of them there already; 1 agents to train"), "%s", said.err);
        shell("bytes results | cmp bytes");
        expect_done();
    }
}

/* ---- failures ---- */

Test(batch, a_trial_that_fails_is_told_with_the_command_that_repeats_it_and_stops_no_other)
{
    shell(RUN "--set accuracy=none --set policy=edge-only,appealnet,random --seeds 1 2>&1 >/dev/null");
    cr_expect(said.code == 1, "exit %d", said.code);
    cr_expect(command_says(&said, "6 trials in ") && command_says(&said, "\ndvfo: 2 of 6 trials and agents failed\n"),
              "%s", said.out);
    cr_expect(command_says(&said, "\nfailed: appealnet"), "%s", said.out);
    command_write("said", said.out, strlen(said.out));
    shell("grep -A1 '^failed: ' said | sed -n '1s/^failed: /dvfo: /p' > why\n"
          "set -- $(grep -A1 '^failed: ' said | sed -n 2p); [ $1 = dvfo ] || exit 9; shift\n"
          "\"$DVFO\" \"$@\" 2> again; echo $?; cmp why again; ls results/trials/*/*.json | wc -l");
    cr_expect_str_eq(said.out, "2\n4\n", "%s", said.err);
    shell(RUN "--set accuracy=none --set policy=edge-only,appealnet,random --seeds 1");
    cr_expect(said.code == 1 && command_says(&said, "6 trials, 4 of them there already"), "only those again: %s",
              said.err);
}

Test(batch, a_group_that_can_not_begin_fails_alone)
{
    shell(RUN "--set precision=fp32,int8 --set policy=edge-only,random --seeds 1 --set eta=0.5");
    cr_expect(said.code == 1 && command_says(&said, "\ndvfo: 2 of 4 trials and agents failed\n"), "%s", said.err);
    cr_expect(command_says(&said, "--precision int8 ") && !command_says(&said, "  dvfo run --precision fp32"), "%s",
              said.err);
    shell("ls results/trials/*/*.json | wc -l");
    cr_expect_str_eq(said.out, "2\n");
}

Test(batch, an_agent_that_can_not_be_trained_fails_with_the_trials_that_need_it)
{
    shell("mkdir -p $(" RUN "--dry-run 2>/dev/null | grep -o 'results/agents/.*_s1_.*.h5$' | head -1); " RUN);
    cr_expect(said.code == 1, "exit %d", said.code);
    cr_expect(command_says(&said, "exists and is not a regular file") && command_says(&said, "\n  dvfo train --policy"),
              "%s", said.err);
    cr_expect(command_says(&said, "failed: its agent could not be trained\n  dvfo run "), "%s", said.err);
    cr_expect(command_says(&said, "\ndvfo: 3 of 18 trials and agents failed\n"), "%s", said.err);
    shell("rmdir results/agents/*_s1_*; ls results/trials/*/*.json | wc -l; " RUN);
    expect_done();
    cr_expect(strcmp(said.out, "14\n") == 0 && command_says(&said, "16 trials, 14 of them there already; 1 agents"),
              "%s%s", said.out, said.err);
}

/* ---- commands ---- */

/* A file of one JSON text after the other, as a list; lists are joined. */
static json_t *load_all(const char *path)
{
    json_t *all = json_array(), *next;
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL);
    while ((next = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
        cr_assert((json_is_array(next) ? json_array_extend(all, next) : json_array_append(all, next)) == 0);
        json_decref(next);
    }
    fclose(file);
    return all;
}

/* The record of a trial among all, which `dvfo run` printed as a row of numbers. */
static json_t *find_record(json_t *records, const char *policy, double eta, double seed)
{
    size_t i = 0;
    json_t *record = NULL;
    json_array_foreach(records, i, record)
    {
        const json_t *results = json_object_get(record, "results");
        const char *name = json_string_value(json_object_get(results, "policy"));
        if (strncmp(name, policy, strlen(name)) == 0 && json_number_value(json_object_get(results, "eta")) == eta &&
            json_number_value(json_object_get(results, "seed")) == seed) {
            return json_object_get(record, "results");
        }
    }
    return NULL;
}

Test(batch, what_a_dry_run_prints_can_be_run_and_gives_what_the_batch_gives)
{
    /* names that a shell would take apart */
    shell("set -e; mkdir \"it's here\"; mv small-board.yaml \"it's here\"; sed -i \"s|./small|./it's here/small|\" "
          "small-plan.yaml\n" RUN "--out 'my results' --dry-run > dry; [ ! -e 'my results' ]\n" RUN
          "--out 'my results'\n"
          "mv 'my results' batch; mkdir -p 'my results/agents'; sed 's/^dvfo /\"$DVFO\" /' dry > lines\n"
          "grep ' train ' lines > first; . ./first >/dev/null\n"
          "for a in batch/agents/*; do h5diff -c \"$a\" \"my results/agents/${a##*/}\" /network; done\n"
          "sed -n 's/ run .*/& --format json/p' lines > then; . ./then > rows.json; cat batch/trials/*/*.json > "
          "records.json");
    expect_done();
    json_t *rows = load_all("rows.json"), *records = load_all("records.json"), *row;
    size_t i = 0, numbers = 0;
    cr_assert(json_array_size(rows) == 16 && json_array_size(records) == 16);
    json_array_foreach(rows, i, row)
    {
        const char *policy = json_string_value(json_object_get(row, "policy")), *key;
        json_t *record = find_record(records, policy, json_number_value(json_object_get(row, "eta")),
                                     json_number_value(json_object_get(row, "seed"))),
               *value;
        json_object_foreach(row, key, value)
        {
            const json_t *ours = json_object_get(record, key);
            const bool same = json_is_number(value) ? json_number_value(value) == json_number_value(ours)
                                                    : strcmp(key, "policy") == 0 || json_equal(value, ours);
            cr_expect(same, "%s: %s", policy, key);
            numbers += json_is_number(value);
        }
    }
    cr_expect(numbers > 16 * 30);
    json_decref(rows);
    json_decref(records);
}
