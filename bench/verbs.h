/* A command whose first word is a verb: `dvfo trace info`, `dvfo profile fit`. Each verb is a command of its own. */
#ifndef DVFO_VERBS_H
#define DVFO_VERBS_H

#include "bench/command.h"

struct dvfo_verbs {
    const char *command;                     /* "trace" */
    const char *about;                       /* one sentence for its help */
    const char *examples;                    /* lines of its help, each ended by a newline */
    const struct dvfo_command *const *verbs; /* NULL at the end */
};

/** Run the verb that argv[1] names, its argv[0] being "dvfo COMMAND VERB"; without one, or asked for help, list them.
 */
dvfo_status dvfo_verbs_run(struct dvfo_ctx *ctx, const struct dvfo_verbs *verbs, int argc, char **argv);

#endif
