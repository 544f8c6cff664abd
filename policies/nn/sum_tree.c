#include "policies/nn/sum_tree.h"

#include "sim/base/status.h"

static size_t leaves_for(size_t count)
{
    size_t leaves = 1;
    while (leaves < count) {
        leaves *= 2;
    }
    return leaves;
}

size_t dvfo_sum_tree_size(size_t count)
{
    return 2 * leaves_for(count);
}

struct dvfo_sum_tree dvfo_sum_tree_over(size_t count, double *memory)
{
    return (struct dvfo_sum_tree){.leaves = leaves_for(count), .node = memory};
}

void dvfo_sum_tree_set(struct dvfo_sum_tree *tree, size_t leaf, double priority)
{
    DVFO_INVARIANT(leaf < tree->leaves && priority >= 0.0);
    size_t k = tree->leaves + leaf;
    tree->node[k] = priority;
    for (k /= 2; k >= 1; k /= 2) {
        tree->node[k] = tree->node[2 * k] + tree->node[2 * k + 1];
    }
}

double dvfo_sum_tree_get(const struct dvfo_sum_tree *tree, size_t leaf)
{
    return tree->node[tree->leaves + leaf];
}

double dvfo_sum_tree_total(const struct dvfo_sum_tree *tree)
{
    return tree->node[1];
}

size_t dvfo_sum_tree_find(const struct dvfo_sum_tree *tree, double mass)
{
    size_t k = 1;
    while (k < tree->leaves) {
        const double left = tree->node[2 * k];
        const bool right = mass >= left && tree->node[2 * k + 1] > 0.0;
        mass -= right ? left : 0.0;
        k = 2 * k + right;
    }
    return k - tree->leaves;
}

bool dvfo_sum_tree_is_sound(const struct dvfo_sum_tree *tree)
{
    for (size_t k = 1; k < tree->leaves; k++) {
        if (tree->node[k] != tree->node[2 * k] + tree->node[2 * k + 1]) {
            return false;
        }
    }
    for (size_t k = tree->leaves; k < 2 * tree->leaves; k++) {
        if (!(tree->node[k] >= 0.0)) {
            return false;
        }
    }
    return true;
}
