/* Power rails, as the board's INA3221 monitors report them.
 *
 * Up to JetPack 4 the driver is an iio device with rail_name_N and in_powerN_input [mW]; from JetPack 5 on it is a
 * hwmon device with inN_label, inN_input [mV] and currN_input [mA], power being their product. Rails are found by name:
 * addresses and numbers differ between boards and releases. Readings are good to about 5 %. */
#ifndef DVFO_RAILS_H
#define DVFO_RAILS_H

#include "profiles/hardware/sysfs.h"

enum { DVFO_RAILS_MAX = 16, DVFO_RAIL_NAME_SIZE = 32 };

struct dvfo_rail_sensor {
    char name[DVFO_RAIL_NAME_SIZE];
    bool hwmon;
    char power[DVFO_SYSFS_PATH_SIZE];                                  /* iio */
    char voltage[DVFO_SYSFS_PATH_SIZE], current[DVFO_SYSFS_PATH_SIZE]; /* hwmon */
};

/** Find all; a second one of a name is passed over with a note. @return how many were stored */
size_t dvfo_rails_find(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs,
                       struct dvfo_rail_sensor rails[DVFO_RAILS_MAX]);

/** Power now [W]. DVFO_BAD_INPUT for what no rail of these boards can draw: a unit mistaken by 1000. */
dvfo_status dvfo_rails_read(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_rail_sensor *rail,
                            double *power_w);

#endif
