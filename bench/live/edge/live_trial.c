/* A trial in a live world: from its beginning through its requests to its results. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench/live/clock.h"
#include "bench/live/edge/life.h"
#include "sim/base/random.h"

#define SLICE_S 0.05 /* a sleeper looks up so often whether it is told to stop */

static bool is_stopped(const struct life *life)
{
    return life->trial->stop != NULL && *life->trial->stop != 0;
}

/* ---- arrivals ---- */

/* Sleep until then, or until told to stop. */
static void sleep_until(const struct life *life, double until_s)
{
    for (double left_s = until_s - dvfo_life_now_s(life); left_s > 0.0 && !is_stopped(life);
         left_s = until_s - dvfo_life_now_s(life)) {
        const double next_s = dvfo_live_now_s() + fmin(left_s, SLICE_S);
        const struct timespec mark = dvfo_live_timespec(next_s);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &mark, NULL);
    }
}

/* When request `index` arrives; who comes while another is served stands in line. */
static double await_arrival(struct life *life, long index)
{
    if (life->arrival_s == NULL) {
        return dvfo_life_now_s(life);
    }
    if (life->arrival_s[index] > dvfo_life_now_s(life)) {
        sleep_until(life, life->arrival_s[index]);
        dvfo_life_charge(life, NULL, DVFO_CAUSE_GAP, NULL);
    }
    return life->arrival_s[index];
}

/* Requests that have arrived and not ended, this one included. */
static int count_waiting(const struct life *life, long index)
{
    const double now_s = dvfo_life_now_s(life);
    long last = index;
    while (life->arrival_s != NULL && last + 1 < life->trial->workload.requests && life->arrival_s[last + 1] <= now_s) {
        last++;
    }
    return (int)(last - index) + 1;
}

/* Their stream is the simulator's: both worlds meet the same arrivals. */
static dvfo_status draw_arrivals(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_workload *workload = &life->trial->workload;
    if (workload->arrivals == DVFO_CLOSED) {
        return DVFO_OK;
    }
    gsl_rng *rng = dvfo_random_stream(life->trial->seed, life->trial->index, "arrivals");
    life->arrival_s = calloc((size_t)workload->requests, sizeof *life->arrival_s);
    if (rng == NULL || life->arrival_s == NULL) {
        if (rng != NULL) {
            gsl_rng_free(rng);
        }
        return dvfo_fail_no_memory(ctx);
    }
    for (long i = 1; i < workload->requests; i++) {
        life->arrival_s[i] = life->arrival_s[i - 1] + dvfo_workload_gap_s(workload, rng);
    }
    gsl_rng_free(rng);
    return DVFO_OK;
}

/* The board was handed over a little later than the first request came: all come so much later. */
static void move_arrivals(struct life *life, double by_s)
{
    for (long i = 0; life->arrival_s != NULL && i < life->trial->workload.requests; i++) {
        life->arrival_s[i] += by_s;
    }
}

/* ---- requests ---- */

void dvfo_life_begin_request(struct life *life, double arrival_s)
{
    struct dvfo_request *request = &life->request;
    const bool paired = !isnan(life->trace_stride_s);
    const double start_s = dvfo_life_now_s(life);
    const double along_s = paired ? life->trace_stride_s * (double)request->index : start_s - life->first_s;
    if (request->index == 0) {
        move_arrivals(life, arrival_s - life->first_s);
        life->first_s = arrival_s;
    }
    const double trace_s = life->trial->trace_from_s + (paired || request->index > 0 ? along_s : 0.0);
    if (life->live->shaper != NULL && (paired || request->index == 0)) {
        dvfo_shaper_seek(life->live->shaper, trace_s);
    }
    request->arrival_s = life->last_arrival_s = arrival_s;
    request->start_s = start_s;
    request->trace_offset_s = trace_s - start_s;
    pthread_mutex_lock(&life->lock);
    life->trace_from_s = request->trace_offset_s;
    pthread_mutex_unlock(&life->lock);
}

static void take_up(struct life *life, long index, double arrival_s)
{
    struct dvfo_live *live = life->live;
    dvfo_life_charge(life, NULL, DVFO_CAUSE_GAP, NULL);
    life->arrived = index + 1;
    life->request = (struct dvfo_request){
        .index = index, .started = true, .measured = true, .rate_bps = NAN, .right = NAN, .right_full = NAN, .row = -1};
    dvfo_life_begin_request(life, arrival_s);
    pthread_mutex_lock(&life->lock);
    life->in_system = count_waiting(life, index);
    life->thought_for = -1;
    pthread_mutex_unlock(&life->lock);
    if (live->network != NULL) {
        life->image = dvfo_sample_row(life->trial->seed, index, live->images.count);
        life->met[life->image]++;
        dvfo_edge_network_show(live->network, live->images.pixels + life->image * DVFO_IMAGE_SIZE);
    }
}

static void end(struct life *life)
{
    struct dvfo_request *request = &life->request;
    const double end_s = dvfo_life_charge(life, NULL, DVFO_CAUSE_COMPUTE, request);
    const double latency_s = end_s - request->arrival_s;
    const double cost_j = dvfo_scenario_cost_j(life->scenario, request->energy_j, latency_s); /* Eq. (9) */
    dvfo_tally_add(&life->tally, request, latency_s);
    dvfo_narrator_request(&life->narrator, life->scenario, request, latency_s, cost_j, end_s);
    dvfo_life_tell_outcome(life, end_s, latency_s, cost_j);
}

static void tell_news(struct dvfo_ctx *ctx, struct dvfo_live *live)
{
    char text[DVFO_UPLINK_NEWS_TEXT], sentence[DVFO_RIG_NEWS_SIZE];
    while (live->uplink != NULL && dvfo_uplink_next_news(live->uplink, text)) {
        dvfo_note(ctx, "%s", text);
    }
    while (dvfo_rig_next_news(live->rig, sentence)) {
        dvfo_note(ctx, "%s", sentence);
    }
}

static dvfo_status go_through(struct dvfo_ctx *ctx, struct life *life)
{
    const long requests = life->trial->workload.requests;
    for (long i = 0; i < requests; i++) {
        const double arrival_s = await_arrival(life, i);
        if (is_stopped(life)) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted after %ld of %ld requests", i, requests);
        }
        take_up(life, i, arrival_s);
        DVFO_TRY(dvfo_life_decide(ctx, life));
        DVFO_TRY(dvfo_life_compute(ctx, life));
        end(life);
        tell_news(ctx, life->live);
    }
    return DVFO_OK;
}

/* ---- beginning and end ---- */

dvfo_status dvfo_live_check(struct dvfo_ctx *ctx, const struct dvfo_live *live, const struct dvfo_trial *trial)
{
    if (trial->policy->sight == DVFO_SIGHT_TRACE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy '%s' must know the link beforehand: it runs in simulations only",
                         trial->policy->name);
    }
    if (trial->decision_s > 0.0 || trial->decision_share > 0.0 || trial->thermal) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is for simulations: here %s",
                         trial->thermal ? "thermal" : "decision-time",
                         trial->thermal ? "the board is as warm as it is" : "decisions take what they take");
    }
    if (trial->scenario.payload != DVFO_CODING_INT8) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--payload is for simulations: docs/protocol.md knows int8 alone");
    }
    if (live->network != NULL && strcmp(trial->scenario.network->name, "collaborative") != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--network is %s, expected collaborative: that is what the network's file holds",
                         trial->scenario.network->name);
    }
    return DVFO_OK;
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
    life->met = calloc((size_t)life->live->images.count + 1, sizeof *life->met);
    if (life->met == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    DVFO_TRY(draw_arrivals(ctx, life));
    DVFO_TRY(dvfo_tally_count_percentiles(ctx, &life->tally));
    begin_clocks(life);
    DVFO_TRY(dvfo_rig_settle(ctx, life->live->rig));
    dvfo_charges_begin(&life->charges, life->scenario, life->live->rig);
    return dvfo_life_begin_mind(ctx, life);
}

/* How often the full network is right about the images that were met: found out when nobody's time is taken any more.
 */
static double full_accuracy(const struct life *life)
{
    double right = 0.0, met = 0.0;
    for (long i = 0; i < life->live->images.count; i++) {
        if (life->met[i] > 0) {
            right += (double)life->met[i] * dvfo_live_is_full_right(life->live, i);
            met += (double)life->met[i];
        }
    }
    return right / met;
}

static double mean_bps(const struct dvfo_trial *trial, double window_s)
{
    return (dvfo_trace_sent_bits(trial->trace, trial->trace_from_s + window_s) -
            dvfo_trace_sent_bits(trial->trace, trial->trace_from_s)) /
           window_s;
}

static void fill(const struct life *life, struct dvfo_trial_results *results)
{
    struct dvfo_rig_look look;
    const double time_s = life->charges.charged_s;
    dvfo_tally_fill(&life->tally, life->scenario, &life->charges.ledger, &life->charges.device, time_s, results);
    dvfo_rig_look(life->live->rig, &look);
    results->temperature_c = look.temperature_c;
    results->energy_source = dvfo_charges_source(&life->charges);
    results->last_arrival_s = life->last_arrival_s;
    results->trace_window_s = isnan(life->trace_stride_s) ? time_s : life->trace_stride_s * (double)life->arrived;
    results->trace_mean_bps = life->live->shaper != NULL ? mean_bps(life->trial, results->trace_window_s) : (double)NAN;
    results->accuracy_loss = life->live->network != NULL && !is_stopped(life)
                                 ? 100.0 * (full_accuracy(life) - results->accuracy)
                                 : (double)NAN;
}

static void release(struct life *life)
{
    dvfo_life_end_mind(life);
    free(life->arrival_s);
    free(life->met);
    dvfo_tally_free(&life->tally);
    dvfo_scenario_free(life->scenario);
    dvfo_scenario_free(life->thoughts);
    pthread_mutex_destroy(&life->lock);
}

dvfo_status dvfo_live_run(struct dvfo_ctx *ctx, struct dvfo_live *live, struct dvfo_trial *trial)
{
    struct life life = {.live = live, .trial = trial, .thought_for = -1};
    DVFO_TRY(dvfo_live_check(ctx, live, trial));
    pthread_mutex_init(&life.lock, NULL);
    dvfo_status status = begin(ctx, &life);
    if (status == DVFO_OK) {
        status = go_through(ctx, &life);
        dvfo_life_end_mind(&life); /* nobody thinks any more */
        dvfo_narrator_end(&life.narrator, life.charges.device.level, life.charges.charged_s);
        fill(&life, &trial->results);
    }
    tell_news(ctx, live);
    release(&life);
    return status;
}
