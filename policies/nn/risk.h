/* Risk: what the rare and large part of a reward costs on average.
 *
 * A transfer that meets an outage costs a hundred times what a request costs otherwise. A learner that sees such a
 * reward once in a thousand can't tell which of its choices to blame, and a loss that looks past outliers would forget
 * them altogether, though their mean matters. So a reward is cut in two: what lies above a bound teaches the values as
 * ever; what lies beyond, the tail, teaches a small network what it costs on average in a state in which a risk is
 * taken, whatever the choices were otherwise. Its answer is charged to every reward of a risky transition: the mean
 * stays as it was, as far as the tail depends on the state and on taking the risk alone; the scatter is gone.
 *
 * Transitions whose tail has another reason (a clock far too low, tried out) are marked as teaching nothing. */
#ifndef DVFO_RISK_H
#define DVFO_RISK_H

#include "policies/nn/double_q.h"

struct dvfo_risk {
    struct dvfo_double_q *q; /* one branch of two choices: 1 takes the risk. Its rewards are tails, without a future */
    struct dvfo_batch *batch;
};

/** @param inputs  I of the learner's network
 *  @param width   of the hidden layer
 *  @param batch   samples of an update */
dvfo_status dvfo_risk_create(struct dvfo_ctx *ctx, long inputs, long width, double rate, long batch,
                             struct dvfo_risk **out);
void dvfo_risk_free(struct dvfo_risk *risk);

/** Learn from the tails of a batch and charge its rewards; what teaches nothing weighs nothing.
 *  @param rate  learning rate of this update */
dvfo_status dvfo_risk_charge(struct dvfo_ctx *ctx, struct dvfo_risk *risk, double rate, struct dvfo_batch *batch);

#endif
