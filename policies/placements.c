#include "policies/placements.h"

#include <stdlib.h>

#include "sim/scenario.h"

static void add(const struct dvfo_scenario *scenario, struct dvfo_placements *out, struct dvfo_decision decision)
{
    if (dvfo_scenario_allows(scenario, &decision)) {
        out->at[out->count++] = decision;
    }
}

dvfo_status dvfo_placements_create(struct dvfo_ctx *ctx, const struct dvfo_scenario *scenario, int kinds,
                                   struct dvfo_placements *out)
{
    const int cuts = (int)dvfo_scenario_def_of(scenario)->network->cut_count;
    *out = (struct dvfo_placements){.at = calloc((size_t)(DVFO_SHARES + cuts + 1), sizeof *out->at)};
    if (out->at == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    out->count = 1; /* zeroed: EDGE */
    for (int share = 1; (kinds & DVFO_WITH_SHARES) != 0 && share < DVFO_SHARES; share++) {
        add(scenario, out, (struct dvfo_decision){.place = DVFO_PLACE_SPLIT, .share_tenths = share});
    }
    for (int cut = 0; (kinds & DVFO_WITH_CUTS) != 0 && cut < cuts; cut++) {
        add(scenario, out, (struct dvfo_decision){.place = DVFO_PLACE_LAYER, .cut = cut});
    }
    if ((kinds & DVFO_WITH_CLOUD) != 0) {
        add(scenario, out, (struct dvfo_decision){.place = DVFO_PLACE_CLOUD});
    }
    return DVFO_OK;
}

void dvfo_placements_free(struct dvfo_placements *placements)
{
    free(placements->at);
    *placements = (struct dvfo_placements){0};
}
