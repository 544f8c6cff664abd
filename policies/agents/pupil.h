/* A pupil: an agent that acts as a policy and goes on learning from what comes of it.
 *
 * In a simulation an agent learns in many environments at once (training.h). On a board there is one, and time can't be
 * hurried: the pupil decides for each request like any policy, explores a little, hears how requests ended, and learns
 * between them from what it remembers, all of the simulator's experience among it. It explores no more often than it is
 * told, and only clocks of its own levels; what heat or the kernel forbid on top is the board's to refuse. */
#ifndef DVFO_PUPIL_H
#define DVFO_PUPIL_H

#include "policies/agents/agent.h"
#include "policies/agents/reward.h"

struct dvfo_pupil_def {
    struct dvfo_agent *agent; /* complete; borrowed */
    struct dvfo_yardstick yardstick;
    double trip_c;
    double explore; /* how often a choice is a trial at most, 0..1; 0.05 */
};

struct dvfo_pupil;

dvfo_status dvfo_pupil_create(struct dvfo_ctx *ctx, const struct dvfo_pupil_def *def, struct dvfo_pupil **out);
void dvfo_pupil_free(struct dvfo_pupil *pupil);

/** Acts by the pupil that a trial's policy_user is. One thread at a time. */
extern const struct dvfo_policy_type dvfo_policy_pupil;

/* What has come of it. */
struct dvfo_pupil_report {
    uint64_t decisions, updates;
    double cost, reward; /* means since the report before; per request, in costs of edge-only, and per decision */
    double loss;         /* mean of the updates since then; NaN without any */
};

/** From any thread. @return DVFO_FAILED once learning has diverged */
dvfo_status dvfo_pupil_tell(struct dvfo_ctx *ctx, struct dvfo_pupil *pupil, struct dvfo_pupil_report *report);

#endif
