#include "profiles/logs/layer_matching.h"

#include <string.h>

enum { ROUNDS = 8 }; /* what one round finds narrows the next */

/* ---- taking apart ---- */

static const struct dvfo_trtexec_description *find_description(const struct dvfo_trtexec_layers *layers,
                                                               const char *name, size_t near)
{
    if (layers == NULL) {
        return NULL;
    }
    for (size_t k = 0; k < layers->n; k++) { /* usually the same place */
        const struct dvfo_trtexec_description *found = &layers->layer[(near + k) % layers->n];
        if (strcmp(found->name, name) == 0) {
            return found;
        }
    }
    return NULL;
}

/* The layer information speaks of a whole layer: of its one node with work, that is. */
static bool is_shaped(const struct dvfo_matching *m, size_t kernel, const struct dvfo_layer_node *node)
{
    const struct dvfo_layer_nodes *part = &m->part[kernel];
    size_t heavy = 0, light = 0;
    for (size_t i = 0; i < part->n; i++) {
        heavy += (part->node[i].kinds & DVFO_NODE_HEAVY) != 0;
        light += (part->node[i].kinds & DVFO_NODE_LIGHT) != 0;
    }
    const bool is_heavy = (node->kinds & DVFO_NODE_HEAVY) != 0;
    return m->described[kernel] != NULL && m->described[kernel]->out.rank > 0 && part->groups == 1 &&
           (is_heavy ? heavy == 1 : heavy == 0 && light > 0);
}

/* Nodes of old exporters are numbered through the graph ("Conv_12"): better than the order of execution, in which
 * parallel branches change places. */
static bool all_numbered(const struct dvfo_matching *m)
{
    for (size_t i = 0; i < m->slots; i++) {
        const struct dvfo_layer_node *node = m->slot[i].node;
        if (node->number < 0 && (node->kinds & (DVFO_NODE_HEAVY | DVFO_NODE_LIGHT)) != 0) {
            return false;
        }
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct dvfo_slot *x = a, *y = b;
    if (x->node->number != y->node->number) {
        return x->node->number < y->node->number ? -1 : 1;
    }
    return x->kernel < y->kernel ? -1 : x->kernel > y->kernel;
}

static dvfo_status fill_slots(struct dvfo_ctx *ctx, struct dvfo_matching *m)
{
    const struct dvfo_trtexec_profile *profile = m->def->profile;
    size_t nodes = 0;
    for (size_t k = 0; k < profile->n; k++) {
        nodes += m->part[k].copy ? 0 : m->part[k].n;
    }
    m->slot = calloc(nodes + 1, sizeof *m->slot);
    if (m->slot == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t k = 0; k < profile->n; k++) {
        for (size_t i = 0; i < m->part[k].n && !m->part[k].copy; i++) {
            const struct dvfo_layer_node *node = &m->part[k].node[i];
            if (node->kinds != DVFO_NODE_VIEW) {
                m->slot[m->slots++] =
                    (struct dvfo_slot){.kernel = k, .node = node, .shaped = is_shaped(m, k, node), .ours = -1};
            }
        }
    }
    if (all_numbered(m)) {
        qsort(m->slot, m->slots, sizeof *m->slot, compare_numbers);
    }
    return DVFO_OK;
}

dvfo_status dvfo_matching_create(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                                 struct dvfo_matching *out)
{
    const struct dvfo_trtexec_profile *profile = def->profile;
    *out = (struct dvfo_matching){.def = def};
    out->part = calloc(profile->n, sizeof *out->part);
    out->described = calloc(profile->n, sizeof *out->described);
    out->kind = calloc(def->network->n, sizeof *out->kind);
    out->taken = calloc(def->network->n, sizeof *out->taken);
    out->name = calloc(def->network->n, sizeof *out->name);
    if (out->part == NULL || out->described == NULL || out->kind == NULL || out->taken == NULL || out->name == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t k = 0; k < profile->n; k++) {
        out->described[k] = find_description(def->layers, profile->layer[k].name, k);
        DVFO_TRY(dvfo_layer_nodes_of(ctx, profile->layer[k].name, out->described[k], &out->part[k]));
    }
    for (size_t i = 0; i < def->network->n; i++) {
        out->kind[i] = dvfo_layer_nodes_kind(&def->network->layers[i]);
        dvfo_layer_nodes_normalise(def->network->layers[i].name, out->name[i]);
    }
    return fill_slots(ctx, out);
}

void dvfo_matching_free(struct dvfo_matching *m)
{
    for (size_t k = 0; m->part != NULL && k < m->def->profile->n; k++) {
        dvfo_layer_nodes_free(&m->part[k]);
    }
    free(m->part);
    free(m->described);
    free(m->slot);
    free(m->kind);
    free(m->taken);
    free(m->name);
    *m = (struct dvfo_matching){0};
}

/* ---- what can be what ---- */

/* Sizes agree where both are known. Convolutions and pools by channels, height and width; others by the count of
 * elements, because TensorRT writes sequences and vectors in several ways. */
static bool size_fits(const struct dvfo_trtexec_shape *theirs, const struct dvfo_layer *ours, unsigned kind, long batch)
{
    const struct dvfo_shape *out = &ours->out;
    double elements = 1.0;
    for (size_t i = 0; i < theirs->rank; i++) {
        if (theirs->size[i] < 0) {
            return true; /* a size that varies */
        }
        elements *= (double)theirs->size[i];
    }
    if ((kind & (DVFO_NODE_CONV | DVFO_NODE_POOL)) != 0 && theirs->rank == 4) {
        return theirs->size[1] == out->channels && theirs->size[2] == out->height && theirs->size[3] == out->width;
    }
    return elements == (double)batch * dvfo_shape_elements(*out);
}

static bool kernel_fits(const struct dvfo_trtexec_description *theirs, const struct dvfo_layer *ours)
{
    return theirs->kernel_h == 0 || ours->kernel_h == 0 ||
           (theirs->kernel_h == ours->kernel_h && theirs->kernel_w == ours->kernel_w &&
            (theirs->stride == 0 || theirs->stride == ours->stride));
}

static bool can_be(const struct dvfo_matching *m, const struct dvfo_slot *slot, size_t i)
{
    const struct dvfo_layer *layer = &m->def->network->layers[i];
    const struct dvfo_trtexec_description *described = m->described[slot->kernel];
    if (m->taken[i] || (m->kind[i] & slot->node->kinds) == 0) {
        return false;
    }
    return !slot->shaped ||
           (size_fits(&described->out, layer, m->kind[i], m->def->batch) && kernel_fits(described, layer));
}

static void join(struct dvfo_matching *m, struct dvfo_slot *slot, size_t i, bool by_name)
{
    slot->ours = (int)i;
    slot->by_name = by_name;
    m->taken[i] = true;
}

/* ---- by name ---- */

/* A name may stand at another node of the same kernel than the work: "conv1.weight + QuantizeLinear_7 + Conv_9". */
static struct dvfo_slot *slot_for(struct dvfo_matching *m, size_t kernel, size_t group, size_t i)
{
    struct dvfo_slot *found = NULL;
    for (size_t s = 0; s < m->slots; s++) {
        struct dvfo_slot *slot = &m->slot[s];
        if (slot->kernel == kernel && slot->node->group == group && slot->ours < 0 && can_be(m, slot, i)) {
            found = found == NULL ? slot : found;
        }
    }
    return found;
}

static void match_node_name(struct dvfo_matching *m, size_t kernel, struct dvfo_layer_node *node)
{
    char full[DVFO_NODE_NAME_SIZE], bare[DVFO_NODE_NAME_SIZE];
    dvfo_layer_nodes_called(node->name, full, bare);
    for (size_t i = 0; i < m->def->network->n; i++) {
        if (m->kind[i] == 0 || m->taken[i] || (strcmp(m->name[i], full) != 0 && strcmp(m->name[i], bare) != 0)) {
            continue;
        }
        node->kinds = node->kinds == 0 ? m->kind[i] : node->kinds; /* a name that tells no kind is that of a layer */
        struct dvfo_slot *slot = slot_for(m, kernel, node->group, i);
        if (slot != NULL) {
            join(m, slot, i, true);
        }
    }
}

static void match_names(struct dvfo_matching *m)
{
    for (size_t k = 0; k < m->def->profile->n; k++) {
        for (size_t p = 0; p < m->part[k].n && !m->part[k].copy; p++) {
            match_node_name(m, k, &m->part[k].node[p]);
        }
    }
}

/* ---- by size: a set of equal nodes and a set of equal layers, as many of one as of the other ---- */

static bool same_signature(const struct dvfo_matching *m, const struct dvfo_slot *a, const struct dvfo_slot *b)
{
    const struct dvfo_trtexec_description *x = m->described[a->kernel], *y = m->described[b->kernel];
    return a->node->kinds == b->node->kinds && x->out.rank == y->out.rank &&
           memcmp(x->out.size, y->out.size, sizeof x->out.size) == 0 && x->kernel_h == y->kernel_h &&
           x->kernel_w == y->kernel_w && x->stride == y->stride;
}

/* The next layer of ours from `from` on that a slot can be; network->n when there is none. */
static size_t next_candidate(const struct dvfo_matching *m, const struct dvfo_slot *slot, size_t from)
{
    while (from < m->def->network->n && !can_be(m, slot, from)) {
        from++;
    }
    return from;
}

static size_t count_candidates(const struct dvfo_matching *m, const struct dvfo_slot *slot)
{
    size_t count = 0;
    for (size_t i = next_candidate(m, slot, 0); i < m->def->network->n; i = next_candidate(m, slot, i + 1)) {
        count++;
    }
    return count;
}

static void match_signature(struct dvfo_matching *m, const struct dvfo_slot *like)
{
    const struct dvfo_slot model = *like;
    size_t count = 0;
    for (size_t s = 0; s < m->slots; s++) {
        count += m->slot[s].ours < 0 && m->slot[s].shaped && same_signature(m, &m->slot[s], &model);
    }
    if (count != count_candidates(m, &model)) {
        return;
    }
    for (size_t s = 0, i = 0; s < m->slots; s++) {
        struct dvfo_slot *slot = &m->slot[s];
        if (slot->ours < 0 && slot->shaped && same_signature(m, slot, &model)) {
            i = next_candidate(m, slot, i);
            join(m, slot, i, false);
        }
    }
}

static void match_sizes(struct dvfo_matching *m)
{
    for (size_t s = 0; s < m->slots; s++) {
        if (m->slot[s].ours < 0 && m->slot[s].shaped && (m->slot[s].node->kinds & DVFO_NODE_HEAVY) != 0) {
            match_signature(m, &m->slot[s]);
        }
    }
}

/* ---- "a || b": convolutions of one kernel over the same input, their channels together ---- */

/* What a layer of ours reads, fused layers passed over. */
static int source_of(const struct dvfo_network *network, size_t i)
{
    int input = network->layers[i].inputs[0];
    while (input >= 0 && network->layers[input].fused) {
        input = network->layers[input].inputs[0];
    }
    return input;
}

/* A layer that may stand in the merged kernel beside `first`. */
static bool can_merge(const struct dvfo_matching *m, size_t kernel, size_t first, size_t i)
{
    const struct dvfo_network *network = m->def->network;
    const struct dvfo_layer *a = &network->layers[first], *b = &network->layers[i];
    return !m->taken[i] && m->kind[i] == DVFO_NODE_CONV && source_of(network, first) == source_of(network, i) &&
           a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w && a->stride == b->stride &&
           kernel_fits(m->described[kernel], b);
}

/* Whether the merged kernel is the one over what layer `first` reads. */
static bool merge_fits(const struct dvfo_matching *m, size_t kernel, size_t first)
{
    const struct dvfo_trtexec_shape *out = &m->described[kernel]->out;
    const struct dvfo_layer *layer = &m->def->network->layers[first];
    size_t count = 0;
    long channels = 0;
    for (size_t i = first; i < m->def->network->n; i++) {
        const bool member = can_merge(m, kernel, first, i);
        count += member;
        channels += member ? m->def->network->layers[i].out.channels : 0;
    }
    return count == m->part[kernel].groups && out->rank == 4 && out->size[1] == channels &&
           out->size[2] == layer->out.height && out->size[3] == layer->out.width;
}

static void match_merged(struct dvfo_matching *m)
{
    for (size_t k = 0; k < m->def->profile->n; k++) {
        if (m->part[k].groups < 2 || m->described[k] == NULL) {
            continue;
        }
        size_t first = 0;
        while (first < m->def->network->n && !(can_merge(m, k, first, first) && merge_fits(m, k, first))) {
            first++;
        }
        for (size_t group = 0, i = first; i < m->def->network->n && group < m->part[k].groups; i++) {
            struct dvfo_slot *slot = can_merge(m, k, first, i) ? slot_for(m, k, group, i) : NULL;
            if (slot != NULL) {
                join(m, slot, i, false);
                group++;
            }
        }
    }
}

/* ---- by order, between neighbours that are known ---- */

/* Layers of ours that each slot must lie between, exclusive: the last of those before it, the first of those behind. */
static void find_bounds(struct dvfo_matching *m)
{
    int lower = -1, upper = (int)m->def->network->n;
    for (size_t s = 0; s < m->slots; s++) {
        m->slot[s].lower = lower;
        lower = m->slot[s].ours > lower ? m->slot[s].ours : lower;
    }
    for (size_t s = m->slots; s-- > 0;) {
        m->slot[s].upper = upper;
        upper = m->slot[s].ours >= 0 && m->slot[s].ours < upper ? m->slot[s].ours : upper;
    }
}

/* A gap: slots of some kinds between the same two neighbours. */
struct gap {
    unsigned kinds;
    int lower, upper;
};

static bool in_gap(const struct dvfo_slot *slot, const struct gap *gap)
{
    return slot->ours < 0 && (slot->node->kinds & gap->kinds) != 0 && slot->lower == gap->lower &&
           slot->upper == gap->upper;
}

/* The next layer of ours in the gap behind `i`; gap->upper when there is none. */
static int next_in_gap(const struct dvfo_matching *m, const struct gap *gap, int i)
{
    do {
        i++;
    } while (i < gap->upper && (m->taken[i] || (m->kind[i] & gap->kinds) == 0));
    return i;
}

/* As many slots as layers of ours, and each pair possible. */
static bool gap_fits(const struct dvfo_matching *m, const struct gap *gap)
{
    int i = next_in_gap(m, gap, gap->lower);
    for (size_t s = 0; s < m->slots; s++) {
        if (in_gap(&m->slot[s], gap)) {
            if (i >= gap->upper || !can_be(m, &m->slot[s], (size_t)i)) {
                return false;
            }
            i = next_in_gap(m, gap, i);
        }
    }
    return i >= gap->upper;
}

static void fill_gap(struct dvfo_matching *m, const struct gap *gap)
{
    int i = gap->lower;
    for (size_t s = 0; s < m->slots; s++) {
        if (in_gap(&m->slot[s], gap)) {
            i = next_in_gap(m, gap, i);
            join(m, &m->slot[s], (size_t)i, false);
        }
    }
}

static bool match_gaps(struct dvfo_matching *m, unsigned kinds)
{
    bool found = false;
    for (size_t s = 0; s < m->slots; s++) {
        const struct gap gap = {kinds, m->slot[s].lower, m->slot[s].upper};
        if (gap.lower < gap.upper && in_gap(&m->slot[s], &gap) && gap_fits(m, &gap)) {
            fill_gap(m, &gap);
            found = true;
        }
    }
    return found;
}

static void forget_bounds(struct dvfo_matching *m)
{
    for (size_t s = 0; s < m->slots; s++) {
        m->slot[s].lower = -1;
        m->slot[s].upper = (int)m->def->network->n;
    }
}

/* Between neighbours as long as that finds something; then what is left of the whole network, for parallel branches
 * that run in another order than ours stand. */
static void match_orders(struct dvfo_matching *m, const unsigned kinds[], size_t count)
{
    bool found = true;
    for (int round = 0; round < ROUNDS && found; round++) {
        found = false;
        for (size_t k = 0; k < count; k++) {
            find_bounds(m);
            found = match_gaps(m, kinds[k]) || found;
        }
    }
    forget_bounds(m);
    for (size_t k = 0; k < count; k++) {
        (void)match_gaps(m, kinds[k]);
    }
}

void dvfo_matching_run(struct dvfo_matching *m)
{
    static const unsigned heavy[] = {DVFO_NODE_CONV, DVFO_NODE_DENSE | DVFO_NODE_MATMUL, DVFO_NODE_RECURRENT,
                                     DVFO_NODE_POOL};
    static const unsigned light[] = {DVFO_NODE_NORM, DVFO_NODE_SOFTMAX,  DVFO_NODE_RESIZE,
                                     DVFO_NODE_ADD,  DVFO_NODE_MULTIPLY, DVFO_NODE_ACTIVATION};
    match_names(m);
    match_merged(m);
    match_sizes(m);
    match_orders(m, heavy, sizeof heavy / sizeof heavy[0]);
    match_orders(m, light, sizeof light / sizeof light[0]);
}
