#include "sim/trial.h"

#include <math.h>

#include "sim/simulation.h"

struct dvfo_trial dvfo_trial_default(void)
{
    return (struct dvfo_trial){
        .scenario = dvfo_scenario_def_default(),
        .workload = {.arrivals = DVFO_CLOSED, .requests = 1000},
        .seed = 1,
        .paired = true,
    };
}

/* Mean edge-only latency at maximum clocks: the step by which paired requests move along the trace. */
static double edge_latency_s(struct dvfo_scenario *scenario)
{
    int top[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        top[d] = dvfo_scenario_level_count(scenario, (dvfo_domain)d) - 1;
    }
    return dvfo_scenario_work(scenario, DVFO_STAGE_FULL, 0, top).time_s;
}

dvfo_status dvfo_trial_run(struct dvfo_ctx *ctx, struct dvfo_trial *trial)
{
    struct dvfo_scenario *own = NULL;
    struct dvfo_simulation *sim = NULL;
    dvfo_status status = trial->made != NULL ? DVFO_OK : dvfo_scenario_create(ctx, &trial->scenario, &own);
    struct dvfo_scenario *scenario = trial->made != NULL ? trial->made : own;
    if (status == DVFO_OK) {
        const double edge_s = edge_latency_s(scenario);
        const double decision_s = trial->decision_s + trial->decision_share * edge_s;
        status = dvfo_simulation_create(ctx, trial, scenario, trial->paired ? edge_s : (double)NAN, decision_s, &sim);
    }
    if (status == DVFO_OK) {
        status = dvfo_simulation_run(ctx, sim, &trial->results);
    }
    dvfo_simulation_free(sim);
    dvfo_scenario_free(own);
    return status;
}
