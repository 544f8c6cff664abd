/* dvfo trace as a user types it: exit codes, messages, and files that are whole or absent. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static struct said said;

static void trace(const char *arguments)
{
    char line[512];
    snprintf(line, sizeof line, "trace %s", arguments);
    command_dvfo(line, &said);
}

TestSuite(trace_command, .init = command_make_folder, .fini = command_remove_folder);

Test(trace_command, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments;
        int code;
        const char *said;
    } rows[] = {
        {"--help", 0, "dvfo trace generate wifi"},
        {"info --help", 0, "cooked"},
        {"generate --help", 0, "leo-down"},
        {"", 2, "no verb is given"},
        {"inof", 2, "unknown verb 'trace inof', expected info, convert or generate"},
        {"info", 2, "no trace is given"},
        {"info missing.up", 2, "missing.up: cannot be read: No such file or directory"},
        {"info .", 2, ".: is a folder, expected a regular file"},
        {"info empty", 2, "empty: is empty"},
        {"info text", 2, "text:1: begins with 'hello', expected a trace"},
        {"info text --format cvs", 2, "--format is 'cvs'"},
        {"info two.json:download", 2, "'downlink.trace_pattern'"},
        {"info two.json:upload --format csv", 0, "two.json:upload,0.5,5,5,5,5,0,,0"},
        {"info const:5Mbps --format csv", 0,
         "file,duration_s,mean_mbps,median_mbps,p5_mbps,p95_mbps,coefficient_of_variation,lag1s_autocorrelation,"
         "fraction_1s_below_0.5mbps\nconst:5Mbps,1,5,5,5,5,0,,0\n"},
        {"info model:wifi --seed -1", 2, "--seed is '-1', expected a whole number from 0"},
        {"convert two.json", 0, "start_s,rate_mbps\n0,5\n0.5,\n"},
        {"convert two.json --to mahimahi --trace-format cooked", 2, "two.json:1: has"},
        {"convert two.json --to mahi", 2, "--to is 'mahi', expected csv, cooked or mahimahi"},
        {"convert", 2, "0 traces are given"},
        {"convert two.json --out /dev/null", 2, "/dev/null: exists and is not a regular file"},
        {"convert two.json --out no/where", 2, "no/where: cannot be written"},
        {"convert two.json > /dev/full", 1, "could not be written: No space left on device"},
        {"generate wify", 2, "unknown trace model 'wify'; did you mean 'wifi'?"},
        {"generate wifi --duration long", 2, "--duration is 'long', expected a number of seconds"},
        {"generate wifi --duration -3", 2, "wifi: the duration is -3 s"},
        {"generate leo-down --duration 1e6 --to mahimahi --out big", 2, "lines in mahimahi, expected at most"},
    };
    static const char two[] = "{\"uplink\": {\"trace_pattern\": [{\"duration\": 500, \"capacity\": 5000}]}}";
    command_write("empty", "", 0);
    command_write("text", "hello\n", 6);
    command_write("two.json", two, strlen(two));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        trace(rows[i].arguments);
        cr_expect(said.code == rows[i].code, "'%s' exits %d: %s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].said), "'%s' says %s%s", rows[i].arguments, said.out, said.err);
        const bool teaches = rows[i].arguments[0] == '\0'; /* without a verb the help stands before the sentence */
        cr_expect(said.code != 2 || teaches || command_is_one_sentence(&said), "'%s' says %s", rows[i].arguments,
                  said.err);
    }
    cr_expect(access("big", F_OK) != 0, "nothing half-written remains");
}

Test(trace_command, the_same_seed_writes_the_same_bytes_and_every_form_is_recognised)
{
    static const char *const forms[] = {"csv", "cooked", "mahimahi"};
    char arguments[256];
    for (size_t i = 0; i < 3; i++) {
        for (int copy = 0; copy < 2; copy++) {
            snprintf(arguments, sizeof arguments, "generate 4g-up --duration 60 --seed 3 --to %s --out %s.%d", forms[i],
                     forms[i], copy);
            trace(arguments);
            cr_expect(said.code == 0, "%s", said.err);
        }
        snprintf(arguments, sizeof arguments, "info %s.0 --format csv && cmp %s.0 %s.1", forms[i], forms[i], forms[i]);
        trace(arguments);
        cr_expect(said.code == 0, "%s", said.err);
        snprintf(arguments, sizeof arguments, "\n%s.0,60,", forms[i]);
        cr_expect(command_says(&said, arguments), "%s", said.out);
    }
}
