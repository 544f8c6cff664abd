#include "sim/trial.h"

#include "sim/simulation.h"

struct dvfo_trial dvfo_trial_default(void)
{
    return (struct dvfo_trial){
        .scenario = dvfo_scenario_def_default(),
        .workload = {.arrivals = DVFO_CLOSED, .requests = 1000},
        .seed = 1,
        .paired = true,
        .part = DVFO_PART_TEST,
        .decision_own = true,
    };
}

dvfo_status dvfo_trial_run(struct dvfo_ctx *ctx, struct dvfo_trial *trial)
{
    struct dvfo_scenario *own = NULL;
    struct dvfo_simulation *sim = NULL;
    dvfo_status status = trial->made != NULL ? DVFO_OK : dvfo_scenario_create(ctx, &trial->scenario, &own);
    struct dvfo_scenario *scenario = trial->made != NULL ? trial->made : own;
    if (status == DVFO_OK) {
        status = dvfo_simulation_create(ctx, trial, scenario, &sim);
    }
    if (status == DVFO_OK) {
        status = dvfo_simulation_run(ctx, sim, &trial->results);
    }
    dvfo_simulation_free(sim);
    dvfo_scenario_free(own);
    return status;
}
