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
