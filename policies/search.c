#include "policies/search.h"

#include <math.h>

#include "policies/actions.h"
#include "traces/trace.h"

struct dvfo_search {
    const struct dvfo_trace *trace;
    struct dvfo_actions actions;
    double *bound_j; /* (actions.count) scratch of one search; owned */
};

dvfo_status dvfo_search_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                               const struct dvfo_level_choice *clocks, int kinds, const struct dvfo_trace *trace,
                               struct dvfo_search **out)
{
    *out = NULL;
    struct dvfo_search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    search->trace = trace;
    dvfo_status status =
        dvfo_actions_create(ctx, scenario, clocks, kinds, dvfo_trace_highest_bps(trace), &search->actions);
    if (status == DVFO_OK) {
        search->bound_j = calloc(search->actions.count + 1, sizeof *search->bound_j);
        status = search->bound_j == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
    }
    if (status != DVFO_OK) {
        dvfo_search_free(search);
        return status;
    }
    *out = search;
    return DVFO_OK;
}

void dvfo_search_free(struct dvfo_search *search)
{
    if (search != NULL) {
        free(search->bound_j);
        dvfo_actions_free(&search->actions);
        free(search);
    }
}

/* The best action so far. */
struct leader {
    struct dvfo_plan plan;
    struct dvfo_decision decision;
    int order;
};

/* Fill in the bounds; the index of the most promising action. */
static size_t bound_all(struct dvfo_search *search, double start_s)
{
    const struct dvfo_actions *actions = &search->actions;
    size_t promising = 0;
    for (size_t b = 0; b < actions->bucket_count; b++) {
        const struct dvfo_action_bucket *bucket = &actions->bucket[b];
        const double sent_s =
            bucket->begin_s + dvfo_trace_send_time_s(search->trace, start_s + bucket->begin_s, bucket->bits);
        for (size_t i = bucket->first; i < bucket->end; i++) {
            const struct dvfo_action *action = &actions->at[i];
            const double least_sent_s = fmax(sent_s, action->begin_s + bucket->least_send_s);
            search->bound_j[i] = dvfo_action_bound_j(action, least_sent_s, bucket->answer_s, actions->radio_w);
            promising = search->bound_j[i] < search->bound_j[promising] ? i : promising;
        }
    }
    return promising;
}

static void consider(struct dvfo_search *search, size_t i, double start_s, struct leader *leader)
{
    const int order = search->actions.at[i].order;
    const struct dvfo_decision decision = dvfo_actions_decision(&search->actions, i);
    const struct dvfo_plan_link link = {.trace = search->trace, .start_s = start_s};
    const struct dvfo_plan plan = dvfo_plan_request(search->actions.scenario, &decision, &link);
    if (plan.cost_j < leader->plan.cost_j || (plan.cost_j == leader->plan.cost_j && order < leader->order)) {
        *leader = (struct leader){plan, decision, order};
    }
}

struct dvfo_plan dvfo_search_best(struct dvfo_search *search, double start_s, struct dvfo_decision *decision)
{
    const struct dvfo_actions *actions = &search->actions;
    struct leader leader = {actions->edge_plan, actions->edge, -1}; /* EDGE comes before all other placements */
    if (actions->count > 0) {
        consider(search, bound_all(search, start_s), start_s, &leader);
    }
    for (size_t i = 0; i < actions->count; i++) {
        if (search->bound_j[i] <= leader.plan.cost_j * (1.0 + DVFO_ACTIONS_SLACK)) {
            consider(search, i, start_s, &leader);
        }
    }
    *decision = leader.decision;
    return leader.plan;
}
