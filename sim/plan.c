#include "sim/plan.h"

#include <math.h>

#include "traces/trace.h"

/* Energy and time add up along a request's life at settled clocks. */
struct tally {
    const struct dvfo_power *power;
    double idle_w;            /* all rails at u = 0 */
    double busy_w[DVFO_DOMAINS];
    double busy_j;
};

static struct tally tally_at(struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS])
{
    struct tally tally = {.power = dvfo_scenario_power(scenario, level)};
    for (size_t r = 0; r < tally.power->rail_count; r++) {
        tally.idle_w += tally.power->idle_w[r];
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            tally.busy_w[d] += tally.power->busy_w[r][d];
        }
    }
    return tally;
}

/* Charge a piece of work; returns its time. */
static double run(struct tally *tally, struct dvfo_work work)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        tally->busy_j += tally->busy_w[d] * work.busy.s[d];
    }
    return work.time_s;
}

static double send_time_s(const struct dvfo_plan_link *link, double begin_s, double bytes)
{
    const double bits = 8.0 * bytes;
    return link->trace != NULL ? dvfo_trace_send_time_s(link->trace, link->start_s + begin_s, bits)
                               : bits / link->rate_bps; /* Eq. (6) */
}

/* What the device does before it can send. */
static double before_sending(struct dvfo_scenario *scenario, const struct dvfo_decision *decision, struct tally *tally)
{
    const int *level = decision->level;
    double time_s = 0.0;
    if (decision->place == DVFO_PLACE_SPLIT) {
        time_s += run(tally, dvfo_scenario_work(scenario, DVFO_STAGE_HEAD, 0, level));
        time_s += run(tally, dvfo_scenario_work(scenario, DVFO_STAGE_ATTENTION, 0, level));
    } else if (decision->place == DVFO_PLACE_LAYER) {
        time_s += run(tally, dvfo_scenario_work(scenario, DVFO_STAGE_PREFIX, decision->cut, level));
    }
    const double cycles = dvfo_scenario_prepare_cycles(scenario, decision);
    return time_s + run(tally, dvfo_scenario_cpu_work(scenario, cycles, level));
}

/* What the device runs when the remote answer didn't come in time. */
static struct dvfo_work local_rest(struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    switch (decision->place) {
    case DVFO_PLACE_SPLIT:
        return dvfo_scenario_work(scenario, DVFO_STAGE_TAIL, 0, decision->level);
    case DVFO_PLACE_LAYER:
        return dvfo_scenario_work(scenario, DVFO_STAGE_SUFFIX, decision->cut, decision->level);
    case DVFO_PLACE_CLOUD:
    case DVFO_PLACE_EDGE:
    case DVFO_PLACE_COUNT:
        break;
    }
    return dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, decision->level);
}

static struct dvfo_plan finish(const struct dvfo_scenario *scenario, const struct tally *tally, double latency_s,
                               double radio_j, double send_s, bool timed_out)
{
    const double energy_j = tally->idle_w * latency_s + tally->busy_j + radio_j; /* Eq. (3) */
    return (struct dvfo_plan){.latency_s = latency_s,
                              .energy_j = energy_j,
                              .cost_j = dvfo_scenario_cost_j(scenario, energy_j, latency_s),
                              .send_s = send_s,
                              .timed_out = timed_out};
}

struct dvfo_plan dvfo_plan_request(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                                   const struct dvfo_plan_link *link)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(scenario);
    struct tally tally = tally_at(scenario, decision->level);
    if (decision->place == DVFO_PLACE_EDGE) {
        const double time_s = run(&tally, dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, decision->level));
        return finish(scenario, &tally, time_s, 0.0, 0.0, false);
    }
    const double ready_s = before_sending(scenario, decision, &tally);
    const bool has_tail = decision->place == DVFO_PLACE_SPLIT && decision->share_tenths < DVFO_SHARES - 1;
    const double tail_s =
        has_tail ? run(&tally, dvfo_scenario_work(scenario, DVFO_STAGE_TAIL, decision->share_tenths, decision->level))
                 : 0.0;
    const double local_s = ready_s + tail_s;
    const double begin_s = def->composition == DVFO_SERIAL ? local_s : ready_s;
    const double send_s = send_time_s(link, begin_s, dvfo_scenario_payload_byte(scenario, decision));
    const double answer_s = def->rtt_s + dvfo_scenario_cloud_s(scenario, decision);
    const struct dvfo_radio *radio = &def->board->radio;
    if (send_s + answer_s > def->timeout_s) {
        const double sending_s = fmin(send_s, def->timeout_s);
        const double radio_j =
            radio->send_w.value * sending_s + radio->wait_w.value * (def->timeout_s - sending_s);
        const double rest_s = run(&tally, local_rest(scenario, decision));
        return finish(scenario, &tally, fmax(local_s, begin_s + def->timeout_s) + rest_s, radio_j, sending_s, true);
    }
    const double radio_j = radio->send_w.value * send_s + radio->wait_w.value * answer_s;
    const double fuse_s =
        run(&tally, dvfo_scenario_cpu_work(scenario, dvfo_scenario_fuse_cycles(scenario, decision), decision->level));
    const double joined_s = fmax(local_s, begin_s + send_s + answer_s); /* both branches, Eq. (8) */
    return finish(scenario, &tally, joined_s + fuse_s, radio_j, send_s, false);
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
