#include "policies/attention/quantise.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "policies/nn/wide.h"

enum { LEVELS = 255, MOST_ROUNDS = 50 };

/* Lowest and highest of n >= 1 numbers. */
static void range_of(long n, const float *x, float *low, float *high)
{
    *low = *high = x[0];
    for (long i = 1; i < n; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
}

DVFO_WIDE static void int8_range(long n, const float *x, float *low, float *scale)
{
    float high;
    range_of(n, x, low, &high);
    *scale = (high - *low) / (float)LEVELS;
}

/* Without a range, or one too small to divide by, all are the lowest. */
static float inverse_of(float scale)
{
    return scale >= FLT_MIN ? 1.0f / scale : 0.0f;
}

void dvfo_quantise_int8(long n, const float *x, uint8_t *q, float *low, float *scale)
{
    int8_range(n, x, low, scale);
    const float inverse = inverse_of(*scale);
    for (long i = 0; i < n; i++) {
        q[i] = (uint8_t)((x[i] - *low) * inverse + 0.5f);
    }
}

void dvfo_quantise_int8_back(long n, const uint8_t *q, float low, float scale, float *x)
{
    for (long i = 0; i < n; i++) {
        x[i] = low + scale * (float)q[i];
    }
}

DVFO_WIDE void dvfo_quantise_int8_through(long n, const float *x, float *out)
{
    float low, scale;
    int8_range(n, x, &low, &scale);
    const float inverse = inverse_of(scale);
    for (long i = 0; i < n; i++) {
        out[i] = low + scale * (float)(int)((x[i] - low) * inverse + 0.5f);
    }
}

/* Between values i and i + 1 the nearer changes here. */
static float border(const struct dvfo_codebook *book, int i)
{
    return 0.5f * (book->value[i] + book->value[i + 1]);
}

static int nearest(const struct dvfo_codebook *book, float x)
{
    int code = 0;
    for (int i = 0; i + 1 < DVFO_CODEBOOK_SIZE; i++) {
        code += x > border(book, i);
    }
    return code;
}

static struct dvfo_codebook spread_evenly(long n, const float *x)
{
    float low, high;
    range_of(n, x, &low, &high);
    struct dvfo_codebook book;
    for (int i = 0; i < DVFO_CODEBOOK_SIZE; i++) {
        book.value[i] = low + (high - low) * ((float)i + 0.5f) / DVFO_CODEBOOK_SIZE;
    }
    return book;
}

struct dvfo_codebook dvfo_codebook_fit(long n, const float *x)
{
    struct dvfo_codebook book = spread_evenly(n, x);
    bool moved = true;
    for (int round = 0; round < MOST_ROUNDS && moved; round++) {
        double sum[DVFO_CODEBOOK_SIZE] = {0.0};
        long count[DVFO_CODEBOOK_SIZE] = {0};
        for (long i = 0; i < n; i++) {
            const int code = nearest(&book, x[i]);
            sum[code] += (double)x[i];
            count[code]++;
        }
        moved = false;
        for (int i = 0; i < DVFO_CODEBOOK_SIZE; i++) {
            const float value = count[i] > 0 ? (float)(sum[i] / (double)count[i]) : book.value[i];
            moved |= value != book.value[i];
            book.value[i] = value;
        }
    }
    return book;
}

void dvfo_codebook_encode(const struct dvfo_codebook *book, long n, const float *x, uint8_t *q)
{
    for (long i = 0; i < n; i++) {
        q[i] = (uint8_t)nearest(book, x[i]);
    }
}

void dvfo_codebook_through(const struct dvfo_codebook *book, long n, const float *x, float *out)
{
    for (long i = 0; i < n; i++) {
        out[i] = book->value[nearest(book, x[i])];
    }
}

/* Numbers of `bits` bits one after the other, the lowest bit first. */
static void pack(long n, int bits, const uint8_t *q, uint8_t *packed, size_t size)
{
    memset(packed, 0, size);
    for (long i = 0; i < n; i++) {
        for (int bit = 0; bit < bits; bit++) {
            const long at = i * bits + bit;
            packed[at / 8] = (uint8_t)(packed[at / 8] | ((q[i] >> bit & 1) << (at % 8)));
        }
    }
}

dvfo_status dvfo_quantise_deflated(struct dvfo_ctx *ctx, long n, int bits, const uint8_t *q, long *bytes)
{
    const size_t size = (size_t)((n * bits + 7) / 8);
    uLongf room = compressBound(size);
    uint8_t *const packed = malloc(size + 1), *const deflated = malloc(room);
    if (packed == NULL || deflated == NULL) {
        free(deflated);
        free(packed);
        return dvfo_fail_no_memory(ctx);
    }
    pack(n, bits, q, packed, size);
    const int done = compress2(deflated, &room, packed, size, Z_BEST_COMPRESSION);
    *bytes = (long)room;
    free(deflated);
    free(packed);
    return done == Z_OK ? DVFO_OK : dvfo_fail_no_memory(ctx);
}
