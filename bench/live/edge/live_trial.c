/* A trial in a live world: what policies see and decide, request after request, and what comes of it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/live/clock.h"
#include "bench/live/edge/life.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

static double now_s(const struct life *life)
{
    return dvfo_charges_now_s(&life->charges);
}

/* ---- the account ---- */

static double charge(struct life *life, const struct dvfo_work *work, dvfo_cause cause, struct dvfo_request *request)
{
    pthread_mutex_lock(&life->lock);
    life->charges.thought_s += life->thought_s;
    life->thought_s = 0.0;
    pthread_mutex_unlock(&life->lock);
    int held[DVFO_DOMAINS];
    memcpy(held, life->charges.device.level, sizeof held);
    const double to_s = dvfo_charges_charge(&life->charges, work, cause, request);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (life->charges.device.level[d] != held[d]) {
            dvfo_narrator_clock(&life->narrator, (dvfo_domain)d, held[d], to_s);
        }
    }
    return to_s;
}

static double charge_compute(struct life *life, const struct dvfo_work *work, dvfo_cause cause, const char *name)
{
    const double from_s = life->charges.charged_s;
    const double to_s = charge(life, work, cause, &life->request);
    dvfo_narrator_span(&life->narrator, DVFO_TRACK_DEVICE, name, from_s, to_s, life->request.index);
    return to_s;
}

double dvfo_life_charge_stage(struct life *life, dvfo_stage stage, int index, const char *name)
{
    const struct dvfo_work work = dvfo_scenario_work(life->scenario, stage, index, life->charges.device.level);
    return charge_compute(life, &work, DVFO_CAUSE_COMPUTE, name);
}

double dvfo_life_charge_head(struct life *life)
{
    const int *level = life->charges.device.level;
    struct dvfo_work both = dvfo_scenario_work(life->scenario, DVFO_STAGE_HEAD, 0, level);
    const struct dvfo_work attention = dvfo_scenario_work(life->scenario, DVFO_STAGE_ATTENTION, 0, level);
    both.time_s += attention.time_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        both.busy.s[d] += attention.busy.s[d];
    }
    return charge_compute(life, &both, DVFO_CAUSE_COMPUTE, "head and attention");
}

double dvfo_life_charge_cpu(struct life *life, dvfo_cause cause, const char *name)
{
    static const struct dvfo_work one_core = {.time_s = 1.0, .busy = {.s = {[DVFO_CPU] = 1.0}}};
    return charge_compute(life, &one_core, cause, name);
}

double dvfo_life_charge_wait(struct life *life)
{
    return charge(life, NULL, DVFO_CAUSE_WAIT, &life->request);
}

/* ---- what is seen ---- */

/* The lock is held. */
static void see(const struct life *life, struct dvfo_observation *seen)
{
    struct dvfo_rig_look look;
    dvfo_rig_look(life->live->rig, &look);
    *seen = (struct dvfo_observation){
        .time_s = now_s(life),
        .request = -1,
        .acting = life->acting,
        .decision_s = life->decision_s,
        .bandwidth_bps = life->bandwidth_bps,
        .transfers = life->transfers,
        .timeouts = life->timeouts,
        .in_system = life->in_system,
        .last_latency_s = life->last_latency_s,
        .last_energy_j = life->last_energy_j,
        .temperature_c = look.temperature_c,
    };
    seen->bandwidth_age_s = fmax(seen->time_s + life->trace_from_s - life->bandwidth_trace_s, 0.0);
    memcpy(seen->level, look.level, sizeof seen->level);
    memcpy(seen->asked, life->asked, sizeof seen->asked);
    memcpy(seen->busy_s, look.busy_s, sizeof seen->busy_s);
    memcpy(seen->importance, life->importance, sizeof seen->importance);
}

static void see_for_governor(void *user, struct dvfo_observation *seen)
{
    struct life *life = user;
    pthread_mutex_lock(&life->lock);
    see(life, seen);
    pthread_mutex_unlock(&life->lock);
}

int dvfo_life_rank(struct life *life, const double importance[DVFO_IMPORTANCES])
{
    struct dvfo_request *request = &life->request;
    pthread_mutex_lock(&life->lock);
    memcpy(life->importance, importance, sizeof life->importance);
    if (life->thought_for == request->index && life->acting.place == DVFO_PLACE_SPLIT) {
        request->decision.share_tenths = life->acting.share_tenths;
    }
    pthread_mutex_unlock(&life->lock);
    return request->decision.share_tenths;
}

/* ---- what is decided ---- */

/* The lock is held. Clocks that a decision left as they were are a governor's, which may have asked for others since.
 */
static void act(struct life *life, const struct dvfo_decision *decision)
{
    life->acting = *decision;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (decision->level[d] == life->asked_then[d]) {
            life->acting.level[d] = life->asked[d];
        }
    }
    memcpy(life->asked, life->acting.level, sizeof life->asked);
    dvfo_rig_ask(life->live->rig, life->asked);
}

static void ask_for_governor(void *user, const int level[DVFO_DOMAINS])
{
    struct life *life = user;
    pthread_mutex_lock(&life->lock);
    memcpy(life->asked, level, sizeof life->asked);
    dvfo_rig_ask(life->live->rig, level);
    pthread_mutex_unlock(&life->lock);
}

/* On the mind's thread: clocks change at once, the share if the split isn't reached. */
static void on_decided(void *user, const struct dvfo_decision *decision, double thought_s)
{
    struct life *life = user;
    pthread_mutex_lock(&life->lock);
    act(life, decision);
    life->thinking = false;
    life->thought_for = life->thinking_for;
    life->thought_s += thought_s;
    life->decision_s = thought_s;
    pthread_mutex_unlock(&life->lock);
}

/* The first request's decision is free, as in the simulator: the board is handed over under it. */
static dvfo_status decide_now(struct dvfo_ctx *ctx, struct life *life, const struct dvfo_observation *seen,
                              struct dvfo_decision *decision)
{
    const double thought_s = dvfo_mind_decide(life->mind, seen, decision);
    pthread_mutex_lock(&life->lock);
    life->decision_s = life->trial->policy->decision_cycles != NULL ? thought_s : 0.0;
    act(life, decision);
    life->request.decision = life->acting;
    pthread_mutex_unlock(&life->lock);
    if (life->request.index > 0) {
        dvfo_life_charge_cpu(life, DVFO_CAUSE_DECISION, "decide");
        return DVFO_OK;
    }
    return dvfo_rig_settle(ctx, life->live->rig);
}

/* One thought at a time: a request that is taken up during one gets none of its own. */
static dvfo_status decide(struct dvfo_ctx *ctx, struct life *life)
{
    const bool at_once = !life->thinks || life->request.index == 0;
    struct dvfo_observation seen;
    struct dvfo_decision decision = {.place = DVFO_PLACE_EDGE};
    pthread_mutex_lock(&life->lock);
    const bool begins = at_once || !life->thinking;
    life->request.decision = life->acting;
    if (begins) {
        see(life, &seen);
        seen.request = life->request.index;
        memcpy(decision.level, life->asked, sizeof decision.level);
        memcpy(life->asked_then, life->asked, sizeof life->asked_then);
        life->thinking = !at_once;
        life->thinking_for = life->request.index;
    }
    pthread_mutex_unlock(&life->lock);
    if (at_once) {
        return decide_now(ctx, life, &seen, &decision);
    }
    if (begins) {
        dvfo_mind_think(life->mind, &seen, &decision);
    }
    return DVFO_OK;
}

/* ---- requests ---- */

/* Sleep until then, or until told to stop. */
static void sleep_until(const struct life *life, double until_s)
{
    const struct timespec mark = dvfo_live_timespec(life->charges.begun_s + until_s);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &mark, NULL) == EINTR) {
        if (life->trial->stop != NULL && *life->trial->stop != 0) {
            return;
        }
    }
}

/* When the next request arrives; who comes while another is served stands in line. */
static double next_arrival(struct life *life)
{
    const struct dvfo_workload *workload = &life->trial->workload;
    if (workload->arrivals == DVFO_CLOSED) {
        return now_s(life);
    }
    const double arrival_s = life->next_arrival_s;
    life->next_arrival_s += dvfo_workload_gap_s(workload, life->arrival_rng);
    if (arrival_s > now_s(life)) {
        sleep_until(life, arrival_s);
        charge(life, NULL, DVFO_CAUSE_GAP, NULL);
    }
    return arrival_s;
}

/* Of those that came while others were served, this one included. */
static int count_waiting(const struct life *life)
{
    const struct dvfo_workload *workload = &life->trial->workload;
    const double late_s = now_s(life) - life->next_arrival_s;
    return workload->arrivals == DVFO_CLOSED || late_s < 0.0 ? 1 : 2 + (int)fmin(late_s * workload->rate_hz, 1e6);
}

static void take_up(struct life *life, long index, double arrival_s)
{
    struct dvfo_live *live = life->live;
    charge(life, NULL, DVFO_CAUSE_GAP, NULL);
    life->arrived = index + 1;
    life->last_arrival_s = arrival_s;
    const bool paired = !isnan(life->trace_stride_s);
    const double start_s = now_s(life);
    const double trace_s = life->trial->trace_from_s + (paired ? life->trace_stride_s * (double)index : start_s);
    if (live->shaper != NULL && (paired || index == 0)) {
        dvfo_shaper_seek(live->shaper, trace_s);
    }
    life->request = (struct dvfo_request){.index = index,
                                          .arrival_s = arrival_s,
                                          .start_s = start_s,
                                          .trace_offset_s = trace_s - start_s,
                                          .started = true,
                                          .measured = true,
                                          .rate_bps = NAN,
                                          .right = NAN,
                                          .right_full = NAN,
                                          .row = -1};
    pthread_mutex_lock(&life->lock);
    life->trace_from_s = trace_s - start_s;
    life->in_system = count_waiting(life);
    life->thought_for = -1;
    pthread_mutex_unlock(&life->lock);
    if (live->network != NULL) {
        life->image = dvfo_sample_row(life->trial->seed, index, live->images.count);
        life->request.right_full = dvfo_live_is_full_right(live, life->image);
        dvfo_edge_network_show(live->network, live->images.pixels + life->image * DVFO_IMAGE_SIZE);
    }
}

/* Told when a request ends: decisions may come on another thread, and those who watch are on this one. */
static bool decides_alike(const struct dvfo_decision *a, const struct dvfo_decision *b)
{
    return a->place == b->place && a->share_tenths == b->share_tenths &&
           memcmp(a->level, b->level, sizeof a->level) == 0;
}

static void end(struct life *life)
{
    struct dvfo_request *request = &life->request;
    const double end_s = charge(life, NULL, DVFO_CAUSE_COMPUTE, request), latency_s = end_s - request->arrival_s;
    const double cost_j = dvfo_scenario_cost_j(life->scenario, request->energy_j, latency_s); /* Eq. (9) */
    const bool timed_out = request->remote == DVFO_REMOTE_GIVEN_UP;
    dvfo_tally_add(&life->tally, request, latency_s);
    dvfo_narrator_request(&life->narrator, life->scenario, request, latency_s, cost_j, end_s);
    pthread_mutex_lock(&life->lock);
    const struct dvfo_decision acting = life->acting;
    life->last_latency_s = latency_s;
    life->last_energy_j = request->energy_j;
    life->timeouts += timed_out;
    pthread_mutex_unlock(&life->lock);
    if (!decides_alike(&acting, &life->narrator.decided)) {
        dvfo_narrator_decide(&life->narrator, &acting, end_s);
    }
    const struct dvfo_outcome outcome = {request->index, request->decision, latency_s, request->energy_j,
                                         cost_j,         timed_out};
    dvfo_mind_learn(life->mind, &outcome);
}

static void tell_news(struct dvfo_ctx *ctx, struct dvfo_live *live)
{
    char text[DVFO_UPLINK_NEWS_TEXT];
    while (live->uplink != NULL && dvfo_uplink_next_news(live->uplink, text)) {
        dvfo_note(ctx, "%s", text);
    }
    char sentence[DVFO_RIG_NEWS_SIZE];
    while (dvfo_rig_next_news(live->rig, sentence)) {
        dvfo_note(ctx, "%s", sentence);
    }
}

static dvfo_status go_through(struct dvfo_ctx *ctx, struct life *life)
{
    const volatile sig_atomic_t *stop = life->trial->stop;
    const long requests = life->trial->workload.requests;
    for (long i = 0; i < requests; i++) {
        const double arrival_s = next_arrival(life);
        if (stop != NULL && *stop != 0) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted after %ld of %ld requests", i, requests);
        }
        take_up(life, i, arrival_s);
        DVFO_TRY(decide(ctx, life));
        DVFO_TRY(dvfo_life_compute(ctx, life));
        end(life);
        tell_news(ctx, life->live);
    }
    return DVFO_OK;
}

/* ---- beginning and end ---- */

/* What a live world has no answer to. */
static dvfo_status check_trial(struct dvfo_ctx *ctx, const struct dvfo_live *live, const struct dvfo_trial *trial)
{
    if (trial->policy->sight == DVFO_SIGHT_TRACE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy '%s' must know the link beforehand: it runs in simulations only",
                         trial->policy->name);
    }
    if (trial->decision_s > 0.0 || trial->decision_share > 0.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--decision-time is for simulations: here decisions take what they take");
    }
    if (live->network != NULL && strcmp(trial->scenario.network->name, "collaborative") != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--network is %s, expected collaborative: that is what the network's file holds",
                         trial->scenario.network->name);
    }
    return DVFO_OK;
}

static dvfo_status begin_policy(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_trial *trial = life->trial;
    const struct dvfo_policy_type *policy = trial->policy;
    const unsigned all_shares = (1u << DVFO_SHARES) - 2u;
    const struct dvfo_policy_setup setup = {
        .board = life->def->board,
        .network = life->def->network,
        .eta = life->def->eta,
        .lambda = life->def->lambda,
        .p_max_w = life->def->p_max_w,
        .forbidden_shares =
            life->live->uplink != NULL ? dvfo_scenario_floor(life->scenario)->forbidden_shares : all_shares,
        .offline = life->live->uplink == NULL,
        .scenario = policy->sight >= DVFO_SIGHT_PROFILE ? life->thoughts : NULL,
        .seed = dvfo_random_seed(trial->seed, trial->index, "policy"),
        .requests = trial->workload.requests,
        .trace_stride_s = (double)NAN,
        .user = trial->policy_user,
        .argument = trial->policy_argument,
    };
    life->policy_state = calloc(1, policy->state_size > 0 ? policy->state_size : 1);
    if (life->policy_state == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    if (policy->init != NULL) {
        DVFO_TRY(policy->init(ctx, life->policy_state, &setup));
    }
    life->policy_ready = true;
    return DVFO_OK;
}

static dvfo_status begin_mind(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_mind_def def = {
        .policy = life->trial->policy,
        .state = life->policy_state,
        .user = life,
        .observe = see_for_governor,
        .ask = ask_for_governor,
        .decided = on_decided,
    };
    life->thinks = life->trial->mode == DVFO_CONCURRENT && life->trial->policy->decision_cycles != NULL;
    return dvfo_mind_create(ctx, &def, &life->mind);
}

static void begin_clocks(struct life *life)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        life->asked[d] = (int)life->def->board->clock[d].level_count - 1;
    }
    memcpy(life->asked_then, life->asked, sizeof life->asked_then);
    life->acting = (struct dvfo_decision){.place = DVFO_PLACE_EDGE};
    memcpy(life->acting.level, life->asked, sizeof life->acting.level);
    dvfo_rig_ask(life->live->rig, life->asked);
}

/* Images that will be met are shown to the full network before the first request, so that no request pays for it. */
static void get_to_know_images(struct life *life)
{
    struct dvfo_live *live = life->live;
    for (long i = 0; live->network != NULL && i < life->trial->workload.requests; i++) {
        dvfo_live_is_full_right(live, dvfo_sample_row(life->trial->seed, i, live->images.count));
    }
}

static dvfo_status begin(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_trial *trial = life->trial;
    DVFO_TRY(dvfo_scenario_create(ctx, &trial->scenario, &life->scenario));
    DVFO_TRY(dvfo_scenario_create(ctx, &trial->scenario, &life->thoughts));
    life->def = dvfo_scenario_def_of(life->scenario);
    life->narrator = (struct dvfo_narrator){.probe = trial->probe, .board = life->def->board};
    life->trace_stride_s = trial->paired && trial->workload.arrivals == DVFO_CLOSED && life->live->shaper != NULL
                               ? dvfo_simulation_edge_s(life->scenario)
                               : (double)NAN;
    life->bandwidth_bps = life->last_latency_s = life->last_energy_j = NAN;
    for (int i = 0; i < DVFO_IMPORTANCES; i++) {
        life->importance[i] = NAN;
    }
    life->arrival_rng = dvfo_random_stream(trial->seed, trial->index, "arrivals");
    DVFO_TRY(dvfo_tally_count_percentiles(ctx, &life->tally));
    DVFO_TRY(begin_policy(ctx, life));
    get_to_know_images(life);
    begin_clocks(life);
    DVFO_TRY(dvfo_rig_settle(ctx, life->live->rig));
    dvfo_charges_begin(&life->charges, life->scenario, life->live->rig);
    return begin_mind(ctx, life);
}

static void fill(struct life *life, struct dvfo_trial_results *results)
{
    struct dvfo_rig_look look;
    const struct dvfo_trial *trial = life->trial;
    const double time_s = life->charges.charged_s;
    dvfo_tally_fill(&life->tally, life->scenario, &life->charges.ledger, &life->charges.device, time_s, results);
    dvfo_rig_look(life->live->rig, &look);
    results->temperature_c = look.temperature_c;
    results->energy_source = dvfo_charges_source(&life->charges);
    results->last_arrival_s = life->last_arrival_s;
    results->trace_window_s = isnan(life->trace_stride_s) ? time_s : life->trace_stride_s * (double)life->arrived;
    results->trace_mean_bps = life->live->shaper == NULL
                                  ? (double)NAN
                                  : (dvfo_trace_sent_bits(trial->trace, trial->trace_from_s + results->trace_window_s) -
                                     dvfo_trace_sent_bits(trial->trace, trial->trace_from_s)) /
                                        results->trace_window_s;
}

static void release(struct life *life)
{
    dvfo_mind_free(life->mind);
    if (life->policy_ready && life->trial->policy->release != NULL) {
        life->trial->policy->release(life->policy_state);
    }
    free(life->policy_state);
    if (life->arrival_rng != NULL) {
        gsl_rng_free(life->arrival_rng);
    }
    dvfo_tally_free(&life->tally);
    dvfo_scenario_free(life->scenario);
    dvfo_scenario_free(life->thoughts);
    pthread_mutex_destroy(&life->lock);
}

dvfo_status dvfo_live_run(struct dvfo_ctx *ctx, struct dvfo_live *live, struct dvfo_trial *trial)
{
    struct life life = {.live = live, .trial = trial, .thought_for = -1};
    DVFO_TRY(check_trial(ctx, live, trial));
    pthread_mutex_init(&life.lock, NULL);
    dvfo_status status = begin(ctx, &life);
    if (status == DVFO_OK) {
        status = go_through(ctx, &life);
        dvfo_mind_free(life.mind); /* nobody thinks any more */
        life.mind = NULL;
        dvfo_narrator_end(&life.narrator, life.charges.device.level, life.charges.charged_s);
        fill(&life, &trial->results);
    }
    tell_news(ctx, live);
    release(&life);
    return status;
}
