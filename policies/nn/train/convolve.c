#include "policies/nn/train/convolve.h"

#include <stdbool.h>
#include <string.h>

#include "policies/nn/wide.h"
#include "sim/base/status.h"

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

/* Where a window of stride s sees whole planes shifted: its input as s * s phases, phase (p, q) holding the pixels (s y
 * + p, s x + q), each as large as the output. */
static bool has_phases(const struct dvfo_window *w)
{
    return w->dilation == 1 && w->H == w->stride * w->Y && w->W == w->stride * w->X;
}

size_t dvfo_convolve_scratch(const struct dvfo_window *w)
{
    return needs_no_unfolding(w) ? 0 : (size_t)(block_samples(w) * (patch_size(w) * w->Y * w->X + w->H * w->W));
}

/* A tap on planes of phases: which phase it sees, and how far that is shifted. */
struct tap {
    long phase, down, right;
};

static long floor_divide(long a, long b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static struct tap tap_of(const struct dvfo_window *w, long i, long j)
{
    const long down = floor_divide(i - w->pad_h, w->stride), right = floor_divide(j - w->pad_w, w->stride);
    const long p = i - w->pad_h - down * w->stride, q = j - w->pad_w - right * w->stride;
    return (struct tap){p * w->stride + q, down, right};
}

/* 0 where a tap sees padding. planes (samples, Y, X) */
DVFO_WIDE static void clear_padding(const struct dvfo_window *w, long samples, const struct tap *tap, float *planes)
{
    const long above = tap->down < 0 ? -tap->down : 0, below = tap->down > 0 ? tap->down : 0;
    const long left = tap->right < 0 ? -tap->right : 0, right = tap->right > 0 ? tap->right : 0;
    for (long b = 0; b < samples; b++, planes += w->Y * w->X) {
        for (long n = 0; n < above * w->X; n++) {
            planes[n] = 0.0f;
        }
        for (long n = (w->Y - below) * w->X; n < w->Y * w->X; n++) {
            planes[n] = 0.0f;
        }
        for (long y = above; y < w->Y - below && left + right > 0; y++) {
            for (long x = 0; x < left; x++) {
                planes[y * w->X + x] = 0.0f;
            }
            for (long x = w->X - right; x < w->X; x++) {
                planes[y * w->X + x] = 0.0f;
            }
        }
    }
}

/* Which outputs, counted through all samples, see within the phase's planes: the others are at its ends. */
static struct dvfo_range seeing(long length, long shift)
{
    const long first = shift < 0 ? -shift : 0, end = shift > 0 ? length - shift : length;
    return (struct dvfo_range){first < length ? first : length, end > first ? end : first};
}

/* The planes of all samples are copied at once; what came from a neighbour around an edge becomes 0. */
static void see(const struct dvfo_window *w, long samples, const struct tap *tap, const float *phases, float *patches)
{
    const long length = samples * w->Y * w->X, shift = tap->down * w->X + tap->right;
    const struct dvfo_range range = seeing(length, shift);
    memcpy(patches + range.first, phases + tap->phase * length + range.first + shift,
           (size_t)(range.end - range.first) * sizeof *patches);
    clear_padding(w, samples, tap, patches);
}

/* The way back; patches are changed. */
DVFO_WIDE static void add_seen(const struct dvfo_window *w, long samples, const struct tap *tap, float *patches,
                               float *phases)
{
    const long length = samples * w->Y * w->X, shift = tap->down * w->X + tap->right;
    const struct dvfo_range range = seeing(length, shift);
    float *seen = phases + tap->phase * length + shift;
    clear_padding(w, samples, tap, patches);
    for (long n = range.first; n < range.end; n++) {
        seen[n] += patches[n];
    }
}

/* in (samples, H, W) -> phases (stride^2, samples, Y, X) */
static void split_phases(const struct dvfo_window *w, long samples, const float *in, float *phases)
{
    const long s = w->stride, rows = samples * w->Y, length = rows * w->X;
    for (long row = 0; row < rows * s; row++, in += w->W) {
        for (long q = 0; q < s; q++) {
            float *out = phases + (row % s * s + q) * length + row / s * w->X;
            for (long x = 0; x < w->X; x++) {
                out[x] = in[x * s + q];
            }
        }
    }
}

static void join_phases(const struct dvfo_window *w, long samples, const float *phases, float *out)
{
    const long s = w->stride, rows = samples * w->Y, length = rows * w->X;
    for (long row = 0; row < rows * s; row++, out += w->W) {
        for (long q = 0; q < s; q++) {
            const float *in = phases + (row % s * s + q) * length + row / s * w->X;
            for (long x = 0; x < w->X; x++) {
                out[x * s + q] = in[x];
            }
        }
    }
}

/* Patches of samples first..end-1: in (C, B, H, W) -> patches (K, samples * Y * X). `phases` is room. */
static void unfold(const struct dvfo_window *w, struct dvfo_range samples, const float *in, float *patches,
                   float *phases)
{
    const long count = samples.end - samples.first, taps = w->kernel_h * w->kernel_w;
    for (long c = 0; c < w->C; c++) {
        const float *planes = in + (c * w->B + samples.first) * w->H * w->W;
        if (w->stride > 1) {
            split_phases(w, count, planes, phases);
            planes = phases;
        }
        for (long t = 0; t < taps; t++, patches += count * w->Y * w->X) {
            const struct tap tap = tap_of(w, t / w->kernel_w, t % w->kernel_w);
            see(w, count, &tap, planes, patches);
        }
    }
}

/* The way back: patches are added to what they saw, and changed on the way. din (C, B, H, W) written */
static void fold(const struct dvfo_window *w, struct dvfo_range samples, float *patches, float *phases, float *din)
{
    const long count = samples.end - samples.first, taps = w->kernel_h * w->kernel_w;
    for (long c = 0; c < w->C; c++) {
        float *const planes = din + (c * w->B + samples.first) * w->H * w->W;
        float *const sums = w->stride > 1 ? phases : planes;
        memset(sums, 0, (size_t)(count * w->H * w->W) * sizeof *sums);
        for (long t = 0; t < taps; t++, patches += count * w->Y * w->X) {
            const struct tap tap = tap_of(w, t / w->kernel_w, t % w->kernel_w);
            add_seen(w, count, &tap, patches, sums);
        }
        if (w->stride > 1) {
            join_phases(w, count, sums, planes);
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
    DVFO_REQUIRE(has_phases(w));
    const long step = block_samples(w);
    float *const phases = scratch + patch_size(w) * step * pixels;
    for (long b = 0; b < w->B; b += step) {
        const struct dvfo_range samples = {b, b + step < w->B ? b + step : w->B};
        const long n = (samples.end - samples.first) * pixels;
        unfold(w, samples, in, scratch, phases);
        dvfo_matrix_multiply(1.0f, weight, dvfo_matrix_of(scratch, patch_size(w), n), 0.0f, out + b * pixels, N);
    }
}

static void backward_unfolded(const struct dvfo_window *w, struct dvfo_matrix weight, float *scratch, const float *in,
                              const float *dout, float *dweight, float *din)
{
    const long pixels = w->Y * w->X, N = w->B * pixels, step = block_samples(w), K = patch_size(w);
    float *const phases = scratch + K * step * pixels;
    for (long b = 0; b < w->B; b += step) {
        const struct dvfo_range samples = {b, b + step < w->B ? b + step : w->B};
        const long n = (samples.end - samples.first) * pixels;
        const struct dvfo_matrix slope = dvfo_matrix_strided(dout + b * pixels, w->O, n, N);
        unfold(w, samples, in, scratch, phases);
        dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(scratch, K, n)), 1.0f, dweight,
                             weight.step);
        if (din != NULL) {
            dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(weight), slope, 0.0f, scratch, n);
            fold(w, samples, scratch, phases, din);
        }
    }
}

void dvfo_convolve_backward(const struct dvfo_window *w, struct dvfo_matrix weight, float *scratch, const float *in,
                            const float *dout, float *dweight, float *din)
{
    const long N = w->B * w->Y * w->X;
    if (!needs_no_unfolding(w)) {
        backward_unfolded(w, weight, scratch, in, dout, dweight, din);
        return;
    }
    const struct dvfo_matrix slope = dvfo_matrix_of(dout, w->O, N);
    dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(in, w->C, N)), 1.0f, dweight, weight.step);
    if (din != NULL) {
        dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(weight), slope, 0.0f, din, N);
    }
}
