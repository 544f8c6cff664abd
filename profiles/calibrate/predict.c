#include "profiles/calibrate/predict.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "profiles/power.h"

/* Rails that are the whole module. */
static const char *const module_rails[] = {"VDD_IN", "POM_5V_IN"};

dvfo_status dvfo_predict_network(struct dvfo_ctx *ctx, struct dvfo_predict_networks *networks,
                                 const struct dvfo_measurement *row, const struct dvfo_network **out)
{
    for (size_t i = 0; i < networks->n; i++) {
        if (strcmp(networks->entry[i].name, row->network) == 0 && networks->entry[i].input_px == row->input_px) {
            *out = networks->entry[i].network;
            return DVFO_OK;
        }
    }
    if (networks->n == DVFO_PREDICT_MAX_NETWORKS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the measurements name more than %d networks and input sizes",
                         DVFO_PREDICT_MAX_NETWORKS);
    }
    struct dvfo_network *network = NULL;
    DVFO_TRY(dvfo_network_load(ctx, row->network, row->input_px, NULL, &network));
    strcpy(networks->entry[networks->n].name, row->network);
    networks->entry[networks->n].input_px = row->input_px;
    networks->entry[networks->n].network = network;
    networks->n++;
    *out = network;
    return DVFO_OK;
}

void dvfo_predict_networks_free(struct dvfo_predict_networks *networks)
{
    for (size_t i = 0; i < networks->n; i++) {
        dvfo_network_free(networks->entry[i].network);
    }
    networks->n = 0;
}

struct dvfo_clocks dvfo_predict_clocks(const struct dvfo_board *board, const struct dvfo_measurement *row)
{
    struct dvfo_clocks clocks = row->clocks;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *domain = &board->clock[d];
        const bool rests = d == DVFO_CPU && row->busy[DVFO_CPU] == 0.0;
        if (isnan(clocks.hz[d])) {
            clocks.hz[d] = domain->level_hz[rests ? 0 : domain->level_count - 1];
        }
    }
    return clocks;
}

size_t dvfo_predict_rail(const struct dvfo_board *board, const char *name)
{
    for (size_t i = 0; i < sizeof module_rails / sizeof module_rails[0]; i++) {
        if (strcmp(name, module_rails[i]) == 0) {
            return board->rail_count + 1;
        }
    }
    for (size_t r = 0; r < board->rail_count; r++) {
        if (strcmp(name, board->rail[r].name) == 0) {
            return r;
        }
    }
    return SIZE_MAX;
}

double dvfo_predict_rail_w(const struct dvfo_board *board, size_t rail, const struct dvfo_clocks *clocks,
                           const double utilisation[DVFO_DOMAINS])
{
    const struct dvfo_power power = dvfo_power_at(board, clocks);
    if (rail >= power.rail_count) {
        return dvfo_power_module_w(&power, utilisation);
    }
    double power_w = power.idle_w[rail];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        power_w += power.busy_w[rail][d] * utilisation[d];
    }
    return power_w;
}

static dvfo_status predict_network(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                   const struct dvfo_runtime *runtime, struct dvfo_predict_networks *networks,
                                   const struct dvfo_measurement *row, const struct dvfo_clocks *clocks,
                                   struct dvfo_prediction *out)
{
    const struct dvfo_network *network = NULL;
    struct dvfo_busy busy;
    DVFO_TRY(dvfo_predict_network(ctx, networks, row, &network));
    const struct dvfo_runtime own = row->cpu_cores == 1 ? dvfo_runtime_on_one_core(runtime) : *runtime;
    out->latency_s = dvfo_cost_stretch_s(board, &own, network, 0, (int)network->n - 1, true, clocks, &busy);
    const double period_s = row->period_s > out->latency_s ? row->period_s : out->latency_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        out->utilisation[d] = busy.s[d] / period_s;
    }
    return DVFO_OK;
}

dvfo_status dvfo_predict(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                         struct dvfo_predict_networks *networks, const struct dvfo_measurement *row,
                         struct dvfo_prediction *out)
{
    const struct dvfo_clocks clocks = dvfo_predict_clocks(board, row);
    const size_t rail = row->rail[0] != '\0' ? dvfo_predict_rail(board, row->rail) : board->rail_count + 1;
    *out = (struct dvfo_prediction){.latency_s = NAN, .power_w = NAN};
    if (row->network[0] != '\0') {
        DVFO_TRY(predict_network(ctx, board, runtime, networks, row, &clocks, out));
    } else {
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            out->utilisation[d] = isnan(row->busy[d]) ? 0.0 : row->busy[d];
        }
    }
    if (rail != SIZE_MAX) {
        out->power_w = dvfo_predict_rail_w(board, rail, &clocks, out->utilisation);
    }
    return DVFO_OK;
}
