#include "profiles/hardware/plan.h"

#include <string.h>

void dvfo_plan_add(struct dvfo_plan *plan, const char *path, const char *text)
{
    DVFO_REQUIRE(plan->n < DVFO_PLAN_MAX);
    DVFO_REQUIRE(strlen(path) < DVFO_SYSFS_PATH_SIZE && strlen(text) < DVFO_PLAN_TEXT_SIZE);
    strcpy(plan->write[plan->n].path, path);
    strcpy(plan->write[plan->n].text, text);
    plan->n++;
}

void dvfo_plan_add_integer(struct dvfo_plan *plan, const char *path, long long value)
{
    char text[DVFO_PLAN_TEXT_SIZE];
    snprintf(text, sizeof text, "%lld", value);
    dvfo_plan_add(plan, path, text);
}

dvfo_status dvfo_plan_add_limits(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, struct dvfo_plan *plan,
                                 const char *lowest, const char *highest, long long new_lowest, long long new_highest)
{
    long long old_lowest = 0, old_highest = 0;
    DVFO_REQUIRE(new_lowest <= new_highest);
    DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, lowest, &old_lowest));
    DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, highest, &old_highest));
    const bool lower_first = new_highest < old_lowest;
    if (lower_first) { /* then it changes: new_lowest <= new_highest < old_lowest */
        dvfo_plan_add_integer(plan, lowest, new_lowest);
    }
    if (new_highest != old_highest) {
        dvfo_plan_add_integer(plan, highest, new_highest);
    }
    if (!lower_first && new_lowest != old_lowest) {
        dvfo_plan_add_integer(plan, lowest, new_lowest);
    }
    return DVFO_OK;
}

dvfo_status dvfo_plan_run(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        DVFO_TRY(dvfo_sysfs_write(ctx, sysfs, plan->write[i].path, plan->write[i].text));
    }
    return DVFO_OK;
}
