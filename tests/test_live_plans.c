/* Live plans: batches of trials on machines that are reached by ssh, with a script in ssh's place that runs commands
 * here, in a home folder for each machine, and plays the machine that is gone, old, babbling, lying or hanging. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bench/batch/plans.h"
#include "experiment.h"
#include "fake_board.h"
#include "live_fixture.h"
#include "policies/attention/images.h"

static struct said said;

/* A request is a command: no server, no network's file, and a trial takes a blink. */
static const char plan[] = "title: Live\n"
                           "world: live\n"
                           "set: {network: resnet-18, command: \"true\", requests: 2, fixed-clocks: yes}\n"
                           "sweep:\n"
                           "  board: [host]\n"
                           "  policy: [edge-only, edge-best]\n"
                           "seeds: 2\n";

/* $HOMES/MACHINE is its home, where one call of dvfo live at a time may be. */
static const char ssh[] =
    "#!/bin/bash\n"
    "[ \"$1 $2 $3 $4 $5 $6\" = '-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15' ] || exit 99\n"
    "to=$7 line=$8; [ $# = 8 ] || exit 99\n"
    "echo \"$to $line\" >> $HOMES/calls; mkdir -p $HOMES/$to; cd $HOMES/$to\n"
    "case $to in\n"
    "gone*) echo \"ssh: connect to host $to: No route to host\" >&2; exit 255 ;;\n"
    "old*) echo 'dvfo 0.0.1'; exit 0 ;;\n"
    "esac\n"
    "case $line in *' live '*)\n"
    "  exec 9> lock; flock -n 9 || { echo 'two at once' >&2; exit 98; }\n"
    "  case $to in\n"
    "  babbling*) echo 'Welcome to a board!'; exit 0 ;;\n"
    "  lost*) [ ! -e ../away ] || exit 255; touch ../away; echo 'client_loop: send disconnect: Broken pipe' >&2; "
    "exit 255 ;;\n"
    "  lying*) set -o pipefail; n=${line##*--seed }; sh -c \"$line\" | sed \"$(sed -n ${n%% *}p $HOMES/edits)\"; exit "
    ";;\n"
    "  hanging*) echo $$ > process; trap '' HUP; exec sleep 600 ;;\n"
    "  late*) for i in {1..500}; do [ -e ../away ] && break; sleep 0.02; done ;;\n"
    "  noting*) sh -c \"$line\" <&0 & echo $! > process; wait $!; code=$?; echo $code > code; exit $code ;;\n"
    "  both*) touch ../begun-$to; for i in {1..500}; do [ -e ../begun-both1 -a -e ../begun-both2 ] && break; "
    "sleep 0.02; done ;;\n"
    "  esac; echo $$ > process ;;\n"
    "*) case $to in lost*) [ ! -e ../away ] || { echo 'No route to host' >&2; exit 255; } ;; esac ;;\n"
    "esac\n"
    "exec sh -c \"$line\"\n";

static void make(void)
{
    char folder[4096];
    experiment_make_folder();
    command_write("plan.yaml", plan, strlen(plan));
    command_write("ssh.sh", ssh, strlen(ssh));
    experiment_shell("chmod +x ssh.sh; mkdir homes; pwd", &said);
    said.out[strcspn(said.out, "\n")] = '\0';
    snprintf(folder, sizeof folder, "%.4000s/ssh.sh", said.out);
    setenv("DVFO_SSH", folder, 1);
    snprintf(folder, sizeof folder, "%.4000s/homes", said.out);
    setenv("HOMES", folder, 1);
}

TestSuite(live_plans, .init = make, .fini = command_remove_folder, .timeout = 120);

static void shell(const char *line)
{
    experiment_shell(line, &said);
}

/* A hosts file of some machines, each with this dvfo. */
static void write_hosts(const char *const machines[])
{
    char text[8192] = "# made up\n";
    for (size_t i = 0; machines[i] != NULL; i++) {
        const size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "host %s dvfo=%s\n", machines[i], DVFO_PROGRAM);
    }
    command_write("hosts", text, strlen(text));
}

#define RUN "\"$DVFO\" bench run plan.yaml --hosts hosts "
#define COUNT "find results/trials -name '*.json' | wc -l"

/* ---- here ---- */

Test(live_plans, without_a_hosts_file_board_host_is_this_machine)
{
    shell("\"$DVFO\" bench run plan.yaml && " COUNT " && grep -h energy_from results/trials/*/*.json | sort -u\n"
          "\"$DVFO\" bench run plan.yaml 2>&1; \"$DVFO\" bench table plan.yaml");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(strncmp(said.out, "4\n", 2) == 0, "%s", said.out);
    cr_expect(command_says(&said, "\"energy_from\": \"m") && !command_says(&said, "simulated"), "%s", said.out);
    cr_expect(command_says(&said, "4 trials, 4 of them there already"), "a live batch resumes: %s", said.out);
    cr_expect(command_says(&said, "edge-best") && command_says(&said, "\nlive: energy m"), "%s", said.out);
    shell("grep -h -e '\"world: live' -e '\"board: host ' -e '\"program of live' results/trials/*/*.json | sort -u | "
          "wc -l; grep -l conditions results/trials/*/*.json | wc -l");
    cr_expect_str_eq(said.out, "3\n4\n", "%s", said.out);
}

Test(live_plans, the_command_that_is_told_repeats_a_trial)
{
    shell("line=$(\"$DVFO\" bench run plan.yaml --dry-run 2>/dev/null | head -1); echo \"$line\" >&2; mkdir results\n"
          "PATH=$(dirname \"$DVFO\"):$PATH; eval \"$line\" < /dev/null | head -2");
    cr_expect(said.code == 0 && command_says(&said, "\"schema\": \"dvfo-trial\""), "%s%s", said.out, said.err);
    cr_expect(strncmp(said.err, "dvfo live --network resnet-18 --command true --requests 2 --fixed-clocks --board host",
                      strlen("dvfo live --network resnet-18 --command true --requests 2 --fixed-clocks")) == 0,
              "%s", said.err);
}

Test(live_plans, a_record_is_of_one_trial_and_alone)
{
    static const struct {
        const char *options, *says;
    } rows[] = {
        {"-p edge-only,edge-best --record", "--policy names 2 policies, expected one"},
        {"-p edge-only --record --out a.h5", "--record prints one record and nothing else"},
        {"-p edge-only --record --format csv", "--record prints one record and nothing else"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "live -n resnet-18 --command true --requests 2 --fixed-clocks %s", rows[i].options);
        command_dvfo(line, &said);
        cr_expect(said.code == 2 && command_says(&said, rows[i].says) && said.out[0] == '\0', "%s: %s", line, said.err);
    }
}

/* ---- over ssh ---- */

Test(live_plans, machines_of_a_board_share_its_trials_side_by_side_and_one_at_a_time)
{
    write_hosts((const char *const[]){"both1", "both2", NULL});
    shell(RUN "--jobs 1 && " COUNT "; grep -c both1.*live homes/calls; grep -c both2.*live homes/calls");
    int trials = 0, first = 0, second = 0;
    cr_assert(said.code == 0, "%s", said.err);
    cr_assert(sscanf(said.out, "%d %d %d", &trials, &first, &second) == 3, "%s", said.out);
    cr_expect(trials == 4 && first >= 1 && second >= 1 && first + second == 4, "%s", said.out);
    cr_expect(command_says(&said, "both1: plan host, edge-only, seed 1: done after") ||
                  command_says(&said, "both2: plan host, edge-only, seed 1: done after"),
              "%s", said.err);
}

Test(live_plans, files_are_copied_once_under_their_hash_and_for_the_owner_alone)
{
    write_hosts((const char *const[]){"a", NULL});
    shell("cp $DATA/small-accuracy.h5 mine.h5; h=$(sha256sum mine.h5 | cut -d' ' -f1)\n" RUN
          "--set network=collaborative --set accuracy=./mine.h5 && grep -c 'cat > ' homes/calls\n"
          "stat -c '%a' homes/a/.dvfo-files/$h homes/a/.dvfo-files/$h/mine.h5; cmp mine.h5 "
          "homes/a/.dvfo-files/$h/mine.h5\n" RUN
          "--set network=collaborative --set accuracy=./mine.h5 --seeds 3; grep -c 'cat > ' homes/calls");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect_str_eq(said.out, "1\n700\n600\n1\n", "%s", said.out);
}

Test(live_plans, agents_are_trained_here_first_and_go_to_the_machine)
{
    command_edit("small-plan.yaml", "title:", "world: live\ntitle:", "agents.yaml");
    shell("sed -i -e 's/trace: \"model:wifi\"/command: \"true\", fixed-clocks: yes/; s/requests: 20/requests: 2/' "
          "-e 's/cloud-only, random, //; s/, cloud-only\\]/]/; s/\\[edge-only, cloud-only\\]/[edge-only]/' -e "
          "'/oracle/d; s/    steps: 2000/    steps: 1000\\n    trace: \"model:wifi\"/' agents.yaml\n"
          "sed -i 's/small-board/mine/' agents.yaml; cp $DATA/../../profiles/boards/host.yaml mine.yaml\n"
          "echo \"./mine.yaml a dvfo=$DVFO\" > hosts\n"
          "\"$DVFO\" bench run agents.yaml --seeds 1 --set eta=0.5 --hosts hosts && " COUNT
          "; ls results/agents | wc -l; ls homes/a/.dvfo-files/*/dvfo_*.h5 | wc -l\n"
          "\"$DVFO\" bench table agents.yaml --seeds 1 --set eta=0.5 --format csv | cut -d, -f1,2 | tail -1");
    cr_assert(said.code == 0, "%s%s", said.out, said.err);
    cr_expect_str_eq(said.out, "2\n1\n1\n0.5,dvfo\n", "%s", said.out);
}

Test(live_plans, whatever_stands_in_a_value_or_a_name_stays_a_word)
{
    write_hosts((const char *const[]){"a", NULL});
    shell("cat > hostile.yaml <<'END'\ntitle: T\nworld: live\n"
          "set: {network: collaborative, requests: 1, fixed-clocks: yes, board: host,\n"
          "      command: \"echo \\\"it's $((1 + 1)) `echo three` \\\\\\\\ * ; | & \\\"; true\"}\n"
          "sweep: {policy: [edge-only]}\nEND\n"
          "name=\"it's; touch hacked \\$(touch hacked) \\`touch hacked\\`.h5\"; cp $DATA/small-accuracy.h5 \"$name\"\n"
          "\"$DVFO\" bench run hostile.yaml --hosts hosts --set \"accuracy=./$name\" && find . -name hacked\n"
          "cat homes/a/.dvfo-files/dvfo-command.log; ls homes/a/.dvfo-files/*/");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect_str_eq(said.out, "it's 2 three \\ * ; | & \nit's; touch hacked $(touch hacked) `touch hacked`.h5\n", "%s",
                     said.out);
}

/* ---- with a network and a server ---- */

static struct live_network network;
static struct live_server server;
static struct dvfo_key key;

static void make_server(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images;
    make();
    live_network_make(&network);
    cr_assert_eq(dvfo_images_create(&ctx, 20, &images), DVFO_OK);
    cr_assert_eq(dvfo_images_save(&ctx, &images, "test.bin"), DVFO_OK, "%s", ctx.message);
    dvfo_images_free(&images);
    command_write("key", "sixteen bytes or more", 21);
    cr_assert_eq(dvfo_key_load(&ctx, "key", &key), DVFO_OK, "%s", ctx.message);
    struct dvfo_server_def def = live_server_def(&network);
    def.key = &key;
    live_server_start(&server, &def);
    setenv("NET", network.path, 1);
    setenv("SERVER", server.address, 1);
}

static void remove_server(void)
{
    live_server_stop(&server);
    live_network_remove(&network);
    command_remove_folder();
}

TestSuite(live_plans_split, .init = make_server, .fini = remove_server, .timeout = 120);

#define SPLIT                                                                                                          \
    "live-host --seeds 1 --set shape=const:50Mbps --set requests=2 --set fixed-clocks=yes --set agents.steps=500 "     \
    "--set accuracy-floor=none --set network-file=$NET --set images=test.bin --set server=$SERVER --set key=key "

Test(live_plans_split, the_example_runs_with_all_that_it_needs_and_keeps_the_key_to_itself)
{
    write_hosts((const char *const[]){"a", "b", NULL});
    shell("\"$DVFO\" bench run " SPLIT "--hosts hosts && " COUNT
          "; cd homes/a/.dvfo-files; find . -name test.bin | wc -l\n"
          "find . -name key | xargs cmp ../../../key; find . -name \"$(basename $NET)\" | wc -l; cd ../../..\n"
          "grep -rl -e \"$(sha256sum key | cut -d' ' -f1)\" -e '\"key: ' results | wc -l\n"
          "\"$DVFO\" bench table " SPLIT "--format csv | cut -d, -f1,2\n"
          "\"$DVFO\" bench run " SPLIT "--set key=$NET --hosts hosts 2>&1 | head -1");
    cr_assert(said.code == 0, "%s%s", said.out, said.err);
    cr_expect_str_eq(said.out,
                     "4\n1\n1\n0\nshape,policy\nconst:50Mbps,edge-only\nconst:50Mbps,fixed:max/max/max/0.2\n"
                     "const:50Mbps,fixed:max/max/max/0.4\nconst:50Mbps,dvfo\n"
                     "4 trials, 4 of them there already; 0 agents to train\n",
                     "%s%s", said.out, said.err);
}

/* ---- trouble ---- */

Test(live_plans, machines_that_can_not_be_used_leave_the_trials_to_others)
{
    write_hosts((const char *const[]){"gone", "old", "a", NULL});
    shell(RUN "&& " COUNT);
    cr_expect(said.code == 0 && strcmp(said.out, "4\n") == 0, "%s%s", said.out, said.err);
    cr_expect(command_says(&said, "note: gone: ssh failed: ssh: connect to host gone: No route to host; it gets no"),
              "%s", said.err);
    cr_expect(command_says(&said, "note: old: its dvfo says 'dvfo 0.0.1', ours is 'dvfo "), "%s", said.err);
    shell("rm -r results; grep -v ' a ' hosts > h && mv h hosts; " RUN);
    cr_expect(said.code == 1 && command_says(&said, "4 of 4 trials and agents failed"), "%s", said.err);
}

Test(live_plans, a_machine_that_goes_away_in_the_middle_fails_its_trial_alone)
{
    write_hosts((const char *const[]){"lost", "late", NULL});
    shell(RUN "; code=$?; " COUNT "; exit $code");
    cr_expect(said.code == 1 && strcmp(said.out, "3\n") == 0, "exit %d: %s%s", said.code, said.out, said.err);
    cr_expect(command_says(&said, "failed: lost: ssh failed: client_loop: send disconnect: Broken pipe\n"), "%s",
              said.err);
    cr_expect(command_says(&said, "ssh.sh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 lost '"),
              "%s", said.err);
    cr_expect(command_says(&said, "1 of 4 trials and agents failed"), "%s", said.err);
    shell("sed -i /lost/d hosts; " RUN "&& " COUNT);
    cr_expect(said.code == 0 && strcmp(said.out, "4\n") == 0, "the same command goes on: %s%s", said.out, said.err);
}

Test(live_plans, what_the_machine_complains_of_is_told)
{
    write_hosts((const char *const[]){"a", NULL});
    shell(RUN "--set command=false --set policy=edge-only --seeds 1");
    cr_expect(said.code == 1 && command_says(&said, "failed: a: dvfo live ended with exit code 1: dvfo: "), "%s",
              said.err);
    shell(RUN "--set root=no/such --set policy=edge-only --seeds 1");
    cr_expect(said.code == 1 && command_says(&said, "failed: a: dvfo live ended with exit code "), "%s", said.err);
    write_hosts((const char *const[]){"babbling", NULL});
    shell(RUN "--set policy=edge-only --seeds 1; " COUNT);
    cr_expect(command_says(&said, "failed: babbling: its standard output:1: is cut off or no JSON"), "%s", said.err);
    cr_expect_str_eq(said.out, "0\n");
}

/* The machine edits the record of the trial of seed N by line N of a file. */
static void refuse_edits(const char *const edits[], const char *const says[], size_t count)
{
    char text[2048] = "", line[512];
    for (size_t i = 0; i < count; i++) {
        strncat(text, edits[i], sizeof text - strlen(text) - 1);
        strncat(text, "\n", sizeof text - strlen(text) - 1);
    }
    command_write("homes/edits", text, strlen(text));
    snprintf(line, sizeof line, RUN "--set policy=edge-only --seeds %zu; " COUNT, count);
    shell(line);
    cr_expect_str_eq(said.out, "0\n", "none is taken: %s", said.err);
    for (size_t i = 0; i < count; i++) {
        cr_expect(command_says(&said, says[i]), "%s: %s", edits[i], said.err);
    }
}

Test(live_plans, a_record_that_can_not_be_one_is_refused)
{
    static const char *const edits[] = {
        "s/\"seed\": 1/\"seed\": 99/",
        "s/\"requests\": 2/\"requests\": 20/",
        "s/\"board\": \"host\"/\"board\": \"nano\"/",
        "s/\"energy_from\": \".*\"/\"energy_from\": \"simulated\"/",
        "s/\"energy_j\": /&-/",
        "s/\"latency_s\": .*/\"latency_s\": null,/",
        "/\"latency_s\": /d",
        "s/\"rail_j\"/\"rails\"/",
        "s/\"network\": \"/&0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567/",
        "s/\"runtime\": \"/&\\\\u001b[2J/",
        "s/\"version\": 1/\"version\": 2/",
        "s/dvfo-trial/dvfo-trail/",
        "s/world: live/world: sim/",
        "$d",
        "$p",
    };
    static const char *const says[] = {
        "its record is of 2 requests of seed 99, expected 2 of seed 1",
        "its record is of 20 requests of seed 2, expected 2 of seed 2",
        "its record is of board 'nano', expected 'host'",
        "its record's energy is 'simulated', expected",
        "its record has -",
        "its record has ",
        "lacks a result, or has one that is none",
        "lacks a result, or has one that is none",
        "lacks a result, or has one that is none",
        "a name holds control characters",
        "is of schema version 2, expected 1",
        "is no record of a trial",
        "its inputs aren't those that its hash is of",
        "is cut off or no JSON",
        "is cut off or no JSON",
    };
    enum { ROWS = sizeof edits / sizeof edits[0], FIRST = 8 };
    write_hosts((const char *const[]){"lying", NULL});
    refuse_edits(edits, says, FIRST);
    refuse_edits(edits + FIRST, says + FIRST, ROWS - FIRST);
    shell("echo > homes/edits; " RUN "--seeds 1 --set policy=edge-only; " COUNT);
    cr_expect_str_eq(said.out, "1\n", "as it is, it is taken: %s", said.err);
}

/* ---- its end ---- */

/* Functions of bash: wait until machine $1 runs a trial; until the process that ran it has ended. */
#define MACHINES                                                                                                       \
    "until_it_runs() { while [ ! -s homes/$1/process ]; do sleep 0.01; done; } 2>/dev/null\n"                          \
    "until_it_ended() { for i in {1..1000}; do kill -0 $(cat homes/$1/process) 2>/dev/null || return 0; sleep 0.01; "  \
    "done; return 1; }\n"

Test(live_plans, ctrl_c_ends_what_runs_far_away_as_if_it_were_pressed_there)
{
    write_hosts((const char *const[]){"noting", NULL});
    shell(MACHINES RUN "--set command='sleep 30' & batch=$!; until_it_runs noting; sleep 0.3; kill -INT $batch\n"
                       "wait $batch; code=$?; until_it_ended noting || echo alive; cat homes/noting/code; exit $code");
    cr_expect(said.code == 130, "exit %d: %s%s", said.code, said.out, said.err);
    cr_expect_str_eq(said.out, "130\n", "it gave back what it held and ended by itself: %s", said.out);
    cr_expect(command_says(&said, "dvfo: interrupted after 0 of 4 parts; the same command goes on"), "%s", said.err);
}

Test(live_plans, a_board_that_is_let_go_has_its_clocks_back)
{
    static struct fake_board board;
    fake_board_build(&board, FAKE_TX2, "tree");
    fake_board_start(&board);
    write_hosts((const char *const[]){"noting", NULL});
    shell(MACHINES "sed -i 's/^host /jetson-tx2 /' hosts; held() { cat tree/run/dvfo-clocks.json 2>/dev/null; }\n" RUN
                   "--set board=jetson-tx2 --set policy=powersave --set root=$PWD/tree --set fixed-clocks=no "
                   "--set command='sleep 30' & batch=$!\n"
                   "for i in {1..500}; do held | grep -q . && break; sleep 0.02; done; sleep 0.3; held | wc -c\n"
                   "kill -KILL $batch $(pgrep -P $batch); until_it_ended noting || echo alive; held");
    fake_board_stop(&board);
    int lines = 0, length = 0;
    cr_expect(sscanf(said.out, "%d\n%n", &lines, &length) == 1 && said.out[length] == '\0', "%s%s", said.out, said.err);
    cr_expect(said.err[0] != '\0');
}

Test(live_plans, a_machine_that_does_not_listen_is_left_after_a_while)
{
    write_hosts((const char *const[]){"hanging", NULL});
    shell(MACHINES "sed -i 's/$/ patience=0.2/' hosts\n" RUN
                   "& batch=$!; until_it_runs hanging; kill -INT $batch; wait $batch; code=$?\n"
                   "until_it_ended hanging || echo alive; exit $code");
    cr_expect(said.code == 130 && said.out[0] == '\0', "exit %d: %s%s", said.code, said.out, said.err);
}

/* The batch alone, whose worker then hears of it, and both at once. */
Test(live_plans, a_batch_that_is_killed_leaves_nothing_running_and_goes_on)
{
    static const char *const victims[] = {"$batch", "$batch $(pgrep -P $batch)"};
    write_hosts((const char *const[]){"noting", NULL});
    for (size_t i = 0; i < sizeof victims / sizeof victims[0]; i++) {
        char line[2048];
        snprintf(line, sizeof line,
                 MACHINES "rm -rf results homes/*; " RUN "--seeds 1\n"
                          "sha256sum results/trials/*/*.json > before; rm homes/noting/process homes/noting/code\n" RUN
                          "--set command='sleep 30' & batch=$!; until_it_runs noting; sleep 0.3; kill -KILL %s\n"
                          "until_it_ended noting || echo alive; while [ ! -s homes/noting/code ]; do sleep 0.01; done\n"
                          "cat homes/noting/code; " RUN "2>&1 && sha256sum -c --quiet before && " COUNT,
                 victims[i]);
        shell(line);
        cr_expect(said.code == 0 && command_says(&said, "4 trials, 2 of them there already"), "exit %d: %s%s",
                  said.code, said.out, said.err);
        cr_expect(strncmp(said.out, "130\n", 4) == 0 && strstr(said.out, "\n4\n") != NULL, "%s", said.out);
    }
}

/* ---- mistakes ---- */

Test(live_plans, a_mistake_in_the_hosts_file_is_told_with_its_line)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"# none\n", "hosts: names no machine"},
        {"host\n", "hosts:1: expected BOARD DESTINATION [KEY=VALUE ...]"},
        {"\n# b\nhost -oProxyCommand=x\n", "hosts:3: expected BOARD DESTINATION"},
        {"host a folder\n", "hosts:1: 'folder' is no KEY=VALUE"},
        {"host a folder=-x\n", "hosts:1: 'folder=-x' says nothing"},
        {"host a sudo=maybe\n", "hosts:1: 'sudo=maybe' says nothing"},
        {"host a port=22\n", "hosts:1: 'port=22' says nothing"},
        {"host a patience=0\n", "hosts:1: 'patience=0' says nothing"},
        {"host a\nnano a # twice\n", "hosts:2: 'a' stands on line 1 already"},
        {"xavier-nx a\n", "hosts: has no line for board 'host' of plan"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_write("hosts", rows[i].text, strlen(rows[i].text));
        shell(RUN);
        cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, rows[i].says), "%s: %s",
                  rows[i].text, said.err);
    }
    shell("rm hosts; " RUN);
    cr_expect(said.code == 2 && command_says(&said, "hosts: cannot be read"), "%s", said.err);
    shell("\"$DVFO\" bench run plan.yaml --set board=jetson-nano; ls homes");
    cr_expect(said.out[0] == '\0' && command_says(&said, "plan runs on board 'jetson-nano', expected --hosts FILE"),
              "%s", said.err);
}

Test(live_plans, a_mistake_in_the_plan_is_told_before_anything_runs)
{
    static const struct {
        const char *edit, *says;
    } rows[] = {
        {"s/network: resnet-18/trace: \"const:5Mbps\", &/",
         "plan.yaml:3: 'trace' is for simulations, expected 'shape'"},
        {"s/network: resnet-18/netwrok-file: x, &/",
         "plan.yaml:3: unknown option 'netwrok-file'; did you mean 'network-"},
        {"s/network: resnet-18/dry-run: yes, &/", "plan.yaml:3: 'dry-run' shows what would be written"},
        {"s/network: resnet-18/decision-time: 1, &/", "plan.yaml:3: 'decision-time' is for simulations"},
        {"s/fixed-clocks: yes/fixed-clocks: 1/", "plan.yaml:3: --fixed-clocks is '1', expected one of no, yes"},
        {"s/network: resnet-18/ceiling: hot, &/", "plan.yaml:3: --ceiling is 'hot', expected degrees"},
        {"s/edge-best/oracle-dvfo/", "plan.yaml:6: policy 'oracle-dvfo' must know the link beforehand"},
        {"s/network: resnet-18, //", "plan.yaml:1: no 'network' is named"},
        {"s/edge-best/dvfo/; $aagents: {dvfo: {steps: 100}}",
         "agent 'dvfo': it is trained in the simulator: expected the links it learns for"},
        {"s/command: \"true\"/images: a/", "plan.yaml: no --network-file is given"},
        {"s/command: \"true\"/shape: \"const:5Mbps\", &/", "plan.yaml: --shape is given without --server"},
        {"s/command: \"true\"/network-file: no.h5, images: b/", "plan.yaml:3: 'network-file': no.h5: cannot be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "cp plan.yaml kept; sed -i '%s' plan.yaml; \"$DVFO\" bench run plan.yaml; code=$?; mv "
                 "kept plan.yaml; exit $code",
                 rows[i].edit);
        shell(line);
        cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, rows[i].says), "%s: %s",
                  rows[i].edit, said.err);
    }
}

/* Is a plan among those that a name stands for? */
static bool chooses(const char *name, const char *id)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_plans plans = dvfo_plans_default();
    bool found = false;
    plans.name[plans.names++] = name;
    cr_assert(dvfo_plans_load(&ctx, &plans) == DVFO_OK, "%s", ctx.message);
    for (size_t i = 0; i < plans.count; i++) {
        found |= strcmp(plans.plan[i]->id, id) == 0;
    }
    dvfo_plans_free(&plans);
    return found;
}

Test(live_plans, shards_are_for_simulations)
{
    write_hosts((const char *const[]){"one", NULL});
    shell(RUN "--shard 1/2");
    cr_expect_eq(said.code, 2);
    cr_expect(command_says(&said, "--shard divides simulations, but plan is live"), "%s", said.err);
}

Test(live_plans, real_time_is_met_by_name_or_by_its_tag_only)
{
    cr_expect(!chooses("all", "live-host") && !chooses("all", "sim-vs-live") && chooses("all", "headline"));
    cr_expect(!chooses("tag:figure", "sim-vs-live") && chooses("tag:figure", "layer-profile"));
    cr_expect(chooses("tag:live", "live-host") && chooses("tag:live", "sim-vs-live"));
    cr_expect(!chooses("tag:live", "headline") && chooses("live-host", "live-host"));
}
