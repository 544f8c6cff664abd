/* Power of a board: Eq. (2), pure functions of clocks and utilisation. */
#ifndef DVFO_POWER_H
#define DVFO_POWER_H

#include "profiles/board.h"
#include "profiles/cost.h"

/** Voltage of a domain at `f_hz` relative to its voltage at the top clock: a floor and a line. */
double dvfo_power_voltage(const struct dvfo_clock_domain *domain, double f_hz);

/* Power of all rails of a board at given clocks, reduced to what the simulator needs: what is drawn whatever happens,
 * and what each unit of busyness adds. Index rail_count is the rail "other". Energy over an interval is then
 * idle_w * dt + sum over domains of busy_w[d] * (integral of u_d dt). */
struct dvfo_power {
    size_t rail_count;                               /* with "other" */
    double idle_w[DVFO_MAX_RAILS + 1];               /* (rail) at u = 0 */
    double busy_w[DVFO_MAX_RAILS + 1][DVFO_DOMAINS]; /* (rail, domain) per unit of u */
};

/** Eq. (2) at `clocks`. */
struct dvfo_power dvfo_power_at(const struct dvfo_board *board, const struct dvfo_clocks *clocks);

/* What one domain at one clock brings to the above. A board has few of these and many combinations of them. */
struct dvfo_power_part {
    double idle_w[DVFO_MAX_RAILS];     /* (rail) without "other" */
    double busy_w[DVFO_MAX_RAILS + 1]; /* (rail) per unit of u, with "other" */
};

/** A domain's part of Eq. (2) at a clock. */
struct dvfo_power_part dvfo_power_part_at(const struct dvfo_board *board, dvfo_domain domain, double f_hz);

/** dvfo_power_at of clocks whose parts are at hand. */
void dvfo_power_join(const struct dvfo_board *board, const struct dvfo_power_part *const part[DVFO_DOMAINS],
                     struct dvfo_power *out);

/* What one domain draws, over all rails, conversion not included. */
struct dvfo_domain_power {
    double idle_w, busy_w; /* at u = 0, and per unit of u */
};

/** A domain's terms of Eq. (2) at a clock. */
struct dvfo_domain_power dvfo_power_of_domain(const struct dvfo_board *board, dvfo_domain domain, double f_hz);

/** Module power [W] at utilisations u: sum over all rails of dvfo_power_at, radio not included. */
double dvfo_power_module_w(const struct dvfo_power *power, const double u[DVFO_DOMAINS]);

/** Eq. (4): temperature [C] after `dt_s` at constant power `power_w`, exact for the first-order RC. */
double dvfo_power_temperature_c(const struct dvfo_thermal *thermal, double start_c, double power_w, double dt_s);

#endif
