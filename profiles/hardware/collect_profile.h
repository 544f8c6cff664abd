/* From a collection to a layer profile: settings whose command left layer times become one file.
 *
 * {out}.json is trtexec --exportProfile, {out}.layers.json --exportLayerInfo, {out}.times.json --exportTimes; the first
 * is needed, the others are taken where they are. Clocks and module power are those of the collected rows. */
#ifndef DVFO_COLLECT_PROFILE_H
#define DVFO_COLLECT_PROFILE_H

#include "profiles/hardware/collect.h"

/** Write FOLDER/BOARD-NETWORK.h5 from all settings in the folder, also those of earlier sessions; nothing when none
 *  left layer times. A setting whose files don't fit is told as a note and left out. */
dvfo_status dvfo_collect_profile(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                 const struct dvfo_collect_def *def);

#endif
