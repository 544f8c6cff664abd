#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policies/nn/convolution.h"
#include "policies/nn/dense.h"
#include "policies/nn/elementwise.h"
#include "policies/nn/executor.h"
#include "policies/nn/memory_plan.h"
#include "policies/nn/naive.h"
#include "policies/nn/normalisation.h"
#include "policies/nn/pooling.h"
#include "policies/nn/recurrent.h"
#include "sim/base/data_path.h"
#include "sim/base/random.h"

/* ---- helpers ---- */

/* Products of up to a thousand single-precision summands, relative to the largest result. */
#define TOLERANCE 1e-5

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

/* Memory that was never written shows as NaN in the comparison. */
static float *unwritten(long n)
{
    float *x = malloc((size_t)(n > 0 ? n : 1) * sizeof *x);
    for (long i = 0; i < n; i++) {
        x[i] = NAN;
    }
    return x;
}

/* Largest difference, relative to the largest number of the twin; infinite when a number isn't finite. */
static double distance(long n, const float *fast, const float *naive)
{
    double difference = 0.0, largest = 0.0;
    for (long i = 0; i < n; i++) {
        if (!isfinite(fast[i]) || !isfinite(naive[i])) {
            return INFINITY;
        }
        difference = fmax(difference, fabs((double)fast[i] - (double)naive[i]));
        largest = fmax(largest, fabs((double)naive[i]));
    }
    return largest > 0.0 ? difference / largest : INFINITY;
}

static long outputs(const struct dvfo_window *w)
{
    return w->B * w->O * w->Y * w->X;
}

/* ---- windows ---- */

static const struct {
    const char *what;
    struct dvfo_window window;
    dvfo_activation activation;
} convolutions[] = {
    /* B  C  H  W  O  Y  X  kh kw s d ph pw groups */
    {"1x1", {1, 5, 7, 6, 4, 7, 6, 1, 1, 1, 1, 0, 0, 1}, DVFO_ACTIVATION_NONE},
    {"1x1, one pixel", {1, 33, 1, 1, 9, 1, 1, 1, 1, 1, 1, 0, 0, 1}, DVFO_ACTIVATION_SIGMOID},
    {"1x1, stride 2", {1, 5, 7, 6, 4, 4, 3, 1, 1, 2, 1, 0, 0, 1}, DVFO_ACTIVATION_RELU},
    {"3x3", {1, 3, 9, 8, 5, 9, 8, 3, 3, 1, 1, 1, 1, 1}, DVFO_ACTIVATION_RELU},
    {"3x3, two samples", {2, 3, 9, 8, 5, 9, 8, 3, 3, 1, 1, 1, 1, 1}, DVFO_ACTIVATION_NONE},
    {"3x3, stride 2, same", {1, 4, 8, 8, 6, 4, 4, 3, 3, 2, 1, 0, 0, 1}, DVFO_ACTIVATION_SWISH},
    {"3x3, valid", {1, 4, 9, 7, 6, 7, 5, 3, 3, 1, 1, 0, 0, 1}, DVFO_ACTIVATION_LEAKY_RELU},
    {"1x7", {1, 6, 5, 9, 4, 5, 9, 1, 7, 1, 1, 0, 3, 1}, DVFO_ACTIVATION_NONE},
    {"7x1", {1, 6, 9, 5, 4, 9, 5, 7, 1, 1, 1, 3, 0, 1}, DVFO_ACTIVATION_NONE},
    {"5x5, dilated by 2", {1, 2, 11, 12, 3, 11, 12, 5, 5, 1, 2, 4, 4, 1}, DVFO_ACTIVATION_NONE},
    {"4x4, stride 3, more padding behind", {1, 2, 8, 9, 3, 3, 3, 4, 4, 3, 1, 1, 0, 1}, DVFO_ACTIVATION_NONE},
    {"3x3 in 2 groups", {1, 6, 7, 7, 4, 7, 7, 3, 3, 1, 1, 1, 1, 2}, DVFO_ACTIVATION_GELU},
    {"3x3 in 3 groups, stride 2, two samples", {2, 6, 7, 8, 9, 4, 4, 3, 3, 2, 1, 1, 1, 3}, DVFO_ACTIVATION_NONE},
    {"a kernel larger than the image", {1, 2, 2, 3, 2, 2, 3, 5, 5, 1, 1, 2, 2, 1}, DVFO_ACTIVATION_NONE},
    {"patches in more than one block", {1, 150, 33, 64, 2, 33, 64, 3, 3, 1, 1, 1, 1, 1}, DVFO_ACTIVATION_NONE},
};

static double convolution_distance(const struct dvfo_window *w, const struct dvfo_window *asked,
                                   dvfo_activation activation)
{
    const long K = w->C / w->groups * w->kernel_h * w->kernel_w;
    float *weight = numbers(w->O * K, "weight"), *bias = numbers(w->O, "bias");
    float *in = numbers(w->B * w->C * w->H * w->W, "in");
    float *fast = unwritten(outputs(w)), *naive = unwritten(outputs(w));
    float *scratch = unwritten((long)dvfo_convolution_scratch(w));
    dvfo_convolution_forward(asked, weight, bias, activation, scratch, in, fast);
    dvfo_naive_convolution(w, weight, bias, activation, in, naive);
    const double result = distance(outputs(w), fast, naive);
    free(scratch);
    free(naive);
    free(fast);
    free(in);
    free(bias);
    free(weight);
    return result;
}

Test(nn, convolutions_equal_their_naive_twin)
{
    for (size_t i = 0; i < sizeof convolutions / sizeof convolutions[0]; i++) {
        const struct dvfo_window *w = &convolutions[i].window;
        const double d = convolution_distance(w, w, convolutions[i].activation);
        cr_expect(d < TOLERANCE, "%s: differs by %g", convolutions[i].what, d);
    }
}

Test(nn, the_comparison_sees_padding_on_the_wrong_side)
{
    const struct dvfo_window right = {1, 3, 9, 8, 5, 9, 8, 3, 3, 1, 1, 1, 1, 1};
    struct dvfo_window wrong = right;
    wrong.pad_w = 2;
    cr_expect(convolution_distance(&right, &right, DVFO_ACTIVATION_NONE) < TOLERANCE);
    cr_expect(convolution_distance(&right, &wrong, DVFO_ACTIVATION_NONE) > 100 * TOLERANCE);
}

Test(nn, the_comparison_rejects_zeros_a_hole_and_one_wrong_number)
{
    float right[] = {1.0f, -2.0f, 3.0f}, zeros[] = {0.0f, 0.0f, 0.0f}, hole[] = {1.0f, NAN, 3.0f};
    float wrong[] = {1.0f, -2.0f, 3.001f};
    cr_expect(distance(3, right, right) == 0.0);
    cr_expect(distance(3, zeros, right) == 1.0);
    cr_expect(distance(3, zeros, zeros) == INFINITY); /* a twin of zeros tells nothing */
    cr_expect(distance(3, hole, right) == INFINITY);
    cr_expect(distance(3, wrong, right) > 10 * TOLERANCE);
}

Test(nn, depthwise_convolutions_equal_their_naive_twin)
{
    static const struct dvfo_window windows[] = {
        {1, 4, 9, 8, 4, 9, 8, 3, 3, 1, 1, 1, 1, 4},     {1, 3, 9, 10, 3, 5, 5, 3, 3, 2, 1, 1, 1, 3},
        {2, 3, 7, 7, 3, 7, 7, 5, 5, 1, 1, 2, 2, 3},     {1, 2, 6, 9, 2, 6, 9, 1, 7, 1, 1, 0, 3, 2},
        {1, 3, 12, 9, 3, 8, 5, 3, 3, 1, 2, 0, 0, 3},    {1, 2, 2, 2, 2, 2, 2, 5, 5, 1, 1, 2, 2, 2},
        {1, 2, 40, 41, 2, 13, 14, 5, 4, 3, 1, 1, 2, 2}, {1, 2, 30, 37, 2, 14, 18, 3, 3, 2, 2, 1, 1, 2},
        {1, 2, 9, 50, 2, 3, 12, 2, 3, 4, 1, 0, 0, 2}, /* rows and columns that no output sees */
    };
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        const struct dvfo_window *w = &windows[i];
        float *weight = numbers(w->C * w->kernel_h * w->kernel_w, "weight"), *bias = numbers(w->C, "bias");
        float *in = numbers(w->B * w->C * w->H * w->W, "in");
        float *fast = unwritten(outputs(w)), *naive = unwritten(outputs(w));
        float *scratch = unwritten((long)dvfo_convolution_depthwise_scratch(w));
        dvfo_convolution_depthwise(w, weight, bias, DVFO_ACTIVATION_RELU6, scratch, in, fast);
        dvfo_naive_convolution(w, weight, bias, DVFO_ACTIVATION_RELU6, in, naive);
        cr_expect(distance(outputs(w), fast, naive) < TOLERANCE, "row %zu", i);
        free(scratch);
        free(naive);
        free(fast);
        free(in);
        free(bias);
        free(weight);
    }
}

Test(nn, a_convolution_by_hand)
{
    /* taps 1 2 3 over 4 5 6 with one pixel of padding: 2*4 + 3*5, 1*4 + 2*5 + 3*6, 1*5 + 2*6; bias 0.5 */
    const struct dvfo_window w = {1, 1, 1, 3, 1, 1, 3, 1, 3, 1, 1, 0, 1, 1};
    const float weight[] = {1.0f, 2.0f, 3.0f}, bias[] = {0.5f}, in[] = {4.0f, 5.0f, 6.0f};
    float scratch[128], out[3];
    dvfo_convolution_forward(&w, weight, bias, DVFO_ACTIVATION_NONE, scratch, in, out);
    cr_expect(out[0] == 23.5f && out[1] == 32.5f && out[2] == 17.5f);
    cr_assert(dvfo_convolution_depthwise_scratch(&w) <= 128);
    dvfo_convolution_depthwise(&w, weight, bias, DVFO_ACTIVATION_NONE, scratch, in, out);
    cr_expect(out[0] == 23.5f && out[1] == 32.5f && out[2] == 17.5f);
}

Test(nn, pools_equal_their_naive_twins)
{
    static const struct dvfo_window windows[] = {
        {1, 3, 8, 9, 3, 4, 4, 2, 2, 2, 1, 0, 0, 1}, {1, 3, 7, 7, 3, 4, 4, 3, 3, 2, 1, 1, 1, 1},
        {2, 2, 6, 5, 2, 6, 5, 3, 3, 1, 1, 1, 1, 1}, {1, 2, 5, 5, 2, 5, 5, 2, 2, 1, 1, 0, 0, 1}, /* same: one behind */
        {1, 2, 9, 8, 2, 5, 4, 3, 1, 2, 1, 1, 0, 1},
    };
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        const struct dvfo_window *w = &windows[i];
        float *in = numbers(w->B * w->C * w->H * w->W, "in");
        float *fast = unwritten(outputs(w)), *naive = unwritten(outputs(w));
        float *scratch = unwritten((long)dvfo_pooling_scratch(w));
        dvfo_pooling_maximum(w, scratch, in, fast);
        dvfo_naive_maximum(w, in, naive);
        cr_expect(distance(outputs(w), fast, naive) == 0.0, "maximum, row %zu", i);
        dvfo_pooling_average(w, scratch, in, fast);
        dvfo_naive_average(w, in, naive);
        cr_expect(distance(outputs(w), fast, naive) < TOLERANCE, "average, row %zu", i);
        free(scratch);
        free(naive);
        free(fast);
        free(in);
    }
}

Test(nn, adaptive_pools_cover_the_image_whatever_its_size)
{
    static const long sizes[][4] = {{7, 7, 7, 7}, {1, 1, 7, 7}, {10, 13, 7, 7}, {8, 9, 1, 1}, {5, 3, 2, 4}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct dvfo_window w = {
            .B = 1, .C = 3, .H = sizes[i][0], .W = sizes[i][1], .O = 3, .Y = sizes[i][2], .X = sizes[i][3]};
        float *in = numbers(w.C * w.H * w.W, "in"), *fast = unwritten(outputs(&w)), *naive = unwritten(outputs(&w));
        dvfo_pooling_adaptive(&w, in, fast);
        dvfo_naive_adaptive(&w, in, naive);
        cr_expect(distance(outputs(&w), fast, naive) < TOLERANCE, "row %zu", i);
        free(naive);
        free(fast);
        free(in);
    }
}

/* ---- dense, attention, recurrent ---- */

Test(nn, dense_layers_equal_their_naive_twin)
{
    static const long sizes[][4] = {{1, 70, 1, 11}, {3, 12, 1, 5}, {1, 9, 6, 7}, {2, 5, 3, 4}, {1, 4, 3, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const long B = sizes[i][0], D = sizes[i][1], T = sizes[i][2], O = sizes[i][3];
        float *weight = numbers(O * D, "weight"), *bias = numbers(O, "bias"), *in = numbers(B * D * T, "in");
        float *fast = unwritten(B * O * T), *naive = unwritten(B * O * T);
        dvfo_dense_forward(B, D, T, O, weight, bias, DVFO_ACTIVATION_TANH, in, fast);
        dvfo_naive_dense(B, D, T, O, weight, bias, DVFO_ACTIVATION_TANH, in, naive);
        cr_expect(distance(B * O * T, fast, naive) < TOLERANCE, "row %zu", i);
        free(naive);
        free(fast);
        free(in);
        free(bias);
        free(weight);
    }
}

Test(nn, attention_equals_its_naive_twin)
{
    static const long sizes[][4] = {
        {2, 8, 5, 5}, {3, 12, 4, 7}, {1, 6, 1, 1}, {3, 10, 5, 2}}; /* 10 in 3 heads: uneven */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const long heads = sizes[i][0], D = sizes[i][1], T = sizes[i][2], S = sizes[i][3];
        float *q = numbers(D * T, "q"), *k = numbers(D * S, "k"), *v = numbers(D * S, "v");
        float *fast = unwritten(heads * S * T), *naive = unwritten(heads * S * T), *scratch = unwritten(2 * T);
        float *fast_out = unwritten(D * T), *naive_out = unwritten(D * T), *weights = unwritten(heads * S * T);
        dvfo_dense_scores(heads, D, T, S, q, k, fast);
        dvfo_naive_scores(heads, D, T, S, q, k, naive);
        cr_expect(distance(heads * S * T, fast, naive) < TOLERANCE, "scores, row %zu", i);
        dvfo_normalisation_softmax(heads, S, T, scratch, fast, weights);
        dvfo_naive_softmax(heads, S, T, fast, naive);
        cr_expect(distance(heads * S * T, weights, naive) < TOLERANCE, "softmax, row %zu", i);
        dvfo_dense_values(heads, D, T, S, weights, v, fast_out);
        dvfo_naive_values(heads, D, T, S, weights, v, naive_out);
        cr_expect(distance(D * T, fast_out, naive_out) < TOLERANCE, "values, row %zu", i);
        float *const all[] = {q, k, v, fast, naive, scratch, fast_out, naive_out, weights};
        for (size_t a = 0; a < sizeof all / sizeof all[0]; a++) {
            free(all[a]);
        }
    }
}

Test(nn, recurrent_layers_equal_their_naive_twins)
{
    static const long sizes[][3] = {{5, 7, 6}, {1, 1, 1}, {9, 1, 4}, {3, 12, 17}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int cell = DVFO_CELL_LSTM; cell <= DVFO_CELL_GRU; cell++) {
            const long D = sizes[i][0], T = sizes[i][1], H = sizes[i][2], G = dvfo_recurrent_gates((dvfo_cell)cell);
            float *weight = numbers(G * H * (D + H), "weight"), *bias = numbers(G * H, "bias");
            float *in = numbers(D * T, "in"), *fast = unwritten(H * T), *naive = unwritten(H * T);
            float *scratch = unwritten((long)dvfo_recurrent_scratch((dvfo_cell)cell, T, H));
            dvfo_recurrent_forward((dvfo_cell)cell, D, T, H, weight, bias, scratch, in, fast);
            dvfo_naive_recurrent((dvfo_cell)cell, D, T, H, weight, bias, in, naive);
            cr_expect(distance(H * T, fast, naive) < TOLERANCE, "row %zu, %d gates", i, (int)G);
            float *const all[] = {weight, bias, in, fast, naive, scratch};
            for (size_t a = 0; a < sizeof all / sizeof all[0]; a++) {
                free(all[a]);
            }
        }
    }
}

Test(nn, one_step_of_an_lstm_and_a_gru_by_hand)
{
    /* D = H = 1, input 1, state 0: gates see the weights of the input, those of the state don't matter yet */
    const float weight[] = {1.0f, 2.0f, 3.0f, 4.0f, 9.0f, 9.0f, 9.0f, 9.0f}, bias[4] = {0.0f}, in[] = {1.0f};
    float scratch[16], out[1];
    const double i = 1.0 / (1.0 + exp(-1.0)), z = 1.0 / (1.0 + exp(-2.0)), g = tanh(3.0), o = 1.0 / (1.0 + exp(-4.0));
    dvfo_recurrent_forward(DVFO_CELL_LSTM, 1, 1, 1, weight, bias, scratch, in, out);
    cr_expect_float_eq((double)out[0], o * tanh(i * g), 1e-6);
    dvfo_recurrent_forward(DVFO_CELL_GRU, 1, 1, 1, weight, bias, scratch, in, out);
    cr_expect_float_eq((double)out[0], (1.0 - z) * g, 1e-6);
}

/* ---- normalisation, activations, element by element ---- */

Test(nn, normalisations_equal_their_naive_twins)
{
    static const long sizes[][2] = {{16, 9}, {1, 3}, {7, 1}, {33, 20}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const long C = sizes[i][0], N = sizes[i][1];
        float *scale = numbers(C, "scale"), *shift = numbers(C, "shift"), *in = numbers(C * N, "in");
        float *fast = unwritten(C * N), *naive = unwritten(C * N), *scratch = unwritten(2 * N);
        dvfo_normalisation_channels(C, N, scale, shift, DVFO_ACTIVATION_RELU, in, fast);
        dvfo_naive_channels(C, N, scale, shift, DVFO_ACTIVATION_RELU, in, naive);
        cr_expect(distance(C * N, fast, naive) < TOLERANCE, "channels, row %zu", i);
        dvfo_normalisation_layer(C, N, scale, shift, scratch, in, fast);
        dvfo_naive_layer(C, N, scale, shift, in, naive);
        cr_expect(distance(C * N, fast, naive) < TOLERANCE, "layer, row %zu", i);
        float *const all[] = {scale, shift, in, fast, naive, scratch};
        for (size_t a = 0; a < sizeof all / sizeof all[0]; a++) {
            free(all[a]);
        }
    }
}

Test(nn, a_softmax_of_large_numbers_stays_finite_and_sums_to_one)
{
    const float in[] = {1000.0f, 999.0f, -1000.0f};
    float out[3], scratch[2];
    dvfo_normalisation_softmax(1, 3, 1, scratch, in, out);
    cr_expect_float_eq((double)(out[0] + out[1] + out[2]), 1.0, 1e-6);
    cr_expect_float_eq((double)(out[0] / out[1]), exp(1.0), 1e-5);
}

Test(nn, activations_equal_the_c_library)
{
    enum { N = 20001 };
    for (int a = 0; a < DVFO_ACTIVATION_COUNT; a++) {
        float *x = unwritten(N);
        double worst = 0.0;
        for (long i = 0; i < N; i++) {
            x[i] = 0.01f * (float)(i - N / 2); /* -100 .. 100 */
        }
        dvfo_activation_apply((dvfo_activation)a, 0.5f, N, x);
        for (long i = 0; i < N; i++) {
            const float exact = dvfo_activation_exact((dvfo_activation)a, 0.01f * (float)(i - N / 2) + 0.5f);
            worst = fmax(worst, fabs((double)x[i] - (double)exact) / fmax(1.0, fabs((double)exact)));
        }
        cr_expect(worst < 1e-6, "activation %d differs by %g", a, worst);
        free(x);
    }
}

Test(nn, names_of_activations)
{
    cr_expect(dvfo_activation_of_name("hard-swish") == DVFO_ACTIVATION_HARD_SWISH);
    cr_expect(dvfo_activation_of_name("conv") == DVFO_ACTIVATION_COUNT);
}

Test(nn, sums_products_and_copies_by_hand)
{
    const float a[] = {1, 2, 3, 4}, b[] = {10, 20, 30, 40}, factor[] = {2, -1};
    const float *const summands[] = {a, b, a};
    float out[16];
    dvfo_elementwise_add(3, summands, DVFO_ACTIVATION_NONE, 4, out);
    cr_expect(out[0] == 12 && out[3] == 48);
    dvfo_elementwise_multiply(a, b, DVFO_ACTIVATION_NONE, 4, out);
    cr_expect(out[0] == 10 && out[3] == 160);
    dvfo_elementwise_scale(a, factor, DVFO_ACTIVATION_RELU, 2, 2, out);
    cr_expect(out[0] == 2 && out[1] == 4 && out[2] == 0 && out[3] == 0);
    dvfo_elementwise_resize(1, 2, 2, 4, 4, a, out);
    cr_expect(out[0] == 1 && out[1] == 1 && out[2] == 2 && out[4] == 1 && out[8] == 3 && out[15] == 4);
    dvfo_elementwise_prepend(2, 2, factor, a, out);
    cr_expect(out[0] == 2 && out[1] == 1 && out[2] == 2 && out[3] == -1 && out[4] == 3 && out[5] == 4);
    dvfo_elementwise_step(2, 2, 1, a, out);
    cr_expect(out[0] == 2 && out[1] == 4);
}

Test(nn, a_sum_longer_than_a_block_is_whole)
{
    enum { N = 5000 };
    float *a = numbers(N, "a"), *b = numbers(N, "b"), *out = unwritten(N);
    const float *const summands[] = {a, b};
    dvfo_elementwise_add(2, summands, DVFO_ACTIVATION_NONE, N, out);
    for (long i = 0; i < N; i++) {
        cr_assert(out[i] == a[i] + b[i]);
    }
    free(out);
    free(b);
    free(a);
}

/* ---- networks ---- */

/* At its smallest: the 32 px of `cifar`, its own size where it has none, 96 px where that is an image. */
static struct dvfo_network *smallest(const char *name)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *network = NULL;
    if (dvfo_network_load(&ctx, name, 0, "cifar", &network) != DVFO_OK) {
        const bool image = strcmp(name, "deepspeech") != 0;
        cr_assert(dvfo_network_load(&ctx, name, image ? 96 : 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
    }
    return network;
}

static struct dvfo_network *network_of(const char *text)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *network = NULL;
    cr_assert(dvfo_network_from_memory(&ctx, "text", text, strlen(text), &network) == DVFO_OK, "%s", ctx.message);
    return network;
}

static struct dvfo_executor *executor_of(const struct dvfo_network *network, uint64_t seed, bool keep_all)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_executor *executor = NULL;
    const struct dvfo_executor_def def = {.seed = seed, .keep_all = keep_all};
    cr_assert(dvfo_executor_create(&ctx, network, &def, &executor) == DVFO_OK, "%s", ctx.message);
    return executor;
}

static void run_on_noise(struct dvfo_executor *executor, const struct dvfo_network *network)
{
    float *input = numbers((long)dvfo_shape_elements(network->input), "input");
    dvfo_executor_load(executor, input);
    dvfo_executor_run(executor);
    free(input);
}

static bool same_output(const struct dvfo_network *network, const struct dvfo_executor *a,
                        const struct dvfo_executor *b)
{
    const size_t n = (size_t)dvfo_shape_elements(network->layers[network->n - 1].out);
    return memcmp(dvfo_executor_output(a, network->n - 1), dvfo_executor_output(b, network->n - 1),
                  n * sizeof(float)) == 0;
}

static const char small_text[] = "name: t\ntitle: T\nsource: s\ninputs: {i: {channels: 2, size: 6}}\n"
                                 "layers:\n"
                                 "  - {op: conv, name: a, out: 3, kernel: 3, norm: batch, act: relu}\n"
                                 "  - {op: conv, name: b, from: a, out: 2, kernel: 1}\n"
                                 "  - {op: maxpool, name: c, from: a, kernel: 3, stride: 1, pad: half}\n"
                                 "  - {op: concat, name: d, from: [b, c, b]}\n"
                                 "  - {op: add, name: e, from: [d, d]}\n"
                                 "  - {op: global-avgpool}\n"
                                 "  - {op: dense, out: 4}\n"
                                 "  - {op: softmax, name: s}\n";

/* The network above, from naive twins alone. Layers: a a.norm a.act b c d e pool dense s. */
Test(nn, an_executor_computes_what_naive_twins_compute)
{
    struct dvfo_network *network = network_of(small_text);
    struct dvfo_executor *executor = executor_of(network, 7, true);
    run_on_noise(executor, network);
    const float *a = dvfo_executor_output(executor, 2), *b = dvfo_executor_output(executor, 3);
    const float *pooled = dvfo_executor_output(executor, 4), *d = dvfo_executor_output(executor, 5);
    const float *e = dvfo_executor_output(executor, 6), *mean = dvfo_executor_output(executor, 7);
    const float *dense = dvfo_executor_output(executor, 8), *s = dvfo_executor_output(executor, 9);
    const struct dvfo_window window = {1, 3, 6, 6, 3, 6, 6, 3, 3, 1, 1, 1, 1, 1};
    float maxima[108], shares[4];
    dvfo_naive_maximum(&window, a, maxima);
    cr_expect(distance(108, pooled, maxima) == 0.0);
    cr_expect(memcmp(d, b, 72 * sizeof *d) == 0 && memcmp(d + 72, pooled, 108 * sizeof *d) == 0 &&
              memcmp(d + 180, b, 72 * sizeof *d) == 0);
    for (int i = 0; i < 252; i++) {
        cr_assert(e[i] == 2.0f * d[i]);
    }
    double sum = 0.0;
    for (int i = 0; i < 36; i++) {
        sum += (double)e[6 * 36 + i];
    }
    cr_expect_float_eq((double)mean[6], sum / 36.0, 1e-5);
    dvfo_naive_softmax(1, 4, 1, dense, shares);
    cr_expect(distance(4, s, shares) < TOLERANCE);
    for (int i = 0; i < 108; i++) {
        cr_assert(a[i] >= 0.0f); /* the activation was applied */
    }
    dvfo_executor_free(executor);
    dvfo_network_free(network);
}

Test(nn, one_seed_gives_one_answer_and_another_seed_another)
{
    struct dvfo_network *network = network_of(small_text);
    struct dvfo_executor *a = executor_of(network, 1, false), *b = executor_of(network, 1, false);
    struct dvfo_executor *c = executor_of(network, 2, false);
    run_on_noise(a, network);
    run_on_noise(b, network);
    run_on_noise(c, network);
    cr_expect(same_output(network, a, b));
    cr_expect(!same_output(network, a, c));
    run_on_noise(b, network); /* again in the same memory */
    cr_expect(same_output(network, a, b));
    dvfo_executor_free(c);
    dvfo_executor_free(b);
    dvfo_executor_free(a);
    dvfo_network_free(network);
}

static void expect_finite_layers(const struct dvfo_network *network, const struct dvfo_executor *executor)
{
    for (size_t i = 0; i < network->n; i++) {
        const float *out = dvfo_executor_output(executor, i);
        bool finite = true, any = false;
        for (long j = 0; j < (long)dvfo_shape_elements(network->layers[i].out); j++) {
            finite = finite && isfinite(out[j]);
            any = any || out[j] != 0.0f;
        }
        cr_expect(finite && any, "%s, layer %s", network->name, network->layers[i].name);
    }
}

#define LARGE 10e6 /* parameters: drawing them twice would take most of the suite's time */

/* Every network of the folder at its smallest input: finite numbers in every layer, and the same ones where tensors
 * share memory. */
Test(nn, all_networks_run_and_sharing_memory_changes_nothing)
{
    char **names = NULL;
    size_t count = 0;
    cr_assert(dvfo_data_names(NULL, "profiles/networks", ".yaml", &names, &count) == DVFO_OK && count >= 12);
    for (size_t k = 0; k < count; k++) {
        struct dvfo_network *network = smallest(names[k]);
        struct dvfo_executor *keeps = executor_of(network, 1, true);
        run_on_noise(keeps, network);
        expect_finite_layers(network, keeps);
        if (network->params < LARGE) {
            struct dvfo_executor *shares = executor_of(network, 1, false);
            run_on_noise(shares, network);
            cr_expect(same_output(network, keeps, shares), "%s", names[k]);
            cr_expect(dvfo_executor_size_byte(shares) < dvfo_executor_size_byte(keeps), "%s", names[k]);
            dvfo_executor_free(shares);
        }
        dvfo_executor_free(keeps);
        dvfo_network_free(network);
    }
    dvfo_data_names_free(names, count);
}

/* Index of the last layer that reads a tensor; the end for one that nobody reads. */
static int last_reader(const struct dvfo_network *network, int tensor)
{
    int last = (int)network->n;
    for (int i = (int)network->n - 1; i >= 0; i--) {
        for (int k = 0; k < network->layers[i].input_count; k++) {
            if (network->layers[i].inputs[k] == tensor) {
                return i;
            }
        }
    }
    return last;
}

static bool is_view_or_fused(const struct dvfo_layer *layer)
{
    return layer->fused || layer->op == DVFO_OP_VIEW;
}

/* What a kernel writes overlaps nothing that is read from then on, and none of its own inputs. */
Test(nn, tensors_that_are_needed_together_do_not_overlap)
{
    static const char *const names[] = {"inception-v3", "retinanet", "vit-b16", "yolov3-tiny"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        struct dvfo_network *network = smallest(names[k]);
        struct dvfo_memory_plan plan = {0};
        struct dvfo_ctx ctx = {0};
        cr_assert(dvfo_memory_plan_create(&ctx, network, true, &plan) == DVFO_OK);
        for (int i = 0; i < (int)network->n; i++) {
            if (is_view_or_fused(&network->layers[i])) {
                continue;
            }
            const size_t at = plan.at[i + 1], size = (size_t)dvfo_shape_elements(network->layers[i].out);
            for (int j = -1; j < i; j++) {
                const struct dvfo_shape shape = j < 0 ? network->input : network->layers[j].out;
                const size_t other = plan.at[j + 1], other_size = (size_t)dvfo_shape_elements(shape);
                const bool apart = at + size <= other || other + other_size <= at;
                cr_expect(apart || last_reader(network, j) < i, "%s: %s overwrites layer %d", names[k],
                          network->layers[i].name, j);
            }
        }
        dvfo_memory_plan_free(&plan);
        dvfo_network_free(network);
    }
}

Test(nn, branches_are_written_where_their_concatenation_is_read)
{
    struct dvfo_network *network = network_of(small_text);
    struct dvfo_memory_plan plan = {0};
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_memory_plan_create(&ctx, network, true, &plan) == DVFO_OK);
    const size_t b = plan.at[4], c = plan.at[5], d = plan.at[6];
    cr_expect(b == d && c == d + 72);                                /* the second use of b is copied */
    cr_expect(plan.at[2] == plan.at[1] && plan.at[3] == plan.at[1]); /* fused layers lie in their host's place */
    dvfo_memory_plan_free(&plan);
    dvfo_network_free(network);
}

Test(nn, more_memory_than_the_machine_has_is_refused_in_a_sentence)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *network = NULL;
    struct dvfo_executor *executor = NULL;
    const struct dvfo_executor_def def = {.seed = 1, .keep_all = true};
    cr_assert(dvfo_network_load(&ctx, "vgg-19", 8192, NULL, &network) == DVFO_OK, "%s", ctx.message);
    cr_expect(dvfo_executor_create(&ctx, network, &def, &executor) == DVFO_FAILED);
    cr_expect(executor == NULL && strstr(ctx.message, "vgg-19 at 8192x8192 needs") != NULL, "%s", ctx.message);
    dvfo_network_free(network);
}
