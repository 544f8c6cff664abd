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
};

struct latency {
    const struct dvfo_board *board;
    struct dvfo_runtime *runtime;
    size_t n;
    struct point *points;
};

/* Classes that the file gives through one `default` line move together. */
static void share_defaults(struct dvfo_quantity quantities[DVFO_OP_COUNT])
{
    for (int op = 1; op < DVFO_OP_COUNT; op++) {
        for (int first = 0; first < op; first++) {
            if (quantities[first].line == quantities[op].line && quantities[op].line != 0) {
                quantities[op].value = quantities[first].value;
                quantities[op].error = quantities[first].error;
                break;
            }
        }
    }
}

static double model_s(const struct latency *latency, const struct point *point, struct dvfo_busy *busy)
{
    return dvfo_cost_stretch_s(latency->board, latency->runtime, point->network, 0, (int)point->network->n - 1, true,
                               &point->clocks, busy);
}

static void residuals(void *user, double *out)
{
    struct latency *latency = user;
    share_defaults(latency->runtime->efficiency);
    share_defaults(latency->runtime->reread);
    for (size_t i = 0; i < latency->n; i++) {
        const struct point *point = &latency->points[i];
        struct dvfo_busy busy;
        const double time_s = model_s(latency, point, &busy);
        out[i] = isnan(point->latency_s) ? TRAFFIC_WEIGHT * log(busy.s[DVFO_MEM] / time_s / point->mem_busy)
                                         : log(time_s / point->latency_s);
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
    char name[DVFO_FIT_NAME_SIZE];
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        snprintf(name, sizeof name, "efficiency %s", class_name(runtime->efficiency, op));
        dvfo_fit_offer(fit, &runtime->efficiency[op], 0.01, 3.0, "of peak", name);
        snprintf(name, sizeof name, "reread %s", class_name(runtime->reread, op));
        dvfo_fit_offer(fit, &runtime->reread[op], 0.0, op == DVFO_OP_DENSE ? 1.0 : 0.1, "element/FLOP", name);
    }
    dvfo_fit_offer(fit, &runtime->byte_per_cycle, 0.05 * board->peak_byte_per_cycle.value,
                   board->peak_byte_per_cycle.value, "byte/cycle", "byte_per_cycle");
    dvfo_fit_offer(fit, &runtime->gpu_byte_per_cycle, 1.0, 512.0, "byte/GPU cycle", "gpu_byte_per_cycle");
    dvfo_fit_offer(fit, &runtime->exponent, 1.0, 12.0, "", "exponent");
    dvfo_fit_offer(fit, &runtime->launch_cycles, 0.0, 1e6, "cycle", "launch_cycles");
    dvfo_fit_offer(fit, &runtime->host_cycles, 0.0, 1e9, "cycle", "host_cycles");
    dvfo_fit_offer(fit, &runtime->fixed_s, 0.0, 0.1, "s", "fixed_s");
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

static dvfo_status collect(struct dvfo_ctx *ctx, struct latency *latency, const struct dvfo_board_data *data,
                           struct dvfo_fit_networks *networks)
{
    const struct dvfo_measurements *points = &data->points, *rails = &data->rails;
    latency->points = calloc(points->n + rails->n + 1, sizeof *latency->points);
    if (latency->points == NULL) {
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
        DVFO_TRY(dvfo_fit_network(ctx, networks, row, &point->network));
        point->clocks = dvfo_fit_clocks(latency->board, row);
        point->latency_s = of_rails ? NAN : row->latency_s;
        point->power_w = of_rails ? NAN : row->power_w;
        point->mem_busy = of_rails ? row->busy[DVFO_MEM] : NAN;
        latency->n++;
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
        if (!isnan(point->power_w)) {
            snprintf(name, sizeof name, "%s module power", point->network->name);
            dvfo_fit_tell(fit, name, module_w(latency, point, &busy, time_s), point->power_w, "W");
        }
    }
}

static dvfo_status fit_or_check(struct dvfo_ctx *ctx, const struct dvfo_board *board, struct dvfo_runtime *runtime,
                                const struct dvfo_board_data *data, bool move, struct dvfo_fit *fit)
{
    struct latency latency = {.board = board, .runtime = runtime};
    struct dvfo_fit_networks networks = {0};
    *fit = (struct dvfo_fit){0};
    dvfo_status status = collect(ctx, &latency, data, &networks);
    if (status == DVFO_OK && move) {
        offer_runtime(fit, board, runtime);
        status = dvfo_fit_solve(ctx, fit, latency.n, residuals, &latency);
        share_defaults(runtime->efficiency);
        share_defaults(runtime->reread);
    }
    if (status == DVFO_OK) {
        tell(fit, &latency);
    }
    free(latency.points);
    dvfo_fit_networks_free(&networks);
    return status;
}

dvfo_status dvfo_fit_latency(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                             const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    return fit_or_check(ctx, board, runtime, data, true, fit);
}

dvfo_status dvfo_fit_check_latency(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                                   const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    return fit_or_check(ctx, board, runtime, data, false, fit);
}
