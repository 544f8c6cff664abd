/* Entries of the profile's clock tables, as clocks that the kernel at hand has.
 *
 * A profile was measured under one release of a board's system; the kernel that runs may have another table. An entry
 * within 0.05 MHz of one of the kernel's becomes that one, any other the next lower one, and that is told.
 *
 * On a host one clock, the processor's, stands behind both CPU and GPU: its kernels run on the processor. It gets the
 * higher of the two wishes. */
#ifndef DVFO_RIG_LEVELS_H
#define DVFO_RIG_LEVELS_H

#include "profiles/hardware/hardware.h"

enum { DVFO_RIG_REASON_SIZE = DVFO_HARDWARE_SENTENCE_SIZE };

struct dvfo_rig_levels {
    const struct dvfo_board *board;               /* borrowed */
    dvfo_domain clock[DVFO_DOMAINS];              /* of the hardware, which a domain of the profile asks for */
    bool held[DVFO_DOMAINS];                      /* by domain of the profile: it is ours to set */
    double hz[DVFO_DOMAINS][DVFO_MAX_LEVELS];     /* of the kernel's table, where held */
    char why[DVFO_DOMAINS][DVFO_RIG_REASON_SIZE]; /* why it isn't held */
};

/** "CPU", "GPU", "memory": a domain in a sentence. */
const char *dvfo_rig_called(dvfo_domain domain);

/** Match the tables and see which clocks can be written; what doesn't match is noted.
 *  @param fixed  hold none */
struct dvfo_rig_levels dvfo_rig_levels_match(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                             const struct dvfo_hardware *hardware, bool fixed);

/** The hardware's domains that are ours. */
void dvfo_rig_levels_domains(const struct dvfo_rig_levels *levels, bool domains[DVFO_DOMAINS]);

/** Clocks for these entries; NaN for what isn't ours. */
struct dvfo_clocks dvfo_rig_levels_clocks(const struct dvfo_rig_levels *levels, const int level[DVFO_DOMAINS]);

/** Entries nearest to clocks as measured. A clock that can't be read is taken for what was asked where it is ours, for
 *  the last entry where it isn't. */
void dvfo_rig_levels_nearest(const struct dvfo_rig_levels *levels, const struct dvfo_clocks *measured,
                             const int asked[DVFO_DOMAINS], int level[DVFO_DOMAINS]);

#endif
