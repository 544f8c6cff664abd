/* What a request costs beside its kernels, and the activity that explains its power: the model of the simulator run
 * with the measured layers, and solved for the one number that is open. */
#include <math.h>

#include "profiles/layer_attach.h"
#include "profiles/layer_interpolation.h"
#include "profiles/logs/join.h"
#include "profiles/power.h"
#include "sim/base/units.h"

#define LEAST_ACTIVITY 0.05
#define MOST_ACTIVITY 10.0

/* A profile of this run alone. */
static dvfo_status profile_of(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                              const struct dvfo_logged_run *run, double request_s, struct dvfo_layer_profile **out)
{
    const size_t levels[DVFO_DOMAINS] = {1, 1, 1};
    const double *const hz[DVFO_DOMAINS] = {&run->clocks.hz[DVFO_CPU], &run->clocks.hz[DVFO_GPU],
                                            &run->clocks.hz[DVFO_MEM]};
    DVFO_TRY(dvfo_layer_profile_create(ctx, subject->board, subject->runtime, subject->network, levels, hz,
                                       DVFO_MEASURED, "one run", out));
    for (size_t i = 0; i < (*out)->n; i++) {
        (*out)->gpu_s.value[i] = run->match.layer[i].time_s;
    }
    (*out)->request_s.value[0] = request_s;
    return dvfo_layer_profile_complete(ctx, subject->board, subject->runtime, subject->network, *out);
}

static dvfo_status schedule_of(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                               const struct dvfo_layer_profile *profile, const struct dvfo_clocks *clocks,
                               struct dvfo_schedule *out)
{
    struct dvfo_layer_tables *tables = NULL;
    struct dvfo_runtime *own = malloc(sizeof *own);
    *out = (struct dvfo_schedule){0};
    if (own == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    *own = *subject->runtime; /* borrows its texts */
    dvfo_status status = dvfo_layer_tables_create(ctx, subject->runtime, subject->network, profile, &tables);
    if (status == DVFO_OK) {
        own->tables[0] = tables;
        own->tables_count = 1;
        status = dvfo_schedule_create(ctx, subject->board, own, subject->network, 0, (int)subject->network->n - 1, true,
                                      clocks, out);
    }
    dvfo_layer_tables_free(tables);
    free(own);
    return status;
}

/* The model's request with these layers and this cost beside them. */
static dvfo_status run_model(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                             const struct dvfo_logged_run *run, double request_s, struct dvfo_schedule *out)
{
    struct dvfo_layer_profile *profile = NULL;
    dvfo_status status = profile_of(ctx, subject, run, request_s, &profile);
    status = status == DVFO_OK ? schedule_of(ctx, subject, profile, &run->clocks, out) : status;
    dvfo_layer_profile_free(profile);
    return status;
}

static dvfo_status solve_request(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                                 const struct dvfo_logged_run *run, double *request_s)
{
    struct dvfo_schedule schedule = {0};
    *request_s = NAN;
    if (isnan(run->latency_s)) {
        return DVFO_OK;
    }
    DVFO_TRY(run_model(ctx, subject, run, 0.0, &schedule));
    const double left_s = run->latency_s - schedule.time_s;
    dvfo_schedule_free(&schedule);
    *request_s = fmax(left_s, 0.0);
    if (left_s < 0.0) {
        dvfo_note(ctx, "%s: its layers alone take %.4g ms by the model, more than the latency of %.4g ms (%s)",
                  run->profile->name, (run->latency_s - left_s) / DVFO_S_PER_MS, run->latency_s / DVFO_S_PER_MS,
                  run->times->name);
    }
    return DVFO_OK;
}

/* Eq. (2) over the request is linear in the GPU's busy integral, which the factor multiplies. */
static void solve_activity(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                           const struct dvfo_logged_run *run, const struct dvfo_schedule *schedule,
                           struct dvfo_join_solution *out)
{
    const struct dvfo_power power = dvfo_power_at(subject->board, &run->clocks);
    double fixed_j = 0.0, gpu_j = 0.0;
    for (size_t rail = 0; rail < power.rail_count; rail++) {
        fixed_j += power.idle_w[rail] * schedule->time_s + power.busy_w[rail][DVFO_CPU] * schedule->total.s[DVFO_CPU] +
                   power.busy_w[rail][DVFO_MEM] * schedule->total.s[DVFO_MEM];
        gpu_j += power.busy_w[rail][DVFO_GPU] * schedule->total.s[DVFO_GPU];
    }
    out->time_s = schedule->time_s;
    out->power_w = (fixed_j + gpu_j) / schedule->time_s;
    out->activity = (run->power_w * schedule->time_s - fixed_j) / gpu_j;
    if (!isnan(run->power_w) && !(out->activity >= LEAST_ACTIVITY && out->activity <= MOST_ACTIVITY)) {
        dvfo_note(ctx,
                  "%s: the module draws %.3g W, by the model %.3g W without any work of the GPU and %.3g W with it; no "
                  "activity explains that, energies follow the model",
                  run->power_source, run->power_w, fixed_j / schedule->time_s, out->power_w);
        out->activity = NAN;
    }
}

dvfo_status dvfo_join_solve(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                            const struct dvfo_logged_run *run, struct dvfo_join_solution *out)
{
    struct dvfo_schedule schedule = {0};
    DVFO_TRY(solve_request(ctx, subject, run, &out->request_s));
    DVFO_TRY(run_model(ctx, subject, run, out->request_s, &schedule));
    solve_activity(ctx, subject, run, &schedule, out);
    dvfo_schedule_free(&schedule);
    return DVFO_OK;
}
