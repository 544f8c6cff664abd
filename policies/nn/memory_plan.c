#include "policies/nn/memory_plan.h"

#include <string.h>

enum { ALIGNMENT = 16 }; /* numbers: a cache line */

/* A tensor that lies inside another one, or is a root: a piece of memory of its own. */
struct tensor {
    size_t parent, offset; /* inside the parent; its own index for a root */
    size_t size, at;
    int read;        /* the last layer that reads it */
    int first, last; /* of a root: layers between which it is needed */
};

struct plan {
    const struct dvfo_network *network;
    size_t n;
    struct tensor *tensor; /* (n) */
    size_t *order;         /* (n) roots, later by their place */
};

static size_t elements(struct dvfo_shape shape)
{
    return (size_t)(shape.channels * shape.height * shape.width);
}

/* The root of a tensor and where in it the tensor begins. */
static size_t root_of(const struct plan *plan, size_t t, size_t *offset)
{
    *offset = 0;
    while (plan->tensor[t].parent != t) {
        *offset += plan->tensor[t].offset;
        t = plan->tensor[t].parent;
    }
    return t;
}

/* Inputs of a concatenation move into it when they are whole roots; the network's input stays where it is. */
static void gather_inputs(struct plan *plan, const struct dvfo_layer *layer, size_t t)
{
    size_t at = 0;
    for (int k = 0; k < layer->input_count; k++) {
        const size_t input = (size_t)(layer->inputs[k] + 1), size = plan->tensor[input].size;
        size_t offset;
        const size_t root = root_of(plan, input, &offset);
        if (root != 0 && root != t && plan->tensor[root].size == size) {
            plan->tensor[root].parent = t;
            plan->tensor[root].offset = at;
        }
        at += size;
    }
}

static void place_inside(struct plan *plan, size_t t, size_t parent, size_t offset)
{
    plan->tensor[t].parent = parent;
    plan->tensor[t].offset = offset;
}

static void find_parents(struct plan *plan)
{
    for (size_t i = 0; i < plan->network->n; i++) {
        const struct dvfo_layer *layer = &plan->network->layers[i];
        const size_t t = i + 1, input = (size_t)(layer->inputs[0] + 1);
        if (layer->fused) {
            place_inside(plan, t, (size_t)layer->host + 1, 0);
        } else if (strcmp(layer->kind, "flatten") == 0 || strcmp(layer->kind, "tokens") == 0) {
            place_inside(plan, t, input, 0);
        } else if (strcmp(layer->kind, "slice") == 0) {
            place_inside(plan, t, input, (size_t)(layer->part - 1) * plan->tensor[t].size);
        } else if (strcmp(layer->kind, "concat") == 0) {
            gather_inputs(plan, layer, t);
        }
    }
}

/* tensor.read: the last layer that reads each; the end for outputs of the network, which no layer reads. */
static void find_last_reads(struct plan *plan)
{
    const struct dvfo_network *network = plan->network;
    for (size_t t = 0; t < plan->n; t++) {
        plan->tensor[t].read = (int)network->n;
    }
    for (int i = 0; i < (int)network->n; i++) {
        for (int k = 0; k < network->layers[i].input_count; k++) {
            plan->tensor[network->layers[i].inputs[k] + 1].read = i;
        }
    }
}

/* A root is needed from the first layer that writes any part of it to the last that reads one. */
static void find_lives(struct plan *plan, bool reuse)
{
    const int end = (int)plan->network->n;
    find_last_reads(plan);
    for (size_t t = 0; t < plan->n; t++) {
        plan->tensor[t].first = end;
        plan->tensor[t].last = -1;
    }
    for (size_t t = 0; t < plan->n; t++) {
        size_t offset;
        struct tensor *root = &plan->tensor[root_of(plan, t, &offset)];
        const int written = reuse ? (int)t - 1 : -1, read = reuse ? plan->tensor[t].read : end;
        root->first = written < root->first ? written : root->first;
        root->last = read > root->last ? read : root->last;
    }
}

static bool live_together(const struct tensor *a, const struct tensor *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Roots that want a place, the largest first: the next takes the lowest gap among those it lives together with.
 * order[0 .. placed) are placed, by their place. */
static void place(struct plan *plan, size_t placed, size_t t)
{
    struct tensor *new = &plan->tensor[t];
    new->at = 0;
    for (size_t i = 0; i < placed; i++) {
        const struct tensor *old = &plan->tensor[plan->order[i]];
        if (!live_together(new, old)) {
            continue;
        }
        if (new->at + new->size <= old->at) {
            break;
        }
        new->at = new->at > old->at + old->size ? new->at : old->at + old->size;
    }
    size_t i = placed;
    for (; i > 0 && plan->tensor[plan->order[i - 1]].at > new->at; i--) {
        plan->order[i] = plan->order[i - 1];
    }
    plan->order[i] = t;
}

/* Index of the largest root not placed yet; the earliest of equals; n when all are placed. */
static size_t next_largest(const struct plan *plan, const bool *done)
{
    size_t best = plan->n;
    for (size_t t = 0; t < plan->n; t++) {
        const bool waits = plan->tensor[t].parent == t && !done[t];
        if (waits && (best == plan->n || plan->tensor[t].size > plan->tensor[best].size)) {
            best = t;
        }
    }
    return best;
}

static size_t place_all(struct plan *plan, bool *done)
{
    size_t size = 0, placed = 0;
    for (size_t t = next_largest(plan, done); t < plan->n; t = next_largest(plan, done)) {
        place(plan, placed++, t);
        const size_t end = plan->tensor[t].at + plan->tensor[t].size;
        size = end > size ? end : size;
        done[t] = true;
    }
    return size;
}

static void round_up_roots(struct plan *plan)
{
    for (size_t t = 0; t < plan->n; t++) {
        struct tensor *tensor = &plan->tensor[t];
        tensor->size = tensor->parent == t ? (tensor->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : tensor->size;
    }
}

static void make_plan(struct plan *plan, bool reuse, bool *done, struct dvfo_memory_plan *out)
{
    const struct dvfo_network *network = plan->network;
    for (size_t t = 0; t < plan->n; t++) {
        plan->tensor[t].parent = t;
        plan->tensor[t].size = elements(t == 0 ? network->input : network->layers[t - 1].out);
    }
    find_parents(plan);
    find_lives(plan, reuse);
    round_up_roots(plan);
    out->size = place_all(plan, done);
    for (size_t t = 0; t < plan->n; t++) {
        size_t offset;
        const size_t root = root_of(plan, t, &offset);
        out->at[t] = plan->tensor[root].at + offset;
    }
}

dvfo_status dvfo_memory_plan_create(struct dvfo_ctx *ctx, const struct dvfo_network *network, bool reuse,
                                    struct dvfo_memory_plan *out)
{
    const size_t n = network->n + 1;
    struct plan plan = {network, n, calloc(n, sizeof *plan.tensor), calloc(n, sizeof *plan.order)};
    bool *done = calloc(n, sizeof *done);
    *out = (struct dvfo_memory_plan){.n = n, .at = calloc(n, sizeof *out->at)};
    const bool enough = done != NULL && plan.tensor != NULL && plan.order != NULL && out->at != NULL;
    if (enough) {
        make_plan(&plan, reuse, done, out);
    } else {
        dvfo_memory_plan_free(out);
    }
    free(done);
    free(plan.order);
    free(plan.tensor);
    return enough ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

void dvfo_memory_plan_free(struct dvfo_memory_plan *plan)
{
    free(plan->at);
    *plan = (struct dvfo_memory_plan){0};
}
