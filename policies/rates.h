/* Rates: a grid of link rates, evenly spread over decades, for which a policy plans once and looks up from then on. */
#ifndef DVFO_RATES_H
#define DVFO_RATES_H

struct dvfo_rates {
    double lowest_bps; /* > 0 */
    int per_decade, count;
};

double dvfo_rates_at(const struct dvfo_rates *rates, int i);

/** The entry nearest to a rate on the logarithmic scale; the ends stand for all beyond. @param rate_bps  >= 0 */
int dvfo_rates_nearest(const struct dvfo_rates *rates, double rate_bps);

#endif
