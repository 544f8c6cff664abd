#include "policies/actions.h"

#include <math.h>

#include "sim/base/units.h"

enum { BUCKETS = 16 }; /* of one placement's actions by when they begin to send */

/* What giving up costs at least: sending has then taken as long as the answer allows, or longer. */
static double least_timeout_j(const struct dvfo_scenario *scenario, const struct dvfo_plan_parts *parts,
                              double most_send_s)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(scenario);
    const double send_w = def->board->radio.send_w.value, await_w = def->board->radio.wait_w.value;
    const double radio_j = send_w * most_send_s + fmin(send_w, await_w) * (def->timeout_s - most_send_s);
    const double latency_s = fmax(parts->local_s, parts->begin_s + def->timeout_s) + parts->rest_s;
    return dvfo_scenario_cost_j(scenario, parts->busy_j + parts->rest_j + radio_j, 0.0) +
           dvfo_scenario_cost_j(scenario, parts->idle_w, 1.0) * latency_s;
}

static struct dvfo_action action_of(const struct dvfo_actions *actions, const struct dvfo_decision *decision,
                                    const struct dvfo_plan_parts *parts)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(actions->scenario);
    const double most_send_s = fmax(def->timeout_s - parts->answer_s, 0.0);
    const double wait_w = dvfo_scenario_cost_j(actions->scenario, parts->idle_w, 1.0);
    const double in_time_j = parts->busy_j + parts->fuse_j + def->board->radio.wait_w.value * parts->answer_s;
    struct dvfo_action action = {
        .begin_s = parts->begin_s,
        .local_s = parts->local_s,
        .fixed_j = dvfo_scenario_cost_j(actions->scenario, in_time_j, 0.0) + wait_w * parts->fuse_s,
        .wait_w = wait_w,
        .timeout_j = least_timeout_j(actions->scenario, parts, most_send_s),
    };
    const double given_up_s = fmax(parts->local_s, parts->begin_s + most_send_s + parts->answer_s);
    action.least_fixed_j =
        fmin(action.fixed_j, action.timeout_j - wait_w * given_up_s - actions->radio_w * most_send_s);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        action.level[d] = decision->level[d];
    }
    return action;
}

static int by_begin(const void *a, const void *b)
{
    const struct dvfo_action *x = a, *y = b;
    if (x->begin_s != y->begin_s) {
        return x->begin_s < y->begin_s ? -1 : 1;
    }
    return x->order - y->order;
}

static void put_into_buckets(struct dvfo_actions *actions, size_t first, const struct dvfo_action_bucket *like)
{
    const size_t n = actions->count - first;
    qsort(actions->at + first, n, sizeof *actions->at, by_begin);
    for (size_t b = 0; b < BUCKETS && n > 0; b++) {
        const size_t from = first + n * b / BUCKETS, end = first + n * (b + 1) / BUCKETS;
        if (from < end) {
            struct dvfo_action_bucket *bucket = &actions->bucket[actions->bucket_count++];
            *bucket = *like;
            bucket->first = from;
            bucket->end = end;
            bucket->begin_s = actions->at[from].begin_s;
        }
    }
}

/* Actions of one placement that might ever beat the device alone, appended and put into buckets. */
static void append_placement(struct dvfo_actions *actions, const struct dvfo_level_choice *clocks, int placement,
                             double most_bps)
{
    struct dvfo_decision decision = actions->placements.at[placement];
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(actions->scenario);
    const double bits = DVFO_BITS_PER_BYTE * dvfo_scenario_payload_byte(actions->scenario, &decision);
    const double answer_s = def->rtt_s + dvfo_scenario_cloud_s(actions->scenario, &decision);
    const struct dvfo_action_bucket bucket = {
        .bits = bits,
        .answer_s = answer_s,
        .least_send_s = bits / most_bps,
        .most_send_s = fmax(def->timeout_s - answer_s, 0.0),
    };
    const int *count = clocks->count;
    const int combinations = count[DVFO_CPU] * count[DVFO_GPU] * count[DVFO_MEM];
    const size_t first = actions->count;
    for (int i = 0; i < combinations; i++) {
        decision.level[DVFO_CPU] = clocks->level[DVFO_CPU][i / (count[DVFO_GPU] * count[DVFO_MEM])];
        decision.level[DVFO_GPU] = clocks->level[DVFO_GPU][i / count[DVFO_MEM] % count[DVFO_GPU]];
        decision.level[DVFO_MEM] = clocks->level[DVFO_MEM][i % count[DVFO_MEM]];
        const struct dvfo_plan_parts parts = dvfo_plan_parts_of(actions->scenario, &decision);
        struct dvfo_action action = action_of(actions, &decision, &parts);
        action.placement = placement;
        action.order = placement * combinations + i;
        const double least_j =
            dvfo_action_bound_j(&action, action.begin_s + bucket.least_send_s, answer_s, actions->radio_w);
        if (least_j <= actions->edge_plan.cost_j * (1.0 + DVFO_ACTIONS_SLACK)) {
            actions->at[actions->count++] = action;
        }
    }
    put_into_buckets(actions, first, &bucket);
}

static dvfo_status create(struct dvfo_ctx *ctx, struct dvfo_actions *actions, const struct dvfo_level_choice *clocks,
                          int kinds, double most_bps)
{
    DVFO_TRY(dvfo_placements_create(ctx, actions->scenario, kinds, &actions->placements));
    const size_t placements = (size_t)actions->placements.count;
    const size_t combinations =
        (size_t)clocks->count[DVFO_CPU] * (size_t)clocks->count[DVFO_GPU] * (size_t)clocks->count[DVFO_MEM];
    actions->at = calloc(placements * combinations, sizeof *actions->at);
    actions->bucket = calloc(placements * BUCKETS, sizeof *actions->bucket);
    if (actions->at == NULL || actions->bucket == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const int *const level[DVFO_DOMAINS] = {clocks->level[DVFO_CPU], clocks->level[DVFO_GPU], clocks->level[DVFO_MEM]};
    const struct dvfo_plan_link unused = {.rate_bps = 1.0};
    actions->edge_plan = dvfo_plan_best_clocks(actions->scenario, &actions->edge, level, clocks->count, &unused);
    for (int p = 1; p < actions->placements.count; p++) {
        append_placement(actions, clocks, p, most_bps);
    }
    return DVFO_OK;
}

dvfo_status dvfo_actions_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                                const struct dvfo_level_choice *clocks, int kinds, double most_bps,
                                struct dvfo_actions *out)
{
    *out = (struct dvfo_actions){
        .scenario = scenario,
        .radio_w = dvfo_scenario_cost_j(scenario, dvfo_scenario_def_of(scenario)->board->radio.send_w.value, 0.0),
    };
    const dvfo_status status = create(ctx, out, clocks, kinds, most_bps);
    if (status != DVFO_OK) {
        dvfo_actions_free(out);
    }
    return status;
}

void dvfo_actions_free(struct dvfo_actions *actions)
{
    free(actions->bucket);
    free(actions->at);
    dvfo_placements_free(&actions->placements);
    *actions = (struct dvfo_actions){0};
}

struct dvfo_decision dvfo_actions_decision(const struct dvfo_actions *actions, size_t i)
{
    struct dvfo_decision decision = actions->placements.at[actions->at[i].placement];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        decision.level[d] = actions->at[i].level[d];
    }
    return decision;
}
