/* What the readers of trtexec's three files share. Private to profiles/logs. */
#ifndef DVFO_TRTEXEC_JSON_H
#define DVFO_TRTEXEC_JSON_H

#include <jansson.h>

#include "sim/base/status.h"
#include "sim/base/text.h"

typedef enum dvfo_trtexec_kind { DVFO_TRTEXEC_PROFILE, DVFO_TRTEXEC_LAYERS, DVFO_TRTEXEC_TIMES } dvfo_trtexec_kind;

/** Parse a text and demand that it is what `kind`'s option writes; another option's file is named.
 *  @param out  free with json_decref */
dvfo_status dvfo_trtexec_json_parse(struct dvfo_ctx *ctx, const struct dvfo_text *text, dvfo_trtexec_kind kind,
                                    json_t **out);

/** Load or copy, parse, read: the way of all three. `read` gets the root and fills `out`. */
typedef dvfo_status dvfo_trtexec_read(struct dvfo_ctx *ctx, const struct dvfo_text *text, const json_t *root,
                                      void *out);
dvfo_status dvfo_trtexec_json_load(struct dvfo_ctx *ctx, const char *path, dvfo_trtexec_kind kind,
                                   dvfo_trtexec_read *read, void *out);
dvfo_status dvfo_trtexec_json_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                          dvfo_trtexec_kind kind, dvfo_trtexec_read *read, void *out);

/** A member that is a number in [0, max]; NaN when it is absent. `where` names the element in messages. */
dvfo_status dvfo_trtexec_json_number(struct dvfo_ctx *ctx, const struct dvfo_text *text, const char *where,
                                     const json_t *object, const char *key, double max, double *out);

#endif
