#include "policies/rates.h"

#include <math.h>

double dvfo_rates_at(const struct dvfo_rates *rates, int i)
{
    return rates->lowest_bps * pow(10.0, (double)i / rates->per_decade);
}

int dvfo_rates_nearest(const struct dvfo_rates *rates, double rate_bps)
{
    const double place = round(rates->per_decade * log10(rate_bps / rates->lowest_bps));
    return (int)fmin(fmax(place, 0.0), rates->count - 1);
}
