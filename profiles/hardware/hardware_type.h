/* What the program knows of a board before it looks: how it is recognised and where its files may lie.
 *
 * One descriptor per board, in a list; the last one is "host", any machine that is no Jetson. Releases of the board's
 * system move files, so places are lists, tried in order; rails are found by name wherever their sensor lies (rails.h).
 */
#ifndef DVFO_HARDWARE_TYPE_H
#define DVFO_HARDWARE_TYPE_H

#include "profiles/hardware/emc.h"

enum { DVFO_HARDWARE_PLACES = 6 }; /* of a list below, NULL at its end included */

struct dvfo_hardware_type {
    const char *name;                               /* of its file in profiles/boards */
    const char *compatible[DVFO_HARDWARE_PLACES];   /* parts of an entry of the device tree's "compatible" */
    const char *gpu[DVFO_HARDWARE_PLACES];          /* folders of its devfreq device */
    const char *gpu_load[DVFO_HARDWARE_PLACES];     /* share of time with work, in thousandths */
    const char *gpu_railgate[DVFO_HARDWARE_PLACES]; /* 1: the GPU's supply goes off when idle, and its clock with it */
    const struct dvfo_emc_form *emc[DVFO_HARDWARE_PLACES];
    const char *module_rail; /* the whole module; NULL: a machine without such rails */
    const char *rails[DVFO_MAX_RAILS];
};

extern const struct dvfo_hardware_type *const dvfo_hardware_types[]; /* NULL at the end */

/** Tell which board a tree belongs to: by the device tree, else by its GPU.
 *  @param wanted  "auto" or the name of a board; a board that isn't in the list may be used under the name of its
 *                 nearest relative, one that is only under its own; "host" is never what "auto" finds
 *  @param model   what the device tree calls it, "" when it doesn't say
 *  @return DVFO_BAD_INPUT for what isn't a Jetson, isn't known or isn't the one that is wanted */
dvfo_status dvfo_hardware_type_of(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *wanted,
                                  char model[DVFO_SYSFS_NAME_SIZE], const struct dvfo_hardware_type **out);

#endif
