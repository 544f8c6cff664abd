/* Eq. (2) to rail and module power: residual (model - measured) / sigma, sigma as the sensor's (INA3221). */
#include "profiles/calibrate/fit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/power.h"

/* The sensor is good to some per cent, and reads in steps that matter on a rail that rests. */
#define SENSOR_SHARE 0.03
#define SENSOR_W 0.03

/* A state without a number of samples is a single line of a log, with whatever else the board did in that second. */
#define SINGLE_READING 4.0

struct state {
    size_t rail; /* index of the board's rail; rail_count + 1: whole module */
    struct dvfo_clocks clocks;
    double u[DVFO_DOMAINS]; /* of Eq. (2), activity factors included */
    double power_w, sigma_w;
    const char *label; /* of its residuals, borrowed from the row */
    bool running;      /* a network runs */
    int line;          /* order among the rows */
};

struct power_fit {
    struct dvfo_board *board;
    struct dvfo_runtime *runtime;
    size_t n;
    struct state *states;
    size_t *stratum; /* (n) rails: what the bootstrap draws within */
};

static double model_w(const struct power_fit *power_fit, const struct state *state)
{
    return dvfo_predict_rail_w(power_fit->board, state->rail, &state->clocks, state->u);
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

static int by_rail(const void *a, const void *b)
{
    const struct state *first = a, *second = b;
    const int rails = (first->rail > second->rail) - (first->rail < second->rail);
    return rails != 0 ? rails : first->line - second->line;
}

static dvfo_status collect(struct dvfo_ctx *ctx, struct power_fit *power_fit, const struct dvfo_board_data *data,
                           struct dvfo_predict_networks *networks)
{
    power_fit->states = calloc(data->rails.n + 1, sizeof *power_fit->states);
    power_fit->stratum = calloc(data->rails.n + 1, sizeof *power_fit->stratum);
    if (power_fit->states == NULL || power_fit->stratum == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < data->rails.n; i++) {
        const struct dvfo_measurement *row = &data->rails.row[i];
        const size_t rail = dvfo_predict_rail(power_fit->board, row->rail);
        if (rail == SIZE_MAX || !belongs(power_fit, row)) {
            continue;
        }
        struct state *state = &power_fit->states[power_fit->n];
        state->rail = rail;
        state->clocks = dvfo_predict_clocks(power_fit->board, row);
        state->power_w = row->power_w;
        state->sigma_w = sigma_of(row);
        state->label = row->rail;
        struct dvfo_prediction prediction;
        DVFO_TRY(dvfo_predict(ctx, power_fit->board, power_fit->runtime, networks, row, &prediction));
        memcpy(state->u, prediction.utilisation, sizeof state->u);
        state->running = state->u[DVFO_GPU] > 0.0;
        state->line = (int)i;
        power_fit->n++;
    }
    qsort(power_fit->states, power_fit->n, sizeof *power_fit->states, by_rail);
    for (size_t i = 0; i < power_fit->n; i++) {
        power_fit->stratum[i] = power_fit->states[i].rail;
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

dvfo_status dvfo_fit_power(struct dvfo_ctx *ctx, struct dvfo_board *board, struct dvfo_runtime *runtime,
                           const struct dvfo_board_data *data, struct dvfo_fit *fit)
{
    struct power_fit power_fit = {.board = board, .runtime = runtime};
    struct dvfo_predict_networks networks = {0};
    *fit = (struct dvfo_fit){0};
    dvfo_status status = collect(ctx, &power_fit, data, &networks);
    if (status == DVFO_OK) {
        offer_board(fit, board);
        fit->stratum = power_fit.stratum;
        status = dvfo_fit_solve(ctx, fit, power_fit.n, residuals, &power_fit);
    }
    if (status == DVFO_OK) {
        tell(fit, &power_fit);
    }
    fit->stratum = NULL;
    free(power_fit.stratum);
    free(power_fit.states);
    dvfo_predict_networks_free(&networks);
    return status;
}
