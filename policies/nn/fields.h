/* A definition struct, field by field: one table checks it, writes it and reads it back.
 *
 * A row names a field, says where in the struct it lies and between which bounds, in words and numbers. */
#ifndef DVFO_FIELDS_H
#define DVFO_FIELDS_H

#include <stddef.h>

#include "sim/base/status.h"

typedef enum dvfo_field_kind {
    DVFO_FIELD_NUMBER, /* double */
    DVFO_FIELD_WHOLE,  /* long */
    DVFO_FIELD_COUNT,  /* uint64_t */
    DVFO_FIELD_SWITCH, /* bool */
    DVFO_FIELD_CHOICE, /* an enum; `choices` names its values */
} dvfo_field_kind;

struct dvfo_field {
    const char *name; /* NULL ends a table */
    dvfo_field_kind kind;
    size_t offset;
    double low, high; /* both allowed */
    const char *what;
    const char *const *choices; /* NULL-terminated; NULL for other kinds */
};

/** Value of a field. Counts beyond 2^53 lose their last digits here, and only here. */
double dvfo_field_number(const struct dvfo_field *field, const void *def);

/** @param value  within the field's bounds */
void dvfo_field_set(const struct dvfo_field *field, double value, void *def);

/** @param whose  for messages: "a learner"
 *  @return       DVFO_BAD_INPUT when a field is out of its bounds: name, found, expected */
dvfo_status dvfo_fields_check(struct dvfo_ctx *ctx, const char *whose, const struct dvfo_field *fields,
                              const void *def);

#endif
