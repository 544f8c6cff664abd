/* Decisions of a simulation, Eq. (10): what a policy sees, how long it thinks, and when what it decided takes hold.
 *
 * A decision that takes no time holds at once. One that does is made from what was seen when the request was taken up.
 * Blocking, the request waits for it and one CPU core is busy. Concurrent, the request begins under the action in
 * force, the thought takes a CPU core of its own, and what comes out changes the clocks at once, also in the middle of
 * a layer; the placement of the request only while the split isn't reached, else that of the next. There is one thought
 * at a time: a request that is taken up during one gets none of its own. The first request's decision is free: the
 * board is handed over under it. */
#include <math.h>
#include <string.h>

#include "sim/simulation_state.h"

static struct dvfo_observation observe(const struct dvfo_simulation *sim, long request, double trace_s)
{
    const double cpu_hz = dvfo_scenario_clocks(sim->scenario, sim->device.level).hz[DVFO_CPU];
    struct dvfo_observation seen = {
        .time_s = dvfo_simulation_now_s(sim),
        .request = request,
        .acting = sim->acting,
        .decision_s = sim->decision_cycles / cpu_hz,
        .bandwidth_bps = sim->bandwidth_bps,
        .bandwidth_age_s = fmax(trace_s - sim->bandwidth_trace_s, 0.0),
        .transfers = sim->transfers,
        .timeouts = sim->tally.timeouts,
        .in_system = sim->requests.count,
        .last_latency_s = sim->last_latency_s,
        .last_energy_j = sim->last_energy_j,
        .temperature_c = sim->temperature_c,
    };
    memcpy(seen.level, sim->device.level, sizeof seen.level);
    memcpy(seen.asked, sim->asked, sizeof seen.asked);
    memcpy(seen.busy_s, sim->device.busy_s, sizeof seen.busy_s);
    memcpy(seen.importance, sim->importance, sizeof seen.importance);
    return seen;
}

/* On a tick the link's clock is that of the newest request: it will send next. */
struct dvfo_observation dvfo_simulation_observe_tick(const struct dvfo_simulation *sim)
{
    const uint32_t newest = sim->requests.newest;
    const double offset_s = newest != DVFO_NO_REQUEST ? sim->requests.slot[newest].trace_offset_s : 0.0;
    return observe(sim, -1, dvfo_simulation_now_s(sim) + offset_s);
}

struct dvfo_observation dvfo_simulation_observe_undecided(const struct dvfo_simulation *sim)
{
    const struct dvfo_request *request = dvfo_simulation_request(sim, sim->undecided);
    return observe(sim, request->index, dvfo_simulation_now_s(sim) + request->trace_offset_s);
}

static void check_decision(const struct dvfo_simulation *sim, const struct dvfo_decision *decision)
{
    DVFO_REQUIRE(decision->place < DVFO_PLACE_COUNT);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_REQUIRE(decision->level[d] >= 0 && (size_t)decision->level[d] < sim->def->board->clock[d].level_count);
    }
    DVFO_REQUIRE(decision->place != DVFO_PLACE_SPLIT ||
                 (decision->share_tenths >= 1 && decision->share_tenths <= DVFO_SHARES - 1));
    DVFO_REQUIRE(decision->place != DVFO_PLACE_LAYER ||
                 (decision->cut >= 0 && (size_t)decision->cut < sim->def->network->cut_count));
    DVFO_REQUIRE(decision->place != DVFO_PLACE_APPEAL ||
                 (decision->appeal_below >= 0.0 && decision->appeal_below <= 1.0));
    DVFO_REQUIRE(decision->place == DVFO_PLACE_APPEAL || dvfo_scenario_allows(sim->scenario, decision));
    DVFO_REQUIRE(decision->place != DVFO_PLACE_APPEAL || sim->def->accuracy != NULL || decision->appeal_below == 0.0 ||
                 decision->appeal_below == 1.0); /* else there are no scores to compare */
}

/* From now on the device acts as decided. */
static void act(struct dvfo_simulation *sim, const struct dvfo_decision *decision, bool at_once)
{
    dvfo_narrator_decide(&sim->narrator, decision, dvfo_simulation_now_s(sim));
    sim->acting = *decision;
    if (at_once) {
        dvfo_simulation_settle_clocks(sim, decision->level);
    } else {
        dvfo_simulation_ask_for_clocks(sim, decision->level);
    }
}

static void begin_under(struct dvfo_request *request, const struct dvfo_decision *decision)
{
    request->decision = *decision;
    request->step = dvfo_request_first_step(decision->place);
}

/* Placements that begin with the same layers as a split does: the whole network on the device, and another share. A
 * little network is one of its own: its head is a split's in cost only. */
static bool begins_alike(dvfo_place place)
{
    return place == DVFO_PLACE_EDGE || place == DVFO_PLACE_SPLIT;
}

/* The split isn't reached as long as the device is in the layers before it. */
static bool is_before_split(const struct dvfo_simulation *sim, const struct dvfo_request *request)
{
    if (request->step == DVFO_STEP_ATTENTION) {
        return true;
    }
    const struct dvfo_work head = dvfo_scenario_work(sim->scenario, DVFO_STAGE_HEAD, 0, sim->device.level);
    return (request->step == DVFO_STEP_FULL || request->step == DVFO_STEP_HEAD) && sim->device.done_s < head.time_s;
}

/* A late decision moves the request it was made for, if it still can. */
static void move_request(struct dvfo_simulation *sim)
{
    if (sim->on_device != sim->thought_for ||
        dvfo_simulation_request(sim, sim->thought_for)->index != sim->thought_for_index) {
        return;
    }
    struct dvfo_request *request = dvfo_simulation_request(sim, sim->thought_for);
    const struct dvfo_decision *decided = &sim->acting;
    const bool attends = request->step == DVFO_STEP_ATTENTION; /* the rest of the plain network has no such step */
    if (!begins_alike(request->decision.place) || !begins_alike(decided->place) || !is_before_split(sim, request) ||
        (attends && decided->place == DVFO_PLACE_EDGE)) {
        return;
    }
    request->decision.place = decided->place;
    request->decision.share_tenths = decided->share_tenths;
    if (!attends) {
        request->step = dvfo_request_first_step(decided->place);
        const struct dvfo_job job = dvfo_request_job(sim->scenario, request, 0.0);
        dvfo_device_turn_into(&sim->device, &job);
        dvfo_simulation_reschedule_job(sim);
    }
}

/* Clocks that a decision left as they were are a governor's, which may have asked for others meanwhile. */
static void keep_what_governors_asked(const struct dvfo_simulation *sim, struct dvfo_decision *decision)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (decision->level[d] == sim->asked_then[d]) {
            decision->level[d] = sim->asked[d];
        }
    }
}

static void on_thought_done(void *subject, uint64_t argument)
{
    (void)argument;
    struct dvfo_simulation *sim = subject;
    dvfo_simulation_charge(sim);
    sim->thinking = false;
    keep_what_governors_asked(sim, &sim->thought);
    act(sim, &sim->thought, false);
    move_request(sim);
}

static void begin_thought(struct dvfo_simulation *sim, uint32_t slot, const struct dvfo_decision *decision)
{
    const struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    const double cpu_hz = dvfo_scenario_clocks(sim->scenario, sim->device.level).hz[DVFO_CPU];
    sim->thought = *decision;
    sim->thinking = true;
    sim->thought_for = slot;
    sim->thought_for_index = request->index;
    dvfo_simulation_schedule(sim, sim->decision_cycles / cpu_hz, PRIORITY_CHANGE, on_thought_done, 0);
}

bool dvfo_simulation_start(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    request->started = true;
    request->start_s = dvfo_simulation_now_s(sim);
    if (sim->thinking) { /* one thought at a time: it begins under the action in force */
        begin_under(request, &sim->acting);
    }
    return sim->thinking;
}

void dvfo_simulation_take(struct dvfo_simulation *sim, uint32_t slot, const struct dvfo_decision *decision)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    check_decision(sim, decision);
    memcpy(sim->asked_then, sim->asked, sizeof sim->asked_then);
    if (sim->decision_cycles == 0.0 || request->index == 0) {
        act(sim, decision, request->index == 0);
        begin_under(request, decision);
    } else if (sim->trial->mode == DVFO_BLOCKING) {
        request->decision = *decision;
        request->step = DVFO_STEP_DECIDE;
    } else {
        begin_under(request, &sim->acting);
        begin_thought(sim, slot, decision);
    }
}

void dvfo_simulation_decided(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_decision decision = dvfo_simulation_request(sim, slot)->decision;
    keep_what_governors_asked(sim, &decision);
    act(sim, &decision, false);
    dvfo_simulation_go_on(sim, slot, dvfo_request_first_step(decision.place));
}
