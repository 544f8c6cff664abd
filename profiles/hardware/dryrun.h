/* --dry-run: what would be written, in order, as lines that a shell takes; read back as if it had been written, so that
 * a sequence of settings is shown with the writes that it would really take. */
#ifndef DVFO_DRYRUN_H
#define DVFO_DRYRUN_H

#include "profiles/hardware/sysfs.h"

struct dvfo_dryrun {
    FILE *out; /* borrowed */
    size_t n, capacity;
    struct dvfo_dryrun_file *file;
};

/** Catch the writes of `sysfs` from now on. @param dryrun  outlives `sysfs` and its copies; dvfo_dryrun_free */
void dvfo_dryrun_catch(struct dvfo_dryrun *dryrun, FILE *out, struct dvfo_sysfs *sysfs);
void dvfo_dryrun_free(struct dvfo_dryrun *dryrun);

#endif
