#include "policies/link_paths.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/base/random.h"
#include "sim/base/units.h"

/* P paths, S seconds each. */
struct dvfo_link_paths {
    size_t paths, seconds;
    double *mean_z;   /* (P) standard normal: the trace's mean; owned, and the block of all arrays */
    double *rate_z;   /* (P, S) standard normal: what is new in each second's rate */
    double *outage_u; /* (P, S) uniform: the chain's turns */
    double *rate_bps; /* (P, S) of the present draw */
    double phase_s;   /* of the present, within its second */
};

dvfo_status dvfo_link_paths_create(struct dvfo_ctx *ctx, uint64_t seed, size_t paths, size_t seconds,
                                   struct dvfo_link_paths **out)
{
    *out = NULL;
    struct dvfo_link_paths *made = calloc(1, sizeof *made);
    double *block = calloc(paths * (1 + 3 * seconds), sizeof *block);
    gsl_rng *rng = dvfo_random_stream(seed, 0, "paths");
    if (made == NULL || block == NULL || rng == NULL) {
        free(made);
        free(block);
        if (rng != NULL) {
            gsl_rng_free(rng);
        }
        return dvfo_fail_no_memory(ctx);
    }
    *made = (struct dvfo_link_paths){
        .paths = paths,
        .seconds = seconds,
        .mean_z = block,
        .rate_z = block + paths,
        .outage_u = block + paths * (1 + seconds),
        .rate_bps = block + paths * (1 + 2 * seconds),
    };
    for (size_t i = 0; i < paths; i++) {
        made->mean_z[i] = gsl_ran_gaussian(rng, 1.0);
    }
    for (size_t i = 0; i < paths * seconds; i++) {
        made->rate_z[i] = gsl_ran_gaussian(rng, 1.0);
        made->outage_u[i] = gsl_rng_uniform(rng);
    }
    gsl_rng_free(rng);
    *out = made;
    return DVFO_OK;
}

void dvfo_link_paths_free(struct dvfo_link_paths *paths)
{
    if (paths != NULL) {
        free(paths->mean_z);
        free(paths);
    }
}

/* Probability of an outage in `second` of a path, after one that was an outage or not. */
static double outage_after(const struct dvfo_link_belief *belief, double second, bool was_out)
{
    if (second <= belief->known_second) {
        return dvfo_link_belief_outage(belief, second);
    }
    return was_out ? 1.0 - belief->generator->exit_outage_per_s : belief->generator->enter_outage_per_s;
}

/* One path from `second` on, as traces/generator.c draws a trace. A rate that was seen is not cut at the cap. */
static void draw_path(struct dvfo_link_paths *paths, size_t i, const struct dvfo_link_belief *belief, double second)
{
    const struct dvfo_generator *generator = belief->generator;
    const double rho = generator->rho_1s;
    const double news = generator->sigma_within_ln * sqrt(1.0 - rho * rho);
    const double *z = paths->rate_z + i * paths->seconds, *u = paths->outage_u + i * paths->seconds;
    double *rate_bps = paths->rate_bps + i * paths->seconds;
    const double m = belief->m_mean + sqrt(belief->m_variance) * paths->mean_z[i];
    const double largest = generator->cap * exp(m);
    bool out = false;
    double x = 0.0;
    for (size_t k = 0; k < paths->seconds; k++) {
        const double now = second + (double)k;
        const bool was_seen = belief->seen && now <= belief->x_second;
        if (k == 0 || was_seen) {
            const struct dvfo_log_rate rate = dvfo_link_belief_rate_given(belief, now, m);
            x = rate.mean + sqrt(rate.variance) * z[k];
        } else {
            x = m + rho * (x - m) + news * z[k];
        }
        out = u[k] < (k == 0 ? dvfo_link_belief_outage(belief, now) : outage_after(belief, now, out));
        rate_bps[k] = out ? 0.0 : (was_seen ? exp(x) : fmin(exp(x), largest)) * DVFO_BPS_PER_MBPS;
    }
}

void dvfo_link_paths_begin(struct dvfo_link_paths *paths, const struct dvfo_link_belief *belief, double t_s)
{
    const double second = floor(t_s);
    paths->phase_s = t_s - second;
    for (size_t i = 0; i < paths->paths; i++) {
        draw_path(paths, i, belief, second);
    }
}

double dvfo_link_paths_send_s(const struct dvfo_link_paths *paths, size_t i, double begin_s, double bits)
{
    const double *rate_bps = paths->rate_bps + i * paths->seconds;
    const size_t last = paths->seconds - 1;
    const double from_s = paths->phase_s + begin_s;
    size_t k = from_s < (double)last ? (size_t)from_s : last;
    double at_s = from_s;
    for (; k < last; k++) {
        const double left_s = (double)(k + 1) - at_s;
        if (bits <= rate_bps[k] * left_s) {
            break;
        }
        bits -= rate_bps[k] * left_s;
        at_s = (double)(k + 1);
    }
    return at_s - from_s + (rate_bps[k] > 0.0 ? bits / rate_bps[k] : (double)INFINITY); /* Eq. (6) */
}
