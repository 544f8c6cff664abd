/* Trials of a setting, one after the other, and all that comes of them: a table with the conditions it rests on below,
 * a result file, a timeline, a progress bar. What a trial runs in, the simulator or a live board, is the caller's. */
#ifndef DVFO_TRIALS_H
#define DVFO_TRIALS_H

#include "bench/results.h"
#include "bench/setting.h"

/* Options that say where results go; borrowed from argv, NULL where not given. */
struct dvfo_trials_output {
    const char *out, *timeline, *format;
    bool no_requests;
};

/** Options of the above for argp's `children`; the child's input is the output. */
extern const struct argp dvfo_trials_argp;

/* The world that trials run in. Hooks but `run` may be NULL. */
struct dvfo_trials_world {
    const char *title; /* of result files: "dvfo run" */
    bool simulated;    /* costs come from profiles: their conditions are told */
    void *user;        /* passed to the hooks */
    dvfo_status (*run)(struct dvfo_ctx *ctx, void *user, struct dvfo_trial *trial);
    void (*inputs)(void *user, struct dvfo_results *results); /* further files that results are made from */
    void (*configure)(void *user, FILE *file);                /* lines "key: value" for result files */
    void (*describe)(void *user, FILE *file);                 /* conditions below the table */
};

/** Run all trials of a setting. After Ctrl-C what has ended is kept.
 *  @param setting  loaded
 *  @param argv     for NAME.run.json */
dvfo_status dvfo_trials_run(struct dvfo_ctx *ctx, const struct dvfo_setting *setting,
                            const struct dvfo_trials_output *output, const struct dvfo_trials_world *world, int argc,
                            char **argv);

/** A help text with the columns of tables below it, for argp's help_filter. */
char *dvfo_trials_describe_columns(int key, const char *text, void *input);

#endif
