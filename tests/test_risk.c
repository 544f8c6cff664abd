/* The network of tails: what rare and large losses cost on average, learnt by Poisson regression. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "policies/nn/matrix.h"
#include "policies/nn/risk.h"
#include "sim/base/random.h"

enum { INPUTS = 2, WIDTH = 8, BATCH = 64 };

static struct dvfo_ctx ctx;
static const float state_a[INPUTS] = {1, 0}, state_b[INPUTS] = {0, 1};

struct fixture {
    struct dvfo_risk *risk;
    struct dvfo_minibatch *batch;
    gsl_rng *rng;
};

static struct fixture make(void)
{
    struct fixture f = {.rng = dvfo_random_stream(1, 0, "tails")};
    gsl_rng *weights = dvfo_random_small_stream(1, 0, "weights");
    dvfo_matrix_use_threads(1);
    cr_assert_eq(dvfo_risk_create(&ctx, INPUTS, WIDTH, BATCH, &f.risk), DVFO_OK);
    cr_assert_eq(dvfo_minibatch_create(&ctx, BATCH, INPUTS, 1, &f.batch), DVFO_OK);
    dvfo_risk_initialise(f.risk, weights);
    gsl_rng_free(weights);
    return f;
}

static void unmake(struct fixture *f)
{
    gsl_rng_free(f->rng);
    dvfo_minibatch_free(f->batch);
    dvfo_risk_free(f->risk);
}

/* Every other sample is of state A, whose tail is -10 with a probability; in state B nothing ever happens. */
static void draw(struct fixture *f, double probability)
{
    for (long b = 0; b < BATCH; b++) {
        const bool in_a = b % 2 == 0;
        memcpy(f->batch->observation + b * INPUTS, in_a ? state_a : state_b, sizeof state_a);
        f->batch->tail[b] = in_a && gsl_rng_uniform(f->rng) < probability ? -10.0f : 0.0f;
        f->batch->risky[b] = true;
        f->batch->weight[b] = 1.0f;
        f->batch->reward[b] = 0.0f;
    }
}

/* Learning rate that falls, so that the end is steady. */
static double rate_at(int i, int updates)
{
    return 1e-2 * pow(0.01, (double)i / updates);
}

/* What is charged in a state. */
static double charged(struct fixture *f, const float *state)
{
    for (long b = 0; b < BATCH; b++) {
        memcpy(f->batch->observation + b * INPUTS, state, sizeof state_a);
        f->batch->tail[b] = NAN;
        f->batch->risky[b] = true;
        f->batch->reward[b] = 0.0f;
    }
    dvfo_risk_charge(f->risk, 0.0, f->batch);
    return -(double)f->batch->reward[0];
}

Test(risk, what_is_charged_converges_to_the_mean_tail_of_each_state)
{
    enum { UPDATES = 12000 };
    struct fixture f = make();
    double seen_j = 0.0;
    for (int i = 0; i < UPDATES; i++) {
        draw(&f, 0.05);
        for (long b = 0; b < BATCH && i >= UPDATES / 2; b++) {
            seen_j -= (double)f.batch->tail[b] / (UPDATES / 2.0) / (BATCH / 2.0);
        }
        dvfo_risk_charge(f.risk, rate_at(i, UPDATES), f.batch);
    }
    cr_assert_float_eq(seen_j, 0.5, 0.02, "the draw is what it should be: %g", seen_j);
    const double a = charged(&f, state_a), b = charged(&f, state_b);
    cr_expect_float_eq(a, 0.5, 0.025, "state A is charged %g, expected 0.5", a);
    cr_expect(b < 0.01, "state B is charged %g, expected next to nothing", b);
    unmake(&f);
}

Test(risk, charging_keeps_the_mean_of_the_rewards)
{
    enum { UPDATES = 6000 };
    struct fixture f = make();
    double tails = 0.0, charges = 0.0;
    for (int i = 0; i < 2 * UPDATES; i++) {
        draw(&f, 0.05);
        for (long b = 0; b < BATCH && i >= UPDATES; b++) {
            tails += (double)f.batch->tail[b];
        }
        dvfo_risk_charge(f.risk, rate_at(i, 2 * UPDATES), f.batch);
        for (long b = 0; b < BATCH && i >= UPDATES; b++) {
            charges += (double)f.batch->reward[b];
        }
    }
    cr_expect_float_eq(charges / tails, 1.0, 0.03, "charged %g of %g", charges, tails);
    unmake(&f);
}

Test(risk, transitions_that_teach_nothing_or_took_no_risk_change_nothing)
{
    for (int marked = 0; marked < 2; marked++) {
        struct fixture f = make();
        const size_t bytes = f.risk->network->count * sizeof(float);
        float *before = malloc(bytes);
        memcpy(before, f.risk->network->parameters, bytes);
        draw(&f, 1.0);
        for (long b = 0; b < BATCH; b++) {
            f.batch->tail[b] = marked ? NAN : f.batch->tail[b];
            f.batch->risky[b] = marked;
        }
        dvfo_risk_charge(f.risk, 0.01, f.batch);
        cr_expect_arr_eq(before, f.risk->network->parameters, bytes, "marked %d", marked);
        for (long b = 0; b < BATCH; b++) {
            cr_expect((f.batch->reward[b] < 0.0f) == (marked == 1), "who takes a risk pays, whatever it teaches");
        }
        draw(&f, 1.0); /* the comparison sees what does teach */
        dvfo_risk_charge(f.risk, 0.01, f.batch);
        cr_expect_arr_neq(before, f.risk->network->parameters, bytes);
        free(before);
        unmake(&f);
    }
}

/* One marked transition beside many that say otherwise: as if it weren't there. */
Test(risk, a_marked_tail_has_no_weight)
{
    float with[2];
    for (int i = 0; i < 2; i++) {
        struct fixture f = make();
        draw(&f, 0.0);
        f.batch->tail[0] = NAN;
        f.batch->observation[0] = i == 0 ? 1.0f : -3.0f; /* whatever it saw */
        dvfo_risk_charge(f.risk, 0.01, f.batch);
        with[i] = f.risk->network->parameters[1];
        unmake(&f);
    }
    cr_expect_eq(with[0], with[1]);
}

/* Gradient of weight (exp(z) - t z) for z, by hand: weight (exp(z) - t), a sample's share of the batch. */
Test(risk, the_slope_is_the_mean_told_less_the_tail_seen)
{
    struct fixture f = make();
    draw(&f, 0.0);
    memset(f.risk->network->parameters, 0, f.risk->network->count * sizeof(float));
    dvfo_branching_fold(f.risk->network); /* z = 0: it tells a mean of 1 */
    f.batch->tail[0] = -10.0f;
    f.batch->weight[2] = 0.5f;
    f.batch->risky[4] = false;
    f.batch->tail[6] = NAN;
    dvfo_risk_charge(f.risk, 1e-9, f.batch);
    const float n = (float)BATCH;
    cr_expect_float_eq(f.risk->pass->dq[0 * 2 + 1], (1.0f - 10.0f) / n, 1e-6);
    cr_expect_float_eq(f.risk->pass->dq[2 * 2 + 1], 0.5f / n, 1e-6);
    cr_expect_float_eq(f.risk->pass->dq[1 * 2 + 1], 1.0f / n, 1e-6);
    cr_expect(f.risk->pass->dq[4 * 2 + 1] == 0.0f && f.risk->pass->dq[6 * 2 + 1] == 0.0f);
    cr_expect(f.risk->pass->dq[0] == 0.0f, "the other choice of the network tells nothing");
    unmake(&f);
}
