/* A cloud server as data (profiles/clouds/NAME.yaml): Eq. (7), time of a request t0 + W / R. */
#ifndef DVFO_CLOUD_PROFILE_H
#define DVFO_CLOUD_PROFILE_H

#include "profiles/board.h"

struct dvfo_cloud_profile {
    char *name, *title, *path;
    char sha256[DVFO_SHA256_HEX_SIZE];
    struct dvfo_quantity t0_s;       /* per request, whatever the work */
    struct dvfo_quantity flop_per_s; /* R */
    int servers;                     /* c: requests served at once */
};

/** Load profiles/clouds/NAME.yaml (or a path of the user's). */
dvfo_status dvfo_cloud_profile_load(struct dvfo_ctx *ctx, const char *name, struct dvfo_cloud_profile **out);
void dvfo_cloud_profile_free(struct dvfo_cloud_profile *cloud);

#endif
