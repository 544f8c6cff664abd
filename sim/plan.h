/* A plan: what one request would cost under a decision, in closed form.
 *
 * The same life as in the simulator (closed loop, clocks settled, nobody else on the device or the link), as
 * arithmetic. APPEAL has two such lives, and which of them comes is up to the input: thresholds of 0 and 1 plan the one
 * and the other, those in between the mean of the two by the scores of the accuracy profile's part for validation.
 * Planners call it with the bandwidth they believe in, oracles with the trace itself; a test holds it against the
 * simulator for every placement. */
#ifndef DVFO_PLAN_H
#define DVFO_PLAN_H

#include "sim/scenario.h"

struct dvfo_trace;

/* What the planner believes of the link: either a constant rate, or the trace from a known time on. */
struct dvfo_plan_link {
    const struct dvfo_trace *trace; /* NULL: constant */
    double start_s;                 /* trace time at which the request starts */
    double rate_bps;                /* constant rate, > 0 */
};

struct dvfo_plan {
    double latency_s;
    double energy_j; /* radio included */
    double cost_j;   /* Eq. (9) */
    double send_s;   /* 0 where nothing is sent */
    bool timed_out;  /* the remote path, where there is one, would outlast the timeout */
};

/* A request's life cut where the link comes in: all of it that doesn't depend on how long sending takes. */
struct dvfo_plan_parts {
    bool sends;      /* false: EDGE, or an APPEAL that never appeals; then only local_s, busy_j and idle_w count */
    double begin_s;  /* from the start until sending begins */
    double local_s;  /* until the device's own part is done */
    double fuse_s;   /* after both branches are there */
    double answer_s; /* from the end of sending until the answer is there: round trip and cloud */
    double rest_s;   /* what is left to compute when the answer is given up */
    double payload_byte;
    double idle_w;                 /* drawn all the time at these clocks */
    double busy_j, fuse_j, rest_j; /* on top of that: until local_s, while fusing, for the rest */
};

/** The parts of a decision; of APPEAL those of a request that appeals, unless none ever does. O(1) after the schedules
 *  exist. */
struct dvfo_plan_parts dvfo_plan_parts_of(struct dvfo_scenario *scenario, const struct dvfo_decision *decision);

/** The plan of a request whose transfer takes `send_s` (of no interest where nothing is sent). */
struct dvfo_plan dvfo_plan_finish(const struct dvfo_scenario *scenario, const struct dvfo_plan_parts *parts,
                                  double send_s);

/** Cost of one request: the two above with the link's time in between. O(1) after the schedules exist, plus one search
 * in the trace. */
struct dvfo_plan dvfo_plan_request(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                                   const struct dvfo_plan_link *link);

/** Best clocks for a placement over given levels (tables of `count` entries each); ties go to the lower index.
 *  @param level  (domain) candidate levels; count (domain) */
struct dvfo_plan dvfo_plan_best_clocks(struct dvfo_scenario *scenario, struct dvfo_decision *decision,
                                       const int *const level[DVFO_DOMAINS], const int count[DVFO_DOMAINS],
                                       const struct dvfo_plan_link *link);

#endif
