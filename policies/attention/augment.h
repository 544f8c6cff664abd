/* Images as numbers: around 0, about 1 wide; while learning shifted by up to four pixels and mirrored by chance. */
#ifndef DVFO_AUGMENT_H
#define DVFO_AUGMENT_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

/** Image b of a batch: pixels (3, 32, 32), 0..255 -> its place in images (3, B, 32, 32).
 *  @param chance  shifts and mirrors; NULL: as it is. Outside the image: 0, the middle grey */
void dvfo_augment_image(const uint8_t *pixels, gsl_rng *chance, long samples, long b, float *images);

#endif
