#include "policies/nn/branching.h"

#include <math.h>
#include <string.h>

#include "policies/nn/wide.h"

enum { MAX_WIDTH = 4096, MAX_CHOICES = 1 << 16 };

struct dvfo_branching_def dvfo_branching_def_default(void)
{
    return (struct dvfo_branching_def){.layers = 2, .width = {128, 64}, .dueling = true};
}

/* ---- layout ---- */

static dvfo_status check(struct dvfo_ctx *ctx, const char *what, long found, long low, long high)
{
    return found >= low && found <= high
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "a Q-network with %ld %s, expected %ld to %ld", found, what, low, high);
}

static dvfo_status check_def(struct dvfo_ctx *ctx, const struct dvfo_branching_def *def)
{
    DVFO_TRY(check(ctx, "inputs", def->inputs, 1, MAX_WIDTH));
    DVFO_TRY(check(ctx, "layers", def->layers, 1, DVFO_BRANCHING_LAYERS));
    DVFO_TRY(check(ctx, "branches", def->branches, 1, DVFO_BRANCHING_BRANCHES));
    DVFO_TRY(check(ctx, "hidden units in a head", def->head_width, 0, MAX_WIDTH / (DVFO_BRANCHING_BRANCHES + 1)));
    for (long l = 0; l < def->layers; l++) {
        DVFO_TRY(check(ctx, "units in a layer", def->width[l], 1, MAX_WIDTH));
    }
    for (long d = 0; d < def->branches; d++) {
        DVFO_TRY(check(ctx, "choices in a branch", def->choices[d], 2, MAX_CHOICES));
    }
    return DVFO_OK;
}

static void add_tensor(struct dvfo_branching *net, const char *name, const char *part, long rows, long columns)
{
    struct dvfo_branching_tensor *tensor = &net->tensor[net->tensors++];
    *tensor = (struct dvfo_branching_tensor){.rows = rows, .columns = columns, .offset = net->count};
    snprintf(tensor->name, sizeof tensor->name, "%s.%s", name, part);
    net->count += (size_t)(rows * columns);
}

static void add_dense(struct dvfo_branching *net, const char *name, long in, long out)
{
    add_tensor(net, name, "weight", in, out);
    add_tensor(net, name, "bias", 1, out);
}

static void lay_out(struct dvfo_branching *net)
{
    static const char *const trunk[DVFO_BRANCHING_LAYERS] = {"trunk0", "trunk1", "trunk2", "trunk3"};
    const struct dvfo_branching_def *def = &net->def;
    for (long d = 0; d < def->branches; d++) {
        net->first[d + 1] = net->first[d] + def->choices[d];
    }
    net->actions = net->first[def->branches];
    long in = def->inputs;
    for (; net->layers < def->layers; net->layers++) {
        add_dense(net, trunk[net->layers], in, def->width[net->layers]);
        in = net->width[net->layers] = def->width[net->layers];
    }
    if (def->head_width > 0) {
        net->width[net->layers] = (def->branches + def->dueling) * def->head_width;
        add_dense(net, "hidden", in, net->width[net->layers++]);
        in = def->head_width;
    }
    if (def->dueling) {
        add_dense(net, "value", in, 1);
    }
    add_dense(net, "advantage", in, net->actions);
}

static void allow_all(struct dvfo_branching *net)
{
    for (long d = 0; d < net->def.branches; d++) {
        net->allowed_count[d] = net->def.choices[d];
        for (int a = 0; a < net->def.choices[d]; a++) {
            net->allowed[net->first[d] + a] = a;
        }
    }
}

dvfo_status dvfo_branching_create(struct dvfo_ctx *ctx, const struct dvfo_branching_def *def,
                                  struct dvfo_branching **out)
{
    *out = NULL;
    DVFO_TRY(check_def(ctx, def));
    struct dvfo_branching *net = calloc(1, sizeof *net);
    if (net == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    net->def = *def;
    lay_out(net);
    const size_t head = (size_t)(net->width[net->layers - 1] * net->actions);
    net->parameters = calloc(net->count + head + (size_t)net->actions, sizeof *net->parameters);
    net->allowed = calloc((size_t)net->actions, sizeof *net->allowed);
    if (net->parameters == NULL || net->allowed == NULL) {
        dvfo_branching_free(net);
        return dvfo_fail_no_memory(ctx);
    }
    allow_all(net);
    net->head = net->parameters + net->count;
    net->head_bias = net->head + head;
    *out = net;
    return DVFO_OK;
}

void dvfo_branching_free(struct dvfo_branching *net)
{
    if (net != NULL) {
        free(net->allowed);
        free(net->parameters);
        free(net);
    }
}

void dvfo_branching_initialise(struct dvfo_branching *net, gsl_rng *rng)
{
    for (size_t t = 0; t < net->tensors; t += 2) { /* weight and bias in turn */
        const struct dvfo_branching_tensor *weight = &net->tensor[t], *bias = &net->tensor[t + 1];
        const bool relu = t < 2 * (size_t)net->layers;
        const double bound = sqrt((relu ? 6.0 : 1.0) / (double)weight->rows);
        for (size_t i = weight->offset; i < bias->offset; i++) {
            net->parameters[i] = (float)(bound * (2.0 * gsl_rng_uniform(rng) - 1.0));
        }
        memset(net->parameters + bias->offset, 0, (size_t)bias->columns * sizeof(float));
    }
    dvfo_branching_fold(net);
}

/* ---- heads, folded and unfolded ---- */

/* Is the mean of a branch's advantages taken off? */
static bool is_centred(const struct dvfo_branching *net)
{
    return net->def.dueling && !net->def.plain_sum;
}

/* Who sees a feature: without hidden units all heads, else the one that it belongs to. */
struct seen {
    bool value;
    long first, end; /* branches */
    long row;        /* of the heads' weights */
};

static struct seen seen_of(const struct dvfo_branching *net, long feature)
{
    const long K = net->def.head_width;
    if (K == 0) {
        return (struct seen){net->def.dueling, 0, net->def.branches, feature};
    }
    const long branch = feature / K - net->def.dueling; /* -1: the value's */
    return (struct seen){branch < 0, branch < 0 ? 0 : branch, branch + 1, feature % K};
}

/* Lanes side by side, for a flat head is thousands of choices wide. */
DVFO_WIDE static float sum_of(long n, const float *x)
{
    enum { LANES = 16 };
    float lane[LANES] = {0}, sum = 0.0f;
    long i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (long k = 0; k < LANES; k++) {
            lane[k] += x[i + k];
        }
    }
    for (; i < n; i++) {
        sum += x[i];
    }
    for (long k = 0; n >= LANES && k < LANES; k++) {
        sum += lane[k];
    }
    return sum;
}

/* One row of the folded head. advantage (A), out (A) */
static void fold_row(const struct dvfo_branching *net, struct seen seen, float value, const float *advantage,
                     float *out)
{
    for (long a = 0; a < net->actions; a++) {
        out[a] = seen.value ? value : 0.0f;
    }
    for (long d = seen.first; d < seen.end; d++) {
        const float mean = is_centred(net)
                               ? sum_of(net->def.choices[d], advantage + net->first[d]) / (float)net->def.choices[d]
                               : 0.0f;
        for (long a = net->first[d]; a < net->first[d + 1]; a++) {
            out[a] += advantage[a] - mean;
        }
    }
}

/* Twin of fold_row. dout (A), dvalue (1) or NULL, dadvantage (A) */
static void unfold_row(const struct dvfo_branching *net, struct seen seen, const float *dout, float *dvalue,
                       float *dadvantage)
{
    if (seen.value) {
        *dvalue = sum_of(net->actions, dout);
    }
    for (long d = seen.first; d < seen.end; d++) {
        const float mean =
            is_centred(net) ? sum_of(net->def.choices[d], dout + net->first[d]) / (float)net->def.choices[d] : 0.0f;
        for (long a = net->first[d]; a < net->first[d + 1]; a++) {
            dadvantage[a] = dout[a] - mean;
        }
    }
}

/* The heads' tensors in a block. */
struct heads {
    float *value, *value_bias;         /* (K or H), (1); NULL without dueling */
    float *advantage, *advantage_bias; /* (K or H, A), (A) */
};

static struct heads heads_of(const struct dvfo_branching *net, float *block)
{
    const struct dvfo_branching_tensor *last = &net->tensor[net->tensors];
    struct heads heads = {.advantage = block + last[-2].offset, .advantage_bias = block + last[-1].offset};
    if (net->def.dueling) {
        heads.value = block + last[-4].offset;
        heads.value_bias = block + last[-3].offset;
    }
    return heads;
}

/* The bias is one more row, of a feature that is always 1 and that everyone sees. */
static struct seen seen_by_all(const struct dvfo_branching *net)
{
    return (struct seen){net->def.dueling, 0, net->def.branches, 0};
}

void dvfo_branching_fold(struct dvfo_branching *net)
{
    const struct heads heads = heads_of(net, net->parameters);
    const long A = net->actions, F = net->width[net->layers - 1];
    for (long f = 0; f < F; f++) {
        const struct seen seen = seen_of(net, f);
        fold_row(net, seen, seen.value ? heads.value[seen.row] : 0.0f, heads.advantage + seen.row * A,
                 net->head + f * A);
    }
    fold_row(net, seen_by_all(net), net->def.dueling ? *heads.value_bias : 0.0f, heads.advantage_bias, net->head_bias);
}

void dvfo_branching_unfold(const struct dvfo_branching *net, const float *dhead, const float *dhead_bias,
                           float *gradient)
{
    const struct heads heads = heads_of(net, gradient);
    const long A = net->actions, F = net->width[net->layers - 1];
    for (long f = 0; f < F; f++) {
        const struct seen seen = seen_of(net, f);
        unfold_row(net, seen, dhead + f * A, seen.value ? heads.value + seen.row : NULL,
                   heads.advantage + seen.row * A);
    }
    unfold_row(net, seen_by_all(net), dhead_bias, heads.value_bias, heads.advantage_bias);
}

/* ---- the rest ---- */

DVFO_WIDE static void follow(size_t n, float share, const float *from, float *to)
{
    for (size_t i = 0; i < n; i++) {
        to[i] += share * (from[i] - to[i]);
    }
}

void dvfo_branching_follow(struct dvfo_branching *net, const struct dvfo_branching *from, double share)
{
    DVFO_REQUIRE(net->count == from->count && share >= 0.0 && share <= 1.0);
    if (share == 1.0) { /* exactly, whatever rounding does */
        memcpy(net->parameters, from->parameters, net->count * sizeof *net->parameters);
    } else {
        follow(net->count, (float)share, from->parameters, net->parameters);
    }
    dvfo_branching_fold(net);
}

void dvfo_branching_allow(struct dvfo_branching *net, long branch, const int *choice, long count)
{
    DVFO_REQUIRE(count >= 1 && count <= net->def.choices[branch]);
    memcpy(net->allowed + net->first[branch], choice, (size_t)count * sizeof *choice);
    net->allowed_count[branch] = count;
}

void dvfo_branching_greedy(const struct dvfo_branching *net, const float *q, int *choice)
{
    for (long d = 0; d < net->def.branches; d++) {
        const float *value = q + net->first[d];
        const int *allowed = net->allowed + net->first[d];
        int best = allowed[0];
        for (long i = 1; i < net->allowed_count[d]; i++) {
            best = value[allowed[i]] > value[best] ? allowed[i] : best;
        }
        choice[d] = best;
    }
}

bool dvfo_branching_is_like(const struct dvfo_branching *net, const struct dvfo_branching *other)
{
    bool alike = net->tensors == other->tensors && net->def.branches == other->def.branches;
    for (size_t t = 0; alike && t < net->tensors; t++) { /* the names say whether there are hidden heads and a value */
        const struct dvfo_branching_tensor *a = &net->tensor[t], *b = &other->tensor[t];
        alike = strcmp(a->name, b->name) == 0 && a->rows == b->rows && a->columns == b->columns;
    }
    for (long d = 0; alike && d < net->def.branches; d++) {
        alike = net->def.choices[d] == other->def.choices[d];
    }
    return alike;
}

double dvfo_branching_flop(const struct dvfo_branching *net)
{
    double multiply_adds = 0.0;
    long in = net->def.inputs;
    for (long l = 0; l < net->layers; l++) {
        multiply_adds += (double)in * (double)net->width[l];
        in = net->width[l];
    }
    return 2.0 * (multiply_adds + (double)in * (double)net->actions);
}
