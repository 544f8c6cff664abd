#include "sim/workload.h"

#include <gsl/gsl_randist.h>
#include <string.h>

#include "sim/base/text.h"

dvfo_status dvfo_workload_parse(struct dvfo_ctx *ctx, const char *text, struct dvfo_workload *workload)
{
    if (strcmp(text, "closed") == 0) {
        workload->arrivals = DVFO_CLOSED;
        return DVFO_OK;
    }
    static const char *const names[] = {"periodic:", "poisson:"};
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(names[i]);
        if (strncmp(text, names[i], length) != 0) {
            continue;
        }
        double rate_hz = 0.0;
        if (!dvfo_text_number(text + length, NULL, &rate_hz) || rate_hz < 1e-6 || rate_hz > 1e6) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--arrivals '%s': expected a rate from 1e-6 to 1e6 per second", text);
        }
        workload->arrivals = i == 0 ? DVFO_PERIODIC : DVFO_POISSON;
        workload->rate_hz = rate_hz;
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "--arrivals is '%s', expected closed, periodic:RATE or poisson:RATE", text);
}

double dvfo_workload_gap_s(const struct dvfo_workload *workload, gsl_rng *rng)
{
    const double mean_s = 1.0 / workload->rate_hz;
    return workload->arrivals == DVFO_PERIODIC ? mean_s : gsl_ran_exponential(rng, mean_s);
}
