/* Generated images: the same everywhere and in any order, balanced, and not to be told apart by single pixels. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policies/attention/textured_shapes.h"
#include "sim/base/hash.h"
#include "sim/base/random.h"

enum { N = 250, C = DVFO_IMAGE_CLASSES, D = DVFO_IMAGE_SIZE };

static struct dvfo_images draw(const struct dvfo_textured_shapes_def *def, const char *split, long count)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images;
    cr_assert(dvfo_textured_shapes_generate(&ctx, def, split, count, &images) == DVFO_OK, "%s", ctx.message);
    return images;
}

/* Over the first `count` images. */
static bool are_equal(const struct dvfo_images *a, const struct dvfo_images *b, long count)
{
    return memcmp(a->pixels, b->pixels, (size_t)count * D) == 0 && memcmp(a->label, b->label, (size_t)count) == 0 &&
           memcmp(a->coarse, b->coarse, (size_t)count) == 0;
}

Test(textured_shapes, the_same_seed_gives_the_same_bytes_and_another_one_others)
{
    struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images images = draw(&def, "train", N), again = draw(&def, "train", N), test = draw(&def, "test", N);
    def.seed = 2;
    struct dvfo_images other = draw(&def, "train", N);
    cr_expect(are_equal(&images, &again, N));
    for (long i = 0; i < N; i++) {
        cr_expect(memcmp(images.pixels + i * D, other.pixels + i * D, D) != 0);
        cr_expect(memcmp(images.pixels + i * D, test.pixels + i * D, D) != 0);
    }
    cr_expect(memcmp(images.label, other.label, N) != 0 && memcmp(images.label, test.label, N) != 0);
    dvfo_images_free(&images);
    dvfo_images_free(&again);
    dvfo_images_free(&other);
    dvfo_images_free(&test);
}

/* The bytes themselves, so that another compiler or machine that draws others is told. */
Test(textured_shapes, the_bytes_are_these)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images images = draw(&def, "train", N);
    char hash[65];
    dvfo_hash_sha256_hex(images.pixels, N * D, hash);
    cr_expect_str_eq(hash, "786b81fed6e5d478c8869975ef675c3bb296058a9543b52bb13e9b5248dd3048");
    dvfo_images_free(&images);
}

Test(textured_shapes, more_images_leave_the_earlier_ones_as_they_are)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images few = draw(&def, "train", 130), many = draw(&def, "train", N);
    cr_expect(are_equal(&few, &many, 130));
    dvfo_images_free(&few);
    dvfo_images_free(&many);
}

Test(textured_shapes, parts_drawn_in_any_order_are_the_whole)
{
    static const long parts[][2] = {{201, 49}, {0, 1}, {99, 102}, {1, 98}};
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_ctx ctx = {0};
    struct dvfo_images whole = draw(&def, "train", N), pieces;
    cr_assert(dvfo_images_create(&ctx, N, &pieces) == DVFO_OK);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cr_assert(dvfo_textured_shapes_draw(&ctx, &def, "train", parts[i][0], parts[i][1], &pieces) == DVFO_OK);
    }
    cr_expect(are_equal(&whole, &pieces, N));
    dvfo_images_free(&whole);
    dvfo_images_free(&pieces);
}

Test(textured_shapes, each_class_comes_once_in_a_block_and_blocks_are_shuffled)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images images = draw(&def, "train", 3 * C);
    for (size_t block = 0; block < 3; block++) {
        int seen[C] = {0}, in_order = 0;
        for (size_t i = 0; i < C; i++) {
            const uint8_t label = images.label[block * C + i];
            cr_assert(label < C);
            seen[label]++;
            in_order += label == i;
        }
        for (size_t c = 0; c < C; c++) {
            cr_expect(seen[c] == 1, "class %zu comes %d times", c, seen[c]);
        }
        cr_expect(in_order < 10);
    }
    cr_expect(memcmp(images.label, images.label + C, C) != 0);
    dvfo_images_free(&images);
}

Test(textured_shapes, a_coarse_class_holds_five_fine_ones)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images images = draw(&def, "test", C);
    int classes[DVFO_IMAGE_COARSE_CLASSES] = {0};
    for (size_t i = 0; i < C; i++) {
        cr_assert(images.coarse[i] == images.label[i] / 5);
        classes[images.coarse[i]]++;
    }
    for (size_t k = 0; k < DVFO_IMAGE_COARSE_CLASSES; k++) {
        cr_expect(classes[k] == 5);
    }
    dvfo_images_free(&images);
}

Test(textured_shapes, images_of_a_class_differ_from_each_other)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images images = draw(&def, "train", 4 * C);
    for (size_t i = 0; i < 4 * C; i++) {
        for (size_t j = 0; j < i; j++) {
            const uint8_t *a = images.pixels + i * D, *b = images.pixels + j * D;
            long difference = 0;
            for (size_t k = 0; k < D && images.label[i] == images.label[j]; k++) {
                difference += labs((long)a[k] - b[k]);
            }
            cr_expect(images.label[i] != images.label[j] || difference > 10 * D, "%zu and %zu: %ld", i, j, difference);
        }
    }
    dvfo_images_free(&images);
}

/* Two colours and what lies between: a shape that isn't there, or a texture that never shows, would leave fewer. */
static int colours_of(const uint8_t pixels[D])
{
    enum { PLANE = D / 3 };
    int colours = 0;
    for (size_t i = 0; i < PLANE; i++) {
        bool is_new = true;
        for (size_t j = 0; j < i && is_new; j++) {
            is_new = pixels[i] != pixels[j] || pixels[PLANE + i] != pixels[PLANE + j] ||
                     pixels[2 * PLANE + i] != pixels[2 * PLANE + j];
        }
        colours += is_new;
    }
    return colours;
}

Test(textured_shapes, without_strength_shape_and_texture_stand_alone_on_one_colour)
{
    struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    def.strength = 0.0;
    struct dvfo_images images = draw(&def, "train", 4 * C);
    for (size_t i = 0; i < 4 * C; i++) {
        const uint8_t *pixels = images.pixels + i * D;
        const int texture = images.label[i] % 10, colours = colours_of(pixels);
        const bool corners_alike = pixels[0] == pixels[31] && pixels[0] == pixels[31 * 32];
        cr_expect(corners_alike, "image %zu", i);
        /* "plain": three mixtures with the background; "gradient": one colour for every place along it */
        cr_expect(texture == 5 ? colours >= 2 && colours <= 5 : colours > 5, "image %zu of class %d has %d colours", i,
                  images.label[i], colours);
    }
    dvfo_images_free(&images);
}

/* ---- a linear look ---- */

/* Classes last: then the compiler makes vectors of them. */
struct linear {
    float w[D][C], b[C];
};

/* The class of the highest score. @param z  (C) scores */
static int classify(const struct linear *linear, const float x[D], float z[C])
{
    int best = 0;
    memcpy(z, linear->b, sizeof linear->b);
    for (size_t k = 0; k < D; k++) {
        for (size_t c = 0; c < C; c++) {
            z[c] += linear->w[k][c] * x[k];
        }
    }
    for (int c = 1; c < C; c++) {
        best = z[c] > z[best] ? c : best;
    }
    return best;
}

static void normalise(const uint8_t pixels[D], float x[D])
{
    for (size_t k = 0; k < D; k++) {
        x[k] = (float)pixels[k] / 127.5f - 1.0f;
    }
}

/* One step down the cross-entropy of the softmax. */
static void step(struct linear *linear, const float x[D], int label, float rate)
{
    float z[C], dz[C], sum = 0.0f;
    const int best = classify(linear, x, z);
    for (size_t c = 0; c < C; c++) {
        dz[c] = expf(z[c] - z[best]);
        sum += dz[c];
    }
    for (size_t c = 0; c < C; c++) {
        dz[c] = rate * (dz[c] / sum - (c == (size_t)label ? 1.0f : 0.0f));
        linear->b[c] -= dz[c];
    }
    for (size_t k = 0; k < D; k++) {
        for (size_t c = 0; c < C; c++) {
            linear->w[k][c] -= dz[c] * x[k];
        }
    }
}

/* Accuracy on `test` of a softmax over the pixels that has learnt from `train`. */
static double linear_accuracy(const struct dvfo_images *train, const struct dvfo_images *test)
{
    static const float rate[] = {1e-3f, 1e-3f, 1e-3f, 3e-4f, 1e-4f};
    struct linear *linear = calloc(1, sizeof *linear);
    float x[D], z[C];
    long right = 0;
    cr_assert(linear != NULL);
    for (size_t epoch = 0; epoch < sizeof rate / sizeof rate[0]; epoch++) {
        for (long i = 0; i < train->count; i++) {
            normalise(train->pixels + i * D, x);
            step(linear, x, train->label[i], rate[epoch]);
        }
    }
    for (long i = 0; i < test->count; i++) {
        normalise(test->pixels + i * D, x);
        right += classify(linear, x, z) == test->label[i];
    }
    free(linear);
    cr_log_info("linear classifier: %.1f %% of the test", 100.0 * (double)right / (double)test->count);
    return (double)right / (double)test->count;
}

Test(textured_shapes, a_linear_classifier_stays_below_20_percent)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images train = draw(&def, "train", 4000), test = draw(&def, "test", 1000);
    const double accuracy = linear_accuracy(&train, &test);
    cr_expect(accuracy < 0.20, "%.3f", accuracy);
    dvfo_images_free(&train);
    dvfo_images_free(&test);
}

/* Each class owns ten pixels of the image, white in its own images. */
static void paint_labels(struct dvfo_images *images)
{
    for (long i = 0; i < images->count; i++) {
        for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
            memset(images->pixels + i * D + p * D / DVFO_IMAGE_PLANES + 10 * images->label[i], 255, 10);
        }
    }
}

Test(textured_shapes, the_linear_check_rejects_images_that_tell_their_class_by_a_few_pixels)
{
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    struct dvfo_images train = draw(&def, "train", 4000), test = draw(&def, "test", 1000);
    paint_labels(&train);
    paint_labels(&test);
    const double accuracy = linear_accuracy(&train, &test);
    cr_expect(accuracy > 0.90, "%.3f", accuracy);
    dvfo_images_free(&train);
    dvfo_images_free(&test);
}
