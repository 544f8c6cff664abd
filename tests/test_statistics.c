/* Statistics of runs over tasks, each against a case worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/statistics.h"

enum { MOST = 64 };

static const dvfo_better lower = DVFO_LOWER_IS_BETTER, higher = DVFO_HIGHER_IS_BETTER;
static const double half = 0.5, two = 2.0, below_two = 1.999;

/* Values of a few units add up to within this. */
#define ROUNDING 1e-12

static double of(dvfo_statistic statistic, const void *settings, size_t tasks, size_t runs, const double *x,
                 const double *y)
{
    double scratch[MOST];
    const struct dvfo_scores scores = {tasks, runs, x, y};
    cr_assert(tasks * runs <= MOST);
    return statistic(&scores, settings, scratch);
}

/* Two tasks of three runs. x in order: 0, 1, 2, 6, 9, 30. */
static const double x6[] = {9, 0, 2, 30, 1, 6}, y6[] = {8, 4, 2, 16, 2, 6};

static const struct {
    const char *name;
    dvfo_statistic of;
    const void *settings;
    double expected; /* of x6 against y6 */
} rows[] = {
    /* (0 + 1 + 2 + 6 + 9 + 30) / 6 = 48 / 6 */
    {"mean", dvfo_statistic_mean, NULL, 8.0},
    /* 6 / 4 = 1.5 are cut at each end: (0.5 * 1 + 2 + 6 + 0.5 * 9) / 3 */
    {"interquartile mean", dvfo_statistic_iqm, NULL, 13.0 / 3.0},
    /* (2 + 6) / 2 */
    {"median", dvfo_statistic_median, NULL, 4.0},
    /* 1 falls short by 0, 0 by 1: 1 / 6 */
    {"gap to 1", dvfo_statistic_optimality_gap, NULL, 1.0 / 6.0},
    /* 0 falls short of 2 by 2, 1 by 1, the others by nothing: 3 / 6 */
    {"gap to 2", dvfo_statistic_optimality_gap, &two, 0.5},
    /* 6, 9 and 30 are above 2; 2 itself isn't: 3 / 6 */
    {"share above 2", dvfo_statistic_share_above, &two, 0.5},
    /* first task, x 9, 0, 2 against y 8, 4, 2: 9 wins over all, 2 draws with 2: 3.5 of 9;
       second, x 30, 1, 6 against y 16, 2, 6: 30 wins over all, 6 over 2, 6 draws with 6: 4.5 of 9; (3.5 + 4.5) / 18 */
    {"improvement, higher", dvfo_statistic_improvement, &higher, 8.0 / 18.0},
    {"improvement, by default", dvfo_statistic_improvement, NULL, 8.0 / 18.0},
    {"improvement, lower", dvfo_statistic_improvement, &lower, 10.0 / 18.0},
    /* (1 - 4 + 0 + 14 - 1 + 0) / 6 */
    {"difference", dvfo_statistic_difference, NULL, 10.0 / 6.0},
    /* (-1/8 + 1 + 0 - 7/8 + 1/2 + 0) / 6 */
    {"saving", dvfo_statistic_saving, NULL, 0.5 / 6.0},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static bool agrees(size_t row, dvfo_statistic statistic, const void *settings)
{
    return fabs(of(statistic, settings, 2, 3, x6, y6) - rows[row].expected) <= ROUNDING;
}

Test(statistics, each_is_what_a_hand_finds)
{
    for (size_t i = 0; i < ROWS; i++) {
        cr_expect(agrees(i, rows[i].of, rows[i].settings), "%s: %.17g", rows[i].name,
                  of(rows[i].of, rows[i].settings, 2, 3, x6, y6));
    }
}

/* The saving of the totals, 1 - 48/38, is another number than the mean saving. */
static double saving_of_sums(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    const struct dvfo_scores y = {scores->tasks, scores->runs, scores->y, NULL};
    return 1.0 - dvfo_statistic_mean(scores, settings, scratch) / dvfo_statistic_mean(&y, settings, scratch);
}

/* Cuts whole values, rounded down: 1 of 6 at each end. */
static double whole_cut(const struct dvfo_scores *scores, const void *settings, double *scratch)
{
    (void)scores, (void)settings, (void)scratch;
    return (1.0 + 2.0 + 6.0 + 9.0) / 4.0;
}

Test(statistics, the_hand_tells_each_from_what_it_is_mistaken_for)
{
    static const struct {
        size_t row;
        dvfo_statistic mistaken;
        const void *settings;
    } planted[] = {{0, dvfo_statistic_iqm, NULL},
                   {1, dvfo_statistic_mean, NULL}, /* nothing cut */
                   {1, whole_cut, NULL},
                   {1, dvfo_statistic_median, NULL},
                   {2, dvfo_statistic_iqm, NULL},
                   {3, dvfo_statistic_optimality_gap, &two},
                   {5, dvfo_statistic_share_above, &below_two}, /* as if what equals tau counted */
                   {6, dvfo_statistic_improvement, &lower},
                   {8, dvfo_statistic_improvement, &higher},
                   {9, dvfo_statistic_saving, NULL},
                   {10, saving_of_sums, NULL}};
    for (size_t i = 0; i < sizeof planted / sizeof planted[0]; i++) {
        cr_expect(!agrees(planted[i].row, planted[i].mistaken, planted[i].settings), "%zu passes for %s", i,
                  rows[planted[i].row].name);
    }
}

Test(statistics, cut_fractions_equal_whole_values_of_a_sample_four_times_as_large)
{
    /* with each value four times the cut falls between values: the plain mean of the middle half */
    static const double sorted[] = {-3, 0.5, 1, 1, 4, 9, 10, 12, 20, 21, 33, 50, 51};
    enum { N = sizeof sorted / sizeof sorted[0] };
    for (size_t n = 1; n <= N; n++) {
        double sum = 0.0;
        for (size_t i = n; i < 3 * n; i++) {
            sum += sorted[i / 4];
        }
        cr_expect_float_eq(of(dvfo_statistic_iqm, NULL, 1, n, sorted, NULL), sum / (2.0 * (double)n), ROUNDING, "%zu",
                           n);
    }
}

Test(statistics, a_wild_run_moves_the_mean_alone)
{
    double x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const double iqm = of(dvfo_statistic_iqm, NULL, 2, 4, x, NULL);
    x[7] = 1e6;
    cr_expect_eq(of(dvfo_statistic_iqm, NULL, 2, 4, x, NULL), iqm);
    cr_expect_eq(of(dvfo_statistic_median, NULL, 2, 4, x, NULL), 4.5);
    cr_expect(of(dvfo_statistic_mean, NULL, 2, 4, x, NULL) > 1e5);
}

Test(statistics, a_log_ratio_is_a_geometric_mean_and_changes_sign_with_the_order)
{
    /* 1/2, 4, 4: ln 8 / 3 = ln 2 */
    static const double x[] = {1, 8, 12}, y[] = {2, 2, 3};
    cr_expect_float_eq(of(dvfo_statistic_log_ratio, NULL, 1, 3, x, y), log(2.0), ROUNDING);
    cr_expect_float_eq(of(dvfo_statistic_log_ratio, NULL, 3, 1, y, x), -log(2.0), ROUNDING);
    /* the saving doesn't: 1 - (1/2 + 4 + 4)/3 against 1 - (2 + 1/4 + 1/4)/3 */
    cr_expect_float_eq(of(dvfo_statistic_saving, NULL, 1, 3, x, y), 1.0 - 8.5 / 3.0, ROUNDING);
    cr_expect_float_eq(of(dvfo_statistic_saving, NULL, 1, 3, y, x), 1.0 - 2.5 / 3.0, ROUNDING);
}

Test(statistics, equal_values_leave_nothing_to_choose)
{
    double x[12];
    for (size_t i = 0; i < 12; i++) {
        x[i] = 0.7;
    }
    cr_expect_float_eq(of(dvfo_statistic_mean, NULL, 3, 4, x, NULL), 0.7, ROUNDING);
    cr_expect_float_eq(of(dvfo_statistic_iqm, NULL, 4, 3, x, NULL), 0.7, ROUNDING);
    cr_expect_eq(of(dvfo_statistic_median, NULL, 4, 3, x, NULL), 0.7);
    cr_expect_float_eq(of(dvfo_statistic_optimality_gap, NULL, 4, 3, x, NULL), 0.3, ROUNDING);
    cr_expect_eq(of(dvfo_statistic_optimality_gap, &half, 4, 3, x, NULL), 0.0);
    cr_expect_eq(of(dvfo_statistic_share_above, &x[0], 4, 3, x, NULL), 0.0);
    cr_expect_eq(of(dvfo_statistic_improvement, NULL, 4, 3, x, x), 0.5);
    cr_expect_eq(of(dvfo_statistic_improvement, &lower, 4, 3, x, x), 0.5);
    cr_expect_eq(of(dvfo_statistic_difference, NULL, 4, 3, x, x), 0.0);
    cr_expect_eq(of(dvfo_statistic_saving, NULL, 4, 3, x, x), 0.0);
    cr_expect_eq(of(dvfo_statistic_log_ratio, NULL, 4, 3, x, x), 0.0);
}

Test(statistics, a_single_run_is_its_own_mean_median_and_middle)
{
    static const double x[] = {3.25}, y[] = {4};
    cr_expect_eq(of(dvfo_statistic_mean, NULL, 1, 1, x, NULL), 3.25);
    cr_expect_eq(of(dvfo_statistic_iqm, NULL, 1, 1, x, NULL), 3.25);
    cr_expect_eq(of(dvfo_statistic_median, NULL, 1, 1, x, NULL), 3.25);
    cr_expect_eq(of(dvfo_statistic_improvement, NULL, 1, 1, x, y), 0.0);
    cr_expect_eq(of(dvfo_statistic_improvement, &lower, 1, 1, x, y), 1.0);
    cr_expect_eq(of(dvfo_statistic_saving, NULL, 1, 1, x, y), 0.1875); /* 0.75 / 4 */
}

Test(statistics, the_order_of_tasks_and_of_runs_is_of_no_account)
{
    /* the tasks change places, and the runs of both go round: 9, 0, 2 becomes 2, 9, 0 */
    static const double x[] = {6, 30, 1, 2, 9, 0}, y[] = {6, 16, 2, 2, 8, 4};
    for (size_t i = 0; i < ROWS; i++) {
        cr_expect_float_eq(of(rows[i].of, rows[i].settings, 2, 3, x, y), rows[i].expected, ROUNDING, "%s",
                           rows[i].name);
    }
}

Test(statistics, improvement_compares_runs_of_one_task_only)
{
    /* within its task each run of x wins; across tasks the small one would lose: 12 of 16 */
    static const double x[] = {2, 2, 200, 200}, y[] = {1, 1, 100, 100};
    cr_expect_eq(of(dvfo_statistic_improvement, NULL, 2, 2, x, y), 1.0);
    cr_expect_eq(of(dvfo_statistic_improvement, NULL, 1, 4, x, y), 0.75);
}

Test(statistics, improvement_of_one_over_the_other_and_back_make_a_whole)
{
    cr_expect_float_eq(of(dvfo_statistic_improvement, NULL, 2, 3, x6, y6) +
                           of(dvfo_statistic_improvement, NULL, 2, 3, y6, x6),
                       1.0, ROUNDING);
}

Test(statistics, a_profile_falls_from_all_runs_to_none_and_counts_what_lies_above)
{
    /* of 0, 1, 2, 6, 9, 30 */
    static const double tau[] = {-1, 0, 1.5, 6, 9, 29.9, 30}, six_times[] = {6, 5, 4, 2, 1, 1, 0};
    enum { COUNT = sizeof tau / sizeof tau[0] };
    const struct dvfo_scores scores = {2, 3, x6, NULL};
    double share[COUNT];
    dvfo_statistics_profile(&scores, tau, COUNT, share);
    for (size_t i = 0; i < COUNT; i++) {
        cr_expect_float_eq(share[i], six_times[i] / 6.0, ROUNDING, "above %g: %g", tau[i], share[i]);
    }
}

Test(statistics, scores_are_only_read)
{
    double x[6], y[6];
    memcpy(x, x6, sizeof x);
    memcpy(y, y6, sizeof y);
    for (size_t i = 0; i < ROWS; i++) {
        of(rows[i].of, rows[i].settings, 2, 3, x, y);
    }
    cr_expect(memcmp(x, x6, sizeof x) == 0 && memcmp(y, y6, sizeof y) == 0);
}

static void take(dvfo_statistic statistic, double x, double y)
{
    const double xs[] = {1, x}, ys[] = {1, y};
    of(statistic, NULL, 1, 2, xs, ys);
}

Test(statistics, a_score_that_is_no_number_is_refused, .signal = SIGABRT)
{
    take(dvfo_statistic_iqm, NAN, 1.0);
}

Test(statistics, an_infinite_score_is_refused, .signal = SIGABRT)
{
    take(dvfo_statistic_difference, 1.0, INFINITY);
}

Test(statistics, a_saving_against_nothing_is_refused, .signal = SIGABRT)
{
    take(dvfo_statistic_saving, 1.0, 0.0);
}

Test(statistics, a_logarithm_of_nothing_is_refused, .signal = SIGABRT)
{
    take(dvfo_statistic_log_ratio, 0.0, 1.0);
}

Test(statistics, a_comparison_with_nobody_is_refused, .signal = SIGABRT)
{
    static const double x[] = {1, 2};
    of(dvfo_statistic_improvement, NULL, 1, 2, x, NULL);
}
