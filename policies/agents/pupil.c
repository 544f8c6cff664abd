#include "policies/agents/pupil.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "policies/agents/experience.h"
#include "policies/agents/view.h"
#include "policies/governed.h"

struct dvfo_pupil {
    struct dvfo_pupil_def def;
    struct dvfo_view view;
    struct dvfo_governed governed;
    /* since the last decision */
    bool has_decided;
    struct dvfo_observation seen;
    struct dvfo_decision decided, last;
    long finished;
    double energy_j, latency_s;
    float before[DVFO_VIEW_INPUTS];
    int choice[DVFO_BRANCHING_BRANCHES];
    unsigned tried;
    uint64_t owed;        /* updates */
    pthread_mutex_t lock; /* of what follows: whoever asks for reports may be on another thread than the policy */
    /* since the last report */
    uint64_t decisions, updates;
    double cost, reward, loss;
    long ended;
    dvfo_status status;
    struct dvfo_ctx ctx; /* its sentence */
};

dvfo_status dvfo_pupil_create(struct dvfo_ctx *ctx, const struct dvfo_pupil_def *def, struct dvfo_pupil **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    (*out)->def = *def;
    pthread_mutex_init(&(*out)->lock, NULL);
    return DVFO_OK;
}

void dvfo_pupil_free(struct dvfo_pupil *pupil)
{
    if (pupil != NULL) {
        pthread_mutex_destroy(&pupil->lock);
        free(pupil);
    }
}

/* ---- as a policy ---- */

/* A policy's state is a pointer to the pupil. */
static struct dvfo_pupil *pupil_of(const void *state)
{
    return *(struct dvfo_pupil *const *)state;
}

static dvfo_status init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    struct dvfo_pupil *pupil = setup->user;
    struct dvfo_agent *agent = pupil->def.agent;
    *(struct dvfo_pupil **)state = pupil;
    DVFO_TRY(dvfo_action_space_restrict(ctx, &agent->space, setup->forbidden_shares, agent->learner->q->network));
    DVFO_TRY(dvfo_action_space_restrict(ctx, &agent->space, setup->forbidden_shares, agent->learner->q->target));
    dvfo_view_begin(&pupil->view, setup);
    dvfo_governed_prepare(&pupil->governed, setup->board, DVFO_CPU_SCHEDUTIL);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        pupil->governed.leaves[d] = agent->def.actions.chooses[d] || !agent->def.actions.governed;
    }
    pupil->has_decided = false;
    return DVFO_OK;
}

static struct dvfo_stretch stretch_until(const struct dvfo_pupil *pupil, const struct dvfo_observation *seen)
{
    struct dvfo_stretch stretch = {
        .finished = pupil->finished,
        .energy_j = pupil->energy_j,
        .latency_s = pupil->latency_s,
        .time_s = seen->time_s - pupil->seen.time_s,
        .temperature_c = seen->temperature_c,
        .trip_c = pupil->def.trip_c,
    };
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        stretch.busy[d] = (seen->busy_s[d] - pupil->seen.busy_s[d]) / fmax(stretch.time_s, 1e-12);
    }
    return stretch;
}

/* What came of the decision before. @param after  what is seen now */
static void take_in(struct dvfo_pupil *pupil, const struct dvfo_observation *seen, const float *after)
{
    const struct dvfo_stretch stretch = stretch_until(pupil, seen);
    const struct dvfo_step_result result = dvfo_step_result_of(&pupil->def.agent->def.reward, &pupil->def.yardstick,
                                                               &stretch, &pupil->decided, &pupil->last, stretch.time_s);
    const struct dvfo_experience experience = {
        .before = pupil->before, .after = after, .choice = pupil->choice, .tried = pupil->tried, .result = &result};
    dvfo_agent_remember(pupil->def.agent, 0, &experience);
    pupil->owed++;
    pthread_mutex_lock(&pupil->lock);
    pupil->decisions++;
    pupil->cost += result.cost;
    pupil->reward += (double)result.reward;
    pupil->ended += result.finished;
    pthread_mutex_unlock(&pupil->lock);
}

/* As often as the pupil is told, whatever the agent's own schedule says, which stays as it is. */
static void explore(struct dvfo_pupil *pupil, const float *seen)
{
    struct dvfo_q_learner *learner = pupil->def.agent->learner;
    const struct dvfo_q_learner_def own = learner->def;
    learner->def.epsilon_first = learner->def.epsilon_last = pupil->def.explore;
    learner->def.epsilon_near = fmin(own.epsilon_near, pupil->def.explore);
    learner->def.epsilon_spread = 0.0; /* there is one environment */
    dvfo_q_learner_explore(learner, 1, seen, pupil->choice, &pupil->tried);
    learner->def = own;
}

static void decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct dvfo_pupil *pupil = pupil_of(state);
    struct dvfo_agent *agent = pupil->def.agent;
    float now[DVFO_VIEW_INPUTS];
    dvfo_view_look(&pupil->view, seen, now);
    if (pupil->has_decided && pupil->finished > 0) {
        take_in(pupil, seen, now);
    }
    memcpy(pupil->before, now, sizeof now);
    explore(pupil, now);
    dvfo_action_space_decide(&agent->space, pupil->choice, decision);
    pupil->decided = *decision;
    pupil->seen = *seen;
    pupil->has_decided = true;
    pupil->finished = 0;
    pupil->energy_j = pupil->latency_s = 0.0;
    agent->steps++;
}

static double tick(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    return dvfo_governed_tick(&pupil_of(state)->governed, seen, level);
}

static void update(struct dvfo_pupil *pupil)
{
    struct dvfo_double_q_report report = {0};
    struct dvfo_ctx ctx = {0};
    const dvfo_status status = dvfo_q_learner_update(&ctx, pupil->def.agent->learner, &report);
    pthread_mutex_lock(&pupil->lock);
    pupil->updates++;
    pupil->loss += (double)report.loss;
    if (status != DVFO_OK && pupil->status == DVFO_OK) {
        pupil->status = status;
        pupil->ctx = ctx;
    }
    pthread_mutex_unlock(&pupil->lock);
}

/* Between requests there is time to learn. */
static void learn(void *state, const struct dvfo_outcome *outcome)
{
    struct dvfo_pupil *pupil = pupil_of(state);
    struct dvfo_agent *agent = pupil->def.agent;
    pupil->finished++;
    pupil->energy_j += outcome->energy_j;
    pupil->latency_s += outcome->latency_s;
    pupil->last = outcome->decision;
    for (; pupil->owed > 0 && dvfo_q_learner_is_ready(agent->learner); pupil->owed--) {
        update(pupil);
    }
}

static double decision_cycles(const void *state)
{
    return dvfo_agent_decision_cycles(pupil_of(state)->def.agent->learner->q->network);
}

const struct dvfo_policy_type dvfo_policy_pupil = {
    .name = "pupil",
    .summary = "an agent that goes on learning",
    .sight = DVFO_SIGHT_WORLD,
    .by_name_only = true,
    .state_size = sizeof(struct dvfo_pupil *),
    .init = init,
    .decide = decide,
    .tick = tick,
    .learn = learn,
    .decision_cycles = decision_cycles,
};

dvfo_status dvfo_pupil_tell(struct dvfo_ctx *ctx, struct dvfo_pupil *pupil, struct dvfo_pupil_report *report)
{
    pthread_mutex_lock(&pupil->lock);
    *report = (struct dvfo_pupil_report){
        .decisions = pupil->decisions,
        .updates = pupil->updates,
        .cost = pupil->cost / fmax((double)pupil->ended, 1.0),
        .reward = pupil->reward / fmax((double)pupil->decisions, 1.0),
        .loss = pupil->updates > 0 ? pupil->loss / (double)pupil->updates : (double)NAN,
    };
    pupil->decisions = pupil->updates = 0;
    pupil->cost = pupil->reward = pupil->loss = 0.0;
    pupil->ended = 0;
    const dvfo_status status = pupil->status;
    pthread_mutex_unlock(&pupil->lock);
    return status == DVFO_OK ? DVFO_OK : dvfo_fail(ctx, status, "%s", pupil->ctx.message);
}
