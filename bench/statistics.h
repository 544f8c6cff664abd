/* Statistics of repeated runs over several tasks, and how well they are known.
 *
 * Dimensions: T tasks (a board with a network, say), N runs of each (seeds). All statistics are functions of one shape,
 * so that a table of them is a table of rows, and the bootstrap takes any of them, and the caller's own. They read
 * their scores, which have to be finite (a NaN is a mistake of the caller's and stops the program), and write nothing
 * but the scratch memory they are lent. The order of tasks, and of runs (or pairs) in a task, doesn't matter.
 *
 * The choice of statistics follows Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
 * Precipice", NeurIPS 2021 (rliable); where one of ours differs, it says so. */
#ifndef DVFO_BENCH_STATISTICS_H
#define DVFO_BENCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

struct dvfo_scores {
    size_t tasks, runs; /* T, N; each at least 1 */
    const double *x;    /* (T, N), the runs of a task side by side; finite; borrowed */
    const double *y;    /* (T, N) what x is compared with, in the unit of x; finite; NULL in statistics of x alone */
};

/** @param settings  what the statistic says it wants
 *  @param scratch   (T, N) overwritten; may be NULL except where said
 *  @return          in the unit of x, unless said otherwise */
typedef double (*dvfo_statistic)(const struct dvfo_scores *scores, const void *settings, double *scratch);

/* ---- of x alone ---- */

/** Mean of all T N values, which is the mean of the tasks' means. @param settings  NULL */
double dvfo_statistic_mean(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Interquartile mean: the mean of the middle half of all T N values.
 *
 *  A quarter of the values is cut off at each end. Where T N isn't divisible by 4, the value that the cut goes through
 *  counts with the fraction that lies inside: of 5 values 1.25 go at each end, weights 0, 0.75, 1, 0.75, 0. rliable
 *  cuts whole values, rounded down, and agrees where T N is divisible by 4.
 *  @param settings  NULL
 *  @param scratch   needed
 *  Cost: O(T N log(T N)), a sort. */
double dvfo_statistic_iqm(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Median of all T N values, the middle between two for an even number (rliable takes the median of the tasks' means).
 *  @param settings  NULL
 *  @param scratch   needed
 *  Cost: O(T N log(T N)), a sort. */
double dvfo_statistic_median(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Optimality gap (rliable): the mean of max(gamma - x, 0), by how much runs fall short of gamma; at least 0.
 *  @param settings  const double *gamma, in the unit of x; NULL: 1 */
double dvfo_statistic_optimality_gap(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Share of all T N runs with x > tau, 0 to 1: one point of a performance profile.
 *  @param settings  const double *tau, in the unit of x */
double dvfo_statistic_share_above(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Performance profile (rliable's score distribution): the share of runs above each tau. Its band is the bootstrap of
 *  dvfo_statistic_share_above at each tau with one seed, hence over the same resamples.
 *  @param tau    (count) in any order
 *  @param share  (count) written; 0 to 1
 *  Cost: O(count T N). */
void dvfo_statistics_profile(const struct dvfo_scores *scores, const double *tau, size_t count, double *share);

/* ---- of x against y ---- */

typedef enum dvfo_better {
    DVFO_HIGHER_IS_BETTER, /* accuracy, reward */
    DVFO_LOWER_IS_BETTER,  /* energy, latency, cost */
} dvfo_better;

/** Probability of improvement (rliable): that a run of x is better than a run of y at the same task, equal ones counted
 *  half, as a mean over tasks; 0 to 1, 0.5 where neither is better. Mann-Whitney's U / N^2 per task: each run of x
 *  meets each of y, whether or not they are paired.
 *  @param settings  const dvfo_better *; NULL: higher is better
 *  Cost: O(T N^2). */
double dvfo_statistic_improvement(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Mean of x - y over pairs: run n of x with run n of y. @param settings  NULL */
double dvfo_statistic_difference(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Mean relative saving of x against y: of 1 - x/y over pairs, y > 0; 1 where x is nothing, negative where x costs
 *  more. A quotient tells of a pair of runs, so this one is for paired runs only. @param settings  NULL */
double dvfo_statistic_saving(const struct dvfo_scores *scores, const void *settings, double *scratch);

/** Mean of ln(x/y) over pairs, both > 0; its exponential is the geometric mean of x/y, which unlike the mean saving
 *  tells the same when x and y change places. @param settings  NULL */
double dvfo_statistic_log_ratio(const struct dvfo_scores *scores, const void *settings, double *scratch);

/* ---- how well a statistic is known ---- */

struct dvfo_bootstrap_def {
    double confidence; /* share of repetitions of the whole experiment whose interval holds the truth; above 0, below 1;
                          default 0.95 */
    size_t replicates; /* resamples, at least 1; default 2000 */
    uint64_t seed;     /* of the random stream "bootstrap"; default 1 */
    bool paired;       /* run n of x and run n of y share a seed and stay together; else each is resampled for itself;
                          default true. To keep independent runs in pairs is no mistake; to take pairs apart is one: the
                          interval is then as wide as if no seed were shared. */
};

struct dvfo_bootstrap_def dvfo_bootstrap_def_default(void);

struct dvfo_estimate {
    double low, high; /* NaN: not known */
    double point;     /* of the scores as they are */
};

/** Percentile interval of a statistic by the stratified bootstrap (rliable).
 *
 *  Each replicate is a (T, N) array: the N runs of a task are drawn from its own N runs, with replacement, so tasks
 *  that differ don't widen the interval. It tells how the statistic of these T tasks would vary over seeds, not over
 *  tasks. Its ends are quantiles of the statistic over replicates, interpolated linearly between neighbours. T = 1
 *  makes it the plain bootstrap.
 *
 *  One run tells nothing of the spread: for N = 1 the interval is not known. Few runs tell too little of it: that of a
 *  mean is narrower by sqrt((N - 1)/N) than the standard error says, 18 % at N = 3 and 5 % at N = 10. A statistic that
 *  isn't finite in some replicate has no known interval either.
 *
 *  The result is a function of the arguments; different statistics at one seed meet the same resamples of given T, N
 *  and, of pairs, `paired`.
 *  @param def  borrowed
 *  @param out  written; fails only when memory is out
 *  Cost: replicates times the statistic; memory 3 T N + replicates numbers, allocated once. */
dvfo_status dvfo_statistics_bootstrap(struct dvfo_ctx *ctx, const struct dvfo_bootstrap_def *def,
                                      const struct dvfo_scores *scores, dvfo_statistic statistic, const void *settings,
                                      struct dvfo_estimate *out);

#endif
