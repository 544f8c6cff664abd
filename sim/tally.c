#include "sim/tally.h"

#include <math.h>
#include <string.h>

dvfo_status dvfo_tally_count_percentiles(struct dvfo_ctx *ctx, struct dvfo_tally *tally)
{
    return dvfo_histogram_init(ctx, &tally->latency);
}

void dvfo_tally_free(struct dvfo_tally *tally)
{
    dvfo_histogram_free(&tally->latency);
}

void dvfo_tally_add(struct dvfo_tally *tally, const struct dvfo_request *request, double latency_s)
{
    tally->finished++;
    tally->timeouts += request->remote == DVFO_REMOTE_GIVEN_UP;
    tally->placed[request->decision.place]++;
    dvfo_sum_add(&tally->latency_s, latency_s);
    dvfo_sum_add(&tally->energy_j, request->energy_j);
    dvfo_sum_add(&tally->share, dvfo_request_share(request));
    dvfo_sum_add(&tally->uplink_byte, request->uplink_byte);
    if (tally->latency.count != NULL) {
        dvfo_sum_add(&tally->right, request->right);
        dvfo_sum_add(&tally->right_full, request->right_full);
        dvfo_histogram_add(&tally->latency, latency_s);
    }
}

static void fill_energy(const struct dvfo_ledger *ledger, struct dvfo_trial_results *results)
{
    results->rails = ledger->rails;
    results->gap_j = dvfo_sum_value(&ledger->gap_j);
    results->request_j = dvfo_sum_value(&ledger->request_j);
    results->balance_error = dvfo_ledger_balance_error(ledger);
    for (size_t r = 0; r < ledger->rails; r++) {
        results->rail_j[r] = dvfo_sum_value(&ledger->rail_j[r]);
    }
    for (int c = 0; c < DVFO_CAUSE_COUNT; c++) {
        results->cause_j[c] = dvfo_sum_value(&ledger->cause_j[c]);
    }
}

void dvfo_tally_fill(const struct dvfo_tally *tally, const struct dvfo_scenario *scenario,
                     const struct dvfo_ledger *ledger, const struct dvfo_device *device, double time_s,
                     struct dvfo_trial_results *results)
{
    const double n = fmax((double)tally->finished, 1.0);
    const double total_j = dvfo_ledger_total_j(ledger);
    *results = (struct dvfo_trial_results){
        .requests = tally->finished,
        .timeouts = tally->timeouts,
        .time_s = time_s,
        .energy_j = total_j / n,
        .latency_s = dvfo_sum_value(&tally->latency_s) / n,
        .latency_p50_s = dvfo_histogram_quantile(&tally->latency, 0.50),
        .latency_p95_s = dvfo_histogram_quantile(&tally->latency, 0.95),
        .latency_p99_s = dvfo_histogram_quantile(&tally->latency, 0.99),
        .power_w = total_j / time_s,
        .accuracy = dvfo_sum_value(&tally->right) / n,
        .accuracy_loss = 100.0 * (dvfo_sum_value(&tally->right_full) - dvfo_sum_value(&tally->right)) / n,
        .share = dvfo_sum_value(&tally->share) / n,
        .uplink_byte = dvfo_sum_value(&tally->uplink_byte) / n,
    };
    memcpy(results->placed, tally->placed, sizeof results->placed);
    fill_energy(ledger, results);
    results->module_power_w = (total_j - results->rail_j[results->rails - 1]) / time_s; /* the last rail is the radio */
    results->cost_j = dvfo_scenario_cost_j(scenario, results->energy_j, results->latency_s); /* Eq. (9) */
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        results->hz[d] = dvfo_sum_value(&device->cycles[d]) / dvfo_sum_value(&device->time_s);
    }
}
