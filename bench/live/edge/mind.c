#include "bench/live/edge/mind.h"

#include <math.h>
#include <pthread.h>

#include "bench/live/clock.h"
#include "bench/live/uplink/quiet_thread.h"

struct dvfo_mind {
    struct dvfo_mind_def def;
    pthread_t thread;
    bool running;
    pthread_mutex_t policy; /* held while the policy is called */
    pthread_mutex_t lock;   /* of what stands below */
    pthread_cond_t changed;
    bool asked, thinking, leaving;
    struct dvfo_observation seen;
    struct dvfo_decision decision; /* as it comes in */
};

/* ---- on the mind's thread ---- */

static void think(struct dvfo_mind *mind)
{
    pthread_mutex_lock(&mind->lock);
    const struct dvfo_observation seen = mind->seen;
    struct dvfo_decision decision = mind->decision;
    mind->asked = false;
    pthread_mutex_unlock(&mind->lock);
    const double thought_s = dvfo_mind_decide(mind, &seen, &decision);
    pthread_mutex_lock(&mind->lock);
    mind->thinking = false; /* before anyone hears of it, who may have the next question at once */
    pthread_mutex_unlock(&mind->lock);
    mind->def.decided(mind->def.user, &decision, thought_s);
}

/* @return when to look again */
static double look(struct dvfo_mind *mind)
{
    struct dvfo_observation seen;
    int level[DVFO_DOMAINS];
    mind->def.observe(mind->def.user, &seen);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        level[d] = seen.asked[d];
    }
    pthread_mutex_lock(&mind->policy);
    const double next_s = mind->def.policy->tick(mind->def.state, &seen, level);
    pthread_mutex_unlock(&mind->policy);
    mind->def.ask(mind->def.user, &seen, level);
    return dvfo_live_now_s() + next_s;
}

/* Wait for a thought, the next look, or the end. @return false at the end */
static bool wait_for_work(struct dvfo_mind *mind, double look_s, bool *asked)
{
    const struct timespec until = dvfo_live_timespec(isinf(look_s) ? 0.0 : look_s);
    pthread_mutex_lock(&mind->lock);
    int timed_out = 0;
    while (!mind->asked && !mind->leaving && timed_out == 0) {
        timed_out = isinf(look_s) ? pthread_cond_wait(&mind->changed, &mind->lock)
                                  : pthread_cond_timedwait(&mind->changed, &mind->lock, &until);
    }
    *asked = mind->asked;
    const bool goes_on = mind->asked || !mind->leaving;
    pthread_mutex_unlock(&mind->lock);
    return goes_on;
}

static void *live(void *user)
{
    struct dvfo_mind *mind = user;
    const bool governs = mind->def.policy->tick != NULL;
    double look_s = governs ? look(mind) : (double)INFINITY;
    bool asked = false;
    while (wait_for_work(mind, look_s, &asked)) {
        if (asked) {
            think(mind);
        }
        if (governs && dvfo_live_now_s() >= look_s) {
            look_s = look(mind);
        }
    }
    return NULL;
}

/* ---- for the others ---- */

static void init_locks(struct dvfo_mind *mind)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&mind->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&mind->policy, NULL);
    pthread_mutex_init(&mind->lock, NULL);
}

dvfo_status dvfo_mind_create(struct dvfo_ctx *ctx, const struct dvfo_mind_def *def, struct dvfo_mind **out)
{
    *out = NULL;
    struct dvfo_mind *mind = calloc(1, sizeof *mind);
    if (mind == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    mind->def = *def;
    init_locks(mind);
    mind->running = dvfo_quiet_thread_start(&mind->thread, live, mind);
    if (!mind->running) {
        dvfo_mind_free(mind);
        return dvfo_fail(ctx, DVFO_FAILED, "no thread could be had for the policy to think on");
    }
    *out = mind;
    return DVFO_OK;
}

void dvfo_mind_free(struct dvfo_mind *mind)
{
    if (mind == NULL) {
        return;
    }
    if (mind->running) {
        pthread_mutex_lock(&mind->lock);
        mind->leaving = true;
        pthread_cond_signal(&mind->changed);
        pthread_mutex_unlock(&mind->lock);
        pthread_join(mind->thread, NULL);
    }
    pthread_cond_destroy(&mind->changed);
    pthread_mutex_destroy(&mind->policy);
    pthread_mutex_destroy(&mind->lock);
    free(mind);
}

double dvfo_mind_decide(struct dvfo_mind *mind, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    pthread_mutex_lock(&mind->policy);
    const double begun_s = dvfo_live_now_s();
    mind->def.policy->decide(mind->def.state, seen, decision);
    const double thought_s = dvfo_live_now_s() - begun_s;
    pthread_mutex_unlock(&mind->policy);
    return thought_s;
}

bool dvfo_mind_think(struct dvfo_mind *mind, const struct dvfo_observation *seen, const struct dvfo_decision *decision)
{
    pthread_mutex_lock(&mind->lock);
    const bool begins = !mind->thinking;
    if (begins) {
        mind->asked = mind->thinking = true;
        mind->seen = *seen;
        mind->decision = *decision;
        pthread_cond_signal(&mind->changed);
    }
    pthread_mutex_unlock(&mind->lock);
    return begins;
}

void dvfo_mind_learn(struct dvfo_mind *mind, const struct dvfo_outcome *outcome)
{
    if (mind->def.policy->learn != NULL) {
        pthread_mutex_lock(&mind->policy);
        mind->def.policy->learn(mind->def.state, outcome);
        pthread_mutex_unlock(&mind->policy);
    }
}
