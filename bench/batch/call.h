/* A call: a command on a host, here or by ssh, with what it said and how it ended.
 *
 *     ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 DESTINATION 'COMMAND'
 *
 * ssh asks nothing (keys have to be there already), and hears within a minute when the machine is gone. The command's
 * standard input stays open as long as we want it to run: it closes when we are told to stop, and also when we are
 * killed; then a dvfo that was called with --while-open ends by itself. Who doesn't is ended after a while. */
#ifndef DVFO_CALL_H
#define DVFO_CALL_H

#include "bench/batch/hosts.h"
#include "bench/batch/words.h"

struct dvfo_call_def {
    const struct dvfo_hosts *hosts;
    const struct dvfo_host *host;
    const struct dvfo_words *command;
    const char *input; /* file that is its standard input; NULL: open and silent */
    double patience_s; /* for which it may go on after its input closed, once we are told to stop; 0: it is ended */
    const volatile sig_atomic_t *stop;
};

struct dvfo_call {
    char *out; /* what it said, a NUL behind it; owned */
    size_t size;
    char last[256];   /* last line of its standard error, printable; "" when there was none */
    int code, signal; /* how it ended: exit code, or -1 and the signal */
};

/** Call and wait. @return DVFO_INTERRUPTED when stopped; DVFO_FAILED when it couldn't be called or said too much;
 * DVFO_OK however it ended. Free in any case. */
dvfo_status dvfo_call_run(struct dvfo_ctx *ctx, const struct dvfo_call_def *def, struct dvfo_call *call);
void dvfo_call_free(struct dvfo_call *call);

/** Did it end well? @param what  that it was to do, for the message: "dvfo live"
 *  @return DVFO_FAILED with the host, how it ended and its last line */
dvfo_status dvfo_call_check(struct dvfo_ctx *ctx, const struct dvfo_call_def *def, const struct dvfo_call *call,
                            const char *what);

/** Was it ssh that failed, not the command? */
bool dvfo_call_lost(const struct dvfo_call_def *def, const struct dvfo_call *call);

/** What is executed: the command itself, or ssh with it. */
dvfo_status dvfo_call_words(struct dvfo_ctx *ctx, const struct dvfo_hosts *hosts, const struct dvfo_host *host,
                            const struct dvfo_words *command, struct dvfo_words *out);

#endif
