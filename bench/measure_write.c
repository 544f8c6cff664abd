#include <math.h>
#include <string.h>

#include "bench/measure.h"
#include "dvfo_version.h"
#include "profiles/calibrate/measurement.h"
#include "profiles/layer_profile.h"
#include "sim/base/output.h"
#include "sim/base/units.h"

static dvfo_status path_in(struct dvfo_ctx *ctx, const char *folder, const char *name, const char *suffix,
                           char path[DVFO_PATH_SIZE])
{
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s%s", folder, name, suffix) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --out is longer than %d characters", DVFO_PATH_SIZE - 1);
}

/* ---- host.yaml ---- */

static dvfo_status write_text(struct dvfo_ctx *ctx, const struct dvfo_output *output, const char *text)
{
    FILE *file = fopen(output->temporary, "w");
    if (file == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written", output->path);
    }
    fputs(text, file);
    return dvfo_output_close(ctx, file, output->path);
}

/* The description as it was made goes there first, for the fit rewrites files. @param text  of the file; caller frees
 */
static dvfo_status write_board(struct dvfo_ctx *ctx, const struct dvfo_host_calibration *calibration,
                               const char *folder, char **text)
{
    const struct dvfo_fit *const fits[] = {calibration->fit};
    char path[DVFO_PATH_SIZE];
    struct dvfo_output output = {0};
    *text = NULL;
    DVFO_TRY(path_in(ctx, folder, "host", ".yaml", path));
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    dvfo_status status = write_text(ctx, &output, calibration->text);
    status = status == DVFO_OK ? dvfo_fit_rewrite(ctx, output.temporary, fits, 1, NULL, text) : status;
    status = status == DVFO_OK ? write_text(ctx, &output, *text) : status;
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}

/* ---- host.csv ---- */

static struct dvfo_measurement row_of(const struct dvfo_measure_run *run, const struct dvfo_measure_entry *entry)
{
    struct dvfo_measurement row = dvfo_measurement_default();
    snprintf(row.board, sizeof row.board, "host");
    snprintf(row.runtime, sizeof row.runtime, "openblas");
    snprintf(row.precision, sizeof row.precision, "fp32");
    snprintf(row.network, sizeof row.network, "%.*s", DVFO_MEASUREMENT_NAME_SIZE - 1, entry->network->name);
    row.input_px = run->input_px;
    row.batch = 1;
    row.cpu_cores = run->def.threads;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        row.clocks.hz[d] = run->def.machine.hz;
    }
    row.latency_s = entry->measured.whole_s.median;
    row.power_w = entry->power_w;
    return row;
}

static dvfo_status write_rows(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run, const char *folder)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_measurements rows = {0};
    dvfo_status status = path_in(ctx, folder, "host", ".csv", path);
    for (size_t k = 0; k < run->n && status == DVFO_OK; k++) {
        const struct dvfo_measurement row = row_of(run, &run->entry[k]);
        status = dvfo_measurements_add(ctx, &rows, &row);
    }
    status = status == DVFO_OK ? dvfo_measurements_save(ctx, &rows, false, path) : status;
    dvfo_measurements_free(&rows);
    return status;
}

/* ---- NETWORK.h5 ---- */

static dvfo_status set_cost(struct dvfo_ctx *ctx, const struct dvfo_measure_entry *entry, size_t field,
                            const char *source, struct dvfo_layer_cost *cost)
{
    const size_t n = entry->network->n;
    if (cost->value == NULL) {
        cost->value = malloc(n * sizeof *cost->value);
    }
    if (cost->value == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < n; i++) {
        const struct dvfo_interval *time_s = &entry->measured.layer_s[i];
        const double values[] = {time_s->median, time_s->low, time_s->high};
        cost->value[i] = dvfo_kernel_exists(&entry->network->layers[i]) ? values[field] : 0.0;
    }
    return dvfo_layer_cost_set_standing(ctx, cost, DVFO_MEASURED, source);
}

static dvfo_status fill_profile(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run,
                                const struct dvfo_measure_entry *entry, const struct dvfo_board *board,
                                struct dvfo_layer_profile *profile)
{
    char source[256];
    snprintf(source, sizeof source, "median of %ld passes, OpenBLAS %.20s, %d thread%s of %.100s",
             entry->measured.passes, run->def.kernel, run->def.threads, run->def.threads > 1 ? "s" : "",
             run->def.machine.cpu);
    DVFO_TRY(set_cost(ctx, entry, 0, source, &profile->gpu_s));
    DVFO_TRY(set_cost(ctx, entry, 1, "95 % interval of the median, by order statistics", &profile->gpu_low_s));
    DVFO_TRY(set_cost(ctx, entry, 2, "95 % interval of the median, by order statistics", &profile->gpu_high_s));
    DVFO_TRY(dvfo_layer_profile_set_program(ctx, profile, "dvfo " DVFO_VERSION ", dvfo profile measure"));
    return dvfo_layer_profile_complete(ctx, board, &board->runtime[0], entry->network, profile);
}

static dvfo_status write_profile(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run,
                                 const struct dvfo_measure_entry *entry, const struct dvfo_board *board,
                                 const char *folder)
{
    const size_t levels[DVFO_DOMAINS] = {1, 1, 1};
    const double *const hz[DVFO_DOMAINS] = {board->clock[DVFO_CPU].level_hz, board->clock[DVFO_GPU].level_hz,
                                            board->clock[DVFO_MEM].level_hz};
    struct dvfo_layer_profile *profile = NULL;
    char path[DVFO_PATH_SIZE];
    DVFO_TRY(path_in(ctx, folder, entry->network->name, ".h5", path));
    DVFO_TRY(dvfo_layer_profile_create(ctx, board, &board->runtime[0], entry->network, levels, hz, DVFO_MEASURED,
                                       "dvfo profile measure", &profile));
    dvfo_status status = fill_profile(ctx, run, entry, board, profile);
    status = status == DVFO_OK ? dvfo_layer_profile_save(ctx, profile, path) : status;
    dvfo_layer_profile_free(profile);
    return status;
}

dvfo_status dvfo_measure_write(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run, const char *folder)
{
    char *text = NULL;
    struct dvfo_board *board = NULL;
    DVFO_TRY(write_rows(ctx, run, folder));
    dvfo_status status = write_board(ctx, &run->calibration, folder, &text);
    status = status == DVFO_OK ? dvfo_board_from_memory(ctx, "host.yaml", text, strlen(text), &board) : status;
    for (size_t k = 0; k < run->n && status == DVFO_OK; k++) {
        status = write_profile(ctx, run, &run->entry[k], board, folder);
    }
    dvfo_board_free(board);
    free(text);
    return status;
}
