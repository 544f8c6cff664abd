/* A batch in trouble: interrupted, killed, met by another one, without room or rights. Whatever happens, what lies in
 * the folder under a final name is whole, and the same command goes on to the same bytes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiment.h"

/* Long enough to be met on its way. */
#define RUN "\"$DVFO\" bench run small-plan.yaml --set agents.steps=20000 --jobs 2 "

/* Waits until batch $1 has taken folder $2, or has ended. */
#define UNTIL_IT_HOLDS "until_it_holds() { while kill -0 $1 && [ ! -s $2/.lock ]; do sleep 0.005; done; } 2>/dev/null\n"

/* Kills every process of session $1, the leader first, who starts no more then. */
#define KILL_SESSION                                                                                                   \
    "kill_session() { local me=$1 s pid; kill -KILL $me\n"                                                             \
    "for s in /proc/[0-9]*/stat; do { read -r s < $s; } 2>/dev/null || continue; pid=${s%% *}\n"                       \
    "set -- ${s##*) }; [ $4 != $me ] || kill -KILL $pid; done; } 2>/dev/null\n"

static struct said said;

TestSuite(batch_trouble, .init = experiment_make_folder, .fini = command_remove_folder, .timeout = 240);

static void shell(const char *line)
{
    experiment_shell(line, &said);
}

/* The results of an undisturbed run, by their bytes, in the file `bytes`. */
static void run_undisturbed(void)
{
    shell(RUN "--out undisturbed && bytes undisturbed > bytes");
    cr_assert(said.code == 0, "%s", said.err);
}

/* Folder `results` holds them, and no half of any. */
static void expect_undisturbed(void)
{
    shell("bytes results | cmp bytes && find results -name '*.part-*'");
    cr_expect(said.code == 0 && said.out[0] == '\0', "exit %d: %s%s", said.code, said.out, said.err);
}

/* ---- ended from outside ---- */

Test(batch_trouble, an_interrupted_batch_ends_with_130_and_the_same_command_goes_on)
{
    run_undisturbed();
    shell(COMMAND_UNTIL_IT_CATCHES UNTIL_IT_HOLDS
          "for i in {1..10}; do rm -rf results; " RUN "& until_it_catches $!; until_it_holds $! results\n"
          "kill -INT $!; wait $!; code=$?; [ $code = 0 ] || break; done; find results -name '*.part-*'; exit $code");
    cr_assert(said.code == 130, "exit %d: %s", said.code, said.err);
    cr_expect(command_says(&said, "dvfo: interrupted after ") && command_says(&said, "; the same command goes on\n"),
              "%s", said.err);
    cr_expect_str_empty(said.out, "%s", said.out);
    shell(RUN);
    cr_expect(said.code == 0 && !command_says(&said, "note: "), "%s", said.err);
    expect_undisturbed();
}

/* At moments that a seed chooses, all of it or its first process alone, whose workers then end by themselves. */
Test(batch_trouble, a_batch_that_is_killed_again_and_again_comes_to_the_same_bytes)
{
    shell(RUN "--seeds 6 --out undisturbed && bytes undisturbed > bytes");
    cr_assert(said.code == 0, "%s", said.err);
    shell(KILL_SESSION
          "RANDOM=12; killed=0\nfor i in {1..8}; do\n"
          "  setsid \"$DVFO\" bench run small-plan.yaml --set agents.steps=20000 --jobs 2 --seeds 6 2>err &\n"
          "  pid=$!; sleep 0.$((RANDOM % 3))$((RANDOM % 10))\n"
          "  [ $((i % 2)) = 0 ] && kill_session $pid || kill -KILL $pid 2>/dev/null\n"
          "  wait $pid; case $? in 0) ;; 137) killed=$((killed + 1)) ;; *) cat err ;; esac; grep note: err\n"
          "done 2>/dev/null; echo $killed\n" RUN "--seeds 6");
    cr_assert(said.code == 0, "exit %d: %s", said.code, said.err);
    int killed = 0, length = 0;
    cr_expect(sscanf(said.out, "%d\n%n", &killed, &length) == 1 && killed > 0 && said.out[length] == '\0', "%s",
              said.out);
    cr_expect(!command_says(&said, "note: ") && !command_says(&said, "failed"), "%s", said.err);
    expect_undisturbed();
}

Test(batch_trouble, halves_that_a_killed_batch_left_are_no_results_and_go)
{
    run_undisturbed();
    shell("cp -r undisturbed results; cd results; r=$(record . edge-only 0.2); a=$(ls agents/*_s1_*)\n"
          "for i in 1 2 3; do head -c 500 $r > $r.part-00000$i; done; mv $r $r.part-abcdef\n"
          "mv $a $a.part-abcdef; rm $(grep -l 'policy: dvfo' trials/*/*.json | xargs grep -l 'seed: 1\"'); cd ..\n"
          "echo half | tee results/agents/mine.h5.part-000000 > results/trials/00.part-000000\n"
          "\"$DVFO\" bench merge small-plan.yaml --set agents.steps=20000; " RUN);
    cr_expect(said.code == 0 && command_says(&said, "3 of 16 trials can't be merged"), "%s", said.err);
    shell("rm results/agents/mine.h5.part-000000 results/trials/00.part-000000"); /* somebody else's stay */
    cr_expect(said.code == 0, "%s", said.err);
    expect_undisturbed();
}

Test(batch_trouble, workers_that_outlive_a_killed_batch_are_waited_for)
{
    run_undisturbed();
    /* a process that has ended is noted in the lock, which another one holds for a while */
    shell("set -e; mkdir results; bash -c 'echo $$ $(uname -n)' > results/.lock\n"
          "flock results/.lock sleep 1 & while flock -n results/.lock true; do sleep 0.01; done\n" RUN);
    cr_expect(said.code == 0, "exit %d: %s", said.code, said.err);
    expect_undisturbed();
}

/* ---- two at once ---- */

Test(batch_trouble, a_second_batch_on_a_folder_is_refused_and_harms_nothing)
{
    run_undisturbed();
    /* the first is halted while the second looks; where its workers have made all by then, once more */
    shell(UNTIL_IT_HOLDS
          "for i in {1..10}; do rm -rf results; " RUN "2> first & until_it_holds $! results; kill -STOP $!\n"
          "  " RUN "2> second; code=$?\n  " RUN "--shard 1/2 2> shard; shard=$?; kill -CONT $!; wait $!; first=$?\n"
          "  [ $code$shard != 22 ] || break; done; echo $first $code $shard $!; cat second shard");
    char expected[512];
    int process = 0;
    cr_assert(sscanf(said.out, "0 2 2 %d\n", &process) == 1, "%s", said.out);
    snprintf(expected, sizeof expected, "\ndvfo: another batch (process %d on ", process);
    cr_expect(command_says(&said, expected), "%s", said.out);
    cr_expect(command_says(&said, ") is running in folder 'results'; wait for it, or take another --out\n"), "%s",
              said.out);
    expect_undisturbed();
}

Test(batch_trouble, shards_share_a_folder_but_not_with_a_whole_batch)
{
    run_undisturbed();
    shell(UNTIL_IT_HOLDS "for i in {1..10}; do rm -rf results; " RUN
                         "--shard 1/2 2> first & until_it_holds $! results; kill -STOP $!\n"
                         "  " RUN "2> second; code=$?\n  " RUN "--shard 1/2 2> same; same=$?\n  " RUN
                         "--shard 2/2 2> other; other=$?\n"
                         "  kill -CONT $!; wait $!; first=$?; [ $code$same != 22 ] || break; done; echo $first $code "
                         "$same $other; cat other");
    cr_expect(strncmp(said.out, "0 2 2 0\n", 8) == 0, "%s", said.out);
    expect_undisturbed();
}

/* ---- no room, no rights ---- */

Test(batch_trouble, a_file_that_grows_too_large_is_told_and_made_once_there_is_room)
{
    run_undisturbed();
    shell("(ulimit -f 12; " RUN ")"); /* records fit, agents don't */
    cr_expect(said.code == 1 && command_says(&said, "failed: results/agents/dvfo_small-board.yaml_s1_"), "exit %d: %s",
              said.code, said.err);
    cr_expect(command_says(&said, "File too large") &&
                  command_says(&said, "\ndvfo: 6 of 18 trials and agents failed\n"),
              "%s", said.err);
    shell("find results -type f ! -name '.lock' | grep -v '/[0-9a-f]*\\.json$'; rm -rf other\n"
          "(ulimit -f 1; " RUN "--set policy=random --out other); find other -type f ! -name .lock; " RUN);
    cr_expect(said.code == 0 && command_says(&said, "failed: other/trials/") && said.out[0] == '\0', "%s%s", said.out,
              said.err);
    expect_undisturbed();
}

Test(batch_trouble, a_full_disk_is_told_and_keeps_whole_records_only)
{
    shell("unshare -m true");
    if (said.code != 0 || geteuid() != 0) {
        cr_skip_test("mounting a small file system needs more rights");
    }
    run_undisturbed();
    shell("mkdir results; export -n BASH_ENV; declare -f bytes > inside; cat >> inside <<'END'\n"
          "mount -t tmpfs -o size=48k none results || exit 77\n" RUN "2> full; echo $?; grep -c 'No space left' full\n"
          "find results -name '*.part-*'\n"
          "mount -o remount,size=8m results; " RUN "; bytes results | cmp bytes && echo the same\nEND\n"
          "unshare -m bash inside");
    if (said.code == 77) {
        cr_skip_test("no small file system here");
    }
    int failures = 0;
    cr_expect(said.code == 0 && sscanf(said.out, "1\n%d\nthe same\n", &failures) == 1 && failures > 0, "exit %d: %s%s",
              said.code, said.out, said.err);
    cr_expect(command_says(&said, "\nthe same\n") && !command_says(&said, "note: "), "%s%s", said.out, said.err);
}

Test(batch_trouble, a_folder_that_can_not_be_used_is_told_before_anything_runs)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {RUN "--out /dev/null/here 2>&1 | tail -1", "folder '/dev/null/here' for results cannot be made: Not a direct"},
        {RUN "--out no/such 2>&1 | tail -1", "folder 'no/such' for results cannot be made: No such file"},
        {"touch file; " RUN "--out file 2>&1 | tail -1", "file: is no folder, expected one for results"},
        {"mkdir a; touch a/trials; " RUN "--out a 2>&1 | tail -1", "a/trials: is no folder, expected one for results"},
        {"mkdir -p b/.lock; " RUN "--out b 2>&1 | tail -1", "folder 'b' for results cannot be written to: Is a dir"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "set -o pipefail; %s", rows[i].line);
        shell(line);
        cr_expect(said.code == 2 && command_says(&said, rows[i].says), "%s: exit %d: %s", rows[i].line, said.code,
                  said.out);
    }
}

/* A line of bash as somebody who may read here but not write. */
static bool shell_without_rights(const char *line)
{
    char text[1024];
    if (geteuid() == 0 && system("command -v setpriv >/dev/null") != 0) {
        return false;
    }
    snprintf(text, sizeof text,
             "chmod -R a-w,a+rX results; chmod 755 .; %s %s; code=$?; chmod -R u+w results; exit $code",
             geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : "", line);
    shell(text);
    return said.code != 126 && said.code != 127; /* the build folder may be closed to others */
}

Test(batch_trouble, a_folder_that_is_only_read_is_enough_for_what_is_done_and_for_tables)
{
    shell(RUN "--seeds 1");
    cr_assert(said.code == 0, "%s", said.err);
    if (!shell_without_rights(RUN "--seeds 1")) {
        cr_skip_test("nobody without rights here");
    }
    cr_expect(said.code == 0 && command_says(&said, "8 trials, 8 of them there already"), "%s", said.err);
    shell_without_rights("\"$DVFO\" bench table small-plan.yaml --set agents.steps=20000 --seeds 1");
    cr_expect(said.code == 0 && command_says(&said, "cloud-only"), "%s", said.err);
    shell_without_rights(RUN);
    cr_expect(said.code == 2 &&
                  command_says(&said, "folder 'results' for results cannot be written to: Permission den"),
              "exit %d: %s", said.code, said.err);
    cr_expect(!command_says(&said, " trials in "), "nothing runs: %s", said.err);
}
