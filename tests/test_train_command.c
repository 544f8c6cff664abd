/* dvfo train as a user types it: files that are named, whole and the same twice; an interruption that loses nothing;
 * agents that act in dvfo run; one sentence for what is wrong. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define WORLD "-b $DATA/small-board.yaml -n $DATA/small-network.yaml -t model:wifi "
#define SMALL                                                                                                          \
    "--set learner.environments=8 --set learner.batch=16 --set learner.learning_starts=500 "                           \
    "--set learner.replay_capacity=2000 --set learner.risk_width=8 --set network.trunk=[16,8] "                        \
    "--set training.episode=64 --set training.update_every=8 --set training.evaluate_every=5000 "                      \
    "--set training.evaluate_episode=16 "
#define TRAIN "train -p dvfo " WORLD SMALL "--no-reference "
#define RUN "run " WORLD "--requests 100 "

static struct said said;

TestSuite(train_command, .init = command_make_folder, .fini = command_remove_folder, .timeout = 120);

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static void expect_code(int code)
{
    cr_expect(said.code == code, "exit code %d; it said: %s%s", said.code, said.out, said.err);
}

/* An agent a.h5 on the small board. */
static void train_a(const char *more)
{
    char line[1024];
    snprintf(line, sizeof line, TRAIN "--steps 5000 %s --out a.h5", more);
    command_dvfo(line, &said);
    cr_assert(said.code == 0, "%s", said.err);
}

Test(train_command, an_agent_and_its_curve_are_written_and_named_and_the_agent_acts)
{
    command_dvfo("train -p dvfo " WORLD SMALL "--steps 20000 --out mine.h5", &said);
    expect_code(0);
    cr_expect_str_eq(said.out, "mine.h5\nmine.csv\n");
    cr_expect(strstr(said.err, "        0 of 20000 decisions") != NULL && strstr(said.err, ", regret ") != NULL);
    cr_expect(strstr(said.err, "    20480 of 20000 decisions") != NULL, "%s", said.err);
    command_shell("head -1 mine.csv; wc -l <mine.csv; cut -d, -f1 mine.csv | tail -n +2 | tr '\\n' ' '", &said);
    cr_expect_str_eq(said.out, "decisions,updates,epsilon,loss,reward,cost,regret,wall_s\n6\n"
                               "0 5120 10240 15360 20480 ");
    command_dvfo(RUN "-p edge-only,dvfo:mine.h5,dvfo:./mine.h5 --format csv", &said);
    expect_code(0);
    cr_expect(strstr(said.out, ",dvfo:mine.h5,") != NULL, "%s", said.out);
    command_shell("ls -A | tr '\\n' ' '", &said);
    cr_expect(strstr(said.out, ".part-") == NULL, "%s", said.out);
}

Test(train_command, the_same_command_twice_makes_the_same_bytes_and_another_seed_does_not)
{
    command_shell("train='" TRAIN "--steps 8000 --keep-all'; train=$(eval echo \"$train\")\n"
                  "$DVFO $train --out a.h5 && $DVFO $train --out b.h5 && $DVFO $train --seed 2 --out c.h5 && "
                  "cmp a.h5 b.h5 && ! cmp -s a.h5 c.h5 && "
                  "for x in a b; do cut -d, -f1-7 $x.csv >$x.columns; done && cmp a.columns b.columns",
                  &said);
    expect_code(0);
}

/* The signal comes when the second look was seen; a training that has ended by then is tried again. */
Test(train_command, an_interruption_leaves_a_complete_file_and_resumed_it_becomes_what_it_would_have_become)
{
    command_shell("train='" TRAIN "--steps 300000'; train=$(eval echo \"$train\")\n"
                  "for i in {1..10}; do\n"
                  "  : >look; $DVFO $train --out a.h5 2>look >names & pid=$!\n"
                  "  while [ $(grep -c decisions look) -lt 2 ] && kill -0 $pid; do sleep 0.01; done\n"
                  "  kill -INT $pid; wait $pid; code=$?; [ $code = 0 ] || break\n"
                  "done\n"
                  "cat names; tail -1 look; exit $code",
                  &said);
    expect_code(130);
    cr_expect(strstr(said.out, "a.h5\na.csv\ndvfo: interrupted after ") == said.out, "%s", said.out);
    cr_expect(strstr(said.out, " of 300000 decisions; go on with --resume a.h5\n") != NULL, "%s", said.out);
    command_dvfo(RUN "-p dvfo:a.h5 --format csv", &said); /* it acts as it is */
    expect_code(0);
    command_shell("train='" TRAIN "--steps 300000 --keep-all'; train=$(eval echo \"$train\")\n"
                  "$DVFO $train --out through.h5 2>/dev/null && $DVFO $train --resume a.h5 --out b.h5 2>/dev/null && "
                  "cmp through.h5 b.h5 && "
                  "for x in through b; do cut -d, -f1-7 $x.csv >$x.columns; done && cmp through.columns b.columns",
                  &said);
    expect_code(0);
    cr_expect_str_eq(said.out, "through.h5\nthrough.csv\nb.h5\nb.csv\n");
}

Test(train_command, an_agent_that_was_kept_whole_can_be_trained_on_for_longer)
{
    train_a("--keep-all");
    command_dvfo(TRAIN "--resume a.h5 --steps 9000 --out a.h5", &said); /* in its own place */
    expect_code(0);
    command_shell("cut -d, -f1 a.csv | tail -1", &said);
    cr_expect_str_eq(said.out, "9216\n");
    command_dvfo(TRAIN "--resume a.h5 --steps 12000", &said);
    expect_code(2);
    cr_expect(command_is_one_sentence(&said) && command_says(&said, "'dvfo train --keep-all' writes both"), "%s",
              said.err);
}

Test(train_command, a_flat_head_trains_and_so_does_every_kind_of_reward)
{
    train_a("--head flat --set actions.levels=3");
    command_dvfo(RUN "-p dvfo:a.h5", &said);
    expect_code(0);
    static const char *const rewards[] = {"--reward cost", "--set reward.kind=deadline --deadline 1.5",
                                          "--set reward.kind=frames", "--set reward.kind=band"};
    for (size_t i = 0; i < sizeof rewards / sizeof rewards[0]; i++) {
        train_a(rewards[i]);
        command_dvfo(RUN "-p dvfo:a.h5 --thermal", &said);
        expect_code(0);
    }
}

Test(train_command, conditions_are_lists)
{
    command_dvfo(TRAIN "-t model:wifi,const:5Mbps,$DATA/small-trace.csv --etas 0.2,0.8 --steps 3000 --out a.h5", &said);
    expect_code(0);
    command_dvfo(RUN "-p dvfo:a.h5 --eta 0.8", &said);
    expect_code(0);
}

Test(train_command, a_decision_that_takes_no_time_is_the_same_in_both_modes)
{
    train_a("");
    command_shell("for mode in blocking concurrent; do\n"
                  "  $DVFO $(eval echo '" RUN "') -p dvfo:a.h5 --mode $mode --decision-time 0 --format csv >$mode.0\n"
                  "  $DVFO $(eval echo '" RUN "') -p dvfo:a.h5 --mode $mode --format csv >$mode.own\n"
                  "done; cmp blocking.0 concurrent.0 && ! cmp -s blocking.own concurrent.own && [ -s blocking.0 ]",
                  &said);
    expect_code(0);
}

Test(train_command, what_cannot_be_is_told_in_one_sentence_before_anything_is_trained)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"train " WORLD, "missing: --policy"},
        {"train -p dvfoo " WORLD, "unknown preset 'dvfoo'; did you mean 'dvfo'?"},
        {"train -p dvfo -n resnet-18", "missing: --board"},
        {TRAIN "-b jetson-tx2,jetson-nano", "--board names 2 boards, expected one: an agent is made for a board"},
        {TRAIN "--set learner.gama=0.9", "unknown key 'gama'; did you mean 'gamma'?"},
        {TRAIN "--set gamma=0.9", "'gamma=0.9' is no setting, expected SECTION.KEY=VALUE"},
        {TRAIN "--set learner.gamma=9", "'gamma' is 9, expected a number from 0 to 1"},
        {TRAIN "--set actions.cpu=maybe", "'cpu' is 'maybe', expected yes or no"},
        {TRAIN "--set training.twins=3", "environments are 8, expected a multiple of its 3 twins"},
        {TRAIN "--set learner.steps=3", "risk_width is 8 with 3 steps, expected 1 step with it"},
        {TRAIN "--head round", "--head is 'round', expected branching or flat"},
        {TRAIN "--reward money", "--reward is 'money', expected native or cost"},
        {TRAIN "--deadline 0", "--deadline is '0', expected a number from 0.01 to 1000"},
        {TRAIN "--steps 0", "--steps is '0', expected a whole number from 1"},
        {TRAIN "--steps many", "--steps is 'many'"},
        {TRAIN "--etas 0.5,2", "--etas has '2', expected numbers from 0 to 1"},
        {TRAIN "--etas ,", "--etas is ','"},
        {TRAIN "-t model:wify", "did you mean 'wifi'?"},
        {TRAIN "-t missing.csv", "missing.csv: cannot be read"},
        {TRAIN "--out nowhere/a.h5", "nowhere/a.h5: cannot be written: No such file or directory"},
        {TRAIN "--curve nowhere/a.csv", "nowhere/a.csv: cannot be written: No such file or directory"},
        {TRAIN "--out .", "."},
        {TRAIN "--resume missing.h5", "missing.h5: cannot be read: No such file or directory"},
        {TRAIN "--resume $DATA/small-board.yaml", "small-board.yaml: "},
        {TRAIN "more", "unexpected argument 'more'"},
        {RUN "-p dvfo", "policy 'dvfo' needs an agent: 'dvfo:AGENT.h5', made by 'dvfo train --policy dvfo'"},
        {RUN "-p ztt", "policy 'ztt' needs an agent"},
        {RUN "-p dvfo:missing.h5", "missing.h5: cannot be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, rows[i].says),
                  "dvfo %s: exit %d, no '%s' in: %s%s", rows[i].arguments, said.code, rows[i].says, said.out, said.err);
    }
    command_shell("ls -A", &said);
    cr_expect_str_eq(said.out, "said.err\nsaid.line\nsaid.out\n", "nothing is left behind");
}

Test(train_command, an_agent_serves_its_own_board_policy_and_conditions)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"run -b jetson-tx2 -n resnet-18 -p dvfo:a.h5", "a.h5: was trained for board 'small-board', not for"},
        {RUN "-p ztt:a.h5", "a.h5: was trained for policy 'dvfo', not for 'ztt'"},
        {TRAIN "--resume a.h5 --eta 0.2", "a.h5: was trained for 'networks "},
        {TRAIN "--resume a.h5 --seed 2", "a.h5: was trained for 'networks "},
        {TRAIN "--resume a.h5 -t model:4g-up", "a.h5: was trained for 'networks "},
        {TRAIN "--resume a.h5 --mode blocking", "a.h5: was trained for 'networks "},
        {TRAIN "--resume a.h5 -b jetson-tx2", "a.h5: was trained for board 'small-board', not for 'jetson-tx2'"},
    };
    train_a("--keep-all");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, rows[i].says),
                  "dvfo %s: exit %d, no '%s' in: %s%s", rows[i].arguments, said.code, rows[i].says, said.out, said.err);
    }
    cr_expect(!exists("agent.h5"));
}

Test(train_command, help_names_the_presets_and_says_how_to_go_on)
{
    command_dvfo("train --help", &said);
    expect_code(0);
    cr_expect(command_says(&said, "Presets: dvfo") && command_says(&said, "--resume=FILE.h5") &&
              command_says(&said, "dvfo run -b xavier-nx"));
}
