/* The command of a live trial on a host, and the files that it needs there.
 *
 * Files that options name lie here; on another machine they lie in FOLDER/SHA256/NAME, under the hash of their
 * contents and their own name. So the same bytes are copied once, and what was changed here is copied anew. */
#ifndef DVFO_LIVE_COMMAND_H
#define DVFO_LIVE_COMMAND_H

#include "bench/batch/batch.h"
#include "bench/batch/words.h"

enum { DVFO_LIVE_FILES = 48 };

struct dvfo_live_file {
    char *path;   /* here; owned, as the others */
    char *folder; /* there */
    char *name;   /* in it */
    char sha256[DVFO_SHA256_HEX_SIZE];
};

struct dvfo_live_command {
    struct dvfo_words words; /* dvfo live ... --record */
    size_t files;
    struct dvfo_live_file file[DVFO_LIVE_FILES]; /* none for this machine */
};

/** Free in any case. */
dvfo_status dvfo_live_command_make(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                                   const struct dvfo_host *host, struct dvfo_live_command *out);
void dvfo_live_command_free(struct dvfo_live_command *command);

/** The words that call dvfo on a host: with sudo where that is wanted. */
dvfo_status dvfo_live_command_begin(struct dvfo_ctx *ctx, const struct dvfo_host *host, struct dvfo_words *out);

/** All of it as typed here, with ssh: by the machine that ran the trial, or the first that could. */
void dvfo_live_command_print(struct dvfo_batch *batch, const struct dvfo_batch_trial *trial, FILE *file);

#endif
