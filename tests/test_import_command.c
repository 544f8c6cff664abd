/* dvfo profile import with runs of trtexec as a user types it: the files it reads in the form that TensorRT and
 * tegrastats write, what it prints, the profile it makes, and that a simulation gives back what was measured. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static struct said said;

/* ---- files of a run ---- */

/* A residual network of two stages as torch exports it and TensorRT fuses it: 0.8 ms together. */
static const struct {
    const char *name;
    double ms;
} kernels[] = {
    {"Reformatting CopyNode for Input Tensor 0 to /conv1/Conv + /relu/Relu", 0.01},
    {"/conv1/Conv + /relu/Relu", 0.26},
    {"/maxpool/MaxPool", 0.02},
    {"/layer1/layer1.0/conv1/Conv + /layer1/layer1.0/relu/Relu", 0.03},
    {"/layer1/layer1.0/conv2/Conv", 0.06},
    {"/layer1/layer1.0/downsample/downsample.0/Conv + /layer1/layer1.0/Add + /layer1/layer1.0/relu_1/Relu", 0.02},
    {"/layer1/layer1.1/conv1/Conv + /layer1/layer1.1/relu/Relu", 0.06},
    {"/layer1/layer1.1/conv2/Conv + /layer1/layer1.1/Add + /layer1/layer1.1/relu_1/Relu", 0.06},
    {"/layer2/layer2.0/conv1/Conv + /layer2/layer2.0/relu/Relu", 0.03},
    {"/layer2/layer2.0/conv2/Conv", 0.06},
    {"/layer2/layer2.0/downsample/downsample.0/Conv + /layer2/layer2.0/Add + /layer2/layer2.0/relu_1/Relu", 0.02},
    {"/layer2/layer2.1/conv1/Conv + /layer2/layer2.1/relu/Relu", 0.06},
    {"/layer2/layer2.1/conv2/Conv + /layer2/layer2.1/Add + /layer2/layer2.1/relu_1/Relu", 0.06},
    {"/avgpool/GlobalAveragePool", 0.02},
    {"/fc/Gemm", 0.03},
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

/* All times `factor` times as long; only the first `count` kernels. */
static void write_profile(const char *name, double factor, size_t count)
{
    FILE *file = fopen(name, "w");
    cr_assert(file != NULL);
    fprintf(file, "[\n  { \"count\" : 100 }\n");
    for (size_t i = 0; i < count; i++) {
        const double ms = factor * kernels[i].ms;
        fprintf(
            file,
            ", { \"name\" : \"%s\", \"timeMs\" : %g, \"averageMs\" : %g, \"medianMs\" : %g, \"percentage\" : %g }\n",
            kernels[i].name, 101.0 * ms, 1.01 * ms, ms, 100.0 * ms / 0.8);
    }
    fprintf(file, "]\n");
    fclose(file);
}

/* A hundred inferences of `latency_ms` over 18 s. */
static void write_times(const char *name, double latency_ms)
{
    FILE *file = fopen(name, "w");
    cr_assert(file != NULL);
    fprintf(file, "[\n");
    for (int i = 0; i < 100; i++) {
        const double start_ms = 180.0 * i;
        fprintf(
            file,
            "%s{ \"startEnqMs\" : %g, \"endEnqMs\" : %g, \"startH2dMs\" : %g, \"endH2dMs\" : %g, \"startComputeMs\" : "
            "%g, \"endComputeMs\" : %g, \"startD2hMs\" : %g, \"endD2hMs\" : %g, \"h2dMs\" : 0.05, \"computeMs\" : %g, "
            "\"d2hMs\" : 0.05, \"latencyMs\" : %g }\n",
            i > 0 ? ", " : "  ", start_ms, start_ms + 0.02, start_ms, start_ms + 0.05, start_ms + 0.05,
            start_ms + latency_ms - 0.05, start_ms + latency_ms - 0.05, start_ms + latency_ms, latency_ms - 0.1,
            latency_ms);
    }
    fprintf(file, "]\n");
    fclose(file);
}

/* Five idle lines, twenty busy ones, five idle ones, and the beginning of another. */
static void write_log(const char *name, int gpu_mhz, int module_mw)
{
    FILE *file = fopen(name, "w");
    cr_assert(file != NULL);
    for (int i = 0; i < 30; i++) {
        const bool busy = i >= 5 && i < 25;
        fprintf(file,
                "RAM 2336/7850MB (lfb 409x4MB) CPU [%d%%@2000,0%%@2000,off,off] EMC_FREQ %d%%@1000 GR3D_FREQ %d%%@%d "
                "APE 150 GPU@60.5C VDD_IN %d/3000 VDD_GPU %d/100 VDD_CPU %d/100\n",
                busy ? 100 : 3, busy ? 20 : 0, busy ? 98 : 0, gpu_mhz, busy ? module_mw : 3000, busy ? 7900 : 1500,
                busy ? 2250 : 250);
    }
    fprintf(file, "RAM 2336/7850MB (lfb 409x4MB) CPU [3%%@20");
    fclose(file);
}

/* The made-up board with rails that a log can name. */
static void write_board(void)
{
    command_shell("sed 's/name: GPU/name: VDD_GPU/; s/name: CPU/name: VDD_CPU/' $DATA/small-board.yaml > board.yaml",
                  &said);
    cr_assert(said.code == 0);
}

static void write_files(void)
{
    command_make_folder();
    write_board();
    write_profile("p.json", 1.0, KERNELS);
    write_times("t.json", 1.0);
    write_log("log.txt", 1000, 12165);
}

#define SUBJECT "profile import --board board.yaml --network $DATA/small-network.yaml --runtime plain "
#define TOP "2000,1000,1000"
#define RUN SUBJECT "--profile p.json --times t.json --tegrastats log.txt "

static void import(const char *arguments)
{
    command_dvfo(arguments, &said);
}

/* A number in the JSON that a command prints: of the row whose `key` is `row` (NULL: the first); NaN when it is empty.
 */
static double cell(const char *arguments, const char *key, const char *row, const char *column)
{
    char line[1024];
    size_t i = 0;
    snprintf(line, sizeof line, "%s --format json", arguments);
    command_dvfo(line, &said);
    cr_assert(said.code == 0, "%s: %s", line, said.err);
    json_t *root = json_loads(said.out, 0, NULL);
    while (row != NULL && i < json_array_size(root) &&
           strcmp(json_string_value(json_object_get(json_array_get(root, i), key)), row) != 0) {
        i++;
    }
    cr_assert(i < json_array_size(root), "%s in %s", row, said.out);
    const json_t *value = json_object_get(json_array_get(root, i), column);
    const double number = json_is_number(value) ? json_number_value(value) : (double)NAN;
    json_decref(root);
    return number;
}

static double simulated(const char *profile, const char *column)
{
    char line[512];
    snprintf(line, sizeof line,
             "run --board board.yaml --network $DATA/small-network.yaml --policy edge-only --requests 20 --layers %s",
             profile);
    return cell(line, NULL, NULL, column);
}

/* Of a layer of a profile at clocks. */
static double shown(const char *profile, const char *at, const char *layer, const char *column)
{
    char line[256];
    snprintf(line, sizeof line, "profile show %s --at %s", profile, at);
    return cell(line, "layer", layer, column);
}

static bool file_is(const char *name, const char *text)
{
    char line[4096];
    struct said compared;
    command_write("expected", text, strlen(text));
    snprintf(line, sizeof line, "diff expected %s", name);
    command_shell(line, &compared);
    cr_expect(compared.code == 0, "%s: %s", name, compared.out);
    return compared.code == 0;
}

TestSuite(import_command, .init = write_files, .fini = command_remove_folder);

/* ---- what comes of them ---- */

/* By hand. Kernels take 0.8 ms of the request's 1 ms, class activity is 0.8, so u_G = 0.64 a; one core spins, u_C = 1.
 * Eq. (2) at top clocks: P = 1 + 1.1 (1 + 0.5 + 8 u_G + 0.25 + 2 u_C) = 5.125 + 5.632 a; 12.165 W ask for a = 1.25. */
Test(import_command, a_simulation_gives_back_latency_and_power_that_were_measured)
{
    import(RUN "--out r.h5");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect_float_eq(simulated("r.h5", "latency_s"), 1e-3, 1e-9);
    cr_expect_float_eq(simulated("r.h5", "power_w"), 12.165, 1e-6);
    cr_expect_float_eq(simulated("r.h5", "energy_j"), 12.165e-3, 1e-9);
    cr_expect_float_eq(shown("r.h5", TOP, "conv1", "gpu_ms"), 0.27, 1e-12, "with its reformat");
    cr_expect(shown("r.h5", TOP, "layer1.0.add", "gpu_ms") == 0.0, "inside the convolution before it");
    cr_expect_float_eq(shown("r.h5", TOP, "(request)", "latency_ms"), 0.19, 1e-9, "1 less 0.8 and a launch of 0.01");
}

Test(import_command, the_report_tells_layers_clocks_and_power)
{
    import(RUN);
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "p.json: small-network on small-board, plain fp32, batch 1, at CPU 2000, GPU 1000, "
                                  "memory 1000 MHz"),
              "%s", said.out);
    cr_expect(command_says(&said, "latency: 1 ms (1 to 1), median of 100 inferences"));
    cr_expect(command_says(&said, "power: module 12.1") && command_says(&said, "VDD_GPU 7.9, VDD_CPU 2.25"), "%s",
              said.out);
    cr_expect(command_says(&said, "log.txt: lines 9 to 24, 16 samples; cores at work 1 of 2, GPU 98 %, memory 20 %"),
              "%s", said.out);
    cr_expect(command_says(&said,
                           "15 kernels, 0.8 ms, median or mean of 100 inferences: 87.5 % matched by name, 11.2 % "
                           "by order, 0 % within stretches, 1.25 % carried to a neighbour, 0 % left over"),
              "%s", said.out);
    cr_expect(command_says(&said, "log.txt:31: the last line ends inside its list of cores; it is cut off"), "%s",
              said.err);
    import(RUN "--format csv");
    cr_expect(strncmp(said.out, "run,layer,class,ms,closed_form_ms,match,kernel\np.json,conv1,conv-3x3,0.27", 73) == 0,
              "%s", said.out);
    cr_expect(command_says(&said, "\np.json,conv1,,0.01,,carried,Reformatting CopyNode"), "%s", said.out);
    cr_expect_float_eq(cell(RUN, "layer", "classifier", "ms"), 0.03, 1e-12);
    cr_expect(cell(RUN, "kernel", kernels[0].name, "ms") == 0.01, "what was carried has a row of its own");
}

Test(import_command, measured_points_are_written_and_added_to)
{
    static const char points[] =
        "board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw\n"
        "small-board,plain,fp32,small-network,32,1,2,2000,1000,1000,1,12165\n";
    static const char rails[] =
        "board,runtime,precision,network,input_px,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_busy,mem_busy,period_ms,rail,"
        "power_mw,samples\n"
        "small-board,plain,fp32,small-network,32,2000,1000,1000,1,0.98,0.2,,VDD_IN,12165,16\n"
        "small-board,plain,fp32,small-network,32,2000,1000,1000,1,0.98,0.2,,VDD_GPU,7900,16\n"
        "small-board,plain,fp32,small-network,32,2000,1000,1000,1,0.98,0.2,,VDD_CPU,2250,16\n";
    import(RUN "--measured m.csv && mkdir folder");
    cr_expect(said.code == 0, "%s", said.err);
    cr_expect(file_is("m.csv", points) && file_is("m-rails.csv", rails));
    import(RUN "--measured folder");
    cr_expect(file_is("folder/small-board.csv", points) && file_is("folder/small-board-rails.csv", rails));
    import(RUN "--measured folder --append");
    command_shell("wc -l < folder/small-board.csv; wc -l < folder/small-board-rails.csv", &said);
    cr_expect(strcmp(said.out, "3\n7\n") == 0, "%s", said.out);
    import(SUBJECT "--times t.json --tegrastats log.txt --measured times.csv");
    cr_expect(said.code == 0 && file_is("times.csv", points), "times alone make points: %s", said.err);
}

/* GPU at half its clock: kernels twice as long. */
static void write_second_run(void)
{
    write_profile("p2.json", 2.0, KERNELS);
    write_times("t2.json", 1.8);
    write_log("log2.txt", 500, 8000);
}

Test(import_command, runs_at_two_clocks_make_one_profile_at_once_or_after_each_other)
{
    write_second_run();
    import(RUN "--profile p2.json --times t2.json --tegrastats log2.txt --out both.h5");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "38 layers at 2 points (CPU 1 x GPU 2 x memory 1 clocks) written to both.h5"), "%s",
              said.err);
    import(RUN "--out after.h5");
    import(SUBJECT "--profile p2.json --times t2.json --tegrastats log2.txt --out after.h5 --append");
    cr_expect(said.code == 0 && command_says(&said, "38 layers at 2 points"), "%s", said.err);
    for (int i = 0; i < 2; i++) {
        const char *profile = i == 0 ? "both.h5" : "after.h5";
        cr_expect_float_eq(shown(profile, "2000,500,1000", "conv1", "gpu_ms"), 0.54, 1e-12, "%s", profile);
        cr_expect_float_eq(shown(profile, TOP, "conv1", "gpu_ms"), 0.27, 1e-12, "%s", profile);
        cr_expect_float_eq(shown(profile, "2000,500,1000", "(request)", "latency_ms"), 0.19, 1e-9, "%s", profile);
        cr_expect_float_eq(simulated(profile, "power_w"), 12.165, 1e-6, "%s", profile);
    }
}

/* Layers of a stretch share one measured time as the closed form says; that is kept, also when the board's file has
 * changed meanwhile. */
Test(import_command, parts_of_a_stretch_are_kept_when_more_is_added)
{
    const char *const profile = SUBJECT "--profile $DATA/small-trtexec-profile.json --out r.h5 ";
    char line[1024];
    snprintf(line, sizeof line, "%s --clocks 2000,1000,1000", profile);
    import(line);
    const double before_ms = shown("r.h5", TOP, "layer1.1.conv2", "gpu_ms");
    cr_expect(before_ms > 0.0 && before_ms < 0.06, "a part of 0.06 ms");
    command_shell("sed -i 's/send_w: {value: 1,/send_w: {value: 1.1,/' board.yaml", &said);
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "%s --append --clocks 2000,%s,1000", profile, i == 0 ? "500" : "250");
        import(line);
        cr_expect(said.code == 0, "%s", said.err);
        cr_expect(command_says(&said, "was made with another file of small-board") == (i == 0), "%s", said.err);
        cr_expect(shown("r.h5", TOP, "layer1.1.conv2", "gpu_ms") == before_ms, "after %d more", i + 1);
    }
    command_dvfo("profile show r.h5 --format csv", &said);
    cr_expect(strstr(said.out, "\nlayer1.1.conv2,") != NULL && strstr(said.out, ",calibrated\nlayer1.1.add,") != NULL,
              "%s", said.out);
}

Test(import_command, points_that_nobody_measured_stay_open)
{
    import(SUBJECT "--profile p.json --clocks 2000,1000,1000 --out r.h5");
    import(SUBJECT "--profile p.json --clocks 1000,500,1000 --out r.h5 --append");
    cr_assert(said.code == 0 && command_says(&said, "at 4 points (CPU 2 x GPU 2 x memory 1 clocks)"), "%s", said.err);
    cr_expect(isnan(shown("r.h5", "1000,1000,1000", "conv1", "gpu_ms")));
    cr_expect_float_eq(shown("r.h5", "1000,500,1000", "conv1", "gpu_ms"), 0.27, 1e-12);
}

Test(import_command, repeated_runs_are_averaged_or_contradict_each_other)
{
    write_profile("again.json", 1.1, KERNELS);
    write_profile("other.json", 1.3, KERNELS);
    import(SUBJECT "--profile p.json --clocks 2000,1000,1000 --profile again.json --clocks 2000,1000,1000 --out r.h5");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "again.json: has the clocks of p.json and agrees with it; the mean of both is taken"),
              "%s", said.err);
    cr_expect_float_eq(shown("r.h5", TOP, "classifier", "gpu_ms"), 0.0315, 1e-12, "of 0.030 and 0.033");
    import(SUBJECT "--profile p.json --clocks 2000,1000,1000 --profile other.json --clocks 2000,1000,1000 --out o.h5");
    cr_expect(said.code == 2 && command_is_one_sentence(&said), "%s", said.err);
    cr_expect(command_says(&said, "other.json and p.json contradict each other: their layers take 1.04 and 0.8 ms"),
              "%s", said.err);
    cr_expect(access("o.h5", F_OK) != 0, "nothing is written");
    import(SUBJECT "--profile other.json --clocks 2000,1000,1000 --out r.h5 --append");
    cr_expect(said.code == 2 && command_says(&said, "other.json and r.h5 contradict each other"), "%s", said.err);
    cr_expect_float_eq(shown("r.h5", TOP, "classifier", "gpu_ms"), 0.0315, 1e-12, "the file is as it was");
}

/* Same files, same bytes. */
Test(import_command, is_repeatable)
{
    import(RUN "--out a.h5");
    import(RUN "--out b.h5");
    command_shell("cmp a.h5 b.h5", &said);
    cr_expect(said.code == 0);
}

/* ---- what is refused ---- */

Test(import_command, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments;
        const char *said;
    } rows[] = {
        {"profile import", "needs --board"},
        {"profile import --board jetson-tx2", "needs --network"},
        {SUBJECT, "needs --profile (a run of trtexec) or --from (raw tables)"},
        {SUBJECT "--profile p.json", "p.json: the CPU clock that it ran at isn't known, expected --clocks CPU,GPU,MEM"},
        {SUBJECT "--profile p.json --clocks 2000,1000", "--clocks is '2000,1000', expected the clocks of CPU, GPU and"},
        {SUBJECT "--profile p.json --clocks 2000,1000000,1000", "the GPU clock is 1000000 MHz, expected 125 to 2000 on "
                                                                "small-board; is it in kHz?"},
        {SUBJECT "--profile missing.json --clocks 2000,1000,1000", "missing.json: cannot be read"},
        {SUBJECT "--profile t.json --clocks 2000,1000,1000", "t.json:1: was written by trtexec --exportTimes"},
        {SUBJECT "--profile cut.json --clocks 2000,1000,1000", "cut.json:8: is cut off"},
        {SUBJECT "--profile few.json --clocks 2000,1000,1000", "few.json: can't be matched to small-network"},
        {RUN "--clocks ,500,", "log.txt:9: the GPU clock is 1000 MHz during the run, --clocks says 500"},
        {SUBJECT "--profile p.json --tegrastats user.txt", "user.txt:7: shows no CPU clock (tegrastats was not run as "
                                                           "root?); give it by --clocks CPU,GPU,MEM"},
        {SUBJECT "--profile p.json --tegrastats user.txt --clocks 2000,,1000", "user.txt:7: shows no GPU clock"},
        {RUN "--interval 1000", "1000 ms are 1"},
        {RUN "--interval long", "--interval is 'long', expected seconds"},
        {RUN "--interval 0.2", "busy for at most 4 s, the run took 17.8"},
        {RUN "--batch 4 --out r.h5", "--batch is 4, expected 1 for a layer profile"},
        {RUN "--batch none", "--batch is 'none', expected a whole number"},
        {RUN "--measured no/where", "--measured is 'no/where', expected a folder that exists or a name ending in .csv"},
        {RUN "--out no/where.h5", "no/where.h5: cannot be written"},
        {RUN "--out text.h5 --append", "text.h5: is no HDF5 file"},
        {RUN "--format cvs", "--format is 'cvs'"},
        {RUN "--runtime tensorrt", "the board small-board has no runtime tensorrt; it has plain fp32"},
        {"profile import --board board.yaml --network $DATA/small-network.yaml --profile p.json --clocks "
         "2000,1000,1000",
         "it has plain fp32; --runtime plain takes from that what trtexec doesn't tell"},
        {SUBJECT "--times t.json --tegrastats log.txt --out r.h5", "a run has no --profile"},
        {SUBJECT "--times t.json --layer-info l.json --tegrastats log.txt", "--layer-info stands without --profile"},
        {SUBJECT "--profile p.json --clocks 2000,1000,1000 --measured m.csv",
         "p.json: tells neither latency nor power"},
        {RUN "--from raw --out r", "--from takes --board and --out alone"},
    };
    write_profile("few.json", 1.0, 4);
    command_shell("head -c 700 p.json > cut.json; echo hello > text.h5; sed 's/@[0-9]*//g' log.txt > user.txt", &said);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        import(rows[i].arguments);
        cr_expect(said.code == 2 && said.out[0] == '\0', "%s: %d '%s'", rows[i].arguments, said.code, said.out);
        cr_expect(command_says(&said, rows[i].said), "%s: '%s' lacks '%s'", rows[i].arguments, said.err, rows[i].said);
        cr_expect(access("r.h5", F_OK) != 0 && access("m.csv", F_OK) != 0, "%s: nothing is written", rows[i].arguments);
    }
}

Test(import_command, help_shows_both_forms)
{
    import("profile import --help");
    cr_expect(said.code == 0 && command_says(&said, "--from raw/ --out measurements/") &&
                  command_says(&said, "--tegrastats log.txt") && command_says(&said, "--clocks 2035.2,1300.5,1866"),
              "%s", said.out);
}

/* A real board: clocks in whole MHz become those of its table, CPU_GPU_CV and SOC are its rails, cores are off. */
Test(import_command, a_dated_log_of_xavier_nx)
{
    FILE *file = fopen("nx.txt", "w");
    cr_assert(file != NULL);
    for (int i = 0; i < 40; i++) { /* two lines per second */
        const bool busy = i >= 4 && i < 36;
        fprintf(file,
                "09-27-2025 15:56:%02d RAM 5570/6857MB (lfb 4x1MB) CPU [%d%%@1907,22%%@1907,off,off,off,off] EMC_FREQ "
                "30%%@1600 GR3D_FREQ %d%%@[1007] VIC_FREQ 601 APE 150 GPU@42C VDD_IN %dmW/2595mW VDD_CPU_GPU_CV "
                "5000mW/305mW VDD_SOC 1700mW/674mW\n",
                10 + i / 2, busy ? 100 : 5, busy ? 99 : 0, busy ? 9000 : 3700);
    }
    fclose(file);
    import("profile import --board xavier-nx --network $DATA/small-network.yaml --runtime triton --times t.json "
           "--tegrastats nx.txt --measured nx.csv");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "nx.txt: lines 6 to 35, 30 samples; cores at work 1.22 of 2"), "%s", said.out);
    command_shell("tail -1 nx.csv; grep -c VDD nx-rails.csv", &said);
    cr_expect(strcmp(said.out, "xavier-nx,triton,fp32,small-network,32,1,2,1907.2,1007.25,1600,1,9000\n3\n") == 0, "%s",
              said.out);
}
