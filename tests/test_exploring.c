/* How a learner tries things out, one branch at a time; what acts meanwhile; and what that is good for: branches whose
 * choices depend on each other, where now and then something goes terribly wrong. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "policies/nn/matrix.h"
#include "policies/nn/q_learner.h"
#include "sim/base/random.h"

enum { INPUTS = 2, BRANCHES = 3, ENVIRONMENTS = 3 };

static struct dvfo_ctx ctx;
static const long choices[BRANCHES] = {4, 5, 3};

/* Explores always, and is ready at once. */
static struct dvfo_q_learner_def trying_def(void)
{
    struct dvfo_q_learner_def def = dvfo_q_learner_def_default();
    def.q.network.inputs = INPUTS;
    def.q.network.layers = 1;
    def.q.network.width[0] = 8;
    def.q.network.branches = BRANCHES;
    memcpy(def.q.network.choices, choices, sizeof choices);
    def.q.batch = 4;
    def.steps = 1;
    def.environments = ENVIRONMENTS;
    def.one_branch = true;
    def.learning_starts = 1;
    def.replay_capacity = 100;
    def.epsilon_first = def.epsilon_last = 1.0;
    return def;
}

static void remember_something(struct dvfo_q_learner *learner, float reward)
{
    const float at[INPUTS] = {0.3f, -0.2f};
    const int choice[BRANCHES] = {1, 2, 0};
    const struct dvfo_transition transition = {
        .observation = at, .action = choice, .reward = reward, .next = at, .ended = true};
    dvfo_q_learner_remember(learner, 0, &transition);
}

static struct dvfo_q_learner *ready_learner(const struct dvfo_q_learner_def *def)
{
    struct dvfo_q_learner *learner = NULL;
    dvfo_matrix_use_threads(1);
    cr_assert_eq(dvfo_q_learner_create(&ctx, def, &learner), DVFO_OK, "%s", ctx.message);
    remember_something(learner, 1.0f);
    cr_assert(dvfo_q_learner_is_ready(learner));
    return learner;
}

static const float shown[ENVIRONMENTS * INPUTS] = {0.1f, 0.5f, -0.4f, 0.2f, 0.9f, -0.7f};

/* The branch that isn't spared; -1 when none is, -2 when it isn't one. */
static int tried(unsigned spared)
{
    for (int d = 0; d < BRANCHES && spared != 0; d++) {
        if ((spared ^ (1u << d)) == (1u << BRANCHES) - 1u) {
            return d;
        }
    }
    return spared == 0 ? -1 : -2;
}

/* How often each branch was tried in each environment; -1 comes last. */
struct count {
    double of[ENVIRONMENTS][BRANCHES + 1];
};

static struct count count_tries(const struct dvfo_q_learner_def *def, int steps)
{
    struct dvfo_q_learner *learner = ready_learner(def);
    struct count count = {0};
    int best[ENVIRONMENTS * BRANCHES], action[ENVIRONMENTS * BRANCHES];
    unsigned spared[ENVIRONMENTS];
    dvfo_q_learner_act(learner, ENVIRONMENTS, shown, best);
    for (int i = 0; i < steps; i++) {
        dvfo_q_learner_explore(learner, ENVIRONMENTS, shown, action, spared);
        for (int e = 0; e < ENVIRONMENTS; e++) {
            const int branch = tried(spared[e]);
            cr_assert_neq(branch, -2, "spared %#x", spared[e]);
            for (int d = 0; d < BRANCHES; d++) {
                const int choice = action[e * BRANCHES + d];
                cr_assert(choice >= 0 && choice < choices[d]);
                cr_assert(d == branch || choice == best[e * BRANCHES + d], "branch %d moved though %d was tried", d,
                          branch);
            }
            count.of[e][branch < 0 ? BRANCHES : branch]++;
        }
    }
    dvfo_q_learner_free(learner);
    return count;
}

/* Does chance explain that the counts differ from what is expected? In all but one of a million cases. */
static bool fits(int n, const double *seen, const double *share, int steps)
{
    double chi_square = 0.0;
    int kinds = 0;
    for (int i = 0; i < n; i++) {
        const double expected = share[i] * steps;
        if (expected == 0.0) {
            if (seen[i] > 0.0) {
                return false;
            }
            continue;
        }
        chi_square += (seen[i] - expected) * (seen[i] - expected) / expected;
        kinds++;
    }
    return gsl_cdf_chisq_Q(chi_square, kinds - 1) > 1e-6;
}

enum { STEPS = 6000 };

Test(exploring, one_branch_moves_each_as_often_and_the_others_stay_at_their_best)
{
    struct dvfo_q_learner_def def = trying_def();
    def.epsilon_first = def.epsilon_last = 0.6;
    const struct count count = count_tries(&def, STEPS);
    const double share[BRANCHES + 1] = {0.2, 0.2, 0.2, 0.4}, wrong[BRANCHES + 1] = {0.25, 0.2, 0.15, 0.4};
    for (int e = 0; e < ENVIRONMENTS; e++) {
        cr_expect(fits(BRANCHES + 1, count.of[e], share, STEPS), "environment %d", e);
        cr_expect_not(fits(BRANCHES + 1, count.of[e], wrong, STEPS), "the check sees wrong shares");
    }
}

Test(exploring, near_branches_and_the_last_are_tried_at_rates_of_their_own)
{
    struct dvfo_q_learner_def def = trying_def();
    def.epsilon_first = def.epsilon_last = 0.5;
    def.epsilon_near = 0.4;
    const struct count count = count_tries(&def, STEPS);
    const double share[BRANCHES + 1] = {0.2, 0.2, 0.6 * 0.5, 0.6 * 0.5};
    for (int e = 0; e < ENVIRONMENTS; e++) {
        cr_expect(fits(BRANCHES + 1, count.of[e], share, STEPS), "environment %d", e);
    }
}

Test(exploring, environments_try_the_last_branch_unevenly_and_the_others_alike)
{
    struct dvfo_q_learner_def def = trying_def();
    def.epsilon_first = def.epsilon_last = 0.5;
    def.epsilon_near = 0.4;
    def.epsilon_spread = 4.0;
    const struct count count = count_tries(&def, STEPS);
    const double epsilon[ENVIRONMENTS] = {0.5, 0.125, 0.03125}; /* 0.5^1, ^3, ^5 */
    for (int e = 0; e < ENVIRONMENTS; e++) {
        const double share[BRANCHES + 1] = {0.2, 0.2, 0.6 * epsilon[e], 0.6 * (1.0 - epsilon[e])};
        cr_expect(fits(BRANCHES + 1, count.of[e], share, STEPS), "environment %d", e);
    }
}

Test(exploring, while_nothing_is_known_all_branches_are_random_and_learn)
{
    struct dvfo_q_learner_def def = trying_def();
    def.learning_starts = 50;
    struct dvfo_q_learner *learner = NULL;
    cr_assert_eq(dvfo_q_learner_create(&ctx, &def, &learner), DVFO_OK);
    double seen[5] = {0};
    int action[ENVIRONMENTS * BRANCHES];
    unsigned spared[ENVIRONMENTS];
    for (int i = 0; i < 2000; i++) {
        dvfo_q_learner_explore(learner, ENVIRONMENTS, shown, action, spared);
        cr_assert(spared[0] == 0 && spared[1] == 0 && spared[2] == 0);
        seen[action[1]]++;
    }
    cr_expect(fits(5, seen, (double[]){0.2, 0.2, 0.2, 0.2, 0.2}, 2000));
    dvfo_q_learner_free(learner);
}

/* ---- what acts, and how fast it learns ---- */

Test(exploring, the_average_acts_but_the_network_explores)
{
    for (int averaged = 0; averaged < 2; averaged++) {
        struct dvfo_q_learner_def def = trying_def();
        def.averaged = averaged;
        def.epsilon_first = def.epsilon_last = 0.0;
        struct dvfo_q_learner *learner = ready_learner(&def);
        for (int n = 0; n < 2; n++) { /* by its biases the network chooses 0, 0, 0, the target 3, 4, 2 */
            struct dvfo_branching *net = n == 0 ? learner->q->network : learner->q->target;
            const struct dvfo_branching_tensor *bias = &net->tensor[net->tensors - 1];
            cr_assert_str_eq(bias->name, "advantage.bias");
            memset(net->parameters, 0, net->count * sizeof *net->parameters);
            for (long d = 0; d < BRANCHES; d++) {
                net->parameters[bias->offset + (size_t)(net->first[d] + (n == 0 ? 0 : choices[d] - 1))] = 1.0f;
            }
            dvfo_branching_fold(net);
        }
        int action[ENVIRONMENTS * BRANCHES];
        unsigned spared[ENVIRONMENTS];
        dvfo_q_learner_act(learner, 1, shown, action);
        cr_expect_eq(action[0], averaged ? 3 : 0);
        cr_expect_eq(action[1], averaged ? 4 : 0);
        dvfo_q_learner_explore(learner, 1, shown, action, spared);
        cr_expect(action[0] == 0 && action[1] == 0 && action[2] == 0);
        dvfo_q_learner_free(learner);
    }
}

Test(exploring, the_learning_rate_falls_in_a_straight_line_and_stays)
{
    struct dvfo_q_learner_def def = trying_def();
    def.q.adam.rate = 0.01;
    def.rate_last = 0.1;
    def.rate_updates = 10;
    struct dvfo_q_learner *learner = ready_learner(&def);
    for (int i = 0; i < 15; i++) {
        struct dvfo_double_q_report report;
        cr_assert_eq(dvfo_q_learner_update(&ctx, learner, &report), DVFO_OK, "%s", ctx.message);
        const double expected = 0.01 * (i < 10 ? 1.0 - 0.09 * i : 0.1);
        cr_expect_float_eq(learner->q->adam->def.rate, expected, 1e-12, "update %d: %g", i, learner->q->adam->def.rate);
    }
    dvfo_q_learner_free(learner);
}

/* ---- a bandit whose branches depend on each other, with catastrophes ---- */

enum { ARMS = 4 };

/* Branch 0 is a clock, branch 1 what is sent: nothing (0), some, all; sending costs catastrophes, 0.02 * 8 = 0.16 on
 * average. Left over are
 *     0.10 0.05  0.30
 *     0.20 0.45  0.90
 *     0.30 0.75  0.80
 *     0.50 0.65 -0.50
 * The best pair is (1, 2), reached by turning one branch at a time from anywhere; on average over what the other does,
 * clock 2 and sending some look best. */
static const double worth[ARMS][3] = {{0.10, 0.21, 0.46}, {0.20, 0.61, 1.06}, {0.30, 0.91, 0.96}, {0.50, 0.81, -0.34}};
#define CATASTROPHE 8.0
#define HOW_OFTEN 0.02
#define BOUND 0.5

static struct dvfo_q_learner_def coupled_def(uint64_t seed)
{
    struct dvfo_q_learner_def def = dvfo_q_learner_def_default();
    def.q.network = (struct dvfo_branching_def){.inputs = 1,
                                                .layers = 1,
                                                .width = {24},
                                                .branches = 2,
                                                .choices = {ARMS, 3},
                                                .dueling = true,
                                                .plain_sum = true};
    def.q.batch = 32;
    def.q.adam.rate = 3e-3;
    def.q.target = DVFO_TD_TARGET_BRANCH;
    def.q.loss = DVFO_TD_LOSS_SQUARED;
    def.environments = 4;
    def.steps = 1;
    def.gamma = 0.0;
    def.replay_alpha = 0.0;
    def.replay_capacity = 3000; /* what was learnt beside another choice is soon forgotten */
    def.learning_starts = 400;
    def.one_branch = true;
    def.averaged = true;
    def.q.follow_share = 0.01;
    def.epsilon_last = 0.5;
    def.epsilon_decisions = 8000;
    def.rate_last = 0.05;
    def.rate_updates = 8000;
    def.risk_width = 8;
    def.risk_rate = 0.5;
    def.seed = seed;
    return def;
}

static void play(struct dvfo_q_learner *learner, gsl_rng *luck, int steps)
{
    const float at[4] = {1, 1, 1, 1};
    int action[4 * 2];
    unsigned spared[4];
    for (int step = 0; step < steps; step++) {
        dvfo_q_learner_explore(learner, 4, at, action, spared);
        for (long e = 0; e < 4; e++) {
            const int *choice = action + 2 * e;
            const bool sent = choice[1] > 0, lost = gsl_rng_uniform(luck) < HOW_OFTEN && sent;
            const double reward = worth[choice[0]][choice[1]] - 1.0 - (lost ? CATASTROPHE : 0.0);
            const double bound = -1.0 - BOUND; /* nothing but a catastrophe lies below */
            const struct dvfo_transition transition = {.observation = at,
                                                       .action = choice,
                                                       .reward = (float)fmax(reward, bound),
                                                       .tail = (float)fmin(reward - bound, 0.0),
                                                       .risky = sent,
                                                       .spared = spared[e],
                                                       .next = at,
                                                       .ended = true};
            dvfo_q_learner_remember(learner, e, &transition);
        }
        struct dvfo_double_q_report report;
        if (dvfo_q_learner_is_ready(learner)) {
            cr_assert_eq(dvfo_q_learner_update(&ctx, learner, &report), DVFO_OK, "%s", ctx.message);
        }
    }
}

/* What a learner of that seed chooses in the end, and how it values branch 0 at 1. */
static double play_and_choose(const struct dvfo_q_learner_def *def, int action[2])
{
    const float at = 1.0f;
    struct dvfo_q_learner *learner = NULL;
    dvfo_matrix_use_threads(1);
    cr_assert_eq(dvfo_q_learner_create(&ctx, def, &learner), DVFO_OK, "%s", ctx.message);
    gsl_rng *luck = dvfo_random_stream(def->seed, 0, "luck");
    play(learner, luck, 8000);
    dvfo_q_learner_act(learner, 1, &at, action);
    dvfo_branching_forward(learner->q->target, 1, &at, learner->pass);
    const double value = (double)learner->pass->q[1];
    gsl_rng_free(luck);
    dvfo_q_learner_free(learner);
    return value;
}

Test(exploring, coupled_branches_with_rare_catastrophes_are_set_to_the_best_pair)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const struct dvfo_q_learner_def def = coupled_def(seed);
        int action[2];
        const double value = play_and_choose(&def, action);
        cr_expect(action[0] == 1 && action[1] == 2, "seed %d: chose %d, %d", (int)seed, action[0], action[1]);
        cr_expect_float_eq(value, worth[1][2] - 1.0 - HOW_OFTEN * CATASTROPHE, 0.06, "seed %d: valued %g", (int)seed,
                           value);
    }
}

Test(exploring, branches_that_explore_each_for_itself_miss_that_pair)
{
    struct dvfo_q_learner_def def = coupled_def(1);
    def.one_branch = false;
    def.epsilon_last = 1.0;
    int action[2];
    play_and_choose(&def, action);
    cr_expect(action[0] == 2 && action[1] == 1, "chose %d, %d", action[0], action[1]);
}

/* ---- choices that aren't allowed ---- */

/* Choices of the last branch over many tries: each of the three, when all tries are of it or of all branches. */
static void count_last_choices(const struct dvfo_q_learner_def *def, const int *allowed, long count, long of[3])
{
    struct dvfo_q_learner *learner = ready_learner(def);
    int action[ENVIRONMENTS * BRANCHES];
    unsigned spared[ENVIRONMENTS];
    memset(of, 0, 3 * sizeof *of);
    dvfo_branching_allow(learner->q->network, BRANCHES - 1, allowed, count);
    dvfo_branching_allow(learner->q->target, BRANCHES - 1, allowed, count);
    for (int i = 0; i < 2000; i++) {
        dvfo_q_learner_explore(learner, ENVIRONMENTS, shown, action, spared);
        for (int e = 0; e < ENVIRONMENTS; e++) {
            of[action[e * BRANCHES + BRANCHES - 1]]++;
        }
        dvfo_q_learner_act(learner, ENVIRONMENTS, shown, action);
        of[action[BRANCHES - 1]]++;
    }
    dvfo_q_learner_free(learner);
}

Test(exploring, choices_that_are_not_allowed_are_never_tried_nor_made)
{
    for (int how = 0; how < 4; how++) {
        struct dvfo_q_learner_def def = trying_def();
        long of[3];
        def.one_branch = how < 2;
        def.epsilon_near = how == 1 ? 0.3 : 0.0;
        def.noise = how == 3 ? 0.5 : 0.0;
        def.epsilon_first = def.epsilon_last = how == 3 ? 0.2 : 1.0;
        count_last_choices(&def, (const int[]){0, 2}, 2, of);
        cr_expect(of[1] == 0 && of[0] > 100 && of[2] > 100, "%d: %ld %ld %ld", how, of[0], of[1], of[2]);
        count_last_choices(&def, (const int[]){1}, 1, of);
        cr_expect(of[0] == 0 && of[2] == 0, "%d: %ld %ld %ld", how, of[0], of[1], of[2]);
    }
}
