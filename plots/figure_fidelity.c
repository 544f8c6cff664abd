/* fidelity: what the model predicts against what was measured, each point by a fit that hadn't seen it
 * (profiles/calibrate/judge.h): latency with each network left out in turn where a runtime was measured with several,
 * with each third of a clock otherwise; module power with each third of a clock; held-out points by the profile as it
 * stands, with one scale of latency met on their first row, the `anchor`. */
#include <math.h>
#include <string.h>

#include "bench/progress.h"
#include "plots/figure.h"
#include "profiles/calibrate/judge.h"
#include "sim/base/data_path.h"
#include "sim/base/units.h"

/* What goes on while the CSV is written. */
struct feeding {
    const volatile sig_atomic_t *stop;
    FILE *csv;
    struct dvfo_progress progress;
    double done; /* judgements, of progress.total */
    size_t points, notes;
    char note[256]; /* the first that a fit made */
};

enum quantity { LATENCY_MS, POWER_W };

static void write_filled(FILE *csv, double value)
{
    fprintf(csv, isnan(value) ? "," : "%.6g,", value);
}

/* Measurements reach these clocks; one that isn't stated is taken as the top. */
static bool is_calibrated(const struct dvfo_board *board, const struct dvfo_clocks *clocks)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &board->clock[d];
        if (clocks->hz[d] < clock->calibrated_min_hz || clocks->hz[d] > clock->calibrated_max_hz) {
            return false;
        }
    }
    return true;
}

static void write_point(struct feeding *feeding, const struct dvfo_board *board, const struct dvfo_verdict *verdict,
                        enum quantity quantity, const char *left_out, double predicted)
{
    const struct dvfo_measurement *row = &verdict->row;
    FILE *csv = feeding->csv;
    fprintf(csv, "%s,%s,%s,%s,", row->board, row->runtime, row->precision, row->network);
    write_filled(csv, row->input_px > 0 ? (double)row->input_px : NAN);
    write_filled(csv, row->cpu_cores > 0 ? (double)row->cpu_cores : NAN);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        write_filled(csv, row->clocks.hz[d] / DVFO_HZ_PER_MHZ);
    }
    fprintf(csv, "%s,%s,%s,%.6g,%.6g\n", is_calibrated(board, &row->clocks) ? "yes" : "no",
            quantity == LATENCY_MS ? "latency_ms" : "power_w", left_out,
            quantity == LATENCY_MS ? row->latency_s / DVFO_S_PER_MS : row->power_w,
            quantity == LATENCY_MS ? predicted / DVFO_S_PER_MS : predicted);
    feeding->points++;
}

static void write_latencies(struct feeding *feeding, const struct dvfo_board *board,
                            const struct dvfo_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        const struct dvfo_verdict *verdict = &verdicts->verdict[i];
        if (!isnan(verdict->latency_s)) {
            write_point(feeding, board, verdict, LATENCY_MS, verdict->left_out, verdict->latency_s);
        }
    }
}

static void write_powers(struct feeding *feeding, const struct dvfo_board *board, const struct dvfo_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        const struct dvfo_verdict *verdict = &verdicts->verdict[i];
        if (!isnan(verdict->power_w)) {
            write_point(feeding, board, verdict, POWER_W, verdict->left_out, verdict->power_w);
        }
    }
}

static void write_held_out(struct feeding *feeding, const struct dvfo_board *board,
                           const struct dvfo_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        const struct dvfo_verdict *verdict = &verdicts->verdict[i];
        if (!isnan(verdict->anchored_s)) {
            write_point(feeding, board, verdict, LATENCY_MS, verdict->anchor ? "anchor" : "held out",
                        verdict->anchored_s);
        }
    }
}

static dvfo_status go_on(struct dvfo_ctx *ctx, struct feeding *feeding, const char *what)
{
    dvfo_progress_tell(&feeding->progress, feeding->done, what);
    feeding->done += 1.0;
    return *feeding->stop == 0 ? DVFO_OK : dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted: nothing was drawn");
}

static void keep_note(void *user, const char *sentence)
{
    struct feeding *feeding = user;
    if (feeding->notes++ == 0) {
        snprintf(feeding->note, sizeof feeding->note, "%s", sentence);
    }
}

/* Fits may have something to tell; once, and not into the progress bar. */
static dvfo_status leave_out(struct dvfo_ctx *ctx, struct feeding *feeding, const struct dvfo_board *board,
                             const struct dvfo_runtime *runtime, const struct dvfo_board_data *data,
                             dvfo_leave_out what, struct dvfo_verdicts *out)
{
    const struct dvfo_ctx caller = *ctx;
    ctx->note = keep_note;
    ctx->note_user = feeding;
    const dvfo_status status = dvfo_judge_leaving_out(ctx, board, runtime, data, what, out);
    ctx->note = caller.note;
    ctx->note_user = caller.note_user;
    return status;
}

/* The board's first runtime is the one that power was measured under. */
static dvfo_status judge_runtime(struct dvfo_ctx *ctx, struct feeding *feeding, const struct dvfo_board *board,
                                 const struct dvfo_runtime *runtime, const struct dvfo_board_data *data)
{
    struct dvfo_verdicts networks = {0}, clocks = {0};
    dvfo_status status = go_on(ctx, feeding, board->name);
    status = status == DVFO_OK ? leave_out(ctx, feeding, board, runtime, data, DVFO_LEAVE_NETWORK, &networks) : status;
    status = status == DVFO_OK ? go_on(ctx, feeding, board->name) : status;
    if (status == DVFO_OK && (networks.n == 0 || runtime == &board->runtime[0])) {
        status = leave_out(ctx, feeding, board, runtime, data, DVFO_LEAVE_CLOCKS, &clocks);
    }
    if (status == DVFO_OK) {
        write_latencies(feeding, board, networks.n > 0 ? &networks : &clocks);
        write_powers(feeding, board, &clocks);
    }
    dvfo_verdicts_free(&clocks);
    dvfo_verdicts_free(&networks);
    return status;
}

static dvfo_status judge_held_out(struct dvfo_ctx *ctx, struct feeding *feeding, const struct dvfo_board *board,
                                  const struct dvfo_board_data *data)
{
    struct dvfo_verdicts verdicts = {0};
    const dvfo_status status = dvfo_judge(ctx, board, &data->held_out, true, &verdicts);
    if (status == DVFO_OK) {
        write_held_out(feeding, board, &verdicts);
    }
    dvfo_verdicts_free(&verdicts);
    return status;
}

static dvfo_status judge_board(struct dvfo_ctx *ctx, struct feeding *feeding, const struct dvfo_board *board,
                               const struct dvfo_board_data *data)
{
    for (size_t i = 0; i < board->runtime_count; i++) {
        DVFO_TRY(judge_runtime(ctx, feeding, board, &board->runtime[i], data));
    }
    return judge_held_out(ctx, feeding, board, data);
}

/* The folder of the shipped BOARD.csv. */
static dvfo_status shipped_folder(struct dvfo_ctx *ctx, const char *board, char folder[DVFO_PATH_SIZE])
{
    if (dvfo_data_path(NULL, "measurement", "profiles/measured", board, ".csv", folder) != DVFO_OK) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "no measurements of the board '%s' are shipped; --measured takes others",
                         board);
    }
    *strrchr(folder, '/') = '\0';
    return DVFO_OK;
}

static dvfo_status load_and_judge(struct dvfo_ctx *ctx, struct feeding *feeding, const struct dvfo_board *board,
                                  const char *measured)
{
    char folder[DVFO_PATH_SIZE];
    struct dvfo_board_data data = {0};
    if (measured == NULL) {
        DVFO_TRY(shipped_folder(ctx, board->name, folder));
    }
    dvfo_status status = dvfo_board_data_load(ctx, measured != NULL ? measured : folder, board->name, &data);
    status = status == DVFO_OK ? judge_board(ctx, feeding, board, &data) : status;
    dvfo_board_data_free(&data);
    return status;
}

static double count_judgements(const struct dvfo_setting *setting)
{
    size_t runtimes = 0;
    for (size_t i = 0; i < setting->board_count; i++) {
        runtimes += setting->board[i]->runtime_count;
    }
    return 2.0 * (double)runtimes;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_setting *setting = subject->setting;
    struct feeding feeding = {
        .stop = subject->stop, .csv = csv, .progress = dvfo_progress_begin("fits", count_judgements(setting))};
    fputs("board,runtime,precision,network,input_px,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,calibrated,quantity,left_out,"
          "measured,predicted\n",
          csv);
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < setting->board_count && status == DVFO_OK; i++) {
        status = load_and_judge(ctx, &feeding, setting->board[i], subject->measured);
    }
    dvfo_progress_end(&feeding.progress);
    if (status == DVFO_OK && feeding.notes > 0) {
        dvfo_note(ctx, "fits that left something out told %zu times: %s", feeding.notes, feeding.note);
    }
    if (status == DVFO_OK && feeding.points == 0) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s: holds nothing to leave out of a fit, expected a runtime of the board with two networks "
                           "or three values of a clock",
                           subject->measured != NULL ? subject->measured : "profiles/measured");
    }
    return status;
}

static const char *const takes[] = {"board", "measured", NULL};

const struct dvfo_figure dvfo_figure_fidelity = {
    .name = "fidelity",
    .summary = "predicted against measured latency and power, of points that no fit saw",
    .boards = "jetson-tx2,jetson-nano,xavier-nx",
    .takes = takes,
    .feed = feed,
};
