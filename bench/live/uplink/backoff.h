/* Backoff: how long to wait before trying again. Not at all at first, then a time that doubles up to the longest, of
 * which chance takes up to a half. */
#ifndef DVFO_BACKOFF_H
#define DVFO_BACKOFF_H

#include <gsl/gsl_rng.h>

struct dvfo_backoff {
    double first_s, longest_s; /* > 0 */
    double next_s;             /* before chance; 0: at once */
    gsl_rng *rng;              /* borrowed */
};

/** The time to wait now [s]; the next one is longer. */
double dvfo_backoff_next_s(struct dvfo_backoff *backoff);

/** It worked. */
void dvfo_backoff_reset(struct dvfo_backoff *backoff);

#endif
