#include "policies/nn/dense.h"

#include <math.h>

#include "policies/nn/matrix.h"
#include "policies/nn/window.h"

/* Vectors of all samples are one product: out (B, O) = in (B, D) weight^T (D, O). */
static void forward_vectors(long B, long D, long O, const float *weight, const float *bias, dvfo_activation activation,
                            const float *in, float *out)
{
    for (long i = 0; i < B * O; i++) {
        out[i] = bias[i % O];
    }
    const struct dvfo_matrix w = dvfo_matrix_of(weight, O, D);
    if (B == 1) {
        dvfo_matrix_multiply(1.0f, w, dvfo_matrix_of(in, D, 1), 1.0f, out, 1);
    } else {
        dvfo_matrix_multiply(1.0f, dvfo_matrix_of(in, B, D), dvfo_matrix_transposed(w), 1.0f, out, O);
    }
    dvfo_activation_apply(activation, 0.0f, B * O, out);
}

void dvfo_dense_forward(long B, long D, long T, long O, const float *weight, const float *bias,
                        dvfo_activation activation, const float *in, float *out)
{
    if (T == 1) {
        forward_vectors(B, D, O, weight, bias, activation, in, out);
        return;
    }
    for (long b = 0; b < B; b++) {
        float *sample = out + b * O * T;
        dvfo_matrix_multiply(1.0f, dvfo_matrix_of(weight, O, D), dvfo_matrix_of(in + b * D * T, D, T), 0.0f, sample, T);
        for (long o = 0; o < O; o++) {
            dvfo_activation_apply(activation, bias[o], T, sample + o * T);
        }
    }
}

static struct dvfo_range features_of(long head, long heads, long D)
{
    return (struct dvfo_range){head * D / heads, (head + 1) * D / heads};
}

void dvfo_dense_scores(long heads, long D, long T, long S, const float *q, const float *k, float *out)
{
    for (long h = 0; h < heads; h++) {
        const struct dvfo_range d = features_of(h, heads, D);
        const struct dvfo_matrix queries = dvfo_matrix_of(q + d.first * T, d.end - d.first, T);
        const struct dvfo_matrix keys = dvfo_matrix_of(k + d.first * S, d.end - d.first, S);
        const float scale = 1.0f / sqrtf((float)(d.end - d.first));
        dvfo_matrix_multiply(scale, dvfo_matrix_transposed(keys), queries, 0.0f, out + h * S * T, T);
    }
}

void dvfo_dense_values(long heads, long D, long T, long S, const float *weights, const float *v, float *out)
{
    for (long h = 0; h < heads; h++) {
        const struct dvfo_range d = features_of(h, heads, D);
        const struct dvfo_matrix values = dvfo_matrix_of(v + d.first * S, d.end - d.first, S);
        dvfo_matrix_multiply(1.0f, values, dvfo_matrix_of(weights + h * S * T, S, T), 0.0f, out + d.first * T, T);
    }
}
