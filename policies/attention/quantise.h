/* Payload coding: what feature maps that are sent become, and what they are read as on the other side.
 *
 *   int8      each channel of each sample has a scale and a zero of its own (8 bytes beside it): q = round((x - low) /
 *             scale), scale = (high - low) / 255. Read back it is off by at most half a scale.
 *   codebook  the nearest of 8 values that all channels share, 3 bits each, fitted to training features (Lloyd 1982).
 *   ...-entropy  the same numbers through Deflate (zlib): lossless, so only the size differs. */
#ifndef DVFO_QUANTISE_H
#define DVFO_QUANTISE_H

#include <stdint.h>

#include "sim/base/status.h"

enum { DVFO_CODEBOOK_SIZE = 8, DVFO_CODEBOOK_BITS = 3 };

/** q (n) of one channel. @param low, scale  written */
void dvfo_quantise_int8(long n, const float *x, uint8_t *q, float *low, float *scale);
void dvfo_quantise_int8_back(long n, const uint8_t *q, float low, float scale, float *x);

/** x as it arrives: to q and back, bit for bit, without q in between. @param out  (n); may be x */
void dvfo_quantise_int8_through(long n, const float *x, float *out);

/* Ascending values. */
struct dvfo_codebook {
    float value[DVFO_CODEBOOK_SIZE];
};

/** Least squared error by alternating nearest value and mean of the nearest, from evenly spread quantiles on.
 *  @param n  at least 1 */
struct dvfo_codebook dvfo_codebook_fit(long n, const float *x);

void dvfo_codebook_encode(const struct dvfo_codebook *book, long n, const float *x, uint8_t *q);
void dvfo_codebook_through(const struct dvfo_codebook *book, long n, const float *x, float *out);

/** Bytes of n small numbers after Deflate. @param bits  of each number: they are packed before
 *  @return  DVFO_FAILED when memory is out */
dvfo_status dvfo_quantise_deflated(struct dvfo_ctx *ctx, long n, int bits, const uint8_t *q, long *bytes);

#endif
