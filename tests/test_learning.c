/* The learner on toys whose answer is known: a contextual bandit with branches, and a chain of three states in which
 * what is chosen takes effect one choice later. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "allocations.h"
#include "policies/nn/matrix.h"
#include "policies/nn/q_learner.h"
#include "sim/base/random.h"

static struct dvfo_ctx ctx;

static struct dvfo_q_learner *learner_of(const struct dvfo_q_learner_def *def)
{
    struct dvfo_q_learner *learner = NULL;
    dvfo_matrix_use_threads(1); /* sums in one order */
    cr_assert_eq(dvfo_q_learner_create(&ctx, def, &learner), DVFO_OK, "%s", ctx.message);
    return learner;
}

/* ---- a bandit whose context tells the best choice of each branch ---- */

enum { CONTEXT = 2, BRANCHES = 3 };

static const long choices[BRANCHES] = {4, 5, 3};

/* What branch d should be set to, 0 .. 1. */
static double aim(const float *context, long d)
{
    const double x = (double)context[0], y = (double)context[1];
    const double aims[BRANCHES] = {0.5 + 0.5 * x, 0.5 + 0.5 * y, 0.5 + 0.5 * x * y};
    return aims[d];
}

static double miss(const float *context, long d, int choice)
{
    const double miss = (double)choice / (double)(choices[d] - 1) - aim(context, d);
    return miss * miss;
}

static int nearest(const float *context, long d)
{
    return (int)lround(aim(context, d) * (double)(choices[d] - 1));
}

/* Choices of the branches from that of a flat head, or as they are. */
static void unfold(const struct dvfo_q_learner *learner, const int *action, int choice[BRANCHES])
{
    const bool flat = learner->def.q.network.branches == 1;
    int rest = action[0];
    for (long d = 0; d < BRANCHES; d++) {
        choice[d] = flat ? rest % (int)choices[d] : action[d];
        rest /= (int)choices[d];
    }
}

static struct dvfo_q_learner_def bandit_def(bool flat)
{
    struct dvfo_q_learner_def def = dvfo_q_learner_def_default();
    def.q.network.inputs = CONTEXT;
    def.q.network.branches = flat ? 1 : BRANCHES;
    for (long d = 0; d < BRANCHES; d++) {
        def.q.network.choices[d] = flat ? choices[0] * choices[1] * choices[2] : choices[d];
    }
    def.q.network.width[0] = def.q.network.width[1] = 32;
    def.q.adam.rate = 2e-3;
    def.environments = 4;
    def.steps = 1;
    def.gamma = 0.0;
    def.epsilon_last = 0.2;
    def.epsilon_decisions = 8000;
    def.learning_starts = 256;
    return def;
}

/* So many steps of all environments, an update after each. */
static void learn_bandit(struct dvfo_q_learner *learner, gsl_rng *contexts, int steps)
{
    const long E = learner->def.environments, D = learner->def.q.network.branches;
    float context[4 * CONTEXT];
    int action[4 * BRANCHES];
    unsigned spared[4];
    for (int step = 0; step < steps; step++) {
        for (long i = 0; i < E * CONTEXT; i++) {
            context[i] = (float)(2.0 * gsl_rng_uniform(contexts) - 1.0);
        }
        dvfo_q_learner_explore(learner, E, context, action, spared);
        for (long e = 0; e < E; e++) {
            const float *at = context + e * CONTEXT;
            int choice[BRANCHES];
            double reward = 0.0;
            unfold(learner, action + e * D, choice);
            for (long d = 0; d < BRANCHES; d++) {
                reward -= miss(at, d, choice[d]);
            }
            const struct dvfo_transition transition = {
                .observation = at, .action = action + e * D, .reward = (float)reward, .next = at, .ended = true};
            dvfo_q_learner_remember(learner, e, &transition);
        }
        struct dvfo_double_q_report report;
        if (dvfo_q_learner_is_ready(learner)) {
            cr_assert_eq(dvfo_q_learner_update(&ctx, learner, &report), DVFO_OK, "%s", ctx.message);
        }
    }
}

/* How much reward the greedy choice gives away over a grid of contexts, as a share of what a random one does. */
static double regret(struct dvfo_q_learner *learner)
{
    double given_away = 0.0, random = 0.0;
    for (int i = 0; i < 21 * 21; i++) {
        const float context[] = {0.1f * (float)(i % 21) - 1.0f, 0.1f * (float)(i / 21) - 1.0f};
        int action[BRANCHES], choice[BRANCHES];
        dvfo_q_learner_act(learner, 1, context, action);
        unfold(learner, action, choice);
        for (long d = 0; d < BRANCHES; d++) {
            const double best = miss(context, d, nearest(context, d));
            given_away += miss(context, d, choice[d]) - best;
            for (int c = 0; c < choices[d]; c++) {
                random += (miss(context, d, c) - best) / (double)choices[d];
            }
        }
    }
    return given_away / random;
}

/* Regret after so many steps. */
static double bandit_regret(const struct dvfo_q_learner_def *def, int steps)
{
    struct dvfo_q_learner *learner = learner_of(def);
    gsl_rng *contexts = dvfo_random_stream(1, 0, "contexts");
    learn_bandit(learner, contexts, steps);
    const double result = regret(learner);
    gsl_rng_free(contexts);
    dvfo_q_learner_free(learner);
    return result;
}

Test(learning, a_bandit_with_branches_is_learnt)
{
    const struct dvfo_q_learner_def def = bandit_def(false);
    const double before = bandit_regret(&def, 0), after = bandit_regret(&def, 6000);
    cr_expect(before > 0.2, "regret before learning is %g", before);
    cr_expect(after < 0.04, "regret is %g",
              after); /* six seeds: 0.009 to 0.024; contexts between two levels are hard */
}

Test(learning, each_way_of_learning_learns)
{
    struct dvfo_q_learner_def def[6];
    const char *const what[6] = {"flat head",      "hidden units in the heads", "no state value, plain targets",
                                 "squared errors", "targets per branch",        "uniform replay, noise"};
    for (int i = 0; i < 6; i++) {
        def[i] = bandit_def(i == 0);
    }
    def[1].q.network.head_width = 16;
    def[2].q.network.dueling = def[2].q.doubled = false;
    def[3].q.loss = DVFO_TD_LOSS_SQUARED;
    def[4].q.target = DVFO_TD_TARGET_BRANCH;
    def[5].replay_alpha = 0.0;
    def[5].noise = 0.1;
    for (int i = 0; i < 6; i++) {
        const double found = bandit_regret(&def[i], 3000);
        cr_expect(found < 0.06, "%s: regret is %g", what[i], found);
    }
}

Test(learning, a_rate_of_nothing_teaches_nothing)
{
    struct dvfo_q_learner_def def = bandit_def(false);
    def.q.adam.rate = 1e-12; /* as good as not learning */
    cr_expect(bandit_regret(&def, 500) > 0.2);
}

/* ---- a chain whose optimum needs the action that is still going on ---- */

/* States 0, 1, 2. What is chosen in a state is done only from the next one on: in state s the action p that was chosen
 * before still goes on, for as long as choosing takes, is rewarded by r(s, p) and leads to s'(s, p). So
 *     Q(s, p, a) = r(s, p) + gamma^(t_AS(s) / H) max over a' of Q(s'(s, p), a, a')
 * (method: the concurrent Bellman backup with the interval t_AS). Going right pays in state 1 and costs in state 2. */
enum { STATES = 3, LEFT = 0, RIGHT = 1, ACTIONS = 2, FEATURES = STATES + ACTIONS + 1 };

static const double choosing_s[STATES] = {0.5, 1.0, 0.25};
#define GAMMA 0.9
#define HORIZON_S 1.0

static double reward_of(int state, int going_on)
{
    const double reward[STATES][ACTIONS] = {{-0.5, 0.0}, {0.0, 1.0}, {0.0, -2.0}};
    return reward[state][going_on];
}

static int state_after(int state, int going_on)
{
    const int next = state + (going_on == RIGHT ? 1 : -1);
    return next < 0 ? 0 : next >= STATES ? STATES - 1 : next;
}

/* Q by value iteration. @param delayed  false: what is chosen is done at once, q[s][.][a] the same for all p */
static void solve(bool delayed, double q[STATES][ACTIONS][ACTIONS])
{
    memset(q, 0, sizeof(double[STATES][ACTIONS][ACTIONS]));
    for (int sweep = 0; sweep < 2000; sweep++) {
        for (int s = 0; s < STATES; s++) {
            for (int p = 0; p < ACTIONS; p++) {
                for (int a = 0; a < ACTIONS; a++) {
                    const int done = delayed ? p : a, next = state_after(s, done);
                    q[s][p][a] = reward_of(s, done) +
                                 pow(GAMMA, choosing_s[s] / HORIZON_S) * fmax(q[next][a][LEFT], q[next][a][RIGHT]);
                }
            }
        }
    }
}

static int best_of(const double q[ACTIONS])
{
    return q[RIGHT] > q[LEFT] ? RIGHT : LEFT;
}

/* Discounted reward from (state, going_on) of a policy under delay. */
static double value_of(double policy[STATES][ACTIONS][ACTIONS], int state, int going_on)
{
    double value = 0.0, discount = 1.0;
    for (int step = 0; step < 1000; step++) {
        const int chosen = best_of(policy[state][going_on]);
        value += discount * reward_of(state, going_on);
        discount *= pow(GAMMA, choosing_s[state] / HORIZON_S);
        state = state_after(state, going_on);
        going_on = chosen;
    }
    return value;
}

static void observe(int state, int going_on, bool tell_action, float *observation)
{
    memset(observation, 0, FEATURES * sizeof *observation);
    observation[state] = 1.0f;
    if (tell_action) {
        observation[STATES + going_on] = 1.0f;
    }
    observation[STATES + ACTIONS] = (float)choosing_s[state];
}

/* What the learner may be denied, to see that it's needed. */
struct chain {
    bool tell_action, tell_time;
    int state, going_on;
};

static struct dvfo_q_learner_def chain_def(void)
{
    struct dvfo_q_learner_def def = dvfo_q_learner_def_default();
    def.q.network.inputs = FEATURES;
    def.q.network.branches = 1;
    def.q.network.choices[0] = ACTIONS;
    def.q.network.width[0] = def.q.network.width[1] = 32;
    def.q.adam.rate = 1e-3;
    def.q.follow_share = 0.02;
    def.steps = 1; /* several steps of a policy that explores would tell of that policy, not of the best one */
    def.gamma = GAMMA;
    def.horizon_s = HORIZON_S;
    def.epsilon_first = def.epsilon_last = 1.0;
    def.learning_starts = 100;
    def.replay_capacity = 2000;
    return def;
}

static void learn_chain(struct dvfo_q_learner *learner, struct chain *chain, int steps)
{
    for (int step = 0; step < steps; step++) {
        float before[FEATURES], after[FEATURES];
        int chosen;
        unsigned spared[1];
        observe(chain->state, chain->going_on, chain->tell_action, before);
        dvfo_q_learner_explore(learner, 1, before, &chosen, spared);
        const double elapsed_s = chain->tell_time ? choosing_s[chain->state] : HORIZON_S;
        const double reward = reward_of(chain->state, chain->going_on);
        chain->state = state_after(chain->state, chain->going_on);
        chain->going_on = chosen;
        observe(chain->state, chain->going_on, chain->tell_action, after);
        const struct dvfo_transition transition = {.observation = before,
                                                   .action = &chosen,
                                                   .reward = (float)reward,
                                                   .discount = dvfo_q_learner_discount(learner, elapsed_s),
                                                   .next = after};
        dvfo_q_learner_remember(learner, 0, &transition);
        struct dvfo_double_q_report report;
        if (dvfo_q_learner_is_ready(learner)) {
            cr_assert_eq(dvfo_q_learner_update(&ctx, learner, &report), DVFO_OK, "%s", ctx.message);
        }
    }
}

static void learnt_q(struct dvfo_q_learner *learner, const struct chain *chain, double q[STATES][ACTIONS][ACTIONS])
{
    for (int s = 0; s < STATES; s++) {
        for (int p = 0; p < ACTIONS; p++) {
            float observation[FEATURES];
            observe(s, p, chain->tell_action, observation);
            dvfo_branching_forward(learner->q->network, 1, observation, learner->pass);
            q[s][p][LEFT] = (double)learner->pass->q[LEFT];
            q[s][p][RIGHT] = (double)learner->pass->q[RIGHT];
        }
    }
}

static double distance(double a[STATES][ACTIONS][ACTIONS], double b[STATES][ACTIONS][ACTIONS])
{
    double largest = 0.0;
    for (int i = 0; i < STATES * ACTIONS * ACTIONS; i++) {
        largest = fmax(largest, fabs((&a[0][0][0])[i] - (&b[0][0][0])[i]));
    }
    return largest;
}

/* Largest error of Q after learning. */
static double chain_error(bool tell_action, bool tell_time)
{
    struct chain chain = {tell_action, tell_time, 0, LEFT};
    const struct dvfo_q_learner_def def = chain_def();
    struct dvfo_q_learner *learner = learner_of(&def);
    double learnt[STATES][ACTIONS][ACTIONS], right[STATES][ACTIONS][ACTIONS];
    learn_chain(learner, &chain, 6000);
    learnt_q(learner, &chain, learnt);
    solve(true, right);
    dvfo_q_learner_free(learner);
    return distance(learnt, right);
}

Test(learning, the_best_policy_under_delay_is_not_the_best_one_without)
{
    double delayed[STATES][ACTIONS][ACTIONS], at_once[STATES][ACTIONS][ACTIONS];
    solve(true, delayed);
    solve(false, at_once);
    /* from state 1 going right: reward 1 now, then state 2, so left must have been chosen meanwhile */
    cr_expect_eq(best_of(delayed[1][RIGHT]), LEFT);
    cr_expect_eq(best_of(at_once[1][RIGHT]), RIGHT);
    cr_expect_float_eq(value_of(delayed, 1, RIGHT), fmax(delayed[1][RIGHT][LEFT], delayed[1][RIGHT][RIGHT]), 1e-9);
    cr_expect(value_of(at_once, 1, RIGHT) < value_of(delayed, 1, RIGHT) - 1.0);
}

Test(learning, a_chain_with_a_delayed_optimum_is_learnt)
{
    const double error = chain_error(true, true);
    cr_expect(error < 0.05, "Q is off by %g", error);
}

Test(learning, without_the_action_going_on_or_the_time_it_took_the_chain_is_not_learnt)
{
    const double blind = chain_error(false, true), timeless = chain_error(true, false);
    cr_expect(blind > 0.2, "without the action Q is off by only %g", blind);
    cr_expect(timeless > 0.2, "without the time Q is off by only %g", timeless);
}

/* ---- acting ---- */

Test(learning, exploration_goes_down_in_a_straight_line_and_noise_stays_near_the_best)
{
    struct dvfo_q_learner_def def = bandit_def(false);
    struct dvfo_q_learner *learner = learner_of(&def);
    const float context[4 * CONTEXT] = {0};
    int action[4 * BRANCHES];
    unsigned spared[4];
    cr_expect_eq(dvfo_q_learner_epsilon(learner), 1.0);
    for (int i = 0; i < 1000; i++) {
        dvfo_q_learner_explore(learner, 4, context, action, spared);
    }
    cr_expect_float_eq(dvfo_q_learner_epsilon(learner), 0.6, 1e-12, "half way from 1 to 0.2");
    dvfo_q_learner_act(learner, 4, context, action);
    cr_expect_eq(learner->decisions, 4000, "greedy choices don't count");
    dvfo_q_learner_free(learner);

    def.epsilon_first = def.epsilon_last = 0.0;
    def.noise = 0.25; /* one level of branch 1 */
    learner = learner_of(&def);
    int best[BRANCHES], seen[5] = {0}, outside = 0;
    dvfo_q_learner_act(learner, 1, context, best);
    for (int i = 0; i < 4000; i++) {
        dvfo_q_learner_explore(learner, 1, context, action, spared);
        outside += action[1] < 0 || action[1] >= choices[1];
        seen[action[1]]++;
    }
    cr_expect_eq(outside, 0);
    cr_expect(seen[best[1]] > 1200, "the best was taken %d times of 4000", seen[best[1]]); /* P(|z| < 1/2) = 0.38 */
    cr_expect(seen[best[1]] < 3000);
    dvfo_q_learner_free(learner);
}

Test(learning, a_horizon_discounts_by_gamma_and_half_of_it_by_its_root)
{
    struct dvfo_q_learner_def def = bandit_def(false);
    def.gamma = 0.81;
    def.horizon_s = 0.2;
    struct dvfo_q_learner *learner = learner_of(&def);
    cr_expect_eq(dvfo_q_learner_discount(learner, 0.0), 1.0f);
    cr_expect_float_eq(dvfo_q_learner_discount(learner, 0.2), 0.81f, 1e-7);
    cr_expect_float_eq(dvfo_q_learner_discount(learner, 0.1), 0.9f, 1e-7);
    dvfo_q_learner_free(learner);
}

Test(learning, acting_remembering_and_updating_allocate_nothing)
{
    const struct dvfo_q_learner_def def = bandit_def(false);
    struct dvfo_q_learner *learner = learner_of(&def);
    gsl_rng *contexts = dvfo_random_stream(1, 0, "contexts");
    learn_bandit(learner, contexts, 200);
    const size_t before = allocations_so_far();
    learn_bandit(learner, contexts, 200);
    cr_expect(learner->q->updates > 300);
    cr_expect_eq(allocations_so_far(), before);
    gsl_rng_free(contexts);
    dvfo_q_learner_free(learner);
}

Test(learning, one_seed_learns_the_same_and_another_does_not)
{
    float weight[3];
    for (int i = 0; i < 3; i++) {
        struct dvfo_q_learner_def def = bandit_def(false);
        def.seed = i < 2 ? 1 : 2;
        struct dvfo_q_learner *learner = learner_of(&def);
        gsl_rng *contexts = dvfo_random_stream(1, 0, "contexts");
        learn_bandit(learner, contexts, 300);
        weight[i] = learner->q->network->parameters[100];
        gsl_rng_free(contexts);
        dvfo_q_learner_free(learner);
    }
    cr_expect_eq(weight[0], weight[1]);
    cr_expect_neq(weight[0], weight[2]);
}

Test(learning, a_setting_out_of_range_is_refused)
{
    struct dvfo_q_learner *learner = NULL;
    struct dvfo_q_learner_def def = bandit_def(false);
    def.gamma = 1.5;
    cr_expect_eq(dvfo_q_learner_create(&ctx, &def, &learner), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "a learner's gamma is 1.5, expected 0 to 1");
    cr_expect_null(learner);
}
