/* Jetson TX2.
 *
 * TensorRT through trtexec, batch 1, presumably FP32 (the int8 flag was left on, which TX2 doesn't support):
 * tx2_tensorrt_gpu_emc_latency.csv: three networks on 13 GPU x 4 memory clocks, CPU locked at 2035 MHz.
 * tx2_tensorrt_vgg19_gpu_freq_latency_power_rails.csv: VGG-19 at 13 GPU clocks with the rails; the phases `inference`
 * and `idle_clocks_locked` are taken, `engine_build_*` is left out (unknown kernels).
 * Keras on TensorFlow: tx2_keras_xception_inceptionv3_cpu_gpu_emc.csv, two networks at three input sizes on the grid of
 * cores, CPU, GPU and memory clocks; its power column is a sum of samples and tells no power.
 *
 * Left out: tx2_xception_image20000 and tx2_table_bert (they don't follow their own clocks: a regression on the
 * logarithms of all three explains 2 % of the first), tx2_tensorrt_gpu_freq_latency (up to 25 % slower than the locked
 * grid: its memory clock was not held), tx2_flexibo (network not named, and none of ours follows it).
 * Held out: tx2_cadet (network not named, memory clocks down to 40.8 MHz). */
#include "profiles/calibrate/import.h"

#include <math.h>
#include <string.h>

#include "profiles/calibrate/csv.h"
#include "sim/base/units.h"

#define CPU_HZ 2035200000.0 /* jetson_clocks */
#define MEM_HZ 1866000000.0 /* locked in the power recording */

static const struct {
    const char *theirs, *ours;
} names[] = {{"inception_v4", "inception-v4"}, {"vgg19", "vgg-19"}, {"tiny-yolov3", "yolov3-tiny"}};

static struct dvfo_measurement subject(const char *network)
{
    struct dvfo_measurement row = dvfo_measurement_default();
    strcpy(row.board, "jetson-tx2");
    strcpy(row.runtime, "tensorrt");
    strcpy(row.precision, "fp32");
    snprintf(row.network, sizeof row.network, "%s", network);
    row.clocks.hz[DVFO_CPU] = CPU_HZ;
    row.clocks.hz[DVFO_MEM] = MEM_HZ;
    return row;
}

static dvfo_status read_grid_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    struct dvfo_board_data *out = user;
    const char *model = dvfo_csv_text(csv, "model");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(model, names[i].theirs) == 0) {
            struct dvfo_measurement row = subject(names[i].ours);
            row.line = csv->lines.number;
            DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_GPU]));
            DVFO_TRY(dvfo_csv_number(ctx, csv, "emc_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_MEM]));
            DVFO_TRY(dvfo_csv_number(ctx, csv, "latency_ms_batch1", 1e-3, 1e6, &row.latency_s));
            row.latency_s *= DVFO_S_PER_MS;
            return dvfo_measurements_add(ctx, &out->points, &row);
        }
    }
    return dvfo_csv_fail(ctx, csv, "'model' is '%.60s', expected inception_v4, vgg19 or tiny-yolov3", model);
}

static dvfo_status add_rails(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, struct dvfo_measurement row,
                             struct dvfo_board_data *out)
{
    static const struct {
        const char *column, *rail;
    } rails[] = {{"vdd_in_mw", "VDD_IN"},
                 {"vdd_sys_gpu_mw", "VDD_SYS_GPU"},
                 {"vdd_sys_cpu_mw", "VDD_SYS_CPU"},
                 {"vdd_sys_soc_mw", "VDD_SYS_SOC"},
                 {"vdd_sys_ddr_mw", "VDD_SYS_DDR"}};
    for (size_t i = 0; i < sizeof rails / sizeof rails[0]; i++) {
        strcpy(row.rail, rails[i].rail);
        DVFO_TRY(dvfo_csv_number(ctx, csv, rails[i].column, 0.0, 1e6, &row.power_w));
        row.power_w *= DVFO_W_PER_MW;
        DVFO_TRY(dvfo_measurements_add(ctx, &out->rails, &row));
    }
    return DVFO_OK;
}

/* One core spins in trtexec; the memory controller's own reading of its utilisation is kept. */
static dvfo_status read_power_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    struct dvfo_board_data *out = user;
    const char *phase = dvfo_csv_text(csv, "phase");
    const bool idle = strcmp(phase, "idle_clocks_locked") == 0;
    if (!idle && strcmp(phase, "inference") != 0) {
        return DVFO_OK;
    }
    struct dvfo_measurement row = subject(idle ? "" : "vgg-19");
    row.line = csv->lines.number;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_GPU]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "samples", 0.0, 1e9, &row.samples));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_util_pct", 0.0, 100.0, &row.busy[DVFO_GPU]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "emc_util_pct", 0.0, 100.0, &row.busy[DVFO_MEM]));
    row.busy[DVFO_CPU] = idle ? 0.0 : 1.0;
    row.busy[DVFO_GPU] /= 100.0;
    row.busy[DVFO_MEM] /= 100.0;
    DVFO_TRY(add_rails(ctx, csv, row, out));
    if (!idle) {
        DVFO_TRY(dvfo_csv_number(ctx, csv, "latency_ms_batch1", 1e-3, 1e6, &row.latency_s));
        DVFO_TRY(dvfo_csv_number(ctx, csv, "vdd_in_mw", 0.0, 1e6, &row.power_w));
        row.latency_s *= DVFO_S_PER_MS;
        row.power_w *= DVFO_W_PER_MW;
        DVFO_TRY(dvfo_measurements_add(ctx, &out->points, &row));
    }
    return DVFO_OK;
}

/* An idle line of the same recordings at low clocks, which the tables leave out (thynics/jetson_dvfs, tegrastats log):
 * GPU 114.75 MHz, memory 1062.4 MHz, CPU clock free. */
static dvfo_status add_low_idle(struct dvfo_ctx *ctx, struct dvfo_board_data *out)
{
    static const struct {
        const char *rail;
        double power_w;
    } rails[] = {
        {"VDD_IN", 1.965}, {"VDD_SYS_GPU", 0.15}, {"VDD_SYS_CPU", 0.23}, {"VDD_SYS_SOC", 0.53}, {"VDD_SYS_DDR", 0.28}};
    struct dvfo_measurement row = subject("");
    row.clocks = (struct dvfo_clocks){{NAN, 114750000.0, 1062400000.0}};
    row.busy[DVFO_CPU] = row.busy[DVFO_GPU] = row.busy[DVFO_MEM] = 0.0;
    for (size_t i = 0; i < sizeof rails / sizeof rails[0]; i++) {
        strcpy(row.rail, rails[i].rail);
        row.power_w = rails[i].power_w;
        DVFO_TRY(dvfo_measurements_add(ctx, &out->rails, &row));
    }
    return DVFO_OK;
}

/* Keras and TensorFlow, FP32, wall time of model.predict on one image; A57 cores only. */
static dvfo_status read_keras_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    struct dvfo_board_data *out = user;
    const char *model = dvfo_csv_text(csv, "model");
    const bool xception = strcmp(model, "xception") == 0;
    if (!xception && strcmp(model, "inceptionv3") != 0) {
        return dvfo_csv_fail(ctx, csv, "'model' is '%.60s', expected xception or inceptionv3", model);
    }
    struct dvfo_measurement row = subject(xception ? "xception" : "inception-v3");
    double px = 0.0, cores = 0.0, cpu_khz = 0.0;
    strcpy(row.runtime, "keras");
    row.line = csv->lines.number;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "input_px", 1.0, 1e5, &px));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "cores_online_a57", 1.0, 4.0, &cores));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "cpu_freq_khz", 1e3, 1e7, &cpu_khz));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_GPU]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "emc_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_MEM]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "latency_s", 1e-6, 1e6, &row.latency_s));
    row.input_px = (long)px;
    row.cpu_cores = (int)cores;
    row.clocks.hz[DVFO_CPU] = cpu_khz * 1e3;
    return dvfo_measurements_add(ctx, &out->points, &row);
}

/* An image network that isn't named; its times follow those of Xception at 600 px, with one scale. 58 settings of
 * clocks stand in 1438 rows; the first row of a setting is as good as their mean for what is asked here. */
static dvfo_status read_cadet_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    struct dvfo_board_data *out = user;
    struct dvfo_measurement row = subject("xception");
    double cores = 0.0, cpu_khz = 0.0;
    strcpy(row.runtime, "keras");
    row.input_px = 600;
    row.line = csv->lines.number;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "cores_online_a57", 1.0, 4.0, &cores));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "cpu_freq_khz", 1e3, 1e7, &cpu_khz));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_GPU]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "emc_freq_hz", 1e6, 1e10, &row.clocks.hz[DVFO_MEM]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "latency_s", 1e-6, 1e6, &row.latency_s));
    row.cpu_cores = (int)cores;
    row.clocks.hz[DVFO_CPU] = cpu_khz * 1e3;
    const struct dvfo_measurements *held_out = &out->held_out;
    for (size_t i = 0; i < held_out->n; i++) {
        if (held_out->row[i].cpu_cores == row.cpu_cores &&
            memcmp(&held_out->row[i].clocks, &row.clocks, sizeof row.clocks) == 0) {
            return DVFO_OK;
        }
    }
    return dvfo_measurements_add(ctx, &out->held_out, &row);
}

dvfo_status dvfo_import_jetson_tx2(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out)
{
    static const char *const grid[] = {"model", "gpu_freq_hz", "emc_freq_hz", "latency_ms_batch1", NULL};
    static const char *const power[] = {"gpu_freq_hz",    "latency_ms_batch1", "phase",          "samples",
                                        "gpu_util_pct",   "emc_util_pct",      "vdd_in_mw",      "vdd_sys_gpu_mw",
                                        "vdd_sys_cpu_mw", "vdd_sys_soc_mw",    "vdd_sys_ddr_mw", NULL};
    static const char *const keras[] = {"model",       "input_px",    "cores_online_a57", "cpu_freq_khz",
                                        "gpu_freq_hz", "emc_freq_hz", "latency_s",        NULL};
    DVFO_TRY(dvfo_csv_each(ctx, folder, "tx2_tensorrt_gpu_emc_latency.csv", grid, read_grid_row, out));
    DVFO_TRY(
        dvfo_csv_each(ctx, folder, "tx2_tensorrt_vgg19_gpu_freq_latency_power_rails.csv", power, read_power_row, out));
    DVFO_TRY(add_low_idle(ctx, out));
    DVFO_TRY(dvfo_csv_each(ctx, folder, "tx2_keras_xception_inceptionv3_cpu_gpu_emc.csv", keras, read_keras_row, out));
    static const char *const cadet[] = {"cores_online_a57", "cpu_freq_khz", "gpu_freq_hz",
                                        "emc_freq_hz",      "latency_s",    NULL};
    return dvfo_csv_each(ctx, folder, "tx2_cadet_latency_power_rails_temp.csv", cadet, read_cadet_row, out);
}
