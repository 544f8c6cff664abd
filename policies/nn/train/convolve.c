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

/* What tap column j of one output row sees of an input row; zeros where that is padding. in_row (W), out (X) */
static void unfold_row(const struct dvfo_window *w, struct dvfo_range inside, long j, const float *in_row, float *out)
{
    const float *seen = in_row + j * w->dilation - w->pad_w;
    for (long x = 0; x < inside.first; x++) {
        out[x] = 0.0f;
    }
    if (w->stride == 1) {
        memcpy(out + inside.first, seen + inside.first, (size_t)(inside.end - inside.first) * sizeof *out);
    } else if (w->stride == 2) { /* a constant: vector instructions */
        for (long x = inside.first; x < inside.end; x++) {
            out[x] = seen[x * 2];
        }
    } else {
        for (long x = inside.first; x < inside.end; x++) {
            out[x] = seen[x * w->stride];
        }
    }
    for (long x = inside.end; x < w->X; x++) {
        out[x] = 0.0f;
    }
}

/* Patches of samples first..end-1: in (C, B, H, W) -> patches (K, samples * Y * X) */
static void unfold(const struct dvfo_window *w, struct dvfo_range samples, const float *in, float *patches)
{
    for (long tap = 0; tap < patch_size(w); tap++) {
        const long j = tap % w->kernel_w, i = tap / w->kernel_w % w->kernel_h, c = tap / w->kernel_w / w->kernel_h;
        const struct dvfo_range inside = dvfo_window_columns(w, j);
        for (long b = samples.first; b < samples.end; b++) {
            const float *plane = in + (c * w->B + b) * w->H * w->W;
            for (long y = 0; y < w->Y; y++, patches += w->X) {
                const long row = dvfo_window_row(w, y, i);
                if (row >= 0 && row < w->H) {
                    unfold_row(w, inside, j, plane + row * w->W, patches);
                } else {
                    memset(patches, 0, (size_t)w->X * sizeof *patches);
                }
            }
        }
    }
}

/* The way back: patches are added to what they saw. din (C, B, H, W) */
static void fold(const struct dvfo_window *w, struct dvfo_range samples, const float *patches, float *din)
{
    for (long tap = 0; tap < patch_size(w); tap++) {
        const long j = tap % w->kernel_w, i = tap / w->kernel_w % w->kernel_h, c = tap / w->kernel_w / w->kernel_h;
        const struct dvfo_range inside = dvfo_window_columns(w, j);
        for (long b = samples.first; b < samples.end; b++) {
            float *plane = din + (c * w->B + b) * w->H * w->W;
            for (long y = 0; y < w->Y; y++, patches += w->X) {
                const long row = dvfo_window_row(w, y, i);
                float *seen = plane + row * w->W + j * w->dilation - w->pad_w;
                for (long x = inside.first; row >= 0 && row < w->H && x < inside.end; x++) {
                    seen[x * w->stride] += patches[x];
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
