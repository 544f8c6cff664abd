/* Tables and comparisons of an experiment against numbers worked out by hand, from records that are made up
 * (made_up_experiment.h); and that what checks them sees a planted error. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/batch/compare.h"
#include "bench/batch/rows.h"
#include "experiment.h"
#include "made_up_experiment.h"

static struct dvfo_plan plan; /* large, as below */
static struct dvfo_gathered gathered;
static struct dvfo_rows rows;
static struct dvfo_comparison comparison;

TestSuite(experiment_tables, .init = experiment_make_folder, .fini = command_remove_folder, .timeout = 60);

static bool near(double value, double expected)
{
    return fabs(value - expected) <= 1e-12 * fmax(1.0, fabs(expected)); /* sums of a few terms */
}

static struct dvfo_record *record_at(size_t point, size_t policy, size_t seed)
{
    return &gathered.record[(point * gathered.seeds + seed) * gathered.policies + policy];
}

static void make_rows(void)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_rows_make(&ctx, &gathered, &rows) == DVFO_OK, "%s", ctx.message);
}

static void compare(const char *subject)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_compare(&ctx, &gathered, subject, &comparison) == DVFO_OK, "%s", ctx.message);
}

static void free_all(void)
{
    dvfo_rows_free(&rows);
    dvfo_gathered_free(&gathered);
    dvfo_plan_free(&plan);
}

/* ---- rows ---- */

/* Of each network over its two points: mean cost; saving against edge-only and against the cheaper of cloud-only and
 * edge-best at each point, the mean of the two points' 1 - x/y. Those of the others are 6 and 7, then 9 and 4. */
static const struct row {
    const char *policy;
    double cost_j, saving, over_best;
} expected[2 * MADE_UP_POLICIES] = {
    {"edge-only", 10.0, 0.0, 1.0 - (10.0 / 6.0 + 10.0 / 7.0) / 2.0},
    {"random", (5.0 + 8.0) / 2.0, 1.0 - (0.5 + 0.8) / 2.0, 1.0 - (5.0 / 6.0 + 8.0 / 7.0) / 2.0},
    {"cloud-only", (6.0 + 7.0) / 2.0, 1.0 - (0.6 + 0.7) / 2.0, 0.0},
    {"edge-best", 9.0, 0.1, 1.0 - (9.0 / 6.0 + 9.0 / 7.0) / 2.0},
    {"oracle-all", (4.0 + 6.0) / 2.0, 1.0 - (0.4 + 0.6) / 2.0, 1.0 - (4.0 / 6.0 + 6.0 / 7.0) / 2.0},
    {"edge-only", 10.0, 0.0, 1.0 - (10.0 / 9.0 + 10.0 / 4.0) / 2.0},
    {"random", (10.0 + 4.0) / 2.0, 1.0 - (1.0 + 0.4) / 2.0, 1.0 - (10.0 / 9.0 + 4.0 / 4.0) / 2.0},
    {"cloud-only", (12.0 + 4.0) / 2.0, 1.0 - (1.2 + 0.4) / 2.0, 1.0 - (12.0 / 9.0 + 4.0 / 4.0) / 2.0},
    {"edge-best", 9.0, 0.1, 1.0 - (9.0 / 9.0 + 9.0 / 4.0) / 2.0},
    {"oracle-all", (8.0 + 9.9) / 2.0, 1.0 - (0.8 + 0.99) / 2.0, 1.0 - (8.0 / 9.0 + 9.9 / 4.0) / 2.0},
};

/* Number of rows that aren't as expected. */
static size_t wrong_rows(void)
{
    size_t wrong = 0;
    cr_assert(rows.rows == 2 * MADE_UP_POLICIES && rows.keys.count == 2 && rows.columns == 4);
    for (size_t r = 0; r < rows.rows; r++) {
        const struct dvfo_estimate *value = &rows.value[4 * r];
        const bool right =
            strcmp(rows.key[2 * r], r < MADE_UP_POLICIES ? "./a&b_net.yaml" : "./small-network.yaml") == 0 &&
            strcmp(rows.key[2 * r + 1], expected[r].policy) == 0 && near(value[0].point, expected[r].cost_j) &&
            near(value[1].point, 0.5 * expected[r].cost_j) && near(value[2].point, 100.0 * expected[r].saving) &&
            near(value[3].point, 100.0 * expected[r].over_best);
        wrong += !right;
    }
    return wrong;
}

Test(experiment_tables, rows_are_means_and_savings_as_worked_out_by_hand)
{
    static const char *const names[] = {"cost_j", "energy_j", "cost_saving_percent", "cost_over_best_percent"};
    for (int spread = 0; spread < 2; spread++) {
        made_up_gather(5, 0.01 * spread, &plan, &gathered);
        make_rows();
        cr_expect(wrong_rows() == 0, "spread %d", spread);
        for (size_t c = 0; c < 4; c++) {
            cr_expect_str_eq(rows.column[c].name, names[c]);
            cr_expect_str_eq(rows.column[c].units, c < 2 ? "J" : "percent");
        }
        free_all();
    }
}

Test(experiment_tables, a_wrong_record_makes_a_wrong_row)
{
    made_up_gather(5, 0.01, &plan, &gathered);
    const size_t cost = dvfo_record_column("cost_j");
    double *one = &record_at(3, RANDOM, 2)->number[cost], *baseline = &record_at(1, EDGE_ONLY, 4)->number[cost];
    *one *= 1.0001;
    make_rows();
    cr_expect(wrong_rows() == 1, "one seed in ten thousand off");
    dvfo_rows_free(&rows);
    *one /= 1.0001;
    *baseline *= 1.0001;
    make_rows();
    cr_expect(wrong_rows() == MADE_UP_POLICIES, "its own mean and the others' savings");
    dvfo_rows_free(&rows);
    *baseline /= 1.0001;
    const struct dvfo_record swapped = *record_at(0, ORACLE, 0);
    *record_at(0, ORACLE, 0) = *record_at(0, RANDOM, 0);
    *record_at(0, RANDOM, 0) = swapped;
    make_rows();
    cr_expect(wrong_rows() == 2, "two records exchanged");
    free_all();
}

Test(experiment_tables, fewer_than_five_seeds_claim_no_interval)
{
    for (size_t seeds = 1; seeds <= 6; seeds++) {
        made_up_gather(seeds, 0.01, &plan, &gathered);
        make_rows();
        for (size_t i = 0; i < rows.rows * rows.columns; i++) {
            const struct dvfo_estimate *value = &rows.value[i];
            cr_expect(seeds < 5 ? isnan(value->low) && isnan(value->high)
                                : value->low <= value->point + 1e-9 && value->point <= value->high + 1e-9);
        }
        cr_expect(seeds < 5 || rows.value[0].low < rows.value[0].high - 0.05, "1 %% of 10 J from seed to seed");
        compare(NULL);
        cr_expect(isnan(comparison.row[0].ratio.low) == (seeds < 5));
        cr_expect(isnan(comparison.row[1].saving[0].high) == (seeds < 5));
        cr_expect(isnan(comparison.row[1].improvement.low) == (seeds < 5));
        free_all();
    }
}

Test(experiment_tables, what_there_is_no_number_of_is_unknown)
{
    made_up_gather(5, 0.01, &plan, &gathered);
    plan.table.columns = plan.table.saving = plan.comparison.measures =
        (struct dvfo_plan_list){2, {"accuracy", "share"}}; /* no profile; of edge-only nothing */
    make_rows();
    cr_assert(rows.columns == 6);
    cr_expect_str_eq(rows.column[3].name, "share_saving_percent");
    for (size_t r = 0; r < rows.rows; r++) {
        const struct dvfo_estimate *value = &rows.value[6 * r];
        cr_expect(isnan(value[0].point) && near(value[1].point, r % MADE_UP_POLICIES == EDGE_ONLY ? 0.0 : 0.5));
        cr_expect(isnan(value[2].point) && isnan(value[3].point) && isnan(value[3].low) && isnan(value[4].point));
    }
    compare(NULL);
    cr_expect(isnan(comparison.row[1].saving[0].point) && isnan(comparison.row[1].saving[1].point));
    cr_expect(near(comparison.row[2].saving[1].point, 0.0), "random and cloud-only send as much");
    free_all();
}

Test(experiment_tables, savings_are_named_after_their_measure_without_its_unit)
{
    static const char *const names[][2] = {{"cost_j", "cost"},
                                           {"latency_p95_s", "latency_p95"},
                                           {"accuracy_loss", "accuracy_loss"},
                                           {"power_w", "power"},
                                           {"gpu_mhz", "gpu"},
                                           {"share", "share"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct dvfo_measure measure;
        cr_assert(dvfo_measure_find(NULL, names[i][0], &measure) == DVFO_OK);
        cr_expect(dvfo_measure_stem(&measure) == strlen(names[i][1]), "%s", names[i][0]);
    }
}

/* ---- the comparison ---- */

/* Quotients of cost to edge-only's are 0.5 0.8 1 0.4 for random, 0.6 0.7 1.2 0.4 for cloud-only, 0.9 for edge-best. */
static const struct compared {
    const char *policy;
    double ratio, middle, saving, improvement; /* saving: of random, against it */
} expected_rows[] = {
    /* the middle half of four is the mean of the two in the middle, of logarithms */
    {"random", 0.16, 0.5 * 0.8, (double)NAN, (double)NAN},
    {"edge-only", 1.0, 1.0, 1.0 - (0.5 + 0.8 + 1.0 + 0.4) / 4.0, (1.0 + 1.0 + 0.5 + 1.0) / 4.0},
    {"cloud-only", 0.6 * 0.7 * 1.2 * 0.4, 0.6 * 0.7, 1.0 - (5.0 / 6.0 + 8.0 / 7.0 + 10.0 / 12.0 + 1.0) / 4.0,
     (1.0 + 0.0 + 1.0 + 0.5) / 4.0},
    {"edge-best", 0.9 * 0.9 * 0.9 * 0.9, 0.9 * 0.9, 1.0 - (5.0 + 8.0 + 10.0 + 4.0) / 9.0 / 4.0, 0.75},
    {"best rival", 0.6 * 0.7 * 0.9 * 0.4, 0.6 * 0.7, 1.0 - (5.0 / 6.0 + 8.0 / 7.0 + 10.0 / 9.0 + 1.0) / 4.0,
     (double)NAN},
};

static bool same(double value, double wanted)
{
    return isnan(wanted) ? isnan(value) : near(value, wanted);
}

static size_t wrong_comparisons(void)
{
    size_t wrong = 0;
    cr_assert(comparison.rows == 6 && comparison.cells == 4 && comparison.measures == 2);
    for (size_t r = 0; r < 5; r++) {
        const struct dvfo_compare_row *row = &comparison.row[r];
        const struct compared *e = &expected_rows[r];
        wrong += !(strcmp(row->policy, e->policy) == 0 && near(row->ratio.point, pow(e->ratio, 0.25)) &&
                   near(row->middle.point, sqrt(e->middle)) && same(row->saving[0].point, 100.0 * e->saving) &&
                   same(row->saving[1].point, 100.0 * e->saving) && same(row->improvement.point, e->improvement));
    }
    const double all = 100.0 * (expected_rows[1].saving + expected_rows[2].saving + expected_rows[3].saving) / 3.0;
    const struct dvfo_compare_row *last = &comparison.row[5];
    return wrong + !(strcmp(last->policy, "all rivals") == 0 && near(last->saving[0].point, all) &&
                     isnan(last->ratio.point) && isnan(last->improvement.point));
}

Test(experiment_tables, a_policy_is_set_beside_its_rivals_as_worked_out_by_hand)
{
    made_up_gather(5, 0.0, &plan, &gathered);
    compare(NULL);
    cr_expect(wrong_comparisons() == 0);
    cr_expect(comparison.lowest == 2, "below 6 at the first point, level with 4 at the last");
    record_at(0, CLOUD_ONLY, 3)->number[dvfo_record_column("cost_j")] *= 1.001;
    compare(NULL);
    cr_expect(wrong_comparisons() == 3, "a planted error: cloud-only's row, the best rival's, all rivals'");
    free_all();
}

Test(experiment_tables, a_scale_from_the_reference_to_the_oracle_leaves_out_where_there_is_nothing_to_gain)
{
    made_up_gather(5, 0.0, &plan, &gathered);
    compare(NULL);
    /* (10 - cost) / (10 - oracle): 5/6, 1/2, 0 of random, five runs each; 3.75 of 15 are cut off at each end */
    cr_expect(comparison.with_gap == 3, "1 %% at the last point");
    cr_expect(near(comparison.row[0].normalised.point, (1.25 * 0.0 + 5.0 * 0.5 + 1.25 * 5.0 / 6.0) / 7.5));
    cr_expect(near(comparison.row[0].optimality.point, (1.0 / 6.0 + 0.5 + 1.0) / 3.0));
    cr_expect(near(comparison.row[1].normalised.point, 0.0) && near(comparison.row[1].optimality.point, 1.0));
    cr_expect(isnan(comparison.row[4].normalised.point), "of the best rival of each cell it is not told");
    plan.comparison.oracle = NULL;
    compare(NULL);
    cr_expect(isnan(comparison.row[0].normalised.point) && isnan(comparison.row[0].optimality.point));
    free_all();
}

Test(experiment_tables, lowest_counts_ties_within_the_interval_where_one_is_known)
{
    /* a mean of 8 against 7, of 10 against 9: reached when seeds differ by a fifth, not by a fiftieth */
    static const struct {
        size_t seeds;
        double spread;
        size_t lowest;
    } cases[] = {{5, 0.02, 2}, {5, 0.2, 4}, {4, 0.2, 2}};
    for (size_t i = 0; i < 3; i++) {
        made_up_gather(cases[i].seeds, cases[i].spread, &plan, &gathered);
        compare(NULL);
        cr_expect(comparison.lowest == cases[i].lowest, "%zu seeds, spread %g: %zu", cases[i].seeds, cases[i].spread,
                  comparison.lowest);
        free_all();
    }
}

Test(experiment_tables, anybody_can_be_the_subject_but_not_who_does_not_run)
{
    struct dvfo_ctx ctx = {0};
    made_up_gather(5, 0.0, &plan, &gathered);
    compare("oracle-all");
    cr_expect_str_eq(comparison.row[0].policy, "oracle-all");
    cr_expect(near(comparison.row[1].saving[0].point, 100.0 * (1.0 - (0.4 + 0.6 + 0.8 + 0.99) / 4.0)));
    cr_expect(dvfo_compare(&ctx, &gathered, "dvfo", &comparison) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "the comparison of made-up names policy 'dvfo', which the plan doesn't run");
    free_all();
}

Test(experiment_tables, a_profile_is_the_share_of_runs_that_are_cheaper_by_each_factor)
{
    static const double factors[] = {2.0, 1.25, 1.0, 2.5}; /* edge-only's cost over random's */
    double tau[DVFO_COMPARE_TAUS];
    struct dvfo_estimate share[DVFO_COMPARE_TAUS];
    struct dvfo_ctx ctx = {0};
    made_up_gather(5, 0.01, &plan, &gathered);
    cr_assert(dvfo_compare_profile(&ctx, &gathered, RANDOM, tau, share) == DVFO_OK, "%s", ctx.message);
    cr_expect(tau[0] == 0.5 && near(tau[DVFO_COMPARE_TAUS - 1], 4.0));
    for (size_t t = 0; t < DVFO_COMPARE_TAUS; t++) {
        double count = 0.0;
        for (size_t i = 0; i < 4; i++) {
            count += factors[i] > tau[t];
        }
        cr_expect(near(share[t].point, count / 4.0), "tau %g: %g", tau[t], share[t].point);
        cr_expect(t == 0 || near(tau[t] / tau[t - 1], pow(8.0, 1.0 / 40.0)));
    }
    free_all();
}
