#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

TestSuite(measure_command, .init = command_make_folder, .fini = command_remove_folder);

static struct said said;

#define SMALL "--network \"$DATA/small-network.yaml\" --repetitions 7"

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static void expect_code(int code)
{
    cr_expect(said.code == code, "exit code %d; it said: %s", said.code, said.err);
}

/* Energy counters that say so. */
#define ZONE "tree/sys/class/powercap/intel-rapl:0"
static const char counters[] = "mkdir -p " ZONE " tree/proc; cp /proc/cpuinfo tree/proc\n"
                               "echo package-0 >" ZONE "/name; echo 262143328850 >" ZONE "/max_energy_range_uj\n"
                               "echo 1000000 >" ZONE "/energy_uj\n";

Test(measure_command, prints_layers_and_the_whole_and_writes_nothing_unasked)
{
    command_dvfo("profile measure --board host " SMALL, &said);
    expect_code(0);
    cr_expect(strstr(said.out, "layer1.0.conv2") != NULL && strstr(said.out, "whole network") != NULL);
    cr_expect(strstr(said.out, "conv1.norm") == NULL); /* done by the kernel of conv1 */
    cr_expect(strstr(said.out, "GFLOP/s in matrix products") != NULL);
    cr_expect(system("[ -z \"$(ls)\" ]") == 0);
}

Test(measure_command, csv_and_json_hold_the_layers)
{
    command_dvfo("profile measure --board host " SMALL " --format csv", &said);
    expect_code(0);
    cr_expect(strncmp(said.out, "network,layer,class,median_ms,low_ms,high_ms,gflop_per_s,share_pct\n", 60) == 0);
    cr_expect(strstr(said.out, "\nsmall-network,classifier,dense,") != NULL);
    command_dvfo("profile measure --board host " SMALL " --format json", &said);
    expect_code(0);
    cr_expect(said.out[0] == '[');
}

Test(measure_command, what_it_writes_is_read_by_the_other_commands)
{
    command_dvfo("profile measure --board host " SMALL " --out .", &said);
    expect_code(0);
    cr_expect(exists("host.yaml") && exists("host.csv") && exists("small-network.h5"));
    command_dvfo("show board ./host.yaml", &said);
    expect_code(0);
    cr_expect(strstr(said.out, "start and drain of a kernel") != NULL && strstr(said.out, "calibrated") != NULL);
    command_dvfo("profile show small-network.h5", &said);
    expect_code(0);
    cr_expect(strstr(said.out, "measured") != NULL && strstr(said.out, "layer2.1.conv2") != NULL);
    command_dvfo("run --board ./host.yaml --network \"$DATA/small-network.yaml\" --policy edge-only "
                 "--layers small-network.h5 --format csv",
                 &said);
    expect_code(0);
    cr_expect(strstr(said.out, "\nhost,small-network,edge-only") != NULL);
    command_shell("[ $(wc -l <host.csv) = 2 ] && tail -1 host.csv | grep -q '^host,openblas,fp32,small-network,,1,1,'",
                  &said);
    expect_code(0);
}

/* A median of the layer profile is the request of the simulator: same network, same times. */
Test(measure_command, the_simulator_runs_from_measured_layers)
{
    command_shell("\"$DVFO\" profile measure --board host " SMALL " --out . --format csv >layers.csv && "
                  "\"$DVFO\" run --board ./host.yaml --network \"$DATA/small-network.yaml\" --policy edge-only "
                  "--layers small-network.h5 --format csv >run.csv && "
                  "awk -F, 'NR > 1 {s += $4} END {printf \"%.6f\\n\", s}' layers.csv && "
                  "awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i} NR == 2 {printf \"%.6f\\n\", 1e3 * "
                  "$c[\"latency_s\"]}' run.csv",
                  &said);
    expect_code(0);
    double layers_ms = 0.0, run_ms = 0.0;
    cr_assert(sscanf(said.out, "%lf %lf", &layers_ms, &run_ms) == 2, "%s", said.out);
    cr_expect_float_eq(run_ms / layers_ms, 1.0, 1e-4);
}

Test(measure_command, what_two_layers_leave_open_stays_an_assumption_or_as_expected)
{
    static const char text[] = "name: tiny\ntitle: T\nsource: s\ninputs: {i: {channels: 2, size: 8}}\nlayers:\n"
                               "  - {op: conv, out: 4, kernel: 3}\n  - {op: relu}\n";
    command_write("tiny.yaml", text, strlen(text));
    command_dvfo("profile measure --board host --network ./tiny.yaml --repetitions 2 --out .", &said);
    expect_code(0);
    cr_expect(strstr(said.out, "left out of the fit") == NULL); /* nothing else to fit to */
    cr_expect(system("grep -q 'softmax: .*standing: assumption, low: ' host.yaml") == 0);
    cr_expect(system("grep -q 'conv-3x3: .*standing: calibrated, error: .*layers of tiny' host.yaml") == 0);
    command_dvfo("profile show tiny.h5", &said);
    expect_code(0);
}

Test(measure_command, a_machine_without_a_sensor_says_that_power_is_assumed)
{
    cr_assert(system("mkdir -p tree") == 0);
    command_dvfo("profile measure --board host " SMALL " --root tree --out .", &said);
    expect_code(0);
    cr_expect(strstr(said.err, "no power sensor: /sys/class/powercap has no energy counters; power of the board is an "
                               "assumption") != NULL,
              "%s", said.err);
    cr_expect(system("grep -q 'p_max_w: .*standing: assumption, low: ' host.yaml") == 0);
    cr_expect(system("tail -1 host.csv | grep -q ',$'") == 0); /* power not measured */
}

Test(measure_command, a_sensor_that_counts_nothing_is_no_sensor)
{
    cr_assert(system(counters) == 0);
    command_dvfo("profile measure --board host " SMALL " --root tree --out .", &said);
    expect_code(0);
    cr_expect(strstr(said.err, "RAPL package-0 counted nothing") != NULL, "%s", said.err);
    cr_expect(system("grep -q 'p_max_w: .*standing: assumption' host.yaml") == 0);
}

/* The counter is replaced as a whole each time: a file cut short would be read as empty. It only goes up, and does so
 * before anything is measured, which takes far longer than a step of the counter. */
Test(measure_command, a_sensor_that_counts_makes_power_measured)
{
    cr_assert(system(counters) == 0);
    command_shell("(i=10; while [ -d tree ]; do i=$((i + 1)); echo ${i}00000 >tree/next; "
                  "mv tree/next " ZONE "/energy_uj; done) 2>/dev/null & counter=$!\n"
                  "while [ $(cat " ZONE "/energy_uj) = 1000000 ]; do sleep 0.01; done\n"
                  "\"$DVFO\" profile measure --board host --network \"$DATA/small-network.yaml\" "
                  "--repetitions 2000 --root tree --out . ; code=$?; kill $counter; exit $code",
                  &said);
    expect_code(0);
    cr_expect(system("grep -q 'p_max_w: .*standing: measured, source: \"RAPL package-0' host.yaml") == 0);
    cr_expect(system("tail -1 host.csv | grep -qE ',[0-9.]+$'") == 0);
}

Test(measure_command, unusable_arguments_are_one_sentence)
{
    static const struct {
        const char *arguments, *sentence;
    } rows[] = {
        {"--network resnet-18", "needs --board"},
        {"--board jetson-tx2 --network resnet-18", "--board is 'jetson-tx2', expected host: this machine"},
        {"--board host", "needs --network"},
        {"--board host --network resnet18", "did you mean 'resnet-18'?"},
        {"--board host --networks resnet-18", "unrecognized option '--networks'"},
        {"--board host --network resnet-18,resnet-18", "names 'resnet-18' twice"},
        {"--board host --network resnet-18 --input 0", "--input is '0', expected a whole number from 1 to 8192"},
        {"--board host --network vit-b16 --input 100", "doesn't divide into patches"},
        {"--board host --network resnet-18 --threads 0", "--threads is '0', expected"},
        {"--board host --network resnet-18 --threads 1000", "expected at most the"},
        {"--board host --network resnet-18 --repetitions many", "--repetitions is 'many', expected"},
        {"--board host --network resnet-18 --seconds -1", "--seconds is '-1', expected"},
        {"--board host --network resnet-18 --seconds 1 --repetitions 2", "both say when to end"},
        {"--board host --network resnet-18 --out nowhere", "nowhere"},
        {"--board host --network resnet-18 --root nowhere", "--root nowhere: cannot be opened"},
        {"--board host --network resnet-18 --format xml", "--format is 'xml'"},
        {"--board host --network resnet-18 more", "unexpected argument 'more'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "profile measure %s", rows[i].arguments);
        command_dvfo(line, &said);
        cr_expect(said.code == 2 && said.out[0] == '\0' && strstr(said.err, rows[i].sentence) != NULL,
                  "'%s' gave %d: %s", line, said.code, said.err);
    }
}

/* Interrupted in the second network, which takes minutes, or, on a slow machine, before the first one ended: nothing
 * stands there by half. */
Test(measure_command, an_interruption_leaves_whole_files_or_none)
{
    command_shell(COMMAND_UNTIL_IT_CATCHES
                  "mkdir out; \"$DVFO\" profile measure --board host --network "
                  "\"$DATA/small-network.yaml\",retinanet --repetitions 100 --out out & pid=$!\n"
                  "until_it_catches $pid; sleep 4; kill -INT $pid; wait $pid",
                  &said);
    cr_expect(said.code == 130, "exit code %d: %s", said.code, said.err);
    cr_expect(!exists("out/retinanet.h5"));
    if (exists("out/host.csv")) {
        cr_expect(system("[ $(wc -l <out/host.csv) = 2 ] && [ \"$(ls out | tr '\\n' ' ')\" = "
                         "'host.csv host.yaml small-network.h5 ' ]") == 0);
        command_dvfo("profile show out/small-network.h5", &said);
        expect_code(0);
    } else {
        cr_expect(system("[ -z \"$(ls -A out)\" ]") == 0);
    }
}

Test(measure_command, the_host_is_listed_and_runs_but_all_boards_are_the_edge_devices)
{
    command_dvfo("list boards --format csv", &said);
    expect_code(0);
    cr_expect(strstr(said.out, "\nhost,") != NULL);
    command_dvfo("run --board host --network resnet-18 --policy edge-only --requests 10 --format csv", &said);
    expect_code(0);
    cr_expect(strstr(said.out, "\nhost,resnet-18,edge-only,") != NULL);
    command_dvfo("run --board all --network resnet-18 --policy edge-only --requests 10 --format csv", &said);
    expect_code(0);
    cr_expect(strstr(said.out, "\nhost,") == NULL && strstr(said.out, "\nxavier-nx,") != NULL);
}
