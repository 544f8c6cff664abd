#include "bench/live/edge/charges.h"

#include <string.h>

#include "bench/live/clock.h"

double dvfo_charges_now_s(const struct dvfo_charges *charges)
{
    return dvfo_live_now_s() - charges->begun_s;
}

static void take_clocks(struct dvfo_charges *charges)
{
    struct dvfo_rig_look look;
    dvfo_rig_look(charges->rig, &look);
    memcpy(charges->device.level, look.level, sizeof look.level);
    charges->device.clocks = dvfo_scenario_clocks(charges->scenario, look.level);
    dvfo_scenario_power_at(charges->scenario, look.level, &charges->device.power);
}

void dvfo_charges_begin(struct dvfo_charges *charges, struct dvfo_scenario *scenario, struct dvfo_rig *rig)
{
    *charges = (struct dvfo_charges){.scenario = scenario, .rig = rig, .begun_s = dvfo_live_now_s()};
    charges->device.scenario = scenario;
    take_clocks(charges);
    dvfo_ledger_init(&charges->ledger, charges->device.power.rail_count);
    dvfo_rig_energy(rig, charges->begun_s, &charges->counted);
}

/* As busy as that kind of work is, for as long as this one took. */
static struct dvfo_busy busy_of(const struct dvfo_work *work, double dt_s, double thought_s)
{
    struct dvfo_busy busy = {{0.0, 0.0, 0.0}};
    for (int d = 0; d < DVFO_DOMAINS && work != NULL && work->time_s > 0.0; d++) {
        busy.s[d] = work->busy.s[d] * dt_s / work->time_s;
    }
    busy.s[DVFO_CPU] += thought_s;
    return busy;
}

/* Which of the profile's rails has that name; the profile's count when none has. */
static size_t rail_named(const struct dvfo_board *board, const char *name)
{
    size_t rail = 0;
    while (rail < board->rail_count && strcmp(board->rail[rail].name, name) != 0) {
        rail++;
    }
    return rail;
}

/* What the sensors counted goes to the rails of the profile that have their names, the rest to "other".
 * @return joules of the device */
static double book_measured(struct dvfo_charges *charges, const struct dvfo_rig_energy *now, dvfo_cause cause,
                            bool owned)
{
    const struct dvfo_board *board = dvfo_scenario_def_of(charges->scenario)->board;
    const double module_j = now->module_j - charges->counted.module_j;
    double rest_j = module_j;
    for (size_t r = 0; r < now->rail_count; r++) {
        const size_t rail = rail_named(board, dvfo_rig_rail_name(charges->rig, r));
        if (rail < board->rail_count) {
            const double rail_j = now->rail_j[r] - charges->counted.rail_j[r];
            dvfo_sum_add(&charges->ledger.rail_j[rail], rail_j);
            rest_j -= rail_j;
        }
    }
    dvfo_sum_add(&charges->ledger.rail_j[board->rail_count], rest_j);
    dvfo_ledger_book(&charges->ledger, module_j, 0.0, cause, owned);
    return module_j;
}

double dvfo_charges_charge(struct dvfo_charges *charges, const struct dvfo_work *work, dvfo_cause cause,
                           struct dvfo_request *request)
{
    struct dvfo_rig_energy counted;
    const double now_s = dvfo_charges_now_s(charges), dt_s = now_s - charges->charged_s;
    dvfo_rig_energy(charges->rig, charges->begun_s + now_s, &counted);
    const bool measured = dvfo_rig_energy_measured(&charges->counted, &counted);
    double energy_j;
    dvfo_device_count(&charges->device, dt_s);
    if (measured) {
        energy_j = book_measured(charges, &counted, cause, request != NULL);
    } else {
        const struct dvfo_busy busy = busy_of(work, dt_s, charges->thought_s);
        energy_j =
            dvfo_ledger_charge(&charges->ledger, &charges->device.power, dt_s, &busy, 0.0, cause, request != NULL);
    }
    if (request != NULL) {
        request->energy_j += energy_j;
        request->measured = request->measured && measured;
    }
    charges->measured += measured;
    charges->modelled += !measured;
    charges->counted = counted;
    charges->charged_s = now_s;
    charges->thought_s = 0.0;
    return now_s;
}

void dvfo_charges_charge_radio(struct dvfo_charges *charges, double send_s, double wait_s, struct dvfo_request *request)
{
    const struct dvfo_radio *radio = &dvfo_scenario_def_of(charges->scenario)->board->radio;
    const double radio_j = radio->send_w.value * send_s + radio->wait_w.value * wait_s;
    dvfo_ledger_book(&charges->ledger, 0.0, radio_j, DVFO_CAUSE_WAIT, true);
    request->energy_j += radio_j;
}

dvfo_energy_source dvfo_charges_source(const struct dvfo_charges *charges)
{
    return charges->measured == 0   ? DVFO_ENERGY_MODELLED
           : charges->modelled == 0 ? DVFO_ENERGY_MEASURED
                                    : DVFO_ENERGY_PART_MEASURED;
}
