/* The record of one trial: what it was made from and what came out, as a JSON file of its own. It appears whole or not
 * at all; its name is the hash of what it was made from. */
#ifndef DVFO_RECORD_H
#define DVFO_RECORD_H

#include "bench/columns.h"
#include "sim/base/data_path.h"
#include "sim/base/text.h"

enum {
    DVFO_RECORD_VERSION = 1,
    DVFO_RECORD_COLUMNS = 64,
    DVFO_RECORD_TEXTS = 24, /* of the columns that are texts */
    DVFO_RECORD_TEXT = 96,
    DVFO_RECORD_RAILS = 16
};

/* Columns as in dvfo_trial_columns, by their index. */
struct dvfo_record {
    double number[DVFO_RECORD_COLUMNS];             /* NaN: none, or a text */
    char text[DVFO_RECORD_TEXTS][DVFO_RECORD_TEXT]; /* of those that are texts, in their order */
    size_t rails;
    char rail[DVFO_RECORD_RAILS][32];
    double rail_j[DVFO_RECORD_RAILS]; /* energy per request of each rail; "other" and "radio" last */
    double cause_j[DVFO_CAUSE_COUNT]; /* likewise of each cause */
};

/** Index of a column by its name; DVFO_RECORD_COLUMNS when there is none. */
size_t dvfo_record_column(const char *name);

/** A column that is a text; "" for one that isn't. */
const char *dvfo_record_text(const struct dvfo_record *record, size_t column);

/** Give a column that is a text another one. */
void dvfo_record_set_text(struct dvfo_record *record, const char *column, const char *text);

/** What a trial came to. @param policy  as tables name it */
struct dvfo_record dvfo_record_of(const struct dvfo_trial *trial, const char *policy);

/** @param inputs      the text whose hash is `sha256`
 *  @param conditions  further lines on what it rests on, that its hash is not of; NULL: none */
dvfo_status dvfo_record_save(struct dvfo_ctx *ctx, const struct dvfo_record *record, const char *inputs,
                             const char *conditions, const char *sha256, const char *path);

/** Print one, under the hash of its inputs; for who reads it with dvfo_record_parse. */
dvfo_status dvfo_record_print(struct dvfo_ctx *ctx, const struct dvfo_record *record, const char *inputs, FILE *file);

/** Read one that another dvfo printed, whatever it was made from.
 *  @param from    where the bytes came from, for messages
 *  @param inputs  its lines; caller frees
 *  @return        DVFO_BAD_INPUT when it is none, or not a whole one; then nothing is written */
dvfo_status dvfo_record_parse(struct dvfo_ctx *ctx, const char *from, const char *bytes, size_t size,
                              struct dvfo_record *out, char **inputs);

/* How a file was met. */
typedef enum dvfo_record_state {
    DVFO_RECORD_MISSING,
    DVFO_RECORD_SPOILT, /* no record, half of one, of an older schema, or of other inputs: ctx says which */
    DVFO_RECORD_WHOLE
} dvfo_record_state;

/** Read one. @param out  untouched unless whole; NULL: only look */
dvfo_record_state dvfo_record_load(struct dvfo_ctx *ctx, const char *path, const char *sha256, struct dvfo_record *out);

#endif
