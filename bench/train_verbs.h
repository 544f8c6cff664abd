/* dvfo train, by the world that is trained in. */
#ifndef DVFO_TRAIN_VERBS_H
#define DVFO_TRAIN_VERBS_H

#include "bench/command.h"

dvfo_status dvfo_train_simulated(struct dvfo_ctx *ctx, int argc, char **argv);
dvfo_status dvfo_train_live(struct dvfo_ctx *ctx, int argc, char **argv); /* --world live */

#endif
