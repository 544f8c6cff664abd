/* What the parts of a batch share. */
#ifndef DVFO_BATCH_PARTS_H
#define DVFO_BATCH_PARTS_H

#include "bench/batch/batch.h"
#include "bench/setting.h"

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

/** A word of a command as a shell wants it typed. */
void dvfo_batch_print_word(const char *word, FILE *file);

/** " --quick --seeds 3 --out FOLDER": what chooses a size and a folder, to be typed again. */
void dvfo_batch_print_changes(const struct dvfo_plan_changes *changes, const char *folder, FILE *file);

/** A plan as it is named on the command line: one of ours by its id, one of the user's by its path. */
void dvfo_batch_print_plan(const struct dvfo_plan *plan, FILE *file);

/** Make the folder and take its lock; what a batch that was killed left half written goes. @return DVFO_BAD_INPUT when
 * another batch holds it */
dvfo_status dvfo_batch_lock(struct dvfo_ctx *ctx, struct dvfo_batch *batch);
void dvfo_batch_unlock(struct dvfo_batch *batch);

#endif
