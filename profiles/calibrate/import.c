#include "profiles/calibrate/import.h"

#include <string.h>
#include <sys/stat.h>

#include "sim/base/data_path.h"

static const struct {
    const char *board;
    dvfo_status (*import)(struct dvfo_ctx *ctx, const char *folder, struct dvfo_board_data *out);
} importers[] = {
    {"jetson-nano", dvfo_import_jetson_nano},
    {"jetson-tx2", dvfo_import_jetson_tx2},
    {"xavier-nx", dvfo_import_xavier_nx},
};

dvfo_status dvfo_import_board(struct dvfo_ctx *ctx, const char *folder, const char *board, struct dvfo_board_data *out)
{
    for (size_t i = 0; i < sizeof importers / sizeof importers[0]; i++) {
        if (strcmp(importers[i].board, board) == 0) {
            return importers[i].import(ctx, folder, out);
        }
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "no raw tables are known for the board '%s', expected %s/%s.csv", board,
                     folder, board);
}

static bool is_regular_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

dvfo_status dvfo_board_data_load(struct dvfo_ctx *ctx, const char *path, const char *board, struct dvfo_board_data *out)
{
    *out = (struct dvfo_board_data){0};
    if (is_regular_file(path)) {
        return dvfo_measurements_load(ctx, path, &out->points);
    }
    char points[DVFO_PATH_SIZE], rails[DVFO_PATH_SIZE];
    if (snprintf(points, sizeof points, "%s/%s.csv", path, board) >= DVFO_PATH_SIZE ||
        snprintf(rails, sizeof rails, "%s/%s-rails.csv", path, board) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of the measurements is longer than %d characters",
                         DVFO_PATH_SIZE - 1);
    }
    if (!is_regular_file(points)) {
        return dvfo_import_board(ctx, path, board, out);
    }
    DVFO_TRY(dvfo_measurements_load(ctx, points, &out->points));
    return is_regular_file(rails) ? dvfo_measurements_load_rails(ctx, rails, &out->rails) : DVFO_OK;
}

void dvfo_board_data_free(struct dvfo_board_data *data)
{
    dvfo_measurements_free(&data->points);
    dvfo_measurements_free(&data->rails);
    dvfo_measurements_free(&data->held_out);
}
