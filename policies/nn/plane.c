#include "policies/nn/plane.h"

#include <stdbool.h>
#include <string.h>

static long extent(long kernel, long dilation)
{
    return (kernel - 1) * dilation + 1;
}

static long rows_of(const struct dvfo_window *w)
{
    return (w->Y - 1) * w->stride + extent(w->kernel_h, w->dilation);
}

static long columns_of(const struct dvfo_window *w)
{
    return (w->X - 1) * w->stride + extent(w->kernel_w, w->dilation);
}

/* At stride 1 outputs stand as far apart as what they see. */
static long step_of(const struct dvfo_window *w)
{
    return w->stride == 1 ? columns_of(w) : (w->X + DVFO_PLANE_BLOCK - 1) / DVFO_PLANE_BLOCK * DVFO_PLANE_BLOCK;
}

static size_t padded_size(const struct dvfo_window *w)
{
    return (size_t)(rows_of(w) * columns_of(w) + DVFO_PLANE_BLOCK * w->stride);
}

size_t dvfo_plane_scratch(const struct dvfo_window *w)
{
    return padded_size(w) + (size_t)(w->Y * step_of(w) + DVFO_PLANE_BLOCK);
}

struct dvfo_plane dvfo_plane_in(const struct dvfo_window *window, float value, float *scratch)
{
    const size_t size = padded_size(window);
    for (size_t i = 0; i < size; i++) {
        scratch[i] = value;
    }
    return (struct dvfo_plane){.window = window,
                               .rows = rows_of(window),
                               .columns = columns_of(window),
                               .padded = scratch,
                               .step = step_of(window),
                               .out = scratch + size};
}

/* Rows and columns that no output sees are left out: a stride may end before the image does. */
void dvfo_plane_load(struct dvfo_plane *plane, const float *in)
{
    const struct dvfo_window *w = plane->window;
    const long rows_left = plane->rows - w->pad_h, columns_left = plane->columns - w->pad_w;
    const long rows = w->H < rows_left ? w->H : rows_left, columns = w->W < columns_left ? w->W : columns_left;
    for (long y = 0; y < rows; y++) {
        float *row = plane->padded + (y + w->pad_h) * plane->columns + w->pad_w;
        memcpy(row, in + y * w->W, (size_t)columns * sizeof *row);
    }
}

void dvfo_plane_store(const struct dvfo_plane *plane, float *out)
{
    const struct dvfo_window *w = plane->window;
    for (long y = 0; y < w->Y; y++) {
        memcpy(out + y * w->X, plane->out + y * plane->step, (size_t)w->X * sizeof *out);
    }
}
