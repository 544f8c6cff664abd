#include "policies/attention/augment.h"

#include <stdbool.h>

enum { SIDE = 32, PLANES = 3, MOST_SHIFT = 4 };

#define MIDDLE 127.5f
#define SPREAD 64.0f

void dvfo_augment_image(const uint8_t *pixels, gsl_rng *chance, long samples, long b, float *images)
{
    long down = 0, right = 0;
    bool mirrored = false;
    if (chance != NULL) {
        down = (long)gsl_rng_uniform_int(chance, 2 * MOST_SHIFT + 1) - MOST_SHIFT;
        right = (long)gsl_rng_uniform_int(chance, 2 * MOST_SHIFT + 1) - MOST_SHIFT;
        mirrored = gsl_rng_uniform_int(chance, 2) == 1;
    }
    for (long plane = 0; plane < PLANES; plane++) {
        const uint8_t *from = pixels + plane * SIDE * SIDE;
        float *to = images + (plane * samples + b) * SIDE * SIDE;
        for (long y = 0; y < SIDE; y++) {
            for (long x = 0; x < SIDE; x++) {
                const long row = y + down, column = (mirrored ? SIDE - 1 - x : x) + right;
                const bool inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
                *to++ = inside ? ((float)from[row * SIDE + column] - MIDDLE) / SPREAD : 0.0f;
            }
        }
    }
}
