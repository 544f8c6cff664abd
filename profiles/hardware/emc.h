/* The memory clock (EMC), which has no framework of its own: debugfs, in a form per chip and kernel.
 *
 *   bpmp      TX2, Xavier NX: the power processor owns the clock. 1 > mrq_rate_locked keeps the kernel's own requests
 *             off, f > rate sets it, 1 > state keeps it on. The lock comes first, or a request in between would win.
 *   override  Nano, kernel 4.9: f > override.emc/clk_update_rate (clk_rate in some releases), 1 > clk_state. The clock
 *             comes first: a state of 1 puts into force whatever clock was left there.
 *   clock     Tegra X1 before kernel 4.9: the same as override.emc/{rate,state}.
 * Given back in the opposite order: with the lock or the state the kernel's own requests are in force again.
 *
 * Files and orders as in the maker's jetson_clocks and in the scripts behind the public TX1, TX2 and Nano sweeps. */
#ifndef DVFO_EMC_H
#define DVFO_EMC_H

#include "profiles/hardware/scaler.h"

enum { DVFO_EMC_MAX_STEPS = 3 };

struct dvfo_emc_form {
    const char *name;
    const char *marker;           /* there: the kernel has this form */
    const char *measured[3];      /* NULL-terminated, the first that can be read counts */
    const char *table;            /* in kHz or Hz; missing in many kernels, then the board's file has it */
    const char *lowest, *highest; /* NULL or missing: not told */
    const char *cap;              /* of the power mode, 0 for none; NULL: this form has none */
    struct {
        const char *path;
        const char *otherwise; /* where `path` is missing; NULL for none */
        const char *text;      /* NULL: the clock in Hz */
    } step[DVFO_EMC_MAX_STEPS];
};

extern const struct dvfo_emc_form dvfo_emc_bpmp, dvfo_emc_override, dvfo_emc_clock;

/** The clock that the memory runs at. */
dvfo_status dvfo_emc_measure(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form,
                             double *hz);

/** The kernel's own table; DVFO_FAILED where it has none. */
dvfo_status dvfo_emc_table(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form,
                           double level_hz[DVFO_MAX_LEVELS], size_t *level_count);

/** Range of the hardware [Hz]; 0 and infinity where the kernel doesn't tell. */
void dvfo_emc_range(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form, double *lowest_hz,
                    double *highest_hz);

/** What the power mode in force allows [Hz]; infinity without a cap. */
double dvfo_emc_cap_hz(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form);

/** File of a step as this kernel has it; NULL after the last step. */
const char *dvfo_emc_step(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form, size_t step);

/** Add what holds the clock at `hz`. */
void dvfo_emc_plan(const struct dvfo_sysfs *sysfs, const struct dvfo_emc_form *form, double hz, struct dvfo_plan *plan);

#endif
