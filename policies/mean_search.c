#include "policies/mean_search.h"

#include <math.h>

#include "policies/actions.h"

struct dvfo_mean_search {
    struct dvfo_actions actions;
    struct dvfo_plan_parts *parts; /* (actions.count) owned */
    double *bound_j;               /* (actions.count) scratch of one search; owned */
};

static dvfo_status create(struct dvfo_ctx *ctx, struct dvfo_mean_search *search, struct dvfo_scenario *scenario,
                          const struct dvfo_level_choice *clocks, int kinds, double most_bps)
{
    DVFO_TRY(dvfo_actions_create(ctx, scenario, clocks, kinds, most_bps, &search->actions));
    const size_t n = search->actions.count;
    search->parts = calloc(n + 1, sizeof *search->parts);
    search->bound_j = calloc(n + 1, sizeof *search->bound_j);
    if (search->parts == NULL || search->bound_j == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < n; i++) {
        const struct dvfo_decision decision = dvfo_actions_decision(&search->actions, i);
        search->parts[i] = dvfo_plan_parts_of(scenario, &decision);
    }
    return DVFO_OK;
}

dvfo_status dvfo_mean_search_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                                    const struct dvfo_level_choice *clocks, int kinds, double most_bps,
                                    struct dvfo_mean_search **out)
{
    *out = NULL;
    struct dvfo_mean_search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = create(ctx, search, scenario, clocks, kinds, most_bps);
    if (status != DVFO_OK) {
        dvfo_mean_search_free(search);
        return status;
    }
    *out = search;
    return DVFO_OK;
}

void dvfo_mean_search_free(struct dvfo_mean_search *search)
{
    if (search != NULL) {
        free(search->bound_j);
        free(search->parts);
        dvfo_actions_free(&search->actions);
        free(search);
    }
}

const struct dvfo_plan *dvfo_mean_search_edge(const struct dvfo_mean_search *search)
{
    return &search->actions.edge_plan;
}

double dvfo_mean_search_latest_begin_s(const struct dvfo_mean_search *search)
{
    double latest_s = 0.0;
    for (size_t i = 0; i < search->actions.count; i++) {
        latest_s = fmax(latest_s, search->actions.at[i].begin_s);
    }
    return latest_s;
}

/* The best action so far. */
struct leader {
    double sum_j;
    struct dvfo_decision decision;
    int order;
};

/* Mean over the links of when a bucket's earliest transfer is through or given up. */
static double mean_end_s(const struct dvfo_action_bucket *bucket, const struct dvfo_links *links)
{
    double sum_s = 0.0;
    for (size_t i = 0; i < links->count; i++) {
        sum_s += fmin(links->send_s(links->user, i, bucket->begin_s, bucket->bits), bucket->most_send_s);
    }
    return bucket->begin_s + sum_s / (double)links->count;
}

/* Fill in the bounds; the index of the most promising action. */
static size_t bound_all(struct dvfo_mean_search *search, const struct dvfo_links *links)
{
    const struct dvfo_actions *actions = &search->actions;
    size_t promising = 0;
    for (size_t b = 0; b < actions->bucket_count; b++) {
        const struct dvfo_action_bucket *bucket = &actions->bucket[b];
        const double end_s = mean_end_s(bucket, links);
        for (size_t i = bucket->first; i < bucket->end; i++) {
            search->bound_j[i] = dvfo_action_mean_bound_j(&actions->at[i], end_s, bucket, actions->radio_w);
            promising = search->bound_j[i] < search->bound_j[promising] ? i : promising;
        }
    }
    return promising;
}

static void consider(const struct dvfo_mean_search *search, size_t i, const struct dvfo_links *links,
                     struct leader *leader)
{
    const struct dvfo_actions *actions = &search->actions;
    const struct dvfo_plan_parts *parts = &search->parts[i];
    const double bits = 8.0 * parts->payload_byte;
    double sum_j = 0.0;
    for (size_t k = 0; k < links->count; k++) {
        const double send_s = links->send_s(links->user, k, parts->begin_s, bits);
        sum_j += dvfo_plan_finish(actions->scenario, parts, send_s).cost_j;
        if (sum_j > leader->sum_j) { /* costs are positive */
            return;
        }
    }
    if (sum_j < leader->sum_j || actions->at[i].order < leader->order) {
        *leader = (struct leader){sum_j, dvfo_actions_decision(actions, i), actions->at[i].order};
    }
}

/* EDGE comes before all other placements; summed as the others are, so that equal costs stay equal. */
static struct leader lead_with_edge(const struct dvfo_actions *actions, size_t count)
{
    struct leader leader = {0.0, actions->edge, -1};
    for (size_t k = 0; k < count; k++) {
        leader.sum_j += actions->edge_plan.cost_j;
    }
    return leader;
}

double dvfo_mean_search_best(struct dvfo_mean_search *search, const struct dvfo_links *links,
                             struct dvfo_decision *decision)
{
    const struct dvfo_actions *actions = &search->actions;
    const double count = (double)links->count;
    struct leader leader = lead_with_edge(actions, links->count);
    if (actions->count > 0) {
        consider(search, bound_all(search, links), links, &leader);
    }
    for (size_t i = 0; i < actions->count; i++) {
        if (search->bound_j[i] * count <= leader.sum_j * (1.0 + DVFO_ACTIONS_SLACK)) {
            consider(search, i, links, &leader);
        }
    }
    *decision = leader.decision;
    return leader.sum_j / count;
}
