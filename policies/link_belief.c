#include "policies/link_belief.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/base/units.h"

#define LEAST_SIGMA 1e-3 /* a rate that is known exactly still has a likelihood */

static double stationary_outage(const struct dvfo_generator *generator)
{
    const double both = generator->enter_outage_per_s + generator->exit_outage_per_s;
    return both > 0.0 ? generator->enter_outage_per_s / both : 0.0;
}

struct dvfo_link_belief dvfo_link_belief_of(const struct dvfo_generator *generator)
{
    return (struct dvfo_link_belief){
        .generator = generator,
        .m_mean = generator->mean_ln,
        .m_variance = generator->sigma_between_ln * generator->sigma_between_ln,
        .known_out = stationary_outage(generator),
    };
}

/* --- what is believed --- */

double dvfo_link_belief_outage(const struct dvfo_link_belief *belief, double second)
{
    const struct dvfo_generator *generator = belief->generator;
    if (second < belief->known_second) {
        return belief->was_out ? 1.0 : 0.0;
    }
    const double memory = 1.0 - generator->enter_outage_per_s - generator->exit_outage_per_s; /* per second */
    const double stationary = stationary_outage(generator);
    return stationary + (belief->known_out - stationary) * pow(memory, second - belief->known_second);
}

double dvfo_link_belief_kept(const struct dvfo_link_belief *belief, double second)
{
    return belief->seen ? pow(belief->generator->rho_1s, fmax(second - belief->x_second, 0.0)) : 0.0;
}

struct dvfo_log_rate dvfo_link_belief_rate_given(const struct dvfo_link_belief *belief, double second, double m)
{
    const double variance = belief->generator->sigma_within_ln * belief->generator->sigma_within_ln;
    const double a = dvfo_link_belief_kept(belief, second);
    return (struct dvfo_log_rate){m + a * (belief->x - m), (1.0 - a * a) * variance};
}

struct dvfo_log_rate dvfo_link_belief_rate(const struct dvfo_link_belief *belief, double second)
{
    const double a = dvfo_link_belief_kept(belief, second);
    struct dvfo_log_rate rate = dvfo_link_belief_rate_given(belief, second, belief->m_mean);
    rate.variance += (1.0 - a) * (1.0 - a) * belief->m_variance;
    return rate;
}

/* --- what is learnt --- */

/* Update m by z ~ N(h m, variance). */
static void learn_m(struct dvfo_link_belief *belief, double z, double h, double variance)
{
    const double z_variance = h * h * belief->m_variance + variance;
    if (z_variance > 0.0) {
        const double gain = h * belief->m_variance / z_variance;
        belief->m_mean += gain * (z - h * belief->m_mean);
        belief->m_variance *= 1.0 - gain * h;
    }
}

static void see_rate(struct dvfo_link_belief *belief, double second, double x)
{
    const double variance = belief->generator->sigma_within_ln * belief->generator->sigma_within_ln;
    if (!belief->seen) {
        learn_m(belief, x, 1.0, variance);
    } else if (second > belief->x_second) {
        const double a = pow(belief->generator->rho_1s, second - belief->x_second);
        learn_m(belief, x - a * belief->x, 1.0 - a, (1.0 - a * a) * variance);
    }
    belief->seen = true;
    belief->x = x;
    belief->x_second = second;
}

/* A transfer from where its rate is unknown on. */
struct stretch {
    double begin_s, end_s, bits;
    double first_second, last_second;
    double out_at_begin; /* probability */
};

/* Nothing was carried before known_second, or at a known rate in it. */
static struct stretch unknown_stretch(const struct dvfo_link_belief *belief, double begin_s, double end_s, double bits)
{
    struct stretch stretch = {begin_s, end_s, bits, floor(begin_s), floor(end_s), 0.0};
    const double known = belief->known_second;
    if (belief->was_out && stretch.first_second < known && end_s > known) {
        stretch.begin_s = stretch.first_second = known;
    }
    stretch.out_at_begin = dvfo_link_belief_outage(belief, stretch.first_second);
    const bool knows_first = belief->seen && belief->x_second == known && belief->known_out == 0.0 &&
                             stretch.first_second == known && end_s > known + 1.0;
    const double carried_bits =
        knows_first ? exp(belief->x) * DVFO_BPS_PER_MBPS * (known + 1.0 - stretch.begin_s) : 0.0;
    if (knows_first && carried_bits < bits) {
        stretch.begin_s = stretch.first_second = known + 1.0;
        stretch.bits = bits - carried_bits;
        stretch.out_at_begin = dvfo_link_belief_outage(belief, known + 1.0);
    }
    return stretch;
}

static double log_rate(double bits, double time_s)
{
    return log(bits / time_s / DVFO_BPS_PER_MBPS);
}

/* Which is likelier: that the link sent all the time at one rate, or that it was out until the second in which the
 * transfer ended? Densities of the end, given the rate expected then. */
static bool waited_out_an_outage(const struct dvfo_link_belief *belief, const struct stretch *stretch)
{
    const struct dvfo_generator *generator = belief->generator;
    const double seconds = stretch->last_second - stretch->first_second;
    const double after_s = stretch->end_s - stretch->last_second, all_s = stretch->end_s - stretch->begin_s;
    if (seconds < 1.0 || after_s <= 0.0) {
        return false;
    }
    const struct dvfo_log_rate expected = dvfo_link_belief_rate(belief, stretch->last_second);
    const double sigma = fmax(sqrt(expected.variance), LEAST_SIGMA);
    const double before = stretch->out_at_begin + (1.0 - stretch->out_at_begin) * generator->enter_outage_per_s;
    const double out = before * pow(1.0 - generator->exit_outage_per_s, seconds - 1.0) * generator->exit_outage_per_s /
                       after_s * gsl_ran_gaussian_pdf(log_rate(stretch->bits, after_s) - expected.mean, sigma);
    const double up = (1.0 - stretch->out_at_begin) * pow(1.0 - generator->enter_outage_per_s, seconds) / all_s *
                      gsl_ran_gaussian_pdf(log_rate(stretch->bits, all_s) - expected.mean, sigma);
    return out > up;
}

/* The chain of outages is known in `second`; older news than what is known already is none. */
static void know(struct dvfo_link_belief *belief, double second, double out, bool was_out)
{
    if (second >= belief->known_second) {
        belief->known_second = second;
        belief->known_out = out;
        belief->was_out = was_out;
    }
}

void dvfo_link_belief_add_transfer(struct dvfo_link_belief *belief, double begin_s, double end_s, double bits)
{
    const struct stretch stretch = unknown_stretch(belief, begin_s, end_s, bits);
    const bool out = waited_out_an_outage(belief, &stretch);
    if (!out && (!belief->seen || stretch.last_second >= belief->x_second)) {
        see_rate(belief, stretch.last_second, log_rate(stretch.bits, stretch.end_s - stretch.begin_s));
    }
    know(belief, stretch.last_second, 0.0, out);
}

void dvfo_link_belief_add_timeout(struct dvfo_link_belief *belief, double begin_s, double end_s, double bits)
{
    const double second = floor(end_s);
    const struct dvfo_log_rate expected = dvfo_link_belief_rate(belief, second);
    const double sigma = fmax(sqrt(expected.variance), LEAST_SIGMA);
    const double most = log_rate(bits, end_s - begin_s);
    const double begin_out = dvfo_link_belief_outage(belief, floor(begin_s));
    const double out = begin_out * pow(1.0 - belief->generator->exit_outage_per_s, second - floor(begin_s));
    const bool was_out = out > (1.0 - begin_out) * gsl_cdf_gaussian_P(most - expected.mean, sigma);
    if (!was_out && (!belief->seen || second >= belief->x_second)) {
        see_rate(belief, second, most);
    }
    know(belief, second, was_out ? 1.0 : 0.0, was_out);
}
