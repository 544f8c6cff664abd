#include "bench/live/clock.h"

double dvfo_live_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct timespec dvfo_live_timespec(double moment_s)
{
    const double far_s = 4e9, moment = moment_s <= 0.0 ? 0.0 : moment_s < far_s ? moment_s : far_s; /* a century off */
    const time_t whole_s = (time_t)moment;
    return (struct timespec){.tv_sec = whole_s, .tv_nsec = (long)((moment - (double)whole_s) * 1e9)};
}
