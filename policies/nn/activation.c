#include "policies/nn/activation.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "policies/nn/wide.h"

#define CLIP 20.0f /* DeepSpeech (Hannun et al. 2014) */
#define LEAK 0.1f  /* darknet */

static const char *const names[] = {
#define ACTIVATION_NAME(name, text, what) text,
    DVFO_ACTIVATION_LIST(ACTIVATION_NAME)
#undef ACTIVATION_NAME
};

dvfo_activation dvfo_activation_of_name(const char *name)
{
    int i = 0;
    while (i < DVFO_ACTIVATION_COUNT && strcmp(names[i], name) != 0) {
        i++;
    }
    return (dvfo_activation)i;
}

static inline float clamp(float x, float low, float high)
{
    const float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

/* exp(x) = 2^n exp(r) with |r| <= ln(2) / 2, where seven terms of the series reach the last bit but one. Adding 1.5 *
 * 2^23 rounds to a whole number. Held inside exp(-80) .. exp(80), so that nothing overflows or becomes a denormal
 * number, which would cost a hundred cycles. */
static inline float fast_exp(float x)
{
    const float t = clamp(x, -80.0f, 80.0f);
    const float n = (t * 1.44269504f + 12582912.0f) - 12582912.0f;
    const float r = (t - n * 0.693145752f) - n * 1.42860677e-6f; /* ln 2 in two parts */
    const float series =
        1.0f + r * (1.0f + r * (0.5f + r * (1.0f / 6 + r * (1.0f / 24 + r * (1.0f / 120 + r * (1.0f / 720))))));
    const int32_t bits = ((int32_t)n + 127) * (1 << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}

/* Abramowitz and Stegun 7.1.26: within 1.5e-7. Beyond 4 it is 1 in single precision. */
static inline float fast_erf(float x)
{
    const float magnitude = clamp(fabsf(x), 0.0f, 4.0f), t = 1.0f / (1.0f + 0.3275911f * magnitude);
    const float series =
        t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    return copysignf(1.0f - series * fast_exp(-magnitude * magnitude), x);
}

static inline float sigmoid(float x)
{
    return 1.0f / (1.0f + fast_exp(-x));
}

static inline float hard_sigmoid(float x)
{
    return clamp(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f);
}

static inline float hyperbolic_tangent(float x)
{
    return 1.0f - 2.0f / (1.0f + fast_exp(2.0f * x));
}

static inline float gelu(float x)
{
    return 0.5f * x * (1.0f + fast_erf(x * 0.707106781f));
}

#define EACH(f_of_x)                                                                                                   \
    for (long i = 0; i < n; i++) {                                                                                     \
        const float x = values[i] + bias;                                                                              \
        values[i] = (f_of_x);                                                                                          \
    }                                                                                                                  \
    return

DVFO_WIDE void dvfo_activation_apply(dvfo_activation activation, float bias, long n, float *values)
{
    switch (activation) {
    case DVFO_ACTIVATION_RELU:
        EACH(x < 0.0f ? 0.0f : x);
    case DVFO_ACTIVATION_RELU6:
        EACH(clamp(x, 0.0f, 6.0f));
    case DVFO_ACTIVATION_CLIPPED_RELU:
        EACH(clamp(x, 0.0f, CLIP));
    case DVFO_ACTIVATION_LEAKY_RELU:
        EACH(x < 0.0f ? LEAK * x : x);
    case DVFO_ACTIVATION_SWISH:
        EACH(x * sigmoid(x));
    case DVFO_ACTIVATION_HARD_SWISH:
        EACH(x * hard_sigmoid(x));
    case DVFO_ACTIVATION_SIGMOID:
        EACH(sigmoid(x));
    case DVFO_ACTIVATION_HARD_SIGMOID:
        EACH(hard_sigmoid(x));
    case DVFO_ACTIVATION_TANH:
        EACH(hyperbolic_tangent(x));
    case DVFO_ACTIVATION_GELU:
        EACH(gelu(x));
    case DVFO_ACTIVATION_NONE:
    case DVFO_ACTIVATION_COUNT:
        break;
    }
    if (bias != 0.0f) {
        EACH(x);
    }
}

float dvfo_activation_exact(dvfo_activation activation, float x)
{
    switch (activation) {
    case DVFO_ACTIVATION_RELU:
        return fmaxf(x, 0.0f);
    case DVFO_ACTIVATION_RELU6:
        return fminf(fmaxf(x, 0.0f), 6.0f);
    case DVFO_ACTIVATION_CLIPPED_RELU:
        return fminf(fmaxf(x, 0.0f), CLIP);
    case DVFO_ACTIVATION_LEAKY_RELU:
        return x > 0.0f ? x : LEAK * x;
    case DVFO_ACTIVATION_SWISH:
        return x / (1.0f + expf(-x));
    case DVFO_ACTIVATION_HARD_SWISH:
        return x * fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) / 6.0f;
    case DVFO_ACTIVATION_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case DVFO_ACTIVATION_HARD_SIGMOID:
        return fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) / 6.0f;
    case DVFO_ACTIVATION_TANH:
        return tanhf(x);
    case DVFO_ACTIVATION_GELU:
        return 0.5f * x * (1.0f + erff(x / sqrtf(2.0f)));
    case DVFO_ACTIVATION_NONE:
    case DVFO_ACTIVATION_COUNT:
        break;
    }
    return x;
}

DVFO_WIDE void dvfo_activation_exp(long n, const float *shift, float *x)
{
    for (long i = 0; i < n; i++) {
        x[i] = fast_exp(x[i] - shift[i]);
    }
}
