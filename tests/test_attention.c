#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "policies/attention/augment.h"
#include "policies/attention/step.h"
#include "policies/nn/train/classify.h"
#include "profiles/attention.h"
#include "sim/base/random.h"

/* ---- helpers ---- */

static struct dvfo_ctx ctx;

/* n numbers within low .. high from a stream of that name; caller frees. */
static float *numbers(long n, double low, double high, const char *stream)
{
    gsl_rng *rng = dvfo_random_stream(1, (uint64_t)n, stream);
    float *x = malloc((size_t)n * sizeof *x);
    for (long i = 0; i < n; i++) {
        x[i] = (float)(low + (high - low) * gsl_rng_uniform(rng));
    }
    gsl_rng_free(rng);
    return x;
}

/* ---- selection ---- */

Test(selection, shares_of_32_channels)
{
    const long expected[11] = {0, 3, 6, 10, 13, 16, 19, 22, 26, 29, 32};
    for (int share = 0; share <= 10; share++) {
        cr_expect_eq(dvfo_selection_sent(32, share), expected[share], "share %d", share);
    }
    cr_expect_eq(dvfo_selection_sent(4, 1), 1, "something is sent");
    cr_expect_eq(dvfo_selection_sent(4, 9), 3, "something stays");
}

Test(selection, the_most_important_stay)
{
    const float score[8] = {0.3f, 5.0f, 0.1f, 1.0f, 0.3f, 2.0f, 0.9f, 1.0f}; /* four channels, two images */
    float kept[8], edge[2];
    dvfo_selection_keep(4, 2, 2, score, kept, edge);
    const float expected[8] = {1.0f, 1.0f, 0.0f, 0.0f, 0.0f, 1.0f, 1.0f, 0.0f}; /* of equals the first */
    for (int i = 0; i < 8; i++) {
        cr_expect_eq(kept[i], expected[i], "%d", i);
    }
    cr_expect_float_eq(edge[0], 0.3f, 1e-7f);
    cr_expect_float_eq(edge[1], 1.5f, 1e-7f);
}

/* ---- payload coding ---- */

Test(quantise, int8_is_off_by_at_most_half_a_scale)
{
    const long n = 1000;
    float *x = numbers(n, -3.0, 9.0, "maps"), back[1000], low, scale;
    uint8_t q[1000];
    dvfo_quantise_int8(n, x, q, &low, &scale);
    dvfo_quantise_int8_back(n, q, low, scale, back);
    cr_expect_float_eq(scale, 12.0f / 255.0f, 1e-3f);
    double worst = 0.0;
    for (long i = 0; i < n; i++) {
        worst = fmax(worst, fabs((double)x[i] - (double)back[i]));
    }
    cr_expect(worst <= 0.5 * (double)scale * (1.0 + 1e-4), "off by %g scales", worst / (double)scale);
    cr_expect(worst > 0.45 * (double)scale, "the bound is tight");
    dvfo_quantise_int8_through(n, x, x);
    for (long i = 0; i < n; i++) {
        cr_expect_float_eq(x[i], back[i], 1e-6f);
    }
    free(x);
}

Test(quantise, a_map_without_a_range_comes_back_as_it_was)
{
    const float x[3] = {1.25f, 1.25f, 1.25f};
    float back[3], low, scale;
    uint8_t q[3];
    dvfo_quantise_int8(3, x, q, &low, &scale);
    dvfo_quantise_int8_back(3, q, low, scale, back);
    cr_expect_eq(back[0], 1.25f);
    cr_expect_eq(back[2], 1.25f);
}

Test(codebook, eight_values_are_found_and_kept)
{
    float x[80], out[80];
    for (int i = 0; i < 80; i++) {
        x[i] = 0.5f * (float)(i % 8);
    }
    const struct dvfo_codebook book = dvfo_codebook_fit(80, x);
    dvfo_codebook_through(&book, 80, x, out);
    for (int i = 0; i < 80; i++) {
        cr_expect_float_eq(out[i], x[i], 1e-6f, "%g became %g", (double)x[i], (double)out[i]);
    }
    uint8_t q[80];
    dvfo_codebook_encode(&book, 80, x, q);
    cr_expect_eq(q[0], 0);
    cr_expect_eq(q[7], 7);
}

Test(codebook, its_error_is_no_larger_than_that_of_even_steps)
{
    float *x = numbers(4000, 0.0, 1.0, "maps");
    for (int i = 0; i < 4000; i++) {
        x[i] *= x[i] * x[i]; /* skewed, as maps are */
    }
    const struct dvfo_codebook book = dvfo_codebook_fit(4000, x);
    double fitted = 0.0, even = 0.0;
    for (int i = 0; i < 4000; i++) {
        float out;
        dvfo_codebook_through(&book, 1, &x[i], &out);
        fitted += pow((double)(out - x[i]), 2);
        even += pow(fmin(7.0, floor(8.0 * (double)x[i])) / 8.0 + 1.0 / 16.0 - (double)x[i], 2);
    }
    cr_expect(fitted < 0.6 * even, "%g against %g", fitted, even);
    free(x);
}

Test(quantise, deflate_shrinks_what_repeats_and_not_what_is_random)
{
    uint8_t same[4096] = {0}, random[4096];
    gsl_rng *rng = dvfo_random_stream(1, 0, "bytes");
    for (int i = 0; i < 4096; i++) {
        random[i] = (uint8_t)gsl_rng_uniform_int(rng, 256);
    }
    gsl_rng_free(rng);
    long bytes = 0;
    cr_assert_eq(dvfo_quantise_deflated(&ctx, 4096, 8, same, &bytes), DVFO_OK);
    cr_expect(bytes < 50);
    cr_assert_eq(dvfo_quantise_deflated(&ctx, 4096, 8, random, &bytes), DVFO_OK);
    cr_expect(bytes >= 4096 && bytes < 4200, "%ld bytes", bytes);
    for (int i = 0; i < 4096; i++) {
        random[i] &= 7;
    }
    cr_assert_eq(dvfo_quantise_deflated(&ctx, 4096, 3, random, &bytes), DVFO_OK);
    cr_expect(bytes >= 4096 * 3 / 8 && bytes < 4096 * 3 / 8 + 100, "%ld bytes of three bits each", bytes);
}

/* ---- fusion ---- */

static const struct dvfo_fuser fusers[] = {
    {DVFO_FUSION_SUM_FIXED, 5, 0.3f},
    {DVFO_FUSION_SUM_LEARNT, 5, 0.0f},
    {DVFO_FUSION_DENSE, 5, 0.0f},
    {DVFO_FUSION_CONVOLUTION, 5, 0.0f},
};

enum { KINDS = 4, LOGITS = 5 * 3 };

Test(fusion, the_fixed_sum_is_what_equation_8_says)
{
    const float local[2] = {1.0f, -2.0f}, remote[2] = {3.0f, 4.0f};
    const struct dvfo_fuser sum = {DVFO_FUSION_SUM_FIXED, 2, 0.25f};
    float out[2];
    dvfo_fusion_forward(&sum, NULL, 1, local, remote, out);
    cr_expect_float_eq(out[0], 0.25f * 1.0f + 0.75f * 3.0f, 1e-6f); /* Eq. (8) */
    cr_expect_float_eq(out[1], 0.25f * -2.0f + 0.75f * 4.0f, 1e-6f);
}

Test(fusion, every_learnt_one_begins_as_the_mean)
{
    float *local = numbers(LOGITS, -2.0, 2.0, "local"), *remote = numbers(LOGITS, -2.0, 2.0, "remote");
    for (int i = 1; i < KINDS; i++) {
        float *parameters = calloc(dvfo_fusion_parameters(&fusers[i]) + 1, sizeof *parameters), out[LOGITS];
        gsl_rng *rng = dvfo_random_stream(1, 0, "fusion");
        dvfo_fusion_initialise(&fusers[i], rng, parameters);
        dvfo_fusion_forward(&fusers[i], parameters, 3, local, remote, out);
        for (int n = 0; n < LOGITS; n++) {
            cr_expect_float_eq(out[n], 0.5f * (local[n] + remote[n]), 1e-5f, "%s", dvfo_fusion_name(fusers[i].kind));
        }
        gsl_rng_free(rng);
        free(parameters);
    }
    free(remote);
    free(local);
}

/* Sum of out * wanted, which makes `wanted` the slopes in out. */
static double weighed(const struct dvfo_fuser *fuser, const float *parameters, const float *local, const float *remote,
                      const float *wanted)
{
    float out[LOGITS];
    double sum = 0.0;
    dvfo_fusion_forward(fuser, parameters, 3, local, remote, out);
    for (int n = 0; n < LOGITS; n++) {
        sum += (double)(out[n] * wanted[n]);
    }
    return sum;
}

Test(fusion, slopes_equal_finite_differences)
{
    float *local = numbers(LOGITS, -2.0, 2.0, "local"), *remote = numbers(LOGITS, -2.0, 2.0, "remote");
    float *wanted = numbers(LOGITS, -1.0, 1.0, "wanted");
    for (int i = 0; i < KINDS; i++) {
        const long count = (long)dvfo_fusion_parameters(&fusers[i]);
        float *parameters = numbers(count + 1, -0.7, 0.7, "parameters");
        float *gradients = calloc((size_t)count + 1, sizeof *gradients), dlocal[LOGITS] = {0.0f},
              dremote[LOGITS] = {0.0f};
        dvfo_fusion_backward(&fusers[i], parameters, 3, local, remote, wanted, gradients, dlocal, dremote);
        float *const blocks[] = {parameters, local, remote}, *const slopes[] = {gradients, dlocal, dremote};
        const long sizes[] = {count, LOGITS, LOGITS};
        for (int b = 0; b < 3; b++) {
            for (long n = 0; n < sizes[b]; n++) {
                const float was = blocks[b][n];
                blocks[b][n] = was + 1e-2f;
                const double above = weighed(&fusers[i], parameters, local, remote, wanted);
                blocks[b][n] = was - 1e-2f;
                const double below = weighed(&fusers[i], parameters, local, remote, wanted);
                blocks[b][n] = was;
                cr_expect_float_eq(slopes[b][n], (above - below) / 2e-2, 2e-2, "%s, block %d, number %ld",
                                   dvfo_fusion_name(fusers[i].kind), b, n);
            }
        }
        free(gradients);
        free(parameters);
    }
    free(wanted);
    free(remote);
    free(local);
}

/* ---- the attention module ---- */

enum { C = 6, B = 3, SIDE = 8, N = SIDE * SIDE };

struct module {
    struct dvfo_gate gate;
    struct dvfo_gate_pass *pass;
    float *parameters, *in, *wanted, *wanted_scores, *out;
};

static void module_up(struct module *m)
{
    m->gate = dvfo_gate_plan(C, SIDE, SIDE, 2);
    m->parameters = calloc(m->gate.parameters, sizeof *m->parameters);
    gsl_rng *rng = dvfo_random_stream(2, 0, "gate");
    dvfo_gate_initialise(&m->gate, rng, m->parameters);
    gsl_rng_free(rng);
    m->in = numbers(C * B * N, 0.0, 2.0, "maps");
    m->wanted = numbers(C * B * N, -1.0, 1.0, "wanted");
    m->wanted_scores = numbers(C * B, -1.0, 1.0, "scores");
    m->out = malloc(C * B * N * sizeof *m->out);
    cr_assert_eq(dvfo_gate_pass_create(&ctx, &m->gate, B, &m->pass), DVFO_OK);
}

static void module_down(struct module *m)
{
    dvfo_gate_pass_free(m->pass);
    free(m->out);
    free(m->wanted_scores);
    free(m->wanted);
    free(m->in);
    free(m->parameters);
}

/* Sum of outputs and scores, weighed: their slopes are the weights. */
static double module_value(struct module *m)
{
    double sum = 0.0;
    dvfo_gate_forward(m->pass, m->parameters, B, m->in, m->out);
    for (long i = 0; i < C * B * N; i++) {
        sum += (double)m->out[i] * (double)m->wanted[i];
    }
    for (long i = 0; i < C * B; i++) {
        sum += (double)dvfo_gate_scores(m->pass)[i] * (double)m->wanted_scores[i];
    }
    return sum;
}

/* NaN where both sides differ: a maximum or a ReLU switches in between. */
static double module_slope(struct module *m, float *x)
{
    const float was = *x;
    const double middle = module_value(m);
    *x = was + 2e-3f;
    const double above = (module_value(m) - middle) / 2e-3;
    *x = was - 2e-3f;
    const double below = (middle - module_value(m)) / 2e-3;
    *x = was;
    return fabs(above - below) > 0.02 * (fabs(above) + fabs(below)) + 2e-2 ? NAN : 0.5 * (above + below);
}

static int wrong_module_slopes(struct module *m, float *x, const float *slope, long n, long step, int *compared)
{
    int wrong = 0;
    for (long i = 0; i < n; i += step) {
        const double expected = module_slope(m, &x[i]);
        if (!isnan(expected)) {
            wrong += fabs((double)slope[i] - expected) > 0.02 * fabs(expected) + 1.5e-2;
            (*compared)++;
        }
    }
    return wrong;
}

Test(gate, slopes_equal_finite_differences)
{
    struct module m;
    module_up(&m);
    float *gradients = calloc(m.gate.parameters, sizeof *gradients), *din = calloc(C * B * N, sizeof *din);
    module_value(&m);
    dvfo_gate_backward(m.pass, m.parameters, m.wanted, m.wanted_scores, gradients, din);
    int compared = 0;
    cr_expect_eq(wrong_module_slopes(&m, m.parameters, gradients, (long)m.gate.parameters, 1, &compared), 0);
    cr_expect(compared > 100, "only %d compared", compared);
    compared = 0;
    cr_expect_eq(wrong_module_slopes(&m, m.in, din, C * B * N, 7, &compared), 0);
    cr_expect(compared > 120, "only %d compared", compared);
    din[0] = din[7] += 0.5f;
    cr_expect(wrong_module_slopes(&m, m.in, din, C * B * N, 7, &compared) > 0, "a planted error passes");
    free(din);
    free(gradients);
    module_down(&m);
}

Test(gate, importance_is_a_distribution_in_the_order_of_the_scores)
{
    struct module m;
    module_up(&m);
    float p[C * B];
    module_value(&m);
    dvfo_gate_importance(m.pass, p);
    for (long b = 0; b < B; b++) {
        float sum = 0.0f;
        for (long c = 0; c < C; c++) {
            sum += p[c * B + b];
            for (long d = 0; d < C; d++) {
                const float *z = dvfo_gate_scores(m.pass);
                cr_expect_eq(z[c * B + b] > z[d * B + b], p[c * B + b] > p[d * B + b]);
            }
        }
        cr_expect_float_eq(sum, 1.0f, 1e-5f);
    }
    module_down(&m);
}

Test(gate, it_has_the_weights_that_its_cost_is_reckoned_from)
{
    struct dvfo_network *cost = NULL;
    const struct dvfo_gate gate = dvfo_gate_plan(32, 16, 16, 16);
    cr_assert_eq(dvfo_attention_network(&ctx, (struct dvfo_shape){32, 16, 16}, &cost), DVFO_OK);
    cr_expect_float_eq((double)gate.parameters, cost->params, 0.0);
    dvfo_network_free(cost);
}

/* ---- images as numbers ---- */

Test(augment, an_image_left_alone_keeps_its_place)
{
    uint8_t pixels[DVFO_IMAGE_SIZE];
    for (int i = 0; i < DVFO_IMAGE_SIZE; i++) {
        pixels[i] = (uint8_t)(i % 251);
    }
    float *images = calloc(2 * DVFO_IMAGE_SIZE, sizeof *images);
    dvfo_augment_image(pixels, NULL, 2, 1, images);
    cr_expect_float_eq(images[1024 + 5], (5.0f - 127.5f) / 64.0f, 1e-6f);
    cr_expect_float_eq(images[(2 * 2 + 1) * 1024], ((float)(2048 % 251) - 127.5f) / 64.0f, 1e-6f);
    cr_expect_eq(images[5], 0.0f, "the other image of the batch");
    free(images);
}

/* ---- the collaborative network ---- */

enum { IMAGES = 6 };

struct bench {
    struct dvfo_collaborative net;
    struct dvfo_collaborative_pass *pass;
    struct dvfo_step *step;
    float *parameters, *statistics, *gradients, *images;
    uint8_t label[IMAGES];
};

static void bench_up(struct bench *bench, const struct dvfo_collaborative_def *def)
{
    bench->net = dvfo_collaborative_plan(def);
    bench->parameters = calloc(bench->net.parameters, sizeof(float));
    bench->statistics = calloc(bench->net.statistics, sizeof(float));
    bench->gradients = calloc(bench->net.parameters, sizeof(float));
    for (dvfo_collaborative_piece piece = 0; piece < DVFO_PIECES; piece++) {
        dvfo_collaborative_initialise(&bench->net, piece, 3, bench->parameters, bench->statistics);
    }
    bench->images = numbers(IMAGES * DVFO_IMAGE_SIZE, -1.5, 1.5, "images");
    for (int b = 0; b < IMAGES; b++) {
        bench->label[b] = (uint8_t)(b % def->classes);
    }
    const struct dvfo_step_def step = dvfo_step_def_default();
    cr_assert_eq(dvfo_collaborative_pass_create(&ctx, &bench->net, IMAGES, &bench->pass), DVFO_OK);
    cr_assert_eq(dvfo_step_create(&ctx, &step, bench->pass, IMAGES, &bench->step), DVFO_OK);
}

static void bench_down(struct bench *bench)
{
    dvfo_step_free(bench->step);
    dvfo_collaborative_pass_free(bench->pass);
    free(bench->images);
    free(bench->gradients);
    free(bench->statistics);
    free(bench->parameters);
}

static struct dvfo_collaborative_def small(void)
{
    struct dvfo_collaborative_def def = dvfo_collaborative_def_default();
    def.classes = 5;
    def.size = 0.125;
    return def;
}

Test(collaborative, its_cost_at_full_size_is_what_the_text_says)
{
    const struct dvfo_collaborative_def def = dvfo_collaborative_def_default();
    const struct dvfo_collaborative net = dvfo_collaborative_plan(&def);
    const double extractor = dvfo_stack_macs(&net.stack[DVFO_PIECE_EXTRACTOR], 1);
    const double tail = dvfo_stack_macs(&net.stack[DVFO_PIECE_PLAIN], 1);
    cr_expect_float_eq(extractor, 16 * 27 * 1024 + 16 * 9 * 256 + 16 * 32 * 256, 0.0);
    cr_expect(extractor < (extractor + tail) / 3.0, "the split lies within the first third of the work");
    cr_expect_eq(net.channels, 32);
    cr_expect_eq(net.height, 16);
    cr_expect(dvfo_stack_macs(&net.stack[DVFO_PIECE_LOCAL], 1) < 0.3 * tail, "keeping less computes less");
    cr_expect_eq(dvfo_stack_macs(&net.stack[DVFO_PIECE_LOCAL], 4), tail);
}

Test(collaborative, the_network_that_is_simulated_is_the_one_that_learns)
{
    const struct dvfo_collaborative_def def = dvfo_collaborative_def_default();
    const struct dvfo_collaborative net = dvfo_collaborative_plan(&def);
    struct dvfo_network *simulated = NULL;
    cr_assert_eq(dvfo_network_load(&ctx, "collaborative", 0, NULL, &simulated), DVFO_OK, "%s", ctx.message);
    const struct dvfo_stack *extractor = &net.stack[DVFO_PIECE_EXTRACTOR], *tail = &net.stack[DVFO_PIECE_PLAIN];
    cr_expect_float_eq(simulated->params, (double)(extractor->parameters + tail->parameters), 0.0);
    cr_expect_float_eq(simulated->macs, dvfo_stack_macs(extractor, 1) + dvfo_stack_macs(tail, 1), 0.0);
    const struct dvfo_shape map = simulated->layers[simulated->split].out;
    cr_expect(map.channels == net.channels && map.height == net.height && map.width == net.width);
    dvfo_network_free(simulated);
}

Test(collaborative, widths_follow_the_kept_share_in_quarters)
{
    const struct dvfo_collaborative_def def = dvfo_collaborative_def_default();
    const struct dvfo_collaborative net = dvfo_collaborative_plan(&def);
    const int expected[10] = {4, 4, 4, 3, 3, 2, 2, 2, 1, 1};
    for (int share = 1; share < 10; share++) {
        cr_expect_eq(dvfo_collaborative_width(&net, share), expected[share], "share %d", share);
    }
}

Test(collaborative, a_channel_goes_one_way_and_the_other_side_sees_nothing_of_it)
{
    struct bench bench;
    const struct dvfo_collaborative_def def = small();
    bench_up(&bench, &def);
    struct dvfo_collaborative_pass *pass = bench.pass;
    const long maps = bench.net.channels * IMAGES, pixels = bench.net.height * bench.net.width;
    dvfo_collaborative_begin(pass, bench.parameters, bench.statistics, false);
    dvfo_collaborative_extract(pass, IMAGES, bench.images);
    dvfo_collaborative_attend(pass, NULL, NULL);
    dvfo_collaborative_split(pass, 5, DVFO_CODING_FLOAT, NULL);
    long stay = 0;
    for (long i = 0; i < maps; i++) {
        stay += pass->kept[i] > 0.0f;
        for (long n = i * pixels; n < (i + 1) * pixels; n++) {
            cr_assert_eq(pass->local_in[n], pass->kept[i] > 0.0f ? pass->attended[n] : 0.0f);
            cr_assert_eq(pass->remote_in[n], pass->kept[i] > 0.0f ? 0.0f : pass->attended[n]);
        }
    }
    cr_expect_eq(stay, maps / 2);
    bench_down(&bench);
}

static double split_loss(struct bench *bench, int share)
{
    dvfo_collaborative_begin(bench->pass, bench->parameters, bench->statistics, true);
    return dvfo_step_split(bench->step, IMAGES, bench->images, bench->label, 1.0, share, NULL, NULL, bench->gradients);
}

/* How many of a piece's numbers have a slope that differs from a finite difference. Straight-through slopes have no
 * difference to compare with: pieces behind coding and choice alone are asked for. */
static int wrong_step_slopes(struct bench *bench, dvfo_collaborative_piece piece, int share, int *compared)
{
    const struct dvfo_collaborative_span *span = &bench->net.span[piece];
    memset(bench->gradients, 0, bench->net.parameters * sizeof(float));
    const double middle = split_loss(bench, share);
    float *slopes = malloc(span->count * sizeof *slopes);
    memcpy(slopes, bench->gradients + span->at, span->count * sizeof *slopes);
    int wrong = 0;
    for (size_t i = 0; i < span->count; i += 1 + span->count / 60) {
        float *x = bench->parameters + span->at + i;
        const float was = *x;
        *x = was + 2e-3f;
        const double above = (split_loss(bench, share) - middle) / 2e-3;
        *x = was - 2e-3f;
        const double below = (middle - split_loss(bench, share)) / 2e-3;
        *x = was;
        if (fabs(above - below) <= 0.03 * (fabs(above) + fabs(below)) + 2e-2) {
            wrong += fabs((double)slopes[i] - 0.5 * (above + below)) > 0.03 * fabs(above) + 2e-2;
            (*compared)++;
        }
    }
    free(slopes);
    return wrong;
}

Test(step, slopes_of_both_tails_equal_finite_differences)
{
    struct bench bench;
    const struct dvfo_collaborative_def def = small();
    bench_up(&bench, &def);
    const int shares[] = {3, 8, 10};
    for (int i = 0; i < 3; i++) {
        int compared = 0;
        cr_expect_eq(wrong_step_slopes(&bench, DVFO_PIECE_REMOTE, shares[i], &compared), 0, "share %d", shares[i]);
        cr_expect_eq(wrong_step_slopes(&bench, DVFO_PIECE_LOCAL, shares[i], &compared), 0, "share %d", shares[i]);
        cr_expect(compared > 60, "only %d compared", compared);
    }
    bench_down(&bench);
}

Test(step, the_full_network_stays_what_it_is_while_the_split_learns)
{
    struct bench bench;
    const struct dvfo_collaborative_def def = small();
    bench_up(&bench, &def);
    split_loss(&bench, 4);
    for (dvfo_collaborative_piece piece = 0; piece < DVFO_PIECES; piece++) {
        const struct dvfo_collaborative_span *span = &bench.net.span[piece];
        const bool stays = piece == DVFO_PIECE_BASE || piece == DVFO_PIECE_PLAIN || piece == DVFO_PIECE_LITTLE ||
                           piece == DVFO_PIECE_FUSION;
        double slopes = 0.0;
        for (size_t i = 0; i < span->count; i++) {
            slopes += fabs((double)bench.gradients[span->at + i]);
        }
        cr_expect_eq(slopes > 0.0, !stays, "%s", dvfo_collaborative_piece_name(piece));
    }
    bench_down(&bench);
}

Test(step, appealnet_trusts_more_where_the_little_network_is_better)
{
    struct bench bench;
    const struct dvfo_collaborative_def def = small();
    bench_up(&bench, &def);
    const struct dvfo_collaborative_span *span = &bench.net.span[DVFO_PIECE_LITTLE];
    float *velocity = calloc(span->count, sizeof *velocity);
    double loss[2] = {0.0, 0.0};
    for (int i = 0; i < 60; i++) {
        memset(bench.gradients, 0, bench.net.parameters * sizeof(float));
        dvfo_collaborative_begin(bench.pass, bench.parameters, bench.statistics, true);
        loss[i > 0] = dvfo_step_little(bench.step, IMAGES, bench.images, bench.label, 1.0 / IMAGES, i < 30 ? 0.0 : 1.0,
                                       bench.gradients);
        for (size_t n = 0; n < span->count; n++) {
            velocity[n] = 0.9f * velocity[n] + bench.gradients[span->at + n];
            bench.parameters[span->at + n] -= 0.05f * velocity[n];
        }
    }
    cr_expect(loss[1] < 0.5 * loss[0], "from %g to %g", loss[0], loss[1]);
    const float *q = bench.pass->little + def.classes * IMAGES;
    for (int b = 0; b < IMAGES; b++) {
        cr_expect(q[b] > 0.0f, "image %d, learnt by heart, isn't trusted: %g", b, (double)q[b]);
    }
    free(velocity);
    bench_down(&bench);
}

Test(step, importance_by_integrated_gradients_sees_a_channel_that_matters)
{
    struct bench bench;
    const struct dvfo_collaborative_def def = small();
    bench_up(&bench, &def);
    /* channel 2 of the map enters the plain tail a hundred times as strongly as the others */
    const struct dvfo_stack_place *first = &bench.net.stack[DVFO_PIECE_PLAIN].at[0];
    const long C_in = first->window.C;
    for (long o = 0; o < first->window.O; o++) {
        for (long n = 0; n < 9; n++) {
            bench.parameters[bench.net.span[DVFO_PIECE_PLAIN].at + first->weight + (size_t)((o * C_in + 2) * 9 + n)] *=
                100.0f;
        }
    }
    double sum[16] = {0.0};
    dvfo_collaborative_begin(bench.pass, bench.parameters, bench.statistics, false);
    dvfo_step_importance(bench.step, IMAGES, bench.images, bench.label, bench.gradients, sum);
    for (long c = 0; c < C_in; c++) {
        cr_expect(c == 2 || sum[2] > sum[c], "channel %ld", c);
    }
    bench_down(&bench);
}
