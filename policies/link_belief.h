/* What may be believed of a generated link by one who knows its generator and has met only his own transfers.
 *
 * The generator (traces/generator.h) draws one rate per second of the link's clock: an autoregression x of the rate's
 * logarithm about the trace's mean m, and beside it a chain of outages. The belief has three parts:
 *
 *   m          a Gaussian, from N(mean_ln, sigma_between^2) on. The first rate seen is x ~ N(m, sigma_within^2); one
 *              seen d seconds after another, with a = rho^d, says x' - a x ~ N((1 - a) m, (1 - a^2) sigma_within^2).
 *              Both update it conjugately.
 *   x          the rate seen last, and in which second. A transfer inside one second shows it exactly; one across
 *              seconds shows a mean that is taken for the last second's, less what the first second, if it was seen
 *              before, is known to have carried.
 *   outages    the probability of one, relaxing from what is known of one second towards the chain's stationary value.
 *              A transfer ends with the link up. One that waited out an outage is told from a slow one by which is the
 *              likelier; its rate says nothing of x. So is a timeout: an outage up to its end, or the rate at which it
 *              would just have ended.
 *
 * Left out: a rate that the generator has cut at its cap is taken for x itself, and what lies beyond a trace's end,
 * where it repeats, for its continuation. */
#ifndef DVFO_LINK_BELIEF_H
#define DVFO_LINK_BELIEF_H

#include "traces/generator.h"

/* Rates are logarithms of Mbit/s, times are on the link's clock, seconds of it whole numbers: second k is [k, k + 1).
 */
struct dvfo_link_belief {
    const struct dvfo_generator *generator; /* borrowed */
    double m_mean, m_variance;
    bool seen;           /* a rate, so x and x_second count */
    double x;            /* rate seen last ... */
    double x_second;     /* ... and its second */
    double known_second; /* the outage chain is known there; before it, back to the last transfer's begin, it was */
    bool was_out;        /* out, or up */
    double known_out;    /* probability of an outage at known_second: 0 or 1, stationary before anything was seen */
};

/** What is believed before the first transfer. */
struct dvfo_link_belief dvfo_link_belief_of(const struct dvfo_generator *generator);

/** A transfer of ours ended: `bits` > 0 from begin_s to end_s > begin_s. */
void dvfo_link_belief_add_transfer(struct dvfo_link_belief *belief, double begin_s, double end_s, double bits);

/** A transfer of ours, `bits` from begin_s on, was given up at end_s > begin_s. */
void dvfo_link_belief_add_timeout(struct dvfo_link_belief *belief, double begin_s, double end_s, double bits);

/** Probability that `second` is an outage. */
double dvfo_link_belief_outage(const struct dvfo_link_belief *belief, double second);

/* A logarithm of a rate, normally distributed. */
struct dvfo_log_rate {
    double mean, variance;
};

/** x in `second`, for a given m: seen itself where the second isn't later than that of the rate seen last. */
struct dvfo_log_rate dvfo_link_belief_rate_given(const struct dvfo_link_belief *belief, double second, double m);

/** How much of the rate seen last is left in `second`: its autocorrelation, 0 before the first. */
double dvfo_link_belief_kept(const struct dvfo_link_belief *belief, double second);

/** The same with m as it is believed. */
struct dvfo_log_rate dvfo_link_belief_rate(const struct dvfo_link_belief *belief, double second);

#endif
