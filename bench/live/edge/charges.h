/* The account of a live run: where its energy went, Eq. (3), kept in the simulator's ledger.
 *
 * Time goes on by itself here, so an interval is charged when it is over: to what the device did meanwhile. The
 * device's energy is what the board's sensors counted; where nothing was measured it is modelled from the board's
 * profile: its power at the clocks in force, as busy as the profile says of that kind of work. The radio is a rail of
 * its own and always modelled, as in a simulation. */
#ifndef DVFO_CHARGES_H
#define DVFO_CHARGES_H

#include "bench/live/rig/rig.h"
#include "sim/device.h"
#include "sim/request.h"

struct dvfo_charges {
    struct dvfo_scenario *scenario; /* borrowed */
    struct dvfo_rig *rig;           /* borrowed */
    struct dvfo_device device;      /* clocks in force, and their means */
    struct dvfo_ledger ledger;
    struct dvfo_rig_energy counted; /* when the last charge was made */
    double begun_s, charged_s;      /* on the monotonic clock */
    double busy_s[DVFO_DOMAINS];    /* counters of what the profile says of the work that was done */
    double thought_s;               /* for which a core has thought since then, beside the device's work */
    long measured, modelled;        /* intervals */
};

/** From now on, at the clocks in force. */
void dvfo_charges_begin(struct dvfo_charges *charges, struct dvfo_scenario *scenario, struct dvfo_rig *rig);

/** The time since the last charge went to this.
 *  @param work     what the device did meanwhile: as busy as this says per second of it; NULL: nothing
 *  @param request  whose it was; NULL: nobody's, a gap. Its energy grows; it is no longer `measured` when this wasn't
 *  @return         now [s since the beginning] */
double dvfo_charges_charge(struct dvfo_charges *charges, const struct dvfo_work *work, dvfo_cause cause,
                           struct dvfo_request *request);

/** What the radio drew for a request: sending, then listening for the answer. */
void dvfo_charges_charge_radio(struct dvfo_charges *charges, double send_s, double wait_s,
                               struct dvfo_request *request);

/** Seconds since the beginning. */
double dvfo_charges_now_s(const struct dvfo_charges *charges);

dvfo_energy_source dvfo_charges_source(const struct dvfo_charges *charges);

#endif
