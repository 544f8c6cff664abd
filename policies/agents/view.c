#include "policies/agents/view.h"

#include <math.h>
#include <string.h>

#include "policies/common.h"
#include "profiles/network.h"

enum { MEMORY = 16 }; /* transfers that the link's descriptors look back on */

#define STALL 0.7            /* decades below the link's level that only an outage explains: a fifth of the rate */
#define TIMEOUT_DECADES -2.5 /* what a timeout says of the rate: nothing came through */

const char *const *dvfo_view_names(void)
{
    static const char *const names[] = {
#define VIEW_NAME(name, text) text,
        DVFO_VIEW_LIST(VIEW_NAME)
#undef VIEW_NAME
            NULL,
    };
    return names;
}

/* ---- what doesn't change in a run ---- */

static float decades(double value, double unit)
{
    return (float)log10(fmax(value, 1e-12) / unit);
}

static void describe_network(const struct dvfo_network *network, float *x)
{
    double kernels = 0.0, elements = 0.0, head_flop = 0.0;
    for (size_t i = 0; i < network->n; i++) {
        const struct dvfo_layer *layer = &network->layers[i];
        kernels += layer->fused ? 0.0 : 1.0;
        elements += layer->fused ? 0.0 : layer->output_elements;
        head_flop += (long)i <= network->split ? layer->work_flop : 0.0;
    }
    x[DVFO_VIEW_WORK] = decades(network->work_flop, 3.2e9);
    x[DVFO_VIEW_KERNELS] = decades(kernels, 100.0);
    x[DVFO_VIEW_PARAMETERS] = decades(network->params, 1e7);
    x[DVFO_VIEW_ACTIVATIONS] = decades(elements, 1e7);
    x[DVFO_VIEW_HEAD] = (float)(head_flop / fmax(network->work_flop, 1.0));
    x[DVFO_VIEW_MAPS] = decades(dvfo_shape_elements(network->layers[network->split].out), 1e5);
}

void dvfo_view_begin(struct dvfo_view *view, const struct dvfo_policy_setup *setup)
{
    *view = (struct dvfo_view){.bandwidth = 0.0};
    view->constant[DVFO_VIEW_ETA] = (float)(2.0 * setup->eta - 1.0);
    view->constant[DVFO_VIEW_LAMBDA] = (float)(2.0 * setup->lambda - 1.0);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const size_t count = setup->board->clock[d].level_count;
        view->per_level[d] = count > 1 ? 1.0 / (double)(count - 1) : 0.0;
    }
    describe_network(setup->network, view->constant);
}

/* ---- what it remembers of the link ---- */

static void remember(struct dvfo_view *view, double bandwidth)
{
    const bool stalled = bandwidth < view->level - STALL; /* at first the level is 0: 5 Mbit/s, a guess */
    view->heard++;
    const double weight = 1.0 / (double)(view->heard < MEMORY ? view->heard : MEMORY);
    view->stalls += weight * ((stalled ? 1.0 : 0.0) - view->stalls);
    if (!stalled) { /* an outage says nothing of how fast the link is when it runs */
        view->spread += weight * (fabs(bandwidth - view->level) - view->spread);
        view->level += weight * (bandwidth - view->level);
    }
    view->bandwidth = bandwidth;
}

static void listen(struct dvfo_view *view, const struct dvfo_observation *seen)
{
    if (seen->transfers != view->transfers) {
        view->transfers = seen->transfers;
        remember(view, fmax(log10(seen->bandwidth_bps / DVFO_PRIOR_BPS), TIMEOUT_DECADES));
    }
    if (seen->timeouts != view->timeouts) {
        view->timeouts = seen->timeouts;
        remember(view, TIMEOUT_DECADES);
    }
}

/* ---- a look ---- */

static void write_link(const struct dvfo_view *view, const struct dvfo_observation *seen, float *x)
{
    if (view->heard > 0) {
        x[DVFO_VIEW_BANDWIDTH] = (float)view->bandwidth;
        x[DVFO_VIEW_KNOWN] = 1.0f;
        x[DVFO_VIEW_AGE] = log10f(1.0f + (float)seen->bandwidth_age_s);
        x[DVFO_VIEW_FRESH] = expf(-(float)seen->bandwidth_age_s);
        x[DVFO_VIEW_LEVEL] = (float)view->level;
        x[DVFO_VIEW_SPREAD] = (float)view->spread;
        x[DVFO_VIEW_STALLS] = (float)view->stalls;
        x[DVFO_VIEW_EXPERIENCE] = (float)view->heard / (float)(view->heard + MEMORY / 2);
    }
}

static double acting_share(const struct dvfo_decision *acting)
{
    return acting->place == DVFO_PLACE_EDGE    ? 0.0
           : acting->place == DVFO_PLACE_SPLIT ? 0.1 * acting->share_tenths
                                               : 1.1;
}

static void write_action(const struct dvfo_view *view, const struct dvfo_observation *seen, float *x)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const double in_force = view->per_level[d] * seen->level[d];
        const double acting = view->per_level[d] * seen->acting.level[d];
        x[DVFO_VIEW_CPU + d] = (float)in_force;
        x[DVFO_VIEW_ACTING_CPU + d] = (float)acting;
        x[DVFO_VIEW_TO_GO_CPU + d] = (float)(view->per_level[d] * seen->asked[d] - in_force);
    }
    x[DVFO_VIEW_ACTING_SHARE] = (float)acting_share(&seen->acting);
    if (seen->decision_s > 0.0 && seen->last_latency_s > 0.0) { /* false for NaN */
        x[DVFO_VIEW_DECISION] = (float)fmin(seen->decision_s / seen->last_latency_s, 2.0);
    }
}

void dvfo_view_look(struct dvfo_view *view, const struct dvfo_observation *seen, float *x)
{
    listen(view, seen);
    memcpy(x, view->constant, sizeof view->constant);
    if (seen->importance[0] > 0.0) { /* false for NaN */
        for (int i = 0; i < DVFO_IMPORTANCES; i++) {
            x[DVFO_VIEW_IMPORTANCE_1 + i] = (float)seen->importance[i];
        }
    }
    write_link(view, seen, x);
    write_action(view, seen, x);
    x[DVFO_VIEW_QUEUE] = seen->in_system > 1 ? log10f((float)seen->in_system) : 0.0f;
    if (seen->temperature_c > 0.0) {
        x[DVFO_VIEW_TEMPERATURE] = (float)(seen->temperature_c - 50.0) / 50.0f;
    }
}
