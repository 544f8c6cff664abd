#include "profiles/host/host_fit.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

/* What the form leaves open on a layer that it hasn't seen, as a share of its time: what expectations weigh against. */
#define FORM_NOISE 0.15

/* What two medians of a clock are never nearer than: a layer without work (a view of one number) has no logarithm. */
#define SHORTEST_S 1e-9

struct row {
    const struct dvfo_layer *layer;
    double measured_s;
};

struct rows {
    const struct dvfo_runtime *runtime;
    struct dvfo_clocks clocks;
    size_t n;
    struct row *row;
    size_t *stratum; /* (n) its network */
};

/* Dense layers over several steps run as pointwise convolutions do (kernel.c). */
dvfo_op dvfo_host_fit_class(const struct dvfo_layer *layer)
{
    const bool steps = layer->out.height * layer->out.width > 1;
    return layer->op == DVFO_OP_DENSE && steps ? DVFO_OP_CONV_POINTWISE : layer->op;
}

static struct dvfo_clocks top_clocks(const struct dvfo_board *board)
{
    struct dvfo_clocks clocks;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        clocks.hz[d] = board->clock[d].level_hz[board->clock[d].level_count - 1];
    }
    return clocks;
}

static double model_s(const struct dvfo_runtime *runtime, const struct dvfo_clocks *clocks,
                      const struct dvfo_layer *layer)
{
    const struct dvfo_kernel kernel = dvfo_kernel_of(runtime, layer);
    return dvfo_cost_kernel_s(runtime, &kernel, clocks);
}

static void residuals(void *user, double *out)
{
    const struct rows *rows = user;
    for (size_t i = 0; i < rows->n; i++) {
        out[i] = log(model_s(rows->runtime, &rows->clocks, rows->row[i].layer) / rows->row[i].measured_s);
    }
}

static dvfo_status collect(struct dvfo_ctx *ctx, const struct dvfo_host_sample samples[], size_t n, size_t skip,
                           struct rows *rows)
{
    size_t most = 1;
    for (size_t k = 0; k < n; k++) {
        most += samples[k].network->n;
    }
    rows->row = calloc(most, sizeof *rows->row);
    rows->stratum = calloc(most, sizeof *rows->stratum);
    if (rows->row == NULL || rows->stratum == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; k != skip && i < samples[k].network->n; i++) {
            const struct dvfo_layer *layer = &samples[k].network->layers[i];
            if (dvfo_kernel_exists(layer) && samples[k].layer_s[i] > SHORTEST_S) {
                rows->row[rows->n] = (struct row){layer, samples[k].layer_s[i]};
                rows->stratum[rows->n++] = k;
            }
        }
    }
    return DVFO_OK;
}

static void offer(struct dvfo_runtime *runtime, double peak_byte_per_cycle, struct dvfo_fit *fit)
{
    for (int t = 0; t < DVFO_RUNTIME_TERMS; t++) {
        const struct dvfo_runtime_term *term = &dvfo_runtime_terms[t];
        struct dvfo_quantity *quantity = dvfo_runtime_quantity(runtime, term);
        const double high = term->high > 0.0 ? term->high : peak_byte_per_cycle;
        for (int op = 0; op < (term->per_class ? DVFO_OP_COUNT : 1); op++) {
            char name[DVFO_FIT_NAME_SIZE];
            snprintf(name, sizeof name, "%s%s%s", term->key, term->per_class ? " " : "",
                     term->per_class ? dvfo_op_name((dvfo_op)op) : "");
            dvfo_fit_offer(fit, &quantity[op], term->low, high, term->unit, name);
        }
    }
}

static double mean_square(const struct rows *rows, double *room)
{
    double sum = 0.0;
    residuals((void *)rows, room);
    for (size_t i = 0; i < rows->n; i++) {
        sum += room[i] * room[i];
    }
    return sum / (double)rows->n;
}

dvfo_status dvfo_host_fit(struct dvfo_ctx *ctx, struct dvfo_board *board, const struct dvfo_host_sample samples[],
                          size_t n, size_t skip, struct dvfo_fit *fit, double *cost)
{
    struct dvfo_runtime *runtime = &board->runtime[0];
    struct rows rows = {.runtime = runtime, .clocks = top_clocks(board)};
    double *room = NULL;
    *fit = (struct dvfo_fit){.noise = FORM_NOISE};
    dvfo_status status = collect(ctx, samples, n, skip, &rows);
    if (status == DVFO_OK) {
        offer(runtime, board->peak_byte_per_cycle.value, fit);
        fit->stratum = rows.stratum;
        status = dvfo_fit_solve(ctx, fit, rows.n, residuals, &rows);
        fit->stratum = NULL;
    }
    if (status == DVFO_OK) {
        room = malloc(rows.n * sizeof *room);
        status = room != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    }
    if (status == DVFO_OK) {
        *cost = mean_square(&rows, room);
    }
    free(room);
    free(rows.stratum);
    free(rows.row);
    return status;
}

dvfo_status dvfo_host_fit_judge(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                const struct dvfo_host_sample *sample, struct dvfo_host_verdict *out)
{
    const struct dvfo_clocks clocks = top_clocks(board);
    double *error = malloc(sample->network->n * sizeof *error), model_sum_s = 0.0, measured_sum_s = 0.0;
    *out = (struct dvfo_host_verdict){.median = NAN, .p90 = NAN, .whole = NAN};
    if (error == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < sample->network->n; i++) {
        const struct dvfo_layer *layer = &sample->network->layers[i];
        if (dvfo_kernel_exists(layer) && sample->layer_s[i] > SHORTEST_S) {
            const double layer_s = model_s(&board->runtime[0], &clocks, layer);
            error[out->layers++] = fabs(layer_s / sample->layer_s[i] - 1.0);
            model_sum_s += layer_s;
            measured_sum_s += sample->layer_s[i];
        }
    }
    if (out->layers > 0) {
        gsl_sort(error, 1, out->layers);
        out->median = gsl_stats_median_from_sorted_data(error, 1, out->layers);
        out->p90 = gsl_stats_quantile_from_sorted_data(error, 1, out->layers, 0.9);
        out->whole = model_sum_s / measured_sum_s - 1.0;
    }
    free(error);
    return DVFO_OK;
}
