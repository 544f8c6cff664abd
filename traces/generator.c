/* Per second t, with m the mean of the trace:
 *   x[0] ~ N(m, sigma_within^2),  x[t+1] = m + rho (x[t] - m) + e,  e ~ N(0, (1 - rho^2) sigma_within^2)
 *   rate[t] = min(exp(x[t]), cap exp(m)) Mbit/s, or 0 in an outage; x goes on during outages. */
#include "traces/generator.h"

#include <gsl/gsl_randist.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/nearest.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

#define MAX_DURATION_S 1e7
enum { MAX_DRAWS = 1000 };

/* Fits to the recordings named in `source`: log-AR(1) on seconds at 0.1 Mbit/s and above, outage = a second below.
 * Columns: mean of ln, sigma between, sigma within, rho, cap, enter outage, exit outage.
 * Where one class has several fits, the choice is told beside it. */
const struct dvfo_generator dvfo_generators[] = {
    /* row "3G,up": one recording, so no spread between traces */
    {"3g-up", "mahimahi UMTS (1 recording)", -0.1112, 0.0, 0.5299, 0.7613, 1.609, 0.02164, 0.3585},
    /* row "3G,down" */
    {"3g-down", "HSDPA Oslo and mahimahi UMTS (85)", -0.03913, 0.4952, 0.7722, 0.9063, 2.323, 0.02218, 0.08803},
    /* row "4G,up" */
    {"4g-up", "mahimahi LTE and AlphaRTC 4G (5)", 0.5985, 1.062, 0.5382, 0.5644, 2.61, 0.01917, 0.1866},
    /* row "4G,down,all": Ghent, New York and Minneapolis overlap, so the pool is one population */
    {"4g-down", "Ghent, New York, mahimahi, Lumos5G 4G (216)", 3.184, 0.6023, 0.8858, 0.895, 2.78, 0.003341, 0.3656},
    /* row "5G,up,all": SA, NSA and mmWave uplinks have means within a factor of two */
    {"5g-up", "T-Mobile SA and NSA, Verizon mmWave (18)", 3.837, 0.435, 0.5925, 0.4859, 1.875, 0.01461, 0.5351},
    /* row "5G,down,UCC", not "all": the pool is bimodal (mmWave at 480, the rest at 46 Mbit/s) and describes neither;
     * UCC is the mid-band network with fall-back to LTE that a device usually meets */
    {"5g-down", "UCC 5G NSA with fall-back (20)", 2.744, 0.8776, 1.374, 0.8415, 8.874, 0.04576, 0.5839},
    /* row "Wi-Fi,mixed,all": office, restaurant and campus walks */
    {"wifi", "office, restaurant, campus walks (58)", 2.886, 0.7932, 0.7824, 0.8139, 1.836, 0.01074, 0.2457},
    /* row "fixed,down": from 5-s samples, rho converted to 1 s */
    {"fixed", "FCC broadband (58)", -0.02224, 0.6569, 0.3876, 0.9154, 1.269, 0.001227, 0.1511},
    /* rows "LEO": one or two campaigns of one operator */
    {"leo-up", "Starlink driving (2)", 2.671, 0.05867, 0.7581, 0.9134, 3.118, 0.002912, 0.101},
    {"leo-down", "Starlink driving (1)", 5.243, 0.0, 0.722, 0.7673, 2.171, 0.001451, 0.2273},
    {.name = NULL},
};

enum { MAX_CLASSES = sizeof dvfo_generators / sizeof dvfo_generators[0] };

dvfo_status dvfo_generator_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_generator **out)
{
    const char *names[MAX_CLASSES];
    size_t count = 0;
    for (; dvfo_generators[count].name != NULL; count++) {
        if (strcmp(dvfo_generators[count].name, name) == 0) {
            *out = &dvfo_generators[count];
            return DVFO_OK;
        }
        names[count] = dvfo_generators[count].name;
    }
    const char *near = dvfo_nearest(name, names, count);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown trace model '%s'%s%s%s; 'dvfo list traces' names them", name,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* @return whether anything is carried */
static bool draw_rates(const struct dvfo_generator *generator, gsl_rng *rng, size_t n, double rate_bps[])
{
    const double sigma = generator->sigma_within_ln;
    const double innovation_sigma = sigma * sqrt(1.0 - generator->rho_1s * generator->rho_1s);
    const double enter = generator->enter_outage_per_s;
    const double leave = generator->exit_outage_per_s;
    const double m = generator->mean_ln + gsl_ran_gaussian(rng, generator->sigma_between_ln);
    const double largest = exp(m) * generator->cap;
    double x = m + gsl_ran_gaussian(rng, sigma);
    bool outage = gsl_rng_uniform(rng) * (enter + leave) < enter; /* stationary */
    bool carries = false;
    for (size_t t = 0; t < n; t++) {
        rate_bps[t] = outage ? 0.0 : fmin(fmin(exp(x), largest) * DVFO_BPS_PER_MBPS, DVFO_TRACE_MAX_BPS);
        carries |= rate_bps[t] > 0.0;
        x = m + generator->rho_1s * (x - m) + gsl_ran_gaussian(rng, innovation_sigma);
        outage = gsl_rng_uniform(rng) < (outage ? 1.0 - leave : enter);
    }
    return carries;
}

static void identify(const struct dvfo_generator *generator, double duration_s, uint64_t seed, struct dvfo_trace *trace)
{
    char text[128];
    snprintf(text, sizeof text, "model:%s duration %.17g s seed %" PRIu64, generator->name, duration_s, seed);
    dvfo_hash_sha256_hex(text, strlen(text), trace->sha256);
}

dvfo_status dvfo_generator_draw(struct dvfo_ctx *ctx, const struct dvfo_generator *generator, const char *name,
                                double duration_s, uint64_t seed, struct dvfo_trace **out)
{
    *out = NULL;
    if (!(duration_s > 0.0 && duration_s <= MAX_DURATION_S)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: the duration is %g s, expected above 0 and at most %g", name,
                         duration_s, MAX_DURATION_S);
    }
    const size_t n = (size_t)ceil(duration_s);
    dvfo_status status = DVFO_OK;
    double *start_s = malloc(n * sizeof *start_s);
    double *rate_bps = malloc(n * sizeof *rate_bps);
    gsl_rng *rng = dvfo_random_stream(seed, 0, "trace");
    if (start_s == NULL || rate_bps == NULL || rng == NULL) {
        status = dvfo_fail_no_memory(ctx);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        start_s[i] = (double)i;
    }
    bool carries = false;
    for (int draw = 0; draw < MAX_DRAWS && !carries; draw++) {
        carries = draw_rates(generator, rng, n, rate_bps);
    }
    status = dvfo_trace_create(ctx, name, "model", n, start_s, rate_bps, duration_s, out);
    if (status == DVFO_OK) {
        identify(generator, duration_s, seed, *out);
    }
done:
    if (rng != NULL) {
        gsl_rng_free(rng);
    }
    free(rate_bps);
    free(start_s);
    return status;
}
