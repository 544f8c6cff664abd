/* Lists on the command line: "a,b,c". */
#ifndef DVFO_LIST_H
#define DVFO_LIST_H

#include "sim/base/status.h"

enum { DVFO_LIST_MAX = 32 }; /* entries */

struct dvfo_list {
    char *copy; /* owned; the entries lie in it */
    char *entry[DVFO_LIST_MAX];
    size_t count;
};

/** Take a list apart.
 *  @param option  its name, for messages: "board"
 *  @param out     its copy is the caller's to free in any case
 *  @return        DVFO_BAD_INPUT when there are too many entries, or an empty one */
dvfo_status dvfo_list_split(struct dvfo_ctx *ctx, const char *option, const char *text, struct dvfo_list *out);

/** Refuse a list that names an entry twice. */
dvfo_status dvfo_list_check_distinct(struct dvfo_ctx *ctx, const char *option, const struct dvfo_list *list);

/** All entries as numbers from 0 to 1. @param weight  (count) */
dvfo_status dvfo_list_weights(struct dvfo_ctx *ctx, const char *option, const struct dvfo_list *list, double weight[]);

#endif
