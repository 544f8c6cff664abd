#include "bench/live/rig/account.h"

#include <math.h>

struct dvfo_rig_account dvfo_rig_account_begin(double now_s, size_t rail_count)
{
    struct dvfo_rig_account account = {
        .at_s = now_s, .counted_s = now_s, .energy = {.time_s = now_s, .rail_count = rail_count}, .module_w = NAN};
    for (size_t i = 0; i < DVFO_RAILS_MAX; i++) {
        account.rail_w[i] = NAN;
    }
    account.told = account.energy;
    return account;
}

/* What a held power adds; nothing while it isn't known. */
static double held_j(double power_w, double time_s)
{
    return isnan(power_w) ? 0.0 : power_w * fmin(fmax(time_s, 0.0), DVFO_RIG_HOLD_S);
}

/* The first reading opens no gap: before it there was nothing. */
static bool is_gap(const struct dvfo_rig_account *account, double now_s)
{
    return !isnan(account->module_w) && now_s - account->at_s > DVFO_RIG_HOLD_S;
}

static void close_reading(struct dvfo_rig_account *account, double now_s, double module_w)
{
    account->energy.lost += (is_gap(account, now_s) ? 1 : 0) + (isnan(module_w) ? 1 : 0);
    account->energy.measured = !isnan(module_w);
    account->energy.time_s = now_s;
    account->module_w = module_w;
    account->at_s = now_s;
}

void dvfo_rig_account_power(struct dvfo_rig_account *account, double now_s, double module_w, const double rail_w[])
{
    const double time_s = now_s - account->at_s;
    account->energy.module_j += held_j(account->module_w, time_s);
    for (size_t i = 0; i < account->energy.rail_count; i++) {
        account->energy.rail_j[i] += held_j(account->rail_w[i], time_s);
        account->rail_w[i] = rail_w[i];
    }
    close_reading(account, now_s, module_w);
}

/* A counter knows what was drawn during a gap: none is counted. */
void dvfo_rig_account_energy(struct dvfo_rig_account *account, double now_s, double module_j, const double rail_j[])
{
    const double time_s = now_s - account->counted_s;
    const bool told = !isnan(module_j);
    for (size_t i = 0; i < account->energy.rail_count; i++) {
        account->energy.rail_j[i] += told ? rail_j[i] : 0.0;
        account->rail_w[i] = !told ? (double)NAN : time_s > 0.0 ? rail_j[i] / time_s : 0.0;
    }
    account->energy.module_j += told ? module_j : 0.0;
    account->energy.lost += told ? 0 : 1;
    account->energy.measured = told;
    account->energy.time_s = now_s;
    account->module_w = !told ? (double)NAN : time_s > 0.0 ? module_j / time_s : 0.0;
    account->counted_s = told ? now_s : account->counted_s;
    account->at_s = now_s;
}

struct dvfo_rig_energy dvfo_rig_account_at(struct dvfo_rig_account *account, double now_s)
{
    const double time_s = now_s - account->at_s;
    struct dvfo_rig_energy energy = account->energy;
    energy.time_s = now_s;
    energy.module_j = fmax(energy.module_j + held_j(account->module_w, time_s), account->told.module_j);
    for (size_t i = 0; i < energy.rail_count; i++) {
        energy.rail_j[i] = fmax(energy.rail_j[i] + held_j(account->rail_w[i], time_s), account->told.rail_j[i]);
    }
    energy.measured = energy.measured && time_s <= DVFO_RIG_HOLD_S;
    account->told = energy;
    return energy;
}

bool dvfo_rig_energy_measured(const struct dvfo_rig_energy *from, const struct dvfo_rig_energy *until)
{
    return from->measured && until->measured && from->lost == until->lost;
}
