/* An accuracy floor: which placements lose too much accuracy to be chosen, Eq. (9).
 *
 * The cost has no accuracy in it, so without a bound the share runs to an end. An action is allowed when its expected
 * accuracy, measured on the part for validation, is at most `accuracy_floor` points below the full network's. That
 * depends on the share, its coding and the weight lambda of the local answer, and holds for agents, oracles and all
 * others alike. The full network's own answer, on the device or from the encoded input, always passes. */
#ifndef DVFO_ACCURACY_FLOOR_H
#define DVFO_ACCURACY_FLOOR_H

#include <stdbool.h>

struct dvfo_accuracy_profile;
struct dvfo_scenario_def;

struct dvfo_accuracy_floor {
    unsigned forbidden_shares; /* a bit for each share in tenths */
    bool forbids_layers;       /* layer splits, whose activation goes through int8 */
};

/** Nothing is forbidden without a profile, or with a floor of INFINITY. Cost: O(shares x seeds) */
struct dvfo_accuracy_floor dvfo_accuracy_floor_of(const struct dvfo_scenario_def *def);

/** Does an expected accuracy keep the floor? @param full  of the full network, measured on the same
 *                                             @param points  INFINITY: everything does */
bool dvfo_accuracy_floor_is_kept(double expected, double full, double points);

#endif
