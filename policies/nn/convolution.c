#include "policies/nn/convolution.h"

#include <stdbool.h>
#include <string.h>

#include "policies/nn/matrix.h"
#include "policies/nn/plane.h"
#include "policies/nn/wide.h"

/* Numbers in a block of patches: 4 MiB. Smaller blocks make products pack the weights more often, larger ones leave the
 * cache. */
enum { BLOCK = 1 << 20 };

static bool needs_no_unfolding(const struct dvfo_window *w)
{
    return w->kernel_h == 1 && w->kernel_w == 1 && w->stride == 1 && w->pad_h == 0 && w->pad_w == 0;
}

static long patch_size(const struct dvfo_window *w)
{
    return w->C / w->groups * w->kernel_h * w->kernel_w; /* K */
}

/* Output rows of a block: all of them when they fit, at least one. */
static long block_rows(const struct dvfo_window *w)
{
    const long rows = BLOCK / (patch_size(w) * w->X);
    return rows < 1 ? 1 : rows < w->Y ? rows : w->Y;
}

size_t dvfo_convolution_scratch(const struct dvfo_window *w)
{
    return needs_no_unfolding(w) ? 0 : (size_t)(patch_size(w) * block_rows(w) * w->X);
}

/* One row of patches, as tap j sees an input row: zeros where it sees padding. in_row (W) or NULL, out (X) */
static void unfold_row(const struct dvfo_window *w, const float *in_row, long j, float *out)
{
    const struct dvfo_range inside = in_row != NULL ? dvfo_window_columns(w, j) : (struct dvfo_range){0, 0};
    const long shift = j * w->dilation - w->pad_w;
    memset(out, 0, (size_t)inside.first * sizeof *out);
    memset(out + inside.end, 0, (size_t)(w->X - inside.end) * sizeof *out);
    if (w->stride == 1 && inside.end > inside.first) {
        memcpy(out + inside.first, in_row + inside.first + shift, (size_t)(inside.end - inside.first) * sizeof *out);
        return;
    }
    for (long x = inside.first; x < inside.end; x++) {
        out[x] = in_row[x * w->stride + shift];
    }
}

/* Patches of output rows [rows.first, rows.end) of one group: in (C / groups, H, W) -> patches (K, rows * X) */
static void unfold(const struct dvfo_window *w, const float *in, struct dvfo_range rows, float *patches)
{
    for (long c = 0; c < w->C / w->groups; c++) {
        for (long i = 0; i < w->kernel_h; i++) {
            for (long j = 0; j < w->kernel_w; j++) {
                for (long y = rows.first; y < rows.end; y++) {
                    const long row = dvfo_window_row(w, y, i);
                    unfold_row(w, row >= 0 && row < w->H ? in + (c * w->H + row) * w->W : NULL, j, patches);
                    patches += w->X;
                }
            }
        }
    }
}

/* f(x + bias) for each of `rows` channels. out (rows, n), rows `step` apart */
static void finish(long rows, long n, long step, const float *bias, dvfo_activation activation, float *out)
{
    for (long r = 0; r < rows; r++) {
        dvfo_activation_apply(activation, bias[r], n, out + r * step);
    }
}

/* One group of one sample, in (C / groups, H, W) -> out (O / groups, Y, X) */
static void convolve_group(const struct dvfo_window *w, const float *weight, const float *bias,
                           dvfo_activation activation, float *scratch, const float *in, float *out)
{
    const long O = w->O / w->groups, K = patch_size(w), pixels = w->Y * w->X;
    const long step = needs_no_unfolding(w) ? w->Y : block_rows(w);
    for (long y = 0; y < w->Y; y += step) {
        const struct dvfo_range rows = {y, y + step < w->Y ? y + step : w->Y};
        const long n = (rows.end - rows.first) * w->X;
        const float *patches = in;
        if (!needs_no_unfolding(w)) {
            unfold(w, in, rows, scratch);
            patches = scratch;
        }
        dvfo_matrix_multiply(1.0f, dvfo_matrix_of(weight, O, K), dvfo_matrix_of(patches, K, n), 0.0f, out + y * w->X,
                             pixels);
        finish(O, n, pixels, bias, activation, out + y * w->X); /* while the block is in the cache */
    }
}

void dvfo_convolution_forward(const struct dvfo_window *w, const float *weight, const float *bias,
                              dvfo_activation activation, float *scratch, const float *in, float *out)
{
    const long C = w->C / w->groups, O = w->O / w->groups;
    for (long b = 0; b < w->B; b++) {
        for (long g = 0; g < w->groups; g++) {
            convolve_group(w, weight + g * O * patch_size(w), bias + g * O, activation, scratch,
                           in + (b * w->C + g * C) * w->H * w->W, out + (b * w->O + g * O) * w->Y * w->X);
        }
    }
}

/* A block of outputs of one channel: sum of taps times what they see. taps (kernel_h, kernel_w) */
DVFO_PLANE_PART void filter_block(const struct dvfo_plane *plane, long stride, const float *taps, const float *seen,
                                  float *out)
{
    dvfo_plane_block sum = {0.0f}, at;
    for (long i = 0; i < plane->window->kernel_h; i++) {
        struct dvfo_plane_tap place = dvfo_plane_tap_of(plane, i);
        for (long j = 0; j < plane->window->kernel_w; j++) {
            memcpy(&at, seen + place.at, sizeof at);
            sum += *taps++ * at;
            dvfo_plane_tap_move(plane, stride, &place);
        }
    }
    memcpy(out, &sum, sizeof sum);
}

DVFO_PLANE_PART void filter_plane(const struct dvfo_plane *plane, long stride, const float *taps)
{
    const struct dvfo_plane_rows rows = dvfo_plane_rows(plane);
    for (long y = 0; y < rows.count; y++) {
        for (long x = 0; x < rows.length; x += DVFO_PLANE_BLOCK) {
            filter_block(plane, stride, taps, plane->padded + y * rows.in_step + x, plane->out + y * rows.out_step + x);
        }
    }
}

size_t dvfo_convolution_depthwise_scratch(const struct dvfo_window *w)
{
    return dvfo_plane_scratch(w);
}

DVFO_WIDE void dvfo_convolution_depthwise(const struct dvfo_window *w, const float *weight, const float *bias,
                                          dvfo_activation activation, float *scratch, const float *in, float *out)
{
    struct dvfo_plane plane = dvfo_plane_in(w, 0.0f, scratch);
    for (long i = 0; i < w->B * w->C; i++) {
        const long c = i % w->C;
        dvfo_plane_load(&plane, in + i * w->H * w->W);
        const float *taps = weight + c * w->kernel_h * w->kernel_w;
        if (w->stride == 1) { /* a loop of its own */
            filter_plane(&plane, 1, taps);
        } else {
            filter_plane(&plane, w->stride, taps);
        }
        dvfo_plane_store(&plane, out + i * w->Y * w->X);
        dvfo_activation_apply(activation, bias[c], w->Y * w->X, out + i * w->Y * w->X);
    }
}
