/* Generators: stochastic models of access links, one rate per second.
 *
 * The logarithm of the rate is a first-order autoregression about a mean drawn once per trace; beside it runs a chain
 * of two states, link up and outage, and an outage carries nothing. Real links saturate, so the rate is cut at a
 * multiple of the trace's geometric mean. The parameters are fits to public recordings; each class names its own. */
#ifndef DVFO_GENERATOR_H
#define DVFO_GENERATOR_H

#include <stdint.h>

#include "traces/trace.h"

#define DVFO_GENERATOR_DURATION_S 3600.0 /* of "model:CLASS" */

struct dvfo_generator {
    const char *name;        /* class, as in "model:wifi" */
    const char *source;      /* what it was fitted on */
    double mean_ln;          /* of ln(rate in Mbit/s), over traces */
    double sigma_between_ln; /* of the traces' means */
    double sigma_within_ln;  /* stationary, about a trace's mean */
    double rho_1s;           /* autocorrelation of ln(rate) at 1 s */
    double cap;              /* largest rate / exp(mean of the trace); 95th percentile of the recordings */
    double enter_outage_per_s;
    double exit_outage_per_s;
};

/** All classes; the name is NULL at the end. */
extern const struct dvfo_generator dvfo_generators[];

/** The class of that name; fails with the nearest one. */
dvfo_status dvfo_generator_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_generator **out);

/** Draw a trace; a draw that carries nothing (a short one inside an outage) is thrown away and drawn again.
 *  @param name        what the trace will be called
 *  @param duration_s  > 0; the last step may be shorter than a second
 *  @return            the same trace for the same generator, duration and seed */
dvfo_status dvfo_generator_draw(struct dvfo_ctx *ctx, const struct dvfo_generator *generator, const char *name,
                                double duration_s, uint64_t seed, struct dvfo_trace **out);

#endif
