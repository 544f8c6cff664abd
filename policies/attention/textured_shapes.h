/* Generated images: textured shapes in a hundred classes, where no data set can be downloaded.
 *
 * A class is one of ten shapes in one of ten textures (motif.h): class = 10 * shape + texture; the coarse class tells
 * the shape and the family of the texture. Everything else is chance: two colours of the shape, two of a background
 * with a faint pattern, angle, scale, place, occluding bars and blobs, contrast, brightness, noise. So no pixel and no
 * colour tells anything of the class by itself.
 *
 * Image i of a split ("train", "test") depends on (seed, split, i) alone: asking for more images leaves the earlier
 * ones as they are, and parts can be drawn in any order or at once. Classes come in shuffled blocks of a hundred, each
 * once in every block. */
#ifndef DVFO_TEXTURED_SHAPES_H
#define DVFO_TEXTURED_SHAPES_H

#include "policies/attention/images.h"

/* How hard the images are to tell apart; in brackets the default. `strength` alone makes a whole set harder or easier.
 */
struct dvfo_textured_shapes_def {
    uint64_t seed;    /* (1) of all random streams */
    double strength;  /* (1) >= 0; scales all below: 0 gives clean, centred images */
    double noise;     /* (0.07) standard deviation of each value of a pixel, of full scale */
    double occlusion; /* (2.5) mean width of an occluding bar, mean radius of an occluding blob [px]; up to 3 of them */
    double distractor; /* (0.10) largest difference of the background's two colours in a plane, of full scale */
    double jitter_px;  /* (3.5) largest shift of the shape's centre, in x and in y */
    double dimming;    /* (0.35) largest loss of contrast, twice the largest change of brightness, of full scale */
};

struct dvfo_textured_shapes_def dvfo_textured_shapes_def_default(void);

/** Draw images `first` to `first + count` - 1 of the split, with their labels, where these stand in `images`.
 *  @param split  names the random streams: "train" or "test"
 *  Cost: some 0.1 ms an image. */
dvfo_status dvfo_textured_shapes_draw(struct dvfo_ctx *ctx, const struct dvfo_textured_shapes_def *def,
                                      const char *split, long first, long count, struct dvfo_images *images);

/** All of a split. @param out  zeroed on failure; free with dvfo_images_free */
dvfo_status dvfo_textured_shapes_generate(struct dvfo_ctx *ctx, const struct dvfo_textured_shapes_def *def,
                                          const char *split, long count, struct dvfo_images *out);

#endif
