#include "policies/nn/normalisation.h"

#include <math.h>
#include <string.h>

#include "policies/nn/wide.h"

#define LAYER_EPSILON 1e-6f /* torchvision vit_b_16 */

DVFO_WIDE void dvfo_normalisation_channels(long C, long N, const float *scale, const float *shift,
                                           dvfo_activation activation, const float *in, float *out)
{
    for (long c = 0; c < C; c++) {
        for (long i = 0; i < N; i++) {
            out[c * N + i] = scale[c] * in[c * N + i];
        }
        dvfo_activation_apply(activation, shift[c], N, out + c * N);
    }
}

DVFO_WIDE void dvfo_normalisation_layer(long C, long N, const float *scale, const float *shift, float *scratch,
                                        const float *in, float *out)
{
    float *const mean = scratch, *const factor = scratch + N;
    const float share = 1.0f / (float)C;
    memset(scratch, 0, (size_t)(2 * N) * sizeof *scratch);
    for (long i = 0; i < C * N; i += N) {
        for (long n = 0; n < N; n++) {
            mean[n] += share * in[i + n];
        }
    }
    for (long i = 0; i < C * N; i += N) {
        for (long n = 0; n < N; n++) {
            const float d = in[i + n] - mean[n];
            factor[n] += share * d * d;
        }
    }
    for (long n = 0; n < N; n++) {
        factor[n] = 1.0f / sqrtf(factor[n] + LAYER_EPSILON);
    }
    for (long c = 0; c < C; c++) {
        for (long n = 0; n < N; n++) {
            out[c * N + n] = (in[c * N + n] - mean[n]) * factor[n] * scale[c] + shift[c];
        }
    }
}

/* (C, N): the largest of each column first, so that no exponential overflows. */
DVFO_WIDE static void softmax(long C, long N, float *scratch, const float *in, float *out)
{
    float *const largest = scratch, *const sum = scratch + N;
    memcpy(largest, in, (size_t)N * sizeof *in);
    memset(sum, 0, (size_t)N * sizeof *sum);
    memcpy(out, in, (size_t)(C * N) * sizeof *in);
    for (long i = N; i < C * N; i += N) {
        for (long n = 0; n < N; n++) {
            largest[n] = in[i + n] > largest[n] ? in[i + n] : largest[n];
        }
    }
    for (long i = 0; i < C * N; i += N) {
        dvfo_activation_exp(N, largest, out + i);
        for (long n = 0; n < N; n++) {
            sum[n] += out[i + n];
        }
    }
    for (long n = 0; n < N; n++) {
        sum[n] = 1.0f / sum[n];
    }
    for (long i = 0; i < C * N; i += N) {
        for (long n = 0; n < N; n++) {
            out[i + n] *= sum[n];
        }
    }
}

void dvfo_normalisation_softmax(long groups, long C, long N, float *scratch, const float *in, float *out)
{
    for (long g = 0; g < groups; g++) {
        softmax(C, N, scratch, in + g * C * N, out + g * C * N);
    }
}
