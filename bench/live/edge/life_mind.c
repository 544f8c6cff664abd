/* What policies see of a trial in a live world, what they decide, and when that takes hold, Eq. (10).
 *
 * As in the simulator: a decision that takes no time holds at once. One that does, the policy's network being what
 * takes it, is thought over while the request begins under the action in force; what comes out changes the clocks at
 * once, and the share of the request that it was made for, if its channels aren't ranked yet. Here whether anything is
 * sent at all stays as it was begun: the plain network and the split one have extractors of their own. */
#include <math.h>
#include <string.h>

#include "bench/live/edge/life.h"
#include "sim/base/random.h"

/* ---- what is seen; the lock is held ---- */

/* Counters of the board, brought up to now; of what it doesn't count, what the profile says of the work. */
static void see_busy(struct life *life, const struct dvfo_rig_look *look, double now_s, double busy_s[DVFO_DOMAINS])
{
    dvfo_counters_read(&life->counted, look->time_s - life->charges.begun_s, look->busy_s);
    for (dvfo_domain d = 0; d < DVFO_DOMAINS; d++) {
        busy_s[d] = dvfo_counters_at(look->busy_told[d] ? &life->counted : &life->modelled, d, now_s);
    }
}

static void see(struct life *life, struct dvfo_observation *seen)
{
    struct dvfo_rig_look look;
    dvfo_rig_look(life->live->rig, &look);
    *seen = (struct dvfo_observation){
        .time_s = dvfo_life_now_s(life),
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
    see_busy(life, &look, seen->time_s, seen->busy_s);
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

/* Clocks that it left as it saw them may be a decision's by now. */
static void ask_for_governor(void *user, const struct dvfo_observation *seen, const int level[DVFO_DOMAINS])
{
    struct life *life = user;
    pthread_mutex_lock(&life->lock);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (level[d] != seen->asked[d]) {
            life->asked[d] = level[d];
        }
    }
    dvfo_rig_ask(life->live->rig, life->asked);
    pthread_mutex_unlock(&life->lock);
}

/* On the mind's thread. */
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
    pthread_mutex_unlock(&life->lock);
    if (life->request.index > 0) {
        dvfo_life_charge_cpu(life, DVFO_CAUSE_DECISION, "decide");
        life->request.decision = life->acting;
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_rig_settle(ctx, life->live->rig));
    dvfo_life_charge(life, NULL, DVFO_CAUSE_GAP, NULL);
    dvfo_life_begin_request(life, dvfo_life_now_s(life));
    life->request.decision = life->acting;
    return DVFO_OK;
}

/* One thought at a time: a request that is taken up during one gets none of its own. */
dvfo_status dvfo_life_decide(struct dvfo_ctx *ctx, struct life *life)
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

/* ---- what came of it ---- */

/* Decisions are told when a request ends: they may come on another thread than those who watch are on. */
static void narrate(struct life *life, const struct dvfo_decision *acting, double now_s)
{
    const struct dvfo_decision *told = &life->narrator.decided;
    if (acting->place != told->place || acting->share_tenths != told->share_tenths ||
        memcmp(acting->level, told->level, sizeof told->level) != 0) {
        dvfo_narrator_decide(&life->narrator, acting, now_s);
    }
}

void dvfo_life_tell_outcome(struct life *life, double end_s, double latency_s, double cost_j)
{
    const struct dvfo_request *request = &life->request;
    const bool timed_out = request->remote == DVFO_REMOTE_GIVEN_UP;
    const struct dvfo_outcome outcome = {request->index, request->decision, latency_s, request->energy_j,
                                         cost_j,         timed_out};
    pthread_mutex_lock(&life->lock);
    const struct dvfo_decision acting = life->acting;
    life->last_latency_s = latency_s;
    life->last_energy_j = request->energy_j;
    life->timeouts += timed_out;
    pthread_mutex_unlock(&life->lock);
    narrate(life, &acting, end_s);
    dvfo_mind_learn(life->mind, &outcome);
}

/* ---- beginning and end ---- */

static dvfo_status begin_policy(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_trial *trial = life->trial;
    const struct dvfo_policy_type *policy = trial->policy;
    const unsigned all_shares = (1u << DVFO_SHARES) - 2u;
    const bool offline = life->live->uplink == NULL;
    const struct dvfo_policy_setup setup = {
        .board = life->def->board,
        .network = life->def->network,
        .eta = life->def->eta,
        .lambda = life->def->lambda,
        .p_max_w = life->def->p_max_w,
        .forbidden_shares = offline ? all_shares : dvfo_scenario_floor(life->scenario)->forbidden_shares,
        .offline = offline,
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

/* What deciding takes before anyone has seen it: what the policy says of itself. */
static void guess_decision_time(struct life *life)
{
    const struct dvfo_clock_domain *cpu = &life->def->board->clock[DVFO_CPU];
    if (life->trial->policy->decision_cycles != NULL) {
        life->decision_s =
            life->trial->policy->decision_cycles(life->policy_state) / cpu->level_hz[cpu->level_count - 1];
    }
}

dvfo_status dvfo_life_begin_mind(struct dvfo_ctx *ctx, struct life *life)
{
    const struct dvfo_trial *trial = life->trial;
    DVFO_TRY(begin_policy(ctx, life));
    guess_decision_time(life);
    const struct dvfo_mind_def def = {
        .policy = trial->policy,
        .state = life->policy_state,
        .user = life,
        .observe = see_for_governor,
        .ask = ask_for_governor,
        .decided = on_decided,
    };
    life->thinks = trial->mode == DVFO_CONCURRENT && trial->policy->decision_cycles != NULL;
    return dvfo_mind_create(ctx, &def, &life->mind);
}

void dvfo_life_end_mind(struct life *life)
{
    dvfo_mind_free(life->mind);
    life->mind = NULL;
    if (life->policy_ready && life->trial->policy->release != NULL) {
        life->trial->policy->release(life->policy_state);
    }
    life->policy_ready = false;
    free(life->policy_state);
    life->policy_state = NULL;
}
