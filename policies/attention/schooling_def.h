/* The definition of a schooling, value by value: one table checks it, changes it, writes and reads it. */
#ifndef DVFO_SCHOOLING_DEF_H
#define DVFO_SCHOOLING_DEF_H

#include "policies/attention/schooling.h"
#include "policies/nn/fields.h"

extern const struct dvfo_field dvfo_schooling_fields[]; /* of struct dvfo_schooling_def */

#endif
