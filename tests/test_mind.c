/* A policy that thinks on a thread of its own. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "bench/live/edge/mind.h"

/* A policy whose thoughts end when they are let go, and which notices whether two calls are inside it at once. */
struct script {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside, most_inside, thoughts, ticks, learnt;
    bool held; /* thoughts wait */
    /* heard by hooks */
    int decided;
    struct dvfo_decision last;
    int asked;
};

static void enter(struct script *script)
{
    script->inside++;
    script->most_inside = script->inside > script->most_inside ? script->inside : script->most_inside;
}

static void decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct script *script = *(struct script **)state;
    pthread_mutex_lock(&script->lock);
    enter(script);
    while (script->held) {
        pthread_cond_wait(&script->changed, &script->lock);
    }
    script->thoughts++;
    script->inside--;
    decision->place = DVFO_PLACE_SPLIT;
    decision->share_tenths = (int)seen->request;
    pthread_mutex_unlock(&script->lock);
}

static double tick(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    struct script *script = *(struct script **)state;
    pthread_mutex_lock(&script->lock);
    enter(script);
    script->ticks++;
    script->inside--;
    level[DVFO_CPU] = seen->asked[DVFO_CPU] + 1;
    pthread_mutex_unlock(&script->lock);
    return 0.002;
}

static void learn(void *state, const struct dvfo_outcome *outcome)
{
    struct script *script = *(struct script **)state;
    pthread_mutex_lock(&script->lock);
    enter(script);
    script->learnt += outcome->request == 3;
    script->inside--;
    pthread_mutex_unlock(&script->lock);
}

static void observe(void *user, struct dvfo_observation *seen)
{
    (void)user;
    *seen = (struct dvfo_observation){.asked = {4, 0, 0}};
}

static void ask(void *user, const struct dvfo_observation *seen, const int level[DVFO_DOMAINS])
{
    struct script *script = user;
    cr_expect_eq(seen->asked[DVFO_CPU], 4);
    pthread_mutex_lock(&script->lock);
    script->asked = level[DVFO_CPU];
    pthread_cond_broadcast(&script->changed);
    pthread_mutex_unlock(&script->lock);
}

static void decided(void *user, const struct dvfo_decision *decision, double thought_s)
{
    struct script *script = user;
    pthread_mutex_lock(&script->lock);
    cr_expect(thought_s >= 0.0);
    script->decided++;
    script->last = *decision;
    pthread_cond_broadcast(&script->changed);
    pthread_mutex_unlock(&script->lock);
}

static const struct dvfo_policy_type thinker = {.name = "thinker", .decide = decide, .learn = learn};
static const struct dvfo_policy_type governor = {.name = "governor", .decide = decide, .tick = tick, .learn = learn};

static struct dvfo_mind *mind_of(const struct dvfo_policy_type *policy, struct script *script, struct script **state)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_mind *mind = NULL;
    *state = script;
    pthread_mutex_init(&script->lock, NULL);
    pthread_cond_init(&script->changed, NULL);
    const struct dvfo_mind_def def = {policy, state, script, observe, ask, decided};
    cr_assert_eq(dvfo_mind_create(&ctx, &def, &mind), DVFO_OK, "%s", ctx.message);
    return mind;
}

static void let_go(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    script->held = false;
    pthread_cond_broadcast(&script->changed);
    pthread_mutex_unlock(&script->lock);
}

static void wait_for(struct script *script, const int *value, int least)
{
    pthread_mutex_lock(&script->lock);
    while (*value < least) {
        pthread_cond_wait(&script->changed, &script->lock);
    }
    pthread_mutex_unlock(&script->lock);
}

Test(mind, decides_where_it_is_asked)
{
    struct script script = {0}, *state;
    struct dvfo_mind *mind = mind_of(&thinker, &script, &state);
    const struct dvfo_observation seen = {.request = 7};
    struct dvfo_decision decision = {0};
    cr_expect(dvfo_mind_decide(mind, &seen, &decision) >= 0.0);
    cr_expect(decision.place == DVFO_PLACE_SPLIT && decision.share_tenths == 7);
    cr_expect_eq(script.decided, 0, "nobody is told: who asked knows");
    dvfo_mind_free(mind);
}

Test(mind, thinks_one_thought_at_a_time_while_the_caller_goes_on)
{
    struct script script = {.held = true}, *state;
    struct dvfo_mind *mind = mind_of(&thinker, &script, &state);
    const struct dvfo_observation first = {.request = 3}, second = {.request = 5};
    const struct dvfo_decision stands = {0};
    cr_expect(dvfo_mind_think(mind, &first, &stands));
    cr_expect_not(dvfo_mind_think(mind, &second, &stands), "a thought is under way");
    let_go(&script);
    wait_for(&script, &script.decided, 1);
    cr_expect_eq(script.last.share_tenths, 3);
    cr_expect(dvfo_mind_think(mind, &second, &stands), "once it is told, the next may begin");
    wait_for(&script, &script.decided, 2);
    cr_expect_eq(script.last.share_tenths, 5);
    dvfo_mind_free(mind);
}

Test(mind, tells_what_it_thought_before_it_goes)
{
    struct script script = {0}, *state;
    struct dvfo_mind *mind = mind_of(&thinker, &script, &state);
    const struct dvfo_observation seen = {.request = 2};
    const struct dvfo_decision stands = {0};
    cr_expect(dvfo_mind_think(mind, &seen, &stands));
    dvfo_mind_free(mind);
    cr_expect_eq(script.decided, 1);
}

Test(mind, governors_look_at_their_times_and_nothing_happens_inside_a_policy_at_once)
{
    struct script script = {0}, *state;
    struct dvfo_mind *mind = mind_of(&governor, &script, &state);
    const struct dvfo_observation seen = {.request = 1};
    const struct dvfo_outcome outcome = {.request = 3};
    struct dvfo_decision decision = {0};
    for (int i = 0; i < 200; i++) {
        dvfo_mind_decide(mind, &seen, &decision);
        dvfo_mind_think(mind, &seen, &decision);
        dvfo_mind_learn(mind, &outcome);
    }
    pthread_mutex_lock(&script.lock);
    while (script.ticks < 3 || script.asked == 0) {
        pthread_cond_wait(&script.changed, &script.lock);
    }
    pthread_mutex_unlock(&script.lock);
    dvfo_mind_free(mind);
    cr_expect_eq(script.asked, 5, "one above what was asked for last");
    cr_expect_eq(script.learnt, 200);
    cr_expect_eq(script.most_inside, 1);
}
