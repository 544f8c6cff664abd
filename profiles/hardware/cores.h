/* How long each core has worked so far, whoever for: the lines "cpu0 ..." of /proc/stat. */
#ifndef DVFO_CORES_H
#define DVFO_CORES_H

#include "profiles/hardware/sysfs.h"

enum { DVFO_CORES_MAX = 64 };

/** Read them. The kernel counts in ticks, 10 ms on these machines. The file is read as far as one page goes, some fifty
 *  cores.
 *  @param busy_s  (DVFO_CORES_MAX) by core; NaN for one that isn't told: off, or behind the page
 *  @return        how many were told */
size_t dvfo_cores_read(const struct dvfo_sysfs *sysfs, double busy_s[DVFO_CORES_MAX]);

#endif
