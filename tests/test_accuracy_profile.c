/* What an accuracy profile says: expected values by hand, single requests, AppealNet's threshold. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "made_up_accuracy.h"

#define EXACT 1e-12

static struct dvfo_accuracy_profile *make(void)
{
    const struct made_up_accuracy_def def = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    cr_assert(profile != NULL);
    return profile;
}

static double split(const struct dvfo_accuracy_profile *profile, int share, double lambda)
{
    return dvfo_accuracy_profile_split(profile, DVFO_PART_VALIDATION, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, share,
                                       lambda);
}

Test(accuracy_profile, expected_values_are_means_over_the_seeds)
{
    struct dvfo_accuracy_profile *profile = make();
    cr_expect(epsilon_eq(dbl, dvfo_accuracy_profile_full(profile, DVFO_PART_VALIDATION), 0.80, EXACT));
    cr_expect(epsilon_eq(dbl, dvfo_accuracy_profile_full(profile, DVFO_PART_TEST), 0.78, EXACT));
    cr_expect(epsilon_eq(dbl, dvfo_accuracy_profile_full_int8(profile, DVFO_PART_VALIDATION), 0.796, EXACT));
    cr_expect(epsilon_eq(dbl, split(profile, 3, 0.5), 0.80 - 0.006, EXACT));
    cr_expect(epsilon_eq(dbl, split(profile, 3, 0.3), 0.80 - 0.006 - 0.1 * 0.04, EXACT), "0.3 is a measured weight");
    profile->part[DVFO_PART_VALIDATION]
        .split[dvfo_accuracy_split_index(1, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, 3, 5)] = 0.4;
    cr_expect(epsilon_eq(dbl, split(profile, 3, 0.5), (0.79 - 0.006 + 0.4) / 2.0, EXACT));
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_profile, between_measured_weights_accuracy_is_linear)
{
    struct dvfo_accuracy_profile *profile = make();
    const double at_3 = 0.80 - 0.004 - 0.1 * 0.04, at_4 = 0.80 - 0.004 - 0.1 * 0.01;
    cr_expect(epsilon_eq(dbl, split(profile, 2, 0.3), at_3, EXACT));
    cr_expect(epsilon_eq(dbl, split(profile, 2, 0.325), 0.75 * at_3 + 0.25 * at_4, EXACT));
    cr_expect(epsilon_eq(dbl, split(profile, 2, 0.4), at_4, EXACT));
    cr_expect(epsilon_eq(dbl, split(profile, 2, 1.0), 0.80 - 0.004 - 0.1 * 0.25, EXACT), "the last weight");
    cr_expect(epsilon_eq(dbl, split(profile, 2, 0.99), 0.80 - 0.004 - 0.1 * (0.1 * 0.16 + 0.9 * 0.25), EXACT));
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_profile, share_0_is_the_full_network_and_at_share_1_the_remote_answers_alone)
{
    struct dvfo_accuracy_profile *profile = make();
    struct dvfo_accuracy_table *table = &profile->part[DVFO_PART_VALIDATION];
    cr_expect(epsilon_eq(dbl, split(profile, 0, 0.7), 0.80, EXACT));
    for (int seed = 0; seed < 2; seed++) { /* told apart from the other weights */
        table->split[dvfo_accuracy_split_index(seed, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, 10, 0)] = 0.6;
    }
    cr_expect(epsilon_eq(dbl, split(profile, 10, 0.7), 0.6, EXACT));
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_profile, a_request_is_right_in_part_between_measured_weights)
{
    struct dvfo_accuracy_profile *profile = make();
    uint8_t *right = profile->part[DVFO_PART_TEST].right_split;
    right[dvfo_accuracy_right_index(7, 4, 2)] = 0;
    right[dvfo_accuracy_right_index(7, 4, 3)] = 1;
    right[dvfo_accuracy_right_index(7, 10, 0)] = 1;
    right[dvfo_accuracy_right_index(7, 10, 2)] = 0;
    cr_expect(eq(dbl, dvfo_accuracy_profile_right_split(profile, DVFO_PART_TEST, 7, 4, 0.2), 0.0));
    cr_expect(eq(dbl, dvfo_accuracy_profile_right_split(profile, DVFO_PART_TEST, 7, 4, 0.3), 1.0));
    cr_expect(epsilon_eq(dbl, dvfo_accuracy_profile_right_split(profile, DVFO_PART_TEST, 7, 4, 0.26), 0.6, EXACT));
    cr_expect(eq(dbl, dvfo_accuracy_profile_right_split(profile, DVFO_PART_TEST, 7, 10, 0.2), 1.0));
    dvfo_accuracy_profile_free(profile);
}

Test(accuracy_profile, quarters_of_the_channels_hold_their_importance)
{
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    def.channels = 6; /* a quarter ends in the middle of a channel */
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    struct dvfo_accuracy_table *table = &profile->part[DVFO_PART_VALIDATION];
    const float p[] = {0.4f, 0.25f, 0.15f, 0.1f, 0.06f, 0.04f};
    struct dvfo_ctx ctx = {0};
    for (int a = 0; a < 6; a++) {
        table->importance[a] = p[a];
    }
    cr_assert(dvfo_accuracy_profile_settle(&ctx, profile) == DVFO_OK, "%s", ctx.message);
    cr_expect(epsilon_eq(flt, table->held[0], 0.4f + 0.125f, 1e-6f));
    cr_expect(epsilon_eq(flt, table->held[1], 0.8f, 1e-6f));
    cr_expect(epsilon_eq(flt, table->held[2], 0.9f + 0.03f, 1e-6f));
    for (long i = 1; i < def.requests; i++) {
        const float *held = table->held + 3 * i;
        cr_expect(held[0] > 0.25f && held[1] > held[0] && held[2] > held[1] && held[2] < 1.0f, "row %ld", i);
    }
    dvfo_accuracy_profile_free(profile);
}

/* ---- AppealNet ---- */

/* The lowest threshold of all that make a difference, each tried on every row. */
static double threshold_by_trying(const struct dvfo_accuracy_table *table, long n, double loss)
{
    double full = 0.0, lowest = 1.0;
    for (long i = 0; i < n; i++) {
        full += table->right_full[i] / (double)n;
    }
    for (long candidate = -1; candidate < n; candidate++) {
        const double threshold = candidate < 0 ? 0.0 : (double)table->score[candidate];
        double accuracy = 0.0;
        for (long i = 0; i < n; i++) {
            const bool appeals = (double)table->score[i] < threshold;
            accuracy += (appeals ? table->right_full[i] : table->right_little[i]) / (double)n;
        }
        lowest = accuracy >= full - loss - 1e-9 && threshold < lowest ? threshold : lowest;
    }
    return lowest;
}

Test(accuracy_profile, the_threshold_is_the_lowest_of_all_that_keep_the_floor)
{
    struct dvfo_accuracy_profile *profile = make();
    for (int part = 0; part < DVFO_PARTS; part++) {
        for (double loss = 0.0; loss < 0.2; loss += 0.005) {
            double threshold = NAN;
            struct dvfo_ctx ctx = {0};
            cr_assert(dvfo_accuracy_profile_threshold(&ctx, profile, (dvfo_accuracy_part)part, loss, &threshold) ==
                      DVFO_OK);
            const double tried = threshold_by_trying(&profile->part[part], profile->size.requests[part], loss);
            cr_expect(eq(dbl, threshold, tried), "loss %g", loss);
        }
    }
    dvfo_accuracy_profile_free(profile);
}

/* Appeals are counted where the little network loses by them too: more of them need not be better. */
Test(accuracy_profile, thresholds_are_exact_where_accuracy_falls_and_scores_are_equal)
{
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    def.requests = 10;
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    struct dvfo_accuracy_table *table = &profile->part[DVFO_PART_VALIDATION];
    struct dvfo_ctx ctx = {0};
    const float score[] = {0.1f, 0.1f, 0.2f, 0.3f, 0.3f, 0.5f, 0.6f, 0.7f, 0.8f, 1.0f};
    const uint8_t full[] = {1, 1, 0, 1, 1, 1, 1, 1, 1, 1}, little[] = {0, 0, 1, 1, 0, 1, 1, 1, 1, 1};
    for (int i = 0; i < 10; i++) {
        table->score[i] = score[i];
        table->right_full[i] = full[i];
        table->right_little[i] = little[i];
    }
    cr_assert(dvfo_accuracy_profile_settle(&ctx, profile) == DVFO_OK, "%s", ctx.message);
    const struct {
        double loss, threshold, share, accuracy;
    } rows[] = {
        {0.2, 0.0, 0.0, 0.7},          /* little 0.7, full 0.9 */
        {0.1, (double)0.2f, 0.2, 0.9}, /* both appeals at 0.1 win; the next one would lose */
        {0.0, (double)0.2f, 0.2, 0.9}, /* all that the full network has */
        {-0.05, 1.0, 1.0, 0.9},        /* more than there is: everything appeals */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double threshold = NAN;
        cr_assert(dvfo_accuracy_profile_threshold(&ctx, profile, DVFO_PART_VALIDATION, rows[i].loss, &threshold) ==
                  DVFO_OK);
        cr_expect(eq(dbl, threshold, rows[i].threshold), "row %zu", i);
        cr_expect(epsilon_eq(dbl, dvfo_accuracy_profile_share_below(profile, DVFO_PART_VALIDATION, threshold),
                             rows[i].share, EXACT));
        cr_expect(epsilon_eq(dbl, dvfo_accuracy_profile_appeal(profile, DVFO_PART_VALIDATION, threshold),
                             rows[i].accuracy, EXACT));
    }
    dvfo_accuracy_profile_free(profile);
}
