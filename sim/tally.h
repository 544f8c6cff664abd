/* A tally: sums over the requests that have ended. Memory is flat in their number.
 *
 * Percentiles are counted for who asks for them before the first request: their histogram is large beside all the rest
 * of a simulation. */
#ifndef DVFO_TALLY_H
#define DVFO_TALLY_H

#include "sim/histogram.h"
#include "sim/request.h"
#include "sim/trial.h"

struct dvfo_tally {
    long finished, timeouts, placed[DVFO_PLACE_COUNT];
    struct dvfo_sum latency_s, energy_j, share, uplink_byte;
    struct dvfo_sum right, right_full; /* answers; NaN where nothing is known of them */
    struct dvfo_histogram latency;     /* of no memory: percentiles aren't counted */
};

/** From now on count percentiles; free with dvfo_tally_free. Before that a tally is all zeros. */
dvfo_status dvfo_tally_count_percentiles(struct dvfo_ctx *ctx, struct dvfo_tally *tally);
void dvfo_tally_free(struct dvfo_tally *tally);
void dvfo_tally_add(struct dvfo_tally *tally, const struct dvfo_request *request, double latency_s);

/** Results of a run that took `time_s` and counted percentiles: means from the tally, energy from the ledger, clocks
 * from the device. */
void dvfo_tally_fill(const struct dvfo_tally *tally, const struct dvfo_scenario *scenario,
                     const struct dvfo_ledger *ledger, const struct dvfo_device *device, double time_s,
                     struct dvfo_trial_results *results);

#endif
