#include "policies/nn/pooling.h"

#include <float.h>

static void fill(long n, float value, float *x)
{
    for (long i = 0; i < n; i++) {
        x[i] = value;
    }
}

/* seen: the image from the tap's shift on; out (X). Stride 1 by itself, so that it becomes vector instructions. */
static void raise_to_largest(const struct dvfo_window *w, struct dvfo_range columns, const float *seen, float *out)
{
    if (w->stride == 1) {
        for (long x = columns.first; x < columns.end; x++) {
            out[x] = seen[x] > out[x] ? seen[x] : out[x];
        }
        return;
    }
    for (long x = columns.first; x < columns.end; x++) {
        const float value = seen[x * w->stride];
        out[x] = value > out[x] ? value : out[x];
    }
}

static void add_up(const struct dvfo_window *w, struct dvfo_range columns, const float *seen, float *out)
{
    if (w->stride == 1) {
        for (long x = columns.first; x < columns.end; x++) {
            out[x] += seen[x];
        }
        return;
    }
    for (long x = columns.first; x < columns.end; x++) {
        out[x] += seen[x * w->stride];
    }
}

typedef void gather(const struct dvfo_window *w, struct dvfo_range columns, const float *seen, float *out);

/* What tap (i, j) sees of one channel. in (H, W), out (Y, X) */
static void gather_tap(const struct dvfo_window *w, long i, long j, gather *gather_row, const float *in, float *out)
{
    const struct dvfo_range rows = dvfo_window_rows(w, i), columns = dvfo_window_columns(w, j);
    for (long y = rows.first; y < rows.end; y++) {
        gather_row(w, columns, in + dvfo_window_row(w, y, i) * w->W + j * w->dilation - w->pad_w, out + y * w->X);
    }
}

static void pool(const struct dvfo_window *w, gather *gather_row, float start, const float *in, float *out)
{
    fill(w->B * w->C * w->Y * w->X, start, out);
    for (long plane = 0; plane < w->B * w->C; plane++) {
        for (long tap = 0; tap < w->kernel_h * w->kernel_w; tap++) {
            gather_tap(w, tap / w->kernel_w, tap % w->kernel_w, gather_row, in + plane * w->H * w->W,
                       out + plane * w->Y * w->X);
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
