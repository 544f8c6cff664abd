/* The server: the cloud's side of a split network, for devices that really are somewhere else.
 *
 * One thread talks to all connections (libuv), another computes (OpenBLAS), so that whoever talks slowly holds up
 * nobody else. docs/protocol.md tells what is said. */
#ifndef DVFO_SERVER_H
#define DVFO_SERVER_H

#include "bench/live/key.h"
#include "bench/live/limits.h"

struct dvfo_server_def {
    const char *network_file;   /* of dvfo attention train; borrowed, as all here */
    const char *listen;         /* "127.0.0.1:7433"; port 0: any that is free */
    const struct dvfo_key *key; /* NULL: everyone is served, on this machine only unless `insecure` */
    bool insecure;
    bool catch_signals; /* SIGINT, SIGTERM and SIGHUP stop it; a second one ends the process at once */
    double metrics_s;   /* a line on standard error so often; 0: never */
    struct dvfo_limits limits;
};

struct dvfo_server_def dvfo_server_def_default(void);

struct dvfo_server;

/** Load the network and listen. The process ignores SIGPIPE, as main sees to: peers go when they like.
 *  @return  DVFO_BAD_INPUT when file, address or limits are no good */
dvfo_status dvfo_server_create(struct dvfo_ctx *ctx, const struct dvfo_server_def *def, struct dvfo_server **out);

/** Where it listens, with the port that it got: "127.0.0.1:43121". */
const char *dvfo_server_address(const struct dvfo_server *server);

/** Serve until told to stop: then no new connections, what is there is answered, within limits.stop_s.
 *  @return  DVFO_INTERRUPTED with a sentence of what was done */
dvfo_status dvfo_server_run(struct dvfo_ctx *ctx, struct dvfo_server *server);

/** Tell it to stop; from any thread. */
void dvfo_server_stop(struct dvfo_server *server);

/** After run has returned, or without it. */
void dvfo_server_free(struct dvfo_server *server);

#endif
