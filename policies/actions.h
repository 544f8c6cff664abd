/* Actions: what may be decided for a request, with its cost cut where the link comes in.
 *
 * EDGE costs the same for every request, so its best clocks are found once. Of all others, those that could not beat it
 * if the link always ran at its highest rate are dropped at once. What is left stands by placement and begin of
 * sending, in buckets: a transfer that begins no later ends no later, so one question to the link bounds the end of all
 * transfers of a bucket, and a few multiplications bound an action's cost from below. Who searches plans only those in
 * full whose bound reaches the best found. */
#ifndef DVFO_ACTIONS_H
#define DVFO_ACTIONS_H

#include "policies/common.h"
#include "policies/placements.h"
#include "sim/plan.h"

/* Bounds and plans add the same terms in another order: far above rounding, far below a difference. */
#define DVFO_ACTIONS_SLACK 1e-9

/* Of sim/plan.c. While the answer is in time, cost = fixed_j + wait_w * max(local_s, sent_s + answer_s) + radio_w *
 * (sent_s - begin_s), sent_s the end of sending. */
struct dvfo_action {
    double begin_s;       /* from the start of the request until sending begins */
    double local_s;       /* until the device's own part is done */
    double fixed_j;       /* cost of busy work, of awaiting the answer, and of the time after the join */
    double wait_w;        /* cost of each second of latency */
    double timeout_j;     /* at least this much when the answer doesn't come in time */
    double least_fixed_j; /* fixed_j, or less where giving up would cost less than the formula above */
    int placement;
    int order; /* in the plain double loop over placements and clocks: of equal actions the first wins */
    int level[DVFO_DOMAINS];
};

/* Actions of one placement that begin to send at about the same time. */
struct dvfo_action_bucket {
    size_t first, end;
    double begin_s; /* the earliest of them */
    double bits, answer_s, least_send_s;
    double most_send_s; /* sending for longer ends in a timeout */
};

struct dvfo_actions {
    struct dvfo_scenario *scenario; /* borrowed */
    struct dvfo_placements placements;
    double radio_w;             /* cost of each second of sending */
    struct dvfo_decision edge;  /* best action without the link ... */
    struct dvfo_plan edge_plan; /* ... which is the same for every request */
    size_t count, bucket_count;
    struct dvfo_action *at;            /* (count) by placement, then by begin_s; owned */
    struct dvfo_action_bucket *bucket; /* (bucket_count) owned */
};

/** @param clocks    entries to choose from
 *  @param kinds     placements besides EDGE, DVFO_WITH_...
 *  @param most_bps  the link is never faster; INFINITY: nothing is known of it
 *  @param out       zeroed on failure; free with dvfo_actions_free
 *  Cost: O(clocks x placements), schedules included. */
dvfo_status dvfo_actions_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                                const struct dvfo_level_choice *clocks, int kinds, double most_bps,
                                struct dvfo_actions *out);
void dvfo_actions_free(struct dvfo_actions *actions);

/** Action i as a decision. */
struct dvfo_decision dvfo_actions_decision(const struct dvfo_actions *actions, size_t i);

/** No cost of the action can be lower when sending ends at `sent_s` or later. */
static inline double dvfo_action_bound_j(const struct dvfo_action *action, double sent_s, double answer_s,
                                         double radio_w)
{
    const double latency_s = action->local_s > sent_s + answer_s ? action->local_s : sent_s + answer_s;
    const double in_time_j = action->fixed_j + action->wait_w * latency_s + radio_w * (sent_s - action->begin_s);
    return in_time_j < action->timeout_j ? in_time_j : action->timeout_j;
}

/** No mean of its costs over several links can be lower: in time, costs are convex in the end of sending, so their mean
 *  is at least the cost of the mean end. Giving up counts as an end after most_send_s.
 *  @param sent_s  mean of ends of sending that no link undercuts, each at most begin_s + most_send_s of the bucket */
static inline double dvfo_action_mean_bound_j(const struct dvfo_action *action, double sent_s,
                                              const struct dvfo_action_bucket *bucket, double radio_w)
{
    const double least_s = bucket->least_send_s < bucket->most_send_s ? bucket->least_send_s : bucket->most_send_s;
    const double end_s = sent_s > action->begin_s + least_s ? sent_s : action->begin_s + least_s;
    const double latency_s = action->local_s > end_s + bucket->answer_s ? action->local_s : end_s + bucket->answer_s;
    return action->least_fixed_j + action->wait_w * latency_s + radio_w * (end_s - action->begin_s);
}

#endif
