#include "policies/nn/q_learner.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/base/random.h"

struct dvfo_q_learner_def dvfo_q_learner_def_default(void)
{
    return (struct dvfo_q_learner_def){
        .q = dvfo_double_q_def_default(),
        .replay_capacity = 100000,
        .replay_alpha = 0.6,
        .replay_epsilon = 1e-6,
        .replay_beta = 0.4,
        .replay_beta_updates = 20000,
        .rate_last = 1.0,
        .rate_updates = 20000,
        .risk_rate = 0.1,
        .learning_starts = 1000,
        .environments = 1,
        .steps = 3,
        .gamma = 0.9,
        .horizon_s = 1.0,
        .epsilon_first = 1.0,
        .epsilon_last = 0.05,
        .epsilon_decisions = 20000,
        .seed = 1,
    };
}

#define AT(member) offsetof(struct dvfo_q_learner_def, member)
#define MANY 1e18

const struct dvfo_field dvfo_q_learner_fields[] = {
    {"replay_capacity", DVFO_FIELD_COUNT, AT(replay_capacity), 1, 1 << 28, "transitions remembered", NULL},
    {"replay_alpha", DVFO_FIELD_NUMBER, AT(replay_alpha), 0, 2, "how much errors prioritise; 0: uniform", NULL},
    {"replay_epsilon", DVFO_FIELD_NUMBER, AT(replay_epsilon), 1e-12, 1e3, "error that all count at least", NULL},
    {"replay_beta", DVFO_FIELD_NUMBER, AT(replay_beta), 0, 1, "how much of that weights undo, at first", NULL},
    {"replay_beta_updates", DVFO_FIELD_COUNT, AT(replay_beta_updates), 0, MANY, "until they undo all", NULL},
    {"rate_last", DVFO_FIELD_NUMBER, AT(rate_last), 0, 1, "learning rate in the end, of the first", NULL},
    {"rate_updates", DVFO_FIELD_COUNT, AT(rate_updates), 0, MANY, "until the learning rate is the last", NULL},
    {"averaged", DVFO_FIELD_SWITCH, AT(averaged), 0, 1, "the target network acts, but for exploring", NULL},
    {"risk_width", DVFO_FIELD_WHOLE, AT(risk_width), 0, 4096, "of the network of tails; 0: none", NULL},
    {"risk_rate", DVFO_FIELD_NUMBER, AT(risk_rate), 1e-6, 100, "its learning rate, of the learner's", NULL},
    {"learning_starts", DVFO_FIELD_COUNT, AT(learning_starts), 0, MANY, "transitions before the first update", NULL},
    {"environments", DVFO_FIELD_WHOLE, AT(environments), 1, 1 << 16, "acted in side by side", NULL},
    {"steps", DVFO_FIELD_WHOLE, AT(steps), 1, 1000, "whose rewards an action is credited with", NULL},
    {"gamma", DVFO_FIELD_NUMBER, AT(gamma), 0, 1, "discount over a horizon", NULL},
    {"horizon_s", DVFO_FIELD_NUMBER, AT(horizon_s), 1e-9, 1e9, "time over which gamma discounts [s]", NULL},
    {"epsilon_first", DVFO_FIELD_NUMBER, AT(epsilon_first), 0, 1, "share of random choices at first", NULL},
    {"epsilon_last", DVFO_FIELD_NUMBER, AT(epsilon_last), 0, 1, "the same in the end", NULL},
    {"epsilon_decisions", DVFO_FIELD_COUNT, AT(epsilon_decisions), 0, MANY, "from the first to the last", NULL},
    {"epsilon_spread", DVFO_FIELD_NUMBER, AT(epsilon_spread), 0, 100, "how unevenly environments explore", NULL},
    {"one_branch", DVFO_FIELD_SWITCH, AT(one_branch), 0, 1, "explores in one branch at a time", NULL},
    {"epsilon_near", DVFO_FIELD_NUMBER, AT(epsilon_near), 0, 1, "how often a branch but the last is tried", NULL},
    {"noise", DVFO_FIELD_NUMBER, AT(noise), 0, 10, "on the best choice, in widths of its branch", NULL},
    {"seed", DVFO_FIELD_COUNT, AT(seed), 0, 2e19, "of all its random streams", NULL},
    {0},
};

static dvfo_status create_parts(struct dvfo_ctx *ctx, struct dvfo_q_learner *learner)
{
    const struct dvfo_q_learner_def *def = &learner->def;
    const long I = def->q.network.inputs, D = def->q.network.branches;
    DVFO_TRY(dvfo_fields_check(ctx, "a learner", dvfo_q_learner_fields, def));
    if (def->risk_width > 0 && def->steps > 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a learner's risk_width is %ld with %ld steps, expected 1 step with it",
                         def->risk_width, def->steps);
    }
    DVFO_TRY(dvfo_double_q_create(ctx, &def->q, &learner->q));
    struct dvfo_replay_def replay = dvfo_replay_def_default();
    replay.capacity = def->replay_capacity;
    replay.inputs = I;
    replay.branches = D;
    replay.alpha = def->replay_alpha;
    replay.epsilon = def->replay_epsilon;
    replay.seed = def->seed;
    DVFO_TRY(dvfo_replay_create(ctx, &replay, &learner->replay));
    DVFO_TRY(dvfo_n_step_create(ctx, def->steps, def->environments, I, D, &learner->n_step));
    DVFO_TRY(dvfo_minibatch_create(ctx, def->q.batch, I, D, &learner->batch));
    DVFO_TRY(dvfo_branching_pass_create(ctx, learner->q->network, def->environments, false, &learner->pass));
    if (def->risk_width > 0) {
        DVFO_TRY(dvfo_risk_create(ctx, I, def->risk_width, def->q.batch, &learner->risk));
    }
    gsl_rng *weights = dvfo_random_small_stream(def->seed, 0, "weights");
    learner->exploration = dvfo_random_small_stream(def->seed, 0, "exploration");
    if (weights != NULL) {
        dvfo_double_q_initialise(learner->q, weights);
        if (learner->risk != NULL) {
            dvfo_risk_initialise(learner->risk, weights);
        }
        gsl_rng_free(weights);
    }
    return weights != NULL && learner->exploration != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_q_learner_create(struct dvfo_ctx *ctx, const struct dvfo_q_learner_def *def,
                                  struct dvfo_q_learner **out)
{
    *out = NULL;
    struct dvfo_q_learner *learner = calloc(1, sizeof *learner);
    if (learner == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    learner->def = *def;
    const dvfo_status status = create_parts(ctx, learner);
    if (status != DVFO_OK) {
        dvfo_q_learner_free(learner);
        return status;
    }
    *out = learner;
    return DVFO_OK;
}

void dvfo_q_learner_free(struct dvfo_q_learner *learner)
{
    if (learner != NULL) {
        gsl_rng_free(learner->exploration);
        dvfo_branching_pass_free(learner->pass);
        dvfo_minibatch_free(learner->batch);
        dvfo_risk_free(learner->risk);
        dvfo_n_step_free(learner->n_step);
        dvfo_replay_free(learner->replay);
        dvfo_double_q_free(learner->q);
        free(learner);
    }
}

/* ---- acting ---- */

/* From first to last as done goes from 0 to all. */
static double along(double first, double last, uint64_t done, uint64_t all)
{
    return done >= all ? last : first + (last - first) * (double)done / (double)all;
}

double dvfo_q_learner_epsilon(const struct dvfo_q_learner *learner)
{
    const struct dvfo_q_learner_def *def = &learner->def;
    return along(def->epsilon_first, def->epsilon_last, learner->decisions, def->epsilon_decisions);
}

/* The same for one of the environments. */
static double epsilon_of(const struct dvfo_q_learner *learner, long environment)
{
    const struct dvfo_q_learner_def *def = &learner->def;
    const double epsilon = dvfo_q_learner_epsilon(learner);
    const double way = def->environments > 1 ? (double)environment / (double)(def->environments - 1) : 0.0;
    return def->epsilon_spread > 0.0 ? pow(epsilon, 1.0 + def->epsilon_spread * way) : epsilon;
}

/* Any of a branch's choices that are allowed. */
static int any_choice(struct dvfo_q_learner *learner, long branch)
{
    const struct dvfo_branching *net = learner->q->network;
    const unsigned long count = (unsigned long)net->allowed_count[branch];
    return net->allowed[net->first[branch] + (long)gsl_rng_uniform_int(learner->exploration, count)];
}

static bool is_allowed(const struct dvfo_branching *net, long branch, int choice)
{
    long i = 0;
    while (i < net->allowed_count[branch] && net->allowed[net->first[branch] + i] != choice) {
        i++;
    }
    return i < net->allowed_count[branch];
}

/* A choice near the best one; where that isn't allowed, the best itself. */
static int near_choice(struct dvfo_q_learner *learner, long branch, int best)
{
    const struct dvfo_branching *net = learner->q->network;
    const double width = (double)(net->def.choices[branch] - 1);
    const double moved = best + gsl_ran_gaussian(learner->exploration, learner->def.noise * width);
    const int near = (int)lround(fmin(fmax(moved, 0.0), width));
    return is_allowed(net, branch, near) ? near : best;
}

static int explored(struct dvfo_q_learner *learner, double epsilon, long branch, int best)
{
    if (gsl_rng_uniform(learner->exploration) < epsilon) {
        return any_choice(learner, branch);
    }
    return learner->def.noise > 0.0 ? near_choice(learner, branch, best) : best;
}

/* The best choices by a network. */
static void choose(struct dvfo_q_learner *learner, const struct dvfo_branching *net, long count,
                   const float *observation, int *action)
{
    dvfo_branching_forward(net, count, observation, learner->pass);
    for (long e = 0; e < count; e++) {
        dvfo_branching_greedy(net, learner->pass->q + e * net->actions, action + e * net->def.branches);
    }
}

void dvfo_q_learner_act(struct dvfo_q_learner *learner, long count, const float *observation, int *action)
{
    choose(learner, learner->def.averaged ? learner->q->target : learner->q->network, count, observation, action);
}

/* Which branch is tried; -1: none. */
static long branch_to_try(struct dvfo_q_learner *learner, double epsilon)
{
    const long D = learner->q->network->def.branches;
    gsl_rng *rng = learner->exploration;
    if (learner->def.epsilon_near > 0.0 && D > 1) {
        if (gsl_rng_uniform(rng) < learner->def.epsilon_near) {
            return (long)gsl_rng_uniform_int(rng, (unsigned long)(D - 1));
        }
        return gsl_rng_uniform(rng) < epsilon ? D - 1 : -1;
    }
    return gsl_rng_uniform(rng) < epsilon ? (long)gsl_rng_uniform_int(rng, (unsigned long)D) : -1;
}

/* One branch moves, or none; only it learns from that. @return the branches that are spared */
static unsigned explore_one(struct dvfo_q_learner *learner, double epsilon, int *choice)
{
    const struct dvfo_branching_def *net = &learner->q->network->def;
    const long d = branch_to_try(learner, epsilon);
    if (d < 0) {
        return 0;
    }
    choice[d] = any_choice(learner, d);
    return ((1u << net->branches) - 1u) ^ (1u << d);
}

void dvfo_q_learner_explore(struct dvfo_q_learner *learner, long count, const float *observation, int *action,
                            unsigned *spared)
{
    const struct dvfo_branching *net = learner->q->network;
    const bool warming_up = !dvfo_q_learner_is_ready(learner); /* nothing is known yet: all branches at random */
    choose(learner, net, count, observation, action);
    for (long e = 0; e < count; e++) {
        int *choice = action + e * net->def.branches;
        const double epsilon = epsilon_of(learner, e);
        spared[e] = 0;
        if (learner->def.one_branch && !warming_up) {
            spared[e] = explore_one(learner, epsilon, choice);
        } else {
            for (long d = 0; d < net->def.branches; d++) {
                choice[d] = explored(learner, epsilon, d, choice[d]);
            }
        }
        learner->decisions++;
    }
}

/* ---- learning ---- */

float dvfo_q_learner_discount(const struct dvfo_q_learner *learner, double elapsed_s)
{
    return (float)pow(learner->def.gamma, elapsed_s / learner->def.horizon_s);
}

void dvfo_q_learner_remember(struct dvfo_q_learner *learner, long environment, const struct dvfo_transition *transition)
{
    DVFO_REQUIRE(environment >= 0 && environment < learner->def.environments);
    dvfo_n_step_add(learner->n_step, environment, transition, learner->replay);
}

bool dvfo_q_learner_is_ready(const struct dvfo_q_learner *learner)
{
    return learner->replay->size > 0 && learner->replay->added >= learner->def.learning_starts;
}

dvfo_status dvfo_q_learner_update(struct dvfo_ctx *ctx, struct dvfo_q_learner *learner,
                                  struct dvfo_double_q_report *report)
{
    const struct dvfo_q_learner_def *def = &learner->def;
    const uint64_t done = learner->q->updates;
    const double beta = along(def->replay_beta, 1.0, done, def->replay_beta_updates);
    learner->q->adam->def.rate = def->q.adam.rate * along(1.0, def->rate_last, done, def->rate_updates);
    dvfo_replay_draw(learner->replay, beta, learner->batch);
    if (learner->risk != NULL) {
        dvfo_risk_charge(learner->risk, def->risk_rate * learner->q->adam->def.rate, learner->batch);
    }
    DVFO_TRY(dvfo_double_q_update(ctx, learner->q, learner->batch, report));
    dvfo_replay_reprioritise(learner->replay, learner->batch, learner->q->error);
    return DVFO_OK;
}
