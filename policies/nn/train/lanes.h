/* Long rows of numbers, sixteen at a time: sums whose order is fixed by us, so that they are vector instructions and
 * the same everywhere. Inline, for callers under DVFO_WIDE. */
#ifndef DVFO_LANES_H
#define DVFO_LANES_H

#include <string.h>

enum { DVFO_LANES = 16 };

typedef float dvfo_lanes __attribute__((vector_size(4 * DVFO_LANES)));

#define DVFO_LANES_PART __attribute__((always_inline)) static inline

DVFO_LANES_PART float dvfo_lanes_total(const dvfo_lanes *lanes)
{
    float part[DVFO_LANES];
    memcpy(part, lanes, sizeof part);
    for (int half = DVFO_LANES / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) {
            part[i] += part[i + half];
        }
    }
    return part[0];
}

/** Sum of (x - shift) over n numbers. */
DVFO_LANES_PART float dvfo_lanes_sum(long n, const float *x, float shift)
{
    dvfo_lanes sum = {0.0f}, at;
    long i = 0;
    for (; i + DVFO_LANES <= n; i += DVFO_LANES) {
        memcpy(&at, x + i, sizeof at);
        sum += at - shift;
    }
    float rest = 0.0f;
    for (; i < n; i++) {
        rest += x[i] - shift;
    }
    return dvfo_lanes_total(&sum) + rest;
}

/** Sum of (x - shift) * y over n numbers. */
DVFO_LANES_PART float dvfo_lanes_dot(long n, const float *x, float shift, const float *y)
{
    dvfo_lanes sum = {0.0f}, at, by;
    long i = 0;
    for (; i + DVFO_LANES <= n; i += DVFO_LANES) {
        memcpy(&at, x + i, sizeof at);
        memcpy(&by, y + i, sizeof by);
        sum += (at - shift) * by;
    }
    float rest = 0.0f;
    for (; i < n; i++) {
        rest += (x[i] - shift) * y[i];
    }
    return dvfo_lanes_total(&sum) + rest;
}

/** Sum of (x - shift)^2 over n numbers. */
DVFO_LANES_PART float dvfo_lanes_squares(long n, const float *x, float shift)
{
    dvfo_lanes sum = {0.0f}, at;
    long i = 0;
    for (; i + DVFO_LANES <= n; i += DVFO_LANES) {
        memcpy(&at, x + i, sizeof at);
        at -= shift;
        sum += at * at;
    }
    float rest = 0.0f;
    for (; i < n; i++) {
        rest += (x[i] - shift) * (x[i] - shift);
    }
    return dvfo_lanes_total(&sum) + rest;
}

#endif
