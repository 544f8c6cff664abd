/* A timeline: Chrome trace-event JSON that Perfetto opens. One track each for the three clocks, the device, the radio,
 * the cloud and the agent, and counters for power and bandwidth. Written as it happens; memory stays flat. */
#ifndef DVFO_TIMELINE_H
#define DVFO_TIMELINE_H

#include "sim/probe.h"

struct dvfo_timeline;

dvfo_status dvfo_timeline_create(struct dvfo_ctx *ctx, const char *path, struct dvfo_timeline **out);

/** A new process in the file: one trial. */
void dvfo_timeline_begin_trial(struct dvfo_timeline *timeline, const char *name);
void dvfo_timeline_span(struct dvfo_timeline *timeline, dvfo_track track, const char *name, double begin_s,
                        double end_s, long request);
void dvfo_timeline_counter(struct dvfo_timeline *timeline, dvfo_counter counter, double time_s, double value);

/** End the file and give it its name. Frees `timeline` whatever happens. */
dvfo_status dvfo_timeline_commit(struct dvfo_ctx *ctx, struct dvfo_timeline *timeline);
void dvfo_timeline_free(struct dvfo_timeline *timeline);

#endif
