/* Xavier NX under TensorRT and PyTorch.
 *
 * xavier_nx_pytorch_tensorrt_imagenet_latency.csv (Juanx65/ArtTRT): image networks at batch 1, time of the model alone;
 * clocks are not stated. Its second run reports memory pressure and is taken only where the first has nothing.
 * xavier_nx_mlperf_v1_latency_wall_power.csv (mlcommons/inference_results_v1.0, _v1.1): ResNet-50 in INT8, single
 * stream, at the default clocks and in MaxQ (GPU at most 854 MHz, memory 1600 MHz, two cores of 1190 MHz): the same
 * network in two power modes. Another engine than the table's, three times as fast, so it is held out: an anchor takes
 * the engine away, and what is left is the power mode. Its power is of the wall, not of the module.
 * Left out: xavier_nx_jetson_benchmarks_fps.csv (batches, deep-learning accelerators, modes not printed). */
#include <math.h>
#include <string.h>

#include "profiles/calibrate/csv.h"
#include "profiles/calibrate/import.h"
#include "sim/base/units.h"

#define MAXQ_CPU_HZ 1190400000.0
#define MAXQ_GPU_HZ 854250000.0
#define MAXQ_MEM_HZ 1600000000.0

static const struct {
    const char *theirs, *ours;
} networks[] = {{"mobilenet", "mobilenet-v2"},
                {"resnet34", "resnet-34"},
                {"resnet50", "resnet-50"},
                {"resnet101", "resnet-101"},
                {"resnet152", "resnet-152"}};

static const struct {
    const char *theirs, *runtime, *precision;
} runtimes[] = {{"PyTorch fp32", "pytorch", "fp32"},
                {"TensorRT fp32", "tensorrt", "fp32"},
                {"TensorRT fp16", "tensorrt", "fp16"},
                {"TensorRT int8", "tensorrt", "int8"}};

static dvfo_status name_network(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, struct dvfo_measurement *row)
{
    const char *model = dvfo_csv_text(csv, "model");
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        if (strcmp(model, networks[i].theirs) == 0) {
            strcpy(row->network, networks[i].ours);
            return DVFO_OK;
        }
    }
    return dvfo_csv_fail(ctx, csv, "'model' is '%.60s', expected mobilenet or resnet34 to resnet152", model);
}

static dvfo_status name_runtime(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, struct dvfo_measurement *row)
{
    const char *name = dvfo_csv_text(csv, "runtime_precision");
    for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++) {
        if (strcmp(name, runtimes[i].theirs) == 0) {
            strcpy(row->runtime, runtimes[i].runtime);
            strcpy(row->precision, runtimes[i].precision);
            return DVFO_OK;
        }
    }
    return dvfo_csv_fail(ctx, csv, "'runtime_precision' is '%.60s', expected PyTorch fp32 or TensorRT fp32, fp16, int8",
                         name);
}

static bool is_known(const struct dvfo_measurements *points, const struct dvfo_measurement *row)
{
    for (size_t i = 0; i < points->n; i++) {
        const struct dvfo_measurement *other = &points->row[i];
        if (strcmp(other->network, row->network) == 0 && strcmp(other->runtime, row->runtime) == 0 &&
            strcmp(other->precision, row->precision) == 0) {
            return true;
        }
    }
    return false;
}

static dvfo_status read_table_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    struct dvfo_board_data *out = user;
    struct dvfo_measurement row = dvfo_measurement_default();
    double batch = 0.0;
    strcpy(row.board, "xavier-nx");
    row.line = csv->lines.number;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "batch", 1.0, 1e6, &batch));
    DVFO_TRY(name_network(ctx, csv, &row));
    DVFO_TRY(name_runtime(ctx, csv, &row));
    DVFO_TRY(dvfo_csv_number(ctx, csv, "latency_model_only_mean_ms_per_batch", 1e-3, 1e6, &row.latency_s));
    if (batch != 1.0 || is_known(&out->points, &row)) { /* first runs stand first */
        return DVFO_OK;
    }
    row.latency_s *= DVFO_S_PER_MS;
    return dvfo_measurements_add(ctx, &out->points, &row);
}

static dvfo_status read_mlperf_row(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, void *user)
{
    struct dvfo_board_data *out = user;
    const char *system = dvfo_csv_text(csv, "system");
    const bool maxq = strcmp(system, "Xavier_NX_TRT_MaxQ") == 0;
    if (strcmp(dvfo_csv_text(csv, "benchmark"), "resnet50") != 0 ||
        strcmp(dvfo_csv_text(csv, "scenario"), "SingleStream") != 0 ||
        (!maxq && strcmp(system, "Xavier_NX_TRT") != 0)) {
        return DVFO_OK;
    }
    struct dvfo_measurement row = dvfo_measurement_default();
    strcpy(row.board, "xavier-nx");
    strcpy(row.runtime, "tensorrt");
    strcpy(row.precision, "int8");
    strcpy(row.network, "resnet-50");
    row.line = csv->lines.number;
    if (maxq) {
        row.clocks = (struct dvfo_clocks){{MAXQ_CPU_HZ, MAXQ_GPU_HZ, MAXQ_MEM_HZ}};
    }
    DVFO_TRY(dvfo_csv_number(ctx, csv, "mean_latency_ms", 1e-3, 1e6, &row.latency_s));
    row.latency_s *= DVFO_S_PER_MS;
    return dvfo_measurements_add(ctx, &out->held_out, &row);
}

dvfo_status dvfo_import_xavier_nx_tables(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out)
{
    static const char *const table[] = {"model", "batch", "runtime_precision", "latency_model_only_mean_ms_per_batch",
                                        NULL};
    static const char *const mlperf[] = {"system", "benchmark", "scenario", "mean_latency_ms", NULL};
    DVFO_TRY(dvfo_csv_each(ctx, folder, "xavier_nx_pytorch_tensorrt_imagenet_latency.csv", table, read_table_row, out));
    return dvfo_csv_each(ctx, folder, "xavier_nx_mlperf_v1_latency_wall_power.csv", mlperf, read_mlperf_row, out);
}
