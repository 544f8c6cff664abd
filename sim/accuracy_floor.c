#include "sim/accuracy_floor.h"

#include <math.h>

#include "profiles/accuracy_profile.h"
#include "sim/scenario.h"

#define ROUNDING 1e-12 /* of means and differences of accuracies */

bool dvfo_accuracy_floor_is_kept(double expected, double full, double points)
{
    return isinf(points) || expected >= full - points / 100.0 - ROUNDING; /* Eq. (9) */
}

struct dvfo_accuracy_floor dvfo_accuracy_floor_of(const struct dvfo_scenario_def *def)
{
    struct dvfo_accuracy_floor floor = {0};
    const struct dvfo_accuracy_profile *profile = def->accuracy;
    const dvfo_accuracy_part part = DVFO_PART_VALIDATION;
    if (profile == NULL) {
        return floor;
    }
    const double full = dvfo_accuracy_profile_full(profile, part);
    for (int share = 1; share < DVFO_SHARES; share++) {
        const double expected =
            dvfo_accuracy_profile_split(profile, part, dvfo_scenario_selection(def), def->payload, share, def->lambda);
        floor.forbidden_shares |= dvfo_accuracy_floor_is_kept(expected, full, def->accuracy_floor) ? 0 : 1u << share;
    }
    floor.forbids_layers =
        def->layer_int8 &&
        !dvfo_accuracy_floor_is_kept(dvfo_accuracy_profile_full_int8(profile, part), full, def->accuracy_floor);
    return floor;
}
