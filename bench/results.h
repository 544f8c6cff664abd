/* The result file: HDF5 that explains itself.
 *
 * Groups of columns, each a one-dimensional, chunked, compressed dataset with `units` and `long_name`:
 *   /trials/...    one row per trial, what `dvfo run --format csv` prints
 *   /requests/...  one row per request, when asked for; `trial` says whose
 *   /energy/...    one row per (trial, rail) and (trial, cause)
 *   /inputs/...    name and SHA-256 of every file the results were made from
 * The index columns (`trial`, `request`) are dimension scales of their groups.
 * Root attributes: title, schema, version, program, seed, BLAS kernel, whole configuration. Nothing volatile stands in
 * it: same inputs, same bytes. What changes from run to run goes into NAME.run.json beside it. Rows are streamed,
 * memory stays flat; the file appears under its name only when it is whole. HDF5 is not thread-safe here: one writer.
 */
#ifndef DVFO_RESULTS_H
#define DVFO_RESULTS_H

#include "bench/columns.h"
#include "sim/probe.h"

struct dvfo_results;

struct dvfo_results_def {
    const char *path;
    const char *title;
    const char *configuration; /* all parameters as text */
    uint64_t seed;
    bool requests; /* keep a row per request */
};

dvfo_status dvfo_results_create(struct dvfo_ctx *ctx, const struct dvfo_results_def *def, struct dvfo_results **out);

/** An input file with its hash; said once each. */
void dvfo_results_add_input(struct dvfo_results *results, const char *kind, const char *name, const char *sha256);

/** A request of the trial that is running; buffered. A failure is kept and told by dvfo_results_commit.
 *  @return false once writing has failed: nothing more will be kept */
bool dvfo_results_add_request(struct dvfo_results *results, const struct dvfo_request_row *row);

/** A finished trial; requests added from now on belong to the next one. */
void dvfo_results_add_trial(struct dvfo_results *results, const char *policy_name, const struct dvfo_trial *trial);

/* What goes into NAME.run.json. */
struct dvfo_run_info {
    int argc;
    char **argv;       /* borrowed */
    double duration_s; /* of the whole run */
    bool interrupted;  /* the last trial is not whole */
};

/** Write everything out and give the file and NAME.run.json beside it their names (time, host, command line, duration).
 *  Frees `results` whatever happens. */
dvfo_status dvfo_results_commit(struct dvfo_ctx *ctx, struct dvfo_results *results, const struct dvfo_run_info *info);

/** Drop it: nothing remains. NULL welcome. */
void dvfo_results_free(struct dvfo_results *results);

#endif
