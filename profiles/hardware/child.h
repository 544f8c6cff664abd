/* A command of the user's, run by the shell in a process group of its own, so that all of it can be ended. */
#ifndef DVFO_CHILD_H
#define DVFO_CHILD_H

#include <sys/types.h>

#include "sim/base/status.h"

struct dvfo_child {
    pid_t pid; /* also of its group; 0 when there is none */
    bool ended;
    int code;   /* exit code; -1 when a signal ended it ... */
    int signal; /* ... this one */
    double begun_s, ended_s;
};

/** Start `/bin/sh -c command`: standard input empty, both outputs into `log` (replaced).
 *  @param variables  "NAME=value" to add to the environment, NULL-terminated */
dvfo_status dvfo_child_start(struct dvfo_ctx *ctx, const char *command, const char *log, const char *const variables[],
                             struct dvfo_child *child);

/** Has it ended? What it may have left running in its group is ended then too. */
bool dvfo_child_poll(struct dvfo_child *child);

/** End it: SIGTERM to the group, SIGKILL to what is left after `grace_s`. Does nothing when there is none. */
void dvfo_child_end(struct dvfo_child *child, double grace_s);

#endif
