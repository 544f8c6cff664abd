/* Eq. (1) to latencies: residual ln(model / measured), so that every point weighs alike. */
#include "profiles/calibrate/fit.h"

#include <math.h>
#include <string.h>

#include "profiles/power.h"

/* A reading of the memory controller's utilisation is worth less than a latency: it counts everybody's traffic. */
#define TRAFFIC_WEIGHT 0.1

struct point {
    const struct dvfo_network *network;
    struct dvfo_clocks clocks;
    double latency_s; /* NaN for a point of traffic */
    double mem_busy;  /* share of peak bandwidth; NaN for a point of latency */
    double power_w;   /* of the module while running; NaN when not measured */
    bool single_core; /* one CPU core online */
    int line;         /* in its file */
};

/* What the form leaves open on networks that it hasn't seen, as a share of the latency: what an expectation weighs
 * against. With 0.02 to 0.05 the networks left out are predicted alike. */
#define FORM_NOISE 0.03

struct latency {
    const struct dvfo_board *board;
    struct dvfo_runtime *runtime;
    size_t n;
    struct point *points;
    bool has_rails;   /* rails tell module power */
    size_t *stratum;  /* (n) runs of one network: what the bootstrap draws within */
    double *kernel_s; /* (layers of the largest network) of the latest point */
    size_t kernels;
};

/* Classes that the file gives through one `default` line move together. */
static void share_defaults(struct dvfo_runtime *runtime)
{
    for (int t = 0; t < DVFO_RUNTIME_TERMS; t++) {
        struct dvfo_quantity *quantity = dvfo_runtime_quantity(runtime, &dvfo_runtime_terms[t]);
        for (int op = 1; dvfo_runtime_terms[t].per_class && op < DVFO_OP_COUNT; op++) {
            for (int first = 0; first < op; first++) {
                if (quantity[first].line == quantity[op].line && quantity[op].line != 0) {
                    quantity[op].value = quantity[first].value;
                    quantity[op].error = quantity[first].error;
                    break;
                }
            }
        }
    }
}

static double model_s(const struct latency *latency, const struct point *point, struct dvfo_busy *busy)
{
    const struct dvfo_runtime runtime =
        point->single_core ? dvfo_runtime_on_one_core(latency->runtime) : *latency->runtime;
    return dvfo_cost_stretch_s(latency->board, &runtime, point->network, 0, (int)point->network->n - 1, true,
                               &point->clocks, busy);
}

/* Points are sorted so that those whose kernels take the same time follow each other. */
static bool same_kernels(const struct point *point, const struct point *other)
{
    return point->network == other->network && point->clocks.hz[DVFO_GPU] == other->clocks.hz[DVFO_GPU] &&
           point->clocks.hz[DVFO_MEM] == other->clocks.hz[DVFO_MEM];
}

static void time_kernels(struct latency *latency, const struct point *point)
{
    latency->kernels = 0;
    for (size_t i = 0; i < point->network->n; i++) {
        const struct dvfo_layer *layer = &point->network->layers[i];
        if (dvfo_kernel_exists(layer)) {
            const struct dvfo_kernel kernel = dvfo_kernel_of(latency->runtime, layer);
            latency->kernel_s[latency->kernels++] = dvfo_cost_kernel_s(latency->runtime, &kernel, &point->clocks);
        }
    }
}

static double latency_s(struct latency *latency, size_t i, const struct dvfo_runtime *on_one_core)
{
    const struct point *point = &latency->points[i];
    if (i == 0 || !same_kernels(point, point - 1)) {
        time_kernels(latency, point);
    }
    return dvfo_cost_request_s(point->single_core ? on_one_core : latency->runtime, latency->kernel_s, latency->kernels,
                               &point->clocks);
}

static void residuals(void *user, double *out)
{
    struct latency *latency = user;
    share_defaults(latency->runtime);
    const struct dvfo_runtime on_one_core = dvfo_runtime_on_one_core(latency->runtime);
    for (size_t i = 0; i < latency->n; i++) {
        const struct point *point = &latency->points[i];
        if (!isnan(point->latency_s)) {
            out[i] = log(latency_s(latency, i, &on_one_core) / point->latency_s);
        } else {
            struct dvfo_busy busy;
            const double time_s = model_s(latency, point, &busy);
            out[i] = TRAFFIC_WEIGHT * log(busy.s[DVFO_MEM] / time_s / point->mem_busy);
            time_kernels(latency, point); /* for a point after this one */
        }
    }
}

/* Name of a class's coefficient: its own, or "default" when several classes share one line. */
static const char *class_name(const struct dvfo_quantity quantities[DVFO_OP_COUNT], int op)
{
    for (int other = 0; other < DVFO_OP_COUNT; other++) {
        if (other != op && quantities[other].line == quantities[op].line && quantities[op].line != 0) {
            return "default";
        }
    }
    return dvfo_op_name((dvfo_op)op);
}

static void offer_runtime(struct dvfo_fit *fit, const struct dvfo_board *board, struct dvfo_runtime *runtime)
{
    for (int t = 0; t < DVFO_RUNTIME_TERMS; t++) {
        const struct dvfo_runtime_term *term = &dvfo_runtime_terms[t];
        struct dvfo_quantity *quantity = dvfo_runtime_quantity(runtime, term);
        const bool of_bus = term->max == 0.0;
        const double high = of_bus ? board->peak_byte_per_cycle.value : term->high;
        if (high == 0.0) {
            continue; /* stands as it is */
        }
        if (!term->per_class) {
            dvfo_fit_offer(fit, quantity, term->low, high, term->unit, term->key);
            continue;
        }
        for (int op = 0; op < DVFO_OP_COUNT; op++) {
            char name[DVFO_FIT_NAME_SIZE];
            snprintf(name, sizeof name, "%s %s", term->key, class_name(quantity, op));
            dvfo_fit_offer(fit, &quantity[op], term->low, high, term->unit, name);
        }
    }
}

void dvfo_fit_own(struct dvfo_runtime *runtime)
{
    for (int t = 0; t < DVFO_RUNTIME_TERMS; t++) {
        const struct dvfo_runtime_term *term = &dvfo_runtime_terms[t];
        struct dvfo_quantity *quantity = dvfo_runtime_quantity(runtime, term);
        const bool can_be_fitted = term->high > 0.0 || term->max == 0.0;
        for (int i = 0; i < (term->per_class ? DVFO_OP_COUNT : 1) && can_be_fitted; i++) {
            if (quantity[i].standing == DVFO_ASSUMPTION && quantity[i].high > 0.0) {
                quantity[i].standing = DVFO_CALIBRATED;
                quantity[i].low = fmax(quantity[i].low, 1e-3 * quantity[i].high);
            }
        }
    }
}

static bool belongs(const struct latency *latency, const struct dvfo_measurement *row)
{
    return strcmp(row->board, latency->board->name) == 0 && strcmp(row->runtime, latency->runtime->name) == 0 &&
           strcmp(row->precision, latency->runtime->precision) == 0 && row->batch == 1;
}

/* Rails repeat a state once per rail; its utilisation counts once. */
static bool tells_traffic(const struct latency *latency, const struct dvfo_measurements *rails, size_t i)
{
    const struct dvfo_measurement *row = &rails->row[i];
    const bool again = i > 0 && strcmp(rails->row[i - 1].network, row->network) == 0 &&
                       rails->row[i - 1].clocks.hz[DVFO_GPU] == row->clocks.hz[DVFO_GPU] &&
                       rails->row[i - 1].clocks.hz[DVFO_MEM] == row->clocks.hz[DVFO_MEM];
    return belongs(latency, row) && row->network[0] != '\0' && row->busy[DVFO_MEM] > 0.0 && !again;
}

static int by_network_and_clocks(const void *a, const void *b)
{
    const struct point *first = a, *second = b;
    const int sizes = (first->network->input.height > second->network->input.height) -
                      (first->network->input.height < second->network->input.height);
    const int names = strcmp(first->network->name, second->network->name);
    if (names != 0 || sizes != 0) {
        return names != 0 ? names : sizes;
    }
    static const dvfo_domain order[] = {DVFO_GPU, DVFO_MEM, DVFO_CPU};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const double x = first->clocks.hz[order[i]], y = second->clocks.hz[order[i]];
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    const int cores = first->single_core - second->single_core;
    return cores != 0 ? cores : (first->line > second->line) - (first->line < second->line);
}

static void arrange(struct latency *latency)
{
    qsort(latency->points, latency->n, sizeof *latency->points, by_network_and_clocks);
    for (size_t i = 1; i < latency->n; i++) {
        const bool another = latency->points[i].network != latency->points[i - 1].network;
        latency->stratum[i] = latency->stratum[i - 1] + another;
    }
}

static dvfo_status collect(struct dvfo_ctx *ctx, struct latency *latency, const struct dvfo_board_data *data,
                           struct dvfo_predict_networks *networks)
{
    const struct dvfo_measurements *points = &data->points, *rails = &data->rails;
    size_t most_layers = 1;
    latency->has_rails = rails->n > 0;
    latency->points = calloc(points->n + rails->n + 1, sizeof *latency->points);
    latency->stratum = calloc(points->n + rails->n + 1, sizeof *latency->stratum);
    if (latency->points == NULL || latency->stratum == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < points->n + rails->n; i++) {
        const bool of_rails = i >= points->n;
        const struct dvfo_measurement *row = of_rails ? &rails->row[i - points->n] : &points->row[i];
        const bool taken =
            of_rails ? tells_traffic(latency, rails, i - points->n) : belongs(latency, row) && !isnan(row->latency_s);
        if (!taken) {
            continue;
        }
        struct point *point = &latency->points[latency->n];
        DVFO_TRY(dvfo_predict_network(ctx, networks, row, &point->network));
        point->clocks = dvfo_predict_clocks(latency->board, row);
        point->latency_s = of_rails ? NAN : row->latency_s;
        point->power_w = of_rails ? NAN : row->power_w;
        point->mem_busy = of_rails ? row->busy[DVFO_MEM] : NAN;
        point->single_core = row->cpu_cores == 1;
        point->line = row->line;
        most_layers = point->network->n > most_layers ? point->network->n : most_layers;
        latency->n++;
    }
    arrange(latency);
    latency->kernel_s = malloc(most_layers * sizeof *latency->kernel_s);
    if (latency->kernel_s == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    return latency->n > 0 ? DVFO_OK
                          : dvfo_fail(ctx, DVFO_BAD_INPUT, "no latency of %s, %s, %s is among the measurements",
                                      latency->board->name, latency->runtime->name, latency->runtime->precision);
}

static double module_w(const struct latency *latency, const struct point *point, const struct dvfo_busy *busy,
                       double time_s)
{
    const struct dvfo_power power = dvfo_power_at(latency->board, &point->clocks);
    double u[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        u[d] = busy->s[d] / time_s;
    }
    return dvfo_power_module_w(&power, u);
}

static void tell(struct dvfo_fit *fit, const struct latency *latency)
{
    char name[DVFO_FIT_NAME_SIZE];
    for (size_t i = 0; i < latency->n; i++) {
        const struct point *point = &latency->points[i];
        struct dvfo_busy busy;
        const double time_s = model_s(latency, point, &busy);
        if (isnan(point->latency_s)) {
            snprintf(name, sizeof name, "%s memory traffic", point->network->name);
            dvfo_fit_tell(fit, name, busy.s[DVFO_MEM] / time_s, point->mem_busy, "");
        } else {
            snprintf(name, sizeof name, "%s latency", point->network->name);
            dvfo_fit_tell(fit, name, time_s, point->latency_s, "s");
        }
        if (!isnan(point->power_w) && !latency->has_rails) { /* the fit to the rails tells it */
            snprintf(name, sizeof name, "%s module power", point->network->name);
            dvfo_fit_tell(fit, name, module_w(latency, point, &busy, time_s), point->power_w, "W");
        }
    }
}

dvfo_status dvfo_fit_latency(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                             const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    struct latency latency = {.board = board, .runtime = runtime};
    struct dvfo_predict_networks networks = {0};
    *fit = (struct dvfo_fit){0};
    dvfo_status status = collect(ctx, &latency, data, &networks);
    if (status == DVFO_OK) {
        offer_runtime(fit, board, runtime);
        fit->noise = FORM_NOISE;
        fit->stratum = latency.stratum;
        status = dvfo_fit_solve(ctx, fit, latency.n, residuals, &latency);
        share_defaults(runtime);
    }
    if (status == DVFO_OK) {
        tell(fit, &latency);
    }
    fit->stratum = NULL;
    free(latency.kernel_s);
    free(latency.stratum);
    free(latency.points);
    dvfo_predict_networks_free(&networks);
    return status;
}
