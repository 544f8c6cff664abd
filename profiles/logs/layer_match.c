#include "profiles/logs/layer_match.h"

#include <math.h>

#include "profiles/logs/layer_matching.h"

const char *dvfo_match_how_name(dvfo_match_how how)
{
    static const char *const names[] = {"-", "name", "order", "stretch", "inside", "carried"};
    return names[how];
}

/* ---- what each kernel is ---- */

static bool is_heavy(const struct dvfo_slot *slot)
{
    return (slot->node->kinds & DVFO_NODE_HEAVY) != 0;
}

/* The kernel's work is its heavy nodes; of a kernel without one, whatever is matched. */
static bool is_main(const struct dvfo_matching *m, const struct dvfo_slot *slot)
{
    bool other_heavy = false;
    for (size_t s = 0; s < m->slots; s++) {
        other_heavy =
            other_heavy || (m->slot[s].kernel == slot->kernel && m->slot[s].ours >= 0 && is_heavy(&m->slot[s]));
    }
    return slot->ours >= 0 && (is_heavy(slot) || !other_heavy);
}

/* Main layers and those inside them. */
static void set_matched(const struct dvfo_matching *m, struct dvfo_layer_match *match)
{
    for (size_t s = 0; s < m->slots; s++) {
        const struct dvfo_slot *slot = &m->slot[s];
        if (slot->ours < 0) {
            continue;
        }
        struct dvfo_matched_layer *layer = &match->layer[slot->ours];
        struct dvfo_matched_kernel *kernel = &match->kernel[slot->kernel];
        const dvfo_match_how how = slot->by_name ? DVFO_MATCH_NAME : DVFO_MATCH_ORDER;
        layer->theirs = (int)slot->kernel;
        if (is_main(m, slot)) {
            layer->how = how;
            kernel->ours = kernel->ours < 0 ? slot->ours : kernel->ours;
            kernel->how = kernel->how == DVFO_MATCH_NAME ? kernel->how : how;
        } else {
            layer->how = DVFO_MATCH_INSIDE;
            layer->time_s = 0.0;
        }
    }
}

/* Kernels that are no layer of ours but belong to one: copies to the next, activations to the one before. */
static bool belongs_to_next(const struct dvfo_layer_nodes *part)
{
    return part->copy;
}

static bool belongs_to_previous(const struct dvfo_layer_nodes *part)
{
    bool light = part->n > 0;
    for (size_t i = 0; i < part->n; i++) {
        const unsigned kinds = part->node[i].kinds;
        light = light && kinds != 0 && (kinds & DVFO_NODE_HEAVY) == 0;
    }
    return light && !part->copy && !part->stretch;
}

/* The nearest kernel that is a layer of ours, first in direction `step`, then in the other; -1 when there is none. */
static int neighbour(const struct dvfo_layer_match *match, size_t kernel, int step)
{
    for (int turn = 0; turn < 2; turn++, step = -step) {
        for (int k = (int)kernel + step; k >= 0 && k < (int)match->kernels; k += step) {
            if (match->kernel[k].how == DVFO_MATCH_NAME || match->kernel[k].how == DVFO_MATCH_ORDER ||
                match->kernel[k].how == DVFO_MATCH_STRETCH) {
                return k;
            }
        }
    }
    return -1;
}

/* ---- stretches: what lies between known neighbours on both sides ---- */

static void bounds_of_kernel(const struct dvfo_layer_match *match, size_t kernel, int *lower, int *upper)
{
    *lower = -1;
    *upper = (int)match->n;
    for (size_t i = 0; i < match->n; i++) {
        const int theirs = match->layer[i].theirs;
        if (match->layer[i].how != DVFO_MATCH_STRETCH && theirs >= 0) {
            *lower = theirs < (int)kernel && (int)i > *lower ? (int)i : *lower;
            *upper = theirs > (int)kernel && (int)i < *upper ? (int)i : *upper;
        }
    }
}

/* Neighbouring stretches with the same bounds are one: what of ours lies there goes to the first of them, which takes
 * the time of all. */
static void set_stretches(const struct dvfo_matching *m, struct dvfo_layer_match *match)
{
    for (size_t k = 0; k < match->kernels; k++) {
        int lower = 0, upper = 0, first = -1;
        if (!m->part[k].stretch) {
            continue;
        }
        bounds_of_kernel(match, k, &lower, &upper);
        for (int i = lower + 1; i < upper; i++) {
            if (match->layer[i].how == DVFO_MATCH_NONE && m->kind[i] != 0) {
                match->layer[i].how = DVFO_MATCH_STRETCH;
                match->layer[i].theirs = (int)k;
            }
            first = first < 0 && match->layer[i].how == DVFO_MATCH_STRETCH ? i : first;
        }
        match->kernel[k].how = first >= 0 ? DVFO_MATCH_STRETCH : DVFO_MATCH_NONE;
        match->kernel[k].ours = first;
    }
}

/* ---- times ---- */

/* Kernel whose layers take the time of kernel k; -1: nobody. */
static int receiver(const struct dvfo_matching *m, const struct dvfo_layer_match *match, size_t k)
{
    const struct dvfo_matched_kernel *kernel = &match->kernel[k];
    if (kernel->how == DVFO_MATCH_STRETCH) {
        return match->layer[kernel->ours].theirs;
    }
    if (kernel->how != DVFO_MATCH_NONE) {
        return (int)k;
    }
    return belongs_to_next(&m->part[k])       ? neighbour(match, k, 1)
           : belongs_to_previous(&m->part[k]) ? neighbour(match, k, -1)
                                              : -1;
}

/* Share a kernel's time among its layers as the closed form has them; equally where it has none. */
static void share(struct dvfo_layer_match *match, int kernel, double time_s)
{
    double closed_s = 0.0, count = 0.0;
    for (size_t i = 0; i < match->n; i++) {
        const struct dvfo_matched_layer *layer = &match->layer[i];
        if (layer->theirs == kernel && layer->how != DVFO_MATCH_INSIDE) {
            closed_s += layer->closed_s;
            count += 1.0;
        }
    }
    for (size_t i = 0; i < match->n; i++) {
        struct dvfo_matched_layer *layer = &match->layer[i];
        if (layer->theirs == kernel && layer->how != DVFO_MATCH_INSIDE) {
            const double part = closed_s > 0.0 ? layer->closed_s / closed_s : 1.0 / count;
            layer->time_s = (isnan(layer->time_s) ? 0.0 : layer->time_s) + part * time_s;
            layer->shared = count > 1.0;
        }
    }
}

static void account(struct dvfo_layer_match *match, dvfo_match_how how, double time_s)
{
    double *const sums[] = {
        [DVFO_MATCH_NONE] = &match->unmatched_s,  [DVFO_MATCH_NAME] = &match->by_name_s,
        [DVFO_MATCH_ORDER] = &match->by_order_s,  [DVFO_MATCH_STRETCH] = &match->in_stretch_s,
        [DVFO_MATCH_CARRIED] = &match->carried_s,
    };
    *sums[how] += time_s;
    match->total_s += time_s;
}

static void set_times(const struct dvfo_matching *m, struct dvfo_layer_match *match)
{
    for (size_t k = 0; k < match->kernels; k++) {
        struct dvfo_matched_kernel *kernel = &match->kernel[k];
        const double time_s = dvfo_trtexec_layer_s(&m->def->profile->layer[k]);
        const int to = receiver(m, match, k);
        if (to >= 0) {
            share(match, to, time_s);
        }
        if (to >= 0 && kernel->how == DVFO_MATCH_NONE) {
            *kernel = (struct dvfo_matched_kernel){DVFO_MATCH_CARRIED, match->kernel[to].ours};
        }
        account(match, kernel->how, time_s);
    }
}

/* Light layers that no kernel is left for are done inside others; layers with work are missing. */
static void set_rest(const struct dvfo_matching *m, struct dvfo_layer_match *match)
{
    double missing_s = 0.0, closed_s = 0.0;
    for (size_t i = 0; i < match->n; i++) {
        struct dvfo_matched_layer *layer = &match->layer[i];
        const bool heavy = (m->kind[i] & DVFO_NODE_HEAVY) != 0;
        if (layer->how == DVFO_MATCH_NONE && m->kind[i] != 0 && !heavy) {
            layer->how = DVFO_MATCH_INSIDE;
            layer->time_s = 0.0;
        }
        closed_s += layer->closed_s;
        missing_s += layer->how == DVFO_MATCH_NONE && heavy ? layer->closed_s : 0.0;
    }
    match->missing = closed_s > 0.0 ? missing_s / closed_s : 0.0;
}

/* ---- all of it ---- */

static dvfo_status start(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def, struct dvfo_layer_match *match)
{
    const struct dvfo_network *network = def->network;
    struct dvfo_layer_parts *parts = calloc(network->n, sizeof *parts);
    struct dvfo_request_parts request;
    *match = (struct dvfo_layer_match){.n = network->n, .kernels = def->profile->n};
    match->layer = calloc(match->n, sizeof *match->layer);
    match->kernel = calloc(match->kernels, sizeof *match->kernel);
    if (parts == NULL || match->layer == NULL || match->kernel == NULL) {
        free(parts);
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_cost_parts(def->runtime, network, &def->clocks, parts, &request);
    for (size_t i = 0; i < match->n; i++) {
        match->layer[i] = (struct dvfo_matched_layer){.theirs = -1, .time_s = NAN, .closed_s = parts[i].gpu_s};
    }
    for (size_t k = 0; k < match->kernels; k++) {
        match->kernel[k].ours = -1;
    }
    free(parts);
    return DVFO_OK;
}

dvfo_status dvfo_layer_match_create(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                                    struct dvfo_layer_match *out)
{
    struct dvfo_matching matching;
    DVFO_TRY(start(ctx, def, out));
    const dvfo_status status = dvfo_matching_create(ctx, def, &matching);
    if (status == DVFO_OK) {
        dvfo_matching_run(&matching);
        set_matched(&matching, out);
        set_stretches(&matching, out);
        set_times(&matching, out);
        set_rest(&matching, out);
    }
    dvfo_matching_free(&matching);
    return status;
}

void dvfo_layer_match_free(struct dvfo_layer_match *match)
{
    free(match->layer);
    free(match->kernel);
    *match = (struct dvfo_layer_match){0};
}
