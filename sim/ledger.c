#include "sim/ledger.h"

const char *dvfo_cause_name(dvfo_cause cause)
{
    static const char *const names[] = {
#define DVFO_CAUSE_NAME(name, text) text,
        DVFO_CAUSE_LIST(DVFO_CAUSE_NAME)
#undef DVFO_CAUSE_NAME
    };
    return names[cause];
}

const char *dvfo_energy_source_name(dvfo_energy_source source)
{
    static const char *const names[] = {
#define DVFO_ENERGY_NAME(name, text) text,
        DVFO_ENERGY_LIST(DVFO_ENERGY_NAME)
#undef DVFO_ENERGY_NAME
    };
    return names[source];
}

void dvfo_ledger_init(struct dvfo_ledger *ledger, size_t board_rails_with_other)
{
    *ledger = (struct dvfo_ledger){.rails = board_rails_with_other + 1};
}

double dvfo_ledger_total_j(const struct dvfo_ledger *ledger)
{
    struct dvfo_sum total = {0};
    for (size_t r = 0; r < ledger->rails; r++) {
        dvfo_sum_add(&total, dvfo_sum_value(&ledger->rail_j[r]));
    }
    return dvfo_sum_value(&total);
}

double dvfo_ledger_balance_error(const struct dvfo_ledger *ledger)
{
    const double rails_j = dvfo_ledger_total_j(ledger);
    double causes_j = 0.0;
    for (int c = 0; c < DVFO_CAUSE_COUNT; c++) {
        causes_j += dvfo_sum_value(&ledger->cause_j[c]);
    }
    const double owners_j = dvfo_sum_value(&ledger->request_j) + dvfo_sum_value(&ledger->gap_j);
    const double scale_j = fmax(fabs(rails_j), 1e-300);
    return fmax(fabs(rails_j - causes_j), fabs(rails_j - owners_j)) / scale_j;
}
