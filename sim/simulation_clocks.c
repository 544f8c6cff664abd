/* Clocks of a simulation: changes that take time, Eq. (5), and the heat that caps them, Eq. (4). */
#include "sim/simulation_state.h"

#define THERMAL_POLL_S 1.0 /* the kernel's step-wise governor looks once per second (L4T device trees: 1000 ms) */

static void take_clock(struct dvfo_simulation *sim, int domain, int level)
{
    dvfo_narrator_clock(&sim->narrator, (dvfo_domain)domain, sim->device.level[domain], dvfo_simulation_now_s(sim));
    dvfo_device_set_clock(&sim->device, (dvfo_domain)domain, level, dvfo_simulation_now_s(sim));
}

static void change_if_wanted(struct dvfo_simulation *sim, int domain);

static void on_clock_change(void *subject, uint64_t argument)
{
    struct dvfo_simulation *sim = subject;
    const int domain = (int)argument;
    dvfo_simulation_charge(sim);
    sim->change_event[domain] = 0;
    take_clock(sim, domain, sim->changing_to[domain]);
    dvfo_simulation_reschedule_job(sim);
    change_if_wanted(sim, domain);
}

/* The level that a wish comes down to under the thermal cap; memory isn't capped. */
static int capped(const struct dvfo_simulation *sim, int domain, int level)
{
    const int top = (int)sim->def->board->clock[domain].level_count - 1;
    const int cap = domain == DVFO_MEM || sim->thermal_cap == 0 ? top : top - sim->thermal_cap;
    return level <= cap ? level : (cap > 0 ? cap : 0);
}

/* Begin a change unless one is under way: that one lands first, at its own time, and the wish of then comes next. */
static void change_if_wanted(struct dvfo_simulation *sim, int domain)
{
    const int wanted = capped(sim, domain, sim->asked[domain]);
    if (sim->change_event[domain] == 0 && wanted != sim->device.level[domain]) {
        sim->changing_to[domain] = wanted;
        sim->change_event[domain] = dvfo_simulation_schedule(sim, sim->def->board->clock[domain].change_s.value,
                                                             PRIORITY_CHANGE, on_clock_change, (uint64_t)domain);
    }
}

void dvfo_simulation_ask_for_clocks(struct dvfo_simulation *sim, const int level[DVFO_DOMAINS])
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_REQUIRE(level[d] >= 0 && (size_t)level[d] < sim->def->board->clock[d].level_count);
        sim->asked[d] = level[d];
        change_if_wanted(sim, d);
    }
}

/* Trip point with step-wise cooling: one level less per look while too hot, one back when cooler. */
static void on_thermal_poll(void *subject, uint64_t argument)
{
    (void)argument;
    struct dvfo_simulation *sim = subject;
    dvfo_simulation_charge(sim);
    const double trip_c = sim->def->board->thermal.trip_c.value;
    const int deepest = (int)sim->def->board->clock[DVFO_GPU].level_count - 1;
    if (sim->temperature_c >= trip_c && sim->thermal_cap < deepest) {
        sim->thermal_cap++;
    } else if (sim->temperature_c < trip_c && sim->thermal_cap > 0) {
        sim->thermal_cap--;
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        change_if_wanted(sim, d);
    }
    if (!sim->done) {
        dvfo_simulation_schedule(sim, THERMAL_POLL_S, PRIORITY_CHANGE, on_thermal_poll, 0);
    }
}

void dvfo_simulation_settle_clocks(struct dvfo_simulation *sim, const int level[DVFO_DOMAINS])
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        sim->asked[d] = level[d];
        dvfo_device_set_clock(&sim->device, (dvfo_domain)d, level[d], dvfo_simulation_now_s(sim));
    }
}

void dvfo_simulation_watch_heat(struct dvfo_simulation *sim)
{
    dvfo_simulation_schedule(sim, THERMAL_POLL_S, PRIORITY_CHANGE, on_thermal_poll, 0);
}
