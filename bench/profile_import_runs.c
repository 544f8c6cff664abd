/* Runs of trtexec: options to files, files to a profile and measured points. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/profile_import.h"
#include "bench/profile_verbs.h"
#include "sim/base/data_path.h"
#include "sim/base/units.h"

/* Everything that one call works with. */
struct import {
    const struct dvfo_import_options *options;
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_run_subject subject;
    struct dvfo_logged_run *run; /* (options->count) */
};

/* ---- options ---- */

static dvfo_status read_whole(struct dvfo_ctx *ctx, const char *option, const char *text, long long most,
                              long long otherwise, long *out)
{
    long long value = otherwise;
    if (text != NULL && (!dvfo_text_integer(text, NULL, &value) || value < 1 || value > most)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a whole number from 1 to %lld", option, text,
                         most);
    }
    *out = (long)value;
    return DVFO_OK;
}

/* "2035.2,1300.5,1866"; an empty one is left to the log. */
static dvfo_status read_clocks(struct dvfo_ctx *ctx, const char *text, struct dvfo_clocks *clocks)
{
    const char *rest = text;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const char end = d + 1 < DVFO_DOMAINS ? ',' : '\0';
        double mhz = NAN;
        if (*rest != end && (!dvfo_text_number(rest, &rest, &mhz) || !(mhz > 0.0))) {
            break;
        }
        if (*rest != end) {
            break;
        }
        clocks->hz[d] = round(mhz * DVFO_HZ_PER_MHZ); /* as the board's reader does */
        if (end == '\0') {
            return DVFO_OK;
        }
        rest++;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "--clocks is '%s', expected the clocks of CPU, GPU and memory in MHz, e.g. 2035.2,1300.5,1866",
                     text);
}

static dvfo_status read_files(struct dvfo_ctx *ctx, const struct dvfo_import_run *typed, struct dvfo_run_files *files)
{
    *files = dvfo_run_files_default();
    files->profile = typed->profile;
    files->layers = typed->layers;
    files->times = typed->times;
    files->log = typed->log;
    if (typed->interval != NULL && !dvfo_text_number(typed->interval, NULL, &files->interval_s)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--interval is '%s', expected seconds", typed->interval);
    }
    return typed->clocks != NULL ? read_clocks(ctx, typed->clocks, &files->clocks) : DVFO_OK;
}

/* What goes together and what doesn't. */
static dvfo_status check_options(struct dvfo_ctx *ctx, const struct dvfo_import_options *options)
{
    DVFO_TRY(dvfo_profile_need(ctx, "import", "network", options->network));
    if (options->count == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "'dvfo profile import' needs --profile (a run of trtexec) or --from (raw tables); see 'dvfo "
                         "profile import --help'");
    }
    for (size_t i = 0; i < options->count; i++) {
        const struct dvfo_import_run *run = &options->run[i];
        if (run->profile == NULL && (run->times == NULL || options->out != NULL)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "a run has no --profile, expected one as trtexec --exportProfile writes "
                             "it; --times alone make measured points (--measured) only");
        }
        if (run->profile == NULL && run->layers != NULL) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--layer-info stands without --profile, whose layers it describes");
        }
    }
    return DVFO_OK;
}

/* trtexec is TensorRT; for a board without it the user says whose launches and host work to take. */
static dvfo_status find_runtime(struct dvfo_ctx *ctx, const struct dvfo_import_options *options,
                                const struct dvfo_board *board, const struct dvfo_runtime **out)
{
    struct dvfo_ctx silent = {0};
    if (options->runtime != NULL) {
        return dvfo_board_runtime(ctx, board, options->runtime, options->precision, out);
    }
    if (dvfo_board_runtime(&silent, board, "tensorrt", options->precision, out) == DVFO_OK) {
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s; --runtime %s takes from that what trtexec doesn't tell (launches, host work, traffic)",
                     silent.message, board->runtime[0].name);
}

static dvfo_status load_subject(struct dvfo_ctx *ctx, struct import *import)
{
    const struct dvfo_import_options *options = import->options;
    struct dvfo_run_subject *subject = &import->subject;
    long input_px = 0;
    DVFO_TRY(read_whole(ctx, "input", options->input_px, 8192, 0, &input_px));
    DVFO_TRY(read_whole(ctx, "batch", options->batch, 65536, 1, &subject->batch));
    if (subject->batch > 1 && options->out != NULL) {
        return dvfo_fail(
            ctx, DVFO_BAD_INPUT,
            "--batch is %ld, expected 1 for a layer profile: its requests are single; --measured takes any",
            subject->batch);
    }
    DVFO_TRY(dvfo_board_load(ctx, options->board, &import->board));
    DVFO_TRY(find_runtime(ctx, options, import->board, &subject->runtime));
    DVFO_TRY(dvfo_network_load(ctx, options->network, input_px, options->variant, &import->network));
    subject->board = import->board;
    subject->network = import->network;
    return DVFO_OK;
}

static dvfo_status load_runs(struct dvfo_ctx *ctx, struct import *import)
{
    const struct dvfo_import_options *options = import->options;
    import->run = calloc(options->count, sizeof *import->run);
    if (import->run == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < options->count; i++) {
        struct dvfo_run_files files;
        DVFO_TRY(read_files(ctx, &options->run[i], &files));
        DVFO_TRY(dvfo_logged_run_load(ctx, &import->subject, &files, &import->run[i]));
    }
    return DVFO_OK;
}

/* ---- the profile ---- */

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static dvfo_status save_profile(struct dvfo_ctx *ctx, const struct import *import)
{
    const struct dvfo_import_options *options = import->options;
    struct dvfo_layer_profile *earlier = NULL, *profile = NULL;
    dvfo_status status = DVFO_OK;
    if (options->append && exists(options->out)) {
        status = dvfo_layer_profile_load(ctx, options->out, &earlier);
    }
    if (status == DVFO_OK) {
        status = dvfo_join_profile(ctx, &import->subject, import->run, options->count, earlier, &profile);
    }
    status = status == DVFO_OK ? dvfo_layer_profile_set_program(ctx, profile, "dvfo profile import") : status;
    status = status == DVFO_OK ? dvfo_layer_profile_save(ctx, profile, options->out) : status;
    if (status == DVFO_OK) {
        fprintf(stderr, "dvfo: %zu layers at %zu points (CPU %zu x GPU %zu x memory %zu clocks) written to %s\n",
                profile->n, profile->points, profile->levels[DVFO_CPU], profile->levels[DVFO_GPU],
                profile->levels[DVFO_MEM], options->out);
    }
    dvfo_layer_profile_free(profile);
    dvfo_layer_profile_free(earlier);
    return status;
}

/* ---- measured points ---- */

/* Paths of points and of rails: in a folder by the board's name, otherwise by the file's. */
static dvfo_status measured_path(struct dvfo_ctx *ctx, const struct import *import, bool rails,
                                 char path[DVFO_PATH_SIZE])
{
    const char *given = import->options->measured, *suffix = rails ? "-rails" : "";
    const size_t length = strlen(given);
    const bool is_csv = length > 4 && strcmp(given + length - 4, ".csv") == 0;
    if (!is_csv && !is_folder(given)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--measured is '%s', expected a folder that exists or a name ending in .csv", given);
    }
    const int written = is_csv ? snprintf(path, DVFO_PATH_SIZE, "%.*s%s.csv", (int)(length - 4), given, suffix)
                               : snprintf(path, DVFO_PATH_SIZE, "%s/%s%s.csv", given, import->board->name, suffix);
    return written < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --measured is longer than %d characters",
                           DVFO_PATH_SIZE - 1);
}

static dvfo_status load_measured(struct dvfo_ctx *ctx, const char *points, const char *rails,
                                 struct dvfo_board_data *data)
{
    if (exists(points)) {
        DVFO_TRY(dvfo_measurements_load(ctx, points, &data->points));
    }
    return exists(rails) ? dvfo_measurements_load_rails(ctx, rails, &data->rails) : DVFO_OK;
}

static dvfo_status save_rows(struct dvfo_ctx *ctx, const struct dvfo_measurements *rows, bool rails, const char *path)
{
    if (rows->n == 0) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_measurements_save(ctx, rows, rails, path));
    fprintf(stderr, "dvfo: %zu rows written to %s\n", rows->n, path);
    return DVFO_OK;
}

static dvfo_status save_measured(struct dvfo_ctx *ctx, const struct import *import)
{
    char points[DVFO_PATH_SIZE], rails[DVFO_PATH_SIZE];
    struct dvfo_board_data data = {0};
    dvfo_status status = measured_path(ctx, import, false, points);
    status = status == DVFO_OK ? measured_path(ctx, import, true, rails) : status;
    status = status == DVFO_OK && import->options->append ? load_measured(ctx, points, rails, &data) : status;
    for (size_t i = 0; i < import->options->count && status == DVFO_OK; i++) {
        status = dvfo_join_rows(ctx, &import->subject, &import->run[i], &data);
    }
    status = status == DVFO_OK ? save_rows(ctx, &data.points, false, points) : status;
    status = status == DVFO_OK ? save_rows(ctx, &data.rails, true, rails) : status;
    dvfo_board_data_free(&data);
    return status;
}

/* ---- all of it ---- */

static dvfo_status run_import(struct dvfo_ctx *ctx, struct import *import)
{
    const struct dvfo_import_options *options = import->options;
    dvfo_table_format format = DVFO_TABLE_TEXT;
    DVFO_TRY(check_options(ctx, options));
    DVFO_TRY(dvfo_table_format_of(ctx, options->format, &format));
    DVFO_TRY(load_subject(ctx, import));
    DVFO_TRY(load_runs(ctx, import));
    if (options->out != NULL) {
        DVFO_TRY(save_profile(ctx, import));
    }
    if (options->measured != NULL) {
        DVFO_TRY(save_measured(ctx, import));
    }
    return dvfo_import_report(ctx, &import->subject, import->run, options->count, format);
}

dvfo_status dvfo_import_runs(struct dvfo_ctx *ctx, const struct dvfo_import_options *options)
{
    struct import import = {.options = options};
    const dvfo_status status = run_import(ctx, &import);
    for (size_t i = 0; import.run != NULL && i < options->count; i++) {
        dvfo_logged_run_free(&import.run[i]);
    }
    free(import.run);
    dvfo_network_free(import.network);
    dvfo_board_free(import.board);
    return status;
}
