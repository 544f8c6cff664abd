/* Intervals by the stratified bootstrap: cases worked out by hand, then theory. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "bench/statistics.h"
#include "sim/base/random.h"

#define Z95 1.959963984540054 /* 97.5 % of a standard normal distribution lie below */

static struct dvfo_ctx ctx;

static struct dvfo_estimate estimate(const struct dvfo_bootstrap_def *def, const struct dvfo_scores *scores,
                                     dvfo_statistic statistic, const void *settings)
{
    struct dvfo_estimate out;
    cr_assert_eq(dvfo_statistics_bootstrap(&ctx, def, scores, statistic, settings, &out), DVFO_OK);
    return out;
}

static struct dvfo_estimate by_default(size_t tasks, size_t runs, const double *x, const double *y,
                                       dvfo_statistic statistic)
{
    const struct dvfo_bootstrap_def def = dvfo_bootstrap_def_default();
    const struct dvfo_scores scores = {tasks, runs, x, y};
    return estimate(&def, &scores, statistic, NULL);
}

static double width(struct dvfo_estimate e)
{
    return e.high - e.low;
}

static void draw_normal(gsl_rng *rng, size_t count, double mean, double deviation, double *x)
{
    for (size_t i = 0; i < count; i++) {
        x[i] = mean + gsl_ran_gaussian_ziggurat(rng, deviation);
    }
}

Test(bootstrap, two_runs_have_four_resamples)
{
    /* means of 0 and 1 drawn twice: 0, 1/2, 1/2, 1. Of 40 % confidence the ends are the quantiles 0.3 and 0.7, both
       1/2; of 95 % those of 0.025 and 0.975, 0 and 1 */
    static const double x[] = {0, 1};
    const struct dvfo_scores scores = {1, 2, x, NULL};
    struct dvfo_bootstrap_def def = dvfo_bootstrap_def_default();
    const struct dvfo_estimate wide = estimate(&def, &scores, dvfo_statistic_mean, NULL);
    cr_expect(wide.low == 0.0 && wide.point == 0.5 && wide.high == 1.0, "%g %g %g", wide.low, wide.point, wide.high);
    def.confidence = 0.4;
    const struct dvfo_estimate narrow = estimate(&def, &scores, dvfo_statistic_mean, NULL);
    cr_expect(narrow.low == 0.5 && narrow.high == 0.5, "%g %g", narrow.low, narrow.high);
}

Test(bootstrap, one_run_leaves_the_interval_unknown)
{
    static const double x[] = {1, 2, 6}, y[] = {2, 2, 2};
    const struct dvfo_estimate mean = by_default(3, 1, x, NULL, dvfo_statistic_mean);
    cr_expect(mean.point == 3.0 && isnan(mean.low) && isnan(mean.high));
    const struct dvfo_estimate saving = by_default(3, 1, x, y, dvfo_statistic_saving); /* (1/2 + 0 - 2) / 3 */
    cr_expect(saving.point == -0.5 && isnan(saving.low) && isnan(saving.high));
}

Test(bootstrap, equal_runs_leave_no_doubt)
{
    static const double x[] = {0.1, 0.1, 0.1, 0.9, 0.9, 0.9}; /* tasks differ, runs don't */
    const struct dvfo_estimate e = by_default(2, 3, x, NULL, dvfo_statistic_mean);
    cr_expect(e.low == e.point && e.high == e.point);
    cr_expect_float_eq(e.point, 0.5, 1e-15);
    /* without strata the tasks' difference would look like scatter of the runs */
    cr_expect_gt(width(by_default(1, 6, x, NULL, dvfo_statistic_mean)), 0.5);
}

static double not_always_finite(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)settings, (void)scratch;
    return scores->x[0] == 0.0 ? NAN : scores->x[0];
}

Test(bootstrap, a_statistic_without_value_in_some_replicate_has_no_interval)
{
    static const double x[] = {2, 0};
    const struct dvfo_estimate e = by_default(1, 2, x, NULL, not_always_finite);
    cr_expect(e.point == 2.0 && isnan(e.low) && isnan(e.high));
}

Test(bootstrap, the_same_seed_gives_the_same_interval_and_another_one_nearly)
{
    double x[40], twice[40];
    gsl_rng *rng = dvfo_random_stream(4, 0, "scores");
    draw_normal(rng, 40, 1.0, 0.5, x);
    gsl_rng_free(rng);
    for (size_t i = 0; i < 40; i++) {
        twice[i] = 2.0 * x[i];
    }
    struct dvfo_bootstrap_def def = dvfo_bootstrap_def_default();
    const struct dvfo_scores scores = {4, 10, x, NULL}, doubled = {4, 10, twice, NULL};
    const struct dvfo_estimate a = estimate(&def, &scores, dvfo_statistic_iqm, NULL);
    const struct dvfo_estimate b = estimate(&def, &scores, dvfo_statistic_iqm, NULL);
    cr_expect(a.low == b.low && a.point == b.point && a.high == b.high);
    const struct dvfo_estimate c = estimate(&def, &doubled, dvfo_statistic_iqm, NULL); /* the same resamples */
    cr_expect(c.low == 2.0 * a.low && c.point == 2.0 * a.point && c.high == 2.0 * a.high);
    def.seed = 2;
    const struct dvfo_estimate d = estimate(&def, &scores, dvfo_statistic_iqm, NULL);
    cr_expect(d.low != a.low && d.point == a.point && d.high != a.high);
    cr_expect(fabs(d.low - a.low) < 0.1 * width(a) && fabs(d.high - a.high) < 0.1 * width(a));
}

Test(bootstrap, the_interval_of_a_mean_of_many_is_the_normal_one)
{
    enum { N = 1000 };
    double x[N];
    gsl_rng *rng = dvfo_random_stream(5, 0, "scores");
    draw_normal(rng, N, 10.0, 2.0, x);
    gsl_rng_free(rng);
    const struct dvfo_estimate e = by_default(1, N, x, NULL, dvfo_statistic_mean);
    double squares = 0.0;
    for (size_t i = 0; i < N; i++) {
        squares += (x[i] - e.point) * (x[i] - e.point);
    }
    const double half = Z95 * sqrt(squares / (N - 1.0) / N);
    /* a 2.5 % quantile of 2000 replicates scatters by about 3 % of half the width */
    cr_expect_float_eq(e.low, e.point - half, 0.1 * half);
    cr_expect_float_eq(e.high, e.point + half, 0.1 * half);
}

/* Half width that theory gives the mean when each run is drawn from its task's runs, or from all: the variance of a
 * draw is squares / (T N), on average over tasks, that of the mean of T N draws squares / (T N)^2. */
static double half_in_theory(size_t tasks, size_t runs, const double *x, bool stratified)
{
    const double T = (double)tasks, N = (double)runs;
    const double all = by_default(tasks, runs, x, NULL, dvfo_statistic_mean).point;
    double squares = 0.0;
    for (size_t t = 0; t < tasks; t++) {
        const double own = by_default(1, runs, x + t * runs, NULL, dvfo_statistic_mean).point;
        for (size_t n = 0; n < runs; n++) {
            const double off = x[t * runs + n] - (stratified ? own : all);
            squares += off * off;
        }
    }
    return Z95 * sqrt(squares) / (T * N);
}

Test(bootstrap, strata_keep_the_scatter_within_tasks_and_leave_out_that_between_them)
{
    enum { T = 5, N = 40 };
    double x[T * N];
    gsl_rng *rng = dvfo_random_stream(6, 0, "scores");
    for (size_t t = 0; t < T; t++) {
        draw_normal(rng, N, 3.0 * (double)t, 1.0, x + t * N); /* levels 0 to 12 */
    }
    gsl_rng_free(rng);
    const struct dvfo_estimate strata = by_default(T, N, x, NULL, dvfo_statistic_mean);
    const struct dvfo_estimate plain = by_default(1, T * N, x, NULL, dvfo_statistic_mean);
    cr_expect_eq(strata.point, plain.point);
    const double narrow = half_in_theory(T, N, x, true), wide = half_in_theory(T, N, x, false);
    cr_expect_float_eq(0.5 * width(strata), narrow, 0.08 * narrow);
    cr_expect_float_eq(0.5 * width(plain), wide, 0.08 * wide);
    cr_expect_gt(wide, 4.0 * narrow); /* sqrt(1 + 18) with levels of variance 18 */
}

Test(bootstrap, few_runs_make_the_interval_too_narrow_by_a_known_factor)
{
    enum { T = 400, N = 3 };
    double x[T * N];
    gsl_rng *rng = dvfo_random_stream(7, 0, "scores");
    draw_normal(rng, T * N, 0.0, 1.0, x);
    gsl_rng_free(rng);
    /* the scatter is 1, so half a width of Z95 / sqrt(T N) would be right; 18 % are missing */
    const double found = 0.5 * width(by_default(T, N, x, NULL, dvfo_statistic_mean)) / (Z95 / sqrt(T * N));
    cr_expect_float_eq(found, sqrt(2.0 / 3.0), 0.06, "%g", found);
}

Test(bootstrap, pairs_stay_together_unless_they_are_none)
{
    enum { N = 50 };
    double x[N], y[N];
    gsl_rng *rng = dvfo_random_stream(8, 0, "scores");
    draw_normal(rng, N, 10.0, 1.0, y);
    gsl_rng_free(rng);
    for (size_t i = 0; i < N; i++) {
        x[i] = 0.75 * y[i]; /* the seed makes all of the scatter */
    }
    struct dvfo_bootstrap_def def = dvfo_bootstrap_def_default();
    const struct dvfo_scores scores = {1, N, x, y};
    const struct dvfo_estimate paired = estimate(&def, &scores, dvfo_statistic_saving, NULL);
    cr_expect_float_eq(paired.low, 0.25, 1e-12);
    cr_expect_float_eq(paired.high, 0.25, 1e-12);
    def.paired = false;
    const struct dvfo_estimate apart = estimate(&def, &scores, dvfo_statistic_difference, NULL);
    const double y_half = half_in_theory(1, N, y, true), half = hypot(0.75, 1.0) * y_half; /* variances add */
    cr_expect_float_eq(0.5 * width(apart), half, 0.1 * half);
    def.paired = true; /* 0.75 y - y */
    const struct dvfo_estimate together = estimate(&def, &scores, dvfo_statistic_difference, NULL);
    cr_expect_float_eq(0.5 * width(together), 0.25 * y_half, 0.1 * 0.25 * y_half);
}

Test(bootstrap, improvement_of_shifted_normal_runs_is_known)
{
    /* x - y is normal with mean 1 and variance 2: P(x > y) = Phi(1 / sqrt 2) = 0.760 */
    enum { T = 4, N = 100 };
    double x[T * N], y[T * N];
    const double truth = gsl_cdf_ugaussian_P(sqrt(0.5));
    gsl_rng *rng = dvfo_random_stream(9, 0, "scores");
    draw_normal(rng, T * N, 1.0, 1.0, x);
    draw_normal(rng, T * N, 0.0, 1.0, y);
    gsl_rng_free(rng);
    const struct dvfo_bootstrap_def def = {.confidence = 0.95, .replicates = 500, .seed = 1, .paired = false};
    const struct dvfo_scores scores = {T, N, x, y};
    const struct dvfo_estimate e = estimate(&def, &scores, dvfo_statistic_improvement, NULL);
    cr_expect(e.low < truth && truth < e.high, "%g to %g, in truth %g", e.low, e.high, truth);
    cr_expect(e.low < e.point && e.point < e.high && width(e) < 0.1);
}

/* Share of repeated experiments whose interval holds the true mean, of skewed (exponential) scores. */
static double coverage(double confidence)
{
    enum { REPETITIONS = 1000, T = 4, N = 25 };
    struct dvfo_bootstrap_def def = {.confidence = confidence, .replicates = 400};
    gsl_rng *rng = dvfo_random_stream(10, 0, "scores");
    size_t held = 0;
    for (size_t k = 0; k < REPETITIONS; k++) {
        double x[T * N];
        for (size_t i = 0; i < T * N; i++) {
            x[i] = gsl_ran_exponential(rng, (double)(1 + i / N)); /* means 1, 2, 3, 4 */
        }
        const struct dvfo_scores scores = {T, N, x, NULL};
        def.seed = k;
        const struct dvfo_estimate e = estimate(&def, &scores, dvfo_statistic_mean, NULL);
        held += e.low <= 2.5 && 2.5 <= e.high;
    }
    gsl_rng_free(rng);
    return (double)held / REPETITIONS;
}

Test(bootstrap, intervals_hold_the_truth_about_as_often_as_they_say)
{
    /* 1000 repetitions tell 95 % to within 2 points; skew and few runs cost another */
    const double found = coverage(0.95), planted = coverage(0.85);
    cr_expect_float_eq(found, 0.95, 0.03, "%g", found);
    cr_expect_gt(fabs(planted - 0.95), 0.06, "an interval that is too narrow passes: %g", planted);
}

static void bootstrap_with(double confidence, size_t replicates, double x)
{
    const double xs[] = {1, x};
    const struct dvfo_scores scores = {1, 2, xs, NULL};
    const struct dvfo_bootstrap_def def = {.confidence = confidence, .replicates = replicates};
    estimate(&def, &scores, dvfo_statistic_mean, NULL);
}

Test(bootstrap, a_score_that_is_no_number_is_refused, .signal = SIGABRT)
{
    bootstrap_with(0.95, 10, NAN);
}

Test(bootstrap, a_confidence_of_one_is_refused, .signal = SIGABRT)
{
    bootstrap_with(1.0, 10, 2.0);
}

Test(bootstrap, no_replicates_are_refused, .signal = SIGABRT)
{
    bootstrap_with(0.95, 0, 2.0);
}
