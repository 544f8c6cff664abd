/* What the classes of generated images look like: ten shapes, ten textures.
 *
 * Both are functions of a point in their own frame, so whoever draws turns, shifts and scales the frame, not the motif.
 * Every angle is allowed, for no motif turns into another one: there is a square but no rhombus, a bar but no ellipse.
 * Textures differ in kind, not in scale or angle. Only sums, products, floor and sqrt are used: IEEE arithmetic rounds
 * these alike everywhere, so images have the same bytes on every machine. */
#ifndef DVFO_MOTIF_H
#define DVFO_MOTIF_H

#include <stdbool.h>
#include <stdint.h>

enum { DVFO_OUTLINES = 10, DVFO_TEXTURES = 10 };

struct dvfo_outline {
    const char *name;
    bool (*holds)(double x, double y); /* in radii of the shape: all lies within about 1 of the origin */
};

struct dvfo_texture {
    const char *name;
    /** Between the first colour (0) and the second (1), at a point in periods from the centre of the shape.
     *  @param reach  radius of the shape [periods], > 0
     *  @param salt   which of the random textures of that kind */
    double (*at)(double u, double v, double reach, uint64_t salt);
};

extern const struct dvfo_outline dvfo_outlines[DVFO_OUTLINES];

/* Five of regular lines and cells, then five others. */
extern const struct dvfo_texture dvfo_textures[DVFO_TEXTURES];

#endif
