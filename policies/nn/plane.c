#include "policies/nn/plane.h"

#include <string.h>

static long extent(long kernel, long dilation)
{
    return (kernel - 1) * dilation + 1;
}

static long rows_of(const struct dvfo_window *w)
{
    return (w->Y - 1) * w->stride + extent(w->kernel_h, w->dilation);
}

static long phase_of(const struct dvfo_window *w)
{
    const long columns = (w->X - 1) * w->stride + extent(w->kernel_w, w->dilation);
    return (columns + w->stride - 1) / w->stride;
}

/* At stride 1 outputs stand as far apart as what they see. */
static long step_of(const struct dvfo_window *w)
{
    return w->stride == 1 ? phase_of(w) : (w->X + DVFO_PLANE_BLOCK - 1) / DVFO_PLANE_BLOCK * DVFO_PLANE_BLOCK;
}

static size_t padded_size(const struct dvfo_window *w)
{
    return (size_t)(rows_of(w) * w->stride * phase_of(w) + DVFO_PLANE_BLOCK);
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
    return (struct dvfo_plane){
        .window = window, .phase = phase_of(window), .padded = scratch, .step = step_of(window), .out = scratch + size};
}

/* Every stride-th number of an image's row to one phase. from (W), to (phase) */
static void load_phase(const struct dvfo_plane *plane, long phase, const float *from, float *to)
{
    const struct dvfo_window *w = plane->window;
    const long before = w->pad_w - phase, first = before > 0 ? (before + w->stride - 1) / w->stride : 0;
    const long last = (w->W - 1 + before) / w->stride, end = last + 1 < plane->phase ? last + 1 : plane->phase;
    if (w->stride == 1 && end > first) {
        memcpy(to + first, from + first - before, (size_t)(end - first) * sizeof *to);
        return;
    }
    for (long k = first; k < end; k++) {
        to[k] = from[k * w->stride - before];
    }
}

/* Rows that no output sees are left out: a stride may end before the image does. */
void dvfo_plane_load(struct dvfo_plane *plane, const float *in)
{
    const struct dvfo_window *w = plane->window;
    const long left = rows_of(w) - w->pad_h, rows = w->H < left ? w->H : left;
    for (long y = 0; y < rows; y++) {
        float *row = plane->padded + (y + w->pad_h) * w->stride * plane->phase;
        for (long phase = 0; phase < w->stride; phase++) {
            load_phase(plane, phase, in + y * w->W, row + phase * plane->phase);
        }
    }
}

void dvfo_plane_store(const struct dvfo_plane *plane, float *out)
{
    const struct dvfo_window *w = plane->window;
    for (long y = 0; y < w->Y; y++) {
        memcpy(out + y * w->X, plane->out + y * plane->step, (size_t)w->X * sizeof *out);
    }
}

struct dvfo_plane_rows dvfo_plane_rows(const struct dvfo_plane *plane)
{
    const struct dvfo_window *w = plane->window;
    return w->stride == 1 ? (struct dvfo_plane_rows){1, (w->Y - 1) * plane->step + w->X, 0, 0}
                          : (struct dvfo_plane_rows){w->Y, w->X, w->stride * w->stride * plane->phase, plane->step};
}
