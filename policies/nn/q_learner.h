/* A learner: acts in many environments at once, remembers, and learns from what it remembers.
 *
 * It knows observations, choices and rewards, nothing of what they mean. Acting concurrently with the world ("thinking
 * while moving", Xiao et al. 2020) changes two things outside it: the observation also tells the action that is still
 * going on and how long choosing takes, and the time that a transition took is that between two choices. With
 *
 *     discount = gamma^(elapsed / horizon)
 *
 * the ordinary backup is then the concurrent one, and steps of different lengths are valued right (semi-Markov).
 *
 *     dvfo_q_learner_act       -> choices, greedy or exploring
 *     dvfo_q_learner_remember  -> after each environment's step
 *     dvfo_q_learner_update    -> now and then
 *
 * One learner serves one thread. All its chance comes from streams of its own seed. */
#ifndef DVFO_Q_LEARNER_H
#define DVFO_Q_LEARNER_H

#include "policies/nn/double_q.h"
#include "policies/nn/n_step.h"
#include "policies/nn/risk.h"

struct dvfo_q_learner_def {
    struct dvfo_double_q_def q;   /* networks and updates; its network's inputs and branches have no default */
    uint64_t replay_capacity;     /* transitions; default 100,000 */
    double replay_alpha;          /* default 0.6; 0 is uniform replay */
    double replay_epsilon;        /* error that every transition counts at least; default 1e-6 */
    double replay_beta;           /* at the first update, going up to 1; default 0.4 */
    uint64_t replay_beta_updates; /* until it is 1; default 20,000 */
    double rate_last;             /* learning rate in the end, as a share of the first; default 1 ... */
    uint64_t rate_updates;        /* ... from the first to the last, in a straight line; default 20,000 */
    bool averaged;                /* what acts without exploring is the target network, an average of the learning one
                                     over its recent past; default off */
    long risk_width;          /* of the network that learns the tails of rewards, see risk.h; default 0: there is none.
                                 It needs steps = 1 */
    double risk_rate;         /* its learning rate, as a share of the learner's; default 0.1 */
    uint64_t learning_starts; /* transitions before the first update; default 1,000 */
    long environments;        /* default 1 */
    long steps;               /* n of n-step returns; default 3; 1 gives the best policy's Q even while exploring */
    double gamma;             /* discount over a horizon of time; default 0.9 */
    double horizon_s;         /* default 1 */
    double epsilon_first;     /* how often a branch's choice is random (or, of one_branch, one of them); default 1 */
    double epsilon_last;      /* default 0.05 */
    uint64_t epsilon_decisions; /* from the first to the last, in a straight line; default 20,000 */
    double epsilon_spread; /* how unevenly environments explore: the last one does so with epsilon^(1 + this), those
                              between in between, so that what comes of leaving things alone for long is seen as well
                              (Horgan et al. 2018). Default 0: all alike */
    bool one_branch;       /* who explores changes one branch and leaves the others at their best, and only that
                              branch learns from it: so a choice is valued as the others would have it, not as
                              they happened to explore. Off by default: branches explore each for itself */
    double epsilon_near;   /* of one_branch: how often one of the branches but the last is tried, in all environments
                              alike; for branches whose choices leave nothing behind. The last is tried as epsilon says.
                              Default 0: one of all, as epsilon says */
    double noise;          /* else: normal noise on the best choice, in widths of the branch; default 0.
                              For branches whose choices are levels in order (Tavakoli et al.: 0.1) */
    uint64_t seed;         /* default 1 */
};

struct dvfo_q_learner_def dvfo_q_learner_def_default(void);

/* All of a definition but `q`. */
extern const struct dvfo_field dvfo_q_learner_fields[];

struct dvfo_q_learner {
    struct dvfo_q_learner_def def;
    struct dvfo_double_q *q;
    struct dvfo_replay *replay;
    struct dvfo_n_step *n_step;
    struct dvfo_risk *risk; /* NULL: none */
    struct dvfo_minibatch *batch;
    struct dvfo_branching_pass *pass; /* for acting, of `environments` samples */
    gsl_rng *exploration;
    uint64_t decisions; /* made while exploring */
};

/** @return DVFO_BAD_INPUT when a number of `def` is out of range */
dvfo_status dvfo_q_learner_create(struct dvfo_ctx *ctx, const struct dvfo_q_learner_def *def,
                                  struct dvfo_q_learner **out);
void dvfo_q_learner_free(struct dvfo_q_learner *learner);

/** Choose for the first `count` environments, the best as far as is known.
 *  @param observation  (count, I)
 *  @param action       (count, D) choices, each from 0 */
void dvfo_q_learner_act(struct dvfo_q_learner *learner, long count, const float *observation, int *action);

/** The same, exploring. @param spared  (count) see dvfo_transition */
void dvfo_q_learner_explore(struct dvfo_q_learner *learner, long count, const float *observation, int *action,
                            unsigned *spared);

/** How often a branch's choice is random by now. */
double dvfo_q_learner_epsilon(const struct dvfo_q_learner *learner);

/** Discount of what comes after a transition that took so long. */
float dvfo_q_learner_discount(const struct dvfo_q_learner *learner, double elapsed_s);

/** Take in a step of one environment; everything is copied. */
void dvfo_q_learner_remember(struct dvfo_q_learner *learner, long environment,
                             const struct dvfo_transition *transition);

/** Are there enough transitions to learn from? */
bool dvfo_q_learner_is_ready(const struct dvfo_q_learner *learner);

/** Learn from a batch of what is remembered; only when ready.
 *  @return DVFO_FAILED when learning diverged; see dvfo_double_q_update */
dvfo_status dvfo_q_learner_update(struct dvfo_ctx *ctx, struct dvfo_q_learner *learner,
                                  struct dvfo_double_q_report *report);

#endif
