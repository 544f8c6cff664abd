#include "policies/nn/pooling.h"

#include <float.h>

static void fill(long n, float value, float *x)
{
    for (long i = 0; i < n; i++) {
        x[i] = value;
    }
}

/* seen: the image from the tap's shift on; out (X). Stride 1 by itself, so that it becomes vector instructions. */
static void raise_to_largest(const struct dvfo_window *w, struct dvfo_range inside, const float *seen, float *out)
{
    if (w->stride == 1) {
        for (long x = inside.first; x < inside.end; x++) {
            out[x] = seen[x] > out[x] ? seen[x] : out[x];
        }
        return;
    }
    for (long x = inside.first; x < inside.end; x++) {
        const float value = seen[x * w->stride];
        out[x] = value > out[x] ? value : out[x];
    }
}

static void add_up(const struct dvfo_window *w, struct dvfo_range inside, const float *seen, float *out)
{
    if (w->stride == 1) {
        for (long x = inside.first; x < inside.end; x++) {
            out[x] += seen[x];
        }
        return;
    }
    for (long x = inside.first; x < inside.end; x++) {
        out[x] += seen[x * w->stride];
    }
}

typedef void gather(const struct dvfo_window *w, struct dvfo_range inside, const float *seen, float *out);

/* Every tap of one output row. in (H, W), out (X) */
static void pool_row(const struct dvfo_window *w, gather *gather_row, const float *in, long y, float *out)
{
    for (long i = 0; i < w->kernel_h; i++) {
        const long row = dvfo_window_row(w, y, i);
        for (long j = 0; j < w->kernel_w && row >= 0; j++) {
            gather_row(w, dvfo_window_columns(w, j), in + row * w->W + j * w->dilation - w->pad_w, out);
        }
    }
}

static void pool(const struct dvfo_window *w, gather *gather_row, float start, const float *in, float *out)
{
    fill(w->B * w->C * w->Y * w->X, start, out);
    for (long plane = 0; plane < w->B * w->C; plane++) {
        for (long y = 0; y < w->Y; y++) {
            pool_row(w, gather_row, in + plane * w->H * w->W, y, out + (plane * w->Y + y) * w->X);
        }
    }
}

void dvfo_pooling_maximum(const struct dvfo_window *window, const float *in, float *out)
{
    pool(window, raise_to_largest, -FLT_MAX, in, out);
}

void dvfo_pooling_average(const struct dvfo_window *w, const float *in, float *out)
{
    pool(w, add_up, 0.0f, in, out);
    const float share = 1.0f / (float)(w->kernel_h * w->kernel_w);
    for (long i = 0; i < w->B * w->C * w->Y * w->X; i++) {
        out[i] *= share;
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

void dvfo_pooling_adaptive(const struct dvfo_window *w, const float *in, float *out)
{
    for (long plane = 0; plane < w->B * w->C; plane++) {
        for (long y = 0; y < w->Y; y++) {
            for (long x = 0; x < w->X; x++) {
                *out++ = mean_of(w, in + plane * w->H * w->W, cover(y, w->Y, w->H), cover(x, w->X, w->W));
            }
        }
    }
}
