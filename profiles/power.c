/* P power [W], f clock [Hz], v voltage relative to that at the top clock, u utilisation. */
#include "profiles/power.h"

#include <math.h>

double dvfo_power_voltage(const struct dvfo_clock_domain *domain, double f_hz)
{
    const double floor_v = domain->v_floor.value, knee_hz = domain->v_knee_hz.value;
    const double top_hz = domain->level_hz[domain->level_count - 1];
    if (f_hz <= knee_hz || top_hz <= knee_hz) {
        return floor_v;
    }
    return floor_v + (1.0 - floor_v) * (f_hz - knee_hz) / (top_hz - knee_hz);
}

struct dvfo_power_part dvfo_power_part_at(const struct dvfo_board *board, dvfo_domain domain, double f_hz)
{
    struct dvfo_power_part part = {0};
    const size_t other = board->rail_count;
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    const double v = dvfo_power_voltage(clock, f_hz);
    const double switching = f_hz / clock->level_hz[clock->level_count - 1] * v * v;
    for (size_t r = 0; r < other; r++) {
        const struct dvfo_rail *rail = &board->rail[r];
        part.idle_w[r] = rail->clock_w[domain].value * switching + rail->static_w[domain].value * v; /* Eq. (2) */
        part.busy_w[r] = rail->dynamic_w[domain].value * switching;                                  /* Eq. (2) */
        part.busy_w[other] += board->other_conversion.value * part.busy_w[r];
    }
    return part;
}

void dvfo_power_join(const struct dvfo_board *board, const struct dvfo_power_part *const part[DVFO_DOMAINS],
                     struct dvfo_power *out)
{
    const size_t other = board->rail_count;
    out->rail_count = other + 1;
    out->idle_w[other] = board->other_base_w.value;
    for (size_t r = 0; r < other; r++) {
        out->idle_w[r] = part[DVFO_CPU]->idle_w[r] + part[DVFO_GPU]->idle_w[r] + part[DVFO_MEM]->idle_w[r] +
                         board->rail[r].base_w.value;
        out->idle_w[other] += board->other_conversion.value * out->idle_w[r];
    }
    for (size_t r = 0; r <= other; r++) {
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            out->busy_w[r][d] = part[d]->busy_w[r];
        }
    }
}

struct dvfo_power dvfo_power_at(const struct dvfo_board *board, const struct dvfo_clocks *clocks)
{
    struct dvfo_power_part part[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        part[d] = dvfo_power_part_at(board, (dvfo_domain)d, clocks->hz[d]);
    }
    struct dvfo_power power = {0};
    dvfo_power_join(board, (const struct dvfo_power_part *const[]){&part[0], &part[1], &part[2]}, &power);
    return power;
}

struct dvfo_domain_power dvfo_power_of_domain(const struct dvfo_board *board, dvfo_domain domain, double f_hz)
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    const double v = dvfo_power_voltage(clock, f_hz);
    const double switching = f_hz / clock->level_hz[clock->level_count - 1] * v * v;
    struct dvfo_domain_power power = {0.0, 0.0};
    for (size_t r = 0; r < board->rail_count; r++) {
        const struct dvfo_rail *rail = &board->rail[r];
        power.idle_w += rail->clock_w[domain].value * switching + rail->static_w[domain].value * v; /* Eq. (2) */
        power.busy_w += rail->dynamic_w[domain].value * switching;                                  /* Eq. (2) */
    }
    return power;
}

double dvfo_power_module_w(const struct dvfo_power *power, const double u[DVFO_DOMAINS])
{
    double power_w = 0.0;
    for (size_t r = 0; r < power->rail_count; r++) {
        power_w += power->idle_w[r];
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            power_w += power->busy_w[r][d] * u[d];
        }
    }
    return power_w;
}

double dvfo_power_temperature_c(const struct dvfo_thermal *thermal, double start_c, double power_w, double dt_s)
{
    const double tau_s = thermal->resistance_k_per_w.value * thermal->capacity_j_per_k.value;
    const double end_c = thermal->ambient_c.value + thermal->resistance_k_per_w.value * power_w;
    return end_c + (start_c - end_c) * exp(-dt_s / tau_s); /* Eq. (4) */
}
