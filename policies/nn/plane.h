/* One channel with its padding around it: what depthwise convolution and pooling slide their window over.
 *
 * On a padded plane every tap of every output lies inside, so that outputs are computed in blocks of a fixed length
 * with all taps in a row and sums in registers. At stride 1 the rows follow each other without a break: the outputs
 * between two rows are computed in vain and dropped at the end. */
#ifndef DVFO_PLANE_H
#define DVFO_PLANE_H

#include <stddef.h>

#include "policies/nn/window.h"

enum { DVFO_PLANE_BLOCK = 16 }; /* outputs in a block */

struct dvfo_plane {
    const struct dvfo_window *window; /* borrowed */
    long rows, columns;               /* of the padded plane */
    float *padded;                    /* (rows, columns) and room behind it that blocks may read */
    long step;                        /* of the outputs: from one row to the next */
    float *out;                       /* (Y, step) and room behind it that blocks may write */
};

/** Numbers of scratch that a plane needs. */
size_t dvfo_plane_scratch(const struct dvfo_window *window);

/** A plane in `scratch`, its padding filled with `value`, which stays over all channels. */
struct dvfo_plane dvfo_plane_in(const struct dvfo_window *window, float value, float *scratch);

/** Put a channel into it. in (H, W) */
void dvfo_plane_load(struct dvfo_plane *plane, const float *in);

/** Copy the outputs out of it. out (Y, X) */
void dvfo_plane_store(const struct dvfo_plane *plane, float *out);

/* Compute all outputs of a plane, block by block: `compute(plane, seen, stride, argument, out)` is given where the
 * first tap of a block's first output lies and writes DVFO_PLANE_BLOCK outputs; inlined three times, so that strides 1
 * and 2 are constants and become vector instructions. */
#define DVFO_PLANE_EACH_BLOCK(plane, compute, argument)                                                                \
    do {                                                                                                               \
        const struct dvfo_window *each_w = (plane)->window;                                                            \
        const bool each_flat = each_w->stride == 1;                                                                    \
        const long each_rows = each_flat ? 1 : each_w->Y;                                                              \
        const long each_n = each_flat ? (each_w->Y - 1) * (plane)->step + each_w->X : each_w->X;                       \
        for (long each_y = 0; each_y < each_rows; each_y++) {                                                          \
            const float *each_seen = (plane)->padded + each_y * each_w->stride * (plane)->columns;                     \
            float *each_out = (plane)->out + each_y * (plane)->step;                                                   \
            for (long each_x = 0; each_x < each_n; each_x += DVFO_PLANE_BLOCK) {                                       \
                if (each_flat) {                                                                                       \
                    compute(plane, each_seen + each_x, 1, argument, each_out + each_x);                                \
                } else if (each_w->stride == 2) {                                                                      \
                    compute(plane, each_seen + 2 * each_x, 2, argument, each_out + each_x);                            \
                } else {                                                                                               \
                    compute(plane, each_seen + each_w->stride * each_x, each_w->stride, argument, each_out + each_x);  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

#endif
