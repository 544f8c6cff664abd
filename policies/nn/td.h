/* Temporal differences: what the values should have been, and what it costs that they were not.
 *
 * Letters as in branching.h. */
#ifndef DVFO_TD_H
#define DVFO_TD_H

#include "policies/nn/minibatch.h"
#include "policies/nn/branching.h"

/* X(enumerator, name, what it is) */
#define DVFO_TD_TARGET_LIST(X)                                                                                         \
    X(MEAN, "mean", "one target for all branches, from the mean of their values (Tavakoli et al., best of theirs)")    \
    X(BRANCH, "branch", "a target for each branch, from its own value")

#define DVFO_TD_LOSS_LIST(X)                                                                                           \
    X(HUBER, "huber", "d^2 / 2 up to an error d of 1, |d| - 1/2 beyond")                                               \
    X(SQUARED, "squared", "d^2 / 2")

#define DVFO_TD_TARGET_ENUM(name, text, what) DVFO_TD_TARGET_##name,
typedef enum dvfo_td_target { DVFO_TD_TARGET_LIST(DVFO_TD_TARGET_ENUM) DVFO_TD_TARGET_COUNT } dvfo_td_target;
#undef DVFO_TD_TARGET_ENUM

#define DVFO_TD_LOSS_ENUM(name, text, what) DVFO_TD_LOSS_##name,
typedef enum dvfo_td_loss { DVFO_TD_LOSS_LIST(DVFO_TD_LOSS_ENUM) DVFO_TD_LOSS_COUNT } dvfo_td_loss;
#undef DVFO_TD_LOSS_ENUM

/** y_d = reward + discount Q_d(s', best choice of branch d), or with the mean over branches of that Q.
 *  @param near      exponent of the discount in all branches but the last, >= 1; with targets by branch they look less
 *                   far ahead than the last
 *  @param reward    (B)
 *  @param discount  (B)
 *  @param chooser   (B, A) Q of the states reached, whose best choices count: the learning network's for a double-Q
 *                   target (van Hasselt et al. 2016), the target network's for a plain one
 *  @param valuer    (B, A) Q of the same states that values them: the target network's
 *  @param y         (B, D) */
void dvfo_td_targets(const struct dvfo_branching *net, dvfo_td_target target, double near, long B, const float *reward,
                     const float *discount, const float *chooser, const float *valuer, float *y);

/** Loss: the mean over samples of weight times the mean over branches of loss(Q_d(s, a_d) - y_d), which is 0 for a
 *  branch that the sample spares.
 *  @param q      (B, A) Q of the states left
 *  @param y      (B, D)
 *  @param dq     (B, A) gradient of the loss, 0 where a choice wasn't taken
 *  @param error  (B) sum over branches of |Q_d - y_d|
 *  @return       the loss */
double dvfo_td_loss_of(const struct dvfo_branching *net, dvfo_td_loss loss, const struct dvfo_minibatch *batch,
                       const float *q, const float *y, float *dq, float *error);

#endif
