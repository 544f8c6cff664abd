#include "policies/attention/schooling.h"

#include <math.h>
#include <string.h>

#include "policies/attention/classroom.h"
#include "policies/nn/train/sgd.h"

const char *dvfo_lesson_kind_name(dvfo_lesson_kind lesson)
{
    static const char *const name[] = {"full", "split", "little", "done"};
    return name[lesson];
}

struct dvfo_schooling_def dvfo_schooling_def_default(void)
{
    return (struct dvfo_schooling_def){.net = dvfo_collaborative_def_default(),
                                       .step = dvfo_step_def_default(),
                                       .epochs = {30, 10, 20},
                                       .rate = {0.2, 0.1, 0.2},
                                       .batch = 128,
                                       .shard = 32,
                                       .momentum = 0.9,
                                       .decay = 5e-4,
                                       .warm_epochs = 0.5,
                                       .seed = 1};
}

/* Lessons of no epochs, and those learnt elsewhere, are over as soon as they begin. */
static void skip_empty_lessons(struct dvfo_schooling *schooling)
{
    while (schooling->lesson < DVFO_LEARN_KINDS &&
           (schooling->given[schooling->lesson] || schooling->epoch >= schooling->def.epochs[schooling->lesson])) {
        schooling->lesson++;
        schooling->epoch = 0;
    }
}

dvfo_status dvfo_schooling_create(struct dvfo_ctx *ctx, const struct dvfo_schooling_def *def,
                                  struct dvfo_schooling **out)
{
    DVFO_REQUIRE(def->shard >= 2 && def->batch % def->shard == 0);
    *out = NULL;
    struct dvfo_schooling *schooling = calloc(1, sizeof *schooling);
    if (schooling == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    schooling->def = *def;
    schooling->net = dvfo_collaborative_plan(&def->net);
    const struct dvfo_collaborative *net = &schooling->net;
    schooling->parameters = calloc(net->parameters, sizeof(float));
    schooling->velocity = calloc(net->parameters, sizeof(float));
    schooling->statistics = calloc(net->statistics, sizeof(float));
    schooling->order = calloc((size_t)net->channels, sizeof(float));
    if (schooling->parameters == NULL || schooling->velocity == NULL || schooling->statistics == NULL ||
        schooling->order == NULL) {
        dvfo_schooling_free(schooling);
        return dvfo_fail_no_memory(ctx);
    }
    for (dvfo_collaborative_piece piece = 0; piece < DVFO_PIECES; piece++) {
        dvfo_collaborative_initialise(net, piece, def->seed, schooling->parameters, schooling->statistics);
    }
    skip_empty_lessons(schooling);
    *out = schooling;
    return DVFO_OK;
}

void dvfo_schooling_free(struct dvfo_schooling *schooling)
{
    if (schooling != NULL) {
        free(schooling->order);
        free(schooling->statistics);
        free(schooling->velocity);
        free(schooling->parameters);
        free(schooling);
    }
}

static void copy_piece(struct dvfo_schooling *to, const struct dvfo_schooling *from, dvfo_collaborative_piece piece)
{
    const struct dvfo_collaborative_span *span = &to->net.span[piece], *source = &from->net.span[piece];
    memcpy(to->parameters + span->at, from->parameters + source->at, span->count * sizeof(float));
    memcpy(to->statistics + span->statistics, from->statistics + source->statistics,
           to->net.stack[piece].statistics * sizeof(float));
}

dvfo_status dvfo_schooling_start_from(struct dvfo_ctx *ctx, struct dvfo_schooling *schooling,
                                      const struct dvfo_schooling *learnt)
{
    const struct dvfo_collaborative_def *ours = &schooling->def.net, *theirs = &learnt->def.net;
    if (learnt->lesson == DVFO_LEARN_FULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the network to start from has not learnt its full network yet");
    }
    if (ours->classes != theirs->classes || ours->size != theirs->size || ours->steps != theirs->steps) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "the network to start from has %ld classes, size %g and %ld widths, expected %ld, %g and %ld",
                         theirs->classes, theirs->size, theirs->steps, ours->classes, ours->size, ours->steps);
    }
    copy_piece(schooling, learnt, DVFO_PIECE_BASE);
    copy_piece(schooling, learnt, DVFO_PIECE_PLAIN);
    memcpy(schooling->order, learnt->order, (size_t)schooling->net.channels * sizeof(float));
    schooling->lesson = DVFO_LEARN_SPLIT;
    schooling->epoch = 0;
    schooling->given[DVFO_LEARN_FULL] = true;
    if (learnt->lesson == DVFO_LEARN_KINDS) {
        copy_piece(schooling, learnt, DVFO_PIECE_LITTLE);
        schooling->given[DVFO_LEARN_LITTLE] = true;
    }
    skip_empty_lessons(schooling);
    return DVFO_OK;
}

/* What a lesson changes. */
static bool learns(const struct dvfo_schooling *schooling, dvfo_collaborative_piece piece)
{
    switch (schooling->lesson) {
    case DVFO_LEARN_FULL:
        return piece == DVFO_PIECE_BASE || piece == DVFO_PIECE_PLAIN;
    case DVFO_LEARN_SPLIT:
        return piece != DVFO_PIECE_BASE && piece != DVFO_PIECE_PLAIN && piece != DVFO_PIECE_LITTLE;
    case DVFO_LEARN_LITTLE:
        return piece == DVFO_PIECE_LITTLE;
    case DVFO_LEARN_KINDS:
        break;
    }
    return false;
}

/* The attention module's few weights move all channels at once, and normalisation behind it makes slopes the steeper
 * the fainter its maps are: at the others' rate, and without a bound, its scores run away. */
#define GATE_RATE 0.5
#define GATE_SLOPE 0.5 /* longest gradient of the module */

static float bounded_rate(const struct dvfo_collaborative_span *gate, double rate, const float *gradient)
{
    double squares = 0.0;
    for (size_t i = 0; i < gate->count; i++) {
        squares += (double)gradient[gate->at + i] * (double)gradient[gate->at + i];
    }
    return (float)(GATE_RATE * rate * GATE_SLOPE / fmax(GATE_SLOPE, sqrt(squares)));
}

static void descend(struct dvfo_schooling *schooling, double rate, float *gradient)
{
    const float momentum = (float)schooling->def.momentum, decay = (float)schooling->def.decay;
    for (dvfo_collaborative_piece piece = 0; piece < DVFO_PIECES; piece++) {
        const struct dvfo_collaborative_span *span = &schooling->net.span[piece];
        const size_t spared = span->count - span->decays;
        const float own_rate = piece == DVFO_PIECE_GATE ? bounded_rate(span, rate, gradient) : (float)rate;
        if (learns(schooling, piece)) {
            float *slope = gradient + span->at, *velocity = schooling->velocity + span->at;
            float *parameters = schooling->parameters + span->at;
            dvfo_sgd_step(span->decays, own_rate, momentum, decay, slope, velocity, parameters);
            dvfo_sgd_step(spared, own_rate, momentum, 0.0f, slope + span->decays, velocity + span->decays,
                          parameters + span->decays);
        }
    }
}

/* A stack begins as another of the same layers. */
static void copy_stack(struct dvfo_schooling *schooling, dvfo_collaborative_piece from, dvfo_collaborative_piece to)
{
    const struct dvfo_collaborative *net = &schooling->net;
    const struct dvfo_collaborative_span *source = &net->span[from], *span = &net->span[to];
    dvfo_stack_copy(&net->stack[from], schooling->parameters + source->at, schooling->statistics + source->statistics,
                    &net->stack[to], schooling->parameters + span->at, schooling->statistics + span->statistics);
}

/* A lesson's first epoch begins. */
static void open_lesson(struct dvfo_schooling *schooling, struct dvfo_classroom *room)
{
    memset(schooling->velocity, 0, schooling->net.parameters * sizeof(float));
    if (schooling->lesson == DVFO_LEARN_SPLIT) {
        copy_stack(schooling, DVFO_PIECE_BASE, DVFO_PIECE_EXTRACTOR);
        copy_stack(schooling, DVFO_PIECE_PLAIN, DVFO_PIECE_LOCAL);
        copy_stack(schooling, DVFO_PIECE_PLAIN, DVFO_PIECE_REMOTE);
        dvfo_classroom_measure_order(room, schooling->order);
    }
}

static double rate_at(const struct dvfo_schooling *schooling, long batches, long batch)
{
    const long steps = batches * schooling->def.epochs[schooling->lesson];
    const long warm = (long)(schooling->def.warm_epochs * (double)batches);
    return dvfo_sgd_cosine(schooling->def.rate[schooling->lesson], warm, steps, schooling->epoch * batches + batch);
}

static dvfo_status learn_batches(struct dvfo_ctx *ctx, struct dvfo_schooling *schooling, struct dvfo_classroom *room,
                                 const struct dvfo_schooling_room *who, struct dvfo_schooling_report *report)
{
    const long batches = dvfo_classroom_batches(room);
    double loss = 0.0;
    for (long batch = 0; batch < batches; batch++) {
        if (who->stop != NULL && *who->stop != 0) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
        double of_batch = 0.0;
        DVFO_TRY(dvfo_classroom_learn(ctx, room, batch, &of_batch));
        loss += of_batch;
        report->rate = rate_at(schooling, batches, batch);
        descend(schooling, report->rate, dvfo_classroom_gradient(room));
        dvfo_classroom_keep_statistics(room, schooling->statistics);
        report->images = (batch + 1) * schooling->def.batch;
        if (who->progress != NULL) {
            who->progress(who->user, report->images, batches * schooling->def.batch);
        }
    }
    report->loss = loss / (double)batches;
    return DVFO_OK;
}

/* All that an epoch changes, to go back to. */
static void copy_blocks(struct dvfo_schooling *to, const struct dvfo_schooling *from)
{
    memcpy(to->parameters, from->parameters, from->net.parameters * sizeof(float));
    memcpy(to->velocity, from->velocity, from->net.parameters * sizeof(float));
    memcpy(to->statistics, from->statistics, from->net.statistics * sizeof(float));
    memcpy(to->order, from->order, (size_t)from->net.channels * sizeof(float));
}

dvfo_status dvfo_schooling_epoch(struct dvfo_ctx *ctx, struct dvfo_schooling *schooling,
                                 const struct dvfo_images *images, long count, const struct dvfo_schooling_room *who,
                                 struct dvfo_schooling_report *report)
{
    DVFO_REQUIRE(schooling->lesson < DVFO_LEARN_KINDS && count <= images->count);
    *report = (struct dvfo_schooling_report){0};
    struct dvfo_schooling *before = NULL;
    struct dvfo_classroom *room = NULL;
    dvfo_status status = dvfo_schooling_create(ctx, &schooling->def, &before);
    if (status == DVFO_OK) {
        copy_blocks(before, schooling);
        status = dvfo_classroom_create(ctx, schooling, images, count, who->threads, &room);
    }
    if (status == DVFO_OK) {
        if (schooling->epoch == 0) {
            open_lesson(schooling, room);
        }
        status = learn_batches(ctx, schooling, room, who, report);
    }
    if (status == DVFO_OK) {
        schooling->epoch++;
        skip_empty_lessons(schooling);
    } else if (before != NULL) {
        copy_blocks(schooling, before);
    }
    dvfo_classroom_free(room);
    dvfo_schooling_free(before);
    return status;
}
