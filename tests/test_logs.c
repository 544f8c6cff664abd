/* tegrastats logs, and the stretch of one in which a run was going. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profiles/logs/log_window.h"
#include "profiles/logs/tegrastats.h"

/* Lines of real boards (their sources: nano and xavier-nx iloudaros/LoudVA, tx2 thynics/jetson_dvfs, tx2 of JetPack 3
 * NVIDIA-AI-IOT/tf_trt_models issue 13). */
#define NANO                                                                                                           \
    "RAM 3520/3964MB (lfb 22x1MB) SWAP 1938/1982MB (cached 2MB) IRAM 0/252kB(lfb 252kB) CPU "                          \
    "[65%@1036,14%@1036,14%@1036,4%@1036] EMC_FREQ 4%@204 GR3D_FREQ 99%@307 APE 25 PLL@19.5C CPU@23.5C PMIC@50C "      \
    "GPU@23C AO@30C thermal@22C POM_5V_IN 2592/1053 POM_5V_GPU 493/0 POM_5V_CPU 576/132\n"
#define TX2                                                                                                            \
    "RAM 2336/7850MB (lfb 409x4MB) SWAP 53/3925MB (cached 7MB) CPU "                                                   \
    "[2%@2034,0%@2034,0%@2034,100%@2034,0%@2034,0%@2035] EMC_FREQ 53%@1866 GR3D_FREQ 99%@1300 APE 150 MTS fg 0% bg "   \
    "0% PLL@55C MCPU@55C PMIC@50C Tboard@48C GPU@60.5C BCPU@55C thermal@57.2C Tdiode@61C VDD_SYS_GPU 9396/3869 "       \
    "VDD_SYS_SOC 1742/1229 VDD_4V0_WIFI 0/9 VDD_IN 17898/10334 VDD_SYS_CPU 1212/1447 VDD_SYS_DDR 3820/2367\n"
#define TX2_JETPACK3                                                                                                   \
    "RAM 4167/7854MB (lfb 84x4MB) CPU [49%@2035,0%@2035,0%@2035,44%@2035,47%@2032,38%@2035] EMC_FREQ 7%@1866 "         \
    "GR3D_FREQ 18%@1300 APE 150 MTS fg 0% bg 0% BCPU@48C MCPU@48C GPU@47.5C PLL@48C Tboard@41C Tdiode@46.25C "         \
    "PMIC@100C thermal@48.3C VDD_IN 7862/4839 VDD_CPU 1763/820 VDD_GPU 2531/947 VDD_SOC 997/929 VDD_WIFI 0/33 "        \
    "VDD_DDR 1626/1271\n"
#define NX                                                                                                             \
    "09-27-2025 15:56:18 RAM 5570/6857MB (lfb 4x1MB) SWAP 1390/3428MB (cached 1MB) CPU "                               \
    "[50%@1487,22%@1497,off,off,off,off] EMC_FREQ 1%@1600 GR3D_FREQ 99%@1007 VIC_FREQ 601 APE 150 AUX@41C CPU@42.5C "  \
    "thermal@41.15C AO@41.5C GPU@42C PMIC@50C VDD_IN 4647mW/2595mW VDD_CPU_GPU_CV 1508mW/305mW VDD_SOC "               \
    "1099mW/674mW\n"

/* The latest note, and how many there were. */
struct notes {
    char last[1024];
    int count;
};

static void keep_note(void *user, const char *sentence)
{
    struct notes *notes = user;
    snprintf(notes->last, sizeof notes->last, "%s", sentence);
    notes->count++;
}

static struct dvfo_tegrastats *read_log(struct dvfo_ctx *ctx, const char *text, double interval_s)
{
    struct dvfo_tegrastats *log = NULL;
    dvfo_tegrastats_from_memory(ctx, "log", text, strlen(text), interval_s, &log);
    return log;
}

static struct dvfo_tegrastats *good_log(const char *text)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_tegrastats *log = read_log(&ctx, text, 1.0);
    cr_assert(log != NULL, "%s", ctx.message);
    return log;
}

/* The sentence with which a log is refused. */
static void expect_refused(const char *text, const char *sentence)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_tegrastats *log = read_log(&ctx, text, 1.0);
    cr_expect(log == NULL, "accepted, expected '%s'", sentence);
    cr_expect(strstr(ctx.message, sentence) != NULL, "'%s' lacks '%s'", ctx.message, sentence);
    dvfo_tegrastats_free(log);
}

static double rail_w(const struct dvfo_tegrastats *log, const char *name)
{
    const size_t rail = dvfo_tegrastats_rail(log, name);
    cr_assert(rail < log->rails, "%s", name);
    return log->sample[0].rail_w[rail];
}

static double sensor_c(const struct dvfo_tegrastats *log, const char *name)
{
    for (size_t i = 0; i < log->sensors; i++) {
        if (strcmp(log->sensor[i], name) == 0) {
            return log->sample[0].sensor_c[i];
        }
    }
    return NAN;
}

static struct dvfo_board *board_of(const char *name)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    cr_assert(dvfo_board_load(&ctx, name, &board) == DVFO_OK, "%s", ctx.message);
    return board;
}

/* ---- lines ---- */

Test(tegrastats, a_line_of_jetson_nano)
{
    struct dvfo_tegrastats *log = good_log(NANO);
    const struct dvfo_tegrastats_sample *s = &log->sample[0];
    cr_expect(log->n == 1 && log->cores == 4 && log->rails == 3 && log->sensors == 6 && !log->dated);
    cr_expect(s->line == 1 && s->time_s == 0.0);
    cr_expect_float_eq(s->cpu_load[0], 0.65, 1e-12);
    cr_expect_float_eq(s->cpu_load[3], 0.04, 1e-12);
    cr_expect(s->cpu_hz[3] == 1036e6 && isnan(s->cpu_hz[4]));
    cr_expect(s->mem_load == 0.04 && s->mem_hz == 204e6);
    cr_expect(s->gpu_load == 0.99 && s->gpu_hz == 307e6);
    cr_expect_float_eq(rail_w(log, "POM_5V_IN"), 2.592, 1e-12, "the reading of the moment, not the average");
    cr_expect_float_eq(rail_w(log, "POM_5V_GPU"), 0.493, 1e-12);
    cr_expect_float_eq(rail_w(log, "POM_5V_CPU"), 0.576, 1e-12);
    cr_expect(sensor_c(log, "CPU") == 23.5 && sensor_c(log, "thermal") == 22.0);
    dvfo_tegrastats_free(log);
}

Test(tegrastats, a_line_of_jetson_tx2)
{
    struct dvfo_tegrastats *log = good_log(TX2);
    const struct dvfo_tegrastats_sample *s = &log->sample[0];
    cr_expect(log->cores == 6 && log->rails == 6 && log->sensors == 8);
    cr_expect(s->cpu_load[3] == 1.0 && s->cpu_hz[5] == 2035e6);
    cr_expect(s->mem_load == 0.53 && s->mem_hz == 1866e6 && s->gpu_hz == 1300e6);
    cr_expect_float_eq(rail_w(log, "VDD_IN"), 17.898, 1e-12);
    cr_expect_float_eq(rail_w(log, "VDD_SYS_DDR"), 3.820, 1e-12);
    cr_expect(rail_w(log, "VDD_4V0_WIFI") == 0.0);
    cr_expect(sensor_c(log, "Tdiode") == 61.0);
    dvfo_tegrastats_free(log);
}

Test(tegrastats, short_rail_names_become_those_of_the_board)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = board_of("jetson-tx2");
    struct dvfo_tegrastats *log = good_log(TX2_JETPACK3);
    cr_assert(dvfo_tegrastats_check(&ctx, log, board) == DVFO_OK, "%s", ctx.message);
    cr_expect_float_eq(rail_w(log, "VDD_SYS_CPU"), 1.763, 1e-12);
    cr_expect_float_eq(rail_w(log, "VDD_SYS_GPU"), 2.531, 1e-12);
    cr_expect_float_eq(rail_w(log, "VDD_SYS_SOC"), 0.997, 1e-12);
    cr_expect_float_eq(rail_w(log, "VDD_SYS_DDR"), 1.626, 1e-12);
    cr_expect(dvfo_tegrastats_module_rail(log) == 0, "VDD_IN stands first");
    dvfo_tegrastats_free(log);
    dvfo_board_free(board);
}

Test(tegrastats, a_line_of_xavier_nx_with_date_units_and_cores_off)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = board_of("xavier-nx");
    struct dvfo_tegrastats *log = good_log(NX);
    const struct dvfo_tegrastats_sample *s = &log->sample[0];
    cr_expect(log->dated && log->cores == 6 && log->rails == 3);
    cr_expect(s->cpu_load[0] == 0.5 && s->cpu_hz[0] == 1487e6);
    cr_expect(isnan(s->cpu_load[2]) && isnan(s->cpu_hz[2]) && isnan(s->cpu_load[5]), "off");
    cr_expect(s->gpu_hz == 1007e6);
    cr_expect_float_eq(rail_w(log, "VDD_IN"), 4.647, 1e-12);
    cr_expect_float_eq(rail_w(log, "VDD_SOC"), 1.099, 1e-12, "of NX; not the short name of TX2's");
    cr_expect(dvfo_tegrastats_check(&ctx, log, board) == DVFO_OK, "%s", ctx.message);
    cr_expect_float_eq(rail_w(log, "VDD_SOC"), 1.099, 1e-12);
    dvfo_tegrastats_free(log);
    dvfo_board_free(board);
}

/* Other ways of writing loads, and fields that nobody knows yet. */
Test(tegrastats, loads_without_clocks_clocks_in_brackets_and_unknown_fields)
{
    struct dvfo_tegrastats *log =
        good_log("RAM 3/4MB (lfb 1x1MB) CPU [1%@1344, 3%, off] EMC_FREQ 7% GR3D_FREQ 57%@[918,917] NVENC off NVJPG1 "
                 "12 new@field 3/4x FOO 5000mW/4000 cpu@48.56C GPU@-256C\n");
    const struct dvfo_tegrastats_sample *s = &log->sample[0];
    cr_expect(log->cores == 3 && s->cpu_load[1] == 0.03 && isnan(s->cpu_hz[1]) && isnan(s->cpu_load[2]));
    cr_expect(s->mem_load == 0.07 && isnan(s->mem_hz));
    cr_expect(s->gpu_load == 0.57 && s->gpu_hz == 918e6);
    cr_expect(log->rails == 1 && rail_w(log, "FOO") == 5.0);
    cr_expect(log->sensors == 2 && sensor_c(log, "cpu") == 48.56);
    dvfo_tegrastats_free(log);
}

Test(tegrastats, lines_of_the_oldest_releases)
{
    struct dvfo_tegrastats *log =
        good_log("RAM 3/4MB (lfb 47x4MB) cpu [17%,11%,65%,0%]@1734 EMC 1%@1600 GR3D 39%@76\n");
    cr_expect(log->cores == 4 && log->sample[0].cpu_hz[2] == 1734e6 && log->sample[0].cpu_load[2] == 0.65);
    cr_expect(log->sample[0].mem_hz == 1600e6 && log->sample[0].gpu_hz == 76e6);
    dvfo_tegrastats_free(log);
}

/* ---- cut lines ---- */

Test(tegrastats, a_last_line_cut_anywhere_is_left_out_with_a_note)
{
    const char *const whole = NANO NANO;
    const size_t one = strlen(NANO);
    for (size_t kept = 1; kept < one; kept++) {
        char text[2048];
        struct notes notes = {0};
        struct dvfo_ctx ctx = {.note = keep_note, .note_user = &notes};
        snprintf(text, sizeof text, "%.*s", (int)(one + kept), whole);
        struct dvfo_tegrastats *log = read_log(&ctx, text, 1.0);
        cr_assert(log != NULL, "%zu: %s", kept, ctx.message);
        cr_expect(log->n == 2 || (log->n == 1 && notes.count == 1 && strstr(notes.last, "log:2: ") != NULL),
                  "%zu bytes of the second line: %zu samples, '%s'", kept, log->n, notes.last);
        cr_expect(log->n == 1 || kept > (size_t)(strstr(NANO, "576/1") - NANO), "%zu: whole up to the last reading",
                  kept);
        cr_expect(log->rails == 3 && log->sensors == 6, "%zu: names of the cut line are forgotten", kept);
        dvfo_tegrastats_free(log);
    }
}

Test(tegrastats, a_line_cut_in_the_middle_of_a_log_is_refused_with_its_number)
{
    expect_refused(NANO "RAM 3520/3964MB (lfb 22x1MB) CPU [65%@1036,14%@10\n" NANO,
                   "log:2: ends inside its list of cores");
    expect_refused(NANO "RAM 3520/3964MB CPU [65%,14%,14%,4%] EMC_FREQ 4%@204 POM_5V_IN 2592/1053\n" NANO,
                   "log:2: ends before the rail POM_5V_GPU");
    expect_refused("RAM 3520/3964MB (lfb 22x1MB) SWAP 19" NANO NANO, "log:1: holds a second 'RAM'");
    expect_refused("19.5C CPU@23.5C\n" NANO, "log:1: begins with '19.5C CPU@23.5C', expected RAM or a date");
    expect_refused("thermal@22C POM_5V_IN 2592/1053\n" NANO, "log:1: begins with 'thermal@22C', expected RAM");
}

Test(tegrastats, lines_that_differ_are_refused)
{
    expect_refused(NANO "RAM 1/2MB CPU [1%] POM_5V_IN 1/1 POM_5V_GPU 1/1 POM_5V_CPU 1/1\n" NANO,
                   "log:2: lists 1 cores, expected 4 as before");
    expect_refused(NANO "RAM 1/2MB CPU [1%,1%,1%,1%] POM_5V_IN 1/1 POM_5V_GPU 1/1 POM_5V_CPU 1/1 NEW 1/1\n" NANO,
                   "log:2: is the first with the rail NEW");
    expect_refused(NX NANO NX, "log:2: lists 4 cores");
    expect_refused("RAM 1/2MB CPU [1%]\n01-02-2025 00:00:00 RAM 1/2MB CPU [1%]\nRAM 1/2MB CPU [1%]\n",
                   "log:2: has a date, expected none as before");
    expect_refused("RAM 1/2MB CPU [101%]\n", "log:1: core 0 is '101%'");
    expect_refused("RAM 1/2MB CPU [1%] EMC_FREQ x\n", "log:1: EMC_FREQ is 'x'");
    expect_refused("RAM 1/2MB CPU [1%] A 1/1 A 2/2\n", "log:1: tells 'A' twice");
    expect_refused("\n\n", "holds no line");
}

/* ---- time ---- */

Test(tegrastats, time_goes_by_the_interval_without_dates)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_tegrastats *log = read_log(&ctx, NANO NANO NANO, 0.5);
    cr_assert(log != NULL && log->n == 3);
    cr_expect(log->sample[2].time_s == 1.0 && log->sample[2].line == 3);
    dvfo_tegrastats_free(log);
}

Test(tegrastats, time_goes_by_dates_and_samples_of_one_second_are_spread_over_it)
{
    /* over midnight of a leap day */
    struct dvfo_tegrastats *log = good_log("02-28-2024 23:59:59 RAM 1/2MB CPU [1%]\n"
                                           "02-29-2024 00:00:00 RAM 1/2MB CPU [1%]\n"
                                           "02-29-2024 00:00:00 RAM 1/2MB CPU [1%]\n"
                                           "03-01-2024 00:00:00 RAM 1/2MB CPU [1%]\n"
                                           "03-01-2024 00:00:00 RAM 1/2MB CPU [1%]\n");
    const double expected_s[] = {0.0, 1.0, 1.5, 86401.0, 86401.5};
    for (size_t i = 0; i < 5; i++) {
        cr_expect(log->sample[i].time_s == expected_s[i], "%zu: %g", i, log->sample[i].time_s);
    }
    dvfo_tegrastats_free(log);
}

Test(tegrastats, dates_that_cannot_be_are_refused)
{
    expect_refused("01-02-2025 00:00:05 RAM 1/2MB CPU [1%]\n01-02-2025 00:00:02 RAM 1/2MB CPU [1%]\n"
                   "01-02-2025 00:00:06 RAM 1/2MB CPU [1%]\n",
                   "log:2: is 3 s earlier than the line before");
    expect_refused("13-02-2025 00:00:05 RAM 1/2MB CPU [1%]\n", "log:1: '13-02-2025 00:00:05' is not a date");
}

Test(tegrastats, an_interval_in_milliseconds_is_refused)
{
    struct dvfo_ctx ctx = {0};
    cr_expect(read_log(&ctx, NANO, 1000.0) == NULL);
    cr_expect(strstr(ctx.message, "is 1000 s, expected 0.01 to 60; 1000 ms are 1") != NULL, "%s", ctx.message);
    cr_expect(read_log(&ctx, NANO, 0.0) == NULL);
}

/* ---- against the board ---- */

/* `text` is refused for jetson-tx2 with a sentence that holds both. */
static void expect_impossible(const char *text, const char *one, const char *other)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = board_of("jetson-tx2");
    struct dvfo_tegrastats *log = good_log(text);
    cr_expect(dvfo_tegrastats_check(&ctx, log, board) == DVFO_BAD_INPUT, "%s", one);
    cr_expect(strstr(ctx.message, one) != NULL && strstr(ctx.message, other) != NULL, "'%s' lacks '%s' or '%s'",
              ctx.message, one, other);
    dvfo_tegrastats_free(log);
    dvfo_board_free(board);
}

#define TX2_WITH(clocks, gpu, module)                                                                                  \
    "RAM 1/2MB CPU [2%@" clocks "] EMC_FREQ 53%@1866 GR3D_FREQ 99%@" gpu                                               \
    " VDD_SYS_GPU 9396/1 VDD_SYS_SOC 1742/1 VDD_IN " module " VDD_SYS_CPU 1212/1 VDD_SYS_DDR 3820/1\n"

Test(tegrastats, units_wrong_by_a_thousand_are_named)
{
    expect_impossible(TX2_WITH("2034", "1300", "17.898/1"), "VDD_IN is 0.0179 W", "in W instead of mW?");
    expect_impossible(TX2_WITH("2034", "1300", "17898000/1"), "VDD_IN is 1.79e+04 W", "in uW instead of mW?");
    expect_impossible(TX2_WITH("2034", "1300500", "17898/1"), "log:1: the GPU clock is 1300500 MHz",
                      "in kHz instead of MHz?");
    expect_impossible(TX2_WITH("2034", "1.3005", "17898/1"), "the GPU clock is 1.3005 MHz", "in GHz instead of MHz?");
    expect_impossible(TX2_WITH("2034000", "1300", "17898/1"), "the CPU clock is 2034000 MHz", "in kHz");
    expect_impossible(TX2_WITH("2034", "1300", "-1/1"), "VDD_IN is -0.001 W", "expected 0.3 to 60");
}

Test(tegrastats, a_log_of_another_board_is_refused_with_what_was_expected)
{
    expect_impossible(NANO, "lacks VDD_IN, VDD_SYS_GPU",
                      "expected VDD_IN, VDD_SYS_GPU, VDD_SYS_CPU, VDD_SYS_SOC, "
                      "VDD_SYS_DDR of jetson-tx2");
    expect_impossible("RAM 1/2MB CPU [1%]\n", "found no rails", "permission");
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = board_of("jetson-nano");
    struct dvfo_tegrastats *log = good_log(TX2);
    cr_expect(dvfo_tegrastats_check(&ctx, log, board) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "lists 6 cores, expected at most the 4 of jetson-nano") != NULL, "%s", ctx.message);
    dvfo_tegrastats_free(log);
    dvfo_board_free(board);
}

Test(tegrastats, one_rail_renamed_costs_its_own_numbers_only)
{
    struct notes notes = {0};
    struct dvfo_ctx ctx = {.note = keep_note, .note_user = &notes};
    struct dvfo_board *board = board_of("jetson-tx2");
    struct dvfo_tegrastats *log = good_log("RAM 1/2MB CPU [2%@2034] VDD_SYS_GPU 9396/1 VDD_SYS_SOC 1742/1 VDD_IN "
                                           "17898/1 VDD_SYS_CPU 1212/1 VDD_SYS_DDR2 3820/1\n");
    cr_expect(dvfo_tegrastats_check(&ctx, log, board) == DVFO_OK, "%s", ctx.message);
    cr_expect(notes.count == 1 && strstr(notes.last, "lacks VDD_SYS_DDR, found VDD_SYS_GPU") != NULL, "%s", notes.last);
    dvfo_tegrastats_free(log);
    dvfo_board_free(board);
}

/* ---- the stretch of a run ---- */

enum { LINE_SIZE = 256, MAX_LINES = 64 };

/* A log of TX2, a line per GPU load; clocks may be changed line by line. */
struct script {
    size_t n;
    int load[MAX_LINES], gpu_mhz[MAX_LINES], module_mw[MAX_LINES];
};

static struct script script_of(const int loads[], size_t n)
{
    struct script script = {.n = n};
    for (size_t i = 0; i < n; i++) {
        script.load[i] = loads[i];
        script.gpu_mhz[i] = 1300;
        script.module_mw[i] = loads[i] > 50 ? 13000 : 3000;
    }
    return script;
}

static struct dvfo_tegrastats *log_of(const struct script *script)
{
    static char text[LINE_SIZE * MAX_LINES];
    size_t length = 0;
    for (size_t i = 0; i < script->n; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "RAM 1/2MB CPU [2%%@345,100%%@2034,off] EMC_FREQ 40%%@1866 GR3D_FREQ %d%%@%d "
                                   "VDD_SYS_GPU 7000/1 VDD_SYS_SOC "
                                   "1500/1 VDD_IN %d/1 VDD_SYS_CPU 1200/1 VDD_SYS_DDR 2900/1\n",
                                   script->load[i], script->gpu_mhz[i], script->module_mw[i]);
    }
    return good_log(text);
}

static const struct dvfo_clocks unknown = {{NAN, NAN, NAN}};

static dvfo_status find(struct dvfo_ctx *ctx, const struct script *script, double duration_s,
                        const struct dvfo_clocks *given, struct dvfo_log_window *window)
{
    struct dvfo_board *board = board_of("jetson-tx2");
    struct dvfo_tegrastats *log = log_of(script);
    const dvfo_status status = dvfo_log_window_find(ctx, log, board, duration_s, given, window);
    dvfo_tegrastats_free(log);
    dvfo_board_free(board);
    return status;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int plain[] = {0, 0, 60, 99, 99, 99, 99, 99, 99, 70, 0, 0};

Test(log_window, is_the_busy_stretch_without_its_ends)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    struct script script = script_of(plain, COUNT(plain));
    script.module_mw[5] = 13600; /* mean of six: 13.1 W; deviations 5 x 0.1 and 0.5: error sqrt(0.3 / 5 / 6) = 0.1 */
    cr_assert(find(&ctx, &script, NAN, &unknown, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(window.first == 3 && window.last == 8, "%zu..%zu", window.first, window.last);
    cr_expect(window.clocks.hz[DVFO_CPU] == 2035.2e6, "of the busiest core, as the table has it");
    cr_expect(window.clocks.hz[DVFO_GPU] == 1300.5e6 && window.clocks.hz[DVFO_MEM] == 1866e6);
    cr_expect_float_eq(window.module_w, 13.1, 1e-12);
    cr_expect_float_eq(window.module_error_w, 0.1, 1e-12);
    cr_expect_float_eq(window.busy[DVFO_CPU], 1.02, 1e-12);
    cr_expect_float_eq(window.busy[DVFO_GPU], 0.99, 1e-12);
    cr_expect(window.cores == 2, "one is off");
}

Test(log_window, of_a_known_duration_is_the_last_stretch_that_is_long_enough_and_its_end)
{
    /* the engine was built first (longer than the run), the profiled run came after (shorter) */
    static const int loads[] = {99, 99, 99, 99, 99, 99, 99, 99, 99, 0,  0,  99,
                                99, 99, 99, 99, 99, 99, 99, 0,  0,  99, 99, 0};
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    const struct script script = script_of(loads, COUNT(loads));
    cr_assert(find(&ctx, &script, 5.0, &unknown, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(window.first == 14 && window.last == 17, "%zu..%zu", window.first, window.last); /* 13..18 less ends */
}

Test(log_window, a_single_idle_sample_does_not_end_it)
{
    static const int loads[] = {0, 99, 99, 99, 0, 99, 99, 99, 0, 0, 99, 99};
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    const struct script script = script_of(loads, COUNT(loads));
    cr_assert(find(&ctx, &script, NAN, &unknown, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(window.first == 2 && window.last == 6, "%zu..%zu", window.first, window.last);
}

Test(log_window, the_ramp_of_clocks_is_left_out)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    struct script script = script_of(plain, COUNT(plain));
    script.gpu_mhz[3] = 522;
    script.gpu_mhz[4] = 1134;
    cr_assert(find(&ctx, &script, NAN, &unknown, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(window.first == 5 && window.last == 8, "%zu..%zu", window.first, window.last);
}

Test(log_window, the_ramp_of_load_is_left_out)
{
    static const int loads[] = {0, 60, 70, 99, 99, 99, 99, 80, 60, 0};
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    const struct script script = script_of(loads, COUNT(loads));
    cr_assert(find(&ctx, &script, NAN, &unknown, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(window.first == 3 && window.last == 6, "%zu..%zu", window.first, window.last);
}

Test(log_window, a_run_of_another_length_is_refused)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    const struct script script = script_of(plain, COUNT(plain));
    cr_expect(find(&ctx, &script, 60.0, &unknown, &window) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "busy for at most 8 s, the run took 60") != NULL, "%s", ctx.message);
}

Test(log_window, too_few_samples_are_refused)
{
    static const int loads[] = {0, 99, 99, 99, 99, 0};
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    const struct script script = script_of(loads, COUNT(loads));
    cr_expect(find(&ctx, &script, NAN, &unknown, &window) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "log:2: only 4 samples show the run (lines 2 to 5), expected at least 5") != NULL,
              "%s", ctx.message);
    static const int idle[] = {0, 1, 2, 3};
    const struct script nothing = script_of(idle, COUNT(idle));
    cr_expect(find(&ctx, &nothing, NAN, &unknown, &window) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "never busy") != NULL, "%s", ctx.message);
}

Test(log_window, a_run_that_changes_its_clock_halfway_is_told_so)
{
    static const int loads[] = {99, 99, 99, 99, 99, 99, 99, 99};
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    struct script script = script_of(loads, COUNT(loads));
    for (size_t i = COUNT(loads) / 2; i < COUNT(loads); i++) {
        script.gpu_mhz[i] = 624;
    }
    cr_expect(find(&ctx, &script, NAN, &unknown, &window) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "log:1: clocks or load change during the run (lines 1 to 8)") != NULL, "%s",
              ctx.message);
}

static const int long_run[] = {0,  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                               99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 0};

Test(log_window, a_clock_that_moves_once_is_told_with_its_line)
{
    struct notes notes = {0};
    struct dvfo_ctx ctx = {.note = keep_note, .note_user = &notes};
    struct dvfo_log_window window;
    struct script script = script_of(long_run, COUNT(long_run));
    script.gpu_mhz[10] = 1134;
    cr_assert(find(&ctx, &script, NAN, &unknown, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(notes.count == 1 && strstr(notes.last, "log:11: the GPU clock is 1134 MHz, 1300 in the middle") != NULL,
              "%s", notes.last);
    cr_expect(strstr(notes.last, "1 of 28 samples") != NULL, "%s", notes.last);
}

Test(log_window, a_clock_that_does_not_hold_is_refused)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    struct script script = script_of(long_run, COUNT(long_run));
    for (size_t i = 10; i < 16; i++) {
        script.gpu_mhz[i] = 1134;
    }
    cr_expect(find(&ctx, &script, NAN, &unknown, &window) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "log:11: the GPU clock is 1134 MHz") != NULL &&
                  strstr(ctx.message, "6 of 28 samples; lock the clocks") != NULL,
              "%s", ctx.message);
}

Test(log_window, clocks_of_the_user_must_agree_with_the_log)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_log_window window;
    const struct script script = script_of(plain, COUNT(plain));
    const struct dvfo_clocks near = {{NAN, 1300e6, NAN}}, far = {{NAN, 1122e6, NAN}};
    cr_expect(find(&ctx, &script, NAN, &near, &window) == DVFO_OK, "%s", ctx.message);
    cr_expect(window.clocks.hz[DVFO_GPU] == 1300.5e6);
    cr_expect(find(&ctx, &script, NAN, &far, &window) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "log:4: the GPU clock is 1300 MHz during the run, --clocks says 1122") != NULL, "%s",
              ctx.message);
}
