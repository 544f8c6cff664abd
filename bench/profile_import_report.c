/* What became of each layer, and what was seen of clocks and power. */
#include <math.h>
#include <string.h>

#include "bench/profile_import.h"
#include "sim/base/units.h"

enum { SHOWN_NAME_SIZE = 61 };

/* Names of fused kernels are long; in a table for people their beginning does. */
static void add_kernel_name(struct dvfo_table *table, const struct dvfo_logged_run *run, int kernel,
                            dvfo_table_format format)
{
    char shown[SHOWN_NAME_SIZE];
    if (kernel < 0) {
        dvfo_table_number(table, NAN, 1);
        return;
    }
    const char *name = run->profile->layer[kernel].name;
    if (format != DVFO_TABLE_TEXT || snprintf(shown, sizeof shown, "%s", name) < SHOWN_NAME_SIZE) {
        dvfo_table_text(table, name);
        return;
    }
    memcpy(shown + SHOWN_NAME_SIZE - 4, "...", 4);
    dvfo_table_text(table, shown);
}

/* A layer of ours that has a kernel or a time. */
static void add_layers(struct dvfo_table *table, const struct dvfo_run_subject *subject,
                       const struct dvfo_logged_run *run, dvfo_table_format format)
{
    for (size_t i = 0; i < run->match.n; i++) {
        const struct dvfo_matched_layer *layer = &run->match.layer[i];
        if (layer->how == DVFO_MATCH_NONE && layer->closed_s <= 0.0) {
            continue;
        }
        dvfo_table_text(table, dvfo_logged_run_name(run));
        dvfo_table_text(table, subject->network->layers[i].name);
        dvfo_table_text(table, dvfo_op_name(subject->network->layers[i].op));
        dvfo_table_number(table, layer->time_s / DVFO_S_PER_MS, 4);
        dvfo_table_number(table, layer->closed_s / DVFO_S_PER_MS, 4);
        dvfo_table_text(table, dvfo_match_how_name(layer->how));
        add_kernel_name(table, run, layer->theirs, format);
    }
}

/* Kernels that are no layer of ours: with the one that took their time, or none. */
static void add_others(struct dvfo_table *table, const struct dvfo_run_subject *subject,
                       const struct dvfo_logged_run *run, dvfo_table_format format)
{
    for (size_t k = 0; k < run->match.kernels; k++) {
        const struct dvfo_matched_kernel *kernel = &run->match.kernel[k];
        const double time_s = dvfo_trtexec_layer_s(&run->profile->layer[k]);
        if ((kernel->how != DVFO_MATCH_CARRIED && kernel->how != DVFO_MATCH_NONE) || time_s <= 0.0) {
            continue;
        }
        dvfo_table_text(table, dvfo_logged_run_name(run));
        if (kernel->ours >= 0) {
            dvfo_table_text(table, subject->network->layers[kernel->ours].name);
        } else {
            dvfo_table_number(table, NAN, 1);
        }
        dvfo_table_number(table, NAN, 1);
        dvfo_table_number(table, time_s / DVFO_S_PER_MS, 4);
        dvfo_table_number(table, NAN, 1);
        dvfo_table_text(table, dvfo_match_how_name(kernel->how));
        add_kernel_name(table, run, (int)k, format);
    }
}

static void print_run(const struct dvfo_run_subject *subject, const struct dvfo_logged_run *run)
{
    printf("%s: %s on %s, %s %s, batch %ld, at CPU %.10g, GPU %.10g, memory %.10g MHz\n", dvfo_logged_run_name(run),
           subject->network->name, subject->board->name, subject->runtime->name, subject->runtime->precision,
           subject->batch, run->clocks.hz[DVFO_CPU] / DVFO_HZ_PER_MHZ, run->clocks.hz[DVFO_GPU] / DVFO_HZ_PER_MHZ,
           run->clocks.hz[DVFO_MEM] / DVFO_HZ_PER_MHZ);
    if (run->times != NULL) {
        printf("latency: %.4g ms (%.4g to %.4g), median of %zu inferences\n", run->times->latency_s / DVFO_S_PER_MS,
               run->times->latency_low_s / DVFO_S_PER_MS, run->times->latency_high_s / DVFO_S_PER_MS, run->times->n);
    }
    if (run->log == NULL) {
        return;
    }
    const struct dvfo_log_window *window = &run->window;
    printf("power: module %.4g W (standard error %.2g)", run->power_w, window->module_error_w);
    for (size_t i = 0; i < run->log->rails; i++) {
        if (i != dvfo_tegrastats_module_rail(run->log)) {
            printf(", %s %.4g", run->log->rail[i], window->rail_w[i]);
        }
    }
    printf("\n%s: lines %d to %d, %zu samples; cores at work %.3g of %d, GPU %.3g %%, memory %.3g %%\n", run->log->name,
           run->log->sample[window->first].line, run->log->sample[window->last].line, window->last - window->first + 1,
           window->busy[DVFO_CPU], window->cores, 100.0 * window->busy[DVFO_GPU], 100.0 * window->busy[DVFO_MEM]);
}

static double percent(const struct dvfo_layer_match *match, double part_s)
{
    return 100.0 * part_s / match->total_s;
}

static void print_left_over(const struct dvfo_run_subject *subject, const struct dvfo_logged_run *run)
{
    const struct dvfo_layer_match *match = &run->match;
    double closed_s = 0.0;
    for (size_t k = 0; k < match->kernels; k++) {
        const double time_s = dvfo_trtexec_layer_s(&run->profile->layer[k]);
        if (match->kernel[k].how == DVFO_MATCH_NONE && time_s > 0.0) {
            printf("no layer of %s for: %s, %.4g ms (%.2g %% of the profile)\n", subject->network->name,
                   run->profile->layer[k].name, time_s / DVFO_S_PER_MS, percent(match, time_s));
        }
    }
    for (size_t i = 0; i < match->n; i++) {
        closed_s += match->layer[i].closed_s;
    }
    for (size_t i = 0; i < match->n; i++) {
        if (match->layer[i].how == DVFO_MATCH_NONE && match->layer[i].closed_s > 0.0) {
            printf("no kernel for: %s, %.4g ms by the closed form (%.2g %% of the network)\n",
                   subject->network->layers[i].name, match->layer[i].closed_s / DVFO_S_PER_MS,
                   100.0 * match->layer[i].closed_s / closed_s);
        }
    }
}

static void print_match(const struct dvfo_run_subject *subject, const struct dvfo_logged_run *run)
{
    const struct dvfo_layer_match *match = &run->match;
    printf(
        "%s: %zu kernels, %.4g ms, median or mean of %ld inferences: %.3g %% matched by name, %.3g %% by order, %.3g "
        "%% within stretches, %.3g %% carried to a neighbour, %.3g %% left over\n",
        run->profile->name, match->kernels, match->total_s / DVFO_S_PER_MS, run->profile->count,
        percent(match, match->by_name_s), percent(match, match->by_order_s), percent(match, match->in_stretch_s),
        percent(match, match->carried_s), percent(match, match->unmatched_s));
    print_left_over(subject, run);
}

dvfo_status dvfo_import_report(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                               const struct dvfo_logged_run runs[], size_t count, dvfo_table_format format)
{
    static const char *const columns[] = {"run", "layer", "class", "ms", "closed_form_ms", "match", "kernel", NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t i = 0; i < count; i++) {
        if (runs[i].profile != NULL) {
            add_layers(table, subject, &runs[i], format);
            add_others(table, subject, &runs[i], format);
        }
        if (format == DVFO_TABLE_TEXT) {
            print_run(subject, &runs[i]);
        }
    }
    if (format == DVFO_TABLE_TEXT) {
        printf("\n");
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    for (size_t i = 0; i < count && format == DVFO_TABLE_TEXT && status == DVFO_OK; i++) {
        printf("%s", i == 0 ? "\n" : "");
        if (runs[i].profile != NULL) {
            print_match(subject, &runs[i]);
        }
    }
    dvfo_table_free(table);
    return status;
}
