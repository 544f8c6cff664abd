#include <math.h>
#include <string.h>

#include "bench/measure.h"

#define MS_PER_S 1e3
#define GIGA 1e-9
#define PERCENT 100.0

static void add_interval(struct dvfo_table *table, const struct dvfo_interval *interval)
{
    dvfo_table_number(table, MS_PER_S * interval->median, 4);
    dvfo_table_number(table, MS_PER_S * interval->low, 4);
    dvfo_table_number(table, MS_PER_S * interval->high, 4);
}

static void add_layers(struct dvfo_table *table, const struct dvfo_measure_entry *entry)
{
    const double sum_s = dvfo_measured_sum_s(&entry->measured);
    for (size_t i = 0; i < entry->network->n; i++) {
        const struct dvfo_layer *layer = &entry->network->layers[i];
        const struct dvfo_interval *time_s = &entry->measured.layer_s[i];
        if (!dvfo_kernel_exists(layer)) {
            continue;
        }
        dvfo_table_text(table, entry->network->name);
        dvfo_table_text(table, layer->name);
        dvfo_table_text(table, dvfo_op_name(layer->op));
        add_interval(table, time_s);
        dvfo_table_number(table, GIGA * layer->work_flop / time_s->median, 3);
        dvfo_table_number(table, PERCENT * time_s->median / sum_s, 3);
    }
}

static dvfo_status print_layers(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run, dvfo_table_format format)
{
    static const char *const columns[] = {"network", "layer",       "class",     "median_ms", "low_ms",
                                          "high_ms", "gflop_per_s", "share_pct", NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t k = 0; k < run->n; k++) {
        add_layers(table, &run->entry[k]);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    return status;
}

static void add_network(struct dvfo_table *table, const struct dvfo_measure_entry *entry)
{
    const struct dvfo_measured *measured = &entry->measured;
    const double whole_s = measured->whole_s.median, sum_s = dvfo_measured_sum_s(measured);
    dvfo_table_text(table, entry->network->name);
    dvfo_table_integer(table, entry->network->input.height);
    dvfo_table_integer(table, measured->passes);
    add_interval(table, &measured->whole_s);
    dvfo_table_number(table, MS_PER_S * sum_s, 4);
    dvfo_table_number(table, PERCENT * (sum_s / whole_s - 1.0), 2);
    dvfo_table_number(table, GIGA * entry->network->work_flop / whole_s, 3);
    dvfo_table_number(table, entry->power_w, 3);
}

static dvfo_status print_networks(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run)
{
    static const char *const columns[] = {"whole network", "input",   "passes",    "median_ms",
                                          "low_ms",        "high_ms", "layers_ms", "layers_off_pct",
                                          "gflop_per_s",   "power_w", NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t k = 0; k < run->n; k++) {
        add_network(table, &run->entry[k]);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, DVFO_TABLE_TEXT, stdout);
    dvfo_table_free(table);
    return status;
}

/* @param network  name, or NULL for the median over networks */
static void add_verdict(struct dvfo_table *table, const char *network, const struct dvfo_host_verdict *verdict)
{
    dvfo_table_text(table, network);
    dvfo_table_integer(table, (long long)verdict->layers);
    dvfo_table_number(table, PERCENT * verdict->median, 3);
    dvfo_table_number(table, PERCENT * verdict->p90, 3);
    dvfo_table_number(table, PERCENT * verdict->whole, 3);
}

static dvfo_status print_verdicts(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run)
{
    static const char *const columns[] = {"left out of the fit", "layers", "median_pct", "p90_pct", "whole_pct", NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t k = 0; k < run->n; k++) {
        add_verdict(table, run->entry[k].network->name, &run->calibration.left_out[k]);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, DVFO_TABLE_TEXT, stdout);
    dvfo_table_free(table);
    return status;
}

static void print_machine(const struct dvfo_measure_run *run)
{
    const struct dvfo_host_board_def *def = &run->def;
    printf("%s, %d thread%s, OpenBLAS %s: %.3g GFLOP/s in matrix products, %.3g GB/s in copies\n\n", def->machine.cpu,
           def->threads, def->threads > 1 ? "s" : "", def->kernel, GIGA * def->flop_per_s, GIGA * def->byte_per_s);
}

dvfo_status dvfo_measure_print(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run, dvfo_table_format format)
{
    if (format != DVFO_TABLE_TEXT) {
        return print_layers(ctx, run, format);
    }
    print_machine(run);
    DVFO_TRY(print_layers(ctx, run, format));
    printf("\n");
    DVFO_TRY(print_networks(ctx, run));
    if (run->calibration.left_out == NULL) {
        return DVFO_OK;
    }
    printf("\n");
    return print_verdicts(ctx, run);
}
