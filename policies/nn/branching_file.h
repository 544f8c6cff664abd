/* A Q-network as a group of an HDF5 file: its shape as attributes, `width` and `choices`, and a dataset per tensor,
 * named as in branching.h, rows are inputs. Enough to act with it, here or elsewhere. */
#ifndef DVFO_BRANCHING_FILE_H
#define DVFO_BRANCHING_FILE_H

#include <hdf5.h>

#include "policies/nn/branching.h"
#include "sim/base/hdf_read.h"

/** @param group  of the root, made here: "/network"
 *  @return       false when HDF5 refuses */
bool dvfo_branching_write(hid_t file, const char *group, const char *long_name, const struct dvfo_branching *net);

/** @return DVFO_BAD_INPUT when something is missing or can't be */
dvfo_status dvfo_branching_read(const struct dvfo_hdf_reader *r, const char *group, struct dvfo_branching **out);

#endif
