#include "profiles/logs/logged_run.h"

#include <math.h>

#include "sim/base/units.h"

#define PROFILER_SLOWS 0.1 /* layers together this much longer than an inference are worth a word */

static const char *const clock_names[DVFO_DOMAINS] = {"CPU", "GPU", "memory"};

struct dvfo_run_files dvfo_run_files_default(void)
{
    return (struct dvfo_run_files){.interval_s = 1.0, .clocks = {{NAN, NAN, NAN}}, .power_w = NAN};
}

const char *dvfo_logged_run_name(const struct dvfo_logged_run *run)
{
    return run->profile != NULL ? run->profile->name : run->times->name;
}

/* Clocks of the user's: possible on the board. */
static dvfo_status check_given(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_clocks *given)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *domain = &board->clock[d];
        const double min_hz = 0.5 * domain->level_hz[0], max_hz = 2.0 * domain->level_hz[domain->level_count - 1];
        if (given->hz[d] < min_hz || given->hz[d] > max_hz) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--clocks: the %s clock is %.10g MHz, expected %.4g to %.4g on %s%s",
                             clock_names[d], given->hz[d] / DVFO_HZ_PER_MHZ, min_hz / DVFO_HZ_PER_MHZ,
                             max_hz / DVFO_HZ_PER_MHZ, board->name,
                             given->hz[d] / 1e3 >= min_hz && given->hz[d] / 1e3 <= max_hz   ? "; is it in kHz?"
                             : given->hz[d] * 1e3 >= min_hz && given->hz[d] * 1e3 <= max_hz ? "; is it in GHz?"
                                                                                            : "");
        }
    }
    return DVFO_OK;
}

/* Without a log the user must know all clocks. */
static dvfo_status take_given(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_clocks *given,
                              struct dvfo_logged_run *run)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (isnan(given->hz[d])) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: the %s clock that it ran at isn't known, expected --clocks CPU,GPU,MEM in MHz or the "
                             "log of --tegrastats",
                             dvfo_logged_run_name(run), clock_names[d]);
        }
        run->clocks.hz[d] = dvfo_log_window_snap_hz(&board->clock[d], given->hz[d]);
    }
    return DVFO_OK;
}

static dvfo_status join_log(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_clocks *given,
                            struct dvfo_logged_run *run)
{
    DVFO_TRY(dvfo_tegrastats_check(ctx, run->log, board));
    const double duration_s = run->times != NULL ? run->times->duration_s : (double)NAN;
    DVFO_TRY(dvfo_log_window_find(ctx, run->log, board, duration_s, given, &run->window));
    run->clocks = run->window.clocks;
    run->power_w = run->window.module_w;
    run->power_source = run->log->name;
    return DVFO_OK;
}

/* trtexec's profiler waits between layers, so that their sum is often more than an inference without it. */
static void tell_slow_profiler(struct dvfo_ctx *ctx, const struct dvfo_logged_run *run)
{
    if (run->times == NULL || run->profile->total_s <= (1.0 + PROFILER_SLOWS) * run->times->compute_s) {
        return;
    }
    dvfo_note(
        ctx,
        "%s: its layers take %.4g ms together, an inference takes %.4g (%s); the profiler slowed them, their times "
        "are upper bounds",
        run->profile->name, run->profile->total_s / DVFO_S_PER_MS, run->times->compute_s / DVFO_S_PER_MS,
        run->times->name);
}

static dvfo_status join_layers(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                               struct dvfo_logged_run *run)
{
    const struct dvfo_layer_match_def def = {.profile = run->profile,
                                             .layers = run->layers,
                                             .network = subject->network,
                                             .runtime = subject->runtime,
                                             .clocks = run->clocks,
                                             .batch = subject->batch};
    DVFO_TRY(dvfo_layer_match_create(ctx, &def, &run->match));
    DVFO_TRY(dvfo_layer_match_accept(ctx, &def, &run->match));
    tell_slow_profiler(ctx, run);
    return DVFO_OK;
}

dvfo_status dvfo_logged_run_join(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                                 const struct dvfo_clocks *given, struct dvfo_logged_run *run)
{
    run->latency_s = run->times != NULL ? run->times->latency_s : (double)NAN;
    run->power_w = NAN;
    DVFO_TRY(check_given(ctx, subject->board, given));
    DVFO_TRY(run->log != NULL ? join_log(ctx, subject->board, given, run)
                              : take_given(ctx, subject->board, given, run));
    return run->profile != NULL ? join_layers(ctx, subject, run) : DVFO_OK;
}

dvfo_status dvfo_logged_run_load(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                                 const struct dvfo_run_files *files, struct dvfo_logged_run *out)
{
    *out = (struct dvfo_logged_run){0};
    if (files->profile != NULL) {
        DVFO_TRY(dvfo_trtexec_profile_load(ctx, files->profile, &out->profile));
    }
    if (files->layers != NULL) {
        DVFO_TRY(dvfo_trtexec_layers_load(ctx, files->layers, &out->layers));
    }
    if (files->times != NULL) {
        DVFO_TRY(dvfo_trtexec_times_load(ctx, files->times, &out->times));
    }
    if (files->log != NULL) {
        DVFO_TRY(dvfo_tegrastats_load(ctx, files->log, files->interval_s, &out->log));
    }
    DVFO_TRY(dvfo_logged_run_join(ctx, subject, &files->clocks, out));
    if (out->log == NULL) {
        out->power_w = files->power_w;
        out->power_source = files->power_source;
    }
    return DVFO_OK;
}

void dvfo_logged_run_free(struct dvfo_logged_run *run)
{
    dvfo_trtexec_profile_free(run->profile);
    dvfo_trtexec_layers_free(run->layers);
    dvfo_trtexec_times_free(run->times);
    dvfo_tegrastats_free(run->log);
    dvfo_layer_match_free(&run->match);
    *run = (struct dvfo_logged_run){0};
}
