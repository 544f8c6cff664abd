#include "policies/nn/branching_naive.h"

#include <stdlib.h>
#include <string.h>

enum { WIDEST = 4096 };

/* Activations of one sample. */
struct sample {
    double layer[DVFO_BRANCHING_LAYERS + 2][WIDEST]; /* the inputs first */
    double value;
    double *advantage; /* (A) */
};

static const float *tensor(const struct dvfo_branching *net, const char *name)
{
    size_t t = 0;
    while (strcmp(net->tensor[t].name, name) != 0) {
        t++;
    }
    return net->parameters + net->tensor[t].offset;
}

/* Features that a head sees: all of the trunk's, or its own hidden units. Head 0 is the value's if there is one. */
static const double *features(const struct dvfo_branching *net, const struct sample *s, long head)
{
    return s->layer[net->layers] + head * net->def.head_width;
}

static long features_of_head(const struct dvfo_branching *net)
{
    return net->def.head_width > 0 ? net->def.head_width : net->width[net->layers - 1];
}

static long branch_of(const struct dvfo_branching *net, long action)
{
    long d = 0;
    while (action >= net->first[d + 1]) {
        d++;
    }
    return d;
}

/* sum over i of in[i] weight[i][n] + bias[n]. weight (I, N) */
static double dense(long I, long N, long n, const double *in, const float *weight, const float *bias)
{
    double sum = (double)bias[n];
    for (long i = 0; i < I; i++) {
        sum += in[i] * (double)weight[i * N + n];
    }
    return sum;
}

static void forward(const struct dvfo_branching *net, const float *in, struct sample *s)
{
    for (long i = 0; i < net->def.inputs; i++) {
        s->layer[0][i] = (double)in[i];
    }
    long width = net->def.inputs;
    for (long l = 0; l < net->layers; l++) {
        const float *weight = net->parameters + net->tensor[2 * l].offset;
        const float *bias = net->parameters + net->tensor[2 * l + 1].offset;
        for (long n = 0; n < net->width[l]; n++) {
            const double x = dense(width, net->width[l], n, s->layer[l], weight, bias);
            s->layer[l + 1][n] = x > 0.0 ? x : 0.0;
        }
        width = net->width[l];
    }
    const long F = features_of_head(net);
    if (net->def.dueling) {
        s->value = dense(F, 1, 0, features(net, s, 0), tensor(net, "value.weight"), tensor(net, "value.bias"));
    }
    for (long a = 0; a < net->actions; a++) {
        s->advantage[a] = dense(F, net->actions, a, features(net, s, branch_of(net, a) + net->def.dueling),
                                tensor(net, "advantage.weight"), tensor(net, "advantage.bias"));
    }
}

/* Q_d(s, a) = V(s) + A_d(s, a) - mean over a' of A_d(s, a'), or without the mean */
static double q_of(const struct dvfo_branching *net, const struct sample *s, long action)
{
    if (!net->def.dueling) {
        return s->advantage[action];
    }
    if (net->def.plain_sum) {
        return s->value + s->advantage[action];
    }
    const long d = branch_of(net, action);
    double sum = 0.0;
    for (long a = net->first[d]; a < net->first[d + 1]; a++) {
        sum += s->advantage[a];
    }
    return s->value + s->advantage[action] - sum / (double)net->def.choices[d];
}

static struct sample *sample_create(const struct dvfo_branching *net)
{
    struct sample *s = calloc(1, sizeof *s);
    DVFO_REQUIRE(s != NULL);
    s->advantage = calloc((size_t)net->actions, sizeof *s->advantage);
    DVFO_REQUIRE(s->advantage != NULL);
    return s;
}

static void sample_free(struct sample *s)
{
    free(s->advantage);
    free(s);
}

void dvfo_branching_naive_forward(const struct dvfo_branching *net, long B, const float *in, double *q)
{
    struct sample *s = sample_create(net);
    for (long b = 0; b < B; b++) {
        forward(net, in + b * net->def.inputs, s);
        for (long a = 0; a < net->actions; a++) {
            q[b * net->actions + a] = q_of(net, s, a);
        }
    }
    sample_free(s);
}

/* ---- backward ---- */

/* Twin of dense: dout is the gradient of output n. weight, dweight (I, N), dbias (N), din (I) is added to */
static void dense_backward(long I, long N, long n, const double *in, const float *weight, double dout, double *dweight,
                           double *dbias, double *din)
{
    dbias[n] += dout;
    for (long i = 0; i < I; i++) {
        dweight[i * N + n] += in[i] * dout;
        din[i] += (double)weight[i * N + n] * dout;
    }
}

/* Gradient of what the heads say, V and A apart, from that of Q. */
static void q_backward(const struct dvfo_branching *net, const float *dq, struct sample *d)
{
    d->value = 0.0;
    for (long a = 0; a < net->actions; a++) {
        const long branch = branch_of(net, a);
        double others = 0.0; /* A_d(s, a) lowers every Q of its branch through the mean */
        for (long o = net->first[branch]; o < net->first[branch + 1]; o++) {
            others += (double)dq[o];
        }
        d->value += (double)dq[a];
        const bool centred = net->def.dueling && !net->def.plain_sum;
        d->advantage[a] = (double)dq[a] - (centred ? others / (double)net->def.choices[branch] : 0.0);
    }
}

static double *tensor_in(const struct dvfo_branching *net, double *gradient, const char *name)
{
    return gradient + (tensor(net, name) - net->parameters);
}

/* d->layer[net->layers] from d->value and d->advantage. */
static void heads_backward(const struct dvfo_branching *net, const struct sample *s, struct sample *d, double *gradient)
{
    const long F = features_of_head(net), K = net->def.head_width;
    double *dfeatures = d->layer[net->layers];
    if (net->def.dueling) {
        dense_backward(F, 1, 0, features(net, s, 0), tensor(net, "value.weight"), d->value,
                       tensor_in(net, gradient, "value.weight"), tensor_in(net, gradient, "value.bias"), dfeatures);
    }
    for (long a = 0; a < net->actions; a++) {
        const long head = branch_of(net, a) + net->def.dueling;
        dense_backward(F, net->actions, a, features(net, s, head), tensor(net, "advantage.weight"), d->advantage[a],
                       tensor_in(net, gradient, "advantage.weight"), tensor_in(net, gradient, "advantage.bias"),
                       dfeatures + head * K);
    }
}

static void layers_backward(const struct dvfo_branching *net, const struct sample *s, double trunk_scale,
                            struct sample *d, double *gradient)
{
    for (long l = net->layers - 1; l >= 0; l--) {
        const long width = l > 0 ? net->width[l - 1] : net->def.inputs;
        for (long n = 0; n < net->width[l]; n++) {
            const double scale = l == net->def.layers - 1 ? trunk_scale : 1.0; /* what enters the trunk */
            const double dout = s->layer[l + 1][n] > 0.0 ? scale * d->layer[l + 1][n] : 0.0;
            dense_backward(width, net->width[l], n, s->layer[l], net->parameters + net->tensor[2 * l].offset, dout,
                           gradient + net->tensor[2 * l].offset, gradient + net->tensor[2 * l + 1].offset, d->layer[l]);
        }
    }
}

void dvfo_branching_naive_backward(const struct dvfo_branching *net, long B, const float *in, const float *dq,
                                   double trunk_scale, double *gradient)
{
    struct sample *s = sample_create(net), *d = sample_create(net);
    memset(gradient, 0, net->count * sizeof *gradient);
    for (long b = 0; b < B; b++) {
        memset(d->layer, 0, sizeof d->layer);
        forward(net, in + b * net->def.inputs, s);
        q_backward(net, dq + b * net->actions, d);
        heads_backward(net, s, d, gradient);
        layers_backward(net, s, trunk_scale, d, gradient);
    }
    sample_free(d);
    sample_free(s);
}
