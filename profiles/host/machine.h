/* This machine, as far as measurements on it need to know it: its processor, the clock it is sold with, its company. */
#ifndef DVFO_MACHINE_H
#define DVFO_MACHINE_H

#include "profiles/hardware/sysfs.h"

enum { DVFO_MACHINE_NAME_SIZE = 128 };

struct dvfo_machine {
    char cpu[DVFO_MACHINE_NAME_SIZE]; /* model, with its number where the name alone is not one: "Intel(R) Xeon(R)
                                         Processor (family 6, model 207)" */
    int cores;                        /* online */
    double hz;                        /* nominal clock; a boost lies above it */
    char hz_source[DVFO_MACHINE_NAME_SIZE];
};

/** Read what there is; a processor that tells nothing is "unknown" at 1 GHz, and says so in hz_source. */
struct dvfo_machine dvfo_machine_read(const struct dvfo_sysfs *sysfs);

/** Seconds that all cores together have been busy since the machine started, whoever for; NaN when not told. */
double dvfo_machine_busy_s(const struct dvfo_sysfs *sysfs);

#endif
