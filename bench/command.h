/* One sub-command of `dvfo`: a descriptor in the list of main.c. */
#ifndef DVFO_COMMAND_H
#define DVFO_COMMAND_H

#include <argp.h>

#include "sim/base/status.h"

struct dvfo_command {
    const char *name;    /* as typed: "run", "trace info" is one command "trace" with its own verbs */
    const char *summary; /* one line for `dvfo --help` */
    /** Do it. argv[0] is "dvfo NAME" (for usage lines); results go to stdout, messages to stderr or ctx. */
    dvfo_status (*run)(struct dvfo_ctx *ctx, int argc, char **argv);
};

/** argp_parse with our habits: a wrong option ends the process with one sentence and exit code 2. */
dvfo_status dvfo_command_parse(struct dvfo_ctx *ctx, const struct argp *argp, int argc, char **argv, void *input);

extern const struct dvfo_command dvfo_command_list;      /* dvfo list */
extern const struct dvfo_command dvfo_command_show;      /* dvfo show */
extern const struct dvfo_command dvfo_command_run;       /* dvfo run */
extern const struct dvfo_command dvfo_command_train;     /* dvfo train */
extern const struct dvfo_command dvfo_command_bench;     /* dvfo bench */
extern const struct dvfo_command dvfo_command_trace;     /* dvfo trace */
extern const struct dvfo_command dvfo_command_profile;   /* dvfo profile */
extern const struct dvfo_command dvfo_command_plot;      /* dvfo plot */
extern const struct dvfo_command dvfo_command_board;     /* dvfo board */
extern const struct dvfo_command dvfo_command_attention; /* dvfo attention */
extern const struct dvfo_command dvfo_command_serve;     /* dvfo serve */
extern const struct dvfo_command dvfo_command_live;      /* dvfo live */

#endif
