/* Schooling: a collaborative network learns its lessons from images.
 *
 * Lessons follow each other: the full network; then its tails are copied, and the split is learnt at a share drawn anew
 * for each shard, so that one network serves every share; then the little network. A lesson is epochs, an epoch is
 * batches in an order drawn anew, a batch is shards: a shard has batch statistics of its own and is one thread's work,
 * and slopes are added in the order of the shards, so that what is learnt doesn't depend on the number of threads.
 * What is drawn in an epoch depends on the seed, the lesson and the epoch alone: a schooling that was saved between two
 * epochs goes on as if nothing had happened. */
#ifndef DVFO_SCHOOLING_H
#define DVFO_SCHOOLING_H

#include <signal.h>

#include "policies/attention/collaborative.h"
#include "policies/attention/images.h"
#include "policies/attention/step.h"

typedef enum dvfo_lesson_kind {
    DVFO_LEARN_FULL,
    DVFO_LEARN_SPLIT,
    DVFO_LEARN_LITTLE,
    DVFO_LEARN_KINDS
} dvfo_lesson_kind;

const char *dvfo_lesson_kind_name(dvfo_lesson_kind lesson);

struct dvfo_schooling_def {
    struct dvfo_collaborative_def net;
    struct dvfo_step_def step;
    long epochs[DVFO_LEARN_KINDS]; /* 30, 10, 20 */
    double rate[DVFO_LEARN_KINDS]; /* first learning rate: 0.2, 0.1, 0.2 */
    long batch;                    /* images of a batch: 128 */
    long shard;                    /* images of a shard, which divide a batch: 32 */
    double momentum;               /* 0.9 */
    double decay;                  /* of weights: 5e-4 */
    double warm_epochs;            /* in which the rate rises: 0.5 */
    uint64_t seed;                 /* 1 */
};

struct dvfo_schooling_def dvfo_schooling_def_default(void);

/** DVFO_BAD_INPUT when a value is out of its bounds, or a batch isn't whole shards. */
dvfo_status dvfo_schooling_def_check(struct dvfo_ctx *ctx, const char *whose, const struct dvfo_schooling_def *def);

/** Change a value by its name: "epochs_full=4". */
dvfo_status dvfo_schooling_def_set(struct dvfo_ctx *ctx, struct dvfo_schooling_def *def, const char *assignment);

/** Of a file of training images those that are learnt from; the last fifth is for validation. */
static inline long dvfo_schooling_learnt(long images)
{
    return images - images / 5;
}

/* Owns its blocks; members are there to be read, saved and loaded. */
struct dvfo_schooling {
    struct dvfo_schooling_def def;
    struct dvfo_collaborative net;
    float *parameters, *velocity; /* (net.parameters) */
    float *statistics;            /* (net.statistics) */
    float *order;                 /* (C) importance by integrated gradients, summing to 1; zeros until measured */
    char images_sha256[65];       /* of the file it learns from; "" until told */
    dvfo_lesson_kind lesson;      /* that is being learnt; DVFO_LEARN_KINDS: all are done */
    long epoch;                   /* of it, 0-based: the next one */
    bool given[DVFO_LEARN_KINDS]; /* lessons that were learnt elsewhere: dvfo_schooling_start_from */
};

/** @param out  free with dvfo_schooling_free */
dvfo_status dvfo_schooling_create(struct dvfo_ctx *ctx, const struct dvfo_schooling_def *def,
                                  struct dvfo_schooling **out);
void dvfo_schooling_free(struct dvfo_schooling *schooling);

/** Take the full network, and what follows from it, from another schooling whose full network is learnt: the first
 *  lesson is over. @return DVFO_BAD_INPUT when their networks differ in shape */
dvfo_status dvfo_schooling_start_from(struct dvfo_ctx *ctx, struct dvfo_schooling *schooling,
                                      const struct dvfo_schooling *learnt);

struct dvfo_schooling_report {
    double loss; /* mean over the epoch */
    long images;
    double rate; /* at its end */
};

/* Who works and who watches. */
struct dvfo_schooling_room {
    int threads;
    const volatile sig_atomic_t *stop;                    /* non-zero: end the epoch undone; may be NULL */
    void (*progress)(void *user, long done, long images); /* after each batch; may be NULL */
    void *user;
};

/** One epoch of the lesson at hand; a lesson's last epoch ends it.
 *  @param images  (count) those that may be learnt from
 *  @return        DVFO_FAILED when a loss isn't finite: says step and layer, and the schooling is as it was before;
 *                 DVFO_INTERRUPTED on stop, likewise */
dvfo_status dvfo_schooling_epoch(struct dvfo_ctx *ctx, struct dvfo_schooling *schooling,
                                 const struct dvfo_images *images, long count, const struct dvfo_schooling_room *room,
                                 struct dvfo_schooling_report *report);

#endif
