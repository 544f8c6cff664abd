#include "policies/nn/risk.h"

#include <math.h>
#include <string.h>

#define AVERAGED 0.002 /* share of an update in what is charged: an average over the last 500 of them */
#define MOST_Z 7.0f    /* a mean tail of a thousand */

enum { TOLD = 1 }; /* the choice whose value is z */

static dvfo_status create_parts(struct dvfo_ctx *ctx, long inputs, long width, long batch, struct dvfo_risk *risk)
{
    struct dvfo_branching_def def = dvfo_branching_def_default();
    const struct dvfo_adam_def adam = dvfo_adam_def_default();
    def.inputs = inputs;
    def.layers = 1;
    def.width[0] = width;
    def.branches = 1;
    def.choices[0] = 2;
    def.dueling = false;
    DVFO_TRY(dvfo_branching_create(ctx, &def, &risk->network));
    DVFO_TRY(dvfo_branching_create(ctx, &def, &risk->target));
    DVFO_TRY(dvfo_adam_create(ctx, &adam, risk->network->count, &risk->adam));
    DVFO_TRY(dvfo_branching_pass_create(ctx, risk->network, batch, true, &risk->pass));
    risk->gradient = calloc(risk->network->count, sizeof *risk->gradient);
    return risk->gradient != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_risk_create(struct dvfo_ctx *ctx, long inputs, long width, long batch, struct dvfo_risk **out)
{
    *out = NULL;
    struct dvfo_risk *risk = calloc(1, sizeof *risk);
    if (risk == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = create_parts(ctx, inputs, width, batch, risk);
    if (status != DVFO_OK) {
        dvfo_risk_free(risk);
        return status;
    }
    *out = risk;
    return DVFO_OK;
}

void dvfo_risk_free(struct dvfo_risk *risk)
{
    if (risk != NULL) {
        dvfo_branching_pass_free(risk->pass);
        dvfo_adam_free(risk->adam);
        dvfo_branching_free(risk->target);
        dvfo_branching_free(risk->network);
        free(risk->gradient);
        free(risk);
    }
}

void dvfo_risk_initialise(struct dvfo_risk *risk, gsl_rng *rng)
{
    dvfo_branching_initialise(risk->network, rng);
    dvfo_branching_follow(risk->target, risk->network, 1.0);
}

/* Gradient of the mean of weight (exp(z) - t z) over the samples that teach. */
static void differentiate(struct dvfo_risk *risk, const struct dvfo_minibatch *batch)
{
    const long A = risk->network->actions;
    float *dq = risk->pass->dq;
    memset(dq, 0, (size_t)(batch->samples * A) * sizeof *dq);
    for (long b = 0; b < batch->samples; b++) {
        if (batch->risky[b] && !isnan(batch->tail[b])) {
            const float mean = expf(fminf(risk->pass->q[b * A + TOLD], MOST_Z));
            dq[b * A + TOLD] = batch->weight[b] * (mean + batch->tail[b]) / (float)batch->samples;
        }
    }
}

static void learn(struct dvfo_risk *risk, double rate, const struct dvfo_minibatch *batch)
{
    risk->adam->def.rate = rate;
    dvfo_branching_forward(risk->network, batch->samples, batch->observation, risk->pass);
    differentiate(risk, batch);
    dvfo_branching_backward(risk->network, batch->samples, batch->observation, 1.0f, risk->pass, risk->gradient);
    dvfo_adam_step(risk->adam, risk->gradient, 1.0, risk->network->parameters);
    dvfo_branching_fold(risk->network);
    dvfo_branching_follow(risk->target, risk->network, AVERAGED);
}

void dvfo_risk_charge(struct dvfo_risk *risk, double rate, struct dvfo_minibatch *batch)
{
    const long A = risk->network->actions;
    learn(risk, rate, batch);
    dvfo_branching_forward(risk->target, batch->samples, batch->observation, risk->pass);
    for (long b = 0; b < batch->samples; b++) {
        if (batch->risky[b]) {
            batch->reward[b] -= expf(fminf(risk->pass->q[b * A + TOLD], MOST_Z));
        }
    }
}
