#include "policies/attention/gate.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "policies/nn/train/classify.h"
#include "policies/nn/train/convolve.h"
#include "policies/nn/train/lanes.h"
#include "policies/nn/wide.h"

enum { KERNEL = 7, SPATIAL_WEIGHTS = 2 * KERNEL * KERNEL };

#define RANGE 6.0f /* maps come from ReLU6; what is pooled lies in 0..1 */
#define LEAK 0.1f  /* of the hidden units below 0: with so few, dead ones would leave every channel alike */

/* Two ways of pooling go through the same weights. */
enum { MEAN, LARGEST, POOLS };

struct dvfo_gate_pass {
    const struct dvfo_gate *gate;
    long B;
    const float *in;             /* (C, B, N) borrowed */
    float *pooled[POOLS];        /* (C, B) */
    long *at_largest;            /* (C, B) pixel of the maximum */
    float *hidden[POOLS];        /* (R, B) after ReLU */
    float *scores, *weight;      /* (C, B): z, sigmoid(z) */
    float *weighed;              /* (C, B, N) F1 */
    float *across;               /* (2, B, N) over the channels: mean, largest */
    long *channel;               /* (B, N) of the largest */
    float *pixel;                /* (B, N) sigmoid */
    float *slope, *slope_across; /* (C, B, N), (2, B, N) */
    float *small;                /* (2, C, B) */
    float *scratch;
    float *block; /* all floats; owned */
    long *places; /* both longs; owned */
};

struct dvfo_gate dvfo_gate_plan(long channels, long height, long width, long reduction)
{
    const long squeezed = channels < reduction ? 1 : channels / reduction;
    return (struct dvfo_gate){channels, height, width, squeezed, (size_t)(2 * channels * squeezed + SPATIAL_WEIGHTS)};
}

static const float *squeeze_of(const float *parameters)
{
    return parameters; /* W1 (R, C) */
}

static size_t excite_at(const struct dvfo_gate *gate)
{
    return (size_t)(gate->channels * gate->squeezed); /* W2 (C, R) */
}

static size_t spatial_at(const struct dvfo_gate *gate)
{
    return 2 * excite_at(gate); /* (1, 2, 7, 7) */
}

#define FIRST_EXCITE 0.1 /* spread of W2 at first: channels begin as nearly equals */

/* Hidden units begin as means over the channels with positive weights: nothing in front of their ReLU is negative, so
 * none of the few is dead from the start. */
void dvfo_gate_initialise(const struct dvfo_gate *gate, gsl_rng *rng, float *parameters)
{
    const double spatial = sqrt(1.0 / SPATIAL_WEIGHTS);
    for (size_t i = 0; i < gate->parameters; i++) {
        const double drawn = gsl_ran_ugaussian(rng);
        parameters[i] = (float)(i < excite_at(gate)    ? fabs(drawn)
                                : i < spatial_at(gate) ? FIRST_EXCITE * drawn
                                                       : spatial * drawn);
    }
}

static struct dvfo_window spatial_window(const struct dvfo_gate *gate, long samples)
{
    const long H = gate->height, W = gate->width;
    return (struct dvfo_window){samples, 2, H, W, 1, H, W, KERNEL, KERNEL, 1, 1, KERNEL / 2, KERNEL / 2, 1};
}

/* Take room off `block`, or only count it when that is NULL. @return numbers taken */
static size_t lay_out(struct dvfo_gate_pass *pass, long samples, float *block)
{
    const struct dvfo_gate *gate = pass->gate;
    const size_t B = (size_t)samples, CB = (size_t)gate->channels * B, RB = (size_t)gate->squeezed * B;
    const size_t BN = B * (size_t)(gate->height * gate->width), CBN = CB * (size_t)(gate->height * gate->width);
    const struct dvfo_window window = spatial_window(gate, samples);
    float **const parts[] = {&pass->pooled[0],    &pass->pooled[1], &pass->hidden[0], &pass->hidden[1], &pass->scores,
                             &pass->weight,       &pass->weighed,   &pass->across,    &pass->pixel,     &pass->slope,
                             &pass->slope_across, &pass->small,     &pass->scratch};
    const size_t size[] = {
        CB, CB, RB, RB, CB, CB, CBN, 2 * BN, BN, CBN, 2 * BN, 2 * CB, dvfo_convolve_scratch(&window)};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i] = block != NULL ? block + used : NULL;
        used += size[i];
    }
    return used;
}

dvfo_status dvfo_gate_pass_create(struct dvfo_ctx *ctx, const struct dvfo_gate *gate, long samples,
                                  struct dvfo_gate_pass **out)
{
    *out = NULL;
    struct dvfo_gate_pass *pass = calloc(1, sizeof *pass);
    if (pass == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    pass->gate = gate;
    const size_t maxima = (size_t)(gate->channels * samples), pixels = (size_t)(samples * gate->height * gate->width);
    pass->block = calloc(lay_out(pass, samples, NULL), sizeof(float));
    pass->places = calloc(maxima + pixels, sizeof(long));
    if (pass->block == NULL || pass->places == NULL) {
        dvfo_gate_pass_free(pass);
        return dvfo_fail_no_memory(ctx);
    }
    lay_out(pass, samples, pass->block);
    pass->at_largest = pass->places;
    pass->channel = pass->places + maxima;
    *out = pass;
    return DVFO_OK;
}

void dvfo_gate_pass_free(struct dvfo_gate_pass *pass)
{
    if (pass != NULL) {
        free(pass->places);
        free(pass->block);
        free(pass);
    }
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

/* Mean and maximum of each channel's pixels. */
DVFO_WIDE static void pool_pixels(struct dvfo_gate_pass *pass, long CB, long N)
{
    for (long i = 0; i < CB; i++) {
        const float *map = pass->in + i * N;
        long largest = 0;
        for (long n = 1; n < N; n++) {
            largest = map[n] > map[largest] ? n : largest;
        }
        pass->pooled[MEAN][i] = dvfo_lanes_sum(N, map, 0.0f) / (RANGE * (float)N);
        pass->pooled[LARGEST][i] = map[largest] / RANGE;
        pass->at_largest[i] = largest;
    }
}

/* z and sigmoid(z) from what was pooled. */
static void score(struct dvfo_gate_pass *pass, const float *parameters)
{
    const long C = pass->gate->channels, R = pass->gate->squeezed, B = pass->B;
    const struct dvfo_matrix squeeze = dvfo_matrix_of(squeeze_of(parameters), R, C);
    const struct dvfo_matrix excite = dvfo_matrix_of(parameters + excite_at(pass->gate), C, R);
    for (int p = 0; p < POOLS; p++) {
        float *hidden = pass->hidden[p];
        dvfo_matrix_multiply(1.0f / (float)C, squeeze, dvfo_matrix_of(pass->pooled[p], C, B), 0.0f, hidden, B);
        for (long i = 0; i < R * B; i++) {
            hidden[i] *= hidden[i] > 0.0f ? 1.0f : LEAK;
        }
        dvfo_matrix_multiply(1.0f, excite, dvfo_matrix_of(hidden, R, B), p == 0 ? 0.0f : 1.0f, pass->scores, B);
    }
    for (long i = 0; i < C * B; i++) {
        pass->weight[i] = sigmoid(pass->scores[i]);
    }
}

/* Channels are weighed; on the way mean and maximum over them. */
DVFO_WIDE static void weigh_channels(struct dvfo_gate_pass *pass, long C, long B, long N)
{
    float *const mean = pass->across, *const largest = pass->across + B * N;
    const float share = 1.0f / (RANGE * (float)C);
    for (long c = 0; c < C; c++) {
        for (long b = 0; b < B; b++) {
            const float weight = pass->weight[c * B + b], *in = pass->in + (c * B + b) * N;
            float *out = pass->weighed + (c * B + b) * N;
            for (long n = 0; n < N; n++) {
                out[n] = weight * in[n];
            }
            for (long n = 0; n < N; n++) {
                const long i = b * N + n;
                const float value = out[n] / RANGE;
                const bool first = c == 0, larger = first || value > largest[i];
                mean[i] = (first ? 0.0f : mean[i]) + share * out[n];
                largest[i] = larger ? value : largest[i];
                pass->channel[i] = larger ? c : pass->channel[i];
            }
        }
    }
}

void dvfo_gate_forward(struct dvfo_gate_pass *pass, const float *parameters, long samples, const float *in, float *out)
{
    const struct dvfo_gate *gate = pass->gate;
    const long C = gate->channels, B = samples, N = gate->height * gate->width;
    const struct dvfo_window window = spatial_window(gate, B);
    pass->B = B;
    pass->in = in;
    pool_pixels(pass, C * B, N);
    score(pass, parameters);
    weigh_channels(pass, C, B, N);
    dvfo_convolve_forward(&window, dvfo_matrix_of(parameters + spatial_at(gate), 1, SPATIAL_WEIGHTS), pass->scratch,
                          pass->across, pass->pixel);
    for (long i = 0; i < B * N; i++) {
        pass->pixel[i] = sigmoid(pass->pixel[i]);
    }
    for (long c = 0; c < C; c++) {
        for (long i = 0; i < B * N; i++) {
            out[c * B * N + i] = pass->weighed[c * B * N + i] * pass->pixel[i];
        }
    }
}

const float *dvfo_gate_scores(const struct dvfo_gate_pass *pass)
{
    return pass->scores;
}

void dvfo_gate_importance(const struct dvfo_gate_pass *pass, float *p)
{
    dvfo_classify_softmax(pass->gate->channels, pass->B, pass->scores, p);
}

/* dF1 into pass->slope: through the pixels' weights, and through what was pooled over the channels. */
static void backward_pixels(struct dvfo_gate_pass *pass, const float *parameters, const float *dout, float *gradients)
{
    const struct dvfo_gate *gate = pass->gate;
    const long C = gate->channels, BN = pass->B * gate->height * gate->width;
    const struct dvfo_window window = spatial_window(gate, pass->B);
    float *const dpixel = pass->slope; /* (B, N), for a moment */
    memset(dpixel, 0, (size_t)BN * sizeof *dpixel);
    for (long c = 0; c < C; c++) {
        for (long i = 0; i < BN; i++) {
            dpixel[i] += dout[c * BN + i] * pass->weighed[c * BN + i];
        }
    }
    for (long i = 0; i < BN; i++) {
        dpixel[i] *= pass->pixel[i] * (1.0f - pass->pixel[i]);
    }
    dvfo_convolve_backward(&window, dvfo_matrix_of(parameters + spatial_at(gate), 1, SPATIAL_WEIGHTS), pass->scratch,
                           pass->across, dpixel, gradients + spatial_at(gate), pass->slope_across);
    const float share = 1.0f / (RANGE * (float)C);
    for (long c = 0; c < C; c++) {
        for (long i = 0; i < BN; i++) {
            pass->slope[c * BN + i] = dout[c * BN + i] * pass->pixel[i] + share * pass->slope_across[i];
        }
    }
    for (long i = 0; i < BN; i++) {
        pass->slope[pass->channel[i] * BN + i] += pass->slope_across[BN + i] / RANGE;
    }
}

/* dz from pass->slope (dF1) and what else is asked of z. */
DVFO_WIDE static void backward_weights(struct dvfo_gate_pass *pass, const float *dscores, float *dz)
{
    const long N = pass->gate->height * pass->gate->width;
    for (long i = 0; i < pass->gate->channels * pass->B; i++) {
        const float along = dvfo_lanes_dot(N, pass->slope + i * N, 0.0f, pass->in + i * N), a = pass->weight[i];
        dz[i] = along * a * (1.0f - a) + (dscores != NULL ? dscores[i] : 0.0f);
    }
}

/* Through the two dense layers of one pool: dpooled (C, B) from dz (C, B). */
static void backward_pool(struct dvfo_gate_pass *pass, int p, const float *parameters, const float *dz,
                          float *gradients, float *dpooled)
{
    const long C = pass->gate->channels, R = pass->gate->squeezed, B = pass->B;
    const struct dvfo_matrix squeeze = dvfo_matrix_of(squeeze_of(parameters), R, C);
    const struct dvfo_matrix excite = dvfo_matrix_of(parameters + excite_at(pass->gate), C, R);
    const struct dvfo_matrix slope = dvfo_matrix_of(dz, C, B);
    float *const dhidden = pass->scratch; /* (R, B): the spatial convolution has gone back already */
    dvfo_matrix_multiply(1.0f, slope, dvfo_matrix_transposed(dvfo_matrix_of(pass->hidden[p], R, B)), 1.0f,
                         gradients + excite_at(pass->gate), R);
    dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(excite), slope, 0.0f, dhidden, B);
    for (long i = 0; i < R * B; i++) {
        dhidden[i] *= pass->hidden[p][i] > 0.0f ? 1.0f : LEAK;
    }
    const float share = 1.0f / (float)C;
    const struct dvfo_matrix inner = dvfo_matrix_of(dhidden, R, B);
    dvfo_matrix_multiply(share, inner, dvfo_matrix_transposed(dvfo_matrix_of(pass->pooled[p], C, B)), 1.0f, gradients,
                         C);
    dvfo_matrix_multiply(share, dvfo_matrix_transposed(squeeze), inner, 0.0f, dpooled, B);
}

void dvfo_gate_backward(struct dvfo_gate_pass *pass, const float *parameters, const float *dout, const float *dscores,
                        float *gradients, float *din)
{
    const long C = pass->gate->channels, B = pass->B, N = pass->gate->height * pass->gate->width;
    float *const dz = pass->small, *const dpooled = pass->small + C * B;
    backward_pixels(pass, parameters, dout, gradients);
    backward_weights(pass, dscores, dz);
    for (long i = 0; din != NULL && i < C * B; i++) {
        for (long n = 0; n < N; n++) {
            din[i * N + n] += pass->slope[i * N + n] * pass->weight[i];
        }
    }
    for (int p = 0; p < POOLS; p++) {
        backward_pool(pass, p, parameters, dz, gradients, dpooled);
        for (long i = 0; din != NULL && i < C * B; i++) {
            if (p == LARGEST) {
                din[i * N + pass->at_largest[i]] += dpooled[i] / RANGE;
                continue;
            }
            for (long n = 0; n < N; n++) {
                din[i * N + n] += dpooled[i] / (RANGE * (float)N);
            }
        }
    }
}
