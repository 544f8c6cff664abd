/* The input of a request as a row of an accuracy profile, and whether its answer is right. */
#include <criterion/criterion.h>
#include <math.h>

#include "made_up_accuracy.h"
#include "sim/sample.h"

enum { INPUTS = 100000, ROWS = 20 };

#define SEED 11

Test(sample, every_row_is_drawn_about_as_often)
{
    long drawn[ROWS] = {0};
    for (long i = 0; i < INPUTS; i++) {
        const long row = dvfo_sample_row(SEED, i, ROWS);
        cr_assert(row >= 0 && row < ROWS);
        drawn[row]++;
    }
    const double mean = (double)INPUTS / ROWS, deviation = sqrt(mean * (1.0 - 1.0 / ROWS));
    for (int row = 0; row < ROWS; row++) {
        cr_expect(fabs((double)drawn[row] - mean) < 4.0 * deviation, "row %d: %ld", row, drawn[row]);
    }
}

Test(sample, a_row_depends_on_seed_and_request_alone)
{
    long same = 0;
    for (long i = 0; i < 1000; i++) {
        cr_expect(dvfo_sample_row(SEED, i, 5000) == dvfo_sample_row(SEED, i, 5000));
        same += dvfo_sample_row(SEED, i, 5000) == dvfo_sample_row(SEED + 1, i, 5000);
    }
    cr_expect(same < 10, "another seed draws others: %ld of 1000 the same", same);
    cr_expect(dvfo_sample_row(SEED, 7, 1) == 0);
}

static struct dvfo_accuracy_profile *make(void)
{
    const struct made_up_accuracy_def def = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *profile = made_up_accuracy(&def);
    cr_assert(profile != NULL);
    return profile;
}

Test(sample, importance_and_score_are_those_of_the_row)
{
    struct dvfo_accuracy_profile *profile = make();
    for (int part = 0; part < DVFO_PARTS; part++) {
        const struct dvfo_samples samples = {.profile = profile, .part = (dvfo_accuracy_part)part, .seed = SEED};
        const struct dvfo_accuracy_table *table = &profile->part[part];
        for (long i = 0; i < 100; i++) {
            const long row = dvfo_samples_row(&samples, i);
            const float *p = table->importance + row * 8; /* 8 channels: quarters of two */
            double importance[DVFO_IMPORTANCES];
            dvfo_samples_importance(&samples, row, importance);
            cr_expect(row == dvfo_sample_row(SEED, i, profile->size.requests[part]));
            cr_expect_float_eq(importance[0], (double)p[0] + (double)p[1], 1e-6);
            cr_expect_float_eq(importance[2], 1.0 - (double)p[6] - (double)p[7], 1e-6, "all of it is 1");
            cr_expect(dvfo_samples_score(&samples, row) == (double)table->score[row]);
        }
    }
    dvfo_accuracy_profile_free(profile);
}

Test(sample, of_no_profile_nothing_is_known)
{
    const struct dvfo_samples samples = {.seed = SEED};
    const struct dvfo_scenario_def def = dvfo_scenario_def_default();
    const struct dvfo_request request = {.row = dvfo_samples_row(&samples, 3)};
    double importance[DVFO_IMPORTANCES];
    dvfo_samples_importance(&samples, request.row, importance);
    cr_expect(request.row == -1 && isnan(importance[0]) && isnan(importance[2]));
    cr_expect(isnan(dvfo_samples_score(&samples, -1)) && isnan(dvfo_samples_right(&samples, &def, &request)));
    cr_expect(!dvfo_accuracy_appeals(dvfo_samples_score(&samples, -1), 0.0));
    cr_expect(dvfo_accuracy_appeals(dvfo_samples_score(&samples, -1), 1.0), "always is always");
}

/* One row on which all networks differ from the one beside them in the table below. */
Test(sample, the_answer_that_counts_is_right_or_wrong)
{
    struct dvfo_accuracy_profile *profile = make();
    struct dvfo_accuracy_table *table = &profile->part[DVFO_PART_TEST];
    const struct dvfo_samples samples = {.profile = profile, .part = DVFO_PART_TEST};
    enum { FULL, INT8, LITTLE, SPLIT, KINDS };
    static const struct {
        dvfo_place place;
        dvfo_remote remote;
        bool floats;
        int counts;
    } rows[] = {
        {DVFO_PLACE_EDGE, DVFO_REMOTE_NONE, false, FULL},
        {DVFO_PLACE_CLOUD, DVFO_REMOTE_ANSWERED, false, FULL},
        {DVFO_PLACE_CLOUD, DVFO_REMOTE_GIVEN_UP, false, FULL},
        {DVFO_PLACE_LAYER, DVFO_REMOTE_ANSWERED, false, INT8},
        {DVFO_PLACE_LAYER, DVFO_REMOTE_ANSWERED, true, FULL},
        {DVFO_PLACE_LAYER, DVFO_REMOTE_GIVEN_UP, false, FULL}, /* the rest is computed from the device's own floats */
        {DVFO_PLACE_SPLIT, DVFO_REMOTE_ANSWERED, false, SPLIT},
        {DVFO_PLACE_SPLIT, DVFO_REMOTE_GIVEN_UP, false, FULL}, /* likewise: the tail of full width */
        {DVFO_PLACE_APPEAL, DVFO_REMOTE_NONE, false, LITTLE},
        {DVFO_PLACE_APPEAL, DVFO_REMOTE_ANSWERED, false, FULL},
        {DVFO_PLACE_APPEAL, DVFO_REMOTE_GIVEN_UP, false, LITTLE},
    };
    for (int right = 0; right < KINDS; right++) {
        table->right_full[5] = right == FULL;
        table->right_full_int8[5] = right == INT8;
        table->right_little[5] = right == LITTLE;
        table->right_split[dvfo_accuracy_right_index(5, 3, 5)] = right == SPLIT;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct dvfo_scenario_def def = dvfo_scenario_def_default();
            const struct dvfo_request request = {.row = 5,
                                                 .remote = rows[i].remote,
                                                 .appeals = rows[i].remote != DVFO_REMOTE_NONE,
                                                 .decision = {.place = rows[i].place, .share_tenths = 3}};
            def.layer_int8 = !rows[i].floats;
            const double expected = rows[i].counts == right ? 1.0 : 0.0;
            cr_expect(dvfo_samples_right(&samples, &def, &request) == expected, "row %zu, %d right", i, right);
        }
        cr_expect(dvfo_samples_right_full(&samples, 5) == (right == FULL));
    }
    dvfo_accuracy_profile_free(profile);
}

Test(sample, between_measured_weights_a_split_is_right_in_proportion)
{
    struct dvfo_accuracy_profile *profile = make();
    const struct dvfo_samples samples = {.profile = profile, .part = DVFO_PART_TEST};
    const struct dvfo_request request = {
        .row = 2, .remote = DVFO_REMOTE_ANSWERED, .decision = {.place = DVFO_PLACE_SPLIT, .share_tenths = 6}};
    struct dvfo_scenario_def def = dvfo_scenario_def_default();
    profile->part[DVFO_PART_TEST].right_split[dvfo_accuracy_right_index(2, 6, 4)] = 1;
    profile->part[DVFO_PART_TEST].right_split[dvfo_accuracy_right_index(2, 6, 5)] = 0;
    def.lambda = 0.43;
    cr_expect_float_eq(dvfo_samples_right(&samples, &def, &request), 0.7, 1e-12);
    dvfo_accuracy_profile_free(profile);
}
