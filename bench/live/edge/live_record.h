/* The one trial of a setting as a record on a stream: how a machine that runs it for another tells what came out. */
#ifndef DVFO_LIVE_RECORD_H
#define DVFO_LIVE_RECORD_H

#include "bench/live/edge/live.h"
#include "bench/setting.h"

/** Run it. Nothing is printed of a trial that failed or was stopped early.
 *  @param setting  loaded, of one policy
 *  @return         DVFO_BAD_INPUT when it means several trials */
dvfo_status dvfo_live_record(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, struct dvfo_live *live,
                             FILE *file);

#endif
