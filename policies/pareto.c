#include "policies/pareto.h"

#include <stdlib.h>

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_latency_energy_action(const void *a, const void *b)
{
    const struct dvfo_pareto_point *x = a, *y = b;
    const int latency = order(x->latency_s, y->latency_s), energy = order(x->energy_j, y->energy_j);
    return latency != 0 ? latency : energy != 0 ? energy : (x->action > y->action) - (x->action < y->action);
}

size_t dvfo_pareto_keep(struct dvfo_pareto_point *at, size_t n)
{
    qsort(at, n, sizeof *at, by_latency_energy_action);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || at[i].energy_j < at[kept - 1].energy_j) {
            at[kept++] = at[i];
        }
    }
    return kept;
}

const struct dvfo_pareto_point *dvfo_pareto_pick(const struct dvfo_pareto_point *at, size_t n, double limit_s)
{
    size_t within = 0, end = n; /* at[0..within) meet the limit, at[end..] don't */
    while (within < end) {
        const size_t middle = within + (end - within) / 2;
        if (at[middle].latency_s <= limit_s) {
            within = middle + 1;
        } else {
            end = middle;
        }
    }
    return &at[within > 0 ? within - 1 : 0];
}
