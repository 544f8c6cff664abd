#include "policies/nn/naive.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Value of pixel (c, y, x) of one sample, 0 outside the image. in (C, H, W) */
static double pixel(const struct dvfo_window *w, const float *in, long c, long y, long x)
{
    return y >= 0 && y < w->H && x >= 0 && x < w->W ? (double)in[(c * w->H + y) * w->W + x] : 0.0;
}

/* Row or column that tap i of output o sees. */
static long seen(const struct dvfo_window *w, long o, long i, long pad)
{
    return o * w->stride + i * w->dilation - pad;
}

/* One output of a convolution. weight (O, C / groups, kernel_h, kernel_w), in (C, H, W) */
static double convolved(const struct dvfo_window *w, const float *weight, const float *in, long o, long y, long x)
{
    const long C = w->C / w->groups, group = o / (w->O / w->groups);
    double sum = 0.0;
    for (long c = 0; c < C; c++) {
        for (long i = 0; i < w->kernel_h; i++) {
            for (long j = 0; j < w->kernel_w; j++) {
                sum += (double)weight[((o * C + c) * w->kernel_h + i) * w->kernel_w + j] *
                       pixel(w, in, group * C + c, seen(w, y, i, w->pad_h), seen(w, x, j, w->pad_w));
            }
        }
    }
    return sum;
}

void dvfo_naive_convolution(const struct dvfo_window *w, const float *weight, const float *bias,
                            dvfo_activation activation, const float *in, float *out)
{
    for (long b = 0; b < w->B; b++) {
        for (long o = 0; o < w->O; o++) {
            for (long y = 0; y < w->Y; y++) {
                for (long x = 0; x < w->X; x++) {
                    const double sum = convolved(w, weight, in + b * w->C * w->H * w->W, o, y, x) + (double)bias[o];
                    *out++ = dvfo_activation_exact(activation, (float)sum);
                }
            }
        }
    }
}

/* Largest or sum of what one output sees. in (H, W) */
static double pooled(const struct dvfo_window *w, const float *in, long y, long x, bool largest)
{
    double result = largest ? -INFINITY : 0.0;
    for (long i = 0; i < w->kernel_h; i++) {
        for (long j = 0; j < w->kernel_w; j++) {
            const long row = seen(w, y, i, w->pad_h), column = seen(w, x, j, w->pad_w);
            if (row >= 0 && row < w->H && column >= 0 && column < w->W) {
                const double value = (double)in[row * w->W + column];
                result = largest ? fmax(result, value) : result + value;
            }
        }
    }
    return result;
}

static void pool(const struct dvfo_window *w, bool largest, double factor, const float *in, float *out)
{
    for (long plane = 0; plane < w->B * w->C; plane++) {
        for (long y = 0; y < w->Y; y++) {
            for (long x = 0; x < w->X; x++) {
                *out++ = (float)(factor * pooled(w, in + plane * w->H * w->W, y, x, largest));
            }
        }
    }
}

void dvfo_naive_maximum(const struct dvfo_window *w, const float *in, float *out)
{
    pool(w, true, 1.0, in, out);
}

void dvfo_naive_average(const struct dvfo_window *w, const float *in, float *out)
{
    pool(w, false, 1.0 / (double)(w->kernel_h * w->kernel_w), in, out);
}

/* Pixel i of H belongs to window y of Y when y H / Y - 1 < i < (y + 1) H / Y. */
static bool covers(long y, long Y, long i, long H)
{
    return (double)i > (double)(y * H) / (double)Y - 1.0 && (double)i < (double)((y + 1) * H) / (double)Y;
}

void dvfo_naive_adaptive(const struct dvfo_window *w, const float *in, float *out)
{
    for (long index = 0; index < w->B * w->C * w->Y * w->X; index++) {
        const long plane = index / (w->Y * w->X), y = index / w->X % w->Y, x = index % w->X;
        double sum = 0.0, count = 0.0;
        for (long i = 0; i < w->H; i++) {
            for (long j = 0; j < w->W; j++) {
                if (covers(y, w->Y, i, w->H) && covers(x, w->X, j, w->W)) {
                    sum += (double)in[(plane * w->H + i) * w->W + j];
                    count += 1.0;
                }
            }
        }
        out[index] = (float)(sum / count);
    }
}

/* Row `r` of a (rows, n) by column `t` of b (n, columns). */
static double product(const float *a, long r, long n, const float *b, long columns, long t)
{
    double sum = 0.0;
    for (long i = 0; i < n; i++) {
        sum += (double)a[r * n + i] * (double)b[i * columns + t];
    }
    return sum;
}

void dvfo_naive_dense(long B, long D, long T, long O, const float *weight, const float *bias,
                      dvfo_activation activation, const float *in, float *out)
{
    for (long b = 0; b < B; b++) {
        for (long o = 0; o < O; o++) {
            for (long t = 0; t < T; t++) {
                const double sum = product(weight, o, D, in + b * D * T, T, t) + (double)bias[o];
                *out++ = dvfo_activation_exact(activation, (float)sum);
            }
        }
    }
}

static long head_of(long feature, long heads, long D)
{
    long head = 0;
    while (feature >= (head + 1) * D / heads) {
        head++;
    }
    return head;
}

void dvfo_naive_scores(long heads, long D, long T, long S, const float *q, const float *k, float *out)
{
    for (long index = 0; index < heads * S * T; index++) {
        const long head = index / (S * T), s = index / T % S, t = index % T;
        double sum = 0.0, size = 0.0;
        for (long d = 0; d < D; d++) {
            if (head_of(d, heads, D) == head) {
                sum += (double)q[d * T + t] * (double)k[d * S + s];
                size += 1.0;
            }
        }
        out[index] = (float)(sum / sqrt(size));
    }
}

void dvfo_naive_values(long heads, long D, long T, long S, const float *weights, const float *v, float *out)
{
    for (long d = 0; d < D; d++) {
        for (long t = 0; t < T; t++) {
            *out++ = (float)product(v, d, S, weights + head_of(d, heads, D) * S * T, T, t);
        }
    }
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* What the gate of that row gets from input (D, T) at step t, and from the state. weight (G H, D) then (G H, H) */
static double from_input(long D, long T, const float *weight, const float *bias, long row, const float *in, long t)
{
    return product(weight, row, D, in, T, t) + (double)bias[row];
}

static double from_state(long H, const float *weight, long row, const double *h)
{
    double sum = 0.0;
    for (long i = 0; i < H; i++) {
        sum += (double)weight[row * H + i] * h[i];
    }
    return sum;
}

void dvfo_naive_recurrent(dvfo_cell cell, long D, long T, long H, const float *weight, const float *bias,
                          const float *in, float *out)
{
    const float *of_state = weight + dvfo_recurrent_gates(cell) * H * D;
    double *h = calloc((size_t)(3 * H), sizeof *h), *next = h + H, *c = next + H;
    for (long t = 0; t < T && h != NULL; t++) {
        for (long i = 0; i < H; i++) {
            double x[4] = {0.0}, u[4] = {0.0};
            for (long g = 0; g < dvfo_recurrent_gates(cell); g++) {
                x[g] = from_input(D, T, weight, bias, g * H + i, in, t);
                u[g] = from_state(H, of_state, g * H + i, h);
            }
            if (cell == DVFO_CELL_LSTM) {
                c[i] = sigmoid(x[1] + u[1]) * c[i] + sigmoid(x[0] + u[0]) * tanh(x[2] + u[2]);
                next[i] = sigmoid(x[3] + u[3]) * tanh(c[i]);
            } else {
                const double r = sigmoid(x[0] + u[0]), z = sigmoid(x[1] + u[1]), n = tanh(x[2] + r * u[2]);
                next[i] = (1.0 - z) * n + z * h[i];
            }
        }
        for (long i = 0; i < H; i++) {
            h[i] = next[i];
            out[i * T + t] = (float)h[i];
        }
    }
    free(h);
}

void dvfo_naive_channels(long C, long N, const float *scale, const float *shift, dvfo_activation activation,
                         const float *in, float *out)
{
    for (long i = 0; i < C * N; i++) {
        out[i] = dvfo_activation_exact(activation, scale[i / N] * in[i] + shift[i / N]);
    }
}

void dvfo_naive_layer(long C, long N, const float *scale, const float *shift, const float *in, float *out)
{
    for (long n = 0; n < N; n++) {
        double mean = 0.0, variance = 0.0;
        for (long c = 0; c < C; c++) {
            mean += (double)in[c * N + n] / (double)C;
        }
        for (long c = 0; c < C; c++) {
            const double d = (double)in[c * N + n] - mean;
            variance += d * d / (double)C;
        }
        for (long c = 0; c < C; c++) {
            const double normal = ((double)in[c * N + n] - mean) / sqrt(variance + 1e-6);
            out[c * N + n] = (float)(normal * (double)scale[c] + (double)shift[c]);
        }
    }
}

void dvfo_naive_softmax(long groups, long C, long N, const float *in, float *out)
{
    for (long g = 0; g < groups; g++) {
        for (long n = 0; n < N; n++) {
            double sum = 0.0;
            for (long c = 0; c < C; c++) {
                sum += exp((double)in[(g * C + c) * N + n]);
            }
            for (long c = 0; c < C; c++) {
                out[(g * C + c) * N + n] = (float)(exp((double)in[(g * C + c) * N + n]) / sum);
            }
        }
    }
}
