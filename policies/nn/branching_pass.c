#include "policies/nn/branching_pass.h"

#include "policies/nn/matrix.h"
#include "policies/nn/wide.h"

/* ---- memory ---- */

/* All views of a pass in one order: counts when block is NULL, else points them into it. */
static size_t point_views(const struct dvfo_branching *net, bool backward, float *block,
                          struct dvfo_branching_pass *pass)
{
    size_t count = 0;
#define VIEW(view, size) (pass->view = block != NULL ? block + count : NULL, count += ((size_t)(size) + 15) / 16 * 16)
    for (long l = 0; l < net->layers; l++) {
        VIEW(layer[l], pass->rows * net->width[l]);
    }
    VIEW(q, pass->rows * net->actions);
    if (backward) {
        for (long l = 0; l < net->layers; l++) {
            VIEW(dlayer[l], pass->rows * net->width[l]);
        }
        VIEW(dq, pass->rows * net->actions);
        VIEW(dhead, net->width[net->layers - 1] * net->actions);
        VIEW(dhead_bias, net->actions);
    }
#undef VIEW
    return count;
}

dvfo_status dvfo_branching_pass_create(struct dvfo_ctx *ctx, const struct dvfo_branching *net, long rows, bool backward,
                                       struct dvfo_branching_pass **out)
{
    DVFO_REQUIRE(rows >= 1);
    *out = NULL;
    struct dvfo_branching_pass *pass = calloc(1, sizeof *pass);
    if (pass == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    pass->rows = rows;
    float *block = calloc(point_views(net, backward, NULL, pass), sizeof *block);
    if (block == NULL) {
        free(pass);
        return dvfo_fail_no_memory(ctx);
    }
    point_views(net, backward, block, pass);
    *out = pass;
    return DVFO_OK;
}

void dvfo_branching_pass_free(struct dvfo_branching_pass *pass)
{
    if (pass != NULL) {
        free(pass->layer[0]); /* the first view is the block */
        free(pass);
    }
}

/* ---- loops over rows ---- */

/* x = relu(x + bias). bias (N), x (B, N) */
DVFO_WIDE static void relu_forward(long B, long N, const float *bias, float *x)
{
    for (long b = 0; b < B; b++) {
        for (long n = 0; n < N; n++) {
            const float sum = x[b * N + n] + bias[n];
            x[b * N + n] = sum > 0.0f ? sum : 0.0f;
        }
    }
}

/* dx = 0 where the forward half was cut off. x (B, N), dx (B, N) */
DVFO_WIDE static void relu_backward(long B, long N, const float *x, float *dx)
{
    for (long i = 0; i < B * N; i++) {
        dx[i] = x[i] > 0.0f ? dx[i] : 0.0f;
    }
}

/* x += bias. bias (N), x (B, N) */
DVFO_WIDE static void bias_forward(long B, long N, const float *bias, float *x)
{
    for (long b = 0; b < B; b++) {
        for (long n = 0; n < N; n++) {
            x[b * N + n] += bias[n];
        }
    }
}

/* dbias = sum over samples. dx (B, N), dbias (N) */
DVFO_WIDE static void bias_backward(long B, long N, const float *dx, float *dbias)
{
    for (long n = 0; n < N; n++) {
        dbias[n] = 0.0f;
    }
    for (long b = 0; b < B; b++) {
        for (long n = 0; n < N; n++) {
            dbias[n] += dx[b * N + n];
        }
    }
}

/* ---- passes ---- */

/* out = in weight. in (B, I), weight (I, N), out (B, N) */
static void product(long B, long I, long N, const float *in, const float *weight, float *out)
{
    const struct dvfo_matrix w = dvfo_matrix_of(weight, I, N);
    if (B == 1) { /* BLAS is quicker with a matrix by a column */
        dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(w), dvfo_matrix_of(in, I, 1), 0.0f, out, 1);
    } else {
        dvfo_matrix_multiply(1.0f, dvfo_matrix_of(in, B, I), w, 0.0f, out, N);
    }
}

/* dweight = in^T dout, din = scale dout weight^T unless NULL. in, din (B, I), weight, dweight (I, N), dout (B, N) */
static void product_backward(long B, long I, long N, const float *in, const float *weight, const float *dout,
                             float scale, float *dweight, float *din)
{
    const struct dvfo_matrix d = dvfo_matrix_of(dout, B, N);
    dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(dvfo_matrix_of(in, B, I)), d, 0.0f, dweight, N);
    if (din != NULL) {
        dvfo_matrix_multiply(scale, d, dvfo_matrix_transposed(dvfo_matrix_of(weight, I, N)), 0.0f, din, I);
    }
}

/* Weight and bias of ReLU layer l in a block. */
static float *weight_of(const struct dvfo_branching *net, float *block, long l)
{
    return block + net->tensor[2 * l].offset;
}

static float *bias_of(const struct dvfo_branching *net, float *block, long l)
{
    return block + net->tensor[2 * l + 1].offset;
}

void dvfo_branching_forward(const struct dvfo_branching *net, long B, const float *in, struct dvfo_branching_pass *pass)
{
    DVFO_REQUIRE(B >= 1 && B <= pass->rows);
    long width = net->def.inputs;
    for (long l = 0; l < net->layers; l++) {
        product(B, width, net->width[l], in, weight_of(net, net->parameters, l), pass->layer[l]);
        relu_forward(B, net->width[l], bias_of(net, net->parameters, l), pass->layer[l]);
        in = pass->layer[l];
        width = net->width[l];
    }
    product(B, width, net->actions, in, net->head, pass->q);
    bias_forward(B, net->actions, net->head_bias, pass->q);
}

void dvfo_branching_backward(const struct dvfo_branching *net, long B, const float *in, float trunk_scale,
                             struct dvfo_branching_pass *pass, float *gradient)
{
    DVFO_REQUIRE(B >= 1 && B <= pass->rows && pass->dq != NULL);
    const long last = net->layers - 1;
    product_backward(B, net->width[last], net->actions, pass->layer[last], net->head, pass->dq,
                     last < net->def.layers ? trunk_scale : 1.0f, pass->dhead, pass->dlayer[last]);
    bias_backward(B, net->actions, pass->dq, pass->dhead_bias);
    dvfo_branching_unfold(net, pass->dhead, pass->dhead_bias, gradient);
    for (long l = last; l >= 0; l--) {
        const long width = l > 0 ? net->width[l - 1] : net->def.inputs;
        relu_backward(B, net->width[l], pass->layer[l], pass->dlayer[l]);
        product_backward(B, width, net->width[l], l > 0 ? pass->layer[l - 1] : in, weight_of(net, net->parameters, l),
                         pass->dlayer[l], l == net->def.layers ? trunk_scale : 1.0f, weight_of(net, gradient, l),
                         l > 0 ? pass->dlayer[l - 1] : NULL);
        bias_backward(B, net->width[l], pass->dlayer[l], bias_of(net, gradient, l));
    }
}
