#include "profiles/hardware/emc.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

#define BPMP "/sys/kernel/debug/bpmp/debug/"

const struct dvfo_emc_form dvfo_emc_bpmp = {
    .name = "bpmp",
    .marker = BPMP "clk/emc/mrq_rate_locked",
    .measured = {BPMP "clk/emc/rate", "/sys/kernel/debug/clk/emc/clk_rate"},
    .table = BPMP "emc/possible_rates",
    .lowest = BPMP "clk/emc/min_rate",
    .highest = BPMP "clk/emc/max_rate",
    .cap = "/sys/kernel/nvpmodel_emc_cap/emc_iso_cap",
    .step = {{BPMP "clk/emc/mrq_rate_locked", NULL, "1"},
             {BPMP "clk/emc/rate", NULL, NULL},
             {BPMP "clk/emc/state", NULL, "1"}},
};

const struct dvfo_emc_form dvfo_emc_override = {
    .name = "override",
    .marker = "/sys/kernel/debug/clk/override.emc/clk_state",
    .measured = {"/sys/kernel/debug/clk/emc/clk_rate", "/sys/kernel/debug/clk/override.emc/clk_rate"},
    .table = "/sys/kernel/debug/clk/emc/clk_possible_rates",
    .lowest = "/sys/kernel/debug/tegra_bwmgr/emc_min_rate",
    .highest = "/sys/kernel/debug/tegra_bwmgr/emc_max_rate",
    .step = {{"/sys/kernel/debug/clk/override.emc/clk_update_rate", "/sys/kernel/debug/clk/override.emc/clk_rate",
              NULL},
             {"/sys/kernel/debug/clk/override.emc/clk_state", NULL, "1"}},
};

const struct dvfo_emc_form dvfo_emc_clock = {
    .name = "clock",
    .marker = "/sys/kernel/debug/clock/override.emc/state",
    .measured = {"/sys/kernel/debug/clock/emc/rate", "/sys/kernel/debug/clock/override.emc/rate"},
    .table = "/sys/kernel/debug/clock/emc/possible_rates",
    .lowest = "/sys/kernel/debug/clock/emc/min",
    .highest = "/sys/kernel/debug/clock/emc/max",
    .step = {{"/sys/kernel/debug/clock/override.emc/rate", NULL, NULL},
             {"/sys/kernel/debug/clock/override.emc/state", NULL, "1"}},
};

dvfo_status dvfo_emc_measure(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form,
                             double *hz)
{
    dvfo_status status = DVFO_FAILED;
    for (size_t i = 0; status != DVFO_OK && form->measured[i] != NULL; i++) {
        long long value = 0;
        status = dvfo_sysfs_read_integer(ctx, sysfs, form->measured[i], &value);
        *hz = (double)value;
    }
    return status;
}

/* Kernels differ in the unit of this list. No memory of these boards runs below 10 MHz or above 10 GHz, so that a list
 * in kHz can't be taken for one in Hz. */
dvfo_status dvfo_emc_table(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form,
                           double level_hz[DVFO_MAX_LEVELS], size_t *level_count)
{
    const dvfo_status in_khz = dvfo_scaler_table(NULL, sysfs, form->table, DVFO_HZ_PER_KHZ, level_hz, level_count);
    return in_khz == DVFO_OK ? DVFO_OK : dvfo_scaler_table(ctx, sysfs, form->table, 1.0, level_hz, level_count);
}

static double read_or(const struct dvfo_sysfs *sysfs, const char *path, double otherwise)
{
    long long value = 0;
    const bool told = path != NULL && dvfo_sysfs_read_integer(NULL, sysfs, path, &value) == DVFO_OK && value > 0;
    return told ? (double)value : otherwise;
}

void dvfo_emc_range(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form, double *lowest_hz,
                    double *highest_hz)
{
    *lowest_hz = read_or(sysfs, form->lowest, 0.0);
    *highest_hz = read_or(sysfs, form->highest, INFINITY);
}

double dvfo_emc_cap_hz(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form)
{
    return read_or(sysfs, form->cap, INFINITY);
}

const char *dvfo_emc_step(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form, size_t step)
{
    if (step == DVFO_EMC_MAX_STEPS || form->step[step].path == NULL) {
        return NULL;
    }
    const bool other = form->step[step].otherwise != NULL && !dvfo_sysfs_exists(sysfs, form->step[step].path);
    return other ? form->step[step].otherwise : form->step[step].path;
}

static bool reads(const struct dvfo_sysfs *sysfs, const char *path, const char *wanted)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    return dvfo_sysfs_read(NULL, sysfs, path, text) == DVFO_OK && strcmp(text, wanted) == 0;
}

void dvfo_emc_plan(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form, double hz, struct dvfo_plan *plan)
{
    const char *path = NULL;
    for (size_t i = 0; (path = dvfo_emc_step(sysfs, form, i)) != NULL; i++) {
        const char *text = form->step[i].text;
        if (text == NULL) {
            dvfo_plan_add_integer(plan, path, llround(hz));
        } else if (!reads(sysfs, path, text)) {
            dvfo_plan_add(plan, path, text);
        }
    }
}
