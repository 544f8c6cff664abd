/* Jetson Nano and Xavier NX: Inception-v3 (TensorFlow, FP32) on Triton, and rail states of tegrastats logs
 * (iloudaros/LoudVA).
 *
 * Of the sweeps only concurrency 1 is taken (above it batches form and latency holds queueing), and the lowest GPU
 * clock of each is left out: its power and time are out of line with all others, the memory clock had probably not come
 * up. Latency is the server's inference time; the device rests until the next request, so power is a mean over the
 * period. Of the rail states the idle and the 90-100 % busy bins are taken; bins between mix both within a second. */
#include "profiles/calibrate/import.h"

#include <math.h>
#include <string.h>

#include "profiles/calibrate/csv.h"
#include "sim/base/units.h"

struct subject {
    const char *board, *sweep, *states, *module_rail;
    const char *busy_rail; /* the only rail taken from busy bins; NULL: all */
    double lowest_gpu_hz;  /* left out of the sweep */
    double mem_hz;         /* during the sweep */
    double cpu_hz;         /* during the sweep; NaN: the governor was free */
    struct {
        const char *column, *rail;
    } rails[3];
    struct dvfo_board_data *out;
};

static struct dvfo_measurement start_row(const struct subject *subject, const struct dvfo_csv *csv)
{
    struct dvfo_measurement row = dvfo_measurement_default();
    snprintf(row.board, sizeof row.board, "%s", subject->board);
    strcpy(row.runtime, "triton");
    strcpy(row.precision, "fp32");
    row.line = csv->lines.number;
    return row;
}

static dvfo_status read_sweep_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    const struct subject *subject = user;
    double concurrency = 0.0, per_s = 0.0;
    if (strcmp(dvfo_csv_text(csv, "setting"), "gpu_freq") != 0) {
        return DVFO_OK; /* governors: the clock is unknown */
    }
    struct dvfo_measurement row = start_row(subject, csv);
    strcpy(row.network, "inception-v3");
    DVFO_TRY(dvfo_csv_number(ctx, csv, "batch_size_concurrency", 0.0, 1e6, &concurrency));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_freq_hz_or_mode", 1e6, 1e10, &row.clocks.hz[DVFO_GPU]));
    if (concurrency != 1.0 || row.clocks.hz[DVFO_GPU] <= subject->lowest_gpu_hz) {
        return DVFO_OK;
    }
    row.clocks.hz[DVFO_MEM] = subject->mem_hz;
    row.clocks.hz[DVFO_CPU] = subject->cpu_hz;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "server_compute_infer_us", 1.0, 1e9, &row.latency_s));
    row.latency_s *= DVFO_S_PER_US;
    DVFO_TRY(dvfo_measurements_add(ctx, &subject->out->points, &row));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "throughput_inf_per_s", 1e-6, 1e6, &per_s));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "mean_module_power_mw", 1.0, 1e6, &row.power_w));
    row.power_w *= DVFO_W_PER_MW;
    row.period_s = 1.0 / per_s;
    snprintf(row.rail, sizeof row.rail, "%s", subject->module_rail);
    return dvfo_measurements_add(ctx, &subject->out->rails, &row);
}

static dvfo_status read_busy(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, struct dvfo_measurement *row)
{
    double cores = 0.0;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "cpu_cores_online", 1.0, 64.0, &cores));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "cpu_util_mean_pct", 0.0, 100.0, &row->busy[DVFO_CPU]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "gpu_util_mean_pct", 0.0, 100.0, &row->busy[DVFO_GPU]));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "emc_util_mean_pct", 0.0, 100.0, &row->busy[DVFO_MEM]));
    row->busy[DVFO_CPU] *= cores / 100.0;
    row->busy[DVFO_GPU] /= 100.0;
    row->busy[DVFO_MEM] /= 100.0;
    return dvfo_csv_number(ctx, csv, "samples", 0.0, 1e9, &row->samples);
}

static dvfo_status read_state_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    const struct subject *subject = user;
    const char *bin = dvfo_csv_text(csv, "gpu_util_bin_pct");
    if (strcmp(bin, "idle_0") != 0 && strcmp(bin, "90-100") != 0) {
        return DVFO_OK;
    }
    static const char *const columns[DVFO_DOMAINS] = {"cpu_freq_mean_mhz", "gpu_mhz", "emc_mhz"};
    struct dvfo_measurement row = start_row(subject, csv);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(dvfo_csv_number(ctx, csv, columns[d], 1.0, 1e4, &row.clocks.hz[d]));
        row.clocks.hz[d] *= DVFO_HZ_PER_MHZ;
    }
    DVFO_TRY(read_busy(ctx, csv, &row));
    for (size_t i = 0; i < sizeof subject->rails / sizeof subject->rails[0]; i++) {
        snprintf(row.rail, sizeof row.rail, "%s", subject->rails[i].rail);
        if (row.busy[DVFO_GPU] > 0.0 && subject->busy_rail != NULL && strcmp(row.rail, subject->busy_rail) != 0) {
            continue;
        }
        DVFO_TRY(dvfo_csv_number(ctx, csv, subject->rails[i].column, 0.0, 1e6, &row.power_w));
        row.power_w *= DVFO_W_PER_MW;
        DVFO_TRY(dvfo_measurements_add(ctx, &subject->out->rails, &row));
    }
    return DVFO_OK;
}

static dvfo_status import(struct dvfo_ctx *ctx, const char *folder, struct subject *subject)
{
    const char *const sweep[] = {"setting",
                                 "gpu_freq_hz_or_mode",
                                 "batch_size_concurrency",
                                 "throughput_inf_per_s",
                                 "server_compute_infer_us",
                                 "mean_module_power_mw",
                                 NULL};
    const char *const states[] = {"gpu_mhz",
                                  "emc_mhz",
                                  "gpu_util_bin_pct",
                                  "gpu_util_mean_pct",
                                  "emc_util_mean_pct",
                                  "cpu_util_mean_pct",
                                  "cpu_freq_mean_mhz",
                                  "cpu_cores_online",
                                  subject->rails[0].column,
                                  subject->rails[1].column,
                                  subject->rails[2].column,
                                  NULL};
    DVFO_TRY(dvfo_csv_each(ctx, folder, subject->sweep, sweep, read_sweep_row, subject));
    return dvfo_csv_each(ctx, folder, subject->states, states, read_state_row, subject);
}

dvfo_status dvfo_import_jetson_nano(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out)
{
    struct subject subject = {
        .board = "jetson-nano",
        .sweep = "nano_triton_inceptionv3_gpu_freq_sweep.csv",
        .states = "nano_tegrastats_rail_power_by_state.csv",
        .module_rail = "POM_5V_IN",
        .lowest_gpu_hz = 153600000.0,
        .cpu_hz = NAN,
        .mem_hz = 1600000000.0,
        .rails = {{"pom_5v_in_mean_mw", "POM_5V_IN"},
                  {"pom_5v_gpu_mean_mw", "POM_5V_GPU"},
                  {"pom_5v_cpu_mean_mw", "POM_5V_CPU"}},
        .out = out,
    };
    return import(ctx, folder, &subject);
}

dvfo_status dvfo_import_xavier_nx(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out)
{
    struct subject subject = {
        .board = "xavier-nx",
        .sweep = "xavier_nx_triton_inceptionv3_gpu_freq_sweep.csv",
        .states = "xavier_nx_tegrastats_rail_power_by_state.csv",
        .module_rail = "VDD_IN",
        .busy_rail = "VDD_SOC",
        .lowest_gpu_hz = 114750000.0,
        .cpu_hz = 1420800000.0, /* the 20 W 6-core mode's caps */
        .mem_hz = 1866000000.0,
        .rails = {{"vdd_in_mean_mw", "VDD_IN"},
                  {"vdd_cpu_gpu_cv_mean_mw", "VDD_CPU_GPU_CV"},
                  {"vdd_soc_mean_mw", "VDD_SOC"}},
        .out = out,
    };
    DVFO_TRY(import(ctx, folder, &subject));
    return dvfo_import_xavier_nx_tables(ctx, folder, out);
}
