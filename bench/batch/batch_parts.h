/* What the parts of a batch share. */
#ifndef DVFO_BATCH_PARTS_H
#define DVFO_BATCH_PARTS_H

#include "bench/batch/batch.h"
#include "bench/batch/words.h"
#include "bench/setting.h"

/* What is known of the machines of a batch. */
struct dvfo_batch_live {
    struct dvfo_batch_machine {
        bool gone;
        char message[DVFO_BATCH_MESSAGE]; /* why */
    } machine[DVFO_HOSTS];
};

/** FOLDER/trials/HH/HASH.json */
void dvfo_batch_record_path(const struct dvfo_batch *batch, const char *sha256, char path[DVFO_PATH_SIZE]);

/** How a trial's policy is trained; NULL when it isn't. */
const struct dvfo_plan_agent *dvfo_batch_agent_def(const struct dvfo_batch *batch,
                                                   const struct dvfo_batch_trial *trial);

/** Options of a point that an agent is trained under: all but what it learns for, and what only trials have. */
size_t dvfo_batch_agent_options(const struct dvfo_batch *batch, const struct dvfo_batch_agent *agent,
                                char seed_text[24], struct dvfo_plan_option out[DVFO_PLAN_OPTIONS]);

/** Train an agent and write its file. In a process of its own. */
dvfo_status dvfo_batch_train(struct dvfo_ctx *ctx, const struct dvfo_batch *batch,
                             const struct dvfo_batch_agent *agent);

/** Run what isn't there of a group and write its records. In a process of its own. A trial that fails is kept in
 *  batch->failure, and the others go on. */
dvfo_status dvfo_batch_run_group(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_group *group);

/** What went wrong with a trial; the sentence of a context of its own. */
void dvfo_batch_keep_failure(struct dvfo_batch *batch, size_t trial, const struct dvfo_ctx *inner);

/** Was it there, or has somebody made it meanwhile? */
bool dvfo_batch_is_there(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial);

/** Is it of a live plan, and still to be run by us? */
bool dvfo_batch_is_open_live(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial);

/** See which machines answer, and what dvfo they have; those that don't are told and get no trials.
 *  @param live  zeroed */
dvfo_status dvfo_batch_greet(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_live *live);

/** Run all open trials of live plans: machines side by side, the trials of each one after the other. What failed is
 *  kept in batch->failure. */
dvfo_status dvfo_batch_run_live(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_live *live);

/** " --quick --seeds 3 --out FOLDER": what chooses a size and a folder, to be typed again. */
void dvfo_batch_print_changes(const struct dvfo_plan_changes *changes, const char *folder, FILE *file);

/** A plan as it is named on the command line: one of ours by its id, one of the user's by its path. */
void dvfo_batch_print_plan(const struct dvfo_plan *plan, FILE *file);

/** Make the folder and take its lock; what a batch that was killed left half written goes. @return DVFO_BAD_INPUT when
 * another batch holds it */
dvfo_status dvfo_batch_lock(struct dvfo_ctx *ctx, struct dvfo_batch *batch);
void dvfo_batch_unlock(struct dvfo_batch *batch);

#endif
