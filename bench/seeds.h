/* Numbers of several seeds: their mean, and how far off it may be. */
#ifndef DVFO_SEEDS_H
#define DVFO_SEEDS_H

#include <stddef.h>

struct dvfo_seeds {
    double mean;
    double half; /* half the width of the interval that holds the true mean with 95 % (Student's t); NaN for one seed */
};

/** @param x  (n) NaN: not measured, left out */
struct dvfo_seeds dvfo_seeds_of(const double *x, size_t n);

#endif
