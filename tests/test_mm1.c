#include <criterion/criterion.h>
#include <math.h>

#include "bench/micro/mm1.h"

struct answer {
    double mean_s, half_width_s;
};

static struct answer serve(const struct dvfo_mm1_def *def)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_mm1 *mm1 = NULL;
    cr_assert(dvfo_mm1_create(&ctx, def, &mm1) == DVFO_OK && dvfo_mm1_run(&ctx, mm1) == DVFO_OK, "%s", ctx.message);
    cr_expect(dvfo_mm1_events(mm1) == 2 * def->customers);
    const struct answer answer = {dvfo_mm1_mean_s(mm1), dvfo_mm1_half_width_s(mm1)};
    dvfo_mm1_free(mm1);
    return answer;
}

Test(mm1, the_event_queue_gives_what_lindleys_recursion_gives)
{
    static const struct dvfo_mm1_def rows[] = {
        {.customers = 1000, .arrival_rate_hz = 0.01, .service_rate_hz = 1.0, .seed = 1},   /* hardly ever a queue */
        {.customers = 50000, .arrival_rate_hz = 0.9, .service_rate_hz = 1.0, .seed = 2},   /* as the benchmark */
        {.customers = 50000, .arrival_rate_hz = 49.9, .service_rate_hz = 50.0, .seed = 3}, /* a long line: it grows */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct answer answer = serve(&rows[i]);
        const double lindley_s = dvfo_mm1_lindley_mean_s(&rows[i]);
        /* differences of times up to 10^5 s, whose step is 10^-11 s */
        cr_expect_float_eq(answer.mean_s, lindley_s, 1e-9, "row %zu: %.12g, %.12g", i, answer.mean_s, lindley_s);
    }
}

Test(mm1, mean_time_in_system_lies_inside_its_interval)
{
    /* seed 1 is among the one in twenty whose interval misses; that these are so few is the next test */
    const struct dvfo_mm1_def def = {.customers = 200000, .arrival_rate_hz = 0.7, .service_rate_hz = 1.0, .seed = 2};
    const struct answer answer = serve(&def);
    const double theory_s = 1.0 / (1.0 - 0.7);
    cr_expect(fabs(answer.mean_s - theory_s) <= answer.half_width_s, "%g +- %g", answer.mean_s, answer.half_width_s);
    cr_expect(answer.half_width_s < 0.03 * theory_s, "narrow enough to refuse an error of 3 %%");
}

Test(mm1, of_a_hundred_intervals_about_95_hold_the_theory)
{
    int holding = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const struct dvfo_mm1_def def = {
            .customers = 10000, .arrival_rate_hz = 0.5, .service_rate_hz = 1.0, .seed = seed};
        const struct answer answer = serve(&def);
        holding += fabs(answer.mean_s - 1.0 / (1.0 - 0.5)) <= answer.half_width_s;
    }
    cr_expect(holding >= 88 && holding <= 100, "%d", holding); /* binomial: below 88 in one case of 400 */
}
