/* Busy counters between readings. */
#include <criterion/criterion.h>
#include <math.h>

#include "bench/live/edge/counters.h"

#define NEAR(a, b) (fabs((a) - (b)) < 1e-12)

Test(counters, go_on_at_the_rate_of_the_last_stretch)
{
    struct dvfo_counters counters = {0};
    dvfo_counters_read(&counters, 0.02, (const double[]){0.01, 0.02, 0.0});
    cr_expect(NEAR(dvfo_counters_at(&counters, DVFO_CPU, 0.03), 0.015));
    cr_expect(NEAR(dvfo_counters_at(&counters, DVFO_GPU, 0.03), 0.03));
    cr_expect(NEAR(dvfo_counters_at(&counters, DVFO_MEM, 0.03), 0.0));
}

/* A load that holds is seen as that load, however often one looks between two readings. */
Test(counters, show_a_constant_load_at_any_interval)
{
    struct dvfo_counters counters = {0};
    double before = 0.0;
    for (int i = 1; i <= 200; i++) { /* looked at every 4 ms, read every 20 */
        const double now_s = 0.004 * i;
        if (i % 5 == 0) {
            dvfo_counters_read(&counters, now_s, (const double[]){0.7 * now_s, 0.0, 0.0});
        }
        const double seen = dvfo_counters_at(&counters, DVFO_CPU, now_s);
        cr_expect(i <= 5 || NEAR((seen - before) / 0.004, 0.7), "%g at %d", (seen - before) / 0.004, i);
        before = seen;
    }
}

Test(counters, never_go_back)
{
    struct dvfo_counters counters = {0};
    dvfo_counters_read(&counters, 1.0, (const double[]){1.0, 0.0, 0.0});
    cr_expect(NEAR(dvfo_counters_at(&counters, DVFO_CPU, 1.5), 1.5), "busy all the time");
    dvfo_counters_read(&counters, 2.0, (const double[]){1.0, 0.0, 0.0});
    cr_expect(NEAR(dvfo_counters_at(&counters, DVFO_CPU, 2.0), 1.5), "it was told that much already");
    dvfo_counters_read(&counters, 2.0, (const double[]){9.0, 0.0, 0.0});
    cr_expect(NEAR(dvfo_counters_at(&counters, DVFO_CPU, 2.0), 1.5), "the same reading again says nothing");
}
