/* One channel with its padding around it: what depthwise convolution and pooling slide their window over.
 *
 * On a padded plane every tap of every output lies inside, so that outputs are computed in blocks of a fixed length
 * with all taps in a row and sums in registers. At stride s a row lies as s phases, columns 0, s, 2s, ... then 1, s +
 * 1, ..., so that what neighbouring outputs see of a tap are neighbours too. At stride 1 the rows follow each other
 * without a break: outputs between two rows are computed in vain and dropped at the end. */
#ifndef DVFO_PLANE_H
#define DVFO_PLANE_H

#include <stddef.h>

#include "policies/nn/window.h"

enum { DVFO_PLANE_BLOCK = 16 }; /* outputs in a block */

/* A block in registers: as many vectors as the processor needs for it. Compilers of C know + - * of these. */
typedef float dvfo_plane_block __attribute__((vector_size(4 * DVFO_PLANE_BLOCK)));

/* Before a function that works on a plane: it becomes part of its caller, so that it is compiled for the same vectors.
 */
#define DVFO_PLANE_PART __attribute__((always_inline)) static inline

struct dvfo_plane {
    const struct dvfo_window *window; /* borrowed */
    long phase;                       /* columns of one phase */
    float *padded;                    /* (rows, stride, phase) and room behind it that blocks may read */
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

/* Blocks of a plane: rows of outputs, or all of them in one long row. */
struct dvfo_plane_rows {
    long count, length; /* rows, outputs in each */
    long in_step, out_step;
};

struct dvfo_plane_rows dvfo_plane_rows(const struct dvfo_plane *plane);

/* A tap on its way along a kernel's row: where it sees, counted from what the first tap of the output sees. */
struct dvfo_plane_tap {
    long at, phase;
};

/** The first tap of kernel row i. */
DVFO_PLANE_PART struct dvfo_plane_tap dvfo_plane_tap_of(const struct dvfo_plane *plane, long i)
{
    const struct dvfo_window *w = plane->window;
    return (struct dvfo_plane_tap){i * w->dilation * w->stride * plane->phase, 0};
}

/** The next one: `dilation` columns on. @param stride  the window's, as a constant where that makes loops faster */
DVFO_PLANE_PART void dvfo_plane_tap_move(const struct dvfo_plane *plane, long stride, struct dvfo_plane_tap *tap)
{
    if (stride == 1) {
        tap->at += plane->window->dilation;
        return;
    }
    tap->phase += plane->window->dilation;
    tap->at += plane->window->dilation * plane->phase;
    while (tap->phase >= stride) { /* behind the last phase: the first one, a column further */
        tap->phase -= stride;
        tap->at -= stride * plane->phase - 1;
    }
}

#endif
