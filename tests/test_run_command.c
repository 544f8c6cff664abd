/* dvfo run, list, show and plot as a user types them: exit codes, one sentence for what is wrong, files that are whole
 * or absent, pipes and signals, the same bytes twice. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

/* A small made-up world: its answers don't change with a calibration. */
#define WORLD "-b $DATA/small-board.yaml -n $DATA/small-network.yaml"
#define RUN "run " WORLD " -p edge-only --requests 5 "

static struct said said;

TestSuite(run_command, .init = command_make_folder, .fini = command_remove_folder, .timeout = 120);

/* Nothing whose name has `part` in it lies in the folder. */
static bool no_file(const char *part)
{
    DIR *here = opendir(".");
    bool none = true;
    for (struct dirent *entry = readdir(here); entry != NULL; entry = readdir(here)) {
        none &= strstr(entry->d_name, part) == NULL;
    }
    closedir(here);
    return none;
}

struct refusal {
    const char *arguments, *says;
};

static void expect_refusals(const struct refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == 2, "dvfo %s: exit %d", rows[i].arguments, said.code);
        cr_expect(command_is_one_sentence(&said), "dvfo %s says: %s", rows[i].arguments, said.err);
        cr_expect(command_says(&said, rows[i].says), "dvfo %s: no '%s' in: %s", rows[i].arguments, rows[i].says,
                  said.err);
    }
    cr_expect(no_file(".part-"), "no temporary file is left behind");
}

#define EXPECT_REFUSALS(rows) expect_refusals(rows, sizeof(rows) / sizeof(rows)[0])

Test(run_command, wrong_arguments_are_told_in_one_sentence)
{
    static const struct refusal rows[] = {
        {"frobnicate", "unknown command 'frobnicate'"},
        {"rnu", "did you mean 'run'?"},
        {"run", "missing: --board, --network, --policy; 'dvfo list policies'"},
        {"run -p edge-only", "missing: --board, --network; 'dvfo list networks'"},
        {"run -p edge-only -b jetson-tx2", "missing: --network; 'dvfo list networks'"},
        {RUN "extra", "unexpected argument 'extra'"},
        {RUN "--boad x", "unrecognized option '--boad'"},
        {RUN "--board", "option '--board' requires an argument"},
        {RUN "-b jetson-tx3", "unknown board 'jetson-tx3'; did you mean 'jetson-tx2'?"},
        {RUN "-n resnet-19", "unknown network 'resnet-19'; did you mean 'resnet-18'?"},
        {RUN "-p edge-onli", "unknown policy 'edge-onli'; did you mean 'edge-only'?"},
        {RUN "-p edge-only:5", "policy 'edge-only' takes no argument, found ':5'"},
        {RUN "-p edge-only,,edge-best", "an entry of the list is empty"},
        {RUN "-p ''", "an entry of the list is empty"},
        {RUN "-p edge-only,edge-only", "--policy names 'edge-only' twice, expected each once"},
        {RUN "-b ,", "an entry of the list is empty"},
        {RUN "-p $(printf 'edge-only,%.0s' {1..40})edge-only", "--policy names 41 entries, expected at most 32"},
        {RUN "--cloud rtx-3081", "unknown cloud 'rtx-3081'; did you mean 'rtx-3080'?"},
        {RUN "--runtime plane", "has no runtime plane; it has plain fp32"},
        {RUN "--precision fp17", "has no runtime of precision fp17; it has plain fp32"},
        {RUN "--variant smal", "did you mean 'small'?"},
        {RUN "--variant small --input 16", "expected one of them"},
        {RUN "--requests 0", "--requests is '0', expected a whole number from 1"},
        {RUN "--requests -1", "--requests is '-1'"},
        {RUN "--requests 1e3", "--requests is '1e3'"},
        {RUN "--requests abc", "--requests is 'abc'"},
        {RUN "--requests 99999999999", "--requests is '99999999999'"},
        {RUN "--eta nan", "--eta is 'nan', expected a number from 0 to 1"},
        {RUN "--eta 2", "--eta is '2'"},
        {RUN "--eta 0x1", "--eta is '0x1'"},
        {RUN "--lambda -0.1", "--lambda is '-0.1'"},
        {RUN "--seed -1", "--seed is '-1', expected a whole number from 0"},
        {RUN "--seed 9007199254740993", "from 0 to 9007199254740992"},
        {RUN "--seed 99999999999999999999999", "--seed is '99999999999999999999999'"},
        {RUN "--input 0", "--input is '0', expected a whole number from 1 to 8192"},
        {RUN "--input 100000", "--input is '100000'"},
        {RUN "--arrivals sometimes", "--arrivals is 'sometimes', expected closed, periodic:RATE or poisson:RATE"},
        {RUN "--arrivals poisson:0", "expected a rate from 1e-6 to 1e6 per second"},
        {RUN "--arrivals poisson:nan", "'poisson:nan'"},
        {RUN "--arrivals periodic:1e30", "'periodic:1e30'"},
        {RUN "--tail nope", "--tail is 'nope', expected one of shapes, linear, width"},
        {RUN "--composition both", "--composition is 'both', expected one of parallel, serial"},
        {RUN "--rtt -1", "--rtt is '-1'"},
        {RUN "--timeout 0", "--timeout is '0'"},
        {RUN "--p-max -3", "--p-max is '-3', expected measured, nameplate or watts"},
        {RUN "--format xml", "--format is 'xml', expected table, csv, json, markdown or latex"},
        {RUN "-t ''", "the name of the trace is empty"},
        {RUN "-t missing.csv", "missing.csv: cannot be read: No such file or directory"},
        {RUN "-t model:wify", "unknown trace model 'wify'; did you mean 'wifi'?"},
        {RUN "-t const:5Mbp", "const:5Mbp: is not a constant rate"},
        {RUN "-t const:200Gbps", "const:200Gbps: is 2e+11 bit/s, expected above 0 and at most 1e+11"},
        {RUN "-t const:0Mbps", "const:0Mbps: is 0 bit/s"},
        {RUN "-t const:-5Mbps", "const:-5Mbps: is -5e+06 bit/s"},
        {RUN "-t const:nanMbps", "const:nanMbps: is not a constant rate"},
        {RUN "--trace-format mahimahi", "is not a file, so there is no format 'mahimahi'"},
        {RUN "-t $DATA/small-trace.up --trace-format mahimahy", "did you mean 'mahimahi'?"},
        {RUN "-t .", "is a folder, expected a regular file"},
        {RUN "-n /dev/null", "/dev/null: is not a regular file"},
        {RUN "-b /dev/zero", "/dev/zero: is not a regular file"},
        {RUN "-b ./missing.yaml", "./missing.yaml: cannot be read: No such file or directory"},
        {"list", "expected what to list"},
        {"list bords", "did you mean 'boards'?"},
        {"list boards networks", "unexpected argument 'networks'"},
        {"list boards --format xml", "--format is 'xml'"},
        {"show", "expected what to show and its name"},
        {"show bord x", "did you mean 'board'?"},
        {"show board jetson-tx3", "did you mean 'jetson-tx2'?"},
        {"show board .", "unknown board '.'"},
        {"show trace missing", "missing: cannot be read"},
        {"plot", "which figure?"},
        {"plot clock-sensitivty", "unknown figure 'clock-sensitivty'; did you mean 'clock-sensitivity'?"},
        {"plot clock-sensitivity more", "unexpected argument 'more'"},
        {"plot clock-sensitivity -b jetson-tx3", "did you mean 'jetson-tx2'?"},
        {"plot clock-sensitivity -p edge-only", "--policy has no effect on clock-sensitivity"},
        {"plot -t const:5Mbps clock-sensitivity", "--trace has no effect on clock-sensitivity"},
        {"plot clock-sensitivity --requests 1000", "--requests has no effect on clock-sensitivity"},
        {"plot bandwidth-sweep --trace const:5Mbps", "--trace has no effect on bandwidth-sweep"},
        {"plot bandwidth-sweep --trace-format mahimahi", "--trace-format has no effect on bandwidth-sweep"},
        {"plot bandwidth-sweep --free-running", "--free-running has no effect on bandwidth-sweep"},
        {"plot bandwidth-sweep -p edge-only,edge-best,powersave,ondemand,conservative,schedutil,l4t-default,cloud-only,"
         "random",
         "bandwidth-sweep shows at most 8 policies at once, found 9"},
        {"plot bandwidth-sweep -b jetson-tx2,xavier-nx -n resnet-18,resnet-50,vgg-19,xception",
         "bandwidth-sweep shows at most 6 columns (boards times networks) at once, found 8"},
        {"plot clock-sensitivity -n vit-b16,resnet-18,resnet-50,vgg-19,xception,inception-v3,inception-v4,mobilenet-v2,"
         "efficientnet-b0",
         "clock-sensitivity shows at most 8 networks at once, found 9"},
    };
    EXPECT_REFUSALS(rows);
}

Test(run_command, an_output_that_can_not_be_written_is_refused_before_the_work)
{
    static const struct refusal rows[] = {
        {RUN "--out ''", "the name of an output file is empty"},
        {RUN "--out missing/run.h5", "missing/run.h5: cannot be written: No such file or directory"},
        {RUN "--out file/run.h5", "file/run.h5: cannot be written: Not a directory"},
        {RUN "--out /proc/run.h5", "/proc/run.h5: cannot be written"},
        {RUN "--out /dev/null", "/dev/null: exists and is not a regular file"},
        {RUN "--out /dev/full", "/dev/full: exists and is not a regular file"},
        {RUN "--out folder", "folder: exists and is not a regular file"},
        {RUN "--out pipe", "pipe: exists and is not a regular file"},
        {RUN "--out taken.h5", "taken.run.json: exists and is not a regular file"},
        {RUN "--out $(printf 'x%.0s' {1..300})", "cannot be written: File name too long"},
        {RUN "--out $(printf 'x%.0s' {1..5000})", "an output path is longer than"},
        {RUN "--out same --timeline same", "--out and --timeline both name same"},
        {RUN "--timeline missing/run.json", "missing/run.json: cannot be written"},
        {RUN "--timeline /dev/full", "/dev/full: exists and is not a regular file"},
        {RUN "--timeline folder", "folder: exists and is not a regular file"},
        {"plot clock-sensitivity --out missing/deeper", "folder 'missing/deeper': cannot be made: No such file"},
        {"plot clock-sensitivity --out file/figures", "folder 'file/figures': cannot be made: Not a directory"},
        {"plot clock-sensitivity --out ''", "folder '': cannot be made: No such file"},
        {"plot clock-sensitivity --out file", "cannot be written: Not a directory"},
        {"plot clock-sensitivity --out /dev/null", "cannot be written: Not a directory"},
    };
    command_shell("mkdir folder taken.run.json; touch file; mkfifo pipe", &said);
    EXPECT_REFUSALS(rows);
}

/* A file made wrong in one place, and what is said of it. */
struct wrong {
    const char *from, *to, *says;
};

static void expect_wrong(const char *sample, const char *option, const struct wrong *rows, size_t count)
{
    char arguments[256];
    snprintf(arguments, sizeof arguments, RUN "%s ./wrong", option);
    for (size_t i = 0; i < count; i++) {
        command_edit(sample, rows[i].from, rows[i].to, "wrong");
        command_dvfo(arguments, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s with '%s': exit %d: %s", sample, rows[i].to,
                  said.code, said.err);
        cr_expect(strncmp(said.err, "dvfo: ./wrong:", 14) == 0 && strstr(said.err, rows[i].says) != NULL,
                  "%s with '%s': no '%s' in: %s", sample, rows[i].to, rows[i].says, said.err);
    }
}

#define EXPECT_WRONG(sample, option, rows) expect_wrong(sample, option, rows, sizeof(rows) / sizeof(rows)[0])

Test(run_command, a_wrong_board_is_told_with_file_line_found_and_expected)
{
    static const struct wrong rows[] = {
        {"name: small-board\n", "", ":2: the key 'name' is missing"},
        {"name: small-board", "name: [a]", ":2: 'name' is a list, expected a text"},
        {"title:", "titel:", ":3: unknown key 'titel'; did you mean 'title'?"},
        {"cpu_cores: 4", "cpu_cores: 0", ":4: 'cpu_cores' is '0', expected a whole number from 1"},
        {"cpu_cores: 4", "cpu_cores: 4\ncpu_cores: 4", ":5: the key 'cpu_cores' stands here a second time"},
        {"[500, 1000, 2000]", "[2000, 1000, 500]", ":7: 'levels_mhz' has 1000 after 2000, expected ascending clocks"},
        {"[500, 1000, 2000]", "[]", "is an empty list"},
        {"[500, 1000, 2000]", "500", "is a single value, expected a list"},
        {"[500, 1000, 2000]", "[-500, 1000]", "is -500, expected a number from"},
        {"[500, 1000, 2000]", "[nan]", "is 'nan', expected a number"},
        {"[500, 1000, 2000]", "[1e9]", "is 1e9, expected a number from"},
        {"value: 8,", "value: nan,", ":31: 'dynamic_w' is 'nan', expected a number"},
        {"value: 8,", "value: -8,", "'dynamic_w' is -8, expected a number from 0"},
        {"value: 8,", "value: 1e9,", "'dynamic_w' is 1e9, expected a number from 0"},
        {"value: 8,", "value: 8W,", "'dynamic_w' is '8W', expected a number"},
        {"{value: 8, standing: documented", "{value: 8, standing: guessed", "'standing' is 'guessed', expected"},
        {"{value: 8, standing: documented, source: \"s\"}", "8", "is a single value, expected a map"},
        {"low: 0.5, high: 2", "low: 3, high: 4", "expected it between its low 3 and its high 4"},
        {"low: 0.5, high: 2", "low: 2, high: 0.5", "expected it between its low 2 and its high 0.5"},
        {"combine: stream", "combine: maxx", "'combine' is 'maxx', expected stream or sum"},
        {"conv-3x3:", "conv-3x4:", "did you mean 'conv-3x3'?"},
        {"title: Small", "title: *x", "is not valid YAML: found undefined alias"},
        {"cpu_cores: 4", "cpu_cores: {", "is not valid YAML"},
        {"cpu_cores: 4", "\tcpu_cores: 4", "is not valid YAML"},
        {"cpu_cores: 4", "cpu_cores: [[[[[4", "is not valid YAML"},
    };
    EXPECT_WRONG("small-board.yaml", "-b", rows);
}

Test(run_command, a_wrong_network_is_told_with_file_line_found_and_expected)
{
    static const struct wrong rows[] = {
        {"op: conv, name: conv1, out: 8", "op: convv, name: conv1, out: 8", "'op' is 'convv', expected an operator"},
        {"out: 8", "out: 0", "'out' is 0, expected a whole number from 1"},
        {"out: 8", "out: nan", "'out' is 'nan'"},
        {"out: 8", "out: 100000000", "'out' is 100000000, expected"},
        {"size: 32", "size: 1000000", "'size' is '1000000', expected"},
        {"channels: 3", "channels: -1", "'channels' is '-1', expected"},
        {"repeat: 2", "repeat: 100000000", "'repeat' is 100000000, expected"},
        {"repeat: 2", "repeat: 1", "'stride' lists 2 values"},
        {"split: maxpool", "split: maxpol", "'split' is 'maxpol', expected the name of a layer"},
        {"block: basic", "block: basik", "did you mean 'basic'?"},
        {"from: in", "from: nowhere", "'from' names 'nowhere', expected an earlier layer"},
        {"when: ($stride", "when: ($strid", "no such parameter"},
        {"name: layer2", "name: layer1", "the name 'layer1' is taken already"},
        {"op: dense", "op: dens", "did you mean 'dense'?"},
        {"inputs:", "input:", "did you mean 'inputs'?"},
    };
    EXPECT_WRONG("small-network.yaml", "-n", rows);
}

Test(run_command, a_wrong_trace_is_told_with_file_line_found_and_expected)
{
    static const struct wrong rows[] = {
        {"0.5,0", "0,0", ":2: the time goes from 0 to 0 s, expected it to rise"},
        {"0,5\n", "0,-5\n", ":2: the rate is -5 Mbit/s, expected 0 to 100000"},
        {"0,5\n", "0,nan\n", ":2: rate_mbps is 'nan', expected a number"},
        {"0,5\n", "0,100001\n", ":2: the rate is 100001 Mbit/s, expected 0 to 100000"},
        {"0,5\n0.5,0\n0.75,20", "0,0", "carries nothing from its beginning to its end"},
        {"1.5,\n", "", "expected a last row 'END,'"},
        {"0,5\n", "1,5\n", "the first step starts at 1 s, expected 0"},
    };
    EXPECT_WRONG("small-trace.csv", "-t", rows);
}

Test(run_command, files_that_are_no_text_are_refused_whoever_reads_them)
{
    static const struct {
        const char *line, *says;
    } files[] = {
        {": > wrong", "is empty"},
        {"printf 'name: a\\nb\\0c' > wrong", ":2: holds a NUL byte"},
        {"head -c 5000 /dev/zero > wrong", ":1: holds a NUL byte"},
        {"head -c 70000000 /dev/zero | tr '\\0' '#' > wrong", "expected at most"},
        {"head -c 100000 /dev/zero | tr '\\0' '[' > wrong", "./wrong:"},
        {"head -c 100000 /dev/zero | tr '\\0' '{' > wrong", "./wrong:"},
        {"printf 'name: \\377\\376' > wrong", "./wrong:1: "},
        {"head -c 1500 $DATA/small-board.yaml > wrong", "./wrong:"},
    };
    static const char *const options[] = {"-b", "-n", "-t"};
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        command_shell(files[f].line, &said);
        for (size_t o = 0; o < 3; o++) {
            char arguments[256];
            snprintf(arguments, sizeof arguments, RUN "%s ./wrong", options[o]);
            command_dvfo(arguments, &said);
            cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, files[f].says),
                      "%s, %s: exit %d: %s", files[f].line, options[o], said.code, said.err);
        }
    }
}

Test(run_command, a_full_disk_leaves_nothing_behind_and_the_good_file_in_place)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"ulimit -f 8; \"$DVFO\" " RUN "--requests 100000 --out run.h5",
         "run.h5: writing results failed: File too large"},
        {"ulimit -f 8; \"$DVFO\" " RUN "--requests 10000 --timeline run.json",
         "run.json: writing failed: File too large"},
        {"ulimit -f 8; \"$DVFO\" plot bandwidth-sweep " WORLD " -p edge-only --requests 1", "unfinished"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_shell("echo good | tee run.h5 > run.json", &said);
        command_shell(rows[i].line, &said);
        cr_expect(said.code == 1, "%s: exit %d", rows[i].line, said.code);
        cr_expect(command_says(&said, rows[i].says), "%s says %s", rows[i].line, said.err);
        cr_expect(no_file(".part-"), "%s leaves a temporary file", rows[i].line);
        cr_expect(no_file(".svg") && no_file(".run.json"), "%s leaves a half", rows[i].line);
        command_shell("cat run.h5 run.json", &said);
        cr_expect_str_eq(said.out, "good\ngood\n", "%s spoils what was there", rows[i].line);
    }
}

Test(run_command, a_full_file_system_is_told_like_any_write_error)
{
    command_shell("unshare -m true", &said);
    if (said.code != 0 || geteuid() != 0) {
        cr_skip_test("mounting a small file system needs more rights");
    }
    static const char *const works[] = {
        "\"$DVFO\" " RUN "--requests 100000 --out disk/run.h5",
        "\"$DVFO\" " RUN "--requests 10000 --timeline disk/run.json",
        "\"$DVFO\" plot bandwidth-sweep " WORLD " -p edge-only --requests 1 --out disk",
    };
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        char line[1024];
        snprintf(line, sizeof line,
                 "mkdir -p disk; export -n BASH_ENV; cat > inside <<'END'\n"
                 "mount -t tmpfs -o size=16k none disk || exit 77\n"
                 "%s\ncode=$?\nls -A disk\nexit $code\nEND\nunshare -m bash inside",
                 works[i]);
        command_shell(line, &said);
        if (said.code == 77) {
            cr_skip_test("no small file system here");
        }
        cr_expect(said.code == 1, "%s: exit %d: %s", works[i], said.code, said.err);
        cr_expect(command_says(&said, i < 2 ? "No space left on device" : "unfinished"), "%s: %s", works[i], said.err);
        cr_expect(strstr(said.out, "run.") == NULL && strstr(said.out, ".svg") == NULL &&
                      strstr(said.out, ".part-") == NULL,
                  "%s leaves %s", works[i], said.out);
    }
}

Test(run_command, standard_output_that_can_not_be_written_is_told)
{
    static const char *const arguments[] = {
        RUN,
        RUN "--format csv",
        RUN "--format json",
        "list boards",
        "list policies",
        "show network resnet-18",
        "show board jetson-tx2",
        "show trace model:wifi",
        "--help",
        "--version",
    };
    char line[512];
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        snprintf(line, sizeof line, "%s > /dev/full", arguments[i]);
        command_dvfo(line, &said);
        cr_expect(said.code == 1 && command_is_one_sentence(&said) && command_says(&said, "No space left on device"),
                  "%s: exit %d: %s", line, said.code, said.err);
    }
    command_dvfo(RUN "--out run.h5 --timeline run.json >&- 2>&-", &said);
    cr_expect(said.code == 1);
    command_shell("h5dump -H run.h5 > /dev/null && head -c 20 run.json", &said);
    cr_expect(said.code == 0 && command_says(&said, "{\"displayTimeUnit\""), "the table went into no file: %s",
              said.out);
}

Test(run_command, a_closed_pipe_ends_with_141)
{
    static const char *const arguments[] = {
        RUN,
        RUN "--format csv",
        RUN "--format json",
        "list networks",
        "list policies --format csv",
        "show network retinanet",
        "show board jetson-tx2",
        "show trace model:wifi",
        "trace convert model:wifi",
        "trace info const:5Mbps",
        "--help",
    };
    char line[512];
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        /* the program begins when its reader has gone */
        snprintf(line, sizeof line,
                 "mkfifo pipe; { read -r < pipe; \"$DVFO\" %s; } | { exec 0<&-; echo > pipe; };"
                 " code=${PIPESTATUS[0]}; rm pipe; exit $code",
                 arguments[i]);
        command_shell(line, &said);
        cr_expect(said.code == 141, "%s: exit %d", arguments[i], said.code);
        cr_expect_str_empty(said.err, "%s says %s", arguments[i], said.err);
    }
    command_shell("\"$DVFO\" trace convert model:wifi | head -c 1 > /dev/null; exit ${PIPESTATUS[0]}", &said);
    cr_expect(said.code == 141, "a reader that leaves on the way: exit %d", said.code);
}

/* Runs until both outputs have grown, then gets the signal. */
static const char interrupted_run[] =
    "rm -f run.*\n"
    "\"$DVFO\" run " WORLD " -p edge-only --requests 50000000 --out run.h5 --timeline run.json --format csv &\n"
    "until [ \"$(cat run.json.part-* 2>/dev/null | head -c 100000 | wc -c)\" = 100000 ]; do sleep 0.01; done\n"
    "kill -%s $!; wait $!\n";

Test(run_command, an_interrupted_run_keeps_what_it_has)
{
    static const char *const signals[] = {"INT", "TERM", "HUP"};
    for (size_t i = 0; i < 3; i++) {
        char line[1024];
        snprintf(line, sizeof line, interrupted_run, signals[i]);
        command_shell(line, &said);
        cr_expect(said.code == 130, "SIG%s: exit %d", signals[i], said.code);
        cr_expect(strncmp(said.err, "dvfo: interrupted after ", 24) == 0, "%s", said.err);
        cr_expect(strstr(said.out, "board,network,policy") == said.out && strstr(said.out, "\nsmall-board,") != NULL);
        cr_expect(no_file(".part-"));
        long told = 0;
        sscanf(said.err, "dvfo: interrupted after %ld", &told);
        command_shell("h5dump -d /trials/requests run.h5 && tail -c 4 run.json && cat run.run.json", &said);
        char value[64];
        snprintf(value, sizeof value, "(0): %ld\n", told);
        cr_expect(said.code == 0 && told > 0 && command_says(&said, value) && command_says(&said, "\n]}\n"),
                  "%ld requests: %s", told, said.out);
    }
}

Test(run_command, an_interrupted_plot_leaves_nothing)
{
    command_shell("\"$DVFO\" plot bandwidth-sweep " WORLD " -p edge-only --requests 100000000 &\n"
                  "until ls *.part-* >/dev/null 2>&1; do sleep 0.01; done; sleep 0.1; kill -INT $!; wait $!",
                  &said);
    cr_expect(said.code == 130 && command_is_one_sentence(&said), "exit %d: %s", said.code, said.err);
    cr_expect(no_file("bandwidth-sweep"));
}

Test(run_command, a_gnuplot_that_fails_is_missing_or_interrupted_leaves_the_numbers_and_no_picture)
{
    static const struct {
        const char *gnuplot; /* what stands in for it */
        int code;
        const char *says;
    } rows[] = {
        {"#!/bin/sh\nexit 3\n", 1, "gnuplot failed on"},
        {"#!/bin/sh\nexit 0\n", 1, "gnuplot left it unfinished"},
        {"#!/bin/sh\nkill -INT $PPID; sleep 0.1\n", 130, "interrupted while drawing"},
        {NULL, 1, "gnuplot cannot be started (No such file or directory)"},
    };
    command_shell("mkdir bin", &said);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_shell("rm -f bin/gnuplot bandwidth-sweep.csv", &said);
        if (rows[i].gnuplot != NULL) {
            command_write("bin/gnuplot", rows[i].gnuplot, strlen(rows[i].gnuplot));
            command_shell("chmod +x bin/gnuplot", &said);
        }
        command_shell("export DVFO PATH=$PWD/bin:$PATH; [ -x bin/gnuplot ] || PATH=$PWD/bin\n"
                      "\"$DVFO\" plot bandwidth-sweep " WORLD " -p edge-only --requests 1",
                      &said);
        cr_expect(said.code == rows[i].code, "%s: exit %d: %s", rows[i].says, said.code, said.err);
        cr_expect(command_is_one_sentence(&said) && command_says(&said, rows[i].says), "%s", said.err);
        cr_expect(no_file(".svg") && no_file(".png") && no_file(".part-") && !no_file("bandwidth-sweep.csv"));
    }
}

Test(run_command, a_pdf_that_is_cut_short_or_has_no_date_is_refused)
{
    static const struct {
        const char *spoil, *says; /* done to what gnuplot drew */
    } rows[] = {
        {"truncate -s -10", "bandwidth-sweep.pdf: gnuplot left it unfinished"},
        {"truncate -s 0", "bandwidth-sweep.pdf: gnuplot left it unfinished"},
        {"sed -i s/CreationDate/CreationTime/", "bandwidth-sweep.pdf: its date isn't in plain text"},
    };
    command_shell("mkdir bin", &said);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "cat >bin/gnuplot <<'END'\n#!/bin/sh\nPATH=${PATH#*:} gnuplot \"$@\" || exit\n"
                 "[ $DVFO_TERMINAL != pdfcairo ] || LC_ALL=C %s \"$DVFO_PICTURE\"\nEND\n"
                 "chmod +x bin/gnuplot; PATH=$PWD/bin:$PATH\n"
                 "\"$DVFO\" plot bandwidth-sweep " WORLD " -p edge-only --requests 1",
                 rows[i].spoil);
        command_shell(line, &said);
        cr_expect(said.code == 1, "%s: exit %d: %s", rows[i].spoil, said.code, said.err);
        cr_expect(command_is_one_sentence(&said) && command_says(&said, rows[i].says), "%s: %s", rows[i].spoil,
                  said.err);
        cr_expect(no_file(".pdf") && no_file(".part-") && !no_file(".png"));
    }
}

/* Nothing on standard error, the four files named on standard output. */
static void expect_figure(const char *figure, const char *arguments)
{
    char line[512], named[256];
    snprintf(line, sizeof line, "plot %s %s --out figures", figure, arguments);
    snprintf(named, sizeof named, "figures/%s.svg\nfigures/%s.png\nfigures/%s.pdf\nfigures/%s.csv\n", figure, figure,
             figure, figure);
    command_dvfo(line, &said);
    cr_expect(said.code == 0 && strcmp(said.out, named) == 0, "%s: exit %d: %s", line, said.code, said.out);
    cr_expect_str_empty(said.err, "%s says %s", line, said.err);
}

Test(run_command, a_bandwidth_sweep_has_every_pair_and_flat_curves_pass_without_a_word)
{
    expect_figure("bandwidth-sweep", WORLD " -p edge-only --requests 1");
    expect_figure("bandwidth-sweep", "-b $DATA/small-board.yaml,jetson-tx2 -n $DATA/small-network.yaml,resnet-18"
                                     " -p edge-only,cloud-only --requests 1");
    command_shell(
        "cd figures; head -1 bandwidth-sweep.csv; cut -d, -f1-3 bandwidth-sweep.csv | sort | uniq -c | wc -l\n"
        "[ $(stat -c %a .) = $(printf %o $((0777 & ~$(umask)))) ] && echo as umask says",
        &said);
    cr_expect_str_eq(said.out, "board,network,policy,bandwidth_mbps,energy_mj,latency_ms,cost_j,share,uplink_bytes\n"
                               "9\nas umask says\n");
}

Test(run_command, clock_sensitivity_is_relative_to_the_model_at_its_top_clocks)
{
    expect_figure("clock-sensitivity", WORLD);
    expect_figure("clock-sensitivity", "-b jetson-tx2,xavier-nx -n vgg-19");
    command_shell("head -1 figures/clock-sensitivity.csv\n"
                  /* each of the three sweeps ends at the top clocks: 1 */
                  "awk -F, '$4 == \"model\" { last[$1 $3] = $8 } END { for (i in last) print last[i] }' "
                  "figures/clock-sensitivity.csv | sort -u\n"
                  /* measured energy too is divided by the model's */
                  "awk -F, '$4 == \"model\" && $8 == 1 { top[$1] = $7 }\n"
                  "$4 == \"measured\" && $7 != \"\" { n++; r = $7 / top[$1] / $8; wrong += r < 0.9999 || r > 1.0001 }\n"
                  "END { print (n > 10), wrong }' figures/clock-sensitivity.csv",
                  &said);
    cr_expect_str_eq(said.out, "board,network,domain,kind,clock_mhz,latency_ms,energy_mj,energy_relative\n1\n1 0\n",
                     "%s%s", said.out, said.err);
}

Test(run_command, help_of_plot_names_what_matters_to_each_figure)
{
    command_dvfo("plot --help", &said);
    cr_expect(command_says(&said, "options: --board, --network, --policy, --requests"));
    cr_expect(command_says(&said, "options: --board, --network, --runtime"));
    cr_expect(command_says(&said, "\n  dvfo plot bandwidth-sweep --policy edge-best,oracle-all --out figures\n"));
}

Test(run_command, the_same_command_gives_the_same_bytes)
{
    static const char setting[] =
        "\"$DVFO\" run " WORLD " -p edge-best,oracle-dvfo,random,cloud-only -t $DATA/small-trace.csv "
        "--requests 200 --seed 7 --arrivals poisson:20 ";
    char line[4096];
    snprintf(line, sizeof line,
             "set -e\n"
             "%s --out a.h5 --timeline a.json --format csv > a.csv\n"
             "mkdir other; cd other\n"
             "%s --out b.h5 --timeline b.json --format csv > b.csv\n"
             "mkdir -p data/profiles; cp -r $SOURCE/profiles/*/ data/profiles/\n"
             "DVFO_DATA=$PWD/data LC_ALL=de_DE.UTF-8 %s --out c.h5 --timeline c.json --format csv > c.csv\n"
             "for kind in h5 json csv; do cmp ../a.$kind b.$kind; cmp b.$kind c.$kind; done\n"
             "%s --seed 8 --format csv > d.csv; ! cmp -s b.csv d.csv",
             setting, setting, setting, setting);
    setenv("SOURCE", DVFO_SOURCE_DIR, 1);
    command_shell(line, &said);
    cr_expect(said.code == 0, "exit %d: %s%s", said.code, said.out, said.err);
}

Test(run_command, every_table_comes_as_csv_and_json_too)
{
    static const char *const tables[] = {
        RUN,
        "list boards",
        "list networks",
        "list policies",
        "list traces",
        "list experiments",
        "list clouds",
        "show cloud rtx-3080",
        "show network resnet-18",
        "show board jetson-tx2",
        "show trace const:5Mbps",
        "trace info const:5Mbps",
    };
    char line[512];
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        snprintf(line, sizeof line, "%s --format csv", tables[i]);
        command_dvfo(line, &said);
        cr_expect(said.code == 0 && (strchr(said.out, ',') != NULL || i == 5), "%s: %s", line, said.err);
        snprintf(line, sizeof line, "%s --format json", tables[i]);
        command_dvfo(line, &said);
        cr_expect(said.code == 0 && (said.out[0] == '[' || said.out[0] == '{'), "%s: %s", line, said.err);
    }
}
