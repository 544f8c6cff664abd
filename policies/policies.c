#include "policies/policies.h"

#include <string.h>

#include "sim/base/nearest.h"

static const struct dvfo_policy_type *const all[] = {
#define POLICY_POINTER(id) &dvfo_policy_##id,
    DVFO_POLICY_LIST(POLICY_POINTER)
#undef POLICY_POINTER
        NULL,
};

enum { COUNT = sizeof all / sizeof all[0] - 1, MAX_SPEC_NAME = 64 };

const struct dvfo_policy_type *const *dvfo_policies(void)
{
    return all;
}

static dvfo_status fail_unknown(struct dvfo_ctx *ctx, const char *name)
{
    const char *known[COUNT];
    for (int i = 0; i < COUNT; i++) {
        known[i] = all[i]->name;
    }
    const char *nearest = dvfo_nearest(name, known, COUNT);
    if (nearest == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown policy '%s', expected one of 'dvfo list policies'", name);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown policy '%s'; did you mean '%s'?", name, nearest);
}

dvfo_status dvfo_policy_find(struct dvfo_ctx *ctx, const char *spec, const struct dvfo_policy_type **out,
                             const char **argument)
{
    const char *colon = strchr(spec, ':');
    const size_t length = colon != NULL ? (size_t)(colon - spec) : strlen(spec);
    if (colon != NULL && colon[1] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy '%s' ends in ':', expected an argument after it", spec);
    }
    for (int i = 0; i < COUNT; i++) {
        if (strlen(all[i]->name) == length && strncmp(all[i]->name, spec, length) == 0) {
            *out = all[i];
            *argument = colon != NULL ? colon + 1 : NULL;
            return DVFO_OK;
        }
    }
    char name[MAX_SPEC_NAME + 1] = "";
    memcpy(name, spec, length < MAX_SPEC_NAME ? length : MAX_SPEC_NAME);
    return fail_unknown(ctx, name);
}
