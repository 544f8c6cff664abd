#include "profiles/calibrate/fit.h"

#include <math.h>
#include <string.h>

#include "sim/base/text.h"

void dvfo_fit_offer(struct dvfo_fit *fit, struct dvfo_quantity *quantity, double low, double high, const char *unit,
                    const char *name)
{
    if (quantity->standing != DVFO_CALIBRATED) {
        return;
    }
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        if (fit->coefficient[i].quantity->line == quantity->line && quantity->line != 0) {
            return; /* one `default` line stands for several classes: its first one speaks for all */
        }
    }
    DVFO_REQUIRE(fit->coefficient_count < DVFO_FIT_MAX_COEFFICIENTS);
    struct dvfo_fit_coefficient *c = &fit->coefficient[fit->coefficient_count++];
    *c = (struct dvfo_fit_coefficient){
        .unit = unit, .quantity = quantity, .low = low, .high = high, .before = quantity->value};
    snprintf(c->name, sizeof c->name, "%s", name);
}

void dvfo_fit_tell(struct dvfo_fit *fit, const char *group, double model, double measured, const char *unit)
{
    size_t i = 0;
    while (i < fit->group_count && strcmp(fit->group[i].name, group) != 0) {
        i++;
    }
    if (i == fit->group_count) {
        DVFO_REQUIRE(i < DVFO_FIT_MAX_GROUPS);
        fit->group[i] = (struct dvfo_fit_group){0};
        snprintf(fit->group[i].name, sizeof fit->group[i].name, "%s", group);
        fit->group_count++;
    }
    struct dvfo_fit_group *g = &fit->group[i];
    const double rows = (double)g->rows, relative_error = model / measured - 1.0, magnitude = fabs(relative_error);
    g->mean_abs_unit = (g->mean_abs_unit * rows + fabs(model - measured)) / (rows + 1.0);
    g->unit = unit;
    g->mean_abs = (g->mean_abs * rows + magnitude) / (rows + 1.0);
    g->bias = (g->bias * rows + relative_error) / (rows + 1.0);
    g->max_abs = magnitude > g->max_abs ? magnitude : g->max_abs;
    g->rows++;
}

dvfo_status dvfo_fit_network(struct dvfo_ctx *ctx, struct dvfo_fit_networks *networks,
                             const struct dvfo_measurement *row, const struct dvfo_network **out)
{
    for (size_t i = 0; i < networks->n; i++) {
        if (strcmp(networks->entry[i].name, row->network) == 0 && networks->entry[i].input_px == row->input_px) {
            *out = networks->entry[i].network;
            return DVFO_OK;
        }
    }
    if (networks->n == DVFO_FIT_MAX_GROUPS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the measurements name more than %d networks and input sizes",
                         DVFO_FIT_MAX_GROUPS);
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

void dvfo_fit_networks_free(struct dvfo_fit_networks *networks)
{
    for (size_t i = 0; i < networks->n; i++) {
        dvfo_network_free(networks->entry[i].network);
    }
    networks->n = 0;
}

struct dvfo_clocks dvfo_fit_clocks(const struct dvfo_board *board, const struct dvfo_measurement *row)
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
