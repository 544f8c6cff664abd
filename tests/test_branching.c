#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "policies/nn/adam.h"
#include "policies/nn/branching_naive.h"
#include "policies/nn/branching_pass.h"
#include "policies/nn/double_q.h"
#include "policies/nn/matrix.h"
#include "policies/nn/td.h"
#include "sim/base/random.h"

/* ---- helpers ---- */

static struct dvfo_ctx ctx;

/* n numbers within -1 .. 1 from a stream of that name; caller frees. */
static float *numbers(long n, const char *stream)
{
    gsl_rng *rng = dvfo_random_stream(1, (uint64_t)n, stream);
    float *x = malloc((size_t)n * sizeof *x);
    for (long i = 0; i < n; i++) {
        x[i] = (float)(2.0 * gsl_rng_uniform(rng) - 1.0);
    }
    gsl_rng_free(rng);
    return x;
}

/* Largest difference, relative to the largest number of the twin; infinite when a number isn't finite. */
static double distance(size_t n, const float *fast, const double *naive)
{
    double difference = 0.0, largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(fast[i]) || !isfinite(naive[i])) {
            return INFINITY;
        }
        difference = fmax(difference, fabs((double)fast[i] - naive[i]));
        largest = fmax(largest, fabs(naive[i]));
    }
    return largest > 0.0 ? difference / largest : INFINITY;
}

/* Single precision, sums of up to some hundred summands. */
#define TOLERANCE 1e-5

/* The shapes that tests walk over. */
static const struct {
    const char *what;
    struct dvfo_branching_def def;
    long samples;
} shapes[] = {
    {"of the paper's size",
     {.inputs = 32, .layers = 2, .width = {128, 64}, .branches = 4, .choices = {10, 10, 10, 11}, .dueling = true},
     64},
    {"one sample", {.inputs = 7, .layers = 2, .width = {12, 9}, .branches = 2, .choices = {3, 4}, .dueling = true}, 1},
    {"hidden units in the heads",
     {.inputs = 5,
      .layers = 2,
      .width = {11, 8},
      .branches = 3,
      .choices = {2, 5, 3},
      .head_width = 6,
      .dueling = true},
     9},
    {"hidden units, no state value",
     {.inputs = 5, .layers = 1, .width = {10}, .branches = 3, .choices = {2, 5, 3}, .head_width = 4},
     9},
    {"no state value", {.inputs = 6, .layers = 3, .width = {9, 8, 7}, .branches = 2, .choices = {4, 2}}, 5},
    {"plain sum of value and advantage",
     {.inputs = 5,
      .layers = 2,
      .width = {11, 8},
      .branches = 3,
      .choices = {2, 5, 3},
      .dueling = true,
      .plain_sum = true},
     9},
    {"plain sum, hidden units in the heads",
     {.inputs = 5,
      .layers = 1,
      .width = {9},
      .branches = 2,
      .choices = {4, 3},
      .head_width = 6,
      .dueling = true,
      .plain_sum = true},
     7},
    {"flat, all branches in one",
     {.inputs = 6, .layers = 1, .width = {16}, .branches = 1, .choices = {1100}, .dueling = true},
     3},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* A network with random parameters, biases too, and samples to feed it. */
struct fixture {
    struct dvfo_branching *net;
    struct dvfo_branching_pass *pass;
    long B;
    float *in, *dq, *gradient;
    double *q, *naive_gradient;
};

static struct fixture fixture_of(size_t shape)
{
    struct fixture f = {.B = shapes[shape].samples};
    dvfo_matrix_use_threads(1);
    cr_assert_eq(dvfo_branching_create(&ctx, &shapes[shape].def, &f.net), DVFO_OK);
    float *parameters = numbers((long)f.net->count, "parameters");
    for (size_t i = 0; i < f.net->count; i++) {
        f.net->parameters[i] = 0.3f * parameters[i];
    }
    free(parameters);
    dvfo_branching_fold(f.net);
    cr_assert_eq(dvfo_branching_pass_create(&ctx, f.net, f.B, true, &f.pass), DVFO_OK);
    f.in = numbers(f.B * f.net->def.inputs, "in");
    f.dq = numbers(f.B * f.net->actions, "dq");
    memcpy(f.pass->dq, f.dq, (size_t)(f.B * f.net->actions) * sizeof *f.dq);
    f.gradient = numbers((long)f.net->count, "what lay there before");
    f.naive_gradient = calloc(f.net->count, sizeof *f.naive_gradient);
    f.q = calloc((size_t)(f.B * f.net->actions), sizeof *f.q);
    return f;
}

static void fixture_free(struct fixture *f)
{
    free(f->q);
    free(f->naive_gradient);
    free(f->gradient);
    free(f->dq);
    free(f->in);
    dvfo_branching_pass_free(f->pass);
    dvfo_branching_free(f->net);
}

/* ---- network ---- */

Test(branching, forty_one_outputs_serve_where_a_flat_head_needs_eleven_thousand)
{
    struct dvfo_branching *net = NULL;
    struct dvfo_branching_def def = shapes[0].def;
    cr_assert_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_OK);
    cr_expect_eq(net->actions, 41);
    /* (32 + 1) 128 + (128 + 1) 64 + (64 + 1) (1 + 41) */
    cr_expect_eq(net->count, 4224 + 8256 + 2730);
    cr_expect_eq(dvfo_branching_flop(net), 2.0 * (32 * 128 + 128 * 64 + 64 * 41));
    dvfo_branching_free(net);
    def.branches = 1;
    def.choices[0] = 10 * 10 * 10 * 11;
    cr_assert_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_OK);
    cr_expect_eq(net->actions, 11000);
    dvfo_branching_free(net);
}

Test(branching, q_of_a_network_computed_by_hand)
{
    /* h = relu(2 x - 1); V = 3 h; A_0 = (h, -h), A_1 = (h + 3, 0, 0) */
    const struct dvfo_branching_def def = {
        .inputs = 1, .layers = 1, .width = {1}, .branches = 2, .choices = {2, 3}, .dueling = true};
    const float parameters[] = {2, -1, /* value */ 3, 0, /* advantage */ 1, -1, 1, 0, 0, /* bias */ 0, 0, 3, 0, 0};
    const float in[] = {2, 0};
    /* h = 3: V = 9, A_0 = (3, -3), A_1 = (6, 0, 0) of mean 2. h = 0: V = 0, A_0 = 0, A_1 = (3, 0, 0) of mean 1 */
    const float expected[] = {12, 6, 13, 7, 7, 0, 0, 2, -1, -1};
    struct dvfo_branching *net = NULL;
    struct dvfo_branching_pass *pass = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_OK);
    cr_assert_eq(dvfo_branching_pass_create(&ctx, net, 2, false, &pass), DVFO_OK);
    cr_assert_eq(net->count, sizeof parameters / sizeof parameters[0]);
    memcpy(net->parameters, parameters, sizeof parameters);
    dvfo_branching_fold(net);
    dvfo_branching_forward(net, 2, in, pass);
    for (size_t i = 0; i < 10; i++) {
        cr_expect_float_eq(pass->q[i], expected[i], 1e-5, "q %zu is %g, expected %g", i, (double)pass->q[i],
                           (double)expected[i]);
    }
    int choice[2];
    dvfo_branching_greedy(net, pass->q + 5, choice);
    cr_expect_eq(choice[0], 0, "the first of equals");
    cr_expect_eq(choice[1], 0);
    dvfo_branching_pass_free(pass);
    dvfo_branching_free(net);
}

Test(branching, a_plain_sum_leaves_the_mean_of_the_advantages_on)
{
    /* as above: h = 3, V = 9, A_0 = (3, -3), A_1 = (6, 0, 0) */
    const struct dvfo_branching_def def = {
        .inputs = 1, .layers = 1, .width = {1}, .branches = 2, .choices = {2, 3}, .dueling = true, .plain_sum = true};
    const float parameters[] = {2, -1, 3, 0, 1, -1, 1, 0, 0, 0, 0, 3, 0, 0};
    const float in[] = {2}, expected[] = {12, 6, 15, 9, 9};
    struct dvfo_branching *net = NULL;
    struct dvfo_branching_pass *pass = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_OK);
    cr_assert_eq(dvfo_branching_pass_create(&ctx, net, 1, false, &pass), DVFO_OK);
    memcpy(net->parameters, parameters, sizeof parameters);
    dvfo_branching_fold(net);
    dvfo_branching_forward(net, 1, in, pass);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_float_eq(pass->q[i], expected[i], 1e-5, "q %zu is %g", i, (double)pass->q[i]);
    }
    dvfo_branching_pass_free(pass);
    dvfo_branching_free(net);
}

Test(branching, forward_equals_its_naive_twin)
{
    for (size_t i = 0; i < SHAPES; i++) {
        struct fixture f = fixture_of(i);
        dvfo_branching_forward(f.net, f.B, f.in, f.pass);
        dvfo_branching_naive_forward(f.net, f.B, f.in, f.q);
        const double d = distance((size_t)(f.B * f.net->actions), f.pass->q, f.q);
        cr_expect(d < TOLERANCE, "%s: differs by %g", shapes[i].what, d);
        fixture_free(&f);
    }
}

Test(branching, backward_equals_its_naive_twin)
{
    for (size_t i = 0; i < SHAPES; i++) {
        for (int trunk = 0; trunk < 2; trunk++) {
            struct fixture f = fixture_of(i);
            const float scale = trunk == 0 ? 1.0f : 0.2f;
            dvfo_branching_forward(f.net, f.B, f.in, f.pass);
            dvfo_branching_backward(f.net, f.B, f.in, scale, f.pass, f.gradient);
            dvfo_branching_naive_backward(f.net, f.B, f.in, f.dq, (double)scale, f.naive_gradient);
            for (size_t t = 0; t < f.net->tensors; t++) {
                const struct dvfo_branching_tensor *tensor = &f.net->tensor[t];
                const double d = distance((size_t)(tensor->rows * tensor->columns), f.gradient + tensor->offset,
                                          f.naive_gradient + tensor->offset);
                cr_expect(d < TOLERANCE, "%s, %s: differs by %g", shapes[i].what, tensor->name, d);
            }
            fixture_free(&f);
        }
    }
}

/* sum over samples and choices of dq times q: its gradient for q is dq. */
static double linear_loss(const struct fixture *f)
{
    double loss = 0.0;
    dvfo_branching_naive_forward(f->net, f->B, f->in, f->q);
    for (long i = 0; i < f->B * f->net->actions; i++) {
        loss += (double)f->dq[i] * f->q[i];
    }
    return loss;
}

/* Central difference over 2^-12 of a parameter, to either side; the loss is piecewise linear in each, so halving the
 * step changes nothing unless a ReLU switches in between: NaN then. */
static double slope_of(struct fixture *f, size_t parameter)
{
    const float kept = f->net->parameters[parameter];
    double slope[2];
    for (int i = 0; i < 2; i++) {
        const float step = i == 0 ? 0x1p-12f : 0x1p-13f, above = kept + step, below = kept - step;
        f->net->parameters[parameter] = above;
        const double high = linear_loss(f);
        f->net->parameters[parameter] = below;
        slope[i] = (high - linear_loss(f)) / ((double)above - (double)below);
    }
    f->net->parameters[parameter] = kept;
    return fabs(slope[0] - slope[1]) <= 1e-9 * fmax(1.0, fabs(slope[0])) ? slope[1] : (double)NAN;
}

/* Largest difference between gradient and slopes of a tensor, relative to its largest slope. */
static double worst_slope(struct fixture *f, const struct dvfo_branching_tensor *tensor, size_t *compared)
{
    const size_t numbers_in = (size_t)(tensor->rows * tensor->columns);
    const size_t stride = numbers_in > 60 ? numbers_in / 30 : 1; /* of a large tensor every so many-th */
    double worst = 0.0, largest = 0.0;
    for (size_t i = 0; i < numbers_in; i += stride) {
        const double slope = slope_of(f, tensor->offset + i);
        if (!isnan(slope)) {
            worst = fmax(worst, fabs((double)f->gradient[tensor->offset + i] - slope));
            largest = fmax(largest, fabs(slope));
            ++*compared;
        }
    }
    return largest > 0.0 ? worst / largest : INFINITY;
}

Test(branching, gradients_equal_finite_differences_tensor_by_tensor)
{
    for (size_t i = 1; i < SHAPES; i++) {
        struct fixture f = fixture_of(i);
        dvfo_branching_forward(f.net, f.B, f.in, f.pass);
        dvfo_branching_backward(f.net, f.B, f.in, 1.0f, f.pass, f.gradient);
        for (size_t t = 0; t < f.net->tensors; t++) {
            size_t compared = 0;
            const double d = worst_slope(&f, &f.net->tensor[t], &compared);
            cr_expect(d < TOLERANCE && compared > 0, "%s, %s: %g off in %zu numbers", shapes[i].what,
                      f.net->tensor[t].name, d, compared);
        }
        fixture_free(&f);
    }
}

Test(branching, the_comparison_sees_one_wrong_number_of_a_gradient)
{
    struct fixture f = fixture_of(2);
    dvfo_branching_forward(f.net, f.B, f.in, f.pass);
    dvfo_branching_backward(f.net, f.B, f.in, 1.0f, f.pass, f.gradient);
    size_t compared = 0;
    f.gradient[f.net->tensor[0].offset] += 0.01f;
    cr_expect(worst_slope(&f, &f.net->tensor[0], &compared) > 10 * TOLERANCE);
    fixture_free(&f);
}

Test(branching, a_batch_may_be_the_first_half_of_a_pass)
{
    struct fixture f = fixture_of(0);
    float *whole = calloc(f.net->count, sizeof *whole);
    dvfo_branching_forward(f.net, f.B / 2, f.in, f.pass);
    dvfo_branching_backward(f.net, f.B / 2, f.in, 1.0f, f.pass, whole);
    dvfo_branching_forward(f.net, f.B, f.in, f.pass);
    dvfo_branching_backward(f.net, f.B / 2, f.in, 1.0f, f.pass, f.gradient);
    double largest = 0.0;
    for (size_t i = 0; i < f.net->count; i++) {
        largest = fmax(largest, fabs((double)whole[i] - (double)f.gradient[i]));
    }
    cr_expect(largest < 1e-5, "differs by %g", largest); /* BLAS may sum in another order */
    free(whole);
    fixture_free(&f);
}

Test(branching, following_by_a_share_and_copying)
{
    struct fixture a = fixture_of(2), b = fixture_of(2);
    for (size_t i = 0; i < b.net->count; i++) {
        b.net->parameters[i] += 1.0f;
    }
    dvfo_branching_follow(a.net, b.net, 0.25);
    cr_expect_float_eq(a.net->parameters[5], b.net->parameters[5] - 0.75f, 1e-6);
    dvfo_branching_follow(a.net, b.net, 1.0);
    cr_expect_eq(memcmp(a.net->parameters, b.net->parameters, a.net->count * sizeof(float)), 0);
    dvfo_branching_naive_forward(b.net, b.B, b.in, b.q);
    dvfo_branching_forward(a.net, a.B, a.in, a.pass);
    cr_expect(distance((size_t)(a.B * a.net->actions), a.pass->q, b.q) < TOLERANCE, "the heads are folded anew");
    fixture_free(&b);
    fixture_free(&a);
}

Test(branching, sizes_out_of_range_are_refused)
{
    struct dvfo_branching *net = NULL;
    struct dvfo_branching_def def = shapes[0].def;
    def.branches = DVFO_BRANCHING_BRANCHES + 1;
    cr_expect_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "a Q-network with 13 branches, expected 1 to 12");
    def = shapes[0].def;
    def.choices[2] = 1;
    cr_expect_eq(dvfo_branching_create(&ctx, &def, &net), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "a Q-network with 1 choices in a branch, expected 2 to 65536");
    cr_expect_null(net);
}

/* ---- Adam ---- */

Test(adam, first_step_moves_every_parameter_by_the_rate)
{
    /* mean / (1 - beta1) = g and square / (1 - beta2) = g^2, so the step is rate sign(g) */
    const struct dvfo_adam_def def = {.rate = 0.5, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    struct dvfo_adam *adam = NULL;
    const float gradient[] = {3.0f, -0.01f, 0.0f};
    float x[] = {1.0f, 1.0f, 1.0f};
    cr_assert_eq(dvfo_adam_create(&ctx, &def, 3, &adam), DVFO_OK);
    dvfo_adam_step(adam, gradient, 1.0, x);
    cr_expect_float_eq(x[0], 0.5f, 1e-5);
    cr_expect_float_eq(x[1], 1.5f, 1e-5);
    cr_expect_eq(x[2], 1.0f);
    dvfo_adam_free(adam);
}

Test(adam, a_hundred_steps_equal_the_naive_twin)
{
    enum { N = 203 };
    const struct dvfo_adam_def def = dvfo_adam_def_default();
    struct dvfo_adam *fast = NULL, *naive = NULL;
    float *x = numbers(N, "x"), *y = numbers(N, "x");
    cr_assert_eq(dvfo_adam_create(&ctx, &def, N, &fast), DVFO_OK);
    cr_assert_eq(dvfo_adam_create(&ctx, &def, N, &naive), DVFO_OK);
    for (int t = 0; t < 100; t++) {
        char stream[16];
        snprintf(stream, sizeof stream, "gradient %d", t);
        float *gradient = numbers(N, stream);
        dvfo_adam_step(fast, gradient, 0.7, x);
        dvfo_adam_step_naive(naive, gradient, 0.7, y);
        free(gradient);
    }
    for (size_t i = 0; i < N; i++) {
        cr_expect_float_eq(x[i], y[i], 1e-6, "%zu: %g, expected %g", i, (double)x[i], (double)y[i]);
    }
    dvfo_adam_free(naive);
    dvfo_adam_free(fast);
    free(y);
    free(x);
}

Test(adam, averages_without_gradient_end_at_zero_instead_of_denormal_numbers)
{
    const struct dvfo_adam_def def = dvfo_adam_def_default();
    struct dvfo_adam *adam = NULL;
    float gradient = 1.0f, x = 1.0f;
    cr_assert_eq(dvfo_adam_create(&ctx, &def, 1, &adam), DVFO_OK);
    dvfo_adam_step(adam, &gradient, 1.0, &x);
    gradient = 0.0f;
    for (int t = 0; t < 2000; t++) { /* 0.9^2000 is 1e-92 */
        dvfo_adam_step(adam, &gradient, 1.0, &x);
    }
    cr_expect_eq(adam->mean[0], 0.0f);
    dvfo_adam_free(adam);
}

Test(adam, norm_of_a_block)
{
    enum { N = 10007 };
    float *x = calloc(N, sizeof *x);
    for (size_t i = 0; i < N; i++) {
        x[i] = 2.0f;
    }
    cr_expect_float_eq(dvfo_adam_norm(N, x), 2.0 * sqrt(N), 1e-4);
    const float three_four[] = {3.0f, 0.0f, -4.0f};
    cr_expect_float_eq(dvfo_adam_norm(3, three_four), 5.0, 1e-12);
    free(x);
}

/* ---- temporal differences ---- */

/* Two branches of two and three choices, two samples. */
static const struct dvfo_branching_def small = {
    .inputs = 1, .layers = 1, .width = {1}, .branches = 2, .choices = {2, 3}, .dueling = true};
static const float reward[] = {1.0f, 2.0f}, discount[] = {0.5f, 0.0f}, weight[] = {1.0f, 0.5f};
static const int action[] = {1, 2, 0, 0};
static const unsigned spared[] = {0, 0};
static const struct dvfo_minibatch two_samples = {.samples = 2,
                                                  .reward = (float *)reward,
                                                  .discount = (float *)discount,
                                                  .weight = (float *)weight,
                                                  .action = (int *)action,
                                                  .spared = (unsigned *)spared};

Test(td, double_targets_by_hand)
{
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &small, &net), DVFO_OK);
    const float chooser[] = {0, 1, 5, 4, 3, 0, 1, 0, 0, 1};   /* chooses 1 and 0, then 1 and 2 */
    const float valuer[] = {9, 2, 4, 9, 9, 100, 1, 0, 0, 50}; /* so the 9s don't count */
    float y[4];
    dvfo_td_targets(net, DVFO_TD_TARGET_MEAN, 1.0, 2, reward, discount, chooser, valuer, y);
    cr_expect_eq(y[0], 2.5f, "1 + 0.5 (2 + 4) / 2");
    cr_expect_eq(y[1], 2.5f);
    cr_expect_eq(y[2], 2.0f, "nothing follows");
    dvfo_td_targets(net, DVFO_TD_TARGET_BRANCH, 1.0, 2, reward, discount, chooser, valuer, y);
    cr_expect_eq(y[0], 2.0f, "1 + 0.5 * 2");
    cr_expect_eq(y[1], 3.0f, "1 + 0.5 * 4");
    dvfo_branching_free(net);
}

Test(branching, the_best_choice_is_the_best_of_those_allowed)
{
    struct dvfo_branching *net = NULL;
    const float q[] = {3, 1, 9, 4, 4};
    int choice[2];
    cr_assert_eq(dvfo_branching_create(&ctx, &small, &net), DVFO_OK);
    dvfo_branching_greedy(net, q, choice);
    cr_expect(choice[0] == 0 && choice[1] == 0);
    dvfo_branching_allow(net, 1, (const int[]){1, 2}, 2);
    dvfo_branching_greedy(net, q, choice);
    cr_expect(choice[0] == 0 && choice[1] == 1, "the first of equals among those left");
    dvfo_branching_allow(net, 0, (const int[]){1}, 1);
    dvfo_branching_greedy(net, q, choice);
    cr_expect(choice[0] == 1 && choice[1] == 1);
    dvfo_branching_free(net);
}

/* As in double_targets_by_hand, without choice 0 of the second branch: 1 and 1 are chosen. */
Test(td, a_target_values_the_best_of_the_choices_allowed)
{
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &small, &net), DVFO_OK);
    dvfo_branching_allow(net, 1, (const int[]){1, 2}, 2);
    const float chooser[] = {0, 1, 5, 4, 3, 0, 1, 0, 0, 1};
    const float valuer[] = {9, 2, 4, 7, 9, 100, 1, 0, 0, 50};
    float y[4];
    dvfo_td_targets(net, DVFO_TD_TARGET_BRANCH, 1.0, 2, reward, discount, chooser, valuer, y);
    cr_expect_eq(y[0], 2.0f, "1 + 0.5 * 2");
    cr_expect_eq(y[1], 4.5f, "1 + 0.5 * 7");
    dvfo_branching_free(net);
}

Test(td, all_branches_but_the_last_look_less_far_ahead)
{
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &small, &net), DVFO_OK);
    const float q[] = {0, 2, 4, 3, 3, 100, 1, 0, 0, 50};
    float y[4];
    dvfo_td_targets(net, DVFO_TD_TARGET_BRANCH, 3.0, 2, reward, discount, q, q, y);
    cr_expect_float_eq(y[0], 1.25f, 1e-6, "1 + 0.5^3 * 2");
    cr_expect_float_eq(y[1], 3.0f, 1e-6, "1 + 0.5 * 4");
    cr_expect_eq(y[2], 2.0f, "nothing follows, soon or late");
    cr_expect_eq(y[3], 2.0f);
    dvfo_td_targets(net, DVFO_TD_TARGET_MEAN, 3.0, 2, reward, discount, q, q, y);
    cr_expect_float_eq(y[0], 1.375f, 1e-6, "1 + 0.5^3 (2 + 4) / 2");
    cr_expect_float_eq(y[1], 2.5f, 1e-6, "1 + 0.5 (2 + 4) / 2");
    dvfo_branching_free(net);
}

Test(td, losses_by_hand)
{
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &small, &net), DVFO_OK);
    const float q[] = {0, 3, 0, 0, 1.5f, 4, 0, 0, 0, 0}, y[] = {0, 1, 2, 0.5f};
    float dq[10], error[2];
    /* errors 3 and 0.5; 2 and -0.5. Huber: 2.5 and 0.125; 1.5 and 0.125, half the weight; 2 samples of 2 branches */
    cr_expect_float_eq(dvfo_td_loss_of(net, DVFO_TD_LOSS_HUBER, &two_samples, q, y, dq, error),
                       (2.625 + 0.5 * 1.625) / 4.0, 1e-6);
    const float huber[] = {0, 0.25f, 0, 0, 0.125f, 0.125f, 0, -0.0625f, 0, 0};
    cr_expect_arr_eq(dq, huber, sizeof huber);
    cr_expect_eq(error[0], 3.5f);
    cr_expect_eq(error[1], 2.5f);
    cr_expect_float_eq(dvfo_td_loss_of(net, DVFO_TD_LOSS_SQUARED, &two_samples, q, y, dq, error),
                       (4.5 + 0.125 + 0.5 * (2.0 + 0.125)) / 4.0, 1e-6);
    const float squared[] = {0, 0.75f, 0, 0, 0.125f, 0.25f, 0, -0.0625f, 0, 0};
    cr_expect_arr_eq(dq, squared, sizeof squared);
    dvfo_branching_free(net);
}

/* Loss and gradient of the two samples with q and y of the test above, by the definition. */
static double spared_loss(const unsigned spared_bits[2], float dq[10])
{
    static const float q[] = {0, 3, 0, 0, 1.5f, 4, 0, 0, 0, 0}, y[] = {0, 1, 2, 0.5f};
    const size_t taken[] = {1, 4, 5, 7};
    double loss = 0.0;
    memset(dq, 0, 10 * sizeof *dq);
    for (int i = 0; i < 4; i++) {
        const float e = q[taken[i]] - y[i];
        if ((spared_bits[i / 2] >> (i % 2) & 1u) == 0) {
            loss += 0.25 * (double)(weight[i / 2] * 0.5f * e * e);
            dq[taken[i]] = 0.25f * weight[i / 2] * e;
        }
    }
    return loss;
}

Test(td, a_spared_branch_costs_nothing_and_has_no_gradient)
{
    struct dvfo_branching *net = NULL;
    cr_assert_eq(dvfo_branching_create(&ctx, &small, &net), DVFO_OK);
    static const unsigned cases[][2] = {{0, 0}, {1, 0}, {2, 1}, {3, 3}, {1, 2}};
    const float q[] = {0, 3, 0, 0, 1.5f, 4, 0, 0, 0, 0}, y[] = {0, 1, 2, 0.5f};
    float dq[10], expected[10], error[2];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dvfo_minibatch batch = two_samples;
        batch.spared = (unsigned *)cases[i];
        const double loss = dvfo_td_loss_of(net, DVFO_TD_LOSS_SQUARED, &batch, q, y, dq, error);
        cr_expect_float_eq(loss, spared_loss(cases[i], expected), 1e-6, "case %zu: %g", i, loss);
        cr_expect_arr_eq(dq, expected, sizeof expected, "case %zu", i);
    }
    cr_expect_eq(error[0], 0.5f, "of branch 1 alone");
    cr_expect_eq(error[1], 2.0f, "of branch 0 alone");
    const unsigned planted[] = {0, 2}; /* sample 0 not spared: the check sees it */
    cr_expect(fabs(spared_loss(planted, expected) - spared_loss(cases[4], dq)) > 0.1 &&
              memcmp(dq, expected, sizeof dq) != 0);
    dvfo_branching_free(net);
}

/* ---- updates ---- */

static struct dvfo_double_q *double_q_of(const struct dvfo_double_q_def *def)
{
    struct dvfo_double_q *q = NULL;
    dvfo_matrix_use_threads(1);
    cr_assert_eq(dvfo_double_q_create(&ctx, def, &q), DVFO_OK, "%s", ctx.message);
    gsl_rng *rng = dvfo_random_small_stream(1, 0, "weights");
    dvfo_double_q_initialise(q, rng);
    gsl_rng_free(rng);
    return q;
}

static struct dvfo_minibatch *batch_of(const struct dvfo_double_q_def *def)
{
    struct dvfo_minibatch *batch = NULL;
    const long B = def->batch, I = def->network.inputs, D = def->network.branches;
    cr_assert_eq(dvfo_minibatch_create(&ctx, B, I, D, &batch), DVFO_OK);
    float *x = numbers(2 * B * I + 2 * B, "batch");
    memcpy(batch->observation, x, (size_t)(2 * B * I) * sizeof *x);
    for (long b = 0; b < B; b++) {
        batch->reward[b] = x[2 * B * I + b];
        batch->discount[b] = 0.9f;
        batch->weight[b] = 0.5f + 0.5f * fabsf(x[2 * B * I + B + b]);
        for (long d = 0; d < D; d++) {
            batch->action[b * D + d] = (int)((b + d) % def->network.choices[d]);
        }
    }
    free(x);
    return batch;
}

static struct dvfo_double_q_def small_learner(void)
{
    struct dvfo_double_q_def def = dvfo_double_q_def_default();
    def.network = shapes[2].def;
    def.batch = 16;
    return def;
}

/* Loss of a batch for the network as it is, by the naive twin. */
static double naive_loss(const struct dvfo_double_q *q, const struct dvfo_minibatch *batch)
{
    const struct dvfo_branching *net = q->network;
    const long B = batch->samples, D = net->def.branches;
    double *values = calloc((size_t)(B * net->actions), sizeof *values), loss = 0.0;
    dvfo_branching_naive_forward(net, B, batch->observation, values);
    for (long b = 0; b < B; b++) {
        for (long d = 0; d < D; d++) {
            const double e =
                fabs(values[b * net->actions + net->first[d] + batch->action[b * D + d]] - (double)q->y[b * D + d]);
            loss += (double)batch->weight[b] * (e < 1.0 ? 0.5 * e * e : e - 0.5) / (double)(B * D);
        }
    }
    free(values);
    return loss;
}

Test(double_q, the_gradient_of_an_update_equals_finite_differences_of_its_loss)
{
    struct dvfo_double_q_def def = small_learner();
    def.trunk_scale = 1.0;
    def.adam.rate = 1e-9; /* parameters stay where the gradient was taken, to 1e-8 */
    struct dvfo_double_q *q = double_q_of(&def);
    struct dvfo_minibatch *batch = batch_of(&def);
    struct dvfo_double_q_report report;
    cr_assert_eq(dvfo_double_q_update(&ctx, q, batch, &report), DVFO_OK);
    cr_expect_float_eq(report.loss, naive_loss(q, batch), 1e-6);
    for (size_t t = 0; t < q->network->tensors; t++) {
        const struct dvfo_branching_tensor *tensor = &q->network->tensor[t];
        double worst = 0.0, largest = 0.0;
        for (size_t i = tensor->offset; i < tensor->offset + (size_t)(tensor->rows * tensor->columns); i++) {
            const float kept = q->network->parameters[i], above = kept + 0x1p-10f, below = kept - 0x1p-10f;
            q->network->parameters[i] = above;
            const double high = naive_loss(q, batch);
            q->network->parameters[i] = below;
            const double slope = (high - naive_loss(q, batch)) / ((double)above - (double)below);
            q->network->parameters[i] = kept;
            worst = fmax(worst, fabs((double)q->gradient[i] - slope));
            largest = fmax(largest, fabs(slope));
        }
        /* a ReLU may switch within the step, for a sample out of 16 */
        cr_expect(worst < 5e-3 * largest, "%s: %g off, largest %g", tensor->name, worst, largest);
    }
    dvfo_minibatch_free(batch);
    dvfo_double_q_free(q);
}

Test(double_q, repeated_updates_on_one_batch_fit_it)
{
    struct dvfo_double_q_def def = small_learner();
    def.adam.rate = 1e-2;
    struct dvfo_double_q *q = double_q_of(&def);
    struct dvfo_minibatch *batch = batch_of(&def);
    memset(batch->discount, 0, (size_t)def.batch * sizeof *batch->discount);
    struct dvfo_double_q_report first, report;
    cr_assert_eq(dvfo_double_q_update(&ctx, q, batch, &first), DVFO_OK);
    for (int i = 0; i < 500; i++) {
        cr_assert_eq(dvfo_double_q_update(&ctx, q, batch, &report), DVFO_OK);
    }
    cr_expect(report.loss < 1e-3 * first.loss, "loss went from %g to %g", first.loss, report.loss);
    cr_expect_eq(q->updates, 501);
    dvfo_minibatch_free(batch);
    dvfo_double_q_free(q);
}

Test(double_q, a_long_gradient_is_clipped_to_its_norm)
{
    struct dvfo_double_q_def def = small_learner();
    def.clip_norm = 1e-3;
    struct dvfo_double_q *q = double_q_of(&def);
    struct dvfo_minibatch *batch = batch_of(&def);
    struct dvfo_double_q_report report;
    cr_assert_eq(dvfo_double_q_update(&ctx, q, batch, &report), DVFO_OK);
    cr_assert(report.gradient_norm > def.clip_norm);
    /* after one step Adam's mean is a tenth of the gradient that it was given */
    cr_expect_float_eq(dvfo_adam_norm(q->adam->count, q->adam->mean), 0.1 * def.clip_norm, 1e-8);
    dvfo_minibatch_free(batch);
    dvfo_double_q_free(q);
}

Test(double_q, the_target_is_copied_every_so_many_updates)
{
    struct dvfo_double_q_def def = small_learner();
    def.follow_every = 3;
    def.follow_share = 1.0;
    struct dvfo_double_q *q = double_q_of(&def);
    struct dvfo_minibatch *batch = batch_of(&def);
    const size_t bytes = q->network->count * sizeof(float);
    struct dvfo_double_q_report report;
    for (int i = 1; i <= 6; i++) {
        cr_assert_eq(dvfo_double_q_update(&ctx, q, batch, &report), DVFO_OK);
        cr_expect_eq(memcmp(q->network->parameters, q->target->parameters, bytes) == 0, i % 3 == 0, "update %d", i);
    }
    dvfo_minibatch_free(batch);
    dvfo_double_q_free(q);
}

Test(double_q, a_reward_that_is_no_number_stops_learning_and_leaves_the_network)
{
    const struct dvfo_double_q_def def = small_learner();
    struct dvfo_double_q *q = double_q_of(&def);
    struct dvfo_minibatch *batch = batch_of(&def);
    struct dvfo_double_q_report report;
    const float before = q->network->parameters[0];
    batch->reward[3] = NAN;
    cr_expect_eq(dvfo_double_q_update(&ctx, q, batch, &report), DVFO_FAILED);
    cr_expect(strstr(ctx.message, "learning diverged: after 0 updates") != NULL, "%s", ctx.message);
    cr_expect_eq(q->network->parameters[0], before);
    cr_expect_eq(q->updates, 0);
    dvfo_minibatch_free(batch);
    dvfo_double_q_free(q);
}

Test(double_q, numbers_out_of_range_are_refused)
{
    struct dvfo_double_q *q = NULL;
    struct dvfo_double_q_def def = small_learner();
    def.adam.rate = (double)NAN;
    cr_expect_eq(dvfo_double_q_create(&ctx, &def, &q), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "a learner's rate is nan, expected 1e-12 to 10");
    cr_expect_null(q);
}
