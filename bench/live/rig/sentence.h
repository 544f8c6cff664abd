/* What a rig controls and measures, and for each thing that it doesn't why: one paragraph for a person. */
#ifndef DVFO_RIG_SENTENCE_H
#define DVFO_RIG_SENTENCE_H

#include "bench/live/rig/ceiling.h"
#include "bench/live/rig/levels.h"
#include "bench/live/rig/sensors.h"

enum { DVFO_RIG_SENTENCE_SIZE = 3072 };

void dvfo_rig_sentence_write(const struct dvfo_rig_levels *levels, const struct dvfo_rig_sensors *sensors,
                             const struct dvfo_rig_ceiling *ceiling, char out[DVFO_RIG_SENTENCE_SIZE]);

#endif
