/* Stochastic gradient descent with Nesterov's momentum and weight decay, and the rate's way from its first value to 0
 * along half a cosine (Loshchilov, Hutter 2017). */
#ifndef DVFO_SGD_H
#define DVFO_SGD_H

#include <stddef.h>

/** One step over a block of parameters.
 *  @param decay       of the weights, per step and rate; 0 for scales, shifts and biases
 *  @param gradient    (count); set to 0 afterwards: the next step adds to it anew
 *  @param velocity    (count) changed; zeros before the first step
 *  @param parameters  (count) changed */
void dvfo_sgd_step(size_t count, float rate, float momentum, float decay, float *gradient, float *velocity,
                   float *parameters);

/** Rate at step `step` of `steps`: rises along a line over the first `warm` steps, then falls. @param step  0-based */
double dvfo_sgd_cosine(double first_rate, long warm, long steps, long step);

#endif
