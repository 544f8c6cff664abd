#include "policies/search.h"

#include <math.h>

#include "sim/base/units.h"
#include "traces/trace.h"

enum { BUCKETS = 16 }; /* of one placement's actions by when they begin to send: as many questions to the trace */

#define SLACK                                                                                                          \
    1e-9 /* bounds and plans add the same terms in another order: far above rounding, far below a difference */

/* An action and what its cost is made of, sim/plan.c cut where the trace comes in. While the answer is in time,
 * cost = fixed_j + wait_w * max(local_s, sent_s + answer_s) + radio_w * (sent_s - begin_s), sent_s the end of sending.
 */
struct action {
    double begin_s;   /* from the start of the request until sending begins */
    double local_s;   /* until the device's own part is done */
    double fixed_j;   /* cost of busy work, of awaiting the answer, and of the time after the join */
    double wait_w;    /* cost of each second of latency */
    double timeout_j; /* at least this much when the answer doesn't come in time */
    int placement;
    int order; /* in the plain double loop: of equal actions the first wins */
    int level[DVFO_DOMAINS];
};

/* Actions of one placement that begin to send at about the same time. */
struct bucket {
    size_t first, end;
    double begin_s; /* the earliest of them */
    double bits, answer_s, least_send_s;
};

struct dvfo_search {
    struct dvfo_scenario *scenario;
    const struct dvfo_trace *trace;
    struct dvfo_placements placements;
    double radio_w;             /* cost of each second of sending */
    double most_bps;            /* highest rate of the trace */
    struct dvfo_decision edge;  /* best action without the link ... */
    struct dvfo_plan edge_plan; /* ... which is the same for every request */
    size_t action_count, bucket_count;
    struct action *action; /* (action_count) by placement, then by begin_s; owned */
    double *bound_j;       /* (action_count) scratch of one search; owned */
    struct bucket *bucket; /* (bucket_count) owned */
};

/* --- placements --- */

dvfo_status dvfo_placements_create(struct dvfo_ctx *ctx, const struct dvfo_scenario *scenario, int kinds,
                                   struct dvfo_placements *out)
{
    const int cuts = (int)dvfo_scenario_def_of(scenario)->network->cut_count;
    *out = (struct dvfo_placements){.at = calloc((size_t)(DVFO_SHARES + cuts + 1), sizeof *out->at)};
    if (out->at == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    out->count = 1; /* zeroed: EDGE */
    for (int share = 1; (kinds & DVFO_WITH_SHARES) != 0 && share < DVFO_SHARES; share++) {
        out->at[out->count++] = (struct dvfo_decision){.place = DVFO_PLACE_SPLIT, .share_tenths = share};
    }
    for (int cut = 0; (kinds & DVFO_WITH_CUTS) != 0 && cut < cuts; cut++) {
        out->at[out->count++] = (struct dvfo_decision){.place = DVFO_PLACE_LAYER, .cut = cut};
    }
    if ((kinds & DVFO_WITH_CLOUD) != 0) {
        out->at[out->count++] = (struct dvfo_decision){.place = DVFO_PLACE_CLOUD};
    }
    return DVFO_OK;
}

void dvfo_placements_free(struct dvfo_placements *placements)
{
    free(placements->at);
    *placements = (struct dvfo_placements){0};
}

/* --- actions, made once --- */

static struct action action_of(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                               const struct dvfo_plan_parts *parts)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(scenario);
    const double send_w = def->board->radio.send_w.value, await_w = def->board->radio.wait_w.value;
    const double wait_w = dvfo_scenario_cost_j(scenario, parts->idle_w, 1.0);
    const double in_time_j = parts->busy_j + parts->fuse_j + await_w * parts->answer_s;
    const double too_late_j = parts->busy_j + parts->rest_j + fmin(send_w, await_w) * def->timeout_s;
    struct action action = {
        .begin_s = parts->begin_s,
        .local_s = parts->local_s,
        .fixed_j = dvfo_scenario_cost_j(scenario, in_time_j, 0.0) + wait_w * parts->fuse_s,
        .wait_w = wait_w,
        .timeout_j = dvfo_scenario_cost_j(scenario, too_late_j, 0.0) +
                     wait_w * (fmax(parts->local_s, parts->begin_s + def->timeout_s) + parts->rest_s),
    };
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        action.level[d] = decision->level[d];
    }
    return action;
}

/* No cost of the action can be lower when sending ends at `sent_s` or later. */
static double bound_j(const struct action *action, double sent_s, double answer_s, double radio_w)
{
    const double in_time_j = action->fixed_j + action->wait_w * fmax(action->local_s, sent_s + answer_s) +
                             radio_w * (sent_s - action->begin_s);
    return fmin(in_time_j, action->timeout_j);
}

static double highest_rate_bps(const struct dvfo_trace *trace)
{
    double most_bps = 0.0;
    for (size_t i = 0; i < trace->n; i++) {
        most_bps = fmax(most_bps, trace->rate_bps[i]);
    }
    return most_bps;
}

static int by_begin(const void *a, const void *b)
{
    const struct action *x = a, *y = b;
    if (x->begin_s != y->begin_s) {
        return x->begin_s < y->begin_s ? -1 : 1;
    }
    return x->order - y->order;
}

/* Actions of one placement that might ever beat the device alone, appended and put into buckets. */
static void append_placement(struct dvfo_search *search, const struct dvfo_level_choice *clocks, int placement)
{
    struct dvfo_decision decision = search->placements.at[placement];
    const double bits = DVFO_BITS_PER_BYTE * dvfo_scenario_payload_byte(search->scenario, &decision);
    const double answer_s =
        dvfo_scenario_def_of(search->scenario)->rtt_s + dvfo_scenario_cloud_s(search->scenario, &decision);
    const double least_send_s = bits / search->most_bps;
    const int *count = clocks->count;
    const int combinations = count[DVFO_CPU] * count[DVFO_GPU] * count[DVFO_MEM];
    const size_t first = search->action_count;
    for (int i = 0; i < combinations; i++) {
        decision.level[DVFO_CPU] = clocks->level[DVFO_CPU][i / (count[DVFO_GPU] * count[DVFO_MEM])];
        decision.level[DVFO_GPU] = clocks->level[DVFO_GPU][i / count[DVFO_MEM] % count[DVFO_GPU]];
        decision.level[DVFO_MEM] = clocks->level[DVFO_MEM][i % count[DVFO_MEM]];
        const struct dvfo_plan_parts parts = dvfo_plan_parts_of(search->scenario, &decision);
        struct action action = action_of(search->scenario, &decision, &parts);
        action.placement = placement;
        action.order = placement * combinations + i;
        const double least_j = bound_j(&action, action.begin_s + least_send_s, answer_s, search->radio_w);
        if (least_j <= search->edge_plan.cost_j * (1.0 + SLACK)) {
            search->action[search->action_count++] = action;
        }
    }
    const size_t n = search->action_count - first;
    qsort(search->action + first, n, sizeof *search->action, by_begin);
    for (size_t b = 0; b < BUCKETS && n > 0; b++) {
        const size_t from = first + n * b / BUCKETS, end = first + n * (b + 1) / BUCKETS;
        if (from < end) {
            search->bucket[search->bucket_count++] =
                (struct bucket){from, end, search->action[from].begin_s, bits, answer_s, least_send_s};
        }
    }
}

static dvfo_status create(struct dvfo_ctx *ctx, struct dvfo_search *search, const struct dvfo_level_choice *clocks,
                          int kinds)
{
    DVFO_TRY(dvfo_placements_create(ctx, search->scenario, kinds, &search->placements));
    const size_t placements = (size_t)search->placements.count;
    const size_t combinations =
        (size_t)clocks->count[DVFO_CPU] * (size_t)clocks->count[DVFO_GPU] * (size_t)clocks->count[DVFO_MEM];
    search->action = calloc(placements * combinations, sizeof *search->action);
    search->bound_j = calloc(placements * combinations, sizeof *search->bound_j);
    search->bucket = calloc(placements * BUCKETS, sizeof *search->bucket);
    if (search->action == NULL || search->bound_j == NULL || search->bucket == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const int *const level[DVFO_DOMAINS] = {clocks->level[DVFO_CPU], clocks->level[DVFO_GPU], clocks->level[DVFO_MEM]};
    const struct dvfo_plan_link unused = {.rate_bps = 1.0};
    search->edge_plan = dvfo_plan_best_clocks(search->scenario, &search->edge, level, clocks->count, &unused);
    for (int p = 1; p < search->placements.count; p++) {
        append_placement(search, clocks, p);
    }
    return DVFO_OK;
}

dvfo_status dvfo_search_create(struct dvfo_ctx *ctx, struct dvfo_scenario *scenario,
                               const struct dvfo_level_choice *clocks, int kinds, const struct dvfo_trace *trace,
                               struct dvfo_search **out)
{
    *out = NULL;
    struct dvfo_search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    search->scenario = scenario;
    search->trace = trace;
    search->radio_w = dvfo_scenario_cost_j(scenario, dvfo_scenario_def_of(scenario)->board->radio.send_w.value, 0.0);
    search->most_bps = highest_rate_bps(trace);
    const dvfo_status status = create(ctx, search, clocks, kinds);
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
        free(search->bucket);
        free(search->bound_j);
        free(search->action);
        dvfo_placements_free(&search->placements);
        free(search);
    }
}

/* --- one search --- */

/* The best action so far. */
struct leader {
    struct dvfo_plan plan;
    struct dvfo_decision decision;
    int order;
};

/* Fill in the bounds; the index of the most promising action. */
static size_t bound_all(struct dvfo_search *search, double start_s)
{
    size_t promising = 0;
    for (size_t b = 0; b < search->bucket_count; b++) {
        const struct bucket *bucket = &search->bucket[b];
        const double sent_s =
            bucket->begin_s + dvfo_trace_send_time_s(search->trace, start_s + bucket->begin_s, bucket->bits);
        for (size_t i = bucket->first; i < bucket->end; i++) {
            const struct action *action = &search->action[i];
            const double least_sent_s = fmax(sent_s, action->begin_s + bucket->least_send_s);
            search->bound_j[i] = bound_j(action, least_sent_s, bucket->answer_s, search->radio_w);
            promising = search->bound_j[i] < search->bound_j[promising] ? i : promising;
        }
    }
    return promising;
}

static void consider(struct dvfo_search *search, size_t i, double start_s, struct leader *leader)
{
    const struct action *action = &search->action[i];
    struct dvfo_decision decision = search->placements.at[action->placement];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        decision.level[d] = action->level[d];
    }
    const struct dvfo_plan_link link = {.trace = search->trace, .start_s = start_s};
    const struct dvfo_plan plan = dvfo_plan_request(search->scenario, &decision, &link);
    if (plan.cost_j < leader->plan.cost_j || (plan.cost_j == leader->plan.cost_j && action->order < leader->order)) {
        *leader = (struct leader){plan, decision, action->order};
    }
}

struct dvfo_plan dvfo_search_best(struct dvfo_search *search, double start_s, struct dvfo_decision *decision)
{
    struct leader leader = {search->edge_plan, search->edge, -1}; /* EDGE comes before all other placements */
    if (search->action_count > 0) {
        consider(search, bound_all(search, start_s), start_s, &leader);
    }
    for (size_t i = 0; i < search->action_count; i++) {
        if (search->bound_j[i] <= leader.plan.cost_j * (1.0 + SLACK)) {
            consider(search, i, start_s, &leader);
        }
    }
    *decision = leader.decision;
    return leader.plan;
}
