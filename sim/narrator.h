/* The narrator: tells a probe what happens, as spans, counters and rows. Silent, and nearly free, when nobody watches.
 */
#ifndef DVFO_NARRATOR_H
#define DVFO_NARRATOR_H

#include "sim/probe.h"
#include "sim/request.h"

struct dvfo_narrator {
    const struct dvfo_probe *probe;     /* borrowed; may be NULL */
    const struct dvfo_board *board;     /* borrowed */
    double clock_since_s[DVFO_DOMAINS]; /* since when each clock has held */
    double decided_since_s;
    struct dvfo_decision decided; /* the latest decision, in force until the next */
};

void dvfo_narrator_span(const struct dvfo_narrator *narrator, dvfo_track track, const char *name, double begin_s,
                        double end_s, long request);
void dvfo_narrator_counter(const struct dvfo_narrator *narrator, dvfo_counter counter, double time_s, double value);

/** A clock held at `level` until now. */
void dvfo_narrator_clock(struct dvfo_narrator *narrator, dvfo_domain domain, int level, double now_s);

/** A decision replaces the one before. */
void dvfo_narrator_decide(struct dvfo_narrator *narrator, const struct dvfo_decision *decision, double now_s);

/** A request has ended now. */
void dvfo_narrator_request(const struct dvfo_narrator *narrator, const struct dvfo_scenario *scenario,
                           const struct dvfo_request *request, double latency_s, double cost_j, double now_s);

/** The run is over: what held until now is told. @param level  clocks in force */
void dvfo_narrator_end(struct dvfo_narrator *narrator, const int level[DVFO_DOMAINS], double now_s);

#endif
