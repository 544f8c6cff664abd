/* A machine that is no Jetson, as a tree in a folder with a kernel behind it that reacts to writes.
 *
 * Cores with a cpufreq policy each (a table, a governor "userspace"), RAPL counters, thermal zones, /proc/stat. The
 * kernel refuses a lower limit above the upper one and a clock without its governor; clocks follow at once. It stands
 * as a hook in a struct dvfo_sysfs and keeps its state in the files alone. No Criterion: ThreadSanitizer's programs use
 * it too. What goes wrong here ends the process. */
#ifndef DVFO_FAKE_HOST_H
#define DVFO_FAKE_HOST_H

#include "profiles/hardware/sysfs.h"

enum { FAKE_HOST_CORES = 2 };

#define FAKE_HOST_CPU "/sys/devices/system/cpu/cpu0/cpufreq/"
#define FAKE_HOST_ZONE "/sys/devices/virtual/thermal/thermal_zone0/temp"
#define FAKE_HOST_PACKAGE "/sys/class/powercap/intel-rapl:0/energy_uj"
#define FAKE_HOST_DRAM "/sys/class/powercap/intel-rapl:0:0/energy_uj"
#define FAKE_HOST_RANGE_UJ 262143328850LL

struct fake_host {
    char root[256];
};

/** Build it below a new folder in /tmp: clocks of 1200, 1800 and 2300 MHz, at 40 C, counters at 1 J and 0.2 J. */
void fake_host_build(struct fake_host *host);
void fake_host_remove(const struct fake_host *host); /* the folder */

/** The kernel; `user` is the host. */
extern const struct dvfo_sysfs_hook fake_host_kernel;

/** Replace a file whole, as a kernel's files change; make it and its folders where it is missing. */
void fake_host_put(const struct fake_host *host, const char *path, const char *text);
void fake_host_take_away(const struct fake_host *host, const char *path);                    /* a file or a folder */
void fake_host_get(const struct fake_host *host, const char *path, char *text, size_t size); /* "" when missing */

#endif
