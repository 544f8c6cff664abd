#include "policies/nn/train/sgd.h"

#include <math.h>

#include "policies/nn/wide.h"

DVFO_WIDE void dvfo_sgd_step(size_t count, float rate, float momentum, float decay, float *gradient, float *velocity,
                             float *parameters)
{
    for (size_t i = 0; i < count; i++) {
        const float slope = gradient[i] + decay * parameters[i];
        velocity[i] = momentum * velocity[i] + slope;
        parameters[i] -= rate * (slope + momentum * velocity[i]);
        gradient[i] = 0.0f;
    }
}

double dvfo_sgd_cosine(double first_rate, long warm, long steps, long step)
{
    if (step < warm) {
        return first_rate * (double)(step + 1) / (double)(warm + 1);
    }
    return first_rate * 0.5 * (1.0 + cos(M_PI * (double)(step - warm) / (double)(steps - warm)));
}
