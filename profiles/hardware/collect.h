/* Measurements collected on a board: for each setting of a sweep, set the clocks, wait until they hold, run a command,
 * sample the rails meanwhile, see that the clocks still hold, keep the row.
 *
 *   FOLDER/BOARD.csv, FOLDER/BOARD-rails.csv   what was measured (profiles/calibrate/measurement.h), each row on the
 *                                              disk before the next setting begins
 *   FOLDER/collect.json                        what made them, so that --resume goes on with the same
 *   FOLDER/SETTING.log                         what the command said; beside it what the command wrote to {out}
 *
 * A setting that fails is told and left out, the others go on. The clocks are given back whatever happens. Latency
 * comes, in this order, from {out}.times.json (trtexec --exportTimes), from a line of the command's output, or from the
 * time that the command took. Power is the mean of the readings from a line of the output on: before it the command
 * starts, builds, warms up. Utilisations are the means of the kernel's own counters over the same time; that of the
 * memory isn't read, kernels differ in its unit. */
#ifndef DVFO_COLLECT_H
#define DVFO_COLLECT_H

#include "profiles/calibrate/measurement.h"
#include "profiles/hardware/sweep.h"

enum { DVFO_COLLECT_MAX_FAILURES = 64 };

struct dvfo_collect_def {
    const char *folder;              /* made where it is missing */
    const char *lists[DVFO_DOMAINS]; /* as for dvfo_sweep_create */
    const char *command;             /* {out} stands for FOLDER/SETTING; NULL: the board as it is, for `seconds` */
    double seconds;
    const char *network, *runtime, *precision; /* what the command runs; NULL: rails are kept without a network */
    long input_px;
    long batch;
    long runs; /* requests in one run of the command: its time divided by them is the latency. 0: isn't */
    const char *latency_line; /* extended regular expression with one group: the latency [ms], the last match counts */
    const char *power_line;   /* text of the output from which on power counts; NULL: from the start */
    double settle_s;          /* between clocks that hold and the command */
    double timeout_s;         /* longest run of the command */
    double sample_s;          /* between readings of the rails */
    double wait_s;            /* longest time for clocks to hold */
    bool resume;              /* go on with a folder, leaving out what it has */
    FILE *show; /* not NULL: nothing is done, commands are shown here; the hardware's sysfs catches writes (dryrun.h) */
    const volatile sig_atomic_t *stop; /* ends the collection when non-zero; borrowed, may be NULL */
    /** Told after each setting: how many of all are done, and how this one went. May be NULL. */
    void (*tell)(void *user, size_t done, size_t total, const char *sentence);
    void *user; /* borrowed, for `tell` */
};

struct dvfo_collect_result {
    size_t total, skipped, measured, failed;  /* settings; total isn't reached when interrupted */
    size_t profiles;                          /* settings with a file of layer times ({out}.json) */
    char *failure[DVFO_COLLECT_MAX_FAILURES]; /* (failed, at most so many) a sentence each; owned */
};

struct dvfo_collect_def dvfo_collect_default(void);

/** Collect.
 *  @param result  also filled on failure; free with dvfo_collect_result_free
 *  @return DVFO_FAILED when settings failed, DVFO_INTERRUPTED; what was measured is kept in any case */
dvfo_status dvfo_collect_run(struct dvfo_ctx *ctx, struct dvfo_hardware *hardware, const struct dvfo_collect_def *def,
                             struct dvfo_collect_result *result);
void dvfo_collect_result_free(struct dvfo_collect_result *result);

#endif
