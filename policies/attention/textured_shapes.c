#include "policies/attention/textured_shapes.h"

#include <string.h>

#include "policies/attention/motif.h"
#include "policies/attention/scene.h"
#include "sim/base/random.h"

enum { STREAM_NAME_SIZE = 64, FAMILY = 5 /* textures of a coarse class */ };

struct dvfo_textured_shapes_def dvfo_textured_shapes_def_default(void)
{
    return (struct dvfo_textured_shapes_def){
        .seed = 1,
        .strength = 1.0,
        .noise = 0.07,
        .occlusion = 2.5,
        .distractor = 0.10,
        .jitter_px = 3.5,
        .dimming = 0.35,
    };
}

/* The classes of one block of a hundred images (Fisher and Yates 1938). */
static dvfo_status shuffle_block(struct dvfo_ctx *ctx, uint64_t seed, const char *split, long block,
                                 uint8_t label[DVFO_IMAGE_CLASSES])
{
    char name[STREAM_NAME_SIZE];
    snprintf(name, sizeof name, "textured-shapes.%s.order", split);
    gsl_rng *rng = dvfo_random_small_stream(seed, (uint64_t)block, name);
    if (rng == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (unsigned i = 0; i < DVFO_IMAGE_CLASSES; i++) {
        const unsigned long j = gsl_rng_uniform_int(rng, i + 1UL);
        label[i] = label[j];
        label[j] = (uint8_t)i;
    }
    gsl_rng_free(rng);
    return DVFO_OK;
}

static dvfo_status draw_image(struct dvfo_ctx *ctx, const struct dvfo_textured_shapes_def *def, const char *split,
                              long i, struct dvfo_images *images)
{
    char name[STREAM_NAME_SIZE];
    snprintf(name, sizeof name, "textured-shapes.%s.image", split);
    gsl_rng *rng = dvfo_random_small_stream(def->seed, (uint64_t)i, name);
    if (rng == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const size_t outline = images->label[i] / DVFO_TEXTURES, texture = images->label[i] % DVFO_TEXTURES;
    struct dvfo_scene scene;
    images->coarse[i] = (uint8_t)(outline * (DVFO_TEXTURES / FAMILY) + texture / FAMILY);
    dvfo_scene_compose(&scene, def, &dvfo_outlines[outline], &dvfo_textures[texture], rng);
    dvfo_scene_render(&scene, rng, images->pixels + (size_t)i * DVFO_IMAGE_SIZE);
    gsl_rng_free(rng);
    return DVFO_OK;
}

dvfo_status dvfo_textured_shapes_draw(struct dvfo_ctx *ctx, const struct dvfo_textured_shapes_def *def,
                                      const char *split, long first, long count, struct dvfo_images *images)
{
    uint8_t label[DVFO_IMAGE_CLASSES];
    DVFO_REQUIRE(first >= 0 && count >= 0 && first + count <= images->count);
    for (long i = first; i < first + count; i++) {
        if (i == first || i % DVFO_IMAGE_CLASSES == 0) {
            DVFO_TRY(shuffle_block(ctx, def->seed, split, i / DVFO_IMAGE_CLASSES, label));
        }
        images->label[i] = label[i % DVFO_IMAGE_CLASSES];
        DVFO_TRY(draw_image(ctx, def, split, i, images));
    }
    return DVFO_OK;
}

dvfo_status dvfo_textured_shapes_generate(struct dvfo_ctx *ctx, const struct dvfo_textured_shapes_def *def,
                                          const char *split, long count, struct dvfo_images *out)
{
    DVFO_TRY(dvfo_images_create(ctx, count, out));
    const dvfo_status status = dvfo_textured_shapes_draw(ctx, def, split, 0, count, out);
    if (status != DVFO_OK) {
        dvfo_images_free(out);
    }
    return status;
}
