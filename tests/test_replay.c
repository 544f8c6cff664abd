#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "policies/nn/n_step.h"
#include "policies/nn/replay.h"
#include "sim/base/random.h"

static struct dvfo_ctx ctx;

/* ---- sum tree ---- */

Test(sum_tree, finds_the_leaf_in_whose_stretch_a_number_lies)
{
    double memory[8] = {0};
    cr_assert_eq(dvfo_sum_tree_size(3), 8);
    struct dvfo_sum_tree tree = dvfo_sum_tree_over(3, memory);
    dvfo_sum_tree_set(&tree, 0, 1.0);
    dvfo_sum_tree_set(&tree, 1, 0.0);
    dvfo_sum_tree_set(&tree, 2, 3.0);
    cr_expect_eq(dvfo_sum_tree_total(&tree), 4.0);
    cr_expect_eq(dvfo_sum_tree_find(&tree, 0.0), 0);
    cr_expect_eq(dvfo_sum_tree_find(&tree, 0.999), 0);
    cr_expect_eq(dvfo_sum_tree_find(&tree, 1.0), 2, "leaf 1 has no stretch");
    cr_expect_eq(dvfo_sum_tree_find(&tree, 3.999), 2);
    cr_expect_eq(dvfo_sum_tree_find(&tree, 4.0), 2, "rounded up to the total");
}

Test(sum_tree, stays_sound_through_a_hundred_thousand_changes)
{
    enum { LEAVES = 1000 };
    double *memory = calloc(dvfo_sum_tree_size(LEAVES), sizeof *memory), sum = 0.0;
    struct dvfo_sum_tree tree = dvfo_sum_tree_over(LEAVES, memory);
    gsl_rng *rng = dvfo_random_stream(1, 0, "changes");
    for (int i = 0; i < 100000; i++) {
        dvfo_sum_tree_set(&tree, gsl_rng_uniform_int(rng, LEAVES), exp(20.0 * gsl_rng_uniform(rng) - 10.0));
    }
    for (size_t i = 0; i < LEAVES; i++) {
        sum += dvfo_sum_tree_get(&tree, i);
    }
    cr_expect(dvfo_sum_tree_is_sound(&tree));
    cr_expect_float_eq(dvfo_sum_tree_total(&tree) / sum, 1.0, 1e-13);
    memory[2] = nextafter(memory[2], INFINITY); /* a sum that is wrong in its last bit */
    cr_expect_not(dvfo_sum_tree_is_sound(&tree));
    gsl_rng_free(rng);
    free(memory);
}

/* ---- replay ---- */

enum { ROWS = 50, BATCH = 32 };

static struct dvfo_replay *replay_of(size_t capacity, double alpha)
{
    struct dvfo_replay_def def = dvfo_replay_def_default();
    struct dvfo_replay *replay = NULL;
    def.capacity = capacity;
    def.inputs = 2;
    def.branches = 1;
    def.alpha = alpha;
    cr_assert_eq(dvfo_replay_create(&ctx, &def, &replay), DVFO_OK);
    return replay;
}

/* Transitions that can be told apart: number i has observation (i, -i), next (i + 1, 0), action i, reward 2 i. */
static void add_numbered(struct dvfo_replay *replay, int from, int to)
{
    for (int i = from; i < to; i++) {
        const float x = (float)i, row[] = {x, -x, x + 1, 0, x, 2 * x, 0.5f, 0, 0, 0};
        dvfo_replay_add(replay, row);
    }
}

static struct dvfo_minibatch *batch_of(long samples)
{
    struct dvfo_minibatch *batch = NULL;
    cr_assert_eq(dvfo_minibatch_create(&ctx, samples, 2, 1, &batch), DVFO_OK);
    return batch;
}

/* Give transition i the error `error_of(i)`, all of them in as many batches as it takes. */
static void set_errors(struct dvfo_replay *replay, double (*error_of)(size_t))
{
    struct dvfo_minibatch *one = batch_of(1);
    for (size_t i = 0; i < replay->size; i++) {
        const float error = (float)error_of(i);
        one->row[0] = i;
        dvfo_replay_reprioritise(replay, one, &error);
    }
    dvfo_minibatch_free(one);
}

static double rising(size_t i)
{
    return 0.1 + (double)i;
}

/* rising, but for one transition that is taken for a less urgent one */
static double rising_but_one(size_t i)
{
    return i == 40 ? rising(20) : rising(i);
}

/* Pearson's chi-square of the draws against (error + epsilon)^alpha. Drawing within stretches scatters less than
 * independent draws do, so the usual bound is a wide one. */
static double chi_square(struct dvfo_replay *replay, double (*error_of)(size_t), int draws)
{
    struct dvfo_minibatch *batch = batch_of(BATCH);
    double count[ROWS] = {0}, total = 0.0, sum = 0.0;
    for (int n = 0; n < draws; n += BATCH) {
        dvfo_replay_draw(replay, 0.4, batch);
        for (long b = 0; b < BATCH; b++) {
            count[batch->row[b]] += 1.0;
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        total += pow(error_of(i) + replay->def.epsilon, replay->def.alpha);
    }
    for (size_t i = 0; i < ROWS; i++) {
        const double expected = draws * pow(error_of(i) + replay->def.epsilon, replay->def.alpha) / total;
        sum += (count[i] - expected) * (count[i] - expected) / expected;
    }
    dvfo_minibatch_free(batch);
    return sum;
}

enum { DRAWS = 64000 };

Test(replay, draws_are_in_proportion_to_priorities)
{
    static const double alphas[] = {0.0, 0.6, 1.0};
    const double bound = gsl_cdf_chisq_Qinv(1e-3, ROWS - 1);
    for (size_t i = 0; i < 3; i++) {
        struct dvfo_replay *replay = replay_of(ROWS, alphas[i]);
        add_numbered(replay, 0, ROWS);
        set_errors(replay, rising);
        const double found = chi_square(replay, rising, DRAWS);
        cr_expect(found < bound, "alpha %g: chi-square is %g, expected less than %g", alphas[i], found, bound);
        cr_expect(dvfo_sum_tree_is_sound(&replay->tree));
        dvfo_replay_free(replay);
    }
}

Test(replay, the_statistic_sees_one_wrong_priority_in_fifty)
{
    struct dvfo_replay *replay = replay_of(ROWS, 0.6);
    add_numbered(replay, 0, ROWS);
    set_errors(replay, rising_but_one);
    const double found = chi_square(replay, rising, DRAWS);
    cr_expect(found > 2.0 * gsl_cdf_chisq_Qinv(1e-3, ROWS - 1), "chi-square is only %g", found);
    dvfo_replay_free(replay);
}

Test(replay, weights_undo_what_priorities_favour)
{
    struct dvfo_replay *replay = replay_of(ROWS, 1.0);
    struct dvfo_minibatch *batch = batch_of(BATCH);
    double sum = 0.0, weights = 0.0;
    add_numbered(replay, 0, ROWS);
    set_errors(replay, rising);
    dvfo_replay_draw(replay, 1.0, batch);
    double rarest = INFINITY;
    for (long b = 0; b < BATCH; b++) {
        rarest = fmin(rarest, rising(batch->row[b]));
    }
    for (long b = 0; b < BATCH; b++) { /* (N P)^-1 over that of the rarest */
        cr_expect_float_eq(batch->weight[b], rarest / rising(batch->row[b]), 1e-4);
    }
    for (int n = 0; n < 2000; n++) { /* so the weighted mean of all draws is the plain mean of what is held */
        dvfo_replay_draw(replay, 1.0, batch);
        for (long b = 0; b < BATCH; b++) {
            const double weight = 1.0 / rising(batch->row[b]);
            sum += weight * (double)batch->reward[b];
            weights += weight;
        }
    }
    cr_expect_float_eq(sum / weights, ROWS - 1.0, 0.6, "mean reward is %g, expected %d", sum / weights, ROWS - 1);
    dvfo_minibatch_free(batch);
    dvfo_replay_free(replay);
}

Test(replay, uniform_replay_weighs_all_alike)
{
    struct dvfo_replay *replay = replay_of(ROWS, 0.0);
    struct dvfo_minibatch *batch = batch_of(BATCH);
    add_numbered(replay, 0, ROWS);
    set_errors(replay, rising);
    dvfo_replay_draw(replay, 1.0, batch);
    for (long b = 0; b < BATCH; b++) {
        cr_expect_eq(batch->weight[b], 1.0f);
    }
    dvfo_minibatch_free(batch);
    dvfo_replay_free(replay);
}

Test(replay, a_row_comes_back_as_it_was_put_in)
{
    struct dvfo_replay *replay = replay_of(ROWS, 0.6);
    struct dvfo_minibatch *batch = batch_of(3);
    add_numbered(replay, 7, 8);
    dvfo_replay_draw(replay, 0.4, batch);
    for (long b = 0; b < 3; b++) {
        const float before[] = {7, -7}, after[] = {8, 0};
        cr_expect_arr_eq(batch->observation + 2 * b, before, sizeof before);
        cr_expect_arr_eq(batch->observation + 2 * (3 + b), after, sizeof after);
        cr_expect_eq(batch->action[b], 7);
        cr_expect_eq(batch->reward[b], 14.0f);
        cr_expect_eq(batch->discount[b], 0.5f);
    }
    dvfo_minibatch_free(batch);
    dvfo_replay_free(replay);
}

Test(replay, the_oldest_is_overwritten_and_new_ones_have_the_highest_priority)
{
    struct dvfo_replay *replay = replay_of(3, 1.0);
    struct dvfo_minibatch *one = batch_of(1);
    add_numbered(replay, 0, 3);
    const float error = 5.0f;
    one->row[0] = 1;
    dvfo_replay_reprioritise(replay, one, &error);
    add_numbered(replay, 3, 4);
    cr_expect_eq(replay->size, 3);
    cr_expect_eq(replay->row[0], 3.0f, "where number 0 was");
    cr_expect_float_eq(dvfo_sum_tree_get(&replay->tree, 0), 5.0, 1e-5);
    cr_expect_eq(dvfo_sum_tree_get(&replay->tree, 2), 1.0);
    dvfo_minibatch_free(one);
    dvfo_replay_free(replay);
}

Test(replay, one_seed_draws_the_same)
{
    struct dvfo_replay *replay[2];
    struct dvfo_minibatch *batch[2];
    for (int i = 0; i < 2; i++) {
        replay[i] = replay_of(ROWS, 0.6);
        batch[i] = batch_of(BATCH);
        add_numbered(replay[i], 0, ROWS);
        dvfo_replay_draw(replay[i], 0.4, batch[i]);
    }
    cr_expect_arr_eq(batch[0]->row, batch[1]->row, BATCH * sizeof *batch[0]->row);
    for (int i = 0; i < 2; i++) {
        dvfo_minibatch_free(batch[i]);
        dvfo_replay_free(replay[i]);
    }
}

Test(replay, a_capacity_of_nothing_is_refused)
{
    struct dvfo_replay_def def = dvfo_replay_def_default();
    struct dvfo_replay *replay = NULL;
    def.capacity = 0;
    def.inputs = def.branches = 1;
    cr_expect_eq(dvfo_replay_create(&ctx, &def, &replay), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "a replay of 0 transitions, expected 1 to 2^28");
}

/* ---- n steps ---- */

/* Step `number` of a walk through observations (number, 0), rewarded by 10^number. */
static void walk(struct dvfo_n_step *n_step, long environment, int number, float discount, bool ended,
                 struct dvfo_replay *replay)
{
    const float before[] = {(float)number, 0}, after[] = {(float)number + 1, 0};
    const int action = number;
    const struct dvfo_transition transition = {.observation = before,
                                               .action = &action,
                                               .reward = powf(10.0f, (float)number),
                                               .discount = discount,
                                               .next = after,
                                               .ended = ended};
    dvfo_n_step_add(n_step, environment, &transition, replay);
}

static void expect_row(const struct dvfo_replay *replay, size_t i, float before, float after, float reward,
                       float discount)
{
    const struct dvfo_replay_row row = dvfo_replay_row_at(2, 1, replay->row + i * replay->row_size);
    cr_expect_eq(row.observation[0], before, "row %zu begins at %g", i, (double)row.observation[0]);
    cr_expect_eq(row.action[0], before);
    cr_expect_eq(row.next[0], after, "row %zu reaches %g", i, (double)row.next[0]);
    cr_expect_eq(row.reward[0], reward, "row %zu has %g", i, (double)row.reward[0]);
    cr_expect_eq(row.discount[0], discount, "row %zu has discount %g", i, (double)row.discount[0]);
}

static struct dvfo_n_step *n_step_of(long n, long environments)
{
    struct dvfo_n_step *n_step = NULL;
    cr_assert_eq(dvfo_n_step_create(&ctx, n, environments, 2, 1, &n_step), DVFO_OK);
    return n_step;
}

Test(n_step, rewards_are_summed_each_discounted_by_the_time_before_it)
{
    struct dvfo_replay *replay = replay_of(ROWS, 0.6);
    struct dvfo_n_step *n_step = n_step_of(3, 1);
    walk(n_step, 0, 0, 0.5f, false, replay);
    walk(n_step, 0, 1, 0.25f, false, replay); /* this step took twice as long */
    cr_expect_eq(replay->size, 0);
    walk(n_step, 0, 2, 0.5f, false, replay);
    walk(n_step, 0, 3, 1.0f, false, replay);
    cr_expect_eq(replay->size, 2);
    expect_row(replay, 0, 0, 3, 1 + 0.5f * 10 + 0.125f * 100, 0.0625f);
    expect_row(replay, 1, 1, 4, 10 + 0.25f * 100 + 0.125f * 1000, 0.125f);
    dvfo_n_step_free(n_step);
    dvfo_replay_free(replay);
}

Test(n_step, an_end_closes_all_windows_for_good_or_cut_off)
{
    for (int cut = 0; cut < 2; cut++) {
        struct dvfo_replay *replay = replay_of(ROWS, 0.6);
        struct dvfo_n_step *n_step = n_step_of(3, 1);
        const float last = cut ? 0.5f : 0.0f; /* cut off: what comes next still has a value */
        walk(n_step, 0, 0, 0.5f, false, replay);
        walk(n_step, 0, 1, last, true, replay);
        cr_expect_eq(replay->size, 2);
        expect_row(replay, 0, 0, 2, 1 + 0.5f * 10, 0.5f * last);
        expect_row(replay, 1, 1, 2, 10, last);
        walk(n_step, 0, 2, 0.5f, false, replay);
        cr_expect_eq(replay->size, 2, "the next episode begins anew");
        dvfo_n_step_free(n_step);
        dvfo_replay_free(replay);
    }
}

Test(n_step, environments_do_not_meet)
{
    struct dvfo_replay *replay = replay_of(ROWS, 0.6);
    struct dvfo_n_step *n_step = n_step_of(2, 2);
    walk(n_step, 0, 0, 1.0f, false, replay);
    walk(n_step, 1, 3, 1.0f, false, replay);
    walk(n_step, 0, 1, 1.0f, false, replay);
    cr_expect_eq(replay->size, 1);
    expect_row(replay, 0, 0, 2, 11, 1);
    dvfo_n_step_free(n_step);
    dvfo_replay_free(replay);
}

Test(n_step, one_step_is_the_plain_transition)
{
    struct dvfo_replay *replay = replay_of(ROWS, 0.6);
    struct dvfo_n_step *n_step = n_step_of(1, 1);
    walk(n_step, 0, 2, 0.5f, false, replay);
    cr_expect_eq(replay->size, 1);
    expect_row(replay, 0, 2, 3, 100, 0.5f);
    dvfo_n_step_free(n_step);
    dvfo_replay_free(replay);
}
