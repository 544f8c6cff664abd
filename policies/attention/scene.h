/* One image before it is pixels: a textured shape over a patterned background, partly hidden.
 *
 * Composing draws every chance but the noise; rendering averages 2x2 points of each pixel, dims, adds the noise and
 * rounds. Coordinates are pixels from the centre of the image. */
#ifndef DVFO_SCENE_H
#define DVFO_SCENE_H

#include <gsl/gsl_rng.h>

#include "policies/attention/motif.h"
#include "policies/attention/textured_shapes.h"

enum { DVFO_MAX_OCCLUDERS = 3 };

struct dvfo_colour {
    double part[DVFO_IMAGE_PLANES]; /* 0 to 1 */
};

/* Where a motif lies: its origin, its first axis, and the length of its unit. */
struct dvfo_frame {
    double x_px, y_px, axis_x, axis_y, unit_px;
};

/* A motif of two colours. */
struct dvfo_paint {
    const struct dvfo_texture *texture;
    struct dvfo_frame frame; /* unit: a period */
    struct dvfo_colour colour[2];
    double reach; /* [periods] */
    uint64_t salt;
};

/* A bar across the whole image, or a disc. */
struct dvfo_occluder {
    bool is_bar;
    struct dvfo_frame frame; /* unit: half the bar's width, the disc's radius */
    struct dvfo_colour colour;
};

struct dvfo_scene {
    const struct dvfo_outline *outline;
    struct dvfo_frame frame; /* unit: the shape's radius */
    struct dvfo_paint paint, background;
    struct dvfo_occluder occluder[DVFO_MAX_OCCLUDERS];
    int occluders;
    double contrast, brightness, noise;
};

/** Draw what an image of that class shows. */
void dvfo_scene_compose(struct dvfo_scene *scene, const struct dvfo_textured_shapes_def *def,
                        const struct dvfo_outline *outline, const struct dvfo_texture *texture, gsl_rng *rng);

/** @param pixels  (3, 32, 32) */
void dvfo_scene_render(const struct dvfo_scene *scene, gsl_rng *rng, uint8_t pixels[DVFO_IMAGE_SIZE]);

#endif
