/* Calibration: measured points, fits, predictions held against measurements. */
#include <criterion/criterion.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/calibrate/judge.h"
#include "profiles/calibrate/plausible.h"
#include "sim/base/random.h"

#define NEAR(value, expected, relative) (fabs((value) - (expected)) <= (relative)*fabs(expected))

static struct dvfo_clocks clocks_mhz(double cpu, double gpu, double mem)
{
    return (struct dvfo_clocks){{cpu * 1e6, gpu * 1e6, mem * 1e6}};
}

/* tests/data/small-board.yaml: runtime "plain", of which the efficiency of conv-3x3, byte_per_cycle and fixed_s are
 * calibrated. */
static struct dvfo_board *small_board(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    gsl_set_error_handler_off();
    cr_assert(dvfo_board_load(&ctx, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", &board) == DVFO_OK, "%s",
              ctx.message);
    return board;
}

static const char points_heading[] =
    "board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw\n";

Test(measurement, each_mistake_is_told_with_its_line)
{
    static const struct {
        const char *row, *message;
    } rows[] = {
        {"plain,plain,fp32,vgg-19,,1,,2000,fast,1000,5,", "m.csv:2: 'gpu_mhz' is 'fast', expected a number or nothing"},
        {"plain,plain,fp32,vgg-19,,1,,2000,1e9,1000,5,",
         "m.csv:2: 'gpu_mhz' is 1e9, expected a number from 0.001 to 10000"},
        {"plain,plain,fp32,,,1,,2000,1000,1000,5,", "m.csv:2: 'network' is empty, expected a name"},
        {"plain,plain,fp32,vgg-19,,1.5,,2000,1000,1000,5,", "m.csv:2: 'batch' is 1.5, expected a whole number"},
        {"plain,plain,fp32,vgg-19,,0,,2000,1000,1000,5,", "m.csv:2: 'batch' is 0, expected a number from 1 to 1e+06"},
        {"plain,plain,fp32,vgg-19,,1", "m.csv:2: has 6 fields, expected 12 as in the heading"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_measurements measurements = {0};
        char text[400];
        snprintf(text, sizeof text, "%s%s\n", points_heading, rows[i].row);
        cr_expect(dvfo_measurements_from_memory(&ctx, "m.csv", text, strlen(text), false, &measurements) ==
                  DVFO_BAD_INPUT);
        cr_expect_str_eq(ctx.message, rows[i].message);
        dvfo_measurements_free(&measurements);
    }
}

/* As a spreadsheet writes it, with a byte order mark. */
Test(measurement, columns_are_found_by_name_and_empty_is_not_measured)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_measurements measurements = {0};
    const char text[] =
        "\xEF\xBB\xBFgpu_mhz,board,runtime,precision,network,input_px,batch,cpu_mhz,mem_mhz,latency_ms,power_mw\n"
        "114.75,b,r,fp32,n,200,1,,1866,5,\n";
    cr_assert(dvfo_measurements_from_memory(&ctx, "m.csv", text, strlen(text), false, &measurements) == DVFO_OK, "%s",
              ctx.message);
    cr_assert(measurements.n == 1);
    const struct dvfo_measurement *row = &measurements.row[0];
    cr_expect(row->clocks.hz[DVFO_GPU] == 114750000.0 && isnan(row->clocks.hz[DVFO_CPU]));
    cr_expect(row->latency_s == 5e-3 && isnan(row->power_w) && row->input_px == 200);
    dvfo_measurements_free(&measurements);
}

/* A network on the small board over a grid of clocks, as the board's coefficients say. */
static void plant(const struct dvfo_board *board, const char *name, struct dvfo_measurements *points)
{
    static const double gpu_mhz[] = {250, 500, 750, 1000}, mem_mhz[] = {250, 500, 1000};
    struct dvfo_ctx ctx = {0};
    struct dvfo_predict_networks networks = {0};
    for (size_t g = 0; g < 4; g++) {
        for (size_t m = 0; m < 3; m++) {
            struct dvfo_measurement row = dvfo_measurement_default();
            struct dvfo_prediction prediction;
            strcpy(row.board, board->name);
            strcpy(row.runtime, "plain");
            strcpy(row.precision, "fp32");
            snprintf(row.network, sizeof row.network, "%s", name);
            row.clocks = clocks_mhz(2000, gpu_mhz[g], mem_mhz[m]);
            cr_assert(dvfo_predict(&ctx, board, &board->runtime[0], &networks, &row, &prediction) == DVFO_OK, "%s",
                      ctx.message);
            row.latency_s = prediction.latency_s;
            row.power_w = prediction.power_w;
            cr_assert(dvfo_measurements_add(&ctx, points, &row) == DVFO_OK);
        }
    }
    dvfo_predict_networks_free(&networks);
}

static const double planted_efficiency = 0.83, planted_byte_per_cycle = 7.7, planted_fixed_s = 0.013;

/* Points of a board with planted coefficients. */
static struct dvfo_board_data planted_data(const char *const networks[], size_t count)
{
    struct dvfo_board_data data = {0};
    struct dvfo_board *board = small_board();
    board->runtime[0].efficiency[DVFO_OP_CONV_3X3].value = planted_efficiency;
    board->runtime[0].byte_per_cycle.value = planted_byte_per_cycle;
    board->runtime[0].fixed_s.value = planted_fixed_s;
    for (size_t i = 0; i < count; i++) {
        plant(board, networks[i], &data.points);
    }
    dvfo_board_free(board);
    return data;
}

static const char *const two_networks[] = {"vgg-19", "resnet-18"};

static void fit_data(struct dvfo_board *board, const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_fit_latency(&ctx, board, &board->runtime[0], data, fit) == DVFO_OK, "%s", ctx.message);
}

Test(fit, planted_coefficients_are_found_again)
{
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_fit fit;
    const struct dvfo_runtime *runtime = &board->runtime[0];
    fit_data(board, &data, &fit);
    cr_expect(fit.coefficient_count == 3);
    cr_expect(NEAR(runtime->efficiency[DVFO_OP_CONV_3X3].value, planted_efficiency, 1e-4));
    cr_expect(NEAR(runtime->byte_per_cycle.value, planted_byte_per_cycle, 1e-4));
    cr_expect(NEAR(runtime->fixed_s.value, planted_fixed_s, 1e-3));
    cr_expect(fit.group_count == 4 && /* latency and power of each */ fit.group[0].max_abs < 1e-3, "%g",
              fit.group[0].max_abs);
    cr_expect(runtime->fixed_s.points == 24, "every point speaks of the fixed time, %ld do", runtime->fixed_s.points);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

Test(fit, one_row_in_eight_three_times_too_high_hardly_moves_it)
{
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_fit fit;
    for (size_t i = 0; i < data.points.n; i++) {
        data.points.row[i].latency_s *= i % 8 == 3 ? 3.0 : 1.0 + 0.001 * (double)(i % 3);
    }
    fit_data(board, &data, &fit);
    cr_expect(NEAR(board->runtime[0].efficiency[DVFO_OP_CONV_3X3].value, planted_efficiency, 0.02), "%g",
              board->runtime[0].efficiency[DVFO_OP_CONV_3X3].value);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

/* Noise of 2 % on 24 points, forty times: the spread of the fits is the error that the bootstrap tells. */
Test(fit, the_bootstrap_tells_how_far_fits_to_other_noise_spread)
{
    enum { REPEATS = 40 };
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    gsl_rng *random = dvfo_random_stream(7, 0, "noise");
    double sum = 0.0, squares = 0.0, told = 0.0;
    for (int r = 0; r < REPEATS; r++) {
        struct dvfo_board_data noisy = {0};
        struct dvfo_fit fit;
        for (size_t i = 0; i < data.points.n; i++) {
            struct dvfo_measurement row = data.points.row[i];
            row.latency_s *= exp(gsl_ran_gaussian(random, 0.02));
            cr_assert(dvfo_measurements_add(NULL, &noisy.points, &row) == DVFO_OK);
        }
        fit_data(board, &noisy, &fit);
        const struct dvfo_quantity *efficiency = &board->runtime[0].efficiency[DVFO_OP_CONV_3X3];
        sum += efficiency->value / REPEATS;
        squares += efficiency->value * efficiency->value / REPEATS;
        told += efficiency->error / REPEATS;
        dvfo_board_data_free(&noisy);
    }
    const double spread = sqrt(squares - sum * sum);
    cr_expect(NEAR(sum, planted_efficiency, 0.01), "mean %g", sum);
    cr_expect(told > 0.6 * spread && told < 1.6 * spread, "told %g, spread %g", told, spread);
    gsl_rng_free(random);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

Test(fit, what_the_file_held_before_does_not_matter)
{
    struct dvfo_board *board = small_board(), *other = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_fit fit;
    struct dvfo_runtime *elsewhere = &other->runtime[0];
    elsewhere->efficiency[DVFO_OP_CONV_3X3].value *= 3.0;
    elsewhere->byte_per_cycle.value *= 0.3;
    elsewhere->fixed_s.value *= 20.0;
    fit_data(board, &data, &fit);
    fit_data(other, &data, &fit);
    cr_expect(elsewhere->efficiency[DVFO_OP_CONV_3X3].value == board->runtime[0].efficiency[DVFO_OP_CONV_3X3].value);
    cr_expect(elsewhere->byte_per_cycle.value == board->runtime[0].byte_per_cycle.value);
    cr_expect(elsewhere->fixed_s.value == board->runtime[0].fixed_s.value);
    dvfo_board_data_free(&data);
    dvfo_board_free(other);
    dvfo_board_free(board);
}

/* Two residuals for each make thirty groups. */
Test(fit, fifteen_networks_are_not_too_many)
{
    static const char *const networks[] = {"resnet-18",   "resnet-34",    "resnet-50",    "resnet-101",
                                           "resnet-152",  "inception-v3", "inception-v4", "mobilenet-v2",
                                           "yolov3-tiny", "retinanet",    "deepspeech",   "efficientnet-b0",
                                           "vit-b16",     "vgg-19",       "xception"};
    enum { NETWORKS = sizeof networks / sizeof networks[0] };
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(networks, NETWORKS);
    struct dvfo_fit fit;
    fit_data(board, &data, &fit);
    cr_expect(fit.group_count == 2 * NETWORKS, "%zu", fit.group_count);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

Test(fit, a_stop_flag_ends_it)
{
    const volatile sig_atomic_t stop = 1;
    struct dvfo_ctx ctx = {.stop = &stop};
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_fit fit;
    cr_expect(dvfo_fit_latency(&ctx, board, &board->runtime[0], &data, &fit) == DVFO_INTERRUPTED);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

static struct dvfo_quantity *expected_between(struct dvfo_quantity *quantity, double low, double high)
{
    quantity->standing = DVFO_CALIBRATED;
    quantity->low = low;
    quantity->high = high;
    return quantity;
}

Test(fit, what_data_leave_open_keeps_its_expectation_and_its_uncertainty)
{
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_fit fit;
    board->runtime[0].efficiency[DVFO_OP_DEPTHWISE].line = -1; /* off the line that the other classes share */
    const struct dvfo_quantity *depthwise =
        expected_between(&board->runtime[0].efficiency[DVFO_OP_DEPTHWISE], 0.05, 0.2); /* no such layer in the data */
    fit_data(board, &data, &fit);
    cr_expect(NEAR(depthwise->value, 0.1, 1e-3), "%g", depthwise->value);
    /* log-normal with 95 % between low and high: a standard deviation of ln(4) / 4 = 0.35, some 0.036 */
    cr_expect(depthwise->error > 0.025 && depthwise->error < 0.05, "%g", depthwise->error);
    cr_expect(depthwise->points == 0);
    cr_expect(NEAR(board->runtime[0].byte_per_cycle.value, planted_byte_per_cycle, 1e-3));
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

Test(fit, data_that_speak_overrule_an_expectation)
{
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_fit fit;
    struct dvfo_quantity *efficiency = &board->runtime[0].efficiency[DVFO_OP_CONV_3X3];
    expected_between(efficiency, 0.3, 0.5); /* 0.83 is six standard deviations away */
    fit_data(board, &data, &fit);
    cr_expect(NEAR(efficiency->value, planted_efficiency, 0.02), "%g", efficiency->value);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

Test(fit, one_core_online_is_a_coefficient_of_its_own)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = small_board();
    struct dvfo_predict_networks networks = {0};
    struct dvfo_measurement row = dvfo_measurement_default();
    struct dvfo_prediction several, one;
    strcpy(row.network, "resnet-18");
    row.clocks = clocks_mhz(200, 1000, 1000);
    board->runtime[0].launch_cycles.value = 1e7; /* 50 ms a kernel: the CPU alone counts */
    board->runtime[0].single_core.value = 1.5;
    cr_assert(dvfo_predict(&ctx, board, &board->runtime[0], &networks, &row, &several) == DVFO_OK);
    row.cpu_cores = 1;
    cr_assert(dvfo_predict(&ctx, board, &board->runtime[0], &networks, &row, &one) == DVFO_OK);
    cr_expect(NEAR(one.latency_s / several.latency_s, 1.5, 0.01), "%g", one.latency_s / several.latency_s);
    dvfo_predict_networks_free(&networks);
    dvfo_board_free(board);
}

/* ---- held against measurements ---- */

static bool all(const struct dvfo_verdict *verdict, const void *user)
{
    (void)verdict;
    (void)user;
    return true;
}

static bool is_left_out(const struct dvfo_verdict *verdict, const void *user)
{
    return strcmp(verdict->left_out, user) == 0;
}

static struct dvfo_score score_of(const struct dvfo_verdicts *verdicts, const char *left_out)
{
    struct dvfo_score score;
    cr_assert(dvfo_judge_score(NULL, verdicts, left_out != NULL ? is_left_out : all, left_out, &score) == DVFO_OK);
    return score;
}

static struct dvfo_verdicts judged(const struct dvfo_board_data *data, bool anchor)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_verdicts verdicts = {0};
    struct dvfo_board *board = small_board();
    cr_assert(dvfo_judge(&ctx, board, &data->points, anchor, &verdicts) == DVFO_OK, "%s", ctx.message);
    dvfo_board_free(board);
    return verdicts;
}

/* Points as the board itself predicts, some spoilt. */
static struct dvfo_board_data own_points(void)
{
    struct dvfo_board_data data = {0};
    struct dvfo_board *board = small_board();
    plant(board, "resnet-18", &data.points);
    dvfo_board_free(board);
    return data;
}

Test(judge, errors_are_those_that_were_planted)
{
    struct dvfo_board_data data = own_points();
    for (size_t i = 0; i < data.points.n; i++) {
        data.points.row[i].latency_s /=
            i % 4 == 0 ? 1.5 : 1.1; /* 50 % off on three of twelve points, 10 % on the rest */
        data.points.row[i].power_w /= 0.8;
    }
    struct dvfo_verdicts verdicts = judged(&data, false);
    const struct dvfo_score score = score_of(&verdicts, NULL);
    cr_expect(score.points == 12);
    cr_expect(NEAR(score.latency_median, 0.1, 1e-9) && NEAR(score.latency_p90, 0.5, 1e-9));
    cr_expect(NEAR(score.power_median, 0.2, 1e-9));
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
}

Test(judge, an_anchor_takes_one_scale_away_and_stays_out_of_the_errors)
{
    struct dvfo_board_data data = own_points();
    for (size_t i = 0; i < data.points.n; i++) {
        data.points.row[i].latency_s *= i < 6 ? 4.0 : 5.0; /* all off by 4; the later half by a quarter more */
        strcpy(data.points.row[i].runtime, "unheard-of");
    }
    struct dvfo_verdicts verdicts = judged(&data, true);
    const struct dvfo_score score = score_of(&verdicts, NULL);
    /* eleven errors: five of 0, six of 0.2 */
    cr_expect(NEAR(score.anchored_median, 0.2, 1e-9) && score.latency_median > 0.7);
    cr_expect(verdicts.verdict[0].anchor && !verdicts.verdict[1].anchor);
    cr_expect(NEAR(verdicts.verdict[1].anchored_s, verdicts.verdict[1].row.latency_s, 1e-12));
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
}

Test(judge, a_runtime_that_the_board_does_not_have_needs_an_anchor)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_verdicts verdicts = {0};
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = own_points();
    strcpy(data.points.row[3].runtime, "unheard-of");
    cr_expect(dvfo_judge(&ctx, board, &data.points, false, &verdicts) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "unheard-of fp32") != NULL && strstr(ctx.message, "--anchor") != NULL, "%s",
              ctx.message);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

static struct dvfo_verdicts left_out_of(const struct dvfo_board_data *data, dvfo_leave_out what)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_verdicts verdicts = {0};
    struct dvfo_board *board = small_board();
    cr_assert(dvfo_judge_leaving_out(&ctx, board, &board->runtime[0], data, what, &verdicts) == DVFO_OK, "%s",
              ctx.message);
    dvfo_board_free(board);
    return verdicts;
}

/* One network's rows are twice as long as they should be. A fit that sees them bends; one that doesn't is off by half
 * on them and right on nothing else it was asked. */
Test(judge, what_is_left_out_is_not_seen_by_the_fit)
{
    struct dvfo_board_data data = planted_data(two_networks, 2);
    for (size_t i = 12; i < 24; i++) {
        data.points.row[i].latency_s *= 2.0;
    }
    struct dvfo_verdicts verdicts = left_out_of(&data, DVFO_LEAVE_NETWORK);
    const struct dvfo_score score = score_of(&verdicts, "network resnet-18");
    cr_expect(verdicts.n == 24 && score.points == 12);
    cr_expect(NEAR(score.latency_median, 0.5, 0.01), "%g", score.latency_median);
    cr_expect(score.anchored_median < 0.01, "%g", score.anchored_median);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
}

/* 200 px of resnet-18 and its default size are parts; vgg-19 has one size and is none. */
Test(judge, sizes_are_left_out_where_a_network_has_several)
{
    struct dvfo_board_data data = planted_data(two_networks, 2);
    const size_t n = data.points.n;
    for (size_t i = 0; i < n; i++) {
        struct dvfo_measurement row = data.points.row[i];
        row.input_px = 200;
        if (strcmp(row.network, "resnet-18") == 0) {
            cr_assert(dvfo_measurements_add(NULL, &data.points, &row) == DVFO_OK);
        }
    }
    struct dvfo_verdicts verdicts = left_out_of(&data, DVFO_LEAVE_SIZE);
    cr_expect(verdicts.n == 24 && score_of(&verdicts, "resnet-18 at 200 px").points == 12);
    cr_expect(score_of(&verdicts, "vgg-19 at 0 px").points == 0);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
}

Test(judge, a_row_with_nothing_measured_is_no_point)
{
    struct dvfo_board_data data = own_points();
    data.points.row[3].latency_s = data.points.row[3].power_w = NAN;
    struct dvfo_verdicts verdicts = judged(&data, false);
    cr_expect(verdicts.n == 11);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
}

/* Of 3000 rows with a period of ten settings 600 are fitted: equal steps would take two settings only, which can't tell
 * three coefficients. */
Test(judge, a_long_grid_is_thinned_without_falling_in_step_with_it)
{
    enum { REPEATS = 300 };
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_board_data grid = {0};
    for (size_t r = 0; r < REPEATS; r++) {
        for (size_t i = 0; i < 10; i++) {
            cr_assert(dvfo_measurements_add(NULL, &grid.points, &data.points.row[i]) == DVFO_OK);
        }
    }
    for (size_t i = 12; i < 24; i++) {
        cr_assert(dvfo_measurements_add(NULL, &grid.points, &data.points.row[i]) == DVFO_OK);
    }
    struct dvfo_verdicts verdicts = left_out_of(&grid, DVFO_LEAVE_NETWORK);
    cr_expect(score_of(&verdicts, "network resnet-18").latency_median < 0.01, "%g",
              score_of(&verdicts, "network resnet-18").latency_median);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&grid);
    dvfo_board_data_free(&data);
}

Test(judge, clocks_are_left_out_in_thirds_and_found_again)
{
    struct dvfo_board_data data = planted_data(two_networks, 2);
    struct dvfo_verdicts verdicts = left_out_of(&data, DVFO_LEAVE_CLOCKS);
    /* four GPU clocks in thirds of 1, 1 and 2; three memory clocks of 1 each: every point twice */
    cr_expect(verdicts.n == 48);
    cr_expect(score_of(&verdicts, "gpu high").points == 12 && score_of(&verdicts, "mem low").points == 8);
    cr_expect(score_of(&verdicts, NULL).latency_p90 < 1e-2, "%g", score_of(&verdicts, NULL).latency_p90);
    cr_expect(score_of(&verdicts, "gpu high").rank > 0.98);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
}

/* ---- what can't be ---- */

Test(plausible, units_mistaken_and_contradictions_are_told_with_their_line)
{
    static const struct {
        const char *rows, *message;
    } cases[] = {
        {"small-board,plain,fp32,resnet-18,,1,,2000,1,1000,5000,\n",
         "m.csv:2: 'gpu_mhz' is 1, expected 250 to 1000 of small-board; is it in GHz?"},
        {"small-board,plain,fp32,resnet-18,,1,,2000,1000,9999,5000,\n",
         "m.csv:2: 'mem_mhz' is 9999, expected 500 to 1000 of small-board"},
        /* 3.63 GFLOP at 10 per cycle of 1 GHz: 363 ms; a tenth of it is the least */
        {"small-board,plain,fp32,resnet-18,,1,,2000,1000,1000,0.5,\n",
         "m.csv:2: 'latency_ms' is 0.5, expected 36.3 to 3.633e+05: the arithmetic of resnet-18 alone takes 363 ms at "
         "the "
         "peak of these clocks; is it in seconds?"},
        {"small-board,plain,fp32,resnet-18,,1,,2000,1000,1000,700000,\n",
         "m.csv:2: 'latency_ms' is 700000, expected 36.3 to 3.633e+05: the arithmetic of resnet-18 alone takes 363 ms "
         "at "
         "the peak of these clocks; is it in microseconds?"},
        {"small-board,plain,fp32,resnet-18,,1,,2000,1000,1000,900,7.5\n",
         "m.csv:2: 'power_mw' is 7.5, expected 100 to 100000; is it in W?"},
        {"small-board,plain,fp32,resnet-18,,1,,2000,1000,1000,900,\n"
         "small-board,plain,fp32,vgg-19,,1,,2000,1000,1000,9000,\n"
         "small-board,plain,fp32,resnet-18,,1,,2000,1000,1000,500,\n",
         "m.csv:2 and 4: the same setting of resnet-18 took 900 and 500 ms, expected at most 20 % between them; keep "
         "the "
         "right one"},
    };
    struct dvfo_board *board = small_board();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_measurements points = {0};
        char text[600];
        snprintf(text, sizeof text, "%s%s", points_heading, cases[i].rows);
        cr_assert(dvfo_measurements_from_memory(&ctx, "m.csv", text, strlen(text), false, &points) == DVFO_OK, "%s",
                  ctx.message);
        cr_expect(dvfo_plausible(&ctx, board, "m.csv", &points, NULL) == DVFO_BAD_INPUT);
        cr_expect_str_eq(ctx.message, cases[i].message);
        dvfo_measurements_free(&points);
    }
    dvfo_board_free(board);
}

Test(plausible, repeats_that_agree_are_counted)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = small_board();
    struct dvfo_board_data data = own_points();
    size_t repeats = 0;
    struct dvfo_measurement again = data.points.row[5];
    again.latency_s *= 1.1;
    cr_assert(dvfo_measurements_add(&ctx, &data.points, &again) == DVFO_OK);
    cr_expect(dvfo_plausible(&ctx, board, "m.csv", &data.points, &repeats) == DVFO_OK, "%s", ctx.message);
    cr_expect(repeats == 1);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
}

/* ---- with the published tables at hand (DVFO_BOARD_DIR) ---- */

static const char *const shipped[] = {"jetson-nano", "jetson-tx2", "xavier-nx"};

static const char *published_tables(void)
{
    const char *folder = getenv("DVFO_BOARD_DIR");
    if (folder == NULL) {
        cr_skip_test("DVFO_BOARD_DIR is not set");
    }
    gsl_set_error_handler_off();
    return folder;
}

static void expect_unmoved(const char *board, const struct dvfo_fit *fit)
{
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        const struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        cr_expect(fabs(c->quantity->value - c->before) <= 1e-3 * fabs(c->before) + 1e-9, "%s %s: %g, file %g", board,
                  c->name, c->quantity->value, c->before);
    }
}

/* The Keras grid's fit takes seconds and is left to `dvfo profile fit`. */
Test(fit, committed_values_come_out_again)
{
    const char *folder = published_tables();
    for (size_t b = 0; b < sizeof shipped / sizeof shipped[0]; b++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_board *board = NULL;
        struct dvfo_board_data data = {0};
        struct dvfo_fit fit;
        cr_assert(dvfo_board_load(&ctx, shipped[b], &board) == DVFO_OK, "%s", ctx.message);
        cr_assert(dvfo_board_data_load(&ctx, folder, shipped[b], &data) == DVFO_OK, "%s", ctx.message);
        for (size_t r = 0; r < board->runtime_count; r++) {
            if (strcmp(board->runtime[r].name, "keras") != 0 && dvfo_board_data_has(&data, board, &board->runtime[r])) {
                cr_assert(dvfo_fit_latency(&ctx, board, &board->runtime[r], &data, &fit) == DVFO_OK, "%s", ctx.message);
                expect_unmoved(shipped[b], &fit);
            }
        }
        cr_assert(dvfo_fit_power(&ctx, board, &board->runtime[0], &data, &fit) == DVFO_OK, "%s", ctx.message);
        expect_unmoved(shipped[b], &fit);
        dvfo_board_data_free(&data);
        dvfo_board_free(board);
    }
}

static struct dvfo_score published_score(const char *name, dvfo_leave_out what)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    struct dvfo_board_data data = {0};
    struct dvfo_verdicts verdicts = {0};
    cr_assert(dvfo_board_load(&ctx, name, &board) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_board_data_load(&ctx, published_tables(), name, &data) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_judge_leaving_out(&ctx, board, &board->runtime[0], &data, what, &verdicts) == DVFO_OK, "%s",
              ctx.message);
    const struct dvfo_score score = score_of(&verdicts, NULL);
    dvfo_verdicts_free(&verdicts);
    dvfo_board_data_free(&data);
    dvfo_board_free(board);
    return score;
}

Test(published, clocks_that_no_fit_saw_are_predicted)
{
    static const double most[] = {0.07, 0.03, 0.07}; /* what we set out to reach, by board */
    for (size_t b = 0; b < sizeof shipped / sizeof shipped[0]; b++) {
        const struct dvfo_score score = published_score(shipped[b], DVFO_LEAVE_CLOCKS);
        cr_expect(score.latency_median < most[b], "%s: latency %g", shipped[b], score.latency_median);
        cr_expect(score.power_median < 0.1, "%s: power %g", shipped[b], score.power_median);
    }
}

Test(published, networks_that_no_fit_saw_are_predicted)
{
    const struct dvfo_score score = published_score("jetson-tx2", DVFO_LEAVE_NETWORK);
    cr_expect(score.latency_median < 0.15 && score.anchored_median < 0.05, "%g, anchored %g", score.latency_median,
              score.anchored_median);
}
