/* Networks learn and are judged by several threads at once, for ThreadSanitizer to watch: what comes out is what one
 * thread makes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/attention/appraisal.h"
#include "policies/attention/textured_shapes.h"
#include "policies/nn/matrix.h"

enum { IMAGES = 240, LEARNT = 200, THREADS = 4 };

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "threads_schooling: %s\n", what);
        exit(1);
    }
}

static struct dvfo_schooling_def small_def(void)
{
    struct dvfo_schooling_def def = dvfo_schooling_def_default();
    def.net.size = 0.125;
    def.epochs[DVFO_LEARN_FULL] = def.epochs[DVFO_LEARN_SPLIT] = def.epochs[DVFO_LEARN_LITTLE] = 1;
    def.batch = 48;
    def.shard = 12;
    return def;
}

static struct dvfo_schooling *learn(const struct dvfo_images *images, int threads)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_schooling *schooling = NULL;
    const struct dvfo_schooling_def def = small_def();
    const struct dvfo_schooling_room room = {.threads = threads};
    struct dvfo_schooling_report report;
    expect(dvfo_schooling_create(&ctx, &def, &schooling) == DVFO_OK, ctx.message);
    while (schooling->lesson < DVFO_LEARN_KINDS) {
        expect(dvfo_schooling_epoch(&ctx, schooling, images, LEARNT, &room, &report) == DVFO_OK, ctx.message);
    }
    return schooling;
}

static struct dvfo_accuracy_profile *appraise(struct dvfo_schooling *schooling, const struct dvfo_images *images,
                                              int threads)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = NULL;
    const char *name = "network";
    const struct dvfo_appraisal_def def = {.networks = &schooling,
                                           .names = &name,
                                           .count = 1,
                                           .part = {{images, LEARNT, IMAGES - LEARNT}, {images, 0, IMAGES}},
                                           .learnt = {images, 0, LEARNT},
                                           .requests = 40,
                                           .threads = threads};
    expect(dvfo_appraisal_make(&ctx, &def, &profile) == DVFO_OK, ctx.message);
    return profile;
}

int main(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images = {0};
    const struct dvfo_textured_shapes_def def = dvfo_textured_shapes_def_default();
    dvfo_matrix_use_threads(1);
    expect(dvfo_textured_shapes_generate(&ctx, &def, "train", IMAGES, &images) == DVFO_OK, ctx.message);
    struct dvfo_schooling *one = learn(&images, 1), *many = learn(&images, THREADS);
    expect(memcmp(one->parameters, many->parameters, one->net.parameters * sizeof(float)) == 0,
           "threads learn something else");
    struct dvfo_accuracy_profile *alone = appraise(one, &images, 1), *together = appraise(many, &images, THREADS);
    expect(memcmp(alone->part[DVFO_PART_TEST].right_split, together->part[DVFO_PART_TEST].right_split, 40 * 110) == 0,
           "threads judge otherwise");
    dvfo_accuracy_profile_free(together);
    dvfo_accuracy_profile_free(alone);
    dvfo_schooling_free(many);
    dvfo_schooling_free(one);
    dvfo_images_free(&images);
    return 0;
}
