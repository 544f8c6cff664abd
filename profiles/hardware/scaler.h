/* One clock that the kernel steers between a lowest and a highest value: a cpufreq policy or a devfreq device.
 *
 * Both frameworks have the same files under other names and in other units. A clock is held by closing both limits on
 * it; where the governor "userspace" exists it is taken too, so that no governor works against us. */
#ifndef DVFO_SCALER_H
#define DVFO_SCALER_H

#include "profiles/board.h"
#include "profiles/hardware/plan.h"

struct dvfo_scaler_form {
    const char *name;
    double hz_per_unit; /* cpufreq speaks kHz, devfreq Hz */
    const char *table, *governor, *governors, *lowest, *highest;
    const char *set;           /* the governor userspace's clock */
    const char *measured;      /* what the clock is, read from the hardware where the driver can */
    const char *measured_else; /* where `measured` is missing or needs root; NULL for none */
};

extern const struct dvfo_scaler_form dvfo_scaler_cpufreq, dvfo_scaler_devfreq;

struct dvfo_scaler {
    const struct dvfo_scaler_form *form;
    char folder[DVFO_SYSFS_PATH_SIZE];
    size_t level_count;
    double level_hz[DVFO_MAX_LEVELS]; /* ascending, none twice */
};

struct dvfo_scaler_state {
    char governor[DVFO_PLAN_TEXT_SIZE];
    double lowest_hz, highest_hz; /* the limits in force */
    double measured_hz;
};

/** Read its table. Fails where there is none, or one that holds no clocks (a unit mistaken by 1000). */
dvfo_status dvfo_scaler_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler_form *form,
                             const char *folder, struct dvfo_scaler *out);

dvfo_status dvfo_scaler_read(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                             struct dvfo_scaler_state *out);
dvfo_status dvfo_scaler_measure(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                                double *hz);

/** Add what holds the clock at `hz`: governor, limits, clock. */
dvfo_status dvfo_scaler_plan(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                             double hz, struct dvfo_plan *plan);

/** Path of one of its files, `name` being a member of its form. */
void dvfo_scaler_path(const struct dvfo_scaler *scaler, const char *name, char path[DVFO_SYSFS_PATH_SIZE]);

/** Clocks of a kernel's list [`hz_per_unit`] into a table: ascending, none twice. `path` is named in a message. */
dvfo_status dvfo_scaler_table(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                              double hz_per_unit, double level_hz[DVFO_MAX_LEVELS], size_t *level_count);

/** Index of the table's entry nearest to `hz`. @param level_count at least 1 */
size_t dvfo_scaler_nearest(const double level_hz[], size_t level_count, double hz);

#endif
