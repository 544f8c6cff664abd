#include "profiles/hardware/pace.h"

#include <math.h>
#include <stddef.h>
#include <time.h>

#define LONGEST_NAP_S 0.1 /* a signal may come just before a nap begins, and then doesn't end it */

double dvfo_pace_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool dvfo_pace_sleep(double seconds, const volatile sig_atomic_t *stop)
{
    const double until_s = dvfo_pace_now_s() + seconds;
    for (double left_s = seconds; left_s > 0.0; left_s = until_s - dvfo_pace_now_s()) {
        if (stop != NULL && *stop) {
            return false;
        }
        const struct timespec nap = {.tv_sec = 0, .tv_nsec = (long)(fmin(left_s, LONGEST_NAP_S) * 1e9)};
        (void)nanosleep(&nap, NULL);
    }
    return stop == NULL || !*stop;
}
