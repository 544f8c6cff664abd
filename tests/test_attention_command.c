/* dvfo attention as a user types it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static struct said said;

static void attention(const char *arguments)
{
    char line[1024];
    snprintf(line, sizeof line, "attention %s", arguments);
    command_dvfo(line, &said);
}

TestSuite(attention_command, .init = command_make_folder, .fini = command_remove_folder);

Test(attention_command, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments;
        int code;
        const char *says;
    } rows[] = {
        {"--help", 0, "dvfo attention generate --out images/"},
        {"generate --help", 0, "https://www.cs.toronto.edu/~kriz/cifar.html"},
        {"", 2, "no verb is given, expected generate, train or evaluate"},
        {"genrate", 2,
         "unknown verb 'attention genrate', expected generate, train or evaluate; did you mean 'generate'?"},
        {"generate", 2, "'dvfo attention generate' needs --out"},
        {"generate images", 2, "unexpected argument 'images'"},
        {"generate --size 3", 2, "unrecognized option '--size'"},
        {"generate --out", 2, "option '--out' requires an argument"},
        {"generate --out ''", 2, "--out is empty, expected a folder"},
        {"generate --out x --images 0", 2, "--images is '0', expected a whole number from 1 to 1000000"},
        {"generate --out x --images 1000001", 2, "--images is '1000001', expected a whole number from 1 to 1000000"},
        {"generate --out x --images 1e4", 2, "--images is '1e4', expected a whole number"},
        {"generate --out x --test many", 2, "--test is 'many', expected a whole number from 1 to 1000000"},
        {"generate --out x --seed -1", 2, "--seed is '-1', expected a whole number from 0"},
        {"generate --out x --seed 99999999999999999999", 2, "--seed is '99999999999999999999', expected"},
        {"generate --out x --strength 5", 2, "--strength is '5', expected a number from 0 to 4"},
        {"generate --out x --strength nan", 2, "--strength is 'nan', expected a number from 0 to 4"},
        {"generate --out no/where", 2, "no/where: cannot be made: No such file or directory"},
        {"generate --out file", 2, "file/train.bin: cannot be written: Not a directory"},
        {"generate --out taken", 2, "taken/test.bin: exists and is not a regular file; choose another output name"},
        {"train --help", 0, "--start-from net.h5 --selection random"},
        {"train --data x", 2, "'dvfo attention train' needs --data and --out"},
        {"train --data x --out n.h5", 2, "x/train.bin: cannot be read: No such file or directory"},
        {"train --data x --out no/n.h5", 2, "no/n.h5: cannot be written: No such file or directory"},
        {"train --data x --out n.h5 --threads 0", 2, "--threads is '0', expected a whole number from 1 to 64"},
        {"train --data x --out n.h5 --format tabel", 2, "'tabel'"},
        {"train --data x --out n.h5 --resume --seed 2", 2, "--resume goes on as n.h5 was begun: no other choice"},
        {"train --data x --out n.h5 y", 2, "unexpected argument 'y'"},
        {"evaluate --help", 0, "--accuracy accuracy.h5"},
        {"evaluate --data x --out p.h5", 2, "needs --data, --out and at least one network"},
        {"evaluate --data x --out p.h5 n.h5", 2, "x/train.bin: cannot be read: No such file or directory"},
        {"generate --images 3 --test 2 --out out > /dev/full", 1, "could not be written: No space left on device"},
    };
    command_write("file", "", 0);
    command_shell("mkdir -p taken/test.bin", &said);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attention(rows[i].arguments);
        cr_expect(said.code == rows[i].code, "'%s' exits %d: %s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "'%s' says %s%s", rows[i].arguments, said.out, said.err);
        cr_expect(said.code != 2 || command_is_one_sentence(&said), "'%s' says %s", rows[i].arguments, said.err);
    }
    cr_expect(access("x", F_OK) != 0, "a wrong option makes no folder");
    cr_expect(access("taken/train.bin", F_OK) != 0, "what can't be written whole isn't begun");
}

Test(attention_command, a_set_is_two_files_and_what_made_them)
{
    attention("generate --images 120 --test 30 --seed 7 --out set");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect_str_eq(said.out, "set/train.bin\nset/test.bin\nset/generated.json\n");
    cr_expect_str_eq(said.err, "");
    command_shell("cd set && stat -c '%n %s' train.bin test.bin && ls | wc -l", &said);
    cr_expect_str_eq(said.out, "train.bin 368880\ntest.bin 92220\n3\n");
    command_shell("cat set/generated.json; for f in train.bin test.bin; do grep -c \"\\\"$f sha256\\\": "
                  "\\\"$(sha256sum < set/$f | cut -d' ' -f1)\\\"\" set/generated.json; done",
                  &said);
    cr_expect(command_says(&said, "\"program\": \"dvfo ") && command_says(&said, "\"seed\": 7,") &&
                  command_says(&said, "\"images\": 120,") && command_says(&said, "\"test\": 30,") &&
                  command_says(&said, "\"strength\": 1.0,") && command_says(&said, "}\n1\n1\n"),
              "%s", said.out);
}

Test(attention_command, the_same_options_write_the_same_bytes_and_more_images_begin_alike)
{
    attention("generate --images 120 --test 30 --out a");
    attention("generate --images 120 --test 30 --out b");
    attention("generate --images 130 --test 30 --out c");
    attention("generate --images 120 --test 30 --seed 2 --out d");
    command_shell("diff -r a b && cmp -n 368880 a/train.bin c/train.bin && cmp a/test.bin c/test.bin && "
                  "! cmp -s a/train.bin d/train.bin && ! cmp -s -n 92220 a/train.bin a/test.bin && echo alike",
                  &said);
    cr_expect_str_eq(said.out, "alike\n", "%s%s", said.out, said.err);
}

Test(attention_command, a_full_disk_leaves_no_half_of_a_file)
{
    command_shell("mkdir -p small && ulimit -f 8; \"$DVFO\" attention generate --images 50 --test 10 --out small; "
                  "code=$?; ls small; exit $code",
                  &said);
    cr_expect(said.code == 1 && command_says(&said, "small/train.bin: writing failed: File too large"), "%s", said.err);
    cr_expect_str_eq(said.out, "");
}

Test(attention_command, ctrl_c_writes_nothing)
{
    command_shell(COMMAND_UNTIL_IT_CATCHES
                  "\"$DVFO\" attention generate --images 1000000 --test 1 --out long & until_it_catches $!\n"
                  "kill -INT $!; wait $!; code=$?; ls long; exit $code",
                  &said);
    cr_expect(said.code == 130 && command_says(&said, "of 1000001 images; nothing was written"), "%d: %s", said.code,
              said.err);
    cr_expect_str_eq(said.out, "");
}

/* ---- train and evaluate ---- */

#define SMALL "--set size=0.0625 --set epochs_full=2 --set epochs_split=1 --set epochs_little=1 "

static void make_images(void)
{
    attention("generate --images 400 --test 60 --out set");
    cr_assert(said.code == 0, "%s", said.err);
}

Test(attention_command, trained_and_evaluated_a_network_becomes_a_profile_that_a_run_draws_from)
{
    make_images();
    attention("train --data set --out net.h5 " SMALL);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "share_percent  local_width") && command_says(&said, "on 80 images for validation"),
              "%s", said.out);
    cr_expect(command_says(&said, "full 2/2     loss ") && command_says(&said, "little 1/1   loss "), "%s", said.err);
    attention("train --data set --start-from net.h5 --selection random --out random.h5 " SMALL);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect_not(command_says(&said, "full 1/"), "the full network was learnt before: %s", said.err);
    attention("evaluate --data set --name tiny --requests 50 --out p.h5 net.h5 random.h5");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "points on 60 test images at lambda 0.5, means over 1 seeds: full network"), "%s",
              said.out);
    command_dvfo("run -b xavier-nx -n resnet-18 -p edge-best --requests 20 --accuracy p.h5 --accuracy-floor none",
                 &said);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "accuracy: tiny (measured on 80 images for validation and 60 for test"), "%s",
              said.out);
    attention("evaluate --data set --name tiny --requests 50 --threads 1 --out again.h5 net.h5 random.h5");
    command_shell("cmp p.h5 again.h5 && echo alike", &said);
    cr_expect_str_eq(said.out, "alike\n");
}

Test(attention_command, an_interrupted_training_goes_on_and_becomes_what_it_would_have_become)
{
    make_images();
    attention("train --data set --out whole.h5 --format csv " SMALL);
    cr_assert(said.code == 0, "%s", said.err);
    command_shell(COMMAND_UNTIL_IT_CATCHES
                  "\"$DVFO\" attention train --data set --out part.h5 --format csv " SMALL
                  "2> log & until_it_catches $!\n"
                  "while kill -0 $! && ! grep -q 'full 1/2' log; do sleep 0.005; done 2>/dev/null\n"
                  "kill -INT $! 2>/dev/null; wait $!; code=$?; cat log >&2; exit $code",
                  &said);
    if (said.code == 130) { /* else it was done before the signal came */
        cr_expect(command_says(&said, "part.h5 is as of the last whole epoch, --resume goes on from there"), "%s",
                  said.err);
        attention("train --data set --out part.h5 --resume --format csv");
        cr_assert(said.code == 0, "%s", said.err);
    }
    command_shell("cmp whole.h5 part.h5 && echo alike", &said);
    cr_expect_str_eq(said.out, "alike\n");
}

Test(attention_command, networks_and_images_that_do_not_belong_together_are_refused)
{
    make_images();
    attention("train --data set --out net.h5 " SMALL);
    attention("generate --images 400 --test 60 --seed 2 --out other");
    attention("generate --images 20 --test 5 --out few");
    static const struct {
        const char *arguments;
        int code;
        const char *says;
    } rows[] = {
        {"evaluate --data other --out p.h5 net.h5", 2, "net.h5: learnt from other images than other/train.bin"},
        {"train --data other --out net.h5 --resume", 2,
         "net.h5: began to learn from other images than other/train.bin"},
        {"train --data other --out x.h5 --start-from net.h5 " SMALL, 2, "net.h5: learnt from other images"},
        {"train --data set --out x.h5 --start-from net.h5", 2, "has 100 classes, size 0.0625 and 4 widths, expected"},
        {"train --data few --out x.h5", 2, "few/train.bin: has 20 images, expected at least 160 for batches of 128"},
        {"train --data set --out x.h5 --set rate_full=1e6 --set decay=1 --set batch=8 --set shard=4 " SMALL, 1,
         "gives numbers that aren't finite; a lower "
         "rate_full may help"},
        {"train --data set --out x.h5 --set sze=1", 2, "a network has no value 'sze'; did you mean 'size'?"},
        {"train --data set --out x.h5 --start-from set/test.bin", 2, "set/test.bin"},
        {"evaluate --data set --out p.h5 set/test.bin", 2, "set/test.bin"},
        {"evaluate --data set --out p.h5 --requests 0 net.h5", 2, "--requests is '0', expected a whole number from 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attention(rows[i].arguments);
        cr_expect(said.code == rows[i].code, "'%s' exits %d: %s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "'%s' says %s%s", rows[i].arguments, said.out, said.err);
        cr_expect(said.code != 2 || command_is_one_sentence(&said), "'%s' says %s", rows[i].arguments, said.err);
    }
    cr_expect(access("p.h5", F_OK) != 0, "what is refused leaves no file");
}
