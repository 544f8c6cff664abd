#include "bench/statistics.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "sim/base/random.h"
#include "sim/sum.h"

/* T N, of scores that are as promised. */
static size_t checked(const struct dvfo_scores *scores)
{
    const size_t count = scores->tasks * scores->runs;
    DVFO_REQUIRE(count > 0);
    for (size_t i = 0; i < count; i++) {
        DVFO_REQUIRE(isfinite(scores->x[i]));
        DVFO_REQUIRE(scores->y == NULL || isfinite(scores->y[i]));
    }
    return count;
}

static size_t checked_pairs(const struct dvfo_scores *scores)
{
    DVFO_REQUIRE(scores->y != NULL);
    return checked(scores);
}

/* ---- of x alone ---- */

double dvfo_statistic_mean(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings, (void)scratch;
    const size_t count = checked(scores);
    struct dvfo_sum sum = {0};
    for (size_t i = 0; i < count; i++) {
        dvfo_sum_add(&sum, scores->x[i]);
    }
    return dvfo_sum_value(&sum) / (double)count;
}

/* All values in ascending order. */
static size_t sort_into(const struct dvfo_scores *scores, double *sorted)
{
    const size_t count = checked(scores);
    DVFO_REQUIRE(sorted != NULL);
    memcpy(sorted, scores->x, count * sizeof *sorted);
    gsl_sort(sorted, 1, count);
    return count;
}

double dvfo_statistic_iqm(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings;
    const size_t count = sort_into(scores, scratch);
    const double first = 0.25 * (double)count, last = 0.75 * (double)count; /* value i covers [i, i + 1) */
    struct dvfo_sum sum = {0};
    for (size_t i = count / 4; i < count && (double)i < last; i++) {
        const double weight = fmin((double)i + 1.0, last) - fmax((double)i, first);
        dvfo_sum_add(&sum, weight * scratch[i]);
    }
    return dvfo_sum_value(&sum) / (last - first);
}

double dvfo_statistic_median(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings;
    const size_t count = sort_into(scores, scratch);
    return gsl_stats_median_from_sorted_data(scratch, 1, count);
}

double dvfo_statistic_optimality_gap(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)scratch;
    const size_t count = checked(scores);
    const double gamma = settings == NULL ? 1.0 : *(const double *)settings;
    struct dvfo_sum sum = {0};
    for (size_t i = 0; i < count; i++) {
        dvfo_sum_add(&sum, fmax(gamma - scores->x[i], 0.0));
    }
    return dvfo_sum_value(&sum) / (double)count;
}

double dvfo_statistic_share_above(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)scratch;
    const size_t count = checked(scores);
    DVFO_REQUIRE(settings != NULL);
    const double tau = *(const double *)settings;
    size_t above = 0;
    for (size_t i = 0; i < count; i++) {
        above += scores->x[i] > tau;
    }
    return (double)above / (double)count;
}

void dvfo_statistics_profile(const struct dvfo_scores *scores, const double *tau, size_t count, double *share)
{
    for (size_t i = 0; i < count; i++) {
        share[i] = dvfo_statistic_share_above(scores, &tau[i], NULL);
    }
}

/* ---- of x against y ---- */

/* How many of the N^2 pairs x wins, equal ones counted half. */
static double wins(size_t N, const double *x, const double *y)
{
    double u = 0.0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            u += x[i] > y[j] ? 1.0 : x[i] == y[j] ? 0.5 : 0.0;
        }
    }
    return u;
}

double dvfo_statistic_improvement(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)scratch;
    checked_pairs(scores);
    const bool lower = settings != NULL && *(const dvfo_better *)settings == DVFO_LOWER_IS_BETTER;
    const double *better = lower ? scores->y : scores->x, *worse = lower ? scores->x : scores->y;
    const size_t N = scores->runs;
    double u = 0.0; /* multiples of a half: the sum is exact */
    for (size_t t = 0; t < scores->tasks; t++) {
        u += wins(N, better + t * N, worse + t * N);
    }
    return u / ((double)scores->tasks * (double)N * (double)N);
}

static double mean_over_pairs(const struct dvfo_scores *scores, double (*of)(double x, double y))
{
    const size_t count = checked_pairs(scores);
    struct dvfo_sum sum = {0};
    for (size_t i = 0; i < count; i++) {
        dvfo_sum_add(&sum, of(scores->x[i], scores->y[i]));
    }
    return dvfo_sum_value(&sum) / (double)count;
}

static double difference(double x, double y)
{
    return x - y;
}

static double saving(double x, double y)
{
    DVFO_REQUIRE(y > 0.0);
    return 1.0 - x / y;
}

static double log_ratio(double x, double y)
{
    DVFO_REQUIRE(x > 0.0 && y > 0.0);
    return log(x / y);
}

double dvfo_statistic_difference(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings, (void)scratch;
    return mean_over_pairs(scores, difference);
}

double dvfo_statistic_saving(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings, (void)scratch;
    return mean_over_pairs(scores, saving);
}

double dvfo_statistic_log_ratio(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings, (void)scratch;
    return mean_over_pairs(scores, log_ratio);
}

/* ---- how well a statistic is known ---- */

struct dvfo_bootstrap_def dvfo_bootstrap_def_default(void)
{
    return (struct dvfo_bootstrap_def){.confidence = 0.95, .replicates = 2000, .seed = 1, .paired = true};
}

/* One replicate: (T, N) into x, and into y where there is one. */
static void resample(gsl_rng *rng, const struct dvfo_scores *from, bool paired, double *x, double *y)
{
    const size_t N = from->runs;
    for (size_t task = 0; task < from->tasks * N; task += N) {
        for (size_t n = 0; n < N; n++) {
            const size_t drawn = task + gsl_rng_uniform_int(rng, N);
            x[task + n] = from->x[drawn];
            if (y != NULL) {
                y[task + n] = from->y[paired ? drawn : task + gsl_rng_uniform_int(rng, N)];
            }
        }
    }
}

/* The statistic over replicates, in ascending order; false when some isn't finite.
 * value (replicates), memory (3, T, N) */
static bool replicate(gsl_rng *rng, const struct dvfo_bootstrap_def *def, const struct dvfo_scores *scores,
                      dvfo_statistic statistic, const void *settings, double *value, double *memory)
{
    const size_t count = scores->tasks * scores->runs;
    double *x = memory, *y = scores->y == NULL ? NULL : memory + count, *scratch = memory + 2 * count;
    const struct dvfo_scores drawn = {scores->tasks, scores->runs, x, y};
    for (size_t r = 0; r < def->replicates; r++) {
        resample(rng, scores, def->paired, x, y);
        value[r] = statistic(&drawn, settings, scratch);
        if (!isfinite(value[r])) {
            return false;
        }
    }
    gsl_sort(value, 1, def->replicates);
    return true;
}

dvfo_status dvfo_statistics_bootstrap(struct dvfo_ctx *ctx, const struct dvfo_bootstrap_def *def,
                                      const struct dvfo_scores *scores, dvfo_statistic statistic, const void *settings,
                                      struct dvfo_estimate *out)
{
    DVFO_REQUIRE(def->confidence > 0.0 && def->confidence < 1.0 && def->replicates > 0);
    *out = (struct dvfo_estimate){NAN, NAN, NAN};
    const size_t count = checked(scores), R = def->replicates;
    double *value = calloc(R + 3 * count, sizeof *value);
    gsl_rng *rng = dvfo_random_stream(def->seed, 0, "bootstrap");
    const bool ready = value != NULL && rng != NULL;
    if (ready) {
        out->point = statistic(scores, settings, value + R);
        if (scores->runs > 1 && replicate(rng, def, scores, statistic, settings, value, value + R)) {
            const double outside = 0.5 * (1.0 - def->confidence);
            out->low = gsl_stats_quantile_from_sorted_data(value, 1, R, outside);
            out->high = gsl_stats_quantile_from_sorted_data(value, 1, R, 1.0 - outside);
        }
    }
    gsl_rng_free(rng);
    free(value);
    return ready ? DVFO_OK : dvfo_fail_no_memory(ctx);
}
