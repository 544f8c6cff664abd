#include "policies/nn/train/convolve.h"

#include <stdbool.h>
#include <string.h>

/* Numbers in a block of patches: 1 MiB, so that it stays in the second-level cache. */
enum { BLOCK = 1 << 18 };

static bool needs_no_unfolding(const struct dvfo_window *w)
{
    return w->kernel_h == 1 && w->kernel_w == 1 && w->stride == 1 && w->pad_h == 0 && w->pad_w == 0;
}

static long patch_size(const struct dvfo_window *w)
{
    return w->C * w->kernel_h * w->kernel_w; /* K */
}

/* Samples of a block: at least one. */
static long block_samples(const struct dvfo_window *w)
{
    const long samples = BLOCK / (patch_size(w) * w->Y * w->X);
    return samples < 1 ? 1 : samples < w->B ? samples : w->B;
}

size_t dvfo_convolve_scratch(const struct dvfo_window *w)
{
    return needs_no_unfolding(w) ? 0 : (size_t)(patch_size(w) * block_samples(w) * w->Y * w->X);
}

/* At stride 1 a tap sees whole planes, shifted: they are copied at once, and what came around an edge becomes 0. The
 * samples' planes lie one after the other. in (samples, H, W) -> out (samples, H, W) */
static void shift_planes(const struct dvfo_window *w, long samples, long i, long j, const float *in, float *out)
{
    const long down = i * w->dilation - w->pad_h, right = j * w->dilation - w->pad_w;
    const long shift = down * w->W + right, length = samples * w->H * w->W;
    const long from = shift < 0 ? -shift : 0, to = shift < 0 ? length : length - shift;
    if (to > from) {
        memcpy(out + from, in + from + shift, (size_t)(to - from) * sizeof *out);
    }
    const struct dvfo_range columns = dvfo_window_columns(w, j), rows = dvfo_window_rows(w, i);
    for (long b = 0; b < samples; b++, out += w->H * w->W) {
        memset(out, 0, (size_t)(rows.first * w->W) * sizeof *out);
        memset(out + rows.end * w->W, 0, (size_t)((w->H - rows.end) * w->W) * sizeof *out);
        for (long y = rows.first; y < rows.end; y++) {
            for (long x = 0; x < columns.first; x++) {
                out[y * w->W + x] = 0.0f;
            }
            for (long x = columns.end; x < w->W; x++) {
                out[y * w->W + x] = 0.0f;
            }
        }
    }
}

/* The same for planes of which every stride-th row and column is seen. out (samples, Y, X) */
static void gather_planes(const struct dvfo_window *w, long samples, long i, long j, const float *in, float *out)
{
    const struct dvfo_range columns = dvfo_window_columns(w, j), rows = dvfo_window_rows(w, i);
    const long stride = w->stride;
    memset(out, 0, (size_t)(samples * w->Y * w->X) * sizeof *out);
    for (long b = 0; b < samples; b++) {
        for (long y = rows.first; y < rows.end; y++) {
            const float *seen = in + (b * w->H + dvfo_window_row(w, y, i)) * w->W + j * w->dilation - w->pad_w;
            float *row = out + (b * w->Y + y) * w->X;
            for (long x = columns.first; x < columns.end; x++) {
                row[x] = seen[x * stride];
            }
        }
    }
}

/* Patches of samples first..end-1: in (C, B, H, W) -> patches (K, samples * Y * X) */
static void unfold(const struct dvfo_window *w, struct dvfo_range samples, const float *in, float *patches)
{
    const long count = samples.end - samples.first;
    const bool whole = w->stride == 1 && w->Y == w->H && w->X == w->W;
    for (long tap = 0; tap < patch_size(w); tap++, patches += count * w->Y * w->X) {
        const long j = tap % w->kernel_w, i = tap / w->kernel_w % w->kernel_h, c = tap / w->kernel_w / w->kernel_h;
        const float *planes = in + (c * w->B + samples.first) * w->H * w->W;
        if (whole) {
            shift_planes(w, count, i, j, planes, patches);
        } else {
            gather_planes(w, count, i, j, planes, patches);
        }
    }
}

/* The way back: patches are added to what they saw. din (C, B, H, W) */
static void fold(const struct dvfo_window *w, struct dvfo_range samples, const float *patches, float *din)
{
    const long count = samples.end - samples.first, stride = w->stride;
    for (long tap = 0; tap < patch_size(w); tap++, patches += count * w->Y * w->X) {
        const long j = tap % w->kernel_w, i = tap / w->kernel_w % w->kernel_h, c = tap / w->kernel_w / w->kernel_h;
        const struct dvfo_range columns = dvfo_window_columns(w, j), rows = dvfo_window_rows(w, i);
        for (long b = 0; b < count; b++) {
            float *plane = din + (c * w->B + samples.first + b) * w->H * w->W;
            for (long y = rows.first; y < rows.end; y++) {
                const float *patch = patches + (b * w->Y + y) * w->X;
                float *seen = plane + dvfo_window_row(w, y, i) * w->W + j * w->dilation - w->pad_w;
                for (long x = columns.first; x < columns.end; x++) {
                    seen[x * stride] += patch[x];
                }
            }
        }
    }
}

void dvfo_convolve_forward(const struct dvfo_window *w, struct dvfo_matrix weight, float *scratch, const float *in,
                           float *out)
{
    const long pixels = w->Y * w->X, N = w->B * pixels;
    if (needs_no_unfolding(w)) {
        dvfo_matrix_multiply(1.0f, weight, dvfo_matrix_of(in, w->C, N), 0.0f, out, N);
        return;
    }
    const long step = block_samples(w);
    for (long b = 0; b < w->B; b += step) {
        const struct dvfo_range samples = {b, b + step < w->B ? b + step : w->B};
        const long n = (samples.end - samples.first) * pixels;
        unfold(w, samples, in, scratch);
        dvfo_matrix_multiply(1.0f, weight, dvfo_matrix_of(scratch, patch_size(w), n), 0.0f, out + b * pixels, N);
    }
}

static void backward_unfolded(const struct dvfo_window *w, struct dvfo_matrix weight, float *scratch, const float *in,
                              const float *dout, float *dweight, float *din)
{
    const long pixels = w->Y * w->X, N = w->B * pixels, step = block_samples(w), K = patch_size(w);
    for (long b = 0; b < w->B; b += step) {
        const struct dvfo_range samples = {b, b + step < w->B ? b + step : w->B};
        const long n = (samples.end - samples.first) * pixels;
        const struct dvfo_matrix slope = dvfo_matrix_strided(dout + b * pixels, w->O, n, N);
        unfold(w, samples, in, scratch);
        dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(scratch, K, n)), 1.0f, dweight,
                             weight.step);
        if (din != NULL) {
            dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(weight), slope, 0.0f, scratch, n);
            fold(w, samples, scratch, din);
        }
    }
}

void dvfo_convolve_backward(const struct dvfo_window *w, struct dvfo_matrix weight, float *scratch, const float *in,
                            const float *dout, float *dweight, float *din)
{
    const long N = w->B * w->Y * w->X;
    if (!needs_no_unfolding(w)) {
        if (din != NULL) {
            memset(din, 0, (size_t)(w->C * w->B * w->H * w->W) * sizeof *din);
        }
        backward_unfolded(w, weight, scratch, in, dout, dweight, din);
        return;
    }
    const struct dvfo_matrix slope = dvfo_matrix_of(dout, w->O, N);
    dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(in, w->C, N)), 1.0f, dweight, weight.step);
    if (din != NULL) {
        dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(weight), slope, 0.0f, din, N);
    }
}
