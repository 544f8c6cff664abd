/* A learner as an HDF5 file, with everything that it needs to go on: a training that was interrupted and resumed equals
 * one that ran through, byte for byte (on the same BLAS kernel).
 *
 *   /network  what acts           /adam    moments, counters       /n_step  windows that are open
 *   /target   what values         /replay  rows and priorities     /random  states of the streams
 *   /learner  the definition
 *
 * The functions that write and read serve a file that holds more besides: whose agent this is, what it was made for. */
#ifndef DVFO_Q_LEARNER_FILE_H
#define DVFO_Q_LEARNER_FILE_H

#include <hdf5.h>

#include "policies/nn/q_learner.h"
#include "sim/base/hdf_read.h"

/** All groups above into the root. @return false when HDF5 refuses */
bool dvfo_q_learner_write(hid_t file, const struct dvfo_q_learner *learner);

/** @return DVFO_BAD_INPUT when something is missing or can't be */
dvfo_status dvfo_q_learner_read(const struct dvfo_hdf_reader *r, struct dvfo_q_learner **out);

/** A file of nothing else; it appears whole or not at all. Loading notes when it was learnt with other BLAS kernels
 * than those at hand. */
dvfo_status dvfo_q_learner_save(struct dvfo_ctx *ctx, const struct dvfo_q_learner *learner, const char *path);
dvfo_status dvfo_q_learner_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_q_learner **out);

#endif
