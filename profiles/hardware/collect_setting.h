/* One setting of a collection. Private to collect.c. */
#ifndef DVFO_COLLECT_SETTING_H
#define DVFO_COLLECT_SETTING_H

#include "profiles/hardware/collect.h"
#include "profiles/hardware/meter.h"

struct dvfo_collect_reading {
    struct dvfo_measurement point; /* latency and module power, NaN where not measured */
    double power_spread_w;         /* standard deviation of the readings behind that power; NaN below two */
    size_t rail_count;
    struct dvfo_measurement rail[DVFO_RAILS_MAX];
    bool profile; /* the command wrote layer times */
};

/** What every row of this collection says of its subject. */
struct dvfo_measurement dvfo_collect_setting_row(const struct dvfo_hardware *hardware,
                                                 const struct dvfo_collect_def *def, const struct dvfo_clocks *setting);

/** Set the clocks, run, sample, check, read. @return DVFO_FAILED or DVFO_BAD_INPUT for this setting alone */
dvfo_status dvfo_collect_setting_measure(struct dvfo_ctx *ctx, struct dvfo_control *control,
                                         const struct dvfo_collect_def *def, const struct dvfo_clocks *setting,
                                         struct dvfo_collect_reading *out);

/** The command with {out} replaced. Caller frees; NULL when memory is out. */
char *dvfo_collect_setting_command(const char *command, const char *out);

#endif
