/* The clock of the live testbed: seconds of CLOCK_MONOTONIC, which runs on whatever is done to the date. */
#ifndef DVFO_LIVE_CLOCK_H
#define DVFO_LIVE_CLOCK_H

#include <time.h>

double dvfo_live_now_s(void);

/** A moment of it as the system calls want it; moments before the clock's beginning are its beginning. */
struct timespec dvfo_live_timespec(double moment_s);

#endif
