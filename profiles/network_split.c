/* Where a network is split, Eq. (8): the stated rule, and other splits as variants of it. */
#include <math.h>
#include <string.h>

#include "profiles/network_graph.h"
#include "sim/base/nearest.h"

#define SMALLEST "smallest:"

bool dvfo_network_is_cut(const struct dvfo_network *network, int layer)
{
    for (size_t i = 0; i < network->cut_count; i++) {
        if (network->cuts[i] == layer) {
            return true;
        }
    }
    return false;
}

/* A share of the network's work, so that a third is exact: part / whole. */
struct share {
    double part, whole;
};

/* The smallest map of some layers, in ascending order, within the first share of the work; -1 when none lies there. */
static int smallest_within(const struct dvfo_network *network, const int layers[], size_t count, struct share share)
{
    int best = -1;
    double work_flop = 0.0;
    size_t next = 0;
    for (int i = 0; i < (int)network->n && next < count; i++) {
        work_flop += network->layers[i].work_flop;
        if (layers[next] != i) {
            continue;
        }
        next++;
        if (share.whole * work_flop > share.part * network->work_flop) {
            break;
        }
        if (best < 0 || dvfo_shape_elements(network->layers[i].out) < dvfo_shape_elements(network->layers[best].out)) {
            best = i;
        }
    }
    return best;
}

int dvfo_network_split_by_rule(const struct dvfo_network *network)
{
    return smallest_within(network, network->cuts, network->cut_count, (struct share){1.0, 3.0});
}

dvfo_status dvfo_network_splits(struct dvfo_ctx *ctx, const struct dvfo_network *network, int candidates[],
                                size_t *count)
{
    bool *keeps = calloc(network->n + 1, sizeof *keeps);
    *count = 0;
    if (keeps == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_network_find_kept(network, keeps);
    for (size_t i = 0; i < network->cut_count; i++) {
        if (!keeps[network->cuts[i]]) {
            candidates[(*count)++] = network->cuts[i];
        }
    }
    free(keeps);
    return DVFO_OK;
}

/* ---- elsewhere than the file says ---- */

/* "1/3", "0.5", "1": more than nothing and at most the whole. */
static bool read_share(const char *text, struct share *share)
{
    const char *end = NULL;
    share->whole = 1.0;
    if (!dvfo_text_number(text, &end, &share->part)) {
        return false;
    }
    if (*end == '/' && !dvfo_text_number(end + 1, NULL, &share->whole)) {
        return false;
    }
    return (*end == '/' || *end == '\0') && share->part > 0.0 && share->part <= share->whole;
}

/* Candidates as "a, b, c"; of too many the first that fit. */
static void list_names(const struct dvfo_network *network, const int candidates[], size_t count, char *list,
                       size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *name = network->layers[candidates[i]].name;
        if (used + strlen(name) + sizeof ", , ..." > size) {
            snprintf(list + used, size - used, ", ...");
            return;
        }
        used += (size_t)snprintf(list + used, size - used, "%s%s", i > 0 ? ", " : "", name);
    }
}

static dvfo_status fail_no_split(struct dvfo_ctx *ctx, const struct dvfo_network *network, const int candidates[],
                                 size_t count, const char *where)
{
    const char **names = calloc(count + 1, sizeof *names);
    char list[640];
    if (names == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = network->layers[candidates[i]].name;
    }
    const char *near = dvfo_nearest(where, names, count);
    list_names(network, candidates, count, list, sizeof list);
    const dvfo_status status =
        dvfo_fail(ctx, DVFO_BAD_INPUT,
                  "%s can't be split after '%.60s'%s%.80s%s; expected first, smallest:1/3 (or another share of the "
                  "work), or one of its %zu candidates: %s",
                  network->name, where, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                  near != NULL ? "'?" : "", count, list);
    free(names);
    return status;
}

static dvfo_status choose_smallest(struct dvfo_ctx *ctx, struct dvfo_network *network, const int candidates[],
                                   size_t count, const char *text)
{
    struct share share;
    if (!read_share(text, &share)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "the split is 'smallest:%.60s', expected a share of the work above 0 and up to 1, like "
                         "smallest:1/3 or smallest:0.5",
                         text);
    }
    const int split = smallest_within(network, candidates, count, share);
    if (split < 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s can't be split within the first %.60s of its work; its first candidate is '%s'",
                         network->name, text, network->layers[candidates[0]].name);
    }
    network->split = split;
    return DVFO_OK;
}

/* A layer's name comes first: it may be called like a rule. */
static dvfo_status choose(struct dvfo_ctx *ctx, struct dvfo_network *network, const int candidates[], size_t count,
                          const char *where)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(network->layers[candidates[i]].name, where) == 0) {
            network->split = candidates[i];
            return DVFO_OK;
        }
    }
    if (count > 0 && strcmp(where, "first") == 0) {
        network->split = candidates[0];
        return DVFO_OK;
    }
    return count > 0 && strncmp(where, SMALLEST, strlen(SMALLEST)) == 0
               ? choose_smallest(ctx, network, candidates, count, where + strlen(SMALLEST))
               : fail_no_split(ctx, network, candidates, count, where);
}

dvfo_status dvfo_network_move_split(struct dvfo_ctx *ctx, struct dvfo_network *network, const char *where)
{
    int *candidates = calloc(network->cut_count + 1, sizeof *candidates);
    if (candidates == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    size_t count = 0;
    dvfo_status status = dvfo_network_splits(ctx, network, candidates, &count);
    status = status == DVFO_OK ? choose(ctx, network, candidates, count, where) : status;
    free(candidates);
    return status;
}
