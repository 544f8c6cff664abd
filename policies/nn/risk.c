#include "policies/nn/risk.h"

#include <math.h>
#include <string.h>

#define AVERAGED 0.002 /* share of an update in what is charged: an average over the last 500 of them */

dvfo_status dvfo_risk_create(struct dvfo_ctx *ctx, long inputs, long width, double rate, long batch,
                             struct dvfo_risk **out)
{
    *out = NULL;
    struct dvfo_risk *risk = calloc(1, sizeof *risk);
    if (risk == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    struct dvfo_double_q_def def = dvfo_double_q_def_default();
    def.network.inputs = inputs;
    def.network.layers = 1;
    def.network.width[0] = width;
    def.network.branches = 1;
    def.network.choices[0] = 2;
    def.network.dueling = false;
    def.adam.rate = rate;
    def.batch = batch;
    def.doubled = false;
    def.loss = DVFO_TD_LOSS_SQUARED; /* the mean is wanted, not the median */
    def.clip_norm = 0.0;
    def.trunk_scale = 1.0;
    def.follow_share = AVERAGED;
    dvfo_status status = dvfo_double_q_create(ctx, &def, &risk->q);
    if (status == DVFO_OK) {
        status = dvfo_batch_create(ctx, batch, inputs, 1, &risk->batch);
    }
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
        dvfo_batch_free(risk->batch);
        dvfo_double_q_free(risk->q);
        free(risk);
    }
}

/* The tails as rewards without a future. */
static void take_tails(struct dvfo_risk *risk, const struct dvfo_batch *batch)
{
    struct dvfo_batch *tails = risk->batch;
    const size_t numbers = 2 * (size_t)(batch->samples * risk->q->def.network.inputs);
    memcpy(tails->observation, batch->observation, numbers * sizeof(float));
    for (long b = 0; b < batch->samples; b++) {
        const bool teaches = batch->risky[b] && !isnan(batch->tail[b]);
        tails->reward[b] = teaches ? batch->tail[b] : 0.0f;
        tails->weight[b] = teaches ? batch->weight[b] : 0.0f;
        tails->discount[b] = 0.0f;
        tails->action[b] = 1;
    }
}

dvfo_status dvfo_risk_charge(struct dvfo_ctx *ctx, struct dvfo_risk *risk, double rate, struct dvfo_batch *batch)
{
    struct dvfo_double_q_report report;
    const struct dvfo_branching *net = risk->q->target; /* an average over recent ones */
    take_tails(risk, batch);
    risk->q->adam->def.rate = rate;
    DVFO_TRY(dvfo_double_q_update(ctx, risk->q, risk->batch, &report));
    dvfo_branching_forward(net, batch->samples, batch->observation, risk->q->pass);
    for (long b = 0; b < batch->samples; b++) {
        if (batch->risky[b]) {
            batch->reward[b] += fminf(risk->q->pass->q[b * net->actions + 1], 0.0f);
        }
    }
    return DVFO_OK;
}
