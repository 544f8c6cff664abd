#include "policies/nn/train/depthwise.h"

#include <string.h>

#include "policies/nn/train/lanes.h"
#include "policies/nn/wide.h"
#include "sim/base/status.h"

/* The strip of a channel: B samples of (H + 2, W + 2), and room around it that the outermost taps may see. */
struct strip {
    long row, sample, length, margin;
};

static struct strip strip_of(const struct dvfo_window *w)
{
    DVFO_REQUIRE(w->kernel_h == 3 && w->kernel_w == 3 && w->pad_h == 1 && w->pad_w == 1 && w->dilation == 1);
    const long row = w->W + 2, sample = row * (w->H + 2);
    return (struct strip){row, sample, w->B * sample, row + 1};
}

static long strip_size(const struct strip *strip)
{
    return strip->length + 2 * strip->margin;
}

size_t dvfo_depthwise_scratch(const struct dvfo_window *w)
{
    const struct strip strip = strip_of(w);
    return (size_t)(3 * strip_size(&strip));
}

/* Where pixel (b, y, x) of an image lies on the strip. */
static long place(const struct strip *strip, long b, long y, long x)
{
    return b * strip->sample + (y + 1) * strip->row + x + 1;
}

/* Where tap t sees, counted from the pixel in the middle. */
static long shift(const struct strip *strip, int t)
{
    return (t / 3 - 1) * strip->row + t % 3 - 1;
}

/* Inputs of one channel onto the strip; its padding stays as it is. in (B, H, W) */
static void lay_inputs(const struct dvfo_window *w, const struct strip *strip, const float *in, float *on)
{
    for (long b = 0; b < w->B; b++) {
        for (long y = 0; y < w->H; y++) {
            memcpy(on + place(strip, b, y, 0), in + (b * w->H + y) * w->W, (size_t)w->W * sizeof *in);
        }
    }
}

static void take_inputs(const struct dvfo_window *w, const struct strip *strip, const float *on, float *in)
{
    for (long b = 0; b < w->B; b++) {
        for (long y = 0; y < w->H; y++) {
            memcpy(in + (b * w->H + y) * w->W, on + place(strip, b, y, 0), (size_t)w->W * sizeof *in);
        }
    }
}

/* Outputs lie where the middle tap of theirs lies. out (B, Y, X) */
static void lay_outputs(const struct dvfo_window *w, const struct strip *strip, const float *out, float *on)
{
    for (long b = 0; b < w->B; b++) {
        for (long y = 0; y < w->Y; y++) {
            float *row = on + place(strip, b, y * w->stride, 0);
            for (long x = 0; x < w->X; x++) {
                row[x * w->stride] = *out++;
            }
        }
    }
}

static void take_outputs(const struct dvfo_window *w, const struct strip *strip, const float *on, float *out)
{
    for (long b = 0; b < w->B; b++) {
        for (long y = 0; y < w->Y; y++) {
            const float *row = on + place(strip, b, y * w->stride, 0);
            for (long x = 0; x < w->X; x++) {
                *out++ = row[x * w->stride];
            }
        }
    }
}

/* to[i] = sum over taps of tap * from[i + direction * shift]: forward sees what the tap sees, backward who saw it. */
DVFO_WIDE static void filter(const struct strip *strip, long direction, const float *tap, const float *from, float *to)
{
    const float *at[DVFO_DEPTHWISE_TAPS];
    for (int t = 0; t < DVFO_DEPTHWISE_TAPS; t++) {
        at[t] = from + direction * shift(strip, t);
    }
    for (long i = 0; i < strip->length; i++) {
        to[i] = tap[0] * at[0][i] + tap[1] * at[1][i] + tap[2] * at[2][i] + tap[3] * at[3][i] + tap[4] * at[4][i] +
                tap[5] * at[5][i] + tap[6] * at[6][i] + tap[7] * at[7][i] + tap[8] * at[8][i];
    }
}

DVFO_WIDE static void add_weight_slopes(const struct strip *strip, const float *in, const float *dout, float *dtap)
{
    for (int t = 0; t < DVFO_DEPTHWISE_TAPS; t++) {
        dtap[t] += dvfo_lanes_dot(strip->length, in + shift(strip, t), 0.0f, dout);
    }
}

void dvfo_depthwise_forward(const struct dvfo_window *w, const float *weight, float *scratch, const float *in,
                            float *out)
{
    const struct strip strip = strip_of(w);
    float *const seen = scratch + strip.margin, *const made = seen + strip_size(&strip);
    memset(scratch, 0, (size_t)strip_size(&strip) * sizeof *scratch);
    for (long c = 0; c < w->C; c++) {
        lay_inputs(w, &strip, in + c * w->B * w->H * w->W, seen);
        filter(&strip, 1, weight + c * DVFO_DEPTHWISE_TAPS, seen, made);
        take_outputs(w, &strip, made, out + c * w->B * w->Y * w->X);
    }
}

void dvfo_depthwise_backward(const struct dvfo_window *w, const float *weight, float *scratch, const float *in,
                             const float *dout, float *dweight, float *din)
{
    const struct strip strip = strip_of(w);
    float *const seen = scratch + strip.margin, *const slope = seen + strip_size(&strip);
    float *const back = slope + strip_size(&strip);
    memset(scratch, 0, 2 * (size_t)strip_size(&strip) * sizeof *scratch);
    for (long c = 0; c < w->C; c++) {
        lay_inputs(w, &strip, in + c * w->B * w->H * w->W, seen);
        lay_outputs(w, &strip, dout + c * w->B * w->Y * w->X, slope);
        add_weight_slopes(&strip, seen, slope, dweight + c * DVFO_DEPTHWISE_TAPS);
        if (din != NULL) {
            filter(&strip, -1, weight + c * DVFO_DEPTHWISE_TAPS, slope, back);
            take_inputs(w, &strip, back, din + c * w->B * w->H * w->W);
        }
    }
}
