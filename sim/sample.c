#include "sim/sample.h"

#include <math.h>

#include <gsl/gsl_integration.h>

#include "sim/base/random.h"

#define LEAST_SKEW 1.0
#define MOST_SKEW 9.0
#define SCORE_SLOPE 6.0 /* of the logit over the difficulty, 0..1 ... */
#define SCORE_NOISE 1.2 /* ... and the spread of its noise */

/* Probabilities to be right: logistic in the difficulty, of one slope, with these means over all inputs. All three are
 * assumptions, of about a slimmed network beside its original on ImageNet. */
#define RIGHT_SLOPE 10.0
#define FULL_ACCURACY 0.75
#define LITTLE_ACCURACY 0.62

#define NOISE_SCALE (sqrt(3.0) / M_PI) /* of a logistic distribution of unit variance */

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

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
    const double logistic_noise = log(noise / (1.0 - noise)) * NOISE_SCALE;
    const double logit = SCORE_SLOPE * (0.5 - dvfo_sample_difficulty(seed, request)) + SCORE_NOISE * logistic_noise;
    return logistic(logit);
}

/* Score and threshold on the scale of the noise, where the score of difficulty u is logistic around 0. */
static double excess(double threshold, double difficulty)
{
    const double logit = log(threshold / (1.0 - threshold)); /* 0 and 1: minus and plus infinity */
    return (logit - SCORE_SLOPE * (0.5 - difficulty)) / (SCORE_NOISE * NOISE_SCALE);
}

/* log(1 + exp(x)), the integral of the logistic function. */
static double softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

double dvfo_sample_share_below(double threshold)
{
    if (threshold <= 0.0 || threshold >= 1.0) {
        return threshold <= 0.0 ? 0.0 : 1.0;
    }
    const double from = excess(threshold, 0.0), to = excess(threshold, 1.0);
    return (softplus(to) - softplus(from)) / (to - from);
}

/* Where a logistic fall of the slope over 0..1 passes one half, so that its mean is `mean`: from
 * mean * slope = softplus(slope * centre) - softplus(slope * (centre - 1)), solved for the centre. */
static double centre_of(double mean)
{
    const double at_mean = exp(RIGHT_SLOPE * mean);
    return log((at_mean - 1.0) / (1.0 - at_mean * exp(-RIGHT_SLOPE))) / RIGHT_SLOPE;
}

double dvfo_sample_right(dvfo_answerer answerer, double difficulty)
{
    const double mean = answerer == DVFO_ANSWER_FULL ? FULL_ACCURACY : LITTLE_ACCURACY;
    return logistic(RIGHT_SLOPE * (centre_of(mean) - difficulty));
}

/* Probability that the answer that counts is right, at one difficulty. */
static double right_at(double difficulty, void *threshold)
{
    const double appeals = logistic(excess(*(const double *)threshold, difficulty));
    return appeals * dvfo_sample_right(DVFO_ANSWER_FULL, difficulty) +
           (1.0 - appeals) * dvfo_sample_right(DVFO_ANSWER_LITTLE, difficulty);
}

double dvfo_sample_accuracy(double threshold)
{
    const gsl_function right = {.function = right_at, .params = &threshold};
    double accuracy = 0.0, error = 0.0;
    size_t evaluations = 0;
    gsl_integration_qng(&right, 0.0, 1.0, 1e-9, 1e-9, &accuracy, &error, &evaluations);
    return accuracy;
}
