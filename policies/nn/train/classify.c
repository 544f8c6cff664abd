#include "policies/nn/train/classify.h"

#include <math.h>
#include <stddef.h>

#include "policies/nn/matrix.h"
#include "policies/nn/train/lanes.h"
#include "policies/nn/wide.h"

DVFO_WIDE void dvfo_classify_pool(long CB, long N, const float *in, float *out)
{
    for (long i = 0; i < CB; i++) {
        out[i] = dvfo_lanes_sum(N, in + i * N, 0.0f) / (float)N;
    }
}

void dvfo_classify_pool_backward(long CB, long N, const float *dout, float *din)
{
    for (long i = 0; i < CB; i++) {
        for (long n = 0; n < N; n++) {
            din[i * N + n] = dout[i] / (float)N;
        }
    }
}

void dvfo_classify_dense(long B, long D, long O, const float *weight, long step, const float *bias, const float *in,
                         float *out)
{
    for (long o = 0; o < O; o++) {
        for (long b = 0; b < B; b++) {
            out[o * B + b] = bias[o];
        }
    }
    dvfo_matrix_multiply(1.0f, dvfo_matrix_strided(weight, O, D, step), dvfo_matrix_of(in, D, B), 1.0f, out, B);
}

void dvfo_classify_dense_backward(long B, long D, long O, const float *weight, long step, const float *in,
                                  const float *dout, float *dweight, float *dbias, float *din)
{
    const struct dvfo_matrix slope = dvfo_matrix_of(dout, O, B);
    dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(in, D, B)), 1.0f, dweight, step);
    for (long o = 0; o < O; o++) {
        for (long b = 0; b < B; b++) {
            dbias[o] += dout[o * B + b];
        }
    }
    if (din != NULL) {
        dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(dvfo_matrix_strided(weight, O, D, step)), slope, 0.0f, din,
                             B);
    }
}

void dvfo_classify_softmax(long K, long B, const float *logits, float *out)
{
    for (long b = 0; b < B; b++) {
        float largest = logits[b], sum = 0.0f;
        for (long k = 1; k < K; k++) {
            largest = logits[k * B + b] > largest ? logits[k * B + b] : largest;
        }
        for (long k = 0; k < K; k++) {
            out[k * B + b] = expf(logits[k * B + b] - largest);
            sum += out[k * B + b];
        }
        for (long k = 0; k < K; k++) {
            out[k * B + b] /= sum;
        }
    }
}

double dvfo_classify_surprise(float p)
{
    return -log(p < 1e-30f ? 1e-30 : (double)p);
}

void dvfo_classify_targets(long K, long B, const uint8_t *label, float smoothing, float *target)
{
    for (long k = 0; k < K; k++) {
        for (long b = 0; b < B; b++) {
            target[k * B + b] = smoothing / (float)K + (label[b] == k ? 1.0f - smoothing : 0.0f);
        }
    }
}

double dvfo_classify_loss(long K, long B, const float *logits, const float *target, float scale, float *probability,
                          float *dlogits)
{
    double loss = 0.0;
    dvfo_classify_softmax(K, B, logits, probability);
    for (long i = 0; i < K * B; i++) {
        if (target[i] > 0.0f) {
            loss += (double)target[i] * dvfo_classify_surprise(probability[i]);
        }
        if (dlogits != NULL) {
            dlogits[i] += scale * (probability[i] - target[i]);
        }
    }
    return (double)scale * loss;
}

void dvfo_classify_best(long K, long B, const float *logits, int *best)
{
    for (long b = 0; b < B; b++) {
        best[b] = 0;
        for (int k = 1; k < K; k++) {
            best[b] = logits[k * B + b] > logits[best[b] * B + b] ? k : best[b];
        }
    }
}
