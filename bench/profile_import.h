/* The two forms of `dvfo profile import`: raw tables of others (profile_import.c), and a run of trtexec on a board
 * (profile_import_runs.c, with its report in profile_import_report.c). */
#ifndef DVFO_PROFILE_IMPORT_H
#define DVFO_PROFILE_IMPORT_H

#include "bench/table.h"
#include "profiles/logs/join.h"

enum { DVFO_IMPORT_MAX_RUNS = 256 };

/* A run as typed; borrowed from argv. */
struct dvfo_import_run {
    const char *profile, *layers, *times, *log, *interval, *clocks;
};

struct dvfo_import_options {
    const char *board, *from, *out;                                                             /* of both forms */
    const char *network, *runtime, *precision, *input_px, *variant, *batch, *measured, *format; /* of runs */
    bool append;
    size_t count; /* of runs; --profile begins the next one */
    struct dvfo_import_run run[DVFO_IMPORT_MAX_RUNS];
};

/** Import the runs that the options name. */
dvfo_status dvfo_import_runs(struct dvfo_ctx *ctx, const struct dvfo_import_options *options);

/** Print which layer became which, what was left over, clocks and power. */
dvfo_status dvfo_import_report(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                               const struct dvfo_logged_run runs[], size_t count, dvfo_table_format format);

#endif
