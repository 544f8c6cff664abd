#include "sim/simulation.h"

#include <math.h>
#include <string.h>

#include "sim/base/random.h"
#include "sim/simulation_state.h"

void dvfo_simulation_give_up(struct dvfo_simulation *sim)
{
    sim->out_of_memory = true;
    sim->done = true;
}

dvfo_event_id dvfo_simulation_schedule(struct dvfo_simulation *sim, double delay_s, int priority,
                                       dvfo_event_action action, uint64_t argument)
{
    const dvfo_event_id id =
        dvfo_event_queue_schedule(sim->queue, dvfo_simulation_now_s(sim) + delay_s, priority, action, sim, argument);
    if (id == 0) {
        dvfo_simulation_give_up(sim);
    }
    return id;
}

/* ---- energy: Eq. (3) ---- */

static double radio_power_w(const struct dvfo_simulation *sim)
{
    const struct dvfo_radio *radio = &sim->def->board->radio;
    return !dvfo_link_is_idle(&sim->link) ? radio->send_w.value : sim->awaited > 0 ? radio->wait_w.value : 0.0;
}

static dvfo_cause cause_now(const struct dvfo_simulation *sim, double from_s)
{
    if (sim->device.working && dvfo_device_is_stalled(&sim->device, from_s)) {
        return DVFO_CAUSE_CHANGE;
    }
    if (sim->device.working) {
        const bool decides = dvfo_simulation_request(sim, sim->on_device)->step == DVFO_STEP_DECIDE;
        return decides ? DVFO_CAUSE_DECISION : DVFO_CAUSE_COMPUTE;
    }
    return sim->requests.oldest != DVFO_NO_REQUEST ? DVFO_CAUSE_WAIT : DVFO_CAUSE_GAP;
}

/* Charge one interval in which nothing changes. */
static void charge_interval(struct dvfo_simulation *sim, double from_s, double to_s)
{
    const double radio_w = radio_power_w(sim);
    const dvfo_cause cause = cause_now(sim, from_s);
    const uint32_t owner = sim->on_device != DVFO_NO_REQUEST ? sim->on_device : sim->requests.oldest;
    struct dvfo_busy busy = dvfo_device_advance(&sim->device, from_s, to_s);
    if (sim->thinking) { /* on a core of its own, beside the device's work */
        busy.s[DVFO_CPU] += to_s - from_s;
    }
    if (sim->accounts) {
        dvfo_device_count(&sim->device, to_s - from_s);
    }
    const double energy_j = dvfo_ledger_charge(sim->accounts ? &sim->ledger : NULL, &sim->device.power, to_s - from_s,
                                               &busy, radio_w, cause, owner != DVFO_NO_REQUEST);
    if (owner != DVFO_NO_REQUEST) {
        sim->requests.slot[owner].energy_j += energy_j;
    }
    dvfo_narrator_counter(&sim->narrator, DVFO_COUNTER_POWER_W, from_s, energy_j / (to_s - from_s));
    if (sim->trial->thermal) {
        sim->temperature_c = dvfo_power_temperature_c(&sim->def->board->thermal, sim->temperature_c,
                                                      energy_j / (to_s - from_s), to_s - from_s); /* Eq. (4) */
    }
}

/* Charge everything up to the present; every handler begins with this. A stall may end on the way. */
void dvfo_simulation_charge(struct dvfo_simulation *sim)
{
    const double to_s = sim->now_s = dvfo_event_queue_now_s(sim->queue);
    const double stall_s = sim->device.stalled_until_s;
    if (stall_s > sim->charged_until_s && stall_s < to_s) {
        charge_interval(sim, sim->charged_until_s, stall_s);
        sim->charged_until_s = stall_s;
    }
    if (to_s > sim->charged_until_s) {
        charge_interval(sim, sim->charged_until_s, to_s);
        sim->charged_until_s = to_s;
    }
}

/* ---- the policy ---- */

static void on_tick(void *subject, uint64_t argument)
{
    (void)argument;
    struct dvfo_simulation *sim = subject;
    dvfo_simulation_charge(sim);
    const struct dvfo_observation seen = dvfo_simulation_observe_tick(sim);
    int level[DVFO_DOMAINS];
    memcpy(level, sim->asked, sizeof level);
    const double next_s = sim->trial->policy->tick(sim->policy_state, &seen, level);
    DVFO_REQUIRE(next_s > 0.0);
    dvfo_simulation_ask_for_clocks(sim, level);
    dvfo_simulation_schedule(sim, next_s, PRIORITY_TICK, on_tick, 0);
}

/* ---- requests ---- */

/* The request's next step waits for the device from now on. */
void dvfo_simulation_go_on(struct dvfo_simulation *sim, uint32_t slot, dvfo_request_step next)
{
    dvfo_simulation_request(sim, slot)->step = next;
    dvfo_requests_queue(&sim->requests, slot);
}

/* A new request, ready to be taken up. */
static void add_request(struct dvfo_simulation *sim)
{
    struct dvfo_request request = {.index = sim->arrived++,
                                   .arrival_s = dvfo_simulation_now_s(sim),
                                   .rate_bps = NAN,
                                   .right = NAN,
                                   .right_full = NAN};
    request.row = dvfo_samples_row(&sim->samples, request.index);
    sim->last_arrival_s = dvfo_simulation_now_s(sim);
    request.trace_offset_s = sim->trial->trace_from_s;
    if (!isnan(sim->trace_stride_s)) {
        request.trace_offset_s += sim->trace_stride_s * (double)request.index - dvfo_simulation_now_s(sim);
    }
    const uint32_t slot = dvfo_requests_add(&sim->requests, &request);
    if (slot == DVFO_NO_REQUEST) {
        dvfo_simulation_give_up(sim);
    } else {
        dvfo_requests_queue(&sim->requests, slot);
    }
}

static void finish_request(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    const double latency_s = dvfo_simulation_now_s(sim) - request->arrival_s;
    const double cost_j = dvfo_scenario_cost_j(sim->scenario, request->energy_j, latency_s); /* Eq. (9) */
    if (sim->accounts) {
        request->right = dvfo_samples_right(&sim->samples, sim->def, request);
        request->right_full = dvfo_samples_right_full(&sim->samples, request->row);
    }
    dvfo_tally_add(&sim->tally, request, latency_s);
    dvfo_narrator_request(&sim->narrator, sim->scenario, request, latency_s, cost_j, dvfo_simulation_now_s(sim));
    sim->last_latency_s = latency_s;
    sim->last_energy_j = request->energy_j;
    sim->ended = request->decision;
    if (sim->trial->policy->learn != NULL) {
        const struct dvfo_outcome outcome = {request->index, request->decision,
                                             latency_s,      request->energy_j,
                                             cost_j,         request->remote == DVFO_REMOTE_GIVEN_UP};
        sim->trial->policy->learn(sim->policy_state, &outcome);
    }
    dvfo_requests_remove(&sim->requests, slot);
    if (sim->tally.finished == sim->trial->workload.requests) {
        sim->done = true;
    } else if (sim->trial->workload.arrivals == DVFO_CLOSED) {
        add_request(sim);
    }
}

/* ---- work on the device ---- */

void dvfo_simulation_reschedule_job(struct dvfo_simulation *sim)
{
    if (sim->on_device != DVFO_NO_REQUEST) {
        const double now_s = dvfo_simulation_now_s(sim);
        dvfo_event_queue_move(sim->queue, sim->job_event, now_s + dvfo_device_remaining_s(&sim->device, now_s));
    }
}

/* Both branches are there: fuse, or end when one side answers alone, Eq. (8). */
void dvfo_simulation_try_join(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    if (!request->local_done || request->remote != DVFO_REMOTE_ANSWERED) {
        return;
    }
    if (dvfo_scenario_fuse_cycles(sim->scenario, &request->decision) > 0.0) {
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_FUSE);
    } else {
        finish_request(sim, slot);
    }
}

void dvfo_simulation_end_locally(struct dvfo_simulation *sim, uint32_t slot)
{
    if (dvfo_simulation_request(sim, slot)->decision.place == DVFO_PLACE_APPEAL) {
        finish_request(sim, slot);
    } else {
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_REST);
    }
}

/* The little network has answered: is its predictor content with that? */
static void finish_little(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    request->appeals =
        dvfo_accuracy_appeals(dvfo_samples_score(&sim->samples, request->row), request->decision.appeal_below);
    if (request->appeals) {
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_PREPARE);
    } else {
        finish_request(sim, slot);
    }
}

static void finish_tail(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    request->local_done = true;
    if (sim->def->composition == DVFO_SERIAL) {
        dvfo_simulation_hand_over(sim, slot);
    } else if (request->remote == DVFO_REMOTE_GIVEN_UP) {
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_REST);
    } else {
        dvfo_simulation_try_join(sim, slot);
    }
}

static void finish_prepare(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    const bool tail = dvfo_request_has_tail(request);
    if (!tail || sim->def->composition == DVFO_PARALLEL) {
        dvfo_simulation_hand_over(sim, slot);
    }
    request->local_done = !tail;
    if (tail) {
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_TAIL);
    }
}

/* A step has ended: what comes next in the life of its request. */
static void after_step(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    switch (request->step) {
    case DVFO_STEP_DECIDE:
        dvfo_simulation_decided(sim, slot);
        break;
    case DVFO_STEP_HEAD:
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_ATTENTION);
        break;
    case DVFO_STEP_ATTENTION:
        dvfo_samples_importance(&sim->samples, request->row, sim->importance);
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_PREPARE);
        break;
    case DVFO_STEP_PREFIX:
        dvfo_simulation_go_on(sim, slot, DVFO_STEP_PREPARE);
        break;
    case DVFO_STEP_LITTLE:
        finish_little(sim, slot);
        break;
    case DVFO_STEP_PREPARE:
        finish_prepare(sim, slot);
        break;
    case DVFO_STEP_TAIL:
        finish_tail(sim, slot);
        break;
    case DVFO_STEP_FULL:
    case DVFO_STEP_FUSE:
    case DVFO_STEP_REST:
        finish_request(sim, slot);
        break;
    }
}

static void on_job_done(void *subject, uint64_t argument)
{
    struct dvfo_simulation *sim = subject;
    const uint32_t slot = (uint32_t)argument;
    dvfo_simulation_charge(sim);
    dvfo_narrator_span(&sim->narrator, DVFO_TRACK_DEVICE,
                       dvfo_request_step_name(dvfo_simulation_request(sim, slot)->step), sim->job_since_s,
                       dvfo_simulation_now_s(sim), dvfo_simulation_request(sim, slot)->index);
    dvfo_device_finish(&sim->device, dvfo_simulation_now_s(sim));
    sim->on_device = DVFO_NO_REQUEST;
    after_step(sim, slot);
    dvfo_simulation_dispatch(sim);
}

static void begin_step(struct dvfo_simulation *sim, uint32_t slot)
{
    const struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    const struct dvfo_job job = dvfo_request_job(sim->scenario, request, sim->decision_cycles);
    dvfo_device_begin(&sim->device, &job);
    sim->on_device = slot;
    sim->job_since_s = dvfo_simulation_now_s(sim);
    sim->job_event = dvfo_simulation_schedule(sim, dvfo_device_remaining_s(&sim->device, dvfo_simulation_now_s(sim)),
                                              PRIORITY_JOB, on_job_done, slot);
}

/* A free device takes the oldest request that has something for it; one that is taken up may wait for its decision. */
void dvfo_simulation_dispatch(struct dvfo_simulation *sim)
{
    if (sim->on_device != DVFO_NO_REQUEST || sim->done) {
        return;
    }
    const uint32_t slot = dvfo_requests_next(&sim->requests);
    if (slot == DVFO_NO_REQUEST) {
        return;
    }
    if (dvfo_simulation_request(sim, slot)->started || dvfo_simulation_start(sim, slot)) {
        begin_step(sim, slot);
    } else {
        sim->undecided = slot;
    }
}

static void on_arrival(void *subject, uint64_t argument)
{
    (void)argument;
    struct dvfo_simulation *sim = subject;
    const struct dvfo_workload *workload = &sim->trial->workload;
    dvfo_simulation_charge(sim);
    add_request(sim);
    if (workload->arrivals != DVFO_CLOSED && sim->arrived < workload->requests) {
        dvfo_simulation_schedule(sim, dvfo_workload_gap_s(workload, sim->arrival_rng), PRIORITY_ARRIVAL, on_arrival, 0);
    }
    dvfo_simulation_dispatch(sim);
}

/* ---- life of the simulation ---- */

static dvfo_status init_policy(struct dvfo_ctx *ctx, struct dvfo_simulation *sim)
{
    const struct dvfo_trial *trial = sim->trial;
    const struct dvfo_policy_type *policy = trial->policy;
    const struct dvfo_policy_setup setup = {
        .board = sim->def->board,
        .network = sim->def->network,
        .eta = sim->def->eta,
        .lambda = sim->def->lambda,
        .p_max_w = sim->def->p_max_w,
        .forbidden_shares = dvfo_scenario_floor(sim->scenario)->forbidden_shares,
        .scenario = policy->sight >= DVFO_SIGHT_PROFILE ? sim->scenario : NULL,
        .trace = policy->sight >= DVFO_SIGHT_TRACE ? trial->trace : NULL,
        .trace_from_s = policy->sight >= DVFO_SIGHT_TRACE ? trial->trace_from_s : 0.0,
        .seed = dvfo_random_seed(trial->seed, trial->index, "policy"),
        .requests = trial->workload.requests,
        .trace_stride_s = policy->sight >= DVFO_SIGHT_TRACE ? sim->trace_stride_s : (double)NAN,
        .user = trial->policy_user,
        .argument = trial->policy_argument,
    };
    sim->policy_state = calloc(1, policy->state_size > 0 ? policy->state_size : 1);
    if (sim->policy_state == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    if (policy->init != NULL) {
        DVFO_TRY(policy->init(ctx, sim->policy_state, &setup));
    }
    sim->policy_ready = true;
    return DVFO_OK;
}

static dvfo_status init_parts(struct dvfo_ctx *ctx, struct dvfo_simulation *sim)
{
    const struct dvfo_trial *trial = sim->trial;
    int top[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        top[d] = (int)sim->def->board->clock[d].level_count - 1;
        sim->asked[d] = top[d];
    }
    dvfo_device_init(&sim->device, sim->scenario, top);
    dvfo_cloud_init(&sim->cloud, sim->def->cloud->servers);
    dvfo_ledger_init(&sim->ledger, sim->device.power.rail_count);
    dvfo_requests_init(&sim->requests);
    dvfo_link_init(&sim->link, trial->trace);
    sim->on_device = sim->undecided = DVFO_NO_REQUEST;
    sim->samples = (struct dvfo_samples){.profile = sim->def->accuracy,
                                         .part = trial->part,
                                         .seed = dvfo_random_seed(trial->seed, trial->index, "samples")};
    dvfo_samples_importance(&sim->samples, -1, sim->importance);
    sim->narrator = (struct dvfo_narrator){.probe = trial->probe, .board = sim->def->board};
    sim->bandwidth_bps = sim->last_latency_s = sim->last_energy_j = NAN;
    sim->temperature_c = trial->thermal ? sim->def->board->thermal.ambient_c.value : NAN;
    DVFO_TRY(dvfo_event_queue_create(ctx, &sim->queue));
    sim->arrival_rng = dvfo_random_stream(trial->seed, trial->index, "arrivals");
    if (sim->arrival_rng == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    return init_policy(ctx, sim);
}

double dvfo_simulation_edge_s(struct dvfo_scenario *scenario)
{
    int top[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        top[d] = dvfo_scenario_level_count(scenario, (dvfo_domain)d) - 1;
    }
    return dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, top).time_s;
}

/* t_AS of Eq. (10) in cycles: what the policy says of itself, or what the trial says. */
static double decision_cycles(const struct dvfo_simulation *sim, double edge_s)
{
    const struct dvfo_trial *trial = sim->trial;
    const struct dvfo_clock_domain *cpu = &sim->def->board->clock[DVFO_CPU];
    const double added_s = trial->decision_s + trial->decision_share * edge_s;
    const bool tells = trial->decision_own && trial->policy->decision_cycles != NULL;
    return added_s * cpu->level_hz[cpu->level_count - 1] +
           (tells ? trial->policy->decision_cycles(sim->policy_state) : 0.0);
}

/* What happens by itself: the first request comes, governors look, heat is watched. */
static void schedule_first_events(struct dvfo_simulation *sim)
{
    dvfo_simulation_schedule(sim, 0.0, PRIORITY_ARRIVAL, on_arrival, 0);
    if (sim->trial->policy->tick != NULL) {
        dvfo_simulation_schedule(sim, 0.0, PRIORITY_TICK, on_tick, 0);
    }
    if (sim->trial->thermal) {
        dvfo_simulation_watch_heat(sim);
    }
}

dvfo_status dvfo_simulation_create(struct dvfo_ctx *ctx, const struct dvfo_trial *trial, struct dvfo_scenario *scenario,
                                   struct dvfo_simulation **out)
{
    *out = NULL;
    struct dvfo_simulation *sim = calloc(1, sizeof *sim);
    if (sim == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    sim->trial = trial;
    sim->scenario = scenario;
    sim->def = dvfo_scenario_def_of(scenario);
    const double edge_s = dvfo_simulation_edge_s(scenario);
    sim->trace_stride_s = trial->paired && trial->workload.arrivals == DVFO_CLOSED ? edge_s : (double)NAN;
    const dvfo_status status = init_parts(ctx, sim);
    if (status != DVFO_OK) {
        dvfo_simulation_free(sim);
        return status;
    }
    sim->decision_cycles = decision_cycles(sim, edge_s);
    schedule_first_events(sim);
    *out = sim;
    return DVFO_OK;
}

void dvfo_simulation_free(struct dvfo_simulation *sim)
{
    if (sim == NULL) {
        return;
    }
    if (sim->policy_ready && sim->trial->policy->release != NULL) {
        sim->trial->policy->release(sim->policy_state);
    }
    free(sim->policy_state);
    if (sim->arrival_rng != NULL) {
        gsl_rng_free(sim->arrival_rng);
    }
    dvfo_event_queue_free(sim->queue);
    dvfo_tally_free(&sim->tally);
    dvfo_link_free(&sim->link);
    dvfo_requests_free(&sim->requests);
    free(sim);
}

/* Which stretch of the trace the requests met: paired, a stride each; otherwise all the time there was. */
static void fill_trace_window(const struct dvfo_simulation *sim, struct dvfo_trial_results *results)
{
    results->last_arrival_s = sim->last_arrival_s;
    results->trace_window_s = isnan(sim->trace_stride_s) ? results->time_s : sim->trace_stride_s * (double)sim->arrived;
    results->trace_mean_bps =
        (dvfo_trace_sent_bits(sim->trial->trace, sim->trial->trace_from_s + results->trace_window_s) -
         dvfo_trace_sent_bits(sim->trial->trace, sim->trial->trace_from_s)) /
        results->trace_window_s;
}

void dvfo_simulation_ask(struct dvfo_simulation *sim, struct dvfo_decision *decision)
{
    const struct dvfo_observation seen = dvfo_simulation_observe_undecided(sim);
    *decision = (struct dvfo_decision){.place = DVFO_PLACE_EDGE};
    memcpy(decision->level, sim->asked, sizeof decision->level);
    sim->trial->policy->decide(sim->policy_state, &seen, decision);
}

static void decide_by_policy(struct dvfo_simulation *sim)
{
    struct dvfo_decision decision;
    dvfo_simulation_ask(sim, &decision);
    dvfo_simulation_decide(sim, &decision);
}

void dvfo_simulation_decide(struct dvfo_simulation *sim, const struct dvfo_decision *decision)
{
    const uint32_t slot = sim->undecided;
    DVFO_REQUIRE(slot != DVFO_NO_REQUEST);
    sim->undecided = DVFO_NO_REQUEST;
    dvfo_simulation_take(sim, slot, decision);
    begin_step(sim, slot);
}

bool dvfo_simulation_advance(struct dvfo_simulation *sim, struct dvfo_observation *seen)
{
    while (sim->undecided == DVFO_NO_REQUEST && !sim->done && dvfo_event_queue_step(sim->queue)) {
    }
    if (sim->undecided == DVFO_NO_REQUEST) {
        return false;
    }
    *seen = dvfo_simulation_observe_undecided(sim);
    return true;
}

struct dvfo_simulation_sums dvfo_simulation_sums_of(const struct dvfo_simulation *sim)
{
    const struct dvfo_tally *tally = &sim->tally;
    const double now_s = dvfo_simulation_now_s(sim);
    return (struct dvfo_simulation_sums){
        .finished = tally->finished,
        .timeouts = tally->timeouts,
        .energy_j = dvfo_sum_value(&tally->energy_j),
        .latency_s = dvfo_sum_value(&tally->latency_s),
        .last = sim->ended,
        .trace_s = isnan(sim->trace_stride_s) ? now_s : sim->trace_stride_s * (double)tally->finished,
    };
}

bool dvfo_simulation_is_out_of_memory(const struct dvfo_simulation *sim)
{
    return sim->out_of_memory;
}

dvfo_status dvfo_simulation_run(struct dvfo_ctx *ctx, struct dvfo_simulation *sim, struct dvfo_trial_results *results)
{
    const volatile sig_atomic_t *stop = sim->trial->stop;
    uint64_t events = 0;
    bool stopped = false;
    sim->accounts = true;
    DVFO_TRY(dvfo_tally_count_percentiles(ctx, &sim->tally));
    while (!sim->done && !stopped && dvfo_event_queue_step(sim->queue)) {
        events++;
        if (sim->undecided != DVFO_NO_REQUEST) {
            decide_by_policy(sim);
        }
        stopped = stop != NULL && *stop != 0;
    }
    dvfo_narrator_end(&sim->narrator, sim->device.level, dvfo_simulation_now_s(sim));
    dvfo_tally_fill(&sim->tally, sim->scenario, &sim->ledger, &sim->device, sim->charged_until_s, results);
    results->temperature_c = sim->temperature_c;
    fill_trace_window(sim, results);
    results->events = events;
    if (sim->out_of_memory) {
        return dvfo_fail_no_memory(ctx);
    }
    return stopped ? dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted after %ld of %ld requests", results->requests,
                               sim->trial->workload.requests)
                   : DVFO_OK;
}
