/* Which plans a command is about, and the options by which all verbs of `dvfo bench` choose them. */
#ifndef DVFO_PLANS_H
#define DVFO_PLANS_H

#include <argp.h>

#include "bench/batch/batch.h"

enum { DVFO_PLANS_SETS = 32 };

struct dvfo_plans {
    /* as given */
    const char *name[DVFO_BATCH_PLANS]; /* ids, files, "tag:TAG" or "all" */
    size_t names;
    struct dvfo_plan_changes changes;
    const char *set[DVFO_PLANS_SETS];
    const char *folder; /* of results */
    /* loaded; owned */
    size_t count;
    struct dvfo_plan *plan[DVFO_BATCH_PLANS];
};

struct dvfo_plans dvfo_plans_default(void);

/** --quick, --seeds, --set, --out and the names of plans; the child's input is the struct. */
extern const struct argp dvfo_plans_argp;

/** Load those that were named; for "all" all but those that run in real time, for "tag:TAG" those of them with the tag,
 *  for "tag:live" those that run in real time. */
dvfo_status dvfo_plans_load(struct dvfo_ctx *ctx, struct dvfo_plans *plans);
void dvfo_plans_free(struct dvfo_plans *plans);

#endif
