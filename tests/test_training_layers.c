#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "policies/nn/naive.h"
#include "policies/nn/train/batch_norm.h"
#include "policies/nn/train/classify.h"
#include "policies/nn/train/convolve.h"
#include "policies/nn/train/crew.h"
#include "policies/nn/train/depthwise.h"
#include "policies/nn/train/sgd.h"
#include "policies/nn/train/stack.h"
#include "sim/base/random.h"

/* ---- helpers ---- */

/* n numbers of a normal distribution from a stream of that name; caller frees. */
static float *numbers(long n, const char *stream)
{
    gsl_rng *rng = dvfo_random_stream(1, (uint64_t)n, stream);
    float *x = malloc((size_t)n * sizeof *x);
    for (long i = 0; i < n; i++) {
        x[i] = (float)(gsl_rng_uniform(rng) + gsl_rng_uniform(rng) + gsl_rng_uniform(rng) - 1.5) * 2.0f;
    }
    gsl_rng_free(rng);
    return x;
}

/* (first, second, N) -> (second, first, N): between the layouts of learning and of inference. Caller frees. */
static float *swapped(long first, long second, long N, const float *x)
{
    float *y = malloc((size_t)(first * second * N) * sizeof *y);
    for (long a = 0; a < first; a++) {
        for (long b = 0; b < second; b++) {
            memcpy(y + (b * first + a) * N, x + (a * second + b) * N, (size_t)N * sizeof *y);
        }
    }
    return y;
}

/* Largest difference relative to the largest number of the twin. */
static double distance(long n, const float *fast, const float *twin)
{
    double difference = 0.0, largest = 0.0;
    for (long i = 0; i < n; i++) {
        difference = fmax(difference, fabs((double)fast[i] - (double)twin[i]));
        largest = fmax(largest, fabs((double)twin[i]));
        if (!isfinite(fast[i])) {
            return INFINITY;
        }
    }
    return largest > 0.0 ? difference / largest : INFINITY;
}

#define TOLERANCE 1e-5 /* single precision, sums of some hundred summands */

static const struct dvfo_window windows[] = {
    /* B C H W  O Y X  kernel stride dilation pad groups */
    {3, 5, 8, 8, 7, 8, 8, 3, 3, 1, 1, 1, 1, 1},
    {2, 4, 10, 8, 6, 5, 4, 3, 3, 2, 1, 1, 1, 1},
    {2, 3, 6, 9, 2, 2, 3, 5, 5, 3, 1, 2, 2, 1},
    {5, 6, 4, 4, 3, 4, 4, 1, 1, 1, 1, 0, 0, 1},
    {1, 2, 6, 6, 1, 6, 6, 7, 7, 1, 1, 3, 3, 1},
    {300, 20, 8, 8, 4, 8, 8, 3, 3, 1, 1, 1, 1, 1}, /* more than one block of patches */
};

enum { WINDOWS = sizeof windows / sizeof *windows };

Test(convolve, forward_equals_the_plain_loops)
{
    for (int i = 0; i < WINDOWS; i++) {
        const struct dvfo_window *w = &windows[i];
        const long K = w->C * w->kernel_h * w->kernel_w, seen = w->B * w->C * w->H * w->W,
                   made = w->B * w->O * w->Y * w->X;
        float *in = numbers(seen, "in"), *weight = numbers(w->O * K, "weight"),
              *out = malloc((size_t)made * sizeof *out);
        float *scratch = malloc((dvfo_convolve_scratch(w) + 1) * sizeof *scratch);
        float *bias = calloc((size_t)w->O, sizeof *bias), *twin = malloc((size_t)made * sizeof *twin);
        dvfo_convolve_forward(w, dvfo_matrix_of(weight, w->O, K), scratch, in, out);
        float *in_twin = swapped(w->C, w->B, w->H * w->W, in);
        dvfo_naive_convolution(w, weight, bias, DVFO_ACTIVATION_NONE, in_twin, twin);
        float *expected = swapped(w->B, w->O, w->Y * w->X, twin);
        cr_expect(distance(made, out, expected) < TOLERANCE, "window %d", i);
        out[made / 2] += 0.01f * (1.0f + fabsf(out[made / 2]));
        cr_expect(distance(made, out, expected) > 10 * TOLERANCE, "a planted error passes in window %d", i);
        free(expected);
        free(in_twin);
        free(twin);
        free(bias);
        free(scratch);
        free(out);
        free(weight);
        free(in);
    }
}

Test(depthwise, forward_equals_the_plain_loops)
{
    const struct dvfo_window shapes[] = {
        {3, 5, 8, 8, 5, 8, 8, 3, 3, 1, 1, 1, 1, 5},
        {2, 4, 9, 7, 4, 5, 4, 3, 3, 2, 1, 1, 1, 4},
        {1, 1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct dvfo_window *w = &shapes[i];
        const long seen = w->B * w->C * w->H * w->W, made = w->B * w->C * w->Y * w->X;
        float *in = numbers(seen, "in"), *weight = numbers(w->C * 9, "weight"),
              *out = malloc((size_t)made * sizeof *out);
        float *scratch = malloc(dvfo_depthwise_scratch(w) * sizeof *scratch);
        float *bias = calloc((size_t)w->C, sizeof *bias), *twin = malloc((size_t)made * sizeof *twin);
        dvfo_depthwise_forward(w, weight, scratch, in, out);
        float *in_twin = swapped(w->C, w->B, w->H * w->W, in);
        dvfo_naive_convolution(w, weight, bias, DVFO_ACTIVATION_NONE, in_twin, twin);
        float *expected = swapped(w->B, w->C, w->Y * w->X, twin);
        cr_expect(distance(made, out, expected) < TOLERANCE, "shape %zu", i);
        free(expected);
        free(in_twin);
        free(twin);
        free(bias);
        free(scratch);
        free(out);
        free(weight);
        free(in);
    }
}

Test(batch_norm, a_channel_of_1_2_3_4_becomes_what_one_computes_by_hand)
{
    const float in[4] = {1.0f, 2.0f, 3.0f, 4.0f}, scale = 2.0f, shift = 1.0f;
    float mean, variance, out[4];
    dvfo_batch_norm_measure(1, 4, in, &mean, &variance);
    cr_expect_float_eq(mean, 2.5f, 1e-7f);
    cr_expect_float_eq(variance, 1.25f, 1e-7f);
    dvfo_batch_norm_forward(1, 4, true, &mean, &variance, &scale, &shift, in, out);
    cr_expect_float_eq(out[0], 0.0f, 1e-7f); /* 1 - 2 * 1.5 / sqrt(1.25) = -1.68: cut */
    cr_expect_float_eq(out[1], 0.105576f, 1e-5f);
    cr_expect_float_eq(out[3], 3.683271f, 1e-5f);
}

Test(classify, equal_logits_lose_the_logarithm_of_the_number_of_classes)
{
    const float logits[6] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f}; /* three classes, two samples */
    const uint8_t label[2] = {0, 2};
    float target[6], probability[6], dlogits[6] = {0.0f};
    dvfo_classify_targets(3, 2, label, 0.0f, target);
    const double loss = dvfo_classify_loss(3, 2, logits, target, 0.5f, probability, dlogits);
    cr_expect_float_eq(loss, log(3.0), 1e-6);
    cr_expect_float_eq(dlogits[0], 0.5f * (1.0f / 3.0f - 1.0f), 1e-6f);
    cr_expect_float_eq(dlogits[1], 0.5f / 3.0f, 1e-6f);
}

Test(sgd, two_steps_follow_the_formula)
{
    float gradient = 1.0f, velocity = 0.0f, x = 10.0f;
    dvfo_sgd_step(1, 0.1f, 0.9f, 0.01f, &gradient, &velocity, &x); /* slope 1.1, velocity 1.1, step 1.1 + 0.99 */
    cr_expect_float_eq(x, 10.0f - 0.1f * 2.09f, 1e-6f);
    cr_expect_float_eq(gradient, 0.0f, 0.0f);
    dvfo_sgd_step(1, 0.1f, 0.9f, 0.0f, &gradient, &velocity, &x); /* velocity 0.99, step 0.891 */
    cr_expect_float_eq(x, 9.791f - 0.0891f, 1e-5f);
}

Test(sgd, the_rate_rises_then_falls_to_nothing)
{
    cr_expect_float_eq(dvfo_sgd_cosine(0.4, 3, 103, 0), 0.1, 1e-12);
    cr_expect_float_eq(dvfo_sgd_cosine(0.4, 3, 103, 3), 0.4, 1e-12);
    cr_expect_float_eq(dvfo_sgd_cosine(0.4, 3, 103, 53), 0.2, 1e-12);
    cr_expect(dvfo_sgd_cosine(0.4, 3, 103, 102) < 0.001);
}

static void mark(void *user, int task)
{
    ((int *)user)[task] += task + 1;
}

Test(crew, every_task_is_done_once_whatever_the_threads)
{
    for (int threads = 1; threads < 9; threads++) {
        int done[20] = {0};
        dvfo_crew_run(threads, 20, mark, done);
        for (int i = 0; i < 20; i++) {
            cr_expect_eq(done[i], i + 1, "task %d with %d threads", i, threads);
        }
    }
}

/* ---- slopes against finite differences ---- */

static const struct dvfo_stack_def small_def = {
    .channels = 3,
    .height = 8,
    .width = 8,
    .settings = 2,
    .steps = 2,
    .count = 6,
    .layer = {{DVFO_STACK_CONVOLUTION, 6, 3, 1},
              {DVFO_STACK_DEPTHWISE, 0, 3, 2},
              {DVFO_STACK_CONVOLUTION, 8, 1, 1},
              {DVFO_STACK_CONVOLUTION, 8, 3, 2},
              {DVFO_STACK_POOL, 0, 0, 0},
              {DVFO_STACK_DENSE, 4, 0, 0}},
};

enum { SAMPLES = 8, CLASSES = 4 };

struct stand {
    struct dvfo_stack stack;
    struct dvfo_stack_pass *pass;
    struct dvfo_stack_mode mode;
    float *parameters, *statistics, *in;
    uint8_t label[SAMPLES];
};

static struct dvfo_ctx ctx;

static void stand_up(struct stand *stand, struct dvfo_stack_mode mode)
{
    stand->stack = dvfo_stack_plan(&small_def);
    stand->mode = mode;
    stand->parameters = malloc(stand->stack.parameters * sizeof(float));
    stand->statistics = malloc(stand->stack.statistics * sizeof(float));
    gsl_rng *rng = dvfo_random_stream(1, 0, "weights");
    dvfo_stack_initialise(&stand->stack, rng, stand->parameters, stand->statistics);
    gsl_rng_free(rng);
    stand->in = numbers(3 * SAMPLES * 64, "images");
    cr_assert_eq(dvfo_stack_pass_create(&ctx, &stand->stack, SAMPLES, &stand->pass), DVFO_OK);
    for (int b = 0; b < SAMPLES; b++) {
        stand->label[b] = (uint8_t)(b % CLASSES);
    }
}

static void stand_down(struct stand *stand)
{
    dvfo_stack_pass_free(stand->pass);
    free(stand->in);
    free(stand->statistics);
    free(stand->parameters);
}

static double loss_of(struct stand *stand, float *dlogits)
{
    float target[CLASSES * SAMPLES], probability[CLASSES * SAMPLES];
    dvfo_classify_targets(CLASSES, SAMPLES, stand->label, 0.1f, target);
    const float *logits =
        dvfo_stack_forward(stand->pass, stand->parameters, stand->statistics, stand->mode, SAMPLES, stand->in);
    return dvfo_classify_loss(CLASSES, SAMPLES, logits, target, 1.0f, probability, dlogits);
}

#define STEP 5e-4f

/* Slope of the loss in *x by central differences. Where a ReLU6 switches between, both sides differ: NaN. */
static double difference_of(struct stand *stand, float *x)
{
    const float was = *x;
    double loss[3];
    for (int i = 0; i < 3; i++) {
        *x = was + (float)(i - 1) * STEP;
        loss[i] = loss_of(stand, NULL);
    }
    *x = was;
    const double left = (loss[1] - loss[0]) / (double)STEP, right = (loss[2] - loss[1]) / (double)STEP;
    return fabs(left - right) > 0.02 * (fabs(left) + fabs(right)) + 4e-2 ? NAN : 0.5 * (left + right);
}

/* How many of every `step`-th of n numbers have a slope that differs; how many could be compared. */
static int wrong_slopes(struct stand *stand, float *x, const float *slope, size_t n, size_t step, int *compared)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i += step) {
        const double expected = difference_of(stand, x + i);
        if (!isnan(expected)) {
            wrong += fabs((double)slope[i] - expected) > 0.03 * fabs(expected) + 2e-2; /* rounding / STEP */
            (*compared)++;
        }
    }
    return wrong;
}

static void compare_slopes(struct dvfo_stack_mode mode)
{
    struct stand stand;
    stand_up(&stand, mode);
    float dlogits[CLASSES * SAMPLES] = {0.0f};
    float *gradients = calloc(stand.stack.parameters, sizeof *gradients), *din = calloc(3 * SAMPLES * 64, sizeof *din);
    loss_of(&stand, dlogits);
    dvfo_stack_backward(stand.pass, stand.parameters, dlogits, gradients, din);
    int compared = 0;
    const size_t counted = mode.learning ? stand.stack.parameters : stand.stack.weights;
    cr_expect_eq(wrong_slopes(&stand, stand.parameters, gradients, counted, 3, &compared), 0, "parameters");
    cr_expect(compared > 250, "only %d compared", compared);
    compared = 0;
    cr_expect_eq(wrong_slopes(&stand, stand.in, din, 3 * SAMPLES * 64, 3, &compared), 0, "input");
    cr_expect(compared > 200, "only %d compared", compared);
    for (size_t i = 0; i < stand.stack.weights; i++) {
        gradients[i] *= 1.2f;
    }
    compared = 0;
    cr_expect(wrong_slopes(&stand, stand.parameters, gradients, stand.stack.weights, 3, &compared) > 0,
              "planted error");
    free(din);
    free(gradients);
    stand_down(&stand);
}

Test(stack, slopes_equal_finite_differences)
{
    compare_slopes((struct dvfo_stack_mode){.setting = 0, .width = 2, .learning = true});
}

Test(stack, slopes_of_a_narrow_run_equal_finite_differences)
{
    compare_slopes((struct dvfo_stack_mode){.setting = 1, .width = 1, .learning = true});
}

Test(stack, slopes_with_given_statistics_equal_finite_differences)
{
    compare_slopes((struct dvfo_stack_mode){.setting = 0, .width = 2, .learning = false});
}

Test(stack, a_narrow_run_computes_less_and_leaves_the_rest_alone)
{
    struct stand stand;
    stand_up(&stand, (struct dvfo_stack_mode){.setting = 1, .width = 1, .learning = true});
    /* 3x3 of 3 to 3 on 64 pixels; 3x3 each of 3 on 16; 3 to 4 on 16; 3x3 of 4 to 4 on 4; 4 to 4 */
    cr_expect_float_eq(dvfo_stack_macs(&stand.stack, 1), 3 * 3 * 9 * 64 + 3 * 9 * 16 + 3 * 4 * 16 + 4 * 4 * 9 * 4 + 16,
                       0.0);
    cr_expect_float_eq(dvfo_stack_macs(&stand.stack, 2), 3 * 6 * 9 * 64 + 6 * 9 * 16 + 6 * 8 * 16 + 8 * 8 * 9 * 4 + 32,
                       0.0);
    const double before = loss_of(&stand, NULL);
    const struct dvfo_stack_place *last = &stand.stack.at[3];
    stand.parameters[last->weight + 7 * 8 * 9] += 100.0f; /* of the last output channel */
    stand.parameters[last->weight + 7 * 9] += 100.0f;     /* of the last input channel */
    stand.parameters[last->scale] += 100.0f;              /* of the other setting */
    cr_expect_eq(loss_of(&stand, NULL), before);
    stand.parameters[last->weight] += 1.0f;
    cr_expect_neq(loss_of(&stand, NULL), before);
    stand_down(&stand);
}

Test(stack, running_statistics_go_to_the_batchs_own)
{
    struct stand stand;
    stand_up(&stand, (struct dvfo_stack_mode){.setting = 0, .width = 2, .learning = true});
    const double learning = loss_of(&stand, NULL);
    dvfo_stack_keep_statistics(stand.pass, 1.0f, stand.statistics);
    stand.mode.learning = false;
    cr_expect_float_eq(loss_of(&stand, NULL), learning, 1e-5 * learning);
    stand.mode.setting = 1;
    cr_expect(fabs(loss_of(&stand, NULL) - learning) > 1e-3 * learning, "the other setting was to stay as it was");
    stand_down(&stand);
}

Test(stack, descent_learns_a_batch_by_heart)
{
    struct stand stand;
    stand_up(&stand, (struct dvfo_stack_mode){.setting = 0, .width = 2, .learning = true});
    float *gradients = calloc(stand.stack.parameters, sizeof *gradients);
    float *velocity = calloc(stand.stack.parameters, sizeof *velocity);
    double loss = 0.0;
    for (int step = 0; step < 100; step++) {
        float dlogits[CLASSES * SAMPLES] = {0.0f};
        loss = loss_of(&stand, dlogits) / SAMPLES;
        dvfo_stack_backward(stand.pass, stand.parameters, dlogits, gradients, NULL);
        dvfo_sgd_step(stand.stack.parameters, 0.02f, 0.9f, 0.0f, gradients, velocity, stand.parameters);
    }
    cr_expect(loss < 0.45, "loss %g", loss); /* smoothing leaves 0.35 */
    free(velocity);
    free(gradients);
    stand_down(&stand);
}
