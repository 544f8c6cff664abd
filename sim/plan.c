#include "sim/plan.h"

#include <math.h>

#include "traces/trace.h"

/* Watts that busyness adds, by domain, over all rails. */
struct busy_power {
    double w[DVFO_DOMAINS];
};

static struct busy_power busy_power_of(const struct dvfo_power *power)
{
    struct busy_power sum = {{0.0}};
    for (size_t r = 0; r < power->rail_count; r++) {
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            sum.w[d] += power->busy_w[r][d];
        }
    }
    return sum;
}

static double idle_power_w(const struct dvfo_power *power)
{
    double sum_w = 0.0;
    for (size_t r = 0; r < power->rail_count; r++) {
        sum_w += power->idle_w[r];
    }
    return sum_w;
}

/* Add a piece of work to a time and an energy. */
static void add(const struct busy_power *power, struct dvfo_work work, double *time_s, double *busy_j)
{
    *time_s += work.time_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        *busy_j += power->w[d] * work.busy.s[d]; /* Eq. (2), integrated */
    }
}

/* What the device does before it can send. */
static void add_head(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                     const struct busy_power *power, struct dvfo_plan_parts *parts)
{
    const int *level = decision->level;
    if (decision->place == DVFO_PLACE_SPLIT) {
        add(power, dvfo_scenario_work(scenario, DVFO_STAGE_HEAD, 0, level), &parts->local_s, &parts->busy_j);
        add(power, dvfo_scenario_work(scenario, DVFO_STAGE_ATTENTION, 0, level), &parts->local_s, &parts->busy_j);
    } else if (decision->place == DVFO_PLACE_LAYER) {
        add(power, dvfo_scenario_work(scenario, DVFO_STAGE_PREFIX, decision->cut, level), &parts->local_s,
            &parts->busy_j);
    } else if (decision->place == DVFO_PLACE_APPEAL) {
        add(power, dvfo_scenario_work(scenario, DVFO_STAGE_LITTLE, 0, level), &parts->local_s, &parts->busy_j);
    }
    const double cycles = dvfo_scenario_prepare_cycles(scenario, decision);
    add(power, dvfo_scenario_cpu_work(scenario, cycles, level), &parts->local_s, &parts->busy_j);
}

static bool sends(const struct dvfo_decision *decision)
{
    return decision->place != DVFO_PLACE_EDGE && (decision->place != DVFO_PLACE_APPEAL || decision->appeal_below > 0.0);
}

/* All that the device runs when nothing is sent. */
static struct dvfo_work whole_work(struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const dvfo_stage stage = decision->place == DVFO_PLACE_APPEAL ? DVFO_STAGE_LITTLE : DVFO_STAGE_FULL;
    return dvfo_scenario_work(scenario, stage, 0, decision->level);
}

/* What the device runs when the remote answer didn't come in time. */
static struct dvfo_work rest_work(struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    switch (decision->place) {
    case DVFO_PLACE_SPLIT:
        return dvfo_scenario_work(scenario, DVFO_STAGE_TAIL, 0, decision->level);
    case DVFO_PLACE_LAYER:
        return dvfo_scenario_work(scenario, DVFO_STAGE_SUFFIX, decision->cut, decision->level);
    case DVFO_PLACE_APPEAL: /* the little network's answer is there */
        return (struct dvfo_work){0};
    case DVFO_PLACE_CLOUD:
    case DVFO_PLACE_EDGE:
    case DVFO_PLACE_COUNT:
        break;
    }
    return dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, decision->level);
}

struct dvfo_plan_parts dvfo_plan_parts_of(struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(scenario);
    const struct dvfo_power *rails = dvfo_scenario_power(scenario, decision->level);
    const struct busy_power power = busy_power_of(rails);
    struct dvfo_plan_parts parts = {.sends = sends(decision), .idle_w = idle_power_w(rails)};
    if (!parts.sends) {
        add(&power, whole_work(scenario, decision), &parts.local_s, &parts.busy_j);
        return parts;
    }
    add_head(scenario, decision, &power, &parts);
    parts.begin_s = parts.local_s;
    if (decision->place == DVFO_PLACE_SPLIT && decision->share_tenths < DVFO_SHARES - 1) {
        add(&power, dvfo_scenario_work(scenario, DVFO_STAGE_TAIL, decision->share_tenths, decision->level),
            &parts.local_s, &parts.busy_j);
    }
    if (def->composition == DVFO_SERIAL) {
        parts.begin_s = parts.local_s;
    }
    parts.payload_byte = dvfo_scenario_payload_byte(scenario, decision);
    parts.answer_s = def->rtt_s + dvfo_scenario_cloud_s(scenario, decision);
    add(&power, dvfo_scenario_cpu_work(scenario, dvfo_scenario_fuse_cycles(scenario, decision), decision->level),
        &parts.fuse_s, &parts.fuse_j);
    add(&power, rest_work(scenario, decision), &parts.rest_s, &parts.rest_j);
    return parts;
}

struct dvfo_plan dvfo_plan_finish(const struct dvfo_scenario *scenario, const struct dvfo_plan_parts *parts,
                                  double send_s)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(scenario);
    const double send_w = def->board->radio.send_w.value, wait_w = def->board->radio.wait_w.value;
    struct dvfo_plan plan = {.latency_s = parts->local_s};
    double extra_j = parts->busy_j;
    if (parts->sends && send_s + parts->answer_s > def->timeout_s) {
        plan.timed_out = true;
        plan.send_s = fmin(send_s, def->timeout_s);
        plan.latency_s = fmax(parts->local_s, parts->begin_s + def->timeout_s) + parts->rest_s;
        extra_j += parts->rest_j + send_w * plan.send_s + wait_w * (def->timeout_s - plan.send_s);
    } else if (parts->sends) {
        plan.send_s = send_s;
        plan.latency_s = fmax(parts->local_s, parts->begin_s + send_s + parts->answer_s) +
                         parts->fuse_s; /* both branches, Eq. (8) */
        extra_j += parts->fuse_j + send_w * send_s + wait_w * parts->answer_s;
    }
    plan.energy_j = parts->idle_w * plan.latency_s + extra_j; /* Eq. (3) */
    plan.cost_j = dvfo_scenario_cost_j(scenario, plan.energy_j, plan.latency_s);
    return plan;
}

static struct dvfo_plan plan_outcome(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                                     const struct dvfo_plan_link *link)
{
    const struct dvfo_plan_parts parts = dvfo_plan_parts_of(scenario, decision);
    const double bits = 8.0 * parts.payload_byte;
    const double send_s = !parts.sends ? 0.0
                          : link->trace != NULL
                              ? dvfo_trace_send_time_s(link->trace, link->start_s + parts.begin_s, bits)
                              : bits / link->rate_bps; /* Eq. (6) */
    return dvfo_plan_finish(scenario, &parts, send_s);
}

/* Mean of what happens when the score is high and when it is low, Eq. (9) being linear in both. */
static struct dvfo_plan plan_appeal(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                                    const struct dvfo_plan_link *link)
{
    struct dvfo_decision sure = *decision;
    sure.appeal_below = 0.0;
    const struct dvfo_plan stays = plan_outcome(scenario, &sure, link);
    sure.appeal_below = 1.0;
    const struct dvfo_plan appeals = plan_outcome(scenario, &sure, link);
    const struct dvfo_accuracy_profile *profile = dvfo_scenario_def_of(scenario)->accuracy;
    DVFO_REQUIRE(profile != NULL); /* else there are no scores to compare */
    const double share = dvfo_accuracy_profile_share_below(profile, DVFO_PART_VALIDATION, decision->appeal_below);
    struct dvfo_plan mean = {
        .latency_s = (1.0 - share) * stays.latency_s + share * appeals.latency_s,
        .energy_j = (1.0 - share) * stays.energy_j + share * appeals.energy_j,
        .send_s = share * appeals.send_s,
        .timed_out = appeals.timed_out,
    };
    mean.cost_j = dvfo_scenario_cost_j(scenario, mean.energy_j, mean.latency_s);
    return mean;
}

struct dvfo_plan dvfo_plan_request(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                                   const struct dvfo_plan_link *link)
{
    const bool may_appeal =
        decision->place == DVFO_PLACE_APPEAL && decision->appeal_below > 0.0 && decision->appeal_below < 1.0;
    return may_appeal ? plan_appeal(scenario, decision, link) : plan_outcome(scenario, decision, link);
}

struct dvfo_plan dvfo_plan_best_clocks(struct dvfo_scenario *scenario, struct dvfo_decision *decision,
                                       const int *const level[DVFO_DOMAINS], const int count[DVFO_DOMAINS],
                                       const struct dvfo_plan_link *link)
{
    struct dvfo_plan best = {.cost_j = INFINITY};
    struct dvfo_decision tried = *decision;
    for (int c = 0; c < count[DVFO_CPU]; c++) {
        for (int g = 0; g < count[DVFO_GPU]; g++) {
            for (int m = 0; m < count[DVFO_MEM]; m++) {
                tried.level[DVFO_CPU] = level[DVFO_CPU][c];
                tried.level[DVFO_GPU] = level[DVFO_GPU][g];
                tried.level[DVFO_MEM] = level[DVFO_MEM][m];
                const struct dvfo_plan plan = dvfo_plan_request(scenario, &tried, link);
                if (plan.cost_j < best.cost_j) {
                    best = plan;
                    *decision = tried;
                }
            }
        }
    }
    return best;
}
