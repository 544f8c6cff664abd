#include "policies/attention/collaborative.h"

#include <math.h>
#include <string.h>

#include "policies/nn/train/lanes.h"
#include "policies/nn/wide.h"
#include "sim/base/random.h"

enum { SHARES = 10, LEAST_CHANNELS = 2 };

struct dvfo_collaborative_def dvfo_collaborative_def_default(void)
{
    return (struct dvfo_collaborative_def){.classes = 100,
                                           .size = 1.0,
                                           .steps = 4,
                                           .reduction = 16,
                                           .selection = DVFO_SELECTION_ATTENTION,
                                           .fusion = DVFO_FUSION_SUM_FIXED,
                                           .lambda = 0.5};
}

const char *dvfo_collaborative_piece_name(dvfo_collaborative_piece part)
{
    static const char *const name[] = {"base",   "plain",     "local",     "remote",
                                       "little", "extractor", "attention", "fusion"};
    return name[part];
}

static long scaled(const struct dvfo_collaborative_def *def, long channels)
{
    const long result = lround((double)channels * def->size);
    return result < LEAST_CHANNELS ? LEAST_CHANNELS : result;
}

/* 0.44 + 0.04 + 0.13 million multiply-adds; a map of 32 x 16 x 16. */
static struct dvfo_stack_def extractor_of(const struct dvfo_collaborative_def *def)
{
    return (struct dvfo_stack_def){.channels = DVFO_IMAGE_PLANES,
                                   .height = DVFO_IMAGE_SIDE,
                                   .width = DVFO_IMAGE_SIDE,
                                   .settings = 1,
                                   .steps = 1,
                                   .count = 3,
                                   .layer = {{DVFO_STACK_CONVOLUTION, scaled(def, 16), 3, 1},
                                             {DVFO_STACK_DEPTHWISE, 0, 3, 2},
                                             {DVFO_STACK_CONVOLUTION, scaled(def, 32), 1, 1}}};
}

/* 2.3 million multiply-adds at full width. */
static struct dvfo_stack_def tail_of(const struct dvfo_collaborative_def *def, const struct dvfo_collaborative *net,
                                     int settings, long steps, long outputs)
{
    return (struct dvfo_stack_def){.channels = net->channels,
                                   .height = net->height,
                                   .width = net->width,
                                   .settings = settings,
                                   .steps = (int)steps,
                                   .count = 7,
                                   .layer = {{DVFO_STACK_CONVOLUTION, scaled(def, 64), 3, 2},
                                             {DVFO_STACK_DEPTHWISE, 0, 3, 1},
                                             {DVFO_STACK_CONVOLUTION, scaled(def, 128), 1, 1},
                                             {DVFO_STACK_DEPTHWISE, 0, 3, 2},
                                             {DVFO_STACK_CONVOLUTION, scaled(def, 256), 1, 1},
                                             {DVFO_STACK_POOL, 0, 0, 0},
                                             {DVFO_STACK_DENSE, outputs, 0, 0}}};
}

static struct dvfo_collaborative_def narrowest(struct dvfo_collaborative_def def)
{
    def.size /= (double)def.steps;
    return def;
}

static void plan_stack(struct dvfo_collaborative *net, dvfo_collaborative_piece part, struct dvfo_stack_def def)
{
    net->stack[part] = dvfo_stack_plan(&def);
    const struct dvfo_stack *stack = &net->stack[part];
    net->span[part] =
        (struct dvfo_collaborative_span){net->parameters, stack->parameters, stack->weights, net->statistics};
    net->parameters += stack->parameters;
    net->statistics += stack->statistics;
}

static void plan_part(struct dvfo_collaborative *net, dvfo_collaborative_piece part, size_t count, size_t decays)
{
    net->span[part] = (struct dvfo_collaborative_span){net->parameters, count, decays, net->statistics};
    net->parameters += count;
}

struct dvfo_collaborative dvfo_collaborative_plan(const struct dvfo_collaborative_def *def)
{
    struct dvfo_collaborative net = {.def = *def};
    plan_stack(&net, DVFO_PIECE_BASE, extractor_of(def));
    const struct dvfo_window *last = &net.stack[DVFO_PIECE_BASE].at[2].window;
    net.channels = last->O;
    net.height = last->Y;
    net.width = last->X;
    const struct dvfo_collaborative_def narrow = narrowest(*def);
    plan_stack(&net, DVFO_PIECE_PLAIN, tail_of(def, &net, 1, 1, def->classes));
    plan_stack(&net, DVFO_PIECE_LOCAL, tail_of(def, &net, SHARES - 1, def->steps, def->classes));
    plan_stack(&net, DVFO_PIECE_REMOTE, tail_of(def, &net, SHARES, 1, def->classes));
    plan_stack(&net, DVFO_PIECE_LITTLE, tail_of(&narrow, &net, 1, 1, def->classes + 1));
    plan_stack(&net, DVFO_PIECE_EXTRACTOR, extractor_of(def));
    net.gate = dvfo_gate_plan(net.channels, net.height, net.width, def->reduction);
    plan_part(&net, DVFO_PIECE_GATE, net.gate.parameters, net.gate.parameters);
    net.fusion = (struct dvfo_fuser){def->fusion, def->classes, (float)def->lambda};
    plan_part(&net, DVFO_PIECE_FUSION, dvfo_fusion_parameters(&net.fusion), 0);
    return net;
}

void dvfo_collaborative_initialise(const struct dvfo_collaborative *net, dvfo_collaborative_piece part, uint64_t seed,
                                   float *parameters, float *statistics)
{
    const struct dvfo_collaborative_span *span = &net->span[part];
    gsl_rng *rng = dvfo_random_stream(seed, (uint64_t)part, "weights");
    if (part < DVFO_PIECE_STACKS) {
        dvfo_stack_initialise(&net->stack[part], rng, parameters + span->at, statistics + span->statistics);
    } else if (part == DVFO_PIECE_GATE) {
        dvfo_gate_initialise(&net->gate, rng, parameters + span->at);
    } else {
        dvfo_fusion_initialise(&net->fusion, rng, parameters + span->at);
    }
    gsl_rng_free(rng);
}

int dvfo_collaborative_width(const struct dvfo_collaborative *net, int share_tenths)
{
    return (int)(((SHARES - share_tenths) * net->def.steps + SHARES - 1) / SHARES);
}

/* ---- the way through ---- */

/* Take room off `block`, or only count it when that is NULL. @return numbers taken */
static size_t lay_out(struct dvfo_collaborative_pass *pass, long samples, float *block)
{
    const struct dvfo_collaborative *net = pass->net;
    const size_t CB = (size_t)(net->channels * samples), CBN = CB * (size_t)(net->height * net->width);
    float **const parts[] = {&pass->fused, &pass->attended, &pass->score,    &pass->kept,
                             &pass->edge,  &pass->local_in, &pass->remote_in};
    const size_t size[] = {(size_t)(net->def.classes * samples), CBN, CB, CB, (size_t)samples, CBN, CBN};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i] = block != NULL ? block + used : NULL;
        used += size[i];
    }
    return used;
}

dvfo_status dvfo_collaborative_pass_create(struct dvfo_ctx *ctx, const struct dvfo_collaborative *net, long samples,
                                           struct dvfo_collaborative_pass **out)
{
    *out = NULL;
    struct dvfo_collaborative_pass *pass = calloc(1, sizeof *pass);
    if (pass == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    pass->net = net;
    dvfo_status status = dvfo_gate_pass_create(ctx, &net->gate, samples, &pass->gate);
    for (int i = 0; status == DVFO_OK && i < DVFO_PIECE_STACKS; i++) {
        status = dvfo_stack_pass_create(ctx, &net->stack[i], samples, &pass->stack[i]);
    }
    pass->block = calloc(lay_out(pass, samples, NULL), sizeof(float));
    if (status == DVFO_OK && pass->block == NULL) {
        status = dvfo_fail_no_memory(ctx);
    }
    if (status != DVFO_OK) {
        dvfo_collaborative_pass_free(pass);
        return status;
    }
    lay_out(pass, samples, pass->block);
    *out = pass;
    return DVFO_OK;
}

void dvfo_collaborative_pass_free(struct dvfo_collaborative_pass *pass)
{
    if (pass != NULL) {
        for (int i = 0; i < DVFO_PIECE_STACKS; i++) {
            dvfo_stack_pass_free(pass->stack[i]);
        }
        dvfo_gate_pass_free(pass->gate);
        free(pass->block);
        free(pass);
    }
}

void dvfo_collaborative_begin(struct dvfo_collaborative_pass *pass, const float *parameters, const float *statistics,
                              bool learning)
{
    pass->parameters = parameters;
    pass->statistics = statistics;
    pass->learning = learning;
}

static const float *run(struct dvfo_collaborative_pass *pass, dvfo_collaborative_piece part, int setting, int width,
                        const float *in)
{
    const struct dvfo_collaborative_span *span = &pass->net->span[part];
    const struct dvfo_stack_mode mode = {setting, width, pass->learning};
    return dvfo_stack_forward(pass->stack[part], pass->parameters + span->at, pass->statistics + span->statistics, mode,
                              pass->B, in);
}

void dvfo_collaborative_look(struct dvfo_collaborative_pass *pass, long samples, const float *images)
{
    pass->B = samples;
    pass->base = run(pass, DVFO_PIECE_BASE, 0, 1, images);
}

void dvfo_collaborative_extract(struct dvfo_collaborative_pass *pass, long samples, const float *images)
{
    pass->B = samples;
    pass->features = run(pass, DVFO_PIECE_EXTRACTOR, 0, 1, images);
}

void dvfo_collaborative_answer_plain(struct dvfo_collaborative_pass *pass, const float *base)
{
    pass->plain = run(pass, DVFO_PIECE_PLAIN, 0, 1, base);
}

void dvfo_collaborative_answer_little(struct dvfo_collaborative_pass *pass)
{
    pass->little = run(pass, DVFO_PIECE_LITTLE, 0, 1, pass->base);
}

DVFO_WIDE static void measure_magnitude(long CB, long N, const float *features, float *score)
{
    for (long i = 0; i < CB; i++) {
        score[i] = dvfo_lanes_sum(N, features + i * N, 0.0f) / (float)N; /* behind ReLU6: nothing is negative */
    }
}

void dvfo_collaborative_attend(struct dvfo_collaborative_pass *pass, const float *order, gsl_rng *chance)
{
    const struct dvfo_collaborative *net = pass->net;
    const long C = net->channels, B = pass->B;
    dvfo_gate_forward(pass->gate, pass->parameters + net->span[DVFO_PIECE_GATE].at, B, pass->features, pass->attended);
    switch (net->def.selection) {
    case DVFO_SELECTION_MAGNITUDE:
        measure_magnitude(C * B, net->height * net->width, pass->features, pass->score);
        return;
    case DVFO_SELECTION_ATTENTION:
    case DVFO_SELECTIONS:
        memcpy(pass->score, dvfo_gate_scores(pass->gate), (size_t)(C * B) * sizeof *pass->score);
        return;
    case DVFO_SELECTION_RANDOM:
        for (long i = 0; i < C * B; i++) {
            pass->score[i] = (float)gsl_rng_uniform(chance);
        }
        return;
    case DVFO_SELECTION_GRADIENT:
    case DVFO_SELECTION_NONE:
        for (long i = 0; i < C * B; i++) {
            pass->score[i] = net->def.selection == DVFO_SELECTION_GRADIENT ? order[i / B] : -(float)(i / B);
        }
    }
}

void dvfo_collaborative_split(struct dvfo_collaborative_pass *pass, int share_tenths, dvfo_coding coding,
                              const struct dvfo_codebook *book)
{
    const struct dvfo_collaborative *net = pass->net;
    const long C = net->channels, B = pass->B, N = net->height * net->width;
    dvfo_selection_keep(C, B, dvfo_selection_sent(C, share_tenths), pass->score, pass->kept, pass->edge);
    for (long i = 0; i < C * B; i++) {
        const float *map = pass->attended + i * N;
        const bool stays = pass->kept[i] > 0.0f;
        float *const goes = (stays ? pass->local_in : pass->remote_in) + i * N;
        memset((stays ? pass->remote_in : pass->local_in) + i * N, 0, (size_t)N * sizeof *map);
        if (stays || coding == DVFO_CODING_FLOAT) {
            memcpy(goes, map, (size_t)N * sizeof *map);
        } else if (coding == DVFO_CODING_INT8 || coding == DVFO_CODING_INT8_ENTROPY) {
            dvfo_quantise_int8_through(N, map, goes);
        } else {
            dvfo_codebook_through(book, N, map, goes);
        }
    }
}

void dvfo_collaborative_answer_here(struct dvfo_collaborative_pass *pass, int share_tenths)
{
    if (share_tenths < SHARES) {
        const int width = dvfo_collaborative_width(pass->net, share_tenths);
        pass->local = run(pass, DVFO_PIECE_LOCAL, share_tenths - 1, width, pass->local_in);
    }
}

void dvfo_collaborative_answer_there(struct dvfo_collaborative_pass *pass, int share_tenths)
{
    pass->remote = run(pass, DVFO_PIECE_REMOTE, share_tenths - 1, 1, pass->remote_in);
}

void dvfo_collaborative_answer(struct dvfo_collaborative_pass *pass, int share_tenths)
{
    dvfo_collaborative_answer_here(pass, share_tenths);
    dvfo_collaborative_answer_there(pass, share_tenths);
}

void dvfo_collaborative_fuse(struct dvfo_collaborative_pass *pass, const struct dvfo_fuser *fusion)
{
    dvfo_fusion_forward(fusion, pass->parameters + pass->net->span[DVFO_PIECE_FUSION].at, pass->B, pass->local,
                        pass->remote, pass->fused);
}
