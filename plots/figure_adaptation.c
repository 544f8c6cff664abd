/* adaptation: what policies do while the link changes, over the time of the trace.
 *
 * All meet the same stretch: request i starts at i times the latency of edge-only at the highest clocks. Requests come
 * by the hundred, so rows are means over those of a second. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench/lesson.h"
#include "bench/progress.h"
#include "plots/figure.h"
#include "policies/agents/agent_file.h"
#include "sim/base/units.h"
#include "sim/simulation.h"

enum { WINDOW_S = 240, LINE_SIZE = 96 }; /* one bin a second */

/* The default link: good, poor, gone, middling, good. */
static const double drop_start_s[] = {0.0, 60.0, 120.0, 128.0, 180.0};
static const double drop_bps[] = {20e6, 2e6, 0.0, 8e6, 30e6};
enum { DROP_STEPS = sizeof drop_bps / sizeof drop_bps[0] };

/* Of `dvfo` without a file: an agent trained here. */
#define QUICK_STEPS 300000u
#define QUICK_LINK "model:wifi"

/* Sums over the requests of a second. */
struct bin {
    long requests, timeouts;
    double share, energy_j, latency_s, cost_j, hz[DVFO_DOMAINS];
};

struct show {
    const struct dvfo_figure_subject *subject;
    struct dvfo_trial trial; /* of the one board and network */
    struct dvfo_scenario *scenario;
    struct dvfo_trace *own;      /* the default link, or NULL */
    char folder[64], agent[128]; /* of an agent trained here; "" */
    struct bin bin[WINDOW_S];
};

static void on_request(void *user, const struct dvfo_request_row *row)
{
    struct show *show = user;
    const double at_s = floor(row->trace_s);
    if (at_s < 0.0 || at_s >= WINDOW_S) {
        return;
    }
    struct bin *bin = &show->bin[(size_t)at_s];
    bin->requests++;
    bin->timeouts += row->timed_out;
    bin->share += row->share;
    bin->energy_j += row->energy_j;
    bin->latency_s += row->latency_s;
    bin->cost_j += row->cost_j;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        bin->hz[d] += row->hz[d];
    }
}

/* ---- the world ---- */

static dvfo_status prepare(struct dvfo_ctx *ctx, struct show *show)
{
    struct dvfo_trial *trial = &show->trial;
    DVFO_TRY(dvfo_setting_world(ctx, show->subject->setting, 0, 0, trial));
    DVFO_TRY(dvfo_scenario_create(ctx, &trial->scenario, &show->scenario));
    trial->made = show->scenario;
    trial->stop = show->subject->stop;
    trial->trace = show->subject->setting->opened_trace;
    trial->workload.requests = (long)ceil(WINDOW_S / dvfo_simulation_edge_s(show->scenario)); /* paired: a step each */
    if (show->subject->has_trace) {
        return DVFO_OK;
    }
    DVFO_TRY(
        dvfo_trace_create(ctx, "bandwidth drop", "steps", DROP_STEPS, drop_start_s, drop_bps, WINDOW_S, &show->own));
    trial->trace = show->own;
    return DVFO_OK;
}

static void free_show(struct show *show)
{
    if (show->agent[0] != '\0') {
        unlink(show->agent);
    }
    if (show->folder[0] != '\0') {
        rmdir(show->folder);
    }
    dvfo_trace_free(show->own);
    dvfo_scenario_free(show->scenario);
}

/* ---- an agent of our own ---- */

static dvfo_status keep(struct dvfo_ctx *ctx, struct show *show, const struct dvfo_agent *agent)
{
    snprintf(show->folder, sizeof show->folder, "/tmp/dvfo-adaptation-XXXXXX");
    if (mkdtemp(show->folder) == NULL) {
        show->folder[0] = '\0';
        return dvfo_fail(ctx, DVFO_FAILED, "no temporary folder can be made in /tmp");
    }
    snprintf(show->agent, sizeof show->agent, "%s/agent.h5", show->folder);
    return dvfo_agent_save(ctx, agent, NULL, false, show->agent);
}

static dvfo_status train(struct dvfo_ctx *ctx, struct show *show)
{
    struct dvfo_agent *agent = NULL;
    struct dvfo_lesson lesson = {.conditions = {.base = &show->trial,
                                                .networks = 1,
                                                .etas = 1,
                                                .links = 1,
                                                .network = {show->trial.scenario.network},
                                                .eta = {show->trial.scenario.eta},
                                                .link = {QUICK_LINK}}};
    DVFO_TRY(dvfo_agent_def_load(ctx, "dvfo", &lesson.def));
    lesson.def.training.steps = QUICK_STEPS;
    lesson.def.learner.seed = show->trial.seed;
    DVFO_TRY(dvfo_lesson_learn(ctx, &lesson, &agent, NULL));
    const dvfo_status status = keep(ctx, show, agent);
    dvfo_agent_free(agent);
    return status;
}

/* ---- rows ---- */

static double link_bps(const struct dvfo_trace *trace, int second)
{
    return dvfo_trace_sent_bits(trace, second + 1.0) - dvfo_trace_sent_bits(trace, second);
}

static void print_bins(const struct show *show, const char *line, FILE *csv)
{
    for (int t = 0; t < WINDOW_S; t++) {
        const struct bin *bin = &show->bin[t];
        const double n = (double)bin->requests;
        if (bin->requests == 0) {
            continue; /* the one before took longer than a second */
        }
        fprintf(csv, "%s,%d,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%ld,%ld,%s,%g\n", line, t,
                link_bps(show->trial.trace, t) / DVFO_BPS_PER_MBPS, bin->share / n,
                bin->hz[DVFO_CPU] / n / DVFO_HZ_PER_MHZ, bin->hz[DVFO_GPU] / n / DVFO_HZ_PER_MHZ,
                bin->hz[DVFO_MEM] / n / DVFO_HZ_PER_MHZ, bin->energy_j / bin->latency_s, bin->cost_j / n,
                1e3 * bin->energy_j / n, 1e3 * bin->latency_s / n, bin->requests, bin->timeouts,
                show->trial.trace->name, show->trial.scenario.eta);
    }
}

/* A policy's name as the legend has it: "dvfo (a.h5)". */
static void name_line(const struct dvfo_setting *setting, size_t p, bool trained, char line[LINE_SIZE])
{
    const char *argument = setting->policy_argument[p];
    const char *slash = argument != NULL ? strrchr(argument, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argument;
    if (trained) {
        snprintf(line, LINE_SIZE, "%s (%u000 decisions on " QUICK_LINK ")", setting->policy[p]->name,
                 QUICK_STEPS / 1000);
    } else {
        snprintf(line, LINE_SIZE, name != NULL ? "%s (%.60s)" : "%s", setting->policy[p]->name, name);
    }
}

static dvfo_status run_policy(struct dvfo_ctx *ctx, struct show *show, size_t p, FILE *csv)
{
    const struct dvfo_setting *setting = show->subject->setting;
    const struct dvfo_probe probe = {.user = show, .request = on_request};
    const bool trained = strcmp(setting->policy[p]->name, "dvfo") == 0 && setting->policy_argument[p] == NULL;
    char line[LINE_SIZE];
    if (trained) {
        DVFO_TRY(train(ctx, show));
    }
    struct dvfo_trial trial = show->trial;
    trial.policy = setting->policy[p];
    trial.policy_argument = trained ? show->agent : setting->policy_argument[p];
    trial.probe = &probe;
    memset(show->bin, 0, sizeof show->bin);
    DVFO_TRY(dvfo_trial_run(ctx, &trial));
    name_line(setting, p, trained, line);
    print_bins(show, line, csv);
    return DVFO_OK;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    struct show show = {.subject = subject};
    const size_t policies = subject->setting->policy_count;
    struct dvfo_progress progress = dvfo_progress_begin("policies", (double)policies);
    const volatile sig_atomic_t *const before = ctx->stop;
    ctx->stop = subject->stop;
    fputs("policy,time_s,link_mbps,share,cpu_mhz,gpu_mhz,mem_mhz,power_w,cost_j,energy_mj,latency_ms,requests,"
          "timeouts,link,eta\n",
          csv);
    dvfo_status status = prepare(ctx, &show);
    for (size_t p = 0; p < policies && status == DVFO_OK; p++) {
        dvfo_progress_tell(&progress, (double)p, subject->setting->policy_name[p]);
        status = run_policy(ctx, &show, p, csv);
    }
    dvfo_progress_end(&progress);
    ctx->stop = before;
    free_show(&show);
    return status;
}

/* As many requests as fill the window, in a closed loop, paired: so that all policies meet the same. */
static const char *const takes[] = {
    "board",   "network",     "policy",        "trace",          "trace-format", "seed",    "eta",
    "runtime", "precision",   "input",         "variant",        "rtt",          "timeout", "cloud",
    "lambda",  "composition", "tail",          "bits-per-pixel", "float-layers", "p-max",   "thermal",
    "layers",  "assume",      "decision-time", "mode",           NULL,
};

const struct dvfo_figure dvfo_figure_adaptation = {
    .name = "adaptation",
    .summary = "share, clocks, power and cost over time, across a bandwidth drop (or the first 240 s of --trace); "
               "'dvfo' without a file is trained on the way",
    .boards = "xavier-nx",
    .networks = "vit-b16",
    .policies = "edge-best,oracle-dvfo,dvfo",
    .takes = takes,
    .most_networks = 1,
    .most_policies = 3,
    .most_columns = 1,
    .feed = feed,
};
