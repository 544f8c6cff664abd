#include "policies/nn/td.h"

#include <math.h>
#include <string.h>

static float mean_of(long n, const float *x)
{
    float sum = 0.0f;
    for (long i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (float)n;
}

void dvfo_td_targets(const struct dvfo_branching *net, dvfo_td_target target, double near, long B, const float *reward,
                     const float *discount, const float *chooser, const float *valuer, float *y)
{
    const long A = net->actions, D = net->def.branches;
    for (long b = 0; b < B; b++) {
        int best[DVFO_BRANCHING_BRANCHES];
        float value[DVFO_BRANCHING_BRANCHES];
        dvfo_branching_greedy(net, chooser + b * A, best);
        for (long d = 0; d < D; d++) {
            value[d] = valuer[b * A + net->first[d] + best[d]];
        }
        const float mean = mean_of(D, value);
        const float sooner = near == 1.0 ? discount[b] : powf(discount[b], (float)near);
        for (long d = 0; d < D; d++) {
            const float next = target == DVFO_TD_TARGET_MEAN ? mean : value[d];
            y[b * D + d] = reward[b] + (d + 1 < D ? sooner : discount[b]) * next;
        }
    }
}

static float slope(dvfo_td_loss loss, float error)
{
    return loss == DVFO_TD_LOSS_HUBER ? fmaxf(-1.0f, fminf(error, 1.0f)) : error;
}

/* d^2 / 2, or |d| - 1/2 on the straight part: in both the slope times what is left of the error. */
static float height(dvfo_td_loss loss, float error)
{
    const float s = slope(loss, error);
    return s * (error - 0.5f * s);
}

double dvfo_td_loss_of(const struct dvfo_branching *net, dvfo_td_loss loss, const struct dvfo_minibatch *batch,
                       const float *q, const float *y, float *dq, float *error)
{
    const long B = batch->samples, A = net->actions, D = net->def.branches;
    const float share = 1.0f / (float)(B * D);
    double sum = 0.0;
    memset(dq, 0, (size_t)(B * A) * sizeof *dq);
    for (long b = 0; b < B; b++) {
        float heights = 0.0f;
        error[b] = 0.0f;
        for (long d = 0; d < D; d++) {
            if ((batch->spared[b] >> d & 1u) != 0) {
                continue;
            }
            const long taken = b * A + net->first[d] + batch->action[b * D + d];
            const float e = q[taken] - y[b * D + d];
            dq[taken] = batch->weight[b] * share * slope(loss, e);
            heights += height(loss, e);
            error[b] += fabsf(e);
        }
        sum += (double)(batch->weight[b] * heights);
    }
    return sum * (double)share;
}
