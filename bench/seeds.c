#include "bench/seeds.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct dvfo_seeds dvfo_seeds_of(const double *x, size_t n)
{
    double sum = 0.0, squares = 0.0, count = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            sum += x[i];
            count += 1.0;
        }
    }
    const double mean = count > 0.0 ? sum / count : NAN;
    for (size_t i = 0; i < n; i++) {
        squares += isnan(x[i]) ? 0.0 : (x[i] - mean) * (x[i] - mean);
    }
    if (count < 2.0) {
        return (struct dvfo_seeds){mean, NAN};
    }
    const double deviation = sqrt(squares / (count - 1.0));
    return (struct dvfo_seeds){mean, gsl_cdf_tdist_Pinv(0.975, count - 1.0) * deviation / sqrt(count)};
}
