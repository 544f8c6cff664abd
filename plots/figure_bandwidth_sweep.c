/* bandwidth-sweep: energy, latency, cost and what is sent, per policy, over constant links from 0.5 to 100 Mbit/s. */
#include "bench/progress.h"
#include "plots/figure.h"

static const double bandwidth_mbps[] = {0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22, 32, 45, 64, 80, 100};
enum { POINTS = sizeof bandwidth_mbps / sizeof bandwidth_mbps[0] };

/* One policy at one bandwidth. */
static dvfo_status run_point(struct dvfo_ctx *ctx, struct dvfo_trial *trial, double mbps, const char *policy, FILE *csv)
{
    const double start_s = 0.0, rate_bps = mbps * 1e6;
    char name[64];
    snprintf(name, sizeof name, "const:%gMbps", mbps);
    struct dvfo_trace *link = NULL;
    DVFO_TRY(dvfo_trace_create(ctx, name, "const", 1, &start_s, &rate_bps, 1.0, &link));
    trial->trace = link;
    const dvfo_status status = dvfo_trial_run(ctx, trial);
    if (status == DVFO_OK) {
        fprintf(csv, "%s,%s,%s,%g,%.9g,%.9g,%.9g,%.9g,%.9g\n", trial->scenario.board->name,
                trial->scenario.network->name, policy, mbps, 1e3 * trial->results.energy_j,
                1e3 * trial->results.latency_s, trial->results.cost_j, trial->results.share,
                trial->results.uplink_byte);
    }
    dvfo_trace_free(link);
    return status;
}

/* All policies and bandwidths on one board and network: they share a scenario, and so the costs it keeps. */
static dvfo_status run_pair(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, size_t pair,
                            const volatile sig_atomic_t *stop, struct dvfo_progress *progress, FILE *csv)
{
    const size_t first = pair * setting->policy_count;
    struct dvfo_scenario *scenario = NULL;
    struct dvfo_trial trial;
    DVFO_TRY(dvfo_setting_trial(ctx, setting, first, &trial));
    DVFO_TRY(dvfo_scenario_create(ctx, &trial.scenario, &scenario));
    dvfo_status status = DVFO_OK;
    for (size_t i = first; i < first + setting->policy_count && status == DVFO_OK; i++) {
        const char *policy = dvfo_setting_policy_name(setting, i);
        status = dvfo_setting_trial(ctx, setting, i, &trial);
        trial.made = scenario;
        trial.stop = stop;
        for (size_t p = 0; p < POINTS && status == DVFO_OK; p++) {
            status = run_point(ctx, &trial, bandwidth_mbps[p], policy, csv);
            dvfo_progress_tell(progress, (double)(i * POINTS + p + 1), policy);
        }
    }
    dvfo_scenario_free(scenario);
    return status;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_setting *setting = subject->setting;
    const size_t pairs = setting->board_count * setting->network_count;
    struct dvfo_progress progress = dvfo_progress_begin("trials", (double)(dvfo_setting_trial_count(setting) * POINTS));
    fputs("board,network,policy,bandwidth_mbps,energy_mj,latency_ms,cost_j,share,uplink_bytes\n", csv);
    dvfo_status status = DVFO_OK;
    for (size_t pair = 0; pair < pairs && status == DVFO_OK; pair++) {
        status = run_pair(ctx, setting, pair, subject->stop, &progress, csv);
    }
    dvfo_progress_end(&progress);
    return status;
}

/* The links are the figure's own, and constant: no trace, and nothing that depends on when a request meets it. */
static const char *const takes[] = {
    "board",   "network",     "policy",        "requests",       "seed",         "eta",     "arrivals",
    "runtime", "precision",   "input",         "variant",        "rtt",          "timeout", "cloud",
    "lambda",  "composition", "tail",          "bits-per-pixel", "float-layers", "p-max",   "thermal",
    "layers",  "assume",      "decision-time", "mode",           NULL,
};

const struct dvfo_figure dvfo_figure_bandwidth_sweep = {
    .name = "bandwidth-sweep",
    .summary = "energy, latency, cost and what is sent against the bandwidth of the link",
    .boards = "jetson-nano,jetson-tx2,xavier-nx",
    .networks = "inception-v4",
    .policies = "edge-only,edge-best,cloud-only,offload-best,neurosurgeon-latency,oracle-dvfo,oracle-all",
    .takes = takes,
    .most_policies = 8, /* as many as there are colours */
    .most_columns = 6,
    .feed = feed,
};
