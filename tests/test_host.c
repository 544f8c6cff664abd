#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiles/host/host_calibrate.h"
#include "profiles/host/host_power.h"
#include "profiles/host/machine.h"

/* ---- a tree as the kernel shows it ---- */

static char tree[] = "/tmp/dvfo-host-XXXXXX";

static void make_tree(void)
{
    cr_assert(mkdtemp(tree) != NULL && chmod(tree, 0755) == 0);
}

static void remove_tree(void)
{
    char line[128];
    snprintf(line, sizeof line, "chmod -R u+rwX '%s' && rm -r '%s'", tree, tree);
    cr_assert(system(line) == 0);
}

static void put(const char *path, const char *text)
{
    char line[1024], place[512];
    snprintf(line, sizeof line, "mkdir -p \"$(dirname '%s%s')\"", tree, path);
    cr_assert(system(line) == 0);
    snprintf(place, sizeof place, "%s%s", tree, path);
    FILE *file = fopen(place, "w");
    cr_assert(file != NULL && fputs(text, file) >= 0);
    fclose(file);
}

static void put_zone(const char *entry, const char *name, const char *energy_uj)
{
    char path[256];
    snprintf(path, sizeof path, "/sys/class/powercap/%s/name", entry);
    put(path, name);
    snprintf(path, sizeof path, "/sys/class/powercap/%s/energy_uj", entry);
    put(path, energy_uj);
    snprintf(path, sizeof path, "/sys/class/powercap/%s/max_energy_range_uj", entry);
    put(path, "262143328850\n");
}

static struct dvfo_sysfs open_tree(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_sysfs sysfs;
    cr_assert(dvfo_sysfs_open(&ctx, tree, &sysfs) == DVFO_OK, "%s", ctx.message);
    return sysfs;
}

TestSuite(rapl, .init = make_tree, .fini = remove_tree);
TestSuite(machine, .init = make_tree, .fini = remove_tree);
TestSuite(host_power, .init = make_tree, .fini = remove_tree);

/* ---- energy counters ---- */

Test(rapl, packages_and_their_memory_count_and_nothing_counts_twice)
{
    put_zone("intel-rapl:0", "package-0\n", "1000000\n");
    put_zone("intel-rapl:0:0", "core\n", "700000\n"); /* inside the package */
    put_zone("intel-rapl:0:1", "dram\n", "200000\n");
    put_zone("intel-rapl:1", "psys\n", "9000000\n"); /* around it */
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_rapl rapl = dvfo_rapl_open(&sysfs);
    cr_assert(rapl.count == 2);
    cr_expect(strcmp(rapl.zone[0].name, "package-0") == 0 && strcmp(rapl.zone[1].name, "dram") == 0);
    put_zone("intel-rapl:0", "package-0\n", "3500000\n");
    put_zone("intel-rapl:0:0", "core\n", "1700000\n");
    put_zone("intel-rapl:0:1", "dram\n", "450000\n");
    cr_assert(dvfo_rapl_read(NULL, &rapl) == DVFO_OK);
    cr_expect_float_eq(dvfo_rapl_energy_j(&rapl), 2.5 + 0.25, 1e-12);
}

Test(rapl, a_counter_that_begins_anew_goes_on)
{
    put_zone("intel-rapl:0", "package-0", "262143328000");
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_rapl rapl = dvfo_rapl_open(&sysfs);
    put_zone("intel-rapl:0", "package-0", "999150"); /* 850 to the end, 999150 from the beginning */
    cr_assert(dvfo_rapl_read(NULL, &rapl) == DVFO_OK);
    cr_expect_float_eq(dvfo_rapl_energy_j(&rapl), 1.0, 1e-12);
    put_zone("intel-rapl:0", "package-0", "1999150");
    cr_assert(dvfo_rapl_read(NULL, &rapl) == DVFO_OK);
    cr_expect_float_eq(dvfo_rapl_energy_j(&rapl), 2.0, 1e-12);
}

Test(rapl, a_machine_without_counters_says_so)
{
    const struct dvfo_sysfs sysfs = open_tree();
    const struct dvfo_rapl rapl = dvfo_rapl_open(&sysfs);
    cr_expect(rapl.count == 0 && strcmp(rapl.missing, "/sys/class/powercap has no energy counters") == 0, "%s",
              rapl.missing);
}

Test(rapl, a_counter_for_root_alone_says_who_may_read_it)
{
    char path[256];
    put_zone("intel-rapl:0", "package-0", "1");
    snprintf(path, sizeof path, "%s/sys/class/powercap/intel-rapl:0/energy_uj", tree);
    cr_assert(chmod(path, 0400) == 0);
    if (geteuid() == 0) { /* root may read everything: become nobody */
        cr_assert(seteuid(65534) == 0);
    } else {
        cr_assert(chmod(path, 0) == 0);
    }
    const struct dvfo_sysfs sysfs = open_tree();
    const struct dvfo_rapl rapl = dvfo_rapl_open(&sysfs);
    if (getuid() == 0) {
        cr_assert(seteuid(0) == 0);
    }
    cr_expect(rapl.count == 0 && strstr(rapl.missing, "energy_uj: cannot be read: Permission denied; run as root"),
              "%s", rapl.missing);
}

Test(rapl, a_counter_that_holds_no_number_is_told)
{
    put_zone("intel-rapl:0", "package-0", "1");
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_ctx ctx = {0};
    struct dvfo_rapl rapl = dvfo_rapl_open(&sysfs);
    put_zone("intel-rapl:0", "package-0", "many");
    cr_expect(dvfo_rapl_read(&ctx, &rapl) == DVFO_BAD_INPUT && strstr(ctx.message, "holds 'many'") != NULL, "%s",
              ctx.message);
}

/* ---- mean power ---- */

Test(host_power, counters_give_energy_over_time)
{
    put_zone("intel-rapl:0", "package-0", "5000000");
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_ctx ctx = {0};
    struct dvfo_host_power power = dvfo_host_power_open(&ctx, &sysfs);
    struct dvfo_host_power_mean mean;
    cr_expect(strcmp(power.sensor, "RAPL package-0") == 0, "%s", power.sensor);
    cr_assert(dvfo_host_power_begin(&ctx, &power, 100.0, &mean) == DVFO_OK);
    put_zone("intel-rapl:0", "package-0", "29000000");
    cr_assert(dvfo_host_power_read(&ctx, &power, &mean) == DVFO_OK);
    cr_expect_float_eq(dvfo_host_power_mean_w(&power, &mean, 102.0), 12.0, 1e-12); /* 24 J in 2 s */
}

Test(host_power, rails_give_the_mean_of_readings_of_the_module)
{
#define DRIVER "/sys/bus/i2c/drivers/ina3221x/7-0040/iio:device0/"
    put(DRIVER "rail_name_0", "VDD_CPU_GPU_CV");
    put(DRIVER "in_power0_input", "1500");
    put(DRIVER "rail_name_1", "VDD_IN");
    put(DRIVER "in_power1_input", "5000");
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_ctx ctx = {0};
    struct dvfo_host_power power = dvfo_host_power_open(&ctx, &sysfs);
    struct dvfo_host_power_mean mean;
    cr_expect(strcmp(power.sensor, "rail VDD_IN") == 0, "%s", power.sensor);
    cr_assert(dvfo_host_power_begin(&ctx, &power, 0.0, &mean) == DVFO_OK);
    put(DRIVER "in_power1_input", "7000");
    cr_assert(dvfo_host_power_read(&ctx, &power, &mean) == DVFO_OK);
    cr_expect_float_eq(dvfo_host_power_mean_w(&power, &mean, 1.0), 6.0, 1e-12);
}

Test(host_power, without_a_sensor_power_is_not_a_number)
{
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_host_power power = dvfo_host_power_open(NULL, &sysfs);
    struct dvfo_host_power_mean mean;
    cr_assert(dvfo_host_power_begin(NULL, &power, 0.0, &mean) == DVFO_OK);
    cr_expect(power.sensor[0] == '\0' && isnan(dvfo_host_power_mean_w(&power, &mean, 1.0)));
}

/* ---- the machine ---- */

static const char cpuinfo[] = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
                              "model name\t: Intel(R) Xeon(R)   CPU @ 2.20GHz\nstepping\t: 7\ncpu MHz\t\t: 2199.998\n";

Test(machine, the_nominal_clock_comes_from_where_it_is_told)
{
    put("/proc/cpuinfo", cpuinfo);
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_machine machine = dvfo_machine_read(&sysfs);
    cr_expect(strcmp(machine.cpu, "Intel(R) Xeon(R) CPU @ 2.20GHz (family 6, model 85)") == 0, "%s", machine.cpu);
    cr_expect(machine.hz == 2.2e9 && strstr(machine.hz_source, "model name") != NULL);
    put("/sys/devices/system/cpu/cpu0/cpufreq/base_frequency", "2100000\n");
    machine = dvfo_machine_read(&sysfs);
    cr_expect(machine.hz == 2.1e9 && strcmp(machine.hz_source, "cpufreq/base_frequency") == 0);
}

Test(machine, a_clock_without_a_name_is_the_one_that_runs)
{
    put("/proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2445.406\n");
    const struct dvfo_sysfs sysfs = open_tree();
    const struct dvfo_machine machine = dvfo_machine_read(&sysfs);
    cr_expect(strcmp(machine.cpu, "AMD EPYC") == 0 && machine.hz == 2.445e9);
}

Test(machine, a_processor_that_tells_nothing_is_still_a_machine)
{
    const struct dvfo_sysfs sysfs = open_tree();
    struct dvfo_machine machine = dvfo_machine_read(&sysfs);
    cr_expect(strcmp(machine.cpu, "unknown processor") == 0 && machine.hz == 1e9 && machine.cores >= 1);
    put("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd07\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "1479000");
    machine = dvfo_machine_read(&sysfs);
    cr_expect(strcmp(machine.cpu, "processor of part 0xd07") == 0 && machine.hz == 1.479e9);
}

Test(machine, busy_time_counts_everything_but_idling)
{
    put("/proc/stat", "cpu  100 10 20 5000 300 1 2 7 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n");
    const struct dvfo_sysfs sysfs = open_tree();
    cr_expect_float_eq(dvfo_machine_busy_s(&sysfs), 140.0 / (double)sysconf(_SC_CLK_TCK), 1e-9);
}

/* ---- board and regression ---- */

static struct dvfo_host_board_def def_of_machine(void)
{
    return (struct dvfo_host_board_def){
        .machine = {.cpu = "Test CPU", .cores = 2, .hz = 2e9, .hz_source = "made up"},
        .threads = 1,
        .kernel = "Test",
        .networks = "2 networks",
        .flop_per_s = 100e9,
        .byte_per_s = 40e9,
        .idle_w = NAN,
        .busy_w = NAN,
        .no_sensor = "none was looked for",
        .tile_pixels = 8,
    };
}

static struct dvfo_board *board_of(const struct dvfo_host_board_def *def)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    char *text = NULL;
    cr_assert(dvfo_host_board_text(&ctx, def, &text) == DVFO_OK);
    cr_assert(dvfo_board_from_memory(&ctx, "host.yaml", text, strlen(text), &board) == DVFO_OK, "%s", ctx.message);
    free(text);
    return board;
}

Test(host_board, without_a_sensor_power_is_an_assumption_with_bounds)
{
    const struct dvfo_host_board_def def = def_of_machine();
    struct dvfo_board *board = board_of(&def);
    cr_expect(strcmp(board->name, "host") == 0 && board->rail_count == 1 && board->rail[0].inferred);
    cr_expect(board->p_max_w.standing == DVFO_ASSUMPTION && board->p_max_w.low < board->p_max_w.value);
    cr_expect(strstr(board->p_max_w.source, "none was looked for") != NULL);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        cr_expect(board->clock[d].level_count == 1 && board->clock[d].level_hz[0] == 2e9);
    }
    cr_expect(board->runtime[0].flop_per_cycle.value == 50.0);
    cr_expect(board->runtime[0].efficiency[DVFO_OP_SOFTMAX].standing == DVFO_ASSUMPTION); /* nothing measured */
    dvfo_board_free(board);
}

Test(host_board, with_a_sensor_power_is_measured)
{
    struct dvfo_host_board_def def = def_of_machine();
    def.sensor = "RAPL package-0";
    def.idle_w = 3.0;
    def.busy_w = 10.0;
    def.layers[DVFO_OP_SOFTMAX] = 4;
    struct dvfo_board *board = board_of(&def);
    cr_expect(!board->rail[0].inferred && board->rail[0].base_w.value == 3.0);
    cr_expect(board->rail[0].dynamic_w[DVFO_GPU].value == 7.0 && board->p_max_w.value == 10.0);
    cr_expect(board->p_max_w.standing == DVFO_MEASURED && strstr(board->p_max_w.source, "RAPL package-0") != NULL);
    cr_expect(board->runtime[0].efficiency[DVFO_OP_SOFTMAX].standing == DVFO_CALIBRATED);
    dvfo_board_free(board);
}

enum { SAMPLES = 4 };

/* Networks whose layers take what a made-up board says. */
static void make_samples(struct dvfo_host_sample samples[SAMPLES])
{
    static const char *const names[SAMPLES] = {"resnet-18", "mobilenet-v2", "inception-v3", "resnet-50"};
    struct dvfo_host_board_def def = def_of_machine();
    struct dvfo_board *board = board_of(&def);
    struct dvfo_runtime *runtime = &board->runtime[0];
    const struct dvfo_clocks clocks = {{2e9, 2e9, 2e9}};
    runtime->byte_per_cycle.value = 6.0;
    runtime->depth.value = 30.0;
    runtime->kernel_cycles.value = 3000.0;
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        runtime->efficiency[op].value = op <= DVFO_OP_CONV_OTHER ? 0.8 - 0.05 * op : 0.1;
    }
    for (size_t k = 0; k < SAMPLES; k++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_network *network = NULL;
        cr_assert(dvfo_network_load(&ctx, names[k], 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
        samples[k] = (struct dvfo_host_sample){.network = network, .layer_s = calloc(network->n, sizeof(double))};
        for (size_t i = 0; i < network->n; i++) {
            if (dvfo_kernel_exists(&network->layers[i])) {
                const struct dvfo_kernel kernel = dvfo_kernel_of(runtime, &network->layers[i]);
                samples[k].layer_s[i] = dvfo_cost_kernel_s(runtime, &kernel, &clocks);
            }
        }
    }
    dvfo_board_free(board);
}

static void free_samples(struct dvfo_host_sample samples[SAMPLES])
{
    for (size_t k = 0; k < SAMPLES; k++) {
        free(samples[k].layer_s);
        dvfo_network_free((struct dvfo_network *)samples[k].network);
    }
}

Test(host_fit, layers_that_follow_the_form_are_predicted_without_having_been_seen)
{
    struct dvfo_host_sample samples[SAMPLES];
    struct dvfo_host_calibration calibration;
    struct dvfo_host_board_def def = def_of_machine();
    struct dvfo_ctx ctx = {0};
    make_samples(samples);
    cr_assert(dvfo_host_calibrate(&ctx, &def, samples, SAMPLES, &calibration) == DVFO_OK, "%s", ctx.message);
    cr_expect(def.tile_pixels == 8, "tiles of %d", def.tile_pixels); /* as made up */
    for (size_t k = 0; k < SAMPLES; k++) {
        const struct dvfo_host_verdict *verdict = &calibration.left_out[k];
        cr_expect(verdict->median < 0.05 && fabs(verdict->whole) < 0.1, "%s: %g, %g", samples[k].network->name,
                  verdict->median, verdict->whole);
    }
    dvfo_host_calibration_free(&calibration);
    free_samples(samples);
}

Test(host_fit, the_judgement_sees_a_network_that_is_twice_as_slow)
{
    struct dvfo_host_sample samples[SAMPLES];
    struct dvfo_host_verdict verdict;
    struct dvfo_host_board_def def = def_of_machine();
    struct dvfo_ctx ctx = {0};
    double cost = 0.0;
    make_samples(samples);
    def.layers[DVFO_OP_CONV_POINTWISE] = def.layers[DVFO_OP_CONV_3X3] = def.layers[DVFO_OP_CONV_3X3_STRIDED] =
        def.layers[DVFO_OP_CONV_OTHER] = def.layers[DVFO_OP_DEPTHWISE] = def.layers[DVFO_OP_POOL] =
            def.layers[DVFO_OP_DENSE] = def.layers[DVFO_OP_ELEMENTWISE] = 1;
    struct dvfo_board *board = board_of(&def);
    struct dvfo_fit *fit = calloc(1, sizeof *fit);
    cr_assert(dvfo_host_fit(&ctx, board, samples, SAMPLES, 3, fit, &cost) == DVFO_OK, "%s", ctx.message);
    for (size_t i = 0; i < samples[3].network->n; i++) {
        samples[3].layer_s[i] *= 2.0;
    }
    cr_assert(dvfo_host_fit_judge(&ctx, board, &samples[3], &verdict) == DVFO_OK);
    cr_expect_float_eq(verdict.whole, -0.5, 0.05);
    cr_expect_float_eq(verdict.median, 0.5, 0.05);
    free(fit);
    dvfo_board_free(board);
    free_samples(samples);
}

Test(host_fit, layers_without_time_are_left_out)
{
    struct dvfo_host_sample samples[SAMPLES];
    struct dvfo_host_verdict verdict;
    const struct dvfo_host_board_def def = def_of_machine();
    make_samples(samples);
    struct dvfo_board *board = board_of(&def);
    memset(samples[0].layer_s, 0, samples[0].network->n * sizeof(double));
    cr_assert(dvfo_host_fit_judge(NULL, board, &samples[0], &verdict) == DVFO_OK);
    cr_expect(verdict.layers == 0 && isnan(verdict.whole));
    dvfo_board_free(board);
    free_samples(samples);
}
