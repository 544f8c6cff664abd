/* dvfo board and dvfo profile collect as a user types them, on trees with a kernel behind them (fake_board.h). */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "fake_board.h"

static struct said said;
static struct fake_board board;
static char before[8192], after[8192];

static void stop_and_remove(void)
{
    fake_board_stop(&board);
    command_remove_folder();
}

TestSuite(board_command, .init = command_make_folder, .fini = stop_and_remove);

static void build(enum fake_kind kind)
{
    fake_board_build(&board, kind, "board");
    board.delay_s = 0.005;
}

static void run_kernel(void)
{
    fake_board_start(&board);
    fake_board_state(&board, before, sizeof before);
}

static void start(enum fake_kind kind)
{
    build(kind);
    run_kernel();
}

/* A line of bash in which $GPU is the GPU's folder of the NX under JetPack 4. */
static void shell(const char *line)
{
    char whole[4096];
    snprintf(whole, sizeof whole,
             "GPU=board/sys/devices/17000000.gv11b/devfreq/17000000.gv11b\n"
             "wait_for() { for ((i = 0; i < 3000; i++)); do if eval \"$1\"; then return 0; fi; sleep 0.01; done; "
             "echo \"waited in vain for: $1\" >&2; return 1; }\n"
             "rows() { if [ -f \"$1\" ]; then wc -l <\"$1\"; else echo 0; fi; }\n"
             "%s",
             line);
    command_shell(whole, &said);
}

/* The kernel may lag behind the last write by a moment. */
static void expect_given_back(void)
{
    for (int i = 0; i < 3000; i++) {
        fake_board_state(&board, after, sizeof after);
        if (strcmp(after, before) == 0) {
            break;
        }
        usleep(10000);
    }
    cr_expect_str_eq(after, before);
    cr_expect(access("board/run/dvfo-clocks.json", F_OK) != 0, "nothing is left to be given back");
}

static void expect_no_refusal(void)
{
    fake_board_read_record(&board);
    cr_expect(board.n > 0);
    for (size_t i = 0; i < board.n; i++) {
        cr_expect(!board.write[i].refused, "%s %s", board.write[i].path, board.write[i].text);
    }
}

#define COLLECT "profile collect --root board --settle 0 --sample 0.02 --wait 20 --out c "
#define SUBJECT "--network resnet-50 --runtime tensorrt --precision fp16 "
/* 1000 / GPU clock ms, as a program tells it in its output; it takes longer than it says. */
#define WORK "awk \"BEGIN { print \\\"median \\\" 1000 / $DVFO_GPU_MHZ \\\" ms\\\" }\"; sleep 0.06"
#define LATENCY "--latency-line 'median ([0-9.]+) ms' "

Test(board_command, info_tells_board_release_clocks_and_rails)
{
    static const struct {
        enum fake_kind kind;
        const char *heading, *clock, *rail;
    } rows[] = {
        {FAKE_NANO, "jetson-nano (NVIDIA Jetson Nano Developer Kit), JetPack 4, L4T R32.7.1, power mode 0 MAXN, 4 of 4",
         "76.8 153.6 230.4", "POM_5V_IN"},
        {FAKE_TX2,
         "jetson-tx2 (NVIDIA Jetson TX2 Developer Kit), JetPack 4, L4T R32.4.2, power mode 0 MAXN, 6 of 6 cores",
         "40.8 68 102 204", "VDD_4V0_WIFI"},
        {FAKE_NX_4, "xavier-nx (NVIDIA Jetson Xavier NX Developer Kit), JetPack 4, L4T R32.6.1, power mode 8 20W_6CORE",
         "1881.6 1907.2", "VDD_CPU_GPU_CV"},
        {FAKE_NX_5, "xavier-nx (NVIDIA Jetson Xavier NX Developer Kit), JetPack 5, L4T R35.4.1, power mode 8 20W_6CORE",
         "1881.6 1907.2", "VDD_CPU_GPU_CV"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        build(rows[i].kind);
        command_dvfo("board info --root board", &said);
        cr_expect(said.code == 0, "%s", said.err);
        cr_expect(command_says(&said, rows[i].heading), "%s", said.out);
        cr_expect(command_says(&said, rows[i].clock), "%s", said.out);
        cr_expect(command_says(&said, rows[i].rail), "%s", said.out);
        cr_expect(command_says(&said, "\nnothing is missing\n"), "%s", said.out);
        fake_board_remove(&board, "");
    }
}

Test(board_command, info_tells_what_is_missing_and_what_that_prevents)
{
    build(FAKE_NX_4);
    fake_board_remove(&board, "/sys/kernel/debug");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/rail_name_0", "VDD_INPUT");
    command_dvfo("board info --root board", &said);
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "the memory clock can't be set (no --mem): "), "%s", said.out);
    cr_expect(command_says(&said, "is debugfs mounted there"), "%s", said.out);
    cr_expect(command_says(&said, "no rail VDD_IN: the power of the whole module can't be measured"), "%s", said.out);
    command_dvfo("board info --root board --format csv", &said);
    cr_expect(
        strncmp(said.out, "item,value,unit,lowest,highest,governor,choices\ncpu0,115.2,MHz,115.2,1907.2,schedutil,",
                strlen("item,value,unit,lowest,highest,governor,choices\ncpu0,115.2,MHz,115.2,1907.2,schedutil,")) == 0,
        "%s", said.out);
    cr_expect(strstr(said.err, "no rail VDD_IN") != NULL, "%s", said.err);
}

Test(board_command, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments;
        int code;
        const char *said;
    } rows[] = {
        {"board --help", 0, "dvfo board set --restore"},
        {"board", 2, "no verb is given, expected info, set or watch"},
        {"board info --root nowhere", 2, "--root nowhere: cannot be opened: No such file or directory"},
        {"board info --root empty", 2, "is not the tree of a Jetson"},
        {"board info --root board --board jetson-tx2", 2, "--board is jetson-tx2, but this is a xavier-nx"},
        {"board info --root board --format cvs", 2, "--format is 'cvs'"},
        {"board set --root board", 2, "no clock is given, expected --cpu, --gpu, --mem or --restore"},
        {"board set --root board --gpu 510 --restore", 2, "--restore gives all clocks back and takes no others"},
        {"board set --root board --gpu fast", 2, "--gpu is 'fast', expected a number from 1 to 100000"},
        {"board set --root board --gpu 500", 2, "the GPU clock 500 MHz is not in the board's table"},
        {"board set --root board --restore", 0, "nothing to give back"},
        {"board watch --root board --samples 0", 2, "--samples is '0', expected a whole number from 1"},
        {"profile collect --root board --gpu 510 --seconds 1", 2, "'dvfo profile collect' needs --out"},
        {"profile collect --root board --gpu 510 --out c", 2, "needs --command, or --seconds"},
        {COLLECT "--gpu 510 --seconds 1 --command true", 2, "expected one of both"},
        {COLLECT "--gpu 510 --command true --network resnet-50", 2, "--network needs --runtime and --precision"},
        {COLLECT "--gpu 510,510 --seconds 1", 2, "--gpu names 510 MHz twice"},
        {COLLECT "--gpu 510,quick --seconds 1", 2, "--gpu has 'quick', expected clocks in MHz"},
        {COLLECT "--gpu 510,511 --seconds 1", 2, "the GPU clock 511 MHz is not in the board's table"},
        {COLLECT "--gpu 510 --command true --latency-line 'median'", 2, "has 0 groups, expected one around the number"},
        {COLLECT "--gpu 510 --command true --latency-line '('", 2, "is no regular expression"},
        {COLLECT "--gpu 510 --command true --network a,b --runtime x --precision y", 2, "--network is 'a,b', expected"},
        {"profile collect --root board --out 'a b' --gpu 510 --seconds 1", 2, "'a b' has ' ' in it"},
        {"profile collect --root board --out no/where --gpu 510 --seconds 1", 2, "--out no/where: cannot be made"},
        {"profile collect --root board --out plain --gpu 510 --seconds 1", 2, "plain/collect.json: cannot be written"},
    };
    start(FAKE_NX_4);
    shell("mkdir empty; touch plain");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == rows[i].code, "'%s' exits %d: %s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].said), "'%s' says %s%s", rows[i].arguments, said.out, said.err);
        cr_expect(said.code != 2 || command_is_one_sentence(&said), "'%s' says %s%s", rows[i].arguments, said.out,
                  said.err);
    }
    expect_given_back();
    fake_board_read_record(&board);
    cr_expect(board.n == 0, "nothing was written");
}

Test(board_command, a_machine_that_is_no_jetson_is_told_what_it_can_do)
{
    if (access("/proc/device-tree/model", F_OK) == 0) {
        return;
    }
    command_dvfo("board info", &said);
    cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s", said.err);
    cr_expect(command_says(&said, "is not a Jetson"), "%s", said.err);
    cr_expect(command_says(&said, "'dvfo profile measure --board host'"), "%s", said.err);
}

Test(board_command, a_host_is_a_board_for_whoever_asks_for_it)
{
    shell("C=host/sys/devices/system/cpu/cpu0/cpufreq; mkdir -p $C host/sys/class/powercap\n"
          "put() { echo \"$2\" >$C/$1; }\n"
          "put scaling_available_frequencies '2300000 1200000'; put scaling_governor performance; put affected_cpus 0\n"
          "put scaling_min_freq 1200000; put scaling_max_freq 2300000; put scaling_cur_freq 1200000");
    command_dvfo("board info --root host", &said);
    cr_expect(said.code == 2 && command_says(&said, "is not the tree of a Jetson"), "%s", said.err);
    command_dvfo("board info --root host --board host", &said);
    cr_expect(said.code == 0 && command_says(&said, "host (no Jetson), 1 of 1 cores on"), "%s", said.out);
    cr_expect(command_says(&said, "the GPU clock can't be set (no --gpu): a host has no GPU"), "%s", said.out);
    command_dvfo("board set --root host --board host --cpu 1200", &said);
    cr_expect(said.code == 0, "%s", said.err);
    shell("cat host/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq; \"$DVFO\" board set --root host --restore\n"
          "cat host/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq");
    cr_expect_str_eq(said.out, "1200000\n2300000\n");
    command_dvfo("profile collect --root host --board host --out c --cpu 1200 --seconds 0.1", &said);
    cr_expect(said.code == 2 &&
                  command_says(&said, "a host has no rails to collect; 'dvfo profile measure --board host'"),
              "%s", said.err);
}

Test(board_command, set_holds_and_restore_gives_back)
{
    static const enum fake_kind kinds[] = {FAKE_NANO, FAKE_TX2, FAKE_NX_4, FAKE_NX_5};
    static const char *const clocks[] = {"--cpu 1224 --gpu 614.4 --mem 1331.2",
                                         "--cpu 1420.8 --gpu 854.25 --mem 1331.2",
                                         "--cpu 1420.8 --gpu 510 --mem 1331.2", "--cpu 1420.8 --gpu 510 --mem 1331.2"};
    static const char *const held[] = {
        "CPU 1224, GPU 614.4, memory 1331.2 MHz", "CPU 1420.8, GPU 854.25, memory 1331.2",
        "CPU 1420.8, GPU 510, memory 1331.2 MHz", "CPU 1420.8, GPU 510, memory 1331.2 MHz"};
    for (size_t i = 0; i < 4; i++) {
        char arguments[256];
        start(kinds[i]);
        snprintf(arguments, sizeof arguments, "board set --root board --wait 20 %s", clocks[i]);
        command_dvfo(arguments, &said);
        cr_expect(said.code == 0, "%s", said.err);
        cr_expect(command_says(&said, held[i]), "%s", said.err);
        command_dvfo("board info --root board", &said);
        cr_expect(command_says(&said, "clocks are set by dvfo; 'dvfo board set --restore'"), "%s", said.out);
        command_dvfo("board set --root board --restore", &said);
        cr_expect(said.code == 0 && command_says(&said, "all clocks are given back"), "%s", said.err);
        expect_given_back();
        expect_no_refusal();
        fake_board_stop(&board);
        fake_board_remove(&board, "");
    }
}

Test(board_command, a_second_set_goes_on_from_the_first_and_restore_goes_back_to_the_beginning)
{
    start(FAKE_NX_4);
    command_dvfo("board set --root board --wait 20 --gpu 510", &said);
    cr_assert(said.code == 0, "%s", said.err);
    command_dvfo("board set --root board --gpu 1000", &said);
    cr_expect(said.code == 2 && command_says(&said, "is not in the board's table"), "%s", said.err);
    command_dvfo("board set --root board --wait 20 --gpu 1109.25 --mem 1866", &said);
    cr_expect(said.code == 0, "our own limit is not the power mode's: %s", said.err);
    command_dvfo("board set --root board --restore", &said);
    expect_given_back();
}

Test(board_command, a_clock_that_does_not_hold_is_told_and_everything_is_given_back)
{
    build(FAKE_NANO);
    board.gpu_cap = 614400000;
    run_kernel();
    command_dvfo("board set --root board --wait 0.3 --gpu 921.6 --mem 1600", &said);
    cr_expect(said.code == 1);
    cr_expect(
        command_says(&said, "the GPU clock holds 614.4 MHz (table step 614.4), asked 921.6: something else steers"),
        "%s", said.err);
    cr_expect(command_says(&said, "note: all clocks are given back"), "%s", said.err);
    expect_given_back();
}

Test(board_command, a_dry_run_prints_lines_for_a_shell_and_changes_nothing)
{
    start(FAKE_NX_5);
    command_dvfo("board set --root board --gpu 510 --dry-run", &said);
    cr_expect(said.code == 0, "%s", said.err);
#define NX5 "/sys/devices/platform/17000000.gv11b/devfreq/17000000.gv11b/"
    cr_expect_str_eq(said.out, "echo 0 > /sys/devices/platform/gpu.0/railgate_enable\n"
                               "echo userspace > " NX5 "governor\n"
                               "echo 510000000 > " NX5 "max_freq\n"
                               "echo 510000000 > " NX5 "min_freq\n"
                               "echo 510000000 > " NX5 "userspace/set_freq\n");
    expect_given_back();
}

Test(board_command, without_permission_nothing_is_written)
{
    if (geteuid() != 0 || system("command -v setpriv >/dev/null") != 0) {
        return; /* only root can become somebody who may not */
    }
    start(FAKE_NX_4);
    shell(
        "chmod 755 . && setpriv --reuid 65534 --regid 65534 --clear-groups \"$DVFO\" board set --root board --gpu 510");
    if (said.code == 126 || said.code == 127) {
        return; /* the build folder is closed to others */
    }
    cr_expect(said.code == 1, "%d %s", said.code, said.err);
    cr_expect(command_says(&said, "cannot be written: Permission denied; without it the clocks could not be given back "
                                  "later; run as root"),
              "%s", said.err);
    expect_given_back();
}

Test(board_command, watch_prints_a_row_per_interval_in_three_formats)
{
    start(FAKE_NX_5);
    command_dvfo("board watch --root board --interval 0.02 --samples 3 --format csv", &said);
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(strncmp(said.out,
                      "time_s,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_load,VDD_IN_w,VDD_CPU_GPU_CV_w,VDD_SOC_w,"
                      "AO-therm_c,CPU-therm_c,GPU-therm_c,PLL-therm_c\n",
                      128) == 0,
              "%s", said.out);
    cr_expect(command_says(&said, ",115.2,114.75,1600,"), "%s", said.out);
    cr_expect(command_says(&said, ",0.42,"), "%s", said.out);
    cr_expect(command_says(&said, ",40.5,38,37.5,\n"), "a sensor that is off is empty: %s", said.out);
    command_dvfo("board watch --root board --interval 0.02 --samples 2 --format json", &said);
    json_t *rows = json_loads(said.out, 0, NULL);
    cr_expect(json_array_size(rows) == 2, "%s", said.out);
    cr_expect(json_number_value(json_object_get(json_array_get(rows, 1), "gpu_mhz")) == 114.75);
    cr_expect(json_is_null(json_object_get(json_array_get(rows, 0), "PLL-therm_c")));
    json_decref(rows);
    command_dvfo("board watch --root board --interval 0.02 --samples 2", &said);
    cr_expect(said.code == 0 && command_says(&said, "  time_s   cpu_mhz"), "%s", said.out);
}

Test(board_command, watch_ends_cleanly_on_ctrl_c)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" board watch --root board --interval 0.01 --format json >watched &\n"
          "wait_for '[ $(rows watched) -ge 3 ]' && kill -INT $!; wait $!; code=$?; cat watched; exit $code");
    json_t *rows = json_loads(said.out, 0, NULL);
    cr_expect(said.code == 130, "%d %s", said.code, said.err);
    cr_expect(json_array_size(rows) >= 2, "%s", said.out);
    json_decref(rows);
}

Test(board_command, a_sweep_measures_every_setting_and_gives_the_clocks_back)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510,1109.25 --mem 1331.2,1866 --command '" WORK "'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "of 4 settings 4 measured, 0 there already, 0 failed"), "%s", said.err);
    cr_expect(command_says(&said, "'dvfo profile validate --board xavier-nx --measured c/xavier-nx.csv'"), "%s",
              said.err);
    expect_given_back();
    expect_no_refusal();
    shell("cut -d, -f1-11 c/xavier-nx.csv");
    cr_expect_str_eq(said.out,
                     "board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms\n"
                     "xavier-nx,tensorrt,fp16,resnet-50,,1,6,,510,1331.2,1.96078\n"
                     "xavier-nx,tensorrt,fp16,resnet-50,,1,6,,510,1866,1.96078\n"
                     "xavier-nx,tensorrt,fp16,resnet-50,,1,6,,1109.25,1331.2,0.90151\n"
                     "xavier-nx,tensorrt,fp16,resnet-50,,1,6,,1109.25,1866,0.90151\n");
    /* the module: 1 + CPU (0.2 + 115.2/1907.2) + GPU (0.1 + 4 f/top) + memory (0.3 + f/top) W, in whole mW */
    shell("tail -1 c/xavier-nx.csv | awk -F, '{ print ($12 > 0.95 * 6660 && $12 < 1.01 * 6660) }'; " /* rails may lag */
          "grep -c 'VDD_CPU_GPU_CV,4100,' c/xavier-nx-rails.csv; rows c/xavier-nx-rails.csv");
    cr_expect_str_eq(said.out, "1\n2\n13\n");
}

Test(board_command, a_sweep_under_jetpack_5_reads_the_hwmon_rails)
{
    start(FAKE_NX_5);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--cpu 1190.4 --gpu 1109.25 --mem 1866 --command '" WORK "'");
    cr_expect(said.code == 0, "%s", said.err);
    expect_given_back();
    shell("tail -1 c/xavier-nx.csv"); /* GPU rail 4.1 W: 820 mA at 5 V */
    cr_expect(strncmp(said.out, "xavier-nx,tensorrt,fp16,resnet-50,,1,6,1190.4,1109.25,1866,0.90151,", 67) == 0, "%s",
              said.out);
    shell("grep 'VDD_CPU_GPU_CV,4100,' c/xavier-nx-rails.csv | cut -d, -f1-8,10-11,13");
    cr_expect_str_eq(said.out, "xavier-nx,tensorrt,fp16,resnet-50,,1190.4,1109.25,1866,0.42,,VDD_CPU_GPU_CV\n");
}

Test(board_command, without_a_command_the_rails_of_the_board_as_it_is_are_kept)
{
    start(FAKE_TX2);
    command_dvfo(COLLECT "--gpu 114.75,1300.5 --seconds 0.1", &said);
    cr_expect(said.code == 0, "%s", said.err);
    expect_given_back();
    shell("cut -d, -f1,4,7,13,14 c/jetson-tx2-rails.csv | grep -e rail -e GPU; ls c");
    cr_expect_str_eq(said.out, "board,network,gpu_mhz,rail,power_mw\n"
                               "jetson-tx2,,114.75,VDD_SYS_GPU,453\n"
                               "jetson-tx2,,1300.5,VDD_SYS_GPU,4100\n"
                               "collect.json\njetson-tx2-rails.csv\n");
    command_dvfo(COLLECT "--gpu 114.75,522.75,1300.5 --seconds 0.1 --resume", &said);
    cr_expect(said.code == 0 && command_says(&said, "of 3 settings 1 measured, 2 there already"), "%s", said.err);
}

Test(board_command, a_killed_collection_is_given_back_and_goes_on_where_it_was)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 306,510,803.25,1109.25 --mem 1331.2,1866 --command '" WORK "' &\n"
          "wait_for '[ $(rows c/xavier-nx.csv) -ge 4 ]' && kill -KILL $!; wait $! 2>/dev/null\n"
          "cat $GPU/governor; [ -s board/run/dvfo-clocks.json ] && echo left");
    cr_expect_str_eq(said.out, "userspace\nleft\n", "%s", said.err);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY
          "--gpu 306,510,803.25,1109.25 --mem 1331.2,1866 --resume --command '" WORK "'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "clocks that an earlier dvfo left behind are given back first"), "%s", said.err);
    expect_given_back();
    expect_no_refusal();
    shell("rows c/xavier-nx.csv; sort -u c/xavier-nx.csv | wc -l; rows c/xavier-nx-rails.csv; "
          "cut -d, -f7-8,13 c/xavier-nx-rails.csv | sort -u | wc -l");
    cr_expect_str_eq(said.out, "9\n9\n25\n25\n", "every setting once, each with its three rails: %s", said.out);
}

Test(board_command, after_a_kill_restore_alone_gives_the_clocks_back)
{
    start(FAKE_NANO);
    shell(
        "\"$DVFO\" " COLLECT "--gpu 307.2 --mem 1331.2 --command 'touch started; sleep 60' &\n"
        "wait_for '[ -f started ]' && kill -KILL $!; wait $! 2>/dev/null; \"$DVFO\" board set --root board --restore");
    cr_expect(command_says(&said, "all clocks are given back"), "%s", said.err);
    expect_given_back();
}

Test(board_command, ctrl_c_and_termination_end_the_command_and_give_the_clocks_back)
{
    static const char *const signals[] = {"INT", "TERM", "HUP"};
    for (size_t i = 0; i < 3; i++) {
        char line[1024];
        start(FAKE_NX_4);
        snprintf(line, sizeof line,
                 "\"$DVFO\" " COLLECT SUBJECT LATENCY
                 "--gpu 510,1109.25 --mem 1600 --command 'if [ $DVFO_GPU_MHZ = 510 ];"
                 "then " WORK "; else echo $$ >pid; sleep 600; fi' &\n"
                 "wait_for '[ -s pid ]' && kill -%s $!; wait $!; code=$?\n"
                 "wait_for '! kill -0 $(cat pid) 2>/dev/null' && rows c/xavier-nx.csv; rm -r c pid; exit $code",
                 signals[i]);
        shell(line);
        cr_expect(said.code == 130, "%s: %d %s", signals[i], said.code, said.err);
        cr_expect_str_eq(said.out, "2\n", "the row that was there is kept");
        expect_given_back();
        expect_no_refusal();
        fake_board_stop(&board);
        fake_board_remove(&board, "");
    }
}

Test(board_command, a_setting_whose_command_fails_is_told_and_the_others_go_on)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 306,510,1109.25 --command 'case $DVFO_GPU_MHZ in "
          "306) echo out of memory; exit 3;; 510) kill -9 $$;; *) " WORK ";; esac'");
    cr_expect(said.code == 1, "%s", said.err);
    cr_expect(command_says(&said, "failed: gpu306: the command ended with exit code 3, saying 'out of memory'"), "%s",
              said.err);
    cr_expect(command_says(&said, "failed: gpu510: the command was ended by signal 9"), "%s", said.err);
    cr_expect(command_says(&said, "of 3 settings 1 measured, 0 there already, 2 failed"), "%s", said.err);
    cr_expect(command_says(&said, "the same command with --resume goes on"), "%s", said.err);
    cr_expect(command_says(&said, "dvfo: 2 of 3 settings failed"), "%s", said.err);
    expect_given_back();
}

Test(board_command, a_command_that_does_not_want_to_end_is_ended_with_all_it_started)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT "--gpu 510 --timeout 0.3 --command 'trap \"\" TERM; sleep 600 & echo $! >pid; "
          "while :; do sleep 600; done'");
    cr_expect(said.code == 1 && command_says(&said, "the command was ended after 0.3 s (--timeout)"), "%s", said.err);
    shell("wait_for '! kill -0 $(cat pid) 2>/dev/null' && echo gone");
    cr_expect_str_eq(said.out, "gone\n");
    expect_given_back();
}

Test(board_command, what_a_command_leaves_running_is_ended_before_the_next_setting)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT "--gpu 510 --command 'sleep 600 & echo $! >pid; sleep 0.05'");
    cr_expect(said.code == 0, "%s", said.err);
    shell("wait_for '! kill -0 $(cat pid) 2>/dev/null' && echo gone");
    cr_expect_str_eq(said.out, "gone\n");
}

Test(board_command, a_clock_that_leaves_while_the_command_runs_spoils_the_setting)
{
    start(FAKE_NX_4);
    shell("export GPU; \"$DVFO\" " COLLECT SUBJECT LATENCY
          "--gpu 510,1109.25 --command 'if [ $DVFO_GPU_MHZ = 1109.25 ]; "
          "then echo 306000000 >$GPU/min_freq; echo 306000000 >$GPU/max_freq; "
          "while [ $(cat $GPU/cur_freq) != 306000000 ]; do sleep 0.01; done; fi; " WORK "'");
    cr_expect(said.code == 1, "%s", said.err);
    cr_expect(command_says(&said,
                           "failed: gpu1109.25: the GPU clock holds 306 MHz (table step 306), asked 1109.25: the "
                           "kernel made 306 MHz of it in /sys/devices/17000000.gv11b/"),
              "%s", said.err);
    expect_given_back();
}

Test(board_command, latencies_in_another_unit_are_caught)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --command 'echo median 12345678 ms; sleep 0.03'");
    cr_expect(said.code == 1, "%s", said.err);
    cr_expect(command_says(&said, "the latency is 1.23457e+07 ms, but the whole command took "), "%s", said.err);
    cr_expect(command_says(&said, "is it in another unit than ms?"), "%s", said.err);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --resume --command 'echo median 12345678 ms; sleep 0.03'");
    cr_expect(said.code == 1, "a setting that failed is tried again: %s", said.err);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --resume --command 'echo mean 12 ms'");
    cr_expect(said.code == 2 && command_says(&said, "c/collect.json: was collected with command \"echo median"), "%s",
              said.err);
    shell("rm -r c; \"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --command 'echo mean 12 ms; sleep 0.03'");
    cr_expect(said.code == 1 && command_says(&said, "c/gpu510.log: has no line like 'median ([0-9.]+) ms'"), "%s",
              said.err);
    expect_given_back();
}

Test(board_command, the_time_of_the_whole_command_is_shared_by_its_runs)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT "--gpu 510 --runs 1000 --command 'sleep 0.1'; "
          "tail -1 c/xavier-nx.csv | cut -d, -f11 | awk '{ print ($1 >= 0.1 && $1 < 10) }'");
    cr_expect_str_eq(said.out, "1\n", "%s", said.err);
}

Test(board_command, latencies_come_from_the_times_that_trtexec_exports)
{
    start(FAKE_NX_4);
    shell("cat >times.json <<'END'\n"
          "[{\"startMs\": 0, \"endMs\": 12, \"h2dMs\": 1, \"computeMs\": 10, \"d2hMs\": 1, \"latencyMs\": 12},\n"
          " {\"startMs\": 12, \"endMs\": 24, \"h2dMs\": 1, \"computeMs\": 10, \"d2hMs\": 1, \"latencyMs\": 12},\n"
          " {\"startMs\": 24, \"endMs\": 36, \"h2dMs\": 1, \"computeMs\": 10, \"d2hMs\": 1, \"latencyMs\": 12}]\n"
          "END\n"
          "\"$DVFO\" " COLLECT SUBJECT "--gpu 510,1109.25 --command 'sleep 0.06; [ $DVFO_GPU_MHZ = 510 ] || exit 1; "
          "cp times.json {out}.times.json'");
    cr_expect(said.code == 1, "%s", said.err);
    shell("cut -d, -f9,11 c/xavier-nx.csv; ls c/*.times.json");
    cr_expect_str_eq(said.out, "gpu_mhz,latency_ms\n510,12\nc/gpu510.times.json\n", "%s", said.err);
}

Test(board_command, layer_times_of_all_settings_become_a_layer_profile)
{
    start(FAKE_TX2);
    shell("\"$DVFO\" show network vgg-19 --format csv | grep -v fused | awk -F, 'BEGIN { print \"[{\\\"count\\\": "
          "50}\" } "
          "NR > 1 && $7 > 0 { printf \", {\\\"name\\\": \\\"%s\\\", \\\"averageMs\\\": %g}\\n\", $1, $7 / 1e9 } "
          "END { print \"]\" }' >p.json\n" /* 39 GFLOP: 39 ms */
          "echo '[{\"startMs\": 0, \"endMs\": 50, \"h2dMs\": 1, \"computeMs\": 48, \"d2hMs\": 1, \"latencyMs\": 50}]' "
          ">t.json\n"
          "\"$DVFO\" " COLLECT "--network vgg-19 --runtime tensorrt --precision fp32 --cpu 2035.2 --gpu 854.25,1300.5 "
          "--mem 1866 --command 'sleep 0.15; cp p.json {out}.json; cp t.json {out}.times.json'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "layer profile of 2 settings written to c/jetson-tx2-vgg-19.h5"), "%s", said.err);
    command_dvfo("profile show c/jetson-tx2-vgg-19.h5", &said);
    cr_expect(said.code == 0 && command_says(&said, "vgg-19"), "%s%s", said.out, said.err);
    expect_given_back();
}

Test(board_command, layer_times_at_a_free_clock_are_told_once)
{
    start(FAKE_TX2);
    shell("echo '[{\"count\": 50}, {\"name\": \"a\", \"averageMs\": 1}]' >p.json; \"$DVFO\" " COLLECT
          "--network vgg-19 --runtime tensorrt --precision fp32 --gpu 854.25,1300.5 --runs 1 "
          "--command 'sleep 0.15; cp p.json {out}.json'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "not in the layer profile, since their cpu clock was left free: 2; give --cpu"), "%s",
              said.err);
    expect_given_back();
}

Test(board_command, power_counts_from_the_line_that_says_so)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT
          "--runs 1 --gpu 510,1109.25 --power-from 'Starting inference' --command 'sleep 0.3; "
          "if [ $DVFO_GPU_MHZ = 510 ]; then echo Starting inference; fi; sleep 0.3'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "note: the command never said 'Starting inference': its power is left empty"), "%s",
              said.err);
    shell("cut -d, -f9,12 c/xavier-nx.csv | tail -2; tail -1 c/xavier-nx-rails.csv | awk -F, '{ print ($15 < 25) }'");
    cr_expect(strncmp(said.out, "510,4357\n1109.25,\n1\n", 20) == 0, "about half of the 30 readings: %s", said.out);
}

Test(board_command, missing_rails_are_told_and_leave_their_columns_empty)
{
    build(FAKE_NX_4);
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/rail_name_0", "VDD_INPUT");
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/rail_name_2", "NC");
    run_kernel();
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --command '" WORK "'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "no rail VDD_IN: power_mw stays empty"), "%s", said.err);
    cr_expect(command_says(&said, "no rail VDD_SOC: it is missing in the rails file"), "%s", said.err);
    shell("tail -1 c/xavier-nx.csv | cut -d, -f11-; cut -d, -f13 c/xavier-nx-rails.csv");
    cr_expect_str_eq(said.out, "1.96078,\nrail\nVDD_CPU_GPU_CV\n");
}

Test(board_command, rails_in_another_unit_end_the_collection_before_it_begins)
{
    build(FAKE_NX_4);
    board.rail_unit = 1000.0;
    fake_board_put(&board, "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/in_power0_input", "3456000");
    run_kernel();
    command_dvfo(COLLECT "--gpu 510 --command true", &said);
    cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s", said.err);
    cr_expect(command_says(&said, "rail VDD_IN reads 3456 W, expected -1 to 100 W"), "%s", said.err);
    expect_given_back();
}

Test(board_command, rows_that_contradict_each_other_or_were_cut_are_found_on_resume)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510,1109.25 --command '" WORK "' && cp -r c kept");
    cr_assert(said.code == 0, "%s", said.err);
    shell("printf 'xavier-nx,tensorrt,fp16,resnet-50,,1,6,,510,,3.5,\\n' >>c/xavier-nx.csv; "
          "\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510,1109.25 --resume --command '" WORK "'");
    cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s", said.err);
    cr_expect(command_says(&said, "c/xavier-nx.csv:4: the same setting as line 2, but 3.5 ms instead of 1.96078 ms; "
                                  "remove one of them"),
              "%s", said.err);
    shell("rm -r c; cp -r kept c; truncate -s -5 c/xavier-nx.csv; "
          "\"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510,1109.25 --resume --command '" WORK "'");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "c/xavier-nx.csv: its last row was cut off; it is measured again"), "%s", said.err);
    cr_expect(command_says(&said, "c/xavier-nx-rails.csv: 3 rows of a setting that isn't complete are dropped"), "%s",
              said.err);
    shell("rows c/xavier-nx.csv; rows c/xavier-nx-rails.csv; cut -d, -f1-11 c/xavier-nx.csv | cmp - <(cut -d, -f1-11 "
          "kept/xavier-nx.csv) && echo same");
    cr_expect_str_eq(said.out, "3\n7\nsame\n");
    shell("rm -r c; cp -r kept c; \"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --command '" WORK "'");
    cr_expect(said.code == 2 && command_says(&said, "c/xavier-nx.csv: holds rows already; go on with --resume"), "%s",
              said.err);
    shell("rm c/collect.json; \"$DVFO\" " COLLECT SUBJECT LATENCY "--gpu 510 --resume --command '" WORK "'");
    cr_expect(said.code == 2 && command_says(&said, "holds rows, but no collect.json beside it"), "%s", said.err);
    expect_given_back();
}

Test(board_command, a_disk_that_is_full_ends_the_collection_with_what_is_there)
{
    start(FAKE_NX_4);
    shell("ulimit -f 4; \"$DVFO\" " COLLECT "--gpu all --mem 1331.2,1866 --seconds 0.02 --sample 0.01"); /* KiB */
    cr_expect(said.code == 1, "%s", said.err);
    cr_expect(command_says(&said, "c/xavier-nx-rails.csv: writing failed: "), "%s", said.err);
    expect_given_back();
    shell("rows c/xavier-nx-rails.csv | awk '{ print ($1 > 30) }'");
    cr_expect_str_eq(said.out, "1\n");
    command_dvfo(COLLECT "--gpu 114.75,1109.25 --mem 1331.2,1866 --seconds 0.02 --resume", &said);
    cr_expect(said.code == 0 && !command_says(&said, "cut off"), "no half of a row is there: %s", said.err);
}

Test(board_command, only_one_collection_at_a_time_has_the_clocks)
{
    start(FAKE_NX_4);
    shell("\"$DVFO\" " COLLECT "--gpu 510 --command 'touch started; while [ ! -f enough ]; do sleep 0.01; done' &\n"
          "wait_for '[ -f started ]'; \"$DVFO\" board set --root board --gpu 1109.25; echo $?; touch enough; wait $!");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect_str_eq(said.out, "1\n");
    cr_expect(command_says(&said, "another dvfo has the clocks of this board"), "%s", said.err);
    expect_given_back();
}

Test(board_command, all_ends_at_the_limit_of_the_power_mode)
{
    build(FAKE_NX_4);
    cr_assert(fake_board_write(&board, "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq", "306000000") ==
              0);
    run_kernel();
    command_dvfo(COLLECT "--gpu all --seconds 0.02", &said);
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "--gpu all: 3 of 15 clocks, the power mode in force ends at 306 MHz"), "%s",
              said.err);
    cr_expect(command_says(&said, "of 3 settings 3 measured"), "%s", said.err);
    expect_given_back();
}

Test(board_command, a_dry_collection_shows_writes_and_commands_and_makes_no_folder)
{
    start(FAKE_NX_4);
    command_dvfo(COLLECT SUBJECT "--gpu 306,510 --command 'trtexec --exportTimes={out}.times.json' --dry-run", &said);
    cr_expect(said.code == 0, "%s", said.err);
#define NX4 "/sys/devices/17000000.gv11b/devfreq/17000000.gv11b/"
    cr_expect_str_eq(said.out, "echo 0 > /sys/devices/17000000.gv11b/railgate_enable\n"
                               "echo userspace > " NX4 "governor\n"
                               "echo 306000000 > " NX4 "max_freq\n"
                               "echo 306000000 > " NX4 "min_freq\n"
                               "echo 306000000 > " NX4 "userspace/set_freq\n"
                               "trtexec --exportTimes=c/gpu306.times.json\n"
                               "echo 510000000 > " NX4 "max_freq\n"
                               "echo 510000000 > " NX4 "min_freq\n"
                               "echo 510000000 > " NX4 "userspace/set_freq\n"
                               "trtexec --exportTimes=c/gpu510.times.json\n"
                               "echo 1109250000 > " NX4 "max_freq\n"
                               "echo 114750000 > " NX4 "min_freq\n"
                               "echo nvhost_podgov > " NX4 "governor\n"
                               "echo 1 > /sys/devices/17000000.gv11b/railgate_enable\n");
    cr_expect(access("c", F_OK) != 0);
    expect_given_back();
    fake_board_read_record(&board);
    cr_expect(board.n == 0);
}
