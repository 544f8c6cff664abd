#include "sim/sample.h"

#include <math.h>

#include "sim/base/random.h"

#define LEAST_SKEW 1.0
#define MOST_SKEW 9.0
#define SCORE_SLOPE 6.0 /* of the logit over the difficulty, 0..1 ... */
#define SCORE_NOISE 1.2 /* ... and the spread of its noise; the area under the curve of hard against easy is 0.9 */

/* Uniform in 0..1, never either end. */
static double uniform(uint64_t seed, long request, const char *purpose)
{
    return ((double)(dvfo_random_seed(seed, (uint64_t)request, purpose) >> 11) + 0.5) * 0x1p-53;
}

void dvfo_sample_importance(uint64_t seed, long request, double importance[DVFO_IMPORTANCES])
{
    if (request < 0) {
        for (int i = 0; i < DVFO_IMPORTANCES; i++) {
            importance[i] = NAN;
        }
        return;
    }
    const double s = LEAST_SKEW + (MOST_SKEW - LEAST_SKEW) * uniform(seed, request, "importance");
    const double quarter = exp(-s / 4.0), all = 1.0 - quarter * quarter * quarter * quarter;
    double left = 1.0;
    for (int i = 0; i < DVFO_IMPORTANCES; i++) {
        left *= quarter;
        importance[i] = (1.0 - left) / all; /* integral of exp(-s q) up to q = (i + 1) / 4, of its whole */
    }
}

double dvfo_sample_difficulty(uint64_t seed, long request)
{
    return uniform(seed, request, "difficulty");
}

double dvfo_sample_score(uint64_t seed, long request)
{
    const double noise = uniform(seed, request, "score");
    const double logistic_noise = log(noise / (1.0 - noise)) * (sqrt(3.0) / M_PI); /* of unit variance */
    const double logit = SCORE_SLOPE * (0.5 - dvfo_sample_difficulty(seed, request)) + SCORE_NOISE * logistic_noise;
    return 1.0 / (1.0 + exp(-logit));
}
