#include "policies/nn/train/batch_norm.h"

#include <math.h>

#include "policies/nn/train/lanes.h"
#include "policies/nn/wide.h"

DVFO_WIDE void dvfo_batch_norm_measure(long C, long N, const float *in, float *mean, float *variance)
{
    for (long c = 0; c < C; c++) {
        mean[c] = dvfo_lanes_sum(N, in + c * N, 0.0f) / (float)N;
        variance[c] = dvfo_lanes_squares(N, in + c * N, mean[c]) / (float)N;
    }
}

static float deviation(float variance)
{
    return sqrtf(variance + DVFO_BATCH_NORM_EPSILON);
}

DVFO_WIDE void dvfo_batch_norm_forward(long C, long N, bool relu6, const float *mean, const float *variance,
                                       const float *scale, const float *shift, const float *in, float *out)
{
    for (long c = 0; c < C; c++) {
        const float factor = scale[c] / deviation(variance[c]), term = shift[c] - factor * mean[c];
        const float *x = in + c * N;
        float *y = out + c * N;
        if (relu6) {
            for (long i = 0; i < N; i++) {
                const float value = factor * x[i] + term, above = value < 0.0f ? 0.0f : value;
                y[i] = above > 6.0f ? 6.0f : above; /* NaN stays */
            }
        } else {
            for (long i = 0; i < N; i++) {
                y[i] = factor * x[i] + term;
            }
        }
    }
}

/* ReLU6 lets slopes through where it is neither 0 nor 6. */
DVFO_LANES_PART void mask(long N, const float *out, const float *dout, float *masked)
{
    for (long i = 0; i < N; i++) {
        const float slope = out[i] < 6.0f ? dout[i] : 0.0f;
        masked[i] = out[i] > 0.0f ? slope : 0.0f;
    }
}

DVFO_WIDE void dvfo_batch_norm_backward(long C, long N, bool relu6, const float *mean, const float *variance,
                                        const float *scale, const float *in, const float *out, float *dout,
                                        float *dscale, float *dshift, float *din)
{
    for (long c = 0; c < C; c++) {
        const float *x = in + c * N;
        float *dy = dout + c * N, *dx = din + c * N;
        if (relu6) {
            mask(N, out + c * N, dy, dy);
        }
        const float inverse = 1.0f / deviation(variance[c]);
        const float sum = dvfo_lanes_sum(N, dy, 0.0f);                   /* of dy */
        const float along = dvfo_lanes_dot(N, x, mean[c], dy) * inverse; /* of dy * normalised x */
        const float factor = scale[c] * inverse, level = factor * sum / (float)N;
        const float tilt = factor * inverse * along / (float)N, middle = mean[c];
        dscale[c] += along;
        dshift[c] += sum;
        for (long i = 0; i < N; i++) {
            dx[i] = factor * dy[i] - level - tilt * (x[i] - middle);
        }
    }
}

DVFO_WIDE void dvfo_batch_norm_backward_fixed(long C, long N, bool relu6, const float *variance, const float *scale,
                                              const float *out, const float *dout, float *din)
{
    for (long c = 0; c < C; c++) {
        const float factor = scale[c] / deviation(variance[c]);
        const float *dy = dout + c * N;
        float *dx = din + c * N;
        if (relu6) {
            mask(N, out + c * N, dy, dx);
            dy = dx;
        }
        for (long i = 0; i < N; i++) {
            dx[i] = factor * dy[i];
        }
    }
}
