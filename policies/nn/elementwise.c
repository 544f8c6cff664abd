#include "policies/nn/elementwise.h"

#include <string.h>

#include "policies/nn/wide.h"

/* Numbers that pass through all summands and the activation before the next ones do: they stay in the first cache. */
enum { BLOCK = 2048 };

DVFO_WIDE void dvfo_elementwise_add(int count, const float *const in[], dvfo_activation activation, long n, float *out)
{
    for (long from = 0; from < n; from += BLOCK) {
        const long m = n - from < BLOCK ? n - from : BLOCK;
        memcpy(out + from, in[0] + from, (size_t)m * sizeof *out);
        for (int k = 1; k < count; k++) {
            for (long i = from; i < from + m; i++) {
                out[i] += in[k][i];
            }
        }
        dvfo_activation_apply(activation, 0.0f, m, out + from);
    }
}

DVFO_WIDE void dvfo_elementwise_multiply(const float *in, const float *factor, dvfo_activation activation, long n,
                                         float *out)
{
    for (long from = 0; from < n; from += BLOCK) {
        const long m = n - from < BLOCK ? n - from : BLOCK;
        for (long i = from; i < from + m; i++) {
            out[i] = in[i] * factor[i];
        }
        dvfo_activation_apply(activation, 0.0f, m, out + from);
    }
}

DVFO_WIDE void dvfo_elementwise_scale(const float *in, const float *factor, dvfo_activation activation, long C, long N,
                                      float *out)
{
    for (long c = 0; c < C; c++) {
        for (long i = c * N; i < (c + 1) * N; i++) {
            out[i] = in[i] * factor[c];
        }
        dvfo_activation_apply(activation, 0.0f, N, out + c * N);
    }
}

void dvfo_elementwise_resize(long C, long H, long W, long Y, long X, const float *in, float *out)
{
    for (long c = 0; c < C; c++) {
        for (long y = 0; y < Y; y++) {
            const float *row = in + (c * H + y * H / Y) * W;
            for (long x = 0; x < X; x++) {
                *out++ = row[x * W / X];
            }
        }
    }
}

void dvfo_elementwise_prepend(long D, long T, const float *token, const float *in, float *out)
{
    for (long d = 0; d < D; d++) {
        out[d * (T + 1)] = token[d];
        memcpy(out + d * (T + 1) + 1, in + d * T, (size_t)T * sizeof *in);
    }
}

void dvfo_elementwise_step(long D, long T, long step, const float *in, float *out)
{
    for (long d = 0; d < D; d++) {
        out[d] = in[d * T + step];
    }
}
