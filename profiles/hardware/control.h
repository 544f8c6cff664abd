/* Clocks in our hands for a while.
 *
 *   begin  keeps how everything is (snapshot.h), in a file too, and locks it: one process at a time
 *   set    writes in the safe order, then waits until the clocks hold, as measured
 *   end    gives everything back, also after errors, interruption or the death of what was measured
 *
 * Order of a setting. The GPU's supply is kept on first: a GPU that is off has no clock to set. Then, so that nothing
 * ever runs ahead of what feeds it: a memory clock that rises, CPU and GPU clocks that fall, CPU and GPU clocks that
 * rise, a memory clock that falls. Falling before rising keeps the sum of both below what either setting draws. Inside
 * a clock: scaler.h and emc.h.
 *
 * Only clocks of the board's table are set, on cores that are on, and none above what the power mode in force allows:
 * on a small supply that limit is what keeps the board running. */
#ifndef DVFO_CONTROL_H
#define DVFO_CONTROL_H

#include <signal.h>

#include "profiles/hardware/snapshot_file.h"

#define DVFO_CONTROL_FILE "/run/dvfo-clocks.json" /* below the root; gone after a boot, as the clocks are */

struct dvfo_control {
    struct dvfo_hardware *hardware; /* borrowed */
    bool domain[DVFO_DOMAINS];      /* ours */
    struct dvfo_snapshot snapshot;
    bool kept;                         /* goes on from what an earlier process left */
    double wait_s;                     /* longest time for clocks to hold */
    bool dry;                          /* nothing is kept and nothing is waited for; for use with dryrun.h */
    const volatile sig_atomic_t *stop; /* ends waiting when non-zero; borrowed, may be NULL */
    struct dvfo_snapshot_file file;
};

/** A control with the usual wait of 5 s; nothing is opened yet. */
struct dvfo_control dvfo_control_default(struct dvfo_hardware *hardware);

/** Take the clocks of these domains. What an earlier process left behind (killed, or `dvfo board set`) is given back
 *  first, unless `keep`: then its snapshot goes on, as the true beginning.
 *  @return DVFO_FAILED while another process has them, or for a domain that can't be set */
dvfo_status dvfo_control_begin(struct dvfo_ctx *ctx, struct dvfo_control *control, const bool domains[DVFO_DOMAINS],
                               bool keep);

/** Check clocks against table and limits. A clock within 0.05 MHz of a table entry becomes that entry; NaN stays.
 *  Needs no begin; then the limit is what the kernel shows now. @return DVFO_BAD_INPUT with the nearest entries */
dvfo_status dvfo_control_check(struct dvfo_ctx *ctx, const struct dvfo_control *control, struct dvfo_clocks *asked);

/** Highest clock that can be set now [Hz]: the end of the table, or the limit of the power mode. */
double dvfo_control_limit_hz(const struct dvfo_control *control, dvfo_domain domain);

/** Set what isn't NaN and wait until it holds.
 *  @return DVFO_FAILED with what is held instead and why, as far as the kernel tells; DVFO_INTERRUPTED */
dvfo_status dvfo_control_set(struct dvfo_ctx *ctx, struct dvfo_control *control, const struct dvfo_clocks *asked);

/** The first half of set: check and write what isn't NaN, and wait for nothing. Who can't stand still looks at
 *  dvfo_control_holds from time to time. */
dvfo_status dvfo_control_write(struct dvfo_ctx *ctx, struct dvfo_control *control, const struct dvfo_clocks *asked);

/** One look: do the clocks still hold? @return DVFO_FAILED with asked and held */
dvfo_status dvfo_control_holds(struct dvfo_ctx *ctx, const struct dvfo_control *control,
                               const struct dvfo_clocks *asked);

/** Give everything back and forget it. Safe after a begin that failed. The file stays when something failed, so that
 *  it can be tried again. */
dvfo_status dvfo_control_end(struct dvfo_ctx *ctx, struct dvfo_control *control);

/** Leave the clocks as set; the file stays for dvfo_control_recover. */
void dvfo_control_leave(struct dvfo_control *control);

/** Give back what another process left. @param found  whether there was anything */
dvfo_status dvfo_control_recover(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, bool *found);

#endif
