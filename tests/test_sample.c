#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/sample.h"

enum { INPUTS = 200000 };

#define SEED 11

/* The mean of a function over all difficulties, by the midpoint rule: an error of about 1e-9 for what is smooth here.
 */
static double mean_over_inputs(double (*value)(double difficulty, double threshold), double threshold)
{
    enum { CELLS = 20000 };
    double sum = 0.0;
    for (int i = 0; i < CELLS; i++) {
        sum += value((i + 0.5) / CELLS, threshold);
    }
    return sum / CELLS;
}

static double right_little(double difficulty, double threshold)
{
    (void)threshold;
    return dvfo_sample_right(DVFO_ANSWER_LITTLE, difficulty);
}

static double right_full(double difficulty, double threshold)
{
    (void)threshold;
    return dvfo_sample_right(DVFO_ANSWER_FULL, difficulty);
}

/* P(score < threshold) at a difficulty, written out: the logit is 6 (1/2 - u) plus logistic noise of deviation 1.2. */
static double below(double difficulty, double threshold)
{
    const double scale = 1.2 * sqrt(3.0) / M_PI;
    return 1.0 / (1.0 + exp(-(log(threshold / (1.0 - threshold)) - 6.0 * (0.5 - difficulty)) / scale));
}

static double right_after_appeals(double difficulty, double threshold)
{
    const double appeals = below(difficulty, threshold);
    return appeals * right_full(difficulty, threshold) + (1.0 - appeals) * right_little(difficulty, threshold);
}

Test(sample, over_all_inputs_the_full_network_is_right_75_and_the_little_62_per_cent_of_the_time)
{
    cr_expect_float_eq(mean_over_inputs(right_full, 0.0), 0.75, 1e-8);
    cr_expect_float_eq(mean_over_inputs(right_little, 0.0), 0.62, 1e-8);
}

Test(sample, harder_inputs_are_answered_rightly_less_often_and_by_the_little_network_least)
{
    for (int i = 0; i < 100; i++) {
        const double u = i / 100.0, harder = u + 0.01;
        cr_expect(right_full(harder, 0.0) < right_full(u, 0.0) && right_little(harder, 0.0) < right_little(u, 0.0));
        cr_expect(right_little(u, 0.0) < right_full(u, 0.0));
        cr_expect(right_little(u, 0.0) > 0.0 && right_full(u, 0.0) < 1.0);
    }
}

Test(sample, the_share_of_scores_below_a_threshold_is_the_integral_and_what_is_drawn)
{
    static const double thresholds[] = {0.001, 0.2, 0.5, 0.7, 0.99};
    for (size_t t = 0; t < sizeof thresholds / sizeof thresholds[0]; t++) {
        long drawn = 0;
        for (long i = 0; i < INPUTS; i++) {
            drawn += dvfo_sample_score(SEED, i) < thresholds[t];
        }
        const double share = dvfo_sample_share_below(thresholds[t]);
        const double deviation = sqrt(share * (1.0 - share) / INPUTS);
        cr_expect_float_eq(share, mean_over_inputs(below, thresholds[t]), 1e-8, "threshold %g", thresholds[t]);
        cr_expect(fabs((double)drawn / INPUTS - share) < 4.0 * deviation, "threshold %g: %g drawn, %g", thresholds[t],
                  (double)drawn / INPUTS, share);
    }
    cr_expect(dvfo_sample_share_below(0.0) == 0.0 && dvfo_sample_share_below(1.0) == 1.0);
    cr_expect_float_eq(dvfo_sample_share_below(0.5), 0.5, 1e-12, "the model is symmetric");
}

Test(sample, accuracy_goes_from_the_little_networks_to_the_full_ones_as_the_threshold_rises)
{
    cr_expect_float_eq(dvfo_sample_accuracy(0.0), 0.62, 1e-8);
    cr_expect_float_eq(dvfo_sample_accuracy(1.0), 0.75, 1e-8);
    double before = dvfo_sample_accuracy(0.0);
    for (int i = 1; i <= 20; i++) {
        const double accuracy = dvfo_sample_accuracy(i / 20.0);
        cr_expect(accuracy > before, "threshold %g", i / 20.0);
        before = accuracy;
    }
}

Test(sample, accuracy_is_the_integral_and_what_is_drawn)
{
    static const double thresholds[] = {0.3, 0.6, 0.9};
    for (size_t t = 0; t < sizeof thresholds / sizeof thresholds[0]; t++) {
        double right = 0.0;
        for (long i = 0; i < INPUTS; i++) {
            const bool appeals = dvfo_sample_score(SEED, i) < thresholds[t];
            right +=
                dvfo_sample_right(appeals ? DVFO_ANSWER_FULL : DVFO_ANSWER_LITTLE, dvfo_sample_difficulty(SEED, i));
        }
        const double accuracy = dvfo_sample_accuracy(thresholds[t]);
        cr_expect_float_eq(accuracy, mean_over_inputs(right_after_appeals, thresholds[t]), 1e-8);
        cr_expect_float_eq(accuracy, right / INPUTS, 4.0 * 0.5 / sqrt(INPUTS)); /* a deviation is at most 1/2 */
    }
}

struct scored {
    double score;
    bool hard;
};

static int by_score(const void *a, const void *b)
{
    const double x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

/* Share of pairs, one hard and one easy, in which the hard one has the lower score. */
static double area_under_curve(struct scored inputs[], size_t n)
{
    qsort(inputs, n, sizeof *inputs, by_score);
    double hard = 0.0, easy = 0.0, pairs = 0.0;
    for (size_t i = 0; i < n; i++) {
        hard += inputs[i].hard;
        easy += !inputs[i].hard;
        pairs += inputs[i].hard ? 0.0 : hard; /* hard ones that scored lower than this easy one */
    }
    return pairs / (hard * easy);
}

Test(sample, the_area_under_the_curve_of_hard_against_easy_by_hand)
{
    struct scored inputs[] = {{0.1, true}, {0.2, false}, {0.3, true}, {0.9, false}};
    cr_expect_float_eq(area_under_curve(inputs, 4), 0.75, 1e-12); /* of four pairs one is the wrong way round */
}

Test(sample, the_score_tells_the_harder_half_from_the_easier_with_an_area_of_0_926)
{
    struct scored *inputs = calloc(INPUTS, sizeof *inputs);
    for (long i = 0; i < INPUTS; i++) {
        inputs[i] = (struct scored){dvfo_sample_score(SEED, i), dvfo_sample_difficulty(SEED, i) > 0.5};
    }
    /* 0.92575 by integrating the model; drawn, it deviates by about sqrt(0.93 * 0.07 / (INPUTS / 2)) = 0.0008 at most
     */
    cr_expect_float_eq(area_under_curve(inputs, INPUTS), 0.92575, 0.0024);
    free(inputs);
}
