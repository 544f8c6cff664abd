#include "policies/nn/minibatch.h"

dvfo_status dvfo_minibatch_create(struct dvfo_ctx *ctx, long samples, long inputs, long branches,
                                  struct dvfo_minibatch **out)
{
    DVFO_REQUIRE(samples >= 1 && inputs >= 1 && branches >= 1);
    *out = NULL;
    struct dvfo_minibatch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const size_t B = (size_t)samples;
    batch->samples = samples;
    batch->observation = calloc(B * (2 * (size_t)inputs + 4), sizeof(float));
    batch->action = calloc(B * (size_t)branches, sizeof(int));
    batch->spared = calloc(B, sizeof(unsigned));
    batch->risky = calloc(B, sizeof(bool));
    batch->row = calloc(B, sizeof(size_t));
    if (batch->observation == NULL || batch->action == NULL || batch->spared == NULL || batch->risky == NULL ||
        batch->row == NULL) {
        dvfo_minibatch_free(batch);
        return dvfo_fail_no_memory(ctx);
    }
    batch->reward = batch->observation + B * 2 * (size_t)inputs;
    batch->discount = batch->reward + B;
    batch->weight = batch->discount + B;
    batch->tail = batch->weight + B;
    *out = batch;
    return DVFO_OK;
}

void dvfo_minibatch_free(struct dvfo_minibatch *batch)
{
    if (batch != NULL) {
        free(batch->row);
        free(batch->risky);
        free(batch->spared);
        free(batch->action);
        free(batch->observation);
        free(batch);
    }
}
