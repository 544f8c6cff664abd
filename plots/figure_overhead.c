/* overhead: what a request that is split pays for being split and for being decided about: attention, quantisation,
 * fusion and the decision, in time and energy and as parts of the whole request.
 *
 * The agents' highest clocks, half of the channels sent. The request is alone and waits for its decision, so that all
 * four are parts of it; thinking while moving hides the decision's time, not its energy. */
#include "plots/figure.h"
#include "policies/agents/agent.h"
#include "sim/base/units.h"
#include "sim/ledger.h"
#include "sim/plan.h"

enum { HALF = 5 }; /* tenths */

struct cost {
    double time_s, energy_j;
};

struct overhead {
    struct cost attention, quantise, decide, fuse;
    struct cost whole; /* these included */
    struct cost edge;  /* the whole network on the device, for comparison */
};

/* ---- costs ---- */

/* The radio rests meanwhile. */
static struct cost cost_of(const struct dvfo_work *work, const struct dvfo_power *power)
{
    return (struct cost){work->time_s,
                         dvfo_ledger_charge(NULL, power, work->time_s, &work->busy, 0.0, DVFO_CAUSE_COMPUTE, true)};
}

static struct cost cost_of_stage(struct dvfo_scenario *scenario, dvfo_stage stage, const int level[DVFO_DOMAINS])
{
    const struct dvfo_work work = dvfo_scenario_work(scenario, stage, 0, level);
    return cost_of(&work, dvfo_scenario_power(scenario, level));
}

static struct cost cost_of_cycles(struct dvfo_scenario *scenario, double cycles, const int level[DVFO_DOMAINS])
{
    const struct dvfo_work work = dvfo_scenario_cpu_work(scenario, cycles, level);
    return cost_of(&work, dvfo_scenario_power(scenario, level));
}

/* Of a network as the preset has it, on that board. */
static dvfo_status count_decision_cycles(struct dvfo_ctx *ctx, const struct dvfo_board *board, double *cycles)
{
    struct dvfo_agent_def def;
    struct dvfo_action_space space;
    struct dvfo_branching *network = NULL;
    DVFO_TRY(dvfo_agent_def_load(ctx, "dvfo", &def));
    DVFO_TRY(dvfo_action_space_of(ctx, &def.actions, board, &space));
    dvfo_agent_def_complete(&def, &space);
    DVFO_TRY(dvfo_branching_create(ctx, &def.learner.q.network, &network));
    *cycles = dvfo_agent_decision_cycles(network);
    dvfo_branching_free(network);
    return DVFO_OK;
}

static struct dvfo_decision half_at_top(const struct dvfo_board *board)
{
    struct dvfo_decision decision = {.place = DVFO_PLACE_SPLIT, .share_tenths = HALF};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        int level[DVFO_MAX_LEVELS];
        const int count = dvfo_scenario_agent_levels(board, (dvfo_domain)d, 1, level);
        decision.level[d] = level[count - 1];
    }
    return decision;
}

static struct overhead overhead_of(struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                                   double decision_cycles, const struct dvfo_trace *trace)
{
    const int *const level = decision->level;
    const struct dvfo_plan_link link = {.trace = trace};
    const struct dvfo_plan plan = dvfo_plan_request(scenario, decision, &link);
    const struct cost decide = cost_of_cycles(scenario, decision_cycles, level);
    return (struct overhead){
        .attention = cost_of_stage(scenario, DVFO_STAGE_ATTENTION, level),
        .quantise = cost_of_cycles(scenario, dvfo_scenario_prepare_cycles(scenario, decision), level),
        .decide = decide,
        .fuse = cost_of_cycles(scenario, dvfo_scenario_fuse_cycles(scenario, decision), level),
        .whole = {plan.latency_s + decide.time_s, plan.energy_j + decide.energy_j},
        .edge = cost_of_stage(scenario, DVFO_STAGE_FULL, level),
    };
}

/* ---- rows ---- */

static void write_part(FILE *csv, const struct dvfo_scenario *scenario, const struct dvfo_decision *decision,
                       const char *link, const char *part, const struct cost *cost, const struct cost *whole)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(scenario);
    const struct dvfo_clocks clocks = dvfo_scenario_clocks(scenario, decision->level);
    fprintf(csv, "%s,%s,%s,%.9g,%.9g,%.6g,%.6g,%d,%s,%.6g,%.6g,%.6g\n", def->board->name, def->network->name, part,
            cost->time_s, cost->energy_j, 100.0 * cost->time_s / whole->time_s,
            100.0 * cost->energy_j / whole->energy_j, 10 * decision->share_tenths, link,
            clocks.hz[DVFO_CPU] / DVFO_HZ_PER_MHZ, clocks.hz[DVFO_GPU] / DVFO_HZ_PER_MHZ,
            clocks.hz[DVFO_MEM] / DVFO_HZ_PER_MHZ);
}

static dvfo_status write_network(struct dvfo_ctx *ctx, const struct dvfo_trial *trial, double decision_cycles,
                                 FILE *csv)
{
    struct dvfo_scenario *scenario = NULL;
    DVFO_TRY(dvfo_scenario_create(ctx, &trial->scenario, &scenario));
    const struct dvfo_decision decision = half_at_top(trial->scenario.board);
    const struct overhead o = overhead_of(scenario, &decision, decision_cycles, trial->trace);
    const struct {
        const char *part;
        const struct cost *cost;
    } rows[] = {{"attention", &o.attention}, {"quantisation", &o.quantise}, {"fusion", &o.fuse},
                {"decision", &o.decide},     {"request", &o.whole},         {"edge-only", &o.edge}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_part(csv, scenario, &decision, trial->trace->name, rows[i].part, rows[i].cost, &o.whole);
    }
    dvfo_scenario_free(scenario);
    return DVFO_OK;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_setting *setting = subject->setting;
    dvfo_status status = DVFO_OK;
    fputs("board,network,part,time_s,energy_j,time_percent,energy_percent,share_percent,link,cpu_mhz,gpu_mhz,mem_mhz\n",
          csv);
    for (size_t i = 0; i < dvfo_setting_trial_count(setting) && status == DVFO_OK; i++) {
        struct dvfo_trial trial;
        double cycles = 0.0;
        status = dvfo_setting_trial(ctx, setting, i, &trial);
        status = status == DVFO_OK ? count_decision_cycles(ctx, trial.scenario.board, &cycles) : status;
        status = status == DVFO_OK ? write_network(ctx, &trial, cycles, csv) : status;
    }
    return status;
}

/* One request by itself, met by the beginning of the trace: nothing of a workload, of weights or of accuracy. */
static const char *const takes[] = {
    "board", "network", "trace", "trace-format", "seed", "runtime", "precision", "input", "variant",
    "rtt",   "timeout", "cloud", "composition",  "tail", "layers",  "assume",    NULL,
};

const struct dvfo_figure dvfo_figure_overhead = {
    .name = "overhead",
    .summary = "attention, quantisation, fusion and decision as parts of a request",
    .boards = "xavier-nx",
    .networks = "resnet-18,inception-v4,mobilenet-v2,yolov3-tiny,retinanet,deepspeech,efficientnet-b0,vit-b16",
    .policies = "edge-only",
    .takes = takes,
    .most_networks = 16,
    .most_columns = 24,
    .feed = feed,
};
