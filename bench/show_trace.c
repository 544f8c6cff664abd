#include "bench/show.h"

#include <string.h>

#include "sim/base/units.h"
#include "traces/generator.h"
#include "traces/statistics.h"
#include "traces/trace.h"

static void add_text(struct dvfo_table *table, const char *property, const char *value)
{
    dvfo_table_text(table, property);
    dvfo_table_text(table, value);
}

static void add_number(struct dvfo_table *table, const char *property, double value)
{
    dvfo_table_text(table, property);
    dvfo_table_number(table, value, 4);
}

static void add_generator(struct dvfo_table *table, const char *spec)
{
    const char *prefix = "model:";
    const struct dvfo_generator *generator = NULL;
    if (strncmp(spec, prefix, strlen(prefix)) != 0 ||
        dvfo_generator_find(NULL, spec + strlen(prefix), &generator) != DVFO_OK) {
        return;
    }
    add_text(table, "fitted_on", generator->source);
    add_number(table, "mean_ln_mbps", generator->mean_ln);
    add_number(table, "sigma_between_ln", generator->sigma_between_ln);
    add_number(table, "sigma_within_ln", generator->sigma_within_ln);
    add_number(table, "rho_1s", generator->rho_1s);
    add_number(table, "cap_over_geometric_mean", generator->cap);
    add_number(table, "enter_outage_per_s", generator->enter_outage_per_s);
    add_number(table, "exit_outage_per_s", generator->exit_outage_per_s);
}

static void add_trace(struct dvfo_table *table, const struct dvfo_trace *trace,
                      const struct dvfo_trace_statistics *statistics)
{
    add_text(table, "trace", trace->name);
    add_text(table, "format", trace->format);
    add_text(table, "sha256", trace->sha256);
    dvfo_table_text(table, "steps");
    dvfo_table_integer(table, (long long)trace->n);
    add_number(table, "period_s", trace->period_s);
    add_number(table, "measured_s", statistics->duration_s);
    add_number(table, "mean_mbps", statistics->mean_bps / DVFO_BPS_PER_MBPS);
    add_number(table, "median_mbps", statistics->median_bps / DVFO_BPS_PER_MBPS);
    add_number(table, "p5_mbps", statistics->p5_bps / DVFO_BPS_PER_MBPS);
    add_number(table, "p95_mbps", statistics->p95_bps / DVFO_BPS_PER_MBPS);
    add_number(table, "coefficient_of_variation", statistics->coefficient_of_variation);
    add_number(table, "lag1s_autocorrelation", statistics->lag1s_autocorrelation);
    add_number(table, "fraction_1s_below_0.5mbps", statistics->fraction_1s_below_half_mbps);
}

dvfo_status dvfo_show_trace(struct dvfo_ctx *ctx, const char *spec, const char *format, uint64_t seed,
                            dvfo_table_format table_format)
{
    static const char *const columns[] = {"property", "value", NULL};
    struct dvfo_trace *trace = NULL;
    struct dvfo_table *table = NULL;
    struct dvfo_trace_statistics statistics;
    dvfo_status status = dvfo_trace_open(ctx, spec, format, seed, &trace);
    if (status != DVFO_OK) {
        goto done;
    }
    status = dvfo_trace_statistics_of(ctx, trace, &statistics);
    if (status != DVFO_OK) {
        goto done;
    }
    status = dvfo_table_create(ctx, columns, &table);
    if (status != DVFO_OK) {
        goto done;
    }
    add_trace(table, trace, &statistics);
    add_generator(table, spec);
    status = dvfo_table_print(ctx, table, table_format, stdout);
done:
    dvfo_table_free(table);
    dvfo_trace_free(trace);
    return status;
}
