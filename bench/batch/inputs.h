/* What trials and agents are made from, as text and as a hash: the same text, the same result.
 *
 * The text names every option with its value, the SHA-256 of every file behind one, the seed, and the sources that the
 * program was built from; so a result that lies in a folder can be told from one that other files, or another program,
 * would give. */
#ifndef DVFO_INPUTS_H
#define DVFO_INPUTS_H

#include "bench/batch/plan.h"

/* Hashes of files, each read once. Zero-initialise. */
struct dvfo_inputs {
    size_t count, capacity;
    struct dvfo_inputs_file {
        char *name; /* owned */
        char sha256[DVFO_SHA256_HEX_SIZE];
    } * file; /* owned */
};

void dvfo_inputs_free(struct dvfo_inputs *inputs);

/** SHA-256 of the file behind an option's value: of a board's description, a recording, ...; "" where there is none
 *  (const:5Mbps, a number). Lists name several files, their hashes stand one after the other.
 *  @return DVFO_BAD_INPUT when there is no such file */
dvfo_status dvfo_inputs_hash(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const char *key, const char *value,
                             char *out, size_t size);

/** The file behind one entry of an option's value; "" where there is none. */
dvfo_status dvfo_inputs_path(struct dvfo_ctx *ctx, const char *key, const char *entry, char path[DVFO_PATH_SIZE]);

/** SHA-256 of a file. */
dvfo_status dvfo_inputs_hash_file(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const char *path,
                                  char sha256[DVFO_SHA256_HEX_SIZE]);

/** Does an option's value name several files, with commas between? */
bool dvfo_inputs_is_list(const char *key);

/** "KEY: VALUE [SHA256]" for each option, in the order of their keys, and a line for the program. */
dvfo_status dvfo_inputs_write(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const struct dvfo_plan_option option[],
                              size_t options, FILE *text);

/** SHA-256 of what was written to a memory stream, which is closed and freed. */
dvfo_status dvfo_inputs_finish(struct dvfo_ctx *ctx, FILE *text, char **bytes, size_t *size,
                               char sha256[DVFO_SHA256_HEX_SIZE]);

/** SHA-256 of the sources that results depend on, and of those that a live world's depend on besides. */
const char *dvfo_inputs_program(void);
const char *dvfo_inputs_live_program(void);

#endif
