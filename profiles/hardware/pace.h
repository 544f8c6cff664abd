/* Time as it passes here: a clock that only goes forward, and sleep that can be cut short. */
#ifndef DVFO_PACE_H
#define DVFO_PACE_H

#include <signal.h>
#include <stdbool.h>

/** Monotonic clock [s]. */
double dvfo_pace_now_s(void);

/** Sleep, at most `seconds`; less when `*stop` becomes non-zero (looked at ten times a second).
 *  @param stop  may be NULL
 *  @return      false when it did */
bool dvfo_pace_sleep(double seconds, const volatile sig_atomic_t *stop);

#endif
