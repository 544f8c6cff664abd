/* The settings of a collection: every combination of the listed clocks. */
#ifndef DVFO_SWEEP_H
#define DVFO_SWEEP_H

#include "profiles/hardware/control.h"

enum { DVFO_SWEEP_NAME_SIZE = 96 };

struct dvfo_sweep {
    size_t n;
    struct dvfo_clocks *setting; /* (n) memory varies fastest, then the GPU; NaN for a clock that is left alone */
};

/** "614.4,921.6" or "all" (up to the limit of the power mode) per domain, MHz; NULL leaves that clock alone.
 *  @param control  begun, so that limits are known
 *  @param out      free with dvfo_sweep_free */
dvfo_status dvfo_sweep_create(struct dvfo_ctx *ctx, const struct dvfo_control *control,
                              const char *const lists[DVFO_DOMAINS], struct dvfo_sweep *out);
void dvfo_sweep_free(struct dvfo_sweep *sweep);

/** "cpu1420.8-gpu510-mem1600"; "as-is" when every clock is left alone. */
void dvfo_sweep_name(const struct dvfo_clocks *setting, char name[DVFO_SWEEP_NAME_SIZE]);

#endif
