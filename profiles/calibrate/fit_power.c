/* Eq. (2) to rail and module power: residual (model - measured) / sigma, sigma as the sensor's (INA3221). */
#include "profiles/calibrate/fit.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "profiles/power.h"

/* The sensor is good to some per cent, and reads in steps that matter on a rail that rests. */
#define SENSOR_SHARE 0.03
#define SENSOR_W 0.03

/* A state without a number of samples is a single line of a log, with whatever else the board did in that second. */
#define SINGLE_READING 4.0

/* Rails that are the whole module. */
static const char *const module_rails[] = {"VDD_IN", "POM_5V_IN"};

struct state {
    size_t rail; /* index of the board's rail; rail_count + 1: whole module */
    struct dvfo_clocks clocks;
    double u[DVFO_DOMAINS]; /* of Eq. (2), activity factors included */
    double power_w, sigma_w;
    const char *label; /* of its residuals, borrowed from the row */
    bool running;      /* a network runs */
};

struct power_fit {
    struct dvfo_board *board;
    struct dvfo_runtime *runtime;
    size_t n;
    struct state *states;
};

static double model_w(const struct power_fit *power_fit, const struct state *state)
{
    const struct dvfo_power power = dvfo_power_at(power_fit->board, &state->clocks);
    if (state->rail >= power.rail_count) {
        return dvfo_power_module_w(&power, state->u);
    }
    double power_w = power.idle_w[state->rail];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        power_w += power.busy_w[state->rail][d] * state->u[d];
    }
    return power_w;
}

static void residuals(void *user, double *out)
{
    const struct power_fit *power_fit = user;
    for (size_t i = 0; i < power_fit->n; i++) {
        const struct state *state = &power_fit->states[i];
        out[i] = (model_w(power_fit, state) - state->power_w) / state->sigma_w;
    }
}

static void offer_rail(struct dvfo_fit *fit, struct dvfo_rail *rail)
{
    char name[DVFO_FIT_NAME_SIZE];
    snprintf(name, sizeof name, "%.24s base_w", rail->name);
    dvfo_fit_offer(fit, &rail->base_w, 0.0, 5.0, "W", name);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct {
            struct dvfo_quantity *quantity;
            const char *name;
            double high;
        } terms[] = {{&rail->dynamic_w[d], "dynamic_w", 40.0},
                     {&rail->clock_w[d], "clock_w", 5.0},
                     {&rail->static_w[d], "static_w", 5.0}};
        for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
            snprintf(name, sizeof name, "%.24s %s %s", rail->name, dvfo_domain_name((dvfo_domain)d), terms[i].name);
            dvfo_fit_offer(fit, terms[i].quantity, 0.0, terms[i].high, "W", name);
        }
    }
}

static void offer_board(struct dvfo_fit *fit, struct dvfo_board *board)
{
    char name[DVFO_FIT_NAME_SIZE];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        struct dvfo_clock_domain *domain = &board->clock[d];
        snprintf(name, sizeof name, "%s v_floor", dvfo_domain_name((dvfo_domain)d));
        dvfo_fit_offer(fit, &domain->v_floor, 0.4, 1.0, "of top voltage", name);
        snprintf(name, sizeof name, "%s v_knee_hz", dvfo_domain_name((dvfo_domain)d));
        dvfo_fit_offer(fit, &domain->v_knee_hz, domain->level_hz[0], 0.95 * domain->level_hz[domain->level_count - 1],
                       "Hz", name);
    }
    for (size_t r = 0; r < board->rail_count; r++) {
        offer_rail(fit, &board->rail[r]);
    }
    dvfo_fit_offer(fit, &board->other_base_w, 0.0, 5.0, "W", "other base_w");
    dvfo_fit_offer(fit, &board->other_conversion, 0.0, 0.5, "", "other conversion");
}

/* Rail of a row: an index of the board, rail_count + 1 for the whole module, SIZE_MAX for one the board doesn't have.
 */
static size_t rail_of(const struct dvfo_board *board, const char *name)
{
    for (size_t i = 0; i < sizeof module_rails / sizeof module_rails[0]; i++) {
        if (strcmp(name, module_rails[i]) == 0) {
            return board->rail_count + 1;
        }
    }
    for (size_t r = 0; r < board->rail_count; r++) {
        if (strcmp(name, board->rail[r].name) == 0) {
            return r;
        }
    }
    return SIZE_MAX;
}

/* Where a network is named, Eq. (1) tells what it does to the domains, so that power is fitted as it will be used. */
static dvfo_status utilise(struct dvfo_ctx *ctx, const struct power_fit *power_fit, const struct dvfo_measurement *row,
                           struct dvfo_fit_networks *networks, struct state *state)
{
    if (row->network[0] == '\0') {
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            state->u[d] = isnan(row->busy[d]) ? 0.0 : row->busy[d];
        }
        return DVFO_OK;
    }
    const struct dvfo_network *network = NULL;
    struct dvfo_busy busy;
    DVFO_TRY(dvfo_fit_network(ctx, networks, row, &network));
    const double time_s = dvfo_cost_stretch_s(power_fit->board, power_fit->runtime, network, 0, (int)network->n - 1,
                                              true, &state->clocks, &busy);
    const double period_s = row->period_s > time_s ? row->period_s : time_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        state->u[d] = busy.s[d] / period_s;
    }
    return DVFO_OK;
}

static bool belongs(const struct power_fit *power_fit, const struct dvfo_measurement *row)
{
    const struct dvfo_runtime *runtime = power_fit->runtime;
    return strcmp(row->board, power_fit->board->name) == 0 && !isnan(row->power_w) &&
           (row->network[0] == '\0' ||
            (strcmp(row->runtime, runtime->name) == 0 && strcmp(row->precision, runtime->precision) == 0));
}

/* Sweeps come without samples but with a network: means over a whole run. */
static double sigma_of(const struct dvfo_measurement *row)
{
    const bool single = isnan(row->samples) && row->network[0] == '\0';
    return hypot(SENSOR_SHARE * row->power_w, SENSOR_W) * (single ? SINGLE_READING : 1.0);
}

static dvfo_status collect(struct dvfo_ctx *ctx, struct power_fit *power_fit, const struct dvfo_board_data *data,
                           struct dvfo_fit_networks *networks)
{
    power_fit->states = calloc(data->rails.n + 1, sizeof *power_fit->states);
    if (power_fit->states == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < data->rails.n; i++) {
        const struct dvfo_measurement *row = &data->rails.row[i];
        const size_t rail = rail_of(power_fit->board, row->rail);
        if (rail == SIZE_MAX || !belongs(power_fit, row)) {
            continue;
        }
        struct state *state = &power_fit->states[power_fit->n];
        state->rail = rail;
        state->clocks = dvfo_fit_clocks(power_fit->board, row);
        state->power_w = row->power_w;
        state->sigma_w = sigma_of(row);
        state->label = row->rail;
        DVFO_TRY(utilise(ctx, power_fit, row, networks, state));
        state->running = state->u[DVFO_GPU] > 0.0;
        power_fit->n++;
    }
    return power_fit->n > 0 ? DVFO_OK
                            : dvfo_fail(ctx, DVFO_BAD_INPUT, "no rail power of %s is among the measurements",
                                        power_fit->board->name);
}

static void tell(struct dvfo_fit *fit, const struct power_fit *power_fit)
{
    char name[DVFO_FIT_NAME_SIZE];
    for (size_t i = 0; i < power_fit->n; i++) {
        const struct state *state = &power_fit->states[i];
        snprintf(name, sizeof name, "%s %s", state->label, state->running ? "busy" : "idle");
        dvfo_fit_tell(fit, name, model_w(power_fit, state), state->power_w, "W");
    }
}

static dvfo_status fit_or_check(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                                const struct dvfo_board_data *data, bool move, struct dvfo_fit *fit)
{
    struct power_fit power_fit = {.board = board, .runtime = runtime};
    struct dvfo_fit_networks networks = {0};
    *fit = (struct dvfo_fit){0};
    dvfo_status status = collect(ctx, &power_fit, data, &networks);
    if (status == DVFO_OK && move) {
        offer_board(fit, board);
        status = dvfo_fit_solve(ctx, fit, power_fit.n, residuals, &power_fit);
    }
    if (status == DVFO_OK) {
        tell(fit, &power_fit);
    }
    free(power_fit.states);
    dvfo_fit_networks_free(&networks);
    return status;
}

dvfo_status dvfo_fit_power(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                           const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    return fit_or_check(ctx, board, runtime, data, true, fit);
}

dvfo_status dvfo_fit_check_power(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                                 const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    return fit_or_check(ctx, board, runtime, data, false, fit);
}
