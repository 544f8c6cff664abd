/* clock-sensitivity: latency and energy of a request against each clock alone, the other two at their top; the model as
 * lines, measurements as points where there are some (profiles/measured/). Energy is shown relative to the model's with
 * all clocks at their top: the minimum over a clock is a matter of some percent, and a bias shows at the top clock. */
#include <math.h>
#include <string.h>

#include "plots/figure.h"
#include "profiles/calibrate/measurement.h"
#include "sim/base/data_path.h"
#include "sim/plan.h"

/* On the device: the link is of no interest. */
static struct dvfo_plan plan_edge(struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const struct dvfo_plan_link link = {.rate_bps = 1.0};
    return dvfo_plan_request(scenario, decision, &link);
}

static struct dvfo_decision top_clocks(const struct dvfo_scenario *scenario)
{
    struct dvfo_decision decision = {.place = DVFO_PLACE_EDGE};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        decision.level[d] = dvfo_scenario_level_count(scenario, (dvfo_domain)d) - 1;
    }
    return decision;
}

static void write_model_point(struct dvfo_scenario *scenario, const char *board, const char *network, int domain,
                              const struct dvfo_decision *decision, double top_j, FILE *csv)
{
    const struct dvfo_plan plan = plan_edge(scenario, decision);
    const double hz = dvfo_scenario_clocks(scenario, decision->level).hz[domain];
    fprintf(csv, "%s,%s,%s,model,%.6g,%.6g,%.6g,%.6g\n", board, network, dvfo_domain_name((dvfo_domain)domain),
            hz / 1e6, 1e3 * plan.latency_s, 1e3 * plan.energy_j, plan.energy_j / top_j);
}

static void write_model(struct dvfo_scenario *scenario, const struct dvfo_scenario_def *def, double top_j, FILE *csv)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        struct dvfo_decision decision = top_clocks(scenario);
        for (int i = 0; i < dvfo_scenario_level_count(scenario, (dvfo_domain)d); i++) {
            decision.level[d] = i;
            write_model_point(scenario, def->board->name, def->network->name, d, &decision, top_j, csv);
        }
    }
}

/* A measured point belongs to the sweep of a clock when the other two stand at their top (or weren't noted). */
static bool is_on_sweep(const struct dvfo_board *board, const double hz[DVFO_DOMAINS], int domain)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &board->clock[d];
        if (d != domain && fabs(hz[d] / clock->level_hz[clock->level_count - 1] - 1.0) > 0.01) {
            return false;
        }
    }
    return true;
}

/* Measured on what the model draws: board, network, runtime, precision and input (an empty one is the file's own). */
static bool is_of(const struct dvfo_measurement *m, const struct dvfo_scenario_def *def, bool own_input)
{
    return strcmp(m->board, def->board->name) == 0 && strcmp(m->network, def->network->name) == 0 &&
           strcmp(m->runtime, def->runtime->name) == 0 && strcmp(m->precision, def->runtime->precision) == 0 &&
           m->batch == 1 && (m->input_px == 0 ? own_input : m->input_px == (long)def->network->input.height);
}

static void write_measured(const struct dvfo_scenario_def *def, const struct dvfo_measurements *points, bool own_input,
                           double top_j, FILE *csv)
{
    for (size_t i = 0; i < points->n; i++) {
        const struct dvfo_measurement *m = &points->row[i];
        const double hz[DVFO_DOMAINS] = {m->clocks.hz[DVFO_CPU], m->clocks.hz[DVFO_GPU], m->clocks.hz[DVFO_MEM]};
        if (!is_of(m, def, own_input)) {
            continue;
        }
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            if (!isnan(hz[d]) && is_on_sweep(def->board, hz, d)) {
                fprintf(csv, "%s,%s,%s,measured,%.6g,%.6g,", m->board, m->network, dvfo_domain_name((dvfo_domain)d),
                        hz[d] / 1e6, 1e3 * m->latency_s);
                const double energy_j = m->power_w * m->latency_s;
                fprintf(csv, isnan(energy_j) ? ",\n" : "%.6g,%.6g\n", 1e3 * energy_j, energy_j / top_j);
            }
        }
    }
}

static dvfo_status write_pair(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def,
                              const struct dvfo_measurements *points, bool own_input, FILE *csv)
{
    struct dvfo_scenario *scenario = NULL;
    DVFO_TRY(dvfo_scenario_create(ctx, def, &scenario));
    const struct dvfo_decision top = top_clocks(scenario);
    const double top_j = plan_edge(scenario, &top).energy_j;
    write_model(scenario, def, top_j, csv);
    write_measured(def, points, own_input, top_j, csv);
    dvfo_scenario_free(scenario);
    return DVFO_OK;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_setting *setting = subject->setting;
    char path[DVFO_PATH_SIZE];
    struct dvfo_measurements points = {0};
    DVFO_TRY(dvfo_data_path(ctx, "measurement", "profiles/measured", "sweeps", ".csv", path));
    DVFO_TRY(dvfo_measurements_load(ctx, path, &points));
    fputs("board,network,domain,kind,clock_mhz,latency_ms,energy_mj,energy_relative\n", csv);
    const bool own_input = setting->input_px == 0 && setting->variant == NULL;
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < dvfo_setting_trial_count(setting) && status == DVFO_OK; i++) {
        struct dvfo_trial trial;
        status = dvfo_setting_trial(ctx, setting, i, &trial);
        if (status == DVFO_OK) {
            status = write_pair(ctx, &trial.scenario, &points, own_input, csv);
        }
    }
    dvfo_measurements_free(&points);
    return status;
}

/* One request on the device, planned: nothing of a workload, a link, a cloud or a cost. */
static const char *const takes[] = {"board",   "network", "runtime", "precision", "input",
                                    "variant", "layers",  "assume",  NULL};

const struct dvfo_figure dvfo_figure_clock_sensitivity = {
    .name = "clock-sensitivity",
    .summary = "latency and energy against each clock alone, with measured points",
    .boards = "jetson-tx2",
    .networks = "vit-b16,vgg-19,efficientnet-b0",
    .policies = "edge-only",
    .takes = takes,
    .most_networks = 8, /* as many as there are colours */
    .feed = feed,
};
