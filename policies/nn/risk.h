/* Risk: what the rare and large part of a reward costs on average.
 *
 * A transfer that meets an outage costs a hundred times what a request costs otherwise. A learner that sees such a
 * reward once in a thousand can't tell which of its choices to blame, and a loss that looks past outliers would forget
 * them altogether, though their mean matters. So a reward is cut in two: what lies above a bound teaches the values as
 * ever; what lies beyond, the tail, teaches a small network what it costs on average in a state in which a risk is
 * taken, whatever the choices were otherwise. Its answer is charged to every reward of a risky transition: the mean
 * stays as it was, as far as the tail depends on the state and on taking the risk alone; the scatter is gone.
 *
 * Tails reach from hundredths to tens, so the network tells the logarithm z of the mean, and the loss is that of
 * Poisson regression, exp(z) - t z for a tail of size t: its gradient exp(z) - t is 0 where exp(z) is the mean.
 *
 * Transitions whose tail has another reason (a clock far too low, tried out) are marked as teaching nothing. */
#ifndef DVFO_RISK_H
#define DVFO_RISK_H

#include "policies/nn/adam.h"
#include "policies/nn/minibatch.h"
#include "policies/nn/branching_pass.h"

struct dvfo_risk {
    struct dvfo_branching *network, *target; /* one branch of two choices, of which the second tells z; the target is an
                                                average of the network over its recent past, and what is charged */
    struct dvfo_adam *adam;
    struct dvfo_branching_pass *pass;
    float *gradient; /* (count) */
};

/** @param inputs  I of the learner's network
 *  @param width   of the hidden layer
 *  @param batch   samples of an update */
dvfo_status dvfo_risk_create(struct dvfo_ctx *ctx, long inputs, long width, long batch, struct dvfo_risk **out);
void dvfo_risk_free(struct dvfo_risk *risk);

/** Random weights. */
void dvfo_risk_initialise(struct dvfo_risk *risk, gsl_rng *rng);

/** Learn from the tails of a batch, and charge its rewards.
 *  @param rate  learning rate of this update */
void dvfo_risk_charge(struct dvfo_risk *risk, double rate, struct dvfo_minibatch *batch);

#endif
