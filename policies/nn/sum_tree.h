/* A sum tree: draws a leaf with a probability in proportion to its priority, in time logarithmic in their number.
 *
 * Leaves are priorities, every inner node is the sum of its two children, node 1 is the total. An inner node is always
 * added up anew, never corrected by a difference, so rounding doesn't pile up: the invariant holds to the last bit. */
#ifndef DVFO_SUM_TREE_H
#define DVFO_SUM_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct dvfo_sum_tree {
    size_t leaves; /* a power of two */
    double *node;  /* (2 leaves) children of k are 2k and 2k + 1, leaf i is leaves + i; node 0 is unused; borrowed */
};

/** Numbers that a tree of at least `count` leaves needs. */
size_t dvfo_sum_tree_size(size_t count);

/** An empty tree in `memory` of that many numbers, all 0. */
struct dvfo_sum_tree dvfo_sum_tree_over(size_t count, double *memory);

/** @param priority  finite, >= 0 */
void dvfo_sum_tree_set(struct dvfo_sum_tree *tree, size_t leaf, double priority);
double dvfo_sum_tree_get(const struct dvfo_sum_tree *tree, size_t leaf);
double dvfo_sum_tree_total(const struct dvfo_sum_tree *tree);

/** The leaf in whose stretch `mass` lies when all priorities stand one after the other. Never one of priority 0.
 *  @param mass  0 <= mass < total, which is above 0; rounding at the upper end is forgiven */
size_t dvfo_sum_tree_find(const struct dvfo_sum_tree *tree, double mass);

/** Is every inner node the sum of its children, and no leaf below 0? */
bool dvfo_sum_tree_is_sound(const struct dvfo_sum_tree *tree);

#endif
