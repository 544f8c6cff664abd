/* Boards, Eq. (1), Eq. (2), Eq. (4), calibration. Expected values are worked out by hand in the comments. */
#include <criterion/criterion.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

#include "profiles/board_entries.h"
#include "profiles/power.h"
#include "sim/base/text.h"

#define NEAR(a, b, tolerance) (fabs((a) - (b)) <= (tolerance)*fabs(b))

/* A board with round numbers: top clocks 2 GHz, 1 GHz, 1 GHz; GPU voltage 0.5 up to 500 MHz, then a line up to 1. */
static const char plain_board[] =
    "name: plain\n"
    "title: Plain\n"
    "cpu_cores: 4\n"
    "clocks:\n"
    "  cpu:\n"
    "    levels_mhz: [500, 1000, 2000]\n"
    "    source: \"made up\"\n"
    "    v_floor: {value: 1, standing: documented, source: \"s\"}\n"
    "    v_knee_hz: {value: 0, standing: documented, source: \"s\"}\n"
    "    change_s: {value: 0, standing: documented, source: \"s\"}\n"
    "    stall_s: {value: 0, standing: documented, source: \"s\"}\n"
    "  gpu:\n"
    "    levels_mhz: [250, 500, 750, 1000]\n"
    "    source: \"made up\"\n"
    "    v_floor: {value: 0.5, standing: documented, source: \"s\"}\n"
    "    v_knee_hz: {value: 500000000, standing: documented, source: \"s\"}\n"
    "    change_s: {value: 0, standing: documented, source: \"s\"}\n"
    "    stall_s: {value: 0, standing: documented, source: \"s\"}\n"
    "  mem:\n"
    "    levels_mhz: [500, 1000]\n"
    "    source: \"made up\"\n"
    "    v_floor: {value: 1, standing: documented, source: \"s\"}\n"
    "    v_knee_hz: {value: 0, standing: documented, source: \"s\"}\n"
    "    change_s: {value: 0, standing: documented, source: \"s\"}\n"
    "    stall_s: {value: 0, standing: documented, source: \"s\"}\n"
    "peak_byte_per_cycle: {value: 20, standing: documented, source: \"s\"}\n"
    "rails:\n"
    "  - name: GPU\n"
    "    gpu:\n"
    "      dynamic_w: {value: 8, standing: documented, source: \"s\"}\n"
    "      clock_w: {value: 1, standing: documented, source: \"s\"}\n"
    "      static_w: {value: 0.5, standing: documented, source: \"s\"}\n"
    "  - name: CPU\n"
    "    base_w: {value: 0.25, standing: documented, source: \"s\"}\n"
    "    cpu:\n"
    "      dynamic_w: {value: 2, standing: documented, source: \"s\"}\n"
    "module:\n"
    "  other_base_w: {value: 1, standing: documented, source: \"s\"}\n"
    "  other_conversion: {value: 0.1, standing: documented, source: \"s\"}\n"
    "  p_max_w: {value: 15, standing: measured, source: \"s\"}\n"
    "  nameplate_w: {value: 15, standing: documented, source: \"s\"}\n"
    "radio:\n"
    "  send_w: {value: 1, standing: assumption, low: 0.5, high: 2, source: \"s\"}\n"
    "  wait_w: {value: 0.2, standing: assumption, low: 0.1, high: 0.4, source: \"s\"}\n"
    "thermal:\n"
    "  resistance_k_per_w: {value: 2, standing: assumption, low: 1, high: 4, source: \"s\"}\n"
    "  capacity_j_per_k: {value: 50, standing: assumption, low: 20, high: 100, source: \"s\"}\n"
    "  ambient_c: {value: 25, standing: assumption, low: 15, high: 40, source: \"s\"}\n"
    "  trip_c: {value: 95, standing: assumption, low: 50, high: 100, source: \"s\"}\n"
    "runtimes:\n"
    "  - name: plain\n"
    "    precision: fp32\n"
    "    combine: stream\n"
    "    wait: spin\n"
    "    flop_per_cycle: {value: 100, standing: documented, source: \"s\"}\n"
    "    byte_per_cycle: {value: 10, standing: calibrated, source: \"s\"}\n"
    "    gpu_byte_per_cycle: {value: 10000, standing: documented, source: \"s\"}\n"
    "    tile_pixels: {value: 1, standing: documented, source: \"s\"}\n"
    "    tile_channels: {value: 1, standing: documented, source: \"s\"}\n"
    "    exponent: {value: 2, standing: documented, source: \"s\"}\n"
    "    launch_cycles: {value: 2000000, standing: documented, source: \"s\"}\n"
    "    host_cycles: {value: 0, standing: documented, source: \"s\"}\n"
    "    fixed_s: {value: 0.001, standing: calibrated, source: \"s\"}\n"
    "    cpu_busy: {value: 1, standing: documented, source: \"s\"}\n"
    "    efficiency:\n"
    "      conv-3x3: {value: 0.5, standing: calibrated, source: \"s\"}\n"
    "      default: {value: 0.5, standing: documented, source: \"s\"}\n"
    "    activity:\n"
    "      default: {value: 0.8, standing: documented, source: \"s\"}\n";

/* Board text with one line replaced: `from` becomes `to`. Caller frees. */
static char *changed(const char *from, const char *to)
{
    const char *at = strstr(plain_board, from);
    cr_assert(at != NULL, "%s", from);
    char *text = malloc(sizeof plain_board + strlen(to));
    cr_assert(text != NULL);
    sprintf(text, "%.*s%s%s", (int)(at - plain_board), plain_board, to, at + strlen(from));
    return text;
}

static struct dvfo_board *board_of(const char *text)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    cr_assert(dvfo_board_from_memory(&ctx, "plain.yaml", text, strlen(text), &board) == DVFO_OK, "%s", ctx.message);
    return board;
}

static struct dvfo_clocks clocks_mhz(double cpu, double gpu, double mem)
{
    return (struct dvfo_clocks){{cpu * 1e6, gpu * 1e6, mem * 1e6}};
}

/* Three layers of 1, 4 and 2 ms at top clocks: 50 GFLOP/s, no traffic. A fused layer and a view in between. */
static struct dvfo_layer three_layers[] = {
    {.op = DVFO_OP_CONV_3X3, .work_flop = 50e6, .out = {1, 1, 1}},
    {.op = DVFO_OP_ELEMENTWISE, .work_flop = 1e9, .fused = true, .out = {1, 1, 1}},
    {.op = DVFO_OP_CONV_3X3, .work_flop = 200e6, .out = {1, 1, 1}},
    {.op = DVFO_OP_VIEW, .out = {1, 1, 1}},
    {.op = DVFO_OP_CONV_3X3, .work_flop = 100e6, .out = {1, 1, 1}},
};
static const struct dvfo_network three = {.n = 5, .layers = three_layers};

static struct dvfo_schedule schedule_of(const struct dvfo_board *board, const struct dvfo_network *network,
                                        bool with_request, struct dvfo_clocks clocks)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_schedule schedule;
    cr_assert(dvfo_schedule_create(&ctx, board, &board->runtime[0], network, 0, (int)network->n - 1, with_request,
                                   &clocks, &schedule) == DVFO_OK);
    return schedule;
}

Test(cost, a_kernel_joins_compute_and_memory_as_eq_1_says)
{
    struct dvfo_board *board = board_of(plain_board);
    const struct dvfo_clocks clocks = clocks_mhz(2000, 1000, 1000);
    /* W / (e pi f_G) = 150e6 / (0.5 * 100 * 1e9) = 3 ms plus 40e6 / (1e4 * 1e9) = 4 us of load and store;
     * Q / (beta f_M) = 40e6 / (10 * 1e9) = 4 ms; p = 2: sqrt(3.004^2 + 4^2) = 5.00240 ms */
    const struct dvfo_kernel kernel = {.gpu_cycles = 150e6 / (0.5 * 100) + 40e6 / 1e4, .moved_byte = 40e6};
    const double time_s = dvfo_cost_kernel_s(&board->runtime[0], &kernel, &clocks);
    cr_expect(NEAR(time_s, 5.0024021e-3, 1e-6), "%.9g", time_s);
    cr_expect(NEAR(dvfo_cost_launch_s(&board->runtime[0], &clocks), 1e-3, 1e-12)); /* 2e6 cycles at 2 GHz */
    dvfo_board_free(board);
}

Test(cost, an_infinite_memory_clock_leaves_compute_alone)
{
    struct dvfo_board *board = board_of(plain_board);
    const struct dvfo_clocks clocks = clocks_mhz(2000, 1000, 1e12);
    const struct dvfo_kernel kernel = {.gpu_cycles = 3.004e6, .moved_byte = 40e6};
    const double time_s = dvfo_cost_kernel_s(&board->runtime[0], &kernel, &clocks);
    cr_expect(NEAR(time_s, 3.004e-3, 1e-9), "%.9g", time_s);
    dvfo_board_free(board);
}

Test(cost, a_stream_hides_launches_behind_kernels_and_a_sum_does_not)
{
    struct dvfo_board *board = board_of(plain_board);
    /* CPU at 1 GHz: launch 2 ms. Stream: 2 + 1 = 3; launch 2 done at 4, + 4 = 8; launch 3 done at 6, so 8 + 2 = 10 ms.
     */
    struct dvfo_schedule stream = schedule_of(board, &three, false, clocks_mhz(1000, 1000, 1000));
    cr_assert(stream.n == 3);
    cr_expect(NEAR(stream.piece[0].end_s, 3e-3, 1e-12) && NEAR(stream.piece[1].end_s, 8e-3, 1e-12) &&
              NEAR(stream.piece[2].end_s, 10e-3, 1e-12));
    board->runtime[0].combine = DVFO_COMBINE_SUM; /* 3 * 2 + 7 = 13 ms */
    struct dvfo_schedule sum = schedule_of(board, &three, false, clocks_mhz(1000, 1000, 1000));
    cr_expect(NEAR(sum.time_s, 13e-3, 1e-12));
    dvfo_schedule_free(&stream);
    dvfo_schedule_free(&sum);
    dvfo_board_free(board);
}

Test(cost, tiles_are_paid_whole)
{
    char *text = changed("tile_pixels: {value: 1,", "tile_pixels: {value: 128,");
    struct dvfo_board *board = board_of(text);
    struct dvfo_layer layer = {.op = DVFO_OP_CONV_3X3, .work_flop = 50e6, .out = {1, 13, 13}};
    const struct dvfo_network one = {.n = 1, .layers = &layer};
    /* 169 pixels fill two tiles of 128: 256 / 169 of 1 ms, after a launch of 1 ms */
    struct dvfo_schedule schedule = schedule_of(board, &one, false, clocks_mhz(2000, 1000, 1000));
    cr_expect(NEAR(schedule.time_s, 1e-3 + 1e-3 * 256.0 / 169.0, 1e-12));
    dvfo_schedule_free(&schedule);
    dvfo_board_free(board);
    free(text);
}

/* 3x3, 64 channels of 20 x 20 to 96: K = 576, W = 2 * 576 * 96 * 400 */
static const struct dvfo_layer conv = {.op = DVFO_OP_CONV_3X3,
                                       .work_flop = 2.0 * 576 * 96 * 400,
                                       .in = {64, 20, 20},
                                       .out = {96, 20, 20},
                                       .input_elements = 64 * 400,
                                       .output_elements = 96 * 400,
                                       .weight_elements = 96 * 576};

static double kernel_cycles(struct dvfo_board *board)
{
    return dvfo_kernel_of(&board->runtime[0], &conv).gpu_cycles;
}

Test(kernel, a_short_reduction_runs_below_its_efficiency)
{
    struct dvfo_board *board = board_of(plain_board);
    const double load_cycles = 4.0 * (64 * 400 + 96 * 400 + 96 * 576) / 1e4;
    cr_expect(NEAR(kernel_cycles(board), conv.work_flop / 50 + load_cycles, 1e-12)); /* e pi = 0.5 * 100 */
    board->runtime[0].depth.value = 192;                                             /* (576 + 192) / 576 = 4 / 3 */
    cr_expect(NEAR(kernel_cycles(board), conv.work_flop / 50 * 4 / 3 + load_cycles, 1e-12));
    board->runtime[0].kernel_cycles.value = 1000;
    cr_expect(NEAR(kernel_cycles(board), conv.work_flop / 50 * 4 / 3 + load_cycles + 1000, 1e-12));
    dvfo_board_free(board);
}

Test(kernel, the_faster_of_direct_and_winograd_counts)
{
    struct dvfo_board *board = board_of(plain_board);
    struct dvfo_runtime *runtime = &board->runtime[0];
    const double load_cycles = 4.0 * (64 * 400 + 96 * 400 + 96 * 576) / 1e4;
    runtime->winograd.value = 1.5;
    runtime->block_pixels.value = runtime->block_channels.value =
        128; /* 512 / 400 of the pixels, 128 / 96 of channels */
    const double blocks = 512.0 / 400 * 128 / 96;
    cr_expect(NEAR(kernel_cycles(board), conv.work_flop * blocks / 150 + load_cycles, 1e-12));
    runtime->winograd.value = 0.8; /* 0.8 / 1.71 is less than 0.5 */
    cr_expect(NEAR(kernel_cycles(board), conv.work_flop / 50 + load_cycles, 1e-12));
    dvfo_board_free(board);
}

Test(kernel, operands_are_fetched_again_once_per_block)
{
    struct dvfo_board *board = board_of(plain_board);
    struct dvfo_runtime *runtime = &board->runtime[0];
    runtime->reread[DVFO_OP_CONV_3X3].value = 1.0 / 128;
    runtime->block_pixels.value = runtime->block_channels.value = 128;
    const double once = 4.0 * (64 * 400 + 96 * 400 + 96 * 576);
    cr_expect(
        NEAR(dvfo_kernel_of(runtime, &conv).moved_byte, once + 4 * conv.work_flop * 512 / 400 * 128 / 96 / 128, 1e-12));
    dvfo_board_free(board);
}

Test(cost, a_dense_layer_over_many_steps_runs_as_a_pointwise_convolution)
{
    struct dvfo_board *board = board_of(plain_board);
    board->runtime[0].efficiency[DVFO_OP_CONV_POINTWISE].value = 0.25;
    struct dvfo_layer layer = {.op = DVFO_OP_DENSE, .work_flop = 50e6, .out = {10, 1, 1}};
    const struct dvfo_network one = {.n = 1, .layers = &layer};
    /* one step: 50e6 / (0.5 * 100e9) = 1 ms after a launch of 1 ms; 197 steps: at 0.25, 2 ms */
    struct dvfo_schedule vector = schedule_of(board, &one, false, clocks_mhz(2000, 1000, 1000));
    layer.out.height = 197;
    struct dvfo_schedule matrix = schedule_of(board, &one, false, clocks_mhz(2000, 1000, 1000));
    cr_expect(NEAR(vector.time_s, 2e-3, 1e-12) && NEAR(matrix.time_s, 3e-3, 1e-12));
    dvfo_schedule_free(&vector);
    dvfo_schedule_free(&matrix);
    dvfo_board_free(board);
}

Test(cost, busyness_follows_the_way_of_waiting)
{
    struct dvfo_board *board = board_of(plain_board);
    struct dvfo_schedule spin = schedule_of(board, &three, true, clocks_mhz(2000, 1000, 1000));
    /* fixed 1 ms, launch 1 ms, kernels 1 + 4 + 2 ms: 9 ms; activity 0.8 */
    cr_expect(NEAR(spin.time_s, 9e-3, 1e-12));
    cr_expect(NEAR(spin.total.s[DVFO_CPU], 9e-3, 1e-12));
    cr_expect(NEAR(spin.total.s[DVFO_GPU], 0.8 * 7e-3, 1e-12));
    board->runtime[0].wait = DVFO_WAIT_BLOCK; /* three launches of 1 ms */
    struct dvfo_schedule block = schedule_of(board, &three, true, clocks_mhz(2000, 1000, 1000));
    cr_expect(NEAR(block.total.s[DVFO_CPU], 3e-3, 1e-12));
    board->runtime[0].wait = DVFO_WAIT_WORK; /* 0.4 cores at 2 GHz are 0.8 at 1 GHz; launches take 2 ms there */
    board->runtime[0].cpu_busy.value = 0.4;
    struct dvfo_schedule fast = schedule_of(board, &three, true, clocks_mhz(2000, 1000, 1000));
    struct dvfo_schedule slow = schedule_of(board, &three, true, clocks_mhz(1000, 1000, 1000));
    cr_expect(NEAR(fast.total.s[DVFO_CPU], 0.4 * fast.time_s, 1e-12));
    cr_expect(NEAR(slow.total.s[DVFO_CPU], 0.8 * slow.time_s, 1e-12));
    dvfo_schedule_free(&fast);
    dvfo_schedule_free(&slow);
    dvfo_schedule_free(&spin);
    dvfo_schedule_free(&block);
    dvfo_board_free(board);
}

Test(schedule, busy_at_the_end_is_the_total_and_never_falls)
{
    struct dvfo_board *board = board_of(plain_board);
    struct dvfo_schedule schedule = schedule_of(board, &three, true, clocks_mhz(500, 750, 500));
    struct dvfo_busy before = dvfo_schedule_busy_until(&schedule, 0.0);
    cr_expect(before.s[DVFO_CPU] == 0.0 && before.s[DVFO_GPU] == 0.0);
    for (int i = 1; i <= 100; i++) {
        const struct dvfo_busy now = dvfo_schedule_busy_until(&schedule, schedule.time_s * i / 100.0);
        cr_expect(now.s[DVFO_GPU] >= before.s[DVFO_GPU] && now.s[DVFO_CPU] >= before.s[DVFO_CPU]);
        before = now;
    }
    cr_expect(before.s[DVFO_GPU] == schedule.total.s[DVFO_GPU] && before.s[DVFO_CPU] == schedule.total.s[DVFO_CPU]);
    struct dvfo_busy alone;
    const struct dvfo_clocks clocks = clocks_mhz(500, 750, 500);
    cr_expect(dvfo_cost_stretch_s(board, &board->runtime[0], &three, 0, 4, true, &clocks, &alone) == schedule.time_s);
    cr_expect(alone.s[DVFO_GPU] == schedule.total.s[DVFO_GPU]);
    dvfo_schedule_free(&schedule);
    dvfo_board_free(board);
}

Test(schedule, a_rescale_keeps_the_work_done)
{
    struct dvfo_board *board = board_of(plain_board);
    struct dvfo_schedule fast = schedule_of(board, &three, true, clocks_mhz(2000, 1000, 1000));
    struct dvfo_schedule slow = schedule_of(board, &three, true, clocks_mhz(2000, 500, 1000));
    struct dvfo_schedule again = schedule_of(board, &three, true, clocks_mhz(2000, 1000, 1000));
    /* fast: pieces end at 1, 3, 7, 9 ms; slow: 1, 4, 12, 16 ms. Half-way through the second kernel: 5 and 8 ms. */
    cr_expect(NEAR(dvfo_schedule_rescale_s(&fast, &slow, 5e-3), 8e-3, 1e-12));
    for (int i = 0; i <= 64; i++) {
        const double t_s = fast.time_s * i / 64.0;
        cr_expect(dvfo_schedule_rescale_s(&fast, &again, t_s) == t_s, "identity at %g", t_s);
        const double back_s = dvfo_schedule_rescale_s(&slow, &fast, dvfo_schedule_rescale_s(&fast, &slow, t_s));
        cr_expect(fabs(back_s - t_s) < 1e-15, "there and back at %g", t_s);
    }
    cr_expect(dvfo_schedule_rescale_s(&fast, &slow, fast.time_s) == slow.time_s);
    dvfo_schedule_free(&fast);
    dvfo_schedule_free(&slow);
    dvfo_schedule_free(&again);
    dvfo_board_free(board);
}

Test(schedule, an_empty_stretch_takes_no_time)
{
    struct dvfo_board *board = board_of(plain_board);
    struct dvfo_schedule schedule;
    const struct dvfo_clocks clocks = clocks_mhz(2000, 1000, 1000);
    cr_assert(dvfo_schedule_create(NULL, board, &board->runtime[0], &three, 3, 2, true, &clocks, &schedule) == DVFO_OK);
    cr_expect(schedule.n == 0 && schedule.time_s == 0.0);
    cr_expect(dvfo_schedule_busy_until(&schedule, 0.0).s[DVFO_GPU] == 0.0);
    cr_expect(dvfo_schedule_rescale_s(&schedule, &schedule, 0.0) == 0.0);
    dvfo_schedule_free(&schedule);
    dvfo_board_free(board);
}

Test(power, voltage_is_a_floor_and_a_line)
{
    struct dvfo_board *board = board_of(plain_board);
    const struct dvfo_clock_domain *gpu = &board->clock[DVFO_GPU];
    cr_expect(dvfo_power_voltage(gpu, 250e6) == 0.5 && dvfo_power_voltage(gpu, 500e6) == 0.5);
    cr_expect(NEAR(dvfo_power_voltage(gpu, 750e6), 0.75, 1e-12));
    cr_expect(dvfo_power_voltage(gpu, 1000e6) == 1.0);
    dvfo_board_free(board);
}

Test(power, halving_frequency_at_fixed_voltage_halves_dynamic_power)
{
    struct dvfo_board *board = board_of(plain_board);
    const struct dvfo_clocks knee = clocks_mhz(2000, 500, 1000), half = clocks_mhz(2000, 250, 1000);
    const struct dvfo_power a = dvfo_power_at(board, &knee), b = dvfo_power_at(board, &half);
    cr_expect(NEAR(b.busy_w[0][DVFO_GPU], a.busy_w[0][DVFO_GPU] / 2.0, 1e-12));
    dvfo_board_free(board);
}

Test(power, rails_and_module_are_eq_2)
{
    struct dvfo_board *board = board_of(plain_board);
    const struct dvfo_clocks clocks = clocks_mhz(1000, 750, 1000);
    const struct dvfo_power power = dvfo_power_at(board, &clocks);
    /* GPU: f/f_top v^2 = 0.75 * 0.5625 = 0.421875; idle 0.421875 + 0.5 * 0.75 = 0.796875; busy 8 * 0.421875 = 3.375.
     * CPU: idle 0.25, busy 2 * 0.5 = 1. Other: 1 + 0.1 * 1.046875 = 1.1046875; busy a tenth of each. */
    cr_assert(power.rail_count == 3);
    cr_expect(NEAR(power.idle_w[0], 0.796875, 1e-12) && NEAR(power.busy_w[0][DVFO_GPU], 3.375, 1e-12));
    cr_expect(NEAR(power.idle_w[1], 0.25, 1e-12) && NEAR(power.busy_w[1][DVFO_CPU], 1.0, 1e-12));
    cr_expect(NEAR(power.idle_w[2], 1.1046875, 1e-12) && NEAR(power.busy_w[2][DVFO_GPU], 0.3375, 1e-12));
    const double u[DVFO_DOMAINS] = {1.0, 0.5, 0.0};
    /* 0.796875 + 0.25 + 1.1046875 + 1.1 * (1 + 0.5 * 3.375) = 5.1078125 */
    cr_expect(NEAR(dvfo_power_module_w(&power, u), 5.1078125, 1e-12));
    dvfo_board_free(board);
}

Test(power, temperature_tends_to_ambient_plus_resistance_times_power)
{
    struct dvfo_board *board = board_of(plain_board);
    /* tau = 100 s, end 25 + 2 * 10 = 45 C: after one tau from 25 C, 45 - 20 / e = 37.6424 C */
    cr_expect(NEAR(dvfo_power_temperature_c(&board->thermal, 25.0, 10.0, 100.0), 37.642411, 1e-7));
    cr_expect(NEAR(dvfo_power_temperature_c(&board->thermal, 80.0, 10.0, 1e6), 45.0, 1e-12));
    cr_expect(dvfo_power_temperature_c(&board->thermal, 33.0, 10.0, 0.0) == 33.0);
    dvfo_board_free(board);
}

Test(board, each_mistake_is_told_with_line_found_and_expected)
{
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"{value: 15, standing: measured, source: \"s\"}", "{value: 15, standing: measured}",
         "plain.yaml:40: the key 'source' is missing"},
        {"low: 0.5, high: 2,", "low: 0.5,", "plain.yaml:43: the key 'high' is missing"},
        {"low: 0.5, high: 2,", "low: 1.5, high: 2,",
         "plain.yaml:43: 'send_w' is 1, expected it between its low 1.5 and its high 2"},
        {"{value: 20, standing: documented,", "{value: 20, standing: guessed,",
         "plain.yaml:26: 'standing' is 'guessed', expected measured, calibrated, documented or assumption"},
        {"{value: 20, standing: documented,", "{value: .inf, standing: documented,",
         "plain.yaml:26: 'peak_byte_per_cycle' is '.inf', expected a number"},
        {"{value: 15, standing: measured,", "{value: -15, standing: measured,",
         "plain.yaml:40: 'p_max_w' is -15, expected a number from 0.001 to 1000"},
        {"{value: 15, standing: measured,", "{value: 15, standing: measured, low: 1,",
         "plain.yaml:40: 'p_max_w' is measured and has 'low' or 'high', expected them at assumptions and calibrated "
         "ones only"},
        {"levels_mhz: [250, 500, 750, 1000]", "levels_mhz: [250, 750, 500, 1000]",
         "plain.yaml:13: 'levels_mhz' has 500 after 750, expected ascending clocks"},
        {"      default: {value: 0.5,", "      pool: {value: 0.5,",
         "plain.yaml:66: 'efficiency' has no entry for the class 'conv-1x1' and no 'default'"},
        {"    wait: spin", "    wait: sleep", "plain.yaml:54: 'wait' is 'sleep', expected spin, block or work"},
        {"    precision: fp32", "    precision: fp64",
         "plain.yaml:52: 'precision' is 'fp64', expected fp32, fp16 or int8"},
        {"  - name: GPU\n", "  - name: GPU\n    gpuu: 1\n", "plain.yaml:29: unknown key 'gpuu'; did you mean 'gpu'?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_board *board = NULL;
        char *text = changed(rows[i].from, rows[i].to);
        cr_expect(dvfo_board_from_memory(&ctx, "plain.yaml", text, strlen(text), &board) == DVFO_BAD_INPUT);
        cr_expect_str_eq(ctx.message, rows[i].message);
        dvfo_board_free(board);
        free(text);
    }
}

Test(board, a_runtime_it_lacks_is_told_with_those_it_has)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = board_of(plain_board);
    const struct dvfo_runtime *runtime = NULL;
    cr_expect(dvfo_board_runtime(&ctx, board, "plain", NULL, &runtime) == DVFO_OK && runtime == &board->runtime[0]);
    cr_expect(dvfo_board_runtime(&ctx, board, "keras", "fp16", &runtime) == DVFO_BAD_INPUT && runtime == NULL);
    cr_expect_str_eq(ctx.message, "the board plain has no runtime keras fp16; it has plain fp32");
    dvfo_board_free(board);
}

static const char *const shipped[] = {"jetson-nano", "jetson-tx2", "xavier-nx"};

Test(board, shipped_boards_load_and_say_where_each_number_is_from)
{
    for (size_t b = 0; b < 3; b++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_board *board = NULL;
        struct dvfo_board_entry *entries = NULL;
        size_t count = 0;
        cr_assert(dvfo_board_load(&ctx, shipped[b], &board) == DVFO_OK, "%s", ctx.message);
        cr_assert(dvfo_board_entries(&ctx, board, &entries, &count) == DVFO_OK);
        cr_expect(count > 50);
        for (size_t i = 0; i < count; i++) {
            cr_expect(strlen(entries[i].quantity->source) > 3, "%s %s", shipped[b], entries[i].name);
        }
        free(entries);
        dvfo_board_free(board);
    }
}

static struct dvfo_clocks top_of(const struct dvfo_board *board)
{
    struct dvfo_clocks clocks;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        clocks.hz[d] = board->clock[d].level_hz[board->clock[d].level_count - 1];
    }
    return clocks;
}

/* Measured: 67.1 ms and 17.98 W (thynics/jetson_dvfs, VGG-19 with TensorRT at top clocks). */
Test(board, vgg_19_on_tx2_at_top_clocks_is_as_measured)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    cr_assert(dvfo_board_load(&ctx, "jetson-tx2", &board) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_network_load(&ctx, "vgg-19", 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
    const struct dvfo_clocks top = top_of(board);
    struct dvfo_busy busy;
    const double time_s =
        dvfo_cost_stretch_s(board, &board->runtime[0], network, 0, (int)network->n - 1, true, &top, &busy);
    const struct dvfo_power power = dvfo_power_at(board, &top);
    const double u[DVFO_DOMAINS] = {busy.s[0] / time_s, busy.s[1] / time_s, busy.s[2] / time_s};
    cr_expect(NEAR(time_s, 67.1e-3, 0.03), "%g s", time_s);
    cr_expect(NEAR(dvfo_power_module_w(&power, u), 17.98, 0.05), "%g W", dvfo_power_module_w(&power, u));
    dvfo_network_free(network);
    dvfo_board_free(board);
}
