/* Busy counters between two readings. They are read some fifty times a second, and governors ask some hundred times:
 * between readings each goes on at the rate of the last stretch, and never back. */
#ifndef DVFO_COUNTERS_H
#define DVFO_COUNTERS_H

#include "profiles/board.h"

struct dvfo_counters {
    double at_s; /* of the last reading */
    double busy_s[DVFO_DOMAINS], rate[DVFO_DOMAINS];
    double told_s[DVFO_DOMAINS]; /* most that was told */
};

/** A reading; one that isn't newer than the last says nothing. */
void dvfo_counters_read(struct dvfo_counters *counters, double at_s, const double busy_s[DVFO_DOMAINS]);

/** One of them by now. */
double dvfo_counters_at(struct dvfo_counters *counters, dvfo_domain domain, double now_s);

#endif
