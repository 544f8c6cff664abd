#include "policies/nn/fields.h"

#include <stdint.h>
#include <string.h>

/* X(kind, type) */
#define KINDS(X) X(NUMBER, double) X(WHOLE, long) X(COUNT, uint64_t) X(SWITCH, bool) X(CHOICE, int)

double dvfo_field_number(const struct dvfo_field *field, const void *def)
{
    const char *at = (const char *)def + field->offset;
    switch (field->kind) {
#define READ(KIND, type)                                                                                               \
    case DVFO_FIELD_##KIND: {                                                                                          \
        type value;                                                                                                    \
        memcpy(&value, at, sizeof value);                                                                              \
        return (double)value;                                                                                          \
    }
        KINDS(READ)
#undef READ
    }
    return 0.0;
}

void dvfo_field_set(const struct dvfo_field *field, double number, void *def)
{
    char *at = (char *)def + field->offset;
    switch (field->kind) {
#define WRITE(KIND, type)                                                                                              \
    case DVFO_FIELD_##KIND: {                                                                                          \
        const type value = (type)number;                                                                               \
        memcpy(at, &value, sizeof value);                                                                              \
        return;                                                                                                        \
    }
        KINDS(WRITE)
#undef WRITE
    }
}

dvfo_status dvfo_fields_check(struct dvfo_ctx *ctx, const char *whose, const struct dvfo_field *fields, const void *def)
{
    for (const struct dvfo_field *field = fields; field->name != NULL; field++) {
        const double value = dvfo_field_number(field, def);
        if (!(value >= field->low && value <= field->high)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s's %s is %g, expected %g to %g", whose, field->name, value,
                             field->low, field->high);
        }
    }
    return DVFO_OK;
}
