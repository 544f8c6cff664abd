#include <math.h>

#include "bench/micro/mm1.h"
#include "bench/micro/row.h"

static dvfo_status create(struct dvfo_ctx *ctx, void **out)
{
    const struct dvfo_mm1_def def = dvfo_mm1_def_default();
    struct dvfo_mm1 *mm1 = NULL;
    DVFO_TRY(dvfo_mm1_create(ctx, &def, &mm1));
    *out = mm1;
    return DVFO_OK;
}

static double run(void *state)
{
    return dvfo_mm1_run(NULL, state) == DVFO_OK ? (double)dvfo_mm1_events(state) : NAN;
}

static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    const struct dvfo_mm1_def def = dvfo_mm1_def_default();
    const double theory_s = 1.0 / (def.service_rate_hz - def.arrival_rate_hz);
    const double mean_s = dvfo_mm1_mean_s(state), half_width_s = dvfo_mm1_half_width_s(state);
    const double lindley_s = dvfo_mm1_lindley_mean_s(&def);
    snprintf(answer, size, "mean time in system %.3f +- %.3f s (theory %.0f)", mean_s, half_width_s, theory_s);
    /* the clock has run to 10^6 s, where a double's step is 10^-10 s */
    if (!(fabs(mean_s - lindley_s) < 1e-8)) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s, but Lindley's recursion gives %.9f", answer, lindley_s);
    }
    if (!(fabs(mean_s - theory_s) <= half_width_s)) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: theory lies outside", answer);
    }
    return DVFO_OK;
}

static void free_state(void *state)
{
    dvfo_mm1_free(state);
}

const struct dvfo_micro_row dvfo_micro_mm1 = {
    .name = "mm1",
    .unit = "events",
    .summary = "M/M/1 at load 0.9, a million customers on the event queue",
    .create = create,
    .run = run,
    .verify = verify,
    .free = free_state,
};
