#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/histogram.h"

/* A small generator of its own, so that the property doesn't rest on another module; in (0, 1). */
static double next_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

/* Latencies are of this kind: nearly constant, spread evenly, with an exponential or a heavy tail, in two lumps, or
 * over many orders of magnitude. */
static double uniform(double u)
{
    return 0.010 + 0.040 * u;
}

static double exponential(double u)
{
    return -0.1 * log(u);
}

static double pareto(double u)
{
    return 0.01 * pow(u, -1.0 / 1.2);
}

static double two_lumps(double u)
{
    return u < 0.7 ? 0.02 + 1e-4 * u : 3.0 + u;
}

static double constant(double u)
{
    (void)u;
    return 0.0333;
}

static double log_uniform(double u)
{
    return pow(10.0, -8.5 + 14.0 * u);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

Test(histogram, quantiles_lie_within_a_thousandth_of_the_exact_ones)
{
    static const struct {
        const char *name;
        double (*draw)(double u);
    } rows[] = {{"uniform", uniform},     {"exponential", exponential}, {"pareto", pareto},
                {"two lumps", two_lumps}, {"constant", constant},       {"log-uniform", log_uniform}};
    static const double q[] = {0.0, 0.001, 0.01, 0.25, 0.5, 0.699, 0.71, 0.9, 0.95, 0.99, 0.999, 1.0};
    enum { N = 100000 };
    static double value[N];
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct dvfo_histogram histogram;
        cr_assert(dvfo_histogram_init(NULL, &histogram) == DVFO_OK);
        uint64_t state = 5;
        for (size_t i = 0; i < N; i++) {
            value[i] = rows[row].draw(next_uniform(&state));
            dvfo_histogram_add(&histogram, value[i]);
        }
        qsort(value, N, sizeof value[0], compare);
        for (size_t i = 0; i < sizeof q / sizeof q[0]; i++) {
            const size_t rank = q[i] == 0.0 ? 1 : (size_t)ceil(q[i] * N); /* nearest rank */
            const double exact = value[rank - 1], found = dvfo_histogram_quantile(&histogram, q[i]);
            cr_expect(fabs(found - exact) <= 0.001 * exact, "%s, q = %g: %.9g, exactly %.9g", rows[row].name, q[i],
                      found, exact);
        }
        cr_expect(histogram.total == N && histogram.min == value[0] && histogram.max == value[N - 1]);
        dvfo_histogram_free(&histogram);
    }
}

Test(histogram, an_empty_one_knows_no_quantile)
{
    struct dvfo_histogram histogram;
    cr_assert(dvfo_histogram_init(NULL, &histogram) == DVFO_OK);
    cr_expect(isnan(dvfo_histogram_quantile(&histogram, 0.5)));
    dvfo_histogram_free(&histogram);
}

Test(histogram, a_single_value_is_every_quantile_exactly)
{
    struct dvfo_histogram histogram;
    cr_assert(dvfo_histogram_init(NULL, &histogram) == DVFO_OK);
    dvfo_histogram_add(&histogram, 0.0125);
    cr_expect(dvfo_histogram_quantile(&histogram, 0.0) == 0.0125);
    cr_expect(dvfo_histogram_quantile(&histogram, 1.0) == 0.0125);
    dvfo_histogram_free(&histogram);
}

Test(histogram, what_lies_outside_its_range_is_counted_at_the_ends)
{
    struct dvfo_histogram histogram;
    cr_assert(dvfo_histogram_init(NULL, &histogram) == DVFO_OK);
    dvfo_histogram_add(&histogram, 0.0);
    dvfo_histogram_add(&histogram, 1.0);
    dvfo_histogram_add(&histogram, 1e9);
    cr_expect(histogram.total == 3 && histogram.min == 0.0 && histogram.max == 1e9);
    cr_expect(dvfo_histogram_quantile(&histogram, 0.1) <= 1.1e-9);
    cr_expect_float_eq(dvfo_histogram_quantile(&histogram, 0.5), 1.0, 0.001);
    cr_expect(dvfo_histogram_quantile(&histogram, 1.0) >= 0.999e6);
    dvfo_histogram_free(&histogram);
}

Test(histogram, cleared_it_is_as_new)
{
    struct dvfo_histogram histogram;
    cr_assert(dvfo_histogram_init(NULL, &histogram) == DVFO_OK);
    dvfo_histogram_add(&histogram, 5.0);
    dvfo_histogram_clear(&histogram);
    cr_expect(histogram.total == 0 && isnan(dvfo_histogram_quantile(&histogram, 0.5)));
    dvfo_histogram_add(&histogram, 2.0);
    cr_expect_eq(dvfo_histogram_quantile(&histogram, 0.5), 2.0);
    dvfo_histogram_free(&histogram);
}
