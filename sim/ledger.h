/* The energy ledger: where every joule went.
 *
 * Energy is the exact integral of piecewise-constant power (Eq. (3)): the simulator charges each interval between
 * events once, to one cause and one owner. Per rail and per cause are kept here, per request in the request; the gap is
 * what no request owns. Sum over requests + gap = sum over rails = sum over causes: dvfo_ledger_balance_error()
 * measures it. */
#ifndef DVFO_LEDGER_H
#define DVFO_LEDGER_H

#include "profiles/power.h"
#include "sim/sum.h"

/* X(enumerator, name in files and tables) */
#define DVFO_CAUSE_LIST(X)                                                                                             \
    X(COMPUTE, "compute")   /* the device works on a request */                                                        \
    X(WAIT, "wait")         /* a request waits for the link or the cloud */                                            \
    X(RADIO, "radio")       /* the radio's own rail */                                                                 \
    X(DECISION, "decision") /* a policy thinks and the device can do nothing else */                                   \
    X(CHANGE, "change")     /* work stands still while a clock changes */                                              \
    X(GAP, "gap")           /* no request in the system */

typedef enum dvfo_cause {
#define DVFO_CAUSE_ENUM(name, text) DVFO_CAUSE_##name,
    DVFO_CAUSE_LIST(DVFO_CAUSE_ENUM)
#undef DVFO_CAUSE_ENUM
        DVFO_CAUSE_COUNT
} dvfo_cause;

const char *dvfo_cause_name(dvfo_cause cause);

/* Where numbers of energy come from. X(enumerator, name in files and tables) */
#define DVFO_ENERGY_LIST(X)                                                                                            \
    X(SIMULATED, "simulated")         /* the world was simulated */                                                    \
    X(MODELLED, "modelled")           /* a live world's, from how long it worked and its board's profile */            \
    X(MEASURED, "measured")           /* by the board's sensors; the radio's share is modelled */                      \
    X(PART_MEASURED, "part measured") /* sensors were lost on the way */

typedef enum dvfo_energy_source {
#define DVFO_ENERGY_ENUM(name, text) DVFO_ENERGY_##name,
    DVFO_ENERGY_LIST(DVFO_ENERGY_ENUM)
#undef DVFO_ENERGY_ENUM
} dvfo_energy_source;

const char *dvfo_energy_source_name(dvfo_energy_source source);

enum { DVFO_LEDGER_RAILS = DVFO_MAX_RAILS + 2 }; /* the board's, "other", "radio" */

struct dvfo_ledger {
    size_t rails; /* used ones: the board's, then "other", then "radio" */
    struct dvfo_sum rail_j[DVFO_LEDGER_RAILS];
    struct dvfo_sum cause_j[DVFO_CAUSE_COUNT];
    struct dvfo_sum request_j, gap_j; /* by owner */
};

void dvfo_ledger_init(struct dvfo_ledger *ledger, size_t board_rails_with_other);

/* By cause and owner, and the radio's rail. */
static inline void dvfo_ledger_book(struct dvfo_ledger *ledger, double device_j, double radio_j, dvfo_cause cause,
                                    bool owned)
{
    if (radio_j > 0.0) {
        dvfo_sum_add(&ledger->rail_j[ledger->rails - 1], radio_j);
        dvfo_sum_add(&ledger->cause_j[DVFO_CAUSE_RADIO], radio_j);
    }
    dvfo_sum_add(&ledger->cause_j[cause], device_j);
    dvfo_sum_add(owned ? &ledger->request_j : &ledger->gap_j, device_j + radio_j);
}

/** Charge an interval: device rails to `cause`, the radio to RADIO, all of it to one owner.
 *  @param ledger   NULL: nobody will ask where it went
 *  @param busy     integrals of u over the interval [s]
 *  @param radio_w  power of the radio, constant over the interval
 *  @param owned    true: a request owns it, false: the gap
 *  @return         energy of the interval [J] */
static inline double dvfo_ledger_charge(struct dvfo_ledger *ledger, const struct dvfo_power *power, double dt_s,
                                        const struct dvfo_busy *busy, double radio_w, dvfo_cause cause, bool owned)
{
    double device_j = 0.0;
    for (size_t r = 0; r < power->rail_count; r++) {
        double rail_j = power->idle_w[r] * dt_s;
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            rail_j += power->busy_w[r][d] * busy->s[d]; /* Eq. (2), integrated: Eq. (3) */
        }
        if (ledger != NULL) {
            dvfo_sum_add(&ledger->rail_j[r], rail_j);
        }
        device_j += rail_j;
    }
    const double radio_j = radio_w * dt_s;
    if (ledger != NULL) {
        dvfo_ledger_book(ledger, device_j, radio_j, cause, owned);
    }
    return device_j + radio_j;
}

double dvfo_ledger_total_j(const struct dvfo_ledger *ledger); /* by rails */

/** Largest relative disagreement between the sums over rails, causes and owners. */
double dvfo_ledger_balance_error(const struct dvfo_ledger *ledger);

#endif
