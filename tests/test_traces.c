#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "traces/generator.h"
#include "traces/statistics.h"
#include "traces/trace.h"

static struct dvfo_trace *make_trace(size_t n, const double *start_s, const double *rate_bps, double period_s)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    cr_assert(dvfo_trace_create(&ctx, "t", "test", n, start_s, rate_bps, period_s, &trace) == DVFO_OK, "%s",
              ctx.message);
    return trace;
}

/* 100 bit/s on [0, 1), nothing on [1, 3), 50 bit/s on [3, 5), 10 bit/s on [5, 10): 100 + 0 + 100 + 50 = 250 bits. */
static struct dvfo_trace *four_steps(void)
{
    static const double start_s[] = {0.0, 1.0, 3.0, 5.0};
    static const double rate_bps[] = {100.0, 0.0, 50.0, 10.0};
    return make_trace(4, start_s, rate_bps, 10.0);
}

Test(trace, send_time_agrees_with_values_computed_by_hand)
{
    static const struct {
        double t0_s, bits, time_s;
        const char *what;
    } rows[] = {
        {0.0, 0.0, 0.0, "no bits"},
        {1.5, 0.0, 0.0, "no bits within an outage"},
        {0.0, 50.0, 0.5, "within the first step"},
        {0.0, 100.0, 1.0, "exactly at the end of a step, before the outage"},
        {0.0, 101.0, 3.02, "held over the outage"},
        {1.0, 1.0, 2.02, "begins with the outage"},
        {2.5, 100.0, 2.5, "ends with the third step"},
        {4.0, 60.0, 2.0, "the rate changes in the middle"},
        {5.0, 50.0, 5.0, "exactly at the end of the period"},
        {5.0, 51.0, 5.01, "just past the end of the period"},
        {0.0, 250.0, 10.0, "exactly one period"},
        {0.0, 750.0, 30.0, "exactly three periods"},
        {0.0, 751.0, 30.01, "three periods and a bit"},
        {0.5, 1000.0 * 250.0, 10000.0, "a thousand periods from within one"},
        {9.0, 10.0 + 250.0 + 100.0, 12.0, "the end of one, all of the next, a step of the third"},
        {30.5, 51.0, 2.52, "begins in a later period"},
    };
    struct dvfo_trace *trace = four_steps();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double time_s = dvfo_trace_send_time_s(trace, rows[i].t0_s, rows[i].bits);
        cr_expect_float_eq(time_s, rows[i].time_s, 1e-9, "%s: %.17g", rows[i].what, time_s);
    }
    dvfo_trace_free(trace);
}

Test(trace, rate_and_integral_repeat_after_the_period)
{
    struct dvfo_trace *trace = four_steps();
    cr_expect(dvfo_trace_rate_bps(trace, 0.0) == 100.0);
    cr_expect(dvfo_trace_rate_bps(trace, 1.0) == 0.0); /* half-open: the new step holds from its start */
    cr_expect(dvfo_trace_rate_bps(trace, 9.99) == 10.0);
    cr_expect(dvfo_trace_rate_bps(trace, 10.0) == 100.0);
    cr_expect(dvfo_trace_rate_bps(trace, 1e6 + 3.5) == 50.0);
    cr_expect_float_eq(dvfo_trace_sent_bits(trace, 4.0), 150.0, 1e-12);
    cr_expect_float_eq(dvfo_trace_sent_bits(trace, 10.0), 250.0, 1e-12);
    cr_expect_float_eq(dvfo_trace_sent_bits(trace, 100.0 + 4.0), 2650.0, 1e-9);
    cr_expect_float_eq(dvfo_trace_mean_bps(trace), 25.0, 1e-12);
    dvfo_trace_free(trace);
}

/* A small generator of its own, so that the property below doesn't rest on the module under test. */
static double next_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

Test(trace, what_is_sent_during_the_send_time_is_what_was_to_be_sent)
{
    enum { STEPS = 200, CASES = 20000 };
    double start_s[STEPS], rate_bps[STEPS];
    uint64_t state = 7;
    double t_s = 0.0;
    for (int i = 0; i < STEPS; i++) {
        const double u = next_uniform(&state);
        start_s[i] = t_s;
        rate_bps[i] = u < 0.3 ? 0.0 : 1e7 * u * u;
        t_s += pow(10.0, -3.0 + 4.0 * next_uniform(&state)); /* steps of 1 ms to 10 s */
    }
    struct dvfo_trace *trace = make_trace(STEPS, start_s, rate_bps, t_s);
    const double period_bits = trace->sent_bits[trace->n];
    for (int i = 0; i < CASES; i++) {
        const double t0_s = next_uniform(&state) * 5.0 * t_s;
        const double bits = period_bits * pow(10.0, -8.0 + 9.0 * next_uniform(&state));
        const double time_s = dvfo_trace_send_time_s(trace, t0_s, bits);
        const double sent_bits = dvfo_trace_sent_bits(trace, t0_s + time_s) - dvfo_trace_sent_bits(trace, t0_s);
        /* the difference of two integrals over up to 15 periods, whose arguments are rounded to 1e-16 of their size */
        cr_expect_float_eq(sent_bits, bits, 1e-12 * period_bits + 1e-12 * bits, "t0 %.17g bits %.17g: %.17g", t0_s,
                           bits, sent_bits);
    }
    for (int i = 0; i < STEPS; i++) { /* from one step's start to any later one's: never late, never negative */
        const double bits = trace->sent_bits[STEPS] - trace->sent_bits[i];
        const double time_s = bits > 0.0 ? dvfo_trace_send_time_s(trace, start_s[i], bits) : 0.0;
        cr_expect(time_s >= 0.0 && time_s <= (t_s - start_s[i]) * (1.0 + 1e-12));
    }
    dvfo_trace_free(trace);
}

Test(trace, broken_steps_are_refused_with_a_sentence)
{
    static const struct {
        size_t n;
        double start_s[2], rate_bps[2], period_s;
        const char *message;
    } rows[] = {
        {0, {0}, {0}, 1.0, "t: has no steps, expected at least one"},
        {1, {1.0}, {5.0}, 2.0, "t: begins at 1 s, expected 0"},
        {2, {0.0, 0.0}, {5.0, 5.0}, 2.0, "t: step 1 goes from 0 to 0 s"},
        {2, {0.0, 2.0}, {5.0, 5.0}, 2.0, "t: step 2 goes from 2 to 2 s"},
        {1, {0.0}, {-1.0}, 2.0, "t: the rate of step 1 is -1 bit/s"},
        {1, {0.0}, {NAN}, 2.0, "t: the rate of step 1 is"},
        {1, {0.0}, {2e11}, 2.0, "t: the rate of step 1 is 2e+11 bit/s, expected 0 to 1e+11"},
        {1, {0.0}, {1.0}, NAN, "t: step 1 goes from 0 to"},
        {2, {0.0, 1.0}, {0.0, 0.0}, 2.0, "t: carries nothing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_trace *trace = NULL;
        cr_expect(dvfo_trace_create(&ctx, "t", "test", rows[i].n, rows[i].start_s, rows[i].rate_bps, rows[i].period_s,
                                    &trace) == DVFO_BAD_INPUT);
        cr_expect(strstr(ctx.message, rows[i].message) != NULL, "got '%s'", ctx.message);
        cr_expect(trace == NULL);
    }
}

Test(open, constant_rates_take_a_unit)
{
    static const struct {
        const char *spec;
        double rate_bps; /* 0: refused */
    } rows[] = {
        {"const:5Mbps", 5e6},   {"const:250kbps", 250e3}, {"const:1.5Gbps", 1.5e9}, {"const:800bps", 800.0},
        {"const:5Mbit/s", 5e6}, {"const:5", 0.0},         {"const:", 0.0},          {"const:-5Mbps", 0.0},
        {"const:0Mbps", 0.0},   {"const:nanMbps", 0.0},   {"const:5 Mbps", 0.0},    {"const:101Gbps", 0.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_trace *trace = NULL;
        const dvfo_status status = dvfo_trace_open(&ctx, rows[i].spec, NULL, 1, &trace);
        cr_expect(status == (rows[i].rate_bps > 0.0 ? DVFO_OK : DVFO_BAD_INPUT), "%s: %s", rows[i].spec, ctx.message);
        if (trace != NULL) {
            cr_expect_float_eq(dvfo_trace_send_time_s(trace, 1234.5, 1e6), 1e6 / rows[i].rate_bps, 1e-9);
            cr_expect_str_eq(trace->format, "const");
            cr_expect(strlen(trace->sha256) == 64);
        }
        dvfo_trace_free(trace);
    }
}

static struct dvfo_trace *draw(const struct dvfo_generator *generator, double duration_s, uint64_t seed)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    cr_assert(dvfo_generator_draw(&ctx, generator, "t", duration_s, seed, &trace) == DVFO_OK, "%s", ctx.message);
    return trace;
}

struct moments {
    double mean_ln, variance_ln, autocorrelation, outage;
};

/* Of ln(rate in Mbit/s) over seconds without an outage; the autocorrelation over pairs of them. */
static struct moments moments_of(const struct dvfo_trace *trace)
{
    struct moments m = {0};
    double n = 0.0;
    double pairs = 0.0;
    for (size_t i = 0; i < trace->n; i++) {
        if (trace->rate_bps[i] > 0.0) {
            m.mean_ln += log(trace->rate_bps[i] / 1e6);
            n++;
        }
    }
    m.mean_ln /= n;
    for (size_t i = 0; i < trace->n; i++) {
        if (trace->rate_bps[i] > 0.0) {
            const double x = log(trace->rate_bps[i] / 1e6) - m.mean_ln;
            m.variance_ln += x * x / n;
            if (i > 0 && trace->rate_bps[i - 1] > 0.0) {
                m.autocorrelation += x * (log(trace->rate_bps[i - 1] / 1e6) - m.mean_ln);
                pairs++;
            }
        }
    }
    m.autocorrelation /= pairs * m.variance_ln;
    m.outage = 1.0 - n / (double)trace->n;
    return m;
}

/* Without the cut and without spread between traces the moments are the parameters; the allowance is five standard
 * errors of an AR(1) mean, variance and correlation and of a two-state chain over 10^6 seconds. */
Test(generator, moments_of_a_long_trace_agree_with_the_parameters)
{
    const double n = 1e6;
    for (const struct dvfo_generator *g = dvfo_generators; g->name != NULL; g++) {
        struct dvfo_generator plain = *g;
        plain.cap = INFINITY;
        plain.sigma_between_ln = 0.0;
        struct dvfo_trace *trace = draw(&plain, n, 11);
        const struct moments m = moments_of(trace);
        const double rho = g->rho_1s;
        const double variance = g->sigma_within_ln * g->sigma_within_ln;
        const double chain = 1.0 - g->enter_outage_per_s - g->exit_outage_per_s;
        const double outage = g->enter_outage_per_s / (g->enter_outage_per_s + g->exit_outage_per_s);
        const double up = n * (1.0 - outage);
        cr_expect_float_eq(m.mean_ln, g->mean_ln, 5.0 * sqrt(variance * (1.0 + rho) / (1.0 - rho) / up), "%s: mean %g",
                           g->name, m.mean_ln);
        cr_expect_float_eq(m.variance_ln, variance,
                           5.0 * variance * sqrt(2.0 * (1.0 + rho * rho) / (1.0 - rho * rho) / up), "%s: variance %g",
                           g->name, m.variance_ln);
        cr_expect_float_eq(m.autocorrelation, rho, 5.0 * sqrt((1.0 - rho * rho) / up), "%s: autocorrelation %g",
                           g->name, m.autocorrelation);
        cr_expect_float_eq(m.outage, outage, 5.0 * sqrt(outage * (1.0 - outage) * (1.0 + chain) / (1.0 - chain) / n),
                           "%s: outage %g", g->name, m.outage);
        dvfo_trace_free(trace);
    }
}

Test(generator, rates_stay_below_the_cap_and_differ_by_seed_alone)
{
    for (const struct dvfo_generator *g = dvfo_generators; g->name != NULL; g++) {
        struct dvfo_generator one = *g;
        one.sigma_between_ln = 0.0;
        struct dvfo_trace *a = draw(&one, 20000.0, 1);
        struct dvfo_trace *b = draw(&one, 20000.0, 1);
        struct dvfo_trace *c = draw(&one, 20000.0, 2);
        double largest_bps = 0.0;
        for (size_t i = 0; i < a->n; i++) {
            largest_bps = fmax(largest_bps, a->rate_bps[i]);
        }
        cr_expect_float_eq(largest_bps, 1e6 * exp(g->mean_ln) * g->cap, 1.0, "%s: the cut is met and never passed",
                           g->name);
        cr_expect(memcmp(a->rate_bps, b->rate_bps, a->n * sizeof *a->rate_bps) == 0, "%s", g->name);
        cr_expect(memcmp(a->rate_bps, c->rate_bps, a->n * sizeof *a->rate_bps) != 0, "%s", g->name);
        cr_expect_str_eq(a->sha256, b->sha256);
        cr_expect(strcmp(a->sha256, c->sha256) != 0);
        dvfo_trace_free(c);
        dvfo_trace_free(b);
        dvfo_trace_free(a);
    }
}

Test(generator, a_trace_that_carries_nothing_never_comes_out)
{
    struct dvfo_generator poor = dvfo_generators[0];
    poor.enter_outage_per_s = 0.5; /* a second is an outage in 19 of 20 cases */
    poor.exit_outage_per_s = 0.025;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct dvfo_trace *trace = draw(&poor, 0.5, seed);
        cr_expect(dvfo_trace_mean_bps(trace) > 0.0);
        dvfo_trace_free(trace);
    }
}

Test(generator, classes_are_named_as_in_the_system_and_a_mistyped_one_finds_its_neighbour)
{
    static const char *const names[] = {"3g-up",   "3g-down", "4g-up", "4g-down", "5g-up",
                                        "5g-down", "wifi",    "fixed", "leo-up",  "leo-down"};
    struct dvfo_ctx ctx = {0};
    const struct dvfo_generator *generator = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_expect(dvfo_generator_find(&ctx, names[i], &generator) == DVFO_OK, "%s", ctx.message);
    }
    struct dvfo_trace *trace = NULL;
    cr_expect(dvfo_trace_open(&ctx, "model:4g-upp", NULL, 1, &trace) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "did you mean '4g-up'?") != NULL, "%s", ctx.message);
    cr_expect(dvfo_trace_open(&ctx, "model:wifi", NULL, 1, &trace) == DVFO_OK);
    cr_expect(trace->period_s == 3600.0);
    dvfo_trace_free(trace);
    static const double durations_s[] = {0.0, -1.0, 1e9, NAN};
    for (size_t i = 0; i < 4; i++) {
        cr_expect(dvfo_generator_draw(&ctx, generator, "t", durations_s[i], 1, &trace) == DVFO_BAD_INPUT);
    }
}

/* 4, 0 and 2 Mbit/s for a second each, then half a second that isn't counted: mean 2, deviations 2, -2, 0. */
Test(statistics, figures_of_three_windows_agree_with_values_computed_by_hand)
{
    static const double start_s[] = {0.0, 0.5, 1.0, 2.0, 3.0};
    static const double rate_bps[] = {3e6, 5e6, 0.0, 2e6, 9e6};
    struct dvfo_trace *trace = make_trace(5, start_s, rate_bps, 3.5);
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace_statistics s;
    cr_assert(dvfo_trace_statistics_of(&ctx, trace, &s) == DVFO_OK);
    cr_expect_float_eq(s.duration_s, 3.5, 1e-12);
    cr_expect_float_eq(s.mean_bps, 2e6, 1e-6);
    cr_expect_float_eq(s.median_bps, 2e6, 1e-6);
    cr_expect_float_eq(s.p5_bps, 0.0, 1e-6);  /* rank 0.1 -> 0 */
    cr_expect_float_eq(s.p95_bps, 4e6, 1e-6); /* rank 1.9 -> 2 */
    cr_expect_float_eq(s.coefficient_of_variation, sqrt(8.0 / 3.0) / 2.0, 1e-12);
    cr_expect_float_eq(s.lag1s_autocorrelation, -4.0 / 8.0, 1e-12);
    cr_expect_float_eq(s.fraction_1s_below_half_mbps, 1.0 / 3.0, 1e-12);
    dvfo_trace_free(trace);
}
