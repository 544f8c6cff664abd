#include "policies/attention/classroom.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "policies/attention/augment.h"
#include "policies/nn/train/crew.h"
#include "policies/nn/wide.h"
#include "sim/base/random.h"

enum { SHARES = 10, ORDER_SHARDS = 32 };

#define KEPT_SHARE 0.1f /* of running statistics, per shard that used them */

/* One shard's place: its pass, its slopes, its images. */
struct desk {
    struct dvfo_collaborative_pass *pass;
    struct dvfo_step *step;
    float *gradient; /* (parameters) */
    float *images;   /* (3, shard, 32, 32) */
    uint8_t *label;  /* (shard) */
    int share_tenths;
    double loss;
};

struct dvfo_classroom {
    const struct dvfo_schooling *schooling;
    const struct dvfo_images *images;
    long count, batch;
    int threads;
    size_t *turn; /* (count) images in this epoch's order */
    long desks;
    struct desk *desk; /* (desks) */
};

static dvfo_status set_desk(struct dvfo_ctx *ctx, const struct dvfo_schooling *schooling, struct desk *desk)
{
    const long shard = schooling->def.shard;
    DVFO_TRY(dvfo_collaborative_pass_create(ctx, &schooling->net, shard, &desk->pass));
    DVFO_TRY(dvfo_step_create(ctx, &schooling->def.step, desk->pass, shard, &desk->step));
    desk->gradient = calloc(schooling->net.parameters, sizeof(float));
    desk->images = calloc((size_t)(shard * DVFO_IMAGE_SIZE), sizeof(float));
    desk->label = calloc((size_t)shard, 1);
    return desk->gradient == NULL || desk->images == NULL || desk->label == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

/* Everything that an epoch draws, by purpose. */
static uint64_t epoch_seed(const struct dvfo_schooling *schooling)
{
    return dvfo_random_seed(schooling->def.seed, (uint64_t)schooling->epoch, dvfo_lesson_kind_name(schooling->lesson));
}

static dvfo_status take_turns(struct dvfo_ctx *ctx, struct dvfo_classroom *room)
{
    room->turn = calloc((size_t)room->count, sizeof *room->turn);
    gsl_rng *rng = dvfo_random_stream(epoch_seed(room->schooling), 0, "turns");
    if (room->turn == NULL || rng == NULL) {
        gsl_rng_free(rng);
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < (size_t)room->count; i++) {
        room->turn[i] = i;
    }
    gsl_ran_shuffle(rng, room->turn, (size_t)room->count, sizeof *room->turn);
    gsl_rng_free(rng);
    return DVFO_OK;
}

dvfo_status dvfo_classroom_create(struct dvfo_ctx *ctx, const struct dvfo_schooling *schooling,
                                  const struct dvfo_images *images, long count, int threads,
                                  struct dvfo_classroom **out)
{
    *out = NULL;
    struct dvfo_classroom *room = calloc(1, sizeof *room);
    if (room == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    *room = (struct dvfo_classroom){.schooling = schooling, .images = images, .count = count, .threads = threads};
    room->desks = schooling->def.batch / schooling->def.shard;
    room->desk = calloc((size_t)room->desks, sizeof *room->desk);
    dvfo_status status = room->desk == NULL ? dvfo_fail_no_memory(ctx) : take_turns(ctx, room);
    for (long i = 0; status == DVFO_OK && i < room->desks; i++) {
        status = set_desk(ctx, schooling, &room->desk[i]);
    }
    if (status != DVFO_OK) {
        dvfo_classroom_free(room);
        return status;
    }
    *out = room;
    return DVFO_OK;
}

void dvfo_classroom_free(struct dvfo_classroom *room)
{
    if (room == NULL) {
        return;
    }
    for (long i = 0; room->desk != NULL && i < room->desks; i++) {
        struct desk *desk = &room->desk[i];
        free(desk->label);
        free(desk->images);
        free(desk->gradient);
        dvfo_step_free(desk->step);
        dvfo_collaborative_pass_free(desk->pass);
    }
    free(room->desk);
    free(room->turn);
    free(room);
}

long dvfo_classroom_batches(const struct dvfo_classroom *room)
{
    return room->count / room->schooling->def.batch;
}

/* Images of a shard, shifted and mirrored by chance unless that is NULL. first: of the epoch's order */
static void seat(const struct dvfo_classroom *room, struct desk *desk, long first, gsl_rng *chance)
{
    const long shard = room->schooling->def.shard;
    for (long b = 0; b < shard; b++) {
        const size_t image = room->turn[first + b];
        dvfo_augment_image(room->images->pixels + image * DVFO_IMAGE_SIZE, chance, shard, b, desk->images);
        desk->label[b] = room->images->label[image];
    }
}

/* One shard's lesson. */
static void learn_shard(void *of, int task)
{
    struct dvfo_classroom *room = of;
    const struct dvfo_schooling *schooling = room->schooling;
    struct desk *desk = &room->desk[task];
    const long shard = schooling->def.shard, first = room->batch * schooling->def.batch + task * shard;
    const double weight = 1.0 / (double)schooling->def.batch;
    gsl_rng *chance = dvfo_random_small_stream(epoch_seed(schooling), (uint64_t)first, "shard");
    seat(room, desk, first, chance);
    desk->share_tenths = 1 + (int)gsl_rng_uniform_int(chance, SHARES);
    dvfo_collaborative_begin(desk->pass, schooling->parameters, schooling->statistics, true);
    if (schooling->lesson == DVFO_LEARN_LITTLE) {
        const double joint = 2 * schooling->epoch < schooling->def.epochs[DVFO_LEARN_LITTLE] ? 0.0 : 1.0;
        desk->loss = dvfo_step_little(desk->step, shard, desk->images, desk->label, weight, joint, desk->gradient);
    } else if (schooling->lesson == DVFO_LEARN_FULL) {
        desk->loss = dvfo_step_plain(desk->step, shard, desk->images, desk->label, weight, desk->gradient);
    } else {
        desk->loss = dvfo_step_split(desk->step, shard, desk->images, desk->label, weight, desk->share_tenths,
                                     schooling->order, chance, desk->gradient);
    }
    gsl_rng_free(chance);
}

/* Which stacks a shard ran as learning ones. */
static bool ran(const struct dvfo_classroom *room, const struct desk *desk, dvfo_collaborative_piece piece)
{
    switch (room->schooling->lesson) {
    case DVFO_LEARN_FULL:
        return piece == DVFO_PIECE_BASE || piece == DVFO_PIECE_PLAIN;
    case DVFO_LEARN_SPLIT:
        return piece == DVFO_PIECE_EXTRACTOR || piece == DVFO_PIECE_REMOTE ||
               (piece == DVFO_PIECE_LOCAL && desk->share_tenths < SHARES);
    case DVFO_LEARN_LITTLE:
        return piece == DVFO_PIECE_LITTLE;
    case DVFO_LEARN_KINDS:
        break;
    }
    return false;
}

/* Where numbers stopped being finite. */
static dvfo_status tell_broken(struct dvfo_ctx *ctx, const struct dvfo_classroom *room, const struct desk *desk)
{
    const struct dvfo_schooling *schooling = room->schooling;
    for (dvfo_collaborative_piece piece = 0; piece < DVFO_PIECE_STACKS; piece++) {
        const int layer = ran(room, desk, piece) ? dvfo_stack_first_broken(desk->pass->stack[piece]) : -1;
        if (layer >= 0) {
            return dvfo_fail(ctx, DVFO_FAILED,
                             "lesson %s, epoch %ld, step %ld: layer %d of the %s gives numbers that aren't finite; a "
                             "lower rate_%s may help",
                             dvfo_lesson_kind_name(schooling->lesson), schooling->epoch + 1, room->batch + 1, layer + 1,
                             dvfo_collaborative_piece_name(piece), dvfo_lesson_kind_name(schooling->lesson));
        }
    }
    return dvfo_fail(ctx, DVFO_FAILED,
                     "lesson %s, epoch %ld, step %ld: the loss isn't finite; a lower rate_%s may help",
                     dvfo_lesson_kind_name(schooling->lesson), schooling->epoch + 1, room->batch + 1,
                     dvfo_lesson_kind_name(schooling->lesson));
}

DVFO_WIDE static void add(size_t count, float *to, float *from)
{
    for (size_t i = 0; i < count; i++) {
        to[i] += from[i];
        from[i] = 0.0f;
    }
}

dvfo_status dvfo_classroom_learn(struct dvfo_ctx *ctx, struct dvfo_classroom *room, long batch, double *loss)
{
    room->batch = batch;
    dvfo_crew_run(room->threads, (int)room->desks, learn_shard, room);
    *loss = 0.0;
    for (long i = 0; i < room->desks; i++) {
        if (!isfinite(room->desk[i].loss)) {
            return tell_broken(ctx, room, &room->desk[i]);
        }
        *loss += room->desk[i].loss;
        if (i > 0) {
            add(room->schooling->net.parameters, room->desk[0].gradient, room->desk[i].gradient);
        }
    }
    return DVFO_OK;
}

float *dvfo_classroom_gradient(struct dvfo_classroom *room)
{
    return room->desk[0].gradient;
}

void dvfo_classroom_keep_statistics(const struct dvfo_classroom *room, float *statistics)
{
    for (long i = 0; i < room->desks; i++) {
        for (dvfo_collaborative_piece piece = 0; piece < DVFO_PIECE_STACKS; piece++) {
            if (ran(room, &room->desk[i], piece)) {
                dvfo_stack_keep_statistics(room->desk[i].pass->stack[piece], KEPT_SHARE,
                                           statistics + room->schooling->net.span[piece].statistics);
            }
        }
    }
}

void dvfo_classroom_measure_order(struct dvfo_classroom *room, float *order)
{
    const struct dvfo_schooling *schooling = room->schooling;
    struct desk *desk = &room->desk[0];
    const long shard = schooling->def.shard, shards = room->count / shard, C = schooling->net.channels;
    double sum[DVFO_ACCURACY_MAX_CHANNELS] = {0.0}, total = 0.0;
    dvfo_collaborative_begin(desk->pass, schooling->parameters, schooling->statistics, false);
    for (long i = 0; i < shards && i < ORDER_SHARDS; i++) {
        seat(room, desk, i * shard, NULL);
        dvfo_step_importance(desk->step, shard, desk->images, desk->label, desk->gradient, sum);
    }
    memset(desk->gradient, 0, schooling->net.parameters * sizeof(float));
    for (long c = 0; c < C; c++) {
        total += sum[c];
    }
    for (long c = 0; c < C; c++) {
        order[c] = total > 0.0 ? (float)(sum[c] / total) : 1.0f / (float)C;
    }
}
