#include "policies/attention/schooling_def.h"

#include <stddef.h>
#include <string.h>

#include "sim/base/nearest.h"
#include "sim/base/text.h"

#define NAME(name, text) text,
static const char *const selections[] = {DVFO_SELECTION_LIST(NAME) NULL};
static const char *const fusions[] = {DVFO_FUSION_LIST(NAME) NULL};

#define OF(member) offsetof(struct dvfo_schooling_def, member)

const struct dvfo_field dvfo_schooling_fields[] = {
    {"classes", DVFO_FIELD_WHOLE, OF(net.classes), 2, 100, "classes of images", NULL},
    {"size", DVFO_FIELD_NUMBER, OF(net.size), 0.0625, 8, "factor of all channels", NULL},
    {"steps", DVFO_FIELD_WHOLE, OF(net.steps), 1, 16, "widths of the local tail", NULL},
    {"reduction", DVFO_FIELD_WHOLE, OF(net.reduction), 1, 1024, "of the attention module", NULL},
    {"selection", DVFO_FIELD_CHOICE, OF(net.selection), 0, DVFO_SELECTIONS - 1, "what ranks channels", selections},
    {"fusion", DVFO_FIELD_CHOICE, OF(net.fusion), 0, DVFO_FUSIONS - 1, "how answers become one", fusions},
    {"lambda", DVFO_FIELD_NUMBER, OF(net.lambda), 0, 1, "weight of the local answer while learning", NULL},
    {"smoothing", DVFO_FIELD_NUMBER, OF(step.smoothing), 0, 0.9, "of labels", NULL},
    {"auxiliary", DVFO_FIELD_NUMBER, OF(step.auxiliary), 0, 10, "weight of each side's own loss", NULL},
    {"beta", DVFO_FIELD_NUMBER, OF(step.beta), 0, 100, "of AppealNet's loss", NULL},
    {"epochs_full", DVFO_FIELD_WHOLE, OF(epochs[DVFO_LEARN_FULL]), 0, 10000, "of the full network", NULL},
    {"epochs_split", DVFO_FIELD_WHOLE, OF(epochs[DVFO_LEARN_SPLIT]), 0, 10000, "of the split", NULL},
    {"epochs_little", DVFO_FIELD_WHOLE, OF(epochs[DVFO_LEARN_LITTLE]), 0, 10000, "of the little network", NULL},
    {"rate_full", DVFO_FIELD_NUMBER, OF(rate[DVFO_LEARN_FULL]), 0, 1e6, "first learning rate", NULL},
    {"rate_split", DVFO_FIELD_NUMBER, OF(rate[DVFO_LEARN_SPLIT]), 0, 1e6, "first learning rate", NULL},
    {"rate_little", DVFO_FIELD_NUMBER, OF(rate[DVFO_LEARN_LITTLE]), 0, 1e6, "first learning rate", NULL},
    {"batch", DVFO_FIELD_WHOLE, OF(batch), 2, 4096, "images of a batch", NULL},
    {"shard", DVFO_FIELD_WHOLE, OF(shard), 2, 1024, "images of a shard", NULL},
    {"momentum", DVFO_FIELD_NUMBER, OF(momentum), 0, 0.9999, "Nesterov's", NULL},
    {"decay", DVFO_FIELD_NUMBER, OF(decay), 0, 1, "of weights", NULL},
    {"warm_epochs", DVFO_FIELD_NUMBER, OF(warm_epochs), 0, 1000, "in which the rate rises", NULL},
    {"seed", DVFO_FIELD_COUNT, OF(seed), 0, 0x1p64, "of all random streams", NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

dvfo_status dvfo_schooling_def_check(struct dvfo_ctx *ctx, const char *whose, const struct dvfo_schooling_def *def)
{
    DVFO_TRY(dvfo_fields_check(ctx, whose, dvfo_schooling_fields, def));
    if (def->batch % def->shard != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s's batch of %ld images isn't whole shards of %ld", whose, def->batch,
                         def->shard);
    }
    return DVFO_OK;
}

static const struct dvfo_field *field_of(const char *name)
{
    for (const struct dvfo_field *field = dvfo_schooling_fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0) {
            return field;
        }
    }
    return NULL;
}

static dvfo_status tell_unknown(struct dvfo_ctx *ctx, const char *name)
{
    enum { FIELDS = sizeof dvfo_schooling_fields / sizeof *dvfo_schooling_fields - 1 };
    const char *known[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        known[i] = dvfo_schooling_fields[i].name;
    }
    const char *nearest = dvfo_nearest(name, known, FIELDS);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "a network has no value '%s'%s%s%s", name,
                     nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "'?" : "");
}

static dvfo_status set_choice(struct dvfo_ctx *ctx, const struct dvfo_field *field, const char *text, void *def)
{
    char known[128] = "";
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(field->choices[i], text) == 0) {
            dvfo_field_set(field, (double)i, def);
            return DVFO_OK;
        }
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", field->choices[i]);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s is '%s', expected one of %s", field->name, text, known);
}

dvfo_status dvfo_schooling_def_set(struct dvfo_ctx *ctx, struct dvfo_schooling_def *def, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char name[64];
    double number = 0.0;
    if (equals == NULL || (size_t)(equals - assignment) >= sizeof name) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' sets nothing, expected NAME=VALUE, e.g. epochs_full=4", assignment);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - assignment), assignment);
    const struct dvfo_field *field = field_of(name);
    if (field == NULL) {
        return tell_unknown(ctx, name);
    }
    if (field->kind == DVFO_FIELD_CHOICE) {
        return set_choice(ctx, field, equals + 1, def);
    }
    if (!dvfo_text_number(equals + 1, NULL, &number) || !(number >= field->low && number <= field->high) ||
        (field->kind != DVFO_FIELD_NUMBER && number != (double)(long long)number)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s is '%s', expected a %s from %g to %g", name, equals + 1,
                         field->kind == DVFO_FIELD_NUMBER ? "number" : "whole number", field->low, field->high);
    }
    dvfo_field_set(field, number, def);
    return DVFO_OK;
}
