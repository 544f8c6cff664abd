#include "policies/probing.h"

#include <math.h>

#include "policies/common.h"
#include "sim/base/units.h"
#include "sim/scenario.h"

enum { FIRST_WAIT = 16, LONGEST_WAIT = 512 };

struct dvfo_probing dvfo_probing_start(void)
{
    return (struct dvfo_probing){.doubt_transfers = -1};
}

double dvfo_probing_rate_bps(struct dvfo_probing *probing, const struct dvfo_observation *seen)
{
    if (probing->late_bps > 0.0) {
        probing->doubt_bps = probing->late_bps;
        probing->doubt_transfers = seen->transfers;
        probing->late_bps = 0.0;
    }
    if (probing->doubt_transfers == seen->transfers) {
        return probing->doubt_bps;
    }
    return isnan(seen->bandwidth_bps) ? DVFO_PRIOR_BPS : seen->bandwidth_bps;
}

bool dvfo_probing_is_due(struct dvfo_probing *probing, bool stays)
{
    if (!stays) {
        probing->on_device = 0;
        probing->wait = FIRST_WAIT;
        return false;
    }
    if (probing->on_device++ < probing->wait) {
        return false;
    }
    const int longer = probing->wait == 0 ? FIRST_WAIT : 2 * probing->wait;
    probing->wait = longer < LONGEST_WAIT ? longer : LONGEST_WAIT;
    probing->on_device = 0;
    return true;
}

void dvfo_probing_learn(struct dvfo_probing *probing, const struct dvfo_scenario *scenario,
                        const struct dvfo_outcome *outcome)
{
    if (outcome->timed_out) {
        const double bits = DVFO_BITS_PER_BYTE * dvfo_scenario_payload_byte(scenario, &outcome->decision);
        probing->late_bps = bits / dvfo_scenario_def_of(scenario)->timeout_s;
    }
}
