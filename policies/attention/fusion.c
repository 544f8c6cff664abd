#include "policies/attention/fusion.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "policies/nn/matrix.h"

enum { UNITS = 8, UNIT_SIZE = 4 }; /* of the convolution: weight of local, of remote, bias, weight of the unit */

#define UNIT_SPREAD 0.1

size_t dvfo_fusion_parameters(const struct dvfo_fuser *fusion)
{
    const size_t K = (size_t)fusion->classes;
    switch (fusion->kind) {
    case DVFO_FUSION_SUM_LEARNT:
        return 1;
    case DVFO_FUSION_DENSE:
        return 2 * K * K + K; /* W (K, 2 K), b (K) */
    case DVFO_FUSION_CONVOLUTION:
        return UNITS * UNIT_SIZE;
    case DVFO_FUSION_SUM_FIXED:
    case DVFO_FUSIONS:
        return 0;
    }
    return 0;
}

void dvfo_fusion_initialise(const struct dvfo_fuser *fusion, gsl_rng *rng, float *parameters)
{
    const size_t K = (size_t)fusion->classes, count = dvfo_fusion_parameters(fusion);
    for (size_t i = 0; i < count; i++) {
        parameters[i] = 0.0f;
    }
    if (fusion->kind == DVFO_FUSION_DENSE) {
        for (size_t k = 0; k < K; k++) {
            parameters[k * 2 * K + k] = parameters[k * 2 * K + K + k] = 0.5f;
        }
    } else if (fusion->kind == DVFO_FUSION_CONVOLUTION) {
        const float mean[2][UNIT_SIZE] = {{0.5f, 0.5f, 0.0f, 1.0f}, {-0.5f, -0.5f, 0.0f, -1.0f}}; /* x = x+ - x- */
        memcpy(parameters, mean, sizeof mean);
        for (size_t i = 2 * UNIT_SIZE; i < count; i++) {
            parameters[i] = i % UNIT_SIZE == UNIT_SIZE - 1 ? 0.0f : (float)gsl_ran_gaussian(rng, UNIT_SPREAD);
        }
    }
}

double dvfo_fusion_macs(const struct dvfo_fuser *fusion)
{
    const double K = (double)fusion->classes;
    return fusion->kind == DVFO_FUSION_DENSE         ? 2.0 * K * K
           : fusion->kind == DVFO_FUSION_CONVOLUTION ? K * UNITS * (UNIT_SIZE - 1)
                                                     : 2.0 * K;
}

static float lambda_of(const struct dvfo_fuser *fusion, const float *parameters)
{
    return fusion->kind == DVFO_FUSION_SUM_FIXED ? fusion->lambda : 1.0f / (1.0f + expf(-parameters[0]));
}

static void sum(float lambda, long n, const float *local, const float *remote, float *out)
{
    for (long i = 0; i < n; i++) {
        out[i] = lambda * local[i] + (1.0f - lambda) * remote[i]; /* Eq. (8) */
    }
}

static void dense(const float *parameters, long K, long B, const float *local, const float *remote, float *out)
{
    const float *bias = parameters + 2 * K * K;
    for (long i = 0; i < K * B; i++) {
        out[i] = bias[i / B];
    }
    dvfo_matrix_multiply(1.0f, dvfo_matrix_strided(parameters, K, K, 2 * K), dvfo_matrix_of(local, K, B), 1.0f, out, B);
    dvfo_matrix_multiply(1.0f, dvfo_matrix_strided(parameters + K, K, K, 2 * K), dvfo_matrix_of(remote, K, B), 1.0f,
                         out, B);
}

static void convolve(const float *unit, long n, const float *local, const float *remote, float *out)
{
    memset(out, 0, (size_t)n * sizeof *out);
    for (int u = 0; u < UNITS; u++, unit += UNIT_SIZE) {
        for (long i = 0; i < n; i++) {
            const float x = unit[0] * local[i] + unit[1] * remote[i] + unit[2];
            out[i] += x > 0.0f ? unit[3] * x : 0.0f;
        }
    }
}

void dvfo_fusion_forward(const struct dvfo_fuser *fusion, const float *parameters, long B, const float *local,
                         const float *remote, float *out)
{
    const long K = fusion->classes;
    switch (fusion->kind) {
    case DVFO_FUSION_DENSE:
        dense(parameters, K, B, local, remote, out);
        break;
    case DVFO_FUSION_CONVOLUTION:
        convolve(parameters, K * B, local, remote, out);
        break;
    case DVFO_FUSION_SUM_FIXED:
    case DVFO_FUSION_SUM_LEARNT:
    case DVFO_FUSIONS:
        sum(lambda_of(fusion, parameters), K * B, local, remote, out);
        break;
    }
}

static void sum_backward(const struct dvfo_fuser *fusion, const float *parameters, long n, const float *local,
                         const float *remote, const float *dout, float *gradients, float *dlocal, float *dremote)
{
    const float lambda = lambda_of(fusion, parameters);
    double along = 0.0;
    for (long i = 0; i < n; i++) {
        dlocal[i] += lambda * dout[i];
        dremote[i] += (1.0f - lambda) * dout[i];
        along += (double)(dout[i] * (local[i] - remote[i]));
    }
    if (fusion->kind == DVFO_FUSION_SUM_LEARNT) {
        gradients[0] += (float)along * lambda * (1.0f - lambda);
    }
}

static void dense_backward(const float *parameters, long K, long B, const float *local, const float *remote,
                           const float *dout, float *gradients, float *dlocal, float *dremote)
{
    const struct dvfo_matrix slope = dvfo_matrix_of(dout, K, B);
    const float *const in[2] = {local, remote};
    float *const din[2] = {dlocal, dremote};
    for (int side = 0; side < 2; side++) {
        dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(in[side], K, B)), 1.0f,
                             gradients + side * K, 2 * K);
        dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(dvfo_matrix_strided(parameters + side * K, K, K, 2 * K)),
                             slope, 1.0f, din[side], B);
    }
    for (long i = 0; i < K * B; i++) {
        gradients[2 * K * K + i / B] += dout[i];
    }
}

static void convolve_backward(const float *unit, long n, const float *local, const float *remote, const float *dout,
                              float *gradients, float *dlocal, float *dremote)
{
    for (int u = 0; u < UNITS; u++, unit += UNIT_SIZE, gradients += UNIT_SIZE) {
        for (long i = 0; i < n; i++) {
            const float x = unit[0] * local[i] + unit[1] * remote[i] + unit[2];
            const float inner = x > 0.0f ? unit[3] * dout[i] : 0.0f;
            gradients[0] += inner * local[i];
            gradients[1] += inner * remote[i];
            gradients[2] += inner;
            gradients[3] += x > 0.0f ? x * dout[i] : 0.0f;
            dlocal[i] += inner * unit[0];
            dremote[i] += inner * unit[1];
        }
    }
}

void dvfo_fusion_backward(const struct dvfo_fuser *fusion, const float *parameters, long B, const float *local,
                          const float *remote, const float *dout, float *gradients, float *dlocal, float *dremote)
{
    const long K = fusion->classes;
    switch (fusion->kind) {
    case DVFO_FUSION_DENSE:
        dense_backward(parameters, K, B, local, remote, dout, gradients, dlocal, dremote);
        break;
    case DVFO_FUSION_CONVOLUTION:
        convolve_backward(parameters, K * B, local, remote, dout, gradients, dlocal, dremote);
        break;
    case DVFO_FUSION_SUM_FIXED:
    case DVFO_FUSION_SUM_LEARNT:
    case DVFO_FUSIONS:
        sum_backward(fusion, parameters, K * B, local, remote, dout, gradients, dlocal, dremote);
        break;
    }
}
