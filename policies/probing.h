/* Probing: what a policy that may stay on the device believes of the link, and when it looks again.
 *
 * Bandwidth is what own transfers have shown, so whoever stays on the device hears nothing more of the link. Therefore
 * it probes: the first request goes out whatever the choice, and after 16 requests in a row on the device another one
 * does. A probe that doesn't change the choice doubles the wait, up to 512, so that a link that is never worth it costs
 * little. A request that times out is news too: the rate was below its payload over the timeout. */
#ifndef DVFO_PROBING_H
#define DVFO_PROBING_H

#include "policies/policies.h"

struct dvfo_probing {
    double late_bps;      /* a timeout's news, not dated yet; 0: none */
    double doubt_bps;     /* the last timeout's news; it holds ... */
    long doubt_transfers; /* ... as long as no more transfers than these have ended; -1: none */
    int on_device, wait;  /* requests in a row on the device, and how many before a probe */
};

struct dvfo_probing dvfo_probing_start(void);

/** The rate to plan with for the request that `seen` is of: the last transfer's, or a newer timeout's bound on it;
 *  DVFO_PRIOR_BPS before both. Call it once per decision. */
double dvfo_probing_rate_bps(struct dvfo_probing *probing, const struct dvfo_observation *seen);

/** A choice was made. @return true when it stays on the device and should go out all the same */
bool dvfo_probing_is_due(struct dvfo_probing *probing, bool stays);

/** How a request ended. */
void dvfo_probing_learn(struct dvfo_probing *probing, const struct dvfo_scenario *scenario,
                        const struct dvfo_outcome *outcome);

#endif
