#include "profiles/hardware/collect_profile.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "profiles/hardware/collect_folder.h"
#include "profiles/logs/join.h"

/* Runs of a folder, to be joined. */
struct joining {
    const struct dvfo_collect_def *def;
    char power_source[DVFO_RAIL_NAME_SIZE + 8]; /* "rail VDD_IN" */
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_run_subject subject;
    size_t unknown[DVFO_DOMAINS]; /* settings left out because that clock was left alone */
    size_t n;
    struct dvfo_logged_run *run; /* (n) */
};

static dvfo_status load_subject(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, struct joining *joining)
{
    const struct dvfo_collect_def *def = joining->def;
    DVFO_TRY(dvfo_board_load(ctx, hardware->type->name, &joining->board));
    DVFO_TRY(dvfo_board_runtime(ctx, joining->board, def->runtime, def->precision, &joining->subject.runtime));
    DVFO_TRY(dvfo_network_load(ctx, def->network, def->input_px, NULL, &joining->network));
    joining->subject.board = joining->board;
    joining->subject.network = joining->network;
    joining->subject.batch = def->batch;
    return DVFO_OK;
}

/* "" where the file isn't there. */
static dvfo_status find_file(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, const char *setting,
                             const char *suffix, char path[DVFO_PATH_SIZE])
{
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, setting, suffix, path));
    if (access(path, F_OK) != 0) {
        path[0] = '\0';
    }
    return DVFO_OK;
}

/* One setting. Without layer times it has nothing to add; a profile needs all three clocks to stand on. */
static dvfo_status add_setting(struct dvfo_ctx *ctx, const struct dvfo_measurement *row, struct joining *joining)
{
    char setting[DVFO_SWEEP_NAME_SIZE], layers[DVFO_PATH_SIZE], info[DVFO_PATH_SIZE], times[DVFO_PATH_SIZE];
    struct dvfo_ctx own = *ctx;
    dvfo_sweep_name(&row->clocks, setting);
    DVFO_TRY(find_file(ctx, joining->def, setting, ".json", layers));
    DVFO_TRY(find_file(ctx, joining->def, setting, ".layers.json", info));
    DVFO_TRY(find_file(ctx, joining->def, setting, ".times.json", times));
    if (layers[0] == '\0') {
        return DVFO_OK;
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (isnan(row->clocks.hz[d])) {
            joining->unknown[d]++;
            return DVFO_OK;
        }
    }
    struct dvfo_run_files files = dvfo_run_files_default();
    files.profile = layers;
    files.layers = info[0] != '\0' ? info : NULL;
    files.times = times[0] != '\0' ? times : NULL;
    files.clocks = row->clocks;
    files.power_w = row->power_w;
    files.power_source = joining->power_source;
    const dvfo_status status = dvfo_logged_run_load(&own, &joining->subject, &files, &joining->run[joining->n]);
    if (status == DVFO_OK) {
        joining->n++;
        return DVFO_OK;
    }
    dvfo_logged_run_free(&joining->run[joining->n]);
    dvfo_note(ctx, "%s is not in the layer profile: %s", setting, own.message);
    return status == DVFO_NO_MEMORY ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

/* What the free clock was while the layers ran, nobody knows. */
static void tell_unknown(struct dvfo_ctx *ctx, const struct joining *joining)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const char *name = dvfo_domain_name((dvfo_domain)d);
        if (joining->unknown[d] > 0) {
            dvfo_note(ctx,
                      "settings that are not in the layer profile, since their %s clock was left free: %zu; "
                      "give --%s",
                      name, joining->unknown[d], name);
        }
    }
}

static dvfo_status save(struct dvfo_ctx *ctx, const struct joining *joining)
{
    struct dvfo_layer_profile *profile = NULL;
    char name[2 * DVFO_MEASUREMENT_NAME_SIZE], path[DVFO_PATH_SIZE];
    snprintf(name, sizeof name, "%s-%s", joining->board->name, joining->def->network);
    DVFO_TRY(dvfo_collect_folder_path(ctx, joining->def, name, ".h5", path));
    dvfo_status status = dvfo_join_profile(ctx, &joining->subject, joining->run, joining->n, NULL, &profile);
    status = status == DVFO_OK ? dvfo_layer_profile_set_program(ctx, profile, "dvfo profile collect") : status;
    status = status == DVFO_OK ? dvfo_layer_profile_save(ctx, profile, path) : status;
    if (status == DVFO_OK) {
        dvfo_note(ctx, "layer profile of %zu settings written to %s", joining->n, path);
    }
    dvfo_layer_profile_free(profile);
    return status;
}

static dvfo_status join(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                        const struct dvfo_measurements *rows, struct joining *joining)
{
    DVFO_TRY(load_subject(ctx, hardware, joining));
    joining->run = calloc(rows->n, sizeof *joining->run);
    if (joining->run == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < rows->n; i++) {
        DVFO_TRY(add_setting(ctx, &rows->row[i], joining));
    }
    tell_unknown(ctx, joining);
    return joining->n > 0 ? save(ctx, joining) : DVFO_OK;
}

/* Has any setting left layer times? Otherwise board and network needn't be known. */
static bool has_layers(const struct dvfo_collect_def *def, const struct dvfo_measurements *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        char setting[DVFO_SWEEP_NAME_SIZE], path[DVFO_PATH_SIZE];
        dvfo_sweep_name(&rows->row[i].clocks, setting);
        if (find_file(NULL, def, setting, ".json", path) == DVFO_OK && path[0] != '\0') {
            return true;
        }
    }
    return false;
}

dvfo_status dvfo_collect_profile(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                 const struct dvfo_collect_def *def)
{
    struct dvfo_measurements rows = {0};
    struct joining joining = {.def = def};
    char points[DVFO_PATH_SIZE];
    snprintf(joining.power_source, sizeof joining.power_source, "rail %s", hardware->type->module_rail);
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, hardware->type->name, ".csv", points));
    dvfo_status status = dvfo_measurements_load(ctx, points, &rows);
    if (status == DVFO_OK && has_layers(def, &rows)) {
        status = join(ctx, hardware, &rows, &joining);
    }
    for (size_t i = 0; i < joining.n; i++) {
        dvfo_logged_run_free(&joining.run[i]);
    }
    free(joining.run);
    dvfo_network_free(joining.network);
    dvfo_board_free(joining.board);
    dvfo_measurements_free(&rows);
    return status;
}
