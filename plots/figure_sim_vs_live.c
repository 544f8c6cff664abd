/* sim-vs-live: how long requests take on this machine over a shaped link, and what the simulator says of the same
 * trials.
 *
 * Both meet the same link, along which both run with the time, and policies draw the same chances. The simulator knows
 * this machine by its rehearsed profile (rehearsed.h) and nothing of the live run. Quantiles stand side by side, a row
 * for each per cent. */
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "bench/list.h"
#include "bench/progress.h"
#include "plots/figure.h"
#include "plots/rehearsed.h"
#include "sim/base/text.h"

#define POLICIES "edge-only,fixed:max/max/max/0.2,fixed:max/max/max/0.4,fixed:max/max/max/1,dvfo"
#define TRACES "const:5Mbps,model:4g-up,model:wifi"

enum { REQUESTS = 300, STEPS = 60000, MOST = 16 };

struct comparison {
    const struct dvfo_figure_subject *subject;
    struct dvfo_rehearsed world;
    long requests;
    char seed[24];
    double *live_s, *sim_s; /* (requests) */
    size_t policies, traces;
    char *policy[MOST], *trace[MOST]; /* inside the copies */
    char *policy_copy, *trace_copy;
    struct dvfo_progress progress;
};

static dvfo_status split(struct dvfo_ctx *ctx, const char *text, char **copy, char *entry[MOST], size_t *count)
{
    *copy = dvfo_text_copy(text);
    if (*copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    *count = dvfo_text_split(*copy, ',', entry, MOST);
    return *count <= MOST
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "there are %zu policies or traces, expected at most %d", *count, MOST);
}

static dvfo_status prepare(struct dvfo_ctx *ctx, struct comparison *comparison)
{
    const struct dvfo_setting *setting = comparison->subject->setting;
    comparison->requests = comparison->subject->has_requests ? setting->base.workload.requests : REQUESTS;
    snprintf(comparison->seed, sizeof comparison->seed, "%llu", (unsigned long long)setting->base.seed);
    DVFO_TRY(split(ctx, setting->policies != NULL ? setting->policies : POLICIES, &comparison->policy_copy,
                   comparison->policy, &comparison->policies));
    DVFO_TRY(split(ctx, comparison->subject->has_trace ? setting->trace : TRACES, &comparison->trace_copy,
                   comparison->trace, &comparison->traces));
    comparison->live_s = malloc((size_t)comparison->requests * sizeof(double));
    comparison->sim_s = malloc((size_t)comparison->requests * sizeof(double));
    return comparison->live_s != NULL && comparison->sim_s != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static void release(struct comparison *comparison)
{
    dvfo_rehearsed_free(&comparison->world);
    free(comparison->policy_copy);
    free(comparison->trace_copy);
    free(comparison->live_s);
    free(comparison->sim_s);
}

static void write_quantiles(const struct comparison *comparison, const char *policy, const char *trace, FILE *csv)
{
    const size_t n = (size_t)comparison->requests;
    gsl_sort(comparison->live_s, 1, n);
    gsl_sort(comparison->sim_s, 1, n);
    for (int percent = 1; percent <= 99; percent++) {
        const double live_s = gsl_stats_quantile_from_sorted_data(comparison->live_s, 1, n, percent / 100.0);
        const double sim_s = gsl_stats_quantile_from_sorted_data(comparison->sim_s, 1, n, percent / 100.0);
        fprintf(csv, "%s,%s,%d,%.9g,%.9g,%.6g,%ld\n", trace, policy, percent, live_s, sim_s,
                100.0 * (sim_s / live_s - 1.0), comparison->requests);
    }
}

static dvfo_status compare(struct dvfo_ctx *ctx, struct comparison *comparison, const char *policy, const char *trace,
                           FILE *csv)
{
    const struct dvfo_rehearsed *world = &comparison->world;
    DVFO_TRY(dvfo_rehearsed_run(ctx, world, true, policy, trace, comparison->requests, comparison->seed,
                                comparison->live_s));
    DVFO_TRY(dvfo_rehearsed_run(ctx, world, false, policy, trace, comparison->requests, comparison->seed,
                                comparison->sim_s));
    write_quantiles(comparison, policy, trace, csv);
    return DVFO_OK;
}

static dvfo_status train_if_needed(struct dvfo_ctx *ctx, struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->policies; i++) {
        if (strcmp(comparison->policy[i], "dvfo") == 0) {
            return dvfo_rehearsed_train(ctx, &comparison->world,
                                        comparison->subject->has_trace ? comparison->subject->setting->trace : TRACES,
                                        STEPS, comparison->seed);
        }
    }
    return DVFO_OK;
}

static dvfo_status compare_all(struct dvfo_ctx *ctx, struct comparison *comparison, FILE *csv)
{
    DVFO_TRY(prepare(ctx, comparison));
    DVFO_TRY(dvfo_rehearsed_begin(ctx, comparison->subject->measured, comparison->subject->stop, &comparison->world));
    DVFO_TRY(train_if_needed(ctx, comparison));
    fputs("trace,policy,percent,live_s,simulated_s,error_percent,requests\n", csv);
    comparison->progress = dvfo_progress_begin(NULL, (double)(comparison->traces * comparison->policies));
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < comparison->traces * comparison->policies && status == DVFO_OK; i++) {
        const char *trace = comparison->trace[i / comparison->policies];
        const char *policy = comparison->policy[i % comparison->policies];
        dvfo_progress_tell(&comparison->progress, (double)i, trace);
        status = compare(ctx, comparison, policy, trace, csv);
    }
    dvfo_progress_end(&comparison->progress);
    return status;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    struct comparison comparison = {.subject = subject};
    const dvfo_status status = compare_all(ctx, &comparison, csv);
    release(&comparison);
    return status;
}

static const char *const takes[] = {"policy", "trace", "requests", "seed", "measured", NULL};

const struct dvfo_figure dvfo_figure_sim_vs_live = {
    .name = "sim-vs-live",
    .summary =
        "latencies on this machine over a shaped link, and what the simulator says of the same trials; --measured "
        "names a folder with net.h5 and test.bin of yours",
    .boards = "host",
    .takes = takes,
    .feed = feed,
};
