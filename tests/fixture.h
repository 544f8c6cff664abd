/* What the simulator's tests share: a small world on real profiles, and a policy that always does as it is told. */
#ifndef DVFO_FIXTURE_H
#define DVFO_FIXTURE_H

#include "sim/trial.h"

struct fixture {
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_cloud_profile *cloud;
    struct dvfo_trace *trace;
};

/** Load a board, a network and a trace; false with the sentence in `ctx`. */
bool fixture_init(struct dvfo_ctx *ctx, struct fixture *fixture, const char *board, const char *network,
                  const char *trace);
void fixture_free(struct fixture *fixture);

/** A trial in that world with default rules. */
struct dvfo_trial fixture_trial(const struct fixture *fixture, const struct dvfo_policy_type *policy, long requests);

/* Does what its argument says: "PLACE SHARE_TENTHS CUT CPU GPU MEM [APPEAL_BELOW]", numbers as in dvfo_decision. */
extern const struct dvfo_policy_type fixture_told;

#endif
