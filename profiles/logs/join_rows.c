/* Measured points of a run. */
#include <math.h>
#include <string.h>

#include "profiles/logs/join.h"

static dvfo_status set_name(struct dvfo_ctx *ctx, const char *what, const char *name,
                            char out[DVFO_MEASUREMENT_NAME_SIZE])
{
    if (strlen(name) >= DVFO_MEASUREMENT_NAME_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the name of the %s is '%.60s', expected at most %d characters", what,
                         name, DVFO_MEASUREMENT_NAME_SIZE - 1);
    }
    strcpy(out, name);
    return DVFO_OK;
}

static dvfo_status start_row(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                             const struct dvfo_logged_run *run, struct dvfo_measurement *row)
{
    *row = dvfo_measurement_default();
    DVFO_TRY(set_name(ctx, "board", subject->board->name, row->board));
    DVFO_TRY(set_name(ctx, "runtime", subject->runtime->name, row->runtime));
    DVFO_TRY(set_name(ctx, "precision", subject->runtime->precision, row->precision));
    DVFO_TRY(set_name(ctx, "network", subject->network->name, row->network));
    row->input_px = subject->network->image_input ? subject->network->input.height : 0;
    row->batch = (int)subject->batch;
    row->clocks = run->clocks;
    return DVFO_OK;
}

static bool is_of_board(const struct dvfo_board *board, const char *rail)
{
    for (size_t i = 0; i < board->rail_count; i++) {
        if (!board->rail[i].inferred && strcmp(board->rail[i].name, rail) == 0) {
            return true;
        }
    }
    return false;
}

/* trtexec runs one inference after the other: no period, loads as the board itself counted them. */
static dvfo_status add_rails(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                             const struct dvfo_logged_run *run, struct dvfo_measurements *rails)
{
    const struct dvfo_tegrastats *log = run->log;
    const size_t module = dvfo_tegrastats_module_rail(log);
    struct dvfo_measurement row;
    DVFO_TRY(start_row(ctx, subject, run, &row));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        row.busy[d] = run->window.busy[d];
    }
    row.samples = (double)(run->window.last - run->window.first + 1);
    for (size_t i = 0; i < log->rails; i++) {
        if (i == module || is_of_board(subject->board, log->rail[i])) {
            DVFO_TRY(set_name(ctx, "rail", log->rail[i], row.rail));
            row.power_w = run->window.rail_w[i];
            DVFO_TRY(dvfo_measurements_add(ctx, rails, &row));
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_join_rows(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                           const struct dvfo_logged_run *run, struct dvfo_board_data *data)
{
    struct dvfo_measurement row;
    DVFO_TRY(start_row(ctx, subject, run, &row));
    row.latency_s = run->latency_s;
    row.power_w = run->power_w;
    row.cpu_cores = run->log != NULL ? run->window.cores : 0;
    if (isnan(row.latency_s) && isnan(row.power_w)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: tells neither latency nor power of the whole inference, expected --times or --tegrastats "
                         "beside it",
                         dvfo_logged_run_name(run));
    }
    DVFO_TRY(dvfo_measurements_add(ctx, &data->points, &row));
    return run->log != NULL ? add_rails(ctx, subject, run, &data->rails) : DVFO_OK;
}
