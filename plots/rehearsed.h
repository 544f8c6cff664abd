/* A rehearsed world: a server, this machine as the simulator's board, and the commands that run a trial in both.
 *
 * Everything is done by the commands that a user would type, each in a process of its own, in a temporary folder:
 *   dvfo attention generate, train    images and a network, where the user has none: what is learnt doesn't matter here
 *   dvfo serve                        the cloud, on this machine
 *   dvfo live --rehearse              this machine as a board, the server as a cloud
 *   dvfo train                        an agent for that board, for policies that are learnt
 *   dvfo live, dvfo run               a trial, live over a shaped link, and simulated */
#ifndef DVFO_REHEARSED_H
#define DVFO_REHEARSED_H

#include <signal.h>
#include <sys/types.h>

#include "sim/base/data_path.h"

enum { DVFO_REHEARSED_ARGUMENTS = 48 };

struct dvfo_rehearsed {
    char folder[64];                   /* temporary */
    char network[DVFO_PATH_SIZE];      /* file */
    char images[DVFO_PATH_SIZE];       /* file */
    char address[128];                 /* of the server */
    char agent[DVFO_PATH_SIZE];        /* file; "" until one is needed */
    pid_t server;                      /* 0: none runs */
    const volatile sig_atomic_t *stop; /* borrowed */
};

/** @param measured  folder of the user's with net.h5 and test.bin; NULL: they are made here
 *  @param out       free with dvfo_rehearsed_free, also after a failure */
dvfo_status dvfo_rehearsed_begin(struct dvfo_ctx *ctx, const char *measured, const volatile sig_atomic_t *stop,
                                 struct dvfo_rehearsed *out);
void dvfo_rehearsed_free(struct dvfo_rehearsed *rehearsed); /* zeroed welcome */

/** Train the agent. */
dvfo_status dvfo_rehearsed_train(struct dvfo_ctx *ctx, struct dvfo_rehearsed *rehearsed, const char *trace, long steps,
                                 const char *seed);

/** Latencies of a trial's requests.
 *  @param live  in the live world; else in the simulator
 *  @param out   (requests) [s] written */
dvfo_status dvfo_rehearsed_run(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed, bool live,
                               const char *policy, const char *trace, long requests, const char *seed, double *out);

#endif
