#include "bench/live/uplink/backoff.h"

#include <math.h>

double dvfo_backoff_next_s(struct dvfo_backoff *backoff)
{
    const double wait_s = backoff->next_s * (1.0 - 0.5 * gsl_rng_uniform(backoff->rng));
    backoff->next_s = backoff->next_s > 0.0 ? 2.0 * backoff->next_s : backoff->first_s;
    backoff->next_s = fmin(backoff->next_s, backoff->longest_s);
    return wait_s;
}

void dvfo_backoff_reset(struct dvfo_backoff *backoff)
{
    backoff->next_s = 0.0;
}
