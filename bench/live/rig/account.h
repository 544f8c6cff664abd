/* The energy account of a live run: what was drawn since the rig was opened.
 *
 * Two kinds of sensors fill it. A rail tells a power, which is held until the next reading: the integral is a sum of
 * rectangles, late by half a sample. A counter tells an energy, which counts as it is; between two readings the mean
 * power of the last stretch is held. A power is held for DVFO_RIG_HOLD_S at most: who didn't read for longer doesn't
 * know what was drawn, and such a gap is counted as lost, like a reading that failed. What is lost adds no energy, but
 * for a counter that comes back and tells what was drawn meanwhile.
 *
 * Times are those of the monotonic clock, handed in: nothing here looks at a clock. */
#ifndef DVFO_RIG_ACCOUNT_H
#define DVFO_RIG_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "profiles/hardware/rails.h"

#define DVFO_RIG_HOLD_S 1.0

/* Cumulative since opening. */
struct dvfo_rig_energy {
    double time_s;   /* of the monotonic clock (dvfo_pace_now_s) */
    bool measured;   /* the sensor of the whole tells now: the last reading succeeded and is fresh */
    long lost;       /* readings of the whole that failed, and gaps */
    double module_j; /* the whole: the module's rail, or all counters of a host */
    size_t rail_count;
    double rail_j[DVFO_RAILS_MAX]; /* as dvfo_rig_rail_name has them */
};

struct dvfo_rig_account {
    double at_s;      /* of the last reading ... */
    double counted_s; /* ... and of the last one of counters that succeeded */
    struct dvfo_rig_energy energy;
    double module_w, rail_w[DVFO_RAILS_MAX]; /* held since then; NaN: not known */
    struct dvfo_rig_energy told;             /* what was read last: a counter never goes back */
};

/** Begin at 0 J; nothing is held before the first reading. */
struct dvfo_rig_account dvfo_rig_account_begin(double now_s, size_t rail_count);

/** A reading of powers [W]. @param module_w, rail_w  NaN for what failed to read */
void dvfo_rig_account_power(struct dvfo_rig_account *account, double now_s, double module_w, const double rail_w[]);

/** A reading of counters: the energy since the reading before [J]. @param module_j  NaN when they failed to read */
void dvfo_rig_account_energy(struct dvfo_rig_account *account, double now_s, double module_j, const double rail_j[]);

/** The account at `now_s`, or at the last reading if that came later; never less than what was read before. */
struct dvfo_rig_energy dvfo_rig_account_at(struct dvfo_rig_account *account, double now_s);

/** Was the whole stretch between two readings of the account measured? */
bool dvfo_rig_energy_measured(const struct dvfo_rig_energy *from, const struct dvfo_rig_energy *until);

#endif
