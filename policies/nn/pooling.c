#include "policies/nn/pooling.h"

#include <float.h>
#include <string.h>

#include "policies/nn/plane.h"
#include "policies/nn/wide.h"

/* A block of outputs of one channel. */
DVFO_PLANE_PART void largest_of_block(const struct dvfo_plane *plane, long stride, const float *seen, float *out)
{
    float largest[DVFO_PLANE_BLOCK];
    for (long k = 0; k < DVFO_PLANE_BLOCK; k++) {
        largest[k] = -FLT_MAX;
    }
    for (long i = 0; i < plane->window->kernel_h; i++) {
        struct dvfo_plane_tap place = dvfo_plane_tap_of(plane, i);
        for (long j = 0; j < plane->window->kernel_w; j++) {
            const float *at = seen + place.at;
            for (long k = 0; k < DVFO_PLANE_BLOCK; k++) {
                largest[k] = at[k] > largest[k] ? at[k] : largest[k];
            }
            dvfo_plane_tap_move(plane, stride, &place);
        }
    }
    memcpy(out, largest, sizeof largest);
}

DVFO_PLANE_PART void mean_of_block(const struct dvfo_plane *plane, long stride, const float *seen, float *out)
{
    const float share = 1.0f / (float)(plane->window->kernel_h * plane->window->kernel_w);
    dvfo_plane_block sum = {0.0f}, at;
    for (long i = 0; i < plane->window->kernel_h; i++) {
        struct dvfo_plane_tap place = dvfo_plane_tap_of(plane, i);
        for (long j = 0; j < plane->window->kernel_w; j++) {
            memcpy(&at, seen + place.at, sizeof at);
            sum += at;
            dvfo_plane_tap_move(plane, stride, &place);
        }
    }
    sum *= share;
    memcpy(out, &sum, sizeof sum);
}

DVFO_PLANE_PART void largest_of_plane(const struct dvfo_plane *plane, long stride)
{
    const struct dvfo_plane_rows rows = dvfo_plane_rows(plane);
    for (long y = 0; y < rows.count; y++) {
        for (long x = 0; x < rows.length; x += DVFO_PLANE_BLOCK) {
            largest_of_block(plane, stride, plane->padded + y * rows.in_step + x, plane->out + y * rows.out_step + x);
        }
    }
}

DVFO_PLANE_PART void mean_of_plane(const struct dvfo_plane *plane, long stride)
{
    const struct dvfo_plane_rows rows = dvfo_plane_rows(plane);
    for (long y = 0; y < rows.count; y++) {
        for (long x = 0; x < rows.length; x += DVFO_PLANE_BLOCK) {
            mean_of_block(plane, stride, plane->padded + y * rows.in_step + x, plane->out + y * rows.out_step + x);
        }
    }
}

size_t dvfo_pooling_scratch(const struct dvfo_window *w)
{
    return dvfo_plane_scratch(w);
}

DVFO_WIDE void dvfo_pooling_maximum(const struct dvfo_window *w, float *scratch, const float *in, float *out)
{
    struct dvfo_plane plane = dvfo_plane_in(w, -FLT_MAX, scratch);
    for (long i = 0; i < w->B * w->C; i++) {
        dvfo_plane_load(&plane, in + i * w->H * w->W);
        if (w->stride == 1) { /* a loop of its own */
            largest_of_plane(&plane, 1);
        } else {
            largest_of_plane(&plane, w->stride);
        }
        dvfo_plane_store(&plane, out + i * w->Y * w->X);
    }
}

DVFO_WIDE void dvfo_pooling_average(const struct dvfo_window *w, float *scratch, const float *in, float *out)
{
    struct dvfo_plane plane = dvfo_plane_in(w, 0.0f, scratch);
    for (long i = 0; i < w->B * w->C; i++) {
        dvfo_plane_load(&plane, in + i * w->H * w->W);
        if (w->stride == 1) {
            mean_of_plane(&plane, 1);
        } else {
            mean_of_plane(&plane, w->stride);
        }
        dvfo_plane_store(&plane, out + i * w->Y * w->X);
    }
}

static struct dvfo_range cover(long i, long parts, long size)
{
    return (struct dvfo_range){i * size / parts, ((i + 1) * size + parts - 1) / parts};
}

/* In eight sums side by side: one sum would wait for itself at each step. */
static float sum_of(long n, const float *x)
{
    float part[8] = {0.0f}, sum = 0.0f;
    long i = 0;
    for (; i + 8 <= n; i += 8) {
        for (long k = 0; k < 8; k++) {
            part[k] += x[i + k];
        }
    }
    for (; i < n; i++) {
        sum += x[i];
    }
    return sum + ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

static float mean_of(const struct dvfo_window *w, const float *plane, struct dvfo_range rows, struct dvfo_range columns)
{
    float sum = 0.0f;
    for (long y = rows.first; y < rows.end; y++) {
        sum += sum_of(columns.end - columns.first, plane + y * w->W + columns.first);
    }
    return sum / (float)((rows.end - rows.first) * (columns.end - columns.first));
}

DVFO_WIDE void dvfo_pooling_adaptive(const struct dvfo_window *w, const float *in, float *out)
{
    for (long plane = 0; plane < w->B * w->C; plane++) {
        for (long y = 0; y < w->Y; y++) {
            for (long x = 0; x < w->X; x++) {
                *out++ = mean_of(w, in + plane * w->H * w->W, cover(y, w->Y, w->H), cover(x, w->X, w->W));
            }
        }
    }
}
