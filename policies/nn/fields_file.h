/* A definition struct as attributes of an HDF5 group, field by field. */
#ifndef DVFO_FIELDS_FILE_H
#define DVFO_FIELDS_FILE_H

#include <hdf5.h>

#include "policies/nn/fields.h"
#include "sim/base/hdf_read.h"

/** @return false when HDF5 refuses */
bool dvfo_fields_save(hid_t at, const struct dvfo_field *fields, const void *def);

/** @param of  the group, for messages: "/learner"
 *  @return    DVFO_BAD_INPUT when a field is missing, or out of its bounds */
dvfo_status dvfo_fields_load(const struct dvfo_hdf_reader *r, hid_t at, const char *of, const struct dvfo_field *fields,
                             void *def);

#endif
