#include "profiles/calibrate/import.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *board, *first; /* the table that is read first */
    dvfo_status (*import)(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out);
} importers[] = {
    {"jetson-nano", "nano_triton_inceptionv3_gpu_freq_sweep.csv", dvfo_import_jetson_nano},
    {"jetson-tx2", "tx2_tensorrt_gpu_emc_latency.csv", dvfo_import_jetson_tx2},
    {"xavier-nx", "xavier_nx_triton_inceptionv3_gpu_freq_sweep.csv", dvfo_import_xavier_nx},
};

static bool is_regular_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* FOLDER/NAMETAIL */
static dvfo_status path_in(struct dvfo_ctx *ctx, const char *folder, const char *name, const char *tail,
                           char path[DVFO_PATH_SIZE])
{
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s%s", folder, name, tail) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of the measurements is longer than %d characters",
                           DVFO_PATH_SIZE - 1);
}

dvfo_status dvfo_import_board(struct dvfo_ctx *ctx, const char *folder, const char *board, struct dvfo_board_data *out)
{
    for (size_t i = 0; i < sizeof importers / sizeof importers[0]; i++) {
        char first[DVFO_PATH_SIZE];
        if (strcmp(importers[i].board, board) != 0) {
            continue;
        }
        DVFO_TRY(path_in(ctx, folder, importers[i].first, "", first));
        return is_regular_file(first)
                   ? importers[i].import(ctx, folder, out)
                   : dvfo_fail(ctx, DVFO_BAD_INPUT,
                               "%s: holds no raw tables of %s (%s and others); a folder of measurements holds %s.csv",
                               folder, board, importers[i].first, board);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "no raw tables are known for the board '%s', expected %s/%s.csv", board,
                     folder, board);
}

static dvfo_status load_folder(struct dvfo_ctx *ctx, const char *folder, const char *board, struct dvfo_board_data *out)
{
    char points[DVFO_PATH_SIZE], rails[DVFO_PATH_SIZE], held_out[DVFO_PATH_SIZE];
    DVFO_TRY(path_in(ctx, folder, board, ".csv", points));
    DVFO_TRY(path_in(ctx, folder, board, "-rails.csv", rails));
    DVFO_TRY(path_in(ctx, folder, board, "-held-out.csv", held_out));
    if (access(folder, R_OK | X_OK) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be read: %s", folder, strerror(errno));
    }
    if (!is_regular_file(points) && is_regular_file(rails)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: holds rails without points, expected %s.csv beside %s-rails.csv; add the rows of these "
                         "rails to those of a run with latencies",
                         folder, board, board);
    }
    if (!is_regular_file(points)) {
        return dvfo_import_board(ctx, folder, board, out);
    }
    memcpy(out->from, points, sizeof out->from);
    DVFO_TRY(dvfo_measurements_load(ctx, points, &out->points));
    if (is_regular_file(rails)) {
        DVFO_TRY(dvfo_measurements_load_rails(ctx, rails, &out->rails));
    }
    return is_regular_file(held_out) ? dvfo_measurements_load(ctx, held_out, &out->held_out) : DVFO_OK;
}

dvfo_status dvfo_board_data_load(struct dvfo_ctx *ctx, const char *path, const char *board, struct dvfo_board_data *out)
{
    struct stat info;
    *out = (struct dvfo_board_data){0};
    if (stat(path, &info) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be read: %s; expected a file or folder of measurements", path,
                         strerror(errno));
    }
    snprintf(out->from, sizeof out->from, "%s", path);
    return S_ISDIR(info.st_mode) ? load_folder(ctx, path, board, out) : dvfo_measurements_load(ctx, path, &out->points);
}

bool dvfo_board_data_has(const struct dvfo_board_data *data, const struct dvfo_board *board,
                         const struct dvfo_runtime *runtime)
{
    for (size_t i = 0; i < data->points.n; i++) {
        const struct dvfo_measurement *row = &data->points.row[i];
        if (strcmp(row->board, board->name) == 0 && strcmp(row->runtime, runtime->name) == 0 &&
            strcmp(row->precision, runtime->precision) == 0 && row->batch == 1 && !isnan(row->latency_s)) {
            return true;
        }
    }
    return false;
}

void dvfo_board_data_free(struct dvfo_board_data *data)
{
    dvfo_measurements_free(&data->points);
    dvfo_measurements_free(&data->rails);
    dvfo_measurements_free(&data->held_out);
}
