/* What is going to be written, in order: thought out before the first file is touched. */
#ifndef DVFO_PLAN_H
#define DVFO_PLAN_H

#include "profiles/hardware/sysfs.h"

enum { DVFO_PLAN_MAX = 64, DVFO_PLAN_TEXT_SIZE = 32 };

struct dvfo_plan {
    size_t n;
    struct {
        char path[DVFO_SYSFS_PATH_SIZE];
        char text[DVFO_PLAN_TEXT_SIZE];
    } write[DVFO_PLAN_MAX];
};

/** Add one write at the end. */
void dvfo_plan_add(struct dvfo_plan *plan, const char *path, const char *text);
void dvfo_plan_add_integer(struct dvfo_plan *plan, const char *path, long long value);

/** Add the two limits of a clock so that the lower never stands above the upper, not even between the writes: kernels
 *  refuse that. Where the new upper limit lies below the present lower one (going down) the lower is written first,
 *  otherwise (going up, widening, narrowing) the upper. What already reads so isn't written.
 *  @param lowest, highest          the two files
 *  @param new_lowest, new_highest  in the files' own unit, new_lowest <= new_highest */
dvfo_status dvfo_plan_add_limits(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, struct dvfo_plan *plan,
                                 const char *lowest, const char *highest, long long new_lowest, long long new_highest);

/** Write all, in order, up to the first that fails. */
dvfo_status dvfo_plan_run(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_plan *plan);

#endif
