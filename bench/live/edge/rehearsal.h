/* A rehearsal: what the steps of a live request take on this machine, so that the simulator can be told.
 *
 * Written into a folder, as `dvfo profile measure` writes its own:
 *   host.yaml, host.csv     this machine as a board, its coefficients fitted to the layers below
 *   collaborative.h5        every layer of the network, as a live run runs it
 *   attention.h5            the attention module, timed as a whole and shared out over its layers by the closed form
 *   cloud.yaml              the server that was asked: how long a request takes there
 * Layers are timed alone, while the link rests. */
#ifndef DVFO_REHEARSAL_H
#define DVFO_REHEARSAL_H

#include "bench/live/key.h"
#include "sim/base/status.h"

struct dvfo_rehearsal_def {
    const char *network_file; /* borrowed, as all here */
    const char *server;       /* NULL: no cloud.yaml is written */
    const struct dvfo_key *key;
    const char *root;
    const char *folder;
    double seconds; /* spent on the network at most; 5 */
};

struct dvfo_rehearsal_def dvfo_rehearsal_def_default(void);

/** @return DVFO_BAD_INPUT when the folder can't be written to, or the server isn't there */
dvfo_status dvfo_rehearse(struct dvfo_ctx *ctx, const struct dvfo_rehearsal_def *def);

#endif
