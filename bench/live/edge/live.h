/* The live world: a trial on a real device, with a real link to a real cloud.
 *
 * The same policies decide that decide in the simulator, and what comes out has the same form. One request is on the
 * device at a time: its image is taken up, the policy decides, the network's steps run for real, what the share names
 * is sent while the local tail runs, the answers are fused. A request whose answer doesn't come in time, or whose cloud
 * is gone, is computed here to its end and counted as timed out.
 *
 * Or the device runs a command of the user's for each request, under the policy's clocks and with nothing sent. */
#ifndef DVFO_LIVE_H
#define DVFO_LIVE_H

#include "bench/live/key.h"
#include "bench/live/rig/rig.h"
#include "sim/trial.h"

struct dvfo_live_def {
    const char *network_file; /* of dvfo attention train; borrowed, as all here */
    const char *images;       /* to classify, in CIFAR's binary format */
    const char *command;      /* instead of both: what a request runs, in a shell; DVFO_REQUEST holds its number */
    const char *command_log;  /* what that says, of the last request */
    const char *server;       /* NULL: nothing can be sent */
    const struct dvfo_key *key;
    const struct dvfo_trace *shape; /* the link carries no more than this trace; NULL: what the network carries */
    double rtt_s;                   /* of the shaped link */
    struct dvfo_rig_def rig;
    uint64_t seed;
};

struct dvfo_live;

/** Open all of it: the board's clocks are ours from now on, the cloud has shaken hands. */
dvfo_status dvfo_live_create(struct dvfo_ctx *ctx, const struct dvfo_live_def *def, struct dvfo_live **out);

/** Close; the board gets its clocks back. @return DVFO_FAILED when it doesn't; NULL welcome */
dvfo_status dvfo_live_free(struct dvfo_ctx *ctx, struct dvfo_live *live);

/** The same after a run that ended as `status`: clocks that don't come back are told whatever else was, and are what
 * the command ends with. @return the status to end with */
dvfo_status dvfo_live_close(struct dvfo_ctx *ctx, struct dvfo_live *live, dvfo_status status);

/** Run a trial. Its accuracy is that of the images, its trace the one that the link was shaped by.
 *  @return DVFO_INTERRUPTED when stopped early: results then cover the requests that finished;
 *          DVFO_BAD_INPUT for a policy that sees or decides what a live world hasn't */
dvfo_status dvfo_live_run(struct dvfo_ctx *ctx, struct dvfo_live *live, struct dvfo_trial *trial);

/** Can the trial be run here at all? dvfo_live_run asks first; who has many asks before the first of them. */
dvfo_status dvfo_live_check(struct dvfo_ctx *ctx, const struct dvfo_live *live, const struct dvfo_trial *trial);

/** What results rest on, and what has happened since the world was opened: a few lines each. */
void dvfo_live_describe(const struct dvfo_live *live, FILE *file);
void dvfo_live_tell(const struct dvfo_live *live, FILE *file);

/** SHA-256 of the network's file and of the images; "" where there are none. */
const char *dvfo_live_network_sha256(const struct dvfo_live *live);
const char *dvfo_live_images_sha256(const struct dvfo_live *live);

#endif
