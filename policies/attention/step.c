#include "policies/attention/step.h"

#include <math.h>
#include <string.h>

#include "policies/nn/train/classify.h"
#include "policies/nn/train/lanes.h"
#include "policies/nn/wide.h"

enum { SHARES = 10 };

struct dvfo_step {
    struct dvfo_step_def def;
    struct dvfo_collaborative_pass *pass;
    float *target, *probability, *dfused, *dlocal, *dremote; /* (K + 1, B) */
    float *dlocal_in, *dremote_in, *dfeatures;               /* (C, B, N) */
    float *dscore;                                           /* (C, B) */
    float *block;                                            /* owned */
};

struct dvfo_step_def dvfo_step_def_default(void)
{
    return (struct dvfo_step_def){.smoothing = 0.1, .auxiliary = 0.3, .beta = 1.0};
}

/* Take room off `block`, or only count it when that is NULL. @return numbers taken */
static size_t lay_out(struct dvfo_step *step, long samples, float *block)
{
    const struct dvfo_collaborative *net = step->pass->net;
    const size_t KB = (size_t)((net->def.classes + 1) * samples), CB = (size_t)(net->channels * samples);
    const size_t CBN = CB * (size_t)(net->height * net->width);
    float **const parts[] = {&step->target,    &step->probability, &step->dfused,    &step->dlocal, &step->dremote,
                             &step->dlocal_in, &step->dremote_in,  &step->dfeatures, &step->dscore};
    const size_t size[] = {KB, KB, KB, KB, KB, CBN, CBN, CBN, CB};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i] = block != NULL ? block + used : NULL;
        used += size[i];
    }
    return used;
}

dvfo_status dvfo_step_create(struct dvfo_ctx *ctx, const struct dvfo_step_def *def,
                             struct dvfo_collaborative_pass *pass, long samples, struct dvfo_step **out)
{
    *out = NULL;
    struct dvfo_step *step = calloc(1, sizeof *step);
    if (step == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    step->def = *def;
    step->pass = pass;
    step->block = calloc(lay_out(step, samples, NULL), sizeof(float));
    if (step->block == NULL) {
        free(step);
        return dvfo_fail_no_memory(ctx);
    }
    lay_out(step, samples, step->block);
    *out = step;
    return DVFO_OK;
}

void dvfo_step_free(struct dvfo_step *step)
{
    if (step != NULL) {
        free(step->block);
        free(step);
    }
}

/* The way back through a stack. din NULL: nobody asks */
static void back(struct dvfo_step *step, dvfo_collaborative_piece part, float *dout, float *gradients, float *din)
{
    const size_t at = step->pass->net->span[part].at;
    dvfo_stack_backward(step->pass->stack[part], step->pass->parameters + at, dout, gradients + at, din);
}

/* Loss of an answer against the targets, its slopes in dlogits, which begin at 0 here. */
static double lose(struct dvfo_step *step, const float *logits, double weight, float *dlogits)
{
    const long K = step->pass->net->def.classes, B = step->pass->B;
    memset(dlogits, 0, (size_t)(K * B) * sizeof *dlogits);
    return dvfo_classify_loss(K, B, logits, step->target, (float)weight, step->probability, dlogits);
}

static void set_targets(struct dvfo_step *step, const uint8_t *label)
{
    dvfo_classify_targets(step->pass->net->def.classes, step->pass->B, label, (float)step->def.smoothing, step->target);
}

double dvfo_step_plain(struct dvfo_step *step, long samples, const float *images, const uint8_t *label, double weight,
                       float *gradients)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    dvfo_collaborative_look(pass, samples, images);
    dvfo_collaborative_answer_plain(pass, pass->base);
    set_targets(step, label);
    const double loss = lose(step, pass->plain, weight, step->dfused);
    back(step, DVFO_PIECE_PLAIN, step->dfused, gradients, step->dfeatures);
    back(step, DVFO_PIECE_BASE, step->dfeatures, gradients, NULL);
    return loss;
}

/* Slopes in both sides' logits, from the fused answer and from their own. */
static double lose_split(struct dvfo_step *step, double weight, int share_tenths, float *gradients)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    if (share_tenths == SHARES) {
        return lose(step, pass->remote, weight, step->dremote);
    }
    const struct dvfo_collaborative *net = pass->net;
    const double own = weight * step->def.auxiliary;
    const size_t fusion = net->span[DVFO_PIECE_FUSION].at;
    dvfo_collaborative_fuse(pass, &net->fusion);
    const double loss = lose(step, pass->fused, weight, step->dfused) + lose(step, pass->local, own, step->dlocal) +
                        lose(step, pass->remote, own, step->dremote);
    dvfo_fusion_backward(&net->fusion, pass->parameters + fusion, pass->B, pass->local, pass->remote, step->dfused,
                         gradients + fusion, step->dlocal, step->dremote);
    return loss;
}

/* What the loss would gain if a channel went to the other side, passed to its score. */
DVFO_WIDE static void choose_slopes(struct dvfo_step *step, long C, long B, long N)
{
    const struct dvfo_collaborative_pass *pass = step->pass;
    for (long i = 0; i < C * B; i++) {
        const float *map = pass->attended + i * N;
        const float dkept = dvfo_lanes_dot(N, step->dlocal_in + i * N, 0.0f, map) -
                            dvfo_lanes_dot(N, step->dremote_in + i * N, 0.0f, map);
        const float chosen = 1.0f / (1.0f + expf(pass->edge[i % B] - pass->score[i]));
        step->dscore[i] = dkept * chosen * (1.0f - chosen);
    }
}

/* Slopes in the attended map, into dlocal_in: each channel went one way. */
static void join_slopes(struct dvfo_step *step, long CB, long N)
{
    for (long i = 0; i < CB; i++) {
        if (step->pass->kept[i] <= 0.0f) {
            memcpy(step->dlocal_in + i * N, step->dremote_in + i * N, (size_t)N * sizeof(float));
        }
    }
}

static void back_to_features(struct dvfo_step *step, int share_tenths, float *gradients)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    const struct dvfo_collaborative *net = pass->net;
    const long C = net->channels, B = pass->B, N = net->height * net->width;
    const bool learns_choice = net->def.selection == DVFO_SELECTION_ATTENTION && share_tenths < SHARES;
    if (learns_choice) {
        choose_slopes(step, C, B, N);
    }
    join_slopes(step, C * B, N);
    memset(step->dfeatures, 0, (size_t)(C * B * N) * sizeof(float));
    const size_t gate = net->span[DVFO_PIECE_GATE].at;
    dvfo_gate_backward(pass->gate, pass->parameters + gate, step->dlocal_in, learns_choice ? step->dscore : NULL,
                       gradients + gate, step->dfeatures);
    back(step, DVFO_PIECE_EXTRACTOR, step->dfeatures, gradients, NULL);
}

/* The full network answers as it will, with the statistics it has. */
static void ask_full(struct dvfo_step *step, long samples, const float *images)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    pass->learning = false;
    dvfo_collaborative_look(pass, samples, images);
    dvfo_collaborative_answer_plain(pass, pass->base);
    pass->learning = true;
}

double dvfo_step_split(struct dvfo_step *step, long samples, const float *images, const uint8_t *label, double weight,
                       int share_tenths, const float *order, gsl_rng *chance, float *gradients)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    dvfo_collaborative_extract(pass, samples, images);
    set_targets(step, label);
    dvfo_collaborative_attend(pass, order, chance);
    dvfo_collaborative_split(pass, share_tenths, DVFO_CODING_INT8, NULL);
    dvfo_collaborative_answer(pass, share_tenths);
    const double loss = lose_split(step, weight, share_tenths, gradients);
    back(step, DVFO_PIECE_REMOTE, step->dremote, gradients, step->dremote_in);
    if (share_tenths < SHARES) {
        back(step, DVFO_PIECE_LOCAL, step->dlocal, gradients, step->dlocal_in);
    }
    back_to_features(step, share_tenths, gradients);
    return loss;
}

/* Slopes of q CE(little) + (1 - q) CE(full) - beta log q in the logit of q: (CE(little) - CE(full)) q (1 - q) - beta (1
 * - q). @return the loss of one sample */
static double lose_appeal(double little, double full, double beta, float logit, float weight, float *q, float *dlogit)
{
    const double right = 1.0 / (1.0 + exp(-(double)logit));
    *q = (float)right;
    *dlogit = weight * (float)((little - full) * right * (1.0 - right) - beta * (1.0 - right));
    return right * little + (1.0 - right) * full + beta * dvfo_classify_surprise(*q);
}

double dvfo_step_little(struct dvfo_step *step, long samples, const float *images, const uint8_t *label, double weight,
                        double joint, float *gradients)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    const long K = pass->net->def.classes, B = samples;
    ask_full(step, samples, images);
    dvfo_collaborative_answer_little(pass);
    float *const p_full = step->dlocal, *const p_little = step->dremote, *const dlittle = step->dfused;
    dvfo_classify_softmax(K, B, pass->plain, p_full);
    dvfo_classify_softmax(K, B, pass->little, p_little);
    double loss = 0.0;
    for (long b = 0; b < B; b++) {
        const long own = label[b] * B + b;
        const double little = dvfo_classify_surprise(p_little[own]), full = dvfo_classify_surprise(p_full[own]);
        float q;
        loss +=
            lose_appeal(little, full, step->def.beta, pass->little[K * B + b], (float)weight, &q, &dlittle[K * B + b]);
        const float trusted = 1.0f + (float)joint * (q - 1.0f);
        for (long k = 0; k < K; k++) {
            dlittle[k * B + b] = (float)weight * trusted * (p_little[k * B + b] - (label[b] == k ? 1.0f : 0.0f));
        }
    }
    back(step, DVFO_PIECE_LITTLE, dlittle, gradients, NULL);
    return weight * loss;
}

/* g of the full network at some features, into `din`. */
static void slopes_at(struct dvfo_step *step, const float *features, const uint8_t *label, float *gradients, float *din)
{
    dvfo_collaborative_answer_plain(step->pass, features);
    set_targets(step, label);
    lose(step, step->pass->plain, 1.0, step->dfused);
    back(step, DVFO_PIECE_PLAIN, step->dfused, gradients, din);
}

void dvfo_step_importance(struct dvfo_step *step, long samples, const float *images, const uint8_t *label,
                          float *gradients, double *sum)
{
    struct dvfo_collaborative_pass *pass = step->pass;
    dvfo_collaborative_look(pass, samples, images);
    const long C = pass->net->channels, BN = samples * pass->net->height * pass->net->width;
    memset(pass->local_in, 0, (size_t)(C * BN) * sizeof(float));
    slopes_at(step, pass->local_in, label, gradients, step->dremote_in);
    slopes_at(step, pass->base, label, gradients, step->dlocal_in);
    for (long i = 0; i < C * BN; i++) {
        const float slope = 0.5f * (step->dremote_in[i] + step->dlocal_in[i]);
        sum[i / BN] += fabs((double)(slope * pass->base[i]));
    }
}
