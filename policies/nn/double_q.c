#include "policies/nn/double_q.h"

#include <math.h>

enum { SLAB = 32 }; /* states reached, valued at a time: what lies between their layers stays in the nearest cache */

struct dvfo_double_q_def dvfo_double_q_def_default(void)
{
    return (struct dvfo_double_q_def){
        .network = dvfo_branching_def_default(),
        .adam = dvfo_adam_def_default(),
        .batch = 64,
        .doubled = true,
        .target = DVFO_TD_TARGET_MEAN,
        .loss = DVFO_TD_LOSS_HUBER,
        .clip_norm = 10.0,
        .near = 1.0,
        .follow_every = 1,
        .follow_share = 0.005,
    };
}

static const char *const targets[] = {
#define TARGET_NAME(name, text, what) text,
    DVFO_TD_TARGET_LIST(TARGET_NAME)
#undef TARGET_NAME
        NULL,
};

static const char *const losses[] = {
#define LOSS_NAME(name, text, what) text,
    DVFO_TD_LOSS_LIST(LOSS_NAME)
#undef LOSS_NAME
        NULL,
};

#define AT(member) offsetof(struct dvfo_double_q_def, member)

const struct dvfo_field dvfo_double_q_fields[] = {
    {"batch", DVFO_FIELD_WHOLE, AT(batch), 1, 1 << 16, "samples of an update", NULL},
    {"rate", DVFO_FIELD_NUMBER, AT(adam.rate), 1e-12, 10, "learning rate", NULL},
    {"beta1", DVFO_FIELD_NUMBER, AT(adam.beta1), 0, 0.99999, "how slowly Adam's mean forgets", NULL},
    {"beta2", DVFO_FIELD_NUMBER, AT(adam.beta2), 0, 0.9999999, "how slowly Adam's mean square forgets", NULL},
    {"epsilon", DVFO_FIELD_NUMBER, AT(adam.epsilon), 1e-12, 1, "added to the root of Adam's mean square", NULL},
    {"doubled", DVFO_FIELD_SWITCH, AT(doubled), 0, 1, "the learning network chooses, the target values", NULL},
    {"target", DVFO_FIELD_CHOICE, AT(target), 0, DVFO_TD_TARGET_COUNT - 1, "how branches share a target", targets},
    {"near", DVFO_FIELD_NUMBER, AT(near), 1, 1e9, "exponent of the discount in all branches but the last", NULL},
    {"loss", DVFO_FIELD_CHOICE, AT(loss), 0, DVFO_TD_LOSS_COUNT - 1, "of a temporal difference", losses},
    {"clip_norm", DVFO_FIELD_NUMBER, AT(clip_norm), 0, 1e9, "longest gradient; 0: any", NULL},
    {"trunk_scale", DVFO_FIELD_NUMBER, AT(trunk_scale), 0, 1, "of the trunk's gradient; 0: 1 / (branches + 1)", NULL},
    {"follow_every", DVFO_FIELD_WHOLE, AT(follow_every), 1, 1e9, "updates between moves of the target", NULL},
    {"follow_share", DVFO_FIELD_NUMBER, AT(follow_share), 1e-9, 1, "how far the target moves; 1: copied", NULL},
    {0},
};

static dvfo_status create_parts(struct dvfo_ctx *ctx, struct dvfo_double_q *q)
{
    const struct dvfo_double_q_def *def = &q->def;
    DVFO_TRY(dvfo_branching_create(ctx, &def->network, &q->network));
    DVFO_TRY(dvfo_branching_create(ctx, &def->network, &q->target));
    DVFO_TRY(dvfo_adam_create(ctx, &def->adam, q->network->count, &q->adam));
    DVFO_TRY(dvfo_branching_pass_create(ctx, q->network, def->batch, true, &q->pass));
    DVFO_TRY(
        dvfo_branching_pass_create(ctx, q->network, def->batch < SLAB ? def->batch : SLAB, false, &q->target_pass));
    const size_t B = (size_t)def->batch, D = (size_t)def->network.branches;
    q->gradient = calloc(q->network->count + B * (D + 1), sizeof *q->gradient);
    if (q->gradient == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    q->y = q->gradient + q->network->count;
    q->error = q->y + B * D;
    return DVFO_OK;
}

dvfo_status dvfo_double_q_create(struct dvfo_ctx *ctx, const struct dvfo_double_q_def *def, struct dvfo_double_q **out)
{
    *out = NULL;
    DVFO_TRY(dvfo_fields_check(ctx, "a learner", dvfo_double_q_fields, def));
    struct dvfo_double_q *q = calloc(1, sizeof *q);
    if (q == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    q->def = *def;
    const dvfo_status status = create_parts(ctx, q);
    if (status != DVFO_OK) {
        dvfo_double_q_free(q);
        return status;
    }
    *out = q;
    return DVFO_OK;
}

void dvfo_double_q_free(struct dvfo_double_q *q)
{
    if (q != NULL) {
        free(q->gradient);
        dvfo_branching_pass_free(q->target_pass);
        dvfo_branching_pass_free(q->pass);
        dvfo_adam_free(q->adam);
        dvfo_branching_free(q->target);
        dvfo_branching_free(q->network);
        free(q);
    }
}

void dvfo_double_q_initialise(struct dvfo_double_q *q, gsl_rng *rng)
{
    dvfo_branching_initialise(q->network, rng);
    dvfo_branching_follow(q->target, q->network, 1.0);
}

/* What the values should have been, a slab of samples after the other. */
static void aim(struct dvfo_double_q *q, const struct dvfo_minibatch *batch)
{
    const struct dvfo_branching *net = q->network;
    const long B = batch->samples, I = net->def.inputs, D = net->def.branches;
    for (long b = 0; b < B; b += SLAB) {
        const long count = B - b < SLAB ? B - b : SLAB;
        const float *after = batch->observation + (B + b) * I;
        dvfo_branching_forward(q->target, count, after, q->target_pass);
        if (q->def.doubled) {
            dvfo_branching_forward(net, count, after, q->pass);
        }
        const float *chooser = q->def.doubled ? q->pass->q : q->target_pass->q;
        dvfo_td_targets(net, q->def.target, q->def.near, count, batch->reward + b, batch->discount + b, chooser,
                        q->target_pass->q, q->y + b * D);
    }
}

/* Loss and gradient of a batch; the networks stay. */
static void differentiate(struct dvfo_double_q *q, const struct dvfo_minibatch *batch,
                          struct dvfo_double_q_report *report)
{
    const struct dvfo_branching *net = q->network;
    const long B = batch->samples;
    aim(q, batch);
    dvfo_branching_forward(net, B, batch->observation, q->pass);
    report->loss = dvfo_td_loss_of(net, q->def.loss, batch, q->pass->q, q->y, q->pass->dq, q->error);
    const double scale = q->def.trunk_scale > 0.0 ? q->def.trunk_scale : 1.0 / (double)(net->def.branches + 1);
    dvfo_branching_backward(net, B, batch->observation, (float)scale, q->pass, q->gradient);
    report->gradient_norm = dvfo_adam_norm(net->count, q->gradient);
}

dvfo_status dvfo_double_q_update(struct dvfo_ctx *ctx, struct dvfo_double_q *q, const struct dvfo_minibatch *batch,
                                 struct dvfo_double_q_report *report)
{
    DVFO_REQUIRE(batch->samples == q->def.batch);
    differentiate(q, batch, report);
    if (!isfinite(report->loss) || !isfinite(report->gradient_norm)) {
        return dvfo_fail(ctx, DVFO_FAILED,
                         "learning diverged: after %llu updates the loss is %g and the gradient's norm %g; a smaller "
                         "learning rate or smaller rewards may help",
                         (unsigned long long)q->updates, report->loss, report->gradient_norm);
    }
    const double longest = q->def.clip_norm;
    const double scale = longest > 0.0 && report->gradient_norm > longest ? longest / report->gradient_norm : 1.0;
    dvfo_adam_step(q->adam, q->gradient, scale, q->network->parameters);
    dvfo_branching_fold(q->network);
    q->updates++;
    if (q->updates % (uint64_t)q->def.follow_every == 0) {
        dvfo_branching_follow(q->target, q->network, q->def.follow_share);
    }
    return DVFO_OK;
}

double dvfo_double_q_flop(const struct dvfo_double_q *q)
{
    /* forward for the target and once or twice for the network; backward once for the weights and, but for the first
     * layer, once for the inputs */
    const double forward = dvfo_branching_flop(q->network);
    const double first = 2.0 * (double)(q->def.network.inputs * q->def.network.width[0]);
    return (double)q->def.batch * ((q->def.doubled ? 3.0 : 2.0) * forward + 2.0 * forward - first);
}
